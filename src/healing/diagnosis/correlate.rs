//! Which symptoms belong together: those close in time whose places hang together.

use super::graph::Graph;
use crate::healing::fault::Place;
use chrono::{DateTime, TimeDelta, Utc};

/// Symptoms further apart than this are two incidents: the longest chain of cause and effect in the house is a cached
/// answer that runs out, after five minutes at most.
pub const WINDOW: TimeDelta = TimeDelta::minutes(5);
/// What more places than this depend on connects nobody by itself: everything needs the database, and so two failures
/// at random would always be one.
const MAX_FAN_IN: usize = 8;

/// Whether two instants are close enough for one incident.
pub fn close(a: DateTime<Utc>, b: DateTime<Utc>) -> bool {
    (a - b).abs() <= WINDOW
}

/// Whether two places hang together: they are one, one depends on the other, or both have an edge to the same third on which
/// no more than eight depend.
pub fn related(a: &Place, b: &Place, graph: &Graph) -> bool {
    if a == b || graph.dependencies(a).contains(b) || graph.dependencies(b).contains(a) {
        return true;
    }
    let narrow = |on: &&Place| graph.fan_in(on) <= MAX_FAN_IN;
    graph
        .direct(a)
        .filter(narrow)
        .any(|on| graph.direct(b).any(|other| other == on))
}
