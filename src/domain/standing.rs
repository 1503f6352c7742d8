//! How a member of the team stands: what its record, or somebody's word, makes of its place at the table.

use super::belief::Seat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A standing, from the best to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Shown to be better than the others: its vote counts [`PROMOTED_FACTOR`] times.
    Promoted,
    /// As everybody begins.
    #[default]
    Full,
    /// In doubt: nothing is different for it yet.
    Probation,
    /// Shown to be worse than the others: it goes on forecasting and is not at the table.
    Benched,
}

/// What a promoted seat's vote is multiplied with. Half as much again turns a tie and no clear majority; the pooled
/// probability has weights of its own and is left alone.
pub const PROMOTED_FACTOR: f64 = 1.5;

impl Standing {
    /// Every standing, from the best to the worst.
    pub const ALL: [Standing; 4] = [
        Standing::Promoted,
        Standing::Full,
        Standing::Probation,
        Standing::Benched,
    ];

    /// Its word in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Promoted => "promoted",
            Standing::Full => "full",
            Standing::Probation => "probation",
            Standing::Benched => "benched",
        }
    }

    /// The standing of a word.
    pub fn of(word: &str) -> Option<Standing> {
        Standing::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A seat's standing and why it is so, in words and figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stands {
    /// The standing.
    pub standing: Standing,
    /// Why.
    pub reason: String,
}

/// The standings that are not [`Standing::Full`], by seat; whoever is not in it stands full.
pub type Standings = BTreeMap<Seat, Stands>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_is_read_back_by_its_word() {
        for standing in Standing::ALL {
            assert_eq!(Standing::of(standing.word()), Some(standing));
        }
        assert_eq!(Standing::of("king"), None);
    }
}
