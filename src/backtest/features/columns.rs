//! Columns that need no opinion: the schedule, the lines and the prices of a round, and what became of its bets.

use crate::agents::specialists::data_engineer::AsOf;
use crate::domain::archive::{Archive, View};
use crate::domain::belief::Offer;
use crate::domain::calendar::eastern_hour;
use crate::domain::game::{Fixture, Phase, Roof};
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::domain::quote::{Book, Market, Moment, Quote, Side};
use crate::engine::sheet::{Candidate, Settled};
use crate::market::clv::line_value;
use crate::market::odds::break_even;
use crate::market::shapes::fair;
use crate::strategy::feature::{Feature, Flag};
use std::sync::Arc;

/// A kickoff at 19:00 US Eastern or later is a night game.
const NIGHT_FROM_HOUR: u32 = 19;

/// What is known of both sides when the bet is made, by the round's view.
pub(super) fn known(view: &View, offer: &Offer, quote: &Quote, as_of: AsOf) -> [Candidate; 2] {
    let market = quote.market;
    let line = |market| offer.reference(market).and_then(|q| q.line);
    let (spread, total) = (line(Market::Spread), line(Market::Total));
    let moved = if as_of == AsOf::Close {
        moved(view, offer, market)
    } else {
        None
    };
    let first = market.first_side();
    [first, first.other()].map(|side| {
        let sign = if side.is_first() { 1.0 } else { -1.0 };
        let mut made = schedule(&offer.fixture, market, side);
        made.line = quote.line;
        made.price = best_price(offer, quote, side).map(|(_, price)| price.decimal());
        let handicap = match market {
            Market::Spread => quote.line.map(|line| -sign * line.points()),
            Market::Total => quote.line.map(HalfPoints::points),
            Market::Moneyline => None,
        };
        for (feature, value) in [
            (Feature::Line, handicap),
            (Feature::Spread, spread.map(|line| line.points().abs())),
            (Feature::Total, total.map(HalfPoints::points)),
            (Feature::Price, made.price.map(Decimal::get)),
            (Feature::Move, moved.map(|points| sign * points)),
        ] {
            if let Some(value) = value {
                made = made.with(feature, value + 0.0); // no minus zero
            }
        }
        for (feature, value) in weather(view, &offer.fixture) {
            made = made.with(feature, value);
        }
        match spread {
            Some(spread) if market != Market::Total => made.flagged(Flag::Favourite, sign * spread.points() > 0.0),
            _ => made,
        }
    })
}

/// The forecast that was known, in the open air; a roof that may be closed leaves none to speak of.
fn weather(view: &View, fixture: &Fixture) -> impl Iterator<Item = (Feature, f64)> {
    let open = matches!(fixture.roof, Some(Roof::Outdoors) | None);
    let forecast = view.forecast(&fixture.id).filter(|_| open).map(|f| f.air);
    let values = [
        (Feature::Wind, forecast.and_then(|air| air.wind_mph)),
        (Feature::Temperature, forecast.and_then(|air| air.temperature_f)),
    ];
    values
        .into_iter()
        .filter_map(|(feature, value)| Some((feature, value?)))
}

fn schedule(fixture: &Fixture, market: Market, side: Side) -> Candidate {
    let sign = if market == Market::Total || side == Side::Home {
        1.0
    } else {
        -1.0
    };
    let rest = f64::from(fixture.home_rest) - f64::from(fixture.away_rest);
    let own = match market {
        Market::Total => Flag::Over,
        Market::Spread | Market::Moneyline => Flag::Home,
    };
    let made = Candidate::default()
        .with(Feature::Week, f64::from(fixture.when.week))
        .with(Feature::Rest, sign * rest + 0.0)
        .flagged(own, side.is_first())
        .flagged(Flag::Division, fixture.division)
        .flagged(Flag::Neutral, fixture.neutral)
        .flagged(Flag::Night, eastern_hour(fixture.kickoff) >= NIGHT_FROM_HOUR)
        .flagged(Flag::Playoffs, fixture.phase != Phase::Regular);
    match fixture.roof {
        Some(roof) => made.flagged(Flag::Dome, roof == Roof::Dome),
        None => made,
    }
}

/// The best price of a side among those at the reference line, and the first book by name that has it: a better line would
/// be another bet. Of each book its latest quote counts, whatever line that is at.
pub(super) fn best_price<'a>(offer: &'a Offer, quote: &Quote, side: Side) -> Option<(&'a Book, American)> {
    let mut latest: Vec<&Quote> = Vec::new();
    for offered in offer.prices.iter().filter(|q| q.market == quote.market) {
        match latest.iter_mut().find(|known| known.book == offered.book) {
            Some(known) if known.as_of <= offered.as_of => *known = offered,
            Some(_) => {}
            None => latest.push(offered),
        }
    }
    let same = latest.into_iter().filter(|q| q.line == quote.line);
    let prices = same.filter_map(|q| Some((&q.book, q.price(side)?)));
    prices.max_by(|(book, a), (other, b)| {
        let by_price = a.decimal().get().total_cmp(&b.decimal().get());
        by_price.then_with(|| other.cmp(book))
    })
}

/// Points the line has moved towards home or over since it opened; for a moneyline those of the spread.
fn moved(view: &View, offer: &Offer, market: Market) -> Option<f64> {
    let lined = if market == Market::Total {
        Market::Total
    } else {
        Market::Spread
    };
    let opened = view.reference(&offer.fixture.id, lined, Moment::Open)?.line?;
    Some(offer.reference(lined)?.line?.points() - opened.points())
}

/// Adds how both bets ended, their closing line value, and the columns known after the game only.
pub(super) fn afterwards(
    archive: &Arc<Archive>,
    fixture: &Fixture,
    quote: &Quote,
    as_of: AsOf,
    sides: &mut [Candidate; 2],
) {
    let after = archive.as_of(fixture.settles_at());
    let beaten = after.score(&fixture.id).map(|score| {
        let line = i32::from(quote.line.unwrap_or_default().0);
        match quote.market {
            Market::Spread => 2 * score.margin() - line,
            Market::Total => 2 * score.total() - line,
            Market::Moneyline => 2 * score.margin(),
        }
    });
    let close = after.reference(&fixture.id, quote.market, Moment::Close);
    let weather = after.conditions(&fixture.id);
    let first = quote.market.first_side();
    for (made, side) in sides.iter_mut().zip([first, first.other()]) {
        let sign = if side.is_first() { 1 } else { -1 };
        made.settled = beaten.map(|half_points| match (sign * half_points).signum() {
            1 => Settled::Win,
            -1 => Settled::Loss,
            _ => Settled::Push,
        });
        if as_of != AsOf::Close {
            made.clv = close.and_then(|close| value(made, quote, close, side));
        }
        for (feature, value) in [
            (
                Feature::Cover,
                beaten.map(|half_points| f64::from(sign * half_points) / 2.0),
            ),
            (Feature::ObservedWind, weather.and_then(|w| w.wind_mph).map(f64::from)),
            (
                Feature::ObservedTemperature,
                weather.and_then(|w| w.temperature_f).map(f64::from),
            ),
        ] {
            if let Some(value) = value {
                *made = std::mem::take(made).with(feature, value);
            }
        }
    }
}

/// Closing line value of a side: points the line moved its way; for a moneyline percentage points by which the fair closing
/// probability exceeds what the price taken needs.
fn value(made: &Candidate, quote: &Quote, close: &Quote, side: Side) -> Option<f64> {
    if quote.market != Market::Moneyline {
        return Some(line_value(side, quote.line?, close.line?).points());
    }
    let first = fair(close)?;
    let p = if side.is_first() { first } else { first.complement() };
    Some(100.0 * (p.get() - break_even(made.price?).get()))
}
