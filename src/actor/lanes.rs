//! The mailbox: four bounded queues by urgency, and the door that decides who may take from them.
//!
//! Everything a sender or a runner must know at once (is it open, is there room, who owns it, was a stop ordered) lies
//! under one lock, so that no message slips into a queue that was just emptied, and no replaced runner takes one more.

use super::exit::Exit;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use std::{collections::VecDeque, task::Waker};

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

/// What a runner finds at the door of its mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Go on.
    Open,
    /// Another incarnation owns the mailbox now: leave without touching anything.
    Fenced,
    /// The supervisor wants this incarnation to stop.
    StopOrdered,
}

pub(crate) struct Lanes<T> {
    inner: Mutex<Inner<T>>,
    waker: AtomicWaker,
}

struct Inner<T> {
    queues: [VecDeque<T>; 4],
    bounds: LaneBounds,
    /// The newest incarnation ever opened.
    newest: u64,
    /// The incarnation that may take messages; none while nobody runs.
    owner: Option<u64>,
    /// A stop carries its incarnation: an order meant for one must not stop its successor.
    stop: Option<u64>,
    gone: Option<Exit>,
}

impl<T> Lanes<T> {
    pub(crate) fn new(bounds: LaneBounds) -> Lanes<T> {
        let queues = Default::default();
        Lanes {
            inner: Mutex::new(Inner {
                queues,
                bounds,
                newest: 0,
                owner: None,
                stop: None,
                gone: None,
            }),
            waker: AtomicWaker::new(),
        }
    }

    pub(crate) fn set_bounds(&self, bounds: LaneBounds) {
        self.inner.lock().bounds = bounds;
    }

    pub(crate) fn bounds(&self) -> LaneBounds {
        self.inner.lock().bounds
    }

    /// Queues what `make` builds; `make` runs only if the message is accepted, so a refused one stays with its sender.
    pub(crate) fn push(&self, lane: Lane, make: impl FnOnce() -> T) -> Result<(), Refusal> {
        let mut inner = self.inner.lock();
        let bound = inner.bounds.of(lane);
        if inner.gone.is_none() && inner.queues[lane as usize].len() >= bound {
            return Err(Refusal::Overloaded { lane, bound });
        }
        inner.append(lane, make)?;
        drop(inner);
        self.waker.wake();
        Ok(())
    }

    /// As [`Lanes::push`] on Control, but past its bound: for reports that must not be lost.
    pub(crate) fn push_exempt(&self, make: impl FnOnce() -> T) -> Result<(), Refusal> {
        self.inner.lock().append(Lane::Control, make)?;
        self.waker.wake();
        Ok(())
    }

    /// The oldest message of the most urgent lane not below `lowest`; none if this incarnation is no longer the owner.
    pub(crate) fn pop(&self, incarnation: u64, lowest: Lane) -> Option<T> {
        let mut inner = self.inner.lock();
        if inner.owner != Some(incarnation) {
            return None;
        }
        inner.queues[..=lowest as usize]
            .iter_mut()
            .find_map(VecDeque::pop_front)
    }

    /// Registers the runner's waker and tells it whether it may go on. A fenced runner does not disturb its successor's waker.
    pub(crate) fn door(&self, incarnation: u64, waker: &Waker) -> Door {
        let inner = self.inner.lock();
        if inner.owner != Some(incarnation) {
            return Door::Fenced;
        }
        self.waker.register(waker);
        if inner.stop == Some(incarnation) {
            Door::StopOrdered
        } else {
            Door::Open
        }
    }

    pub(crate) fn owned_by(&self, incarnation: u64) -> bool {
        self.inner.lock().owner == Some(incarnation)
    }

    /// Makes a new incarnation the owner and returns its number; the first is 1. Queued messages stay.
    pub(crate) fn open(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.newest += 1;
        inner.owner = Some(inner.newest);
        inner.stop = None;
        inner.gone = None;
        inner.newest
    }

    pub(crate) fn order_stop(&self, incarnation: u64) {
        self.inner.lock().stop = Some(incarnation);
        self.waker.wake();
    }

    /// Takes the mailbox from whoever runs (that runner disposes of itself at its next poll), refuses senders from now on,
    /// and hands back what was queued. The first reason given is kept.
    pub(crate) fn close(&self, exit: Exit) -> Vec<T> {
        let mut inner = self.inner.lock();
        inner.owner = None;
        inner.gone.get_or_insert(exit);
        let left = inner.queues.iter_mut().flat_map(std::mem::take).collect();
        drop(inner);
        self.waker.wake();
        left
    }

    pub(crate) fn gone(&self) -> Option<Exit> {
        self.inner.lock().gone.clone()
    }

    /// The newest incarnation; 0 before the first start.
    pub(crate) fn incarnation(&self) -> u64 {
        self.inner.lock().newest
    }

    /// Messages queued in each lane, in the order of [`Lane::ALL`].
    pub(crate) fn depth(&self) -> [usize; 4] {
        let inner = self.inner.lock();
        Lane::ALL.map(|lane| inner.queues[lane as usize].len())
    }
}

impl<T> Inner<T> {
    fn append(&mut self, lane: Lane, make: impl FnOnce() -> T) -> Result<(), Refusal> {
        if let Some(exit) = &self.gone {
            return Err(Refusal::Gone(exit.clone()));
        }
        self.queues[lane as usize].push_back(make());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn small() -> LaneBounds {
        LaneBounds {
            control: 2,
            high: 2,
            normal: 2,
            bulk: 2,
        }
    }

    #[test]
    fn a_full_lane_refuses_without_building_the_message() {
        let lanes = Lanes::new(small());
        for n in 0..2 {
            lanes.push(Lane::Bulk, || n).unwrap();
        }
        let refused = lanes.push(Lane::Bulk, || unreachable!("a refused message is not built"));
        assert_eq!(
            refused,
            Err(Refusal::Overloaded {
                lane: Lane::Bulk,
                bound: 2
            })
        );
        lanes.push(Lane::Control, || 9).unwrap();
        assert_eq!(lanes.depth(), [1, 0, 0, 2]);
        let me = lanes.open();
        assert_eq!(lanes.pop(me, Lane::Bulk), Some(9));
    }

    #[test]
    fn reports_of_supervision_pass_a_full_control_lane() {
        let lanes = Lanes::new(small());
        for n in 0..5 {
            lanes.push_exempt(|| n).unwrap();
        }
        assert!(lanes.push(Lane::Control, || 5).is_err());
        assert_eq!(lanes.depth()[0], 5);
    }

    #[test]
    fn only_the_newest_incarnation_takes_messages() {
        let lanes = Lanes::new(small());
        lanes.push(Lane::Normal, || 1).unwrap();
        let old = lanes.open();
        lanes.order_stop(old);
        assert_eq!(lanes.door(old, Waker::noop()), Door::StopOrdered);
        let new = lanes.open();
        assert_eq!((old, new), (1, 2));
        assert_eq!(lanes.pop(old, Lane::Bulk), None);
        assert_eq!(lanes.door(old, Waker::noop()), Door::Fenced);
        lanes.order_stop(old);
        assert_eq!(
            lanes.door(new, Waker::noop()),
            Door::Open,
            "a stop meant for 1 must not stop 2"
        );
        assert_eq!(lanes.pop(new, Lane::Bulk), Some(1));
    }

    #[test]
    fn a_closed_mailbox_keeps_the_first_reason_and_opens_again() {
        let lanes = Lanes::new(small());
        lanes.push(Lane::Normal, || 1).unwrap();
        assert_eq!(lanes.close(Exit::Killed), [1]);
        assert!(lanes.close(Exit::Normal).is_empty());
        assert_eq!(lanes.push(Lane::High, || 2), Err(Refusal::Gone(Exit::Killed)));
        assert_eq!(lanes.push_exempt(|| 2), Err(Refusal::Gone(Exit::Killed)));
        let me = lanes.open();
        lanes.push(Lane::High, || 3).unwrap();
        assert_eq!(lanes.pop(me, Lane::Control), None);
        assert_eq!(lanes.pop(me, Lane::Bulk), Some(3));
    }

    proptest! {
        /// Whatever is sent comes out once, by lane, and within a lane in order.
        #[test]
        fn order_is_lane_then_arrival(sent in proptest::collection::vec(0_usize..4, 0..60)) {
            let lanes = Lanes::new(LaneBounds::default());
            for (n, lane) in sent.iter().enumerate() {
                lanes.push(Lane::ALL[*lane], || (*lane, n)).unwrap();
            }
            let me = lanes.open();
            let got: Vec<_> = std::iter::from_fn(|| lanes.pop(me, Lane::Bulk)).collect();
            let mut want: Vec<_> = sent.iter().enumerate().map(|(n, lane)| (*lane, n)).collect();
            want.sort_unstable();
            prop_assert_eq!(got, want);
        }
    }
}
