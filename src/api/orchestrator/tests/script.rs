//! Random traffic: requests of every kind, waiters that leave, clocks that jump, and a provider with moods.

use crate::api::bucket::WindowLimit;
use crate::api::orchestrator::RequestOrchestrator;
use crate::api::{
    ApiSettings, Call, Endpoint, Join, Mono, Now, Priority, PriorityRequest, Provider, Reply, Tolerance, WaiterId,
    WireError,
};
use crate::sim::lab::{self, Lab};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::time::Duration;

/// All seeds with `HUDDLE_FULL=1`, one in a hundred otherwise.
pub(super) fn seeds(n_total: u64) -> std::ops::Range<u64> {
    let full = std::env::var("HUDDLE_FULL").is_ok_and(|v| v == "1");
    0..if full { n_total } else { n_total.div_ceil(100) }
}

pub(super) fn origin() -> DateTime<Utc> {
    "2019-12-10T12:00:00Z".parse().unwrap()
}

/// A provider that is the source of truth about what was charged.
pub(super) struct Moody {
    /// Credits charged so far, as its headers count them.
    pub(super) used: u32,
    pub(super) monthly: u32,
    /// Its mood changes every so often: healthy, failing, throttling, slow, garbled.
    mood_s: u64,
}

impl Moody {
    pub(super) fn new() -> Moody {
        Moody {
            used: 0,
            monthly: 500,
            mood_s: 40,
        }
    }

    fn odds(&mut self, call: &Call) -> Result<Reply, WireError> {
        if call.credits > 0 && self.used + call.credits > self.monthly {
            let body = r#"{"message":"Usage quota has been reached.","error_code":"OUT_OF_USAGE_CREDITS"}"#;
            return self.counted(401, 0, body);
        }
        self.used += call.credits;
        self.counted(200, call.credits, "[]")
    }

    fn counted(&self, status: u16, last: u32, body: &str) -> Result<Reply, WireError> {
        let (left, used, last) = (
            (self.monthly - self.used).to_string(),
            self.used.to_string(),
            last.to_string(),
        );
        let headers = [
            ("x-requests-remaining", left.as_str()),
            ("x-requests-used", &used),
            ("x-requests-last", &last),
        ];
        lab::reply(status, &headers, body)
    }
}

impl lab::Provider for Moody {
    fn serve(&mut self, call: &Call, at: Mono, rng: &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) {
        let mood = (at.0 / 1_000_000_000 / self.mood_s + call.provider as u64) % 7;
        let quick = Duration::from_millis(rng.random_range(5..400));
        let roll: u32 = rng.random_range(0..100);
        match mood {
            1 if roll < 70 => (quick, lab::reply(503, &[], "down")),
            2 if roll < 60 => (
                quick,
                lab::reply(429, &[("retry-after", "3")], r#"{"error_code":"EXCEEDED_FREQ_LIMIT"}"#),
            ),
            3 if roll < 50 => (Duration::from_secs(60), lab::ok("[]")),
            4 if roll < 40 => (quick, lab::ok("<html>maintenance</html>")),
            5 if roll < 30 => (quick, Err(WireError::Connect("refused".into()))),
            5 if roll < 40 => (quick, Err(WireError::Broken("reset".into()))),
            6 if roll < 10 => (quick, lab::reply(404, &[], r#"{"error_code":"UNKNOWN_SPORT"}"#)),
            6 if roll < 20 => (quick, lab::reply(400, &[], r#"{"error":true,"reason":"bad"}"#)),
            _ if call.provider == Provider::OddsApi => (quick, self.odds(call)),
            _ => (quick, lab::ok(&good(call))),
        }
    }
}

fn good(call: &Call) -> String {
    match call.endpoint {
        Endpoint::Games | Endpoint::TeamStats => "a,b\n1,2\n".to_owned(),
        Endpoint::Forecast if call.weight > 1 => {
            let parts = vec!["{}"; call.weight as usize];
            format!("[{}]", parts.join(","))
        }
        _ => "{}".to_owned(),
    }
}

/// A random request; few different calls, so that they share flights.
pub(super) fn request(rng: &mut Pcg64Mcg, now: Now) -> PriorityRequest {
    let n: u32 = rng.random_range(0..6);
    let mut request = PriorityRequest::new(
        call(rng.random_range(0..9), n),
        ["planner", "market", "data"][rng.random_range(0..3)],
        now.mono + Duration::from_millis(rng.random_range(0..60_000)),
    );
    request.priority = Priority::ALL[rng.random_range(0..4)];
    request.tolerance = [Tolerance::Policy, Tolerance::Decision, Tolerance::Live][rng.random_range(0..3)];
    if rng.random_range(0..4) == 0 {
        let minutes = rng.random_range(-10..120);
        request.kickoff = Some(now.wall + TimeDelta::minutes(minutes));
    }
    if rng.random_range(0..5) == 0 {
        request.alternatives.push(call(rng.random_range(0..9), n));
    }
    request
}

fn call(kind: u32, n: u32) -> Call {
    let text = n.to_string();
    let get = |provider, endpoint, path: &str| Call::get(provider, endpoint, path, &[("n", &text)]);
    match kind {
        0 | 1 => get(Provider::OddsApi, Endpoint::Odds, "/v4/odds").credits(3),
        2 => get(Provider::OddsApi, Endpoint::Sports, "/v4/sports"),
        3 => get(Provider::Espn, Endpoint::News, "/news"),
        4 => {
            let day = format!("2019120{}", n + 1);
            Call::get(Provider::Espn, Endpoint::Scoreboard, "/scoreboard", &[("dates", &day)]).joined(Join::Days)
        }
        5 | 6 => {
            let query = [("latitude", text.as_str()), ("longitude", "-80")];
            Call::get(Provider::OpenMeteo, Endpoint::Forecast, "/v1/forecast", &query).joined(Join::Places)
        }
        7 => get(Provider::Nws, Endpoint::Hourly, "/hourly"),
        _ => get(Provider::Nflverse, Endpoint::Games, "/games.csv"),
    }
}

/// Narrow windows, so that they matter.
pub(super) fn settings() -> ApiSettings {
    let narrow = |limit, per_s, burst| vec![WindowLimit { limit, per_s, burst }];
    ApiSettings {
        windows: BTreeMap::from([
            (Provider::OddsApi, narrow(6, 2, 3)),
            (Provider::Espn, narrow(8, 5, 3)),
            (Provider::OpenMeteo, narrow(30, 10, 12)),
            (Provider::Nws, narrow(5, 2, 2)),
            (Provider::Nflverse, narrow(5, 2, 2)),
        ]),
        ..ApiSettings::default()
    }
}

pub(super) fn lab(seed: u64) -> Lab<Moody> {
    let now = Now {
        mono: Mono(0),
        wall: origin(),
    };
    let orchestrator = RequestOrchestrator::new(settings().policies(), 1, now).unwrap();
    Lab::new(orchestrator, Moody::new(), origin(), seed)
}

/// Traffic for a while, with everything that can go wrong, then the end of the house. `each` looks after every step.
pub(super) fn play(seed: u64, n_steps: usize, mut each: impl FnMut(&Lab<Moody>)) -> Lab<Moody> {
    let mut lab = lab(seed);
    lab.digesting = n_steps <= 20_000;
    let mut rng = Pcg64Mcg::new(u128::from(seed) + 77);
    let mut at = Mono(0);
    let mut n = 0;
    while n < n_steps {
        let gap = if rng.random_range(0..50) == 0 { 5_000 } else { 120 };
        at = at + Duration::from_millis(rng.random_range(0..gap));
        match rng.random_range(0..100) {
            0..90 => {
                let now = Now {
                    mono: at,
                    wall: lab.now().wall,
                };
                lab.ask_at(at, request(&mut rng, now));
            }
            90..98 if lab.n_asked() > 0 => {
                let waiter = WaiterId(rng.random_range(0..lab.n_asked() as u64));
                lab.leave_at(at, waiter);
            }
            _ => lab.jump_at(at, TimeDelta::seconds(rng.random_range(-3_600..3_600))),
        }
        while lab.step(at) {
            n += 1;
            each(&lab);
        }
    }
    lab.shut_down_at(at);
    let end = at + Duration::from_secs(120);
    while lab.step(end) {
        each(&lab);
    }
    lab
}
