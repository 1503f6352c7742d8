//! What reached the scripted upstream: the truth by which clients, tests and benchmarks are judged.

use crate::api::{Endpoint, Provider};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Calls of the last second that are remembered for the two rates, an endpoint; beyond it the rates are cut off there.
const MAX_RECENT: usize = 100_000;
/// Unanswered calls that are remembered; a server admits far fewer.
const MAX_RUNNING: usize = 10_000;

/// What happened at one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Requests that were meant for the endpoint, refused ones included; the first answer of a redirect is none.
    pub calls: u64,
    /// Redirects given.
    pub redirects: u64,
    /// Credits charged, or for Open-Meteo weight, rounded up a call.
    pub charged: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// The most requests without an answer at one time.
    pub max_concurrent: u64,
    /// The most calls within any 100 milliseconds.
    pub max_in_100_ms: u64,
    /// The most calls within any second.
    pub max_in_1_s: u64,
    /// Answers by status; what hung or was reset is not among them.
    pub by_status: BTreeMap<u16, u64>,
    /// Faults by name.
    pub faults: BTreeMap<&'static str, u64>,
}

/// The counts of all endpoints that were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// By provider and class of endpoint.
    pub endpoints: BTreeMap<Provider, BTreeMap<Endpoint, Count>>,
    /// Requests for paths that no service knows.
    pub unknown: u64,
}

impl Counts {
    /// What happened at an endpoint; nothing when it was never asked.
    pub fn of(&self, provider: Provider, endpoint: Endpoint) -> Count {
        let found = self.endpoints.get(&provider).and_then(|e| e.get(&endpoint));
        found.cloned().unwrap_or_default()
    }

    /// Calls to all endpoints of a provider.
    pub fn calls(&self, provider: Provider) -> u64 {
        self.sum(provider, |c| c.calls)
    }

    /// Credits or weight charged by a provider.
    pub fn charged(&self, provider: Provider) -> u64 {
        self.sum(provider, |c| c.charged)
    }

    fn sum(&self, provider: Provider, of: impl Fn(&Count) -> u64) -> u64 {
        self.endpoints.get(&provider).map_or(0, |e| e.values().map(of).sum())
    }

    pub(super) fn entry(&mut self, provider: Provider, endpoint: Endpoint) -> &mut Count {
        self.endpoints.entry(provider).or_default().entry(endpoint).or_default()
    }
}

/// A call that has no answer yet; give it back to [`super::Upstream::close`] when it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub(super) u64);

#[derive(Clone, Copy, Debug)]
struct Running {
    provider: Provider,
    endpoint: Endpoint,
    /// When it ends by itself; open ones are closed by their ticket.
    ends: Option<DateTime<Utc>>,
}

/// Who is being served, and how close together they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    running: BTreeMap<Ticket, Running>,
    recent: BTreeMap<(Provider, Endpoint), VecDeque<DateTime<Utc>>>,
    last: u64,
}

impl Traffic {
    /// Calls to a provider that have no answer at an instant.
    pub(super) fn n_running(&mut self, provider: Provider, now: DateTime<Utc>) -> usize {
        self.running.retain(|_, r| r.ends.is_none_or(|ends| ends > now));
        self.running.values().filter(|r| r.provider == provider).count()
    }

    /// Takes note of a call.
    pub(super) fn begin(
        &mut self,
        provider: Provider,
        endpoint: Endpoint,
        now: DateTime<Utc>,
        count: &mut Count,
    ) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        if self.running.len() >= MAX_RUNNING {
            self.running.pop_first();
        }
        self.running.insert(
            ticket,
            Running {
                provider,
                endpoint,
                ends: None,
            },
        );
        let here = |r: &&Running| (r.provider, r.endpoint) == (provider, endpoint);
        let n_here = self.running.values().filter(here).count() as u64;
        let recent = self.recent.entry((provider, endpoint)).or_default();
        recent.push_back(now);
        while recent.len() > MAX_RECENT || recent.front().is_some_and(|at| *at + TimeDelta::seconds(1) <= now) {
            recent.pop_front();
        }
        let since = recent
            .iter()
            .rev()
            .take_while(|at| **at + TimeDelta::milliseconds(100) > now);
        count.calls += 1;
        count.max_concurrent = count.max_concurrent.max(n_here);
        count.max_in_100_ms = count.max_in_100_ms.max(since.count() as u64);
        count.max_in_1_s = count.max_in_1_s.max(recent.len() as u64);
        ticket
    }

    pub(super) fn ends(&mut self, ticket: Ticket, at: DateTime<Utc>) {
        if let Some(running) = self.running.get_mut(&ticket) {
            running.ends = Some(at);
        }
    }

    pub(super) fn close(&mut self, ticket: Ticket) {
        self.running.remove(&ticket);
    }
}
