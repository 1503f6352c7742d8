//! The words of a family: what can be done about a member, what is known of one, and why it is brought down.

use super::super::{
    policy::{Rules, Stop, Streak},
    tree::ChildState,
};
use crate::actor::{Exit, Fault};
use std::{sync::Arc, time::Duration};

/// Names a member for as long as it belongs to the family; keys only grow.
pub(crate) type Key = u64;

/// What the supervisor is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Start a new incarnation, and tell the family its number with [`Family::begun`].
    Start(Key),
    /// Ask this incarnation to stop.
    OrderStop { key: Key, incarnation: u64, drain: bool },
    /// Take the mailbox from this incarnation; what is queued stays.
    Fence { key: Key, incarnation: u64, exit: Exit },
    /// Close the mailbox.
    Close { key: Key, incarnation: u64, exit: Exit },
    /// Drop the specification.
    Forget(Key),
    /// Call [`Family::alarm`] after this time.
    Alarm { after: Duration, alarm: Alarm },
    /// All children are down: end.
    Leave(Exit),
}

/// The circumstances of an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) now: Duration,
    /// What the jitter takes, in `[0, 1)`.
    pub(crate) chance: f64,
}

/// A member that makes no progress.
#[derive(Clone, Debug)]
pub(crate) struct Hang {
    pub(crate) fault: Fault,
    /// Threads of the tree that hang already.
    pub(crate) n_zombies: usize,
}

/// Something to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// A child's backoff is over.
    Restart { key: Key, incarnation: u64 },
    /// The backoff of a group is over.
    Regroup { number: u64 },
    /// A child had its time to stop.
    Overdue { key: Key, incarnation: u64 },
}

/// Why an order about a child was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No child has this id.
    #[error("no child is called {0}")]
    Unknown(String),
    /// Another child has this id.
    #[error("a child called {0} exists already")]
    Taken(String),
    /// As many children as the supervisor's specification allows.
    #[error("the supervisor has its limit of {0} children")]
    Full(usize),
    /// The supervisor is stopping.
    #[error("the supervisor is stopping")]
    Leaving,
}

/// What the family must know of a child's specification.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) id: Arc<str>,
    pub(crate) rules: Rules,
    pub(crate) stop: Stop,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    pub(crate) state: ChildState,
    pub(crate) incarnation: u64,
    pub(crate) last: Option<Exit>,
    pub(crate) last_fault: Option<Arc<Fault>>,
    pub(super) streak: Streak,
    pub(super) doom: Option<Doom>,
    /// Added while running: forgotten when it ends for good.
    pub(super) dynamic: bool,
}

/// Why a member is being brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doom {
    Leave,
    Regroup,
    Remove,
    Restart,
}

/// A restart of several members together.
#[derive(Debug)]
pub(super) struct Regroup {
    pub(super) number: u64,
    pub(super) from: Key,
    pub(super) delay: Duration,
    /// All are down, and the delay runs.
    pub(super) delaying: bool,
}

impl Member {
    pub(crate) fn running(&self) -> bool {
        matches!(self.state, ChildState::Starting | ChildState::Up | ChildState::Stopping)
    }
}
