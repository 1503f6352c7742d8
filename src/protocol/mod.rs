//! The one language of the house: what an agent may say to another, and how it is written down.
//!
//! In code every message is its own Rust type with its own handler. [`AgentMessage`] is the envelope that the bus carries
//! and the journal keeps: who said what to whom, because of which earlier message. What may stand in it is closed
//! ([`Body`]): facts in the past tense ([`Fact`]), questions and their answers, orders, proposals, votes, signs of life.
//! [`Written`] is its form as a row. What a swarm asks of its seats is in [`question`], what an agent can do on its
//! [`Card`](card::Card).

pub mod body;
pub mod card;
pub mod fact;
pub mod hearing;
pub mod proposal;
pub mod question;
pub mod research;
pub mod written;

pub use body::{Answer, Beat, Body, Motion, Order, Query, Voice};
pub use fact::{AgreedLine, DecisionLine, Fact, FigureLine, OpinionLine, RankedLine, ResolvedLine};
pub use written::{Unreadable, Written};

use chrono::{DateTime, Utc};
use question::RoundId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The id of a message: short, printable and unique; in the minutes of a round 16 hexadecimal digits that follow from the
/// seed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl MessageId {
    /// The id of what is said under a name in a round, such as `decided`: a hash, so that it follows from the round's id
    /// (which names the seed) and never collides between processes that started alike.
    pub fn of(round: &RoundId, name: &str) -> MessageId {
        let digest = Sha256::digest(format!("{}#{name}", round.0));
        MessageId(digest.iter().take(8).map(|b| format!("{b:02x}")).collect())
    }
}

impl From<&str> for MessageId {
    fn from(id: &str) -> MessageId {
        MessageId(id.to_owned())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// One agent, by its path in the tree.
    One(String),
    /// A named group.
    Group(String),
    /// Everybody.
    All,
}

/// What kind of speech it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A question.
    Request,
    /// The answer to a question.
    Response,
    /// An unasked fact.
    Alert,
    /// An order.
    Command,
    /// What a swarm agreed on.
    Proposal,
    /// A seat's opinion.
    Vote,
    /// A sign of life.
    Heartbeat,
}

/// What becomes of a message when the process ends before it is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is journaled before it is delivered, and delivered after a restart if need be.
    Durable,
    /// It is lost: who asked asks again, or does not care any more.
    Fleeting,
    /// It is lost, and of several that wait for one reader only the newest of each sender is delivered.
    Coalesced,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::Request,
        Kind::Response,
        Kind::Alert,
        Kind::Command,
        Kind::Proposal,
        Kind::Vote,
        Kind::Heartbeat,
    ];

    /// The word for it in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Request => "request",
            Kind::Response => "response",
            Kind::Alert => "alert",
            Kind::Command => "command",
            Kind::Proposal => "proposal",
            Kind::Vote => "vote",
            Kind::Heartbeat => "heartbeat",
        }
    }

    /// What is kept of it. An asker waits no longer than a deadline, so asked things need not outlive the process; a sign
    /// of life says nothing about a later one.
    pub fn keeping(self) -> Keeping {
        match self {
            Kind::Alert | Kind::Command | Kind::Proposal | Kind::Vote => Keeping::Durable,
            Kind::Request | Kind::Response => Keeping::Fleeting,
            Kind::Heartbeat => Keeping::Coalesced,
        }
    }
}

/// How urgent it is; the mailbox has its own word for this ([`crate::actor::Lane`](crate::actor)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// The usual.
    Normal,
    /// Before the usual.
    High,
    /// Before everything.
    Critical,
}

impl Priority {
    /// Every priority, least urgent first.
    pub const ALL: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Critical];

    /// The word for it in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Critical => "critical",
        }
    }
}

/// The envelope and journal form of anything one agent says to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentMessage {
    /// Its id.
    pub id: MessageId,
    /// The conversation: the id of its first message.
    pub thread: MessageId,
    /// The message that caused it; `None` for an observation.
    pub parent_id: Option<MessageId>,
    /// The speaker's path.
    pub from: String,
    /// The hearer.
    pub to: To,
    /// Kind of speech.
    pub kind: Kind,
    /// Urgency.
    pub priority: Priority,
    /// When it was said, by the speaker's clock.
    pub at: DateTime<Utc>,
    /// After this an answer is worthless.
    pub deadline: Option<DateTime<Utc>>,
    /// What was said.
    pub body: Body,
    /// The speaker's incarnation, counted from 1; 0 where it is not stated, as in the minutes of a round, whose facts
    /// state it themselves.
    #[serde(default, skip_serializing_if = "unstated")]
    pub incarnation: u64,
}

fn unstated(incarnation: &u64) -> bool {
    *incarnation == 0
}

impl AgentMessage {
    /// A message that opens a thread of its own: Normal, without a deadline, its speaker's incarnation not stated.
    pub fn new(
        id: MessageId,
        from: &str,
        to: To,
        kind: Kind,
        at: DateTime<Utc>,
        body: impl Into<Body>,
    ) -> AgentMessage {
        AgentMessage {
            thread: id.clone(),
            id,
            parent_id: None,
            from: from.to_owned(),
            to,
            kind,
            priority: Priority::Normal,
            at,
            deadline: None,
            body: body.into(),
            incarnation: 0,
        }
    }

    /// The answer to this message, from whoever was asked to whoever asked.
    pub fn answer(&self, id: MessageId, from: &str, at: DateTime<Utc>, body: impl Into<Body>) -> AgentMessage {
        AgentMessage {
            thread: self.thread.clone(),
            parent_id: Some(self.id.clone()),
            priority: self.priority,
            ..AgentMessage::new(id, from, To::One(self.from.clone()), Kind::Response, at, body)
        }
    }

    /// Whether an answer at `now` would be worthless.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.deadline.is_some_and(|deadline| deadline < now)
    }
}
