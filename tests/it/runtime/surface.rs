//! What people who know actix expect of a context, each asserted on ours.

use super::harness::{Log, MINUTE, control, ms, nap, run, soon};
use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, ActorResponse, ActorState, AsyncContext as _, AtomicResponse,
    Handler, MailboxError, Message, MessageResult, Recipient, Response, ResponseActFuture, ResponseFuture,
    Running, SpawnHandle, StreamHandler, WeakAddr, WrapFuture as _, dev::MessageResponse, fut::wrap_stream,
};
use actix::{WrapStream as _, fut::ActorStreamExt as _};
use futures_util::{StreamExt as _, stream};
use huddle::{
    actor::{ActorRef, AskError, Birth, Component, Ctx, Exit, Lane, Loss, StartError},
    clock::uptime,
    supervision::{Backoff, ChildSpec, Restart, Root},
    world::World,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

/// An actor that does whatever it is told to do with its context.
struct Desk {
    log: Log,
    n_refusals: usize,
    n_marks: u64,
}

#[derive(Clone)]
struct Plan {
    log: Log,
    /// How often it refuses to stop by its own `ctx.stop()`.
    n_refusals: usize,
    /// Where `started` puts the actor's plain address.
    shelf: Arc<Mutex<Option<WeakAddr<Desk>>>>,
}

impl Actor for Desk {
    type Context = Ctx<Desk>;

    fn started(&mut self, ctx: &mut Ctx<Desk>) {
        self.log.note(format!("started {:?}", ctx.state()));
        ctx.address().recipient().do_send(Mark("from started"));
    }

    fn stopping(&mut self, ctx: &mut Ctx<Desk>) -> Running {
        self.log.note(format!("stopping {:?}", ctx.state()));
        if self.n_refusals == 0 {
            return Running::Stop;
        }
        self.n_refusals -= 1;
        Running::Continue
    }

    fn stopped(&mut self, ctx: &mut Ctx<Desk>) {
        self.log.note(format!("stopped {:?}", ctx.state()));
    }
}

impl Component for Desk {
    type Args = Plan;

    fn create(plan: &Plan, _: Birth, ctx: &mut Ctx<Desk>) -> Result<Desk, StartError> {
        plan.shelf.lock().replace(ctx.address().downgrade());
        Ok(Desk {
            log: plan.log.clone(),
            n_refusals: plan.n_refusals,
            n_marks: 0,
        })
    }
}

/// Runs this inside the actor.
#[derive(Message)]
#[rtype(result = "()")]
struct Do(Box<Work>);

type Work = dyn FnOnce(&mut Desk, &mut Ctx<Desk>) + Send;

impl Handler<Do> for Desk {
    type Result = ();
    fn handle(&mut self, Do(work): Do, ctx: &mut Ctx<Desk>) {
        work(self, ctx);
    }
}

fn inside(work: impl FnOnce(&mut Desk, &mut Ctx<Desk>) + Send + 'static) -> Do {
    Do(Box::new(work))
}

/// Notes its text, and answers with how many there were.
#[derive(Debug, Message)]
#[rtype(result = "u64")]
struct Mark(&'static str);

impl Handler<Mark> for Desk {
    type Result = u64;
    fn handle(&mut self, Mark(text): Mark, _: &mut Ctx<Desk>) -> u64 {
        self.log.note(text);
        self.n_marks += 1;
        self.n_marks
    }
}

impl StreamHandler<u32> for Desk {
    fn started(&mut self, _: &mut Ctx<Desk>) {
        self.log.note("stream begins");
    }

    fn handle(&mut self, item: u32, ctx: &mut Ctx<Desk>) {
        assert!(item != 13, "the thirteenth item");
        self.log.note(item);
        if item == 7 {
            ctx.wait(nap(20).into_actor(self));
        }
    }

    fn finished(&mut self, _: &mut Ctx<Desk>) {
        self.log.note("stream ends");
    }
}

fn numbers(stream: impl futures_util::Stream<Item = u32> + 'static, ctx: &mut Ctx<Desk>) -> SpawnHandle {
    <Desk as StreamHandler<u32>>::add_stream(stream, ctx)
}

/// The default end of a stream stops the actor.
impl StreamHandler<char> for Desk {
    fn handle(&mut self, item: char, _: &mut Ctx<Desk>) {
        self.log.note(item);
    }
}

/// An answer of each kind that actix knows, worth its number.
macro_rules! answer {
    ($message:ident, $result:ty, $handler:ty, |$desk:ident, $ctx:ident| $how:expr) => {
        struct $message;

        impl Message for $message {
            type Result = $result;
        }

        impl Handler<$message> for Desk {
            type Result = $handler;
            fn handle(&mut self, _: $message, $ctx: &mut Ctx<Desk>) -> $handler {
                let $desk = self;
                $how
            }
        }
    };
}

answer!(Plain, Result<u64, String>, Result<u64, String>, |_desk, _ctx| Err("two".to_owned()));
answer!(Wrapped, (u64, Arc<str>), MessageResult<Wrapped>, |_desk, _ctx| {
    MessageResult((3, "three".into()))
});
answer!(InFuture, u64, ResponseFuture<u64>, |_desk, _ctx| Box::pin(async {
    nap(10).await;
    4
}));
answer!(InActorFuture, u64, ResponseActFuture<Desk, u64>, |desk, _ctx| {
    Box::pin(nap(10).into_actor(desk).map(|(), desk: &mut Desk, _| desk.n_marks))
});
answer!(Atomic, u64, AtomicResponse<Desk, u64>, |desk, _ctx| {
    AtomicResponse::new(Box::pin(nap(10).into_actor(desk).map(|(), desk: &mut Desk, _| desk.n_marks)))
});
answer!(Either, u64, Response<u64>, |desk, _ctx| {
    if desk.n_marks.is_multiple_of(2) {
        Response::reply(7)
    } else {
        Response::fut(async { 8 })
    }
});
answer!(ActorEither, u64, ActorResponse<Desk, u64>, |desk, _ctx| {
    let later = nap(5).into_actor(desk).map(|(), desk: &mut Desk, _| desk.n_marks + 100);
    ActorResponse::r#async(later)
});
answer!(Optional, Option<u64>, Option<u64>, |_desk, _ctx| Some(9));

fn desk(world: &World, log: &Log, n_refusals: usize) -> (std::rc::Rc<Root>, ActorRef<Desk>, Plan) {
    let plan = Plan {
        log: log.clone(),
        n_refusals,
        shelf: Arc::default(),
    };
    let (spec, desk) = ChildSpec::of::<Desk>("desk", plan.clone());
    let spec = spec.backoff(Backoff::constant(ms(10))).restart(Restart::Transient);
    (world.start(vec![spec]), desk, plan)
}

/// What is noted after the desk did `work` and `time_ms` went by.
fn noted(time_ms: u64, work: impl FnOnce(&mut Desk, &mut Ctx<Desk>) + Send + 'static) -> Vec<String> {
    run(async |world| {
        let log = Log::default();
        let (_, desk, _) = desk(world, &log, 0);
        nap(1).await;
        assert_eq!(log.take(), ["started Running", "from started"]);
        desk.tell(inside(work), Lane::Normal).unwrap();
        nap(time_ms).await;
        log.take()
    })
}

#[test]
fn timers() {
    let heard = noted(100, |_, ctx| {
        ctx.run_later(ms(30), |desk, _| desk.log.note("later"));
        let ticking = ctx.run_interval(ms(20), |desk, _| desk.log.note("tick"));
        ctx.run_later(ms(70), move |_, ctx| assert!(ctx.cancel_future(ticking)));
    });
    assert_eq!(heard, ["tick", "later", "tick", "tick"]);
}

#[test]
fn notes_to_oneself() {
    let heard = noted(50, |desk, ctx| {
        ctx.notify_later(Mark("late"), ms(30));
        let cancelled = ctx.notify_later(Mark("never"), ms(10));
        ctx.notify(Mark("notified"));
        desk.log.note("first the handler ends");
        ctx.cancel_future(cancelled);
    });
    assert_eq!(heard, ["first the handler ends", "notified", "late"]);
}

#[test]
fn spawned_futures_run_beside_messages_and_waits_before_them() {
    let heard = noted(100, |desk, ctx| {
        ctx.notify(Mark("between"));
        ctx.spawn(nap(20).into_actor(desk).map(|(), desk, _| desk.log.note("spawned")));
        let gone = ctx.spawn(nap(20).into_actor(desk).map(|(), desk, _| desk.log.note("cancelled")));
        ctx.cancel_future(gone);
        ctx.wait(nap(10).into_actor(desk).map(|(), desk, ctx| {
            desk.log.note("waited");
            ctx.spawn(nap(30).into_actor(desk).map(|(), desk, _| desk.log.note("nested")));
        }));
        assert!(ctx.waiting());
    });
    assert_eq!(heard, ["waited", "between", "spawned", "nested"]);
}

#[test]
fn futures_borrow_the_actor_when_they_end() {
    let heard = noted(100, |desk, ctx| {
        let asked = async { 5_u64 }.into_actor(desk);
        let counted = asked.then(|n, desk: &mut Desk, _| {
            desk.n_marks += n;
            nap(5)
                .into_actor(desk)
                .map(move |(), desk: &mut Desk, _| desk.n_marks + n)
        });
        ctx.spawn(counted.map(|sum, desk, _| desk.log.note(sum)));
        let slow = nap(1000).into_actor(desk).timeout(ms(20));
        ctx.spawn(slow.map(|done, desk, _| desk.log.note(format!("{done:?}"))));
        let numbers = stream::iter([1, 2, 3]).into_actor(desk);
        ctx.spawn(numbers.map(|n, desk: &mut Desk, _| desk.log.note(n)).finish());
        let doubled = wrap_stream::<_, Desk>(stream::iter([4]));
        ctx.spawn(
            doubled
                .fold(0, |sum, n, _, _| actix::fut::ready(sum + n))
                .map(|sum, desk, _| desk.log.note(sum)),
        );
    });
    assert_eq!(heard, ["1", "2", "3", "4", "11", "Err(())"]);
}

#[test]
fn streams_are_heard_item_by_item_and_end() {
    let heard = noted(100, |_, ctx| {
        numbers(stream::iter(5_u32..9), ctx);
        ctx.notify(Mark("a wait holds the stream as well"));
    });
    let order = [
        "stream begins",
        "5",
        "6",
        "7",
        "a wait holds the stream as well",
        "8",
        "stream ends",
    ];
    assert_eq!(heard, order);
    let long = noted(100, |_, ctx| {
        numbers(stream::iter(100_u32..1100), ctx);
    });
    assert_eq!(long.len(), 1002, "longer than a turn's budget");
    let cancelled = noted(100, |_, ctx| {
        let ticks = stream::unfold(0_u32, |n| async move {
            nap(10).await;
            Some((n, n + 1))
        });
        let handle = numbers(ticks.map(|n| n % 2), ctx);
        ctx.run_later(ms(35), move |_, ctx| {
            ctx.cancel_future(handle);
        });
    });
    assert_eq!(
        cancelled,
        ["stream begins", "0", "1", "0"],
        "no end is heard of a cancelled one"
    );
}

#[test]
fn a_stream_that_ends_stops_the_actor_unless_told_otherwise() {
    let heard = noted(10, |_, ctx| {
        <Desk as StreamHandler<char>>::add_stream(stream::iter(['a']), ctx);
    });
    assert_eq!(heard, ["a", "stopping Stopping", "stopped Stopped"]);
}

#[test]
fn message_streams_pass_through_the_handlers() {
    let heard = noted(10, |_, ctx| {
        ctx.add_message_stream(stream::iter([Mark("one"), Mark("two")]));
        ctx.notify(Mark("three"));
    });
    assert_eq!(heard, ["one", "two", "three"]);
}

#[test]
fn a_panic_in_a_stream_item_is_a_crash_like_any_other() {
    run(async |world| {
        world.expect_fault("the thirteenth item (during a future spawned by it::runtime::surface::Do");
        let log = Log::default();
        let (_, desk, _) = desk(world, &log, 0);
        let (held, apart) = (desk.ask(InActorFuture, soon()), desk.ask(InFuture, soon()));
        let start = |_: &mut Desk, ctx: &mut Ctx<Desk>| {
            numbers(stream::iter(12_u32..15), ctx);
        };
        desk.tell(inside(start), Lane::Normal).unwrap();
        match held.await {
            Err(AskError::Lost { started: true, reason }) => {
                assert!(matches!(reason, Loss::Exit(Exit::Panicked(_))))
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            apart.await,
            Ok(4),
            "actix runs a ResponseFuture beside its actor, which it may outlive"
        );
        assert_eq!(
            desk.ask(Mark("alive"), soon()).await,
            Ok(2),
            "the first was that of its start"
        );
        assert_eq!(desk.vitals().incarnation, 2);
        let heard = log.take();
        assert_eq!(heard[heard.len() - 3..], ["started Running", "from started", "alive"]);
        assert!(heard.contains(&"12".to_owned()) && !heard.contains(&"14".to_owned()));
    });
}

#[test]
fn answers_of_every_kind() {
    run(async |world| {
        let (_, desk, _) = desk(world, &Log::default(), 0);
        assert_eq!(desk.ask(Plain, soon()).await, Ok(Err("two".to_owned())));
        assert_eq!(desk.ask(Wrapped, soon()).await, Ok((3, "three".into())));
        assert_eq!(desk.ask(Optional, soon()).await, Ok(Some(9)));
        assert_eq!(desk.ask(Either, soon()).await, Ok(8));
        let start = uptime();
        let (free, act, either) = tokio::join!(
            desk.ask(InFuture, soon()),
            desk.ask(InActorFuture, soon()),
            desk.ask(ActorEither, soon())
        );
        assert_eq!((free, act, either), (Ok(4), Ok(1), Ok(101)));
        assert_eq!(uptime() - start, ms(10), "they run beside one another");
        let (atomic, mark) = tokio::join!(desk.ask(Atomic, soon()), desk.ask(Mark("after"), soon()));
        assert_eq!((atomic, mark), (Ok(1), Ok(2)), "an atomic one lets nothing in between");
        assert_eq!(desk.ask(Either, soon()).await, Ok(7));
        let urgent = tokio::join!(desk.ask(Atomic, soon()), desk.ask(Mark("control"), control()));
        assert_eq!(urgent, (Ok(3), Ok(3)), "but control");
    });
}

#[test]
fn plain_addresses_and_recipients_ask_and_tell() {
    run(async |world| {
        let log = Log::default();
        let (root, desk, plan) = desk(world, &log, 0);
        nap(1).await;
        let weak = plan.shelf.lock().clone().unwrap();
        let addr = weak.upgrade().unwrap();
        assert!(addr.connected());
        assert_eq!(addr.send(Mark("addr")).await, Ok(2));
        let recipient: Recipient<Mark> = addr.clone().recipient();
        assert_eq!(recipient.send(Mark("recipient")).await, Ok(3));
        assert_eq!(recipient.downgrade().upgrade().unwrap().send(Mark("weak")).await, Ok(4));
        let late = addr.send(InFuture).timeout(ms(5)).await;
        assert_eq!(late, Err(MailboxError::Timeout));
        // The same address reaches the next incarnation.
        world.expect_fault("on purpose");
        let broken = addr.send(inside(|_, _| panic!("on purpose")));
        let queued = addr.send(Mark("queued"));
        assert_eq!(broken.await, Err(MailboxError::Closed));
        assert_eq!(
            queued.await,
            Ok(1),
            "what was queued comes before what the new one tells itself"
        );
        assert_eq!(desk.vitals().incarnation, 2);
        drop(desk);
        let supervisor = root.supervisor().clone();
        drop(root);
        assert_eq!(supervisor.gone(), None);
        addr.send(inside(|_, ctx| ctx.stop())).await.unwrap();
        nap(1).await;
        assert!(!addr.connected() && weak.upgrade().is_none());
        assert_eq!(addr.send(Mark("gone")).await, Err(MailboxError::Closed));
    });
}

#[test]
fn an_actor_outlives_its_plain_addresses() {
    run(async |world| {
        let log = Log::default();
        let (_, desk, plan) = desk(world, &log, 0);
        nap(1).await;
        drop(plan.shelf.lock().take());
        nap(1000).await;
        assert_eq!(desk.ask(Mark("its supervisor decides"), soon()).await, Ok(2));
    });
}

#[test]
fn stop_runs_both_hooks_and_terminate_only_the_last() {
    let stopped = noted(10, |desk, ctx| {
        ctx.notify(Mark("not any more"));
        ctx.stop();
        assert_eq!(ctx.state(), ActorState::Stopping);
        desk.log.note("the handler ends");
    });
    assert_eq!(stopped, ["the handler ends", "stopping Stopping", "stopped Stopped"]);
    let terminated = noted(10, |desk, ctx| {
        ctx.terminate();
        assert_eq!(ctx.state(), ActorState::Stopped);
        desk.log.note("the handler ends");
    });
    assert_eq!(terminated, ["the handler ends", "stopped Stopped"]);
}

#[test]
fn stopping_may_continue() {
    run(async |world| {
        let log = Log::default();
        let (_, desk, _) = desk(world, &log, 1);
        let slow = desk.ask(InFuture, soon());
        desk.tell(inside(|_, ctx| ctx.stop()), Lane::Normal).unwrap();
        assert_eq!(slow.await, Ok(4), "its futures go on");
        assert_eq!(desk.ask(Mark("and so do its messages"), soon()).await, Ok(2));
        desk.ask(inside(|_, ctx| ctx.stop()), soon()).await.unwrap();
        nap(1).await;
        assert_eq!(desk.gone(), Some(Exit::Normal));
        let heard = log.take();
        assert_eq!(
            heard[2..],
            [
                "stopping Stopping",
                "and so do its messages",
                "stopping Stopping",
                "stopped Stopped"
            ]
        );
    });
}

/// A response of one's own making, as actix documents it.
struct Doubled(u64);

impl<M: Message<Result = u64>> MessageResponse<Desk, M> for Doubled {
    fn handle(self, _: &mut Ctx<Desk>, reply: Option<actix::dev::OneshotSender<u64>>) {
        if let Some(reply) = reply {
            let _ = reply.send(2 * self.0);
        }
    }
}

answer!(Twice, u64, Doubled, |desk, _ctx| Doubled(desk.n_marks));

#[test]
fn responses_of_ones_own_making() {
    run(async |world| {
        let (_, desk, _) = desk(world, &Log::default(), 0);
        nap(1).await;
        assert_eq!(desk.ask(Twice, soon()).await, Ok(2));
        let patience: Duration = MINUTE;
        assert_eq!(desk.ask(Twice, huddle::actor::How::within(patience)).await, Ok(2));
    });
}
