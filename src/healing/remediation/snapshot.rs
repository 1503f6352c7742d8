//! How the house is, all at one instant: what a plan is made from, and what post-conditions are judged by.

use crate::healing::fault::Place;
use crate::healing::reading::Metric;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an actor's supervisor says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Running and making progress.
    Up,
    /// Being started.
    Starting,
    /// Ended; its supervisor starts it again after a delay.
    Backoff,
    /// Asked to stop.
    Stopping,
    /// Running without progress for longer than its limit.
    Hung,
    /// Ended, and its supervisor does not start it again.
    Down,
}

impl Standing {
    /// Its supervisor is at it.
    pub fn is_in_transit(self) -> bool {
        matches!(self, Standing::Starting | Standing::Backoff | Standing::Stopping)
    }
}

/// What a probe of a place found. A place that was not probed has none: silence is not health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It did what it is for.
    Well,
    /// It did not.
    Ailing,
}

/// A measure that is in force at a place, or a fact an action is to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It is answered from the cache.
    ServingFromCache,
    /// Only what is critical passes.
    NonCriticalPaused,
    /// Its breaker is forced open.
    BreakerTripped,
    /// A strategy's stakes are cut.
    StakesCut,
    /// A person has it on the list.
    Flagged,
    /// The database takes writes.
    Writable,
    /// The backup is the database.
    OnBackup,
    /// The primary is the database.
    OnPrimary,
    /// Every acknowledged write is in the database in use: its count and journal say so.
    NothingLost,
}

/// How the readings of one metric have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The last that could be judged.
    pub last_reading: Option<DateTime<Utc>>,
    /// The last that was not normal.
    pub last_anomaly: Option<DateTime<Utc>>,
}

/// The house at one instant. Whatever is not in it is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Actors, as their supervisors see them.
    pub standings: BTreeMap<Place, Standing>,
    /// What probes found.
    pub health: BTreeMap<Place, Health>,
    /// What is in force where.
    pub marks: BTreeMap<Place, BTreeSet<Mark>>,
    /// The readings of metrics; the healer fills this in from what it has heard.
    pub courses: BTreeMap<Metric, Course>,
    /// Where a person decides: nothing is done there.
    pub overridden: BTreeSet<Place>,
}

impl Snapshot {
    /// Whether a mark is there.
    pub fn is_marked(&self, place: &Place, mark: Mark) -> bool {
        self.marks.get(place).is_some_and(|marks| marks.contains(&mark))
    }
}
