//! Line moves: which teams' openers keep being corrected in the same direction.
//!
//! The bookmakers who open a market are slow to change their mind about a team, and the bettors who correct them are
//! right about it for more than a week: on seasons up to 2017 a team's past moves predict its next one.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, towards};
use crate::models::team_ridge::{MarginRidge, TotalRidge};

/// Chosen on seasons up to 2017 among half-lives of 1, 3 and 8 weeks; they differ little.
const HALF_LIFE_WEEKS: f64 = 8.0;
const LAMBDA: f64 = 1.0;
/// A move beyond this is news about one game (who plays quarterback) and no habit of the market.
const CLIP_POINTS: f64 = 5.0;

/// The moves of every team's lines, as ratings: margins in points towards the team, totals towards the over.
pub struct MoveRatings {
    margin: MarginRidge,
    total: TotalRidge,
}

impl MoveRatings {
    /// Ratings that forget with this half-life in weeks of play.
    pub fn new(half_life_weeks: f64) -> MoveRatings {
        MoveRatings {
            margin: MarginRidge::of_differences(LAMBDA, half_life_weeks),
            total: TotalRidge::of_differences(LAMBDA, half_life_weeks),
        }
    }

    /// Learns how a settled game's lines had moved from the offer to the close.
    pub fn observe(&mut self, lesson: &Lesson<'_>) {
        let moved = |from: Option<f64>, to: Option<f64>| Some((to? - from?).clamp(-CLIP_POINTS, CLIP_POINTS));
        if let Some(points) = moved(lesson.offered.spread, lesson.closed.spread) {
            self.margin.observe(lesson.fixture, points, 1.0);
        }
        if let Some(points) = moved(lesson.offered.total, lesson.closed.total) {
            self.total.observe(lesson.fixture, points, 1.0);
        }
    }

    /// The expected move of a question's line, its standard error, and the number of moves seen.
    pub fn predict(&mut self, target: Target, question: &Question<'_>) -> (f64, f64, usize) {
        let ((mean, se), n) = match target {
            Target::Margin => (self.margin.predict(question.fixture), self.margin.n()),
            Target::Total => (self.total.predict(question.fixture), self.total.n()),
        };
        (mean, se, n)
    }
}

/// The mind.
pub struct LineMoves {
    ratings: MoveRatings,
}

impl Default for LineMoves {
    fn default() -> LineMoves {
        LineMoves {
            ratings: MoveRatings::new(HALF_LIFE_WEEKS),
        }
    }
}

impl Forecaster for LineMoves {
    fn seat(&self) -> &'static str {
        "line_moves"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        self.ratings.observe(lesson);
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        let line = question.line(target).ok_or(Abstention::NoLine)?;
        let (shift, se, n) = self.ratings.predict(target, question);
        if n < MIN_GAMES {
            return Err(Abstention::TooLittleData { n });
        }
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let (points, ..) = self.ratings.predict(target, question);
        let f = question.fixture;
        let (home, away) = (f.home_code(), f.away_code());
        let text = format!(
            "lately the lines of {home} and {away} moved after opening: {}",
            towards(f, target, points)
        );
        vec![Evidence { text, points }]
    }
}
