//! What the team leaves behind about itself: scores and standings, overrides, experiments.
//!
//! What a week taught is written in one transaction with its journal entries and the mark that the week was learnt from, so
//! a process that is killed has learnt all of it or nothing.

pub mod experiments;
pub mod overrides;
pub mod standings;

use super::journal;
use super::schema::{grades, learned_weeks, picks, rounds};
use super::{Conn, StoreError, Stored};
use crate::domain::money::Cents;
use crate::protocol::Written;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

/// What a week of games taught.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Season and week.
    pub week: (i32, i32),
    /// When, UTC.
    pub at: NaiveDateTime,
    /// In one line.
    pub note: String,
    /// Scores of members.
    pub scores: Vec<standings::ScoreRow>,
    /// Standings that changed.
    pub events: Vec<standings::Event>,
    /// Overrides by the manager itself.
    pub overrides: Vec<overrides::OverrideRow>,
    /// The experiment that changed, or the one that begins.
    pub experiments: Vec<experiments::Experiment>,
    /// What is said of all this.
    pub minutes: Vec<Written>,
}

/// Writes a lesson; a week that was learnt from stays as it is.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing of it is stored.
pub fn learn(conn: &mut Conn, lesson: &Lesson) -> Result<Stored, StoreError> {
    super::immediate(conn, |conn| {
        if learned(conn, lesson.week)? {
            return Ok(Stored::Unchanged);
        }
        for row in &lesson.scores {
            standings::keep_score(conn, row)?;
        }
        for event in &lesson.events {
            standings::keep_event(conn, event)?;
        }
        for row in &lesson.overrides {
            overrides::keep(conn, row)?;
        }
        for row in &lesson.experiments {
            experiments::keep(conn, row)?;
        }
        let row = (
            learned_weeks::season.eq(lesson.week.0),
            learned_weeks::week.eq(lesson.week.1),
            learned_weeks::at.eq(lesson.at),
            learned_weeks::note.eq(&lesson.note),
        );
        diesel::insert_into(learned_weeks::table).values(row).execute(conn)?;
        journal::append_within(conn, &lesson.minutes)?;
        Ok(Stored::New)
    })
}

/// Whether a week was learnt from.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn learned(conn: &mut Conn, (season, week): (i32, i32)) -> Result<bool, StoreError> {
    let n: i64 = learned_weeks::table.find((season, week)).count().get_result(conn)?;
    Ok(n > 0)
}

/// Profit of a season's bets that were made at an instant under some settings, graded by another instant. Bets at the openers
/// and at the close are books of their own.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn profit(
    conn: &mut Conn,
    season: u16,
    settings: &str,
    graded_by: DateTime<Utc>,
) -> Result<Cents, StoreError> {
    let profits: Vec<i64> = grades::table
        .inner_join(picks::table.inner_join(rounds::table))
        .filter(rounds::season.eq(i32::from(season)))
        .filter(rounds::settings_hash.eq(settings))
        .filter(rounds::basis.ne_all(["open", "close"]))
        .filter(grades::graded_at.le(graded_by.naive_utc()))
        .select(grades::profit_cents)
        .load(conn)?;
    Ok(profits.into_iter().map(Cents).sum())
}
