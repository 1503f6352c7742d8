//! One portfolio out of many proposals: every proposal is in it, or has the reason why not.
//!
//! The rules, in this order:
//! 1. A proposal without a stake is none. What was bet on earlier in the week, as far as the slip knows it, stands: a game's
//!    margin (spread or moneyline) is bet once, and so is its total.
//! 2. The same bet twice is one bet: the larger stake, not the sum, at the terms of whoever expects the most of it; both are
//!    named as its origins.
//! 3. Opposite sides: spread and moneyline of one game are both about its margin, so home at a spread and away at a
//!    moneyline are opposite. The side whose largest stake is at least [`CLEARLY`] times the other's is bet; when it is
//!    closer than that, neither is: the two cancel but for the margin of the book.
//! 4. Spread and moneyline on one team are one view: the first in order is bet.
//! 5. Caps on game, US Eastern day and week, what is open already included. A bet that does not fit whole is cut to what is
//!    left; below the least stake it is dropped. What others leave over is not handed on.
//!
//! The order everywhere: expected profit per unit, best first, bets without one after those with one; then the larger
//! stake; then origin, game and market by name. So the order in which proposals come in cannot matter.

use crate::domain::game::GameId;
use crate::domain::money::Cents;
use crate::domain::quote::Market;
use crate::protocol::proposal::{Origin, Proposal};
use crate::protocol::question::OpenBet;
use chrono::NaiveDate;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// How many times the other side's stake a side needs to be bet against it.
pub const CLEARLY: i64 = 2;

/// What may be at stake at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Caps {
    /// On one game.
    pub per_game: Cents,
    /// On games of one US Eastern day.
    pub per_day: Cents,
    /// On games of one week.
    pub per_week: Cents,
    /// A stake under this is not worth a bet.
    pub least: Cents,
}

/// Everything a week's portfolio is made of.
#[derive(Clone, Debug)]
pub struct Slip {
    /// What is wanted.
    pub proposals: Vec<Proposal>,
    /// What earlier rounds of the week have bet.
    pub open: Vec<OpenBet>,
    /// Limits.
    pub caps: Caps,
}

/// What cut a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    /// Enough on the game.
    Game,
    /// Enough on the day.
    Day,
    /// Enough in the week.
    Week,
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Cap::Game => "game",
            Cap::Day => "day",
            Cap::Week => "week",
        })
    }
}

/// A bet of the portfolio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bet {
    /// Its terms, by the first of its origins; the stake there is the one it wanted.
    pub terms: Proposal,
    /// What is staked.
    pub stake: Cents,
    /// The largest stake that was wanted.
    pub wanted: Cents,
    /// Everybody who wanted it, in order.
    pub origins: Vec<Origin>,
    /// What cut the stake, if anything.
    pub cut: Option<Cap>,
}

/// Why a proposal is not in the portfolio.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing to stake.
    #[error("it stakes nothing")]
    NoStake,
    /// An earlier round has a bet there.
    #[error("the game's {} is bet already this week", subject(*.market))]
    AlreadyBet {
        /// The market of the open bet.
        market: Market,
    },
    /// The other side is clearly wanted more.
    #[error("the other side is wanted with {other}, this one with {own}")]
    Opposed {
        /// The largest stake on this side.
        own: Cents,
        /// The largest stake on the other.
        other: Cents,
    },
    /// Both sides are wanted, neither clearly.
    #[error("both sides are wanted, with {own} and {other}: that is too close to bet either")]
    TooClose {
        /// The largest stake on this side.
        own: Cents,
        /// The largest stake on the other.
        other: Cents,
    },
    /// The same view is bet elsewhere.
    #[error("the same view is bet on the {}", .market.name())]
    SameView {
        /// Where.
        market: Market,
    },
    /// No room.
    #[error("the limit of its {cap} leaves {left}")]
    Cap {
        /// Which limit.
        cap: Cap,
        /// What it leaves.
        left: Cents,
    },
    /// Not worth a bet.
    #[error("a stake of {stake} is under the least of {least}")]
    TooSmall {
        /// The stake.
        stake: Cents,
        /// The least.
        least: Cents,
    },
}

fn subject(market: Market) -> &'static str {
    match market {
        Market::Total => "total",
        Market::Spread | Market::Moneyline => "margin",
    }
}

/// A proposal that is not in the portfolio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dropped {
    /// What was wanted.
    pub proposal: Proposal,
    /// Why it is not bet.
    pub why: Why,
}

/// What comes of all proposals.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Portfolio {
    /// The bets, in order.
    pub bets: Vec<Bet>,
    /// The rest, in order.
    pub drops: Vec<Dropped>,
}

/// What a bet is about: spread and moneyline are about the margin.
type Subject<'a> = (&'a GameId, &'static str);

impl Proposal {
    fn subject(&self) -> Subject<'_> {
        (&self.game, subject(self.market))
    }
}

/// A bet that is wanted, by one or several.
struct Wanted {
    /// In order; the first sets the terms.
    proposals: Vec<Proposal>,
}

impl Wanted {
    fn terms(&self) -> &Proposal {
        &self.proposals[0]
    }

    fn stake(&self) -> Cents {
        let stakes = self.proposals.iter().map(|p| p.stake);
        stakes.max().unwrap_or(Cents::ZERO)
    }

    fn drop(self, why: &Why, drops: &mut Vec<Dropped>) {
        let drop = |proposal| Dropped {
            proposal,
            why: why.clone(),
        };
        drops.extend(self.proposals.into_iter().map(drop));
    }
}

/// Makes one portfolio of everything that is wanted, by the rules above.
pub fn compose(slip: Slip) -> Portfolio {
    let Slip {
        mut proposals,
        open,
        caps,
    } = slip;
    proposals.sort_by(order);
    let mut drops = Vec::new();
    let fresh = sound(proposals, &open, &mut drops);
    let wanted = clear_of_opposites(merged(fresh), &mut drops);
    let wanted = one_view_each(wanted, &mut drops);
    let bets = within(wanted, &open, &caps, &mut drops);
    drops.sort_by(|a, b| order(&a.proposal, &b.proposal));
    Portfolio { bets, drops }
}

/// Best first; total over proposals of different origin, game or market.
fn order(a: &Proposal, b: &Proposal) -> Ordering {
    let expected = |p: &Proposal| p.expected.filter(|e| e.is_finite()).unwrap_or(f64::NEG_INFINITY);
    let place = |p: &Proposal| (p.origin.clone(), p.game.clone(), p.market, p.side.name());
    expected(b)
        .total_cmp(&expected(a))
        .then_with(|| b.stake.cmp(&a.stake))
        .then_with(|| place(a).cmp(&place(b)))
}

/// Rule 1.
fn sound(proposals: Vec<Proposal>, open: &[OpenBet], drops: &mut Vec<Dropped>) -> Vec<Proposal> {
    let mut sound = Vec::new();
    for proposal in proposals {
        let taken = open
            .iter()
            .find(|bet| (&bet.game, subject(bet.market)) == proposal.subject());
        let why = if proposal.stake <= Cents::ZERO {
            Some(Why::NoStake)
        } else {
            taken.map(|bet| Why::AlreadyBet { market: bet.market })
        };
        match why {
            Some(why) => drops.push(Dropped { proposal, why }),
            None => sound.push(proposal),
        }
    }
    sound
}

/// Rule 2. Sorted proposals come in, so the first of each bet sets its terms.
fn merged(proposals: Vec<Proposal>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for proposal in proposals {
        let same = |w: &&mut Wanted| {
            let terms = w.terms();
            (&terms.game, terms.market, terms.side) == (&proposal.game, proposal.market, proposal.side)
        };
        match wanted.iter_mut().find(same) {
            Some(known) => known.proposals.push(proposal),
            None => wanted.push(Wanted {
                proposals: vec![proposal],
            }),
        }
    }
    wanted
}

/// Rule 3.
fn clear_of_opposites(wanted: Vec<Wanted>, drops: &mut Vec<Dropped>) -> Vec<Wanted> {
    let mut sides: BTreeMap<(GameId, &str), [Cents; 2]> = BTreeMap::new();
    for w in &wanted {
        let (game, subject) = w.terms().subject();
        let weights = sides.entry((game.clone(), subject)).or_default();
        let own = &mut weights[usize::from(!w.terms().side.is_first())];
        *own = (*own).max(w.stake());
    }
    let mut kept = Vec::new();
    for w in wanted {
        let (game, subject) = w.terms().subject();
        let weights = sides.get(&(game.clone(), subject)).copied().unwrap_or_default();
        let at = usize::from(!w.terms().side.is_first());
        let (own, other) = (weights[at], weights[1 - at]);
        let clearly = |a: Cents, b: Cents| a.0 >= b.0.saturating_mul(CLEARLY);
        if clearly(own, other) {
            kept.push(w);
        } else if clearly(other, own) {
            w.drop(&Why::Opposed { own, other }, drops);
        } else {
            w.drop(&Why::TooClose { own, other }, drops);
        }
    }
    kept
}

/// Rule 4. After rule 3 all that is left about one subject is of one view.
fn one_view_each(wanted: Vec<Wanted>, drops: &mut Vec<Dropped>) -> Vec<Wanted> {
    let mut kept: Vec<Wanted> = Vec::new();
    for w in wanted {
        let same = kept.iter().find(|k| k.terms().subject() == w.terms().subject());
        match same.map(|k| k.terms().market) {
            Some(market) => w.drop(&Why::SameView { market }, drops),
            None => kept.push(w),
        }
    }
    kept
}

/// Rule 5.
fn within(wanted: Vec<Wanted>, open: &[OpenBet], caps: &Caps, drops: &mut Vec<Dropped>) -> Vec<Bet> {
    let mut book = Book::default();
    for bet in open {
        book.add(&bet.game, bet.day, bet.stake);
    }
    let mut bets = Vec::new();
    for w in wanted {
        let terms = w.terms().clone();
        let (mut stake, mut cut) = (w.stake(), None);
        for (left, cap) in book.left(&terms, caps) {
            if stake > left {
                (stake, cut) = (left, Some(cap));
            }
        }
        let least = caps.least;
        if stake < least || stake <= Cents::ZERO {
            let left = stake.max(Cents::ZERO);
            let why = cut.map_or(Why::TooSmall { stake, least }, |cap| Why::Cap { cap, left });
            w.drop(&why, drops);
            continue;
        }
        book.add(&terms.game, terms.day, stake);
        bets.push(Bet {
            stake,
            wanted: w.stake(),
            origins: w.proposals.into_iter().map(|p| p.origin).collect(),
            cut,
            terms,
        });
    }
    bets
}

/// What is at stake so far.
#[derive(Default)]
struct Book {
    games: BTreeMap<GameId, Cents>,
    days: BTreeMap<NaiveDate, Cents>,
    week: Cents,
}

impl Book {
    fn add(&mut self, game: &GameId, day: NaiveDate, stake: Cents) {
        *self.games.entry(game.clone()).or_default() += stake;
        *self.days.entry(day).or_default() += stake;
        self.week += stake;
    }

    fn left(&self, terms: &Proposal, caps: &Caps) -> [(Cents, Cap); 3] {
        let on_game = self.games.get(&terms.game).copied().unwrap_or_default();
        let on_day = self.days.get(&terms.day).copied().unwrap_or_default();
        [
            (caps.per_game - on_game, Cap::Game),
            (caps.per_day - on_day, Cap::Day),
            (caps.per_week - self.week, Cap::Week),
        ]
    }
}

#[cfg(test)]
mod tests;
