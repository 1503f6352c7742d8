//! Statistics of teams by week. The league corrects them until Thursday; the newest numbers stand.

use super::{Answer, Left, record, source_of, tally};
use crate::domain::game::SeasonWeek;
use crate::domain::team::Team;
use crate::domain::team_week::TeamWeek;
use crate::feeds::Parsed;
use crate::store::imports::Counts;
use crate::store::schema::team_weeks;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = team_weeks, treat_none_as_null = true)]
struct Row {
    season: i32,
    week: i32,
    team: String,
    opponent: String,
    regular: bool,
    attempts: i32,
    completions: i32,
    passing_yards: i32,
    interceptions: i32,
    sacks_suffered: i32,
    carries: i32,
    rushing_yards: i32,
    fumbles_lost: i32,
    penalties: i32,
    penalty_yards: i32,
    passing_epa: Option<f64>,
    rushing_epa: Option<f64>,
    source: String,
    seen_at: NaiveDateTime,
}

impl Row {
    fn of(stats: &TeamWeek, seen_at: NaiveDateTime) -> Row {
        Row {
            season: i32::from(stats.when.season),
            week: i32::from(stats.when.week),
            team: stats.team.code().to_owned(),
            opponent: stats.opponent.code().to_owned(),
            regular: stats.regular,
            attempts: stats.attempts,
            completions: stats.completions,
            passing_yards: stats.passing_yards,
            interceptions: stats.interceptions,
            sacks_suffered: stats.sacks_suffered,
            carries: stats.carries,
            rushing_yards: stats.rushing_yards,
            fumbles_lost: stats.fumbles_lost,
            penalties: stats.penalties,
            penalty_yards: stats.penalty_yards,
            passing_epa: stats.passing_epa,
            rushing_epa: stats.rushing_epa,
            source: stats.source.name().to_owned(),
            seen_at,
        }
    }

    fn stats(&self) -> Result<TeamWeek, StoreError> {
        let wrong = |reason: String| StoreError::Row {
            table: "team_weeks",
            key: format!("{} {} {}", self.season, self.week, self.team),
            reason,
        };
        let team = |code: &str| Team::parse(code).map_err(|e| wrong(e.to_string()));
        Ok(TeamWeek {
            when: SeasonWeek {
                season: u16::try_from(self.season).map_err(|e| wrong(e.to_string()))?,
                week: u8::try_from(self.week).map_err(|e| wrong(e.to_string()))?,
            },
            regular: self.regular,
            team: team(&self.team)?,
            opponent: team(&self.opponent)?,
            attempts: self.attempts,
            completions: self.completions,
            passing_yards: self.passing_yards,
            interceptions: self.interceptions,
            sacks_suffered: self.sacks_suffered,
            carries: self.carries,
            rushing_yards: self.rushing_yards,
            fumbles_lost: self.fumbles_lost,
            penalties: self.penalties,
            penalty_yards: self.penalty_yards,
            passing_epa: self.passing_epa,
            rushing_epa: self.rushing_epa,
            source: source_of(&self.source, "team_weeks")?,
        })
    }
}

/// Stores statistics.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn store(conn: &mut Conn, answer: &Answer<'_>, said: &Parsed<TeamWeek>) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let counts = upsert(conn, said, answer.at.naive_utc())?;
        record(conn, answer, &Left::of(said), counts)?;
        Ok(counts)
    })
}

/// Writes what is new or different; the caller holds the transaction.
pub(in crate::store) fn upsert(
    conn: &mut Conn,
    said: &Parsed<TeamWeek>,
    seen_at: NaiveDateTime,
) -> Result<Counts, StoreError> {
    let rows: Vec<Row> = team_weeks::table.select(Row::as_select()).load(conn)?;
    let key = |row: &Row| (row.season, row.week, row.team.clone());
    let stored: BTreeMap<_, Row> = rows.into_iter().map(|row| (key(&row), row)).collect();
    let mut counts = Counts::default();
    for (_, stats) in &said.rows {
        let row = Row::of(stats, seen_at);
        let done = match stored.get(&key(&row)) {
            Some(old)
                if *old
                    == (Row {
                        seen_at: old.seen_at,
                        ..row.clone()
                    }) =>
            {
                Stored::Unchanged
            }
            Some(_) => {
                diesel::update(team_weeks::table.find(key(&row)))
                    .set(&row)
                    .execute(conn)?;
                Stored::Revised
            }
            None => {
                diesel::insert_into(team_weeks::table).values(&row).execute(conn)?;
                Stored::New
            }
        };
        tally(&mut counts, done);
    }
    Ok(counts)
}

/// All there are, by season, week and team. What a week's rows tell is known when its games are over, not before.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<TeamWeek>, StoreError> {
    let rows: Vec<Row> = team_weeks::table
        .order((team_weeks::season.asc(), team_weeks::week.asc(), team_weeks::team.asc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.iter().map(Row::stats).collect()
}

/// All of a season, by week and team. What a week's rows tell is known when its games are over, not before.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn of_season(conn: &mut Conn, season: u16) -> Result<Vec<TeamWeek>, StoreError> {
    let rows: Vec<Row> = team_weeks::table
        .filter(team_weeks::season.eq(i32::from(season)))
        .order((team_weeks::week.asc(), team_weeks::team.asc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.iter().map(Row::stats).collect()
}
