//! The Odds API v4 as its guide describes it and as its error bodies have been seen: who may ask, what it costs, and
//! which answer belongs to which path.
//!
//! Two things it does not imitate: games leave `/odds` at kickoff, because live prices would have to be invented, and
//! every book carries every market.

mod account;
mod ask;
mod body;

pub use account::AccountOptions;
pub(super) use account::{Account, out_of_credits, too_fast};

use super::message::{Reply, Request};
use super::world::World;
use crate::api::Endpoint;
use ask::Ask;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The one sport with games.
pub(super) const SPORT: &str = "americanfootball_nfl";
/// Past snapshots are this far apart.
const SNAPSHOT: TimeDelta = TimeDelta::minutes(5);
/// Past prices cost this many times the present ones.
const HISTORICAL_FACTOR: u32 = 10;
/// Events are listed this long before kickoff.
const LISTED_BEFORE: TimeDelta = TimeDelta::days(21);

/// The class of a path; `None` for one the service does not know.
pub(super) fn endpoint(path: &[&str]) -> Option<Endpoint> {
    match path {
        ["v4", "sports"] => Some(Endpoint::Sports),
        ["v4", "sports", _, "events"] => Some(Endpoint::Events),
        ["v4", "sports", _, "odds"] | ["v4", "sports", _, "events", _, "odds"] => Some(Endpoint::Odds),
        ["v4", "sports", _, "scores"] => Some(Endpoint::Scores),
        ["v4", "historical", "sports", _, "odds" | "events"] => Some(Endpoint::Historical),
        _ => None,
    }
}

/// A refusal with its code.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let anchor = code.to_lowercase().replace('_', "-");
    let details = format!("https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html#{anchor}");
    let body = json!({"message": message, "error_code": code, "details_url": details});
    Reply::json(status, &body)
}

/// Answers a request; `path` is what follows the prefix. Every answer carries the account's state.
pub(super) fn answer(
    account: &mut Account,
    world: &World,
    request: &Request,
    path: &[&str],
    now: DateTime<Utc>,
) -> Reply {
    let reply = admitted(account, world, request, path, now).unwrap_or_else(|refused| *refused);
    account.stamp(reply)
}

/// Boxed, because a refusal is as large as an answer.
type Refused = Box<Reply>;

fn admitted(
    account: &mut Account,
    world: &World,
    request: &Request,
    path: &[&str],
    now: DateTime<Utc>,
) -> Result<Reply, Refused> {
    account.turn_month(now);
    account.check_key(request)?;
    account.check_rate(now)?;
    if let ["v4", "sports"] = path {
        return Ok(Reply::json(200, &sports()));
    }
    let (["v4", "sports", sport, ..] | ["v4", "historical", "sports", sport, ..]) = path else {
        return Err(Box::new(not_found()));
    };
    if *sport != SPORT {
        return Err(Box::new(refusal(404, "UNKNOWN_SPORT", "Unknown sport")));
    }
    let ask = Ask::read(request)?;
    let (body, cost) = match path {
        [.., "sports", _, "events"] if path[1] == "sports" => (body::events(world, &ask, now), 0),
        ["v4", "sports", _, "odds"] => slate(world, &ask.priced(request)?, now),
        ["v4", "sports", _, "events", id, "odds"] => one_event(world, &ask.priced(request)?, id, now)?,
        ["v4", "sports", _, "scores"] => scores(world, &ask, request, now)?,
        ["v4", "historical", ..] => historical(account, world, &ask, request, path, now)?,
        _ => return Err(Box::new(not_found())),
    };
    account.charge(cost)?;
    Ok(Reply::json(200, &body).charged(cost))
}

fn not_found() -> Reply {
    Reply::json(404, &json!({"message": "Not Found"}))
}

fn sports() -> Value {
    let sport = |key: &str, title: &str, description: &str, active: bool, outrights: bool| {
        json!({"key": key, "group": "American Football", "title": title, "description": description,
               "active": active, "has_outrights": outrights})
    };
    json!([
        sport(SPORT, "NFL", "US Football", true, false),
        sport(
            "americanfootball_nfl_super_bowl_winner",
            "NFL Super Bowl Winner",
            "Super Bowl Winner",
            true,
            true
        ),
    ])
}

/// The slate costs the markets asked for times the regions, and nothing when there is none.
fn slate(world: &World, ask: &Ask, now: DateTime<Utc>) -> (Value, u32) {
    let games = world.games.iter().filter(|s| s.is_open(now) && ask.wants(s));
    let events: Vec<Value> = games.map(|s| body::priced_event(s, ask, now)).collect();
    let cost = if events.is_empty() { 0 } else { ask.cost() };
    (Value::Array(events), cost)
}

/// One event costs the markets returned times the regions.
fn one_event(world: &World, ask: &Ask, id: &str, now: DateTime<Utc>) -> Result<(Value, u32), Refused> {
    let found = world.games.iter().find(|s| s.event == id && s.is_open(now));
    let Some(game) = found else {
        return Err(Box::new(refusal(
            404,
            "EVENT_NOT_FOUND",
            "Event not found. The event may have expired, or the event id may not be valid",
        )));
    };
    let n_markets = ask
        .markets
        .iter()
        .filter(|m| game.offer(**m, "", now).is_some())
        .count() as u32;
    Ok((body::priced_event(game, ask, now), n_markets * ask.n_regions()))
}

fn scores(world: &World, ask: &Ask, request: &Request, now: DateTime<Utc>) -> Result<(Value, u32), Refused> {
    let days = match request.param("daysFrom") {
        None => 0,
        Some(text) => match text.parse::<i64>() {
            Ok(days @ 1..=3) => days,
            _ => {
                let message = "Invalid daysFrom parameter. Must be an integer between 1 and 3";
                return Err(Box::new(refusal(422, "INVALID_SCORES_DAYS_FROM", message)));
            }
        },
    };
    let events = body::scores(world, ask, days, now);
    let cost = match (events.is_empty(), days) {
        (true, _) => 0,
        (false, 0) => 1,
        (false, _) => 2,
    };
    Ok((Value::Array(events), cost))
}

fn historical(
    account: &Account,
    world: &World,
    ask: &Ask,
    request: &Request,
    path: &[&str],
    now: DateTime<Utc>,
) -> Result<(Value, u32), Refused> {
    if !account.options().paid {
        let message =
            "Historical odds are only available on paid usage plans. See usage plans at https://the-odds-api.com";
        return Err(Box::new(refusal(
            401,
            "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN",
            message,
        )));
    }
    let asked = request
        .param("date")
        .and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let Some(asked) = asked else {
        let message = "Missing or invalid date parameter. The format must be YYYY-MM-DDTHH:MM:SSZ";
        return Err(Box::new(refusal(422, "INVALID_HISTORICAL_TIMESTAMP", message)));
    };
    let at = floored(asked.min(now), SNAPSHOT);
    let (data, cost) = if path.last() == Some(&"events") {
        let events = body::events(world, ask, at);
        let cost = u32::from(events.as_array().is_some_and(|e| !e.is_empty()));
        (events, cost)
    } else {
        let (data, cost) = slate(world, &ask.clone().priced(request)?, at);
        (data, HISTORICAL_FACTOR * cost)
    };
    let next = (at + SNAPSHOT <= now).then(|| body::iso(at + SNAPSHOT));
    let envelope = json!({"timestamp": body::iso(at), "previous_timestamp": body::iso(at - SNAPSHOT),
                          "next_timestamp": next, "data": data});
    Ok((envelope, cost))
}

/// The last multiple of a step at or before an instant.
fn floored(at: DateTime<Utc>, step: TimeDelta) -> DateTime<Utc> {
    at - TimeDelta::seconds(at.timestamp().rem_euclid(step.num_seconds().max(1)))
        - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}
