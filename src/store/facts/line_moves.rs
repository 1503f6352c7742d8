//! Line moves, each once; one that turns out to be part of steam later gets the mark and never loses it.

use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::line_move::LineMove;
use crate::domain::quote::{Book, Market, Side};
use crate::store::imports::Counts;
use crate::store::schema::line_moves;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = line_moves, treat_none_as_null = true)]
struct Row {
    game_id: String,
    market: String,
    book: String,
    at: NaiveDateTime,
    side: String,
    from_half: Option<i32>,
    to_half: Option<i32>,
    probability: Option<f64>,
    steam: bool,
}

impl Row {
    fn of(moved: &LineMove) -> Row {
        Row {
            game_id: moved.game.as_str().to_owned(),
            market: moved.market.name().to_owned(),
            book: moved.book.as_str().to_owned(),
            at: moved.at.naive_utc(),
            side: moved.side.name().to_owned(),
            from_half: moved.from.map(|l| i32::from(l.0)),
            to_half: moved.to.map(|l| i32::from(l.0)),
            probability: moved.probability,
            steam: moved.steam,
        }
    }

    fn line_move(&self) -> Result<LineMove, String> {
        let sides = [Side::Home, Side::Away, Side::Over, Side::Under];
        let market = Market::ALL.into_iter().find(|m| m.name() == self.market);
        let side = sides.into_iter().find(|s| s.name() == self.side);
        let line = |half: Option<i32>| half.map(|half| i16::try_from(half).map(HalfPoints)).transpose();
        Ok(LineMove {
            game: GameId::new(&self.game_id),
            book: Book::new(&self.book),
            market: market.ok_or_else(|| format!("market `{}` is unknown", self.market))?,
            side: side.ok_or_else(|| format!("side `{}` is unknown", self.side))?,
            from: line(self.from_half).map_err(|e| e.to_string())?,
            to: line(self.to_half).map_err(|e| e.to_string())?,
            probability: self.probability,
            at: self.at.and_utc(),
            steam: self.steam,
        })
    }
}

/// Stores moves as [`crate::feeds::movement::Movement`] returns them.
///
/// # Errors
/// [`StoreError`] when writing fails, also for a move in an unknown game; then nothing is stored.
pub fn store(conn: &mut Conn, said: &[LineMove]) -> Result<Counts, StoreError> {
    immediate(conn, |conn| {
        let mut counts = Counts::default();
        for moved in said {
            super::tally(&mut counts, one(conn, Row::of(moved))?);
        }
        Ok(counts)
    })
}

fn one(conn: &mut Conn, mut row: Row) -> Result<Stored, StoreError> {
    let key = (row.game_id.clone(), row.market.clone(), row.book.clone(), row.at);
    let old: Option<Row> = line_moves::table
        .find(key.clone())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    let Some(old) = old else {
        diesel::insert_into(line_moves::table).values(&row).execute(conn)?;
        return Ok(Stored::New);
    };
    row.steam |= old.steam;
    if row == old {
        return Ok(Stored::Unchanged);
    }
    diesel::update(line_moves::table.find(key)).set(&row).execute(conn)?;
    Ok(Stored::Revised)
}

/// Moves in a game that were known at an instant, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn known(conn: &mut Conn, game: &GameId, at: DateTime<Utc>) -> Result<Vec<LineMove>, StoreError> {
    let rows: Vec<Row> = line_moves::table
        .filter(line_moves::game_id.eq(game.as_str()))
        .filter(line_moves::at.le(at.naive_utc()))
        .order((line_moves::at.asc(), line_moves::market.asc(), line_moves::book.asc()))
        .select(Row::as_select())
        .load(conn)?;
    let read = |row: &Row| {
        row.line_move().map_err(|reason| StoreError::Row {
            table: "line_moves",
            key: format!("{} {} {} {}", row.game_id, row.market, row.book, row.at),
            reason,
        })
    };
    rows.iter().map(read).collect()
}
