//! A bet in the paper book as specialists judge it: what was staked on which grounds, when its result was due, and how it
//! ended.

use super::grading::Outcome;
use crate::domain::belief::Seat;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::pick::Tier;
use crate::domain::pick::{Decision, Verdict};
use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Side};
use chrono::{DateTime, Utc};

/// How a bet ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    /// Won, lost or returned.
    pub outcome: Outcome,
    /// Profit in cents.
    pub profit: Cents,
    /// Closing line value in points, where a close exists.
    pub clv_points: Option<f64>,
    /// When it was graded.
    pub graded_at: DateTime<Utc>,
}

/// A bet of one paper book.
#[derive(Clone, Debug, PartialEq)]
pub struct Booked {
    /// The decision's id.
    pub id: String,
    /// The game.
    pub game: GameId,
    /// Its week.
    pub when: SeasonWeek,
    /// The market.
    pub market: Market,
    /// The side.
    pub side: Side,
    /// The tier it earned.
    pub tier: Tier,
    /// Who wanted it: `consensus`.
    pub origin: &'static str,
    /// Seats that voted for the side, by name.
    pub supporters: Vec<Seat>,
    /// The stake.
    pub stake: Cents,
    /// The price taken.
    pub price: American,
    /// The claimed probability of a win.
    pub p_win: Probability,
    /// The claimed probability of a push.
    pub p_push: Probability,
    /// When its result was to be known.
    pub due_at: DateTime<Utc>,
    /// How it ended, once it is graded.
    pub ending: Option<Ending>,
}

impl Booked {
    /// A decision as a bet; none for a pass.
    pub fn of(
        decision: &Decision,
        when: SeasonWeek,
        due_at: DateTime<Utc>,
        ending: Option<Ending>,
    ) -> Option<Booked> {
        let Verdict::Bet { stake, tier, .. } = decision.verdict else {
            return None;
        };
        let side = decision.side?;
        let votes = decision.agreement.votes.iter();
        Some(Booked {
            id: decision.id.clone(),
            game: decision.agreement.game.clone(),
            when,
            market: decision.agreement.market,
            side,
            tier,
            origin: "consensus",
            supporters: votes.filter(|v| v.stance == Ok(side)).map(|v| v.seat.clone()).collect(),
            stake,
            price: decision.offered.as_ref()?.price,
            p_win: decision.p_win?,
            p_push: decision.p_push.unwrap_or(Probability::clamped(0.0)),
            due_at,
            ending,
        })
    }
}

/// Bets with their endings, in the order in which results were due.
pub(super) fn ended(bets: &[Booked]) -> Vec<(&Booked, Ending)> {
    let mut ended: Vec<(&Booked, Ending)> = bets.iter().filter_map(|b| Some((b, b.ending?))).collect();
    ended.sort_by(|a, b| (a.0.due_at, &a.0.id).cmp(&(b.0.due_at, &b.0.id)));
    ended
}

#[cfg(test)]
pub(super) mod invented {
    //! Invented bets for the tests of whoever judges bets.

    use super::*;
    use crate::domain::price::American;
    use chrono::TimeDelta;

    /// The `i`-th bet: one a day, on a week of the season 2010 each ten days.
    pub fn bet(i: usize, stake: i64, outcome: Option<Outcome>, clv: Option<f64>) -> Booked {
        let price = American::MINUS_110;
        let due_at = DateTime::UNIX_EPOCH + TimeDelta::days(i as i64);
        let market = Market::ALL[i % 3];
        let first = market.first_side();
        Booked {
            id: format!("b{i:04}"),
            game: GameId::new(&format!("g{i}")),
            when: SeasonWeek {
                season: 2010,
                week: u8::try_from(1 + i / 10 % 20).unwrap_or(1),
            },
            market,
            side: if i.is_multiple_of(2) { first } else { first.other() },
            tier: Tier::ALL[i % 3],
            origin: "consensus",
            supporters: (0..i % 5).map(|s| Seat::new(&format!("seat{s}"))).collect(),
            stake: Cents(stake),
            price,
            p_win: Probability::clamped(0.55),
            p_push: Probability::clamped(0.0),
            due_at,
            ending: outcome.map(|outcome| Ending {
                outcome,
                profit: outcome.profit_at(Cents(stake), price),
                clv_points: clv,
                graded_at: due_at + TimeDelta::hours(1),
            }),
        }
    }
}
