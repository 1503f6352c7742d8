//! A message in somebody's hand, and the receipt its reader gives for it.

use crate::actor::Lane;
use crate::protocol::{AgentMessage, Priority};
use actix::Message;
use std::fmt;
use std::marker::PhantomData;

/// A message as the bus delivers it. `T` is the transaction of the journal, in which a reader's effect is carried out.
pub struct Letter<T> {
    /// What is said.
    pub message: AgentMessage,
    /// Its number in the journal; none for what is not kept.
    pub seq: Option<i64>,
    /// Which delivery of it this is, counted from 1; above 1 an earlier one ended in a crash.
    pub attempt: u32,
    tx: PhantomData<fn(&mut T)>,
}

impl<T> Letter<T> {
    /// A message that is not journaled, on its first and only way.
    pub fn fleeting(message: AgentMessage) -> Letter<T> {
        Letter {
            message,
            seq: None,
            attempt: 1,
            tx: PhantomData,
        }
    }

    pub(super) fn kept(message: AgentMessage, seq: i64, attempt: u32) -> Letter<T> {
        Letter {
            seq: Some(seq),
            attempt,
            ..Letter::fleeting(message)
        }
    }
}

impl<T: 'static> Message for Letter<T> {
    type Result = Receipt<T>;
}

impl<T> fmt::Debug for Letter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("message", &self.message)
            .field("seq", &self.seq)
            .field("attempt", &self.attempt)
            .finish()
    }
}

/// What handling a letter came to. A reader that crashes gives none, and has the letter again when it is back.
pub enum Receipt<T> {
    /// Handled.
    Done,
    /// Handled, once this is written. Of a letter that is not journaled nothing is written.
    Effect(Effect<T>),
    /// The answer to a request; to anything else it is as [`Receipt::Done`].
    Answer(Box<AgentMessage>),
    /// It cannot be handled, now or later; the letter goes to quarantine with this reason.
    Refused(String),
}

impl<T> Receipt<T> {
    /// Work to be done in the very transaction that takes the letter off the reader's list: both or neither, so that its
    /// effect happens once however often the letter is delivered. It may run again after a transaction that failed.
    pub fn effect(work: impl Fn(&mut T) -> Result<(), String> + Send + 'static) -> Receipt<T> {
        Receipt::Effect(Effect(Box::new(work)))
    }
}

impl<T> fmt::Debug for Receipt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Receipt::Done => f.write_str("Done"),
            Receipt::Effect(_) => f.write_str("Effect"),
            Receipt::Answer(answer) => f.debug_tuple("Answer").field(answer).finish(),
            Receipt::Refused(why) => f.debug_tuple("Refused").field(why).finish(),
        }
    }
}

/// A reader's work in the journal's transaction.
pub struct Effect<T>(Box<Work<T>>);

type Work<T> = dyn Fn(&mut T) -> Result<(), String> + Send;

impl<T> Effect<T> {
    /// Does it. A journal calls this within a transaction of its own, which it takes back on an error.
    ///
    /// # Errors
    /// What went wrong, in the reader's words; a panic counts as one.
    pub fn run(&self, tx: &mut T) -> Result<(), String> {
        match crate::actor::catch(|| (self.0)(tx)) {
            Ok(done) => done,
            Err(caught) => Err(format!("it panicked: {}", caught.text)),
        }
    }
}

impl<T> fmt::Debug for Effect<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Effect")
    }
}

/// The mailbox lane of a priority.
pub fn lane(priority: Priority) -> Lane {
    match priority {
        Priority::Critical => Lane::Control,
        Priority::High => Lane::High,
        Priority::Normal => Lane::Normal,
        Priority::Low => Lane::Bulk,
    }
}
