//! What can be seen of the orchestrator from outside: one snapshot for tests, the command line and the dashboard.

use super::{Counts, Drain, RequestOrchestrator};
use crate::api::breaker::{BreakerMode, BreakerState};
use crate::api::cache::RateLimitStats;
use crate::api::cost::Sum;
use crate::api::health::ProviderHealth;
use crate::api::provider::{Endpoint, Provider};
use crate::api::request::Priority;
use crate::api::time::Now;
use serde::Serialize;

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApiStats {
    /// One a provider.
    pub providers: Vec<ProviderStats>,
    /// Requests waiting for an answer.
    pub n_waiting: usize,
    /// Flights under way.
    pub n_flights: usize,
    /// Requests that shared a flight.
    pub n_coalesced: u64,
    /// Joined calls sent, and the calls in them.
    pub n_batches: u64,
    /// Calls in those.
    pub n_batched: u64,
    /// False once the house closes.
    pub takes_work: bool,
}

/// One provider.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProviderStats {
    /// Which.
    pub provider: Provider,
    /// How it is.
    pub health: ProviderHealth,
    /// The last thing it said that was no answer.
    pub last_message: Option<String>,
    /// Its rate windows.
    pub windows: Vec<WindowStats>,
    /// Calls in flight.
    pub n_in_flight: usize,
    /// Calls that may be in flight.
    pub max_in_flight: u32,
    /// The rate it was cut to after a throttle, in calls a second.
    pub cut_to_per_s: Option<f64>,
    /// It asked to be left alone for this long.
    pub blocked_for_ms: Option<u64>,
    /// Its breakers.
    pub breakers: Vec<BreakerStats>,
    /// Its queue, by class.
    pub queue: Vec<QueueStats>,
    /// Thousandths of a retry it may still be given.
    pub retry_budget_milli: u64,
    /// Its credits.
    pub credits: Option<RateLimitStats>,
    /// Spent today, UTC.
    pub today: Sum,
    /// Spent this month, UTC.
    pub this_month: Sum,
    /// What may still be spent today, in millionths of a dollar, where it bills dollars.
    pub spendable_usd_micros: Option<u64>,
    /// What happened since the start.
    pub counts: Counts,
    /// Answers kept.
    pub n_kept: usize,
}

/// One rate window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WindowStats {
    /// Tokens there.
    pub tokens: u64,
    /// Tokens when full.
    pub capacity: u64,
    /// Tokens in any span.
    pub limit: u64,
    /// The span in seconds.
    pub per_s: u64,
}

/// One breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BreakerStats {
    /// Whose.
    pub endpoint: Endpoint,
    /// Where it stands.
    pub state: BreakerState,
    /// Who decides.
    pub mode: BreakerMode,
    /// Grows with every change.
    pub generation: u64,
    /// When it lets a probe pass.
    pub reopens_in_ms: Option<u64>,
    /// Calls in its window.
    pub n_calls: u32,
    /// Failures among them.
    pub n_failures: u32,
}

/// One class of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QueueStats {
    /// The class.
    pub priority: Priority,
    /// How many wait.
    pub n_waiting: usize,
    /// How long the oldest has waited.
    pub oldest_ms: Option<u64>,
}

impl RequestOrchestrator {
    /// A snapshot.
    pub fn stats(&self, now: Now) -> ApiStats {
        let (n_batches, n_batched) = self.batcher.counts();
        ApiStats {
            providers: self
                .access
                .keys()
                .filter_map(|p| self.provider_stats(*p, now))
                .collect(),
            n_waiting: self.waiters.len(),
            n_flights: self.flights.len(),
            n_coalesced: self.flights.n_shared(),
            n_batches,
            n_batched,
            takes_work: self.drain == Drain::Running,
        }
    }

    /// A snapshot of one provider.
    pub fn provider_stats(&self, provider: Provider, now: Now) -> Option<ProviderStats> {
        let access = self.access.get(&provider)?;
        let levels = access.windows.levels(now.mono).into_iter();
        let windows = levels
            .zip(&access.policy.windows)
            .map(|((tokens, capacity), w)| WindowStats {
                tokens,
                capacity,
                limit: w.limit,
                per_s: w.per_s,
            });
        let breakers = access.breakers.iter().map(|(endpoint, b)| {
            let (n_calls, n_failures) = b.counts(now.mono);
            BreakerStats {
                endpoint: *endpoint,
                state: b.state(now.mono),
                mode: b.mode(),
                generation: b.generation(),
                reopens_in_ms: b.reopens_at().map(|at| ms(at.since(now.mono))),
                n_calls,
                n_failures,
            }
        });
        let queue = Priority::ALL.map(|priority| QueueStats {
            priority,
            n_waiting: access.queue.n_waiting(priority),
            oldest_ms: access.queue.oldest(priority, now.mono).map(ms),
        });
        let blocked = access.blocked_until.filter(|until| *until > now.mono);
        let bills = access.policy.dollars.is_some();
        Some(ProviderStats {
            provider,
            health: self.health.health(provider, access.standing(now.mono), now.mono),
            last_message: self.health.last_message(provider).map(str::to_owned),
            windows: windows.collect(),
            n_in_flight: access.in_flight.len(),
            max_in_flight: access.concurrency.limit(),
            cut_to_per_s: access.cubic.rate(now.mono),
            blocked_for_ms: blocked.map(|until| ms(until.since(now.mono))),
            breakers: breakers.collect(),
            queue: queue.to_vec(),
            retry_budget_milli: access.budget.milli(now.mono),
            credits: access.cache.get_rate_limit_stats(now.wall),
            today: self.costs.today(provider, now.wall),
            this_month: self.costs.this_month(provider, now.wall),
            spendable_usd_micros: bills.then(|| self.costs.spendable_micros(provider, now.wall)),
            counts: access.counts,
            n_kept: access.cache.size().0,
        })
    }
}

fn ms(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
