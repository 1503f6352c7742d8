//! What may be asked of the bus, and what it answers.

use super::journal::{Dead, JournalError};
use super::registry::Entry;
use crate::actor::AskError;
use crate::protocol::AgentMessage;
use actix::Message;

/// Says something. Answered when it is durable or, for what is not kept, when it is in its readers' mailboxes.
///
/// Posting the same message twice is the same as once, so whoever did not hear the answer posts it again.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Posted, PostError>")]
pub struct Post {
    /// What is said.
    pub message: AgentMessage,
    /// Whether it is only said and not kept, though its kind would be.
    pub fleeting: bool,
}

impl Post {
    /// Kept as its kind is kept.
    pub fn new(message: AgentMessage) -> Post {
        Post {
            message,
            fleeting: false,
        }
    }

    /// Not kept, whatever its kind.
    pub fn fleeting(message: AgentMessage) -> Post {
        Post {
            message,
            fleeting: true,
        }
    }
}

/// A message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is durable as the journal's entry of this number.
    Kept(i64),
    /// It was posted before, as the journal's entry of this number.
    Before(i64),
    /// It went to so many readers, and is not kept.
    Said(usize),
}

/// A message that was not taken. But for a full or failing journal it is a dead letter now, with this as its reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Nobody reads letters there.
    #[error("nobody reads letters at {0}")]
    Unknown(String),
    /// Nobody would hear it.
    #[error("the group {0} has no members")]
    NoMembers(String),
    /// An answer would be worthless already.
    #[error("its deadline is over")]
    Late,
    /// An id names one message.
    #[error("another message has the id {0}: what was said is never changed, say it under another id")]
    Conflict(String),
    /// Too much waits to be written.
    #[error("{0} letters wait to be written already: post it again later")]
    Overloaded(usize),
    /// It could not be written; it may be posted again.
    #[error("it is not durable: {0}; post it again when that is mended")]
    Journal(JournalError),
    /// Its reader did not take it, and it is not kept.
    #[error("{path} did not take it: {why}")]
    Refused {
        /// The reader.
        path: String,
        /// Why.
        why: String,
    },
    /// Nobody waits for this answer.
    #[error("nobody waits for it: {0}")]
    Stale(String),
    /// Its bus ended before it answered.
    #[error("the bus was restarted meanwhile and does not know whether it is durable: post it again")]
    Lost,
}

/// Asks an agent something, and is answered with the response that names this request as its parent and comes while the
/// asking incarnation lives.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<AgentMessage, RequestError>")]
pub struct Request(pub AgentMessage);

/// A request without a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A request is of kind `request`, to one agent, with a deadline.
    #[error("it is no request: {0}")]
    Unfit(&'static str),
    /// It did not get there.
    #[error(transparent)]
    Undelivered(#[from] PostError),
    /// No response in time.
    #[error("no response by its deadline")]
    Deadline,
    /// Whoever was asked ended with the request in hand.
    #[error("{0}")]
    Lost(AskError),
    /// Whoever was asked refused.
    #[error("refused: {0}")]
    Declined(String),
    /// Too many requests are open.
    #[error("{0} requests are open already: ask later")]
    Overloaded(usize),
}

/// The journal has grown without the bus: a round was stored with its minutes.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Nudge;

/// Answers when every reader has had everything, or never: ask it with a deadline.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Settle;

/// Registers an agent while the bus runs, and begins to deliver to it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), super::RegistryError>")]
pub struct Enrol<T: 'static>(pub Entry<T>);

/// Keeps a letter that its reader will never handle.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Bury(pub Dead);

/// How the bus is doing.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Status")]
pub struct GetStatus;

/// The state of the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Changes that wait for the commit under way.
    pub n_pending: usize,
    /// Requests without a response yet.
    pub n_open_requests: usize,
    /// Batches committed.
    pub n_commits: u64,
    /// Commits that failed.
    pub n_failed_commits: u64,
    /// Changes committed.
    pub n_changes: u64,
    /// Dead letters that could not be kept, because too many waited for the journal.
    pub n_unburied: u64,
    /// Readers with the last entry each is done with.
    pub readers: Vec<(String, i64)>,
}
