//! Overrides as rows, each with the letter that gave it: what was ordered stays on record after it has ended.

use crate::protocol::Written;
use crate::store::journal;
use crate::store::schema::overrides;
use crate::store::{Conn, StoreError, Stored, immediate};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// An override.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = overrides)]
pub struct OverrideRow {
    /// The id of the letter that gave it.
    pub id: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// `person`, or an agent's path.
    pub by_whom: String,
    /// The seat or swarm.
    pub subject: String,
    /// `bench`, `seat`, `pause` or `cap`.
    pub action: String,
    /// The amount of a cap.
    pub cap_cents: Option<i64>,
    /// Why.
    pub why: String,
    /// From then on it does nothing, UTC.
    pub ends_at: NaiveDateTime,
}

/// Keeps an override, for a caller that holds the transaction and writes its letter.
pub(super) fn keep(conn: &mut Conn, row: &OverrideRow) -> Result<Stored, StoreError> {
    let insert = diesel::insert_into(overrides::table).values(row);
    let n = insert.on_conflict_do_nothing().execute(conn)?;
    Ok(if n > 0 { Stored::New } else { Stored::Unchanged })
}

/// Keeps an override together with its letter; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] when writing fails; then neither is stored.
pub fn say(conn: &mut Conn, row: &OverrideRow, letter: &Written) -> Result<Stored, StoreError> {
    immediate(conn, |conn| {
        let stored = keep(conn, row)?;
        if stored == Stored::New {
            journal::append_within(conn, std::slice::from_ref(letter))?;
        }
        Ok(stored)
    })
}

/// Every override ever given, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn all(conn: &mut Conn) -> Result<Vec<OverrideRow>, StoreError> {
    Ok(overrides::table
        .order((overrides::at.asc(), overrides::id.asc()))
        .select(OverrideRow::as_select())
        .load(conn)?)
}
