//! The gate: everything that may bar a call is looked at first and taken afterwards, in one step.
//!
//! The breaker comes before the rate windows, so an open breaker burns no tokens, and a half-open permit is taken only when
//! everything else is there. What can be had later is waited for at the head of the queue, or small calls would starve
//! large ones; what cannot is refused with its reason, and the next is looked at.

use super::{Attempt, Effect, Notice, RequestOrchestrator, Shipment};
use crate::api::bucket::BucketError;
use crate::api::ledger::{AttemptId, LedgerRow, Spend};
use crate::api::provider::Provider;
use crate::api::queue::{Next, ShipmentId};
use crate::api::request::{ApiError, Priority};
use crate::api::time::{Mono, Now};
use std::sync::Arc;
use std::time::Duration;

/// Left over of a deadline for handing the answer on.
const MARGIN: Duration = Duration::from_millis(50);

/// What the gate says.
enum Gate {
    /// Everything is there, for at most so long.
    Go { timeout: Duration },
    /// Come back then; `None` for when something in flight ends.
    Wait(Option<Mono>),
    /// Never, for this request.
    Refuse(Box<ApiError>),
}

impl RequestOrchestrator {
    /// Sends what may be sent of a provider's queue.
    pub(super) fn dispatch(&mut self, provider: Provider, now: Now, out: &mut Vec<Effect>) {
        let Some(access) = self.access.get_mut(&provider) else {
            return;
        };
        access.wake = access.breakers.values().filter_map(|b| b.next_tick()).min();
        while let Some(next) = self.access.get_mut(&provider).and_then(|a| a.queue.peek(now.mono)) {
            match self.look(provider, next, now) {
                Gate::Go { timeout } => self.send(next, timeout, now, out),
                Gate::Wait(at) => {
                    if let (Some(at), Some(access)) = (at, self.access.get_mut(&provider)) {
                        access.wake_at(at);
                    }
                    break;
                }
                Gate::Refuse(error) => self.fail(next.id, *error, now, out),
            }
        }
        if let Some(access) = self.access.get_mut(&provider)
            && let Some(due) = access.queue.next_due()
        {
            access.wake_at(due);
        }
    }

    /// Looks at everything, takes nothing.
    fn look(&self, provider: Provider, next: Next, now: Now) -> Gate {
        let (Some(access), Some(shipment)) = (self.access.get(&provider), self.shipments.get(&next.id)) else {
            let message = "its queue lost it".to_owned();
            return Gate::Refuse(Box::new(ApiError::Impossible { provider, message }));
        };
        let call = &shipment.call;
        let late = |why: Option<String>| {
            Gate::Refuse(Box::new(ApiError::Deadline {
                provider,
                waited_for: why,
            }))
        };
        let left = shipment.deadline.since(now.mono);
        if left <= MARGIN + access.usual_latency(call.endpoint) {
            return late(Some("too little time was left for its usual latency".to_owned()));
        }
        if let Some(breaker) = access.breakers.get(&call.endpoint)
            && let Err(retry_in) = breaker.check(now.mono)
        {
            return Gate::Refuse(Box::new(ApiError::BreakerOpen { provider, retry_in }));
        }
        let allowed = access.max_in_flight(call.endpoint, now.mono);
        if access.in_flight.len() >= allowed {
            // While a breaker's ramp runs the limit rises by itself.
            let ramping = allowed < access.concurrency.limit() as usize;
            return Gate::Wait(ramping.then(|| now.mono + Duration::from_millis(100)));
        }
        let weight = u64::from(call.weight);
        let mut wait = access.blocked_until.filter(|until| *until > now.mono);
        let mut also = |at: Mono| wait = Some(wait.map_or(at, |w| w.max(at)));
        for paced in [access.cubic.check(now.mono), access.pace.check(now.mono)] {
            if let Err(more) = paced {
                also(now.mono + more);
            }
        }
        match access.windows.check(weight, next.priority, next.overdue, now.mono) {
            Ok(()) => {}
            Err(BucketError::Wait(more)) => also(now.mono + more),
            Err(never) => {
                let message = format!("it could never be sent: {never}");
                return Gate::Refuse(Box::new(ApiError::Impossible { provider, message }));
            }
        }
        if let Some(until) = wait {
            if until >= shipment.deadline {
                return late(Some("its turn under the rate limit".to_owned()));
            }
            return Gate::Wait(Some(until));
        }
        if let Err(error) = self.affordable(call, next.priority, now) {
            return Gate::Refuse(Box::new(error));
        }
        let timeout = access.policy.attempt_timeout.min(left - MARGIN);
        Gate::Go { timeout }
    }

    /// Takes everything that [`RequestOrchestrator::look`] found there, and sends.
    fn send(&mut self, next: Next, timeout: Duration, now: Now, out: &mut Vec<Effect>) {
        let Some(shipment) = self.shipments.get_mut(&next.id) else {
            return;
        };
        let provider = shipment.provider;
        let Some(access) = self.access.get_mut(&provider) else {
            return;
        };
        self.n_attempts += 1;
        let attempt = AttemptId::new(self.generation, self.n_attempts);
        shipment.n_attempts += 1;
        shipment.sent = true;
        let call = Arc::clone(&shipment.call);
        let permit = access.breaker(call.endpoint, now.mono).acquire(now.mono);
        access.windows.consume(u64::from(call.weight), now.mono);
        access.cubic.sent(now.mono);
        access.pace.sent(now.mono);
        access.cache.record_api_call(attempt, call.credits);
        access.in_flight.insert(attempt);
        access.queue.dispatched(next.id, next.priority, now.mono);
        access.counts.n_attempts += 1;
        access.counts.n_retries += u64::from(shipment.n_attempts > 1);
        self.costs.reserve(attempt, provider, call.usd_micros);
        let first = shipment.flights.first().and_then(|id| self.flights.get(*id));
        let agent = first.map_or_else(|| Arc::from("nobody"), |flight| Arc::clone(&flight.agent));
        let validators = if shipment.flights.len() == 1 {
            let entry = first.and_then(|flight| access.cache.entry(&flight.key));
            entry.map(|e| e.validators.clone()).filter(|v| !v.is_empty())
        } else {
            None
        };
        let row = reservation(attempt, shipment, next.priority, agent, now);
        self.attempts.insert(
            attempt,
            Attempt {
                shipment: next.id,
                permit,
                row: row.clone(),
                conditional: validators.is_some(),
            },
        );
        out.push(Effect::Send {
            attempt,
            call,
            validators,
            timeout,
            row: Box::new(row),
        });
        if self.costs.is_near_cap(provider, now.wall) && self.near_cap.insert((provider, now.wall.date_naive())) {
            out.push(Effect::Notice(Notice::NearCap(provider)));
        }
    }

    /// Ends a shipment without an answer: whoever waits goes on to what would do as well.
    pub(super) fn fail(&mut self, id: ShipmentId, error: ApiError, now: Now, out: &mut Vec<Effect>) {
        let Some(shipment) = self.shipments.remove(&id) else {
            return;
        };
        if let Some(access) = self.access.get_mut(&shipment.provider) {
            access.queue.remove(id);
        }
        for flight in shipment.flights {
            let Some(flight) = self.flights.end(flight) else {
                continue;
            };
            for waiter in flight.waiters {
                let Some(waiting) = self.waiters.get_mut(&waiter) else {
                    continue;
                };
                waiting.flight = None;
                waiting.first_error.get_or_insert_with(|| error.clone());
                let next = waiting.alternative + 1;
                self.seek(waiter, next, now, out);
            }
        }
    }
}

/// The ledger row of an attempt before anybody knows what it will cost.
fn reservation(
    attempt: AttemptId,
    shipment: &Shipment,
    priority: Priority,
    agent: Arc<str>,
    now: Now,
) -> LedgerRow {
    let call = &shipment.call;
    LedgerRow {
        attempt,
        at: now.wall,
        provider: shipment.provider,
        endpoint: call.endpoint,
        key: call.key(),
        agent,
        priority,
        state: Spend::Reserved,
        reserved_credits: call.credits,
        credits: call.credits,
        reserved_usd_micros: call.usd_micros,
        usd_micros: call.usd_micros,
        outcome: String::new(),
        status: None,
        latency_ms: None,
        used_by_header: None,
    }
}
