//! Attack and defence: how many points each side should score against the other.

use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::Fixture;
use crate::minds::{Forecast, Forecaster, Lesson, MIN_GAMES, Question, Target, by, signed};
use crate::models::attack_defence::AttackDefence;

/// The mind.
pub struct AttackDefenceMind {
    model: AttackDefence,
}

impl Default for AttackDefenceMind {
    /// Half-life and penalty are the reference recipe's, chosen on seasons up to 2017.
    fn default() -> AttackDefenceMind {
        AttackDefenceMind {
            model: AttackDefence::new(2.0, 12.0),
        }
    }
}

impl AttackDefenceMind {
    /// What a side's attack should make of the other's defence, in points above average, in words and number.
    fn duel(&mut self, f: &Fixture, home_attacks: bool) -> (f64, String) {
        let (attacker, defender) = if home_attacks {
            (f.home, f.away)
        } else {
            (f.away, f.home)
        };
        let (attack, defence) = (self.model.ratings(attacker).0, self.model.ratings(defender).1);
        let text = format!(
            "{} attack {} meets {} defence {}",
            attacker.code_in(f.when.season),
            signed(attack),
            defender.code_in(f.when.season),
            signed(defence)
        );
        (attack - defence, text)
    }
}

impl Forecaster for AttackDefenceMind {
    fn seat(&self) -> &'static str {
        "attack_defence"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        self.model.observe(lesson.fixture, lesson.score);
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        if self.model.n() < MIN_GAMES {
            return Err(Abstention::TooLittleData { n: self.model.n() });
        }
        let (mean, se) = match target {
            Target::Margin => self.model.margin(question.fixture),
            Target::Total => self.model.total(question.fixture),
        };
        Ok(Forecast { mean, se })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let f = question.fixture;
        let (home, home_text) = self.duel(f, true);
        let (away, away_text) = self.duel(f, false);
        let (away_sign, estimate, line) = match target {
            Target::Margin => (-1.0, self.model.margin(f).0, question.lines.spread),
            Target::Total => (1.0, self.model.total(f).0, question.lines.total),
        };
        let line = line.unwrap_or(estimate);
        let mut reasons = vec![
            Evidence {
                text: home_text,
                points: home,
            },
            Evidence {
                text: away_text,
                points: away_sign * away,
            },
        ];
        reasons.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
        let text = match target {
            Target::Margin => format!(
                "attacks against defences: {}; the line has {}",
                by(f, estimate),
                by(f, line)
            ),
            Target::Total => format!("attacks against defences: {estimate:.1} points; the line is {line:.1}"),
        };
        reasons.insert(
            0,
            Evidence {
                text,
                points: estimate - line,
            },
        );
        reasons
    }
}
