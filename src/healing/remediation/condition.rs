//! Post-conditions: what must be seen in a later snapshot for an order to have done what it was for.

use super::snapshot::{Health, Mark, Snapshot, Standing};
use crate::healing::fault::Place;
use crate::healing::reading::Metric;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was seen less than this after an order was done may still be from before it: a metric is read every ten seconds, and
/// a detector that looks at a few readings must have seen new ones.
pub const SETTLE: TimeDelta = TimeDelta::seconds(30);

/// What a look at a snapshot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is seen not to hold.
    Fails,
    /// Nothing late enough was seen. Not a success: silence is not recovery.
    Unknown,
    /// It is seen to hold.
    Holds,
}

/// A predicate over snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A probe found the place well.
    Well(Place),
    /// The metric has been read, and nothing about it was out of the ordinary since.
    Calm(Metric),
    /// The actor runs.
    Up(Place),
    /// The mark is there.
    Marked(Place, Mark),
    /// All of these; none at all holds.
    All(Vec<Condition>),
}

impl Condition {
    /// What `snapshot` says of it, counting only what was seen [`SETTLE`] or more after `after`.
    pub fn judge(&self, snapshot: &Snapshot, after: DateTime<Utc>) -> Verdict {
        let from = after + SETTLE;
        let of = |holds: bool| if holds { Verdict::Holds } else { Verdict::Fails };
        match self {
            Condition::All(parts) => {
                let worst = parts.iter().map(|part| part.judge(snapshot, after)).min();
                worst.unwrap_or(Verdict::Holds)
            }
            Condition::Calm(metric) => match snapshot.courses.get(metric) {
                Some(course) if course.last_anomaly.is_some_and(|at| at >= from) => Verdict::Fails,
                Some(course) if course.last_reading.is_some_and(|at| at >= from) => Verdict::Holds,
                Some(_) | None => Verdict::Unknown,
            },
            _ if snapshot.at < from => Verdict::Unknown,
            Condition::Well(place) => match snapshot.health.get(place) {
                Some(health) => of(*health == Health::Well),
                None => Verdict::Unknown,
            },
            Condition::Up(place) => match snapshot.standings.get(place) {
                Some(standing) => of(*standing == Standing::Up),
                None => Verdict::Unknown,
            },
            Condition::Marked(place, mark) => of(snapshot.is_marked(place, *mark)),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Well(place) => write!(f, "{place} is well"),
            Condition::Calm(metric) => write!(f, "{metric} is normal"),
            Condition::Up(place) => write!(f, "{place} runs"),
            Condition::Marked(place, mark) => write!(f, "{place}: {mark:?}"),
            Condition::All(parts) => {
                for (n, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if n > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}
