//! What is asked of the orchestrator, and what it answers.

use super::call::Call;
use super::provider::Provider;
use super::time::{Mono, Now};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How urgent a request is. The order is that of dispatch: `Critical < High < Normal < Low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// The closing line: from 35 minutes before a kickoff until it. Time gives it; nobody can ask for it.
    Critical,
    /// Somebody waits, or a kickoff is within 75 minutes.
    High,
    /// A refresh that is due.
    Normal,
    /// Prefetching and backfill.
    Low,
}

impl Priority {
    /// All, most urgent first.
    pub const ALL: [Priority; 4] = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low];

    /// 0 for Critical to 3 for Low.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name in ledger and output.
    pub fn name(self) -> &'static str {
        match self {
            Priority::Critical => "critical",
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }

    /// The priority of a [`Priority::name`].
    pub fn of_name(name: &str) -> Option<Priority> {
        Priority::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The priority a request has at `now` when it serves a game: it rises as kickoff nears and falls back afterwards.
    pub fn at(self, now: DateTime<Utc>, kickoff: Option<DateTime<Utc>>) -> Priority {
        let base = self.max(Priority::High);
        let Some(left) = kickoff.map(|kickoff| kickoff - now) else {
            return base;
        };
        match left {
            left if left < TimeDelta::zero() => base,
            left if left <= CRITICAL_FROM => Priority::Critical,
            left if left <= HIGH_FROM => Priority::High,
            _ => base,
        }
    }

    /// The wall times at which a request for this kickoff may rise.
    pub fn rises(kickoff: DateTime<Utc>) -> [DateTime<Utc>; 2] {
        [kickoff - HIGH_FROM, kickoff - CRITICAL_FROM]
    }
}

const CRITICAL_FROM: TimeDelta = TimeDelta::minutes(35);
const HIGH_FROM: TimeDelta = TimeDelta::minutes(75);

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A call with its urgency: what is submitted to the orchestrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityRequest {
    /// What is wanted.
    pub call: Call,
    /// Calls that would do as well, in order, when the first cannot be had.
    pub alternatives: Vec<Call>,
    /// How urgent at least; [`Priority::Critical`] counts as [`Priority::High`], because only a kickoff makes critical.
    pub priority: Priority,
    /// The kickoff it serves, when it serves one.
    pub kickoff: Option<DateTime<Utc>>,
    /// When an answer is of no use any more.
    pub deadline: Mono,
    /// Who asks, for the bill.
    pub agent: Arc<str>,
    /// What age will do.
    pub tolerance: Tolerance,
}

impl PriorityRequest {
    /// A request at normal priority that takes any age the cache policy allows.
    pub fn new(call: Call, agent: &str, deadline: Mono) -> PriorityRequest {
        PriorityRequest {
            call,
            alternatives: Vec::new(),
            priority: Priority::Normal,
            kickoff: None,
            deadline,
            agent: agent.into(),
            tolerance: Tolerance::Policy,
        }
    }

    /// The same at another priority.
    pub fn priority(self, priority: Priority) -> PriorityRequest {
        PriorityRequest { priority, ..self }
    }

    /// The same with another tolerance.
    pub fn tolerance(self, tolerance: Tolerance) -> PriorityRequest {
        PriorityRequest { tolerance, ..self }
    }

    /// The same for a game.
    pub fn kickoff(self, kickoff: DateTime<Utc>) -> PriorityRequest {
        PriorityRequest {
            kickoff: Some(kickoff),
            ..self
        }
    }

    /// The same with a call to fall back on, after those it has.
    pub fn or(mut self, call: Call) -> PriorityRequest {
        self.alternatives.push(call);
        self
    }

    /// The priority it has now.
    pub fn priority_at(&self, now: Now) -> Priority {
        self.priority.at(now.wall, self.kickoff)
    }
}

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// Whatever the cache policy of the endpoint calls usable, stale answers included; for display and refreshes.
    Policy,
    /// A decision rests on it: nothing older than the endpoint's limit for decisions.
    Decision,
    /// Only an answer fetched for this request, or one that is under way.
    Live,
}

/// An answer, with where it is from and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body.
    pub body: Arc<[u8]>,
    /// Who gave it; the first alternative's provider when the wanted call could not be had.
    pub provider: Provider,
    /// 0 for the wanted call, n for the n-th alternative.
    pub alternative: usize,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// How old it is.
    pub age: Duration,
    /// Why it is as old as it is.
    pub freshness: Freshness,
}

/// Why an answer is as old as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Fetched for this request, or for one it shared a flight with.
    Live,
    /// From the cache, within its freshness.
    Fresh,
    /// From the cache, stale, and being refreshed.
    Revalidating,
    /// From the cache, stale; a refresh costs credits and is planned.
    Planned,
    /// From the cache, stale, because it could not be had anew.
    StaleIfError(Box<ApiError>),
}

/// Why there is no answer; each is final for this request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// It could not be had before its deadline.
    #[error("{provider}: not answered before its deadline{}", waited_for.as_ref().map_or_else(String::new, |w| format!(" ({w})")))]
    Deadline {
        /// Whom it was asked of.
        provider: Provider,
        /// What it was waiting for.
        waited_for: Option<String>,
    },
    /// The breaker is open.
    #[error("{provider}: failing, not asked again for {} s", retry_in.as_secs())]
    BreakerOpen {
        /// Whom.
        provider: Provider,
        /// When it is probed.
        retry_in: Duration,
    },
    /// The provider's own quota is used up.
    #[error("{provider}: its quota is used up{}", until.map_or_else(String::new, |t| format!(" until {t}")))]
    QuotaExhausted {
        /// Whom.
        provider: Provider,
        /// Until when, when it is known.
        until: Option<DateTime<Utc>>,
    },
    /// Our own budget has nothing left for this priority.
    #[error(
        "{provider}: {spendable} may be spent on a {priority} call, it would cost {cost}; what is left is kept for committed fetches and the reserve"
    )]
    Budget {
        /// Whom.
        provider: Provider,
        /// The priority.
        priority: Priority,
        /// What it would cost, with its unit.
        cost: String,
        /// What may be spent, with its unit.
        spendable: String,
    },
    /// A key is missing or refused, or the account may not do this.
    #[error("{provider}: {message}")]
    Misconfigured {
        /// Whom.
        provider: Provider,
        /// What to do.
        message: String,
    },
    /// The provider calls the request wrong.
    #[error("{provider} refused the request ({status}): {message}")]
    Refused {
        /// Whom.
        provider: Provider,
        /// The status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// A language model would not answer.
    #[error("{provider}: {message}")]
    Declined {
        /// Whom.
        provider: Provider,
        /// What it said.
        message: String,
    },
    /// A language model's answer ended at a limit of length.
    #[error("{provider}: {message}")]
    Truncated {
        /// Whom.
        provider: Provider,
        /// Which limit.
        message: String,
    },
    /// There is no such thing.
    #[error("{provider} has no such thing: {message}")]
    NotFound {
        /// Whom.
        provider: Provider,
        /// What it said.
        message: String,
    },
    /// It failed, and so did every repetition it was granted.
    #[error("{provider}: {message} (after {n_attempts} attempts)")]
    Failed {
        /// Whom.
        provider: Provider,
        /// The last failure.
        message: String,
        /// Attempts made.
        n_attempts: u32,
        /// Whether any of them may have been billed.
        billed: bool,
    },
    /// Too many requests wait already.
    #[error("{provider}: {n_queued} {priority} requests wait already; try again later")]
    QueueFull {
        /// Whom.
        provider: Provider,
        /// The priority.
        priority: Priority,
        /// How many wait.
        n_queued: usize,
    },
    /// The request can never be granted.
    #[error("{provider}: {message}")]
    Impossible {
        /// Whom.
        provider: Provider,
        /// Why.
        message: String,
    },
    /// The house is closing.
    #[error("{provider}: not asked, the house is closing")]
    ShuttingDown {
        /// Whom.
        provider: Provider,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_rises_with_the_kickoff_and_nobody_can_ask_for_critical() {
        let kickoff: DateTime<Utc> = "2019-12-22T18:00:00Z".parse().unwrap();
        let at = |text: &str| Priority::Low.at(text.parse().unwrap(), Some(kickoff));
        assert_eq!(at("2019-12-22T16:44:59Z"), Priority::Low);
        assert_eq!(at("2019-12-22T16:45:00Z"), Priority::High);
        assert_eq!(at("2019-12-22T17:24:59Z"), Priority::High);
        assert_eq!(at("2019-12-22T17:25:00Z"), Priority::Critical);
        assert_eq!(at("2019-12-22T18:00:00Z"), Priority::Critical);
        assert_eq!(at("2019-12-22T18:00:01Z"), Priority::Low);
        assert_eq!(Priority::Critical.at(kickoff, None), Priority::High);
    }
}
