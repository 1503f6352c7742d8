//! Elo for football teams, with the margin multiplier and season regression published by FiveThirtyEight for its NFL
//! model ("How Our NFL Predictions Work", 2014): K = 20, 400-point scale, a third of the way back to the mean each
//! season, `ln(|margin| + 1) * 2.2 / (0.001 * winner's edge + 2.2)`, and 25 Elo points to a point of margin.

use crate::domain::game::{Fixture, SeasonWeek};
use crate::domain::team::Team;

/// Elo ratings of all teams.
#[derive(Clone, Debug)]
pub struct Elo {
    rating: [f64; 32],
    season: Option<u16>,
    n: usize,
}

const MEAN: f64 = 1500.0;
const K: f64 = 20.0;
const REVERT: f64 = 1.0 / 3.0;
const HOME: f64 = 55.0;
const PER_POINT: f64 = 25.0;

impl Default for Elo {
    fn default() -> Elo {
        Elo {
            rating: [MEAN; 32],
            season: None,
            n: 0,
        }
    }
}

impl Elo {
    /// Adds a result: home margin in points.
    pub fn observe(&mut self, f: &Fixture, margin: i32) {
        self.turn_season(f.when);
        let edge = self.edge(f);
        let expected = 1.0 / (1.0 + 10f64.powf(-edge / 400.0));
        let actual = match margin.signum() {
            1 => 1.0,
            0 => 0.5,
            _ => 0.0,
        };
        let winner_edge = edge * f64::from(margin.signum());
        let multiplier = f64::from(margin.abs() + 1).ln() * 2.2 / (0.001 * winner_edge + 2.2);
        let change = K * multiplier * (actual - expected);
        self.rating[f.home.index()] += change;
        self.rating[f.away.index()] -= change;
        self.n += 1;
    }

    /// Expected home margin in points.
    pub fn predict(&mut self, f: &Fixture) -> f64 {
        self.turn_season(f.when);
        self.edge(f) / PER_POINT
    }

    /// A team's rating; 1500 is average.
    pub fn rating(&self, team: Team) -> f64 {
        self.rating[team.index()]
    }

    /// Number of games seen.
    pub fn n(&self) -> usize {
        self.n
    }

    fn edge(&self, f: &Fixture) -> f64 {
        let home = if f.neutral { 0.0 } else { HOME };
        self.rating[f.home.index()] - self.rating[f.away.index()] + home
    }

    fn turn_season(&mut self, when: SeasonWeek) {
        if self.season.is_some_and(|s| s < when.season) {
            for r in &mut self.rating {
                *r += (MEAN - *r) * REVERT;
            }
        }
        self.season = self.season.max(Some(when.season));
    }
}
