//! What is measured: one actor that adds numbers up, the same for every library, and what each needs to start it.

use actix::{Actor, Addr, Handler, Message};
use huddle::{
    actor::{ActorRef, Birth, Component, Ctx, How, Lane, LaneBounds, StartError},
    supervision::{Backoff, ChildSpec, Root, SupervisorSpec},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// One library's way to run the adding actor. Dropping the last clone ends the actor.
pub trait Subject: Clone + Send + 'static {
    /// Starts the actor on the current arbiter.
    fn start() -> impl Future<Output = Self>;
    /// Adds `n` without waiting for an answer; waits only if the library pushes back.
    fn tell(&self, n: u64) -> impl Future<Output = ()>;
    /// Adds `n` and answers the sum.
    fn ask(&self, n: u64) -> impl Future<Output = u64>;
}

/// Adds a number to the sum; the answer is the sum.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Add(pub u64);

/// Blocks the actor's thread for so long.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Block(pub Duration);

/// Ends the incarnation by a panic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Crash;

/// The actor on huddle's context.
pub struct Adder(u64);

impl Actor for Adder {
    type Context = Ctx<Adder>;
}

impl Component for Adder {
    type Args = ();

    fn create(_args: &(), _birth: Birth, _ctx: &mut Ctx<Adder>) -> Result<Adder, StartError> {
        Ok(Adder(0))
    }
}

impl Handler<Add> for Adder {
    type Result = u64;

    fn handle(&mut self, add: Add, _ctx: &mut Ctx<Adder>) -> u64 {
        self.0 += add.0;
        self.0
    }
}

impl Handler<Crash> for Adder {
    type Result = ();

    fn handle(&mut self, _crash: Crash, _ctx: &mut Ctx<Adder>) {
        panic!("as ordered");
    }
}

impl Handler<Block> for Adder {
    type Result = ();

    fn handle(&mut self, block: Block, _ctx: &mut Ctx<Adder>) {
        std::thread::sleep(block.0);
    }
}

/// An ask that only a bug can let run out.
pub fn soon() -> How {
    How::within(Duration::from_secs(60))
}

/// Lanes above what 64 senders have on their way together, so that the price of a message is measured and not that of a
/// refusal. The peers' mailboxes are unbounded, but for kameo's default one.
pub const WIDE: LaneBounds = LaneBounds {
    control: 4096,
    high: 1024,
    normal: 65_536,
    bulk: 256,
};

/// A supervised adder and the handle to it, its supervisor on the current arbiter. It is restarted at once however often it
/// crashes; `with` says what is special about it.
pub fn adder(with: impl FnOnce(ChildSpec) -> ChildSpec) -> (Root, ActorRef<Adder>) {
    let (spec, adder) = ChildSpec::of::<Adder>("adder", ());
    let spec = with(spec.lanes(WIDE).backoff(Backoff::constant(Duration::ZERO)));
    let spec = SupervisorSpec::new(vec![spec]).intensity(1_000_000, Duration::from_secs(1));
    (Root::start(spec), adder)
}

/// Huddle's handle to a supervised actor, with its vitals timed or not.
#[derive(Clone)]
pub struct Huddle<const TIMED: bool> {
    adder: ActorRef<Adder>,
    _root: Arc<Root>,
}

impl<const TIMED: bool> Subject for Huddle<TIMED> {
    async fn start() -> Self {
        let (root, adder) = adder(|spec| if TIMED { spec } else { spec.untimed() });
        Huddle {
            adder,
            _root: Arc::new(root),
        }
    }

    async fn tell(&self, n: u64) {
        let mut add = Add(n);
        while let Err(rejected) = self.adder.tell(add, Lane::Normal) {
            add = rejected.message;
            tokio::task::yield_now().await;
        }
    }

    async fn ask(&self, n: u64) -> u64 {
        self.adder.ask(Add(n), soon()).await.expect("the adder answers")
    }
}

/// The actor on actix's own context.
pub struct Stock(u64);

impl Actor for Stock {
    type Context = actix::Context<Stock>;

    fn started(&mut self, ctx: &mut actix::Context<Stock>) {
        ctx.set_mailbox_capacity(WIDE.normal);
    }
}

impl Handler<Add> for Stock {
    type Result = u64;

    fn handle(&mut self, add: Add, _ctx: &mut actix::Context<Stock>) -> u64 {
        self.0 += add.0;
        self.0
    }
}

impl Subject for Addr<Stock> {
    async fn start() -> Addr<Stock> {
        Stock(0).start()
    }

    async fn tell(&self, n: u64) {
        self.do_send(Add(n));
    }

    async fn ask(&self, n: u64) -> u64 {
        self.send(Add(n)).await.expect("the adder answers")
    }
}

/// The least an actor can be: a task at the end of a channel.
#[derive(Clone)]
pub struct Bare(mpsc::UnboundedSender<(u64, Option<oneshot::Sender<u64>>)>);

impl Subject for Bare {
    async fn start() -> Bare {
        let (send, mut receive) = mpsc::unbounded_channel::<(u64, Option<oneshot::Sender<u64>>)>();
        actix_rt::spawn(async move {
            let mut sum = 0;
            while let Some((n, reply)) = receive.recv().await {
                sum += n;
                if let Some(reply) = reply {
                    // An asker that went away needs no answer.
                    let _ = reply.send(sum);
                }
            }
        });
        Bare(send)
    }

    async fn tell(&self, n: u64) {
        self.0.send((n, None)).expect("the task runs");
    }

    async fn ask(&self, n: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.0.send((n, Some(reply))).expect("the task runs");
        answer.await.expect("the task answers")
    }
}
