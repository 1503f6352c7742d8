//! The autoencoder: how a component's metrics move together, pressed through a narrow layer; what does not come back out as it
//! went in does not fit.
//!
//! One hidden layer of tanh, a linear way out, learnt on line by stochastic gradient descent from a seeded start. Inputs are
//! deviations from each metric's baseline, so that level, scale and season are gone already.

use super::tail::Tail;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// Inputs are clipped to so many deviations: one wild number is no reason to unlearn the rest.
const CLIP: f64 = 8.0;
/// The step of the descent, divided by the number of inputs' mean square; small enough that weights stay bounded.
const RATE: f64 = 0.01;
/// What errs so rarely is not learnt from: a fault is not to become normal in an hour.
const LEARN_ABOVE: f64 = 1e-3;
/// Weights beyond this are cut back: with inputs within [`CLIP`] nothing can then leave the range of numbers.
const MAX_WEIGHT: f64 = 10.0;

/// What a row's reconstruction says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Misfit {
    /// How often a healthy row errs as much.
    pub p: f64,
    /// The column that errs most.
    pub column: usize,
    /// What that column was expected to be, in deviations.
    pub expected: f64,
}

/// A small network for one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autoencoder {
    n: usize,
    n_hidden: usize,
    /// Hidden unit after hidden unit, its bias last.
    inward: Vec<f64>,
    /// Output after output, its bias last.
    outward: Vec<f64>,
    tail: Tail,
}

impl Autoencoder {
    /// For rows of `n` columns, with half as many hidden units; at least one of each.
    pub fn new(n: usize, rng: &mut Pcg64Mcg) -> Autoencoder {
        let n = n.max(1);
        let n_hidden = n.div_ceil(2);
        // Glorot and Bengio (2010): the range that keeps the variance of what passes through.
        let range = (6.0 / (n + n_hidden) as f64).sqrt();
        let mut draw = |len: usize| (0..len).map(|_| range * (2.0 * rng.random::<f64>() - 1.0)).collect();
        Autoencoder {
            n,
            n_hidden,
            inward: draw(n_hidden * (n + 1)),
            outward: draw(n * (n_hidden + 1)),
            tail: Tail::default(),
        }
    }

    /// Judges a row by those before it, then learns from it. What is not finite counts as 0, the usual; columns that lack too.
    pub fn observe(&mut self, row: &[f64]) -> Misfit {
        let clean = |x: &f64| if x.is_finite() { x.clamp(-CLIP, CLIP) } else { 0.0 };
        let mut x: Vec<f64> = row.iter().take(self.n).map(clean).collect();
        x.resize(self.n, 0.0);
        let hidden: Vec<f64> = self
            .inward
            .chunks_exact(self.n + 1)
            .map(|w| affine(w, &x).tanh())
            .collect();
        let out: Vec<f64> = self
            .outward
            .chunks_exact(self.n_hidden + 1)
            .map(|w| affine(w, &hidden))
            .collect();
        let errors: Vec<f64> = out.iter().zip(&x).map(|(y, x)| y - x).collect();
        let square = |e: &f64| e * e;
        let score = errors.iter().map(square).sum::<f64>().sqrt();
        let p = self.tail.judge(score);
        let worst = (0..self.n).max_by(|a, b| errors[*a].abs().total_cmp(&errors[*b].abs()));
        let column = worst.unwrap_or(0);
        let expected = out[column];
        if p > LEARN_ABOVE {
            self.learn(&x, &hidden, &errors);
        }
        Misfit { p, column, expected }
    }

    fn learn(&mut self, x: &[f64], hidden: &[f64], errors: &[f64]) {
        let mut back = vec![0.0; self.n_hidden];
        for (w, e) in self.outward.chunks_exact_mut(self.n_hidden + 1).zip(errors) {
            for (b, w) in back.iter_mut().zip(w.iter()) {
                *b += e * w;
            }
            step(w, hidden, *e);
        }
        for ((w, h), b) in self.inward.chunks_exact_mut(self.n + 1).zip(hidden).zip(&back) {
            step(w, x, b * (1.0 - h * h));
        }
    }
}

/// Weights times inputs, and the bias, which is the last weight.
fn affine(weights: &[f64], inputs: &[f64]) -> f64 {
    let bias = weights.last().copied().unwrap_or(0.0);
    weights.iter().zip(inputs).map(|(w, x)| w * x).sum::<f64>() + bias
}

/// One step down the gradient `slope` times the inputs.
fn step(weights: &mut [f64], inputs: &[f64], slope: f64) {
    let slope = slope.clamp(-CLIP, CLIP);
    for (w, x) in weights.iter_mut().zip(inputs.iter().chain([&1.0])) {
        *w = (*w - RATE * slope * x).clamp(-MAX_WEIGHT, MAX_WEIGHT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal::normal_quantile;

    #[test]
    fn metrics_that_stop_moving_together_are_told_and_wild_rows_poison_nothing() {
        let mut rng = Pcg64Mcg::new(4);
        let mut net = Autoencoder::new(4, &mut rng);
        let mut normal = |s: f64| s * normal_quantile(rng.random_range(1e-9..1.0)).unwrap();
        let mut false_alarms = 0;
        for i in 0..8_000 {
            let load = normal(1.0);
            let row = [load, load + normal(0.2), -load + normal(0.2), load + normal(0.2)];
            let p = net.observe(&row).p;
            false_alarms += u32::from(i > 1_000 && p < 1e-3);
            if i % 1_000 == 999 {
                net.observe(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]);
                net.observe(&[1.0]);
            }
        }
        assert!(false_alarms <= 25, "{false_alarms} of 7,000 at one in a thousand");
        let misfit = net.observe(&[1.5, 1.5, 1.5, 1.5]);
        assert!(
            misfit.p < 1e-3 && misfit.column == 2,
            "each is usual alone, together they are not: {misfit:?}"
        );
        assert!(net.inward.iter().chain(&net.outward).all(|w| w.abs() <= MAX_WEIGHT));
    }
}
