//! How a game's prices get from opener to close: a few steps at drawn times, which every book takes with a lag of its own.
//!
//! Books that move one after the other within half an hour are what steam detection has to find. In the last minutes
//! before kickoff every book stands at the close exactly.

use super::chance::Chance;
use crate::domain::game::Fixture;
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::market::odds::nearest_american;
use chrono::{DateTime, TimeDelta, Utc};

/// From here to kickoff all books stand at the close.
const CALM: TimeDelta = TimeDelta::minutes(10);
/// The longest a book takes to follow the market: within the thirty minutes in which moves count as one.
const MAX_LAG_MINUTES: u64 = 25;
/// The last step begins this long before kickoff, so that the slowest book is there before the calm.
const LAST_STEP: TimeDelta = TimeDelta::minutes(40);
/// Steps of a moneyline from opener to close, and of a line whose number stays and only its price moves.
const PRICE_STEPS: usize = 4;
/// A price step, in cents.
const STEP_CENTS: i32 = 5;

/// A two-sided price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Spread (positive: home favoured) or total.
    pub line: Option<HalfPoints>,
    pub first: American,
    pub second: American,
}

/// The way of one market of one game.
#[derive(Clone, Debug)]
pub(super) struct LinePath {
    market: Market,
    open: Offer,
    close: Offer,
    opens_at: DateTime<Utc>,
    kickoff: DateTime<Utc>,
    /// When the market takes each step, ascending.
    steps: Vec<DateTime<Utc>>,
    chance: Chance,
}

impl LinePath {
    /// The path of a market, from the game's quotes; `None` when they hold no price to begin with. Where the opener or the
    /// close is unknown, the other one a few drawn half points away takes its place. Openers are those of the first book
    /// by name, closes nflverse's before any other.
    pub(super) fn new(fixture: &Fixture, market: Market, quotes: &[Quote], chance: Chance) -> Option<LinePath> {
        let chance = chance.on(market.name());
        let of = |moment: Moment| {
            let known = quotes.iter().filter(|q| q.market == market && q.moment == moment);
            let best = known.min_by_key(|q| (q.book.as_str() != Book::NFLVERSE, q.book.clone()));
            best.and_then(offer)
        };
        let (open, close) = match (of(Moment::Open), of(Moment::Close)) {
            (None, None) => return None,
            (Some(open), Some(close)) => (open, close),
            (Some(open), None) => (open, open.moved(market, chance.on("close").between(-3, 3))),
            (None, Some(close)) => (close.moved(market, chance.on("open").between(-3, 3)), close),
        };
        let span_seconds = (fixture.kickoff - LAST_STEP - fixture.opens_at).num_seconds().max(1);
        let mut steps: Vec<DateTime<Utc>> = (0..n_steps(open, close))
            .map(|k| {
                let share = chance.on("step").at(k as i64).unit();
                fixture.opens_at + TimeDelta::seconds((span_seconds as f64 * share) as i64)
            })
            .collect();
        steps.sort();
        Some(LinePath {
            market,
            open,
            close,
            opens_at: fixture.opens_at,
            kickoff: fixture.kickoff,
            steps,
            chance,
        })
    }

    /// What closed.
    pub(super) fn close(&self) -> Offer {
        self.close
    }

    /// What a book offers at an instant; `None` before the market opens.
    pub(super) fn offer(&self, book: &str, at: DateTime<Utc>) -> Option<Offer> {
        if at < self.opens_at {
            return None;
        }
        if at >= self.kickoff - CALM {
            return Some(self.close);
        }
        let own = self.chance.on(book);
        let lag = TimeDelta::minutes(own.below(MAX_LAG_MINUTES).cast_signed());
        let n_taken = self.steps.iter().filter(|step| **step + lag <= at).count();
        let hour = (at - self.opens_at).num_hours();
        let cents = STEP_CENTS * own.at(hour).between(-1, 1) as i32;
        Some(self.after(n_taken).shaded(cents))
    }

    fn after(&self, n_taken: usize) -> Offer {
        let n = self.steps.len();
        if n_taken >= n {
            return self.close;
        }
        let share = n_taken as f64 / n as f64;
        let between = |a: American, b: American| {
            let implied = |p: American| 1.0 / p.decimal().get();
            let p = implied(a) + (implied(b) - implied(a)) * share;
            Decimal::new(1.0 / p).map_or(a, nearest_american)
        };
        match (self.market, self.open.line, self.close.line) {
            (Market::Spread | Market::Total, Some(open), Some(close)) if open != close => {
                let step = (close - open).0.signum();
                Offer {
                    line: Some(HalfPoints(open.0 + step * n_taken as i16)),
                    ..self.open
                }
            }
            _ => Offer {
                line: self.open.line,
                first: between(self.open.first, self.close.first),
                second: between(self.open.second, self.close.second),
            },
        }
    }
}

/// One step a half point, so that no number is jumped over; a moneyline moves by price.
fn n_steps(open: Offer, close: Offer) -> usize {
    match (open.line, close.line) {
        (Some(a), Some(b)) if a != b => usize::from((b - a).0.unsigned_abs()),
        _ if open == close => 0,
        _ => PRICE_STEPS,
    }
}

/// A moneyline without prices says nothing; a line without them costs what lines usually cost.
fn offer(quote: &Quote) -> Option<Offer> {
    let usual = (quote.market != Market::Moneyline).then_some(American::MINUS_110);
    if quote.line.is_none() && quote.market != Market::Moneyline {
        return None;
    }
    Some(Offer {
        line: quote.line,
        first: quote.first.or(usual)?,
        second: quote.second.or(usual)?,
    })
}

impl Offer {
    fn moved(self, market: Market, halves: i64) -> Offer {
        let halves = halves as i16;
        match (market, self.line) {
            (Market::Moneyline, _) | (_, None) => self.shaded(STEP_CENTS * i32::from(halves)),
            (_, Some(line)) => Offer {
                line: Some(HalfPoints(line.0 + halves)),
                ..self
            },
        }
    }

    /// The first side dearer by some cents and the second cheaper, which leaves the margin about where it was.
    fn shaded(self, cents: i32) -> Offer {
        Offer {
            first: shifted(self.first, -cents),
            second: shifted(self.second, cents),
            ..self
        }
    }
}

/// A price moved by cents on the scale without the gap between -100 and +100; one moved out of range stays.
fn shifted(price: American, cents: i32) -> American {
    let x = price.get();
    let even = if x > 0 { x - 100 } else { x + 100 } + cents;
    let moved = if even >= 0 { even + 100 } else { even - 100 };
    American::new(moved).unwrap_or(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_step_over_the_gap_at_even_money() {
        let of = |a| American::new(a).unwrap();
        for (from, cents, to) in [
            (-110, 5, -105),
            (-105, 5, 100),
            (100, -5, -105),
            (120, 10, 130),
            (-100_000, -5, -100_000),
        ] {
            assert_eq!(shifted(of(from), cents), of(to), "{from} by {cents}");
        }
    }
}
