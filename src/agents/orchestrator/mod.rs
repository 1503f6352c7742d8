//! The orchestrator: its planner, which says what of a week of the NFL is due, late or lost, and its manager ([`manager`]),
//! which judges the team between weeks: standings, experiments with settings, budgets, the season's plan.
//!
//! The planner's plan is data ([`slots`]); the machine keeps nothing but the plan and answers with one slot at a time. Who is asked to
//! do it, and what of it is on disk, is the house's affair.

pub mod allocation;
pub mod experiments;
pub mod manager;
pub mod overrides;
pub mod scores;
pub mod season_plan;
pub mod slots;
pub mod standing;
#[cfg(test)]
mod tests;

use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use serde::{Deserialize, Serialize};
use slots::{Due, Slot, due};
use std::collections::BTreeSet;

/// What the orchestrator may do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrchestratorSettings {
    /// Whether `huddle run` and `huddle replay` try changes of settings in shadow.
    pub meta_learning: bool,
    /// Whether the season's plan caps what may be at stake in a week, below the risk manager's own limit.
    pub plan_caps: bool,
}

impl Default for OrchestratorSettings {
    fn default() -> OrchestratorSettings {
        OrchestratorSettings {
            meta_learning: true,
            plan_caps: false,
        }
    }
}

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
