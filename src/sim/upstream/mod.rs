//! The scripted upstream: all five services Huddle asks, answered from a world of games, with faults on demand.
//!
//! It is a state machine like any other: a [`Request`] and the time go in, a [`Scripted`] answer comes out, and the same
//! seed and requests give the same bytes. A server on loopback puts it on a wire (`src/upstream/`); tests, benchmarks and
//! a replay in virtual time call [`Upstream::answer`] directly. What it counts is the truth about its clients.
//!
//! It tells nothing of the future: no score before kickoff, no final before a game is over, no closing line before it
//! closed. What real worlds do not hold (prices between opener and close, live scores, statistics, weather of games that
//! have none) is invented, always the same for a seed.

mod chance;
mod counts;
mod espn;
mod faults;
mod line_path;
mod message;
mod nflverse;
mod nws;
mod odds_api;
mod open_meteo;
mod season;
mod stats;
mod weather;
mod world;

#[cfg(test)]
mod tests;

pub use counts::{Count, Counts, Ticket};
pub use faults::{Drift, Fault, FaultError, FaultPlan, FaultRule, MAX_FAULTS, RetryAfter};
pub use message::{Request, SERVED, Scripted, Wire, prefix};
pub use odds_api::AccountOptions;
pub use open_meteo::WeatherOptions;
pub use season::current_season;
pub use world::World;

use crate::api::{Endpoint, Provider};
use chance::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use counts::Traffic;
use faults::Armed;
use message::Reply;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// A call that hangs in memory counts as running for this long: nobody is there to hang up.
const HANG: TimeDelta = TimeDelta::minutes(5);

/// What can be chosen about the services.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The seed of faults.
    pub seed: u64,
    /// The account at The Odds API.
    pub account: AccountOptions,
    /// What Open-Meteo grants.
    pub weather: WeatherOptions,
    /// What goes wrong from the start.
    pub faults: FaultPlan,
    /// How long every answer takes.
    pub latency: Duration,
}

/// The services with all their state.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use huddle::api::Provider;
/// use huddle::sim::upstream::{Options, Request, Upstream, World};
/// let now: DateTime<Utc> = "2031-10-01T12:00:00Z".parse().expect("a valid time");
/// let mut upstream = Upstream::new(World::new(&[], &[], 1), Options::default(), now);
/// let asked = Request::get(Provider::OddsApi, "/v4/sports", &[("apiKey", "any")]);
/// let answer = upstream.answer(&asked, now);
/// assert_eq!((answer.status, answer.header("x-requests-remaining")), (200, Some("500")));
/// ```
#[derive(Clone, Debug)]
pub struct Upstream {
    world: World,
    latency: Duration,
    account: odds_api::Account,
    meter: open_meteo::Meter,
    armed: Armed,
    chance: Chance,
    serials: BTreeMap<(Provider, Endpoint), i64>,
    traffic: Traffic,
    counts: Counts,
}

impl Upstream {
    /// The services of a world; the plan of faults comes into force at `now`.
    pub fn new(world: World, options: Options, now: DateTime<Utc>) -> Upstream {
        Upstream {
            world,
            latency: options.latency,
            account: odds_api::Account::new(options.account),
            meter: open_meteo::Meter::new(options.weather),
            armed: Armed {
                plan: options.faults,
                since: now,
            },
            chance: Chance::new(options.seed),
            serials: BTreeMap::new(),
            traffic: Traffic::default(),
            counts: Counts::default(),
        }
    }

    /// The world reported on.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What has reached the services.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Credits used at The Odds API this month.
    pub fn credits_used(&self) -> u32 {
        self.account.used()
    }

    /// The plan in force.
    pub fn faults(&self) -> &FaultPlan {
        &self.armed.plan
    }

    /// Puts another plan in force; its windows count from `now`.
    pub fn set_faults(&mut self, plan: FaultPlan, now: DateTime<Utc>) {
        self.armed = Armed { plan, since: now };
    }

    /// Answers a request. The call counts as running until its delay is over; a hanging one for five minutes.
    pub fn answer(&mut self, request: &Request, now: DateTime<Utc>) -> Scripted {
        let (answer, ticket) = self.open(request, now);
        let takes = match answer.wire {
            Wire::Hang => HANG,
            _ => TimeDelta::from_std(answer.delay).unwrap_or(HANG),
        };
        self.traffic.ends(ticket, now + takes);
        answer
    }

    /// Answers a request whose call counts as running until [`Upstream::close`]: for whoever sees the client hang up.
    pub fn open(&mut self, request: &Request, now: DateTime<Utc>) -> (Scripted, Ticket) {
        let segments = request.segments();
        let Some((provider, path)) = service(&segments) else {
            self.counts.unknown += 1;
            let known = SERVED.map(prefix).join(", ");
            let body = json!({"message": format!("no service here: the path must begin with one of {known}")});
            return (self.scripted(Reply::json(404, &body), now), Ticket(0));
        };
        let nflverse = (provider == Provider::Nflverse)
            .then(|| nflverse::wanted(path))
            .flatten();
        let endpoint = match provider {
            Provider::OddsApi => odds_api::endpoint(path),
            Provider::Espn => espn::endpoint(path),
            Provider::OpenMeteo => open_meteo::endpoint(path),
            Provider::Nws => nws::endpoint(path),
            _ => nflverse.as_ref().and_then(nflverse::Wanted::endpoint),
        };
        let Some(endpoint) = endpoint else {
            self.counts.unknown += 1;
            let reply = match provider {
                Provider::Nflverse => nflverse::not_found(),
                _ => Reply::json(
                    404,
                    &json!({"status": 404, "message": "Not Found", "title": "Not Found"}),
                ),
            };
            return (self.scripted(reply, now), Ticket(0));
        };
        if let Some(wanted) = nflverse.as_ref().filter(|w| !w.asset) {
            self.counts.entry(provider, endpoint).redirects += 1;
            return (self.scripted(nflverse::redirect(request, wanted), now), Ticket(0));
        }
        let n_running = self.traffic.n_running(provider, now);
        let ticket = self
            .traffic
            .begin(provider, endpoint, now, self.counts.entry(provider, endpoint));
        let answer = self.served(request, (provider, endpoint), path, n_running, now);
        (answer, ticket)
    }

    /// Says that a call of [`Upstream::open`] is over.
    pub fn close(&mut self, ticket: Ticket) {
        self.traffic.close(ticket);
    }

    /// The service's answer, or a fault's, and what faults make of it.
    fn served(
        &mut self,
        request: &Request,
        (provider, endpoint): (Provider, Endpoint),
        path: &[&str],
        n_running: usize,
        now: DateTime<Utc>,
    ) -> Scripted {
        let struck = self.struck(provider, endpoint, now);
        let replaced = struck
            .iter()
            .position(|(f, _)| faults::instead(f, provider, now).is_some());
        let reply = match replaced.and_then(|i| faults::instead(&struck[i].0, provider, now)) {
            Some(reply) if provider == Provider::OddsApi => {
                self.account.untouched();
                self.account.stamp(reply)
            }
            Some(reply) => reply,
            None if request.method != "GET" && request.method != "HEAD" => {
                Reply::json(405, &json!({"message": "Method Not Allowed"})).with("allow", "GET, HEAD")
            }
            None => self.reply(request, (provider, endpoint), path, n_running, now),
        };
        let charged = reply.charged;
        let mut answer = self.scripted(reply, now);
        let count = self.counts.entry(provider, endpoint);
        count.charged += u64::from(charged);
        for (i, (fault, chance)) in struck.iter().enumerate() {
            let answers = faults::instead(fault, provider, now).is_some();
            if answers && replaced != Some(i) {
                continue;
            }
            *count.faults.entry(fault.name()).or_default() += 1;
            faults::after(fault, &mut answer, *chance);
        }
        count.redirects += u64::from(answer.status == 301);
        count.throttled += u64::from(answer.status == 429);
        if !matches!(answer.wire, Wire::Hang | Wire::Reset) {
            *count.by_status.entry(answer.status).or_default() += 1;
        }
        answer
    }

    fn reply(
        &mut self,
        request: &Request,
        (provider, endpoint): (Provider, Endpoint),
        path: &[&str],
        n_running: usize,
        now: DateTime<Utc>,
    ) -> Reply {
        match provider {
            Provider::OddsApi => odds_api::answer(&mut self.account, &self.world, request, path, now),
            Provider::Espn => espn::answer(&self.world, request, endpoint, now),
            Provider::OpenMeteo => open_meteo::answer(&mut self.meter, &self.world, request, n_running, now),
            Provider::Nws => nws::answer(&self.world, request, path, now),
            _ => match nflverse::wanted(path) {
                Some(wanted) => nflverse::answer(&self.world, request, &wanted, now),
                None => nflverse::not_found(),
            },
        }
    }

    /// The faults that befall this call, each with its own draw. Every call of an endpoint has a number, so that the same
    /// requests meet the same faults.
    fn struck(&mut self, provider: Provider, endpoint: Endpoint, now: DateTime<Utc>) -> Vec<(Fault, Chance)> {
        let serial = self.serials.entry((provider, endpoint)).or_default();
        *serial += 1;
        let own = self.chance.on(provider.name()).on(endpoint.name()).at(*serial);
        let gone = now - self.armed.since;
        let rules = self.armed.plan.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.covers(provider, endpoint, gone))
            .map(|(i, rule)| (rule, own.on("fault").at(i as i64)))
            .filter(|(rule, chance)| chance.unit() < rule.rate)
            .map(|(rule, chance)| (rule.fault.clone(), chance))
            .collect()
    }

    fn scripted(&self, reply: Reply, now: DateTime<Utc>) -> Scripted {
        let mut headers = reply.headers;
        headers.push(("date".to_owned(), http_date(now)));
        headers.push(("server".to_owned(), "huddle-upstream (SIMULATED)".to_owned()));
        Scripted {
            status: reply.status,
            headers,
            body: reply.body,
            delay: self.latency + reply.delay,
            wire: Wire::Whole,
        }
    }
}

/// An HTTP-date; the format knows the years 1970 to 9999 only.
fn http_date(at: DateTime<Utc>) -> String {
    const LAST_SECOND: i64 = 253_402_300_799;
    let seconds = at.timestamp().clamp(0, LAST_SECOND).cast_unsigned();
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The provider of a path and what follows its prefix, which may stand there twice: an address of the NWS that is put
/// below the base address again has both.
fn service<'a, 'b>(segments: &'a [&'b str]) -> Option<(Provider, &'a [&'b str])> {
    let (first, mut rest) = segments.split_first()?;
    let provider = SERVED
        .into_iter()
        .find(|p| prefix(*p).strip_prefix('/') == Some(first))?;
    if provider == Provider::Nws {
        rest = rest.strip_prefix(&["nws"]).unwrap_or(rest);
    }
    Some((provider, rest))
}
