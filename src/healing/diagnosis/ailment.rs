//! The ailments the house knows a playbook for, and which of them a symptom speaks of.

use crate::healing::fault::{FaultKind, Place};
use crate::healing::symptom::{Sign, Symptom};
use serde::{Deserialize, Serialize};

/// What is the matter. In the order of how much it explains: of several things said of one place the first here is the
/// diagnosis, because a full disk makes writes fail and no failing write fills a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ailment {
    /// No room to write.
    DiskFull,
    /// A provider refuses the key.
    KeyRevoked,
    /// The database is gone or corrupt.
    DatabaseLost,
    /// The database does not take writes at the moment.
    DatabaseBlocked,
    /// The house runs on the backup and need not any more.
    PrimaryRecovered,
    /// A provider's quota is used up.
    QuotaExhausted,
    /// A provider told us to slow down.
    RateLimit,
    /// A provider's answers cannot be used.
    Garbage,
    /// A provider does not answer, or slowly, or with errors.
    ProviderFailing,
    /// A mind's answers cannot be used.
    MindFailing,
    /// Memory that grows and is not given back.
    MemoryLeak,
    /// An actor makes no progress, or lost its thread.
    ActorHung,
    /// An actor is down and nobody starts it.
    ActorDown,
    /// More comes in than is handled.
    Flooded,
    /// A strategy falls short of its proof.
    StrategyDegraded,
    /// A slot of the week was lost.
    SlotMissed,
    /// A letter nobody could handle.
    LetterSetAside,
    /// The clock went where time does not.
    ClockJumped,
    /// Nothing known.
    Unexplained,
}

impl Ailment {
    /// Its words in cards and tables.
    pub fn words(self) -> &'static str {
        match self {
            Ailment::DiskFull => "the disk is full",
            Ailment::KeyRevoked => "the key is refused",
            Ailment::DatabaseLost => "the database is lost",
            Ailment::DatabaseBlocked => "the database takes no writes",
            Ailment::PrimaryRecovered => "the primary database is back",
            Ailment::QuotaExhausted => "the quota is used up",
            Ailment::RateLimit => "the provider limits our rate",
            Ailment::Garbage => "answers cannot be used",
            Ailment::ProviderFailing => "the provider is failing",
            Ailment::MindFailing => "a mind's answers cannot be used",
            Ailment::MemoryLeak => "memory is leaking",
            Ailment::ActorHung => "an actor hangs",
            Ailment::ActorDown => "an actor is down",
            Ailment::Flooded => "more comes in than is handled",
            Ailment::StrategyDegraded => "a strategy falls short of its proof",
            Ailment::SlotMissed => "a slot of the week was lost",
            Ailment::LetterSetAside => "a letter could not be handled",
            Ailment::ClockJumped => "the clock jumped",
            Ailment::Unexplained => "nothing known explains it",
        }
    }

    /// What a symptom speaks of.
    pub fn of(symptom: &Symptom) -> Ailment {
        match symptom.sign() {
            Sign::Fault(kind) => of_fault(kind),
            Sign::High(quantity) | Sign::Low(quantity) => of_quantity(&symptom.place, &quantity),
        }
    }
}

fn of_fault(kind: FaultKind) -> Ailment {
    match kind {
        FaultKind::ActorDown | FaultKind::RestartStorm => Ailment::ActorDown,
        FaultKind::ActorHung | FaultKind::ArbiterLost => Ailment::ActorHung,
        FaultKind::QueueFull => Ailment::Flooded,
        FaultKind::LetterSetAside => Ailment::LetterSetAside,
        FaultKind::BreakerOpened | FaultKind::ProviderDown => Ailment::ProviderFailing,
        FaultKind::RateLimited => Ailment::RateLimit,
        FaultKind::QuotaExhausted => Ailment::QuotaExhausted,
        FaultKind::KeyRevoked => Ailment::KeyRevoked,
        FaultKind::Garbage => Ailment::Garbage,
        FaultKind::MindNonsense => Ailment::MindFailing,
        FaultKind::WriteFailed | FaultKind::DatabaseLocked => Ailment::DatabaseBlocked,
        FaultKind::DatabaseLost | FaultKind::DatabaseCorrupt => Ailment::DatabaseLost,
        FaultKind::PrimaryRecovered => Ailment::PrimaryRecovered,
        FaultKind::DiskFull => Ailment::DiskFull,
        FaultKind::MemoryLeak => Ailment::MemoryLeak,
        FaultKind::ClockJumped => Ailment::ClockJumped,
        FaultKind::SlotMissed => Ailment::SlotMissed,
        FaultKind::StrategyDegraded => Ailment::StrategyDegraded,
    }
}

/// A number alone points at an ailment only where place and quantity leave no other; all else is unexplained, and what is
/// unexplained is shown to a person and not acted on.
fn of_quantity(place: &Place, quantity: &str) -> Ailment {
    let ends = |tails: &[&str]| tails.iter().any(|tail| quantity.ends_with(tail));
    match place.sort() {
        "process" | "actor" if ends(&["rss_mb", "used_mb", "heap_mb"]) => Ailment::MemoryLeak,
        "disk" if ends(&["free_mb", "used_mb"]) => Ailment::DiskFull,
        "api" if ends(&["latency_ms", "error_rate", "errors"]) => Ailment::ProviderFailing,
        "db" if ends(&["write_ms", "read_ms", "lag", "errors"]) => Ailment::DatabaseBlocked,
        "actor" if ends(&["depth", "dropped"]) => Ailment::Flooded,
        "strategy" if ends(&["clv_bp"]) => Ailment::StrategyDegraded,
        _ => Ailment::Unexplained,
    }
}
