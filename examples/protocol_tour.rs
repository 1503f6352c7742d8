//! How agents speak: letters, the journal, requests, votes, and what survives of them.
//!
//! `cargo run --release --example protocol_tour` starts a bus with three readers over a journal in memory and prints what
//! each letter came to. Nothing of the NFL is in it: the letters are remarks, and one of them is poison on purpose.

use actix::{Actor, Handler, MessageResult};
use chrono::TimeDelta;
use huddle::actor::{ActorRef, Birth, Component, Ctx, How, StartError};
use huddle::app::teller::{self, Hold, Teller, TellerArgs};
use huddle::bus::{
    Begin, Bus, BusArgs, Door, Effects, Entry, Letter, MemoryJournal, Post, Receipt, Registry, Request, Settle,
};
use huddle::clock::Clock;
use huddle::protocol::body::TallyLine;
use huddle::protocol::card::{Card, Level, Memory, Reasoning};
use huddle::protocol::{AgentMessage, Answer, Body, Kind, MessageId, Motion, Order, Query, To, Voice};
use huddle::supervision::{Backoff, ChildSpec, Root, SupervisorSpec};
use std::error::Error;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

const CLERK: Card = Card {
    role: "clerk",
    level: Level::Worker,
    tools: &["notes"],
    memory: Memory::Stored,
    reasoning: Reasoning::Rules,
};

/// Reads letters: counts notes where the journal can see it, answers a question, votes, and crashes over the word `poison`.
struct Clerk {
    bus: ActorRef<Bus<MemoryJournal>>,
    clock: Clock,
}

impl Actor for Clerk {
    type Context = Ctx<Clerk>;
}

impl Component for Clerk {
    type Args = (ActorRef<Bus<MemoryJournal>>, Clock);

    fn create((bus, clock): &Self::Args, _: Birth, _: &mut Ctx<Clerk>) -> Result<Clerk, StartError> {
        let (bus, clock) = (bus.clone(), clock.clone());
        Ok(Clerk { bus, clock })
    }
}

impl Handler<Letter<Effects>> for Clerk {
    type Result = MessageResult<Letter<Effects>>;

    fn handle(&mut self, letter: Letter<Effects>, ctx: &mut Ctx<Clerk>) -> Self::Result {
        let (me, message) = (ctx.path().to_owned(), letter.message);
        let attempt = letter.attempt;
        println!(
            "    {me} #{} has `{}`, delivery {attempt}",
            ctx.incarnation(),
            message.id
        );
        MessageResult(match &message.body {
            Body::Order(Order::Note { text }) => {
                assert!(text != "poison", "nobody can handle this");
                // Written in the transaction that takes the letter off the list: once, however often it is delivered.
                Receipt::effect(move |written: &mut Effects| {
                    *written.entry(format!("notes of {me}")).or_default() += 1;
                    Ok(())
                })
            }
            Body::Query(Query::Tally) => {
                let lines = vec![TallyLine {
                    sender: me.clone(),
                    kind: Kind::Command,
                    n: ctx.me().vitals().handled,
                }];
                let id = MessageId(format!("{}-answer", message.id));
                let answer = message.answer(id, &me, self.clock.now(), Body::Answer(Answer::Tally { lines }));
                Receipt::Answer(Box::new(answer))
            }
            Body::Motion(Motion::Put { .. }) => {
                self.vote(&message, ctx);
                Receipt::Done
            }
            _ => Receipt::Done,
        })
    }
}

impl Clerk {
    /// The first clerk is for it, the second never says a word, the third breaks down for good.
    fn vote(&self, motion: &AgentMessage, ctx: &mut Ctx<Clerk>) {
        let stance = match ctx.id() {
            "a" => Voice::Yes { on: motion.id.clone() },
            "b" => return,
            _ => return ctx.fail("this is too much for me"),
        };
        let mut vote = say(
            &format!("vote of {}", ctx.id()),
            To::One(teller::PATH.into()),
            Kind::Vote,
            stance,
            &self.clock,
        );
        vote.from = ctx.path().to_owned();
        vote.incarnation = ctx.incarnation();
        let posted = self.bus.ask(Post::new(vote), How::within(PATIENCE));
        actix_rt::spawn(async move { drop(posted.await) });
    }
}

fn say(id: &str, to: To, kind: Kind, body: impl Into<Body>, clock: &Clock) -> AgentMessage {
    AgentMessage::new(MessageId::from(id), "/visitor", to, kind, clock.now(), body)
}

fn note(id: &str, to: To, text: &str, clock: &Clock) -> Post {
    let body = Order::Note { text: text.to_owned() };
    Post::new(say(id, to, Kind::Command, body, clock))
}

/// A running house of a bus, three clerks and a teller.
struct Tour {
    root: Root,
    bus: ActorRef<Bus<MemoryJournal>>,
    teller: ActorRef<Teller<MemoryJournal>>,
    registry: Registry<Effects>,
    journal: MemoryJournal,
    clock: Clock,
}

impl Tour {
    fn start(journal: &MemoryJournal) -> Result<Tour, Box<dyn Error>> {
        let (registry, clock) = (Registry::default(), Clock::system());
        let args = BusArgs::new(journal.clone(), registry.clone(), clock.clone());
        let (bus_spec, bus) = ChildSpec::of::<Bus<MemoryJournal>>("bus", args);
        let mut specs = vec![bus_spec];
        for id in ["a", "b", "c"] {
            let (spec, clerk) = ChildSpec::of::<Clerk>(id, (bus.clone(), clock.clone()));
            // The third one may fail once and is gone then.
            let spec = spec.backoff(Backoff::constant(Duration::from_millis(5)));
            specs.push(spec.decider(|exit| match exit {
                huddle::actor::Exit::Failed(_) => huddle::supervision::Directive::Stop,
                _ => huddle::supervision::Directive::Restart,
            }));
            let path = format!("/{id}");
            registry
                .register(Entry::of(&path, CLERK, &clerk).reading(Door::new(clerk.port()).begin(Begin::First)))?;
            registry.join(&path, "clerks")?;
        }
        let args = TellerArgs {
            bus: bus.clone(),
            registry: registry.clone(),
            clock: clock.clone(),
        };
        let (teller_spec, teller) = ChildSpec::of::<Teller<MemoryJournal>>("teller", args);
        registry.register(Entry::of(teller::PATH, teller::CARD, &teller).reading(Door::new(teller.port())))?;
        specs.push(teller_spec);
        Ok(Tour {
            root: Root::start(SupervisorSpec::new(specs).intensity(20, Duration::from_secs(10))),
            bus,
            teller,
            registry,
            journal: journal.clone(),
            clock,
        })
    }

    async fn post(&self, post: Post) -> Result<(), Box<dyn Error>> {
        let id = post.message.id.clone();
        match self.bus.ask(post, How::within(PATIENCE)).await? {
            Ok(posted) => println!("  posted `{id}`: {posted:?}"),
            Err(refused) => println!("  not taken `{id}`: {refused}"),
        }
        Ok(())
    }

    async fn settle(&self) -> Result<(), Box<dyn Error>> {
        Ok(self.bus.ask(Settle, How::within(PATIENCE)).await?)
    }

    fn show_effects(&self) {
        for (what, n) in &self.journal.kept().effects {
            println!("  in the journal's keeping: {what} = {n}");
        }
    }
}

async fn letters(tour: &Tour) -> Result<(), Box<dyn Error>> {
    println!("\nWho is there");
    for entry in tour.registry.by_tool("notes") {
        println!("  {} is a {} and takes notes", entry.path, entry.card.role);
    }
    println!("  the group clerks: {}", tour.registry.group("clerks").join(", "));

    println!("\nOne, a group, the same again, nobody");
    tour.post(note("to one", To::One("/a".into()), "hello", &tour.clock))
        .await?;
    let to_all = note("to the group", To::Group("clerks".into()), "hello all", &tour.clock);
    tour.post(to_all.clone()).await?;
    tour.settle().await?;
    tour.post(to_all).await?;
    tour.post(note("to nobody", To::One("/nobody".into()), "anyone?", &tour.clock))
        .await?;
    tour.settle().await?;
    tour.show_effects();

    println!("\nA request, matched with its answer");
    let mut request = say(
        "how many",
        To::One("/b".into()),
        Kind::Request,
        Query::Tally,
        &tour.clock,
    );
    request.deadline = Some(tour.clock.now() + TimeDelta::seconds(5));
    match tour.bus.ask(Request(request), How::within(PATIENCE)).await? {
        Ok(answer) => println!("  {} answers: {:?}", answer.from, answer.body),
        Err(error) => println!("  {error}"),
    }
    Ok(())
}

async fn poison(tour: &Tour) -> Result<(), Box<dyn Error>> {
    println!("\nPoison: in hand at three crashes, then set aside; the next letter has its turn");
    tour.post(note("bad", To::One("/a".into()), "poison", &tour.clock))
        .await?;
    tour.post(note("good", To::One("/a".into()), "after it", &tour.clock))
        .await?;
    tour.settle().await?;
    for ((reader, seq), aside) in &tour.journal.kept().quarantined {
        println!("  entry {seq} for {reader} is in quarantine: {}", aside.reason);
    }
    Ok(())
}

async fn vote(tour: &Tour) -> Result<(), Box<dyn Error>> {
    println!("\nA vote: one says yes, one is silent, one dies; it ends all the same");
    let motion = Motion::Put {
        text: "close early today".into(),
        voters: ["/a", "/b", "/c"].map(String::from).to_vec(),
        closes: tour.clock.now() + TimeDelta::milliseconds(300),
    };
    let motion = say(
        "motion",
        To::Group("clerks".into()),
        Kind::Proposal,
        motion,
        &tour.clock,
    );
    let count = tour.teller.ask(Hold(motion), How::within(PATIENCE)).await??;
    for (voter, stance) in &count.stances {
        println!("  {voter}: {stance:?}");
    }
    println!(
        "  {} yes, {} no, {} abstained",
        count.n_yes, count.n_no, count.n_abstained
    );
    Ok(())
}

async fn restart(journal: &MemoryJournal) -> Result<(), Box<dyn Error>> {
    println!("\nThe process dies after the letter is durable and before anybody has it; the next one delivers");
    let tour = Tour::start(journal)?;
    tour.settle().await?;
    // The commit that makes the letter durable is the last one this process makes.
    journal.crash_after(1);
    tour.post(note("in between", To::One("/b".into()), "still there?", &tour.clock))
        .await?;
    drop(tour);
    journal.restart();
    println!("  (a new process)");
    let tour = Tour::start(journal)?;
    tour.settle().await?;
    tour.show_effects();
    tour.root.shutdown(PATIENCE).await;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    actix_rt::System::new().block_on(async {
        let journal = MemoryJournal::default();
        let tour = Tour::start(&journal)?;
        letters(&tour).await?;
        poison(&tour).await?;
        vote(&tour).await?;
        println!("\nDead letters");
        for dead in &journal.kept().dead {
            println!("  `{}` for {}: {}", dead.entry.id, dead.recipient, dead.reason);
        }
        tour.root.shutdown(PATIENCE).await;
        restart(&journal).await
    })
}
