//! Situational: rest, byes, travel, division, the hour and the calendar, and how each team last fared against the line.
//!
//! It takes the line as true and asks which circumstances the line tends to miss. All features are on the schedule or
//! in results known before.

use crate::domain::belief::{Abstention, Evidence};
use crate::domain::calendar::eastern_hour;
use crate::domain::game::{Fixture, Phase, Roof};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, factors};
use crate::models::last_game::LastGame;
use crate::models::regression::Factors;
use crate::models::season_time::rating_week;

const MARGIN_FACTORS: [&str; 11] = [
    "rest difference",
    "home team off a bye",
    "away team off a bye",
    "away team's travel",
    "away team's time zones",
    "division game",
    "night game",
    "play-offs",
    "late season",
    "home team's last game against the line",
    "away team's last game against the line",
];
const TOTAL_FACTORS: [&str; 9] = [
    "dome",
    "division game",
    "night game",
    "short week",
    "a team off a bye",
    "late season",
    "play-offs",
    "home team's last total against the line",
    "away team's last total against the line",
];

/// The mind.
pub struct Situational {
    margin: Factors<11>,
    total: Factors<9>,
    last: LastGame,
}

impl Default for Situational {
    fn default() -> Situational {
        Situational {
            margin: Factors::new(MARGIN_FACTORS, 60.0, 150.0),
            total: Factors::new(TOTAL_FACTORS, 60.0, 150.0),
            last: LastGame::default(),
        }
    }
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// Kilometres and hours of time difference between the away team's home and the stadium; the stadium of a neutral site
/// is not known here and counts as no travel.
fn travel(f: &Fixture) -> (f64, f64) {
    if f.neutral {
        return (0.0, 0.0);
    }
    let (from, to) = (f.away.home_in(f.when.season), f.home.home_in(f.when.season));
    (from.km_to(&to), f64::from(to.hours_east_of(&from)))
}

impl Situational {
    fn margin_features(&self, f: &Fixture) -> [f64; 11] {
        let rest = f64::from((f.home_rest - f.away_rest).clamp(-7, 7)) / 7.0;
        let (km, hours) = travel(f);
        [
            rest,
            flag(f.home_rest >= BYE_DAYS),
            flag(f.away_rest >= BYE_DAYS),
            km / 2000.0,
            hours / 3.0,
            flag(f.division),
            flag(eastern_hour(f.kickoff) >= NIGHT_HOUR),
            flag(f.phase != Phase::Regular),
            flag(f.phase == Phase::Regular && f.when.week >= LATE_WEEK),
            self.last.of(f.home).0,
            -self.last.of(f.away).0,
        ]
    }

    fn total_features(&self, f: &Fixture) -> [f64; 9] {
        [
            flag(matches!(f.roof, Some(Roof::Dome))),
            flag(f.division),
            flag(eastern_hour(f.kickoff) >= NIGHT_HOUR),
            flag(f.home_rest <= SHORT_WEEK_DAYS),
            flag(f.home_rest >= BYE_DAYS || f.away_rest >= BYE_DAYS),
            flag(f.phase == Phase::Regular && f.when.week >= LATE_WEEK),
            flag(f.phase != Phase::Regular),
            self.last.of(f.home).1,
            self.last.of(f.away).1,
        ]
    }
}

const BYE_DAYS: i16 = 13;
const SHORT_WEEK_DAYS: i16 = 5;
const NIGHT_HOUR: u32 = 19;
const LATE_WEEK: u8 = 13;

impl Forecaster for Situational {
    fn seat(&self) -> &'static str {
        "situational"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let f = lesson.fixture;
        let week = rating_week(f.when);
        if let Some(y) = lesson.target(Target::Margin) {
            let x = self.margin_features(f);
            self.margin.observe(week, &x, y);
        }
        if let Some(y) = lesson.target(Target::Total) {
            let x = self.total_features(f);
            self.total.observe(week, &x, y);
        }
        self.last
            .observe(f, lesson.score, lesson.closed.spread, lesson.closed.total);
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        let f = question.fixture;
        let (line, (shift, se, _), n) = match target {
            Target::Margin => {
                let x = self.margin_features(f);
                (
                    question.lines.spread,
                    self.margin.predict(rating_week(f.when), &x),
                    self.margin.n(),
                )
            }
            Target::Total => {
                let x = self.total_features(f);
                (
                    question.lines.total,
                    self.total.predict(rating_week(f.when), &x),
                    self.total.n(),
                )
            }
        };
        let line = line.ok_or(Abstention::NoLine)?;
        if n < MIN_GAMES {
            return Err(Abstention::TooLittleData { n });
        }
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let f = question.fixture;
        let shares = match target {
            Target::Margin => {
                let x = self.margin_features(f);
                self.margin.predict(rating_week(f.when), &x).2
            }
            Target::Total => {
                let x = self.total_features(f);
                self.total.predict(rating_week(f.when), &x).2
            }
        };
        factors(f, target, shares)
    }
}
