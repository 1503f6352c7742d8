//! The self-healer: the machine that hears readings, faults and snapshots, and answers with orders, cards and what it learned.
//!
//! What it is about to do is stored before it is done: the effect [`Effect::Store`] of a turn stands before its orders, and a
//! new incarnation goes on from there. An order may therefore be given twice, under one id.

pub mod card;

pub mod detect;

pub mod state;

pub mod lift;

mod admit;

mod work;

#[cfg(test)]
mod tests;

use super::diagnosis::graph::Graph;
use super::fault::Fault;
use super::incident::{Incident, IncidentId};
use super::learning::learner::Learned;
use super::reading::{Metric, Reading};
use super::remediation::gate::{HealingLimits, House};
use super::remediation::order::{Order, OrderId};
use super::remediation::plan::{Plan, reconcile};
use super::remediation::snapshot::{Course, Snapshot};
use crate::machine::{Machine, Turn};
use card::IncidentCard;
use chrono::{DateTime, Utc};
use detect::Detect;
use state::HealerState;
use std::collections::{BTreeMap, BTreeSet};

/// What the healer hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Numbers were measured. Of one batch the first 10,000 are heard.
    Readings(Vec<Reading>),
    /// Things went wrong. Of one batch the first 1,000 are heard.
    Faults(Vec<Fault>),
    /// How the house is. Its courses are filled in here.
    Snapshot(Box<Snapshot>),
    /// Who depends on whom, from now on.
    Graph(Box<Graph>),
    /// An order was carried out, or could not be, with the reason.
    OrderDone {
        /// Which.
        order: OrderId,
        /// How it went. Done is not yet helped.
        result: Result<(), String>,
    },
    /// A person halted the house, or lifted that.
    Halted(bool),
    /// A mind has something to say about an incident.
    Explained {
        /// Which.
        incident: IncidentId,
        /// Whose words.
        mind: String,
        /// The words.
        words: String,
    },
    /// A person says whether an incident was one.
    Judged {
        /// Which.
        incident: IncidentId,
        /// It was a false alarm.
        was_false: bool,
    },
    /// A person takes back something learned, by its number in the journal.
    Revert(u64),
    /// Time has passed.
    Tick,
}

/// What the healer wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write this down, before anything that follows in the same turn is done.
    Store(Box<HealerState>),
    /// Carry this out, unless an order of this id was carried out before.
    Act(Order),
    /// The measure of this order is to end; what is not in force is left as it is.
    Lift(Order),
    /// Tell a person.
    Notify(IncidentCard),
    /// An incident was opened.
    Opened(Incident),
    /// An incident is over, or expired.
    Closed(Incident),
    /// Something was learned.
    Learned(Learned),
}

/// The machine; `D` watches the numbers.
#[derive(Debug)]
pub struct SelfHealer<D> {
    detector: D,
    limits: HealingLimits,
    state: HealerState,
    graph: Graph,
    snapshot: Snapshot,
    courses: BTreeMap<Metric, Course>,
    /// Orders of an earlier incarnation of which nobody knows whether they were heard.
    unsure: BTreeSet<OrderId>,
    /// What this turn wants done.
    effects: Vec<Effect>,
    /// Whether this turn changed what is stored.
    is_changed: bool,
}

impl<D: Detect> SelfHealer<D> {
    /// A healer that goes on from a stored state; from none with the default.
    pub fn new(detector: D, limits: HealingLimits, state: HealerState) -> SelfHealer<D> {
        let in_hand = state.live.values().filter_map(|incident| incident.in_hand.as_ref());
        let unsure = in_hand
            .filter(|hand| hand.done_at.is_none())
            .map(|hand| hand.order.id.clone());
        SelfHealer {
            unsure: unsure.collect(),
            detector,
            limits,
            state,
            graph: Graph::default(),
            snapshot: Snapshot::default(),
            courses: BTreeMap::new(),
            effects: Vec::new(),
            is_changed: false,
        }
    }

    /// Its memory.
    pub fn state(&self) -> &HealerState {
        &self.state
    }

    /// What it would do at `now`; nothing changes. In a dry run this is all it ever does.
    pub fn plan(&self, now: DateTime<Utc>) -> Plan {
        let house = House {
            snapshot: &self.snapshot,
            halted: self.state.halted,
        };
        reconcile(self.state.live.values(), house, &self.state.gate, &self.limits, now)
    }
}

impl<D: Detect> Machine for SelfHealer<D> {
    type Input = Input;
    type Effect = Effect;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        let now = turn.now();
        self.effects.clear();
        self.is_changed = false;
        match input {
            Input::Readings(readings) => self.hear_readings(&readings, now, turn.rng()),
            Input::Faults(faults) => self.hear_faults(faults, now, turn.rng()),
            Input::Snapshot(snapshot) => self.see(*snapshot, now),
            Input::Graph(graph) => self.graph = *graph,
            Input::OrderDone { order, result } => self.hear_answer(&order, result, now),
            Input::Halted(halted) => {
                self.is_changed |= self.state.halted != halted;
                self.state.halted = halted;
            }
            Input::Explained { incident, mind, words } => self.hear_mind(&incident, &mind, &words, now),
            Input::Judged { incident, was_false } => self.hear_judgement(&incident, was_false, now),
            Input::Revert(change) => match self.state.learner.revert(change) {
                Ok(learned) => self.learned(vec![learned]),
                Err(_) => self.state.counts.n_misdirected += 1,
            },
            Input::Tick => {}
        }
        self.work(now);
        if self.is_changed {
            turn.emit(Effect::Store(Box::new(self.state.clone())));
        }
        for effect in self.effects.drain(..) {
            turn.emit(effect);
        }
    }
}

impl<D> SelfHealer<D> {
    fn learned(&mut self, learned: Vec<Learned>) {
        self.is_changed |= !learned.is_empty();
        self.effects.extend(learned.into_iter().map(Effect::Learned));
    }
}
