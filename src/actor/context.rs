//! The context an actor sees: plain actix from within, so that handlers, timers and actor futures work as documented there.
//!
//! Two things differ on purpose. `ctx.wait` futures run in the order they were registered (actix: newest first), because
//! messages on [`super::Lane::Control`] are served during a wait and may add another one; what was begun is finished
//! first. And no code of the actor ever runs while its thread is unwinding.

use super::{
    exit::{Exit, Fault},
    kinds::Kind,
    life::{Life, micros},
    refs::ActorRef,
    seat::{Seat, Station},
};
use crate::clock;
use actix::{
    Actor, ActorContext, ActorState, Addr, AsyncContext, SpawnHandle,
    dev::ContextParts,
    fut::{ActorFuture, LocalBoxActorFuture},
};
use std::{fmt, sync::Arc, time::Duration};

/// A reading of the clock costs some 20 ns: below this it would be a good part of what it measures.
const WORTH_TIMING: Duration = Duration::from_micros(1);
/// So many short messages share one reading.
const GROUP: u32 = 8;

/// The context of every Huddle actor: `type Context = Ctx<Self>`.
pub struct Ctx<A: Actor<Context = Ctx<A>>> {
    seat: Arc<Seat<A>>,
    life: Arc<Life>,
    parts: ContextParts<A>,
    incarnation: u64,
    state: ActorState,
    exit: Option<Exit>,
    doing: Doing,
    newest: SpawnHandle,
    timed: bool,
    /// When user code last ended, or the poll began; read once a message.
    now: Duration,
    now_micros: u64,
    /// Messages handled since the clock was read, and how many may be before it is read again.
    n_group: u32,
    group_size: u32,
    /// Whether the message in hand was handled rather than found withdrawn.
    handled: bool,
    /// Futures registered since the runner last looked; the older ones are with the runner.
    pub(super) fresh: Fresh<A>,
    /// How many waits the runner holds.
    pub(super) n_waits: usize,
}

/// What user code asked for during one call.
pub(super) struct Fresh<A: Actor> {
    pub(super) tasks: Vec<Task<A>>,
    pub(super) waits: Vec<Task<A>>,
    pub(super) cancelled: Vec<SpawnHandle>,
}

/// A future of the actor, tagged with what spawned it, so that a fault in it names its origin.
pub(super) struct Task<A: Actor> {
    pub(super) handle: SpawnHandle,
    pub(super) origin: &'static str,
    pub(super) future: LocalBoxActorFuture<A, ()>,
}

/// What user code is running, for vitals and faults.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    Hook(&'static str),
    Message(&'static str),
    Future(&'static str),
}

impl Doing {
    fn name(self) -> &'static str {
        match self {
            Doing::Hook(name) | Doing::Message(name) | Doing::Future(name) => name,
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doing::Hook(name) => f.write_str(name),
            Doing::Message(name) => write!(f, "message {name}"),
            Doing::Future(origin) => write!(f, "a future spawned by {origin}"),
        }
    }
}

impl<A: Actor<Context = Ctx<A>>> Ctx<A> {
    pub(super) fn new(seat: Arc<Seat<A>>, incarnation: u64) -> Ctx<A> {
        Ctx {
            parts: seat.parts(),
            life: seat.life(),
            timed: seat.lanes().timed(),
            now: Duration::ZERO,
            now_micros: 0,
            n_group: 0,
            group_size: 1,
            handled: false,
            seat,
            incarnation,
            state: ActorState::Started,
            exit: None,
            doing: Doing::Hook("create"),
            newest: SpawnHandle::default(),
            fresh: Fresh {
                tasks: Vec::new(),
                waits: Vec::new(),
                cancelled: Vec::new(),
            },
            n_waits: 0,
        }
    }

    /// The stable handle of this actor, to give to others or to send to itself.
    pub fn me(&self) -> ActorRef<A> {
        ActorRef::of(self.seat.clone())
    }

    /// The id in the child's specification.
    pub fn id(&self) -> &str {
        self.seat.id()
    }

    /// Where it hangs in the tree, for example `/specialists/risk_manager`.
    pub fn path(&self) -> &str {
        self.seat.name()
    }

    pub(crate) fn station(&self) -> Station {
        self.seat.station()
    }

    /// Which incarnation this is, counted from 1.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Stops with a reason of its own, which the supervisor sees; the stop hooks run as after `stop()`. The first reason
    /// counts.
    pub fn exit(&mut self, exit: Exit) {
        self.exit.get_or_insert(exit);
        self.stop();
    }

    /// Gives up: ends as [`Exit::Failed`] with `text`, which a supervisor treats like a crash.
    pub fn fail(&mut self, text: impl Into<String>) {
        let fault = Fault {
            text: text.into(),
            location: None,
            during: self.doing.to_string(),
        };
        self.exit(Exit::Failed(Arc::new(fault)));
    }

    pub(super) fn withdrawn(&self) {
        self.seat.vitals().withdrawn();
    }

    pub(super) fn life(&self) -> &Arc<Life> {
        &self.life
    }

    pub(super) fn reason(&mut self) -> Option<Exit> {
        self.exit.take()
    }

    pub(super) fn set_state(&mut self, state: ActorState) {
        self.state = state;
    }

    pub(super) fn running(&self) -> bool {
        self.state == ActorState::Running
    }

    /// Marks the begin of a hook or a future; [`Ctx::done`] marks its end.
    pub(super) fn doing(&mut self, doing: Doing) {
        self.close_group();
        self.doing = doing;
        self.life.begin(Kind::of(doing.name()), self.now_micros);
    }

    pub(super) fn done(&mut self) {
        self.life.idle();
        self.tick();
    }

    /// Marks the begin of a message; [`Ctx::done_message`] marks its end.
    pub(super) fn doing_message(&mut self, kind: &'static str) {
        self.handled = true;
        self.doing = Doing::Message(kind);
        self.life.begin(Kind::of(kind), self.now_micros);
    }

    pub(super) fn done_message(&mut self) {
        self.life.idle();
        if !std::mem::take(&mut self.handled) {
            return;
        }
        if !self.timed {
            self.life.tally.untimed(1);
            return;
        }
        self.n_group += 1;
        if self.n_group >= self.group_size {
            self.close_group();
        }
    }

    /// Reads the clock for the messages handled since it was last read.
    pub(super) fn close_group(&mut self) {
        if self.n_group == 0 {
            return;
        }
        let n = std::mem::take(&mut self.n_group);
        let began = self.now;
        self.tick();
        let took = self.now.saturating_sub(began);
        self.life.tally.timed(n, took);
        self.group_size = if took / n < WORTH_TIMING { GROUP } else { 1 };
    }

    /// Reads the clock, unless the actor is not timed.
    pub(super) fn tick(&mut self) {
        if self.timed {
            self.now = clock::uptime();
            self.now_micros = micros(self.now);
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// What was being done when the last call began.
    pub(super) fn during(&self) -> String {
        self.doing.to_string()
    }

    fn task(&mut self, future: impl ActorFuture<A, Output = ()> + 'static) -> Task<A> {
        self.newest = self.newest.next();
        Task {
            handle: self.newest,
            origin: self.doing.name(),
            future: Box::pin(future),
        }
    }
}

impl<A: Actor<Context = Ctx<A>>> ActorContext for Ctx<A> {
    fn stop(&mut self) {
        if matches!(self.state, ActorState::Started | ActorState::Running) {
            self.state = ActorState::Stopping;
        }
    }

    fn terminate(&mut self) {
        self.state = ActorState::Stopped;
    }

    fn state(&self) -> ActorState {
        self.state
    }
}

impl<A: Actor<Context = Ctx<A>>> AsyncContext<A> for Ctx<A> {
    fn address(&self) -> Addr<A> {
        self.seat.plain_wanted();
        self.parts.address()
    }

    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        let task = self.task(future);
        let handle = task.handle;
        self.fresh.tasks.push(task);
        handle
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        let task = self.task(future);
        self.fresh.waits.push(task);
    }

    fn waiting(&self) -> bool {
        self.n_waits > 0
            || !self.fresh.waits.is_empty()
            || matches!(self.state, ActorState::Stopping | ActorState::Stopped)
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.fresh.cancelled.push(handle);
        true
    }
}
