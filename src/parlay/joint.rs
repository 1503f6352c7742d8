//! How two legs on one game go together: counts of the four ways they end, by week, and what follows from them.

use crate::domain::game::SeasonWeek;
use rand::Rng as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

/// How often both legs won, only the first, only the second, neither.
pub(super) type Cells = [f64; 4];

/// What two legs do together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// Chance that both win, given that both are decided.
    pub p_joint: f64,
    /// The product of the two chances: what independence would say.
    pub p_independent: f64,
    /// The correlation of the two wins (phi); zero when a leg always ends alike.
    pub correlation: f64,
}

/// Games of independence that are added to what was seen: a class of a hundred games is moved a fifth of the way towards no
/// correlation, all of history by a hundredth.
const SMOOTHING_GAMES: f64 = 25.0;
/// Resamples of whole weeks.
const N_DRAWS: usize = 1_000;
/// Fewer weeks have too few different resamples for an interval.
const MIN_WEEKS: usize = 10;

impl Estimate {
    /// From counts: the joint chance is shrunk towards the product of its margins by [`SMOOTHING_GAMES`]. None without games.
    pub fn of([both, first, second, neither]: Cells) -> Option<Estimate> {
        let n = both + first + second + neither;
        if n <= 0.0 {
            return None;
        }
        let (a, b) = ((both + first) / n, (both + second) / n);
        let p_independent = a * b;
        let p_joint = (both + SMOOTHING_GAMES * p_independent) / (n + SMOOTHING_GAMES);
        let spread = (a * (1.0 - a) * b * (1.0 - b)).sqrt();
        Some(Estimate {
            p_joint,
            p_independent,
            correlation: if spread > 0.0 {
                (p_joint - p_independent) / spread
            } else {
                0.0
            },
        })
    }
}

/// The 95% intervals of the joint chance and of the correlation, by resampling whole weeks (Efron 1979); none with fewer than
/// [`MIN_WEEKS`] of them.
pub(super) fn intervals(weeks: &BTreeMap<SeasonWeek, Cells>, rng: &mut Pcg64Mcg) -> Option<[[f64; 2]; 2]> {
    if weeks.len() < MIN_WEEKS {
        return None;
    }
    let weeks: Vec<&Cells> = weeks.values().collect();
    let (mut joint, mut correlation) = (Vec::new(), Vec::new());
    for _ in 0..N_DRAWS {
        let mut sum = [0.0; 4];
        for _ in 0..weeks.len() {
            // A uniform index by multiplication: the bias is below n / 2^64.
            let week = ((u128::from(rng.next_u64()) * weeks.len() as u128) >> 64) as usize;
            sum.iter_mut().zip(weeks[week]).for_each(|(s, w)| *s += w);
        }
        if let Some(estimate) = Estimate::of(sum) {
            joint.push(estimate.p_joint);
            correlation.push(estimate.correlation);
        }
    }
    Some([ends(joint)?, ends(correlation)?])
}

/// The 2.5% and 97.5% quantiles, each the nearest of the sorted values.
fn ends(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |p: f64| values[(p * last as f64).round() as usize];
    Some([at(0.025), at(0.975)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn correlation_is_found_and_shrunk() {
        let independent = Estimate::of([25.0; 4]).unwrap();
        assert_eq!(
            (independent.p_joint, independent.p_independent, independent.correlation),
            (0.25, 0.25, 0.0)
        );
        let together = Estimate::of([50.0, 0.0, 0.0, 50.0]).unwrap();
        assert!((together.p_joint - 56.25 / 125.0).abs() < 1e-12 && (together.correlation - 0.8).abs() < 1e-12);
        assert_eq!(Estimate::of([0.0; 4]), None);
        assert_eq!(Estimate::of([9.0, 0.0, 0.0, 0.0]).unwrap().correlation, 0.0);
    }

    proptest! {
        #[test]
        fn chances_are_chances(cells in [0.0f64..50.0, 0.0f64..50.0, 0.0f64..50.0, 0.1f64..50.0]) {
            let e = Estimate::of(cells).unwrap();
            prop_assert!((0.0..=1.0).contains(&e.p_joint) && e.correlation.abs() <= 1.0 + 1e-12);
        }
    }

    #[test]
    fn intervals_hold_the_truth_and_few_weeks_have_none() {
        let week = |i: u16| {
            (
                SeasonWeek {
                    season: 2000 + i,
                    week: 1,
                },
                [5.0, 4.0, 4.0, 5.0 + f64::from(i % 2)],
            )
        };
        let weeks: BTreeMap<SeasonWeek, Cells> = (0..60).map(week).collect();
        let [joint, correlation] = intervals(&weeks, &mut Pcg64Mcg::new(1)).unwrap();
        let sum = [300.0, 240.0, 240.0, 330.0];
        let truth = Estimate::of(sum).unwrap();
        for ([low, high], value) in [(joint, truth.p_joint), (correlation, truth.correlation)] {
            assert!(
                low <= value && value <= high && high - low < 0.02,
                "{value} in {low} to {high}"
            );
        }
        assert_eq!(intervals(&(0..9).map(week).collect(), &mut Pcg64Mcg::new(1)), None);
    }
}
