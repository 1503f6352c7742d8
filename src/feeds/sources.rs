//! Whom to believe first, as data: the order in which sources are asked for a kind of fact, and in which one that fails
//! hands over to the next.

use crate::api::Provider;
use crate::domain::source::Source;

/// Kinds of fact that several sources can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// Who plays whom, when and where.
    Schedule,
    /// Prices.
    Odds,
    /// Forecasts for kickoff.
    Weather,
    /// Final scores.
    Results,
    /// Injury reports.
    Injuries,
    /// Statistics of teams by week.
    TeamStats,
}

/// What to do for a kind of fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask this source; whatever it says is stored under its name.
    Ask(Source),
    /// Nobody is left: what is stored is shown with its age.
    Stale,
}

impl FactKind {
    /// All kinds.
    pub const ALL: [FactKind; 6] = [
        FactKind::Schedule,
        FactKind::Odds,
        FactKind::Weather,
        FactKind::Results,
        FactKind::Injuries,
        FactKind::TeamStats,
    ];

    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            FactKind::Schedule => "schedule",
            FactKind::Odds => "odds",
            FactKind::Weather => "weather",
            FactKind::Results => "results",
            FactKind::Injuries => "injuries",
            FactKind::TeamStats => "team_stats",
        }
    }

    /// Sources in the order they are asked. Odds: many books before the one ESPN shows. Weather: Open-Meteo, which knows
    /// every stadium in one call, before NWS, which knows American ones only. Results: nflverse, whose numbers everything
    /// here is graded by, then ESPN, minutes after the whistle, and The Odds API last, because it costs.
    pub fn order(self) -> &'static [Source] {
        match self {
            FactKind::Schedule => &[Source::Nflverse, Source::Espn],
            FactKind::Odds => &[Source::OddsApi, Source::Espn],
            FactKind::Weather => &[Source::OpenMeteo, Source::Nws],
            FactKind::Results => &[Source::Nflverse, Source::Espn, Source::OddsApi],
            FactKind::Injuries => &[Source::Espn],
            FactKind::TeamStats => &[Source::Nflverse],
        }
    }

    /// Whom to ask after some have failed.
    pub fn next(self, failed: &[Source]) -> Next {
        let left = self.order().iter().find(|source| !failed.contains(source));
        left.map_or(Next::Stale, |source| Next::Ask(*source))
    }

    /// The place of a source in the order, from 0: the lower is believed. `None` for one that is never asked.
    pub fn rank(self, source: Source) -> Option<usize> {
        self.order().iter().position(|s| *s == source)
    }
}

/// The provider behind a source.
pub fn provider(source: Source) -> Provider {
    match source {
        Source::Nflverse => Provider::Nflverse,
        Source::OddsApi => Provider::OddsApi,
        Source::Espn => Provider::Espn,
        Source::OpenMeteo => Provider::OpenMeteo,
        Source::Nws => Provider::Nws,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_hands_over_and_the_last_one_to_what_is_stored() {
        assert_eq!(FactKind::Odds.next(&[]), Next::Ask(Source::OddsApi));
        assert_eq!(FactKind::Odds.next(&[Source::OddsApi]), Next::Ask(Source::Espn));
        assert_eq!(FactKind::Odds.next(&[Source::Espn, Source::OddsApi]), Next::Stale);
        assert_eq!(FactKind::Weather.next(&[Source::OpenMeteo]), Next::Ask(Source::Nws));
        for kind in FactKind::ALL {
            assert_eq!(kind.next(kind.order()), Next::Stale, "{}", kind.name());
            assert_eq!(kind.rank(kind.order()[0]), Some(0));
        }
        for source in Source::ALL {
            assert_eq!(provider(source).name(), source.name());
        }
    }
}
