//! The manager: the part of the orchestrator that judges the team, between weeks and never during a round.
//!
//! It keeps nothing: what it judges by is handed in, so that the same records give the same word whenever it is asked.

use super::experiments::{Change, Judgement, Setting, judge, propose};
use super::standing::{Bars, Changed, Record};
use crate::domain::game::SeasonWeek;
use crate::domain::standing::Standing;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the manager is.
pub const CARD: Card = Card {
    role: "manager",
    level: Level::Orchestrator,
    tools: &["standings", "experiments"],
    memory: Memory::Stored,
    reasoning: Reasoning::Quantitative,
};

/// A member's scores with their weeks, in order.
pub type Scored = Vec<(SeasonWeek, f64)>;

/// Where an experiment is.
#[derive(Clone, Debug)]
pub struct Running {
    /// Which it is, from 1.
    pub k: usize,
    /// Log-loss in earnest less the one in shadow, game by game in the order of weeks.
    pub differences: Vec<f64>,
}

/// What the manager hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// How does everybody stand by these scores?
    Rank(BTreeMap<String, Scored>),
    /// What is to be tried next, with these values and what was tried?
    Propose(Vec<(Setting, f64)>, Vec<Change>),
    /// What came of this experiment?
    Judge(Running),
}

/// How one member stands.
#[derive(Clone, Debug, Serialize)]
pub struct Ranked {
    /// Who.
    pub subject: String,
    /// The standing.
    pub standing: Standing,
    /// Why, with the figures.
    pub reason: String,
    /// Scores it rests on.
    pub n: u64,
    /// The mean score and its standard error, in win rate; none for fewer than two.
    pub mean: Option<(f64, f64)>,
    /// Changes so far, oldest first.
    pub changes: Vec<(SeasonWeek, Changed)>,
}

/// What it says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Everybody, by name.
    Ranked(Vec<Ranked>),
    /// A change; none when all was tried.
    Proposed(Option<Change>),
    /// A judgement; none before there are games enough.
    Judged(Option<Judgement>),
}

/// The table that is judged together at least: fewer scored so far makes no bar lower.
const LEAST_TABLE: usize = 11;

/// Ranks everybody: each record is gone through from its first score, looked at after each week.
pub fn rank(scores: &BTreeMap<String, Scored>) -> Vec<Ranked> {
    let bars = Bars {
        n_members: scores.len().max(LEAST_TABLE),
    };
    let one = |(subject, scored): (&String, &Scored)| {
        let mut record = Record::new(bars);
        let mut changes = Vec::new();
        for (at, (when, score)) in scored.iter().enumerate() {
            record.observe(*score);
            let week_ends = scored.get(at + 1).is_none_or(|next| next.0 != *when);
            if week_ends && let Some(changed) = record.look() {
                changes.push((*when, changed));
            }
        }
        Ranked {
            subject: subject.clone(),
            standing: record.standing(),
            reason: record.reason(),
            n: record.n(),
            mean: record.mean(),
            changes,
        }
    };
    scores.iter().map(one).collect()
}

/// The machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manager;

impl Machine for Manager {
    type Input = Input;
    type Effect = Effect;
    /// Ten seasons of a dozen members are sixty thousand scores.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        let said = match input {
            Input::Rank(scores) => Effect::Ranked(rank(&scores)),
            Input::Propose(values, tried) => Effect::Proposed(propose(&values, &tried, turn.rng())),
            Input::Judge(running) => Effect::Judged(judge(&running.differences, running.k)),
        };
        turn.emit(said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_ranked_from_the_first_score_on() {
        let when = |i: usize| SeasonWeek {
            season: 2016,
            week: u8::try_from(1 + i / 32).unwrap(),
        };
        let scored = |score: f64| -> Scored {
            (0..600)
                .map(|i| (when(i), score * if i % 3 == 0 { -1.0 } else { 1.0 }))
                .collect()
        };
        let scores = [
            ("a".to_owned(), scored(0.5)),
            ("b".to_owned(), scored(-0.5)),
            ("c".to_owned(), Vec::new()),
        ];
        let ranked = rank(&scores.into());
        let standings: Vec<Standing> = ranked.iter().map(|r| r.standing).collect();
        assert_eq!(standings, [Standing::Promoted, Standing::Benched, Standing::Full]);
        assert_eq!(ranked[2].mean, None);
        assert_eq!(ranked[1].changes.len(), 2, "a warning comes first");
        assert!(rank(&BTreeMap::new()).is_empty());
    }
}
