//! Questions and orders: what a swarm asks of its seats and of the risk manager.

use crate::domain::archive::View;
use crate::domain::belief::{Basis, Offer};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::pick::Agreement;
use crate::domain::quote::Market;
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::Arc;

/// The id of a swarm round: stable for the same week, moment, instant and settings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoundId(pub String);

/// "What do you think of these games, by what was known then?"
#[derive(Clone, Debug)]
pub struct Study {
    /// The round.
    pub round: RoundId,
    /// The week.
    pub when: SeasonWeek,
    /// The moment of the market.
    pub basis: Basis,
    /// All that may be known.
    pub view: View,
    /// The games on offer.
    pub slate: Arc<Vec<Offer>>,
}

/// One disputed market, as a seat is shown it: what the others think, without names.
#[derive(Clone, Debug, PartialEq)]
pub struct Disputed {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// Log-odds by which the median of the other seats' beliefs departs from the market's fair probability.
    pub others: f64,
    /// How many others have a belief.
    pub n_others: usize,
}

/// "The table disagrees on these; do you stand by your view?"
#[derive(Clone, Debug, PartialEq)]
pub struct Dispute {
    /// The round.
    pub round: RoundId,
    /// The disputed markets this seat has a belief on.
    pub markets: Vec<Disputed>,
}

/// A bet that was made earlier in the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBet {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The US Eastern day of its kickoff.
    pub day: NaiveDate,
    /// The stake.
    pub stake: Cents,
}

/// Money already at stake in the week a round decides on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Open bets.
    pub open: Vec<OpenBet>,
    /// The most that may be at stake in the week, when it is less than the risk manager's own limit.
    pub week_cap: Option<Cents>,
}

/// "Here is what we agreed on; what do we stake?"
#[derive(Clone, Debug)]
pub struct Review {
    /// The round.
    pub round: RoundId,
    /// The instant of the decision.
    pub as_of: DateTime<Utc>,
    /// What was known.
    pub view: View,
    /// The games on offer.
    pub slate: Arc<Vec<Offer>>,
    /// What was agreed, in slate order.
    pub agreements: Vec<Agreement>,
    /// Seats at the table.
    pub n_seats: usize,
    /// The bankroll stakes are shares of.
    pub bankroll: Cents,
    /// Money already at stake this week.
    pub exposure: Exposure,
}
