//! What research leaves behind: strategies with their standing, runs, cycles, decisions, and how much was tried.
//!
//! Everything a step of a cycle leaves is written in one transaction that moves the cycle on, so a process that is killed
//! has either done the step or not begun it, and doing a step again adds nothing.

pub mod cycles;
pub mod runs;
pub mod strategies;

use super::schema::tested;
use super::{Conn, StoreError};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// What strategies were tried for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To search among them.
    Training,
    /// To accept or reject them on seasons they were not searched on.
    Validation,
    /// A person looked at one.
    Backtest,
}

impl Purpose {
    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Training => "training",
            Purpose::Validation => "validation",
            Purpose::Backtest => "backtest",
        }
    }
}

/// A number of strategies that were tried on some facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What tried them, named so that trying them again counts nothing.
    pub cause: String,
    /// Fingerprint of the facts.
    pub data_hash: String,
    /// What for.
    pub purpose: Purpose,
    /// How many.
    pub n: u64,
}

/// Counts what was tried, once for each cause.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn count(conn: &mut Conn, tried: &Tried, at: NaiveDateTime) -> Result<(), StoreError> {
    super::immediate(conn, |conn| {
        let known: i64 = tested::table.find(&tried.cause).count().get_result(conn)?;
        if known == 0 {
            let row = (
                tested::cause.eq(&tried.cause),
                tested::data_hash.eq(&tried.data_hash),
                tested::purpose.eq(tried.purpose.word()),
                tested::n.eq(i64::try_from(tried.n).unwrap_or(i64::MAX)),
                tested::at.eq(at),
            );
            diesel::insert_into(tested::table).values(row).execute(conn)?;
        }
        Ok(())
    })
}

/// How many strategies were ever tried for a purpose, on whatever facts: facts grow by a week, and what was learnt from
/// the older ones is not forgotten with it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn n_tried(conn: &mut Conn, purpose: Purpose) -> Result<u64, StoreError> {
    let counts: Vec<i64> = tested::table
        .filter(tested::purpose.eq(purpose.word()))
        .select(tested::n)
        .load(conn)?;
    Ok(counts.into_iter().filter_map(|n| u64::try_from(n).ok()).sum())
}
