//! Overrides: somebody's word over a seat or a swarm, with why and until when; it ends by itself.
//!
//! The newest that has not ended holds, for each subject. A seat can be benched, or seated whatever its record says; the
//! consensus swarm can be paused or held to so much a week. What it does is said with its author wherever it acts.

use crate::domain::belief::Seat;
use crate::domain::money::Cents;
use crate::domain::standing::{Standing, Standings, Stands};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The swarm that makes picks: the one that can be paused or capped here. Research is held by the conductor.
pub const CONSENSUS: &str = "consensus";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A seat is not at the table.
    Bench,
    /// A seat is at the table as if its record were plain.
    Seat,
    /// A swarm holds no round.
    Pause,
    /// A swarm stakes no more than this in a week.
    Cap(Cents),
}

impl Action {
    /// Its word in the database and the journal.
    pub fn word(self) -> &'static str {
        match self {
            Action::Bench => "bench",
            Action::Seat => "seat",
            Action::Pause => "pause",
            Action::Cap(_) => "cap",
        }
    }

    /// The action of a word, with the amount beside it.
    pub fn of(word: &str, cap: Option<Cents>) -> Option<Action> {
        match word {
            "bench" => Some(Action::Bench),
            "seat" => Some(Action::Seat),
            "pause" => Some(Action::Pause),
            "cap" => cap.map(Action::Cap),
            _ => None,
        }
    }
}

/// An override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Override {
    /// When it was said.
    pub at: DateTime<Utc>,
    /// By whom: `person`, or an agent's path.
    pub by: String,
    /// The seat or swarm.
    pub subject: String,
    /// What is to be done.
    pub action: Action,
    /// Why.
    pub why: String,
    /// From then on it does nothing.
    pub ends: DateTime<Utc>,
}

impl Override {
    /// Whether it holds at an instant.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.at <= now && now < self.ends
    }

    /// Who, why and until when, in one line.
    pub fn said(&self) -> String {
        let ends = self.ends.format("%Y-%m-%d %H:%M UTC");
        format!("by {} until {ends}: {}", self.by, self.why)
    }
}

/// Those that hold at an instant: of each subject the newest, in the order of subjects. Of two said at once the later in the
/// list is the newest.
pub fn holding(all: &[Override], now: DateTime<Utc>) -> Vec<&Override> {
    let mut newest: std::collections::BTreeMap<&str, &Override> = std::collections::BTreeMap::new();
    for word in all.iter().filter(|word| word.at <= now) {
        let entry = newest.entry(&word.subject).or_insert(word);
        if word.at >= entry.at {
            *entry = word;
        }
    }
    newest.into_values().filter(|word| word.holds(now)).collect()
}

/// Standings by the rule with what overrides make of them.
pub fn overridden(by_rule: Standings, holding: &[&Override]) -> Standings {
    let mut standings = by_rule;
    for word in holding {
        let seat = Seat::new(&word.subject);
        match word.action {
            Action::Bench => {
                let stands = Stands {
                    standing: Standing::Benched,
                    reason: word.said(),
                };
                standings.insert(seat, stands);
            }
            // Seated in earnest, and still not as usual: whoever reads the round is told.
            Action::Seat => {
                if let Some(stands) = standings.get_mut(&seat) {
                    let reason = format!(
                        "seated {}; by its record {}: {}",
                        word.said(),
                        stands.standing,
                        stands.reason
                    );
                    *stands = Stands {
                        standing: Standing::Probation,
                        reason,
                    };
                }
            }
            Action::Pause | Action::Cap(_) => {}
        }
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32) -> DateTime<Utc> {
        format!("2019-10-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn word(subject: &str, action: Action, from: u32, to: u32) -> Override {
        Override {
            at: at(from),
            by: "person".to_owned(),
            subject: subject.to_owned(),
            action,
            why: "a look".to_owned(),
            ends: at(to),
        }
    }

    #[test]
    fn the_newest_holds_and_ends_by_itself() {
        let all = [
            word("elo", Action::Bench, 1, 20),
            word("elo", Action::Seat, 5, 10),
            word(CONSENSUS, Action::Pause, 2, 4),
        ];
        let on = |day| -> Vec<&str> { holding(&all, at(day)).iter().map(|w| w.action.word()).collect() };
        assert_eq!(on(1), ["bench"]);
        assert_eq!(on(3), ["pause", "bench"]);
        assert_eq!(on(6), ["seat"]);
        assert!(on(12).is_empty(), "an older word does not come back");
    }

    #[test]
    fn standings_are_those_of_the_rule_but_for_what_is_overridden() {
        let rule = Stands {
            standing: Standing::Benched,
            reason: "evidence 300".to_owned(),
        };
        let by_rule: Standings = [(Seat::new("elo"), rule)].into();
        assert_eq!(overridden(by_rule.clone(), &[]), by_rule);
        let seat = word("elo", Action::Seat, 1, 9);
        let bench = word("stack", Action::Bench, 1, 9);
        let standings = overridden(by_rule, &[&seat, &bench]);
        assert_eq!(standings[&Seat::new("elo")].standing, Standing::Probation);
        assert!(standings[&Seat::new("elo")].reason.contains("evidence 300"));
        let stack = &standings[&Seat::new("stack")];
        assert_eq!(stack.standing, Standing::Benched);
        assert!(stack.reason.contains("by person until 2019-10-09"), "{}", stack.reason);
        for action in [Action::Bench, Action::Seat, Action::Pause, Action::Cap(Cents(5))] {
            assert_eq!(Action::of(action.word(), Some(Cents(5))), Some(action));
        }
        assert_eq!(Action::of("cap", None), None);
    }
}
