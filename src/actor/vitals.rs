//! What can be read of an actor without asking it, because a hung or crashed actor does not answer.

use crate::clock;
use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// The live counters of one seat; they outlive its incarnations.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    hand: Mutex<Option<Hand>>,
    handled: AtomicU64,
    withdrawn: AtomicU64,
    dead_letters: AtomicU64,
}

/// User code that is running.
#[derive(Clone, Copy, Debug)]
struct Hand {
    incarnation: u64,
    with: &'static str,
    since: Duration,
}

/// One reading of an actor's vitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VitalsSnapshot {
    /// The newest incarnation, counted from 1; 0 before the first start.
    pub incarnation: u64,
    /// Starts beyond the first.
    pub restarts: u64,
    /// Messages queued in each lane, in the order of [`super::Lane::ALL`].
    pub depth: [usize; 4],
    /// What user code is running right now (a message's type name, or the name of a hook) and since when on
    /// [`crate::clock::uptime`]; none while idle.
    pub in_hand: Option<(&'static str, Duration)>,
    /// Messages handled to their end by all incarnations.
    pub handled: u64,
    /// Asks whose asker gave up before they were started; they were not run.
    pub withdrawn: u64,
    /// Messages dropped unhandled because their actor was gone.
    pub dead_letters: u64,
}

impl VitalsSnapshot {
    /// How long user code has been running without a break; the figure a watchdog compares with its limit.
    pub fn busy_for(&self) -> Option<Duration> {
        self.in_hand.map(|(_, since)| clock::uptime().saturating_sub(since))
    }
}

impl Vitals {
    pub(crate) fn busy(&self, incarnation: u64, with: &'static str) {
        *self.hand.lock() = Some(Hand {
            incarnation,
            with,
            since: clock::uptime(),
        });
    }

    /// Ends what `incarnation` began; a replaced one that wakes up late must not clear the mark of its successor.
    pub(crate) fn idle(&self, incarnation: u64) {
        self.hand.lock().take_if(|hand| hand.incarnation == incarnation);
    }

    pub(crate) fn handled(&self) {
        self.handled.fetch_add(1, Relaxed);
    }

    pub(crate) fn withdrawn(&self) {
        self.withdrawn.fetch_add(1, Relaxed);
    }

    pub(crate) fn dead_letter(&self) {
        self.dead_letters.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self, incarnation: u64, depth: [usize; 4]) -> VitalsSnapshot {
        VitalsSnapshot {
            incarnation,
            restarts: incarnation.saturating_sub(1),
            depth,
            in_hand: self.hand.lock().map(|hand| (hand.with, hand.since)),
            handled: self.handled.load(Relaxed),
            withdrawn: self.withdrawn.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
        }
    }
}
