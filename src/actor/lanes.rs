//! The mailbox: four bounded queues by urgency, and the door that decides who may take from them.
//!
//! Everything a sender or a runner must know at once (is it open, is there room, who owns it, was a stop ordered) lies
//! under one lock, so that no message slips into a queue that was just emptied, and no replaced runner takes one more.

use super::exit::Exit;
use super::lane::{Lane, LaneBounds, LaneWait, Refusal};
use crate::clock;
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    task::Waker,
    thread::{self, ThreadId},
    time::Duration,
};

/// What a runner takes from its mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    /// The oldest message of the most urgent lane asked for.
    Message(T),
    /// Nothing there.
    Nothing,
    /// Another incarnation owns the mailbox now: leave without touching anything.
    Fenced,
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

/// One message in so many is timed; a clock reading costs a fifth of a message.
const SAMPLE: u64 = 16;

pub(crate) struct Lanes<T> {
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    queues: [Queue<T>; 4],
    bounds: LaneBounds,
    /// The newest incarnation ever opened.
    newest: u64,
    /// The incarnation that may take messages; none while nobody runs.
    owner: Option<u64>,
    /// A stop carries its incarnation: an order meant for one must not stop its successor.
    stop: Option<Order>,
    gone: Option<Exit>,
    /// The runner's waker while it sleeps; a runner at work has left none and costs its senders no wake-up.
    sleeper: Option<Waker>,
    /// Since when the runner was called and has not come: its thread is busy elsewhere, or blocked.
    called: Option<Duration>,
    timed: bool,
    /// Whether somebody looks at `called`.
    watched: bool,
    /// The thread of the runner that was here last.
    home: Option<ThreadId>,
}

#[derive(Clone, Copy)]
struct Order {
    incarnation: u64,
    /// What is queued is handled first, and nothing new is taken.
    drain: bool,
}

struct Queue<T> {
    waiting: VecDeque<T>,
    /// Messages ever taken out.
    n_taken: u64,
    /// The message whose wait is being measured, by its number, and when it came.
    sampled: Option<(u64, Duration)>,
    wait: LaneWait,
}

impl<T> Queue<T> {
    fn new() -> Queue<T> {
        Queue {
            waiting: VecDeque::new(),
            n_taken: 0,
            sampled: None,
            wait: LaneWait::default(),
        }
    }

    /// The number the next message will have.
    fn next(&self) -> u64 {
        self.n_taken + self.waiting.len() as u64
    }

    fn take(&mut self, now: Duration) -> Option<T> {
        let message = self.waiting.pop_front()?;
        if let Some((number, since)) = self.sampled
            && number == self.n_taken
        {
            self.sampled = None;
            let waited = now.saturating_sub(since);
            self.wait.n += 1;
            self.wait.total += waited;
            self.wait.max = self.wait.max.max(waited);
        }
        self.n_taken += 1;
        Some(message)
    }
}

impl<T> Lanes<T> {
    pub(crate) fn new(bounds: LaneBounds) -> Lanes<T> {
        Lanes {
            inner: Mutex::new(Inner {
                queues: std::array::from_fn(|_| Queue::new()),
                bounds,
                newest: 0,
                owner: None,
                stop: None,
                gone: None,
                sleeper: None,
                called: None,
                timed: true,
                watched: false,
                home: None,
            }),
        }
    }

    pub(crate) fn set_bounds(&self, bounds: LaneBounds) {
        self.inner.lock().bounds = bounds;
    }

    pub(crate) fn bounds(&self) -> LaneBounds {
        self.inner.lock().bounds
    }

    /// Whether waits are measured.
    pub(crate) fn set_timed(&self, timed: bool) {
        self.inner.lock().timed = timed;
    }

    /// Has it noted when the runner is called.
    pub(crate) fn set_watched(&self) {
        self.inner.lock().watched = true;
    }

    pub(crate) fn timed(&self) -> bool {
        self.inner.lock().timed
    }

    /// Queues what `make` builds; `make` runs only if the message is accepted, so a refused one stays with its sender. Says
    /// whether the runner shares the sender's thread.
    pub(crate) fn push(&self, lane: Lane, make: impl FnOnce() -> T) -> Result<bool, Refusal> {
        let mut inner = self.inner.lock();
        let bound = inner.bounds.of(lane);
        if inner.gone.is_none() && inner.queues[lane as usize].waiting.len() >= bound {
            return Err(Refusal::Overloaded { lane, bound });
        }
        if inner.stop.is_some_and(|order| order.drain) {
            return Err(Refusal::Gone(Exit::Shutdown));
        }
        let sleeper = inner.append(lane, make)?;
        let near = inner.home == Some(thread::current().id());
        drop(inner);
        wake(sleeper);
        Ok(near)
    }

    /// As [`Lanes::push`] on Control, but past its bound: for reports that must not be lost.
    pub(crate) fn push_exempt(&self, make: impl FnOnce() -> T) -> Result<(), Refusal> {
        let sleeper = self.inner.lock().append(Lane::Control, make)?;
        wake(sleeper);
        Ok(())
    }

    /// The oldest message of the most urgent lane from `highest` to `lowest`; `now` ends the wait of a sampled message.
    pub(crate) fn take(&self, incarnation: u64, highest: Lane, lowest: Lane, now: Duration) -> Taken<T> {
        let mut inner = self.inner.lock();
        if inner.owner != Some(incarnation) {
            return Taken::Fenced;
        }
        inner.queues[highest as usize..=lowest as usize]
            .iter_mut()
            .find_map(|queue| queue.take(now))
            .map_or(Taken::Nothing, Taken::Message)
    }

    /// Tells the runner whether it may go on.
    pub(crate) fn door(&self, incarnation: u64) -> Door {
        let mut inner = self.inner.lock();
        if inner.owner != Some(incarnation) {
            return Door::Fenced;
        }
        inner.called = None;
        inner.sleeper = None;
        if inner.stops(incarnation) {
            Door::StopOrdered
        } else {
            Door::Open
        }
    }

    /// The runner has nothing to do: leaves its waker, unless a message from Control to `lowest`, a stop order it has not
    /// heard of yet (`halting`) or a fence came meanwhile. True if it may sleep.
    pub(crate) fn sleep(&self, incarnation: u64, lowest: Lane, halting: bool, waker: &Waker) -> bool {
        let mut inner = self.inner.lock();
        if inner.owner != Some(incarnation) || inner.anything(lowest) || (!halting && inner.stops(incarnation)) {
            return false;
        }
        if !inner.sleeper.as_ref().is_some_and(|sleeper| sleeper.will_wake(waker)) {
            inner.sleeper = Some(waker.clone());
        }
        true
    }

    pub(crate) fn owned_by(&self, incarnation: u64) -> bool {
        self.inner.lock().owner == Some(incarnation)
    }

    /// Makes a new incarnation the owner and returns its number; the first is 1. Queued messages stay; a runner that still
    /// sleeps is called, so that it finds itself replaced and disposes of itself.
    pub(crate) fn open(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.newest += 1;
        inner.owner = Some(inner.newest);
        inner.stop = None;
        inner.gone = None;
        inner.called = None;
        let (newest, sleeper) = (inner.newest, inner.sleeper.take());
        drop(inner);
        wake(sleeper);
        newest
    }

    /// The runner says where it runs.
    pub(crate) fn settle(&self, incarnation: u64) {
        let mut inner = self.inner.lock();
        if inner.owner == Some(incarnation) {
            inner.home = Some(thread::current().id());
        }
    }

    /// Takes the mailbox from `incarnation`, and from no other: it will not be given one more message. True if it had it.
    pub(crate) fn fence(&self, incarnation: u64) -> bool {
        let mut inner = self.inner.lock();
        if inner.owner != Some(incarnation) {
            return false;
        }
        inner.owner = None;
        inner.called = None;
        let sleeper = inner.sleeper.take();
        drop(inner);
        wake(sleeper);
        true
    }

    pub(crate) fn order_stop(&self, incarnation: u64, drain: bool) {
        let mut inner = self.inner.lock();
        inner.stop = Some(Order { incarnation, drain });
        let sleeper = inner.call();
        drop(inner);
        wake(sleeper);
    }

    /// Takes the mailbox from whoever runs (that runner disposes of itself at its next poll), refuses senders from now on,
    /// and hands back what was queued. The first reason given is kept. Does nothing, and returns none, if an incarnation
    /// newer than `newest` was opened meanwhile: a supervisor that was replaced must not close what its successor runs.
    pub(crate) fn close(&self, newest: u64, exit: Exit) -> Option<Vec<T>> {
        let mut inner = self.inner.lock();
        if inner.newest > newest {
            return None;
        }
        inner.owner = None;
        inner.called = None;
        inner.gone.get_or_insert(exit);
        let mut left = Vec::new();
        for queue in &mut inner.queues {
            queue.n_taken += queue.waiting.len() as u64;
            queue.sampled = None;
            left.extend(std::mem::take(&mut queue.waiting));
        }
        let sleeper = inner.sleeper.take();
        drop(inner);
        wake(sleeper);
        Some(left)
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
        Lane::ALL.map(|lane| inner.queues[lane as usize].waiting.len())
    }

    /// Waits in each lane, in the order of [`Lane::ALL`].
    pub(crate) fn waits(&self) -> [LaneWait; 4] {
        let inner = self.inner.lock();
        Lane::ALL.map(|lane| inner.queues[lane as usize].wait)
    }

    /// Since when the runner was called and has not come.
    pub(crate) fn called(&self) -> Option<Duration> {
        self.inner.lock().called
    }
}

fn wake(sleeper: Option<Waker>) {
    if let Some(waker) = sleeper {
        waker.wake();
    }
}

impl<T> Inner<T> {
    fn append(&mut self, lane: Lane, make: impl FnOnce() -> T) -> Result<Option<Waker>, Refusal> {
        if let Some(exit) = &self.gone {
            return Err(Refusal::Gone(exit.clone()));
        }
        self.queues[lane as usize].waiting.push_back(make());
        let sleeper = self.call();
        let queue = &mut self.queues[lane as usize];
        let number = queue.next() - 1;
        if self.timed && number.is_multiple_of(SAMPLE) && queue.sampled.is_none() {
            queue.sampled = Some((number, clock::uptime()));
        }
        Ok(sleeper)
    }

    /// Notes that the runner is being called, if it sleeps.
    fn call(&mut self) -> Option<Waker> {
        let sleeper = self.sleeper.take();
        if self.watched && sleeper.is_some() {
            self.called = Some(clock::uptime());
        }
        sleeper
    }

    /// Whether this incarnation is to stop now; one that drains goes on while anything is queued.
    fn stops(&self, incarnation: u64) -> bool {
        self.stop
            .is_some_and(|order| order.incarnation == incarnation && !(order.drain && self.anything(Lane::Bulk)))
    }

    fn anything(&self, lowest: Lane) -> bool {
        self.queues[..=lowest as usize]
            .iter()
            .any(|queue| !queue.waiting.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: Duration = Duration::ZERO;

    fn pop<M>(lanes: &Lanes<M>, incarnation: u64, lowest: Lane) -> Option<M> {
        match lanes.take(incarnation, Lane::Control, lowest, T) {
            Taken::Message(message) => Some(message),
            Taken::Nothing | Taken::Fenced => None,
        }
    }

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
        assert_eq!(pop(&lanes, me, Lane::Bulk), Some(9));
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
        lanes.order_stop(old, false);
        assert_eq!(lanes.door(old), Door::StopOrdered);
        let new = lanes.open();
        assert_eq!((old, new), (1, 2));
        assert_eq!(pop(&lanes, old, Lane::Bulk), None);
        assert_eq!(lanes.door(old), Door::Fenced);
        lanes.order_stop(old, false);
        assert_eq!(lanes.door(new), Door::Open, "a stop meant for 1 must not stop 2");
        assert_eq!(pop(&lanes, new, Lane::Bulk), Some(1));
    }

    #[test]
    fn a_closed_mailbox_keeps_the_first_reason_and_opens_again() {
        let lanes = Lanes::new(small());
        lanes.push(Lane::Normal, || 1).unwrap();
        assert_eq!(lanes.close(0, Exit::Killed), Some(vec![1]));
        assert_eq!(lanes.close(0, Exit::Normal), Some(Vec::new()));
        assert_eq!(lanes.push(Lane::High, || 2), Err(Refusal::Gone(Exit::Killed)));
        assert_eq!(lanes.push_exempt(|| 2), Err(Refusal::Gone(Exit::Killed)));
        let me = lanes.open();
        lanes.push(Lane::High, || 3).unwrap();
        assert_eq!(pop(&lanes, me, Lane::Control), None);
        assert_eq!(pop(&lanes, me, Lane::Bulk), Some(3));
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
            let got: Vec<_> = std::iter::from_fn(|| pop(&lanes, me, Lane::Bulk)).collect();
            let mut want: Vec<_> = sent.iter().enumerate().map(|(n, lane)| (*lane, n)).collect();
            want.sort_unstable();
            prop_assert_eq!(got, want);
        }
    }
}
