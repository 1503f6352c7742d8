//! The way back from a safe state: measures without an end of their own are lifted once their incident is over.

use crate::healing::incident::{Incident, IncidentId};
use crate::healing::remediation::order::{Ended, Order, OrderId};
use crate::healing::remediation::snapshot::Snapshot;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Measures waiting to be lifted: two for each of as many incidents as may be live. Beyond it the first by id stays in force,
/// until a person lifts it.
const MAX_LIFTS: usize = 128;
/// How long until a measure that is still seen in force is to be lifted once more.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Measures that are to be lifted, and when that was last asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifts {
    waiting: BTreeMap<OrderId, (Order, Option<DateTime<Utc>>)>,
}

/// What is to be lifted now.
pub(super) struct Due {
    pub(super) orders: Vec<Order>,
    /// Whether anything changed that must be stored.
    pub(super) is_changed: bool,
}

impl Lifts {
    /// The orders whose measures wait to be lifted.
    pub fn waiting(&self) -> impl Iterator<Item = &Order> {
        self.waiting.values().map(|(order, _)| order)
    }

    /// Takes in the measures of a closed incident that do not lapse by themselves. One that was not verified may be in
    /// force all the same.
    pub(super) fn add(&mut self, incident: &Incident) {
        let orders = incident.tried.iter().map(|tried| &tried.order);
        for order in orders.filter(|order| order.lapses_at.is_none() && order.action.measure().is_some()) {
            while self.waiting.len() >= MAX_LIFTS {
                self.waiting.pop_first();
            }
            self.waiting.insert(order.id.clone(), (order.clone(), None));
        }
    }

    /// The measures to lift at `now`: those no live incident stands on, where no person decides. A measure that a later
    /// snapshot does not show any more is done with.
    pub(super) fn due(
        &mut self,
        live: &BTreeMap<IncidentId, Incident>,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
    ) -> Due {
        let n_before = self.waiting.len();
        self.waiting.retain(|_, (order, asked)| {
            let is_later = asked.is_some_and(|at| at < snapshot.at);
            let in_force = order
                .action
                .measure()
                .is_some_and(|mark| snapshot.is_marked(&order.place, mark));
            in_force || !is_later
        });
        let mut due = Due {
            orders: Vec::new(),
            is_changed: self.waiting.len() != n_before,
        };
        for (order, asked) in self.waiting.values_mut() {
            let was_asked = asked.is_some_and(|at| at <= now && now - at < AGAIN_AFTER);
            let stands = live.values().any(|incident| stands_on(incident, order));
            if !was_asked && !stands && !snapshot.overridden.contains(&order.place) {
                *asked = Some(now);
                due.orders.push(order.clone());
                due.is_changed = true;
            }
        }
        due
    }
}

/// Whether a live incident needs the measure of an order, which another incident gave.
fn stands_on(incident: &Incident, order: &Order) -> bool {
    let same = |other: &Order| other.place == order.place && other.action == order.action;
    incident.in_hand.as_ref().is_some_and(|hand| same(&hand.order))
        || incident
            .tried
            .iter()
            .any(|tried| tried.ended == Ended::Verified && same(&tried.order))
}
