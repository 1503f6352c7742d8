//! Stack: a regression that weighs all ratings against the offer by where such offers went.
//!
//! Each rating's distance from the offered line is a feature; so are the prices' lean, rest, how the teams last fared
//! against the close, and how their lines have been moving. The target is the move of the line after the offer, with a
//! tenth of how the game then differed (see [`Lesson::target`]). Ratings are those of the beginning of a week, in the
//! regression as in a forecast, so that what it learns from is what it could have said.

use super::line_moves::MoveRatings;
use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::{Fixture, Roof, Score, SeasonWeek};
use crate::minds::{Forecast, Forecaster, Lesson, Lines, MIN_GAMES, NO_NEWS, Question, Target, factors};
use crate::models::attack_defence::AttackDefence;
use crate::models::elo::Elo;
use crate::models::last_game::LastGame;
use crate::models::regression::{Explained, Factors};
use crate::models::season_time::rating_week;
use crate::models::team_ridge::{MarginRidge, TotalRidge};

const MARGIN_FACTORS: [&str; 10] = [
    "recent closing spreads against the line",
    "margins against the line",
    "attacks and defences against the line",
    "Elo against the line",
    "spread prices lean",
    "rest difference",
    "division game",
    "last games against the close",
    "last week's line moves",
    "line moves of two months",
];
const TOTAL_FACTORS: [&str; 9] = [
    "recent closing totals against the line",
    "points scored against the line",
    "attacks and defences against the line",
    "total prices lean",
    "dome",
    "division game",
    "last totals against the close",
    "last week's line moves",
    "line moves of two months",
];

/// Penalty of every feature: chosen on seasons up to 2017 between 10 and 40, which differ little.
const LAMBDA: f64 = 40.0;
/// The regression forgets hardly at all: half-lives of 50 to 200 weeks were no better on seasons up to 2017.
const HALF_LIFE_WEEKS: f64 = 1e6;
/// A rating further from the line than this does not know who plays; scaled so that one penalty suits all features.
const CLIP_POINTS: f64 = 8.0;
const SCALE_POINTS: f64 = 4.0;
const SHORT_MEMORY_WEEKS: f64 = 1.0;
const LONG_MEMORY_WEEKS: f64 = 8.0;

/// The ratings whose distance from the line is weighed. Settings are those of the seats that hold them alone.
struct Ratings {
    closes: (MarginRidge, TotalRidge),
    points: (MarginRidge, TotalRidge),
    attack_defence: AttackDefence,
    elo: Elo,
    last: LastGame,
    moves: [MoveRatings; 2],
}

/// The mind.
pub struct Stack {
    ratings: Ratings,
    margin: Factors<10>,
    total: Factors<9>,
    /// Games of the latest week, not yet in the ratings. At most a week's sixteen, or as many as were postponed.
    pending: Vec<Settled>,
}

/// A lesson that waits for its week to end.
struct Settled {
    fixture: Fixture,
    score: Score,
    offered: Lines,
    closed: Lines,
}

impl Default for Stack {
    fn default() -> Stack {
        Stack {
            ratings: Ratings {
                closes: (MarginRidge::new(0.15, 3.0), TotalRidge::new(0.15, 3.0)),
                points: (MarginRidge::new(3.0, 20.0), TotalRidge::new(6.0, 14.0)),
                attack_defence: AttackDefence::new(2.0, 12.0),
                elo: Elo::default(),
                last: LastGame::default(),
                moves: [SHORT_MEMORY_WEEKS, LONG_MEMORY_WEEKS].map(MoveRatings::new),
            },
            margin: Factors::new(MARGIN_FACTORS, LAMBDA, HALF_LIFE_WEEKS),
            total: Factors::new(TOTAL_FACTORS, LAMBDA, HALF_LIFE_WEEKS),
            pending: Vec::new(),
        }
    }
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

fn distance(rating: f64, line: f64) -> f64 {
    (rating - line).clamp(-CLIP_POINTS, CLIP_POINTS) / SCALE_POINTS
}

/// Log-odds by which prices lean, clipped where a line would have moved instead.
fn lean(skew: f64) -> f64 {
    skew.clamp(-0.3, 0.3)
}

/// Beyond this margin a game says nothing more about strength.
const BLOWOUT_POINTS: f64 = 24.0;

impl Ratings {
    fn learn(&mut self, settled: &Settled) {
        let (f, score, closed) = (&settled.fixture, settled.score, settled.closed);
        if let Some(spread) = closed.spread {
            self.closes.0.observe(f, spread, 1.0);
        }
        if let Some(total) = closed.total {
            self.closes.1.observe(f, total, 1.0);
        }
        let margin = f64::from(score.margin()).clamp(-BLOWOUT_POINTS, BLOWOUT_POINTS);
        self.points.0.observe(f, margin, 1.0);
        self.points.1.observe(f, f64::from(score.total()), 1.0);
        self.attack_defence.observe(f, score);
        self.elo.observe(f, score.margin());
        self.last.observe(f, score, closed.spread, closed.total);
        let lesson = Lesson {
            fixture: f,
            score,
            offered: settled.offered,
            closed,
            starters: None,
            conditions: None,
        };
        for moves in &mut self.moves {
            moves.observe(&lesson);
        }
    }

    fn margin_features(&mut self, question: &Question<'_>) -> Option<[f64; 10]> {
        let (f, lines) = (question.fixture, &question.lines);
        let line = lines.spread?;
        let [short, long] = &mut self.moves;
        Some([
            distance(self.closes.0.predict(f).0, line),
            distance(self.points.0.predict(f).0, line),
            distance(self.attack_defence.margin(f).0, line),
            distance(self.elo.predict(f), line),
            lean(lines.spread_skew),
            f64::from((f.home_rest - f.away_rest).clamp(-7, 7)) / 7.0,
            flag(f.division),
            self.last.of(f.home).0 - self.last.of(f.away).0,
            short.predict(Target::Margin, question).0,
            long.predict(Target::Margin, question).0,
        ])
    }

    fn total_features(&mut self, question: &Question<'_>) -> Option<[f64; 9]> {
        let (f, lines) = (question.fixture, &question.lines);
        let line = lines.total?;
        let [short, long] = &mut self.moves;
        Some([
            distance(self.closes.1.predict(f).0, line),
            distance(self.points.1.predict(f).0, line),
            distance(self.attack_defence.total(f).0, line),
            lean(lines.total_skew),
            flag(matches!(f.roof, Some(Roof::Dome))),
            flag(f.division),
            self.last.of(f.home).1 + self.last.of(f.away).1,
            short.predict(Target::Total, question).0,
            long.predict(Target::Total, question).0,
        ])
    }
}

impl Stack {
    /// Lets a week begin: what was settled in earlier ones enters the ratings.
    fn begin(&mut self, when: SeasonWeek) {
        if self.pending.iter().any(|p| p.fixture.when < when) {
            for settled in std::mem::take(&mut self.pending) {
                self.ratings.learn(&settled);
            }
        }
    }

    /// Where an offer like this one goes: points, their standard error, and each factor's share.
    fn shift(&mut self, target: Target, question: &Question<'_>) -> Option<Explained> {
        self.begin(question.fixture.when);
        let week = rating_week(question.fixture.when);
        Some(match target {
            Target::Margin => self.margin.predict(week, &self.ratings.margin_features(question)?),
            Target::Total => self.total.predict(week, &self.ratings.total_features(question)?),
        })
    }
}

impl Forecaster for Stack {
    fn seat(&self) -> &'static str {
        "stack"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let f = lesson.fixture;
        self.begin(f.when);
        let question = Question {
            fixture: f,
            lines: lesson.offered,
            news: &NO_NEWS,
        };
        let week = rating_week(f.when);
        if let (Some(x), Some(y)) = (self.ratings.margin_features(&question), lesson.target(Target::Margin)) {
            self.margin.observe(week, &x, y);
        }
        if let (Some(x), Some(y)) = (self.ratings.total_features(&question), lesson.target(Target::Total)) {
            self.total.observe(week, &x, y);
        }
        self.pending.push(Settled {
            fixture: f.clone(),
            score: lesson.score,
            offered: lesson.offered,
            closed: lesson.closed,
        });
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        let n = match target {
            Target::Margin => self.margin.n(),
            Target::Total => self.total.n(),
        };
        if n < MIN_GAMES {
            return Err(Abstention::TooLittleData { n });
        }
        let line = question.line(target).ok_or(Abstention::NoLine)?;
        let (shift, se, _) = self.shift(target, question).ok_or(Abstention::NoLine)?;
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let shift = self.shift(target, question);
        shift.map_or(Vec::new(), |(_, _, shares)| factors(question.fixture, target, shares))
    }
}
