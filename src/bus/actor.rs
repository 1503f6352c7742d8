//! The bus as an actor: its state, its life, and the changes it is asked for.

use super::beats::Beats;
use super::journal::{Address, Change, Journal};
use super::mailbox::Mailbox;
use super::post::{Enrol, GetStatus, Nudge, PostError, Posted, Settle, Status};
use super::registry::{Registry, RegistryError};
use super::requests::Requests;
use crate::actor::{Birth, Component, Ctx, StartError};
use crate::clock::Clock;
use crate::shell::Sabotage;
use actix::{Actor, ActorContext, AsyncContext, Handler, MessageResult, ResponseFuture};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::oneshot;

/// Changes in one commit at most: enough that a sync to disk is shared by many, few enough that the first of them does not
/// wait noticeably for the last.
pub const MAX_BATCH: usize = 1_024;
/// Letters that may wait for a commit; more than this and the disk is slower than the senders.
pub const MAX_PENDING: usize = 8 * MAX_BATCH;

/// How long and how often the bus tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Crashes with one letter in hand after which it is set aside.
    pub max_attempts: u32,
    /// How long a reader may take over one letter; after that it counts as a crash.
    pub handling: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            max_attempts: 3,
            handling: Duration::from_secs(60),
        }
    }
}

/// What every incarnation of a bus is built from.
pub struct BusArgs<J: Journal> {
    pub(super) journal: J,
    pub(super) registry: Registry<J::Tx>,
    pub(super) clock: Clock,
    pub(super) patience: Patience,
    /// Counted by the first incarnation that writes; a process has one.
    pub(super) generation: Arc<OnceLock<u64>>,
}

impl<J: Journal> Clone for BusArgs<J> {
    fn clone(&self) -> BusArgs<J> {
        BusArgs {
            journal: self.journal.clone(),
            registry: self.registry.clone(),
            clock: self.clock.clone(),
            patience: self.patience,
            generation: Arc::clone(&self.generation),
        }
    }
}

impl<J: Journal> BusArgs<J> {
    /// A bus over a journal, for those in a registry.
    pub fn new(journal: J, registry: Registry<J::Tx>, clock: Clock) -> BusArgs<J> {
        BusArgs {
            journal,
            registry,
            clock,
            patience: Patience::default(),
            generation: Arc::default(),
        }
    }

    /// The same with other limits.
    pub fn patience(self, patience: Patience) -> BusArgs<J> {
        BusArgs { patience, ..self }
    }
}

/// The bus. Whatever it knows is in the journal or in the registry, so a crash costs the answers under way and nothing
/// else.
pub struct Bus<J: Journal> {
    pub(super) args: BusArgs<J>,
    pub(super) incarnation: u64,
    pub(super) pending: VecDeque<Pending<J::Tx>>,
    pub(super) committing: bool,
    /// A commit failed, and what is not a letter waits a while.
    pub(super) resting: bool,
    pub(super) n_failed_in_a_row: u32,
    pub(super) mailboxes: BTreeMap<String, Mailbox>,
    /// Letters with their readers.
    pub(super) n_in_hand: usize,
    pub(super) requests: Requests,
    pub(super) beats: Beats,
    pub(super) settling: Vec<oneshot::Sender<()>>,
    pub(super) halting: bool,
    pub(super) status: Status,
}

/// A change that waits for its commit.
pub(super) struct Pending<T> {
    pub(super) change: Change<T>,
    pub(super) whose: Whose,
}

/// Who wants to know what became of a change.
pub(super) enum Whose {
    Poster(oneshot::Sender<Result<Posted, PostError>>),
    Reader(String),
    Nobody,
}

impl<J: Journal> Actor for Bus<J> {
    type Context = Ctx<Bus<J>>;

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.admit(ctx);
    }
}

/// Nothing in a bus is pinned.
impl<J: Journal> Unpin for Bus<J> {}

/// How often a stopping bus looks whether what it had begun is written.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl<J: Journal> Component for Bus<J> {
    type Args = BusArgs<J>;

    fn create(args: &BusArgs<J>, birth: Birth, _: &mut Ctx<Self>) -> Result<Self, StartError> {
        Ok(Bus {
            args: args.clone(),
            incarnation: birth.incarnation,
            pending: VecDeque::new(),
            committing: false,
            resting: false,
            n_failed_in_a_row: 0,
            mailboxes: BTreeMap::new(),
            n_in_hand: 0,
            requests: Requests::default(),
            beats: Beats::default(),
            settling: Vec::new(),
            halting: false,
            status: Status::default(),
        })
    }

    /// Begins nothing new, and ends when what was begun is written down; what a reader still has in hand is delivered to
    /// it again by the next process.
    fn halt(&mut self, ctx: &mut Ctx<Self>) {
        self.halting = true;
        self.leave_when_done(ctx);
        ctx.run_interval(LOOK_EVERY, |bus, ctx| bus.leave_when_done(ctx));
    }
}

impl<J: Journal> Bus<J> {
    fn leave_when_done(&mut self, ctx: &mut Ctx<Self>) {
        if !self.committing && self.n_in_hand == 0 && (self.pending.is_empty() || self.resting) {
            ctx.stop();
        }
    }

    /// Begins to deliver to every registered reader that has no mailbox yet, and brings the others' addresses up to date.
    pub(super) fn admit(&mut self, ctx: &mut Ctx<Self>) {
        let max_attempts = self.args.patience.max_attempts;
        for entry in self.args.registry.all() {
            let Some((door, hears)) = entry.door.zip(self.args.registry.hears(&entry.path)) else {
                continue;
            };
            let address = Address {
                path: entry.path.clone(),
                hears,
            };
            match self.mailboxes.get_mut(&entry.path) {
                Some(mailbox) => mailbox.address = address,
                None => {
                    let mailbox = Mailbox::new(address, door.begin, max_attempts);
                    self.mailboxes.insert(entry.path.clone(), mailbox);
                    self.step(&entry.path, ctx);
                }
            }
        }
        let registry = &self.args.registry;
        self.mailboxes.retain(|path, _| registry.hears(path).is_some());
    }

    /// Answers those who wait for quiet.
    pub(super) fn look_for_quiet(&mut self) {
        if self.settling.is_empty() || self.committing || !self.pending.is_empty() {
            return;
        }
        if self.mailboxes.values().all(Mailbox::is_idle) {
            for waiting in self.settling.drain(..) {
                // Who gave up waiting does not mind.
                let _ = waiting.send(());
            }
        }
    }
}

impl<J: Journal> Handler<Nudge> for Bus<J> {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Ctx<Self>) {
        self.admit(ctx);
        self.journal_grew(|_| true, ctx);
    }
}

impl<J: Journal> Handler<Settle> for Bus<J> {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Settle, ctx: &mut Ctx<Self>) -> ResponseFuture<()> {
        let (tell, told) = oneshot::channel();
        self.settling.push(tell);
        self.settling.retain(|waiting| !waiting.is_closed());
        self.handle(Nudge, ctx);
        self.look_for_quiet();
        Box::pin(async {
            // A bus that ends before it is quiet leaves its asker to the deadline.
            if told.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl<J: Journal> Handler<Enrol<J::Tx>> for Bus<J> {
    type Result = Result<(), RegistryError>;

    fn handle(&mut self, Enrol(entry): Enrol<J::Tx>, ctx: &mut Ctx<Self>) -> Result<(), RegistryError> {
        self.args.registry.register(entry)?;
        self.admit(ctx);
        Ok(())
    }
}

/// The fault hook of chaos and tests.
impl<J: Journal> Handler<Sabotage> for Bus<J> {
    type Result = ();

    fn handle(&mut self, Sabotage(text): Sabotage, _: &mut Ctx<Self>) {
        panic!("{text}");
    }
}

impl<J: Journal> Handler<GetStatus> for Bus<J> {
    type Result = MessageResult<GetStatus>;

    fn handle(&mut self, _: GetStatus, _: &mut Ctx<Self>) -> MessageResult<GetStatus> {
        MessageResult(Status {
            n_pending: self.pending.len(),
            n_open_requests: self.requests.len(),
            readers: self
                .mailboxes
                .iter()
                .map(|(path, m)| (path.clone(), m.cursor().seq))
                .collect(),
            ..self.status.clone()
        })
    }
}
