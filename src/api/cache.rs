//! Answers that are kept, how old one may be for which purpose, and whether a new one can be afforded.
//!
//! [`OddsCache`] is named for the feed whose calls cost credits; every provider has one, most of them without a quota.

use super::call::{Call, RequestKey};
use super::headers::Validators;
use super::ledger::AttemptId;
use super::provider::{Endpoint, Provider};
use super::quota::{CreditQuota, Denied, HeaderCount};
use super::request::{ApiError, Priority, Tolerance};
use super::time::{Mono, Now, Stamp};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How old an answer of one endpoint may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// Up to here it counts as fresh.
    pub soft_ttl: Duration,
    /// Beyond that and up to here it is served while a new one is fetched (RFC 5861).
    pub while_revalidate: Duration,
    /// Up to here it is served when no new one can be had (RFC 5861).
    pub if_error: Duration,
    /// Up to here a decision may rest on it.
    pub for_decisions: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl CachePolicy {
    const fn new(soft_ttl: u64, while_revalidate: u64, if_error: u64, for_decisions: u64) -> CachePolicy {
        CachePolicy {
            soft_ttl: Duration::from_secs(soft_ttl),
            while_revalidate: Duration::from_secs(while_revalidate),
            if_error: Duration::from_secs(if_error),
            for_decisions: Duration::from_secs(for_decisions),
        }
    }

    /// The policy of an endpoint: research section 1.8, and where that is silent what the source's own cadence suggests.
    pub fn of(endpoint: Endpoint) -> CachePolicy {
        match endpoint {
            // The provider itself refreshes each minute before the game; asking faster buys nothing.
            Endpoint::Odds => CachePolicy::new(MINUTE, DAY, DAY, 15 * MINUTE),
            Endpoint::Sports | Endpoint::Events => CachePolicy::new(10 * MINUTE, HOUR, DAY, DAY),
            Endpoint::Scores => CachePolicy::new(5 * MINUTE, 30 * MINUTE, DAY, HOUR),
            Endpoint::Historical => CachePolicy::new(365 * DAY, 0, 365 * DAY, 365 * DAY), // the past does not change
            Endpoint::Scoreboard => CachePolicy::new(MINUTE, 5 * MINUTE, HOUR, HOUR),
            Endpoint::Injuries => CachePolicy::new(15 * MINUTE, HOUR, DAY, 6 * HOUR),
            Endpoint::News => CachePolicy::new(10 * MINUTE, HOUR, DAY, DAY),
            Endpoint::Teams => CachePolicy::new(DAY, 7 * DAY, 30 * DAY, 30 * DAY),
            Endpoint::Forecast | Endpoint::Hourly => CachePolicy::new(30 * MINUTE, 2 * HOUR, 12 * HOUR, 3 * HOUR),
            Endpoint::Points => CachePolicy::new(30 * DAY, 30 * DAY, 60 * DAY, 60 * DAY),
            Endpoint::Timestamp => CachePolicy::new(30 * MINUTE, HOUR, DAY, DAY),
            Endpoint::Games => CachePolicy::new(5 * MINUTE, HOUR, 7 * DAY, DAY),
            Endpoint::TeamStats => CachePolicy::new(HOUR, 12 * HOUR, 7 * DAY, 7 * DAY),
            Endpoint::Models => CachePolicy::new(5 * MINUTE, 0, HOUR, HOUR),
            // Whoever asks a model keeps its answers by content; here they only share a flight.
            Endpoint::Completion => CachePolicy::new(0, 0, 0, 0),
        }
    }
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The body.
    pub body: Arc<[u8]>,
    /// When it was fetched, or last confirmed by the provider.
    pub fetched: Stamp,
    /// What to send along when asking again.
    pub validators: Validators,
    /// A freshness the provider has stated.
    pub max_age: Option<Duration>,
    /// Whom it is from.
    pub provider: Provider,
    /// The class of endpoint.
    pub endpoint: Endpoint,
}

/// What to do about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchDecision {
    /// The kept answer is fresh.
    FreshHit,
    /// The kept answer will do; `refresh` says whether a new one is to be fetched meanwhile.
    StaleServe {
        /// False where a refresh costs credits and is planned anyway.
        refresh: bool,
    },
    /// Only a new answer will do.
    MustFetch,
    /// Only a new answer would do, and it cannot be afforded, or was refused a moment ago.
    DenyFetch {
        /// Why.
        reason: Box<ApiError>,
        /// When to ask again.
        retry_at: DateTime<Utc>,
    },
}

/// A provider's answers and its credits.
#[derive(Clone, Debug, Default)]
pub struct OddsCache {
    entries: BTreeMap<RequestKey, Entry>,
    n_bytes: usize,
    refused: BTreeMap<RequestKey, (Mono, ApiError)>,
    quota: Option<CreditQuota>,
}

/// What a provider's credits stand at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateLimitStats {
    /// Credits a month.
    pub monthly: u32,
    /// Left, less what is in flight.
    pub remaining: u32,
    /// In flight.
    pub reserved: u32,
    /// Promised to planned fetches until the reset.
    pub committed: u32,
    /// What each class may spend now: Critical, High, Normal, Low.
    pub spendable: [u32; 4],
    /// True when the provider said that nothing is left.
    pub exhausted: bool,
    /// When the quota begins anew, as far as is known.
    pub resets_at: DateTime<Utc>,
    /// When nothing is left at this period's pace, if before the reset.
    pub projected_exhaustion: Option<DateTime<Utc>>,
}

/// More answers than one provider's week has.
pub const MAX_ENTRIES: usize = 2_000;
/// More than all answers of a week, little enough to keep in memory.
pub const MAX_BYTES: usize = 64 << 20;
/// A refused request is refused for this long without asking again.
const REFUSED_FOR: Duration = Duration::from_secs(60);
const MAX_REFUSED: usize = 256;

impl OddsCache {
    /// An empty cache; with a quota where calls cost credits.
    pub fn new(quota: Option<CreditQuota>) -> OddsCache {
        OddsCache {
            quota,
            ..OddsCache::default()
        }
    }

    /// Whether a call of `credits` may be made: what is left, less what planned fetches will need, less what is kept for
    /// more urgent classes. Always, where nothing is metered.
    ///
    /// # Errors
    /// [`Denied`] with what may be spent.
    pub fn can_call_api(&self, credits: u32, priority: Priority, now: DateTime<Utc>) -> Result<(), Denied> {
        self.quota.as_ref().map_or(Ok(()), |q| q.check(credits, priority, now))
    }

    /// An attempt is sent: its credits are set aside until [`OddsCache::settle_api_call`].
    pub fn record_api_call(&mut self, attempt: AttemptId, credits: u32) {
        if let Some(quota) = &mut self.quota {
            quota.reserve(attempt, credits);
        }
    }

    /// A sent attempt ended: what it did cost, and the provider's own count.
    pub fn settle_api_call(
        &mut self,
        attempt: AttemptId,
        cost: u32,
        told: Option<HeaderCount>,
        now: DateTime<Utc>,
    ) {
        if let Some(quota) = &mut self.quota {
            quota.settle(attempt, cost, told, now);
        }
    }

    /// What the credits stand at; `None` where nothing is metered.
    pub fn get_rate_limit_stats(&self, now: DateTime<Utc>) -> Option<RateLimitStats> {
        let quota = self.quota.as_ref()?;
        Some(RateLimitStats {
            monthly: quota.policy().monthly,
            remaining: quota.remaining(),
            reserved: quota.reserved(),
            committed: quota.committed(now),
            spendable: Priority::ALL.map(|p| quota.spendable(p, now)),
            exhausted: quota.is_exhausted(),
            resets_at: quota.resets_at(),
            projected_exhaustion: quota.projected_exhaustion(now),
        })
    }

    /// What to do about a call at `now`: by the age of the kept answer, and by what can be afforded.
    pub fn should_fetch_fresh(
        &self,
        call: &Call,
        key: &RequestKey,
        tolerance: Tolerance,
        priority: Priority,
        now: Now,
    ) -> FetchDecision {
        let policy = CachePolicy::of(call.endpoint);
        if let Some((age, entry)) = self.entry(key).and_then(|e| Some((e.fetched.age(now)?, e))) {
            let soft = jittered(soft_ttl(&policy, entry), key);
            match tolerance {
                Tolerance::Policy if age < soft => return FetchDecision::FreshHit,
                Tolerance::Decision if age < soft.min(policy.for_decisions) => return FetchDecision::FreshHit,
                Tolerance::Policy if age < policy.while_revalidate => {
                    // A paid refresh comes when it is planned; without a plan it is due now.
                    let planned = self.quota.as_ref().and_then(|q| q.next_commitment(now.wall)).is_some();
                    if call.credits == 0 {
                        return FetchDecision::StaleServe { refresh: true };
                    } else if planned {
                        return FetchDecision::StaleServe { refresh: false };
                    }
                }
                Tolerance::Policy | Tolerance::Decision | Tolerance::Live => {}
            }
        }
        if let Some((until, error)) = self.refused.get(key)
            && *until > now.mono
        {
            return FetchDecision::DenyFetch {
                reason: Box::new(error.clone()),
                retry_at: now.wall_in(until.since(now.mono)),
            };
        }
        match self.can_call_api(call.credits, priority, now.wall) {
            Ok(()) => FetchDecision::MustFetch,
            Err(denied) => FetchDecision::DenyFetch {
                reason: Box::new(denial(call, priority, denied)),
                retry_at: denied.resets_at,
            },
        }
    }

    /// The kept answer with its age, when it may be served because no new one can be had.
    pub fn if_error(&self, key: &RequestKey, tolerance: Tolerance, now: Now) -> Option<(&Entry, Duration)> {
        let entry = self.entry(key)?;
        let policy = CachePolicy::of(entry.endpoint);
        let bound = match tolerance {
            Tolerance::Policy => policy.if_error,
            Tolerance::Decision => policy.for_decisions,
            Tolerance::Live => return None,
        };
        let age = entry.fetched.age(now)?;
        (age <= bound).then_some((entry, age))
    }

    /// The kept answer of a call, however old.
    pub fn entry(&self, key: &RequestKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Keeps an answer. Beyond the bounds the oldest go.
    pub fn put(&mut self, key: RequestKey, entry: Entry) {
        self.refused.remove(&key);
        self.n_bytes += entry.body.len();
        if let Some(old) = self.entries.insert(key, entry) {
            self.n_bytes -= old.body.len();
        }
        while self.entries.len() > MAX_ENTRIES || self.n_bytes > MAX_BYTES {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, e)| e.fetched.wall)
                .map(|(k, _)| k.clone());
            let Some(old) = oldest.and_then(|key| self.entries.remove(&key)) else {
                break;
            };
            self.n_bytes -= old.body.len();
        }
    }

    /// The provider says that the kept answer still stands.
    pub fn confirm(&mut self, key: &RequestKey, max_age: Option<Duration>, now: Now) -> Option<&Entry> {
        let entry = self.entries.get_mut(key)?;
        entry.fetched = Stamp::at(now);
        entry.max_age = max_age.or(entry.max_age);
        Some(entry)
    }

    /// The provider refused a call for what it is: do not ask again at once.
    pub fn refuse(&mut self, key: RequestKey, error: ApiError, now: Now) {
        self.refused.retain(|_, (until, _)| *until > now.mono);
        if self.refused.len() < MAX_REFUSED {
            self.refused.insert(key, (now.mono + REFUSED_FOR, error));
        }
    }

    /// The credits' account, where there is one.
    pub fn quota(&self) -> Option<&CreditQuota> {
        self.quota.as_ref()
    }

    /// The same, to change.
    pub fn quota_mut(&mut self) -> Option<&mut CreditQuota> {
        self.quota.as_mut()
    }

    /// (answers, bytes) kept.
    pub fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.n_bytes)
    }
}

/// The error of a call that cannot be afforded.
pub fn denial(call: &Call, priority: Priority, denied: Denied) -> ApiError {
    if denied.exhausted {
        return ApiError::QuotaExhausted {
            provider: call.provider,
            until: Some(denied.resets_at),
        };
    }
    ApiError::Budget {
        provider: call.provider,
        priority,
        cost: format!("{} credits", call.credits),
        spendable: format!("{} credits", denied.spendable),
    }
}

/// A provider's own word on freshness counts where its documents say it is meant; elsewhere the policy.
fn soft_ttl(policy: &CachePolicy, entry: &Entry) -> Duration {
    match (entry.provider, entry.max_age) {
        (Provider::Nws, Some(max_age)) => {
            max_age.clamp(Duration::from_secs(MINUTE), Duration::from_secs(6 * HOUR))
        }
        _ => policy.soft_ttl,
    }
}

/// Up to a tenth more or less, by the call's name: answers fetched together do not all expire together, and a replay
/// decides alike.
fn jittered(ttl: Duration, key: &RequestKey) -> Duration {
    let hash = key.as_str().bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let permille = 900 + hash % 201;
    ttl * permille as u32 / 1_000
}
