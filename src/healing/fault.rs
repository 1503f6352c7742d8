//! What is known to have gone wrong without any statistics: typed facts, and the place in the house each speaks of.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Longer names are cut: the longest of the tree has 60 bytes, and a name must not become a fault of memory.
const MAX_PLACE_BYTES: usize = 120;
/// Longer details are cut: a panic's text may be a page.
const MAX_DETAIL_BYTES: usize = 300;

/// Where something is wrong: a path from the general to the particular, as [`super::reading::Metric::component`] gives it:
/// `actor/platform/database`, `api/odds_api`, `db`, `disk`, `strategy/home_dogs`, `process`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(Arc<str>);

impl Place {
    /// A place by its name, of which the first 120 bytes count.
    pub fn new(name: &str) -> Place {
        Place(Arc::from(cut(name, MAX_PLACE_BYTES)))
    }

    /// The whole name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether one is the other, or above or below it: `actor/platform` and `actor/platform/database`.
    pub fn is_kin(&self, other: &Place) -> bool {
        let below = |upper: &str, lower: &str| {
            lower
                .strip_prefix(upper)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        below(&self.0, &other.0) || below(&other.0, &self.0)
    }

    /// What sort of place it is: the first segment (`api` of `api/odds_api`).
    pub fn sort(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(sort, _)| sort)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first `max` bytes of a text, never cut within a character.
pub(super) fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An actor ended and its supervisor does not start it again.
    ActorDown,
    /// An actor made no progress for longer than its limit.
    ActorHung,
    /// The thread that ran an actor ended.
    ArbiterLost,
    /// A supervisor gave up: more restarts than granted.
    RestartStorm,
    /// A mailbox or queue refuses what it is given.
    QueueFull,
    /// A letter crashed its reader three times and was set aside.
    LetterSetAside,
    /// A breaker keeps calls from a provider.
    BreakerOpened,
    /// A provider told us to slow down.
    RateLimited,
    /// A provider's quota is used up.
    QuotaExhausted,
    /// A provider refuses the key.
    KeyRevoked,
    /// A provider does not answer, or with errors only.
    ProviderDown,
    /// A provider's answers are quarantined for the most part.
    Garbage,
    /// A mind's answers cannot be used.
    MindNonsense,
    /// The database refused one write after all retries of its edge.
    WriteFailed,
    /// Somebody holds the database's lock for too long.
    DatabaseLocked,
    /// The database file cannot be opened or has gone.
    DatabaseLost,
    /// The database's integrity check fails.
    DatabaseCorrupt,
    /// While the house runs on the backup: the primary passes its checks and holds all the backup has.
    PrimaryRecovered,
    /// No room to write.
    DiskFull,
    /// The process holds memory that nothing asked for.
    MemoryLeak,
    /// The clock went back, or forward by more than a tick.
    ClockJumped,
    /// A slot of the week was lost.
    SlotMissed,
    /// A strategy in production falls short of what it was proven to do.
    StrategyDegraded,
}

impl FaultKind {
    /// Its words in cards and tables.
    pub fn words(self) -> &'static str {
        match self {
            FaultKind::ActorDown => "actor down",
            FaultKind::ActorHung => "actor hung",
            FaultKind::ArbiterLost => "thread lost",
            FaultKind::RestartStorm => "restarts exceeded",
            FaultKind::QueueFull => "queue full",
            FaultKind::LetterSetAside => "letter set aside",
            FaultKind::BreakerOpened => "breaker opened",
            FaultKind::RateLimited => "rate limited",
            FaultKind::QuotaExhausted => "quota exhausted",
            FaultKind::KeyRevoked => "key refused",
            FaultKind::ProviderDown => "provider down",
            FaultKind::Garbage => "answers unusable",
            FaultKind::MindNonsense => "mind's answers unusable",
            FaultKind::WriteFailed => "write failed",
            FaultKind::DatabaseLocked => "database locked",
            FaultKind::DatabaseLost => "database lost",
            FaultKind::DatabaseCorrupt => "database corrupt",
            FaultKind::PrimaryRecovered => "primary database recovered",
            FaultKind::DiskFull => "disk full",
            FaultKind::MemoryLeak => "memory leak",
            FaultKind::ClockJumped => "clock jumped",
            FaultKind::SlotMissed => "slot missed",
            FaultKind::StrategyDegraded => "strategy degraded",
        }
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Where.
    pub place: Place,
    /// The particulars, for a person; nothing is decided by them.
    pub detail: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Fault {
    /// A fault; of its detail the first 300 bytes are kept.
    pub fn new(kind: FaultKind, place: Place, detail: &str, at: DateTime<Utc>) -> Fault {
        Fault {
            kind,
            place,
            detail: cut(detail, MAX_DETAIL_BYTES).to_owned(),
            at,
        }
    }
}
