//! Batches: calls that differ only in a place or a day become one, which is what is queued, limited and paid for.

use super::call::{Call, Join, RequestKey};
use super::flight::FlightId;
use super::request::Priority;
use super::time::Mono;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a batch collects; one with a Critical member does not.
pub const WINDOW: Duration = Duration::from_millis(25);

/// Places fit in an address of 3,500 characters up to about a hundred; all stadiums of a week are 32.
const MAX_PLACES: usize = 40;
/// A season's week has seven days; a month is the most anybody asks for at once.
const MAX_DAYS: usize = 31;

/// The flights of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Members, in the order of the answer.
    pub flights: Vec<FlightId>,
    /// The joined call.
    pub call: Call,
}

#[derive(Clone, Debug)]
struct Open {
    members: Vec<(FlightId, Call)>,
    due: Mono,
}

/// Collects joinable calls for a moment.
#[derive(Clone, Debug, Default)]
pub struct RequestBatcher {
    open: BTreeMap<RequestKey, Open>,
    n_batches: u64,
    n_members: u64,
}

impl RequestBatcher {
    /// Adds a flight to the batch of its kind. Returns the batch when it is complete: full, or one of its members cannot
    /// wait.
    pub fn add(&mut self, flight: FlightId, call: &Call, priority: Priority, now: Mono) -> Option<Batch> {
        let Some(join) = call.join else {
            return Some(Batch {
                flights: vec![flight],
                call: call.clone(),
            });
        };
        let group = group_of(call, join);
        let batch = self.open.entry(group.clone()).or_insert_with(|| Open {
            members: Vec::new(),
            due: now + WINDOW,
        });
        batch.members.push((flight, call.clone()));
        let max = match join {
            Join::Places => MAX_PLACES,
            Join::Days => MAX_DAYS,
        };
        if priority == Priority::Critical || batch.members.len() >= max {
            return self.close(&group);
        }
        None
    }

    /// A member is not wanted any more, before its batch is complete.
    pub fn remove(&mut self, flight: FlightId) {
        for open in self.open.values_mut() {
            open.members.retain(|(id, _)| *id != flight);
        }
        self.open.retain(|_, open| !open.members.is_empty());
    }

    /// Completes the batch of a flight that has become Critical.
    pub fn hurry(&mut self, flight: FlightId) -> Option<Batch> {
        let holds = |open: &Open| open.members.iter().any(|(id, _)| *id == flight);
        let group = self.open.iter().find(|(_, open)| holds(open)).map(|(k, _)| k.clone())?;
        self.close(&group)
    }

    /// Batches whose window is over.
    pub fn due(&mut self, now: Mono) -> Vec<Batch> {
        let over = self
            .open
            .iter()
            .filter(|(_, open)| open.due <= now)
            .map(|(k, _)| k.clone());
        let over: Vec<RequestKey> = over.collect();
        over.iter().filter_map(|group| self.close(group)).collect()
    }

    /// When the next window is over.
    pub fn next_due(&self) -> Option<Mono> {
        self.open.values().map(|open| open.due).min()
    }

    /// (batches sent, calls in them) so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.n_batches, self.n_members)
    }

    fn close(&mut self, group: &RequestKey) -> Option<Batch> {
        let open = self.open.remove(group)?;
        self.n_batches += 1;
        self.n_members += open.members.len() as u64;
        let flights = open.members.iter().map(|(id, _)| *id).collect();
        let calls: Vec<&Call> = open.members.iter().map(|(_, call)| call).collect();
        Some(Batch {
            flights,
            call: joined(&calls)?,
        })
    }
}

/// The parameters that differ between members.
fn lists(join: Join) -> &'static [&'static str] {
    match join {
        Join::Places => &["latitude", "longitude"],
        Join::Days => &["dates"],
    }
}

fn group_of(call: &Call, join: Join) -> RequestKey {
    let mut rest = call.clone();
    rest.query.retain(|(name, _)| !lists(join).contains(&name.as_str()));
    rest.key()
}

/// One call for several: places as lists in the given order, days as the range that holds them all. `None` for none.
pub fn joined(calls: &[&Call]) -> Option<Call> {
    let (first, rest) = calls.split_first()?;
    let Some(join) = first.join.filter(|_| !rest.is_empty()) else {
        return Some((*first).clone());
    };
    let mut call = (*first).clone();
    for (name, value) in &mut call.query {
        if !lists(join).contains(&name.as_str()) {
            continue;
        }
        let values = calls.iter().filter_map(|c| c.param(name));
        *value = match join {
            Join::Places => values.collect::<Vec<_>>().join(","),
            Join::Days => {
                let days: Vec<&str> = values.flat_map(|v| v.split('-')).collect();
                let (low, high) = (days.iter().min()?, days.iter().max()?);
                if low == high {
                    (*low).to_owned()
                } else {
                    format!("{low}-{high}")
                }
            }
        };
    }
    if join == Join::Places {
        call.weight = calls.iter().map(|c| c.weight).sum();
    }
    call.credits = calls.iter().map(|c| c.credits).max().unwrap_or(0);
    Some(call)
}

/// The members' parts of an answer, in order; `None` when it does not have as many as there are members.
pub fn parts(join: Option<Join>, n_members: usize, body: &Arc<[u8]>) -> Option<Vec<Arc<[u8]>>> {
    match join {
        Some(Join::Places) if n_members > 1 => {
            let parts: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
            (parts.len() == n_members).then(|| parts.iter().map(|p| p.get().as_bytes().into()).collect())
        }
        _ => Some(vec![Arc::clone(body); n_members]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Endpoint, Provider};

    fn place(lat: &str) -> Call {
        let query = [("latitude", lat), ("longitude", "-80"), ("hourly", "wind")];
        Call::get(Provider::OpenMeteo, Endpoint::Forecast, "/v1/forecast", &query).joined(Join::Places)
    }

    fn day(day: &str) -> Call {
        Call::get(Provider::Espn, Endpoint::Scoreboard, "/scoreboard", &[("dates", day)]).joined(Join::Days)
    }

    #[test]
    fn places_become_lists_in_order_and_days_a_range() {
        let mut b = RequestBatcher::default();
        for (id, lat) in [(0, "40"), (1, "30"), (2, "50")] {
            assert_eq!(b.add(FlightId(id), &place(lat), Priority::Normal, Mono(0)), None);
        }
        assert!(b.due(Mono(0)).is_empty());
        let batch = b.due(b.next_due().unwrap()).pop().unwrap();
        assert_eq!(batch.flights, [FlightId(0), FlightId(1), FlightId(2)]);
        assert_eq!((batch.call.param("latitude"), batch.call.weight), (Some("40,30,50"), 3));
        let (one, two) = (day("20191006"), day("20191003-20191004"));
        assert_eq!(joined(&[&one, &two]).unwrap().param("dates"), Some("20191003-20191006"));
        assert_eq!(b.counts(), (1, 3));
    }

    #[test]
    fn a_critical_member_does_not_wait_and_one_that_left_is_not_sent() {
        let mut b = RequestBatcher::default();
        b.add(FlightId(0), &place("40"), Priority::Normal, Mono(0));
        b.add(FlightId(1), &place("30"), Priority::Normal, Mono(0));
        b.remove(FlightId(0));
        let batch = b.add(FlightId(2), &place("50"), Priority::Critical, Mono(0)).unwrap();
        assert_eq!(batch.flights, [FlightId(1), FlightId(2)]);
        b.add(FlightId(3), &place("20"), Priority::Normal, Mono(0));
        assert_eq!(b.hurry(FlightId(3)).unwrap().call, place("20"));
    }

    #[test]
    fn an_answer_has_a_part_for_each_member_or_none_at_all() {
        let body = |text: &str| -> Arc<[u8]> { text.as_bytes().into() };
        let split = parts(Some(Join::Places), 2, &body(r#"[{"a":1},{"a":2}]"#)).unwrap();
        assert_eq!(&*split[1], br#"{"a":2}"#);
        assert_eq!(parts(Some(Join::Places), 3, &body("[1,2]")), None);
        assert_eq!(parts(Some(Join::Places), 1, &body("{}")).unwrap().len(), 1);
        assert_eq!(parts(Some(Join::Days), 4, &body("{}")).unwrap().len(), 4);
    }
}
