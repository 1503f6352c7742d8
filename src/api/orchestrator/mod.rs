//! One gate for all access: what is asked goes through cache, coalescing, batching, queue and gate, in this order, and
//! comes back as one answer or one reason, by its deadline.
//!
//! [`RequestOrchestrator::handle`] takes an event with the time and gives effects; whoever hosts it performs them. It is
//! one state machine, so "check everything, then take everything" needs no locks and nothing is ever half taken.
//!
//! The order: 1 cache, 2 a look at what would refuse anyway, 3 coalescing, 4 batching, 5 the queue, 6 the gate (deadline,
//! breaker, concurrency, rate windows, credits and dollars), 7 sending, 8 classifying and settling, 9 retry or another
//! source, 10 filling the cache and answering.

mod access;
mod admit;
mod clockwork;
mod gate;
mod saved;
mod settle;
mod stats;

pub use access::Counts;
pub use saved::{SavedProvider, SavedState};
pub use stats::{ApiStats, BreakerStats, ProviderStats, QueueStats, WindowStats};

use super::batch::RequestBatcher;
use super::breaker::{BreakerMode, Permit};
use super::bucket::BucketError;
use super::cache::Entry;
use super::call::{Call, RequestKey};
use super::cost::CostTracker;
use super::flight::{FlightId, RequestCoalescer, WaiterId};
use super::headers::Validators;
use super::health::ApiHealthMonitor;
use super::ledger::{AttemptId, LedgerRow};
use super::policy::ProviderPolicy;
use super::provider::{Endpoint, Provider};
use super::queue::ShipmentId;
use super::quota::Commitment;
use super::reply::{Reply, WireError};
use super::request::{Answer, ApiError, Priority, PriorityRequest};
use super::time::{Mono, Now};
use access::Access;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What the orchestrator hears.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody wants something.
    Submit {
        /// Whom to answer.
        waiter: WaiterId,
        /// What.
        request: Box<PriorityRequest>,
    },
    /// Somebody does not wait any more.
    WaiterGone(WaiterId),
    /// An attempt ended.
    Done {
        /// Which.
        attempt: AttemptId,
        /// With what.
        outcome: Result<Reply, WireError>,
        /// After how long.
        latency: Duration,
    },
    /// The time asked for by [`Effect::Wake`] has come.
    Tick,
    /// The fetches that are planned of a metered provider.
    Plan {
        /// Whose credits they take.
        provider: Provider,
        /// When and how many.
        commitments: Vec<Commitment>,
    },
    /// A person, or the healer, takes charge of a breaker.
    SetBreaker {
        /// Whose.
        provider: Provider,
        /// Which.
        endpoint: Endpoint,
        /// Who decides from now on.
        mode: BreakerMode,
    },
    /// Find out how those are whom nobody has asked for a while, where that is free.
    ProbeIdle,
    /// Take nothing new, finish what is under way, then say [`Effect::Drained`].
    Shutdown,
}

/// What the orchestrator wants done, in this order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Perform a call and report [`Event::Done`]. Where it costs something, `row` must be on disk before it is sent.
    Send {
        /// Its number.
        attempt: AttemptId,
        /// The call.
        call: Arc<Call>,
        /// What to send along, so that an unchanged answer need not be sent again.
        validators: Option<Validators>,
        /// The longest it may take.
        timeout: Duration,
        /// What is set aside for it.
        row: Box<LedgerRow>,
    },
    /// Do not wait for an attempt any longer.
    Abort(AttemptId),
    /// Answer somebody, exactly once.
    Reply {
        /// Whom.
        waiter: WaiterId,
        /// With what.
        result: Box<Result<Answer, ApiError>>,
    },
    /// Keep a settled row and the answers it brought, all or nothing.
    Persist {
        /// What it did cost.
        row: Box<LedgerRow>,
        /// What it brought.
        kept: Vec<(RequestKey, Entry)>,
    },
    /// Something a person should know; said once, not for every call.
    Notice(Notice),
    /// Send [`Event::Tick`] then; it replaces the time asked for before.
    Wake(Mono),
    /// Nothing is under way any more.
    Drained,
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A provider's quota is used up.
    QuotaExhausted(Provider),
    /// A key is missing or refused.
    Misconfigured(Provider, Endpoint, String),
    /// A breaker opened.
    BreakerOpened(Provider, Endpoint, String),
    /// Four fifths of a dollar cap are spent.
    NearCap(Provider),
}

/// Somebody who waits.
#[derive(Clone, Debug)]
struct Waiter {
    request: PriorityRequest,
    /// The alternative it waits for, and its flight.
    alternative: usize,
    flight: Option<FlightId>,
    /// Why the wanted call could not be had; later alternatives' reasons matter less.
    first_error: Option<ApiError>,
}

/// The unit of rate and cost: one flight, or several joined.
#[derive(Clone, Debug)]
struct Shipment {
    provider: Provider,
    flights: Vec<FlightId>,
    call: Arc<Call>,
    n_attempts: u32,
    enqueued: Mono,
    priority: Priority,
    deadline: Mono,
    /// How often it was split for a bad member: in half, then singly.
    n_splits: u8,
    sent: bool,
}

/// A sent attempt.
#[derive(Clone, Debug)]
struct Attempt {
    shipment: ShipmentId,
    permit: Permit,
    row: LedgerRow,
    conditional: bool,
}

/// Whether new work is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// Yes.
    Running,
    /// No, and what is under way ends by this time.
    Draining {
        /// When what is left is aborted.
        until: Mono,
    },
    /// No, and nothing is under way.
    Drained,
}

/// In-flight calls get this long when the house closes.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(20);
/// More waiters than this is a loop that asks without waiting.
pub const MAX_WAITERS: usize = 65_536;

/// Decides about every call of the house.
#[derive(Clone, Debug)]
pub struct RequestOrchestrator {
    access: BTreeMap<Provider, Access>,
    flights: RequestCoalescer,
    batcher: RequestBatcher,
    shipments: BTreeMap<ShipmentId, Shipment>,
    waiters: BTreeMap<WaiterId, Waiter>,
    deadlines: BTreeSet<(Mono, WaiterId)>,
    rises: BTreeSet<(Mono, WaiterId)>,
    attempts: BTreeMap<AttemptId, Attempt>,
    costs: CostTracker,
    health: ApiHealthMonitor,
    drain: Drain,
    generation: u32,
    n_attempts: u32,
    n_shipments: u64,
    /// Providers whose queue or gates may have changed in this step.
    dirty: BTreeSet<Provider>,
    woken_at: Option<Mono>,
    /// Providers and days that a notice was given for.
    near_cap: BTreeSet<(Provider, chrono::NaiveDate)>,
}

impl RequestOrchestrator {
    /// An orchestrator over these providers. `generation` is the number of this process's life in its home; attempts are
    /// numbered below it.
    ///
    /// # Errors
    /// [`BucketError`] for a rate window that lets nothing pass.
    pub fn new(
        policies: BTreeMap<Provider, ProviderPolicy>,
        generation: u32,
        now: Now,
    ) -> Result<RequestOrchestrator, BucketError> {
        let caps = policies.iter().filter_map(|(p, policy)| Some((*p, policy.dollars?)));
        let costs = CostTracker::new(caps.collect());
        let access = policies
            .into_iter()
            .map(|(provider, policy)| Ok((provider, Access::new(provider, policy, now)?)));
        Ok(RequestOrchestrator {
            access: access.collect::<Result<_, BucketError>>()?,
            flights: RequestCoalescer::default(),
            batcher: RequestBatcher::default(),
            shipments: BTreeMap::new(),
            waiters: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            rises: BTreeSet::new(),
            attempts: BTreeMap::new(),
            costs,
            health: ApiHealthMonitor::default(),
            drain: Drain::Running,
            generation,
            n_attempts: 0,
            n_shipments: 0,
            dirty: BTreeSet::new(),
            woken_at: None,
            near_cap: BTreeSet::new(),
        })
    }

    /// One step. The same events at the same times with the same random stream give the same effects.
    pub fn handle(&mut self, now: Now, event: Event, rng: &mut Pcg64Mcg) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Submit { waiter, request } => self.submit(waiter, *request, now, &mut out),
            Event::WaiterGone(waiter) => self.leave(waiter),
            Event::Done {
                attempt,
                outcome,
                latency,
            } => self.done(attempt, outcome, latency, now, rng, &mut out),
            Event::Tick => self.woken_at = None,
            Event::Plan { provider, commitments } => self.plan(provider, commitments),
            Event::SetBreaker {
                provider,
                endpoint,
                mode,
            } => {
                if let Some(access) = self.access.get_mut(&provider) {
                    access.breaker(endpoint, now.mono).set_mode(mode);
                    self.dirty.insert(provider);
                }
            }
            Event::ProbeIdle => self.probe_idle(now),
            Event::Shutdown => self.shut_down(now, &mut out),
        }
        self.advance(now, rng, &mut out);
        out
    }

    /// The fetches that are planned of a metered provider: what they will cost is not spent on anything else.
    pub fn plan(&mut self, provider: Provider, commitments: Vec<Commitment>) {
        if let Some(quota) = self.access.get_mut(&provider).and_then(|a| a.cache.quota_mut()) {
            quota.commit(commitments);
        }
    }

    /// Answers somebody and forgets them.
    fn reply(&mut self, id: WaiterId, result: Result<Answer, ApiError>, out: &mut Vec<Effect>) {
        let Some(waiter) = self.forget(id) else { return };
        if let Some(access) = self.access.get_mut(&waiter.request.call.provider) {
            match &result {
                Ok(answer) => match answer.freshness {
                    super::Freshness::Live => {}
                    super::Freshness::Fresh => access.counts.n_fresh += 1,
                    _ => access.counts.n_stale += 1,
                },
                Err(_) => access.counts.n_failed += 1,
            }
        }
        out.push(Effect::Reply {
            waiter: id,
            result: Box::new(result),
        });
    }

    fn forget(&mut self, id: WaiterId) -> Option<Waiter> {
        let waiter = self.waiters.remove(&id)?;
        self.deadlines.remove(&(waiter.request.deadline, id));
        if waiter.request.kickoff.is_some() {
            self.rises.retain(|(_, w)| *w != id);
        }
        Some(waiter)
    }
}

#[cfg(test)]
mod tests;
