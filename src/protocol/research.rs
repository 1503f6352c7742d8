//! Research: what the swarms that make and judge strategies ask of their seats, and what they are told.
//!
//! Every question carries the bench it is to be answered on, so that a seat which was rebuilt in mid-round answers as it
//! would have.

use crate::domain::belief::Seat;
use crate::engine::period::Period;
use crate::engine::table::Table;
use crate::engine::tally::Tally;
use crate::strategy::rule::{Strategy, StrategyId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A table cut to a period. Whoever is handed a bench cannot look beyond it: the other games are not there.
#[derive(Clone, Debug)]
pub struct Bench {
    table: Arc<Table>,
    period: Period,
}

impl Bench {
    /// The games of a period, without the rest of the table.
    pub fn cut(table: &Table, period: Period) -> Bench {
        let table = Arc::new(table.within(&period));
        Bench { table, period }
    }

    /// The games.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The weeks they are of.
    pub fn period(&self) -> &Period {
        &self.period
    }
}

/// A strategy somebody thought of, with where it comes from. Its figures are of the games it was made on: they say what made
/// it interesting, and are no performance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idea {
    /// The rule.
    pub strategy: Strategy,
    /// What speaks for it, in a sentence.
    pub rationale: String,
    /// Strategies it was made from.
    pub parents: Vec<StrategyId>,
    /// Who thought of it, in seat order; several when they did so apart.
    pub authors: Vec<Seat>,
    /// Its bets on the games it was made on.
    pub train: Tally,
}

impl Idea {
    /// The strategy's name.
    pub fn id(&self) -> StrategyId {
        self.strategy.id()
    }
}

/// What one seat has against another's idea.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Critique {
    /// The idea.
    pub on: StrategyId,
    /// Who says so.
    pub by: Seat,
    /// What is wrong with it.
    pub fault: Fault,
    /// The same in a sentence with figures.
    pub text: String,
}

/// What can be wrong with an idea, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing was found.
    None,
    /// A condition could go without loss.
    IdleCondition,
    /// One half of the training games carries it.
    OneHalf,
    /// Too few bets to say anything.
    FewBets,
}

/// What an author did about a critique.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Improvement {
    /// It stands by the idea.
    Kept {
        /// The idea.
        on: StrategyId,
    },
    /// It puts another in its place.
    Replaced {
        /// The idea that goes.
        on: StrategyId,
        /// The one that comes.
        with: Box<Idea>,
    },
    /// It takes the idea back.
    Withdrawn {
        /// The idea.
        on: StrategyId,
        /// Why.
        reason: String,
    },
}

/// What a generation swarm is convened for.
#[derive(Clone, Debug)]
pub struct Commission {
    /// The games to look at.
    pub bench: Bench,
    /// What all draws of the round are made from: the same commission is the same round, whoever was restarted meanwhile.
    pub seed: u64,
}

/// What a strategist is asked.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The games to look at.
    pub bench: Bench,
    /// The round's seed.
    pub seed: u64,
    /// What to do.
    pub task: Task,
}

/// The tasks of a strategist.
#[derive(Clone, Debug)]
pub enum Task {
    /// Think of strategies.
    Ideate {
        /// At least so many.
        least: usize,
        /// At most so many.
        most: usize,
        /// What a language model proposed to the seat that asks one; nothing for the others.
        proposed: Vec<Strategy>,
    },
    /// Build on these, which a neighbour thought of.
    Build {
        /// The neighbour's.
        on: Vec<Idea>,
        /// One's own.
        own: Vec<Idea>,
        /// At most so many new ones.
        most: usize,
    },
    /// Say what is wrong with these.
    Criticise(Vec<Idea>),
    /// Answer what was said about one's own.
    Improve(Vec<(Idea, Vec<Critique>)>),
    /// Vote for the best.
    Elect {
        /// Those that stand, in order of their names.
        field: Vec<Idea>,
        /// At most so many votes, one for a strategy.
        n_votes: usize,
    },
}

/// What a strategist says.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// To [`Task::Ideate`] and [`Task::Build`].
    Ideas(Vec<Idea>),
    /// To [`Task::Criticise`].
    Critiques(Vec<Critique>),
    /// To [`Task::Improve`].
    Improvements(Vec<Improvement>),
    /// To [`Task::Elect`], best first.
    Ballot(Vec<StrategyId>),
}

/// What a strategist says, with what it looked at to say it: every strategy it scored is a trial that luck had.
#[derive(Clone, Debug, PartialEq)]
pub struct Worked {
    /// What it says.
    pub work: Work,
    /// Different strategies it scored on training games.
    pub n_tried: u64,
}
