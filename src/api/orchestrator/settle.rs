//! An attempt has ended: what it means, what it did cost, and whether it is answered, tried again, or given up.

use super::{Attempt, Drain, Effect, Notice, RequestOrchestrator, Shipment};
use crate::api::batch::{joined, parts};
use crate::api::breaker::{BreakerState, CallEnd};
use crate::api::cache::Entry;
use crate::api::call::{Call, Method, RequestKey};
use crate::api::classify::{Class, Sign, Verdict, classify};
use crate::api::flight::FlightId;
use crate::api::headers::{self, Told};
use crate::api::ledger::{AttemptId, LedgerRow, Spend};
use crate::api::provider::Provider;
use crate::api::queue::ShipmentId;
use crate::api::quota::HeaderCount;
use crate::api::reply::{Reply, WireError};
use crate::api::request::{Answer, ApiError, Freshness};
use crate::api::retry::RetryCost;
use crate::api::time::{Now, Stamp};
use crate::api::usage::usage;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;
use std::time::Duration;

/// A missing or refused key is believed for an hour; then one call finds out.
const MISCONFIGURED_FOR: Duration = Duration::from_secs(3_600);
/// A used-up quota without a stated end is believed for an hour.
const PARKED_FOR: Duration = Duration::from_secs(3_600);

/// An ended attempt, judged.
struct Judged {
    attempt: Attempt,
    outcome: Result<Reply, WireError>,
    verdict: Verdict,
    told: Told,
    latency: Duration,
}

impl RequestOrchestrator {
    pub(super) fn done(
        &mut self,
        id: AttemptId,
        outcome: Result<Reply, WireError>,
        latency: Duration,
        now: Now,
        rng: &mut Pcg64Mcg,
        out: &mut Vec<Effect>,
    ) {
        // An aborted attempt was settled when it was aborted.
        let Some(attempt) = self.attempts.remove(&id) else {
            return;
        };
        let (provider, endpoint) = (attempt.row.provider, attempt.row.endpoint);
        let verdict = classify(provider, endpoint, &outcome, now.wall);
        let told = outcome.as_ref().map_or_else(
            |_| Told::default(),
            |reply| headers::read(provider, reply.status, &reply.headers, now.wall),
        );
        let judged = Judged {
            attempt,
            outcome,
            verdict,
            told,
            latency,
        };
        self.health
            .saw(provider, judged.verdict.class, &judged.verdict.message, now.mono);
        self.learn(id, &judged, now, rng, out);
        let row = self.bill(&judged, now);
        self.conclude(judged, row, now, rng, out);
        self.dirty.insert(provider);
    }

    /// What the outcome says about the provider: breaker, limits, quota.
    fn learn(&mut self, id: AttemptId, judged: &Judged, now: Now, rng: &mut Pcg64Mcg, out: &mut Vec<Effect>) {
        let (provider, endpoint) = (judged.attempt.row.provider, judged.attempt.row.endpoint);
        let Some(access) = self.access.get_mut(&provider) else {
            return;
        };
        let n_in_flight = u32::try_from(access.in_flight.len()).unwrap_or(u32::MAX);
        access.in_flight.remove(&id);
        let class = judged.verdict.class;
        let end = match (class, class.breaker()) {
            (Class::Aborted, _) => CallEnd::Abandoned,
            (_, Sign::Good) => CallEnd::Success,
            (_, Sign::Bad) => CallEnd::Failure,
            (_, Sign::Ignore) => CallEnd::Ignored,
        };
        let breaker = access.breaker(endpoint, now.mono);
        let before = breaker.state(now.mono);
        breaker.record(judged.attempt.permit, end, judged.latency, now.mono, rng);
        if before == BreakerState::Closed && breaker.state(now.mono) == BreakerState::Open {
            let message = judged.verdict.message.clone();
            out.push(Effect::Notice(Notice::BreakerOpened(provider, endpoint, message)));
        }
        if class.is_answer() {
            access.note_latency(endpoint, judged.latency);
            access.concurrency.succeeded(n_in_flight);
            access.budget.succeeded(now.mono);
            access.misconfigured.remove(&endpoint);
        }
        let asked = judged.told.retry_after.max(judged.verdict.wait);
        match class {
            Class::Throttled => {
                access.counts.n_throttled += 1;
                access.concurrency.dropped();
                access.cubic.throttled(now.mono);
                access.blocked_until = access.blocked_until.max(asked.map(|wait| now.mono + wait));
            }
            Class::Transient => {
                access.concurrency.dropped();
                access.blocked_until = access.blocked_until.max(asked.map(|wait| now.mono + wait));
            }
            Class::QuotaExhausted { until } => {
                let was = access.standing(now.mono).exhausted;
                // A quota of credits is marked once the answer's own count is entered, which may lag behind its words.
                if access.cache.quota().is_none() {
                    access.parked_until = Some(until.map_or(now.mono + PARKED_FOR, |t| now.mono_at(t)));
                }
                if !was {
                    out.push(Effect::Notice(Notice::QuotaExhausted(provider)));
                }
            }
            Class::Misconfigured => {
                let message = judged.verdict.message.clone();
                let until = now.mono + MISCONFIGURED_FOR;
                if access
                    .misconfigured
                    .insert(endpoint, (until, message.clone()))
                    .is_none()
                {
                    out.push(Effect::Notice(Notice::Misconfigured(provider, endpoint, message)));
                }
            }
            _ => {}
        }
        for window in &judged.told.windows {
            if let (Some(left), Some(reset_in)) = (window.remaining, window.reset_in) {
                access.pace.told(u64::from(left), reset_in, now.mono);
            }
        }
    }

    /// What the attempt did cost, in the ledger's row, the quota's account and the tracker.
    fn bill(&mut self, judged: &Judged, now: Now) -> LedgerRow {
        let mut row = judged.attempt.row.clone();
        let told = judged.told.credits.as_ref();
        let unknown = match &judged.outcome {
            Err(error) => error.may_have_been_billed(),
            // Whether a failing server charges is documented nowhere; its next count will tell.
            Ok(_) => judged.verdict.class == Class::Transient && told.and_then(|c| c.last).is_none(),
        };
        row.outcome = judged.verdict.class.name().to_owned();
        row.status = judged.outcome.as_ref().ok().map(|reply| reply.status);
        row.latency_ms = Some(u32::try_from(judged.latency.as_millis()).unwrap_or(u32::MAX));
        row.used_by_header = told.and_then(|c| c.used);
        let free = row.reserved_credits == 0 && row.reserved_usd_micros == 0;
        row.state = if unknown && !free {
            Spend::Uncertain
        } else {
            Spend::Settled
        };
        if row.state == Spend::Settled {
            let answered = judged.verdict.class.is_answer();
            let billed = answered || matches!(judged.verdict.class, Class::Refused | Class::Truncated);
            let by_class = if billed { row.reserved_credits } else { 0 };
            row.credits = told.and_then(|c| c.last).unwrap_or(by_class);
            let price = self
                .shipments
                .get(&judged.attempt.shipment)
                .and_then(|s| s.call.token_price);
            let stated = judged.outcome.as_ref().ok().and_then(|reply| {
                let used = usage(row.provider, row.endpoint, &reply.body)?;
                used.usd_micros.or_else(|| Some(used.cost_micros(price?)))
            });
            row.usd_micros = match stated {
                Some(usd_micros) => usd_micros,
                None if billed => row.reserved_usd_micros,
                None => 0,
            };
        }
        let count = told
            .filter(|c| c.used.is_some() || c.remaining.is_some())
            .map(|c| HeaderCount {
                used: c.used,
                remaining: c.remaining,
            });
        if let Some(access) = self.access.get_mut(&row.provider) {
            access.cache.settle_api_call(row.attempt, row.credits, count, now.wall);
            if let (Class::QuotaExhausted { .. }, Some(quota)) = (judged.verdict.class, access.cache.quota_mut()) {
                quota.exhausted();
            }
        }
        self.costs.settle(&row);
        row
    }

    /// Answers, tries again, splits, or gives up.
    fn conclude(&mut self, judged: Judged, row: LedgerRow, now: Now, rng: &mut Pcg64Mcg, out: &mut Vec<Effect>) {
        let id = judged.attempt.shipment;
        let Some(shipment) = self.shipments.get(&id) else {
            out.push(persist(row, Vec::new()));
            return;
        };
        if judged.verdict.class.is_answer()
            && let Some(answers) = self.answers(shipment, &judged, now)
        {
            let kept = answers.clone();
            out.push(persist(row, kept));
            self.deliver(id, answers, now, out);
            return;
        }
        // Of attempts before the last one it is not known any more.
        let billed = shipment.n_attempts > 1 || row.usd_micros > 0 || row.credits > 0;
        out.push(persist(row, Vec::new()));
        let (n_members, n_attempts) = (shipment.flights.len(), shipment.n_attempts);
        let class = judged.verdict.class;
        // An answer that does not fit its batch is a bad payload.
        let class = if class.is_answer() { Class::BadPayload } else { class };
        if class == Class::BadRequest && n_members > 1 {
            self.split(id, now, out);
        } else if !self.try_again(id, class, &judged, now, rng) {
            let error = error_of(&judged, class, n_attempts, billed);
            if matches!(class, Class::BadRequest | Class::NotFound) {
                self.remember_refusal(id, &error, now);
            }
            self.fail(id, error, now, out);
        }
    }

    /// What each flight of a shipment gets to keep; `None` when the answer does not have a part for each.
    fn answers(&self, shipment: &Shipment, judged: &Judged, now: Now) -> Option<Vec<(RequestKey, Entry)>> {
        let reply = judged.outcome.as_ref().ok()?;
        let flights: Vec<&FlightId> = shipment.flights.iter().collect();
        let entry = |body: Arc<[u8]>, key: &RequestKey, call: &Call| {
            let single = flights.len() == 1;
            let entry = Entry {
                body,
                fetched: Stamp::at(now),
                validators: if single {
                    judged.told.validators.clone()
                } else {
                    headers::Validators::default()
                },
                max_age: judged.told.max_age,
                provider: call.provider,
                endpoint: call.endpoint,
            };
            (key.clone(), entry)
        };
        if judged.verdict.class == Class::NotModified {
            let flight = self.flights.get(*shipment.flights.first()?)?;
            let old = self.access.get(&shipment.provider)?.cache.entry(&flight.key)?;
            let (key, mut kept) = entry(Arc::clone(&old.body), &flight.key, &flight.call);
            if kept.validators.is_empty() {
                kept.validators = old.validators.clone();
            }
            return judged.attempt.conditional.then(|| vec![(key, kept)]);
        }
        let bodies = parts(shipment.call.join, flights.len(), &reply.body)?;
        let kept = flights.iter().zip(bodies).filter_map(|(id, body)| {
            let flight = self.flights.get(**id)?;
            Some(entry(body, &flight.key, &flight.call))
        });
        Some(kept.collect())
    }

    /// Fills the cache and answers everybody who waits.
    fn deliver(&mut self, id: ShipmentId, answers: Vec<(RequestKey, Entry)>, now: Now, out: &mut Vec<Effect>) {
        let Some(shipment) = self.shipments.remove(&id) else {
            return;
        };
        for (flight, (key, entry)) in shipment.flights.into_iter().zip(answers) {
            let Some(flight) = self.flights.end(flight) else {
                continue;
            };
            if let Some(access) = self.access.get_mut(&shipment.provider) {
                access.counts.n_orphaned += u64::from(flight.waiters.is_empty() && !flight.background);
                access.cache.put(key, entry.clone());
            }
            for waiter in flight.waiters {
                let alternative = self.waiters.get(&waiter).map_or(0, |w| w.alternative);
                let answer = Answer {
                    body: Arc::clone(&entry.body),
                    provider: shipment.provider,
                    alternative,
                    fetched_at: now.wall,
                    age: Duration::ZERO,
                    freshness: Freshness::Live,
                };
                self.reply(waiter, Ok(answer), out);
            }
        }
    }

    /// Puts a shipment back into the queue for another attempt; false when it may have none.
    fn try_again(&mut self, id: ShipmentId, class: Class, judged: &Judged, now: Now, rng: &mut Pcg64Mcg) -> bool {
        let Some(shipment) = self.shipments.get(&id) else {
            return false;
        };
        let Some(access) = self.access.get_mut(&shipment.provider) else {
            return false;
        };
        let timed_out = matches!(judged.outcome, Err(WireError::Timeout(_)));
        let max_attempts = match class {
            // The answer was wrong, not late: one more try.
            Class::BadPayload => 2,
            // It may have been billed, and a repetition would be billed again.
            Class::Transient if shipment.call.method == Method::Post && judged.outcome.is_err() => {
                if matches!(judged.outcome, Err(WireError::Connect(_))) {
                    access.policy.retry.max_attempts
                } else {
                    2
                }
            }
            _ => access.policy.retry.max_attempts,
        };
        let wanted = shipment.flights.iter().any(|f| {
            self.flights
                .get(*f)
                .is_some_and(|f| f.background || !f.waiters.is_empty())
        });
        if !class.is_retryable()
            || !wanted
            || self.drain != Drain::Running
            || shipment.n_attempts >= max_attempts.min(access.policy.retry.max_attempts)
        {
            return false;
        }
        let throttled = class == Class::Throttled;
        let wait = access.policy.retry.wait(shipment.n_attempts, throttled, rng);
        let at = (now.mono + wait).max(access.blocked_until.unwrap_or_default());
        if at + access.usual_latency(shipment.call.endpoint) >= shipment.deadline {
            return false;
        }
        let cost = if timed_out {
            RetryCost::Timeout
        } else {
            RetryCost::Known
        };
        if !access.budget.take(cost, now.mono) {
            return false;
        }
        access.queue.push(id, shipment.priority, shipment.enqueued, Some(at));
        if let Some(shipment) = self.shipments.get_mut(&id) {
            shipment.sent = false;
        }
        true
    }

    /// One member may be what was refused: two halves, and then each alone.
    fn split(&mut self, id: ShipmentId, now: Now, out: &mut Vec<Effect>) {
        let Some(shipment) = self.shipments.remove(&id) else {
            return;
        };
        let size = if shipment.n_splits == 0 {
            shipment.flights.len().div_ceil(2)
        } else {
            1
        };
        for flights in shipment.flights.chunks(size) {
            let calls: Vec<&Call> = flights
                .iter()
                .filter_map(|f| self.flights.get(*f).map(|f| &f.call))
                .collect();
            let Some(call) = joined(&calls) else { continue };
            let part = Shipment {
                flights: flights.to_vec(),
                call: Arc::new(call),
                n_attempts: 0,
                n_splits: shipment.n_splits + 1,
                sent: false,
                ..shipment.clone()
            };
            let part = self.enqueue(part, None);
            let orphans: Vec<FlightId> = flights
                .iter()
                .copied()
                .filter(|f| {
                    self.flights
                        .get(*f)
                        .is_some_and(|f| f.waiters.is_empty() && !f.background)
                })
                .collect();
            orphans.into_iter().for_each(|flight| self.cancel(flight));
            if self.drain != Drain::Running {
                let provider = shipment.provider;
                self.fail(part, ApiError::ShuttingDown { provider }, now, out);
            }
        }
    }

    fn remember_refusal(&mut self, id: ShipmentId, error: &ApiError, now: Now) {
        let Some(shipment) = self.shipments.get(&id) else {
            return;
        };
        let key = shipment
            .flights
            .first()
            .and_then(|f| self.flights.get(*f))
            .map(|f| f.key.clone());
        if let (Some(key), Some(access)) = (key, self.access.get_mut(&shipment.provider)) {
            access.cache.refuse(key, error.clone(), now);
        }
    }
}

fn persist(row: LedgerRow, kept: Vec<(RequestKey, Entry)>) -> Effect {
    Effect::Persist {
        row: Box::new(row),
        kept,
    }
}

/// The reason a request gets for its last attempt.
fn error_of(judged: &Judged, class: Class, n_attempts: u32, billed: bool) -> ApiError {
    let provider: Provider = judged.attempt.row.provider;
    let message = judged.verdict.message.clone();
    let status = judged
        .attempt
        .row
        .status
        .or(judged.outcome.as_ref().ok().map(|r| r.status));
    match class {
        Class::QuotaExhausted { until } => ApiError::QuotaExhausted { provider, until },
        Class::Misconfigured => ApiError::Misconfigured { provider, message },
        Class::NotFound => ApiError::NotFound { provider, message },
        Class::Refused => ApiError::Declined { provider, message },
        Class::Truncated => ApiError::Truncated { provider, message },
        Class::BadRequest => ApiError::Refused {
            provider,
            status: status.unwrap_or_default(),
            message,
        },
        Class::Aborted => ApiError::ShuttingDown { provider },
        Class::Success | Class::NotModified | Class::Transient | Class::Throttled | Class::BadPayload => {
            ApiError::Failed {
                provider,
                message: if message.is_empty() {
                    class.name().to_owned()
                } else {
                    message
                },
                n_attempts,
                billed,
            }
        }
    }
}
