//! A change of level and a slow drift: small deviations that keep to one side.
//!
//! Two one-sided cumulative sums (Page 1954) of what is left of the deviations when the part that follows from the one before
//! is taken out: most metrics remember their last reading, and a plain sum would take that for a drift.

use super::window::Window;
use crate::healing::reading::Bad;
use serde::{Deserialize, Serialize};

/// Half of the shift it is tuned to, in standard deviations of the whitened readings: the sums notice one deviation soonest.
const SLACK: f64 = 0.5;
/// One reading counts at most so many deviations: a single spike is the baseline's affair.
const CLIP: f64 = 3.0;
/// Deviations the correlation is learnt from, and whitened ones their scale.
const N_WINDOW: usize = 512;
/// What each reading weighs in the running correlation and scale.
const LEARN: f64 = 1.0 / 512.0;
/// Correlations above this are not taken out: at 0.95 a shift of one deviation leaves 0.16 of it.
const MAX_RHO: f64 = 0.95;
/// Below so many readings nothing is summed.
const N_WARM: u32 = 128;
/// Sums stop here, so that they come back within an hour or two when all is well again.
const MAX_SUM: f64 = 30.0;

/// The two sums of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    bad: Bad,
    last: f64,
    product: f64,
    square: f64,
    variance: f64,
    white: Window,
    n: u32,
    up: f64,
    down: f64,
}

impl Shift {
    /// Of a metric that is bad on the side `bad`.
    pub fn new(bad: Bad) -> Shift {
        Shift {
            bad,
            last: 0.0,
            product: 0.0,
            square: 1.0,
            variance: 1.0,
            white: Window::new(N_WINDOW),
            n: 0,
            up: 0.0,
            down: 0.0,
        }
    }

    /// Takes a deviation `z` from the baseline in; how often healthy readings bring the sums as high, per reading.
    pub fn observe(&mut self, z: f64) -> f64 {
        if !z.is_finite() {
            return 1.0;
        }
        let z = z.clamp(-2.0 * CLIP, 2.0 * CLIP);
        let rho = (self.product / self.square).clamp(0.0, MAX_RHO);
        self.product += LEARN * (z * self.last - self.product);
        self.square += LEARN * (z * z - self.square);
        let white = z - rho * self.last;
        self.last = z;
        self.n = self.n.saturating_add(1);
        let middle = self.white.middle();
        self.white.push(white);
        let Some(middle) = middle.filter(|m| m.spread > 0.0) else {
            return 1.0;
        };
        // The centre is the baseline's (zero): the median of the window would follow a drift and hide it. The clipped square is
        // what heavy tails widen the scale by, and a fault hardly does.
        let told = (white / middle.spread).clamp(-2.0 * CLIP, 2.0 * CLIP);
        let step = (told / self.variance.sqrt().max(1.0)).clamp(-CLIP, CLIP);
        self.variance += LEARN * (told * told - self.variance);
        if self.n < N_WARM {
            return 1.0;
        }
        self.up = (self.up + step - SLACK).clamp(0.0, MAX_SUM);
        self.down = (self.down - step - SLACK).clamp(0.0, MAX_SUM);
        self.p()
    }

    /// Forgets the sums, not what they are scaled by: after a gap, what went before says nothing.
    pub fn restart(&mut self) {
        (self.last, self.up, self.down) = (0.0, 0.0, 0.0);
    }

    fn p(&self) -> f64 {
        let (sum, sides) = match self.bad {
            Bad::High => (self.up, 1.0),
            Bad::Low => (self.down, 1.0),
            Bad::Both => (self.up.max(self.down), 2.0),
        };
        (sides / run_length(sum)).min(1.0)
    }
}

/// Readings until a one-sided sum of standard normal readings with slack one half first reaches `height`: Siegmund's
/// approximation ("Sequential Analysis", 1985), within some per cent of the exact 336 at 4 and 930 at 5.
fn run_length(height: f64) -> f64 {
    let b = 2.0 * SLACK * (height + 1.166);
    (b.exp() - b - 1.0) / (2.0 * SLACK * SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal::normal_quantile;
    use rand::RngExt as _;
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn run_lengths_are_the_published_ones() {
        // One-sided: Montgomery's table gives 168 and 465 for two sides at heights 4 and 5 with slack one half.
        assert!((run_length(4.0) / 336.0 - 1.0).abs() < 0.02, "{}", run_length(4.0));
        assert!((run_length(5.0) / 930.0 - 1.0).abs() < 0.02, "{}", run_length(5.0));
    }

    #[test]
    fn a_step_of_one_and_a_half_deviations_is_told_soon_and_what_only_remembers_is_not() {
        for rho in [0.0, 0.7] {
            let (mut shift, mut rng, mut x) = (Shift::new(Bad::Both), Pcg64Mcg::new(9), 0.0);
            let mut draw = |x: &mut f64| {
                let e = normal_quantile(rng.random_range(1e-9..1.0)).unwrap();
                *x = rho * *x + f64::sqrt(1.0 - rho * rho) * e;
                *x
            };
            let healthy = (0..20_000).filter(|_| shift.observe(draw(&mut x)) < 1e-5).count();
            assert!(healthy <= 60, "rho {rho}: {healthy} of 20,000");
            let told = (0..200).position(|_| shift.observe(draw(&mut x) + 1.5) < 1e-5);
            assert!(told.is_some_and(|n| n < 120), "rho {rho}: {told:?}");
        }
        let mut shift = Shift::new(Bad::High);
        assert_eq!(shift.observe(f64::NAN), 1.0);
    }
}
