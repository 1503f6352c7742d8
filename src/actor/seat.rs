//! The seat: what stays when an actor goes. Handles point to it, incarnations come and sit down in it.

use super::{
    context::Ctx,
    dead,
    exit::Exit,
    lanes::{Lane, LaneBounds, Lanes, Refusal},
    vitals::{Vitals, VitalsSnapshot},
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
    sync::Arc,
    task::{Context, Poll},
};

pub(crate) struct Seat<A: Actor<Context = Ctx<A>>> {
    id: Arc<str>,
    lanes: Lanes<Envelope<A>>,
    /// The queue behind plain actix addresses (`ctx.address()`); read as part of the Normal lane. None while
    /// the actor is gone, so that such addresses see a closed mailbox.
    plain: Mutex<Option<AddressReceiver<A>>>,
    vitals: Arc<Vitals>,
}

impl<A: Actor<Context = Ctx<A>>> Seat<A> {
    pub(crate) fn new(id: &str) -> Arc<Seat<A>> {
        Arc::new(Seat {
            id: id.into(),
            lanes: Lanes::new(LaneBounds::default()),
            plain: Mutex::new(None),
            vitals: Arc::new(Vitals::default()),
        })
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    pub(crate) fn lanes(&self) -> &Lanes<Envelope<A>> {
        &self.lanes
    }

    pub(crate) fn set_bounds(&self, bounds: LaneBounds) {
        self.lanes.set_bounds(bounds);
    }

    pub(crate) fn snapshot(&self) -> VitalsSnapshot {
        self.vitals.snapshot(self.lanes.incarnation(), self.lanes.depth())
    }

    pub(crate) fn push(&self, lane: Lane, make: impl FnOnce() -> Envelope<A>) -> Result<(), Refusal> {
        self.lanes.push(lane, make)
    }

    /// What plain actix needs to hand out addresses of this seat.
    pub(crate) fn parts(&self) -> ContextParts<A> {
        let mut plain = self.plain.lock();
        let receiver = plain.get_or_insert_with(|| channel(self.lanes.bounds().normal).1);
        ContextParts::new(receiver.sender_producer())
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

    /// Nobody will sit here again soon: refuses senders and buries what is queued.
    pub(crate) fn close(&self, exit: &Exit) {
        let left = self.lanes.close(exit.clone());
        dead::bury(&self.id, &self.vitals, exit, left);
        let plain = self.plain.lock().take();
        dead::bury(&self.id, &self.vitals, exit, plain);
    }
}
