//! The seat: what stays when an actor goes. Handles point to it, incarnations come and sit down in it.

use super::{
    context::Ctx,
    dead,
    deadlock::Node,
    exit::Exit,
    lane::{Lane, LaneBounds, Refusal},
    lanes::Lanes,
    life::Life,
    vitals::{Vitals, VitalsSnapshot},
    watch::Watchers,
};
use actix::{
    Actor,
    dev::{
        ContextParts, Envelope,
        channel::{AddressReceiver, channel},
    },
};
use futures_util::Stream;
use parking_lot::Mutex;
use std::{
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

/// What an actor learns from whoever hangs it into a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Station {
    /// Where it hangs; `/` for the root.
    pub(crate) path: Arc<str>,
    /// Incarnations in this tree that were cut off while their threads are blocked.
    pub(crate) zombies: Arc<AtomicUsize>,
}

impl Station {
    /// The station of a child called `id`.
    pub(crate) fn below(&self, id: &str) -> Station {
        let above = self.path.trim_end_matches('/');
        Station {
            path: format!("{above}/{id}").into(),
            zombies: self.zombies.clone(),
        }
    }
}

pub(crate) struct Seat<A: Actor<Context = Ctx<A>>> {
    id: Arc<str>,
    number: u64,
    station: OnceLock<Station>,
    lanes: Lanes<Envelope<A>>,
    /// The queue behind plain actix addresses (`ctx.address()`); read as part of the Normal lane. None while
    /// the actor is gone, so that such addresses see a closed mailbox.
    plain: Mutex<Option<AddressReceiver<A>>>,
    /// Whether anybody ever asked for such an address; until then nobody looks into that queue.
    plain_wanted: AtomicBool,
    vitals: Arc<Vitals>,
    life: Mutex<Arc<Life>>,
    watchers: Watchers,
}

impl<A: Actor<Context = Ctx<A>>> Seat<A> {
    pub(crate) fn new(id: &str) -> Arc<Seat<A>> {
        Arc::new(Seat {
            id: id.into(),
            number: Node::number(),
            station: OnceLock::new(),
            lanes: Lanes::new(LaneBounds::default()),
            plain: Mutex::new(None),
            plain_wanted: AtomicBool::new(false),
            vitals: Arc::default(),
            life: Mutex::default(),
            watchers: Watchers::default(),
        })
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Its path once it hangs in a tree, its id until then.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.station.get().map_or(&self.id, |station| &station.path)
    }

    pub(crate) fn station(&self) -> Station {
        self.station.get().cloned().unwrap_or_default()
    }

    /// Hangs it into a tree; the first place is kept.
    pub(crate) fn hang(&self, station: &Station) {
        self.station.get_or_init(|| station.clone());
    }

    pub(crate) fn node(&self) -> Node {
        Node::new(self.number, self.name().clone())
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    pub(crate) fn lanes(&self) -> &Lanes<Envelope<A>> {
        &self.lanes
    }

    pub(crate) fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// The newest incarnation's life.
    pub(crate) fn life(&self) -> Arc<Life> {
        self.life.lock().clone()
    }

    pub(crate) fn set_bounds(&self, bounds: LaneBounds) {
        self.lanes.set_bounds(bounds);
    }

    /// Opens the mailbox for a new incarnation with a life of its own, and returns its number.
    pub(crate) fn open(&self) -> u64 {
        let before = std::mem::take(&mut *self.life.lock());
        if self.lanes.incarnation() > 0 {
            self.vitals.fold(&before.tally);
        }
        self.lanes.open()
    }

    pub(crate) fn snapshot(&self) -> VitalsSnapshot {
        let incarnation = self.lanes.incarnation();
        VitalsSnapshot {
            incarnation,
            restarts: incarnation.saturating_sub(1),
            depth: self.lanes.depth(),
            waits: self.lanes.waits(),
            called_since: self.lanes.called(),
            ..self.vitals.snapshot(&self.life())
        }
    }

    pub(crate) fn push(&self, lane: Lane, make: impl FnOnce() -> Envelope<A>) -> Result<bool, Refusal> {
        self.lanes.push(lane, make)
    }

    /// What plain actix needs to hand out addresses of this seat.
    pub(crate) fn parts(&self) -> ContextParts<A> {
        let mut plain = self.plain.lock();
        let receiver = plain.get_or_insert_with(|| channel(self.lanes.bounds().normal).1);
        ContextParts::new(receiver.sender_producer())
    }

    pub(crate) fn plain_wanted(&self) {
        self.plain_wanted.store(true, Relaxed);
    }

    pub(crate) fn plain_is_wanted(&self) -> bool {
        self.plain_wanted.load(Relaxed)
    }

    /// The oldest message sent through a plain address; registers the runner's waker if there is none.
    pub(crate) fn next_plain(&self, incarnation: u64, cx: &mut Context<'_>) -> Option<Envelope<A>> {
        if !self.lanes.owned_by(incarnation) {
            return None;
        }
        match Pin::new(self.plain.lock().as_mut()?).poll_next(cx) {
            Poll::Ready(envelope) => envelope,
            Poll::Pending => None,
        }
    }

    /// An incarnation ended: whoever watches is told, once.
    pub(crate) fn ended(&self, life: &Life, incarnation: u64, exit: &Exit) {
        if life.mourn() {
            self.watchers.tell(self.name(), incarnation, exit, false);
        }
    }

    /// Nobody will sit here again soon: refuses senders, buries what is queued, tells whoever watches. Does nothing if an
    /// incarnation newer than `newest` sits here, and then returns false.
    pub(crate) fn close(&self, newest: u64, exit: &Exit) -> bool {
        let before = self.lanes.gone();
        let Some(left) = self.lanes.close(newest, exit.clone()) else {
            return false;
        };
        let gone = before.clone().unwrap_or_else(|| exit.clone());
        dead::bury(self.name(), &self.vitals, exit, left);
        let plain = self.plain.lock().take();
        dead::bury(self.name(), &self.vitals, exit, plain);
        if before.is_none() {
            self.watchers.tell(self.name(), newest, &gone, true);
        }
        true
    }
}
