//! A cycle's step as the database keeps it, and the pieces of work that put it there.

use crate::backtest::cycle::Step;
use crate::backtest::cycle::state::{Became, Candidate, Change, Phase};
use crate::store::keeper::Work;
use crate::store::research::cycles::{self, CycleRow, Decided};
use crate::store::research::runs::{self, Run};
use crate::store::research::strategies::{Event, Standing};
use crate::store::research::{Purpose, Tried};
use crate::store::{Conn, StoreError, Stored};
use crate::strategy::rule::{Strategy, StrategyId};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

/// Begins a cycle, or finds it as it stands.
pub struct BeginCycle {
    /// Its name.
    pub id: String,
    /// What it is told.
    pub spec: Value,
    /// Its first state.
    pub state: Value,
    /// When, UTC.
    pub at: NaiveDateTime,
}

impl Work for BeginCycle {
    type Output = CycleRow;

    fn run(self, conn: &mut Conn) -> Result<CycleRow, StoreError> {
        cycles::begin(conn, &self.id, &self.spec, &self.state, self.at)
    }
}

/// Writes a finished step with all it leaves behind.
pub struct WriteStep {
    /// The step.
    pub step: Box<Step>,
    /// When, UTC.
    pub at: NaiveDateTime,
}

impl Work for WriteStep {
    type Output = ();

    fn run(self, conn: &mut Conn) -> Result<(), StoreError> {
        let step = written(&self.step, self.at)?;
        cycles::advance(conn, &self.step.id, self.step.n, &step, self.at)
    }
}

/// Puts a finished run on record.
pub struct RecordRun(pub Run);

impl Work for RecordRun {
    type Output = Stored;

    fn run(self, conn: &mut Conn) -> Result<Stored, StoreError> {
        runs::record(conn, &self.0)
    }
}

/// How many strategies were ever validated.
pub struct CountValidated;

impl Work for CountValidated {
    type Output = u64;

    fn run(self, conn: &mut Conn) -> Result<u64, StoreError> {
        crate::store::research::n_tried(conn, Purpose::Validation)
    }
}

fn written(step: &Step, at: NaiveDateTime) -> Result<cycles::Step, StoreError> {
    let id = &step.id;
    let state = serde_json::to_value(&step.state).map_err(|e| StoreError::Row {
        table: "cycles",
        key: id.clone(),
        reason: e.to_string(),
    })?;
    let cause = |what: &str| format!("{id}/{}/{what}", step.n);
    let tried = |purpose: Purpose, n: u64| Tried {
        cause: cause(purpose.word()),
        data_hash: step.data_hash.clone(),
        purpose,
        n,
    };
    let left = &step.left;
    let counts = [
        tried(Purpose::Training, left.n_trained),
        tried(Purpose::Validation, left.n_validated),
    ];
    let events = left.changes.iter().enumerate();
    Ok(cycles::Step {
        state,
        done: step.phase == Phase::Finished,
        strategies: left.candidates.iter().map(on_record).collect(),
        events: events
            .map(|(i, change)| event(cause(&i.to_string()), change, at))
            .collect(),
        decisions: left
            .decisions
            .iter()
            .map(|d| Decided {
                kind: d.kind.to_string(),
                chosen: d.chosen.clone(),
                reason: d.reason.clone(),
                evidence: json!(d.evidence),
            })
            .collect(),
        tried: counts.into_iter().filter(|t| t.n > 0).collect(),
    })
}

fn on_record(c: &Candidate) -> (Strategy, String, Vec<StrategyId>) {
    (c.strategy.clone(), c.author.clone(), c.parents.clone())
}

fn event(cause: String, change: &Change, at: NaiveDateTime) -> Event {
    let (status, actor) = match change.became {
        Became::Rejected => (Standing::Rejected, "validation"),
        Became::Validated => (Standing::Validated, "validation"),
        Became::Deployed => (Standing::Deployed, "backtest_orchestrator"),
        Became::Demoted => (Standing::Demoted, "backtest_orchestrator"),
    };
    Event {
        cause,
        strategy: change.strategy.clone(),
        at,
        status,
        actor: actor.to_owned(),
        reason: change.reason.clone(),
        evidence: json!(change.standing),
    }
}
