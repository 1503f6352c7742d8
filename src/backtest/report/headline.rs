//! The bets: what they won at the prices they really took, what they would have won at -110, and what the close said.

use super::cases::Case;
use crate::agents::specialists::grading::{Graded, Outcome};
use crate::backtest::metrics::{Tally, longest_losing_run, max_drawdown};
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::domain::pick::Offered;
use crate::domain::quote::Market;
use crate::market::odds::break_even;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use serde::{Deserialize, Serialize};

/// A bet with its grade.
struct Bet<'a> {
    when: SeasonWeek,
    market: Market,
    offered: &'a Offered,
    stake: Cents,
    /// One unit in cents of the bankroll it was staked from.
    unit_cents: f64,
    graded: Option<&'a Graded>,
}

/// What a way of staking earned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stakes {
    /// Profit in units.
    pub profit_units: f64,
    /// Profit / stakes; pushes are stakes, void bets are none.
    pub yield_on_stakes: Mean,
    /// Largest fall from a peak, in units, in the order of kickoffs.
    pub max_drawdown_units: f64,
}

/// The record of a set of bets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// All of them, a market, or a season.
    pub label: String,
    /// Bets made.
    pub bets: u64,
    /// Bets whose game has no score yet; they are in no figure below.
    pub open: u64,
    /// Bets whose price no source named, so that -110 was assumed.
    pub n_assumed_price: u64,
    /// Wins, losses, pushes, voids.
    pub tally: Tally,
    /// Wins among decided bets.
    pub win_rate: Rate,
    /// The mean of 1 / decimal price over decided bets: the win rate such bets need.
    pub break_even: Option<f64>,
    /// One unit risked on each bet, at the prices taken.
    pub flat: Stakes,
    /// The stakes that were staked, at the prices taken; units are of the bankroll at each decision.
    pub staked: Stakes,
    /// Spreads and totals with one unit risked on each, at -110.
    pub flat_at_110: Stakes,
    /// Spreads and totals with the stakes that were staked, at -110.
    pub staked_at_110: Stakes,
    /// Stakes on graded bets, in cents.
    pub stakes_cents: Cents,
    /// Profit at the prices taken, in cents.
    pub profit_cents: Cents,
    /// Profit / bankroll before the first of these bets.
    pub roi_on_bankroll: Mean,
    /// Points the lines moved the bets' way until a later close.
    pub clv_points: Mean,
    /// The close's probability of the bet minus what its price needs.
    pub clv_probability: Mean,
    /// Bets whose line, or price at an unmoved line, was better than the later close.
    pub beat_close: Rate,
    /// Most losses in a row.
    pub longest_losing_run: u64,
}

/// The bets of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// All bets of the block.
    pub all: Record,
    /// By market.
    pub by_market: Vec<Record>,
    /// By season.
    pub by_season: Vec<Record>,
}

impl Headline {
    pub(super) fn of(cases: &[Case<'_>], unit_share: f64, bootstrap: &Bootstrap) -> Headline {
        let bets = bets(cases, unit_share);
        let record = |label: String, keep: &dyn Fn(&Bet<'_>) -> bool| {
            let kept: Vec<&Bet<'_>> = bets.iter().filter(|b| keep(b)).collect();
            Record::of(label, &kept, unit_share, bootstrap)
        };
        let mut seasons: Vec<u16> = cases.iter().map(|c| c.when.season).collect();
        seasons.sort_unstable();
        seasons.dedup();
        Headline {
            all: record("all bets".to_owned(), &|_| true),
            by_market: Market::ALL
                .map(|m| record(m.name().to_owned(), &|b| b.market == m))
                .to_vec(),
            by_season: seasons
                .into_iter()
                .map(|s| record(s.to_string(), &|b| b.when.season == s))
                .collect(),
        }
    }
}

/// All bets, in the order of kickoffs, which is that of the cases.
fn bets<'a>(cases: &'a [Case<'_>], unit_share: f64) -> Vec<Bet<'a>> {
    let of = |case: &'a Case<'_>| {
        case.decided.iter().filter_map(move |d| {
            let offered = d.decision.offered.as_ref().filter(|_| d.decision.is_bet())?;
            Some(Bet {
                when: case.when,
                market: d.decision.agreement.market,
                offered,
                stake: d.decision.stake(),
                unit_cents: case.bankroll.0 as f64 * unit_share,
                graded: d.graded.as_ref(),
            })
        })
    };
    cases.iter().flat_map(of).collect()
}

/// A graded bet that was not void: (bet, grade).
type Settled<'a> = (&'a Bet<'a>, &'a Graded);

impl Record {
    fn of(label: String, bets: &[&Bet<'_>], unit_share: f64, bootstrap: &Bootstrap) -> Record {
        let graded: Vec<Settled<'_>> = bets.iter().filter_map(|b| Some((*b, b.graded?))).collect();
        let tally = Tally::of(graded.iter().map(|(_, g)| g.outcome));
        let settled: Vec<Settled<'_>> = graded
            .iter()
            .copied()
            .filter(|(_, g)| g.outcome != Outcome::Void)
            .collect();
        let lines: Vec<Settled<'_>> = settled
            .iter()
            .copied()
            .filter(|(b, _)| b.market != Market::Moneyline)
            .collect();
        let mean = |of: &dyn Fn(&Graded) -> Option<f64>| {
            bootstrap.mean(settled.iter().filter_map(|(b, g)| Some((b.when, of(g)?))))
        };
        let (real, usual): (Profit, Profit) = (|g| g.profit_cents, |g| g.profit_at_110_cents.unwrap_or_default());
        Record {
            label,
            bets: bets.len() as u64,
            open: (bets.len() - graded.len()) as u64,
            n_assumed_price: bets.iter().filter(|b| b.offered.assumed).count() as u64,
            tally,
            win_rate: tally.win_rate(),
            break_even: needed(&settled),
            flat: flat(&settled, |g| g.flat_units, bootstrap),
            staked: staked(&settled, real, bootstrap),
            flat_at_110: flat(&lines, |g| g.flat_at_110_units.unwrap_or_default(), bootstrap),
            staked_at_110: staked(&lines, usual, bootstrap),
            stakes_cents: settled.iter().map(|(b, _)| b.stake).sum(),
            profit_cents: settled.iter().map(|(_, g)| g.profit_cents).sum(),
            roi_on_bankroll: roi(&settled, unit_share, bootstrap),
            clv_points: mean(&|g| g.clv_points),
            clv_probability: mean(&|g| g.clv_probability),
            beat_close: Rate::among(settled.iter().filter_map(|(_, g)| g.beat_close)),
            longest_losing_run: longest_losing_run(settled.iter().map(|(_, g)| g.outcome)),
        }
    }
}

/// Which profit of a grade is meant.
type Profit = fn(&Graded) -> Cents;

fn needed(settled: &[Settled<'_>]) -> Option<f64> {
    let decided = settled.iter().filter(|(_, g)| g.outcome != Outcome::Push);
    let prices: Vec<f64> = decided
        .map(|(b, _)| break_even(b.offered.price.decimal()).get())
        .collect();
    (!prices.is_empty()).then(|| prices.iter().sum::<f64>() / prices.len() as f64)
}

fn flat(settled: &[Settled<'_>], units: fn(&Graded) -> f64, bootstrap: &Bootstrap) -> Stakes {
    Stakes {
        profit_units: settled.iter().map(|(_, g)| units(g)).sum::<f64>() + 0.0, // an empty sum is -0
        yield_on_stakes: bootstrap.mean(settled.iter().map(|(b, g)| (b.when, units(g)))),
        max_drawdown_units: max_drawdown(settled.iter().map(|(_, g)| units(g))),
    }
}

fn staked(settled: &[Settled<'_>], profit: Profit, bootstrap: &Bootstrap) -> Stakes {
    let units = |(b, g): &Settled<'_>| profit(g).0 as f64 / b.unit_cents;
    let on_stakes = settled
        .iter()
        .map(|(b, g)| (b.when, profit(g).as_units(), b.stake.as_units()));
    Stakes {
        profit_units: settled.iter().map(units).sum::<f64>() + 0.0,
        yield_on_stakes: bootstrap.ratio(on_stakes),
        max_drawdown_units: max_drawdown(settled.iter().map(units)),
    }
}

fn roi(settled: &[Settled<'_>], unit_share: f64, bootstrap: &Bootstrap) -> Mean {
    let Some((first, _)) = settled.first() else {
        return Mean::default();
    };
    let bankroll = first.unit_cents / unit_share / 100.0;
    bootstrap.total(
        settled.iter().map(|(b, g)| (b.when, g.profit_cents.as_units())),
        bankroll,
    )
}
