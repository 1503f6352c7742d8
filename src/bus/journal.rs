//! What the bus needs of a journal: one transaction for a batch of changes, and reading what a recipient has not had.
//!
//! The store implements it on its database, [`super::MemoryJournal`] in memory. Both are held to the same tests.

use super::letter::Effect;
use crate::protocol::Written;
use chrono::{DateTime, Utc};

/// A place where letters survive. Its methods may block; the bus calls them off its arbiter.
pub trait Journal: Clone + Send + Sync + 'static {
    /// The transaction readers' effects are carried out in.
    type Tx: 'static;
    /// Whether its methods may block. What never blocks is called in place, which keeps a simulation in one order.
    const BLOCKS: bool = true;

    /// Counts the processes that have opened it, this one included: the first half of every [`Epoch`].
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be written.
    fn open(&self) -> Result<u64, JournalError>;

    /// Makes all changes durable in order, in one transaction, and says what became of each; on an error none of them is
    /// there. `bus` is the epoch of the asking bus.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when a younger bus has written, [`JournalError::Failed`] when writing fails.
    fn commit(
        &self,
        bus: Epoch,
        at: DateTime<Utc>,
        changes: &[Change<Self::Tx>],
    ) -> Result<Vec<Outcome>, JournalError>;

    /// What `address` has not had yet after the entry `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError::Failed`] when reading fails.
    fn read(&self, address: &Address, after: i64, limit: usize) -> Result<Page, JournalError>;
}

/// Who writes: a process and, in it, an incarnation. Ordered by age, the process first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch {
    /// Of the process; counted by [`Journal::open`].
    pub generation: u64,
    /// Of the actor within it, counted from 1.
    pub incarnation: u64,
}

/// Why a journal did not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A younger writer has been here: this one was replaced and must not write any more.
    #[error("epoch {}.{} was replaced by {}.{}: whoever writes here is a replaced actor that woke up late, and wrote nothing", .mine.generation, .mine.incarnation, .stored.generation, .stored.incarnation)]
    Fenced {
        /// The refused epoch.
        mine: Epoch,
        /// The youngest so far.
        stored: Epoch,
    },
    /// It could not be written or read.
    #[error("the journal failed: {0}")]
    Failed(String),
}

/// What a reader hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hears {
    /// What is addressed to its path, to these groups, or to all (but not what it said to many itself).
    Addressed(Vec<String>),
    /// Whatever is journaled: for audit.
    Everything,
}

/// A reader of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its path.
    pub path: String,
    /// What it hears.
    pub hears: Hears,
}

impl Address {
    /// Whether an entry is for this reader.
    pub fn hears(&self, entry: &Written) -> bool {
        match &self.hears {
            Hears::Everything => true,
            Hears::Addressed(_) if entry.recipient == self.path => true,
            Hears::Addressed(_) if entry.sender == self.path => false,
            Hears::Addressed(groups) => {
                let group = entry.recipient.strip_prefix("group ");
                entry.recipient == "all" || group.is_some_and(|name| groups.iter().any(|g| g == name))
            }
        }
    }
}

/// Where a new reader begins; one that is known goes on where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At the first entry.
    First,
    /// With what comes from now on.
    Now,
}

/// How far a reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The last entry it is done with.
    pub seq: i64,
    /// The entry whose delivery was begun last; 0 for none.
    pub trying: i64,
    /// How often that was.
    pub attempts: u32,
}

/// A letter that waits for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number in the journal.
    pub seq: i64,
    /// The letter as it was written.
    pub entry: Written,
    /// Whether it was released from quarantine, and so lies behind the cursor.
    pub released: bool,
    /// Deliveries begun since it was released.
    pub attempts: u32,
}

/// Letters for one reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Released from quarantine, oldest first.
    pub released: Vec<Waiting>,
    /// Behind the number asked for, oldest first.
    pub letters: Vec<Waiting>,
    /// Every entry up to this number that is for the reader is in `letters`, or was before.
    pub through: i64,
}

/// A delivery that begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The reader.
    pub recipient: String,
    /// Its incarnation.
    pub incarnation: u64,
    /// The letter.
    pub seq: i64,
    /// Whether it was released from quarantine.
    pub released: bool,
    /// Which delivery of it this is, counted from 1.
    pub attempt: u32,
}

/// How a delivery ended.
#[derive(Debug)]
pub enum Ending<T> {
    /// Handled; the effect is written with it.
    Done(Option<Effect<T>>),
    /// Set aside with a reason, until somebody releases or discards it.
    Quarantined(String),
    /// It will never be handled, for this reason.
    Dead(String),
    /// The reader was not there to take it: as if the delivery had not begun.
    PutBack,
}

/// A letter nobody will handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// The letter.
    pub entry: Written,
    /// Whom it did not reach.
    pub recipient: String,
    /// Why.
    pub reason: String,
}

/// One change to a journal.
#[derive(Debug)]
pub enum Change<T> {
    /// Append a letter.
    Post(Written),
    /// Make a reader known.
    Enrol(Address, Begin),
    /// A delivery begins: count it, so that a crash of the whole process counts as well.
    Claim(Claim),
    /// A delivery has ended, and the next one begins.
    Settle {
        /// What was delivered.
        claim: Claim,
        /// How it ended.
        ending: Ending<T>,
        /// The delivery that begins.
        next: Option<Claim>,
    },
    /// Keep a dead letter.
    Bury(Dead),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The letter is the entry of this number now.
    Posted(i64),
    /// The letter was there, as the entry of this number.
    Known(i64),
    /// Another letter has its id.
    Conflict,
    /// The reader is known, and this far.
    Enrolled(Cursor),
    /// It is written.
    Done,
    /// The reader was done with the letter before: nothing was written.
    Behind,
    /// A younger incarnation of the reader has written: nothing was written.
    Fenced,
    /// The effect failed, and nothing of this change was written.
    EffectFailed(String),
}

/// Dead letters that are kept: some hundred bytes each, and the newest tell what is wrong now.
pub const MAX_DEAD: i64 = 10_000;
