//! An order: one action at one place, with what must be seen afterwards and by when, and how orders end.

use super::action::Action;
use super::condition::Condition;
use super::playbook::RemedyId;
use crate::healing::fault::Place;
use crate::healing::incident::IncidentId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which order: its incident's id and how many that incident had before. Whoever carries orders out keeps the ids of those
/// it has done, and so may be told twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub String);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One action at one place. It leaves nothing to whoever carries it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub id: OrderId,
    /// What for.
    pub incident: IncidentId,
    /// What to do.
    pub action: Action,
    /// Where.
    pub place: Place,
    /// The remedy it is a step of; none for a step to the safe state.
    pub remedy: Option<RemedyId>,
    /// That remedy's place in the incident's ladder.
    pub rung: usize,
    /// Which step of it.
    pub step: usize,
    /// When it was given.
    pub at: DateTime<Utc>,
    /// Not verified by then, it has failed.
    pub deadline: DateTime<Utc>,
    /// When the measure lapses by itself; none for what is done once, or stays until a person lifts it.
    pub lapses_at: Option<DateTime<Utc>>,
    /// What must be seen afterwards.
    pub post: Condition,
}

/// The order an incident waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InHand {
    /// The order.
    pub order: Order,
    /// When it was reported done; none before.
    pub done_at: Option<DateTime<Utc>>,
}

/// How an order ended. Every order ends in one of these by its deadline, at the first turn after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its post-condition was seen to hold.
    Verified,
    /// It could not be done, or its post-condition was seen not to hold at the deadline.
    Failed,
    /// It was not answered, or nothing was seen, by the deadline.
    Expired,
}

/// An order that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The order.
    pub order: Order,
    /// How it ended.
    pub ended: Ended,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in a sentence.
    pub words: String,
}
