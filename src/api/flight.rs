//! One flight a call, however many wait for it: the orchestrator owns the flight, and whoever waits may leave.

use super::call::{Call, RequestKey};
use super::queue::ShipmentId;
use super::request::Priority;
use super::time::Mono;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Number of a flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlightId(pub u64);

/// Number of somebody who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// A call on its way to an answer.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Its call.
    pub call: Call,
    /// The call's name.
    pub key: RequestKey,
    /// Who waits; nobody, for a refresh in the background.
    pub waiters: BTreeSet<WaiterId>,
    /// The most urgent class anybody who waited had; it never sinks, or leaving and coming would churn the queue.
    pub priority: Priority,
    /// The latest deadline of all who waited.
    pub deadline: Mono,
    /// The shipment it travels in; `None` while a batch collects.
    pub shipment: Option<ShipmentId>,
    /// Nobody needs to wait for it: it refreshes the cache.
    pub background: bool,
    /// Who asked first, for the bill.
    pub agent: Arc<str>,
}

/// How a request came to its flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// A flight was under way and is shared.
    Shared {
        /// Which.
        flight: FlightId,
        /// It became more urgent by this.
        rose: bool,
    },
    /// A new one began.
    Began(FlightId),
}

/// Flights by call: at most one at a time for each.
#[derive(Clone, Debug, Default)]
pub struct RequestCoalescer {
    flights: BTreeMap<FlightId, Flight>,
    by_key: BTreeMap<RequestKey, FlightId>,
    next: u64,
    n_shared: u64,
}

impl RequestCoalescer {
    /// Joins the flight of a call, or begins one. `waiter` is `None` for a refresh in the background.
    pub fn join(
        &mut self,
        call: &Call,
        key: &RequestKey,
        waiter: Option<WaiterId>,
        priority: Priority,
        deadline: Mono,
        agent: &Arc<str>,
    ) -> Joined {
        if let Some((id, flight)) = self
            .by_key
            .get(key)
            .and_then(|id| self.flights.get_mut(id).map(|f| (*id, f)))
        {
            let rose = priority < flight.priority || deadline > flight.deadline;
            flight.priority = flight.priority.min(priority);
            flight.deadline = flight.deadline.max(deadline);
            flight.waiters.extend(waiter);
            flight.background |= waiter.is_none();
            self.n_shared += 1;
            return Joined::Shared { flight: id, rose };
        }
        let id = FlightId(self.next);
        self.next += 1;
        let flight = Flight {
            call: call.clone(),
            key: key.clone(),
            waiters: waiter.into_iter().collect(),
            priority,
            deadline,
            shipment: None,
            background: waiter.is_none(),
            agent: Arc::clone(agent),
        };
        self.flights.insert(id, flight);
        self.by_key.insert(key.clone(), id);
        Joined::Began(id)
    }

    /// A flight.
    pub fn get(&self, id: FlightId) -> Option<&Flight> {
        self.flights.get(&id)
    }

    /// A flight, to change.
    pub fn get_mut(&mut self, id: FlightId) -> Option<&mut Flight> {
        self.flights.get_mut(&id)
    }

    /// Somebody leaves. True when nobody is left for whose sake it should be sent.
    pub fn leave(&mut self, id: FlightId, waiter: WaiterId) -> bool {
        let Some(flight) = self.flights.get_mut(&id) else {
            return false;
        };
        flight.waiters.remove(&waiter);
        flight.waiters.is_empty() && !flight.background
    }

    /// Ends a flight: its name is free at once, so whoever comes now begins another.
    pub fn end(&mut self, id: FlightId) -> Option<Flight> {
        let flight = self.flights.remove(&id)?;
        self.by_key.remove(&flight.key);
        Some(flight)
    }

    /// The flight of a call, if one is under way.
    pub fn of_key(&self, key: &RequestKey) -> Option<FlightId> {
        self.by_key.get(key).copied()
    }

    /// All flights under way.
    pub fn iter(&self) -> impl Iterator<Item = (FlightId, &Flight)> {
        self.flights.iter().map(|(id, flight)| (*id, flight))
    }

    /// Flights under way.
    pub fn len(&self) -> usize {
        self.flights.len()
    }

    /// True when none is.
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Requests that shared a flight so far.
    pub fn n_shared(&self) -> u64 {
        self.n_shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Endpoint, Provider};

    fn call() -> Call {
        Call::get(Provider::Espn, Endpoint::News, "/news", &[])
    }

    #[test]
    fn a_flight_takes_the_most_urgent_class_and_the_latest_deadline_and_keeps_them() {
        let mut c = RequestCoalescer::default();
        let (call, agent): (Call, Arc<str>) = (call(), "a".into());
        let key = call.key();
        let join = |c: &mut RequestCoalescer, w, p, d| c.join(&call, &key, Some(WaiterId(w)), p, Mono(d), &agent);
        let Joined::Began(id) = join(&mut c, 1, Priority::Low, 50) else {
            panic!("it is the first")
        };
        assert_eq!(
            join(&mut c, 2, Priority::High, 20),
            Joined::Shared { flight: id, rose: true }
        );
        assert_eq!(
            join(&mut c, 3, Priority::Normal, 10),
            Joined::Shared {
                flight: id,
                rose: false
            }
        );
        assert!(!c.leave(id, WaiterId(2)) && !c.leave(id, WaiterId(1)));
        let flight = c.get(id).unwrap();
        assert_eq!((flight.priority, flight.deadline), (Priority::High, Mono(50)));
        assert!(c.leave(id, WaiterId(3)), "nobody is left");
        c.end(id);
        assert!(matches!(join(&mut c, 4, Priority::Low, 1), Joined::Began(new) if new != id));
        assert_eq!((c.n_shared(), c.len()), (2, 1));
    }

    #[test]
    fn a_refresh_is_wanted_though_nobody_waits() {
        let mut c = RequestCoalescer::default();
        let (call, agent): (Call, Arc<str>) = (call(), "a".into());
        let key = call.key();
        let Joined::Began(id) = c.join(&call, &key, None, Priority::Normal, Mono(9), &agent) else {
            panic!("it is the first")
        };
        c.join(&call, &key, Some(WaiterId(1)), Priority::Normal, Mono(9), &agent);
        assert!(!c.leave(id, WaiterId(1)));
    }
}
