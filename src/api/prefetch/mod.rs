//! Which odds are fetched ahead, decided from the schedule alone: the fewest calls that look at every game two hours, one
//! hour and half an hour before it starts, within a month's credits.
//!
//! One call brings the whole slate, so what counts is instants, not games. Every look is a window of time; the fewest
//! instants that hit all windows are found greedily by their right ends, which is optimal for intervals (Gupta, Lee and
//! Leung 1982).

mod ladder;
mod stab;
mod template;
#[cfg(test)]
mod tests;

use super::request::Priority;
use crate::domain::game::{Fixture, GameId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A plan reaches no further: a season and its surroundings.
pub const MAX_PLAN: TimeDelta = TimeDelta::days(400);

/// A look at a game before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lead {
    /// About two hours before kickoff.
    TwoHours,
    /// About one hour before.
    OneHour,
    /// About half an hour before: the closing line.
    HalfHour,
}

impl Lead {
    /// All, the earliest first.
    pub const ALL: [Lead; 3] = [Lead::TwoHours, Lead::OneHour, Lead::HalfHour];

    /// `T-2h` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Lead::TwoHours => "T-2h",
            Lead::OneHour => "T-1h",
            Lead::HalfHour => "T-30m",
        }
    }
}

/// When a look may happen, in minutes before kickoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The earliest, the largest number.
    pub earliest_min: u32,
    /// The wanted one.
    pub nominal_min: u32,
    /// The latest, the smallest number.
    pub latest_min: u32,
}

/// What the planner may spend and how it looks ahead. The defaults are those of The Odds API's free plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrefetchSettings {
    /// Markets of a call: moneyline, spread, total.
    pub n_markets: u32,
    /// Regions of a call, or groups of ten bookmakers.
    pub n_regions: u32,
    /// The look two hours before.
    pub two_hours: Span,
    /// The look one hour before.
    pub one_hour: Span,
    /// The look half an hour before.
    pub half_hour: Span,
    /// Whether there is an opener on Tuesday and a look every other day, at noon Eastern.
    pub baseline: bool,
    /// Of a month's credits, what people's own questions may take.
    pub on_demand_credits: u32,
    /// Of a month's credits, what repetitions may take.
    pub retry_credits: u32,
    /// What only critical calls may take.
    pub reserve_credits: u32,
}

impl Default for PrefetchSettings {
    fn default() -> PrefetchSettings {
        let span = |earliest_min, nominal_min, latest_min| Span {
            earliest_min,
            nominal_min,
            latest_min,
        };
        PrefetchSettings {
            n_markets: 3,
            n_regions: 1,
            two_hours: span(150, 120, 95),
            one_hour: span(75, 60, 45),
            half_hour: span(35, 30, 10),
            baseline: true,
            on_demand_credits: 45,
            retry_credits: 30,
            reserve_credits: 50,
        }
    }
}

/// A game on the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Its name.
    pub game: GameId,
    /// Its kickoff.
    pub kickoff: DateTime<Utc>,
}

impl From<&Fixture> for Scheduled {
    fn from(fixture: &Fixture) -> Scheduled {
        Scheduled {
            game: fixture.id.clone(),
            kickoff: fixture.kickoff,
        }
    }
}

/// What a fetch is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchReason {
    /// The week's first prices: Tuesday noon, Eastern.
    Opener,
    /// How prices moved since yesterday: noon, Eastern.
    Baseline,
    /// Looks at games about to start; which, earliest first.
    Pregame(Vec<Lead>),
    /// One market of every fetch; only ever dropped.
    Market,
}

/// A fetch to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedFetch {
    /// When.
    pub at: DateTime<Utc>,
    /// The latest that still serves every game it is for; repetitions end there.
    pub latest: DateTime<Utc>,
    /// What for.
    pub reason: FetchReason,
    /// The games it looks at, by kickoff; none for openers and baselines, which look at all.
    pub games: Vec<GameId>,
    /// The first of their kickoffs: what its priority rises with.
    pub kickoff: Option<DateTime<Utc>>,
    /// Markets to ask for.
    pub n_markets: u32,
    /// What it costs.
    pub credits: u32,
    /// How urgent it is at its time.
    pub priority: Priority,
}

/// A fetch that was left out because the credits do not reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DroppedFetch {
    /// When it would have been; for a market, the beginning of the plan.
    pub at: DateTime<Utc>,
    /// What it would have been for.
    pub what: FetchReason,
    /// The games it would have looked at.
    pub games: Vec<GameId>,
    /// Credits saved.
    pub credits: u32,
    /// Why, with the figures.
    pub reason: String,
}

/// What will be fetched, and what will not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FetchPlan {
    /// By time.
    pub fetches: Vec<PlannedFetch>,
    /// In the order in which it was dropped.
    pub dropped: Vec<DroppedFetch>,
    /// Fetches.
    pub n_calls: usize,
    /// Their price.
    pub credits: u32,
}

impl FetchPlan {
    /// Credits of the fetches after one instant up to and with another: what is spoken for.
    pub fn committed(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> u32 {
        let ahead = self.fetches.iter().filter(|f| f.at > after && f.at <= until);
        ahead.fold(0, |sum, fetch| sum.saturating_add(fetch.credits))
    }

    /// The first fetch after an instant.
    pub fn next(&self, after: DateTime<Utc>) -> Option<&PlannedFetch> {
        let next = self.fetches.partition_point(|f| f.at <= after);
        self.fetches.get(next)
    }
}

/// Plans fetches of odds ahead of games.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PredictivePrefetcher {
    settings: PrefetchSettings,
}

impl PredictivePrefetcher {
    /// A planner.
    pub fn new(settings: PrefetchSettings) -> PredictivePrefetcher {
        PredictivePrefetcher { settings }
    }

    /// The fetches of a period, from an instant up to another (which is no part of it): the rest of the month in which
    /// `available` credits are left. A look belongs to the period in which its window ends, so that months planned one by one
    /// make the season. Beyond [`MAX_PLAN`] nothing is planned.
    ///
    /// When the credits do not reach, looks two hours before go first, then baselines on game days, then one market of every
    /// fetch, then looks one hour before, then the other baselines and openers; looks at the closing line stay as long as
    /// there is any credit, the reserve included. Within a step the fetch with the fewest games goes first, the latest of
    /// those.
    pub fn plan(
        &self,
        games: &[Scheduled],
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        available: u32,
    ) -> FetchPlan {
        let until = until.min(from.checked_add_signed(MAX_PLAN).unwrap_or(until));
        ladder::plan(&self.settings, games, from, until, available)
    }

    /// What planned fetches may take of `available` credits for a period: what remains beside the reserve and the shares of
    /// questions and repetitions, which shrink with the days left.
    pub fn envelope(&self, from: DateTime<Utc>, until: DateTime<Utc>, available: u32) -> u32 {
        const MONTH_S: u64 = 31 * 86_400;
        let left_s = u64::try_from((until - from).num_seconds())
            .unwrap_or_default()
            .min(MONTH_S);
        let share =
            |credits: u32| u32::try_from((u64::from(credits) * left_s).div_ceil(MONTH_S)).unwrap_or(credits);
        let settings = &self.settings;
        available
            .saturating_sub(settings.reserve_credits)
            .saturating_sub(share(settings.on_demand_credits))
            .saturating_sub(share(settings.retry_credits))
    }
}
