//! Who gets how much of a budget: a floor for everybody, so that nothing goes unmeasured, and the rest by measured value.
//!
//! The rule: a fifth of the budget is shared out evenly. The rest goes in proportion to the lower ends of the values' one-sided
//! 95% intervals, as far as those are above zero; where none is, it is kept back rather than guessed with. A value that was
//! not measured has the floor. Whole units by the largest remainder, so the sum is never above the budget.

use serde::Serialize;

/// Who wants a part of a budget, and what it is known to be worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Who.
    pub who: String,
    /// Measured value per unit, in whatever all claims of a budget are measured in; none when it was not.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: f64,
    /// Observations behind it.
    pub n: u64,
}

impl Claim {
    /// The lower end of the one-sided 95% interval, or zero.
    fn sure(&self) -> f64 {
        let low = self.value.map_or(0.0, |value| value - ONE_SIDED_95 * self.se.abs());
        if low.is_finite() { low.max(0.0) } else { 0.0 }
    }
}

/// The 95% quantile of the standard normal.
const ONE_SIDED_95: f64 = 1.644_853_626_951_472_2;
/// The share of a budget that is kept for finding out.
pub const FLOOR: f64 = 0.2;

/// A budget as it was shared out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Allotment {
    /// Units there were.
    pub budget: u64,
    /// Units of each claim, in the order of the claims.
    pub units: Vec<u64>,
    /// Units nobody has earned.
    pub kept_back: u64,
}

/// Shares a budget out.
pub fn allot(budget: u64, claims: &[Claim]) -> Allotment {
    if claims.is_empty() {
        return Allotment {
            budget,
            units: Vec::new(),
            kept_back: budget,
        };
    }
    let floor = (budget as f64 * FLOOR) as u64;
    let even = whole(floor, &vec![1.0; claims.len()]);
    let sure: Vec<f64> = claims.iter().map(Claim::sure).collect();
    let earned = whole(budget - floor, &sure);
    let units: Vec<u64> = even.iter().zip(earned).map(|(a, b)| a + b).collect();
    Allotment {
        budget,
        kept_back: budget - units.iter().sum::<u64>(),
        units,
    }
}

/// Shares whole units out in proportion by the largest remainder; nothing when all weights are zero.
fn whole(units: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 || !sum.is_finite() {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|w| units as f64 * (w / sum)).collect();
    let mut shares: Vec<u64> = exact.iter().map(|x| x.floor() as u64).collect();
    // Rounding of large budgets may have given a unit too many.
    let mut left = units.saturating_sub(shares.iter().sum());
    let mut order: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > 0.0).collect();
    order.sort_by(|a, b| (exact[*b].fract()).total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    for at in order {
        if left == 0 {
            break;
        }
        shares[at] += 1;
        left -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(value: Option<f64>, se: f64) -> Claim {
        Claim {
            who: "x".to_owned(),
            value,
            se,
            n: 10,
        }
    }

    #[test]
    fn the_unknown_has_the_floor_and_luck_earns_nothing() {
        let known = allot(100, &[claim(Some(3.0), 0.0), claim(Some(1.0), 0.0), claim(None, 0.0)]);
        assert_eq!(known.units, [67, 27, 6]);
        assert_eq!(known.kept_back, 0);
        let unsure = allot(100, &[claim(Some(3.0), 2.0), claim(Some(-1.0), 0.1)]);
        assert_eq!((unsure.units, unsure.kept_back), (vec![10, 10], 80));
        assert_eq!(allot(7, &[]).kept_back, 7);
        assert_eq!(allot(0, &[claim(Some(1.0), 0.0)]).units, [0]);
    }

    proptest! {
        #[test]
        fn no_budget_is_exceeded(
            budget in 0u64..1_000_000,
            values in proptest::collection::vec((proptest::option::of(-5.0f64..5.0), 0.0f64..2.0), 0..12),
        ) {
            let claims: Vec<Claim> = values.iter().map(|(value, se)| claim(*value, *se)).collect();
            let allotted = allot(budget, &claims);
            prop_assert_eq!(allotted.units.iter().sum::<u64>() + allotted.kept_back, budget);
            prop_assert_eq!(allotted.units.len(), claims.len());
        }
    }
}
