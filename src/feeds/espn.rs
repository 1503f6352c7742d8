//! ESPN's site API: free, undocumented, and free to change: every field may be missing, and nothing here insists on one
//! it can do without.
//!
//! It writes `WSH` and `LAR` for Washington and the Rams, and a score of 0 to 0 for games that have not begun.

mod injuries;
mod news;
mod scoreboard;

pub use injuries::injuries;
pub use news::news;
pub use scoreboard::{Board, scoreboard};

use super::Parsed;
use super::error::FeedError;
use super::json::{self, Fault, Harvest};
use super::sheet;
use crate::api::{Call, Endpoint, Join, Provider};
use crate::domain::team::Team;
use chrono::NaiveDate;
use serde_json::Value;

const BASE: &str = "/apis/site/v2/sports/football/nfl";
/// More games than a regular season has; without a limit the service stops at a hundred.
const MOST_GAMES: &str = "300";
/// The service shows this many headlines at most, and a day has fewer.
const MOST_HEADLINES: &str = "50";

/// Games of one US Eastern day; calls for several days become one.
pub fn day_call(day: NaiveDate) -> Call {
    let day = day.format("%Y%m%d").to_string();
    Call::get(
        Provider::Espn,
        Endpoint::Scoreboard,
        &format!("{BASE}/scoreboard"),
        &[("dates", &day)],
    )
    .joined(Join::Days)
}

/// Games of a range of days, both included.
pub fn range_call(first: NaiveDate, last: NaiveDate) -> Call {
    let dates = format!("{}-{}", first.format("%Y%m%d"), last.format("%Y%m%d"));
    let params = [("dates", dates.as_str()), ("limit", MOST_GAMES)];
    Call::get(
        Provider::Espn,
        Endpoint::Scoreboard,
        &format!("{BASE}/scoreboard"),
        &params,
    )
}

/// The injury reports of all teams.
pub fn injuries_call() -> Call {
    Call::get(Provider::Espn, Endpoint::Injuries, &format!("{BASE}/injuries"), &[])
}

/// The list of teams.
pub fn teams_call() -> Call {
    Call::get(Provider::Espn, Endpoint::Teams, &format!("{BASE}/teams"), &[])
}

/// The latest headlines.
pub fn news_call() -> Call {
    let params = [("limit", MOST_HEADLINES)];
    Call::get(Provider::Espn, Endpoint::News, &format!("{BASE}/news"), &params)
}

/// A team with the service's number for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The number, as text.
    pub id: String,
    /// The team.
    pub team: Team,
}

/// Reads the list of teams.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn teams(bytes: &[u8]) -> Result<Parsed<Listed>, FeedError> {
    const FEED: &str = "ESPN teams";
    let answer = json::parse(FEED, bytes)?;
    let league = answer.pointer("/sports/0/leagues/0/teams");
    let list = league.or_else(|| answer.get("teams"));
    let mut harvest = Harvest::new(FEED);
    for (place, entry) in (1u64..).zip(json::array(FEED, &answer, list, "an array of teams")?) {
        let inner = entry.get("team").unwrap_or(entry);
        let row = team(inner).map(|team| Listed {
            id: json::words_at(inner, &["id"]).unwrap_or_default(),
            team,
        });
        harvest.take(place, entry, row)?;
    }
    Ok(harvest.done())
}

/// The team an object of the service speaks of: by its code, or else by its name.
fn team(value: &Value) -> Result<Team, Fault> {
    let named = ["abbreviation", "displayName", "description", "name"];
    let said: Vec<&str> = named.iter().filter_map(|key| json::text_at(value, &[key])).collect();
    let found = said.iter().find_map(|text| Team::parse(text).ok());
    found.ok_or_else(|| match said.first() {
        Some(text) => Fault::new("team", format!("unknown team: `{}`", sheet::cut(text))),
        None => Fault::new("team", "missing team"),
    })
}
