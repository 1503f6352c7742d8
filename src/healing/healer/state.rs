//! All of the healer that must survive it: what is stored before anything is done, and what a new incarnation begins with.

use super::card::Notices;
use super::lift::Lifts;
use crate::healing::diagnosis::knowledge::Knowledge;
use crate::healing::incident::{Incident, IncidentId};
use crate::healing::learning::learner::Learner;
use crate::healing::remediation::gate::Gate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Incidents that are not closed. A storm that opens more has one cause, which a person has been told of by then; what does
/// not fit is counted.
pub const MAX_LIVE: usize = 64;
/// Closed incidents kept at hand for a late judgement; all of them are in the store.
pub const MAX_CLOSED: usize = 32;

/// What was heard and not acted on, since the first start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Readings whose value is no number.
    pub n_not_numbers: u64,
    /// Readings of what the graph does not know. They are judged all the same.
    pub n_unknown: u64,
    /// Readings of metrics beyond those there is room for: judged, and no post-condition can be seen on them.
    pub n_unwatched: u64,
    /// Readings and faults beyond a batch's bound.
    pub n_beyond_batch: u64,
    /// Symptoms for which no incident could be opened: there are as many as may be.
    pub n_no_room: u64,
    /// Answers to orders nobody waits for: late, repeated or of a closed incident.
    pub n_late_answers: u64,
    /// Snapshots older than the one at hand.
    pub n_stale_snapshots: u64,
    /// Words and judgements about incidents that are not at hand, and changes that could not be taken back.
    pub n_misdirected: u64,
}

/// The healer's memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HealerState {
    /// Incidents that are not closed.
    pub live: BTreeMap<IncidentId, Incident>,
    /// The newest that are, oldest first.
    pub closed: VecDeque<Incident>,
    /// What was done lately.
    pub gate: Gate,
    /// What was learned.
    pub learner: Learner,
    /// What past incidents looked like.
    pub knowledge: Knowledge,
    /// What a person was told of.
    pub notices: Notices,
    /// Measures that are to be lifted.
    pub lifts: Lifts,
    /// Whether a person has halted the house.
    pub halted: bool,
    /// What was heard and not acted on.
    pub counts: Counts,
}
