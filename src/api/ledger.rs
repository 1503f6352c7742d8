//! One row an attempt: what it was allowed to cost before it was sent, and what it did cost.

use super::call::RequestKey;
use super::provider::{Endpoint, Provider};
use super::request::Priority;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Number of an attempt, unique within a home: the process's generation in the upper half, a count in the lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

impl AttemptId {
    /// The `n`-th attempt of a process generation.
    pub fn new(generation: u32, n: u32) -> AttemptId {
        AttemptId(u64::from(generation) << 32 | u64::from(n))
    }
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spend {
    /// Its cost is set aside; it is sent, or about to be. After a crash: it may have been billed.
    Reserved,
    /// Its cost is known.
    Settled,
    /// It may have been billed, and nobody will ever say: the reserved cost counts as spent.
    Uncertain,
}

impl Spend {
    /// The name in the database and in output.
    pub fn name(self) -> &'static str {
        match self {
            Spend::Reserved => "reserved",
            Spend::Settled => "settled",
            Spend::Uncertain => "uncertain",
        }
    }

    /// The state of a [`Spend::name`].
    pub fn of_name(name: &str) -> Option<Spend> {
        [Spend::Reserved, Spend::Settled, Spend::Uncertain]
            .into_iter()
            .find(|s| s.name() == name)
    }
}

/// One attempt at a call, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its number; a row is written once and then brought up to date under it.
    pub attempt: AttemptId,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// Whom.
    pub provider: Provider,
    /// The class of endpoint.
    pub endpoint: Endpoint,
    /// The call.
    pub key: RequestKey,
    /// Who asked.
    pub agent: Arc<str>,
    /// The priority it was sent at.
    pub priority: Priority,
    /// How far it is.
    pub state: Spend,
    /// The most it may cost in credits.
    pub reserved_credits: u32,
    /// What it did cost in credits; what was reserved while nobody knows.
    pub credits: u32,
    /// The most it may cost in millionths of a dollar.
    pub reserved_usd_micros: u64,
    /// What it did cost in millionths of a dollar; what was reserved while nobody knows.
    pub usd_micros: u64,
    /// How it ended, by the name of its class; empty while it runs.
    pub outcome: String,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// From sending to the end of the body.
    pub latency_ms: Option<u32>,
    /// The provider's own count of credits used, when it said so.
    pub used_by_header: Option<u32>,
}
