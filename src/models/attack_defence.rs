//! Points scored, or expected points added, as attack against defence: two observations a game, so margin and total come
//! from one model.

use super::ridge::Ridge;
use super::season_time::{rating_week, weekly_decay};
use crate::domain::game::{Fixture, Score};
use crate::domain::team::Team;

const TEAMS: usize = 32;
const LEVEL: usize = 2 * TEAMS;
const HOME: usize = LEVEL + 1;
/// Points a team scored per game before there is data.
const START_LEVEL: f64 = 21.0;
/// Home advantage before there is data, in points of margin.
const START_HOME: f64 = 2.5;

/// `points(team) = level + attack(team) - defence(opponent) +- home/2`.
#[derive(Clone, Debug)]
pub struct AttackDefence {
    ridge: Ridge,
    start_level: f64,
}

impl AttackDefence {
    /// `lambda` penalises attacks and defences; `half_life_weeks` is in weeks of play.
    pub fn new(lambda: f64, half_life_weeks: f64) -> AttackDefence {
        AttackDefence::around(START_LEVEL, lambda, half_life_weeks)
    }

    /// The same for expected points added, which are zero on average.
    pub fn of_epa(lambda: f64, half_life_weeks: f64) -> AttackDefence {
        AttackDefence::around(0.0, lambda, half_life_weeks)
    }

    fn around(start_level: f64, lambda: f64, half_life_weeks: f64) -> AttackDefence {
        let mut penalty = vec![lambda; HOME + 1];
        penalty[LEVEL] = 0.1;
        penalty[HOME] = 1.0;
        AttackDefence {
            ridge: Ridge::new(&penalty, weekly_decay(half_life_weeks)),
            start_level,
        }
    }

    fn row(scorer: Team, opponent: Team, home: f64) -> [(usize, f64); 4] {
        [
            (scorer.index(), 1.0),
            (TEAMS + opponent.index(), -1.0),
            (LEVEL, 1.0),
            (HOME, home / 2.0),
        ]
    }

    fn home(f: &Fixture) -> f64 {
        if f.neutral { 0.0 } else { 1.0 }
    }

    /// Adds a result.
    pub fn observe(&mut self, f: &Fixture, score: Score) {
        self.observe_both(f, f64::from(score.home), f64::from(score.away));
    }

    /// Adds what the home and the away team made, in points.
    pub fn observe_both(&mut self, f: &Fixture, of_home: f64, of_away: f64) {
        let (week, home) = (rating_week(f.when), Self::home(f));
        for (scorer, opponent, side, points) in [(f.home, f.away, home, of_home), (f.away, f.home, -home, of_away)]
        {
            let y = points - self.start_level - START_HOME * side / 2.0;
            self.ridge.observe(week, &Self::row(scorer, opponent, side), y, 1.0);
        }
    }

    /// Expected home margin and its standard error, in points.
    pub fn margin(&mut self, f: &Fixture) -> (f64, f64) {
        let (h, a) = (f.home.index(), f.away.index());
        let home = Self::home(f);
        let x = [(h, 1.0), (a, -1.0), (TEAMS + h, 1.0), (TEAMS + a, -1.0), (HOME, home)];
        self.ridge.age_to(rating_week(f.when));
        let (mean, se) = self.ridge.predict(&x);
        (mean + START_HOME * home, se)
    }

    /// Expected total and its standard error, in points.
    pub fn total(&mut self, f: &Fixture) -> (f64, f64) {
        let (h, a) = (f.home.index(), f.away.index());
        let x = [(h, 1.0), (a, 1.0), (TEAMS + h, -1.0), (TEAMS + a, -1.0), (LEVEL, 2.0)];
        self.ridge.age_to(rating_week(f.when));
        let (mean, se) = self.ridge.predict(&x);
        (mean + 2.0 * self.start_level, se)
    }

    /// Points a team scores above average, and points it keeps its opponents below theirs.
    pub fn ratings(&mut self, team: Team) -> (f64, f64) {
        (
            self.ridge.coefficient(team.index()),
            self.ridge.coefficient(TEAMS + team.index()),
        )
    }

    /// What both teams of an average game make together, in points.
    pub fn average_total(&mut self) -> f64 {
        2.0 * (self.start_level + self.ridge.coefficient(LEVEL))
    }

    /// Number of games seen.
    pub fn n(&self) -> usize {
        self.ridge.n() / 2
    }
}
