//! nflverse's releases on GitHub: a redirect to where the files lie, files that are rebuilt on a schedule, and validators.
//!
//! A file tells what its build could know: no score before its game is over, no closing line before kickoff.

use super::message::{Reply, Request};
use super::stats;
use super::world::{Stage, Staged, World};
use crate::api::Endpoint;
use crate::domain::game::{Phase, Roof};
use crate::domain::quote::Market;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::America::New_York;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Schedules are built this often.
const SCHEDULE_EVERY: TimeDelta = TimeDelta::minutes(5);
/// Statistics are built once a day, at this hour (UTC).
const STATS_EVERY: TimeDelta = TimeDelta::days(1);
const STATS_HOUR: i64 = 9;
/// Until this season the published file holds the price of the under in `over_odds` and the other way round.
const LAST_SWAPPED_SEASON: u16 = 2019;

/// A path below the prefix, understood.
pub(super) struct Wanted<'a> {
    tag: &'a str,
    file: &'a str,
    /// Where the redirect leads.
    pub asset: bool,
}

/// Reads a path; it may or may not spell out the repository, which belongs to the base address for some.
pub(super) fn wanted<'a>(path: &[&'a str]) -> Option<Wanted<'a>> {
    let mut rest = path;
    for part in ["nflverse", "nflverse-data", "releases", "download"] {
        rest = rest.strip_prefix(&[part]).unwrap_or(rest);
    }
    match rest {
        ["assets", tag, file] => Some(Wanted { tag, file, asset: true }),
        [tag, file] => Some(Wanted {
            tag,
            file,
            asset: false,
        }),
        _ => None,
    }
}

impl Wanted<'_> {
    /// The class of the file.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        match (self.tag, self.file) {
            (_, "timestamp.json") => Some(Endpoint::Timestamp),
            ("schedules", "games.csv") => Some(Endpoint::Games),
            ("stats_team", file) => stats_season(file).map(|_| Endpoint::TeamStats),
            _ => None,
        }
    }

    /// When the release was last built.
    fn built(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let (every, phase) = match self.tag {
            "schedules" => (SCHEDULE_EVERY, 0),
            _ => (STATS_EVERY, STATS_HOUR * 3_600),
        };
        let seconds = (now.timestamp() - phase).rem_euclid(every.num_seconds());
        now - TimeDelta::seconds(seconds) - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()))
    }
}

fn stats_season(file: &str) -> Option<u16> {
    file.strip_prefix("stats_team_week_")?
        .strip_suffix(".csv")?
        .parse()
        .ok()
}

/// The first answer: where the file really lies.
pub(super) fn redirect(request: &Request, wanted: &Wanted<'_>) -> Reply {
    let there = format!("/nflverse/assets/{}/{}", wanted.tag, wanted.file);
    Reply::new(302, "text/html; charset=utf-8", Vec::new())
        .with("location", request.address(&there))
        .with("cache-control", "no-cache")
}

/// The second answer: the file as last built, or that it has not changed.
pub(super) fn answer(world: &World, request: &Request, wanted: &Wanted<'_>, now: DateTime<Utc>) -> Reply {
    let built = wanted.built(now);
    let (kind, body) = match wanted.endpoint() {
        Some(Endpoint::Timestamp) => {
            let text = built
                .with_timezone(&New_York)
                .format("%Y-%m-%d %H:%M:%S %Z")
                .to_string();
            (
                "application/json",
                json!({"last_updated": text}).to_string().into_bytes(),
            )
        }
        Some(Endpoint::Games) => ("application/octet-stream", games_csv(world, built)),
        Some(_) => match stats_season(wanted.file).map(|season| stats::csv(world, season, built)) {
            Some(Some(body)) => ("application/octet-stream", body),
            _ => return not_found(),
        },
        None => return not_found(),
    };
    let digest = Sha256::digest(&body);
    let tag: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let etag = format!("\"0x{tag}\"");
    let named = request.header("if-none-match").unwrap_or_default();
    let unchanged = named
        .split(',')
        .map(str::trim)
        .any(|t| t == "*" || t.trim_start_matches("W/") == etag);
    let reply = if unchanged {
        Reply::empty(304)
    } else {
        Reply::new(200, kind, body)
    };
    reply.with("etag", etag).with("last-modified", super::http_date(built))
}

/// GitHub's answer to a file that is not there.
pub(super) fn not_found() -> Reply {
    Reply::new(404, "text/plain; charset=utf-8", b"Not Found".to_vec())
}

/// The columns of the published schedule file, in its order.
const GAME_COLUMNS: &str = "game_id,season,game_type,week,gameday,weekday,gametime,away_team,away_score,home_team,\
home_score,location,result,total,overtime,old_game_id,gsis,nfl_detail_id,pfr,pff,espn,ftn,away_rest,home_rest,\
away_moneyline,home_moneyline,spread_line,away_spread_odds,home_spread_odds,total_line,under_odds,over_odds,div_game,\
roof,surface,temp,wind,away_qb_id,home_qb_id,away_qb_name,home_qb_name,away_coach,home_coach,referee,stadium_id,stadium";

fn games_csv(world: &World, built: DateTime<Utc>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns: Vec<&str> = GAME_COLUMNS.split(',').collect();
    let mut write = |row: &[String]| {
        writer
            .write_record(row)
            .expect("a vector takes every row, and all are as long")
    };
    write(&columns.iter().map(|c| (*c).to_owned()).collect::<Vec<String>>());
    for game in &world.games {
        write(
            &columns
                .iter()
                .map(|column| cell(game, column, built))
                .collect::<Vec<String>>(),
        );
    }
    writer.into_inner().expect("a vector can always be flushed")
}

/// What a cell says at the time of the build; empty for what the world does not hold.
fn cell(game: &Staged, column: &str, built: DateTime<Utc>) -> String {
    let f = &game.game.fixture;
    let local = f.kickoff.with_timezone(&New_York);
    match column {
        "game_id" => f.id.to_string(),
        "season" => f.when.season.to_string(),
        "game_type" => match f.phase {
            Phase::Regular => "REG",
            Phase::WildCard => "WC",
            Phase::Divisional => "DIV",
            Phase::Conference => "CON",
            Phase::SuperBowl => "SB",
        }
        .to_owned(),
        "week" => f.when.week.to_string(),
        "gameday" => local.format("%Y-%m-%d").to_string(),
        "weekday" => local.format("%A").to_string(),
        "gametime" if f.kickoff_exact => local.format("%H:%M").to_string(),
        "away_team" => f.away_code().to_owned(),
        "home_team" => f.home_code().to_owned(),
        "location" => if f.neutral { "Neutral" } else { "Home" }.to_owned(),
        "espn" => game.espn.clone(),
        "away_rest" => f.away_rest.to_string(),
        "home_rest" => f.home_rest.to_string(),
        "div_game" => u8::from(f.division).to_string(),
        "roof" => match f.roof {
            None => "",
            Some(Roof::Outdoors) => "outdoors",
            Some(Roof::Dome) => "dome",
            Some(Roof::Retractable) => "closed",
        }
        .to_owned(),
        "stadium" => f.stadium.clone(),
        "away_score" | "home_score" | "result" | "total" => result(game, column, built),
        "temp" | "wind" | "away_qb_id" | "home_qb_id" => seen(game, column, built),
        _ => line(game, column, built),
    }
}

fn result(game: &Staged, column: &str, built: DateTime<Utc>) -> String {
    let Stage::Final(score) = game.stage(built) else {
        return String::new();
    };
    match column {
        "away_score" => score.away.to_string(),
        "home_score" => score.home.to_string(),
        "result" => score.margin().to_string(),
        _ => score.total().to_string(),
    }
}

fn seen(game: &Staged, column: &str, built: DateTime<Utc>) -> String {
    if built < game.game.fixture.settles_at() {
        return String::new();
    }
    let (weather, starters) = (game.game.conditions, game.game.starters.as_ref());
    let cell = match column {
        "temp" => weather.and_then(|w| w.temperature_f).map(|t| t.to_string()),
        "wind" => weather.and_then(|w| w.wind_mph).map(|w| w.to_string()),
        "away_qb_id" => starters.and_then(|s| s.away_qb.clone()),
        _ => starters.and_then(|s| s.home_qb.clone()),
    };
    cell.unwrap_or_default()
}

fn line(game: &Staged, column: &str, built: DateTime<Utc>) -> String {
    if built < game.kickoff() {
        return String::new();
    }
    let swapped = game.season() <= LAST_SWAPPED_SEASON;
    let of = |market, pick: fn(super::line_path::Offer) -> i32| game.close(market).map(|o| pick(o).to_string());
    let points = |market| {
        game.close(market)
            .and_then(|o| o.line)
            .map(|l| format!("{:?}", l.points()))
    };
    let cell = match (column, swapped) {
        ("spread_line", _) => points(Market::Spread),
        ("total_line", _) => points(Market::Total),
        ("home_moneyline", _) => of(Market::Moneyline, |o| o.first.get()),
        ("away_moneyline", _) => of(Market::Moneyline, |o| o.second.get()),
        ("home_spread_odds", _) => of(Market::Spread, |o| o.first.get()),
        ("away_spread_odds", _) => of(Market::Spread, |o| o.second.get()),
        ("over_odds", false) | ("under_odds", true) => of(Market::Total, |o| o.first.get()),
        ("under_odds", false) | ("over_odds", true) => of(Market::Total, |o| o.second.get()),
        _ => None,
    };
    cell.unwrap_or_default()
}
