//! Faults by name: what can go wrong with a service, how often, where and when. One list for tests, the demonstration,
//! chaos and `doctor`.
//!
//! A plan is text, its parts separated by commas, semicolons or line ends:
//!
//! ```text
//! odds/hang@0.1, espn:scoreboard/http_503@0.5,from=60s,to=120s
//! ```
//!
//! A fault is `WHERE/NAME@RATE`. `WHERE` is `*`, a provider (`odds_api` or `odds`, `espn`, `open_meteo`, `nws`,
//! `nflverse`) or a provider and an endpoint (`espn:injuries`). `RATE` is the share of calls it befalls, 1 when left out.
//! What follows it until the next fault are its options:
//!
//! | option | for | meaning | when left out |
//! | --- | --- | --- | --- |
//! | `from=`, `to=` | all | the time since the plan came into force | from the start, for ever |
//! | `delay=` | `latency` | the wait before the first byte | `2s` |
//! | `retry_after=` | `throttle_429`, `http_503` | `none`, a time, or `date:` and a time for the HTTP-date form | `1s`; `none` |
//! | `charged=` | `hang`, `reset` | `yes` or `no`: whether the call was served and costs what it costs | `yes` |
//! | `how=` | `schema_drift` | `missing`, `renamed` or `retyped` | drawn each time |
//! | `field=` | `schema_drift` | the field or column | drawn each time |
//! | `bytes=`, `every=` | `slow_drip` | so much at a time, and how often | `16`, `500ms` |
//!
//! Times are whole numbers with their unit: `250ms`, `60s`, `5m`, `2h`, `1d`. The first fault of a plan that answers in
//! the service's place does so; the others change what is answered, in the order of the plan.

mod grammar;
mod work;

#[cfg(test)]
mod tests;

pub(super) use work::{after, instead};

use crate::api::{Endpoint, Provider};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// A plan has at most this many faults, so that every call can look at all of them.
pub const MAX_FAULTS: usize = 64;

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer is late.
    Latency(Duration),
    /// Status 500 with a text of the server.
    Http500,
    /// Status 503.
    Http503(RetryAfter),
    /// Status 429.
    Throttle429(RetryAfter),
    /// What the provider says when the month's or day's allowance is used up; 401 at The Odds API.
    Quota401,
    /// The body ends halfway.
    Truncated,
    /// The body is noise.
    Garbage,
    /// Status 200 with a web page.
    Html200,
    /// No answer at all.
    Hang {
        /// The service did its work and charged for it.
        charged: bool,
    },
    /// The connection is reset.
    Reset {
        /// The service did its work and charged for it.
        charged: bool,
    },
    /// The right body under a wrong type.
    WrongContentType,
    /// A field has changed.
    SchemaDrift {
        /// In which way; drawn when `None`.
        how: Option<Drift>,
        /// Which; drawn when `None`.
        field: Option<String>,
    },
    /// The body comes a little at a time.
    SlowDrip {
        /// Bytes a step.
        bytes_per_chunk: usize,
        /// Between steps.
        every: Duration,
    },
}

/// When a client may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// No word of it.
    Unsaid,
    /// In whole seconds, rounded up.
    Seconds(Duration),
    /// As an HTTP-date.
    Date(Duration),
}

/// How a field changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// It is gone.
    Missing,
    /// It has another name.
    Renamed,
    /// A number is a text, and everything else a number.
    Retyped,
}

impl Drift {
    const ALL: [(&'static str, Drift); 3] = [
        ("missing", Drift::Missing),
        ("renamed", Drift::Renamed),
        ("retyped", Drift::Retyped),
    ];
}

impl Fault {
    /// The names of all faults.
    pub const NAMES: [&'static str; 13] = [
        "latency",
        "http_500",
        "http_503",
        "throttle_429",
        "quota_401",
        "truncated",
        "garbage",
        "html_200",
        "hang",
        "reset",
        "wrong_content_type",
        "schema_drift",
        "slow_drip",
    ];

    /// The fault of a name, with its options as they are when left out.
    pub fn of_name(name: &str) -> Option<Fault> {
        Some(match name {
            "latency" => Fault::Latency(Duration::from_secs(2)),
            "http_500" => Fault::Http500,
            "http_503" => Fault::Http503(RetryAfter::Unsaid),
            "throttle_429" => Fault::Throttle429(RetryAfter::Seconds(Duration::from_secs(1))),
            "quota_401" => Fault::Quota401,
            "truncated" => Fault::Truncated,
            "garbage" => Fault::Garbage,
            "html_200" => Fault::Html200,
            "hang" => Fault::Hang { charged: true },
            "reset" => Fault::Reset { charged: true },
            "wrong_content_type" => Fault::WrongContentType,
            "schema_drift" => Fault::SchemaDrift { how: None, field: None },
            "slow_drip" => Fault::SlowDrip {
                bytes_per_chunk: 16,
                every: Duration::from_millis(500),
            },
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        let at = match self {
            Fault::Latency(_) => 0,
            Fault::Http500 => 1,
            Fault::Http503(_) => 2,
            Fault::Throttle429(_) => 3,
            Fault::Quota401 => 4,
            Fault::Truncated => 5,
            Fault::Garbage => 6,
            Fault::Html200 => 7,
            Fault::Hang { .. } => 8,
            Fault::Reset { .. } => 9,
            Fault::WrongContentType => 10,
            Fault::SchemaDrift { .. } => 11,
            Fault::SlowDrip { .. } => 12,
        };
        Fault::NAMES[at]
    }
}

/// A fault with its place, rate and time.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// The provider; all of them when `None`.
    pub provider: Option<Provider>,
    /// The endpoint; all of the provider's when `None`.
    pub endpoint: Option<Endpoint>,
    /// What goes wrong.
    pub fault: Fault,
    /// The share of calls, 0 to 1.
    pub rate: f64,
    /// Since the plan came into force.
    pub from: Duration,
    /// Since the plan came into force; without end when `None`.
    pub to: Option<Duration>,
}

impl FaultRule {
    /// Whether it may befall a call so long after the plan came into force. A clock that stands before that counts as the
    /// start.
    pub(super) fn covers(&self, provider: Provider, endpoint: Endpoint, gone: TimeDelta) -> bool {
        let gone = gone.to_std().unwrap_or(Duration::ZERO);
        self.provider.is_none_or(|p| p == provider)
            && self.endpoint.is_none_or(|e| e == endpoint)
            && self.from <= gone
            && self.to.is_none_or(|to| gone < to)
    }
}

/// What is to go wrong, in order of precedence.
///
/// ```
/// use huddle::sim::upstream::FaultPlan;
/// let plan: FaultPlan = "odds/hang@0.1,espn:scoreboard/http_503@0.5,from=60s,to=120s".parse()?;
/// assert_eq!(plan.rules.len(), 2);
/// assert_eq!(plan.to_string().parse::<FaultPlan>()?, plan);
/// # Ok::<(), huddle::sim::upstream::FaultError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    /// The faults.
    pub rules: Vec<FaultRule>,
}

/// A plan and since when it is in force.
#[derive(Clone, Debug)]
pub(super) struct Armed {
    pub plan: FaultPlan,
    pub since: DateTime<Utc>,
}

/// Why a text is no plan; each says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// An option before any fault, or a part that is neither.
    #[error("`{0}` belongs to no fault: begin with one such as odds/hang@0.1, its options after it")]
    NoFault(String),
    /// No such fault.
    #[error("`{0}` is no fault: write one of {names}", names = Fault::NAMES.join(", "))]
    UnknownFault(String),
    /// No such provider.
    #[error("`{0}` is no provider: write *, odds_api, espn, open_meteo, nws or nflverse")]
    UnknownProvider(String),
    /// No such endpoint.
    #[error("`{endpoint}` is no endpoint of {provider}: write one of {known}")]
    UnknownEndpoint {
        /// What was written.
        endpoint: String,
        /// Of whom.
        provider: Provider,
        /// Its endpoints.
        known: String,
    },
    /// A rate outside 0 to 1.
    #[error("`{0}` is no rate: write a share of the calls from 0 to 1, such as 0.25")]
    Rate(String),
    /// No time with a unit.
    #[error("{option}=`{value}` is no time: write a whole number with ms, s, m, h or d, such as 250ms")]
    Time {
        /// The option.
        option: String,
        /// Its value.
        value: String,
    },
    /// A window that ends before it begins.
    #[error("to={to} lies before from={from}: a window ends after it begins")]
    Window {
        /// Its beginning.
        from: String,
        /// Its end.
        to: String,
    },
    /// No such option for this fault.
    #[error("{fault} has no option `{option}`: it takes from, to{}", .takes.iter().map(|t| format!(", {t}")).collect::<String>())]
    Option {
        /// The fault.
        fault: &'static str,
        /// What was written.
        option: String,
        /// What it takes besides.
        takes: Vec<&'static str>,
    },
    /// A value the option does not take.
    #[error("{option}=`{value}`: write {must}")]
    Value {
        /// The option.
        option: &'static str,
        /// What was written.
        value: String,
        /// What to write.
        must: &'static str,
    },
    /// More faults than a plan may have.
    #[error("more than {MAX_FAULTS} faults: leave some out")]
    TooMany,
}
