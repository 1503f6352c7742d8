//! Facts: what happened, in the past tense, as the journal keeps it.
//!
//! A fact may be caused only by what comes before it in the order Observed, Opined, Agreed, Decided, Acted, Settled; Learned
//! closes the circle. Their written form is chained by hashes in every journal there is, so a name or an order of fields never changes.

use crate::domain::belief::{Basis, Seat};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::quote::{Market, Side};
use crate::domain::standing::Standing;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
    /// A specialist took stock of a week.
    Learned {
        /// Whose figures, by role.
        agent: String,
        /// The week whose last game was graded.
        when: SeasonWeek,
        /// The figures.
        figures: Vec<FigureLine>,
        /// Claims that were resolved by it.
        n_resolved: usize,
        /// Claims it makes.
        n_remembered: usize,
    },
    /// The orchestrator ranked members of the team: what holds in a round, or what a week's results changed.
    Ranked {
        /// One line a member that does not stand full, or whose standing changed.
        lines: Vec<RankedLine>,
    },
    /// Conflicts between proposals were resolved.
    Resolved {
        /// One line for each proposal that is not bet.
        lines: Vec<ResolvedLine>,
    },
    /// An experiment with a setting was begun or judged.
    Tried {
        /// The setting.
        setting: String,
        /// Its value before.
        from: f64,
        /// The value that is tried.
        to: f64,
        /// What became of it: `running`, `kept`, `rejected`, `confirmed` or `rolled_back`.
        state: String,
        /// Why, with the figures.
        reason: String,
    },
}

/// A key figure as it is journaled: the table keeps its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureLine {
    /// Which.
    pub name: String,
    /// Its value; none when it could not be computed.
    pub value: Option<f64>,
    /// Observations behind it.
    pub n: u64,
}

/// How a member of the team stands, as it is journaled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedLine {
    /// The seat, model or swarm.
    pub subject: String,
    /// Its standing.
    pub standing: Standing,
    /// Why, with the figures.
    pub reason: String,
}

/// One conflict between those who want bets, and how it was resolved, as it is journaled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedLine {
    /// The game.
    pub game: GameId,
    /// The market of what was not bet.
    pub market: Market,
    /// The rule that applied.
    pub rule: String,
    /// Who wanted it.
    pub dropped: String,
    /// Whose bets stand in its way; nobody's for a limit.
    pub kept: Vec<String>,
    /// The rule's words, with the figures.
    pub why: String,
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
