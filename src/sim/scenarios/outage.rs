//! B5: a provider that is gone for five minutes, and what hits it when it comes back.

use super::{Reading, chance, class, lab, latency, numbered, poisson, policy, request, secs};
use crate::api::{Mono, Provider};
use crate::sim::lab;
use std::time::Duration;

const PER_S: f64 = 5.0;
const GONE_FROM: Mono = Mono::secs(60);
const GONE_UNTIL: Mono = Mono::secs(360);
const UNTIL: Mono = Mono::secs(480);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutageFigures {
    /// Calls sent into the outage.
    pub n_wasted: usize,
    /// From recovery to the first answer, in seconds.
    pub first_success_s: f64,
    /// From recovery until requests are let through again for good: after the last that the breaker barred, in seconds.
    pub closed_s: f64,
    /// Calls in the first second after the first that reached the recovered provider.
    pub n_first_second: usize,
    /// Most of them in flight at once.
    pub max_in_flight_first_second: usize,
}

impl OutageFigures {
    /// Held against B5's targets. Half-open permits are 2; the ramp lets one call at a time run in its first second, and at
    /// 50 ms each twenty of those fit into it.
    pub fn readings(&self) -> Vec<Reading> {
        let storm = self.max_in_flight_first_second as f64;
        vec![
            Reading::at_most("calls wasted", self.n_wasted as f64, 25.0),
            Reading::at_most("first success after recovery, s", self.first_success_s, 36.0),
            Reading::at_most("closed for good after recovery, s", self.closed_s, 40.0),
            Reading::at_most("in flight in the first second (2 permits, ramp 1)", storm, 3.0),
            Reading::at_most("calls in the first second", self.n_first_second as f64, 22.0),
        ]
    }
}

/// B5: 5 requests a second (Poisson, the usual classes, 10 s to answer each); from second 60 to 360 every connection is
/// refused within 5 to 15 ms, before and after that answers take 50 to 150 ms. The breaker is that of a free provider, whose
/// waits end at 30 s, 36 s with jitter.
pub fn outage(seed: u64) -> OutageFigures {
    let mut rng = chance(seed);
    let mut lab = lab(Provider::Espn, policy(Provider::Espn), seed, |_, at, rng| {
        if (GONE_FROM..GONE_UNTIL).contains(&at) {
            let refused = crate::api::WireError::Connect("refused".to_owned());
            (latency(rng, 5, 15), Err(refused))
        } else {
            (latency(rng, 50, 150), lab::ok("{}"))
        }
    });
    for (n, at) in (0..).zip(poisson(&mut rng, PER_S, Mono(0), UNTIL)) {
        let class = class(&mut rng);
        lab.ask_at(at, request(numbered(n), class, at, Duration::from_secs(10)));
    }
    lab.run(Mono::secs(500));
    let after = |at: Mono| secs(at.since(GONE_UNTIL));
    let n_wasted = lab
        .sent
        .iter()
        .filter(|s| (GONE_FROM..GONE_UNTIL).contains(&s.at))
        .count();
    let first = lab.answered.iter().find(|a| a.at >= GONE_UNTIL && a.result.is_ok());
    let barred = lab.answered.iter().filter(|a| a.at >= GONE_UNTIL && a.result.is_err());
    let reached = lab.sent.iter().find(|s| s.at >= GONE_UNTIL).map_or(UNTIL, |s| s.at);
    let spans: Vec<(Mono, Mono)> = lab
        .sent
        .iter()
        .filter(|s| s.at >= reached && s.at.since(reached) < Duration::from_secs(1))
        .map(|s| {
            let took_ms = lab
                .ledger
                .get(&s.row.attempt)
                .and_then(|row| row.latency_ms)
                .unwrap_or_default();
            (s.at, s.at + Duration::from_millis(u64::from(took_ms)))
        })
        .collect();
    let at_once = |(from, _): &(Mono, Mono)| spans.iter().filter(|(a, b)| a <= from && from < b).count();
    OutageFigures {
        n_wasted,
        first_success_s: first.map_or(f64::INFINITY, |a| after(a.at)),
        closed_s: barred.map(|a| after(a.at)).fold(0.0, f64::max),
        n_first_second: spans.len(),
        max_in_flight_first_second: spans.iter().map(at_once).max().unwrap_or_default(),
    }
}
