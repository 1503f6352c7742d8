//! Exponentially forgetting ridge regression: the normal equations are kept, so a week costs one small solve.
//!
//! Minimises `sum_i g^(age_i) w_i (y_i - x_i b)^2 + sum_j lambda_j b_j^2`, with g the weekly decay. The sums
//! A = X'WX and c = X'Wy are multiplied by g for each week that passes, which is exactly the refit over all past games
//! (the recursion of the W2 workload), at the cost of one factorisation of an n x n matrix (`models/normal.rs`).

use super::normal::Normal;

/// A forgetting ridge regression with sparse rows.
#[derive(Clone, Debug)]
pub struct Ridge {
    normal: Normal,
    decay: f64,
    week: f64,
    n: usize,
    solved: bool,
}

impl Ridge {
    /// `lambda` is the penalty of each coefficient and must be positive, which keeps the system solvable without data;
    /// `decay` is the weekly factor in (0, 1].
    pub fn new(lambda: &[f64], decay: f64) -> Ridge {
        assert!(lambda.iter().all(|l| *l > 0.0), "a ridge penalty must be positive");
        Ridge {
            normal: Normal::new(lambda),
            decay,
            week: f64::NEG_INFINITY,
            n: 0,
            solved: false,
        }
    }

    /// Adds one observation made in rating week `week`: `x` as (column, value) pairs without repeated columns.
    /// Observations may arrive late; they then enter with the weight they have by now.
    pub fn observe(&mut self, week: f64, x: &[(usize, f64)], y: f64, weight: f64) {
        let weight = weight * self.advance(week);
        self.normal.add(x, y, weight);
        self.n += 1;
        self.solved = false;
    }

    /// Number of observations ever added.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Lets time pass up to a rating week, so that what is asked about that week is asked of ratings of its age: an
    /// off-season has faded them before the first game of the next one. Earlier weeks change nothing.
    pub fn age_to(&mut self, week: f64) {
        if week > self.week {
            self.advance(week);
            self.solved = false;
        }
    }

    /// The expectation of an observation with regressors `x`.
    pub fn mean(&mut self, x: &[(usize, f64)]) -> f64 {
        let normal = self.solve();
        x.iter().map(|&(i, v)| v * normal.beta(i)).sum()
    }

    /// The expectation of an observation with regressors `x`, and its standard error (of the expectation, not of y).
    pub fn predict(&mut self, x: &[(usize, f64)]) -> (f64, f64) {
        let mean = self.mean(x);
        let normal = self.solve();
        let sigma2 = normal.mean_squared_residual().map_or(1.0, |s| s.max(1e-9));
        (mean, (normal.leverage(x) * sigma2).max(0.0).sqrt())
    }

    /// One coefficient.
    pub fn coefficient(&mut self, i: usize) -> f64 {
        self.solve().beta(i)
    }

    /// Goes to a week if it is later than the present one; what an observation of that week weighs now.
    fn advance(&mut self, week: f64) -> f64 {
        if self.week == f64::NEG_INFINITY {
            self.week = week;
        }
        let passed = week - self.week;
        if passed > 0.0 {
            self.normal.fade(self.decay.powf(passed));
            self.week = week;
        }
        if passed < 0.0 { self.decay.powf(-passed) } else { 1.0 }
    }

    fn solve(&mut self) -> &Normal {
        if !self.solved {
            self.normal.solve();
            self.solved = true;
        }
        &self.normal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equals_the_direct_refit() {
        let rows = [
            (0.0, 1.0, 2.0, 3.0),
            (1.0, 0.5, -1.0, 1.0),
            (1.0, 2.0, 0.0, -2.0),
            (5.0, -1.0, 1.0, 4.0),
        ];
        let g: f64 = 0.9;
        let mut ridge = Ridge::new(&[2.0, 3.0], g);
        for (week, x0, x1, y) in rows {
            ridge.observe(week, &[(0, x0), (1, x1)], y, 1.0);
        }
        let mut a = [[2.0, 0.0], [0.0, 3.0]];
        let mut c = [0.0, 0.0];
        for (week, x0, x1, y) in rows {
            let w = g.powf(5.0 - week);
            a[0][0] += w * x0 * x0;
            a[0][1] += w * x0 * x1;
            a[1][0] += w * x0 * x1;
            a[1][1] += w * x1 * x1;
            c[0] += w * x0 * y;
            c[1] += w * x1 * y;
        }
        let det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
        let expected = [
            (c[0] * a[1][1] - c[1] * a[0][1]) / det,
            (a[0][0] * c[1] - a[1][0] * c[0]) / det,
        ];
        for (i, b) in expected.iter().enumerate() {
            assert!((ridge.coefficient(i) - b).abs() < 1e-12, "{i}");
        }
    }

    #[test]
    fn what_is_asked_later_is_asked_of_older_games() {
        let mut ridge = Ridge::new(&[1.0], 0.5);
        ridge.observe(0.0, &[(0, 1.0)], 8.0, 1.0);
        assert!((ridge.predict(&[(0, 1.0)]).0 - 4.0).abs() < 1e-12);
        ridge.age_to(3.0); // the game now weighs an eighth against a penalty of one
        assert!((ridge.predict(&[(0, 1.0)]).0 - 8.0 * 0.125 / 1.125).abs() < 1e-12);
    }

    #[test]
    fn without_data_it_expects_nothing() {
        assert_eq!(Ridge::new(&[1.0], 0.9).predict(&[(0, 1.0)]).0, 0.0);
    }

    proptest! {
        #[test]
        fn late_observations_weigh_as_if_they_had_been_on_time(y in -10.0f64..10.0, z in -10.0f64..10.0) {
            let build = |order: [(f64, f64); 2]| {
                let mut ridge = Ridge::new(&[1.0], 0.8);
                ridge.observe(9.0, &[(0, 1.0)], 1.0, 1.0);
                for (week, y) in order {
                    ridge.observe(week, &[(0, 1.0)], y, 1.0);
                }
                ridge.observe(10.0, &[(0, 0.5)], 0.0, 1.0);
                ridge.coefficient(0)
            };
            prop_assert!((build([(3.0, y), (7.0, z)]) - build([(7.0, z), (3.0, y)])).abs() < 1e-12);
        }
    }
}
