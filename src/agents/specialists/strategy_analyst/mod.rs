//! The strategy analyst: what strategies on record have done since they were put there, and which patterns of the past
//! hold.
//!
//! A strategy's figures are of bets on games that kicked off after it was put on record: nothing it was chosen by is in them.
//! That a strategy goes on making money is its hypothesis, said once when it is validated, and judged by its next thirty
//! decided bets.

mod patterns;
mod record;

use super::stock::Stock;
use crate::domain::archive::View;
use crate::domain::game::SeasonWeek;
use crate::domain::memory::Memories;
use crate::engine::table::Table;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::strategy::rule::Strategy;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;

/// What the strategy analyst is.
pub const CARD: Card = Card {
    role: "strategy_analyst",
    level: Level::Specialist,
    tools: &["backtest_engine", "statistics", "pattern_mining"],
    memory: Memory::Stored,
    reasoning: Reasoning::Quantitative,
};

/// A strategy that was validated, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct OnRecord {
    /// What it says.
    pub strategy: Strategy,
    /// When it was put on record.
    pub since: DateTime<Utc>,
}

/// Games as columns, one table a moment strategies bet at.
pub type Tables = Vec<Arc<Table>>;

/// What the strategy analyst takes stock of.
#[derive(Clone)]
pub struct Study {
    /// Strategies that were validated by all, deployed or not.
    pub strategies: Vec<OnRecord>,
    /// The games since; none are needed without strategies.
    pub tables: Tables,
    /// What is known.
    pub view: View,
    /// Its own claims.
    pub memories: Memories,
    /// What all draws are made from: the same question has the same answer, whoever was restarted meanwhile.
    pub seed: u64,
    /// The week that is over.
    pub when: SeasonWeek,
    /// Whether the season is over with it: then patterns are mined.
    pub season_over: bool,
}

impl fmt::Debug for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Study { strategies, when, .. } = self;
        f.debug_struct("Study")
            .field("strategies", &strategies.len())
            .field("when", when)
            .finish_non_exhaustive()
    }
}

/// What the strategy analyst hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// The week is over: how good are the strategies?
    TakeStock(Box<Study>),
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Figures, hypotheses, and what became of older ones.
    TookStock(Stock),
}

/// The machine. It keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct StrategyAnalyst;

impl Machine for StrategyAnalyst {
    type Input = Input;
    type Effect = Effect;
    /// Tracks of every strategy, and a search for patterns once a season.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        let Input::TakeStock(study) = input;
        let mut stock = record::stock(&study);
        if study.season_over {
            stock.kpis.extend(patterns::kpis(&study));
        }
        turn.emit(Effect::TookStock(stock));
    }
}

#[cfg(test)]
mod tests;
