//! A reader that crashes as planned, and a small house of a bus with some of them.

use actix::{Actor, AtomicResponse, Handler, WrapFuture as _, fut::ActorFutureExt as _};
use huddle::actor::{ActorRef, Birth, Component, Ctx, StartError};
use huddle::bus::{Begin, Bus, BusArgs, Door, Entry, Journal, Letter, Receipt, Registry};
use huddle::clock::{Clock, Seeds};
use huddle::protocol::card::{Card, Level, Memory, Reasoning};
use huddle::protocol::{AgentMessage, Kind, Order, To};
use huddle::shell::Sabotage;
use huddle::supervision::{Backoff, ChildSpec, Root, SupervisorSpec};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub const CARD: Card = Card {
    role: "reader",
    level: Level::Worker,
    tools: &["reading"],
    memory: Memory::None,
    reasoning: Reasoning::None,
};

/// What happens to readers, by reader and letter; it outlives them, as a fault in the world does.
#[derive(Clone, Default)]
pub struct Fate(Arc<Mutex<BTreeMap<(String, String), u32>>>);

/// Crashes without end.
pub const POISON: u32 = u32::MAX;

impl Fate {
    /// The reader will crash so often with this letter in hand.
    pub fn crash(&self, reader: &str, letter: &str, times: u32) {
        self.0.lock().insert((reader.to_owned(), letter.to_owned()), times);
    }

    /// Heals a letter.
    pub fn heal(&self) {
        self.0.lock().clear();
    }

    fn strikes(&self, reader: &str, letter: &str) -> bool {
        let mut fates = self.0.lock();
        match fates.get_mut(&(reader.to_owned(), letter.to_owned())) {
            None | Some(0) => false,
            Some(times) => {
                if *times != POISON {
                    *times -= 1;
                }
                true
            }
        }
    }
}

/// What a reader says of a letter it has handled.
pub type Mark<T> = fn(reader: &str, letter: &Letter<T>) -> Receipt<T>;

pub struct ReaderArgs<T> {
    pub path: String,
    pub fate: Fate,
    pub mark: Mark<T>,
    /// How long it takes over a letter.
    pub takes: Duration,
}

impl<T> Clone for ReaderArgs<T> {
    fn clone(&self) -> ReaderArgs<T> {
        ReaderArgs {
            path: self.path.clone(),
            fate: self.fate.clone(),
            ..*self
        }
    }
}

pub struct Reader<T>(ReaderArgs<T>);

impl<T: 'static> Unpin for Reader<T> {}

impl<T: 'static> Actor for Reader<T> {
    type Context = Ctx<Reader<T>>;
}

impl<T: 'static> Component for Reader<T> {
    type Args = ReaderArgs<T>;

    fn create(args: &ReaderArgs<T>, _: Birth, _: &mut Ctx<Self>) -> Result<Self, StartError> {
        Ok(Reader(args.clone()))
    }
}

impl<T: 'static> Handler<Letter<T>> for Reader<T> {
    type Result = AtomicResponse<Reader<T>, Receipt<T>>;

    fn handle(&mut self, letter: Letter<T>, _: &mut Ctx<Self>) -> Self::Result {
        let takes = tokio::time::sleep(self.0.takes);
        AtomicResponse::new(Box::pin(takes.into_actor(self).map(
            move |(), reader: &mut Reader<T>, _| {
                let args = &reader.0;
                assert!(
                    !args.fate.strikes(&args.path, &letter.message.id.0),
                    "crash with {} in hand",
                    letter.message.id
                );
                (args.mark)(&args.path, &letter)
            },
        )))
    }
}

/// A bus with readers, under one supervisor.
pub struct Post<J: Journal> {
    pub root: Root,
    pub bus: ActorRef<Bus<J>>,
    pub registry: Registry<J::Tx>,
    pub clock: Clock,
}

impl<J: Journal> Post<J> {
    /// Starts the bus and its readers, which hear from the first entry.
    pub fn start(
        journal: &J,
        readers: Vec<ReaderArgs<J::Tx>>,
        adjust: impl Fn(BusArgs<J>) -> BusArgs<J>,
    ) -> Post<J> {
        let registry = Registry::default();
        // Wall time that follows tokio's clock, and so stands still with it.
        let clock = Clock::paced(chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let args = adjust(BusArgs::new(journal.clone(), registry.clone(), clock.clone()));
        let (spec, bus) = ChildSpec::of::<Bus<J>>("bus", args);
        let soon = Backoff::constant(Duration::from_millis(1));
        let mut specs = vec![spec.backoff(soon)];
        for args in readers {
            let (path, id) = (args.path.clone(), args.path.trim_start_matches('/').to_owned());
            let (spec, reader) = ChildSpec::of::<Reader<J::Tx>>(&id, args);
            let door = Door::new(reader.port()).begin(Begin::First);
            registry
                .register(Entry::of(&path, CARD, &reader).reading(door))
                .unwrap();
            specs.push(spec.backoff(soon));
        }
        // A planned crash is no reason to give up.
        let spec = SupervisorSpec::new(specs)
            .intensity(10_000, Duration::from_secs(1))
            .seeds(Seeds::new(1));
        Post {
            root: Root::start(spec),
            bus,
            registry,
            clock,
        }
    }

    /// Brings the bus down.
    pub fn sabotage(&self) {
        drop(
            self.bus
                .tell(Sabotage("as planned".into()), huddle::actor::Lane::Control),
        );
    }
}

/// An order, which is durable.
pub fn note(id: &str, to: To) -> AgentMessage {
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    AgentMessage::new(
        id.into(),
        "/sender",
        to,
        Kind::Command,
        at,
        Order::Note { text: id.into() },
    )
}

/// Runs `test` in virtual time and ends everything with it, without a word, as the end of a process does. That is why it
/// is no [`huddle::world::World`], which demands that nobody is left over.
pub fn world<T>(test: impl Future<Output = T>) -> T {
    let build = || {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        paused.unwrap()
    };
    actix::System::with_tokio_rt(build).block_on(test)
}
