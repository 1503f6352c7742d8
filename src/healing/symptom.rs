//! What an incident is made of: an anomaly or a fault, at its place; the same one seen again is counted, not kept twice.

use super::anomaly::{Anomaly, Detector};
use super::fault::{Fault, FaultKind, Place};
use super::reading::Metric;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far off a number must be to be acted on, in its spreads: of a healthy metric's readings one in fifteen thousand is.
const FAR_SPREADS: f64 = 4.0;
/// In how many rounds.
const N_ROUNDS: u64 = 2;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// A number that is not normal.
    Anomaly(Anomaly),
    /// A fact.
    Fault(Fault),
}

/// What makes two symptoms alike, wherever and whenever they are: what similarity of incidents is counted in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// A fault of this kind.
    Fault(FaultKind),
    /// This quantity (a metric's last segment) above what is usual.
    High(String),
    /// This quantity below what is usual.
    Low(String),
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sign::Fault(kind) => f.write_str(kind.words()),
            Sign::High(quantity) => write!(f, "{quantity} high"),
            Sign::Low(quantity) => write!(f, "{quantity} low"),
        }
    }
}

/// An anomaly or a fault as part of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    /// Where.
    pub place: Place,
    /// What, as it was first seen; the value of an anomaly is the worst since.
    pub seen: Seen,
    /// How often it was seen.
    pub n: u64,
    /// When it was last seen.
    pub last: DateTime<Utc>,
}

impl Symptom {
    /// The first sight of an anomaly, at the place its metric is measured at.
    pub fn of_anomaly(anomaly: Anomaly) -> Symptom {
        let component = anomaly.metric.component();
        // A metric of one segment is measured at the house as a whole.
        let place = Place::new(if component.is_empty() { "house" } else { component });
        Symptom {
            place,
            n: 1,
            last: anomaly.at,
            seen: Seen::Anomaly(anomaly),
        }
    }

    /// The first sight of a fault.
    pub fn of_fault(fault: Fault) -> Symptom {
        Symptom {
            place: fault.place.clone(),
            n: 1,
            last: fault.at,
            seen: Seen::Fault(fault),
        }
    }

    /// When it was first seen.
    pub fn first(&self) -> DateTime<Utc> {
        match &self.seen {
            Seen::Anomaly(anomaly) => anomaly.at,
            Seen::Fault(fault) => fault.at,
        }
    }

    /// The same with no time after `now`: what claims to come from the future came at the latest now.
    pub fn no_later_than(mut self, now: DateTime<Utc>) -> Symptom {
        match &mut self.seen {
            Seen::Anomaly(anomaly) => anomaly.at = anomaly.at.min(now),
            Seen::Fault(fault) => fault.at = fault.at.min(now),
        }
        self.last = self.last.min(now);
        self
    }

    /// What it is like.
    pub fn sign(&self) -> Sign {
        match &self.seen {
            Seen::Fault(fault) => Sign::Fault(fault.kind),
            Seen::Anomaly(anomaly) => {
                let quantity = anomaly.metric.quantity().to_owned();
                if anomaly.value < anomaly.expected {
                    Sign::Low(quantity)
                } else {
                    Sign::High(quantity)
                }
            }
        }
    }

    /// The metric of an anomaly.
    pub fn metric(&self) -> Option<&Metric> {
        match &self.seen {
            Seen::Anomaly(anomaly) => Some(&anomaly.metric),
            Seen::Fault(_) => None,
        }
    }

    /// Its metric is still off, now at `value`; the worst is kept.
    pub(super) fn see_again(&mut self, value: f64, at: DateTime<Utc>) {
        self.n = self.n.saturating_add(1);
        self.last = self.last.max(at);
        if let Seen::Anomaly(anomaly) = &mut self.seen {
            let bad = anomaly.metric.meaning().bad;
            if bad.worse(value - anomaly.expected) > bad.worse(anomaly.value - anomaly.expected) {
                anomaly.value = value;
            }
        }
    }

    /// Whether it may be acted on. A fact may; a number when it was off in two rounds, because an outlier is gone in the next,
    /// and by four spreads, or when a forecast says that it comes to its end. A drift is noticed long before it is that far
    /// off, and waits until it is: nothing is restarted for one spread.
    pub fn is_confirmed(&self) -> bool {
        match &self.seen {
            Seen::Fault(_) => true,
            Seen::Anomaly(anomaly) => {
                let is_far = (anomaly.value - anomaly.expected).abs() >= FAR_SPREADS * anomaly.spread;
                let is_forecast = anomaly.detectors.contains(&Detector::Forecast);
                is_forecast || (is_far && self.n >= N_ROUNDS)
            }
        }
    }

    /// A fact, not a number out of the ordinary.
    pub fn is_fault(&self) -> bool {
        matches!(self.seen, Seen::Fault(_))
    }

    /// For a person.
    pub fn words(&self) -> String {
        let (place, sign) = (&self.place, self.sign());
        let detail = match &self.seen {
            Seen::Anomaly(anomaly) => &anomaly.words,
            Seen::Fault(fault) => &fault.detail,
        };
        if detail.is_empty() {
            format!("{place}: {sign}")
        } else {
            format!("{place}: {sign} ({detail})")
        }
    }
}
