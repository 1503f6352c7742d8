//! B4: a provider that becomes ten times slower for a minute.

use super::{
    MAX_IN_FLIGHT, Reading, chance, class, lab, latency, numbered, poisson, policy, quantile, request, secs,
};
use crate::api::{Mono, Priority, Provider};
use crate::sim::lab;
use std::time::Duration;

const PER_S: f64 = 5.0;
const SLOW_FROM: Mono = Mono::secs(60);
const SLOW_UNTIL: Mono = Mono::secs(120);
const UNTIL: Mono = Mono::secs(240);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowFigures {
    /// Most calls in flight.
    pub max_in_flight: usize,
    /// From asking to the answer while slow, the slowest hundredth of Critical, in seconds.
    pub critical_p99_s: f64,
    /// The longest wait before sending, in seconds.
    pub max_wait_s: f64,
    /// From the provider's recovery until the last answer that took more than twice as long as the slowest before the slow
    /// minute, in seconds; 0 when there is none.
    pub back_to_normal_s: f64,
    /// Requests without an answer.
    pub n_lost: usize,
}

impl SlowFigures {
    /// Held against B4's targets.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_most("most in flight", self.max_in_flight as f64, f64::from(MAX_IN_FLIGHT)),
            Reading::at_most("back to normal, s", self.back_to_normal_s, 10.0),
            Reading::told("Critical p99 while slow, s", self.critical_p99_s),
            Reading::told("longest wait in the queue, s", self.max_wait_s),
            Reading::told("lost", self.n_lost as f64),
        ]
    }
}

/// B4: 5 requests a second (Poisson, the usual classes, 30 s to answer each), answered within 100 to 160 ms; from second 60
/// to 120 within 1.0 to 1.6 s. That is 6.5 in flight of the 8 allowed on average, so the limit is reached again and again.
pub fn slow(seed: u64) -> SlowFigures {
    let mut rng = chance(seed);
    let mut lab = lab(Provider::Espn, policy(Provider::Espn), seed, |_, at, rng| {
        let slow = (SLOW_FROM..SLOW_UNTIL).contains(&at);
        let took = if slow {
            latency(rng, 1_000, 1_600)
        } else {
            latency(rng, 100, 160)
        };
        (took, lab::ok("{}"))
    });
    let moments = poisson(&mut rng, PER_S, Mono(0), UNTIL);
    let classes: Vec<Priority> = moments.iter().map(|_| class(&mut rng)).collect();
    for ((n, at), class) in (0..).zip(&moments).zip(&classes) {
        lab.ask_at(*at, request(numbered(n), *class, *at, Duration::from_secs(30)));
    }
    lab.run(Mono::secs(300));
    let waits = lab.sent.iter().filter_map(|sent| {
        let n: usize = sent.call.param("n")?.parse().ok()?;
        Some(secs(sent.at.since(*moments.get(n)?)))
    });
    let max_wait_s = waits.fold(0.0, f64::max);
    let took = |from: Mono, until: Mono| {
        let among = lab.answered.iter().filter(move |a| (from..until).contains(&a.asked));
        among.map(|a| (a, secs(a.at.since(a.asked))))
    };
    let normal_s = took(Mono(0), SLOW_FROM).map(|(_, s)| s).fold(0.0, f64::max);
    let late = took(Mono(0), UNTIL).filter(|(a, s)| a.at > SLOW_UNTIL && *s > 2.0 * normal_s);
    let back_to_normal_s = late.map(|(a, _)| secs(a.at.since(SLOW_UNTIL))).fold(0.0, f64::max);
    let critical = took(SLOW_FROM, SLOW_UNTIL)
        .filter(|(a, _)| classes.get(a.waiter.0 as usize) == Some(&Priority::Critical))
        .map(|(_, s)| s);
    SlowFigures {
        max_in_flight: lab.max_in_flight,
        critical_p99_s: quantile(critical.collect(), 0.99),
        max_wait_s,
        back_to_normal_s,
        n_lost: lab.answered.iter().filter(|a| a.result.is_err()).count(),
    }
}
