//! Market anchor: what the offered price itself already says.
//!
//! It takes the line as true and asks only where lines like this one tend to go: towards the side the prices lean to,
//! and a total back from extremes. It is the seat that keeps the others honest, and the one they must convince.
//!
//! It does not look at the moneyline beside the spread, though that predicts the line's move well: in the openers at hand
//! the moneyline was seen later than the spread (some pairs are an arbitrage), so the gap knows what Tuesday did not.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, Lines, MIN_GAMES, Question, Target, factors};
use crate::models::regression::{Explained, Factors};
use crate::models::season_time::rating_week;
use crate::models::team_ridge::LEAGUE_TOTAL;

const MARGIN_FACTORS: [&str; 1] = ["spread prices lean"];
const TOTAL_FACTORS: [&str; 3] = ["total prices lean", "height of the total", "size of the spread"];

/// The mind.
pub struct MarketAnchor {
    margin: Factors<1>,
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

/// The size of the spread is none: openers of favourites move towards them, but on seasons up to 2017 the games did not
/// follow, and with it this seat forecast worse than the opening line itself.
fn margin_features(lines: &Lines) -> Option<[f64; 1]> {
    lines.spread?;
    Some([10.0 * lines.spread_skew.clamp(-0.3, 0.3)])
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
        let n = match target {
            Target::Margin => self.margin.n(),
            Target::Total => self.total.n(),
        };
        if n < MIN_GAMES {
            return Err(Abstention::TooLittleData { n });
        }
        let line = match target {
            Target::Margin => question.lines.spread,
            Target::Total => question.lines.total,
        };
        let (shift, se, _) = self.shift(target, question).ok_or(Abstention::NoLine)?;
        Ok(Forecast {
            mean: line.ok_or(Abstention::NoLine)? + shift,
            se,
        })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let shift = self.shift(target, question);
        shift.map_or(Vec::new(), |(_, _, shares)| factors(question.fixture, target, shares))
    }
}

impl MarketAnchor {
    /// Where a line like this one tends to go: points, their standard error, and each factor's share.
    fn shift(&mut self, target: Target, question: &Question<'_>) -> Option<Explained> {
        let week = rating_week(question.fixture.when);
        Some(match target {
            Target::Margin => self.margin.predict(week, &margin_features(&question.lines)?),
            Target::Total => self.total.predict(week, &total_features(&question.lines)?),
        })
    }
}
