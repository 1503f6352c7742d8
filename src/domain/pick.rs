//! What a swarm agreed on and what was decided about it: a bet with its stake, or a pass with its reason.

use super::belief::{Abstention, Evidence, Seat};
use super::game::GameId;
use super::line::HalfPoints;
use super::money::Cents;
use super::price::American;
use super::probability::Probability;
use super::quote::{Book, Market, Side};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a pick may stake, by how much of the table agrees and what it should return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tier {
    /// Consensus of 60% and expected ROI of 3% or more: up to 1.5% of bankroll.
    B,
    /// 75% and 5%: up to 3%.
    A,
    /// 90% and 10%: up to 5%.
    S,
}

impl Tier {
    /// From the lowest to the highest.
    pub const ALL: [Tier; 3] = [Tier::B, Tier::A, Tier::S];

    /// The least consensus a tier asks for, as a share of the weight of all seats.
    pub fn min_consensus(self) -> f64 {
        match self {
            Tier::B => 0.60,
            Tier::A => 0.75,
            Tier::S => 0.90,
        }
    }

    /// The least expected profit per unit staked.
    pub fn min_roi(self) -> f64 {
        match self {
            Tier::B => 0.03,
            Tier::A => 0.05,
            Tier::S => 0.10,
        }
    }

    /// The most it may stake, as a share of the bankroll.
    pub fn cap(self) -> f64 {
        match self {
            Tier::B => 0.015,
            Tier::A => 0.03,
            Tier::S => 0.05,
        }
    }

    /// The lower of the tiers that a consensus and an expected ROI earn; `None` when either earns no bet.
    pub fn earned(consensus: f64, roi: f64) -> Option<Tier> {
        let highest = |ok: &dyn Fn(Tier) -> bool| Tier::ALL.into_iter().rev().find(|t| ok(*t));
        let by_consensus = highest(&|t| consensus >= t.min_consensus())?;
        let by_roi = highest(&|t| roi >= t.min_roi())?;
        Some(by_consensus.min(by_roi))
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Tier::S => "S",
            Tier::A => "A",
            Tier::B => "B",
        })
    }
}

/// The least share of seats that must vote for a market to be bet, as a fraction.
pub const QUORUM: (usize, usize) = (2, 3);

/// True when enough of the seats voted.
pub fn quorate(voting: usize, seats: usize) -> bool {
    seats > 0 && voting * QUORUM.1 >= seats * QUORUM.0
}

/// One seat's vote on one market.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Who voted.
    pub seat: Seat,
    /// The side, or why none.
    pub stance: Result<Side, Abstention>,
    /// Its probability of the first side after deliberation, when it has one.
    pub p_first: Option<Probability>,
    /// Its probability before deliberation.
    pub p_first_alone: Option<Probability>,
    /// Standard error of its probability.
    pub sd: Option<f64>,
    /// Recent performance: 1 is a record that says nothing.
    pub performance: f64,
    /// From one half (no conviction, or no view) to 1.
    pub confidence: f64,
    /// Performance times confidence: what the vote weighs.
    pub weight: f64,
    /// Times it was restarted during the round.
    pub restarts: u64,
}

/// What the swarm agreed on about one market of one game.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The line spoken of.
    pub line: Option<HalfPoints>,
    /// The side with the greater weight; `None` when nobody voted or the weights tie.
    pub side: Option<Side>,
    /// Agreeing weight over the weight of all seats.
    pub consensus: f64,
    /// The same with equal weights, for the side that equal weights choose.
    pub equal_consensus: f64,
    /// The side equal weights choose.
    pub equal_side: Option<Side>,
    /// Every seat's vote, by seat.
    pub votes: Vec<Vote>,
    /// The market's own probability of the first side, margin removed.
    pub fair: Probability,
    /// The pooled probability of the first side, given no push.
    pub p_first: Probability,
    /// The same pooled with equal weights.
    pub equal_p_first: Probability,
    /// The strongest reasons of seats on the chosen side, strongest first.
    pub reasons: Vec<(Seat, Evidence)>,
    /// The strongest argument against the chosen side, from whoever made it.
    pub counter: Option<(Seat, Evidence)>,
}

impl Agreement {
    /// Seats that voted for a side.
    pub fn votes_for(&self, side: Side) -> usize {
        self.votes.iter().filter(|v| v.stance == Ok(side)).count()
    }

    /// Seats that voted at all.
    pub fn n_voting(&self) -> usize {
        self.votes.iter().filter(|v| v.stance.is_ok()).count()
    }
}

/// What bound a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The Kelly fraction itself: no cap was reached.
    Kelly,
    /// The tier's cap.
    TierCap,
    /// Exposure on one game.
    GameCap,
    /// Exposure on one US Eastern day.
    DayCap,
    /// Exposure in one week.
    WeekCap,
}

impl Limit {
    /// Short words for tables.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Kelly => "Kelly share",
            Limit::TierCap => "tier cap",
            Limit::GameCap => "game cap",
            Limit::DayCap => "day cap",
            Limit::WeekCap => "week cap",
        }
    }
}

/// Why a market is not bet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Pass {
    /// The game had kicked off.
    Started,
    /// No price from the user's books, or none that is fresh enough.
    NoPrice,
    /// The market was bet in an earlier round of the week.
    AlreadyBet,
    /// Under two thirds of the seats voted.
    Quorum {
        /// Seats that voted.
        voting: usize,
        /// Seats at the table.
        seats: usize,
    },
    /// No side had more weight than the other.
    NoMajority,
    /// Less than 60% of the table's weight agrees.
    Consensus {
        /// What there was.
        consensus: f64,
    },
    /// Expected profit per unit below 3%.
    ExpectedRoi {
        /// What there was.
        roi: f64,
    },
    /// Another market of the game expresses the same view at a better price.
    SameView {
        /// That market.
        market: Market,
    },
    /// Exposure was used up.
    RiskCap {
        /// Which exposure.
        limit: Limit,
    },
    /// The stake would be under a tenth of a unit.
    StakeTooSmall {
        /// What it would have been.
        stake: Cents,
    },
}

impl Pass {
    /// The code alone, for tables and statistics.
    pub fn code(&self) -> &'static str {
        match self {
            Pass::Started => "started",
            Pass::NoPrice => "no-price",
            Pass::AlreadyBet => "already-bet",
            Pass::Quorum { .. } => "quorum",
            Pass::NoMajority => "no-majority",
            Pass::Consensus { .. } => "consensus<60%",
            Pass::ExpectedRoi { .. } => "EV<3%",
            Pass::SameView { .. } => "same-view",
            Pass::RiskCap { .. } => "risk-cap",
            Pass::StakeTooSmall { .. } => "stake<0.1u",
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pass::Started => f.write_str("the game had started"),
            Pass::NoPrice => f.write_str("no price at your books that is fresh enough"),
            Pass::AlreadyBet => f.write_str("bet earlier this week"),
            Pass::Quorum { voting, seats } => write!(f, "quorum: {voting} of {seats} seats voted"),
            Pass::NoMajority => f.write_str("no side has a majority"),
            Pass::Consensus { consensus } => write!(f, "consensus {:.0}% of the 60% needed", consensus * 100.0),
            Pass::ExpectedRoi { roi } => write!(f, "EV {:+.1}% of the +3.0% needed", roi * 100.0),
            Pass::SameView { market } => write!(f, "the {market} says the same at a better price"),
            Pass::RiskCap { limit } => write!(f, "exposure used up: {}", limit.name()),
            Pass::StakeTooSmall { stake } => write!(f, "stake {stake} is under a tenth of a unit"),
        }
    }
}

/// The price a decision is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// Who offers it.
    pub book: Book,
    /// The line at that book.
    pub line: Option<HalfPoints>,
    /// The price.
    pub price: American,
    /// True when the source named no price and -110 was assumed.
    pub assumed: bool,
    /// When the price was seen.
    pub seen_at: DateTime<Utc>,
    /// Number of books that quoted the market.
    pub n_books: usize,
}

/// How far a pick may worsen and still be worth its stake: either bound alone, not both together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayableTo {
    /// The worst price at the taken line.
    pub price: Option<American>,
    /// The worst line at the taken price (a spread in nflverse's sign).
    pub line: Option<HalfPoints>,
}

/// A bet or a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Stake this much.
    Bet {
        /// The stake.
        stake: Cents,
        /// What bound it.
        limit: Limit,
        /// The tier it earned.
        tier: Tier,
        /// The full Kelly fraction of the bankroll beside the other bets of the slate.
        kelly: f64,
    },
    /// No bet.
    Pass(Pass),
}

/// What was decided about one market of one game.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Short stable id of the round, game and market.
    pub id: String,
    /// What the swarm agreed on.
    pub agreement: Agreement,
    /// The side considered; the one the swarm chose.
    pub side: Option<Side>,
    /// The best price for that side.
    pub offered: Option<Offered>,
    /// Probability that the side wins at that line, pushes counted as neither.
    pub p_win: Option<Probability>,
    /// Probability of a push at that line.
    pub p_push: Option<Probability>,
    /// `p_win / (p_win + p_lose)` minus the break-even probability of the price.
    pub edge: Option<f64>,
    /// Expected profit per unit staked.
    pub roi: Option<f64>,
    /// How far it may worsen.
    pub playable_to: Option<PlayableTo>,
    /// Bet or pass.
    pub verdict: Verdict,
}

impl Decision {
    /// The stake; nothing for a pass.
    pub fn stake(&self) -> Cents {
        match self.verdict {
            Verdict::Bet { stake, .. } => stake,
            Verdict::Pass(_) => Cents::ZERO,
        }
    }

    /// True for a bet.
    pub fn is_bet(&self) -> bool {
        matches!(self.verdict, Verdict::Bet { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_the_lower_of_what_consensus_and_return_earn() {
        for (consensus, roi, tier) in [
            (0.95, 0.12, Some(Tier::S)),
            (0.95, 0.06, Some(Tier::A)),
            (0.76, 0.50, Some(Tier::A)),
            (0.60, 0.03, Some(Tier::B)),
            (0.599, 0.50, None),
            (0.95, 0.0299, None),
        ] {
            assert_eq!(Tier::earned(consensus, roi), tier, "{consensus} {roi}");
        }
    }
}
