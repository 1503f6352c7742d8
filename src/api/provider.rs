//! Whom Huddle asks, and the classes of endpoint that fail independently of one another.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A service behind one base URL, one key and one set of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The Odds API, v4: metered by credits a month.
    OddsApi,
    /// ESPN's undocumented site API: free, may block.
    Espn,
    /// Open-Meteo: free for non-commercial use, weighed by location.
    OpenMeteo,
    /// The US National Weather Service.
    Nws,
    /// nflverse's release files on GitHub.
    Nflverse,
    /// Anthropic's messages API: metered in dollars.
    Anthropic,
    /// OpenAI's API: metered in dollars.
    #[serde(rename = "openai")]
    OpenAi,
    /// xAI's API: metered in dollars.
    Xai,
    /// A local Ollama: free, one call at a time.
    Ollama,
}

impl Provider {
    /// All providers, in the order they are printed.
    pub const ALL: [Provider; 9] = [
        Provider::OddsApi,
        Provider::Espn,
        Provider::OpenMeteo,
        Provider::Nws,
        Provider::Nflverse,
        Provider::Anthropic,
        Provider::OpenAi,
        Provider::Xai,
        Provider::Ollama,
    ];

    /// The name in settings, ledger and output.
    pub fn name(self) -> &'static str {
        match self {
            Provider::OddsApi => "odds_api",
            Provider::Espn => "espn",
            Provider::OpenMeteo => "open_meteo",
            Provider::Nws => "nws",
            Provider::Nflverse => "nflverse",
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
            Provider::Xai => "xai",
            Provider::Ollama => "ollama",
        }
    }

    /// The provider of a [`Provider::name`].
    pub fn of_name(name: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|p| p.name() == name)
    }

    /// True for the language models, which are billed by the token or run on this machine.
    pub fn is_llm(self) -> bool {
        matches!(
            self,
            Provider::Anthropic | Provider::OpenAi | Provider::Xai | Provider::Ollama
        )
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A class of endpoint: the unit of breakers and caching rules, because an outage of one is none of its neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The Odds API: list of sports; free, and the cheapest probe there is.
    Sports,
    /// The Odds API: list of events; free.
    Events,
    /// The Odds API: odds of the whole slate; markets times regions.
    Odds,
    /// The Odds API: scores; 1 credit, 2 with past days.
    Scores,
    /// The Odds API: a past snapshot; ten times the price, paid plans only.
    Historical,
    /// ESPN: games of a range of days.
    Scoreboard,
    /// ESPN: injury reports.
    Injuries,
    /// ESPN: list of teams.
    Teams,
    /// ESPN: headlines.
    News,
    /// Open-Meteo: hourly forecast of one or many places.
    Forecast,
    /// NWS: the grid cell of a place.
    Points,
    /// NWS: hourly forecast of a grid cell.
    Hourly,
    /// nflverse: when a release was last built.
    Timestamp,
    /// nflverse: `games.csv`.
    Games,
    /// nflverse: team statistics by week.
    TeamStats,
    /// Language models: list of models; free, and the probe.
    Models,
    /// Language models: an answer to a prompt.
    Completion,
}

impl Endpoint {
    /// All classes.
    pub const ALL: [Endpoint; 17] = [
        Endpoint::Sports,
        Endpoint::Events,
        Endpoint::Odds,
        Endpoint::Scores,
        Endpoint::Historical,
        Endpoint::Scoreboard,
        Endpoint::Injuries,
        Endpoint::Teams,
        Endpoint::News,
        Endpoint::Forecast,
        Endpoint::Points,
        Endpoint::Hourly,
        Endpoint::Timestamp,
        Endpoint::Games,
        Endpoint::TeamStats,
        Endpoint::Models,
        Endpoint::Completion,
    ];

    /// The name in ledger and output.
    pub fn name(self) -> &'static str {
        match self {
            Endpoint::Sports => "sports",
            Endpoint::Events => "events",
            Endpoint::Odds => "odds",
            Endpoint::Scores => "scores",
            Endpoint::Historical => "historical",
            Endpoint::Scoreboard => "scoreboard",
            Endpoint::Injuries => "injuries",
            Endpoint::Teams => "teams",
            Endpoint::News => "news",
            Endpoint::Forecast => "forecast",
            Endpoint::Points => "points",
            Endpoint::Hourly => "hourly",
            Endpoint::Timestamp => "timestamp",
            Endpoint::Games => "games",
            Endpoint::TeamStats => "team_stats",
            Endpoint::Models => "models",
            Endpoint::Completion => "completion",
        }
    }

    /// The class of an [`Endpoint::name`].
    pub fn of_name(name: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|e| e.name() == name)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for provider in Provider::ALL {
            assert_eq!(Provider::of_name(provider.name()), Some(provider));
        }
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::of_name(endpoint.name()), Some(endpoint));
        }
        assert_eq!(Provider::of_name("OddsApi"), None);
    }
}
