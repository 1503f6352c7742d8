//! Every trap of the data and every bad input, on invented games; and the benchmarks of the real files where present.

mod games;
mod market_watch;
mod odds;
mod real;
mod services;
mod sheets;
mod weather;

use super::Facts;
use super::nflverse_games::{self, COLUMNS};
use std::collections::BTreeMap;

/// A file of games: each row is the sample row with some cells changed.
pub(super) fn games_csv(rows: &[&[(&str, &str)]]) -> String {
    let mut text = format!("{}\n", COLUMNS.join(","));
    for changes in rows {
        let changes: BTreeMap<&str, &str> = changes.iter().copied().collect();
        let cells = COLUMNS.map(|column| changes.get(column).copied().unwrap_or_else(|| sample(column)));
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// An invented game: Sunday 2020-11-08, Kansas City 24, Denver 20.
fn sample(column: &str) -> &'static str {
    match column {
        "game_id" => "2020_09_DEN_KC",
        "season" => "2020",
        "game_type" => "REG",
        "week" => "9",
        "gameday" => "2020-11-08",
        "gametime" => "16:25",
        "away_team" => "DEN",
        "home_team" => "KC",
        "away_score" => "20",
        "home_score" => "24",
        "location" => "Home",
        "result" => "4",
        "total" => "44",
        "away_rest" | "home_rest" => "7",
        "away_moneyline" => "240",
        "home_moneyline" => "-280",
        "spread_line" => "6.5",
        "home_spread_odds" => "-108",
        "away_spread_odds" => "-102",
        "total_line" => "45.5",
        "over_odds" => "-115",
        "under_odds" => "105",
        "div_game" => "1",
        "roof" => "outdoors",
        "temp" => "51",
        "wind" => "9",
        "away_qb_id" => "00-0000001",
        "home_qb_id" => "00-0000002",
        "stadium_id" => "KAN00",
        _ => "Invented Field",
    }
}

pub(super) fn games(rows: &[&[(&str, &str)]]) -> Facts {
    nflverse_games::read(games_csv(rows).as_bytes()).unwrap()
}

/// Field and reason of each rejection.
pub(super) fn reasons(facts: &Facts) -> Vec<(&str, &str)> {
    facts
        .rejected
        .iter()
        .map(|r| (r.field.as_str(), r.reason.as_str()))
        .collect()
}

/// A file of the developers' data folder, or a printed reason why the test is skipped.
pub(super) fn real_file(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let path = std::path::Path::new(&folder).join(name);
    std::fs::read(&path)
        .inspect_err(|e| println!("skipped: {}: {e}; set HUDDLE_NFL_DATA", path.display()))
        .ok()
}
