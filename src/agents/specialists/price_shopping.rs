//! Price shopping: the best of the user's books for a side, and how far it may worsen before it is no bet.

use crate::domain::belief::Offer;
use crate::domain::line::HalfPoints;
use crate::domain::pick::{Agreement, Offered, PlayableTo, Tier};
use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Quote, Side};
use crate::market::kelly::Wager;
use crate::market::key_numbers::TwoWay;
use crate::market::odds::{break_even, nearest_american};
use crate::market::shapes::Shapes;

/// A price with what it is worth to the swarm.
#[derive(Clone, Debug)]
pub struct Valued {
    /// The price.
    pub offered: Offered,
    /// How the side's bet may end at that line.
    pub outcome: TwoWay,
    /// Expected profit per unit.
    pub roi: f64,
    /// Probability of winning given no push, minus the price's break-even.
    pub edge: f64,
    /// How far it may worsen.
    pub playable_to: PlayableTo,
}

/// What the swarm believes about a game, in points: enough to value any line, not only the one it spoke of.
struct Belief<'a> {
    shapes: &'a Shapes,
    market: Market,
    side: Side,
    mean: f64,
}

impl Belief<'_> {
    fn outcome(&self, line: Option<HalfPoints>) -> TwoWay {
        let first = self.shapes.outcome(self.market, self.mean, line);
        if self.side.is_first() { first } else { first.reversed() }
    }

    fn roi(&self, line: Option<HalfPoints>, price: American) -> f64 {
        Wager::on(self.outcome(line), price.decimal()).ev()
    }
}

/// The best price for the agreed side among an offer's quotes: highest expected profit, ties by book name. Each book's
/// latest quote counts. A spread or total without a price is taken at -110 and marked as assumed.
pub fn best(agreement: &Agreement, side: Side, offer: &Offer, shapes: &Shapes) -> Option<Valued> {
    let market = agreement.market;
    let mean = shapes.mean_for(market, agreement.p_first, agreement.line);
    let belief = Belief {
        shapes,
        market,
        side,
        mean,
    };
    let mut latest: Vec<(&Quote, American, bool)> = Vec::new();
    for quote in offer.prices.iter().filter(|q| q.market == market) {
        let (price, assumed) = match quote.price(side) {
            Some(price) => (price, false),
            None if market == Market::Moneyline => continue,
            None => (American::MINUS_110, true),
        };
        latest.retain(|(earlier, ..)| earlier.book != quote.book);
        latest.push((quote, price, assumed));
    }
    let n_books = latest.len();
    let value = |l: &(&Quote, American, bool)| belief.roi(l.0.line, l.1);
    let (quote, price, assumed) = latest
        .into_iter()
        .max_by(|a, b| value(a).total_cmp(&value(b)).then_with(|| b.0.book.cmp(&a.0.book)))?;
    let line = quote.line;
    let outcome = belief.outcome(line);
    let wager = Wager::on(outcome, price.decimal());
    Some(Valued {
        outcome,
        roi: wager.ev(),
        edge: outcome.decided().get() - break_even(price.decimal()).get(),
        playable_to: playable_to(&belief, line, price),
        offered: Offered {
            book: quote.book.clone(),
            line,
            price,
            assumed,
            seen_at: quote.as_of,
            n_books,
        },
    })
}

/// How far lines are searched: six points crosses every key number that matters.
const MAX_STEPS: i16 = 12;

fn playable_to(belief: &Belief<'_>, line: Option<HalfPoints>, price: American) -> PlayableTo {
    let needed = Tier::B.min_roi();
    let outcome = belief.outcome(line);
    let (win, lose) = (outcome.win.get(), outcome.lose.get());
    // EV = win * b - lose >= needed, solved for the profit b, then rounded towards the bettor.
    let worst = (needed + lose) / win;
    let exact = crate::domain::price::Decimal::new(1.0 + worst)
        .ok()
        .map(nearest_american);
    let price_bound = exact.and_then(|a| {
        (0..3)
            .filter_map(|step| American::new(better(a.get(), step)).ok())
            .find(|p| belief.roi(line, *p) >= needed)
    });
    let worse = |step: i16| -> Option<HalfPoints> {
        let towards = if belief.side == Side::Home || belief.side == Side::Over {
            1
        } else {
            -1
        };
        line.map(|l| HalfPoints(l.0 + towards * step))
    };
    let line_bound = (0..=MAX_STEPS)
        .take_while(|s| belief.roi(worse(*s), price) >= needed)
        .last()
        .and_then(worse);
    PlayableTo {
        price: price_bound,
        line: line_bound,
    }
}

/// The American price `step` cents better for the bettor.
fn better(price: i32, step: i32) -> i32 {
    let moved = price + step;
    if price <= -100 && moved > -100 {
        moved + 200
    } else {
        moved
    }
}

/// The pooled probability of a side at the line that was spoken of.
pub fn p_side(agreement: &Agreement, side: Side) -> Probability {
    if side.is_first() {
        agreement.p_first
    } else {
        agreement.p_first.complement()
    }
}
