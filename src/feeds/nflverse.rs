//! nflverse's releases on GitHub: when a release was last built, and where its files lie.
//!
//! A release's small `timestamp.json` is asked first; the files are megabytes and change a few times a day.

use super::error::FeedError;
use super::json;
use crate::api::{Call, Endpoint, Provider};
use crate::domain::calendar;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

const FEED: &str = "nflverse timestamp";
const RELEASES: &str = "/nflverse/nflverse-data/releases/download";

/// A release of nflverse that Huddle reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// Schedules, results and reference closing lines.
    Schedules,
    /// Statistics of teams by week.
    TeamStats,
}

impl Release {
    /// The release's tag.
    pub fn tag(self) -> &'static str {
        match self {
            Release::Schedules => "schedules",
            Release::TeamStats => "stats_team",
        }
    }
}

/// When a release was last built.
pub fn timestamp_call(release: Release) -> Call {
    let path = format!("{RELEASES}/{}/timestamp.json", release.tag());
    Call::get(Provider::Nflverse, Endpoint::Timestamp, &path, &[])
}

/// Every game since 1999.
pub fn games_call() -> Call {
    let path = format!("{RELEASES}/{}/games.csv", Release::Schedules.tag());
    Call::get(Provider::Nflverse, Endpoint::Games, &path, &[])
}

/// What teams did in each week of a season.
pub fn team_stats_call(season: u16) -> Call {
    let path = format!("{RELEASES}/{}/stats_team_week_{season}.csv", Release::TeamStats.tag());
    Call::get(Provider::Nflverse, Endpoint::TeamStats, &path, &[])
}

/// Reads a `timestamp.json`: `{"last_updated": "2023-09-12 07:08:07 EDT"}`, in Toronto's time or with a zone of its own.
///
/// # Errors
/// [`FeedError`] when it holds no instant.
pub fn timestamp(bytes: &[u8]) -> Result<DateTime<Utc>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let found = answer.get("last_updated").map(|v| v.get(0).unwrap_or(v));
    let zoned = found.and_then(Value::as_str).and_then(zoned);
    json::instant(found).or(zoned).ok_or_else(|| FeedError::WrongShape {
        feed: FEED,
        expected: "an instant `last_updated` such as 2023-09-12 07:08:07 EDT",
        found: found.map_or_else(|| json::shape(&answer), json::shown),
    })
}

/// `2023-09-12 07:08:07 EDT` as an instant.
fn zoned(text: &str) -> Option<DateTime<Utc>> {
    let (local, zone) = text.trim().rsplit_once(' ')?;
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M:%S").ok()?;
    // Through the common reader, which knows which years can be meant.
    let utc = json::instant(Some(&Value::String(local.and_utc().to_rfc3339())))?;
    match zone {
        "UTC" | "GMT" => Some(utc),
        "EST" => Some(utc + TimeDelta::hours(5)),
        "EDT" => Some(utc + TimeDelta::hours(4)),
        "America/Toronto" | "America/New_York" => Some(calendar::eastern(local)),
        _ => None,
    }
}
