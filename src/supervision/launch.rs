//! The supervisor's grip on one child, without its type: start, stop, cut off, close, read.

use super::{spec::Place, supervisor::Supervisor};
use crate::actor::{
    ActorRef, Birth, Component, Exit, LaneBounds, Notice, Reporter, Runner, Seat, VitalsSnapshot, hosted,
    one_arbiter,
};
use actix_rt::Arbiter;
use parking_lot::Mutex;
use std::{any::Any, sync::Arc};

/// Receives an incarnation's number and notice, on the thread that runs it.
pub(crate) type Listener = Box<dyn Fn(u64, Notice) + Send>;

pub(crate) trait Launch: Send + Sync {
    /// Starts a new incarnation and returns its number. Messages queued meanwhile are its first.
    fn start(&self, place: Place, last: Option<Exit>, listener: Listener) -> u64;
    /// Asks this incarnation, and no other, to stop.
    fn order_stop(&self, incarnation: u64);
    /// Cuts off whoever runs, without waiting for it; refuses senders and buries what is queued, until the next start.
    fn close(&self, exit: &Exit);
    fn set_bounds(&self, bounds: LaneBounds);
    fn vitals(&self) -> VitalsSnapshot;
    /// The child as a supervisor, if it is one.
    fn nested(&self) -> Option<ActorRef<Supervisor>>;
}

pub(crate) struct Launcher<A: Component> {
    seat: Arc<Seat<A>>,
    args: A::Args,
    arbiter: Mutex<Option<Arbiter>>,
}

impl<A: Component> Launcher<A> {
    pub(crate) fn new(seat: Arc<Seat<A>>, args: A::Args) -> Launcher<A> {
        Launcher {
            seat,
            args,
            arbiter: Mutex::new(None),
        }
    }

    /// Runs the incarnation on its own arbiter, which is kept until it is lost or the child is closed.
    fn start_apart(&self, birth: Birth, reporter: Reporter) {
        let mut arbiter = self.arbiter.lock();
        if !arbiter.as_ref().is_some_and(Arbiter::alive) {
            *arbiter = Arbiter::try_new()
                .inspect_err(|error| log::error!("no thread for {}: {error}", self.seat.id()))
                .ok();
        }
        let (seat, args) = (self.seat.clone(), self.args.clone());
        if let Some(arbiter) = &*arbiter {
            // If the arbiter ends before it runs this, the dropped reporter tells the supervisor.
            arbiter.spawn_fn(move || {
                actix_rt::spawn(Runner::new(seat, args, birth, reporter));
            });
        }
    }

    fn stop_arbiter(&self) {
        if let Some(arbiter) = self.arbiter.lock().take() {
            arbiter.stop();
        }
    }
}

impl<A: Component> Launch for Launcher<A> {
    fn start(&self, place: Place, last: Option<Exit>, listener: Listener) -> u64 {
        let incarnation = self.seat.lanes().open();
        let birth = Birth { incarnation, last };
        let reporter = Reporter::new(move |notice| listener(incarnation, notice));
        match place {
            Place::Dedicated if !one_arbiter() => self.start_apart(birth, reporter),
            Place::Here | Place::Dedicated => {
                let runner = Runner::new(self.seat.clone(), self.args.clone(), birth, reporter);
                hosted(self.seat.id(), &actix_rt::spawn(runner));
            }
        }
        incarnation
    }

    fn order_stop(&self, incarnation: u64) {
        self.seat.lanes().order_stop(incarnation);
    }

    fn close(&self, exit: &Exit) {
        self.seat.close(exit);
        // Its thread may hang in the incarnation that was cut off; the next one gets a fresh thread.
        self.stop_arbiter();
    }

    fn set_bounds(&self, bounds: LaneBounds) {
        self.seat.set_bounds(bounds);
    }

    fn vitals(&self) -> VitalsSnapshot {
        self.seat.snapshot()
    }

    fn nested(&self) -> Option<ActorRef<Supervisor>> {
        let child: &dyn Any = &ActorRef::seated(self.seat.clone());
        child.downcast_ref::<ActorRef<Supervisor>>().cloned()
    }
}

impl<A: Component> Drop for Launcher<A> {
    fn drop(&mut self) {
        self.stop_arbiter();
    }
}
