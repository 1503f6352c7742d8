//! The future that hosts one incarnation: it feeds the actor its messages, and turns every way to end into one report.
//!
//! Each incarnation has its own runner, so nothing of a crashed one can leak into the next but the mailbox. All user code
//! runs inside [`catch`]; hooks, disposal and the report happen outside the unwinding, because a second panic there would
//! abort the process.

use super::{
    census,
    component::{Birth, Component},
    context::{Ctx, Doing, Task},
    exit::{Exit, Fault},
    lanes::{Door, Lane},
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

pub(crate) struct Runner<A: Component> {
    seat: Arc<Seat<A>>,
    args: A::Args,
    birth: Option<Birth>,
    reporter: Reporter,
    ctx: Ctx<A>,
    incarnation: u64,
    actor: Option<A>,
    in_hand: Option<Envelope<A>>,
    tasks: Vec<Task<A>>,
    waits: VecDeque<Task<A>>,
    halting: bool,
    plain_first: bool,
    ended: bool,
}

/// The runner never pins its fields in place; every future in it is boxed.
impl<A: Component> Unpin for Runner<A> {}

impl<A: Component> Runner<A> {
    /// Prepares the incarnation `birth.incarnation` of `seat`; nothing of the actor runs before the first poll.
    pub(crate) fn new(seat: Arc<Seat<A>>, args: A::Args, birth: Birth, reporter: Reporter) -> Runner<A> {
        census::born(seat.id(), birth.incarnation);
        Runner {
            ctx: Ctx::new(seat.clone(), birth.incarnation),
            incarnation: birth.incarnation,
            seat,
            args,
            birth: Some(birth),
            reporter,
            actor: None,
            in_hand: None,
            tasks: Vec::new(),
            waits: VecDeque::new(),
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

    /// One poll's worth of work; true once the actor wants to stop. May unwind.
    fn turn(&mut self, cx: &mut Context<'_>) -> bool {
        let mut left = BUDGET;
        loop {
            self.merge();
            let n_waited = self.poll_waits(cx, left);
            left -= n_waited;
            let mut progress = n_waited > 0;
            while self.ctx.running() && left > 0 {
                let Some(envelope) = self.next(cx) else { break };
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
                return true;
            }
            let more = !self.ctx.fresh.tasks.is_empty() || !self.ctx.fresh.waits.is_empty();
            if left == 0 {
                // A plain wake-up would put us ahead of what other threads sent to our neighbours: tokio looks at that
                // queue only every 31st tick while the local one is not empty.
                let _ = pin!(tokio::task::yield_now()).poll(cx);
                return false;
            }
            if !(progress || more) {
                return false;
            }
        }
    }

    /// Takes over what user code registered in the context.
    fn merge(&mut self) {
        self.waits.extend(self.ctx.fresh.waits.drain(..));
        self.ctx.n_waits = self.waits.len();
        self.tasks.append(&mut self.ctx.fresh.tasks);
        for handle in std::mem::take(&mut self.ctx.fresh.cancelled) {
            self.tasks.retain(|task| task.handle != handle);
        }
    }

    /// The next message, most urgent first. Plain addresses count as Normal and take turns with that lane.
    fn next(&mut self, cx: &mut Context<'_>) -> Option<Envelope<A>> {
        let (seat, me) = (&self.seat, self.incarnation);
        if !self.waits.is_empty() {
            return seat.lanes().pop(me, Lane::Control);
        }
        self.plain_first = !self.plain_first;
        seat.lanes()
            .pop(me, Lane::High)
            .or_else(|| {
                if self.plain_first {
                    seat.next_plain(me, cx)
                } else {
                    None
                }
            })
            .or_else(|| seat.lanes().pop(me, Lane::Normal))
            .or_else(|| seat.next_plain(me, cx))
            .or_else(|| seat.lanes().pop(me, Lane::Bulk))
    }

    fn handle(&mut self, envelope: Envelope<A>) {
        let Some(actor) = &mut self.actor else { return };
        self.in_hand.insert(envelope).handle(actor, &mut self.ctx);
        self.in_hand = None;
        self.ctx.done();
        self.merge();
    }

    /// Polls the waits in the order they came, until one is not ready; returns how many finished, `limit` at most.
    fn poll_waits(&mut self, cx: &mut Context<'_>, limit: usize) -> usize {
        let mut n_finished = 0;
        while self.ctx.running()
            && n_finished < limit
            && let (Some(actor), Some(wait)) = (&mut self.actor, self.waits.front_mut())
        {
            self.ctx.doing(Doing::Future(wait.origin));
            let polled = wait.future.as_mut().poll(actor, &mut self.ctx, cx);
            self.ctx.done();
            if polled.is_pending() {
                break;
            }
            n_finished += 1;
            self.waits.pop_front();
            self.merge();
        }
        n_finished
    }

    /// Polls the spawned futures once each; returns how many finished, `limit` at most.
    fn poll_tasks(&mut self, cx: &mut Context<'_>, limit: usize) -> usize {
        let (mut n_finished, mut i) = (0, 0);
        while self.ctx.running()
            && n_finished < limit
            && let (Some(actor), Some(task)) = (&mut self.actor, self.tasks.get_mut(i))
        {
            self.ctx.doing(Doing::Future(task.origin));
            let polled = task.future.as_mut().poll(actor, &mut self.ctx, cx);
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

    /// Records the end, drops everything of this incarnation piece by piece, then reports.
    fn end(&mut self, exit: Exit) {
        self.ended = true;
        let id = self.seat.id();
        census::ended(id, self.incarnation, &exit);
        if exit.abnormal() && exit != Exit::Killed {
            log::error!("{id} #{} {exit}", self.incarnation);
        }
        // Before any pending answer is dropped, so that its asker finds the reason.
        self.ctx.life().end(&exit);
        self.ctx.done();
        let waits = std::mem::take(&mut self.waits)
            .into_iter()
            .chain(self.ctx.fresh.waits.drain(..));
        let tasks = std::mem::take(&mut self.tasks)
            .into_iter()
            .chain(self.ctx.fresh.tasks.drain(..));
        for task in waits.chain(tasks) {
            dispose(id, task);
        }
        dispose(id, self.in_hand.take());
        dispose(id, self.actor.take());
        self.reporter.down(exit);
    }

    /// Works until there is nothing to do; the exit if this incarnation is over.
    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Exit> {
        loop {
            let door = self.seat.lanes().door(self.incarnation, cx.waker());
            match (door, self.birth.take()) {
                (Door::Fenced, _) => return Err(Exit::Killed),
                (Door::StopOrdered, Some(_)) => return Err(Exit::Shutdown),
                (Door::Open, Some(birth)) => {
                    self.start(birth)?;
                    continue;
                }
                (Door::StopOrdered, None) if !self.halting => self.halt()?,
                (Door::StopOrdered | Door::Open, None) => {}
            }
            match catch(|| self.turn(cx)) {
                Ok(false) => return Ok(()),
                Ok(true) => {
                    if let Some(exit) = self.stop() {
                        return Err(exit);
                    }
                }
                Err(caught) => return Err(self.panicked(caught)),
            }
        }
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
