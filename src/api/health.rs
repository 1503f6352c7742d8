//! How each provider is: judged by what its calls brought; only one that nobody has asked for a while is asked on purpose,
//! and only where that is free.

use super::breaker::BreakerState;
use super::call::Call;
use super::classify::Class;
use super::provider::{Endpoint, Provider};
use super::time::Mono;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// How a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderHealth {
    /// It answers.
    Healthy,
    /// Nobody has asked it lately.
    Unknown,
    /// A fifth of its calls fails.
    Degraded,
    /// It has told us to slow down.
    Throttled,
    /// Its quota is used up.
    QuotaExhausted,
    /// A breaker keeps calls from it.
    Open,
    /// A key is missing or refused.
    Misconfigured,
}

impl ProviderHealth {
    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            ProviderHealth::Healthy => "healthy",
            ProviderHealth::Unknown => "unknown",
            ProviderHealth::Degraded => "degraded",
            ProviderHealth::Throttled => "throttled",
            ProviderHealth::QuotaExhausted => "quota exhausted",
            ProviderHealth::Open => "open",
            ProviderHealth::Misconfigured => "misconfigured",
        }
    }
}

impl fmt::Display for ProviderHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What else bears on a provider's health.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The worst of its breakers.
    pub breaker: BreakerState,
    /// It is out of quota.
    pub exhausted: bool,
    /// It must not be asked before this.
    pub blocked_until: Option<Mono>,
    /// A key is missing or refused.
    pub misconfigured: bool,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    /// (when, whether it failed), youngest last.
    outcomes: VecDeque<(Mono, bool)>,
    last: Option<Mono>,
    last_message: Option<String>,
}

impl Seen {
    fn say(&mut self, message: &str) {
        if !message.is_empty() {
            self.last_message = Some(message.to_owned());
        }
    }
}

/// Outcomes looked back on: at one a second they are five minutes.
const MAX_OUTCOMES: usize = 300;
/// How far back calls are looked at.
pub const LOOK_BACK: Duration = Duration::from_secs(300);
/// After this long without a call a provider is asked on purpose.
pub const IDLE: Duration = Duration::from_secs(300);

/// The health of all providers.
#[derive(Clone, Debug, Default)]
pub struct ApiHealthMonitor {
    seen: BTreeMap<Provider, Seen>,
}

impl ApiHealthMonitor {
    /// A call of a provider ended.
    pub fn saw(&mut self, provider: Provider, class: Class, message: &str, now: Mono) {
        let failed = match class {
            Class::Transient | Class::BadPayload => true,
            Class::Success | Class::NotModified => false,
            // These say nothing of whether it works.
            _ => {
                let seen = self.seen.entry(provider).or_default();
                seen.last = Some(now);
                seen.say(message);
                return;
            }
        };
        let seen = self.seen.entry(provider).or_default();
        seen.last = Some(now);
        seen.outcomes.push_back((now, failed));
        if seen.outcomes.len() > MAX_OUTCOMES {
            seen.outcomes.pop_front();
        }
        if failed {
            seen.say(message);
        }
    }

    /// How a provider is at `now`.
    pub fn health(&self, provider: Provider, standing: Standing, now: Mono) -> ProviderHealth {
        if standing.misconfigured {
            return ProviderHealth::Misconfigured;
        }
        if standing.exhausted {
            return ProviderHealth::QuotaExhausted;
        }
        if standing.breaker != BreakerState::Closed {
            return ProviderHealth::Open;
        }
        if standing.blocked_until.is_some_and(|until| until > now) {
            return ProviderHealth::Throttled;
        }
        let (n, failed) = self.counts(provider, now);
        match (n, failed) {
            (0, _) => ProviderHealth::Unknown,
            (n, failed) if failed * 5 >= n => ProviderHealth::Degraded,
            _ => ProviderHealth::Healthy,
        }
    }

    /// (calls, failures) of the last five minutes.
    pub fn counts(&self, provider: Provider, now: Mono) -> (usize, usize) {
        let Some(seen) = self.seen.get(&provider) else {
            return (0, 0);
        };
        let young = seen.outcomes.iter().filter(|(at, _)| now.since(*at) < LOOK_BACK);
        young.fold((0, 0), |(n, failed), (_, bad)| (n + 1, failed + usize::from(*bad)))
    }

    /// The last thing it said that was no answer.
    pub fn last_message(&self, provider: Provider) -> Option<&str> {
        self.seen.get(&provider)?.last_message.as_deref()
    }

    /// When a provider was last heard of.
    pub fn last_heard(&self, provider: Provider) -> Option<Mono> {
        self.seen.get(&provider)?.last
    }

    /// A free call to find out how a provider is that nobody has asked for five minutes; `None` where none is free, or none
    /// is due.
    pub fn probe(&self, provider: Provider, now: Mono) -> Option<Call> {
        let idle = self.last_heard(provider).is_none_or(|last| now.since(last) >= IDLE);
        if idle { probe_of(provider) } else { None }
    }
}

/// The cheapest call of a provider: the one that costs neither credits nor dollars.
pub fn probe_of(provider: Provider) -> Option<Call> {
    let get = |endpoint, path: &str| Some(Call::get(provider, endpoint, path, &[]));
    match provider {
        Provider::OddsApi => get(Endpoint::Sports, "/v4/sports"),
        Provider::Espn => get(Endpoint::Teams, "/apis/site/v2/sports/football/nfl/teams"),
        Provider::Nflverse => get(
            Endpoint::Timestamp,
            "/nflverse/nflverse-data/releases/download/schedules/timestamp.json",
        ),
        Provider::Anthropic | Provider::OpenAi | Provider::Xai => get(Endpoint::Models, "/v1/models"),
        Provider::Ollama => get(Endpoint::Models, "/api/version"),
        // Each call of theirs counts against a limit that is shared; their own use will tell.
        Provider::OpenMeteo | Provider::Nws => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Standing = Standing {
        breaker: BreakerState::Closed,
        exhausted: false,
        blocked_until: None,
        misconfigured: false,
    };

    #[test]
    fn what_calls_bring_is_what_health_is() {
        let mut m = ApiHealthMonitor::default();
        let p = Provider::Espn;
        assert_eq!(m.health(p, FINE, Mono(0)), ProviderHealth::Unknown);
        for _ in 0..9 {
            m.saw(p, Class::Success, "", Mono(0));
        }
        m.saw(p, Class::Transient, "503", Mono(0));
        assert_eq!(m.health(p, FINE, Mono(0)), ProviderHealth::Healthy);
        m.saw(p, Class::Transient, "503 again", Mono(0));
        m.saw(p, Class::Throttled, "slow down", Mono(0));
        m.saw(p, Class::Transient, "503 again", Mono(0));
        assert_eq!(m.health(p, FINE, Mono(0)), ProviderHealth::Degraded);
        assert_eq!(m.counts(p, Mono(0)), (12, 3));
        assert_eq!(m.health(p, FINE, Mono::secs(301)), ProviderHealth::Unknown);
        let until = Standing {
            blocked_until: Some(Mono::secs(5)),
            ..FINE
        };
        assert_eq!(m.health(p, until, Mono(0)), ProviderHealth::Throttled);
        let open = Standing {
            breaker: BreakerState::Open,
            ..until
        };
        assert_eq!(m.health(p, open, Mono(0)), ProviderHealth::Open);
    }

    #[test]
    fn only_the_idle_are_probed_and_only_for_nothing() {
        let mut m = ApiHealthMonitor::default();
        for provider in Provider::ALL {
            let Some(call) = m.probe(provider, Mono(0)) else {
                continue;
            };
            assert_eq!((call.credits, call.usd_micros), (0, 0), "{provider}");
        }
        m.saw(Provider::OddsApi, Class::Success, "", Mono::secs(1));
        assert_eq!(m.probe(Provider::OddsApi, Mono::secs(300)), None);
        assert!(m.probe(Provider::OddsApi, Mono::secs(301)).is_some());
    }
}
