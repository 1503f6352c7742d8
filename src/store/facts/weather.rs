//! Forecasts for kickoffs: a new row only when the forecast has changed, so that asking often costs no room.

use super::{Answer, Left, record, source_of, tally};
use crate::domain::game::GameId;
use crate::domain::weather::{Air, Forecast};
use crate::feeds::Parsed;
use crate::store::imports::Counts;
use crate::store::schema::forecasts;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = forecasts, treat_none_as_null = true)]
struct Row {
    game_id: String,
    source: String,
    as_of: NaiveDateTime,
    hour: NaiveDateTime,
    temperature_f: Option<f64>,
    wind_mph: Option<f64>,
    gust_mph: Option<f64>,
    wind_from_deg: Option<f64>,
    precipitation_in: Option<f64>,
    precipitation_chance: Option<f64>,
}

impl Row {
    fn of(game: &GameId, forecast: &Forecast) -> Row {
        let air = forecast.air;
        Row {
            game_id: game.as_str().to_owned(),
            source: forecast.source.name().to_owned(),
            as_of: forecast.as_of.naive_utc(),
            hour: forecast.hour.naive_utc(),
            temperature_f: air.temperature_f,
            wind_mph: air.wind_mph,
            gust_mph: air.gust_mph,
            wind_from_deg: air.wind_from_deg,
            precipitation_in: air.precipitation_in,
            precipitation_chance: air.precipitation_chance,
        }
    }

    fn forecast(&self) -> Result<Forecast, StoreError> {
        Ok(Forecast {
            hour: self.hour.and_utc(),
            air: Air {
                temperature_f: self.temperature_f,
                wind_mph: self.wind_mph,
                gust_mph: self.gust_mph,
                wind_from_deg: self.wind_from_deg,
                precipitation_in: self.precipitation_in,
                precipitation_chance: self.precipitation_chance,
            },
            as_of: self.as_of.and_utc(),
            source: source_of(&self.source, "forecasts")?,
        })
    }
}

/// Stores what a source expects for the hour of each game's kickoff.
///
/// # Errors
/// [`StoreError`] when writing fails, also for an unknown game; then nothing is stored.
pub fn store(
    conn: &mut Conn,
    answer: &Answer<'_>,
    said: &Parsed<(GameId, Forecast)>,
) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let mut counts = Counts::default();
        for (_, (game, forecast)) in &said.rows {
            tally(&mut counts, one(conn, &Row::of(game, forecast))?);
        }
        record(conn, answer, &Left::of(said), counts)?;
        Ok(counts)
    })
}

fn one(conn: &mut Conn, row: &Row) -> Result<Stored, StoreError> {
    let before: Option<Row> = forecasts::table
        .filter(forecasts::game_id.eq(&row.game_id))
        .filter(forecasts::source.eq(&row.source))
        .filter(forecasts::as_of.le(row.as_of))
        .order(forecasts::as_of.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    match before {
        Some(old)
            if (Row {
                as_of: row.as_of,
                ..old.clone()
            }) == *row =>
        {
            Ok(Stored::Unchanged)
        }
        Some(old) if old.as_of == row.as_of => {
            let key = (&row.game_id, &row.source, row.as_of);
            diesel::update(forecasts::table.find(key)).set(row).execute(conn)?;
            Ok(Stored::Revised)
        }
        _ => {
            diesel::insert_into(forecasts::table).values(row).execute(conn)?;
            Ok(Stored::New)
        }
    }
}

/// Forecasts of a game that were known at an instant, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn known(
    conn: &mut Conn,
    game: &GameId,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Forecast>, StoreError> {
    let rows: Vec<Row> = forecasts::table
        .filter(forecasts::game_id.eq(game.as_str()))
        .filter(forecasts::as_of.le(at.naive_utc()))
        .order((forecasts::as_of.asc(), forecasts::source.asc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.iter().map(Row::forecast).collect()
}

/// All forecasts there are, by game, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<(GameId, Forecast)>, StoreError> {
    let rows: Vec<Row> = forecasts::table
        .order((
            forecasts::game_id.asc(),
            forecasts::as_of.asc(),
            forecasts::source.asc(),
        ))
        .select(Row::as_select())
        .load(conn)?;
    rows.iter()
        .map(|row| Ok((GameId::new(&row.game_id), row.forecast()?)))
        .collect()
}
