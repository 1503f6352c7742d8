//! A whole round in one transaction: its opinions, votes, picks and minutes, or nothing of it.

use super::decisions::{Grade, Opinion, Pick, Round, Vote, picks_of, upsert_grade_within};
use super::journal::{self, Head};
use super::schema::{opinions, picks, rounds, votes};
use super::{Conn, StoreError, Stored};
use crate::protocol::Written;
use diesel::prelude::*;
use std::collections::BTreeMap;

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
    pub minutes: Vec<Written>,
}

/// Stores a round. Its id names the data, the settings, the seed and the program, so a round that is there is the same
/// round and stays as it is: `Unchanged`, or `Revised` (though nothing is replaced) when its decisions are others, because
/// a seat was absent in one of the two.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing of the round is stored.
pub fn store(conn: &mut Conn, record: &RoundRecord) -> Result<(Stored, Head), StoreError> {
    super::immediate(conn, |conn| {
        let known: i64 = rounds::table
            .filter(rounds::id.eq(&record.round.id))
            .count()
            .get_result(conn)?;
        if known > 0 {
            let bets = |picks: &[Pick]| -> BTreeMap<String, (Option<String>, i64)> {
                let bet = picks.iter().filter(|p| p.status == "pick");
                bet.map(|p| (p.id.clone(), (p.side.clone(), p.stake_cents))).collect()
            };
            let same = bets(&picks_of(conn, &record.round.id)?) == bets(&record.picks);
            let stored = if same { Stored::Unchanged } else { Stored::Revised };
            return Ok((stored, journal::head(conn)?));
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

/// Stores grades with their journal entries, all of them in one transaction; an entry is written when its grade is new or
/// says something else.
///
/// # Errors
/// [`StoreError`] when writing fails; then no grade is stored.
pub fn store_grades(conn: &mut Conn, grades: &[(Grade, Written)]) -> Result<Vec<Stored>, StoreError> {
    super::immediate(conn, |conn| {
        let mut outcomes = Vec::with_capacity(grades.len());
        for (grade, entry) in grades {
            let stored = upsert_grade_within(conn, grade)?;
            if stored != Stored::Unchanged {
                journal::append_within(conn, std::slice::from_ref(entry))?;
            }
            outcomes.push(stored);
        }
        Ok(outcomes)
    })
}
