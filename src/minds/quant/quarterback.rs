//! Quarterback: what the previous starters are worth against what their teams' ratings have seen.
//!
//! Who starts a game is known only when it begins, so the starter of a team's last game stands for him, and where the
//! injury feed says that a quarterback of either team will hardly play, the seat says nothing. The starter who really
//! played would triple what can be explained of a line's move on seasons up to 2017; that is what the market knows later.

use crate::domain::archive::Counted;
use crate::domain::belief::{Abstention, Evidence};
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, factors, feed};
use crate::models::quarterbacks::Quarterbacks;
use crate::models::regression::{Explained, Factors};
use crate::models::season_time::rating_week;

const MARGIN_FACTORS: [&str; 2] = ["quarterbacks the ratings have not seen", "quarterbacks"];
const TOTAL_FACTORS: [&str; 2] = ["quarterbacks the ratings have not seen", "both quarterbacks"];
const LAMBDA: f64 = 40.0;
const HALF_LIFE_WEEKS: f64 = 150.0;
/// Ten expected points make one unit, so that the penalty suits.
const SCALE_EPA: f64 = 10.0;

/// The mind.
pub struct Quarterback {
    passers: Quarterbacks,
    margin: Factors<2>,
    total: Factors<2>,
    feed: feed::Watch,
}

impl Default for Quarterback {
    fn default() -> Quarterback {
        Quarterback {
            passers: Quarterbacks::default(),
            margin: Factors::new(MARGIN_FACTORS, LAMBDA, HALF_LIFE_WEEKS),
            total: Factors::new(TOTAL_FACTORS, LAMBDA, HALF_LIFE_WEEKS),
            feed: feed::Watch::default(),
        }
    }
}

impl Quarterback {
    fn features(&self, target: Target, question: &Question<'_>) -> Option<[f64; 2]> {
        let f = question.fixture;
        let (home, away) = (self.passers.previous(f.home)?, self.passers.previous(f.away)?);
        let sign = match target {
            Target::Margin => -1.0,
            Target::Total => 1.0,
        };
        Some([home.unseen + sign * away.unseen, home.value + sign * away.value].map(|x| x / SCALE_EPA))
    }

    fn shift(&mut self, target: Target, question: &Question<'_>) -> Option<Explained> {
        let x = self.features(target, question)?;
        let week = rating_week(question.fixture.when);
        Some(match target {
            Target::Margin => self.margin.predict(week, &x),
            Target::Total => self.total.predict(week, &x),
        })
    }
}

impl Forecaster for Quarterback {
    fn seat(&self) -> &'static str {
        "quarterback"
    }

    fn starts_from_the_line(&self) -> bool {
        true
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        let f = lesson.fixture;
        let week = rating_week(f.when);
        let question = Question {
            fixture: f,
            lines: lesson.offered,
            news: &crate::minds::NO_NEWS,
        };
        if self.feed.check(week).is_ok() {
            if let (Some(x), Some(y)) = (self.features(Target::Margin, &question), lesson.target(Target::Margin)) {
                self.margin.observe(week, &x, y);
            }
            if let (Some(x), Some(y)) = (self.features(Target::Total, &question), lesson.target(Target::Total)) {
                self.total.observe(week, &x, y);
            }
        }
        if let Some(starters) = lesson.starters {
            for (team, player) in [(f.home, &starters.home_qb), (f.away, &starters.away_qb)] {
                if let Some(player) = player {
                    self.passers.started(team, player);
                }
            }
        }
    }

    fn count(&mut self, counted: &Counted<'_>) {
        let f = counted.fixture;
        for (team, opponent, week) in [(f.home, f.away, counted.home), (f.away, f.home, counted.away)] {
            if let Some(epa) = week.passing_epa {
                self.passers.count(f.when, team, opponent, epa);
            }
        }
        self.feed.saw(rating_week(f.when));
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        self.feed.check(rating_week(question.fixture.when))?;
        if let Some(report) = question.news.injured_quarterbacks.first() {
            let (player, team, status) = (&report.player, report.team.code(), &report.status);
            return Err(Abstention::InDoubt {
                reason: format!("{player} of {team}: {status}"),
            });
        }
        let n = match target {
            Target::Margin => self.margin.n(),
            Target::Total => self.total.n(),
        };
        if n < MIN_GAMES {
            return Err(Abstention::TooLittleData { n });
        }
        let line = question.line(target).ok_or(Abstention::NoLine)?;
        let (shift, se, _) = self.shift(target, question).ok_or(Abstention::TooLittleData { n })?;
        Ok(Forecast { mean: line + shift, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let shift = self.shift(target, question);
        shift.map_or(Vec::new(), |(_, _, shares)| factors(question.fixture, target, shares))
    }
}
