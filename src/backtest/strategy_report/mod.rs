//! The report of one strategy: what it did, what a coin, the line and its own neighbours would have done, and what that proves.
//!
//! Seasons up to the last one that parameters were chosen on stand apart from those after it and are never added to them.
//! Every figure is defined for no bets, one game, pushes alone and missing prices: none, or a count of zero.

mod baselines;
mod block;
mod breakdown;
mod chance;
mod curve;
mod family;
mod folds;
pub mod html;
mod money;
mod opinion;
mod row;
mod svg;
mod text;
mod verdict;

pub use block::{Block, Headline};
pub use breakdown::Breakdown;
pub use chance::Chance;
pub use curve::CurvePoint;
pub use family::{Bar, Deflation, Family, MAX_FAMILY, Noise};
pub use folds::{Efficiency, Figures, FoldRow, Refit};
pub use money::{Future, PriceRow};
pub use opinion::Opinion;
pub use row::{MIN_BETS, Row};
pub use text::render_text;

use crate::backtest::walk_forward::Window;
use crate::domain::quote::Market;
use crate::engine::manifest::Manifest;
use crate::engine::period::Period;
use crate::engine::plan::PlanError;
use crate::engine::table::Table;
use crate::strategy::rule::{Strategy, StrategyId};
use block::Part;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a report is told rather than computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of every random stream.
    pub seed: u64,
    /// The last season parameters were chosen on.
    pub frozen_through: u16,
    /// Which past a season is held against, and the rule is chosen again from its neighbours on.
    pub window: Window,
    /// Strategies that were ever tried, this one among them.
    pub n_trials: u64,
    /// Fingerprint of the facts the table was built from.
    pub data_hash: String,
    /// Version of the program with a fingerprint of its source.
    pub code_version: String,
    /// True for an invented league.
    pub is_simulated: bool,
}

/// The report of one strategy over a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrategyReport {
    /// Where it comes from; the same manifest gives the same report to the byte.
    pub manifest: Manifest,
    /// The strategy in canonical form.
    pub strategy: Strategy,
    /// Its name.
    pub strategy_id: StrategyId,
    /// Bounds, flags and followed sources: how much freedom it had to fit the past.
    pub complexity: u32,
    /// The market it bets on.
    pub market: Market,
    /// The period asked for.
    pub period: Period,
    /// The last season parameters were chosen on.
    pub frozen_through: u16,
    /// True for an invented league.
    pub is_simulated: bool,
    /// Markets of games left out because their odds source failed the look-ahead test.
    pub n_quarantined: u64,
    /// What must be said before any figure.
    pub verdict_lines: Vec<String>,
    /// Seasons after parameters were chosen.
    pub judged: Block,
    /// Seasons that parameters were chosen on.
    pub chosen_here: Block,
    /// Which past each season is held against.
    pub window: Window,
    /// The rule season by season.
    pub folds: Vec<FoldRow>,
}

impl StrategyReport {
    /// Everything there is to say of a strategy over a period of a table.
    ///
    /// # Errors
    /// [`PlanError`] when the strategy asks for what the table's moment does not know, or for a source it does not have.
    pub fn of(
        table: &Table,
        strategy: &Strategy,
        period: &Period,
        options: &Options,
    ) -> Result<StrategyReport, PlanError> {
        let plans = family::plans(table, strategy)?;
        let folds = folds::rows(table, &plans, period, options);
        let block = |label: &str, is_judged: bool| {
            let weeks = table.weeks().into_iter();
            let inside = weeks.filter(|w| period.contains(*w) && (w.season > options.frozen_through) == is_judged);
            let part = Part {
                label,
                period: Period::of(inside),
                folds: folds.iter().filter(|fold| fold.is_judged == is_judged).collect(),
            };
            Block::of(table, &plans, &part, options)
        };
        let judged = block(&format!("after {}", options.frozen_through), true);
        let chosen_here = block(&format!("through {}", options.frozen_through), false);
        Ok(StrategyReport {
            manifest: manifest(table, strategy, period, options),
            strategy: strategy.clone(),
            strategy_id: strategy.id(),
            complexity: strategy.complexity(),
            market: strategy.market(),
            period: period.clone(),
            frozen_through: options.frozen_through,
            window: options.window,
            is_simulated: options.is_simulated,
            n_quarantined: table.n_quarantined(),
            verdict_lines: verdict::lines(&judged, &chosen_here, strategy.market(), options.n_trials),
            judged,
            chosen_here,
            folds,
        })
    }
}

fn manifest(table: &Table, strategy: &Strategy, period: &Period, options: &Options) -> Manifest {
    let parameters = [
        ("strategy", strategy.to_string()),
        ("period", period.to_string()),
        ("frozen_through", options.frozen_through.to_string()),
        ("window", options.window.to_string()),
        ("simulated", options.is_simulated.to_string()),
    ];
    let parameters: BTreeMap<String, String> = parameters.map(|(name, value)| (name.to_owned(), value)).into();
    Manifest {
        data_hash: options.data_hash.clone(),
        table_hash: table.hash().to_owned(),
        code_version: options.code_version.clone(),
        seed: options.seed,
        parameters,
        n_trials: options.n_trials,
    }
}

#[cfg(test)]
mod tests;
