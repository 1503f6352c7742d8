//! From a score to a p-value: how often a healthy metric would score as high, learnt from its own latest scores.
//!
//! A window of two thousand scores cannot know what happens once in a million. Peaks over a threshold (Pickands 1975; on line:
//! Siffer et al., "Anomaly detection in streams with extreme value theory", KDD 2017) carry the tail on: excesses over the
//! 95% quantile follow a generalised Pareto distribution, fitted by probability-weighted moments (Hosking and Wallis 1987).

use super::window::Window;
use serde::{Deserialize, Serialize};

/// Scores remembered, a week of one each five minutes: a hundred of them lie in the tail.
const N_SCORES: usize = 2048;
/// Below so many nothing is judged: p-values are 1.
const N_WARM: usize = 128;
/// The share of scores that is the tail.
const TAIL: f64 = 0.05;
/// No healthy tail is taken for longer than this shape (an infinite variance), or for one that ends: a fit that claims the
/// greatest score so far to be the greatest possible would raise an alarm at the next.
const MAX_SHAPE: f64 = 0.5;
/// Scores beyond the quantile of this p-value are remembered as that quantile, so that a fault hardly lengthens the tail.
const REMEMBERED: f64 = 1e-4;
/// P-values are never less, so that their logarithms are finite.
pub const MIN_P: f64 = 1e-300;

/// The latest scores of one detector of one metric. Higher scores are stranger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    scores: Window,
}

/// A fitted tail.
#[derive(Clone, Copy, Debug)]
struct Pareto {
    from: f64,
    scale: f64,
    shape: f64,
}

impl Default for Tail {
    fn default() -> Tail {
        Tail {
            scores: Window::new(N_SCORES),
        }
    }
}

impl Tail {
    /// How often a healthy metric scores `score` or more, then remembers it. 1 while too little is known, and for a score
    /// that is no number. Where the tail has no width (all scores alike) it is one over the number of scores and one.
    pub fn judge(&mut self, score: f64) -> f64 {
        if !score.is_finite() {
            return 1.0;
        }
        let n = self.scores.len();
        if n < N_WARM {
            self.scores.push(score);
            return 1.0;
        }
        let sorted = self.scores.sorted();
        let from = n - ((n as f64 * TAIL) as usize);
        if score <= sorted[from - 1] {
            let above = n - sorted.partition_point(|x| *x < score);
            self.scores.push(score);
            return (above + 1) as f64 / (n + 1) as f64;
        }
        let Some(pareto) = Pareto::fit(sorted[from - 1], &sorted[from..]) else {
            self.scores.push(score);
            return 1.0 / (n + 1) as f64;
        };
        let p = TAIL * pareto.survival(score);
        self.scores.push(score.min(pareto.quantile(REMEMBERED / TAIL)));
        p.max(MIN_P)
    }
}

impl Pareto {
    fn fit(from: f64, above: &[f64]) -> Option<Pareto> {
        let n = above.len() as f64;
        let (mut a0, mut a1) = (0.0, 0.0);
        for (i, x) in above.iter().enumerate() {
            let excess = x - from;
            a0 += excess / n;
            a1 += excess * (1.0 - (i as f64 + 0.65) / n) / n;
        }
        if a0 <= 1e-12 * from.abs().max(1e-12) {
            return None;
        }
        let apart = a0 - 2.0 * a1;
        let shape = if apart > 0.0 { 2.0 - a0 / apart } else { 0.0 };
        let shape = shape.clamp(0.0, MAX_SHAPE);
        // The mean excess is scale / (1 - shape): it is kept whatever was made of the shape.
        let scale = a0 * (1.0 - shape);
        Some(Pareto { from, scale, shape })
    }

    fn survival(self, score: f64) -> f64 {
        let y = (score - self.from) / self.scale;
        if self.shape < 1e-6 {
            return (-y).exp();
        }
        (1.0 + self.shape * y).powf(-1.0 / self.shape)
    }

    fn quantile(self, survival: f64) -> f64 {
        if self.shape < 1e-6 {
            return self.from - self.scale * survival.ln();
        }
        self.from + self.scale / self.shape * (survival.powf(-self.shape) - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;
    use rand_pcg::Pcg64Mcg;

    /// The share of 200,000 healthy scores below p for a way to draw them.
    fn share_below(p: f64, mut draw: impl FnMut(f64) -> f64) -> f64 {
        let (mut tail, mut rng) = (Tail::default(), Pcg64Mcg::new(5));
        let n = 200_000;
        let below = (0..n)
            .filter(|_| tail.judge(draw(1.0 - rng.random::<f64>())) < p)
            .count();
        below as f64 / f64::from(n)
    }

    #[test]
    fn p_values_are_what_they_say() {
        for p in [0.1, 0.01, 0.001] {
            let exponential = share_below(p, |u| -u.ln());
            let heavy = share_below(p, |u| u.powf(-0.25));
            assert!(
                (0.6..1.7).contains(&(exponential / p)),
                "exponential: {exponential} of {p}"
            );
            assert!((0.6..2.2).contains(&(heavy / p)), "Pareto of shape 1/4: {heavy} of {p}");
        }
    }

    #[test]
    fn what_is_no_number_and_what_never_moves_raise_nothing() {
        let mut tail = Tail::default();
        assert_eq!(tail.judge(f64::NAN), 1.0);
        for _ in 0..500 {
            tail.judge(0.0);
        }
        assert_eq!(
            tail.judge(3.0),
            1.0 / 501.0,
            "one odd reading of a thing that never moved is weak evidence"
        );
    }
}
