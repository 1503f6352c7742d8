//! EPA ridge: expected points added by passes and runs, attack against defence, adjusted for who the opponents were.
//!
//! A score counts what a lucky bounce was worth; expected points count what the plays were worth. The total's level
//! comes from the scores, because plays that add no expected points still end in some.

use crate::domain::archive::Counted;
use crate::domain::belief::{Abstention, Evidence};
use crate::domain::team_week::TeamWeek;
use crate::minds::{Forecast, Forecaster, Lesson, Question, Target, by, feed, signed};
use crate::models::attack_defence::AttackDefence;
use crate::models::season_time::rating_week;
use crate::models::team_ridge::TotalRidge;

/// The reference recipe's, chosen on seasons up to 2017.
const LAMBDA: f64 = 2.0;
const HALF_LIFE_WEEKS: f64 = 12.0;
/// Teams are rated by expected points; of the scores only the league's level is wanted, so teams hardly move.
const LEVEL_ONLY: f64 = 1e6;

/// The mind.
pub struct EpaRidge {
    epa: AttackDefence,
    scores: TotalRidge,
    feed: feed::Watch,
}

impl Default for EpaRidge {
    fn default() -> EpaRidge {
        EpaRidge {
            epa: AttackDefence::of_epa(LAMBDA, HALF_LIFE_WEEKS),
            scores: TotalRidge::new(LEVEL_ONLY, HALF_LIFE_WEEKS),
            feed: feed::Watch::default(),
        }
    }
}

/// Expected points a team's offence added; a team without a pass or a run added none by it.
fn offence(week: &TeamWeek) -> f64 {
    week.passing_epa.unwrap_or_default() + week.rushing_epa.unwrap_or_default()
}

impl EpaRidge {
    fn estimate(&mut self, target: Target, question: &Question<'_>) -> (f64, f64) {
        let f = question.fixture;
        match target {
            Target::Margin => self.epa.margin(f),
            Target::Total => {
                let (mean, se) = self.epa.total(f);
                (self.scores.predict(f).0 + mean - self.epa.average_total(), se)
            }
        }
    }
}

impl Forecaster for EpaRidge {
    fn seat(&self) -> &'static str {
        "epa_ridge"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        self.scores
            .observe(lesson.fixture, f64::from(lesson.score.total()), 1.0);
    }

    fn count(&mut self, counted: &Counted<'_>) {
        self.epa
            .observe_both(counted.fixture, offence(counted.home), offence(counted.away));
        self.feed.saw(rating_week(counted.fixture.when));
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        self.feed.check(rating_week(question.fixture.when))?;
        let (mean, se) = self.estimate(target, question);
        Ok(Forecast { mean, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let f = question.fixture;
        let (estimate, _) = self.estimate(target, question);
        let line = question.line(target).unwrap_or(estimate);
        let mut side = |team| {
            let (attack, defence) = self.epa.ratings(team);
            format!("{} and {}", signed(attack), signed(defence))
        };
        let (home, away) = (side(f.home), side(f.away));
        let says = match target {
            Target::Margin => format!("{}; the line has {}", by(f, estimate), by(f, line)),
            Target::Total => format!("{estimate:.1} points; the line is {line:.1}"),
        };
        let text = format!(
            "expected points a game, attack and defence: {} {home}, {} {away}: {says}",
            f.home_code(),
            f.away_code()
        );
        vec![Evidence {
            text,
            points: estimate - line,
        }]
    }
}
