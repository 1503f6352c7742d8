//! What services told beside games and quotes, each with the instant from which it could be known.
//!
//! nflverse rebuilds its statistics in the night after a day of games, so those of a game count as known from the first
//! noon UTC after the game is settled: Tuesday morning for a Monday night's game, hours before the next openers. The
//! league corrects them until Thursday, and the newest numbers stand; what that tells of the future is a fumble credited
//! to another player. When this home fetched them does not count, because a season that is long over is fetched at once.

use super::View;
use super::chain::{Fact, fact};
use crate::domain::game::{Fixture, Game, GameId};
use crate::domain::injury::{Availability, InjuryReport};
use crate::domain::news::Headline;
use crate::domain::team::Team;
use crate::domain::team_week::TeamWeek;
use crate::domain::weather::Forecast;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is stored beside games and quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Statistics, one entry a team and week.
    pub team_weeks: Vec<TeamWeek>,
    /// Forecasts for the hours of kickoffs.
    pub forecasts: Vec<(GameId, Forecast)>,
    /// Injury reports.
    pub injuries: Vec<InjuryReport>,
    /// Headlines.
    pub headlines: Vec<Headline>,
}

/// The same in order, so that a view can cut it.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Statistics of both teams of a game, by (known at, id): its place among the archive's games, home and away.
    counted: Vec<(DateTime<Utc>, usize, Box<[TeamWeek; 2]>)>,
    /// By game, oldest first.
    forecasts: BTreeMap<GameId, Vec<Forecast>>,
    /// By team, oldest first.
    injuries: BTreeMap<Team, Vec<InjuryReport>>,
    /// Oldest first.
    headlines: Vec<Headline>,
}

/// The first noon UTC after a game is settled.
fn published_at(fixture: &Fixture) -> DateTime<Utc> {
    let settled = fixture.settles_at();
    let midnight = settled - TimeDelta::seconds(i64::from(settled.num_seconds_from_midnight()));
    let noon = midnight + TimeDelta::hours(12);
    if noon > settled {
        noon
    } else {
        noon + TimeDelta::days(1)
    }
}

impl Shelf {
    pub(super) fn new(told: Told, games: &[Arc<Game>], by_id: &BTreeMap<GameId, usize>) -> Shelf {
        let rows: BTreeMap<_, TeamWeek> = told
            .team_weeks
            .into_iter()
            .map(|row| ((row.when, row.team), row))
            .collect();
        let mut counted = Vec::new();
        for (i, game) in games.iter().enumerate().filter(|(_, game)| game.score.is_some()) {
            let f = &game.fixture;
            let of = |team: Team, opponent: Team| {
                let row = rows.get(&(f.when, team))?;
                (row.opponent == opponent && row.is_of(f.phase)).then(|| row.clone())
            };
            if let (Some(home), Some(away)) = (of(f.home, f.away), of(f.away, f.home)) {
                counted.push((published_at(f), i, Box::new([home, away])));
            }
        }
        counted.sort_by(|a, b| (a.0, &games[a.1].fixture.id).cmp(&(b.0, &games[b.1].fixture.id)));
        let mut forecasts: BTreeMap<GameId, Vec<Forecast>> = BTreeMap::new();
        for (game, forecast) in told.forecasts.into_iter().filter(|(game, _)| by_id.contains_key(game)) {
            forecasts.entry(game).or_default().push(forecast);
        }
        for list in forecasts.values_mut() {
            list.sort_by_key(|f| (f.as_of, f.source.name()));
        }
        let mut injuries: BTreeMap<Team, Vec<InjuryReport>> = BTreeMap::new();
        for report in told.injuries {
            injuries.entry(report.team).or_default().push(report);
        }
        for list in injuries.values_mut() {
            list.sort_by(|a, b| (a.as_of, &a.player, a.source.name()).cmp(&(b.as_of, &b.player, b.source.name())));
        }
        let mut headlines = told.headlines;
        headlines.sort_by(|a, b| (a.as_of, a.source.name(), &a.id).cmp(&(b.as_of, b.source.name(), &b.id)));
        Shelf {
            counted,
            forecasts,
            injuries,
            headlines,
        }
    }

    /// Every fact.
    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> {
        let counted = self.counted.iter().map(|(at, _, rows)| fact(*at, rows));
        let forecasts = self.forecasts.iter().flat_map(|(game, list)| {
            let said = move |f: &Forecast| fact(f.as_of, &(game, f));
            list.iter().map(said)
        });
        let injuries = self.injuries.values().flatten().map(|r| fact(r.as_of, r));
        let headlines = self.headlines.iter().map(|h| fact(h.as_of, h));
        counted.chain(forecasts).chain(injuries).chain(headlines)
    }
}

/// A game whose statistics were known at a view's instant.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The schedule.
    pub fixture: &'a Fixture,
    /// What the home team did.
    pub home: &'a TeamWeek,
    /// What the away team did.
    pub away: &'a TeamWeek,
}

impl View {
    /// Number of games whose statistics were known.
    pub fn n_counted(&self) -> usize {
        self.archive.told.counted.partition_point(|(t, ..)| *t <= self.at)
    }

    /// Statistics known, in the order they became so; `from` skips that many, for whoever has read them before.
    pub fn counted(&self, from: usize) -> impl Iterator<Item = Counted<'_>> {
        let known = &self.archive.told.counted[..self.n_counted()];
        known[from.min(known.len())..].iter().map(|(_, i, rows)| Counted {
            fixture: &self.archive.games[*i].fixture,
            home: &rows[0],
            away: &rows[1],
        })
    }

    /// The newest forecast for a game's kickoff that was known.
    pub fn forecast(&self, game: &GameId) -> Option<&Forecast> {
        let list = self.archive.told.forecasts.get(game)?;
        list[..list.partition_point(|f| f.as_of <= self.at)].last()
    }

    /// Players of a team reported as unlikely to play by the newest report about each that was known, by name.
    pub fn injured(&self, team: Team) -> Vec<&InjuryReport> {
        let Some(list) = self.archive.told.injuries.get(&team) else {
            return Vec::new();
        };
        let known = &list[..list.partition_point(|r| r.as_of <= self.at)];
        let newest: BTreeMap<&str, &InjuryReport> = known.iter().map(|r| (r.player.as_str(), r)).collect();
        let unlikely = |r: &&InjuryReport| {
            matches!(
                r.availability,
                Availability::Doubtful | Availability::Out | Availability::Reserve
            )
        };
        newest.into_values().filter(unlikely).collect()
    }

    /// Headlines about either of two teams that were known, the newest first.
    pub fn headlines(&self, teams: [Team; 2]) -> impl Iterator<Item = &Headline> {
        let all = &self.archive.told.headlines;
        let known = &all[..all.partition_point(|h| h.as_of <= self.at)];
        let about = move |h: &&Headline| h.teams.iter().any(|team| teams.contains(team));
        known.iter().rev().filter(about)
    }
}

#[cfg(test)]
mod tests;
