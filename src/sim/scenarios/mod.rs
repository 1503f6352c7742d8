//! The scenarios B2 to B10 of API access in virtual time: traffic, a provider's bad day, and the figures by which the
//! orchestrator is judged. A seed is a whole run; the same seed gives the same figures.
//!
//! They run the production policy of a free provider ([`ProviderPolicy::of`] ESPN: breaker 60 s, ten in a row, waits 5 s
//! doubling to 30 s; three attempts from 50 ms, the budget of ten) with two changes: the rate windows, which are the
//! scenarios' 10 calls a second with a burst of 20, and 8 calls at once, which research section 1.4 gives to "others".
//! A request is another call each time unless a scenario says otherwise, so that neither cache nor sharing flatters.
//! Classes are mixed 5.6% Critical, 15% High, 69.4% Normal and 10% Low: research states only that 27 to 28 of 500 were
//! Critical, and its Low waits under strict priority (386 to 533 s at 108% load) only come out with about a tenth of Low.

mod burst;
mod clocks;
mod drain;
mod errors;
mod judge;
mod month;
mod outage;
mod overload;
mod quota;
mod slow;
#[cfg(test)]
mod tests;

pub use burst::{boundary, burst};
pub use clocks::clocks;
pub use drain::drain;
pub use errors::errors;
pub use judge::{Figure, Reading, Target, table};
pub use month::{MonthFigures, month};
pub use outage::outage;
pub use overload::overload;
pub use quota::quota;
pub use slow::slow;

use super::lab::Lab;
use crate::api::bucket::WindowLimit;
use crate::api::{
    Call, Endpoint, Mono, Now, Priority, PriorityRequest, Provider, ProviderPolicy, Reply, RequestOrchestrator,
    Tolerance, WireError,
};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::time::Duration;

/// Calls a second in the long run.
pub const RATE_PER_S: u64 = 10;
/// Calls at once.
pub const BURST: u64 = 20;
/// Calls in flight.
pub const MAX_IN_FLIGHT: u32 = 8;
/// The provider of all scenarios but those about credits.
const FREE: Provider = Provider::Espn;
const MS: Duration = Duration::from_millis(1);
/// Long enough ahead for every scenario that is not about the deadline.
const NO_DEADLINE: Duration = Duration::from_secs(7_200);

type Serve<'a> = Box<dyn FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) + 'a>;

/// Wall time at the beginning; a Tuesday without games.
fn origin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_575_979_200, 0).unwrap_or_default()
}

/// The policy of the scenarios, for a provider.
pub fn policy(provider: Provider) -> ProviderPolicy {
    ProviderPolicy {
        windows: vec![WindowLimit {
            limit: RATE_PER_S + BURST,
            per_s: 1,
            burst: BURST,
        }],
        max_concurrency: MAX_IN_FLIGHT,
        ..ProviderPolicy::of(provider)
    }
}

/// A laboratory with one provider under a policy.
fn lab<'a>(
    provider: Provider,
    policy: ProviderPolicy,
    seed: u64,
    serve: impl FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) + 'a,
) -> Lab<Serve<'a>> {
    lab_from(origin(), provider, policy, seed, serve)
}

/// The same, beginning at another wall time.
fn lab_from<'a>(
    origin: DateTime<Utc>,
    provider: Provider,
    policy: ProviderPolicy,
    seed: u64,
    serve: impl FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) + 'a,
) -> Lab<Serve<'a>> {
    let now = Now {
        mono: Mono(0),
        wall: origin,
    };
    let policies = BTreeMap::from([(provider, policy)]);
    let orchestrator =
        RequestOrchestrator::new(policies, 1, now).expect("the scenarios' windows let something pass");
    Lab::new(orchestrator, Box::new(serve), origin, seed)
}

/// Chance of the traffic, apart from that of the laboratory.
fn chance(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::new((u128::from(seed) << 8) + 0x5eed)
}

/// A call like no other with another number.
fn numbered(n: u64) -> Call {
    Call::get(FREE, Endpoint::News, "/news", &[("n", &n.to_string())])
}

/// A request of a class at a moment. Critical is one that serves a game which starts in 20 minutes, because nothing else
/// is.
fn request(call: Call, class: Priority, at: Mono, within: Duration) -> PriorityRequest {
    let request = PriorityRequest::new(call, "bench", at + within)
        .priority(class)
        .tolerance(Tolerance::Live);
    if class == Priority::Critical {
        let since = TimeDelta::nanoseconds(i64::try_from(at.0).unwrap_or(i64::MAX));
        request.kickoff(origin() + since + TimeDelta::minutes(20))
    } else {
        request
    }
}

/// A class by the scenarios' mix.
fn class(rng: &mut Pcg64Mcg) -> Priority {
    match rng.random_range(0..1_000) {
        0..56 => Priority::Critical,
        56..206 => Priority::High,
        206..900 => Priority::Normal,
        _ => Priority::Low,
    }
}

/// The moments of a Poisson process of `per_s` between two moments.
fn poisson(rng: &mut Pcg64Mcg, per_s: f64, from: Mono, until: Mono) -> Vec<Mono> {
    let mut at = from;
    let mut moments = Vec::new();
    loop {
        let u: f64 = rng.random_range(f64::EPSILON..1.0);
        at = at + Duration::from_secs_f64(-u.ln() / per_s);
        if at >= until {
            return moments;
        }
        moments.push(at);
    }
}

/// A latency, even between two bounds in milliseconds.
fn latency(rng: &mut Pcg64Mcg, from_ms: u64, to_ms: u64) -> Duration {
    Duration::from_micros(rng.random_range(from_ms * 1_000..to_ms * 1_000))
}

/// The value below which a share of the readings lies: the smallest with at least that share at or below it. 0 of none.
fn quantile(mut readings: Vec<f64>, share: f64) -> f64 {
    readings.sort_by(f64::total_cmp);
    let rank = (share * readings.len() as f64).ceil() as usize;
    readings.get(rank.max(1) - 1).copied().unwrap_or_default()
}

/// Most moments in any span, of moments in order; the span's end is not part of it.
fn most_within(moments: &[Mono], span: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in moments.iter().enumerate() {
        while at.since(moments[first]) >= span {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// Seconds.
fn secs(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
