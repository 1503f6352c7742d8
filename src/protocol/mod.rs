//! The one language of the house: what an agent may say to another, and how it is written down.
//!
//! In code every message is its own Rust type with its own handler. [`AgentMessage`] is the envelope those are journaled
//! in: who said what to whom, because of which earlier message. Facts are past tense ([`Fact`]); questions and orders are
//! in [`question`]. A fact may be caused only by what comes before it in the order
//! Observed, Opined, Agreed, Decided, Acted, Settled.

pub mod question;

use crate::domain::belief::{Basis, Seat};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::quote::{Market, Side};
use chrono::{DateTime, Utc};
use question::RoundId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The id of a message: 16 hexadecimal digits that follow from the seed.
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

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub body: Fact,
}

/// A seat's opinion as it is journaled: the numbers without the prose, which the opinions table keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpinionLine {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// Probability of the first side, when there is a view.
    pub p_first: Option<f64>,
    /// Why there is none.
    pub abstained: Option<String>,
}

/// A decision as it is journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// The decision's id.
    pub id: String,
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The side considered.
    pub side: Option<Side>,
    /// The stake; nothing for a pass.
    pub stake: Cents,
    /// Why it was passed.
    pub pass: Option<String>,
}

/// Facts, in the order in which they can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A slate was opened with the data known then.
    Observed {
        /// The week.
        when: SeasonWeek,
        /// The moment of the market.
        basis: Basis,
        /// The instant decisions may look back from.
        as_of: DateTime<Utc>,
        /// Games on offer.
        n_games: usize,
        /// Quotes on offer.
        n_quotes: usize,
        /// Results known.
        n_results: usize,
        /// SHA-256 of the slate and its quotes.
        slate_hash: String,
    },
    /// A seat gave its opinions.
    Opined {
        /// The seat.
        seat: Seat,
        /// 1 alone, 2 after deliberation.
        round: u8,
        /// Its incarnation: above 1 it was restarted.
        incarnation: u64,
        /// Why the whole seat is absent, when it is.
        absent: Option<String>,
        /// The opinions; in round 2 only those that changed.
        opinions: Vec<OpinionLine>,
    },
    /// The swarm agreed.
    Agreed {
        /// Markets with a side, as game, market, side, consensus, equal-weight consensus, pooled probability.
        lines: Vec<AgreedLine>,
    },
    /// The risk manager decided.
    Decided {
        /// Bets and passes.
        lines: Vec<DecisionLine>,
    },
    /// Bets were entered in the paper book.
    Acted {
        /// Number of bets.
        n_bets: usize,
        /// Their stakes together.
        staked: Cents,
    },
    /// A bet was graded.
    Settled {
        /// The decision's id.
        pick: String,
        /// `win`, `loss`, `push` or `void`.
        result: String,
        /// Profit; negative for a loss.
        profit: Cents,
        /// Closing line value in points, where a close exists.
        clv_points: Option<f64>,
    },
}

/// One market's agreement as it is journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreedLine {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The side with the greater weight.
    pub side: Option<Side>,
    /// Agreeing weight over the weight of all seats.
    pub consensus: f64,
    /// The same with equal weights.
    pub equal_consensus: f64,
    /// Pooled probability of the first side.
    pub p_first: f64,
}
