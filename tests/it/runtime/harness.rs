//! What all runtime tests share: a log of what happened, and one actor for every trouble.
//!
//! Time advances only when nothing else can happen, so a test that naps for a minute ends at once, and always alike.

use actix::{
    Actor, ActorContext as _, AsyncContext as _, AtomicResponse, Handler, Message, MessageResult,
    ResponseActFuture, Running, WrapFuture as _, fut::ActorFutureExt as _,
};
use huddle::{
    actor::{ActorRef, Birth, Component, Ctx, How, Lane, StartError},
    supervision::{Backoff, ChildSpec, Root},
    world::World,
};
use parking_lot::Mutex;
use std::{fmt::Display, sync::Arc, thread::ThreadId, time::Duration};

/// Runs `test` in a world; none of these tests draws from its seed.
pub fn run<T>(test: impl AsyncFnOnce(&World) -> T) -> T {
    World::run(0, test)
}

/// Lets everything that is due within `ms` virtual milliseconds happen.
pub async fn nap(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub const MINUTE: Duration = Duration::from_secs(60);

/// An ask that only a bug can let run out.
pub fn soon() -> How {
    How::within(MINUTE)
}

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn note(&self, what: impl Display) {
        self.0.lock().push(what.to_string());
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }
}

/// Where an incarnation gets into trouble by itself.
#[derive(Clone, Copy, PartialEq)]
pub enum Trouble {
    None,
    RefusesToStart,
    PanicsInCreate,
    PanicsInStarted,
    PanicsInStopped,
    NeverStops,
    ChangesItsMind,
}

#[derive(Clone)]
pub struct Plan {
    pub log: Log,
    /// The trouble of each incarnation; the last one holds for all later ones.
    pub troubles: Vec<Trouble>,
}

/// The actor of these tests: a counter that fails on request.
pub struct Probe {
    id: String,
    plan: Plan,
    trouble: Trouble,
    incarnation: u64,
    count: u64,
}

/// A permanent probe without backoff jitter: down for 10 ms after each fault.
pub fn probe(id: &str, log: &Log, troubles: &[Trouble]) -> (ChildSpec, ActorRef<Probe>) {
    let plan = Plan {
        log: log.clone(),
        troubles: troubles.to_vec(),
    };
    let (spec, probe) = ChildSpec::of::<Probe>(id, plan);
    (spec.backoff(Backoff::constant(ms(10))), probe)
}

/// A tree of one healthy probe.
pub fn alone(log: &Log, troubles: &[Trouble]) -> (Root, ActorRef<Probe>) {
    let (spec, probe) = probe("probe", log, troubles);
    (Root::start(vec![spec]), probe)
}

impl Actor for Probe {
    type Context = Ctx<Probe>;

    fn started(&mut self, _: &mut Ctx<Probe>) {
        assert!(self.trouble != Trouble::PanicsInStarted, "in started");
        self.plan.log.note(format!("start {}", self.id));
    }

    fn stopping(&mut self, _: &mut Ctx<Probe>) -> Running {
        if self.trouble == Trouble::ChangesItsMind {
            Running::Continue
        } else {
            Running::Stop
        }
    }

    fn stopped(&mut self, _: &mut Ctx<Probe>) {
        assert!(!std::thread::panicking(), "a stop hook must never run while unwinding");
        assert!(self.trouble != Trouble::PanicsInStopped, "in stopped");
        self.plan.log.note(format!("stop {}", self.id));
    }
}

impl Component for Probe {
    type Args = Plan;

    fn create(plan: &Plan, birth: Birth, ctx: &mut Ctx<Probe>) -> Result<Probe, StartError> {
        let nth = usize::try_from(birth.incarnation - 1).unwrap();
        let trouble = plan
            .troubles
            .get(nth)
            .or(plan.troubles.last())
            .copied()
            .unwrap_or(Trouble::None);
        assert!(trouble != Trouble::PanicsInCreate, "in create");
        if trouble == Trouble::RefusesToStart {
            return Err(StartError::because("no key"));
        }
        let (id, incarnation) = (ctx.id().to_owned(), birth.incarnation);
        Ok(Probe {
            id,
            plan: plan.clone(),
            trouble,
            incarnation,
            count: 0,
        })
    }

    fn halt(&mut self, ctx: &mut Ctx<Probe>) {
        if self.trouble != Trouble::NeverStops {
            ctx.stop();
        }
    }
}

/// Counts, and answers with the incarnation and its count.
#[derive(Message)]
#[rtype(result = "(u64, u64)")]
pub struct Add;

impl Handler<Add> for Probe {
    type Result = MessageResult<Add>;
    fn handle(&mut self, _: Add, _: &mut Ctx<Probe>) -> MessageResult<Add> {
        self.count += 1;
        MessageResult((self.incarnation, self.count))
    }
}

/// Writes its text into the log.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Note(pub String);

impl Handler<Note> for Probe {
    type Result = ();
    fn handle(&mut self, Note(text): Note, _: &mut Ctx<Probe>) {
        self.plan.log.note(text);
    }
}

/// Something that goes wrong on request.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
pub enum Break {
    Panic,
    /// With a payload that is not text.
    PanicOddly,
    /// In a future, after 5 ms.
    InFuture,
    /// In the third tick of an interval of 5 ms.
    InInterval,
    /// Gives up with a reason.
    Fail,
    /// Stops of its own accord.
    Stop,
    /// In a handler, holding a future whose destructor panics as well.
    Spitefully,
    /// Nothing breaks: notes a tick every minute.
    EveryMinute,
}

impl Handler<Break> for Probe {
    type Result = ();
    fn handle(&mut self, order: Break, ctx: &mut Ctx<Probe>) {
        match order {
            Break::Panic => panic!("as ordered"),
            Break::PanicOddly => std::panic::panic_any(7_u8),
            Break::InFuture => {
                ctx.spawn(nap(5).into_actor(self).map(|(), _, _| panic!("in a future")));
            }
            Break::InInterval => {
                let mut n = 0;
                ctx.run_interval(ms(5), move |_, _| {
                    n += 1;
                    assert!(n < 3, "in an interval");
                });
            }
            Break::Fail => ctx.fail("out of paper"),
            Break::Stop => ctx.stop(),
            Break::Spitefully => {
                let spite = Spite;
                ctx.spawn(nap(1).into_actor(self).map(move |(), _, _| drop(spite)));
                panic!("as ordered");
            }
            Break::EveryMinute => {
                ctx.run_interval(MINUTE, |probe, _| probe.plan.log.note("tick"));
            }
        }
    }
}

/// Panics when it is dropped.
struct Spite;

impl Drop for Spite {
    fn drop(&mut self) {
        panic!("out of spite");
    }
}

/// Holds the mailbox for some virtual milliseconds, then answers.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Hold(pub u64);

impl Handler<Hold> for Probe {
    type Result = AtomicResponse<Probe, ()>;
    fn handle(&mut self, Hold(ms): Hold, _: &mut Ctx<Probe>) -> AtomicResponse<Probe, ()> {
        AtomicResponse::new(Box::pin(nap(ms).into_actor(self)))
    }
}

/// Answers after some virtual milliseconds, and handles other messages meanwhile.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Slow(pub u64);

impl Handler<Slow> for Probe {
    type Result = ResponseActFuture<Probe, u64>;
    fn handle(&mut self, Slow(ms): Slow, _: &mut Ctx<Probe>) -> ResponseActFuture<Probe, u64> {
        Box::pin(nap(ms).into_actor(self).map(|(), probe, _| probe.count))
    }
}

/// Sends `Note` to itself through a plain actix address.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Echo(pub String);

impl Handler<Echo> for Probe {
    type Result = ();
    fn handle(&mut self, Echo(text): Echo, ctx: &mut Ctx<Probe>) {
        ctx.address().recipient().do_send(Note(text));
    }
}

/// Ends the thread it runs on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoseArbiter;

impl Handler<LoseArbiter> for Probe {
    type Result = ();
    fn handle(&mut self, _: LoseArbiter, _: &mut Ctx<Probe>) {
        actix::Arbiter::current().stop();
    }
}

/// Answers with the thread it runs on.
#[derive(Message)]
#[rtype(result = "ThreadId")]
pub struct Where;

impl Handler<Where> for Probe {
    type Result = MessageResult<Where>;
    fn handle(&mut self, _: Where, _: &mut Ctx<Probe>) -> MessageResult<Where> {
        MessageResult(std::thread::current().id())
    }
}

/// Asks on the Control lane.
pub fn control() -> How {
    soon().on(Lane::Control)
}
