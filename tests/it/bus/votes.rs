//! Votes over the bus: they end when voters die, are silent, or have all spoken, and each count says why.

use actix::{Actor, Handler, MessageResult};
use chrono::TimeDelta;
use huddle::actor::{ActorRef, Birth, Component, Ctx, How, StartError};
use huddle::app::teller::{self, Hold, Teller, TellerArgs, VoteError};
use huddle::bus::{Begin, Bus, BusArgs, Door, Effects, Entry, Letter, MemoryJournal, Post, Receipt, Registry};
use huddle::clock::Clock;
use huddle::protocol::{AgentMessage, Kind, MessageId, Motion, To, Voice};
use huddle::supervision::{Backoff, ChildSpec, Restart};
use huddle::swarms::ballot_box::{Count, Stance};
use huddle::world::World;
use std::time::Duration;

use super::reader::CARD;

/// What a voter does about a motion.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Yes,
    No,
    Silent,
    /// Breaks down and is not brought back.
    Dies,
    /// Breaks down once and votes yes when it is back.
    Stumbles,
}

#[derive(Clone)]
struct VoterArgs {
    manner: Manner,
    bus: ActorRef<Bus<MemoryJournal>>,
    clock: Clock,
}

struct Voter(VoterArgs);

impl Actor for Voter {
    type Context = Ctx<Voter>;
}

impl Component for Voter {
    type Args = VoterArgs;

    fn create(args: &VoterArgs, _: Birth, _: &mut Ctx<Voter>) -> Result<Voter, StartError> {
        Ok(Voter(args.clone()))
    }
}

impl Handler<Letter<Effects>> for Voter {
    type Result = MessageResult<Letter<Effects>>;

    fn handle(&mut self, letter: Letter<Effects>, ctx: &mut Ctx<Voter>) -> Self::Result {
        let on = letter.message.id.clone();
        let voice = match self.0.manner {
            Manner::Dies => panic!("breaks down"),
            Manner::Stumbles if ctx.incarnation() == 1 => panic!("breaks down"),
            Manner::Silent => return MessageResult(Receipt::Done),
            Manner::Yes | Manner::Stumbles => Voice::Yes { on: on.clone() },
            Manner::No => Voice::No {
                on: on.clone(),
                reason: "no".into(),
            },
        };
        let id = MessageId(format!("{on} by {}", ctx.id()));
        let to = To::One(teller::PATH.into());
        let mut vote = AgentMessage::new(id, ctx.path(), to, Kind::Vote, self.0.clock.now(), voice);
        vote.incarnation = ctx.incarnation();
        let posted = self.0.bus.ask(Post::new(vote), How::within(Duration::from_secs(60)));
        actix_rt::spawn(async move { posted.await.unwrap().unwrap() });
        MessageResult(Receipt::Done)
    }
}

/// Puts one motion to voters of these manners, a minute before it closes; the count and how long that took.
fn vote(manners: &'static [Manner]) -> (Result<Count, VoteError>, Duration) {
    World::run(1, async |world| {
        if manners
            .iter()
            .any(|manner| matches!(manner, Manner::Dies | Manner::Stumbles))
        {
            world.expect_fault("breaks down");
        }
        let (journal, registry, clock) = (MemoryJournal::default(), Registry::default(), world.clock());
        let args = BusArgs::new(journal, registry.clone(), clock.clone());
        let (bus_spec, bus) = ChildSpec::of::<Bus<MemoryJournal>>("bus", args);
        let mut specs = vec![bus_spec];
        let mut voters = Vec::new();
        for (n, manner) in manners.iter().enumerate() {
            let args = VoterArgs {
                manner: *manner,
                bus: bus.clone(),
                clock: clock.clone(),
            };
            let (spec, voter) = ChildSpec::of::<Voter>(&format!("v{n}"), args);
            let restart = if *manner == Manner::Dies {
                Restart::Temporary
            } else {
                Restart::Permanent
            };
            specs.push(
                spec.restart(restart)
                    .backoff(Backoff::constant(Duration::from_millis(10))),
            );
            let door = Door::new(voter.port()).begin(Begin::First);
            registry
                .register(Entry::of(&format!("/v{n}"), CARD, &voter).reading(door))
                .unwrap();
            voters.push(format!("/v{n}"));
        }
        let args = TellerArgs {
            bus,
            registry: registry.clone(),
            clock: clock.clone(),
        };
        let (spec, teller) = ChildSpec::of::<Teller<MemoryJournal>>("teller", args);
        registry
            .register(Entry::of(teller::PATH, teller::CARD, &teller).reading(Door::new(teller.port())))
            .unwrap();
        specs.push(spec);
        world.start(specs);
        world.pass(Duration::from_secs(1)).await;
        let motion = Motion::Put {
            text: "shall we?".into(),
            voters,
            closes: clock.now() + TimeDelta::minutes(1),
        };
        let motion = AgentMessage::new("m".into(), "/chair", To::All, Kind::Proposal, clock.now(), motion);
        let begun = world.elapsed();
        let hold = |motion| teller.ask(Hold(motion), How::within(Duration::from_secs(600)));
        let count = hold(motion.clone()).await.unwrap();
        let took = world.elapsed() - begun;
        if !manners.is_empty() {
            let again = hold(motion).await.unwrap();
            let why = if took.as_secs() < 60 {
                VoteError::PutBefore("m".into())
            } else {
                VoteError::Over("m".into())
            };
            assert_eq!(again, Err(why), "who voted before would seem silent now");
        }
        (count, took)
    })
}

#[test]
fn a_vote_closes_when_all_have_spoken_or_are_gone() {
    let (count, took) = vote(&[Manner::Yes, Manner::No, Manner::Dies, Manner::Stumbles]);
    let count = count.unwrap();
    assert_eq!((count.n_yes, count.n_no, count.n_abstained), (2, 1, 1));
    assert!(
        took < Duration::from_secs(1),
        "nobody waited for the deadline: {took:?}"
    );
    match &count.stances["/v2"] {
        Stance::Abstains(why) => assert!(why.contains("breaks down"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_silent_abstains_at_the_deadline() {
    let (count, took) = vote(&[Manner::Yes, Manner::Silent]);
    let count = count.unwrap();
    assert_eq!((count.n_yes, count.n_no, count.n_abstained), (1, 0, 1));
    assert_eq!(took.as_secs(), 60);
}

#[test]
fn nobody_to_vote_is_a_vote_of_nobody() {
    let (count, _) = vote(&[]);
    assert_eq!(count.unwrap().stances.len(), 0);
}
