//! What can be read of an actor without asking it, because a hung or crashed actor does not answer.

use super::{lane::LaneWait, life::Life};
use crate::clock;
use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Buckets of the latency histogram: the n-th counts what took from 2^(n-1) up to 2^n nanoseconds; the last, all above
/// nine minutes.
pub const N_BUCKETS: usize = 40;

/// The counters of one seat; they outlive its incarnations.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    /// What incarnations before the newest handled; none before the first restart.
    past: Mutex<Option<Box<Counts>>>,
    withdrawn: AtomicU64,
    dead_letters: AtomicU64,
    resumed: AtomicU64,
}

/// What one incarnation handled.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Counts {
    untimed: u64,
    latency: [u64; N_BUCKETS],
}

/// What one incarnation handles. Only its own runner writes, so that no counter needs a locked instruction.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Handled while nobody measured how long it took.
    untimed: AtomicU64,
    latency: [AtomicU64; N_BUCKETS],
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            untimed: AtomicU64::new(0),
            latency: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

/// Messages that together took longer than this are not told apart by their mean: one of them is taken to be slow.
const SLOW: Duration = Duration::from_micros(16);
/// What the others of such a group are taken for: they were measured as fast before.
const FAST: Duration = Duration::from_nanos(500);

impl Tally {
    /// `n` messages were handled, and nobody measured.
    pub(crate) fn untimed(&self, n: u64) {
        add(&self.untimed, n);
    }

    /// `n` messages took so long together.
    pub(crate) fn timed(&self, n: u32, took: Duration) {
        let n_slow = if n > 1 && took > SLOW { 1 } else { n };
        add(&self.latency[bucket(took / n_slow.max(1))], u64::from(n_slow));
        if n > n_slow {
            add(&self.latency[bucket(FAST)], u64::from(n - n_slow));
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            untimed: self.untimed.load(Relaxed),
            latency: std::array::from_fn(|n| self.latency[n].load(Relaxed)),
        }
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Relaxed) + n, Relaxed);
}

impl Counts {
    fn plus(mut self, other: &Counts) -> Counts {
        self.untimed += other.untimed;
        for (sum, more) in self.latency.iter_mut().zip(other.latency) {
            *sum += more;
        }
        self
    }
}

/// How long handlers took.
///
/// While handlers take less than a microsecond the clock is read once for eight of them, which then share the time; when
/// they took long together, one of them is taken to have been the slow one. So nothing slow is missed, and a slow one
/// may be counted a few microseconds too slow.
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
    /// Since when the actor was called and its thread has not come to it; noted only for children with a hang limit.
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

impl Vitals {
    pub(crate) fn withdrawn(&self) {
        self.withdrawn.fetch_add(1, Relaxed);
    }

    pub(crate) fn dead_letter(&self) {
        self.dead_letters.fetch_add(1, Relaxed);
    }

    pub(crate) fn resumed(&self) {
        self.resumed.fetch_add(1, Relaxed);
    }

    /// Adds up what an incarnation handled that is being replaced; what it still handles after that is not counted.
    pub(crate) fn fold(&self, tally: &Tally) {
        let counts = tally.counts();
        let mut past = self.past.lock();
        let sum = match past.take() {
            Some(before) => before.plus(&counts),
            None => counts,
        };
        *past = Some(Box::new(sum));
    }

    pub(crate) fn snapshot(&self, life: &Life) -> VitalsSnapshot {
        let now = life.tally.counts();
        let Counts { untimed, latency } = match &*self.past.lock() {
            Some(past) => now.plus(past),
            None => now,
        };
        let latency = Latency { counts: latency };
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
            handled: untimed + latency.n(),
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
        let (vitals, life) = (Vitals::default(), Life::default());
        assert_eq!(vitals.snapshot(&life).latency.quantile(0.5), None);
        for micros in 1..=1000 {
            life.tally.timed(1, Duration::from_micros(micros));
        }
        life.tally.untimed(1);
        let snapshot = vitals.snapshot(&life);
        assert_eq!((snapshot.handled, snapshot.latency.n()), (1001, 1000));
        for (q, truth) in [(0.0, 1), (0.5, 500), (0.99, 990), (1.0, 1000)] {
            let bound = snapshot.latency.quantile(q).unwrap();
            let truth = Duration::from_micros(truth);
            assert!(bound >= truth && bound <= 2 * truth, "{q}: {bound:?} for {truth:?}");
        }
        vitals.fold(&life.tally);
        vitals.fold(&life.tally);
        assert_eq!(vitals.snapshot(&Life::default()).handled, 2002, "incarnations add up");
    }

    #[test]
    fn a_slow_message_among_fast_ones_is_not_averaged_away() {
        let life = Life::default();
        life.tally.timed(8, Duration::from_micros(4));
        life.tally.timed(8, Duration::from_millis(5));
        let latency = Vitals::default().snapshot(&life).latency;
        assert_eq!(latency.n(), 16);
        assert!(latency.quantile(1.0) >= Some(Duration::from_millis(5)));
        assert!(latency.quantile(0.9) < Some(Duration::from_micros(2)));
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
