//! A small forgetting regression on named features, for minds that explain themselves factor by factor.

use super::ridge::Ridge;
use super::season_time::weekly_decay;

/// An expectation, its standard error, and each non-zero feature's share of the expectation by name.
pub type Explained = (f64, f64, Vec<(&'static str, f64)>);

/// Ridge over `N` named features; the caller scales features so that one penalty suits all.
#[derive(Clone, Debug)]
pub struct Factors<const N: usize> {
    ridge: Ridge,
    names: [&'static str; N],
}

impl<const N: usize> Factors<N> {
    /// Features by name, one penalty, half-life in weeks of play.
    pub fn new(names: [&'static str; N], lambda: f64, half_life_weeks: f64) -> Factors<N> {
        Factors {
            ridge: Ridge::new(&[lambda; N], weekly_decay(half_life_weeks)),
            names,
        }
    }

    /// Adds an observation in rating week `week`.
    pub fn observe(&mut self, week: f64, x: &[f64; N], y: f64) {
        self.ridge.observe(week, &sparse(x), y, 1.0);
    }

    /// The expectation in rating week `week`, its standard error, and each non-zero feature's share of the expectation by name.
    pub fn predict(&mut self, week: f64, x: &[f64; N]) -> Explained {
        self.ridge.age_to(week);
        let (mean, se) = self.ridge.predict(&sparse(x));
        let shares = (0..N)
            .filter(|&i| x[i] != 0.0)
            .map(|i| (self.names[i], x[i] * self.ridge.coefficient(i)))
            .collect();
        (mean, se, shares)
    }

    /// Number of observations.
    pub fn n(&self) -> usize {
        self.ridge.n()
    }
}

fn sparse<const N: usize>(x: &[f64; N]) -> Vec<(usize, f64)> {
    x.iter()
        .enumerate()
        .filter(|(_, v)| **v != 0.0)
        .map(|(i, v)| (i, *v))
        .collect()
}
