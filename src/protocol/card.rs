//! What an agent is and can do, stated beside each agent, so that others find it by role and capability.

use serde::Serialize;

/// The level an agent works at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Coordinates everybody.
    Orchestrator,
    /// Knows one field.
    Specialist,
    /// Does one kind of work for all.
    Worker,
    /// Thinks and votes with others.
    Swarm,
}

/// How it comes to what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reasoning {
    /// It follows fixed rules.
    Rules,
    /// It fits a model to what it has seen.
    Quantitative,
    /// It asks a language model.
    LanguageModel,
    /// It decides nothing, it carries out.
    None,
}

/// What it still knows after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// Nothing beyond the question in hand.
    None,
    /// What it can work out again from what it is shown.
    Rebuilt,
    /// What it has stored.
    Stored,
}

/// An agent's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// What it is, in one word or two: `risk_manager`.
    pub role: &'static str,
    /// Its level.
    pub level: Level,
    /// What it can be asked for: `grading`, `price_shopping`.
    pub tools: &'static [&'static str],
    /// What it remembers.
    pub memory: Memory,
    /// How it thinks.
    pub reasoning: Reasoning,
}

impl Card {
    /// Whether it can be asked for this.
    pub fn can(&self, tool: &str) -> bool {
        self.tools.contains(&tool)
    }
}
