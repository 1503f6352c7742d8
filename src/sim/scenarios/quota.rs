//! B7: a quota that ends earlier than anybody thought.

use super::{Reading, chance, lab, latency, poisson, policy};
use crate::api::{ApiError, Call, Endpoint, Mono, PriorityRequest, Provider, Tolerance};
use crate::sim::lab;
use std::time::Duration;

const GONE: &str = r#"{"message":"Usage quota has been reached.","error_code":"OUT_OF_USAGE_CREDITS"}"#;
/// Credits there are; the account believes in 500.
const CREDITS: u32 = 90;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuotaFigures {
    /// Calls sent after the first refusal had arrived.
    pub n_after_told: usize,
    /// Calls refused: those in flight when the quota ended, and the above.
    pub n_refused: usize,
    /// Repetitions of refused calls.
    pub n_retries: usize,
    /// Requests after the end that were told so, in hundredths.
    pub told_percent: f64,
}

impl QuotaFigures {
    /// Held against B7's targets; four calls may be in flight.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_most("calls sent after the first 401 arrived", self.n_after_told as f64, 1.0),
            Reading::at_most("calls refused (4 may be in flight)", self.n_refused as f64, 4.0),
            Reading::at_most("retries of refused calls", self.n_retries as f64, 0.0),
            Reading::at_least("told that the quota is used up, %", self.told_percent, 100.0),
        ]
    }
}

/// B7: four metered calls a second of 3 credits each (Poisson, decisions that accept nothing old), answered within 100 to
/// 400 ms by a provider that counts in no header, so that its 401 after 90 credits comes unannounced. Four at once; 120 s.
pub fn quota(seed: u64) -> QuotaFigures {
    let mut rng = chance(seed);
    let mut used = 0;
    let mut n_refused = 0;
    let four = crate::api::ProviderPolicy {
        max_concurrency: 4,
        ..policy(Provider::OddsApi)
    };
    let mut lab = lab(Provider::OddsApi, four, seed, |call, _, rng| {
        let outcome = if used + call.credits > CREDITS {
            n_refused += 1;
            lab::reply(401, &[], GONE)
        } else {
            used += call.credits;
            lab::ok("[]")
        };
        (latency(rng, 100, 400), outcome)
    });
    for (n, at) in (0u64..).zip(poisson(&mut rng, 4.0, Mono(0), Mono::secs(120))) {
        let call = Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("n", &n.to_string())]).credits(3);
        let request = PriorityRequest::new(call, "bench", at + Duration::from_secs(20)).tolerance(Tolerance::Live);
        lab.ask_at(at, request);
    }
    lab.run(Mono::secs(200));
    let refused = |r: &Result<_, ApiError>| matches!(r, Err(ApiError::QuotaExhausted { .. }));
    let told = lab
        .answered
        .iter()
        .find(|a| refused(&a.result))
        .map_or(Mono(u64::MAX), |a| a.at);
    let after: Vec<_> = lab.answered.iter().filter(|a| a.asked > told).collect();
    let n_told = after.iter().filter(|a| refused(&a.result)).count();
    let mut keys: Vec<&str> = lab.sent.iter().map(|s| s.row.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let figures = QuotaFigures {
        n_after_told: lab.sent.iter().filter(|s| s.at > told).count(),
        n_refused: 0,
        n_retries: lab.sent.len() - keys.len(),
        told_percent: 100.0 * n_told as f64 / after.len().max(1) as f64,
    };
    drop(lab);
    QuotaFigures { n_refused, ..figures }
}
