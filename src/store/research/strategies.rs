//! Strategies and the events that changed their standing; what was deployed can be taken back, and both stay on record.

use crate::store::schema::{strategies, strategy_events};
use crate::store::{Conn, StoreError, Stored};
use crate::strategy::rule::{Strategy, StrategyId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// How far a strategy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Selected for testing.
    Candidate,
    /// Refused by the validators.
    Rejected,
    /// Approved by all validators.
    Validated,
    /// Betting on paper.
    Deployed,
    /// Taken out of production.
    Demoted,
}

impl Standing {
    /// All, in the order of a strategy's life.
    pub const ALL: [Standing; 5] = [
        Standing::Candidate,
        Standing::Rejected,
        Standing::Validated,
        Standing::Deployed,
        Standing::Demoted,
    ];

    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Candidate => "candidate",
            Standing::Rejected => "rejected",
            Standing::Validated => "validated",
            Standing::Deployed => "deployed",
            Standing::Demoted => "demoted",
        }
    }

    /// The standing of a word.
    pub fn of(word: &str) -> Option<Standing> {
        Standing::ALL.into_iter().find(|s| s.word() == word)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A strategy on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// The hash of its text.
    pub id: StrategyId,
    /// What it says.
    pub strategy: Strategy,
    /// Who proposed it.
    pub origin: String,
    /// What it was made from.
    pub parents: Vec<StrategyId>,
    /// How far it has come.
    pub status: Standing,
    /// When it was first on record, UTC.
    pub first_seen: NaiveDateTime,
}

/// A change of a strategy's standing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// What made it; the same cause again is the same event.
    pub cause: String,
    /// The strategy.
    pub strategy: StrategyId,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// What it became.
    pub status: Standing,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// On what evidence, as JSON.
    pub evidence: Value,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = strategies)]
struct StrategyRow {
    id: String,
    text: String,
    origin: String,
    parents: String,
    status: String,
    first_seen: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = strategy_events)]
struct EventRow {
    cause: String,
    strategy_id: String,
    at: NaiveDateTime,
    status: String,
    actor: String,
    reason: String,
    evidence: String,
}

fn broken(table: &'static str, key: &str, reason: impl fmt::Display) -> StoreError {
    StoreError::Row {
        table,
        key: key.to_owned(),
        reason: reason.to_string(),
    }
}

impl StrategyRow {
    fn read(self) -> Result<Recorded, StoreError> {
        let fault = |reason: String| broken("strategies", &self.id, reason);
        let strategy: Strategy = self.text.parse().map_err(|e| fault(format!("{e}")))?;
        let parents = serde_json::from_str(&self.parents).map_err(|e| fault(format!("parents: {e}")))?;
        let status = Standing::of(&self.status).ok_or_else(|| fault(format!("status {}", self.status)))?;
        if strategy.id().0 != self.id {
            return Err(fault("its text has another hash".to_owned()));
        }
        Ok(Recorded {
            id: StrategyId(self.id),
            strategy,
            origin: self.origin,
            parents,
            status,
            first_seen: self.first_seen,
        })
    }
}

impl EventRow {
    fn read(self) -> Result<Event, StoreError> {
        let fault = |reason: String| broken("strategy_events", &self.cause, reason);
        let evidence = serde_json::from_str(&self.evidence).map_err(|e| fault(format!("evidence: {e}")))?;
        let status = Standing::of(&self.status).ok_or_else(|| fault(format!("status {}", self.status)))?;
        Ok(Event {
            cause: self.cause,
            strategy: StrategyId(self.strategy_id),
            at: self.at,
            status,
            actor: self.actor,
            reason: self.reason,
            evidence,
        })
    }
}

/// Puts a strategy on record as a candidate; one that is there already keeps its origin and standing.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn add(
    conn: &mut Conn,
    strategy: &Strategy,
    origin: &str,
    parents: &[StrategyId],
    at: NaiveDateTime,
) -> Result<Stored, StoreError> {
    let id = strategy.id();
    let known: i64 = strategies::table.find(&id.0).count().get_result(conn)?;
    if known > 0 {
        return Ok(Stored::Unchanged);
    }
    let row = StrategyRow {
        text: strategy.to_string(),
        origin: origin.to_owned(),
        parents: serde_json::to_string(parents).map_err(|e| broken("strategies", &id.0, e))?,
        status: Standing::Candidate.word().to_owned(),
        first_seen: at,
        id: id.0,
    };
    diesel::insert_into(strategies::table).values(row).execute(conn)?;
    Ok(Stored::New)
}

/// Records a change of standing and makes it; the same cause a second time changes nothing.
///
/// # Errors
/// [`StoreError`] when the strategy is not on record or writing fails.
pub fn change(conn: &mut Conn, event: &Event) -> Result<Stored, StoreError> {
    crate::store::immediate(conn, |conn| {
        let known: i64 = strategy_events::table
            .filter(strategy_events::cause.eq(&event.cause))
            .count()
            .get_result(conn)?;
        if known > 0 {
            return Ok(Stored::Unchanged);
        }
        let row = (
            strategy_events::cause.eq(&event.cause),
            strategy_events::strategy_id.eq(&event.strategy.0),
            strategy_events::at.eq(event.at),
            strategy_events::status.eq(event.status.word()),
            strategy_events::actor.eq(&event.actor),
            strategy_events::reason.eq(&event.reason),
            strategy_events::evidence.eq(event.evidence.to_string()),
        );
        diesel::insert_into(strategy_events::table).values(row).execute(conn)?;
        diesel::update(strategies::table.find(&event.strategy.0))
            .set(strategies::status.eq(event.status.word()))
            .execute(conn)?;
        Ok(Stored::New)
    })
}

/// All strategies, or those of a standing, the newest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn list(conn: &mut Conn, status: Option<Standing>, limit: i64) -> Result<Vec<Recorded>, StoreError> {
    let mut query = strategies::table
        .order((strategies::first_seen.desc(), strategies::id.asc()))
        .limit(limit)
        .select(StrategyRow::as_select())
        .into_boxed();
    if let Some(status) = status {
        query = query.filter(strategies::status.eq(status.word()));
    }
    query.load(conn)?.into_iter().map(StrategyRow::read).collect()
}

/// How many strategies have each standing.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn counts(conn: &mut Conn) -> Result<Vec<(Standing, u64)>, StoreError> {
    let mut all = Vec::new();
    for standing in Standing::ALL {
        let n: i64 = strategies::table
            .filter(strategies::status.eq(standing.word()))
            .count()
            .get_result(conn)?;
        all.push((standing, u64::try_from(n).unwrap_or(0)));
    }
    Ok(all)
}

/// The strategies whose id begins with `start`, at most three: enough to tell one from many.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn beginning_with(conn: &mut Conn, start: &str) -> Result<Vec<Recorded>, StoreError> {
    let literal: String = start.chars().filter(char::is_ascii_hexdigit).collect();
    if literal.is_empty() || literal != start {
        return Ok(Vec::new());
    }
    let rows = strategies::table
        .filter(strategies::id.like(format!("{literal}%")))
        .order(strategies::id.asc())
        .limit(3)
        .select(StrategyRow::as_select())
        .load(conn)?;
    rows.into_iter().map(StrategyRow::read).collect()
}

/// What happened to a strategy, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row was changed by hand.
pub fn history(conn: &mut Conn, id: &StrategyId) -> Result<Vec<Event>, StoreError> {
    let rows = strategy_events::table
        .filter(strategy_events::strategy_id.eq(&id.0))
        .order(strategy_events::seq.asc())
        .select(EventRow::as_select())
        .load(conn)?;
    rows.into_iter().map(EventRow::read).collect()
}
