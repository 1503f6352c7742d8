//! The words of a mailbox: how urgent a message is, how many may wait, why one was not taken, how long they waited.

use super::exit::Exit;
use std::time::Duration;

/// Urgency within one mailbox; the runner serves strictly in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Lane {
    /// Supervision and faults: served even while `ctx.wait` holds the other lanes.
    Control = 0,
    /// What a deadline depends on.
    High = 1,
    /// Everything without a reason for another lane.
    Normal = 2,
    /// Work that may wait behind all else, such as backfills.
    Bulk = 3,
}

impl Lane {
    /// All lanes, most urgent first; the order of every `depth` array.
    pub const ALL: [Lane; 4] = [Lane::Control, Lane::High, Lane::Normal, Lane::Bulk];
}

/// How many messages each lane holds before it refuses.
///
/// A full lane means that its actor is slower than its senders; more room would only make the answers older. Control is
/// generous because refusing an order helps nobody, yet bounded because a loop that sends orders must be noticed. The
/// supervisor's own reports are exempt; their number is bounded by its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneBounds {
    /// Messages in [`Lane::Control`].
    pub control: usize,
    /// Messages in [`Lane::High`].
    pub high: usize,
    /// Messages in [`Lane::Normal`].
    pub normal: usize,
    /// Messages in [`Lane::Bulk`].
    pub bulk: usize,
}

impl Default for LaneBounds {
    fn default() -> LaneBounds {
        LaneBounds {
            control: 4096,
            high: 1024,
            normal: 1024,
            bulk: 256,
        }
    }
}

impl LaneBounds {
    /// The bound of one lane.
    pub fn of(&self, lane: Lane) -> usize {
        match lane {
            Lane::Control => self.control,
            Lane::High => self.high,
            Lane::Normal => self.normal,
            Lane::Bulk => self.bulk,
        }
    }
}

/// Why a mailbox did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lane is full: send later, less, or drop the message.
    #[error("its {lane:?} lane is full at {bound} messages")]
    Overloaded {
        /// The lane that was asked for.
        lane: Lane,
        /// How many messages it holds at most.
        bound: usize,
    },
    /// Nobody will read this mailbox until its supervisor is started again.
    #[error("it is gone: it {0}")]
    Gone(Exit),
}

/// How long messages of one lane waited, from a sample of every 16th message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneWait {
    /// Messages in the sample.
    pub n: u64,
    /// Their waits together.
    pub total: Duration,
    /// The longest of them.
    pub max: Duration,
}
