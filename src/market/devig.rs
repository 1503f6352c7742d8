//! Taking the book's margin out of a set of prices, five ways.
//!
//! The methods agree within a fraction of a point near pick'em and differ by a whole point at heavy favourites, so the
//! difference between them is a measure of how well the market's opinion is known. Notation: `q_i = 1/o_i` are the raw
//! implied probabilities and `B` is their sum. Sources: Clarke, Kovalchik and Ingram (2017), "Adjusting bookmaker's odds to
//! allow for overround", for power; Shin (1993) as solved by Jullien and Salanié (1994) for Shin; Štrumbelj (2014), "On
//! determining probability forecasts from betting odds", for why Shin is the default.

use super::odds;
use crate::domain::price::Decimal;
use crate::domain::probability::Probability;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the margin is spread over the outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DevigMethod {
    /// In proportion: `q_i / B`.
    Multiplicative,
    /// In equal parts: `q_i - (B - 1) / n`.
    Additive,
    /// `q_i^k` with the `k` that makes the sum one; takes more from long shots.
    Power,
    /// Shin's model of a share `z` of insiders. On two outcomes it equals additive; an underround market has no insiders,
    /// and falls back to multiplicative with `z` = 0.
    #[default]
    Shin,
    /// Each outcome's minimum over the other four, **not** renormalised: the sum is at most one, the price of caution.
    WorstCase,
}

/// The probabilities behind a set of prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fair {
    /// One an outcome, in the order of the prices; they sum to one except under [`DevigMethod::WorstCase`].
    pub probabilities: Vec<Probability>,
    /// `B - 1`.
    pub overround: f64,
    /// The `k` of power or the `z` of Shin.
    pub parameter: Option<f64>,
}

/// Why prices have no fair probabilities.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DevigError {
    /// Fewer than two outcomes.
    #[error("a market needs the prices of at least two outcomes, got {0}: give all outcomes of one market")]
    TooFewOutcomes(usize),
    /// The equal part of the margin is more than an outcome's implied probability.
    #[error(
        "the additive method gives outcome {} a probability of {probability:.4}: use power, shin or multiplicative",
        .outcome + 1
    )]
    NegativeProbability {
        /// Position of the outcome, from 0.
        outcome: usize,
        /// What was left of it, zero or less.
        probability: f64,
    },
}

impl DevigMethod {
    /// The methods in the order they are printed.
    pub const ALL: [DevigMethod; 5] = [
        DevigMethod::Multiplicative,
        DevigMethod::Additive,
        DevigMethod::Power,
        DevigMethod::Shin,
        DevigMethod::WorstCase,
    ];

    /// The four that worst-case chooses from.
    const PROPER: [DevigMethod; 4] = [
        DevigMethod::Multiplicative,
        DevigMethod::Additive,
        DevigMethod::Power,
        DevigMethod::Shin,
    ];

    /// The name on the command line and in JSON, e.g. `worst-case`.
    pub fn name(self) -> &'static str {
        match self {
            DevigMethod::Multiplicative => "multiplicative",
            DevigMethod::Additive => "additive",
            DevigMethod::Power => "power",
            DevigMethod::Shin => "shin",
            DevigMethod::WorstCase => "worst-case",
        }
    }
}

impl fmt::Display for DevigMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The fair probabilities of all outcomes of one market, from their prices.
///
/// # Errors
/// [`DevigError::TooFewOutcomes`], and under [`DevigMethod::Additive`] with three outcomes or more
/// [`DevigError::NegativeProbability`]. Worst-case leaves additive out where it fails.
///
/// ```
/// use huddle::domain::price::American;
/// use huddle::market::devig::{DevigMethod, devig};
/// let fair = devig(&[American::MINUS_110.decimal(); 2], DevigMethod::Shin)?;
/// assert!((fair.probabilities[0].get() - 0.5).abs() < 1e-12);
/// # Ok::<(), huddle::market::devig::DevigError>(())
/// ```
pub fn devig(prices: &[Decimal], method: DevigMethod) -> Result<Fair, DevigError> {
    if prices.len() < 2 {
        return Err(DevigError::TooFewOutcomes(prices.len()));
    }
    let implied: Vec<f64> = prices.iter().map(|d| 1.0 / d.get()).collect();
    let mut fair = implied.clone();
    let parameter = if method == DevigMethod::WorstCase {
        fair.fill(1.0);
        for proper in DevigMethod::PROPER {
            let mut other = implied.clone();
            if remove_margin(&mut other, proper).is_ok() {
                fair.iter_mut().zip(other).for_each(|(least, p)| *least = least.min(p));
            }
        }
        None
    } else {
        remove_margin(&mut fair, method)?
    };
    Ok(Fair {
        probabilities: fair.into_iter().map(Probability::clamped).collect(),
        overround: odds::overround(prices),
        parameter,
    })
}

/// The fair probability of the first of two outcomes, without allocating. Under worst-case the two sides' answers do not
/// sum to one.
pub fn fair_two_way(first: Decimal, second: Decimal, method: DevigMethod) -> Probability {
    let proper = |method| {
        let mut q = [1.0 / first.get(), 1.0 / second.get()];
        remove_margin(&mut q, method)
            .expect("of two outcomes additive leaves (1 + q1 - q2) / 2, which is above zero");
        q[0]
    };
    Probability::clamped(match method {
        DevigMethod::WorstCase => DevigMethod::PROPER.into_iter().map(proper).fold(1.0, f64::min),
        one => proper(one),
    })
}

/// Turns implied into fair probabilities in place and answers the method's parameter. `WorstCase` is made of the others and
/// is read as multiplicative here.
fn remove_margin(q: &mut [f64], method: DevigMethod) -> Result<Option<f64>, DevigError> {
    let booksum: f64 = q.iter().sum();
    match method {
        DevigMethod::Multiplicative | DevigMethod::WorstCase => {
            q.iter_mut().for_each(|p| *p /= booksum);
            Ok(None)
        }
        DevigMethod::Additive => additive(q, booksum).map(|()| None),
        DevigMethod::Power => Ok(Some(power(q))),
        DevigMethod::Shin if booksum <= 1.0 => remove_margin(q, DevigMethod::Multiplicative).map(|_| Some(0.0)),
        DevigMethod::Shin if q.len() == 2 => {
            let gap = (q[0] - q[1]).powi(2);
            additive(q, booksum)?;
            Ok(Some((booksum - 1.0) * (gap - booksum) / (booksum * (gap - 1.0))))
        }
        DevigMethod::Shin => Ok(Some(shin(q, booksum))),
    }
}

fn additive(q: &mut [f64], booksum: f64) -> Result<(), DevigError> {
    let part = (booksum - 1.0) / q.len() as f64;
    q.iter_mut().for_each(|p| *p -= part);
    match q.iter().position(|p| *p <= 0.0) {
        Some(outcome) => Err(DevigError::NegativeProbability {
            outcome,
            probability: q[outcome],
        }),
        None => Ok(()),
    }
}

/// Newton from k = 0: the sum of powers is convex and falls with k, so each step stays left of the root and none overshoots.
/// Real prices take about six steps; the bound is for prices at the edge of what `Decimal` accepts.
fn power(q: &mut [f64]) -> f64 {
    const MAX_STEPS: usize = 200;
    let mut k = 0.0;
    for _ in 0..MAX_STEPS {
        let (mut excess, mut slope) = (-1.0, 0.0);
        for p in q.iter() {
            let raised = p.powf(k);
            excess += raised;
            slope += raised * p.ln();
        }
        let step = -excess / slope;
        if !step.is_finite() || step <= 1e-16 * k {
            break;
        }
        k += step;
    }
    q.iter_mut().for_each(|p| *p = p.powf(k));
    let sum: f64 = q.iter().sum();
    q.iter_mut().for_each(|p| *p /= sum); // what rounding left, of the order of 1e-16
    k
}

/// Bisection on z: the sum of Shin's probabilities falls from sqrt(B) > 1 at z = 0 to sum(q^2)/B < 1 at z = 1. The fraction
/// is written with the root in the denominator, which stays exact as z nears 1.
fn shin(q: &mut [f64], booksum: f64) -> f64 {
    const HALVINGS: usize = 60; // 2^-60 is below the spacing of f64 near the z of a real market
    let fair = |p: f64, z: f64| {
        let a = p * p / booksum;
        2.0 * a / ((z * z + 4.0 * (1.0 - z) * a).sqrt() + z)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let z = 0.5 * (low + high);
        if q.iter().map(|&p| fair(p, z)).sum::<f64>() > 1.0 {
            low = z;
        } else {
            high = z;
        }
    }
    let z = 0.5 * (low + high);
    q.iter_mut().for_each(|p| *p = fair(*p, z));
    z
}

#[cfg(test)]
mod tests;
