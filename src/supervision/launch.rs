//! The supervisor's grip on one child, without its type: start, stop, cut off, close, read.

use super::{spec::Place, supervisor::Supervisor};
use crate::actor::{
    ActorRef, Birth, Component, Exit, LaneBounds, Notice, Reporter, Resumes, Runner, Seat, Station,
    VitalsSnapshot, hosted, one_arbiter,
};
use actix_rt::Arbiter;
use parking_lot::Mutex;
use std::{any::Any, sync::Arc};

/// Receives an incarnation's number and notice, on the thread that runs it.
pub(crate) type Listener = Box<dyn Fn(u64, Notice) + Send>;

/// The circumstances of a start.
pub(crate) struct Start {
    pub(crate) place: Place,
    pub(crate) last: Option<Exit>,
    pub(crate) station: Station,
    pub(crate) resumes: Option<Resumes>,
}

pub(crate) trait Launch: Send + Sync {
    /// Starts a new incarnation and returns its number. Messages queued meanwhile are its first.
    fn start(&self, start: Start, listener: Listener) -> u64;
    /// Asks this incarnation, and no other, to stop; `drain` has it handle what is queued first.
    fn order_stop(&self, incarnation: u64, drain: bool);
    /// Cuts off this incarnation without waiting for it, if it still has the mailbox; what is queued stays for the next.
    fn fence(&self, incarnation: u64, exit: &Exit);
    /// Cuts off whoever runs, without waiting for it; refuses senders and buries what is queued, until the next start. Does
    /// nothing if an incarnation newer than this was started.
    fn close(&self, incarnation: u64, exit: &Exit);
    fn set_bounds(&self, bounds: LaneBounds);
    fn set_timed(&self, timed: bool);
    /// Has everything noted that a look at its progress needs.
    fn watch(&self);
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
    fn start_apart(&self, birth: Birth, reporter: Reporter, resumes: Option<Resumes>) {
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
                actix_rt::spawn(Runner::new(seat, args, birth, reporter, resumes));
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
    fn start(&self, start: Start, listener: Listener) -> u64 {
        let Start {
            place,
            last,
            station,
            resumes,
        } = start;
        self.seat.hang(&station);
        let incarnation = self.seat.open();
        let birth = Birth { incarnation, last };
        let reporter = Reporter::new(move |notice| listener(incarnation, notice));
        match place {
            Place::Dedicated if !one_arbiter() => self.start_apart(birth, reporter, resumes),
            Place::Here | Place::Dedicated => {
                let (seat, args) = (self.seat.clone(), self.args.clone());
                let task = actix_rt::spawn(Runner::new(seat, args, birth, reporter, resumes));
                hosted(self.seat.id(), &task);
            }
        }
        incarnation
    }

    fn order_stop(&self, incarnation: u64, drain: bool) {
        self.seat.lanes().order_stop(incarnation, drain);
    }

    fn fence(&self, incarnation: u64, exit: &Exit) {
        if self.seat.lanes().fence(incarnation) {
            let life = self.seat.life();
            life.cut_off(exit, &self.seat.station().zombies);
            self.seat.ended(&life, incarnation, exit);
            // Its thread may be blocked; the next incarnation gets a fresh one, and this one ends when it comes back.
            self.stop_arbiter();
        }
    }

    fn close(&self, incarnation: u64, exit: &Exit) {
        self.fence(incarnation, exit);
        if self.seat.close(incarnation, exit) {
            self.stop_arbiter();
        }
    }

    fn set_bounds(&self, bounds: LaneBounds) {
        self.seat.set_bounds(bounds);
    }

    fn set_timed(&self, timed: bool) {
        self.seat.lanes().set_timed(timed);
    }

    fn watch(&self) {
        self.seat.lanes().set_timed(true);
        self.seat.lanes().set_watched();
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
