//! What a reader must be told before any figure: where the swarm is not better than what needs no swarm.

use super::accuracy::{AccuracyRow, Name};
use super::sides::{EQUAL, SWARM};
use super::{Block, Sides};
use crate::backtest::format::{interval, mean, percent, rate};
use crate::stats::estimate::Mean;
use crate::stats::power::bets_needed;
use serde::{Deserialize, Serialize};

/// The win rate that is asked about.
const TRUE_RATE: f64 = 0.55;

/// How far the judged bets are from telling a true 55% from the break-even of -110.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Needed {
    /// The true win rate supposed.
    pub true_rate: f64,
    /// Decided bets needed in all, at one-sided 5% and 80% power.
    pub n_needed: u64,
    /// Decided bets in the judged seasons.
    pub n_have: u64,
    /// Still missing.
    pub n_more: u64,
}

impl Needed {
    pub(super) fn after(judged: &Block) -> Needed {
        let n_needed = bets_needed(TRUE_RATE).expect("55% is above the break-even of 52.4%");
        let n_have = judged.headline.all.win_rate.n;
        Needed {
            true_rate: TRUE_RATE,
            n_needed,
            n_have,
            n_more: n_needed.saturating_sub(n_have),
        }
    }
}

/// The lines: judged seasons first, and in each block whether the swarm beats the closing line first.
pub(super) fn lines(judged: &Block, chosen: &Block) -> Vec<String> {
    let mut lines = Vec::new();
    for (block, in_sample) in [(judged, false), (chosen, true)] {
        if block.n_played == 0 {
            continue;
        }
        let warning = in_sample.then(|| IN_SAMPLE.to_owned());
        let said = [
            against_close(block),
            against_moneyline(block),
            warning,
            weighting_brier(block),
        ]
        .into_iter()
        .flatten()
        .chain(block.sides.iter().filter_map(weighting_sides))
        .chain(bets(block));
        lines.extend(said.map(|line| format!("[{}] {line}", block.label)));
    }
    if judged.n_played == 0 {
        lines.push("No judged season was played: nothing in this report is evidence of an edge.".to_owned());
    }
    lines
}

/// The shrinkage the project's research measured, from seasons of choice to seasons of judgement.
const IN_SAMPLE: &str =
    "Parameters were chosen on these seasons: expect about 4 points of win rate less elsewhere.";

fn find(block: &Block, name: Name) -> Option<&AccuracyRow> {
    block.accuracy.iter().find(|r| r.name == name)
}

fn against_close(block: &Block) -> Option<String> {
    let swarm = find(block, Name::Swarm)?;
    let close = find(block, Name::ClosingLine)?;
    let difference = swarm.brier_minus_close;
    let verdict = match (difference.mean?, difference.ci95) {
        (d, _) if d >= 0.0 => "is NOT better than",
        (_, Some([_, high])) if high < 0.0 => return None,
        _ => "is not shown to be better than",
    };
    Some(format!(
        "The swarm's Brier {} {verdict} the closing line's {}: paired difference {} over {} games.",
        mean(swarm.brier, 1.0, 4, false),
        mean(close.brier, 1.0, 4, false),
        interval(difference, 1.0, 4, true),
        difference.n,
    ))
}

/// The closing moneyline states the probability itself, so it is the stricter mark: a spread has to go through a model,
/// which costs it about .001 of Brier.
fn against_moneyline(block: &Block) -> Option<String> {
    let swarm = find(block, Name::Swarm)?.brier_minus_close;
    let moneyline = find(block, Name::ClosingMoneyline)?.brier_minus_close;
    (swarm.mean? >= moneyline.mean?).then(|| {
        format!(
            "The swarm's Brier is NOT better than the closing moneyline's: minus the closing line {}, n {}, against {}, n {}.",
            interval(swarm, 1.0, 4, true),
            swarm.n,
            interval(moneyline, 1.0, 4, true),
            moneyline.n,
        )
    })
}

fn weighting_brier(block: &Block) -> Option<String> {
    let (swarm, equal) = (find(block, Name::Swarm)?, find(block, Name::EqualWeights)?);
    (equal.brier.mean? <= swarm.brier.mean?).then(|| {
        format!(
            "Weighting by record did NOT improve the forecast: Brier {} with equal weights, {} weighted, n {}.",
            mean(equal.brier, 1.0, 4, false),
            mean(swarm.brier, 1.0, 4, false),
            swarm.brier.n,
        )
    })
}

fn weighting_sides(sides: &Sides) -> Option<String> {
    let (swarm, equal) = (sides.row(SWARM)?, sides.row(EQUAL)?);
    let by_close = swarm.clv_points.mean.zip(equal.clv_points.mean);
    let (what, show): (&str, fn(Mean) -> String) = if by_close.is_some() {
        ("CLV", |m| mean(m, 1.0, 3, true) + " points")
    } else {
        ("yield at -110", |m| mean(m, 100.0, 1, true) + "%")
    };
    let of = |row: &super::SideRow| {
        if by_close.is_some() {
            row.clv_points
        } else {
            row.yield_at_110
        }
    };
    let (ours, plain) = (of(swarm), of(equal));
    (plain.mean? >= ours.mean?).then(|| {
        format!(
            "Weighting by record did NOT improve the {} sides: {what} {} with equal weights (n {}), {} weighted (n {}).",
            sides.market,
            show(plain),
            plain.n,
            show(ours),
            ours.n,
        )
    })
}

fn bets(block: &Block) -> Vec<String> {
    let all = &block.headline.all;
    let mut lines = Vec::new();
    if all.win_rate.n == 0 {
        return lines;
    }
    match (all.clv_points.mean, all.clv_points.ci95) {
        (None, _) => {
            lines.push("The bets have no closing line value: no line closed after they were made.".to_owned())
        }
        (Some(_), Some([low, _])) if low > 0.0 => {}
        (Some(_), _) => lines.push(format!(
            "The bets' closing line value is not shown to be above zero: {} points, n {}.",
            interval(all.clv_points, 1.0, 2, true),
            all.clv_points.n,
        )),
    }
    let low = all.win_rate.wilson95.map(|w| w.low.get());
    if let (Some(low), Some(needed)) = (low, all.break_even)
        && low <= needed
    {
        lines.push(format!(
            "The bets' win rate {}, n {}, is not told from the {} their prices need.",
            rate(all.win_rate),
            all.win_rate.n,
            percent(Some(needed), 1),
        ));
    }
    lines
}
