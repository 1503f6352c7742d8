//! Everything about one part of the seasons: those parameters were chosen on, or those that judge.

use super::Options;
use super::baselines::baselines;
use super::breakdown::{Breakdown, breakdowns};
use super::chance::Chance;
use super::curve::{CurvePoint, curve};
use super::family::{Bar, Family, histogram};
use super::folds::{Efficiency, FoldRow, seasons_in};
use super::money::{Future, PriceRow, break_even, futures, prices, units};
use super::opinion::Opinion;
use super::row::Row;
use crate::domain::quote::Market;
use crate::engine::performance::Performance;
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::table::Table;
use crate::engine::track::Track;
use crate::stats::bootstrap::Bootstrap;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

/// What is said first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Headline {
    /// The record.
    #[serde(flatten)]
    pub performance: Performance,
    /// Profit in units, one a bet, at -110 or a moneyline's own price.
    pub profit_units: f64,
    /// The win rate among decided bets that the prices taken need; none without bets.
    pub break_even: Option<f64>,
    /// Bets without a price of their own; they count at -110.
    pub n_unpriced: u64,
    /// Random bets, as many.
    pub chance: Chance,
}

/// One part of the seasons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// Which.
    pub label: String,
    /// Its seasons with games of the market.
    pub seasons: Vec<u16>,
    /// Weeks with games.
    pub n_weeks: u64,
    /// What is said first.
    pub headline: Headline,
    /// The rule as the pick of its neighbours.
    pub family: Family,
    /// How much of the past's yield the rule kept from season to season.
    pub efficiency: Efficiency,
    /// The same of the rule re-fitted on each past.
    pub refit_efficiency: Efficiency,
    /// What needs no rule.
    pub baselines: Vec<Row>,
    /// Where the record comes from.
    pub breakdowns: Vec<Breakdown>,
    /// The source the rule names; none when it names none.
    pub opinion: Option<Opinion>,
    /// The bets at other prices.
    pub prices: Vec<PriceRow>,
    /// What may become of a bankroll.
    pub futures: Vec<Future>,
    /// Closing line values in bins of half a point (moneyline: one percentage point), one of them around zero.
    pub clv: Vec<Bar>,
    /// Units over time.
    pub curve: Vec<CurvePoint>,
}

/// A part that is to be looked at.
pub(super) struct Part<'a> {
    pub(super) label: &'a str,
    pub(super) period: Period,
    pub(super) folds: Vec<&'a FoldRow>,
}

impl Block {
    /// The figures of a part, for the first of `plans` and its neighbours.
    pub(super) fn of(table: &Table, plans: &[Plan], part: &Part<'_>, options: &Options) -> Block {
        let plan = &plans[0];
        let (market, period) = (plan.market(), &part.period);
        let sheet = table.sheet(market);
        let track = Track::of(table, plan, period);
        let rng = |stream: u64| Pcg64Mcg::new((u128::from(options.seed) << 64) | u128::from(stream));
        let bootstrap = Bootstrap::new(rng(1));
        let values: Vec<f64> = track.bets.iter().filter_map(|bet| bet.clv).collect();
        let width = match market {
            Market::Spread | Market::Total => 0.5,
            Market::Moneyline => 1.0,
        };
        let refits = || part.folds.iter().filter_map(|fold| fold.refit.as_ref());
        Block {
            label: part.label.to_owned(),
            seasons: seasons_in(table, Some(market), period),
            n_weeks: track.weeks.len() as u64,
            headline: Headline {
                performance: Performance::of(&track, &bootstrap),
                profit_units: units(&track.bets),
                break_even: break_even(&track.bets),
                n_unpriced: track.bets.iter().filter(|bet| bet.price.is_none()).count() as u64,
                chance: Chance::of(sheet, &track, &mut rng(2)),
            },
            family: Family::of(table, plans, period, options.n_trials, &mut rng(3)),
            efficiency: Efficiency::of(part.folds.iter().map(|f| (f.in_sample, f.out_of_sample))),
            refit_efficiency: Efficiency::of(refits().map(|r| (r.in_sample, r.out_of_sample))),
            baselines: baselines(table, &track, &bootstrap),
            breakdowns: breakdowns(sheet, &track, &bootstrap),
            opinion: Opinion::of(sheet, plan.strategy(), period, &bootstrap),
            prices: prices(&track, &bootstrap),
            futures: futures(&track, options.seed),
            clv: histogram(&values, 0.5 * width, width, [-7, 6]),
            curve: curve(&track, &mut rng(4)),
        }
    }
}
