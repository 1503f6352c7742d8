//! Runs with their manifest and result, named by a hash of what they were told.

use crate::store::schema::runs;
use crate::store::{Conn, StoreError, Stored, sha256};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Its name: what it was told, hashed.
    pub id: String,
    /// `backtest` or `cycle`.
    pub kind: String,
    /// When it was first done, UTC.
    pub at: NaiveDateTime,
    /// What it was told: fingerprints of facts, program and settings, seed, parameters.
    pub manifest: Value,
    /// What came out.
    pub result: Value,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = runs)]
struct RunRow {
    id: String,
    kind: String,
    at: NaiveDateTime,
    manifest: String,
    result: String,
}

impl RunRow {
    fn read(self) -> Result<Run, StoreError> {
        let json = |text: &str| -> Result<Value, StoreError> {
            serde_json::from_str(text).map_err(|e| StoreError::Row {
                table: "runs",
                key: self.id.clone(),
                reason: e.to_string(),
            })
        };
        Ok(Run {
            manifest: json(&self.manifest)?,
            result: json(&self.result)?,
            id: self.id,
            kind: self.kind,
            at: self.at,
        })
    }
}

/// The name of a run of a kind with a manifest: twelve hexadecimal digits.
pub fn name(kind: &str, manifest: &Value) -> String {
    sha256(format!("{kind}/{manifest}").as_bytes())
        .chars()
        .take(12)
        .collect()
}

/// Stores a run. The same run again has to have the same result.
///
/// # Errors
/// [`StoreError::Conflict`] when it has another one, which would mean that a run is not reproducible.
pub fn record(conn: &mut Conn, run: &Run) -> Result<Stored, StoreError> {
    crate::store::immediate(conn, |conn| {
        let known: Option<RunRow> = runs::table
            .find(&run.id)
            .select(RunRow::as_select())
            .first(conn)
            .optional()?;
        if let Some(known) = known {
            if known.read()?.result == run.result {
                return Ok(Stored::Unchanged);
            }
            let key = run.id.clone();
            return Err(StoreError::Conflict { table: "runs", key });
        }
        let row = RunRow {
            id: run.id.clone(),
            kind: run.kind.clone(),
            at: run.at,
            manifest: run.manifest.to_string(),
            result: run.result.to_string(),
        };
        diesel::insert_into(runs::table).values(row).execute(conn)?;
        Ok(Stored::New)
    })
}

/// Runs, the newest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Run>, StoreError> {
    let rows = runs::table
        .order((runs::at.desc(), runs::id.asc()))
        .limit(limit)
        .select(RunRow::as_select())
        .load(conn)?;
    rows.into_iter().map(RunRow::read).collect()
}

/// The runs whose name begins with `start`, at most three: enough to tell one from many.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn beginning_with(conn: &mut Conn, start: &str) -> Result<Vec<Run>, StoreError> {
    let literal: String = start.chars().filter(char::is_ascii_hexdigit).collect();
    if literal.is_empty() || literal != start {
        return Ok(Vec::new());
    }
    let rows = runs::table
        .filter(runs::id.like(format!("{literal}%")))
        .order(runs::id.asc())
        .limit(3)
        .select(RunRow::as_select())
        .load(conn)?;
    rows.into_iter().map(RunRow::read).collect()
}
