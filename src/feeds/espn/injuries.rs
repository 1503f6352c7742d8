//! Injury reports: a list of teams, each with its players.

use super::team;
use crate::domain::injury::{Availability, InjuryReport};
use crate::domain::source::Source;
use crate::feeds::Parsed;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use chrono::{DateTime, Utc};
use serde_json::Value;

const FEED: &str = "ESPN injuries";
/// Kind of correction: a report that does not say when it was made.
const UNDATED: &str = "date missing, the time of the answer taken";

/// Reads the reports of all teams. Rejections are placed by team.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn injuries(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Parsed<InjuryReport>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let teams = json::array(FEED, &answer, answer.get("injuries"), "an array `injuries` of teams")?;
    let mut harvest = Harvest::new(FEED);
    for (place, entry) in (1u64..).zip(teams) {
        let Some(players) = entry.get("injuries").and_then(Value::as_array) else {
            let fault = Fault::new("injuries", "a team without a list of players");
            harvest.take(place, entry, Err(fault))?;
            continue;
        };
        for player in players {
            let row = report(entry, player, received_at);
            if row.is_ok() && json::instant(player.get("date")).is_none() {
                harvest.note(UNDATED, place);
            }
            harvest.take(place, player, row)?;
        }
    }
    Ok(harvest.done())
}

fn report(entry: &Value, player: &Value, received_at: DateTime<Utc>) -> Result<InjuryReport, Fault> {
    let whose = json::at(player, &["athlete", "team"]).map_or_else(|| team(entry), team);
    // The list a player stands in is his team; his own entry may lag behind a trade.
    let team = team(entry).or(whose)?;
    let name = json::words_at(player, &["athlete", "displayName"])
        .or_else(|| json::words_at(player, &["athlete", "fullName"]))
        .ok_or_else(|| Fault::new("athlete", "a player without a name"))?;
    let status = json::words_at(player, &["status"])
        .or_else(|| json::words_at(player, &["type", "description"]))
        .ok_or_else(|| Fault::new("status", "a report without a status"))?;
    Ok(InjuryReport {
        team,
        player: name,
        position: json::words_at(player, &["athlete", "position", "abbreviation"]),
        availability: Availability::of_word(&status),
        status,
        part: json::words_at(player, &["details", "type"]),
        comment: json::words_at(player, &["shortComment"]).or_else(|| json::words_at(player, &["longComment"])),
        as_of: json::instant(player.get("date")).unwrap_or(received_at),
        source: Source::Espn,
    })
}
