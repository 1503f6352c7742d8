//! Where a fact came from, because two services that disagree must be told apart long after they were asked.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A service that facts are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// nflverse's release files.
    Nflverse,
    /// The Odds API, v4.
    OddsApi,
    /// ESPN's site API.
    Espn,
    /// Open-Meteo.
    OpenMeteo,
    /// The US National Weather Service.
    Nws,
}

impl Source {
    /// All sources, in the order they are printed.
    pub const ALL: [Source; 5] = [
        Source::Nflverse,
        Source::OddsApi,
        Source::Espn,
        Source::OpenMeteo,
        Source::Nws,
    ];

    /// The name in the database and in output: `nflverse`, `odds_api`, `espn`, `open_meteo` or `nws`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Nflverse => "nflverse",
            Source::OddsApi => "odds_api",
            Source::Espn => "espn",
            Source::OpenMeteo => "open_meteo",
            Source::Nws => "nws",
        }
    }

    /// The source of a [`Source::name`].
    pub fn of_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::of_name(source.name()), Some(source));
        }
        assert_eq!(Source::of_name("ESPN"), None);
    }
}
