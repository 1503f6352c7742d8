//! From a request to a flight in the queue: cache, a look at what would refuse anyway, coalescing, batching.

use super::{Drain, Effect, MAX_WAITERS, RequestOrchestrator, Shipment, Waiter};
use crate::api::batch::{Batch, joined};
use crate::api::cache::FetchDecision;
use crate::api::call::{Call, RequestKey};
use crate::api::flight::{FlightId, Joined, WaiterId};
use crate::api::provider::Provider;
use crate::api::queue::ShipmentId;
use crate::api::request::{Answer, ApiError, Freshness, Priority, PriorityRequest};
use crate::api::time::{Mono, Now};
use std::sync::Arc;
use std::time::Duration;

/// A refresh that nobody waits for may take this long.
const BACKGROUND_LIMIT: Duration = Duration::from_secs(60);

impl RequestOrchestrator {
    pub(super) fn submit(&mut self, id: WaiterId, request: PriorityRequest, now: Now, out: &mut Vec<Effect>) {
        let provider = request.call.provider;
        if let Some(access) = self.access.get_mut(&provider) {
            access.counts.n_requests += 1;
        }
        let refused = if self.drain != Drain::Running {
            Some(ApiError::ShuttingDown { provider })
        } else if request.deadline <= now.mono {
            let waited_for = Some("the deadline had passed when it was asked".to_owned());
            Some(ApiError::Deadline { provider, waited_for })
        } else if self.waiters.len() >= MAX_WAITERS {
            Some(ApiError::QueueFull {
                provider,
                priority: request.priority_at(now),
                n_queued: self.waiters.len(),
            })
        } else {
            None
        };
        self.deadlines.insert((request.deadline, id));
        if let Some(kickoff) = request.kickoff {
            let ahead = Priority::rises(kickoff).into_iter().filter(|at| *at > now.wall);
            self.rises.extend(ahead.map(|at| (now.mono_at(at), id)));
        }
        let waiter = Waiter {
            request,
            alternative: 0,
            flight: None,
            first_error: None,
        };
        assert!(
            self.waiters.insert(id, waiter).is_none(),
            "whoever hosts the orchestrator numbers waiters once"
        );
        match refused {
            Some(error) => self.reply(id, Err(error), out),
            None => self.seek(id, 0, now, out),
        }
    }

    /// Tries the wanted call and its alternatives from the `from`-th on, until one is answered or under way.
    pub(super) fn seek(&mut self, id: WaiterId, from: usize, now: Now, out: &mut Vec<Effect>) {
        let Some(waiter) = self.waiters.get(&id) else { return };
        let request = waiter.request.clone();
        let calls = std::iter::once(&request.call).chain(&request.alternatives);
        for (alternative, call) in calls.enumerate().skip(from) {
            match self.consider(id, &request, alternative, call, now) {
                Ok(Found::Answer(answer)) => return self.reply(id, Ok(answer), out),
                Ok(Found::UnderWay(flight)) => {
                    if let Some(waiter) = self.waiters.get_mut(&id) {
                        waiter.alternative = alternative;
                        waiter.flight = Some(flight);
                    }
                    return;
                }
                Err(error) => {
                    if let Some(waiter) = self.waiters.get_mut(&id) {
                        waiter.flight = None;
                        waiter.first_error.get_or_insert(error);
                    }
                }
            }
        }
        self.give_up(id, now, out);
    }

    /// Nothing new can be had: something old, or the reason.
    pub(super) fn give_up(&mut self, id: WaiterId, now: Now, out: &mut Vec<Effect>) {
        let Some(waiter) = self.waiters.get(&id) else { return };
        let provider = waiter.request.call.provider;
        let error = waiter.first_error.clone().unwrap_or(ApiError::Deadline {
            provider,
            waited_for: None,
        });
        let request = &waiter.request;
        let calls = std::iter::once(&request.call).chain(&request.alternatives);
        let stale = calls.enumerate().find_map(|(alternative, call)| {
            let access = self.access.get(&call.provider)?;
            let (entry, age) = access.cache.if_error(&call.key(), request.tolerance, now)?;
            Some(Answer {
                body: Arc::clone(&entry.body),
                provider: call.provider,
                alternative,
                fetched_at: entry.fetched.wall,
                age,
                freshness: Freshness::StaleIfError(Box::new(error.clone())),
            })
        });
        self.reply(id, stale.ok_or(error), out);
    }

    fn consider(
        &mut self,
        id: WaiterId,
        request: &PriorityRequest,
        alternative: usize,
        call: &Call,
        now: Now,
    ) -> Result<Found, ApiError> {
        let key = call.key();
        let priority = request.priority_at(now);
        let provider = call.provider;
        let Some(access) = self.access.get(&provider) else {
            let message = "no such provider is set up".to_owned();
            return Err(ApiError::Misconfigured { provider, message });
        };
        let decision = access
            .cache
            .should_fetch_fresh(call, &key, request.tolerance, priority, now);
        let refresh = decision == FetchDecision::StaleServe { refresh: true };
        let freshness = match decision {
            FetchDecision::FreshHit => Some(Freshness::Fresh),
            FetchDecision::StaleServe { refresh: true } => Some(Freshness::Revalidating),
            FetchDecision::StaleServe { refresh: false } => Some(Freshness::Planned),
            FetchDecision::MustFetch => None,
            FetchDecision::DenyFetch { reason, .. } => {
                // What is under way costs nothing more.
                if self.flights.of_key(&key).is_none() {
                    return Err(*reason);
                }
                None
            }
        };
        if let Some(freshness) = freshness {
            let entry = access.cache.entry(&key).expect("the cache decided by this entry");
            let answer = Answer {
                body: Arc::clone(&entry.body),
                provider,
                alternative,
                fetched_at: entry.fetched.wall,
                age: entry.fetched.age(now).unwrap_or_default(),
                freshness,
            };
            if refresh {
                self.refresh(call, &key, &request.agent, now);
            }
            return Ok(Found::Answer(answer));
        }
        if self.flights.of_key(&key).is_none() {
            self.peek(call, priority, request.deadline, now)?;
        }
        let flight = self.board(call, &key, Some(id), priority, request.deadline, &request.agent, now);
        Ok(Found::UnderWay(flight))
    }

    /// Fetches something anew though nobody waits; not when anything stands in the way.
    pub(super) fn refresh(&mut self, call: &Call, key: &RequestKey, agent: &Arc<str>, now: Now) {
        let deadline = now.mono + BACKGROUND_LIMIT;
        let idle = self.flights.of_key(key).is_none() && self.drain == Drain::Running;
        if idle && self.peek(call, Priority::Low, deadline, now).is_ok() {
            self.board(call, key, None, Priority::Low, deadline, agent, now);
        }
    }

    /// Asks those whom nobody has asked for a while something that costs nothing.
    pub(super) fn probe_idle(&mut self, now: Now) {
        let due: Vec<Call> = self
            .access
            .keys()
            .filter_map(|p| self.health.probe(*p, now.mono))
            .collect();
        let agent: Arc<str> = "health".into();
        for call in due {
            self.refresh(&call, &call.key(), &agent, now);
        }
    }

    /// What would refuse the call at the gate anyway. Takes nothing.
    fn peek(&self, call: &Call, priority: Priority, deadline: Mono, now: Now) -> Result<(), ApiError> {
        let provider = call.provider;
        let Some(access) = self.access.get(&provider) else {
            let message = "no such provider is set up".to_owned();
            return Err(ApiError::Misconfigured { provider, message });
        };
        if self.drain != Drain::Running {
            return Err(ApiError::ShuttingDown { provider });
        }
        if let Some((until, message)) = access.misconfigured.get(&call.endpoint)
            && *until > now.mono
        {
            let message = message.clone();
            return Err(ApiError::Misconfigured { provider, message });
        }
        if let Some(until) = access.parked_until.filter(|until| *until > now.mono) {
            let until = Some(now.wall_in(until.since(now.mono)));
            return Err(ApiError::QuotaExhausted { provider, until });
        }
        if let Some(breaker) = access.breakers.get(&call.endpoint) {
            breaker
                .check(now.mono)
                .map_err(|retry_in| ApiError::BreakerOpen { provider, retry_in })?;
        }
        if let Some(until) = access.blocked_until.filter(|until| *until >= deadline) {
            let s = until.since(now.mono).as_secs();
            let waited_for = Some(format!("it asked not to be called for {s} s"));
            return Err(ApiError::Deadline { provider, waited_for });
        }
        if let Err(never @ crate::api::bucket::BucketError::InsufficientCapacity { .. }) =
            access.windows.check(u64::from(call.weight), priority, false, now.mono)
        {
            let message = format!("it could never be sent: {never}");
            return Err(ApiError::Impossible { provider, message });
        }
        self.affordable(call, priority, now)?;
        if !access.queue.has_room(priority) {
            return Err(ApiError::QueueFull {
                provider,
                priority,
                n_queued: access.queue.n_waiting(priority),
            });
        }
        Ok(())
    }

    /// Credits and dollars.
    pub(super) fn affordable(&self, call: &Call, priority: Priority, now: Now) -> Result<(), ApiError> {
        let provider = call.provider;
        if let Some(access) = self.access.get(&provider) {
            access
                .cache
                .can_call_api(call.credits, priority, now.wall)
                .map_err(|denied| crate::api::cache::denial(call, priority, denied))?;
        }
        self.costs
            .check(provider, call.usd_micros, now.wall)
            .map_err(|over| ApiError::Budget {
                provider,
                priority,
                cost: usd(call.usd_micros),
                spendable: usd(over.spendable_micros),
            })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of one boarding card used only here"
    )]
    fn board(
        &mut self,
        call: &Call,
        key: &RequestKey,
        waiter: Option<WaiterId>,
        priority: Priority,
        deadline: Mono,
        agent: &Arc<str>,
        now: Now,
    ) -> FlightId {
        match self.flights.join(call, key, waiter, priority, deadline, agent) {
            Joined::Shared { flight, rose } => {
                if rose {
                    self.escalate(flight, now);
                }
                flight
            }
            Joined::Began(flight) => {
                if let Some(batch) = self.batcher.add(flight, call, priority, now.mono) {
                    self.ship(batch, now);
                }
                flight
            }
        }
    }

    /// A flight has become more urgent: so does what carries it.
    pub(super) fn escalate(&mut self, id: FlightId, now: Now) {
        let Some(flight) = self.flights.get(id) else { return };
        let (priority, deadline) = (flight.priority, flight.deadline);
        match flight.shipment {
            None if priority == Priority::Critical => {
                if let Some(batch) = self.batcher.hurry(id) {
                    self.ship(batch, now);
                }
            }
            None => {}
            Some(shipment_id) => {
                let Some(shipment) = self.shipments.get_mut(&shipment_id) else {
                    return;
                };
                shipment.priority = shipment.priority.min(priority);
                shipment.deadline = shipment.deadline.max(deadline);
                let (provider, priority) = (shipment.provider, shipment.priority);
                if let Some(access) = self.access.get_mut(&provider) {
                    access.queue.escalate(shipment_id, priority);
                }
                self.dirty.insert(provider);
            }
        }
    }

    /// Puts a complete batch into the queue.
    pub(super) fn ship(&mut self, batch: Batch, now: Now) {
        let members = || batch.flights.iter().filter_map(|id| self.flights.get(*id));
        let priority = members().map(|f| f.priority).min().unwrap_or(Priority::Low);
        let deadline = members().map(|f| f.deadline).max().unwrap_or(now.mono);
        let shipment = Shipment {
            provider: batch.call.provider,
            flights: batch.flights,
            call: Arc::new(batch.call),
            n_attempts: 0,
            enqueued: now.mono,
            priority,
            deadline,
            n_splits: 0,
            sent: false,
        };
        self.enqueue(shipment, None);
    }

    /// Gives a shipment its number and its place in the queue.
    pub(super) fn enqueue(&mut self, shipment: Shipment, not_before: Option<Mono>) -> ShipmentId {
        let id = ShipmentId(self.n_shipments);
        self.n_shipments += 1;
        for flight in &shipment.flights {
            if let Some(flight) = self.flights.get_mut(*flight) {
                flight.shipment = Some(id);
            }
        }
        let provider = shipment.provider;
        if let Some(access) = self.access.get_mut(&provider) {
            access.queue.push(id, shipment.priority, shipment.enqueued, not_before);
        }
        self.shipments.insert(id, shipment);
        self.dirty.insert(provider);
        id
    }

    /// Somebody does not wait any more. What is not sent and nobody else wants is not sent.
    pub(super) fn leave(&mut self, id: WaiterId) {
        let Some(waiter) = self.forget(id) else { return };
        if let Some(flight) = waiter.flight {
            self.disembark(flight, id);
        }
    }

    /// Takes a waiter off its flight.
    pub(super) fn disembark(&mut self, flight: FlightId, waiter: WaiterId) {
        if self.flights.leave(flight, waiter) {
            self.cancel(flight);
        }
    }

    /// Cancels a flight that nobody wants, unless it is on its way: what is paid for is waited for, and fills the cache.
    pub(super) fn cancel(&mut self, id: FlightId) {
        let Some(shipment_id) = self.flights.get(id).map(|f| f.shipment) else {
            return;
        };
        let Some(shipment_id) = shipment_id else {
            self.batcher.remove(id);
            self.flights.end(id);
            return;
        };
        let Some(shipment) = self.shipments.get_mut(&shipment_id) else {
            return;
        };
        if shipment.sent {
            return;
        }
        shipment.flights.retain(|flight| *flight != id);
        self.flights.end(id);
        let calls: Vec<&Call> = shipment
            .flights
            .iter()
            .filter_map(|flight| self.flights.get(*flight).map(|f| &f.call))
            .collect();
        match joined(&calls) {
            Some(call) => shipment.call = Arc::new(call),
            None => {
                let provider: Provider = shipment.provider;
                self.shipments.remove(&shipment_id);
                if let Some(access) = self.access.get_mut(&provider) {
                    access.queue.remove(shipment_id);
                }
                self.dirty.insert(provider);
            }
        }
    }
}

/// Where a request got to.
enum Found {
    Answer(Answer),
    UnderWay(FlightId),
}

/// Millionths of a dollar as people write them.
fn usd(micros: u64) -> String {
    format!("${}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
