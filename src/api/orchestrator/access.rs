//! What is known of one provider at any moment: its gates, its queue, its kept answers.

use crate::api::breaker::{Breaker, BreakerState};
use crate::api::bucket::{BucketError, RateWindows};
use crate::api::cache::OddsCache;
use crate::api::health::Standing;
use crate::api::ledger::AttemptId;
use crate::api::limits::{AimdLimit, CubicRate, HeaderPace};
use crate::api::policy::{ProviderPolicy, endpoints};
use crate::api::provider::{Endpoint, Provider};
use crate::api::queue::PriorityQueue;
use crate::api::quota::CreditQuota;
use crate::api::retry::RetryBudget;
use crate::api::time::{Mono, Now};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// The gates, the queue and the cache of one provider.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) policy: ProviderPolicy,
    pub(super) windows: RateWindows,
    pub(super) concurrency: AimdLimit,
    pub(super) cubic: CubicRate,
    pub(super) pace: HeaderPace,
    pub(super) budget: RetryBudget,
    pub(super) queue: PriorityQueue,
    pub(super) breakers: BTreeMap<Endpoint, Breaker>,
    pub(super) cache: OddsCache,
    pub(super) in_flight: BTreeSet<AttemptId>,
    /// It asked to be left alone until then.
    pub(super) blocked_until: Option<Mono>,
    /// It said that its quota, which is not one of credits, is used up until then.
    pub(super) parked_until: Option<Mono>,
    /// What is not set up, until when that is believed without asking again, and what to do.
    pub(super) misconfigured: BTreeMap<Endpoint, (Mono, String)>,
    /// The latest latencies of each endpoint.
    latencies: BTreeMap<Endpoint, VecDeque<Duration>>,
    /// When something here can change without an event.
    pub(super) wake: Option<Mono>,
    pub(super) counts: Counts,
}

/// What happened with a provider since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Requests.
    pub n_requests: u64,
    /// Attempts sent.
    pub n_attempts: u64,
    /// Repetitions among them.
    pub n_retries: u64,
    /// Requests answered from the cache while fresh.
    pub n_fresh: u64,
    /// Requests answered with something stale.
    pub n_stale: u64,
    /// Requests that got no answer.
    pub n_failed: u64,
    /// Answers that nobody waited for any more, and the cache kept.
    pub n_orphaned: u64,
    /// Times the provider throttled us.
    pub n_throttled: u64,
}

/// Enough for a median, few enough to follow a change within minutes.
const MAX_LATENCIES: usize = 15;

impl Access {
    pub(super) fn new(provider: Provider, policy: ProviderPolicy, now: Now) -> Result<Access, BucketError> {
        let windows = RateWindows::new(&policy.windows, now.mono)?;
        let per_minute = windows.income(Duration::from_secs(60)).unwrap_or(600);
        let breakers = endpoints(provider)
            .iter()
            .map(|endpoint| (*endpoint, Breaker::new(policy.breaker, now.mono)));
        Ok(Access {
            windows,
            concurrency: AimdLimit::new(policy.max_concurrency),
            cubic: CubicRate::new(policy.ceiling_per_s()),
            pace: HeaderPace::default(),
            budget: RetryBudget::new(now.mono),
            queue: PriorityQueue::new(per_minute),
            breakers: breakers.collect(),
            cache: OddsCache::new(policy.quota.map(|quota| CreditQuota::new(quota, now.wall))),
            in_flight: BTreeSet::new(),
            blocked_until: None,
            parked_until: None,
            misconfigured: BTreeMap::new(),
            latencies: BTreeMap::new(),
            wake: None,
            counts: Counts::default(),
            policy,
        })
    }

    /// The breaker of an endpoint; one that is not this provider's gets one of its own.
    pub(super) fn breaker(&mut self, endpoint: Endpoint, now: Mono) -> &mut Breaker {
        let policy = self.policy.breaker;
        self.breakers
            .entry(endpoint)
            .or_insert_with(|| Breaker::new(policy, now))
    }

    /// Calls that may run at once now: what load has shown, less while a breaker has just closed.
    pub(super) fn max_in_flight(&self, endpoint: Endpoint, now: Mono) -> usize {
        let limit = self.concurrency.limit();
        let ramped = self.breakers.get(&endpoint).map_or(limit, |b| b.ramped(limit, now));
        ramped as usize
    }

    pub(super) fn note_latency(&mut self, endpoint: Endpoint, latency: Duration) {
        let seen = self.latencies.entry(endpoint).or_default();
        seen.push_back(latency);
        if seen.len() > MAX_LATENCIES {
            seen.pop_front();
        }
    }

    /// The median latency of an endpoint; zero before there is one.
    pub(super) fn usual_latency(&self, endpoint: Endpoint) -> Duration {
        let Some(seen) = self.latencies.get(&endpoint) else {
            return Duration::ZERO;
        };
        let mut sorted: Vec<Duration> = seen.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    pub(super) fn wake_at(&mut self, at: Mono) {
        self.wake = Some(self.wake.map_or(at, |w| w.min(at)));
    }

    pub(super) fn standing(&self, now: Mono) -> Standing {
        let worst = [BreakerState::Open, BreakerState::HalfOpen]
            .into_iter()
            .find(|state| self.breakers.values().any(|b| b.state(now) == *state));
        let parked = self.parked_until.is_some_and(|until| until > now);
        Standing {
            breaker: worst.unwrap_or(BreakerState::Closed),
            exhausted: parked || self.cache.quota().is_some_and(CreditQuota::is_exhausted),
            blocked_until: self.blocked_until,
            misconfigured: self.misconfigured.values().any(|(until, _)| *until > now),
        }
    }
}
