//! How a shift in points becomes a probability: the distributions of margins and totals around the line, with their
//! key numbers, fitted on what was known.

use super::devig::{DevigMethod, fair_two_way};
use super::key_numbers::TwoWay;
use super::margin::MarginModel;
use super::total::TotalModel;
use crate::domain::archive::View;
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Moment, Quote, Side};

/// Removes the bookmaker's margin. Power, because it is between the extremes for favourites; near even money all
/// methods agree to a sixth of a point of probability.
const DEVIG: DevigMethod = DevigMethod::Power;

/// Margin and total distributions as of a season.
#[derive(Clone, Debug)]
pub struct Shapes {
    season: u16,
    fitted_on: u64,
    margin: MarginModel,
    total: TotalModel,
}

impl Shapes {
    /// The shapes of a season: fitted on what was known when its first week opened, so that they follow from the archive
    /// and the season alone and not from which round happened to be held first. `known` is returned when it is just that.
    pub fn of_season(known: Option<Shapes>, view: &View, season: u16) -> Shapes {
        let opening = view
            .fixtures()
            .find(|f| f.when.season == season)
            .map_or(view.at(), |f| f.opens_at);
        let then = view.earlier(opening);
        let fingerprint = then.fingerprint();
        known
            .filter(|k| k.season == season && k.fitted_on == fingerprint)
            .unwrap_or_else(|| Shapes::fit(&then, season))
    }

    /// Fits both distributions on everything known at the view's instant. Costs a few milliseconds.
    pub fn fit(view: &View, season: u16) -> Shapes {
        let mut margins = Vec::new();
        let mut totals = Vec::new();
        for known in view.results(0) {
            let line = |market| {
                view.reference(&known.fixture.id, market, Moment::Close)
                    .and_then(|q| q.line)
            };
            if let Some(spread) = line(Market::Spread) {
                margins.push((spread, known.score.margin()));
            }
            if let Some(total) = line(Market::Total) {
                totals.push((total, known.score.total()));
            }
        }
        Shapes {
            season,
            fitted_on: view.fingerprint(),
            margin: MarginModel::fit(margins).unwrap_or_else(|_| MarginModel::plain()),
            total: TotalModel::fit(totals).unwrap_or_else(|_| TotalModel::plain()),
        }
    }

    /// The season these shapes were fitted for.
    pub fn season(&self) -> u16 {
        self.season
    }

    /// The margins' distribution, for closing line value.
    pub fn margins(&self) -> &MarginModel {
        &self.margin
    }

    /// The totals' distribution, for closing line value.
    pub fn totals(&self) -> &TotalModel {
        &self.total
    }

    /// Win, push and lose probabilities of the first side of a market when the game's expectation is `mean` points
    /// (home margin, or total). The moneyline is the spread at zero: a tie is a push.
    pub fn outcome(&self, market: Market, mean: f64, line: Option<HalfPoints>) -> TwoWay {
        match market {
            Market::Spread => self.margin.cover(mean, line.unwrap_or_default()),
            Market::Moneyline => self.margin.cover(mean, HalfPoints(0)),
            Market::Total => self.total.over(mean, line.unwrap_or_default()),
        }
    }

    /// Probability of the first side given no push.
    pub fn p_first(&self, market: Market, mean: f64, line: Option<HalfPoints>) -> Probability {
        self.outcome(market, mean, line).decided()
    }

    /// The market's fair probability moved by a shift of the expectation: its log-odds change by as much as the shape's
    /// do when the mean goes from `mean` to `mean + shift`. So prices keep their say and the shape adds only the shift.
    pub fn moved(
        &self,
        market: Market,
        fair: Probability,
        mean: f64,
        shift: f64,
        line: Option<HalfPoints>,
    ) -> Probability {
        let at = |m: f64| self.p_first(market, m, line).logit();
        Probability::from_logit(fair.logit() + at(mean + shift) - at(mean))
    }

    /// The expectation at which the first side has probability `p` given no push.
    pub fn mean_for(&self, market: Market, p: Probability, line: Option<HalfPoints>) -> f64 {
        match market {
            Market::Spread => self.margin.mean_for(line.unwrap_or_default(), p),
            Market::Moneyline => self.margin.mean_for(HalfPoints(0), p),
            Market::Total => self.total.mean_for(line.unwrap_or_default(), p),
        }
    }
}

/// The market's own probability of a quote's first side with the margin removed; one half for a spread or total without
/// prices, nothing for a moneyline without.
pub fn fair(quote: &Quote) -> Option<Probability> {
    match (quote.first, quote.second) {
        (Some(first), Some(second)) => Some(fair_two_way(first.decimal(), second.decimal(), DEVIG)),
        _ if quote.market == Market::Moneyline => None,
        _ => Some(Probability::HALF),
    }
}

/// The side a price would be bet on when a belief lies above or below the fair probability; `None` within `dead` of it.
pub fn side_of(market: Market, fair: Probability, p_first: Probability, dead: f64) -> Option<Side> {
    let first = market.first_side();
    let difference = p_first.get() - fair.get();
    if difference.abs() < dead {
        None
    } else {
        Some(if difference > 0.0 { first } else { first.other() })
    }
}
