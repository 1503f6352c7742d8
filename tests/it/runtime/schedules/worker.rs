//! The actor of the schedules: it works, holds, fails and hangs as its letters say.

use super::{book::Book, plan::Halts};
use crate::runtime::harness::{ms, nap};
use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Handler, Message, Running, StreamHandler,
    WrapFuture as _,
    dev::{MessageResponse, OneshotSender},
    fut::{ActorFuture, wrap_future},
};
use futures_util::stream;
use huddle::actor::{Birth, Component, Ctx, Exit, StartError};
use parking_lot::Mutex;
use std::sync::Arc;

/// What every injected fault says.
pub const CHAOS: &str = "chaos";

/// Trouble that waits for the next hook of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambush {
    Create,
    Refusal,
    Started,
    Halting,
    Stopping,
    Stopped,
}

#[derive(Clone)]
pub struct WorkerArgs {
    pub book: Book,
    pub halts: Halts,
    pub ambush: Arc<Mutex<Option<Ambush>>>,
}

pub struct Worker {
    args: WorkerArgs,
    incarnation: u64,
    n_handled: u64,
}

impl WorkerArgs {
    /// Whether this trouble strikes now; it strikes once.
    fn strikes(&self, trouble: Ambush, kind: &'static str) -> bool {
        let strikes = self.ambush.lock().take_if(|waiting| *waiting == trouble).is_some();
        if strikes {
            self.book.fault(kind);
        }
        strikes
    }
}

impl Actor for Worker {
    type Context = Ctx<Worker>;

    fn started(&mut self, _: &mut Ctx<Worker>) {
        assert!(
            !self.args.strikes(Ambush::Started, "panic in started"),
            "{CHAOS} in started"
        );
    }

    fn stopping(&mut self, ctx: &mut Ctx<Worker>) -> Running {
        self.check("stopping", ctx);
        assert!(
            !self.args.strikes(Ambush::Stopping, "panic in stopping"),
            "{CHAOS} in stopping"
        );
        Running::Stop
    }

    fn stopped(&mut self, ctx: &mut Ctx<Worker>) {
        self.check("stopped", ctx);
        assert!(
            !self.args.strikes(Ambush::Stopped, "panic in stopped"),
            "{CHAOS} in stopped"
        );
    }
}

impl Component for Worker {
    type Args = WorkerArgs;

    fn create(args: &WorkerArgs, birth: Birth, ctx: &mut Ctx<Worker>) -> Result<Worker, StartError> {
        args.book.started(ctx.id(), birth.incarnation, birth.last.is_some());
        assert!(!args.strikes(Ambush::Create, "panic in create"), "{CHAOS} in create");
        if args.strikes(Ambush::Refusal, "error in create") {
            return Err(StartError::because(CHAOS));
        }
        Ok(Worker {
            args: args.clone(),
            incarnation: birth.incarnation,
            n_handled: 0,
        })
    }

    fn halt(&mut self, ctx: &mut Ctx<Worker>) {
        self.check("halt", ctx);
        assert!(!self.args.strikes(Ambush::Halting, "panic in halt"), "{CHAOS} in halt");
        match self.args.halts {
            Halts::AtOnce => ctx.stop(),
            Halts::After(time) => ctx.wait(tokio::time::sleep(time).into_actor(self).map(|(), _, ctx| ctx.stop())),
            Halts::Never => {}
        }
    }
}

impl Worker {
    /// Nobody else may be in this seat while code of this incarnation runs, and the seat must not be closed.
    fn check(&self, what: &str, ctx: &Ctx<Worker>) {
        let me = ctx.me();
        let newest = me.vitals().incarnation;
        if newest != self.incarnation || me.gone().is_some() {
            let (id, mine, gone) = (ctx.id(), self.incarnation, me.gone());
            self.args.book.wrong(format!(
                "{what} of {id} #{mine} ran in the time of #{newest}, gone: {gone:?}"
            ));
        }
    }

    fn strike(&self, kind: &'static str, ctx: &Ctx<Worker>) {
        self.check(kind, ctx);
        self.args.book.fault(kind);
    }
}

/// A letter with its number in the book.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Job {
    pub id: u64,
    pub what: What,
}

/// What a letter asks for; times are virtual milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Work,
    /// Holds the mailbox until it answers.
    Hold(u64),
    /// Answers later, handling others meanwhile.
    Slow(u64),
    Panic,
    PanicInFuture(u64),
    PanicInTimer(u64),
    PanicInStream(u64),
    PanicInWait(u64),
    Fail,
    FailLater(u64),
    Finish,
    Terminate,
    Hang,
}

/// The answer to a job: at once or after a while, with or without holding the mailbox.
pub enum Answer {
    Now(u64),
    Held(Option<u64>),
    Slow(u64),
}

impl MessageResponse<Worker, Job> for Answer {
    fn handle(self, ctx: &mut Ctx<Worker>, reply: Option<OneshotSender<u64>>) {
        let send = move |n| {
            let _ = reply.map(|reply| reply.send(n));
        };
        match self {
            Answer::Now(n) => send(n),
            Answer::Held(Some(time)) => ctx.wait(after(time, move |worker, ctx| {
                worker.check("a wait", ctx);
                send(worker.n_handled);
            })),
            Answer::Held(None) => {
                ctx.wait(wrap_future::<_, Worker>(std::future::pending()).map(move |n, _, _| send(n)))
            }
            Answer::Slow(time) => {
                ctx.spawn(after(time, move |worker, ctx| {
                    worker.check("a future", ctx);
                    send(worker.n_handled);
                }));
            }
        }
    }
}

/// Does this after some virtual milliseconds.
fn after(
    time: u64,
    work: impl FnOnce(&mut Worker, &mut Ctx<Worker>) + 'static,
) -> impl ActorFuture<Worker, Output = ()> {
    wrap_future::<_, Worker>(nap(time)).map(move |(), worker, ctx| work(worker, ctx))
}

impl Handler<Job> for Worker {
    type Result = Answer;

    fn handle(&mut self, Job { id, what }: Job, ctx: &mut Ctx<Worker>) -> Answer {
        let book = self.args.book.clone();
        book.begun(id, self.incarnation);
        book.note(format!("{} #{} {id} {what:?}", ctx.id(), self.incarnation));
        self.check("a handler", ctx);
        self.n_handled += 1;
        let answer = self.work(what, ctx);
        book.done(id);
        answer
    }
}

impl Worker {
    fn work(&mut self, what: What, ctx: &mut Ctx<Worker>) -> Answer {
        match what {
            What::Work => {}
            What::Hold(time) => return Answer::Held(Some(time)),
            What::Slow(time) => return Answer::Slow(time),
            What::Panic => {
                self.strike("panic in handler", ctx);
                panic!("{CHAOS} in a handler");
            }
            What::PanicInFuture(time) => {
                ctx.spawn(after(time, |worker, ctx| {
                    worker.strike("panic in future", ctx);
                    panic!("{CHAOS} in a future");
                }));
            }
            What::PanicInTimer(time) => {
                ctx.run_later(ms(time), |worker, ctx| {
                    worker.strike("panic in timer", ctx);
                    panic!("{CHAOS} in a timer");
                });
            }
            What::PanicInStream(n) => {
                Self::add_stream(stream::iter((0..=n).rev()), ctx);
            }
            What::PanicInWait(time) => ctx.wait(after(time, |worker, ctx| {
                worker.strike("panic in wait", ctx);
                panic!("{CHAOS} in a wait");
            })),
            What::Fail => {
                self.strike("ctx.fail", ctx);
                ctx.fail(CHAOS);
            }
            What::FailLater(time) => {
                ctx.spawn(after(time, |worker, ctx| {
                    worker.strike("ctx.fail later", ctx);
                    ctx.fail(CHAOS);
                }));
            }
            What::Finish => {
                self.strike("exit normal", ctx);
                ctx.exit(Exit::Normal);
            }
            What::Terminate => {
                self.strike("terminate", ctx);
                ctx.terminate();
            }
            What::Hang => {
                self.strike("hang", ctx);
                return Answer::Held(None);
            }
        }
        Answer::Now(self.n_handled)
    }
}

/// The last item of a stream is one too many.
impl StreamHandler<u64> for Worker {
    fn handle(&mut self, left: u64, ctx: &mut Ctx<Worker>) {
        self.check("a stream item", ctx);
        if left == 0 {
            self.strike("panic in stream", ctx);
            panic!("{CHAOS} in a stream");
        }
    }
}
