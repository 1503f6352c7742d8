//! How much of a stated edge is real: the slope of what happened on what was claimed.
//!
//! A model that says the line is three points wrong has, on past evidence, perhaps one point of edge. Two slopes through
//! the origin are learnt from settled beliefs: of the later line move, which is precise, and of the result, which is
//! unbiased for a bettor but noisy. The move's slope is the prior mean of the result's:
//!
//! `b = (m / t^2 + sum(x r) / s^2) / (1 / t^2 + sum(x^2) / s^2)`
//!
//! with x the claimed edge, r = result - line, m the slope on the move, t the prior's standard deviation and s the
//! standard deviation of a result around its line. It is the posterior mean of a normal slope with a normal prior.

/// The settings of a [`Slope`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlopeSettings {
    /// Standard deviation of a result around the line, in points.
    pub noise_points: f64,
    /// Prior standard deviation of the result's slope around the move's.
    pub prior_sd: f64,
    /// Pseudo-observations (edge of one point) that hold the move's slope at `start` before there is data.
    pub ballast: f64,
    /// Where the move's slope starts: 0 for a rating, which has to prove that its edges are real; 1 for a regression that
    /// was fitted to the move and has shrunk its edges already.
    pub start: f64,
    /// Factor per settled belief by which older ones fade.
    pub fade: f64,
}

impl Default for SlopeSettings {
    /// Chosen on seasons up to 2017.
    fn default() -> SlopeSettings {
        SlopeSettings {
            noise_points: 13.3,
            prior_sd: 0.1,
            ballast: 200.0,
            start: 0.0,
            fade: 0.999,
        }
    }
}

/// Learns one slope.
#[derive(Clone, Debug)]
pub struct Slope {
    settings: SlopeSettings,
    xx: f64,
    xr: f64,
    xx_moved: f64,
    x_moved: f64,
    n: usize,
}

impl Slope {
    /// Nothing learnt yet.
    pub fn new(settings: SlopeSettings) -> Slope {
        Slope {
            settings,
            xx: 0.0,
            xr: 0.0,
            xx_moved: 0.0,
            x_moved: 0.0,
            n: 0,
        }
    }

    /// Adds a settled belief: the claimed edge, the move of the line and the result minus the line, all in points
    /// towards the first side.
    pub fn learn(&mut self, edge: f64, moved: Option<f64>, residual: f64) {
        let fade = self.settings.fade;
        for sum in [&mut self.xx, &mut self.xr, &mut self.xx_moved, &mut self.x_moved] {
            *sum *= fade;
        }
        self.xx += edge * edge;
        self.xr += edge * residual;
        if let Some(moved) = moved {
            self.xx_moved += edge * edge;
            self.x_moved += edge * moved;
        }
        self.n += 1;
    }

    /// The share of a claimed edge to believe, from 0 (a record of nothing or worse) to 1, and its standard error.
    pub fn share(&self) -> (f64, f64) {
        let s = &self.settings;
        let prior = (self.x_moved + s.start * s.ballast) / (self.xx_moved + s.ballast);
        let (prior_weight, weight) = (s.prior_sd.powi(-2), s.noise_points.powi(-2));
        let precision = prior_weight + self.xx * weight;
        let share = (prior * prior_weight + self.xr * weight) / precision;
        (share.clamp(0.0, 1.0), precision.sqrt().recip())
    }

    /// Number of beliefs learnt from.
    pub fn n(&self) -> usize {
        self.n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mind_that_knows_nothing_is_not_believed() {
        let mut slope = Slope::new(SlopeSettings::default());
        for i in 0..2000 {
            let edge = if i % 2 == 0 { 3.0 } else { -3.0 };
            slope.learn(edge, Some(0.0), if i % 4 < 2 { 10.0 } else { -10.0 });
        }
        assert!(slope.share().0 < 0.02, "{:?}", slope.share());
    }

    #[test]
    fn a_mind_that_is_half_right_is_half_believed() {
        let mut slope = Slope::new(SlopeSettings::default());
        for i in 0..4000 {
            let edge = f64::from(i % 7) - 3.0;
            slope.learn(
                edge,
                Some(edge * 0.5),
                edge * 0.5 + if i % 2 == 0 { 13.0 } else { -13.0 },
            );
        }
        assert!((slope.share().0 - 0.5).abs() < 0.06, "{:?}", slope.share());
    }
}
