//! Market anchor: what the offered price itself already says.
//!
//! It takes the line as true and asks only where lines like this one tend to go: towards the side the prices lean to,
//! towards the moneyline where it disagrees with the spread, and back from extremes. It is the seat that keeps the
//! others honest, and the one they must convince.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, Lines, MIN_GAMES, Question, Target, factors};
use crate::models::regression::Factors;
use crate::models::season_time::rating_week;
use crate::models::team_ridge::LEAGUE_TOTAL;
use statrs::distribution::{ContinuousCDF, Normal};

/// Standard deviation of a margin around its spread, in points: turns a moneyline into a margin.
const MARGIN_SD: f64 = 13.4;
const MARGIN_FACTORS: [&str; 3] = ["spread prices lean", "moneyline against spread", "size of the spread"];
const TOTAL_FACTORS: [&str; 3] = ["total prices lean", "height of the total", "size of the spread"];

/// The mind.
pub struct MarketAnchor {
    margin: Factors<3>,
    total: Factors<3>,
}

impl Default for MarketAnchor {
    fn default() -> MarketAnchor {
        MarketAnchor {
            margin: Factors::new(MARGIN_FACTORS, 30.0, 100.0),
            total: Factors::new(TOTAL_FACTORS, 30.0, 100.0),
        }
    }
}

fn margin_features(lines: &Lines) -> Option<[f64; 3]> {
    let spread = lines.spread?;
    let standard = Normal::standard();
    let implied = lines
        .home_win
        .map(|logit| MARGIN_SD * standard.inverse_cdf(1.0 / (1.0 + (-logit).exp())));
    let gap = implied.map_or(0.0, |m| (m - spread).clamp(-3.0, 3.0));
    Some([10.0 * lines.spread_skew.clamp(-0.3, 0.3), gap, spread / 7.0])
}

fn total_features(lines: &Lines) -> Option<[f64; 3]> {
    let total = lines.total?;
    let favourite = lines.spread.map_or(0.0, |s| s.abs() / 7.0);
    Some([
        10.0 * lines.total_skew.clamp(-0.3, 0.3),
        (total - LEAGUE_TOTAL - 2.0) / 5.0,
        favourite,
    ])
}

impl Forecaster for MarketAnchor {
    fn seat(&self) -> &'static str {
        "market_anchor"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let week = rating_week(lesson.fixture.when);
        if let (Some(x), Some(y)) = (margin_features(&lesson.offered), lesson.target(Target::Margin)) {
            self.margin.observe(week, &x, y);
        }
        if let (Some(x), Some(y)) = (total_features(&lesson.offered), lesson.target(Target::Total)) {
            self.total.observe(week, &x, y);
        }
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        let (line, x, model) = match target {
            Target::Margin => (
                question.lines.spread,
                margin_features(&question.lines),
                &mut self.margin,
            ),
            Target::Total => (question.lines.total, total_features(&question.lines), &mut self.total),
        };
        let (Some(line), Some(x)) = (line, x) else {
            return Err(Abstention::NoLine);
        };
        if model.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: model.n() });
        }
        let (shift, se, _) = model.predict(&x);
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let (x, model) = match target {
            Target::Margin => (margin_features(&question.lines), &mut self.margin),
            Target::Total => (total_features(&question.lines), &mut self.total),
        };
        x.map_or(Vec::new(), |x| factors(question.fixture, target, model.predict(&x).2))
    }
}
