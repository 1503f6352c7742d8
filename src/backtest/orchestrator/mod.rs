//! The orchestrator of backtesting: its five decisions, each with its reason and the evidence it was made on.
//!
//! Each decision is a pure function of figures, so that it can be read, tested and made again. None of them looks at a
//! season that is still to judge.

mod budget;
mod deployment;
mod period;

pub use budget::{Mix, Yields, how_many, new_or_evolve};
pub use deployment::{Standing, demotion, deploy, flag_for_human};
pub use period::{SeasonFacts, which_period};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The five decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// How much of the next round is new and how much is evolved from what there is.
    NewOrEvolve,
    /// How many strategies are put before the validators.
    HowMany,
    /// Which seasons are searched, and which are the validators'.
    WhichPeriod,
    /// Whether a person has to look before anything else happens.
    FlagForHuman,
    /// Whether a strategy goes into production, or comes out of it.
    Deploy,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::NewOrEvolve => "new or evolve",
            Kind::HowMany => "how many",
            Kind::WhichPeriod => "which period",
            Kind::FlagForHuman => "flag for a human",
            Kind::Deploy => "deploy",
        })
    }
}

/// One decision as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Which of the five.
    pub kind: Kind,
    /// What was chosen.
    pub chosen: String,
    /// Why, in a sentence.
    pub reason: String,
    /// The figures it was made on, by name.
    pub evidence: BTreeMap<String, Value>,
}

impl Decision {
    fn new(kind: Kind, chosen: impl Into<String>, reason: impl Into<String>) -> Decision {
        Decision {
            kind,
            chosen: chosen.into(),
            reason: reason.into(),
            evidence: BTreeMap::new(),
        }
    }

    fn on(mut self, name: &str, value: impl Into<Value>) -> Decision {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests;
