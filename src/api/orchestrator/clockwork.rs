//! What time alone brings: deadlines, rising priorities, full batches, waiting calls, and the end.

use super::{DRAIN_LIMIT, Drain, Effect, RequestOrchestrator};
use crate::api::breaker::CallEnd;
use crate::api::flight::{FlightId, WaiterId};
use crate::api::ledger::{AttemptId, Spend};
use crate::api::queue::ShipmentId;
use crate::api::request::{ApiError, Priority};
use crate::api::time::Now;
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

impl RequestOrchestrator {
    /// Everything whose time has come, and then whatever may be sent.
    pub(super) fn advance(&mut self, now: Now, rng: &mut Pcg64Mcg, out: &mut Vec<Effect>) {
        self.expire(now, out);
        self.rise(now);
        for batch in self.batcher.due(now.mono) {
            self.ship(batch, now);
        }
        for (provider, access) in &mut self.access {
            if access.wake.is_some_and(|at| at <= now.mono) {
                self.dirty.insert(*provider);
            }
            if self.dirty.contains(provider) {
                for breaker in access.breakers.values_mut() {
                    breaker.tick(now.mono, rng);
                }
                if let Some(quota) = access.cache.quota_mut() {
                    quota.tick(now.wall);
                }
            }
        }
        // A refused call may send its waiters to another provider.
        while let Some(provider) = self.dirty.pop_first() {
            self.dispatch(provider, now, out);
        }
        self.finish_drain(now, out);
        self.arm(now, out);
    }

    /// Everybody is answered by their deadline, with something old or with the reason.
    fn expire(&mut self, now: Now, out: &mut Vec<Effect>) {
        while let Some(&(deadline, id)) = self.deadlines.first() {
            if deadline > now.mono {
                break;
            }
            let Some(waiter) = self.waiters.get_mut(&id) else {
                self.deadlines.pop_first();
                continue;
            };
            let provider = waiter.request.call.provider;
            let flight = waiter.flight.take();
            waiter.first_error.get_or_insert(ApiError::Deadline {
                provider,
                waited_for: Some("an answer under way".to_owned()),
            });
            self.give_up(id, now, out);
            if let Some(flight) = flight {
                self.disembark(flight, id);
            }
        }
    }

    /// A kickoff has come near: its requests rise.
    fn rise(&mut self, now: Now) {
        while let Some(&(at, id)) = self.rises.first() {
            if at > now.mono {
                break;
            }
            self.rises.pop_first();
            self.raise(id, now);
        }
    }

    fn raise(&mut self, id: WaiterId, now: Now) {
        let Some(waiter) = self.waiters.get(&id) else { return };
        let priority = waiter.request.priority_at(now);
        let Some(flight_id) = waiter.flight else { return };
        let Some(flight) = self.flights.get_mut(flight_id) else {
            return;
        };
        if priority < flight.priority {
            flight.priority = priority;
            self.escalate(flight_id, now);
        }
    }

    /// Asks to be woken when the next thing is due; says so only when that has changed.
    fn arm(&mut self, now: Now, out: &mut Vec<Effect>) {
        let drain = match self.drain {
            Drain::Draining { until } => Some(until),
            Drain::Running | Drain::Drained => None,
        };
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let rise = self.rises.first().map(|(at, _)| *at);
        let queues = self.access.values().filter_map(|a| a.wake).min();
        let next = [drain, deadline, rise, queues, self.batcher.next_due()]
            .into_iter()
            .flatten()
            .min();
        let next = next.map(|at| at.max(now.mono));
        if next != self.woken_at {
            self.woken_at = next;
            out.extend(next.map(Effect::Wake));
        }
    }

    /// Takes nothing new. What is speculative is dropped at once, what cannot be in time as well; the rest has until the
    /// end of the drain.
    pub(super) fn shut_down(&mut self, now: Now, out: &mut Vec<Effect>) {
        if self.drain != Drain::Running {
            return;
        }
        let until = now.mono + DRAIN_LIMIT;
        self.drain = Drain::Draining { until };
        let collecting: Vec<FlightId> = self
            .flights
            .iter()
            .filter(|(_, f)| f.shipment.is_none())
            .map(|(id, _)| id)
            .collect();
        for batch in collecting
            .into_iter()
            .filter_map(|id| self.batcher.hurry(id))
            .collect::<Vec<_>>()
        {
            self.ship(batch, now);
        }
        let dropped: Vec<ShipmentId> = self
            .shipments
            .iter()
            .filter(|(_, s)| {
                !s.sent && (s.priority == Priority::Low || s.n_attempts > 0 || !self.is_awaited(&s.flights))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in dropped {
            if let Some(provider) = self.shipments.get(&id).map(|s| s.provider) {
                self.fail(id, ApiError::ShuttingDown { provider }, now, out);
            }
        }
        for shipment in self.shipments.values_mut() {
            shipment.deadline = shipment.deadline.min(until);
        }
        self.dirty.extend(self.access.keys().copied());
    }

    fn is_awaited(&self, flights: &[FlightId]) -> bool {
        flights
            .iter()
            .any(|id| self.flights.get(*id).is_some_and(|f| !f.waiters.is_empty()))
    }

    /// Aborts what the end of the drain finds, and says when nothing is left.
    fn finish_drain(&mut self, now: Now, out: &mut Vec<Effect>) {
        let Drain::Draining { until } = self.drain else { return };
        if now.mono >= until {
            let attempts: Vec<AttemptId> = self.attempts.keys().copied().collect();
            for id in attempts {
                self.abort(id, now, out);
            }
            let left: Vec<ShipmentId> = self.shipments.keys().copied().collect();
            for id in left {
                if let Some(provider) = self.shipments.get(&id).map(|s| s.provider) {
                    self.fail(id, ApiError::ShuttingDown { provider }, now, out);
                }
            }
        }
        if self.attempts.is_empty() && self.shipments.is_empty() {
            self.drain = Drain::Drained;
            out.push(Effect::Drained);
        }
    }

    /// Gives up on a sent attempt: it may have been billed, so what was set aside counts as spent.
    fn abort(&mut self, id: AttemptId, now: Now, out: &mut Vec<Effect>) {
        let Some(attempt) = self.attempts.remove(&id) else {
            return;
        };
        let mut row = attempt.row;
        let free = row.reserved_credits == 0 && row.reserved_usd_micros == 0;
        row.state = if free { Spend::Settled } else { Spend::Uncertain };
        row.outcome = "aborted".to_owned();
        if let Some(access) = self.access.get_mut(&row.provider) {
            access.in_flight.remove(&id);
            access.cache.settle_api_call(id, row.credits, None, now.wall);
            let breaker = access.breaker(row.endpoint, now.mono);
            // Abandoned permits decide nothing, so no chance is needed.
            let mut unused = Pcg64Mcg::new(0);
            breaker.record(
                attempt.permit,
                CallEnd::Abandoned,
                Duration::ZERO,
                now.mono,
                &mut unused,
            );
        }
        self.costs.settle(&row);
        out.push(Effect::Abort(id));
        out.push(Effect::Persist {
            row: Box::new(row),
            kept: Vec::new(),
        });
    }
}
