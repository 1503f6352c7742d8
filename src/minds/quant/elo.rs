//! Elo: who beats whom, game by game, with no memory but one number a team.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, by};
use crate::models::elo::Elo;

/// Standard error of an Elo difference in points of margin: ratings swing by about 25 Elo points a week.
const SE_POINTS: f64 = 1.5;

/// The mind.
#[derive(Default)]
pub struct EloMind {
    elo: Elo,
}

impl Forecaster for EloMind {
    fn seat(&self) -> &'static str {
        "elo"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        self.elo.observe(lesson.fixture, lesson.score.margin());
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        if target == Target::Total {
            return Err(Abstention::NotMyMarket);
        }
        if self.elo.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: self.elo.n() });
        }
        Ok(Forecast {
            mean: self.elo.predict(question.fixture),
            se: SE_POINTS,
        })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        if target == Target::Total {
            return Vec::new();
        }
        let f = question.fixture;
        let margin = self.elo.predict(f);
        let line = question.lines.spread.unwrap_or(margin);
        let text = format!(
            "Elo {} {:.0}, {} {:.0}: {}; the line has {}",
            f.home_code(),
            self.elo.rating(f.home),
            f.away_code(),
            self.elo.rating(f.away),
            by(f, margin),
            by(f, line)
        );
        vec![Evidence {
            text,
            points: margin - line,
        }]
    }
}
