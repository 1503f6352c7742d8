//! Games, results and team statistics: nflverse's files, whose time stamps are looked at first, and ESPN's scoreboard.

use super::{Papers, Step, Sync, SyncError};
use crate::api::Tolerance;
use crate::domain::calendar::season_of;
use crate::domain::game::Fixture;
use crate::domain::source::Source;
use crate::feeds::nflverse::{Release, games_call, team_stats_call, timestamp, timestamp_call};
use crate::feeds::{FileKind, espn, team_stats};
use crate::store::facts::{results, team_weeks};
use crate::store::imports::{self, Counts, ImportError};
use chrono::{DateTime, TimeDelta, Utc};

/// The file's name in the record of imports.
const GAMES: &str = "nflverse games.csv";
/// Results of so many days back are asked for: a game that was put off is played within them.
const LOOK_BACK: TimeDelta = TimeDelta::days(8);

impl Sync<'_> {
    /// nflverse's games, when they are newer than what was read last.
    pub(super) async fn schedule(&self, step: &mut Step) -> Result<(), SyncError> {
        let read_at = self
            .store(|conn| imports::last_of(conn, FileKind::Games.name(), Some(GAMES)))
            .await?
            .map(|record| record.at.and_utc());
        let built_at = self.built_at(Release::Schedules, step).await;
        if is_unchanged(read_at, built_at, step) {
            return Ok(());
        }
        let answer = self.get(games_call(), Tolerance::Policy).await?;
        step.took(Source::Nflverse, &answer);
        let now = answer.fetched_at;
        let body = answer.body;
        let done = self
            .store(move |conn| Ok(imports::games_file(conn, GAMES, &body, now)))
            .await?;
        let report = match done {
            Ok(report) => report,
            Err(ImportError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(error.into()),
        };
        step.n_rows = report.n_rows;
        step.n_quarantined = report.n_quarantined;
        step.oldest_touched = report.oldest_touched;
        for counts in [report.games, report.quotes] {
            step.add(0, &[], counts);
        }
        Ok(())
    }

    /// When a release was built; unknown is no reason not to ask for it.
    async fn built_at(&self, release: Release, step: &mut Step) -> Option<DateTime<Utc>> {
        let told = match self.get(timestamp_call(release), Tolerance::Policy).await {
            Ok(answer) => timestamp(&answer.body).map_err(SyncError::from),
            Err(error) => Err(error),
        };
        told.map_err(|error| step.note(format!("time stamp: {error}"))).ok()
    }

    /// Final scores of the last days, from ESPN: nflverse has them an hour later, and is believed more.
    pub(super) async fn results(&self, step: &mut Step) -> Result<(), SyncError> {
        let now = self.now();
        let due = |f: &&Fixture| f.kickoff <= now && now - f.kickoff <= LOOK_BACK;
        let fixtures = self.fixtures().await?;
        let days: Vec<_> = fixtures.iter().filter(due).map(Fixture::day).collect();
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
            step.note(format!("no game was played in the last {} days", LOOK_BACK.num_days()));
            return Ok(());
        };
        let call = espn::range_call(*first, *last);
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        step.took(Source::Espn, &answer);
        let board = espn::scoreboard(&answer.body, answer.fetched_at)?;
        let papers = Papers::of(Source::Espn, &call, &answer);
        let events = board.events;
        let (n_rows, rejected) = (events.n_rows, events.rejected.clone());
        let counts = self
            .store(move |conn| results::store(conn, &papers.told(), &events))
            .await?;
        step.add(n_rows, &rejected, counts);
        Ok(())
    }

    /// Statistics of this season's teams, when they are newer than what was read last.
    pub(super) async fn team_stats(&self, step: &mut Step) -> Result<(), SyncError> {
        let now = self.now();
        let season = season_of(now);
        let call = team_stats_call(season);
        let key = call.key().as_str().to_owned();
        let read_at = self
            .store(move |conn| imports::last_of(conn, "nflverse.team_stats", Some(&key)))
            .await?
            .map(|record| record.at.and_utc());
        let built_at = self.built_at(Release::TeamStats, step).await;
        if is_unchanged(read_at, built_at, step) {
            return Ok(());
        }
        let answer = self.get(call.clone(), Tolerance::Policy).await?;
        step.took(Source::Nflverse, &answer);
        let parsed = team_stats::parse(&answer.body).map_err(ImportError::from)?;
        let papers = Papers::of(Source::Nflverse, &call, &answer);
        let (n_rows, rejected) = (parsed.n_rows, parsed.rejected.clone());
        let counts: Counts = self
            .store(move |conn| team_weeks::store(conn, &papers.told(), &parsed))
            .await?;
        step.add(n_rows, &rejected, counts);
        Ok(())
    }
}

/// Whether a release was read after it was last built; says so.
fn is_unchanged(read_at: Option<DateTime<Utc>>, built_at: Option<DateTime<Utc>>, step: &mut Step) -> bool {
    let Some(built_at) = built_at.filter(|built_at| read_at.is_some_and(|read_at| *built_at < read_at)) else {
        return false;
    };
    step.source = Some(Source::Nflverse);
    step.freshness = "fresh";
    step.note(format!("unchanged since {}", built_at.format("%Y-%m-%d %H:%M UTC")));
    true
}
