//! Two ready-made team models on the forgetting ridge: one number a team for margins, one for totals. Either also rates
//! what is zero on average, such as how far a team's lines move.

use super::ridge::Ridge;
use super::season_time::{rating_week, weekly_decay};
use crate::domain::game::Fixture;
use crate::domain::team::Team;

const TEAMS: usize = 32;

/// `home margin = strength(home) - strength(away) + home advantage`, in points.
#[derive(Clone, Debug)]
pub struct MarginRidge {
    ridge: Ridge,
    start: f64,
}

/// `total = level + pace(home) + pace(away)`, in points.
#[derive(Clone, Debug)]
pub struct TotalRidge {
    ridge: Ridge,
    start: f64,
}

/// Where league averages start before there is data: 1999-2001 averaged 41 to 42 points a game.
pub const LEAGUE_TOTAL: f64 = 42.0;
/// Home advantage before there is data, in points.
pub const HOME_ADVANTAGE: f64 = 2.5;
/// Penalty of the common part of differences: that lines move to the home side or to the over in general is little more
/// than noise, so it takes a dozen games to be believed at all.
const COMMON_PENALTY: f64 = 5.0;

impl MarginRidge {
    /// `lambda` penalises the teams' strengths; `half_life_weeks` is in weeks of play.
    pub fn new(lambda: f64, half_life_weeks: f64) -> MarginRidge {
        MarginRidge::around(HOME_ADVANTAGE, lambda, 1.0, half_life_weeks)
    }

    /// The same for differences in points towards the home team, which are zero before there is data.
    pub fn of_differences(lambda: f64, half_life_weeks: f64) -> MarginRidge {
        MarginRidge::around(0.0, lambda, COMMON_PENALTY, half_life_weeks)
    }

    fn around(start: f64, lambda: f64, common: f64, half_life_weeks: f64) -> MarginRidge {
        let mut penalty = vec![lambda; TEAMS + 1];
        penalty[TEAMS] = common;
        MarginRidge {
            ridge: Ridge::new(&penalty, weekly_decay(half_life_weeks)),
            start,
        }
    }

    fn row(f: &Fixture) -> [(usize, f64); 3] {
        let home = if f.neutral { 0.0 } else { 1.0 };
        [(f.home.index(), 1.0), (f.away.index(), -1.0), (TEAMS, home)]
    }

    /// Adds a margin (of points, or of a closing line) in points.
    pub fn observe(&mut self, f: &Fixture, margin: f64, weight: f64) {
        let advantage = if f.neutral { 0.0 } else { self.start };
        self.ridge
            .observe(rating_week(f.when), &Self::row(f), margin - advantage, weight);
    }

    /// Expected home margin and its standard error, in points.
    pub fn predict(&mut self, f: &Fixture) -> (f64, f64) {
        let advantage = if f.neutral { 0.0 } else { self.start };
        self.ridge.age_to(rating_week(f.when));
        let (mean, se) = self.ridge.predict(&Self::row(f));
        (mean + advantage, se)
    }

    /// A team's strength in points against an average team on neutral ground.
    pub fn strength(&mut self, team: Team) -> f64 {
        self.ridge.coefficient(team.index())
    }

    /// Home advantage in points.
    pub fn home_advantage(&mut self) -> f64 {
        self.start + self.ridge.coefficient(TEAMS)
    }

    /// Number of games seen.
    pub fn n(&self) -> usize {
        self.ridge.n()
    }
}

impl TotalRidge {
    /// `lambda` penalises the teams' deviations; the league's level is nearly free.
    pub fn new(lambda: f64, half_life_weeks: f64) -> TotalRidge {
        TotalRidge::around(LEAGUE_TOTAL, lambda, 0.1, half_life_weeks)
    }

    /// The same for differences in points towards the over, which are zero before there is data.
    pub fn of_differences(lambda: f64, half_life_weeks: f64) -> TotalRidge {
        TotalRidge::around(0.0, lambda, COMMON_PENALTY, half_life_weeks)
    }

    fn around(start: f64, lambda: f64, common: f64, half_life_weeks: f64) -> TotalRidge {
        let mut penalty = vec![lambda; TEAMS + 1];
        penalty[TEAMS] = common;
        TotalRidge {
            ridge: Ridge::new(&penalty, weekly_decay(half_life_weeks)),
            start,
        }
    }

    fn row(f: &Fixture) -> [(usize, f64); 3] {
        [(f.home.index(), 1.0), (f.away.index(), 1.0), (TEAMS, 1.0)]
    }

    /// Adds a total (of points, or of a closing line) in points.
    pub fn observe(&mut self, f: &Fixture, total: f64, weight: f64) {
        self.ridge
            .observe(rating_week(f.when), &Self::row(f), total - self.start, weight);
    }

    /// Expected total and its standard error, in points.
    pub fn predict(&mut self, f: &Fixture) -> (f64, f64) {
        self.ridge.age_to(rating_week(f.when));
        let (mean, se) = self.ridge.predict(&Self::row(f));
        (mean + self.start, se)
    }

    /// A team's effect on the total of its games, in points.
    pub fn pace(&mut self, team: Team) -> f64 {
        self.ridge.coefficient(team.index())
    }

    /// The league's average total, in points.
    pub fn level(&mut self) -> f64 {
        self.start + self.ridge.coefficient(TEAMS)
    }

    /// Number of games seen.
    pub fn n(&self) -> usize {
        self.ridge.n()
    }
}
