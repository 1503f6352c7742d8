//! What a team did in one week's game: known afterwards only, and revised by the league until Thursday.

use super::game::{Phase, SeasonWeek};
use super::source::Source;
use super::team::Team;
use serde::{Deserialize, Serialize};

/// A team's statistics of one game. Counts are whole, yards may be negative, expected points added (EPA) are points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeamWeek {
    /// Season and week.
    pub when: SeasonWeek,
    /// True in the regular season, false in the play-offs.
    pub regular: bool,
    /// The team.
    pub team: Team,
    /// Whom it played.
    pub opponent: Team,
    /// Passes thrown.
    pub attempts: i32,
    /// Passes caught.
    pub completions: i32,
    /// Yards by passes, sacks not taken off.
    pub passing_yards: i32,
    /// Passes the other team caught.
    pub interceptions: i32,
    /// Times its quarterback was sacked.
    pub sacks_suffered: i32,
    /// Runs.
    pub carries: i32,
    /// Yards by runs.
    pub rushing_yards: i32,
    /// Fumbles the other team got: in sacks, runs and after catches.
    pub fumbles_lost: i32,
    /// Penalties against it.
    pub penalties: i32,
    /// Yards of those.
    pub penalty_yards: i32,
    /// Expected points its passing plays added; `None` without a pass.
    pub passing_epa: Option<f64>,
    /// Expected points its running plays added; `None` without a run.
    pub rushing_epa: Option<f64>,
    /// Who counted.
    pub source: Source,
}

impl TeamWeek {
    /// Passing plays and runs, sacks included.
    pub fn n_plays(&self) -> i32 {
        self.attempts + self.sacks_suffered + self.carries
    }

    /// True for a phase this row can belong to.
    pub fn is_of(&self, phase: Phase) -> bool {
        self.regular == (phase == Phase::Regular)
    }
}
