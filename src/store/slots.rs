//! What was to be done when and what became of it, and whether the house is halted.

use super::schema::{halts, slots};
use super::{Conn, StoreError, Stored};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was done.
    Done,
    /// It was tried and could not be done.
    Failed,
    /// Its moment passed before it could be tried, or the house was halted.
    Lost,
}

impl State {
    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Failed => "failed",
            State::Lost => "lost",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A settled slot.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = slots)]
pub struct Settled {
    /// Its name.
    pub id: String,
    /// The season.
    pub season: i32,
    /// The week.
    pub week: i32,
    /// What was to be done.
    pub task: String,
    /// When it was due, UTC.
    pub due_at: NaiveDateTime,
    /// `done`, `failed` or `lost`.
    pub state: String,
    /// When it was settled, UTC.
    pub settled_at: NaiveDateTime,
    /// What came of it, or why nothing did.
    pub note: String,
}

/// Settles a slot; one that is settled already stays as it is.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn settle(conn: &mut Conn, slot: &Settled) -> Result<Stored, StoreError> {
    let n = diesel::insert_into(slots::table)
        .values(slot)
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(if n > 0 { Stored::New } else { Stored::Unchanged })
}

/// The ids of all settled slots of some seasons.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn settled(conn: &mut Conn, seasons: &[u16]) -> Result<BTreeSet<String>, StoreError> {
    let seasons: Vec<i32> = seasons.iter().map(|s| i32::from(*s)).collect();
    let ids: Vec<String> = slots::table
        .filter(slots::season.eq_any(seasons))
        .select(slots::id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// Settled slots of a season, by when they were due.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn of_season(conn: &mut Conn, season: u16) -> Result<Vec<Settled>, StoreError> {
    let rows = slots::table
        .filter(slots::season.eq(i32::from(season)))
        .order((slots::due_at.asc(), slots::id.asc()))
        .select(Settled::as_select())
        .load(conn)?;
    Ok(rows)
}

/// When the last slot that was settled had been due; none before the first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn last_due(conn: &mut Conn) -> Result<Option<NaiveDateTime>, StoreError> {
    Ok(slots::table.select(diesel::dsl::max(slots::due_at)).first(conn)?)
}

/// A halt, or its end.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = halts)]
pub struct Halt {
    /// When, UTC.
    pub at: NaiveDateTime,
    /// True for a halt.
    pub halted: bool,
    /// Why.
    pub reason: String,
}

/// Halts the house or lets it go on; both stay on record. Saying what holds already changes nothing.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn halt(conn: &mut Conn, halt: &Halt) -> Result<Stored, StoreError> {
    let holds = halted(conn)?.is_some();
    if holds == halt.halted {
        return Ok(Stored::Unchanged);
    }
    diesel::insert_into(halts::table)
        .values((
            halts::at.eq(halt.at),
            halts::halted.eq(halt.halted),
            halts::reason.eq(&halt.reason),
        ))
        .execute(conn)?;
    Ok(Stored::New)
}

/// The halt that holds; none while the house makes picks.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn halted(conn: &mut Conn) -> Result<Option<Halt>, StoreError> {
    let newest = halts::table
        .order(halts::seq.desc())
        .select(Halt::as_select())
        .first(conn)
        .optional()?;
    Ok(newest.filter(|halt| halt.halted))
}
