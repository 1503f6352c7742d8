//! Market intelligence: where lines are going, who moves them, what the news says, and how often it was right about that.
//!
//! It calls a market once, at the first sign of steam, drift or news, and the call stands until the close judges it. With one
//! book there is no steam to see, without headlines there is no sentiment; both are said by name and nothing is made up. An
//! opinion of its own about who wins it has none.

mod direction;
mod indicators;
pub mod sentiment;

use super::stock::Stock;
use crate::domain::archive::View;
use crate::domain::game::{Fixture, SeasonWeek};
use crate::domain::memory::Memories;
use crate::domain::news::Headline;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use std::sync::Arc;

/// What market intelligence is.
pub const CARD: Card = Card {
    role: "market_intelligence",
    level: Level::Specialist,
    tools: &["line_movement", "steam_detection", "news_sentiment"],
    memory: Memory::Stored,
    reasoning: Reasoning::Rules,
};

/// A look at a week's markets.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What is known.
    pub view: View,
    /// The week.
    pub when: SeasonWeek,
    /// Its games.
    pub fixtures: Vec<Fixture>,
    /// Headlines, in any order; only those known at the view's instant are read.
    pub headlines: Arc<Vec<Headline>>,
    /// Its own claims.
    pub memories: Memories,
}

/// What market intelligence hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Look where the lines of a week are going.
    Watch(Box<Watch>),
    /// The week is over: what became of the calls, and how good are they? The fixtures are those of its season.
    TakeStock(Box<Watch>),
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// To [`Input::Watch`] its new calls alone; to [`Input::TakeStock`] figures, and what became of calls.
    TookStock(Stock),
}

/// The machine. It keeps nothing: what it remembers is stored, and handed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarketIntelligence;

impl Machine for MarketIntelligence {
    type Input = Input;
    type Effect = Effect;
    /// Every quote of a week is gone through, and of a season when stock is taken.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        turn.emit(Effect::TookStock(match input {
            Input::Watch(watch) => Stock {
                remembered: direction::calls(&watch),
                ..Stock::default()
            },
            Input::TakeStock(watch) => indicators::stock(&watch),
        }));
    }
}

#[cfg(test)]
mod tests;
