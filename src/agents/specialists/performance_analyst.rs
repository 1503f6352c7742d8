//! The performance analyst: what became of every decision, once its game is over.
//!
//! It fits a season's margin and total distributions on what was known before the season's first decision it grades, so
//! a closing line value in probability never depends on results that came later.

use crate::backtest::grade::{Graded, grade};
use crate::domain::archive::{Archive, View};
use crate::domain::pick::Decision;
use crate::machine::{Machine, Turn};
use crate::market::shapes::Shapes;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
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
}

/// What it says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A grade for each case in order; `None` while its game is not over.
    Graded(Vec<Option<Graded>>),
}

/// The machine.
#[derive(Default)]
pub struct PerformanceAnalyst {
    shapes: BTreeMap<u16, Shapes>,
}

impl PerformanceAnalyst {
    fn grade(&mut self, known: &View, case: &Case) -> Option<Graded> {
        let fit = || Shapes::fit(&known.earlier(case.decided_at), case.season);
        let shapes = self.shapes.entry(case.season).or_insert_with(fit);
        grade(&case.decision, case.decided_at, known, shapes)
    }
}

impl Machine for PerformanceAnalyst {
    type Input = Input;
    type Effect = Effect;
    /// Fitting a season's distributions reads every game.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        let Input::Grade { archive, cases, now } = input;
        // What was fitted for another archive, or in another order of cases, must not decide this answer.
        self.shapes.clear();
        let known = archive.as_of(now);
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by_key(|&i| cases[i].decided_at);
        let mut graded: Vec<Option<Graded>> = vec![None; cases.len()];
        for i in order {
            graded[i] = self.grade(&known, &cases[i]);
        }
        turn.emit(Effect::Graded(graded));
    }
}
