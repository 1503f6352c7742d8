//! What may be done: the actions, how drastic each is, and how long a place is left alone after one.

use super::snapshot::Mark;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What can be ordered. In the order of how much it costs the house while it lasts, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Mark it for a person's review.
    FlagForReview,
    /// Try once more what failed.
    Retry,
    /// Drop what can be computed or asked again.
    ClearCaches,
    /// Give it more workers, within its configured most.
    Scale,
    /// Answer from the cache, marked as such.
    FallBackToCache,
    /// Let only what the picks of the week need pass.
    PauseNonCritical,
    /// Force its breaker open.
    TripBreaker,
    /// Halve what a strategy may stake.
    CutStakes,
    /// Rebuild it from its factory.
    Restart,
    /// Go back to the primary database, after every row of the backup is in it.
    ReturnToPrimary,
    /// Write to the backup from here on, with every acknowledged write in it.
    SwitchToBackup,
}

impl Action {
    /// Its words in cards and tables.
    pub fn words(self) -> &'static str {
        match self {
            Action::FlagForReview => "flag for review",
            Action::Retry => "retry",
            Action::ClearCaches => "clear caches",
            Action::FallBackToCache => "fall back to the cache",
            Action::PauseNonCritical => "pause what is not critical",
            Action::Scale => "scale",
            Action::TripBreaker => "trip the breaker",
            Action::CutStakes => "cut stakes",
            Action::Restart => "restart",
            Action::ReturnToPrimary => "return to the primary database",
            Action::SwitchToBackup => "switch to the backup database",
        }
    }

    /// How long the same is not done again at the same place: long enough that what it did would have shown.
    pub fn cooldown(self) -> TimeDelta {
        match self {
            Action::Retry => TimeDelta::minutes(1),
            Action::FallBackToCache | Action::PauseNonCritical | Action::TripBreaker => TimeDelta::minutes(5),
            Action::ClearCaches | Action::Restart => TimeDelta::minutes(10),
            Action::Scale => TimeDelta::minutes(15),
            Action::ReturnToPrimary | Action::SwitchToBackup => TimeDelta::hours(1),
            Action::FlagForReview | Action::CutStakes => TimeDelta::hours(24),
        }
    }
}

impl Action {
    /// The mark of an action that stays in force until it lapses or is lifted; none for what is done once.
    pub fn measure(self) -> Option<Mark> {
        match self {
            Action::FallBackToCache => Some(Mark::ServingFromCache),
            Action::PauseNonCritical => Some(Mark::NonCriticalPaused),
            Action::TripBreaker => Some(Mark::BreakerTripped),
            // A person lifts these, after the review they ask for.
            Action::CutStakes | Action::FlagForReview => None,
            Action::Retry | Action::ClearCaches | Action::Scale | Action::Restart => None,
            Action::ReturnToPrimary | Action::SwitchToBackup => None,
        }
    }
}

/// The longest cooldown: one that seems to end later than this was noted by a clock that has gone back since, and is void.
pub const MAX_COOLDOWN: TimeDelta = TimeDelta::hours(24);
