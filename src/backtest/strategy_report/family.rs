//! The rule's neighbours: the same conditions with bounds moved on their grid. Whoever chose one bound could have chosen
//! these, so the rule is judged as the pick of all of them.

use super::row::MIN_BETS;
use crate::engine::period::Period;
use crate::engine::plan::{Plan, PlanError};
use crate::engine::table::Table;
use crate::engine::track::{Pricing, Track};
use crate::stats::deflated::{Shape, Trials, expected_best};
use crate::stats::overfitting::{Metric, overfitting};
use crate::stats::reality_check::reality_check;
use crate::stats::returns::Returns;
use crate::strategy::condition::{Condition, Hundredths};
use crate::strategy::rule::Strategy;
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use serde::Serialize;
use std::num::NonZeroU64;

/// Members of a family, the rule among them: enough for five steps of three bounds, and a second of work.
pub const MAX_FAMILY: usize = 200;
/// Steps of a rule with a single bound, either way; further away it is another rule.
const MAX_REACH: i32 = 12;
/// Draws of the reality check.
const N_DRAWS: usize = 2_000;
/// Bins of the histogram of logits are half a unit wide, from -4 to 4; the outer ones are open.
const LOGIT_ENDS: i32 = 8;

/// A bin of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// The lower end; none for the first, which is open.
    pub low: Option<f64>,
    /// The upper end, which belongs to the next bin; none for the last.
    pub high: Option<f64>,
    /// Values in it.
    pub n: u64,
}

/// Values in bins of equal width whose ends are `first` to `last` widths away from `origin`, with an open bin on either end.
pub(super) fn histogram(values: &[f64], origin: f64, width: f64, [first, last]: [i32; 2]) -> Vec<Bar> {
    let end = |i: i32| origin + f64::from(i) * width;
    let bins = std::iter::once((None, Some(end(first))))
        .chain((first..last).map(|i| (Some(end(i)), Some(end(i + 1)))))
        .chain([(Some(end(last)), None)]);
    bins.map(|(low, high)| {
        let inside = |x: &&f64| low.is_none_or(|low| **x >= low) && high.is_none_or(|high| **x < high);
        let n = values.iter().filter(inside).count() as u64;
        Bar { low, high, n }
    })
    .collect()
}

/// How likely it is that the choice among the family found noise, by combinatorially symmetric cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Noise {
    /// The probability of backtest overfitting; .5 is noise.
    pub pbo: f64,
    /// Blocks of weeks.
    pub n_blocks: usize,
    /// Ways to choose half of them.
    pub n_combinations: usize,
    /// Half of the logits lie below.
    pub median_logit: f64,
    /// How often the best of one half lost on the other.
    pub prob_loss: f64,
    /// The logits as a histogram.
    pub logits: Vec<Bar>,
}

/// The Sharpe ratio of the rule after the search is taken off it (Bailey and Lopez de Prado 2014).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Deflation {
    /// Mean over standard deviation of the weekly returns.
    pub sharpe: f64,
    /// What the best of so many trials shows without skill.
    pub sharpe_of_luck: f64,
    /// The probability that the true one is above zero, were the rule the only one tried.
    pub probabilistic: Option<f64>,
    /// The probability that it is above what luck shows.
    pub deflated: Option<f64>,
}

/// What the family says of the rule over one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Family {
    /// Members with [`MIN_BETS`] bets or more, the rule among them in any case: three lucky bets would look like skill.
    pub n_members: u64,
    /// Trials the rule is held against: all that were ever counted, and all neighbours.
    pub n_trials: u64,
    /// None for a family of one or too few weeks.
    pub noise: Option<Noise>,
    /// White's p-value of the best member; none without weeks.
    pub p_reality: Option<f64>,
    /// Hansen's, which hopeless members do not blur.
    pub p_spa: Option<f64>,
    /// Draws of both.
    pub n_draws: usize,
    /// None when the weekly returns never vary.
    pub deflation: Option<Deflation>,
}

/// The rule and its neighbours, nearest first: every way to move its bounds by a few steps that leaves a sound rule.
pub(super) fn neighbours(strategy: &Strategy) -> Vec<Strategy> {
    let n_bounds: usize = strategy.conditions().iter().map(n_bounds).sum();
    let mut family = vec![strategy.clone()];
    if n_bounds == 0 {
        return family;
    }
    let reach = (1..=MAX_REACH)
        .rev()
        .find(|r| {
            (2 * *r as usize + 1)
                .checked_pow(n_bounds as u32)
                .is_some_and(|n| n <= MAX_FAMILY)
        })
        .unwrap_or(1);
    for distance in 1..=reach * n_bounds as i32 {
        let mut moves = Vec::new();
        spread(distance, reach, n_bounds, &mut Vec::new(), &mut moves);
        for offsets in moves {
            let moved = moved(strategy, &offsets);
            family
                .extend(moved.filter(|m| m.chooses_a_side() == strategy.chooses_a_side() && !family.contains(m)));
            if family.len() == MAX_FAMILY {
                return family;
            }
        }
    }
    family
}

fn n_bounds(condition: &Condition) -> usize {
    match condition {
        Condition::Within { low, high, .. } => usize::from(low.is_some()) + usize::from(high.is_some()),
        Condition::Is { .. } => 0,
    }
}

/// Every list of `n` offsets within `reach` whose sizes sum to `distance`, at most as many as a family has members.
fn spread(distance: i32, reach: i32, n: usize, so_far: &mut Vec<i32>, into: &mut Vec<Vec<i32>>) {
    let left = (n - so_far.len()) as i32;
    if into.len() == MAX_FAMILY || distance > left * reach {
        return;
    }
    if left == 0 {
        into.push(so_far.clone());
        return;
    }
    for size in 0..=reach.min(distance) {
        for offset in if size == 0 { vec![0] } else { vec![-size, size] } {
            so_far.push(offset);
            spread(distance - size, reach, n, so_far, into);
            so_far.pop();
        }
    }
}

/// The rule with its bounds moved by so many steps each; none when that is no rule.
fn moved(strategy: &Strategy, offsets: &[i32]) -> Option<Strategy> {
    let mut offsets = offsets.iter();
    let mut conditions = strategy.conditions().to_vec();
    for condition in &mut conditions {
        if let Condition::Within { feature, low, high } = condition {
            for bound in [low, high].into_iter().flatten() {
                *bound = Hundredths(bound.0 + feature.step() * offsets.next()?);
            }
        }
    }
    strategy.with_conditions(conditions).ok()
}

/// The plans of a family, the rule's own first.
pub(super) fn plans(table: &Table, strategy: &Strategy) -> Result<Vec<Plan>, PlanError> {
    neighbours(strategy).iter().map(|s| Plan::compile(s, table)).collect()
}

impl Family {
    /// Judges the first of `plans` as the pick of all of them, over the weeks of a period.
    pub(super) fn of(table: &Table, plans: &[Plan], period: &Period, n_trials: u64, rng: &mut Pcg64Mcg) -> Family {
        let n_trials = n_trials.max(1).saturating_add(plans.len() as u64 - 1);
        let track = |plan: &Plan| Track::of(table, plan, period);
        let tracks: Vec<Track> = plans.par_iter().map(track).collect();
        let is_kept = |(at, track): &(usize, &Track)| *at == 0 || track.bets.len() as u64 >= MIN_BETS;
        let kept: Vec<&Track> = tracks
            .iter()
            .enumerate()
            .filter(is_kept)
            .map(|(_, track)| track)
            .collect();
        let n_members = kept.len() as u64;
        let weekly = |track: &&Track| {
            track
                .weekly_returns(Pricing::Usual)
                .into_iter()
                .map(|(_, r)| r)
                .collect()
        };
        let columns: Vec<Vec<f64>> = kept.iter().map(weekly).collect();
        let weeks = kept.first().map(|t| t.weeks.iter().map(ToString::to_string).collect());
        let names = kept.iter().map(|track| track.strategy.to_string()).collect();
        let returns = Returns::new(weeks.unwrap_or_default(), names, columns).ok();
        let reality = returns.as_ref().and_then(|r| reality_check(r, N_DRAWS, 1.0, rng).ok());
        Family {
            n_members,
            n_trials,
            noise: returns.as_ref().and_then(noise),
            p_reality: reality.as_ref().map(|r| r.p_white),
            p_spa: reality.as_ref().map(|r| r.p_spa),
            n_draws: N_DRAWS,
            deflation: returns.as_ref().and_then(|r| deflation(r, n_trials)),
        }
    }
}

/// Sixteen blocks where each has four weeks or more, eight where each has two.
fn noise(returns: &Returns) -> Option<Noise> {
    let n_blocks = match returns.periods().len() {
        64.. => 16,
        16.. => 8,
        _ => return None,
    };
    let found = overfitting(returns, n_blocks, Metric::Sharpe).ok()?;
    Some(Noise {
        pbo: found.pbo,
        n_blocks,
        n_combinations: found.n_combinations,
        median_logit: found.median_logit,
        prob_loss: found.prob_oos_loss,
        logits: histogram(&found.logits, 0.0, 0.5, [-LOGIT_ENDS, LOGIT_ENDS]),
    })
}

fn deflation(returns: &Returns, n_trials: u64) -> Option<Deflation> {
    let own = Shape::of(returns.columns().first()?)?;
    // Of all that was ever tried only the number is known, and neighbours differ by more than luck: their Sharpe ratios fall
    // with the bound. Without skill an estimate over T weeks has a variance of 1/T (Lo 2002).
    let variance = 1.0 / own.n_periods as f64;
    let sharpe_of_luck = expected_best(variance, Trials::new(NonZeroU64::new(n_trials)?));
    let above = |benchmark| own.probability_above(benchmark).map(|p| p.get());
    Some(Deflation {
        sharpe: own.sharpe,
        sharpe_of_luck,
        probabilistic: above(0.0),
        deflated: above(sharpe_of_luck),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(text: &str) -> Vec<Strategy> {
        neighbours(&text.parse().unwrap())
    }

    #[test]
    fn neighbours_are_sound_distinct_and_few() {
        let one = family("spread at open when edge(elo) >= 4 stake flat 1%");
        assert_eq!(one.len(), 25); // twelve steps either way, and the rule
        assert_eq!(
            one[1].to_string(),
            "spread at open when edge(elo) >= 3.75 stake flat 1%"
        );
        let near_zero = family("spread at open when edge(elo) >= 0.5 stake flat 1%");
        assert_eq!(near_zero.len(), 14); // a bound of zero or less would want both sides
        let five =
            "total at open when edge(elo) in 1..5 and week in 3..15 and total >= 40 and under stake flat 1%";
        let five = family(five);
        assert_eq!(five.len(), MAX_FAMILY);
        assert!((1..five.len()).all(|i| !five[..i].contains(&five[i])));
        assert_eq!(family("spread at open when home stake flat 1%").len(), 1);
    }

    #[test]
    fn every_value_falls_into_one_bin() {
        let bars = histogram(&[-9.0, -1.0, -0.2, 0.0, 0.5, 7.0], 0.0, 0.5, [-2, 2]);
        assert_eq!(
            bars.iter().map(|bar| bar.n).collect::<Vec<_>>(),
            [1, 1, 1, 1, 1, 1][..].to_vec()
        );
        assert_eq!((bars[0].low, bars[5].high), (None, None));
    }
}
