//! A small house for the healer to live in: what it orders is kept, and the test decides what comes of it.

mod ensemble;
mod learning;
mod schedules;
mod stories;
mod trouble;

use super::detect::Detect;
use super::state::HealerState;
use super::{Effect, Input, SelfHealer};
use crate::healing::anomaly::{Anomaly, Detector};
use crate::healing::diagnosis::graph::Graph;
use crate::healing::fault::{Fault, FaultKind, Place};
use crate::healing::incident::Incident;
use crate::healing::reading::{Metric, Reading};
use crate::healing::remediation::action::Action;
use crate::healing::remediation::gate::HealingLimits;
use crate::healing::remediation::order::Order;
use crate::healing::remediation::snapshot::{Health, Mark, Snapshot};
use crate::machine::drive;
use chrono::{DateTime, TimeDelta, Utc};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};

/// Calls everything above 100, or a metric's factor of that, an anomaly, and says so once until it is below again.
#[derive(Default)]
pub(super) struct Ceiling {
    off: BTreeSet<Metric>,
    factors: BTreeMap<Metric, f64>,
}

impl Detect for Ceiling {
    fn hear(&mut self, readings: &[Reading], _rng: &mut Pcg64Mcg) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        for reading in readings {
            assert!(reading.value.is_finite(), "a detector never hears what is no number");
            if reading.value <= 100.0 * self.factors.get(&reading.metric).unwrap_or(&1.0) {
                self.off.remove(&reading.metric);
            } else if self.off.insert(reading.metric.clone()) {
                anomalies.push(Anomaly {
                    metric: reading.metric.clone(),
                    at: reading.at,
                    value: reading.value,
                    expected: 50.0,
                    spread: 10.0,
                    score: 6.0,
                    detectors: vec![Detector::Baseline],
                    words: String::new(),
                });
            }
        }
        anomalies
    }

    fn is_off(&self, metric: &Metric) -> bool {
        self.off.contains(metric)
    }

    fn set_factor(&mut self, metric: &Metric, factor: f64) -> bool {
        self.factors.insert(metric.clone(), factor);
        true
    }
}

pub(super) struct Bench {
    pub healer: SelfHealer<Ceiling>,
    pub rng: Pcg64Mcg,
    pub now: DateTime<Utc>,
    pub snapshot: Snapshot,
    /// All effects so far.
    pub effects: Vec<Effect>,
}

pub(super) fn place(name: &str) -> Place {
    Place::new(name)
}

pub(super) fn graph() -> Graph {
    let edges = [
        ("actor/swarms/a", "api/odds"),
        ("actor/swarms/b", "api/odds"),
        ("actor/swarms/c", "api/odds"),
        ("actor/swarms/a", "actor/platform/database"),
        ("actor/platform/database", "db"),
        ("db", "disk"),
    ];
    Graph::new(edges.map(|(who, on)| (place(who), place(on))))
}

impl Bench {
    pub fn new(seed: u64, limits: HealingLimits) -> Bench {
        let mut bench = Bench {
            healer: SelfHealer::new(Ceiling::default(), limits, HealerState::default()),
            rng: Pcg64Mcg::new(u128::from(seed) << 1 | 1),
            now: "2026-10-04T12:00:00Z".parse().unwrap(),
            snapshot: Snapshot::default(),
            effects: Vec::new(),
        };
        bench.hear(Input::Graph(Box::new(graph())));
        bench.look(0);
        bench
    }

    pub fn hear(&mut self, input: Input) -> Vec<Effect> {
        let effects = drive(&mut self.healer, input, self.now, &mut self.rng);
        self.effects.extend(effects.iter().cloned());
        effects
    }

    pub fn fault(&mut self, kind: FaultKind, at: &str) -> Vec<Effect> {
        self.hear(Input::Faults(vec![Fault::new(kind, place(at), "", self.now)]))
    }

    pub fn read(&mut self, metric: &str, value: f64) -> Vec<Effect> {
        let reading = Reading::new(&Metric::new(metric), value, self.now);
        self.hear(Input::Readings(vec![reading]))
    }

    /// Time passes, then the house is looked at.
    pub fn look(&mut self, after_s: i64) -> Vec<Effect> {
        self.now += TimeDelta::seconds(after_s);
        self.snapshot.at = self.now;
        self.hear(Input::Snapshot(Box::new(self.snapshot.clone())))
    }

    pub fn done(&mut self, order: &Order, result: Result<(), String>) -> Vec<Effect> {
        let order = order.id.clone();
        self.hear(Input::OrderDone { order, result })
    }

    pub fn health(&mut self, at: &str, health: Health) {
        self.snapshot.health.insert(place(at), health);
    }

    pub fn mark(&mut self, at: &str, marks: &[Mark]) {
        self.snapshot.marks.entry(place(at)).or_default().extend(marks);
    }

    pub fn only(&self) -> &Incident {
        let mut live = self.healer.state().live.values();
        let incident = live.next().expect("an incident is live");
        assert!(live.next().is_none(), "one incident only");
        incident
    }

    pub fn closed(&self) -> Vec<&Incident> {
        let mut closed = Vec::new();
        for effect in &self.effects {
            if let Effect::Closed(incident) = effect {
                closed.push(incident);
            }
        }
        closed
    }

    pub fn n_cards(&self) -> usize {
        self.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Notify(_)))
            .count()
    }

    /// The process dies; what was stored last comes back by way of its text.
    pub fn crash(&mut self) {
        let stored = |effect: &Effect| match effect {
            Effect::Store(state) => Some((**state).clone()),
            _ => None,
        };
        let state = self.effects.iter().rev().find_map(stored).unwrap_or_default();
        let text = serde_json::to_string(&state).unwrap();
        let state: HealerState = serde_json::from_str(&text).unwrap();
        self.healer = SelfHealer::new(Ceiling::default(), self.healer.limits, state);
        self.hear(Input::Graph(Box::new(graph())));
    }
}

/// The orders among effects.
pub(super) fn acts(effects: &[Effect]) -> Vec<Order> {
    let act = |effect: &Effect| match effect {
        Effect::Act(order) => Some(order.clone()),
        _ => None,
    };
    effects.iter().filter_map(act).collect()
}

/// The one order among effects, which must be this.
#[track_caller]
pub(super) fn one(effects: &[Effect], action: Action) -> Order {
    let orders = acts(effects);
    assert_eq!(
        orders.iter().map(|order| order.action).collect::<Vec<_>>(),
        [action],
        "{effects:#?}"
    );
    orders[0].clone()
}
