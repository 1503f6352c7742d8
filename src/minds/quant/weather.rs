//! Weather: what wind and frost take off a total, by the forecast that was known.
//!
//! It learns from the weather there was and speaks from the weather that is forecast, of which about half comes true at
//! the distance openers are bet. Without a forecast as of the hour it does not sit at the table: at the openers of past
//! seasons there never is one.

use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::{Fixture, Roof};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, factors};
use crate::models::regression::{Explained, Factors};
use crate::models::season_time::rating_week;

const FACTORS: [&str; 2] = ["wind", "frost"];
const LAMBDA: f64 = 20.0;
const HALF_LIFE_WEEKS: f64 = 150.0;
/// Wind below this moves no ball; above, ten miles an hour make one unit.
const CALM_MPH: f64 = 8.0;
const WIND_SCALE_MPH: f64 = 10.0;
/// Below this it is cold for hands; twenty degrees make one unit.
const MILD_F: f64 = 40.0;
const FROST_SCALE_F: f64 = 20.0;
/// The share of a forecast deviation that is observed on the day: the skill of a five-day forecast is about .6, and the
/// edge of a rule on observed wind has to be deflated by half before it is bet on forecasts.
const FORECAST_SHARE: f64 = 0.5;

/// The mind.
pub struct Weather {
    total: Factors<2>,
}

impl Default for Weather {
    fn default() -> Weather {
        Weather {
            total: Factors::new(FACTORS, LAMBDA, HALF_LIFE_WEEKS),
        }
    }
}

fn features(wind_mph: Option<f64>, temperature_f: Option<f64>) -> Option<[f64; 2]> {
    if wind_mph.is_none() && temperature_f.is_none() {
        return None;
    }
    let wind = wind_mph.map_or(0.0, |w| (w - CALM_MPH).max(0.0) / WIND_SCALE_MPH);
    let frost = temperature_f.map_or(0.0, |t| (MILD_F - t).max(0.0) / FROST_SCALE_F);
    Some([wind, frost])
}

/// Under a roof, or one that may be closed, there is no weather to speak of.
fn in_the_open(f: &Fixture) -> bool {
    matches!(f.roof, Some(Roof::Outdoors) | None)
}

impl Weather {
    fn shift(&mut self, question: &Question<'_>) -> Option<Explained> {
        let air = question.news.forecast.as_ref()?.air;
        let x = features(air.wind_mph, air.temperature_f)?.map(|x| x * FORECAST_SHARE);
        Some(self.total.predict(rating_week(question.fixture.when), &x))
    }
}

impl Forecaster for Weather {
    fn seat(&self) -> &'static str {
        "weather"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let Some(seen) = lesson.conditions.filter(|_| in_the_open(lesson.fixture)) else {
            return;
        };
        let x = features(seen.wind_mph.map(f64::from), seen.temperature_f.map(f64::from));
        if let (Some(x), Some(y)) = (x, lesson.target(Target::Total)) {
            self.total.observe(rating_week(lesson.fixture.when), &x, y);
        }
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        if target == Target::Margin || !in_the_open(question.fixture) {
            return Err(Abstention::NotMyMarket);
        }
        let no_feed = || Abstention::NoFeed {
            feed: "forecast".to_owned(),
        };
        let (shift, se, _) = self.shift(question).ok_or_else(no_feed)?;
        if self.total.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: self.total.n() });
        }
        let line = question.lines.total.ok_or(Abstention::NoLine)?;
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        if target == Target::Margin {
            return Vec::new();
        }
        let shift = self.shift(question);
        shift.map_or(Vec::new(), |(_, _, shares)| factors(question.fixture, target, shares))
    }
}
