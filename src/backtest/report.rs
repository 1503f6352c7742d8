//! The honest report of a backtest: what was bet, what it earned, and what would have earned as much without a swarm.
//!
//! Seasons in which parameters were chosen and seasons that judge them are two blocks that are never added up. Every
//! rate has its count and its interval, the closing line and the best single seat stand beside the swarm, and where the
//! swarm is not better the report says so in its first lines.

mod accuracy;
mod cases;
mod headline;
mod sides;
mod text;
mod verdicts;

pub use accuracy::{AccuracyRow, Name, market_accuracy};
pub use headline::{Headline, Record, Stakes};
pub use sides::{MIN_FOR_BEST, SideRow, Sides};
pub use text::render_text;
pub use verdicts::Needed;

use super::calibration::Calibration;
use crate::agents::specialists::price_shopping::p_side;
use crate::domain::archive::Archive;
use crate::domain::pick::{Verdict, quorate};
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Side};
use crate::stats::bootstrap::{Bootstrap, DRAWS};
use crate::swarms::round::Round;
use cases::{Case, Cases};
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version of the report's JSON form; it rises when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What a report is told rather than computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportOptions {
    /// Seed of the resampling.
    pub seed: u64,
    /// The seasons that were played.
    pub seasons: Vec<u16>,
    /// The last season parameters were chosen on.
    pub frozen_through: u16,
    /// How many looks at these seasons were taken, this one included.
    pub n_trials: u64,
    /// One unit as a share of the bankroll at the decision.
    pub unit_share: f64,
    /// Fingerprint of the facts.
    pub data_hash: String,
    /// Fingerprint of the settings.
    pub settings_hash: String,
    /// Version of the program.
    pub code_version: String,
    /// Hash of the journal's last entry.
    pub journal_head: Option<String>,
}

impl Default for ReportOptions {
    fn default() -> ReportOptions {
        ReportOptions {
            seed: 0,
            seasons: Vec::new(),
            frozen_through: 2017,
            n_trials: 0,
            unit_share: 0.01,
            data_hash: String::new(),
            settings_hash: String::new(),
            code_version: String::new(),
            journal_head: None,
        }
    }
}

/// Where a report comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// What the report was told.
    #[serde(flatten)]
    pub told: ReportOptions,
    /// Rounds that were held.
    pub n_rounds: u64,
    /// Rounds the risk manager did not answer in: nothing was bet.
    pub n_unreviewed_rounds: u64,
    /// Games that an earlier round had decided already; only their first round counts.
    pub n_repeated_games: u64,
    /// Instant of the first bet's decision.
    pub first_bet: Option<DateTime<Utc>>,
    /// Instant of the last bet's decision.
    pub last_bet: Option<DateTime<Utc>>,
    /// Resamples behind each interval of a mean.
    pub bootstrap_draws: u64,
}

/// How many markets were passed for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassCount {
    /// The reason's code.
    pub code: String,
    /// Markets.
    pub n: u64,
}

/// All figures of the seasons of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// `judged` or `parameters chosen here`, with the seasons.
    pub label: String,
    /// Seasons with decided games.
    pub seasons: Vec<u16>,
    /// Games decided on.
    pub n_games: u64,
    /// Of those, games with a final score.
    pub n_played: u64,
    /// The bets.
    pub headline: Headline,
    /// Forecasts against the closing line.
    pub accuracy: Vec<AccuracyRow>,
    /// Sides at -110 against baselines, by market.
    pub sides: Vec<Sides>,
    /// Stated probabilities against what happened.
    pub calibration: Vec<Calibration>,
    /// Why markets were not bet, most frequent first.
    pub passes: Vec<PassCount>,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What a reader must know before any figure, worst first: whether the swarm beats the closing line leads.
    pub verdict_lines: Vec<String>,
    /// How many bets would tell a true 55% from break-even.
    pub needed: Needed,
    /// Seasons after the parameters were chosen.
    pub judged: Block,
    /// Seasons the parameters were chosen on: no evidence.
    pub chosen_here: Block,
}

impl Report {
    /// Computes the report of rounds in the order they were held, graded by all that the archive knows. The same
    /// arguments give the same report to the bit.
    ///
    /// # Panics
    /// When the unit is not a positive share.
    pub fn of(rounds: &[Round], archive: &Arc<Archive>, options: ReportOptions) -> Report {
        let unit = options.unit_share;
        assert!(
            unit.is_finite() && unit > 0.0,
            "one unit cannot be {unit} of the bankroll"
        );
        let bootstrap = Bootstrap::new(Pcg64Mcg::new(u128::from(options.seed)));
        let Cases { cases, n_repeated } = cases::collect(rounds, archive);
        let (chosen, judged): (Vec<Case<'_>>, Vec<Case<'_>>) =
            cases.into_iter().partition(|c| c.when.season <= options.frozen_through);
        let block = |label: &str, cases: &[Case<'_>]| Block::of(label, cases, &options, &bootstrap);
        let judged = block("judged", &judged);
        let chosen_here = block("parameters chosen here", &chosen);
        let bets = || {
            let bet = |r: &&Round| r.decisions.iter().any(|d| d.is_bet());
            rounds.iter().filter(bet).map(|r| r.convened.view.at())
        };
        Report {
            schema_version: SCHEMA_VERSION,
            verdict_lines: verdicts::lines(&judged, &chosen_here),
            needed: Needed::after(&judged),
            provenance: Provenance {
                n_rounds: rounds.len() as u64,
                n_unreviewed_rounds: rounds.iter().filter(|r| r.unreviewed).count() as u64,
                n_repeated_games: n_repeated,
                first_bet: bets().min(),
                last_bet: bets().max(),
                bootstrap_draws: DRAWS as u64,
                told: options,
            },
            judged,
            chosen_here,
        }
    }
}

impl Block {
    fn of(label: &str, cases: &[Case<'_>], options: &ReportOptions, bootstrap: &Bootstrap) -> Block {
        let mut seasons: Vec<u16> = cases.iter().map(|c| c.when.season).collect();
        seasons.sort_unstable();
        seasons.dedup();
        Block {
            label: label.to_owned(),
            seasons,
            n_games: cases.len() as u64,
            n_played: cases.iter().filter(|c| c.score.is_some()).count() as u64,
            headline: Headline::of(cases, options.unit_share, bootstrap),
            accuracy: accuracy::rows(cases, bootstrap),
            sides: [Market::Spread, Market::Total]
                .map(|m| Sides::of(m, cases, bootstrap))
                .to_vec(),
            calibration: calibration(cases),
            passes: passes(cases),
        }
    }
}

fn passes(cases: &[Case<'_>]) -> Vec<PassCount> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for decided in cases.iter().flat_map(|c| &c.decided) {
        if let Verdict::Pass(pass) = &decided.decision.verdict {
            *counts.entry(pass.code()).or_default() += 1;
        }
    }
    let count = |(code, n): (&str, u64)| PassCount {
        code: code.to_owned(),
        n,
    };
    let mut passes: Vec<PassCount> = counts.into_iter().map(count).collect();
    passes.sort_by_key(|p| std::cmp::Reverse(p.n)); // stable: equal counts stay in the order of their codes
    passes
}

/// Three tables: what the swarm said of its sides at the line, of moneylines, and of its bets at the lines it took.
fn calibration(cases: &[Case<'_>]) -> Vec<Calibration> {
    let (mut lines, mut moneylines, mut bets) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        for decided in &case.decided {
            let decision = decided.decision;
            let agreement = &decision.agreement;
            let Some(side) = decision.side else { continue };
            if quorate(agreement.n_voting(), agreement.votes.len()) {
                let market = agreement.market;
                let spoken = (p_side(agreement, side), case.won(market, side, agreement.line));
                if market == Market::Moneyline {
                    moneylines.push(spoken);
                } else {
                    lines.push(spoken);
                }
            }
            if let Some(stated) = stated(decided, side, case).filter(|_| decision.is_bet()) {
                bets.push(stated);
            }
        }
    }
    [
        ("sides with a quorum at the reference line, spread and total", lines),
        ("sides with a quorum, moneyline", moneylines),
        ("bets at the line taken", bets),
    ]
    .into_iter()
    .map(|(of, all)| {
        let known = all.into_iter().filter_map(|(p, won)| Some((p, won?)));
        Calibration::of(of, known.collect())
    })
    .collect()
}

/// A decision's probability at the line it was offered, given no push, with whether it came true.
fn stated(decided: &cases::Decided<'_>, side: Side, case: &Case<'_>) -> Option<(Probability, Option<bool>)> {
    let decision = decided.decision;
    let (win, push) = (decision.p_win?.get(), decision.p_push?.get());
    let line = decision.offered.as_ref()?.line;
    let p = Probability::clamped(win / (1.0 - push));
    Some((p, case.won(decision.agreement.market, side, line)))
}

#[cfg(test)]
mod tests;
