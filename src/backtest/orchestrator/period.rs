//! Which seasons are searched and which are the validators'.

use super::{Decision, Kind};
use crate::backtest::walk_forward::{Fold, Window};
use serde::{Deserialize, Serialize};

/// What is known of a past season's market.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeasonFacts {
    /// The season.
    pub season: u16,
    /// Games with a result and an opener.
    pub n_priced: u64,
    /// Games with a result.
    pub n_games: u64,
    /// Mean move of the spread from open to close, in points, without its sign.
    pub mean_move: Option<f64>,
}

/// A season of which fewer games have an opener says too little about betting at openers.
const LEAST_COVERAGE: f64 = 0.8;
/// Seasons a rolling window keeps.
const ROLLING: u16 = 8;
/// Fewer seasons on either side tell nothing about a change.
const LEAST_TO_COMPARE: usize = 3;
/// Standard errors by which the market has to have changed before its older seasons are let go.
const CHANGED: f64 = 3.0;

/// The seasons a fold may learn from: those with enough openers, and, where the market moves differently from how it used
/// to, only the recent ones.
pub fn which_period(fold: &Fold, facts: &[SeasonFacts]) -> (Vec<u16>, Window, Decision) {
    let covered = |f: &&SeasonFacts| f.n_games > 0 && f.n_priced as f64 >= LEAST_COVERAGE * f.n_games as f64;
    let usable: Vec<&SeasonFacts> = facts
        .iter()
        .filter(|f| fold.past.contains(&f.season))
        .filter(covered)
        .collect();
    let n_left_out = fold.past.len() - usable.len();
    let moves = |list: &[&SeasonFacts]| list.iter().filter_map(|f| f.mean_move).collect::<Vec<f64>>();
    let cut = usable.len().saturating_sub(usize::from(ROLLING));
    let (old, recent) = (moves(&usable[..cut]), moves(&usable[cut..]));
    let distance = standard_errors(&old, &recent);
    let changed = distance.is_some_and(|d| d.abs() > CHANGED);
    let (kept, window) = if changed {
        (&usable[cut..], Window::Rolling(ROLLING))
    } else {
        (&usable[..], Window::Expanding)
    };
    let seasons: Vec<u16> = kept.iter().map(|f| f.season).collect();
    let mut reason = match distance {
        Some(d) if changed => format!("lines have moved differently since ({d:+.1} standard errors)"),
        Some(d) => format!("lines move as they used to ({d:+.1} standard errors)"),
        None => "too few seasons to tell a change of the market, so all are used".to_owned(),
    };
    if n_left_out > 0 {
        reason.push_str(&format!("; {n_left_out} seasons have openers for too few games"));
    }
    let chosen = match (seasons.first(), seasons.last()) {
        (Some(a), Some(b)) => format!("{window}: {a}-{b}"),
        _ => "none".to_owned(),
    };
    let decision = Decision::new(Kind::WhichPeriod, chosen, reason)
        .on("judging_season", fold.test)
        .on("seasons", seasons.len() as u64)
        .on("left_out", n_left_out as u64)
        .on("change_in_standard_errors", distance);
    (seasons, window, decision)
}

/// Welch's t of two samples of season means; `None` when either is too short or neither varies.
fn standard_errors(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < LEAST_TO_COMPARE || b.len() < LEAST_TO_COMPARE {
        return None;
    }
    let moments = |list: &[f64]| {
        let n = list.len() as f64;
        let mean = list.iter().sum::<f64>() / n;
        let variance = list.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance / n)
    };
    let ((mean_a, error_a), (mean_b, error_b)) = (moments(a), moments(b));
    let error = (error_a + error_b).sqrt();
    (error > 1e-12).then(|| (mean_b - mean_a) / error)
}
