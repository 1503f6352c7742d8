//! B10: a wall clock that is set an hour forward and an hour back, and a machine that sleeps for two hours.

use super::{
    BURST, FREE, RATE_PER_S, Reading, chance, lab, latency, most_within, numbered, poisson, policy, request,
};
use crate::api::cache::CachePolicy;
use crate::api::{Call, Endpoint, Freshness, Mono, Priority, PriorityRequest, Provider};
use crate::sim::lab;
use chrono::TimeDelta;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use std::time::Duration;

const SLEEP: TimeDelta = TimeDelta::hours(2);
const UNTIL: Mono = Mono::secs(3_600);
/// Different boards that are asked for.
const N_BOARDS: u32 = 20;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockFigures {
    /// Calls in the fullest second beyond what the window allows.
    pub n_over_admitted: usize,
    /// Answers called fresh that were older than a fresh one may be.
    pub n_stale_as_fresh: usize,
    /// Answers called fresh.
    pub n_fresh: usize,
    /// Requests without an answer.
    pub n_lost: usize,
}

impl ClockFigures {
    /// Held against B10's targets.
    pub fn readings(&self) -> Vec<Reading> {
        vec![
            Reading::at_most("calls admitted beyond the window", self.n_over_admitted as f64, 0.0),
            Reading::at_most("stale answers served as fresh", self.n_stale_as_fresh as f64, 0.0),
            Reading::told("answers served as fresh", self.n_fresh as f64),
            Reading::told("lost", self.n_lost as f64),
        ]
    }
}

/// B10: an hour of 3 requests a second for one of 20 scoreboards (fresh for a minute, any age the policy allows), and around
/// minutes 10, 25 and 40, in an order drawn from the seed, the wall clock goes an hour forward, an hour back, and two hours
/// forward while the monotonic clock stands still, which is a suspended machine. With each of them come 60 urgent calls at
/// once. An answer's true age counts the time asleep and no change of the clock.
pub fn clocks(seed: u64) -> ClockFigures {
    let mut rng = chance(seed);
    // The body says when it was made.
    let mut lab = lab(Provider::Espn, policy(Provider::Espn), seed, |_, at, rng| {
        (latency(rng, 50, 150), lab::ok(&format!("{{\"at\":{}}}", at.0)))
    });
    let mut jumps = [TimeDelta::hours(1), -TimeDelta::hours(1), SLEEP];
    jumps.shuffle(&mut rng);
    let mut asleep = Mono(0);
    let mut n = 0;
    for (minute, by) in [10, 25, 40].into_iter().zip(jumps) {
        let at = Mono::secs(minute * 60) + Duration::from_millis(rng.random_range(0..60_000));
        lab.jump_at(at, by);
        if by == SLEEP {
            asleep = at;
        }
        for _ in 0..60 {
            let at = at + Duration::from_millis(rng.random_range(0..200));
            lab.ask_at(at, request(numbered(n), Priority::High, at, Duration::from_secs(60)));
            n += 1;
        }
    }
    for at in poisson(&mut rng, 3.0, Mono(0), UNTIL) {
        let board = rng.random_range(0..N_BOARDS).to_string();
        let call = Call::get(FREE, Endpoint::Scoreboard, "/scoreboard", &[("board", &board)]);
        lab.ask_at(at, PriorityRequest::new(call, "bench", at + Duration::from_secs(60)));
    }
    lab.run(UNTIL + Duration::from_secs(120));
    // The soft life is spread by a tenth, so that not everything expires at once.
    let fresh_for = CachePolicy::of(Endpoint::Scoreboard).soft_ttl.mul_f64(1.1);
    let (mut n_fresh, mut n_stale_as_fresh) = (0, 0);
    for answered in &lab.answered {
        let Ok(answer) = &answered.result else { continue };
        if answer.freshness != Freshness::Fresh {
            continue;
        }
        n_fresh += 1;
        let made = made_at(&answer.body).unwrap_or_default();
        let slept = made < asleep && asleep <= answered.at;
        let slept = if slept {
            SLEEP.to_std().unwrap_or_default()
        } else {
            Duration::ZERO
        };
        // The provider makes it up to 150 ms before it arrives, from when its age counts.
        let age = answered.at.since(made) + slept;
        n_stale_as_fresh += usize::from(age > fresh_for + Duration::from_millis(150));
    }
    let moments: Vec<Mono> = lab.sent.iter().map(|s| s.at).collect();
    let most = most_within(&moments, Duration::from_secs(1));
    ClockFigures {
        n_over_admitted: most.saturating_sub((RATE_PER_S + BURST) as usize),
        n_stale_as_fresh,
        n_fresh,
        n_lost: lab.answered.iter().filter(|a| a.result.is_err()).count(),
    }
}

fn made_at(body: &[u8]) -> Option<Mono> {
    let text = std::str::from_utf8(body).ok()?;
    let digits = text.strip_prefix("{\"at\":")?.strip_suffix('}')?;
    digits.parse().ok().map(Mono)
}
