//! The adding actor in ractor and in kameo, each as its own manual writes it.

use crate::{
    idle::{Alive, Census},
    subject::Subject,
};
use kameo::{
    actor::Spawn as _,
    mailbox,
    message::{Context, Message},
};
use ractor::{ActorProcessingErr, RpcReplyPort, rpc::CallResult};
use std::sync::Arc;

/// The actor in ractor.
pub struct RactorAdder;

/// What it understands.
pub enum Order {
    /// Add without an answer.
    Tell(u64),
    /// Add and answer the sum.
    Ask(u64, RpcReplyPort<u64>),
}

impl ractor::Actor for RactorAdder {
    type Msg = Order;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _me: ractor::ActorRef<Order>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _me: ractor::ActorRef<Order>,
        order: Order,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Tell(n) => *sum += n,
            Order::Ask(n, reply) => {
                *sum += n;
                reply.send(*sum)?;
            }
        }
        Ok(())
    }
}

/// A ractor actor lives until it is stopped, whoever still holds a reference.
struct StopsRactor(ractor::ActorRef<Order>);

impl Drop for StopsRactor {
    fn drop(&mut self) {
        self.0.stop(None);
    }
}

/// Ractor's reference.
#[derive(Clone)]
pub struct Ractor {
    adder: ractor::ActorRef<Order>,
    _stops: Arc<StopsRactor>,
}

impl Subject for Ractor {
    async fn start() -> Ractor {
        let (adder, _task) = ractor::Actor::spawn(None, RactorAdder, ())
            .await
            .expect("ractor starts");
        Ractor {
            _stops: Arc::new(StopsRactor(adder.clone())),
            adder,
        }
    }

    async fn tell(&self, n: u64) {
        self.adder.cast(Order::Tell(n)).expect("the adder runs");
    }

    async fn ask(&self, n: u64) -> u64 {
        match self.adder.call(|reply| Order::Ask(n, reply), None).await {
            Ok(CallResult::Success(sum)) => sum,
            _ => panic!("the adder answers"),
        }
    }
}

/// The actor in kameo.
#[derive(kameo::Actor)]
pub struct KameoAdder(u64);

/// Its message.
pub struct Add(u64);

impl Message<Add> for KameoAdder {
    type Reply = u64;

    async fn handle(&mut self, add: Add, _ctx: &mut Context<Self, u64>) -> u64 {
        self.0 += add.0;
        self.0
    }
}

/// Kameo's reference; `BOUND` messages fit into the mailbox, any number if it is 0.
#[derive(Clone)]
pub struct Kameo<const BOUND: usize>(kameo::actor::ActorRef<KameoAdder>);

impl<const BOUND: usize> Subject for Kameo<BOUND> {
    async fn start() -> Self {
        let mailbox = if BOUND == 0 {
            mailbox::unbounded()
        } else {
            mailbox::bounded(BOUND)
        };
        Kameo(KameoAdder::spawn_with_mailbox(KameoAdder(0), mailbox))
    }

    async fn tell(&self, n: u64) {
        // Awaiting the request itself instead of `send` would box a future for each message.
        self.0.tell(Add(n)).send().await.expect("the adder runs");
    }

    async fn ask(&self, n: u64) -> u64 {
        self.0.ask(Add(n)).send().await.expect("the adder answers")
    }
}

/// A ractor actor that does nothing.
pub struct RactorIdle;

impl ractor::Actor for RactorIdle {
    type Msg = Order;
    type State = Alive;
    type Arguments = Census;

    async fn pre_start(&self, _me: ractor::ActorRef<Order>, census: Census) -> Result<Alive, ActorProcessingErr> {
        Ok(census.enter())
    }
}

/// A kameo actor that does nothing.
pub struct KameoIdle(#[expect(dead_code, reason = "counts while it is held")] Alive);

impl kameo::Actor for KameoIdle {
    type Args = Census;
    type Error = std::convert::Infallible;

    async fn on_start(census: Census, _me: kameo::actor::ActorRef<Self>) -> Result<Self, Self::Error> {
        Ok(KameoIdle(census.enter()))
    }
}
