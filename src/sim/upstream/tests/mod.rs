//! The five services asked in memory: shapes, prices, limits, leaks and faults.

mod espn;
mod faults;
mod nflverse;
mod odds;
mod repeat;
mod weather;

use super::*;
use crate::sim::{League, SimOptions};
use serde_json::Value;
use std::sync::OnceLock;

pub(super) const SEASON: u16 = 2031;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn league() -> &'static League {
    static LEAGUE: OnceLock<League> = OnceLock::new();
    LEAGUE.get_or_init(|| {
        let options = SimOptions {
            n_weeks: 4,
            ..SimOptions::default()
        };
        League::generate(11, SEASON..=SEASON, options)
    })
}

pub(super) fn world() -> World {
    let league = league();
    World::new(&league.games, &league.quotes, 11)
}

/// The second week, a day before its first kickoff.
pub(super) fn midweek() -> DateTime<Utc> {
    let opens = league()
        .games
        .iter()
        .find(|g| g.fixture.when.week == 2)
        .unwrap()
        .fixture
        .opens_at;
    opens + TimeDelta::days(1)
}

pub(super) fn upstream(plan: &str) -> Upstream {
    let options = Options {
        seed: 3,
        faults: plan.parse().unwrap(),
        ..Options::default()
    };
    Upstream::new(world(), options, midweek())
}

pub(super) fn json(answer: &Scripted) -> Value {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|e| panic!("{}: {e}", String::from_utf8_lossy(&answer.body)))
}

pub(super) fn odds(query: &[(&str, &str)]) -> Request {
    Request::get(Provider::OddsApi, "/v4/sports/americanfootball_nfl/odds", query).with("apiKey", "k")
}

/// Three markets of one region.
pub(super) fn slate() -> Request {
    odds(&[
        ("regions", "us"),
        ("markets", "h2h,spreads,totals"),
        ("oddsFormat", "american"),
    ])
}

pub(super) fn scoreboard(days: &str) -> Request {
    Request::get(
        Provider::Espn,
        "/apis/site/v2/sports/football/nfl/scoreboard",
        &[("dates", days)],
    )
}

pub(super) fn file(path: &str) -> Request {
    Request::get(
        Provider::Nflverse,
        &format!("/nflverse/nflverse-data/releases/download/{path}"),
        &[],
    )
}

/// Follows a redirect as a client does.
pub(super) fn follow(upstream: &mut Upstream, request: &Request, now: DateTime<Utc>) -> Scripted {
    let first = upstream.answer(request, now);
    match first.header("location") {
        Some(path) => {
            let next = Request {
                path: path.to_owned(),
                ..request.clone()
            };
            upstream.answer(&next, now)
        }
        None => first,
    }
}
