//! One incarnation as others see it: what it is doing, whose asks it holds, and how it ended.
//!
//! The runner writes it, the supervisor and the askers read it, also while the runner's thread is blocked. A replaced
//! incarnation that wakes up late writes into its own life only and cannot disturb its successor's.

use super::{exit::Exit, kinds::Kind, parcel::Ticket, vitals::Tally};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

/// Below so many asks, those that were answered are not looked for.
const FEW: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Life {
    exit: OnceLock<Exit>,
    /// Cut off while its thread is blocked: pending answers will not come, though nobody dropped them.
    cut: AtomicBool,
    /// What runs and since when, packed; 0 while idle.
    busy: AtomicU64,
    /// Since when one wait holds the mailbox, in microseconds; 0 while none does.
    held: AtomicU64,
    asks: Mutex<Asks>,
    pub(crate) tally: Tally,
    mourned: AtomicBool,
    grave: Mutex<Grave>,
}

/// Whether this life counts as a zombie: cut off while its code runs on, on a thread nobody can stop.
#[derive(Debug, Default)]
enum Grave {
    #[default]
    None,
    Haunted(Arc<AtomicUsize>),
    Closed,
}

#[derive(Debug, Default)]
struct Asks {
    begun: Vec<Weak<Ticket>>,
    look_at: usize,
}

/// User code that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    pub(crate) kind: Kind,
    /// None if the actor is not timed.
    pub(crate) since: Option<Duration>,
}

impl Life {
    /// User code begins, `since` so many [`micros`]; zero if the actor is not timed.
    pub(crate) fn begin(&self, kind: Kind, since: u64) {
        // 48 bits of microseconds last for nine years.
        self.busy.store(since << 16 | u64::from(kind.0), Release);
    }

    pub(crate) fn idle(&self) {
        self.busy.store(0, Release);
    }

    pub(crate) fn busy(&self) -> Option<Busy> {
        let packed = self.busy.load(Acquire);
        let kind = Kind(u16::try_from(packed & 0xFFFF).unwrap_or_default());
        let since = Some(Duration::from_micros(packed >> 16)).filter(|since| !since.is_zero());
        (packed != 0).then_some(Busy { kind, since })
    }

    pub(crate) fn hold(&self, since: Duration) {
        self.held.store(micros(since), Release);
    }

    pub(crate) fn release(&self) {
        self.held.store(0, Release);
    }

    pub(crate) fn held(&self) -> Option<Duration> {
        Some(Duration::from_micros(self.held.load(Acquire))).filter(|since| !since.is_zero())
    }

    /// An ask was begun and its asker waits for long; it is told if this life is cut off.
    pub(crate) fn begun(&self, ticket: &Arc<Ticket>) {
        let mut asks = self.asks.lock();
        if asks.begun.len() >= asks.look_at.max(FEW) {
            asks.begun.retain(|ticket| ticket.strong_count() > 0);
            asks.look_at = 2 * asks.begun.len();
        }
        asks.begun.push(Arc::downgrade(ticket));
    }

    /// The end, before any of its pending answers is dropped. The first one stands.
    pub(crate) fn end(&self, exit: &Exit) {
        self.exit.get_or_init(|| exit.clone());
    }

    pub(crate) fn exit(&self) -> Option<&Exit> {
        self.exit.get()
    }

    /// The end of a life whose thread cannot be reached: whoever waits for an answer is told at once. `zombies` counts it
    /// until its thread comes back.
    pub(crate) fn cut_off(&self, exit: &Exit, zombies: &Arc<AtomicUsize>) {
        self.end(exit);
        let mut grave = self.grave.lock();
        if self.busy().is_some() && matches!(*grave, Grave::None) {
            zombies.fetch_add(1, AcqRel);
            *grave = Grave::Haunted(zombies.clone());
        }
        drop(grave);
        self.cut.store(true, Release);
        let begun = std::mem::take(&mut self.asks.lock().begun);
        for ticket in begun.iter().filter_map(Weak::upgrade) {
            ticket.wake();
        }
    }

    pub(crate) fn was_cut_off(&self) -> bool {
        self.cut.load(Acquire)
    }

    /// The runner is being disposed of: it is no zombie any more.
    pub(crate) fn buried(&self) {
        if let Grave::Haunted(zombies) = std::mem::replace(&mut *self.grave.lock(), Grave::Closed) {
            zombies.fetch_sub(1, AcqRel);
        }
    }

    /// True once: for whoever is first to tell the watchers.
    pub(crate) fn mourn(&self) -> bool {
        !self.mourned.swap(true, Relaxed)
    }
}

/// A time as [`Life::begin`] takes it.
pub(crate) fn micros(time: Duration) -> u64 {
    time.as_secs() * 1_000_000 + u64::from(time.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_since_when_comes_back_as_it_was() {
        let (life, kind) = (Life::default(), Kind::of("message X"));
        assert_eq!(life.busy(), None);
        for since in [Duration::from_micros(1), Duration::from_secs(86_400 * 365 * 8)] {
            life.begin(kind, micros(since));
            let since = Some(since);
            assert_eq!(life.busy(), Some(Busy { kind, since }));
        }
        life.begin(kind, 0);
        assert_eq!(life.busy(), Some(Busy { kind, since: None }));
        life.idle();
        assert_eq!(life.busy(), None);
    }

    #[test]
    fn answered_asks_are_forgotten() {
        let life = Life::default();
        let kept: Vec<Arc<Ticket>> = (0..1000)
            .filter_map(|n| {
                let ticket = Arc::new(Ticket::default());
                life.begun(&ticket);
                (n % 100 == 0).then_some(ticket)
            })
            .collect();
        assert_eq!(kept.len(), 10);
        assert!(life.asks.lock().begun.len() <= FEW, "only the live ones and a few");
    }

    #[test]
    fn a_blocked_life_counts_as_a_zombie_until_it_is_disposed_of() {
        let (life, zombies) = (Life::default(), Arc::new(AtomicUsize::new(0)));
        life.begin(Kind::of("message X"), 5);
        life.cut_off(&Exit::Killed, &zombies);
        life.cut_off(&Exit::Normal, &zombies);
        assert_eq!((zombies.load(Relaxed), life.exit()), (1, Some(&Exit::Killed)));
        life.buried();
        assert_eq!(zombies.load(Relaxed), 0);
        let idle = Life::default();
        idle.cut_off(&Exit::Killed, &zombies);
        assert_eq!(zombies.load(Relaxed), 0, "an idle runner leaves at its next poll");
    }
}
