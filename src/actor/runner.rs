//! The future that hosts one incarnation: it feeds the actor its messages, and turns every way to end into one report.
//!
//! Each incarnation has its own runner, so nothing of a crashed one can leak into the next but the mailbox. All user code
//! runs inside [`catch`]; hooks, disposal and the report happen outside the unwinding, because a second panic there would
//! abort the process.

use super::{
    census,
    component::{Birth, Component},
    context::{Ctx, Doing, Task},
    dead,
    exit::{Exit, Fault},
    lane::Lane,
    lanes::{Door, Taken},
    panics::{Caught, catch},
    report::Reporter,
    seat::Seat,
};
use actix::{ActorContext, ActorState, Running, dev::Envelope, dev::EnvelopeProxy};
use std::{
    collections::VecDeque,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

/// Messages and finished futures per poll, before the neighbours on the same arbiter get their turn. At 64, a flooded actor
/// delayed its neighbour by 6 to 14 ms; without a budget by seconds (measured on actix 0.13.5).
const BUDGET: usize = 64;

/// Whether an incarnation goes on with its state after this fault.
pub(crate) type Resumes = Arc<dyn Fn(&Exit) -> bool + Send + Sync>;

pub(crate) struct Runner<A: Component> {
    seat: Arc<Seat<A>>,
    args: A::Args,
    birth: Option<Birth>,
    reporter: Reporter,
    resumes: Option<Resumes>,
    ctx: Ctx<A>,
    incarnation: u64,
    actor: Option<A>,
    in_hand: Option<Envelope<A>>,
    tasks: Vec<Task<A>>,
    waits: VecDeque<Task<A>>,
    /// The future that is being polled, to be thrown away if it panics and the actor goes on.
    polled: Option<Polled>,
    /// Set while a wait holds the mailbox.
    holding: bool,
    halting: bool,
    plain_first: bool,
    ended: bool,
}

/// A future in the runner's hands.
#[derive(Clone, Copy)]
enum Polled {
    FirstWait,
    Task(usize),
}

/// How a turn ended.
enum Pace {
    /// Nothing is left to do.
    Idle,
    /// There is more, but it is the neighbours' turn.
    Yield,
    /// The actor wants to stop.
    Stopping,
    /// Another incarnation has taken over.
    Fenced,
}

/// The runner never pins its fields in place; every future in it is boxed.
impl<A: Component> Unpin for Runner<A> {}

impl<A: Component> Runner<A> {
    /// Prepares the incarnation `birth.incarnation` of `seat`; nothing of the actor runs before the first poll.
    pub(crate) fn new(
        seat: Arc<Seat<A>>,
        args: A::Args,
        birth: Birth,
        reporter: Reporter,
        resumes: Option<Resumes>,
    ) -> Runner<A> {
        census::born(seat.id(), birth.incarnation);
        Runner {
            ctx: Ctx::new(seat.clone(), birth.incarnation),
            incarnation: birth.incarnation,
            seat,
            args,
            birth: Some(birth),
            reporter,
            resumes,
            actor: None,
            in_hand: None,
            tasks: Vec::new(),
            waits: VecDeque::new(),
            polled: None,
            holding: false,
            halting: false,
            plain_first: false,
            ended: false,
        }
    }

    /// Builds the actor and runs its start hook.
    fn start(&mut self, birth: Birth) -> Result<(), Exit> {
        let (args, ctx, slot) = (&self.args, &mut self.ctx, &mut self.actor);
        let started = catch(|| {
            ctx.doing(Doing::Hook("create"));
            let actor = slot.insert(<A as Component>::create(args, birth, ctx)?);
            ctx.doing(Doing::Hook("started"));
            // A stop asked for during `create` must not be forgotten.
            if ctx.state() == ActorState::Started {
                ctx.set_state(ActorState::Running);
            }
            actor.started(ctx);
            Ok(())
        });
        self.ctx.done();
        let text = match started {
            Ok(Ok(())) => {
                self.reporter.up();
                return Ok(());
            }
            Ok(Err(error)) => super::StartError::to_string(&error),
            Err(caught) => return Err(self.panicked(caught)),
        };
        Err(Exit::Failed(Arc::new(Fault {
            text,
            location: None,
            during: self.ctx.during(),
        })))
    }

    /// Passes the supervisor's stop order on to the actor, once.
    fn halt(&mut self) -> Result<(), Exit> {
        self.halting = true;
        let (actor, ctx) = (&mut self.actor, &mut self.ctx);
        let halted = catch(|| {
            ctx.doing(Doing::Hook("halt"));
            if let Some(actor) = actor {
                A::halt(actor, ctx);
            }
        });
        self.ctx.done();
        halted.map_err(|caught| self.panicked(caught))
    }

    /// One poll's worth of work. May unwind.
    fn turn(&mut self, cx: &mut Context<'_>) -> Pace {
        let mut left = BUDGET;
        loop {
            self.merge();
            let n_waited = self.poll_waits(cx, left);
            left -= n_waited;
            let mut progress = n_waited > 0;
            while self.ctx.running() && left > 0 {
                let envelope = match self.next(cx) {
                    Taken::Message(envelope) => envelope,
                    Taken::Nothing => break,
                    Taken::Fenced => return Pace::Fenced,
                };
                left -= 1;
                progress = true;
                self.handle(envelope);
            }
            if self.waits.is_empty() && self.ctx.running() {
                let n_finished = self.poll_tasks(cx, left);
                left -= n_finished;
                progress |= n_finished > 0;
            }
            if !self.ctx.running() {
                return Pace::Stopping;
            }
            let fresh = !self.ctx.fresh.tasks.is_empty() || !self.ctx.fresh.waits.is_empty();
            let hosts = !self.tasks.is_empty() || !self.waits.is_empty();
            if left == 0 {
                return Pace::Yield;
            }
            // What was handled may have woken a future of the actor; without any, the queues are known to be empty.
            if !fresh && !(progress && hosts) {
                return Pace::Idle;
            }
        }
    }

    /// Takes over what user code registered in the context.
    fn merge(&mut self) {
        let fresh = &mut self.ctx.fresh;
        if !fresh.cancelled.is_empty() {
            let cancelled = std::mem::take(&mut fresh.cancelled);
            self.tasks.retain(|task| !cancelled.contains(&task.handle));
            fresh.tasks.retain(|task| !cancelled.contains(&task.handle));
        }
        self.tasks.append(&mut fresh.tasks);
        if !fresh.waits.is_empty() {
            self.waits.extend(fresh.waits.drain(..));
        }
        self.ctx.n_waits = self.waits.len();
        if !self.holding && !self.waits.is_empty() {
            self.holding = true;
            self.ctx.life().hold(self.ctx.now());
        }
    }

    /// The next message, most urgent first. Plain addresses count as Normal and take turns with that lane.
    fn next(&mut self, cx: &mut Context<'_>) -> Taken<Envelope<A>> {
        let (lanes, me, now) = (self.seat.lanes(), self.incarnation, self.ctx.now());
        if !self.waits.is_empty() {
            return lanes.take(me, Lane::Control, Lane::Control, now);
        }
        if !self.seat.plain_is_wanted() {
            return lanes.take(me, Lane::Control, Lane::Bulk, now);
        }
        self.plain_first = !self.plain_first;
        let before_plain = if self.plain_first { Lane::High } else { Lane::Normal };
        match lanes.take(me, Lane::Control, before_plain, now) {
            Taken::Nothing => {}
            taken => return taken,
        }
        match self.seat.next_plain(me, cx) {
            Some(envelope) => Taken::Message(envelope),
            None => lanes.take(me, Lane::Normal, Lane::Bulk, now),
        }
    }

    fn handle(&mut self, envelope: Envelope<A>) {
        let Some(actor) = &mut self.actor else { return };
        self.in_hand.insert(envelope).handle(actor, &mut self.ctx);
        self.in_hand = None;
        self.ctx.done_message();
        self.merge();
    }

    /// Polls the waits in the order they came, until one is not ready; returns how many finished, `limit` at most.
    fn poll_waits(&mut self, cx: &mut Context<'_>, limit: usize) -> usize {
        let mut n_finished = 0;
        while self.ctx.running()
            && n_finished < limit
            && let (Some(actor), Some(wait)) = (&mut self.actor, self.waits.front_mut())
        {
            self.polled = Some(Polled::FirstWait);
            self.ctx.doing(Doing::Future(wait.origin));
            let ctx = &mut self.ctx;
            let polled = (self.seat.node()).while_holding(|| wait.future.as_mut().poll(actor, ctx, cx));
            self.polled = None;
            self.ctx.done();
            if polled.is_pending() {
                break;
            }
            n_finished += 1;
            self.waits.pop_front();
            self.let_go();
            self.merge();
        }
        n_finished
    }

    /// A wait is over: the mailbox is free, or the next wait begins to hold it.
    fn let_go(&mut self) {
        self.holding = false;
        self.ctx.life().release();
    }

    /// Polls the spawned futures once each; returns how many finished, `limit` at most.
    fn poll_tasks(&mut self, cx: &mut Context<'_>, limit: usize) -> usize {
        let (mut n_finished, mut i) = (0, 0);
        while self.ctx.running()
            && n_finished < limit
            && let (Some(actor), Some(task)) = (&mut self.actor, self.tasks.get_mut(i))
        {
            self.polled = Some(Polled::Task(i));
            self.ctx.doing(Doing::Future(task.origin));
            let polled = task.future.as_mut().poll(actor, &mut self.ctx, cx);
            self.polled = None;
            self.ctx.done();
            if polled.is_ready() {
                drop(self.tasks.swap_remove(i));
                n_finished += 1;
            } else {
                i += 1;
            }
        }
        n_finished
    }

    /// The actor stopped: runs its stop hooks. None if it changed its mind, which a supervisor's order does not allow.
    fn stop(&mut self) -> Option<Exit> {
        let (actor, ctx, halting) = (&mut self.actor, &mut self.ctx, self.halting);
        let stopped = catch(|| {
            let Some(actor) = actor else { return true };
            ctx.doing(Doing::Hook("stopping"));
            if ctx.state() == ActorState::Stopping && actor.stopping(ctx) == Running::Continue && !halting {
                return false;
            }
            ctx.set_state(ActorState::Stopped);
            ctx.doing(Doing::Hook("stopped"));
            actor.stopped(ctx);
            true
        });
        self.ctx.done();
        match stopped {
            Ok(true) if halting => Some(self.ctx.reason().unwrap_or(Exit::Shutdown)),
            Ok(true) => Some(self.ctx.reason().unwrap_or(Exit::Normal)),
            Ok(false) => {
                self.ctx.reason();
                self.ctx.set_state(ActorState::Running);
                None
            }
            Err(caught) => Some(self.panicked(caught)),
        }
    }

    fn panicked(&self, caught: Caught) -> Exit {
        let Caught { text, location } = caught;
        Exit::Panicked(Arc::new(Fault {
            text,
            location,
            during: self.ctx.during(),
        }))
    }

    /// Code of the actor panicked: the exit, or nothing if its specification has it go on. The message in hand is lost and a
    /// future that panicked is thrown away, for it must not be polled again.
    fn after_panic(&mut self, caught: Caught) -> Result<(), Exit> {
        let exit = self.panicked(caught);
        if !self.resumes.as_ref().is_some_and(|resumes| resumes(&exit)) {
            return Err(exit);
        }
        let name = self.seat.name();
        census::ended(self.seat.id(), self.incarnation, &exit);
        log::error!("{name} #{} {exit}; it goes on as it is", self.incarnation);
        self.ctx.done();
        dead::excused(self.in_hand.take(), &exit, |parcel| dispose(name, parcel));
        match self.polled.take() {
            Some(Polled::FirstWait) => {
                dispose(name, self.waits.pop_front());
                self.let_go();
            }
            Some(Polled::Task(i)) if i < self.tasks.len() => dispose(name, self.tasks.swap_remove(i)),
            Some(Polled::Task(_)) | None => {}
        }
        self.seat.vitals().resumed();
        self.reporter.resumed(exit);
        Ok(())
    }

    /// Records the end, drops everything of this incarnation piece by piece, then reports.
    fn end(&mut self, exit: Exit) {
        self.ended = true;
        census::ended(self.seat.id(), self.incarnation, &exit);
        let (name, life) = (self.seat.name().clone(), self.ctx.life().clone());
        let known = life.exit().is_some();
        if exit.abnormal() && exit != Exit::Killed && !known {
            log::error!("{name} #{} {exit}", self.incarnation);
        }
        // Before any pending answer is dropped, so that its asker finds the reason.
        life.end(&exit);
        life.idle();
        let waits = std::mem::take(&mut self.waits)
            .into_iter()
            .chain(self.ctx.fresh.waits.drain(..));
        let tasks = std::mem::take(&mut self.tasks)
            .into_iter()
            .chain(self.ctx.fresh.tasks.drain(..));
        for task in waits.chain(tasks) {
            dispose(&name, task);
        }
        dispose(&name, self.in_hand.take());
        dispose(&name, self.actor.take());
        life.buried();
        self.seat.ended(&life, self.incarnation, &exit);
        self.reporter.down(exit);
    }

    /// Works until there is nothing to do; the exit if this incarnation is over.
    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Exit> {
        self.ctx.tick();
        loop {
            match (self.seat.lanes().door(self.incarnation), self.birth.take()) {
                (Door::Fenced, _) => return Err(self.fenced()),
                (Door::StopOrdered, Some(_)) => return Err(Exit::Shutdown),
                (Door::Open, Some(birth)) => {
                    self.seat.lanes().settle(self.incarnation);
                    self.start(birth)?;
                    continue;
                }
                (Door::StopOrdered, None) if !self.halting => self.halt()?,
                (Door::StopOrdered | Door::Open, None) => {}
            }
            let turned = catch(|| self.turn(cx));
            self.ctx.close_group();
            match turned {
                Ok(Pace::Yield) => {
                    if !self.tasks.is_empty() || !self.may_sleep(cx) {
                        // A plain wake-up would put us ahead of what other threads sent to our neighbours: tokio looks at
                        // that queue only every 31st tick while the local one is not empty.
                        let _ = pin!(tokio::task::yield_now()).poll(cx);
                    }
                    return Ok(());
                }
                Ok(Pace::Idle) if self.may_sleep(cx) => return Ok(()),
                Ok(Pace::Idle) => {}
                Ok(Pace::Fenced) => return Err(self.fenced()),
                Ok(Pace::Stopping) => {
                    if let Some(exit) = self.stop() {
                        return Err(exit);
                    }
                }
                Err(caught) => self.after_panic(caught)?,
            }
        }
    }

    fn may_sleep(&self, cx: &Context<'_>) -> bool {
        let lowest = if self.waits.is_empty() {
            Lane::Bulk
        } else {
            Lane::Control
        };
        let lanes = self.seat.lanes();
        lanes.sleep(self.incarnation, lowest, self.halting, cx.waker())
    }

    /// Why this incarnation was replaced or cut off.
    fn fenced(&self) -> Exit {
        self.ctx.life().exit().cloned().unwrap_or(Exit::Killed)
    }
}

fn dispose<T>(id: &str, part: T) {
    if let Err(caught) = catch(|| drop(part)) {
        census::untidy(id, &caught.text);
        log::error!("{id} panicked in a destructor while being disposed of: {}", caught.text);
    }
}

impl<A: Component> Future for Runner<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let runner = self.get_mut();
        if runner.ended {
            return Poll::Ready(());
        }
        match runner.advance(cx) {
            Ok(()) => Poll::Pending,
            Err(exit) => {
                runner.end(exit);
                Poll::Ready(())
            }
        }
    }
}

impl<A: Component> Drop for Runner<A> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Exit::ArbiterLost);
        }
        census::gone(self.seat.id(), self.incarnation);
    }
}
