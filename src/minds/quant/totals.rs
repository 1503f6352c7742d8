//! Totals: the one seat that looks at nothing but points scored by both sides.
//!
//! Three quick estimates of the total (points, closing totals, the league's drift) are weighed against the offered
//! number by a regression on where such numbers went.

use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::{Fixture, Roof};
use crate::minds::{Forecast, Forecaster, Lesson, Lines, MIN_GAMES, Question, Target, factors};
use crate::models::regression::Factors;
use crate::models::season_time::rating_week;
use crate::models::team_ridge::TotalRidge;

const FACTORS: [&str; 6] = [
    "points scored lately",
    "closing totals lately",
    "offer against the league's level",
    "size of the spread",
    "dome",
    "total prices lean",
];

/// The mind.
pub struct Totals {
    points: TotalRidge,
    closes: TotalRidge,
    weigh: Factors<6>,
}

impl Default for Totals {
    fn default() -> Totals {
        Totals {
            points: TotalRidge::new(8.0, 8.0),
            closes: TotalRidge::new(0.3, 4.0),
            weigh: Factors::new(FACTORS, 40.0, 80.0),
        }
    }
}

impl Totals {
    fn features(&mut self, f: &Fixture, lines: &Lines) -> Option<[f64; 6]> {
        let line = lines.total?;
        let clip = |x: f64| x.clamp(-8.0, 8.0);
        Some([
            clip(self.points.predict(f).0 - line) / 4.0,
            clip(self.closes.predict(f).0 - line) / 2.0,
            clip(self.closes.level() - line) / 4.0,
            lines.spread.map_or(0.0, |s| s.abs() / 7.0),
            if matches!(f.roof, Some(Roof::Dome)) { 1.0 } else { 0.0 },
            10.0 * lines.total_skew.clamp(-0.3, 0.3),
        ])
    }
}

impl Forecaster for Totals {
    fn seat(&self) -> &'static str {
        "totals"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let f = lesson.fixture;
        // Taken before this game is learnt; other games of its week may already be in, as they would not have been on
        // the day of the offer. That blurs the regression a little and tells a decision nothing it could not know.
        if let (Some(x), Some(y)) = (self.features(f, &lesson.offered), lesson.target(Target::Total)) {
            self.weigh.observe(rating_week(f.when), &x, y);
        }
        self.points.observe(f, f64::from(lesson.score.total()), 1.0);
        if let Some(total) = lesson.closed.total {
            self.closes.observe(f, total, 1.0);
        }
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        if target == Target::Margin {
            return Err(Abstention::NotMyMarket);
        }
        let line = question.lines.total.ok_or(Abstention::NoLine)?;
        let x = self
            .features(question.fixture, &question.lines)
            .ok_or(Abstention::NoLine)?;
        if self.weigh.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: self.weigh.n() });
        }
        let (shift, se, _) = self.weigh.predict(rating_week(question.fixture.when), &x);
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        if target == Target::Margin {
            return Vec::new();
        }
        let Some(x) = self.features(question.fixture, &question.lines) else {
            return Vec::new();
        };
        factors(
            question.fixture,
            target,
            self.weigh.predict(rating_week(question.fixture.when), &x).2,
        )
    }
}
