//! Letters between agents: who is there, what reaches whom, and what survives a crash of anybody.
//!
//! A durable letter is journaled before it is delivered; "posted" means "on disk". Each reader has a cursor in the
//! journal, is given its letters in order, one at a time, and is done with one when the effect it answered with is
//! written in the very transaction that moves the cursor. So a letter may be delivered more than once and takes effect
//! once. A letter that was in hand at several crashes goes to quarantine, and the next one has its turn.
//!
//! [`Bus`] is the actor, [`Registry`] who is there, [`Journal`] what it needs of a store. How a letter travels is decided
//! by two pure parts, one reader's way through the journal and the heartbeats under way.

mod actor;
mod beats;
mod commit;
mod delivery;
mod journal;
mod letter;
mod mailbox;
mod memory;
mod post;
mod registry;
mod requests;
mod speech;

pub use actor::{Bus, BusArgs, MAX_BATCH, MAX_PENDING, Patience};
pub use journal::{
    Address, Begin, Change, Claim, Cursor, Dead, Ending, Epoch, Hears, Journal, JournalError, MAX_DEAD, Outcome,
    Page, Waiting,
};
pub use letter::{Effect, Letter, Receipt, lane};
pub use memory::{Effects, Failure, Kept, MemoryJournal, SetAside};
pub use post::{Bury, Enrol, GetStatus, Nudge, Post, PostError, Posted, Request, RequestError, Settle, Status};
pub use registry::{Door, Entry, MAX_AGENTS, MAX_GROUPS, Registry, RegistryError};
