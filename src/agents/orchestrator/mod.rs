//! The orchestrator's planner: what has to be done in a week of the NFL, and what of it is due, late or lost.
//!
//! The plan is data ([`slots`]); the machine keeps nothing but the plan and answers with one slot at a time. Who is asked to
//! do it, and what of it is on disk, is the house's affair.

pub mod slots;
pub mod standing;
#[cfg(test)]
mod tests;

use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use slots::{Due, Slot, due};
use std::collections::BTreeSet;

/// What the planner is.
pub const CARD: Card = Card {
    role: "planner",
    level: Level::Orchestrator,
    tools: &["week_plan"],
    memory: Memory::Stored,
    reasoning: Reasoning::Rules,
};

/// "Of these slots, without those that are settled: what now?"
#[derive(Clone, Debug)]
pub struct Input {
    /// The slots there are, in any order.
    pub slots: Vec<Slot>,
    /// The ids of those that are done, failed or lost.
    pub settled: BTreeSet<String>,
}

/// The machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Planner;

impl Machine for Planner {
    type Input = Input;
    type Effect = Due;

    fn turn(&mut self, input: Input, turn: &mut Turn<Due>) {
        let due = due(input.slots, &input.settled, turn.now());
        turn.emit(due);
    }
}
