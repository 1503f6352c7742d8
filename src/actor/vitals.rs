//! What can be read of an actor without asking it, because a hung or crashed actor does not answer.

use super::{lane::LaneWait, life::Life};
use crate::clock;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Buckets of the latency histogram: the n-th counts what took from 2^(n-1) up to 2^n nanoseconds; the last, all above
/// nine minutes.
pub const N_BUCKETS: usize = 40;

/// The counters of one seat; they outlive its incarnations.
#[derive(Debug)]
pub(crate) struct Vitals {
    /// Handled while nobody measured how long it took.
    untimed: AtomicU64,
    latency: [AtomicU64; N_BUCKETS],
    withdrawn: AtomicU64,
    dead_letters: AtomicU64,
    resumed: AtomicU64,
}

/// How long handlers took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    counts: [u64; N_BUCKETS],
}

impl Latency {
    /// Messages measured.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// A bound which the share `q` (0 to 1) of the messages kept: the upper end of its bucket, so at most twice the true
    /// value. None before the first message.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let n = self.n();
        let rank = (q.clamp(0.0, 1.0) * n as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            n > 0 && seen >= rank
        })?;
        Some(Duration::from_nanos(1 << bucket))
    }

    /// Messages by bucket: the n-th took less than 2^n nanoseconds, and no less than half of that.
    pub fn buckets(&self) -> &[u64; N_BUCKETS] {
        &self.counts
    }
}

/// What an actor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InHand {
    /// A message's type name, or the name of a hook.
    pub what: &'static str,
    /// Since when, on [`crate::clock::uptime`]; none if the actor is not timed.
    pub since: Option<Duration>,
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
    /// How long messages of each lane waited, from a sample.
    pub waits: [LaneWait; 4],
    /// What user code is running right now; none while idle.
    pub in_hand: Option<InHand>,
    /// Since when one `ctx.wait` holds the mailbox.
    pub held_since: Option<Duration>,
    /// Since when the actor was called and its thread has not come to it.
    pub called_since: Option<Duration>,
    /// How long handlers took; counts nothing for an actor that is not timed.
    pub latency: Latency,
    /// Messages handled to their end by all incarnations.
    pub handled: u64,
    /// Asks whose asker gave up before they were started; they were not run.
    pub withdrawn: u64,
    /// Messages dropped unhandled because their actor was gone.
    pub dead_letters: u64,
    /// Faults after which the incarnation went on.
    pub resumed: u64,
}

impl VitalsSnapshot {
    /// How long user code has been running without a break; none while idle or untimed.
    pub fn busy_for(&self) -> Option<Duration> {
        self.in_hand
            .and_then(|hand| hand.since)
            .map(|since| clock::uptime().saturating_sub(since))
    }

    /// Since when there is no progress: the same code runs, the same wait holds the mailbox, or the thread does not come.
    /// A watchdog compares it with its limit.
    pub fn stuck_since(&self) -> Option<Duration> {
        let running = self.in_hand.and_then(|hand| hand.since);
        [running, self.held_since, self.called_since]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Default for Vitals {
    fn default() -> Vitals {
        Vitals {
            untimed: AtomicU64::new(0),
            latency: std::array::from_fn(|_| AtomicU64::new(0)),
            withdrawn: AtomicU64::new(0),
            dead_letters: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
        }
    }
}

impl Vitals {
    /// One message was handled; `took` is none if nobody measured.
    pub(crate) fn handled(&self, took: Option<Duration>) {
        let counter = match took {
            Some(took) => &self.latency[bucket(took)],
            None => &self.untimed,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn withdrawn(&self) {
        self.withdrawn.fetch_add(1, Relaxed);
    }

    pub(crate) fn dead_letter(&self) {
        self.dead_letters.fetch_add(1, Relaxed);
    }

    pub(crate) fn resumed(&self) {
        self.resumed.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self, life: &Life) -> VitalsSnapshot {
        let latency = Latency {
            counts: std::array::from_fn(|n| self.latency[n].load(Relaxed)),
        };
        VitalsSnapshot {
            incarnation: 0,
            restarts: 0,
            depth: [0; 4],
            waits: [LaneWait::default(); 4],
            in_hand: life.busy().map(|busy| InHand {
                what: busy.kind.name(),
                since: busy.since,
            }),
            held_since: life.held(),
            called_since: None,
            handled: self.untimed.load(Relaxed) + latency.n(),
            latency,
            withdrawn: self.withdrawn.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
            resumed: self.resumed.load(Relaxed),
        }
    }
}

fn bucket(took: Duration) -> usize {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    usize::try_from(u64::BITS - nanos.leading_zeros()).map_or(N_BUCKETS - 1, |n| n.min(N_BUCKETS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_bound_no_more_than_twice_too_high() {
        let vitals = Vitals::default();
        assert_eq!(vitals.snapshot(&Life::default()).latency.quantile(0.5), None);
        for micros in 1..=1000 {
            vitals.handled(Some(Duration::from_micros(micros)));
        }
        vitals.handled(None);
        let snapshot = vitals.snapshot(&Life::default());
        assert_eq!((snapshot.handled, snapshot.latency.n()), (1001, 1000));
        for (q, truth) in [(0.0, 1), (0.5, 500), (0.99, 990), (1.0, 1000)] {
            let bound = snapshot.latency.quantile(q).unwrap();
            let truth = Duration::from_micros(truth);
            assert!(bound >= truth && bound <= 2 * truth, "{q}: {bound:?} for {truth:?}");
        }
    }

    #[test]
    fn every_duration_has_a_bucket() {
        for (nanos, n) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (3, 2),
            (4, 3),
            (1023, 10),
            (1024, 11),
            (u64::MAX, 39),
        ] {
            assert_eq!(bucket(Duration::from_nanos(nanos)), n, "{nanos}");
        }
        assert_eq!(bucket(Duration::MAX), N_BUCKETS - 1);
    }
}
