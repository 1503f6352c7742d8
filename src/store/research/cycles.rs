//! Cycles: the state after the last finished step, and everything a step leaves behind written together with it.

use super::strategies::{self, Event};
use super::{Tried, count};
use crate::store::schema::{cycles, research_decisions};
use crate::store::{Conn, StoreError};
use crate::strategy::rule::{Strategy, StrategyId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// A cycle as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CycleRow {
    /// Its name: what it was told, hashed.
    pub id: String,
    /// What it was told.
    pub spec: Value,
    /// Finished steps.
    pub step: u64,
    /// Its state after them.
    pub state: Value,
    /// True when there is nothing more to do.
    pub done: bool,
    /// When it was begun, UTC.
    pub started_at: NaiveDateTime,
    /// When the last step was finished, UTC.
    pub updated_at: NaiveDateTime,
}

/// A decision of the orchestrator of backtesting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// Which of the five.
    pub kind: String,
    /// What was chosen.
    pub chosen: String,
    /// Why.
    pub reason: String,
    /// On what evidence.
    pub evidence: Value,
}

/// What one step leaves behind.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The state after it.
    pub state: Value,
    /// True when it was the last one.
    pub done: bool,
    /// Strategies that go on record, with who proposed them and from what.
    pub strategies: Vec<(Strategy, String, Vec<StrategyId>)>,
    /// Changes of standing.
    pub events: Vec<Event>,
    /// Decisions in their order.
    pub decisions: Vec<Decided>,
    /// What was tried.
    pub tried: Vec<Tried>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = cycles)]
struct Row {
    id: String,
    spec: String,
    step: i64,
    state: String,
    done: bool,
    started_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

fn broken(key: &str, reason: impl ToString) -> StoreError {
    StoreError::Row {
        table: "cycles",
        key: key.to_owned(),
        reason: reason.to_string(),
    }
}

impl Row {
    fn read(self) -> Result<CycleRow, StoreError> {
        let json = |text: &str| serde_json::from_str(text).map_err(|e| broken(&self.id, e));
        Ok(CycleRow {
            spec: json(&self.spec)?,
            state: json(&self.state)?,
            step: u64::try_from(self.step).map_err(|e| broken(&self.id, e))?,
            id: self.id,
            done: self.done,
            started_at: self.started_at,
            updated_at: self.updated_at,
        })
    }
}

/// A cycle by its name.
///
/// # Errors
/// [`StoreError`] when reading fails or the row was changed by hand.
pub fn find(conn: &mut Conn, id: &str) -> Result<Option<CycleRow>, StoreError> {
    let row: Option<Row> = cycles::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(Row::read).transpose()
}

/// The cycle that moved last.
///
/// # Errors
/// [`StoreError`] when reading fails or the row was changed by hand.
pub fn latest(conn: &mut Conn) -> Result<Option<CycleRow>, StoreError> {
    let row: Option<Row> = cycles::table
        .order((cycles::updated_at.desc(), cycles::id.asc()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// Begins a cycle, or finds the one of that name as it stands.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn begin(
    conn: &mut Conn,
    id: &str,
    spec: &Value,
    state: &Value,
    at: NaiveDateTime,
) -> Result<CycleRow, StoreError> {
    crate::store::immediate(conn, |conn| {
        if let Some(known) = find(conn, id)? {
            return Ok(known);
        }
        let row = Row {
            id: id.to_owned(),
            spec: spec.to_string(),
            step: 0,
            state: state.to_string(),
            done: false,
            started_at: at,
            updated_at: at,
        };
        diesel::insert_into(cycles::table).values(&row).execute(conn)?;
        row.read()
    })
}

/// Writes step number `n` (from 1) with all it leaves behind. A step that is written already, or that another process
/// has overtaken, writes nothing and is a conflict.
///
/// # Errors
/// [`StoreError::Conflict`] unless exactly `n - 1` steps are finished; [`StoreError`] when writing fails.
pub fn advance(conn: &mut Conn, id: &str, n: u64, step: &Step, at: NaiveDateTime) -> Result<(), StoreError> {
    crate::store::immediate(conn, |conn| {
        let stands = find(conn, id)?.ok_or_else(|| broken(id, "there is no such cycle"))?;
        if stands.step + 1 != n {
            return Err(StoreError::Conflict {
                table: "cycles",
                key: format!("{id}, step {n} after {}", stands.step),
            });
        }
        for (strategy, origin, parents) in &step.strategies {
            strategies::add(conn, strategy, origin, parents, at)?;
        }
        for event in &step.events {
            strategies::change(conn, event)?;
        }
        for tried in &step.tried {
            count(conn, tried, at)?;
        }
        let first: i64 = research_decisions::table
            .filter(research_decisions::cycle_id.eq(id))
            .count()
            .get_result(conn)?;
        for (seq, decided) in (first..).zip(&step.decisions) {
            let row = (
                research_decisions::cycle_id.eq(id),
                research_decisions::seq.eq(seq),
                research_decisions::at.eq(at),
                research_decisions::kind.eq(&decided.kind),
                research_decisions::chosen.eq(&decided.chosen),
                research_decisions::reason.eq(&decided.reason),
                research_decisions::evidence.eq(decided.evidence.to_string()),
            );
            diesel::insert_into(research_decisions::table)
                .values(row)
                .execute(conn)?;
        }
        diesel::update(cycles::table.find(id))
            .set((
                cycles::step.eq(i64::try_from(n).unwrap_or(i64::MAX)),
                cycles::state.eq(step.state.to_string()),
                cycles::done.eq(step.done),
                cycles::updated_at.eq(at),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The decisions of a cycle, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn decisions(conn: &mut Conn, id: &str) -> Result<Vec<Decided>, StoreError> {
    let rows: Vec<(String, String, String, String)> = research_decisions::table
        .filter(research_decisions::cycle_id.eq(id))
        .order(research_decisions::seq.asc())
        .select((
            research_decisions::kind,
            research_decisions::chosen,
            research_decisions::reason,
            research_decisions::evidence,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(kind, chosen, reason, evidence)| {
            let evidence = serde_json::from_str(&evidence).map_err(|e| broken(id, e))?;
            Ok(Decided {
                kind,
                chosen,
                reason,
                evidence,
            })
        })
        .collect()
}
