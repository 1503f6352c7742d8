//! Points ridge: one strength a team from margins, one pace a team from totals, blow-outs clipped.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, by, signed};
use crate::models::team_ridge::{MarginRidge, TotalRidge};

/// Beyond this margin a game says nothing more about strength: garbage time decides the rest.
const CLIP_POINTS: f64 = 24.0;

/// The mind.
pub struct PointsRidge {
    margin: MarginRidge,
    total: TotalRidge,
}

impl Default for PointsRidge {
    fn default() -> PointsRidge {
        PointsRidge {
            margin: MarginRidge::new(3.0, 20.0),
            total: TotalRidge::new(6.0, 14.0),
        }
    }
}

impl Forecaster for PointsRidge {
    fn seat(&self) -> &'static str {
        "points_ridge"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let margin = f64::from(lesson.score.margin()).clamp(-CLIP_POINTS, CLIP_POINTS);
        self.margin.observe(lesson.fixture, margin, 1.0);
        self.total.observe(lesson.fixture, f64::from(lesson.score.total()), 1.0);
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        if self.margin.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: self.margin.n() });
        }
        let (mean, se) = match target {
            Target::Margin => self.margin.predict(question.fixture),
            Target::Total => self.total.predict(question.fixture),
        };
        Ok(Forecast { mean, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let f = question.fixture;
        match target {
            Target::Margin => {
                let (home, away) = (self.margin.strength(f.home), self.margin.strength(f.away));
                let advantage = if f.neutral { 0.0 } else { self.margin.home_advantage() };
                let line = question.lines.spread.unwrap_or_default();
                let text = format!(
                    "margins rate {} {}, {} {}, home field {}: {}; the line has {}",
                    f.home_code(),
                    signed(home),
                    f.away_code(),
                    signed(away),
                    signed(advantage),
                    by(f, home - away + advantage),
                    by(f, line)
                );
                vec![Evidence {
                    text,
                    points: home - away + advantage - line,
                }]
            }
            Target::Total => {
                let (home, away, level) = (self.total.pace(f.home), self.total.pace(f.away), self.total.level());
                let line = question.lines.total.unwrap_or(level);
                let text = format!(
                    "games of {} run {} and of {} {} against a league average of {level:.1}; the line is {line:.1}",
                    f.home_code(),
                    signed(home),
                    f.away_code(),
                    signed(away),
                );
                vec![Evidence {
                    text,
                    points: level + home + away - line,
                }]
            }
        }
    }
}
