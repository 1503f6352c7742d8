//! The rule season by season: what it had done before, what it did then, and what a re-fit on that past alone did.

use super::Options;
use super::row::MIN_BETS;
use crate::backtest::walk_forward::folds;
use crate::domain::quote::Market;
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::sweep::sweep;
use crate::engine::table::Table;
use crate::engine::tally::Tally;
use serde::Serialize;

/// Counts and rates of a span of seasons, one unit a bet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Bets, pushes among them.
    pub n_bets: u32,
    /// Bets won.
    pub wins: u32,
    /// Bets lost.
    pub losses: u32,
    /// Bets returned.
    pub pushes: u32,
    /// Profit over stakes at -110 or a moneyline's own price; none without bets.
    pub yield_usual: Option<f64>,
    /// Mean closing line value in points (moneyline: percentage points).
    pub clv: Option<f64>,
    /// The largest fall of the sum of units.
    pub max_drawdown_units: f64,
}

impl Figures {
    fn of(tally: &Tally) -> Figures {
        Figures {
            n_bets: tally.n_bets,
            wins: tally.wins,
            losses: tally.losses,
            pushes: tally.pushes,
            yield_usual: profit_a_bet(tally),
            clv: tally.mean_clv(),
            max_drawdown_units: tally.max_drawdown(1.0),
        }
    }
}

fn profit_a_bet(tally: &Tally) -> Option<f64> {
    (tally.n_bets > 0).then(|| tally.profit_elevenths as f64 / 11.0 / f64::from(tally.n_bets))
}

/// The rule with bounds chosen on a fold's past.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refit {
    /// Its text.
    pub rule: String,
    /// True when other bounds than the rule's own were best.
    pub is_moved: bool,
    /// On the past it was chosen on.
    pub in_sample: Figures,
    /// In the season after it.
    pub out_of_sample: Figures,
}

/// One season with what came before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoldRow {
    /// The season.
    pub season: u16,
    /// True when it came after all parameters were chosen.
    pub is_judged: bool,
    /// The seasons before it.
    pub past: Period,
    /// The rule on them.
    pub in_sample: Figures,
    /// The rule in the season.
    pub out_of_sample: Figures,
    /// None when no neighbour had thirty bets in the past.
    pub refit: Option<Refit>,
}

/// How much of the yield of the past a rule kept: over the seasons of a part, together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    /// Seasons with bets and with bets before them.
    pub n_folds: u32,
    /// Bets in them.
    pub n_bets: u32,
    /// The yield of the pasts, each weighing as much as its season has bets; none without folds.
    pub in_sample: Option<f64>,
    /// The yield of the seasons.
    pub out_of_sample: Option<f64>,
    /// The second over the first (Pardo 2008, chapter 11); none unless the past earned something.
    pub ratio: Option<f64>,
}

/// A past yield below this is no denominator.
const MIN_YIELD: f64 = 1e-3;

impl Efficiency {
    /// Of pairs of past and season.
    pub(super) fn of(pairs: impl Iterator<Item = (Figures, Figures)>) -> Efficiency {
        let (mut n_folds, mut n_bets, mut past, mut then) = (0, 0, 0.0, 0.0);
        for (before, after) in pairs {
            let Some((x, y)) = before.yield_usual.zip(after.yield_usual) else {
                continue;
            };
            n_folds += 1;
            n_bets += after.n_bets;
            past += x * f64::from(after.n_bets);
            then += y * f64::from(after.n_bets);
        }
        let mean = |sum: f64| (n_bets > 0).then(|| sum / f64::from(n_bets));
        let (in_sample, out_of_sample) = (mean(past), mean(then));
        let ratio = in_sample.zip(out_of_sample).filter(|(x, _)| *x > MIN_YIELD);
        Efficiency {
            n_folds,
            n_bets,
            in_sample,
            out_of_sample,
            ratio: ratio.map(|(x, y)| y / x),
        }
    }
}

/// One row for each season of the period with the past of the window. `plans` are the rule, first, and its neighbours.
pub(super) fn rows(table: &Table, plans: &[Plan], period: &Period, options: &Options) -> Vec<FoldRow> {
    let market = plans.first().map(Plan::market);
    let seasons: Vec<u16> = seasons(table, market);
    let asked: Vec<u16> = seasons_in(table, market, period);
    let inside = |fold: &crate::backtest::walk_forward::Fold| asked.contains(&fold.test);
    let folds = folds(&seasons, 0, options.window, 0).into_iter().filter(inside);
    folds
        .map(|fold| {
            let (past, test) = (fold.training(), fold.testing());
            let (before, after) = (sweep(table, plans, &past), sweep(table, plans, &test));
            FoldRow {
                season: fold.test,
                is_judged: fold.test > options.frozen_through,
                in_sample: Figures::of(&before[0]),
                out_of_sample: Figures::of(&after[0]),
                refit: best(&before).map(|at| Refit {
                    rule: plans[at].strategy().to_string(),
                    is_moved: at > 0,
                    in_sample: Figures::of(&before[at]),
                    out_of_sample: Figures::of(&after[at]),
                }),
                past,
            }
        })
        .collect()
}

/// The neighbour with the largest yield times the root of its bets, at least thirty of them; the rule itself among equals.
fn best(past: &[Tally]) -> Option<usize> {
    let score = |tally: &Tally| {
        let enough = u64::from(tally.n_bets) >= MIN_BETS;
        profit_a_bet(tally)
            .filter(|_| enough)
            .map(|y| y * f64::from(tally.n_bets).sqrt())
    };
    let scored = past
        .iter()
        .enumerate()
        .filter_map(|(at, tally)| Some((at, score(tally)?)));
    scored
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(at, _)| at)
}

/// Seasons in which the market has games.
fn seasons(table: &Table, market: Option<Market>) -> Vec<u16> {
    seasons_in(table, market, &Period::seasons(0..=u16::MAX))
}

/// The same, of a period.
pub(super) fn seasons_in(table: &Table, market: Option<Market>, period: &Period) -> Vec<u16> {
    let games = market.into_iter().flat_map(|market| table.sheet(market).games());
    let mut seasons: Vec<u16> = games
        .filter(|key| period.contains(key.when))
        .map(|key| key.when.season)
        .collect();
    seasons.dedup();
    seasons
}
