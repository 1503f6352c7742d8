//! What each provider allows and what we allow ourselves, with defaults that are production.
//!
//! Where a provider publishes a limit, four fifths of it are used: its windows and ours do not begin together.

use super::breaker::BreakerPolicy;
use super::bucket::WindowLimit;
use super::cost::DollarCaps;
use super::provider::{Endpoint, Provider};
use super::quota::QuotaPolicy;
use super::retry::RetryPolicy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How one provider is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderPolicy {
    /// Rate windows; a call passes all of them.
    pub windows: Vec<WindowLimit>,
    /// Calls at once.
    pub max_concurrency: u32,
    /// Its breakers.
    pub breaker: BreakerPolicy,
    /// Its retries.
    pub retry: RetryPolicy,
    /// The longest an attempt may take.
    pub attempt_timeout: Duration,
    /// Its credits, where calls cost any.
    pub quota: Option<QuotaPolicy>,
    /// Its dollars, where calls cost any.
    pub dollars: Option<DollarCaps>,
}

impl ProviderPolicy {
    /// The policy of a provider when nothing else is said.
    pub fn of(provider: Provider) -> ProviderPolicy {
        let free = BreakerPolicy::new(Duration::from_secs(5), Duration::from_secs(30));
        let metered = BreakerPolicy::new(Duration::from_secs(5), Duration::from_secs(60));
        let llm = BreakerPolicy::new(Duration::from_secs(60), Duration::from_secs(60));
        let plain = |windows: &[(u64, u64, u64)], max_concurrency, breaker, attempt_timeout_s| ProviderPolicy {
            windows: windows
                .iter()
                .map(|&(limit, per_s, burst)| WindowLimit { limit, per_s, burst })
                .collect(),
            max_concurrency,
            breaker,
            retry: RetryPolicy::default(),
            attempt_timeout: Duration::from_secs(attempt_timeout_s),
            quota: None,
            dollars: None,
        };
        let billed = |policy: ProviderPolicy| ProviderPolicy {
            dollars: Some(DollarCaps::default()),
            ..policy
        };
        match provider {
            // 30 a second are published, 429 was seen at eight at once.
            Provider::OddsApi => ProviderPolicy {
                quota: Some(QuotaPolicy::default()),
                ..plain(&[(8, 1, 4)], 4, metered, 10)
            },
            // Nothing is published and it may block: one a second.
            Provider::Espn => plain(&[(60, 60, 6)], 2, free, 10),
            // 600 a minute, 5,000 an hour, 10,000 a day; one call at once, each place weighs one.
            Provider::OpenMeteo => plain(&[(480, 60, 80), (4_000, 3_600, 400), (8_000, 86_400, 800)], 1, free, 10),
            Provider::Nws => plain(&[(60, 60, 10)], 2, free, 10),
            Provider::Nflverse => plain(&[(40, 60, 8)], 2, free, 60),
            Provider::Anthropic | Provider::OpenAi | Provider::Xai => billed(plain(&[(40, 60, 8)], 4, llm, 120)),
            Provider::Ollama => plain(&[(600, 60, 60)], 1, llm, 300),
        }
    }

    /// The rate the windows allow in the long run, in calls a second.
    pub fn ceiling_per_s(&self) -> f64 {
        let rates = self
            .windows
            .iter()
            .map(|w| w.limit.saturating_sub(w.burst) as f64 / w.per_s.max(1) as f64);
        rates.fold(f64::INFINITY, f64::min).min(1e6)
    }
}

/// What a person may set, below `[api]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// Where a provider is, when not at its own address: a mirror or a server for tests.
    pub base_urls: BTreeMap<Provider, String>,
    /// The plan of The Odds API.
    pub credits: QuotaPolicy,
    /// Dollar caps of language models.
    pub dollars: BTreeMap<Provider, DollarCaps>,
    /// Rate windows in place of the defaults.
    pub windows: BTreeMap<Provider, Vec<WindowLimit>>,
    /// An address or page under which whoever runs this can be reached; the National Weather Service wants one.
    pub contact: Option<String>,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {must}")]
pub struct BadApiSetting {
    /// The setting.
    pub name: String,
    /// What it must be.
    pub must: String,
}

impl ApiSettings {
    /// Refuses what no provider could be asked with.
    ///
    /// # Errors
    /// [`BadApiSetting`] for the first one.
    pub fn check(&self) -> Result<(), BadApiSetting> {
        let bad = |name: String, must: &str| {
            Err(BadApiSetting {
                name,
                must: must.to_owned(),
            })
        };
        for (provider, windows) in &self.windows {
            if windows.is_empty()
                || windows
                    .iter()
                    .any(|w| w.burst == 0 || w.limit <= w.burst || w.per_s == 0)
            {
                let must =
                    "each window needs a burst above 0, a limit above its burst, and a span of at least 1 s";
                return bad(format!("api.windows.{provider}"), must);
            }
        }
        for (provider, url) in &self.base_urls {
            if !(url.starts_with("http://") || url.starts_with("https://")) {
                return bad(
                    format!("api.base_urls.{provider}"),
                    "it begins with http:// or https://",
                );
            }
        }
        let kept = self.credits.reserve(super::request::Priority::Low);
        if kept >= self.credits.monthly {
            return bad(
                "api.credits".to_owned(),
                "the reserves together must be less than monthly",
            );
        }
        Ok(())
    }

    /// The policy of every provider under these settings.
    pub fn policies(&self) -> BTreeMap<Provider, ProviderPolicy> {
        let of = |provider: Provider| {
            let mut policy = ProviderPolicy::of(provider);
            if policy.quota.is_some() {
                policy.quota = Some(self.credits);
            }
            if let Some(caps) = self.dollars.get(&provider).filter(|_| policy.dollars.is_some()) {
                policy.dollars = Some(*caps);
            }
            if let Some(windows) = self.windows.get(&provider) {
                policy.windows.clone_from(windows);
            }
            (provider, policy)
        };
        Provider::ALL.into_iter().map(of).collect()
    }
}

/// The endpoint classes of a provider.
pub fn endpoints(provider: Provider) -> &'static [Endpoint] {
    match provider {
        Provider::OddsApi => &[
            Endpoint::Sports,
            Endpoint::Events,
            Endpoint::Odds,
            Endpoint::Scores,
            Endpoint::Historical,
        ],
        Provider::Espn => &[
            Endpoint::Scoreboard,
            Endpoint::Injuries,
            Endpoint::Teams,
            Endpoint::News,
        ],
        Provider::OpenMeteo => &[Endpoint::Forecast],
        Provider::Nws => &[Endpoint::Points, Endpoint::Hourly],
        Provider::Nflverse => &[Endpoint::Timestamp, Endpoint::Games, Endpoint::TeamStats],
        Provider::Anthropic | Provider::OpenAi | Provider::Xai | Provider::Ollama => {
            &[Endpoint::Models, Endpoint::Completion]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lets_something_pass() {
        for provider in Provider::ALL {
            let policy = ProviderPolicy::of(provider);
            assert!(
                policy.windows.iter().all(|w| w.bucket(super::super::Mono(0)).is_ok()),
                "{provider}"
            );
            assert!(policy.ceiling_per_s() > 0.05, "{provider}");
        }
        assert_eq!(ApiSettings::default().check(), Ok(()));
    }

    #[test]
    fn a_setting_that_bars_everything_is_named() {
        let mut settings = ApiSettings::default();
        settings.windows.insert(
            Provider::Espn,
            vec![WindowLimit {
                limit: 5,
                per_s: 1,
                burst: 5,
            }],
        );
        assert_eq!(settings.check().unwrap_err().name, "api.windows.espn");
        let settings = ApiSettings {
            credits: QuotaPolicy {
                monthly: 100,
                ..QuotaPolicy::default()
            },
            ..ApiSettings::default()
        };
        assert_eq!(settings.check().unwrap_err().name, "api.credits");
    }
}
