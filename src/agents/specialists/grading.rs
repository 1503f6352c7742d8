//! What became of a decision: the one place where a bet meets a final score and a closing line.
//!
//! A grade is made after the fact, from a view that knows the result, and can be made again at any time with the same
//! answer. What cannot be known is `None`: a game without a score has no grade yet, a bet without a later close has no
//! closing line value. Nothing is guessed.

use crate::domain::archive::View;
use crate::domain::game::{Fixture, Score};
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::pick::{Decision, Offered};
use crate::domain::price::American;
use crate::domain::quote::{Market, Moment, Quote, Side};
use crate::market::DevigMethod;
use crate::market::clv::{Close, Taken, clv, line_value};
use crate::market::shapes::Shapes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How a bet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The side won.
    Win,
    /// The other side won.
    Loss,
    /// The result was on the line, or a moneyline game ended in a tie: the stake comes back.
    Push,
    /// The game is no longer on the schedule: the stake comes back.
    Void,
}

impl Outcome {
    /// `win`, `loss`, `push` or `void`, as stored.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Win => "win",
            Outcome::Loss => "loss",
            Outcome::Push => "push",
            Outcome::Void => "void",
        }
    }

    /// Profit on one unit risked at a price: the decimal profit, -1, or nothing.
    pub fn units_at(self, price: American) -> f64 {
        match self {
            Outcome::Win => price.decimal().profit(),
            Outcome::Loss => -1.0,
            Outcome::Push | Outcome::Void => 0.0,
        }
    }

    /// Profit on a stake at a price, to the nearest cent (half a cent goes away from zero).
    pub fn profit_at(self, stake: Cents, price: American) -> Cents {
        match self {
            Outcome::Win => winnings(stake, price),
            Outcome::Loss => -stake,
            Outcome::Push | Outcome::Void => Cents::ZERO,
        }
    }
}

/// `stake * a / 100` for +a, `stake * 100 / a` for -a, in whole numbers: a float may lose half a cent.
fn winnings(stake: Cents, price: American) -> Cents {
    let odds = i64::from(price.get());
    let (times, by) = if odds > 0 { (odds, 100) } else { (100, -odds) };
    let doubled = 2 * i128::from(stake.0) * i128::from(times);
    let by = i128::from(by);
    let rounded = (doubled + by * doubled.signum()) / (2 * by);
    Cents(i64::try_from(rounded).expect("a stake in cents times odds within 100,000 is far inside 64 bits"))
}

/// A graded decision. Profits of a pass are those of a stake of nothing; its units are those of a bet not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// How it ended.
    pub outcome: Outcome,
    /// Profit on the stake at the price taken, in cents.
    pub profit_cents: Cents,
    /// Profit on one unit risked at the price taken.
    pub flat_units: f64,
    /// Profit on the stake at -110, in cents; none for a moneyline, which has no usual price.
    pub profit_at_110_cents: Option<Cents>,
    /// Profit on one unit risked at -110; none for a moneyline.
    pub flat_at_110_units: Option<f64>,
    /// By how many points the line moved the bet's way until the close; none without a later close, or for a moneyline.
    pub clv_points: Option<f64>,
    /// The close's probability of the bet at its own line, margin removed, minus what its price needs; none without
    /// later closing prices of both sides.
    pub clv_probability: Option<f64>,
    /// Whether the close was worse to have: a worse line, or the same line at a worse price. None without a later close.
    pub beat_close: Option<bool>,
    /// The closing line.
    pub close_line: Option<HalfPoints>,
    /// The closing price of the side.
    pub close_price: Option<American>,
}

/// How a bet on a side at a line ends with a final score. `None` when a spread or total has no line, or the side is not
/// one of the market.
pub fn settle(market: Market, side: Side, line: Option<HalfPoints>, score: Score) -> Option<Outcome> {
    if side.of_total() != (market == Market::Total) {
        return None;
    }
    let (result, line) = match market {
        Market::Spread => (score.margin(), line?),
        Market::Total => (score.total(), line?),
        Market::Moneyline => (score.margin(), HalfPoints(0)),
    };
    let over = 2 * result - i32::from(line.0);
    let ours = if side.is_first() { over } else { -over };
    Some(match ours.signum() {
        1 => Outcome::Win,
        -1 => Outcome::Loss,
        _ => Outcome::Push,
    })
}

/// Grades the side and price of a decision made at `decided_at`, with what `known` knows and the distributions of the
/// game's season.
///
/// `None` when there is nothing to grade (no side or no price), or not yet: the game has no score, or `known` is from
/// before the decision. A game that `known` has no fixture of is void, and so is one without a
/// score two weeks after its kickoff; a score that comes later makes the next grading revise it.
pub fn grade(decision: &Decision, decided_at: DateTime<Utc>, known: &View, shapes: &Shapes) -> Option<Graded> {
    let (side, offered) = (decision.side?, decision.offered.as_ref()?);
    if known.at() < decided_at {
        return None;
    }
    let (game, market) = (&decision.agreement.game, decision.agreement.market);
    let given_up = |f: &Fixture| known.score(game).is_none() && known.at() > f.kickoff + GIVE_UP;
    if known.fixture(game).is_none_or(given_up) {
        return Some(graded(decision, offered, market, Outcome::Void));
    }
    let outcome = settle(market, side, offered.line, known.score(game)?)?;
    let mut graded = graded(decision, offered, market, outcome);
    if let Some(close) = later_close(known, decision, decided_at) {
        value(&mut graded, side, offered, close, shapes);
    }
    Some(graded)
}

/// A game without a score this long after its kickoff was not played: books return stakes within days.
const GIVE_UP: TimeDelta = TimeDelta::days(14);

fn graded(decision: &Decision, offered: &Offered, market: Market, outcome: Outcome) -> Graded {
    let usual = (market != Market::Moneyline).then_some(American::MINUS_110);
    Graded {
        outcome,
        profit_cents: outcome.profit_at(decision.stake(), offered.price),
        flat_units: outcome.units_at(offered.price),
        profit_at_110_cents: usual.map(|p| outcome.profit_at(decision.stake(), p)),
        flat_at_110_units: usual.map(|p| outcome.units_at(p)),
        clv_points: None,
        clv_probability: None,
        beat_close: None,
        close_line: None,
        close_price: None,
    }
}

fn later_close<'a>(known: &'a View, decision: &Decision, decided_at: DateTime<Utc>) -> Option<&'a Quote> {
    known
        .reference(&decision.agreement.game, decision.agreement.market, Moment::Close)
        .filter(|close| close.as_of > decided_at)
}

/// Closing line value. The margin is removed as [`crate::market::shapes::fair`] does it, by power.
fn value(graded: &mut Graded, side: Side, offered: &Offered, close: &Quote, shapes: &Shapes) {
    let price = close.price(side);
    (graded.close_line, graded.close_price) = (close.line, price);
    let moved = offered
        .line
        .zip(close.line)
        .map(|(taken, last)| line_value(side, taken, last));
    graded.clv_points = moved.map(HalfPoints::points);
    let better_price = price.map(|p| offered.price.decimal() > p.decimal());
    graded.beat_close = match moved {
        Some(HalfPoints(0)) | None => better_price,
        Some(HalfPoints(gain)) => Some(gain > 0),
    };
    let Some((ours, other)) = price.zip(close.price(side.other())) else {
        return;
    };
    let taken = Taken {
        side,
        line: offered.line,
        price: offered.price.decimal(),
    };
    let close = Close {
        line: close.line,
        price: ours.decimal(),
        other_price: other.decimal(),
    };
    let valued = clv(&taken, &close, DevigMethod::Power, shapes.margins(), shapes.totals());
    graded.clv_probability = valued.ok().map(|v| v.probability());
}

/// A side as a baseline plays it: at the line everybody speaks of, one unit at -110.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SideGrade {
    /// How it ended.
    pub outcome: Outcome,
    /// Profit on one unit risked at -110.
    pub units: f64,
    /// By how many points the line moved its way until a later close; none without one.
    pub clv_points: Option<f64>,
}

/// Grades a side of a spread or total at `line` and -110, `close` being the line of a later close. `None` for a moneyline
/// and for a side of another market.
pub fn grade_side(
    market: Market,
    side: Side,
    line: HalfPoints,
    score: Score,
    close: Option<HalfPoints>,
) -> Option<SideGrade> {
    if market == Market::Moneyline {
        return None;
    }
    let outcome = settle(market, side, Some(line), score)?;
    Some(SideGrade {
        outcome,
        units: outcome.units_at(American::MINUS_110),
        clv_points: close.map(|last| line_value(side, line, last).points()),
    })
}

#[cfg(test)]
mod tests;
