//! ESPN's undocumented site API in the shape of its captured answers: scoreboard, injuries, teams and news.
//!
//! Only what somebody may want to read is there; the real answers are fifty times larger with links and logos.

use super::message::{Reply, Request};
use super::world::{Stage, Staged, World};
use crate::api::Endpoint;
use crate::domain::calendar::{eastern, eastern_day, eastern_label};
use crate::domain::game::{Phase, SeasonWeek};
use crate::domain::quote::Market;
use crate::domain::team::Team;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};

/// Numbers of the franchises, in the order of [`Team::ALL`].
const TEAM_IDS: [u8; 32] = [
    22, 1, 33, 2, 29, 3, 4, 5, 6, 7, 8, 9, 34, 11, 30, 12, 14, 24, 13, 15, 16, 17, 18, 19, 20, 21, 23, 26, 25, 27,
    10, 28,
];
/// A range of days may be this long; ESPN answers about this many events at most.
const MAX_EVENTS: usize = 300;
/// The book whose prices ESPN shows.
const BOOK: &str = "sim_espn";

/// The class of a path; `None` for one the service does not know.
pub(super) fn endpoint(path: &[&str]) -> Option<Endpoint> {
    match path {
        ["apis", "site", "v2", "sports", "football", "nfl", leaf] => match *leaf {
            "scoreboard" => Some(Endpoint::Scoreboard),
            "injuries" => Some(Endpoint::Injuries),
            "teams" => Some(Endpoint::Teams),
            "news" => Some(Endpoint::News),
            _ => None,
        },
        _ => None,
    }
}

/// Answers a request of a class.
pub(super) fn answer(world: &World, request: &Request, endpoint: Endpoint, now: DateTime<Utc>) -> Reply {
    let body = match endpoint {
        Endpoint::Scoreboard => match scoreboard(world, request, now) {
            Ok(body) => body,
            Err(message) => return Reply::json(400, &json!({"code": 400, "message": message})),
        },
        Endpoint::Injuries => injuries(world, now),
        Endpoint::Teams => teams(season_of(world, now)),
        _ => news(world, request, now),
    };
    Reply::json(200, &body).with("cache-control", "max-age=6")
}

/// `2023-10-06T00:15Z`.
fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%MZ").to_string()
}

fn season_of(world: &World, now: DateTime<Utc>) -> u16 {
    current_week(world, now).map_or(0, |w| w.season)
}

/// The week that opened last; the first one before any has.
fn current_week(world: &World, now: DateTime<Utc>) -> Option<SeasonWeek> {
    let opened = world.games.iter().filter(|s| s.game.fixture.opens_at <= now);
    let current = opened.map(|s| s.game.fixture.when).max();
    current.or_else(|| world.games.iter().map(|s| s.game.fixture.when).min())
}

fn scoreboard(world: &World, request: &Request, now: DateTime<Utc>) -> Result<Value, String> {
    let wanted = wanted(world, request, now)?;
    let limit = match request.param("limit") {
        None => MAX_EVENTS,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| format!("limit: `{text}` is no number"))?
            .min(MAX_EVENTS),
    };
    let games: Vec<&Staged> = world.games.iter().filter(|s| wanted.takes(s)).take(limit).collect();
    let when = games
        .first()
        .map(|s| s.game.fixture.when)
        .or_else(|| current_week(world, now));
    let events: Vec<Value> = games.into_iter().map(|s| event(s, now)).collect();
    let (season, week) = when.map_or((0, 0), |w| (w.season, w.week));
    Ok(json!({
        "leagues": [{"id": "28", "uid": "s:20~l:28", "name": "National Football League", "abbreviation": "NFL",
                     "slug": "nfl", "season": {"year": season, "type": {"id": "2", "type": 2, "name": "Regular Season"}}}],
        "season": {"type": 2, "year": season},
        "week": {"number": week},
        "events": events,
    }))
}

/// Which games are asked for: US Eastern days, or a week.
enum Wanted {
    Days(NaiveDate, NaiveDate),
    Week { season: u16, week: u8, post: bool },
}

impl Wanted {
    fn takes(&self, game: &Staged) -> bool {
        let f = &game.game.fixture;
        match *self {
            Wanted::Days(from, to) => (from..=to).contains(&f.day()),
            Wanted::Week { season, week, post } => {
                let (kind, number) = numbered(game);
                f.when.season == season && number == week && (kind == 3) == post
            }
        }
    }
}

/// ESPN's season type (2 regular, 3 play-offs) and number of the week within it; the Super Bowl is the fifth.
fn numbered(game: &Staged) -> (u8, u8) {
    match game.game.fixture.phase {
        Phase::Regular => (2, game.game.fixture.when.week),
        Phase::WildCard => (3, 1),
        Phase::Divisional => (3, 2),
        Phase::Conference => (3, 3),
        Phase::SuperBowl => (3, 5),
    }
}

fn wanted(world: &World, request: &Request, now: DateTime<Utc>) -> Result<Wanted, String> {
    let current = current_week(world, now);
    let day = |text: &str| {
        NaiveDate::parse_from_str(text, "%Y%m%d")
            .map_err(|_| format!("dates: `{text}` is no day such as 20231005"))
    };
    let dates = request.param("dates");
    if let Some(week) = request.param("week") {
        let week = week.parse().map_err(|_| format!("week: `{week}` is no number"))?;
        let year = dates.and_then(|d| d.get(..4)).and_then(|y| y.parse().ok());
        let season = year.or(current.map(|w| w.season)).unwrap_or(0);
        let post = request.param("seasontype") == Some("3");
        return Ok(Wanted::Week { season, week, post });
    }
    match (dates, current) {
        (Some(year), _) if year.len() == 4 => {
            let first = day(&format!("{year}0801"))?;
            Ok(Wanted::Days(first, first + Days::new(210)))
        }
        (Some(dates), _) => {
            let (from, to) = dates.split_once('-').unwrap_or((dates, dates));
            Ok(Wanted::Days(day(from)?, day(to)?))
        }
        (None, Some(w)) => {
            let of_week = || {
                world
                    .games
                    .iter()
                    .filter(|s| s.game.fixture.when == w)
                    .map(|s| s.game.fixture.day())
            };
            let today = eastern_day(now);
            Ok(Wanted::Days(
                of_week().min().unwrap_or(today),
                of_week().max().unwrap_or(today),
            ))
        }
        (None, None) => Ok(Wanted::Days(eastern_day(now), eastern_day(now))),
    }
}

fn event(game: &Staged, now: DateTime<Utc>) -> Value {
    let f = &game.game.fixture;
    let season = game.season();
    let (kind, week) = numbered(game);
    let (home, away) = (f.home.full_name(season), f.away.full_name(season));
    let (home_code, away_code) = (f.home.espn_code(season), f.away.espn_code(season));
    let at = if f.neutral { "VS" } else { "@" };
    let status = status(game, now);
    let slug = if kind == 2 { "regular-season" } else { "post-season" };
    let competition = json!({
        "id": game.espn,
        "uid": format!("s:20~l:28~e:{0}~c:{0}", game.espn),
        "date": minute(f.kickoff),
        "startDate": minute(f.kickoff),
        "timeValid": f.kickoff_exact,
        "neutralSite": f.neutral,
        "conferenceCompetition": f.home.conference() == f.away.conference(),
        "venue": {"id": TEAM_IDS[f.home.index()].to_string(), "fullName": f.stadium, "indoor": game.indoors(),
                  "address": {"city": f.home.city(season)}},
        "competitors": game.sides().map(|(team, is_home)| competitor(game, team, is_home, now)),
        "status": status,
        "odds": odds(game, now),
    });
    json!({
        "id": game.espn,
        "uid": format!("s:20~l:28~e:{}", game.espn),
        "date": minute(f.kickoff),
        "name": format!("{away} at {home}"),
        "shortName": format!("{away_code} {at} {home_code}"),
        "season": {"year": season, "type": kind, "slug": slug},
        "week": {"number": week},
        "competitions": [competition],
        "status": status,
    })
}

fn competitor(game: &Staged, team: Team, is_home: bool, now: DateTime<Utc>) -> Value {
    let score = match game.stage(now) {
        Stage::Before | Stage::Unknown => None,
        Stage::Live(score) | Stage::Final(score) => Some(score),
    };
    let own = score.map_or(0, |s| if is_home { s.home } else { s.away });
    let mut competitor = json!({
        "id": TEAM_IDS[team.index()].to_string(),
        "uid": format!("s:20~l:28~t:{}", TEAM_IDS[team.index()]),
        "type": "team",
        "order": u8::from(!is_home),
        "homeAway": if is_home { "home" } else { "away" },
        "team": team_body(team, game.season()),
        "score": own.to_string(),
    });
    if let Stage::Final(score) = game.stage(now) {
        let won = if is_home {
            score.margin() > 0
        } else {
            score.margin() < 0
        };
        competitor["winner"] = json!(won);
    }
    competitor
}

fn team_body(team: Team, season: u16) -> Value {
    let code = team.espn_code(season);
    json!({
        "id": TEAM_IDS[team.index()].to_string(),
        "uid": format!("s:20~l:28~t:{}", TEAM_IDS[team.index()]),
        "location": team.city(season),
        "name": team.nickname(season),
        "abbreviation": code,
        "displayName": team.full_name(season),
        "shortDisplayName": team.nickname(season),
        "isActive": true,
    })
}

fn status(game: &Staged, now: DateTime<Utc>) -> Value {
    let label = eastern_label(game.kickoff());
    let gone = (now - game.kickoff()).num_minutes();
    let (id, name, state, completed, description, period) = match game.stage(now) {
        Stage::Before => ("1", "STATUS_SCHEDULED", "pre", false, "Scheduled", 0),
        Stage::Live(_) | Stage::Unknown => (
            "2",
            "STATUS_IN_PROGRESS",
            "in",
            false,
            "In Progress",
            (gone / 48 + 1).min(4),
        ),
        Stage::Final(_) => ("3", "STATUS_FINAL", "post", true, "Final", 4),
    };
    let detail = if state == "pre" { label } else { description.to_owned() };
    json!({"clock": 0.0, "displayClock": "0:00", "period": period,
           "type": {"id": id, "name": name, "state": state, "completed": completed, "description": description,
                    "detail": detail, "shortDetail": detail}})
}

/// `WSH -5.5` and the total, while the game is open.
fn odds(game: &Staged, now: DateTime<Utc>) -> Value {
    if !game.is_open(now) {
        return json!([]);
    }
    let f = &game.game.fixture;
    let line = |market| game.offer(market, BOOK, now).and_then(|o| o.line);
    let Some(spread) = line(Market::Spread) else {
        return json!([]);
    };
    let favourite = if spread.0 >= 0 { f.home } else { f.away };
    let details = match spread.0 {
        0 => "EVEN".to_owned(),
        n => format!("{} -{}", favourite.espn_code(game.season()), f64::from(n.abs()) / 2.0),
    };
    json!([{"provider": {"id": "0", "name": "ESPN book (sim)", "priority": 1}, "details": details,
            "overUnder": line(Market::Total).map(|l| l.points()), "spread": 0.0 - spread.points()}])
}

fn teams(season: u16) -> Value {
    let teams: Vec<Value> = Team::ALL
        .into_iter()
        .map(|t| json!({"team": team_body(t, season)}))
        .collect();
    json!({"sports": [{"id": "20", "name": "Football", "slug": "football",
           "leagues": [{"id": "28", "name": "National Football League", "abbreviation": "NFL", "slug": "nfl",
                        "year": season, "teams": teams}]}]})
}

/// A few invented players of every team, the same all day.
fn injuries(world: &World, now: DateTime<Utc>) -> Value {
    let season = season_of(world, now);
    let day = eastern_day(now);
    let reported = eastern(day.and_time(chrono::NaiveTime::MIN));
    let date = minute(reported.min(now));
    let days = i64::from(chrono::Datelike::num_days_from_ce(&day));
    let teams = Team::ALL.map(|team| {
        let own = world.chance.on("injuries").on(team.code());
        let list: Vec<Value> = (0..own.at(days / 7).between(1, 4))
            .map(|i| {
                let one = own.at(days / 7).at(i);
                let (status, kind, short) = [
                    ("Questionable", "INJURY_STATUS_QUESTIONABLE", "Q"),
                    ("Doubtful", "INJURY_STATUS_DOUBTFUL", "D"),
                    ("Out", "INJURY_STATUS_OUT", "O"),
                ][one.below(3) as usize];
                let position = ["QB", "RB", "WR", "TE", "OT", "G", "DE", "LB", "CB", "S"][one.on("position").below(10) as usize];
                let name = format!("{} Player {}", team.code(), one.on("player").below(90) + 10);
                json!({"id": format!("-{}", one.below(9_000_000)), "shortComment": status.to_lowercase(), "status": status,
                       "date": date,
                       "athlete": {"displayName": name, "shortName": name, "position": {"abbreviation": position},
                                   "team": {"id": TEAM_IDS[team.index()].to_string(), "abbreviation": team.espn_code(season)}},
                       "type": {"id": "4", "name": kind, "description": status.to_lowercase(), "abbreviation": short}})
            })
            .collect();
        json!({"id": TEAM_IDS[team.index()].to_string(), "displayName": team.full_name(season), "injuries": list})
    });
    json!({"timestamp": minute(now), "status": "success", "season": {"year": season}, "injuries": teams})
}

/// One headline for each of the last finished games.
fn news(world: &World, request: &Request, now: DateTime<Utc>) -> Value {
    let limit = request
        .param("limit")
        .and_then(|t| t.parse::<usize>().ok())
        .unwrap_or(6)
        .min(50);
    let finished = world.games.iter().rev().filter_map(|s| match s.stage(now) {
        Stage::Final(score) => Some((s, score)),
        Stage::Before | Stage::Live(_) | Stage::Unknown => None,
    });
    let articles: Vec<Value> = finished
        .take(limit)
        .map(|(s, score)| {
            let f = &s.game.fixture;
            let (home, away) = (f.home.nickname(s.season()), f.away.nickname(s.season()));
            json!({"type": "Recap", "headline": format!("SIMULATED: {away} {} at {home} {}", score.away, score.home),
                   "description": format!("An invented report of {}", f.label()), "published": minute(f.settles_at()),
                   "categories": []})
        })
        .collect();
    json!({"header": "NFL News", "articles": articles})
}
