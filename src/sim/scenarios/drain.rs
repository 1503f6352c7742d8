//! B9 in virtual time: the house closes with 200 calls queued and 8 in flight.

use super::{MAX_IN_FLIGHT, Reading, chance, class, lab, latency, policy, request, secs};
use crate::api::ledger::Spend;
use crate::api::orchestrator::DRAIN_LIMIT;
use crate::api::{Call, Endpoint, Mono, Provider};
use crate::sim::lab;
use rand::RngExt as _;
use std::time::Duration;

const N_QUEUED: u64 = 200;
/// When the house closes: the first calls take longer, so all of them are still in flight.
const CLOSED: Mono = Mono(500_000_000);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrainFigures {
    /// Calls in flight when the house closed.
    pub n_in_flight: usize,
    /// Requests not sent by then.
    pub n_queued: usize,
    /// Attempts that were sent and have no settled row at the end.
    pub n_unsettled: usize,
    /// Requests without an answer at the end.
    pub n_unanswered: usize,
    /// From closing until nothing was under way, in seconds.
    pub drained_s: f64,
    /// Calls sent after closing.
    pub n_sent_after: usize,
}

impl DrainFigures {
    /// Held against B9's targets.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_least(
                "in flight at the shutdown",
                self.n_in_flight as f64,
                f64::from(MAX_IN_FLIGHT),
            ),
            Reading::at_least("queued at the shutdown", self.n_queued as f64, N_QUEUED as f64),
            Reading::at_most("ledger rows not settled", self.n_unsettled as f64, 0.0),
            Reading::at_most("requests not answered", self.n_unanswered as f64, 0.0),
            Reading::at_most("drained after, s", self.drained_s, secs(DRAIN_LIMIT)),
            Reading::told("calls sent while draining", self.n_sent_after as f64),
        ]
    }
}

/// B9: 208 metered requests of a credit each at once, of the usual classes, with a minute to answer; 8 in flight. Answers
/// take 2 to 6 s, one in ten hangs until its timeout. After half a second the house closes.
pub fn drain(seed: u64) -> DrainFigures {
    let mut rng = chance(seed);
    let mut lab = lab(Provider::OddsApi, policy(Provider::OddsApi), seed, |_, _, rng| {
        let took = if rng.random_range(0..10) == 0 {
            Duration::from_secs(90)
        } else {
            latency(rng, 2_000, 6_000)
        };
        (took, lab::ok("[]"))
    });
    let n_asked = N_QUEUED + u64::from(MAX_IN_FLIGHT);
    for n in 0..n_asked {
        let call = Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("n", &n.to_string())]).credits(1);
        let request = request(call, class(&mut rng), Mono(0), Duration::from_secs(60));
        lab.ask_at(Mono(0), request);
    }
    lab.shut_down_at(CLOSED);
    lab.run(CLOSED - super::MS);
    let n_sent = lab.sent.len();
    let n_queued = lab.n_asked() - n_sent;
    let reserved = |state| state == Spend::Reserved;
    let n_in_flight = lab.ledger.values().filter(|row| reserved(row.state)).count();
    lab.run(Mono::secs(120));
    let settled = |attempt| lab.ledger.get(&attempt).is_some_and(|row| !reserved(row.state));
    DrainFigures {
        n_in_flight,
        n_queued,
        n_unsettled: lab.sent.iter().filter(|s| !settled(s.row.attempt)).count(),
        n_unanswered: lab.n_asked() - lab.answered.len(),
        drained_s: lab.drained.map_or(f64::INFINITY, |at| secs(at.since(CLOSED))),
        n_sent_after: lab.sent.len() - n_sent,
    }
}
