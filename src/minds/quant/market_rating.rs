//! Market rating: how strong the market itself held each team when it closed, game after game.
//!
//! An opener that disagrees with the last few weeks' closing lines is more often the one that moves. On seasons up to
//! 2017 this was the best single model at the opener.

use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, by};
use crate::models::team_ridge::{MarginRidge, TotalRidge};

/// The reference recipe's, chosen on seasons up to 2017.
const HALF_LIFE_WEEKS: f64 = 3.0;
const LAMBDA: f64 = 0.15;

/// The mind.
pub struct MarketRating {
    margin: MarginRidge,
    total: TotalRidge,
}

impl Default for MarketRating {
    fn default() -> MarketRating {
        MarketRating {
            margin: MarginRidge::new(LAMBDA, HALF_LIFE_WEEKS),
            total: TotalRidge::new(LAMBDA, HALF_LIFE_WEEKS),
        }
    }
}

impl Forecaster for MarketRating {
    fn seat(&self) -> &'static str {
        "market_rating"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        if let Some(spread) = lesson.closed.spread {
            self.margin.observe(lesson.fixture, spread, 1.0);
        }
        if let Some(total) = lesson.closed.total {
            self.total.observe(lesson.fixture, total, 1.0);
        }
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
        let (estimate, line) = match target {
            Target::Margin => (self.margin.predict(f).0, question.lines.spread),
            Target::Total => (self.total.predict(f).0, question.lines.total),
        };
        let line = line.unwrap_or(estimate);
        let (home, away) = (f.home_code(), f.away_code());
        let text = match target {
            Target::Margin => {
                let (implied, offer) = (by(f, estimate), by(f, line));
                format!("recent closing spreads of {home} and {away} imply {implied}; the offer has {offer}")
            }
            Target::Total => {
                format!("recent closing totals of {home} and {away} imply {estimate:.1}; the offer is {line:.1}")
            }
        };
        vec![Evidence {
            text,
            points: estimate - line,
        }]
    }
}
