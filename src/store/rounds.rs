//! A whole round in one transaction: its opinions, votes, picks and minutes, or nothing of it.

use super::decisions::{Opinion, Pick, Round, Vote};
use super::journal::{self, Head, NewEntry};
use super::schema::{opinions, picks, rounds, votes};
use super::{Conn, StoreError, Stored};
use diesel::prelude::*;

/// Everything a round leaves behind.
#[derive(Clone, Debug)]
pub struct RoundRecord {
    /// The round.
    pub round: Round,
    /// What was thought.
    pub opinions: Vec<Opinion>,
    /// What was voted.
    pub votes: Vec<Vote>,
    /// What was decided.
    pub picks: Vec<Pick>,
    /// What was said.
    pub minutes: Vec<NewEntry>,
}

/// Stores a round. A round that is there already is left as it is: its id names the data, the settings, the seed and the
/// program, so it was the same round.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing of the round is stored.
pub fn store(conn: &mut Conn, record: &RoundRecord) -> Result<(Stored, Head), StoreError> {
    conn.immediate_transaction(|conn| {
        let known: i64 = rounds::table
            .filter(rounds::id.eq(&record.round.id))
            .count()
            .get_result(conn)?;
        if known > 0 {
            return Ok((Stored::Unchanged, journal::head(conn)?));
        }
        diesel::insert_into(rounds::table).values(&record.round).execute(conn)?;
        for row in &record.opinions {
            diesel::insert_into(opinions::table).values(row).execute(conn)?;
        }
        for row in &record.votes {
            diesel::insert_into(votes::table).values(row).execute(conn)?;
        }
        for row in &record.picks {
            diesel::insert_into(picks::table).values(row).execute(conn)?;
        }
        let head = journal::append_within(conn, &record.minutes)?;
        Ok((Stored::New, head))
    })
}
