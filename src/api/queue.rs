//! The queue of one provider: the most urgent first, nobody for ever last, and a bound for every class.
//!
//! Critical goes first, up to a share of all dispatches. Every tenth dispatch goes to the one that has waited longest
//! beyond its class's patience, so under a lasting overload even Low gets a tenth.

use super::request::Priority;
use super::time::Mono;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Number of something that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShipmentId(pub u64);

/// Most that may wait, by class; together the bound of the queue.
pub const CAPS: [usize; 4] = [64, 256, 1_024, 1_024];
/// How long each class waits before it is overdue; Critical is never behind anybody.
const PATIENCE_S: [u64; 4] = [0, 5, 30, 120];
/// Every tenth dispatch goes to the most overdue.
const EVERY: u64 = 10;
/// The window in which Critical may have its share.
const CRITICAL_WINDOW: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    enqueued: Mono,
    id: ShipmentId,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    priority: Priority,
    enqueued: Mono,
    /// Set while it may not go yet.
    not_before: Option<Mono>,
}

/// What may go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Which.
    pub id: ShipmentId,
    /// Its class.
    pub priority: Priority,
    /// Beyond its class's patience: rate floors do not hold it.
    pub overdue: bool,
}

/// Waiting shipments of one provider, ordered by class and time of entry.
#[derive(Clone, Debug, Default)]
pub struct PriorityQueue {
    ready: [BTreeSet<Entry>; 4],
    delayed: BTreeSet<(Mono, ShipmentId)>,
    places: BTreeMap<ShipmentId, Place>,
    n_dispatched: u64,
    critical: VecDeque<Mono>,
    /// Critical dispatches a window; more wait as High.
    critical_share: usize,
}

impl PriorityQueue {
    /// A queue whose provider can be asked `per_minute` times: a fifth of that may be Critical.
    pub fn new(per_minute: u64) -> PriorityQueue {
        PriorityQueue {
            critical_share: usize::try_from(per_minute / 5).unwrap_or(usize::MAX).clamp(1, 1_000),
            ..PriorityQueue::default()
        }
    }

    /// Whether one more of this class fits.
    pub fn has_room(&self, priority: Priority) -> bool {
        self.n_waiting(priority) < CAPS[priority.index()]
    }

    /// Adds one; whoever adds has asked for room, but one that was in already may always come back.
    pub fn push(&mut self, id: ShipmentId, priority: Priority, enqueued: Mono, not_before: Option<Mono>) {
        self.remove(id);
        match not_before {
            Some(at) => _ = self.delayed.insert((at, id)),
            None => _ = self.ready[priority.index()].insert(Entry { enqueued, id }),
        }
        let place = Place {
            priority,
            enqueued,
            not_before,
        };
        self.places.insert(id, place);
    }

    /// Takes one out; true when it was there.
    pub fn remove(&mut self, id: ShipmentId) -> bool {
        let Some(place) = self.places.remove(&id) else {
            return false;
        };
        match place.not_before {
            Some(at) => _ = self.delayed.remove(&(at, id)),
            None => {
                let enqueued = place.enqueued;
                self.ready[place.priority.index()].remove(&Entry { enqueued, id });
            }
        }
        true
    }

    /// Gives one a higher class, keeping its time of entry; a lower one changes nothing.
    pub fn escalate(&mut self, id: ShipmentId, priority: Priority) {
        if let Some(place) = self.places.get(&id).copied()
            && priority < place.priority
        {
            self.push(id, priority, place.enqueued, place.not_before);
        }
    }

    /// Lets those whose time has come join the others.
    pub fn promote(&mut self, now: Mono) {
        while let Some(&(at, id)) = self.delayed.first() {
            if at > now {
                break;
            }
            if let Some(place) = self.places.get(&id).copied() {
                self.push(id, place.priority, place.enqueued, None);
            }
        }
    }

    /// What is to go next; it stays until it is removed.
    pub fn peek(&mut self, now: Mono) -> Option<Next> {
        self.promote(now);
        if (self.n_dispatched + 1).is_multiple_of(EVERY)
            && let Some(next) = self.most_overdue(now)
        {
            return Some(next);
        }
        let first = self.ready[0].first().copied();
        if let Some(first) = first
            && self.critical_has_share(now)
        {
            return Some(self.next(first, Priority::Critical, now));
        }
        // Beyond its share Critical takes turns with High, in the order of entry.
        let high = self.ready[1].first().map(|e| (*e, Priority::High));
        let critical = self.ready[0].first().map(|e| (*e, Priority::Critical));
        let among = [high, critical].into_iter().flatten().min();
        let lower = || {
            [Priority::Normal, Priority::Low]
                .into_iter()
                .find_map(|p| self.ready[p.index()].first().map(|e| (*e, p)))
        };
        let (entry, priority) = among.or_else(lower)?;
        Some(self.next(entry, priority, now))
    }

    fn next(&self, entry: Entry, priority: Priority, now: Mono) -> Next {
        Next {
            id: entry.id,
            priority,
            overdue: is_overdue(entry.enqueued, priority, now),
        }
    }

    fn most_overdue(&self, now: Mono) -> Option<Next> {
        let candidates = [Priority::High, Priority::Normal, Priority::Low]
            .into_iter()
            .filter_map(|p| {
                let first = self.ready[p.index()].first()?;
                is_overdue(first.enqueued, p, now).then_some((*first, p))
            });
        let (entry, priority) = candidates.min()?;
        Some(Next {
            id: entry.id,
            priority,
            overdue: true,
        })
    }

    fn critical_has_share(&mut self, now: Mono) -> bool {
        while self
            .critical
            .front()
            .is_some_and(|at| now.since(*at) >= CRITICAL_WINDOW)
        {
            self.critical.pop_front();
        }
        self.critical.len() < self.critical_share
    }

    /// One was sent.
    pub fn dispatched(&mut self, id: ShipmentId, priority: Priority, now: Mono) {
        self.remove(id);
        self.n_dispatched += 1;
        if priority == Priority::Critical {
            self.critical.push_back(now);
            if self.critical.len() > self.critical_share {
                self.critical.pop_front();
            }
        }
    }

    /// When the next delayed one may go.
    pub fn next_due(&self) -> Option<Mono> {
        self.delayed.first().map(|(at, _)| *at)
    }

    /// How many of a class wait, delayed ones included.
    pub fn n_waiting(&self, priority: Priority) -> usize {
        let delayed = self
            .delayed
            .iter()
            .filter(|(_, id)| self.places.get(id).is_some_and(|p| p.priority == priority));
        self.ready[priority.index()].len() + delayed.count()
    }

    /// How long the oldest of a class has waited.
    pub fn oldest(&self, priority: Priority, now: Mono) -> Option<Duration> {
        self.ready[priority.index()].first().map(|e| now.since(e.enqueued))
    }

    /// How many wait in all.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when nobody waits.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All that wait, in order of their numbers.
    pub fn ids(&self) -> Vec<ShipmentId> {
        self.places.keys().copied().collect()
    }
}

fn is_overdue(enqueued: Mono, priority: Priority, now: Mono) -> bool {
    now.since(enqueued) >= Duration::from_secs(PATIENCE_S[priority.index()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn queue() -> PriorityQueue {
        PriorityQueue::new(600)
    }

    fn take(q: &mut PriorityQueue, now: Mono) -> Option<u64> {
        let next = q.peek(now)?;
        q.dispatched(next.id, next.priority, now);
        Some(next.id.0)
    }

    #[test]
    fn the_most_urgent_goes_first_and_equals_in_order() {
        let mut q = queue();
        let order = [
            Priority::Low,
            Priority::Normal,
            Priority::High,
            Priority::Critical,
            Priority::Critical,
        ];
        for (id, p) in (0..).zip(order) {
            q.push(ShipmentId(id), p, Mono(id), None);
        }
        let gone: Vec<u64> = std::iter::from_fn(|| take(&mut q, Mono(9))).collect();
        assert_eq!(gone, [3, 4, 2, 1, 0]);
    }

    #[test]
    fn an_escalated_one_keeps_its_time_and_never_sinks() {
        let mut q = queue();
        q.push(ShipmentId(1), Priority::High, Mono(5), None);
        q.push(ShipmentId(2), Priority::Low, Mono(1), None);
        q.escalate(ShipmentId(2), Priority::High);
        q.escalate(ShipmentId(2), Priority::Normal);
        assert_eq!((take(&mut q, Mono(9)), take(&mut q, Mono(9))), (Some(2), Some(1)));
    }

    #[test]
    fn one_that_may_not_go_yet_waits_its_time() {
        let mut q = queue();
        q.push(ShipmentId(1), Priority::High, Mono(0), Some(Mono::secs(3)));
        assert_eq!((take(&mut q, Mono::secs(2)), q.next_due()), (None, Some(Mono::secs(3))));
        assert_eq!(take(&mut q, Mono::secs(3)), Some(1));
        assert!(q.is_empty());
    }

    #[test]
    fn every_tenth_goes_to_the_most_overdue() {
        let mut q = queue();
        q.push(ShipmentId(1_000), Priority::Low, Mono(0), None);
        for id in 0..30 {
            q.push(ShipmentId(id), Priority::High, Mono::secs(119), None);
        }
        let gone: Vec<u64> = (0..10).filter_map(|_| take(&mut q, Mono::secs(120))).collect();
        assert_eq!(gone[9], 1_000);
        assert!(gone[..9].iter().all(|id| *id < 30));
    }

    #[test]
    fn critical_beyond_its_share_takes_turns() {
        let mut q = PriorityQueue::new(10); // two a minute
        for id in 0..4 {
            q.push(ShipmentId(id), Priority::Critical, Mono::secs(10), None);
        }
        q.push(ShipmentId(9), Priority::High, Mono::secs(5), None);
        let gone: Vec<u64> = (0..5).filter_map(|_| take(&mut q, Mono::secs(11))).collect();
        assert_eq!(gone, [0, 1, 9, 2, 3]);
    }

    proptest! {
        #[test]
        fn everything_pushed_leaves_once(steps in prop::collection::vec((0u8..4, 0usize..4, 0u64..50), 1..200)) {
            let mut q = queue();
            let mut inside = std::collections::BTreeSet::new();
            for (i, (what, class, x)) in (0u64..).zip(steps) {
                let now = Mono::secs(i);
                match what {
                    0 | 1 => {
                        let delay = (x % 3 == 0).then(|| now + Duration::from_secs(x));
                        q.push(ShipmentId(i), Priority::ALL[class], now, delay);
                        inside.insert(i);
                    }
                    2 => q.escalate(ShipmentId(x), Priority::ALL[class]),
                    _ => if let Some(id) = take(&mut q, now) {
                        prop_assert!(inside.remove(&id));
                    },
                }
                prop_assert_eq!(q.len(), inside.len());
                let n: usize = Priority::ALL.into_iter().map(|p| q.n_waiting(p)).sum();
                prop_assert_eq!(n, inside.len());
            }
        }
    }
}
