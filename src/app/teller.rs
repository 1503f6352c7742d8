//! The teller: holds votes on motions between agents, over the bus, and ends each of them whatever becomes of the voters.
//!
//! A motion is a durable letter to its voters; each answers with a vote to the teller. The teller watches its voters, so
//! that one who is gone for good abstains at once, and a vote closes at its deadline at the latest. What counts is
//! decided by the pure ballot box.

use crate::actor::{ActorRef, AskError, Birth, Component, Ctx, How, Obituary, Port, StartError, WatchId};
use crate::bus::{Bus, Journal, Letter, Post, PostError, Posted, Receipt, Registry};
use crate::clock::Clock;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::{AgentMessage, Body, Kind, MessageId, Motion, Voice};
use crate::swarms::ballot_box::{BallotBox, Count, Effect, Input, Stance};
use actix::{Actor, ActorFutureExt, AsyncContext, Handler, Message, ResponseFuture, SpawnHandle, WrapFuture};
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the teller is.
pub const CARD: Card = Card {
    role: "teller",
    level: Level::Worker,
    tools: &["votes"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// Where the teller sits; votes are addressed to it.
pub const PATH: &str = "/platform/teller";

/// Votes at a time: a swarm holds one, and there are not that many swarms.
const MAX_OPEN: usize = 64;
/// A motion is a row in the journal, which takes milliseconds.
const POSTING: Duration = Duration::from_secs(30);

/// What the teller is built from.
pub struct TellerArgs<J: Journal> {
    /// Carries motions.
    pub bus: ActorRef<Bus<J>>,
    /// Knows the voters.
    pub registry: Registry<J::Tx>,
    /// The time by which votes close.
    pub clock: Clock,
}

impl<J: Journal> Clone for TellerArgs<J> {
    fn clone(&self) -> TellerArgs<J> {
        TellerArgs {
            bus: self.bus.clone(),
            registry: self.registry.clone(),
            clock: self.clock.clone(),
        }
    }
}

/// Puts a motion (a [`Motion::Put`]) to its voters, and is answered with the count when the vote is over. If the teller
/// crashes meanwhile the ask is lost and the vote with it: put the motion again under another id.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Count, VoteError>")]
pub struct Hold(pub AgentMessage);

/// Why there was no vote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoteError {
    /// Nothing is put to the vote in it.
    #[error("{0} puts nothing to the vote: send a proposal with a motion in it")]
    NoMotion(MessageId),
    /// A vote needs voters that can read.
    #[error("{0} reads no letters and cannot vote: register it with a door first")]
    Unknown(String),
    /// It is being voted on.
    #[error("the vote on {0} is under way")]
    UnderWay(MessageId),
    /// It was put to the vote earlier, and what was said then stands.
    #[error("{0} was put to the vote before: put the motion under another id")]
    PutBefore(MessageId),
    /// Nobody could vote in time.
    #[error("the vote on {0} was to close before it was put")]
    Over(MessageId),
    /// Too many votes are open.
    #[error("{0} votes are open already: wait for one to close")]
    Overloaded(usize),
    /// The motion did not reach its voters.
    #[error("the motion was not put: {0}")]
    Unposted(#[from] PostError),
    /// The teller crashed.
    #[error("the teller was lost with the vote: put the motion again under another id")]
    Lost,
    /// The bus did not answer.
    #[error("the bus did not answer: {0}")]
    NoBus(AskError),
}

type Answer = oneshot::Sender<Result<Count, VoteError>>;

/// The teller.
pub struct Teller<J: Journal> {
    args: TellerArgs<J>,
    open: BTreeMap<MessageId, Vote<J>>,
    /// Timers of votes that closed early, to be cancelled when the next one begins.
    over: Vec<SpawnHandle>,
}

struct Vote<J: Journal> {
    ballots: BallotBox,
    answer: Answer,
    voters: Vec<Voter<J>>,
    timer: Option<SpawnHandle>,
}

struct Voter<J: Journal> {
    /// As the registry knows it.
    path: String,
    /// As its obituary will name it.
    seat: Arc<str>,
    port: Port<Letter<J::Tx>>,
    watch: Option<WatchId>,
}

impl<J: Journal> Unpin for Teller<J> {}

impl<J: Journal> Actor for Teller<J> {
    type Context = Ctx<Teller<J>>;
}

impl<J: Journal> Component for Teller<J> {
    type Args = TellerArgs<J>;

    fn create(args: &TellerArgs<J>, _: Birth, _: &mut Ctx<Self>) -> Result<Self, StartError> {
        Ok(Teller {
            args: args.clone(),
            open: BTreeMap::new(),
            over: Vec::new(),
        })
    }
}

impl<J: Journal> Drop for Teller<J> {
    fn drop(&mut self) {
        for vote in self.open.values() {
            vote.unwatch();
        }
    }
}

impl<J: Journal> Vote<J> {
    fn unwatch(&self) {
        for voter in &self.voters {
            if let Some(watch) = voter.watch {
                voter.port.unwatch(watch);
            }
        }
    }
}

impl<J: Journal> Teller<J> {
    fn begin(&mut self, motion: &AgentMessage, answer: Answer, ctx: &mut Ctx<Self>) {
        let (names, closes) = match &motion.body {
            Body::Motion(Motion::Put { voters, closes, .. }) if motion.kind == Kind::Proposal => (voters, *closes),
            _ => return refuse(answer, VoteError::NoMotion(motion.id.clone())),
        };
        if self.open.contains_key(&motion.id) {
            return refuse(answer, VoteError::UnderWay(motion.id.clone()));
        }
        if closes <= self.args.clock.now() {
            return refuse(answer, VoteError::Over(motion.id.clone()));
        }
        if self.open.len() >= MAX_OPEN {
            return refuse(answer, VoteError::Overloaded(MAX_OPEN));
        }
        let mut voters: Vec<Voter<J>> = Vec::new();
        let mut incarnations = Vec::new();
        for path in names {
            let Some(port) = self
                .args
                .registry
                .get(path)
                .and_then(|entry| entry.door)
                .map(|door| door.port)
            else {
                return refuse(answer, VoteError::Unknown(path.clone()));
            };
            incarnations.push((path.clone(), port.vitals().incarnation));
            voters.push(Voter {
                path: path.clone(),
                seat: port.path(),
                port,
                watch: None,
            });
        }
        // Watched only when nothing can refuse any more; who is gone already is reported at once.
        for voter in &mut voters {
            voter.watch = voter.port.watch(ctx.me().port());
        }
        let id = motion.id.clone();
        let ballots = BallotBox::new(incarnations);
        self.open.insert(
            id.clone(),
            Vote {
                ballots,
                answer,
                voters,
                timer: None,
            },
        );
        self.turn(&id, |ballots, turn| ballots.init(turn));
        let left = (closes - self.args.clock.now()).to_std().unwrap_or_default();
        for over in self.over.drain(..) {
            ctx.cancel_future(over);
        }
        let closing = id.clone();
        let timer = ctx.run_later(left, move |teller, _| teller.hear(&closing, Input::Deadline));
        match self.open.get_mut(&id) {
            Some(vote) => vote.timer = Some(timer),
            None => drop(ctx.cancel_future(timer)), // nobody was to vote
        }
        self.post(motion.clone(), ctx);
    }

    fn post(&self, motion: AgentMessage, ctx: &mut Ctx<Self>) {
        let id = motion.id.clone();
        let posted = self.args.bus.ask(Post::new(motion), How::within(POSTING));
        let told = posted.into_actor(self).map(move |posted, teller: &mut Self, _| {
            let failed = match posted {
                // Its voters had it before, and would be silent now.
                Ok(Ok(Posted::Before(_))) => VoteError::PutBefore(id.clone()),
                Ok(Ok(Posted::Kept(_) | Posted::Said(_))) => return,
                Ok(Err(error)) => VoteError::Unposted(error),
                Err(error) => VoteError::NoBus(error),
            };
            if let Some(vote) = teller.open.remove(&id) {
                vote.unwatch();
                refuse(vote.answer, failed);
            }
        });
        ctx.spawn(told);
    }

    fn hear(&mut self, id: &MessageId, input: Input) {
        self.turn(id, |ballots, turn| ballots.turn(input, turn));
    }

    fn turn(&mut self, id: &MessageId, step: impl FnOnce(&mut BallotBox, &mut Turn<Effect>)) {
        let Some(vote) = self.open.get_mut(id) else { return };
        // A ballot box draws nothing.
        let mut turn = Turn::new(self.args.clock.now(), Pcg64Mcg::new(1));
        step(&mut vote.ballots, &mut turn);
        for effect in turn.into_effects() {
            match effect {
                Effect::Refused { voter, why } => log::warn!("the vote of {voter} on {id} does not count: {why}"),
                Effect::Closed(count) => {
                    if let Some(vote) = self.open.remove(id) {
                        vote.unwatch();
                        self.over.extend(vote.timer);
                        // Whoever put the motion may have given up.
                        drop(vote.answer.send(Ok(count)));
                    }
                }
            }
        }
    }
}

fn refuse(answer: Answer, why: VoteError) {
    drop(answer.send(Err(why)));
}

impl<J: Journal> Handler<Hold> for Teller<J> {
    type Result = ResponseFuture<Result<Count, VoteError>>;

    fn handle(&mut self, Hold(motion): Hold, ctx: &mut Ctx<Self>) -> Self::Result {
        let (answer, counted) = oneshot::channel();
        self.begin(&motion, answer, ctx);
        Box::pin(async move { counted.await.unwrap_or(Err(VoteError::Lost)) })
    }
}

impl<J: Journal> Handler<Letter<J::Tx>> for Teller<J> {
    type Result = actix::MessageResult<Letter<J::Tx>>;

    fn handle(&mut self, letter: Letter<J::Tx>, _: &mut Ctx<Self>) -> Self::Result {
        let Letter { message, .. } = letter;
        let (on, stance) = match message.body {
            Body::Voice(Voice::Yes { on }) => (on, Stance::Yes),
            Body::Voice(Voice::No { on, .. }) => (on, Stance::No),
            Body::Voice(Voice::Abstain { on, reason }) => (on, Stance::Abstains(reason)),
            _ => return actix::MessageResult(Receipt::Done),
        };
        if !self.open.contains_key(&on) {
            log::info!("a vote of {} on {on}, which is closed, came late", message.from);
        }
        let vote = Input::Vote {
            voter: message.from,
            incarnation: message.incarnation,
            stance,
        };
        self.hear(&on, vote);
        actix::MessageResult(Receipt::Done)
    }
}

impl<J: Journal> Handler<Obituary> for Teller<J> {
    type Result = ();

    /// Whoever is restarted has the motion still before it; whoever is gone abstains.
    fn handle(&mut self, told: Obituary, _: &mut Ctx<Self>) {
        if !told.gone {
            return;
        }
        let concerned: Vec<(MessageId, String)> = self
            .open
            .iter()
            .flat_map(|(id, vote)| vote.voters.iter().map(move |voter| (id, voter)))
            .filter(|(_, voter)| voter.seat == told.path)
            .map(|(id, voter)| (id.clone(), voter.path.clone()))
            .collect();
        for (id, voter) in concerned {
            let died = Input::Died {
                voter,
                incarnation: told.incarnation,
                reason: format!("it {}", told.exit),
            };
            self.hear(&id, died);
        }
    }
}
