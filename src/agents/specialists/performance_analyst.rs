//! The performance analyst: what became of every decision, once its game is over.
//!
//! A season's margin and total distributions are those of its opening week, so a closing line value in probability never
//! depends on results that came later, nor on which bets were graded first.

pub mod attribution;
pub mod indicators;
mod lessons;

use super::grading::{Graded, grade};
use super::stock::Stock;
use crate::domain::archive::{Archive, View};
use crate::domain::pick::Decision;
use crate::machine::{Machine, Turn};
use crate::market::shapes::Shapes;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use chrono::{DateTime, Utc};
use indicators::Ledger;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A decision to be graded.
#[derive(Clone, Debug)]
pub struct Case {
    /// The decision.
    pub decision: Decision,
    /// When it was made.
    pub decided_at: DateTime<Utc>,
    /// Its season.
    pub season: u16,
}

/// What the performance analyst is.
pub const CARD: Card = Card {
    role: "performance_analyst",
    level: Level::Specialist,
    tools: &["grading", "attribution", "lessons"],
    memory: Memory::Stored,
    reasoning: Reasoning::Quantitative,
};

/// What the performance analyst hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Grade these by what is known now.
    Grade {
        /// Everything stored.
        archive: Arc<Archive>,
        /// The decisions.
        cases: Vec<Case>,
        /// The instant of grading.
        now: DateTime<Utc>,
    },
    /// The week is over: what is the profit made of, and what is to be learnt?
    TakeStock(Box<Ledger>),
}

/// What it says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A grade for each case in order; `None` while its game is not over.
    Graded(Vec<Option<Graded>>),
    /// Its figures, new lessons, and what became of older ones.
    TookStock(Stock),
}

/// The machine.
#[derive(Default)]
pub struct PerformanceAnalyst {
    shapes: BTreeMap<u16, Shapes>,
}

impl PerformanceAnalyst {
    /// Fits the distributions of the seasons of some cases, unless they were fitted on the same facts before.
    fn fit(&mut self, known: &View, cases: &[Case]) {
        let seasons: BTreeSet<u16> = cases.iter().map(|case| case.season).collect();
        self.shapes = seasons
            .into_iter()
            .map(|season| {
                let fitted = self.shapes.remove(&season);
                (season, Shapes::of_season(fitted, known, season))
            })
            .collect();
    }
}

impl Machine for PerformanceAnalyst {
    type Input = Input;
    type Effect = Effect;
    /// Fitting a season's distributions reads every game.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Grade { archive, cases, now } => {
                let known = archive.as_of(now);
                self.fit(&known, &cases);
                let shapes = &self.shapes;
                let grade =
                    |case: &Case| grade(&case.decision, case.decided_at, &known, shapes.get(&case.season)?);
                let graded = cases.iter().map(grade).collect();
                turn.emit(Effect::Graded(graded));
            }
            Input::TakeStock(ledger) => {
                turn.emit(Effect::TookStock(indicators::stock(&ledger)));
            }
        }
    }
}
