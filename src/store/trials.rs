//! How often the past was looked at. Whoever tries many strategies finds a good one by luck, so every backtest is
//! written down and each result is judged against the number of trials; an identical rerun is no new trial.

use super::schema::trials;
use super::{Conn, StoreError, Stored};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// One look at the past.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = trials)]
pub struct Trial {
    /// The trial's id.
    pub id: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// What it was for.
    pub purpose: String,
    /// The seasons it looked at, as `2015-2019`.
    pub seasons: String,
    /// Fingerprint of the settings.
    pub settings_hash: String,
    /// Fingerprint of the facts, from [`super::data_hash`].
    pub data_hash: String,
    /// Version of the program.
    pub code_version: String,
    /// The seed of every random stream in it.
    pub seed: i64,
    /// Hash of the journal's head when it began.
    pub journal_head: String,
}

/// Records a trial, or finds the earlier one with the same purpose, seasons, settings, data, code and seed.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn record(conn: &mut Conn, trial: &Trial) -> Result<(Trial, Stored), StoreError> {
    super::immediate(conn, |conn| {
        let earlier = trials::table
            .filter(trials::purpose.eq(&trial.purpose))
            .filter(trials::seasons.eq(&trial.seasons))
            .filter(trials::settings_hash.eq(&trial.settings_hash))
            .filter(trials::data_hash.eq(&trial.data_hash))
            .filter(trials::code_version.eq(&trial.code_version))
            .filter(trials::seed.eq(trial.seed))
            .select(Trial::as_select())
            .first(conn)
            .optional()?;
        if let Some(earlier) = earlier {
            return Ok((earlier, Stored::Unchanged));
        }
        diesel::insert_into(trials::table).values(trial).execute(conn)?;
        Ok((trial.clone(), Stored::New))
    })
}

/// All trials, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Trial>, StoreError> {
    Ok(trials::table
        .order((trials::at.asc(), trials::id.asc()))
        .select(Trial::as_select())
        .load(conn)?)
}
