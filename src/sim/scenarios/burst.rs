//! B2 and B2b: more at once than the provider takes. Who waits, who is lost, and whether the provider ever has to refuse.

use super::{
    BURST, MS, RATE_PER_S, Reading, chance, lab, latency, most_within, numbered, policy, quantile, request, secs,
};
use crate::api::bucket::TokenBucket;
use crate::api::{Mono, Priority, Provider};
use crate::sim::lab;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use std::time::Duration;

/// Requests of each class: 28, 75, 347, 50.
const N_OF_CLASS: [usize; 4] = [28, 75, 347, 50];
/// Deadlines of each class in seconds.
const WITHIN_S: [u64; 4] = [5, 15, 60, 180];
const REFUSAL: &str = "too many requests";

/// What came of the burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurstFigures {
    /// From asking to the answer, the slowest hundredth of Critical, in seconds.
    pub critical_p99_s: f64,
    /// From asking to sending, the same.
    pub critical_wait_p99_s: f64,
    /// Critical requests without an answer.
    pub n_critical_lost: usize,
    /// Requests without an answer.
    pub n_lost: usize,
    /// Calls the provider refused for being too many.
    pub n_refused: usize,
}

impl BurstFigures {
    /// Held against B2's targets. Research's model had no latency, so its 1.6 s are a wait until sent.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_most("Critical p99 until sent, s", self.critical_wait_p99_s, 1.6),
            Reading::told("Critical p99 until answered, s", self.critical_p99_s),
            Reading::at_most("Critical lost", self.n_critical_lost as f64, 0.0),
            Reading::at_most("429s seen by the upstream", self.n_refused as f64, 0.0),
            Reading::told("lost in all (of 500, capacity allows 20 + 10/s)", self.n_lost as f64),
        ]
    }
}

/// B2: 500 requests, even over one second, into 10 a second with a burst of 20; deadlines 5, 15, 60 and 180 s by class. The
/// provider answers within 50 to 150 ms and keeps a bucket of the same size itself, which refuses with 429.
pub fn burst(seed: u64) -> BurstFigures {
    let mut classes: Vec<Priority> = Priority::ALL
        .into_iter()
        .flat_map(|p| std::iter::repeat_n(p, N_OF_CLASS[p.index()]))
        .collect();
    let mut rng = chance(seed);
    classes.shuffle(&mut rng);
    let mut own =
        TokenBucket::new(RATE_PER_S, Duration::from_secs(1), BURST, Mono(0)).expect("ten a second is a rate");
    let mut n_refused = 0;
    let mut lab = lab(Provider::Espn, policy(Provider::Espn), seed, |_, at, rng| {
        let outcome = if own.try_consume(1, at).is_ok() {
            lab::ok("{}")
        } else {
            n_refused += 1;
            lab::reply(429, &[("retry-after", "1")], REFUSAL)
        };
        (latency(rng, 50, 150), outcome)
    });
    let mut moments: Vec<Mono> = classes
        .iter()
        .map(|_| Mono(rng.random_range(0..1_000_000_000)))
        .collect();
    moments.sort_unstable();
    for ((n, at), class) in (0..).zip(&moments).zip(&classes) {
        let within = Duration::from_secs(WITHIN_S[class.index()]);
        lab.ask_at(*at, request(numbered(n), *class, *at, within));
    }
    lab.run(Mono::secs(400));
    let critical = |n: u64| classes[n as usize] == Priority::Critical;
    let sent_s = lab.sent.iter().filter_map(|sent| {
        let n: u64 = sent.call.param("n")?.parse().ok()?;
        critical(n).then(|| secs(sent.at.since(moments[n as usize])))
    });
    let critical_wait_p99_s = quantile(sent_s.collect(), 0.99);
    let good = lab.answered.iter().filter(|a| a.result.is_ok());
    let (n_good, took): (usize, Vec<f64>) = good.fold((0, Vec::new()), |(n, mut took), a| {
        if critical(a.waiter.0) {
            took.push(secs(a.at.since(a.asked)));
        }
        (n + 1, took)
    });
    let n_critical_lost = N_OF_CLASS[0] - took.len();
    let critical_p99_s = quantile(took, 0.99);
    drop(lab);
    BurstFigures {
        critical_p99_s,
        critical_wait_p99_s,
        n_critical_lost,
        n_lost: classes.len() - n_good,
        n_refused,
    }
}

/// What a burst across a window's boundary let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundaryFigures {
    /// Most calls in any second, wherever it begins.
    pub max_in_1_s: usize,
    /// Most calls in any tenth of a second.
    pub max_in_100_ms: usize,
}

impl BoundaryFigures {
    /// Held against B2b's targets.
    pub fn readings(&self) -> Vec<Reading> {
        let most = (RATE_PER_S + BURST) as f64;
        vec![
            Reading::at_most("most calls in any 1 s", self.max_in_1_s as f64, most),
            Reading::at_most("most calls in any 100 ms", self.max_in_100_ms as f64, BURST as f64),
        ]
    }
}

/// B2b: bursts of 60 urgent requests within 50 ms of an edge, each with one request a second before it and quiet before that, so
/// that whoever counts in fixed windows lets two windows' worth through. Answers take 1 ms, so that concurrency does not
/// hide what the windows admit, and 64 calls may be in flight.
pub fn boundary(seed: u64) -> BoundaryFigures {
    let mut rng = chance(seed);
    let roomy = crate::api::ProviderPolicy {
        max_concurrency: 64,
        ..policy(Provider::Espn)
    };
    let mut lab = lab(Provider::Espn, roomy, seed, |_, _, _| (MS, lab::ok("{}")));
    let mut n = 0;
    for round in 1..=20u64 {
        let edge = Mono::secs(round * 15);
        for n_th in 0..=60 {
            // The first comes a second earlier: a fixed window that it opens ends at the edge.
            let early = if n_th == 0 { Duration::from_secs(1) } else { 50 * MS };
            let at = edge - early + Duration::from_micros(rng.random_range(0..100_000));
            lab.ask_at(
                at,
                request(numbered(n), Priority::Critical, at, Duration::from_secs(14)),
            );
            n += 1;
        }
    }
    lab.run(Mono::secs(400));
    let moments: Vec<Mono> = lab.sent.iter().map(|s| s.at).collect();
    BoundaryFigures {
        max_in_1_s: most_within(&moments, Duration::from_secs(1)),
        max_in_100_ms: most_within(&moments, 100 * MS),
    }
}
