//! A snapshot of a whole tree, for `doctor`, the dashboard and tests, taken without asking any child that is not a
//! supervisor: vitals are read from outside, so a hung child shows up instead of holding up the answer.

use crate::actor::{Exit, Fault, VitalsSnapshot};
use actix::Message;
use std::{sync::Arc, time::Duration};

/// Asks a supervisor for its [`Branch`]. A nested supervisor that does not answer in time appears without children.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Branch")]
pub struct Tree {
    /// How long nested supervisors have; each level grants the next half of it.
    pub within: Duration,
}

/// What a child is doing, as its supervisor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildState {
    /// Its turn to be started has not come.
    Waiting,
    /// Being created.
    Starting,
    /// Running.
    Up,
    /// Ended; will be started again after a delay.
    Backoff,
    /// Asked to stop.
    Stopping,
    /// Ended and not restarted.
    Retired(Exit),
}

/// One component and all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The id in its specification.
    pub id: String,
    /// What it is doing.
    pub state: ChildState,
    /// Incarnation, restarts, depth per lane and counters, read from outside.
    pub vitals: VitalsSnapshot,
    /// What last went wrong with it.
    pub last_fault: Option<Arc<Fault>>,
    /// Its children in starting order; empty for anything but a supervisor.
    pub children: Vec<Branch>,
}

impl Branch {
    /// The first component called `id` in this branch, itself included, top down.
    pub fn find(&self, id: &str) -> Option<&Branch> {
        if self.id == id {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(id))
    }
}
