//! B6: somewhat more than the provider takes, for ten minutes.

use super::{
    NO_DEADLINE, RATE_PER_S, Reading, chance, class, lab, latency, numbered, poisson, policy, quantile, request,
    secs,
};
use crate::api::{Mono, Priority, Provider};
use crate::sim::lab;
use std::time::Duration;

/// The load in hundredths of the rate.
const LOAD_PERCENT: u64 = 108;
const FOR: Duration = Duration::from_secs(600);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverloadFigures {
    /// From asking to sending, the slowest hundredth of each class, in seconds.
    pub wait_p99_s: [f64; 4],
    /// From asking to the answer, the slowest hundredth of Critical, in seconds.
    pub critical_p99_s: f64,
    /// The longest wait of Low, in seconds.
    pub low_max_s: f64,
    /// Requests without an answer.
    pub n_lost: usize,
}

impl OverloadFigures {
    /// Held against B6's targets.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_most("Critical p99 until sent, s", self.wait_p99_s[0], 0.5),
            Reading::at_most("Critical p99 until answered, s", self.critical_p99_s, 0.5),
            Reading::at_most("Low longest wait, s", self.low_max_s, 220.0),
            Reading::told("High p99 until sent, s", self.wait_p99_s[1]),
            Reading::told("Normal p99 until sent, s", self.wait_p99_s[2]),
            Reading::at_most("lost", self.n_lost as f64, 0.0),
        ]
    }
}

/// B6: 10.8 requests a second (Poisson, the usual classes, no deadline that matters) into 10 a second with a burst of 20, for
/// 600 s; answers take 50 to 150 ms. What is left then is worked off without new load.
pub fn overload(seed: u64) -> OverloadFigures {
    let mut rng = chance(seed);
    let mut lab = lab(Provider::Espn, policy(Provider::Espn), seed, |_, _, rng| {
        (latency(rng, 50, 150), lab::ok("{}"))
    });
    let per_s = (RATE_PER_S * LOAD_PERCENT) as f64 / 100.0;
    let moments = poisson(&mut rng, per_s, Mono(0), Mono(0) + FOR);
    let classes: Vec<Priority> = moments.iter().map(|_| class(&mut rng)).collect();
    for ((n, at), class) in (0..).zip(&moments).zip(&classes) {
        lab.ask_at(*at, request(numbered(n), *class, *at, NO_DEADLINE));
    }
    lab.run(Mono(0) + NO_DEADLINE * 2);
    let mut waits: [Vec<f64>; 4] = Default::default();
    for sent in &lab.sent {
        let n = sent.call.param("n").and_then(|n| n.parse::<usize>().ok());
        if let Some((at, class)) = n.and_then(|n| Some((moments.get(n)?, classes.get(n)?))) {
            waits[class.index()].push(secs(sent.at.since(*at)));
        }
    }
    let critical = |n: u64| classes.get(n as usize) == Some(&Priority::Critical);
    let took = lab.answered.iter().filter(|a| critical(a.waiter.0));
    OverloadFigures {
        critical_p99_s: quantile(took.map(|a| secs(a.at.since(a.asked))).collect(), 0.99),
        low_max_s: waits[3].iter().copied().fold(0.0, f64::max),
        wait_p99_s: waits.map(|of_class| quantile(of_class, 0.99)),
        n_lost: lab.answered.iter().filter(|a| a.result.is_err()).count(),
    }
}
