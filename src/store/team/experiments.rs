//! Experiments with settings, and what their shadows forecast.

use crate::store::schema::{experiments, shadow_forecasts};
use crate::store::{Conn, StoreError, immediate};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;

/// An experiment.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = experiments, primary_key(n))]
pub struct Experiment {
    /// Which it is, from 1.
    pub n: i32,
    /// The setting.
    pub setting: String,
    /// Its value before.
    pub from_value: f64,
    /// The value that is tried.
    pub to_value: f64,
    /// `running`, `rejected`, `kept` (and watched), `confirmed` or `rolled_back`.
    pub state: String,
    /// When it began, UTC.
    pub begun_at: NaiveDateTime,
    /// When its state last changed, UTC.
    pub changed_at: NaiveDateTime,
    /// Why it is so, with the figures.
    pub reason: String,
}

/// What a market's probability was in earnest and in shadow.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shadow_forecasts)]
pub struct Forecast {
    /// The experiment.
    pub experiment: i32,
    /// `running`, or `kept` while what was replaced is in the shadow.
    pub stage: String,
    /// The game.
    pub game_id: String,
    /// `spread` or `total`.
    pub market: String,
    /// The line both speak of, in half points.
    pub line_half: Option<i32>,
    /// The probability of the first side in earnest.
    pub p_live: f64,
    /// The same in shadow.
    pub p_shadow: f64,
}

/// Keeps an experiment as it is now, for a caller that holds the transaction.
pub(super) fn keep(conn: &mut Conn, row: &Experiment) -> Result<(), StoreError> {
    let known: i64 = experiments::table.find(row.n).count().get_result(conn)?;
    if known == 0 {
        diesel::insert_into(experiments::table).values(row).execute(conn)?;
    } else {
        diesel::update(experiments::table.find(row.n)).set(row).execute(conn)?;
    }
    Ok(())
}

/// Keeps what a shadow forecast: of each market and stage the first.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn keep_forecasts(conn: &mut Conn, rows: &[Forecast]) -> Result<(), StoreError> {
    immediate(conn, |conn| {
        for row in rows {
            let insert = diesel::insert_into(shadow_forecasts::table).values(row);
            insert.on_conflict_do_nothing().execute(conn)?;
        }
        Ok(())
    })
}

/// Every experiment, the first one first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Experiment>, StoreError> {
    Ok(experiments::table
        .order(experiments::n.asc())
        .select(Experiment::as_select())
        .load(conn)?)
}

/// Every experiment as it stood at an instant, the first one first. Of one that was kept first and confirmed or rolled back
/// later only the last change is dated: it counts as kept before that.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn as_of(conn: &mut Conn, at: DateTime<Utc>) -> Result<Vec<Experiment>, StoreError> {
    let begun = all(conn)?.into_iter().filter(|e| e.begun_at <= at.naive_utc());
    let then = |e: Experiment| {
        let state = match e.state.as_str() {
            "rejected" | "kept" if e.changed_at > at.naive_utc() => "running".to_owned(),
            "confirmed" | "rolled_back" if e.changed_at > at.naive_utc() => "kept".to_owned(),
            _ => e.state.clone(),
        };
        Experiment { state, ..e }
    };
    Ok(begun.map(then).collect())
}

/// What the shadow of an experiment forecast in a stage, by game and market.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn forecasts(conn: &mut Conn, experiment: i32, stage: &str) -> Result<Vec<Forecast>, StoreError> {
    Ok(shadow_forecasts::table
        .filter(shadow_forecasts::experiment.eq(experiment))
        .filter(shadow_forecasts::stage.eq(stage))
        .order((shadow_forecasts::game_id, shadow_forecasts::market))
        .select(Forecast::as_select())
        .load(conn)?)
}
