//! The bodies of The Odds API: events, prices and scores as JSON.

use super::ask::{Ask, SimBook, market_key};
use super::{LISTED_BEFORE, SPORT, floored};
use crate::domain::calendar::RESULT_DELAY;
use crate::domain::price::American;
use crate::domain::quote::Market;
use crate::sim::upstream::chance::Chance;
use crate::sim::upstream::line_path::Offer;
use crate::sim::upstream::world::{Stage, Staged, World};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

/// The service looks at its books this often; asking faster shows nothing new.
const REFRESH: TimeDelta = TimeDelta::seconds(60);

/// `2023-09-09T00:00:00Z`.
pub(super) fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn stamp(ask: &Ask, at: DateTime<Utc>) -> Value {
    if ask.unix {
        json!(at.timestamp())
    } else {
        json!(iso(at))
    }
}

fn event(game: &Staged, ask: &Ask) -> Map<String, Value> {
    let mut event = Map::new();
    let f = &game.game.fixture;
    event.insert("id".into(), json!(game.event));
    event.insert("sport_key".into(), json!(SPORT));
    event.insert("sport_title".into(), json!("NFL"));
    event.insert("commence_time".into(), stamp(ask, f.kickoff));
    event.insert("home_team".into(), json!(f.home.full_name(game.season())));
    event.insert("away_team".into(), json!(f.away.full_name(game.season())));
    event
}

/// Games of the next weeks and those being played.
pub(super) fn events(world: &World, ask: &Ask, now: DateTime<Utc>) -> Value {
    let listed = |s: &&Staged| now < s.kickoff() + RESULT_DELAY && s.kickoff() - LISTED_BEFORE <= now;
    let games = world.games.iter().filter(listed).filter(|s| ask.wants(s));
    Value::Array(games.map(|s| Value::Object(event(s, ask))).collect())
}

/// A game with the books' prices as the service saw them at its last refresh.
pub(super) fn priced_event(game: &Staged, ask: &Ask, now: DateTime<Utc>) -> Value {
    let mut event = event(game, ask);
    let books = ask.books.iter().filter_map(|b| bookmaker(game, ask, b, now));
    event.insert("bookmakers".into(), Value::Array(books.collect()));
    Value::Object(event)
}

fn bookmaker(game: &Staged, ask: &Ask, book: &SimBook, now: DateTime<Utc>) -> Option<Value> {
    // Each book has its own second of the minute at which it is looked at.
    let second = TimeDelta::seconds(Chance::new(0).on(book.key).below(60).cast_signed());
    // Before the first look after opening there is the opening itself.
    let seen = (floored(now - second, REFRESH) + second).max(game.game.fixture.opens_at);
    let markets: Vec<Value> = ask
        .markets
        .iter()
        .filter_map(|market| {
            let offer = game.offer(*market, book.key, seen)?;
            let outcomes = outcomes(game, *market, offer, ask.american);
            Some(json!({"key": market_key(*market), "last_update": stamp(ask, seen), "outcomes": outcomes}))
        })
        .collect();
    if markets.is_empty() {
        return None;
    }
    Some(json!({"key": book.key, "title": book.title, "last_update": stamp(ask, seen), "markets": markets}))
}

/// The outcomes as the service orders them: teams by name, over before under. Its spreads are each team's own handicap.
fn outcomes(game: &Staged, market: Market, offer: Offer, american: bool) -> Vec<Value> {
    let f = &game.game.fixture;
    let (home, away) = (f.home.full_name(game.season()), f.away.full_name(game.season()));
    let price = |p: American| {
        if american {
            json!(p.get())
        } else {
            json!((p.decimal().get() * 100.0).round() / 100.0)
        }
    };
    let points = offer.line.map(|line| line.points());
    let mut outcomes = match (market, points) {
        (Market::Total, Some(total)) => {
            return vec![
                json!({"name": "Over", "price": price(offer.first), "point": total}),
                json!({"name": "Under", "price": price(offer.second), "point": total}),
            ];
        }
        (Market::Spread, Some(spread)) => vec![
            // Adding zero makes a pick'em 0.0 and never -0.0.
            (
                home.clone(),
                json!({"name": home, "price": price(offer.first), "point": 0.0 - spread}),
            ),
            (
                away.clone(),
                json!({"name": away, "price": price(offer.second), "point": spread + 0.0}),
            ),
        ],
        _ => vec![
            (home.clone(), json!({"name": home, "price": price(offer.first)})),
            (away.clone(), json!({"name": away, "price": price(offer.second)})),
        ],
    };
    outcomes.sort_by(|a, b| a.0.cmp(&b.0));
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Listed games, those being played, and those finished within some days.
pub(super) fn scores(world: &World, ask: &Ask, days: i64, now: DateTime<Utc>) -> Vec<Value> {
    let within = |s: &&Staged| {
        let since = now - s.kickoff();
        since < RESULT_DELAY.max(TimeDelta::days(days)) && -since <= LISTED_BEFORE
    };
    let games = world.games.iter().filter(within).filter(|s| ask.wants(s));
    games.map(|s| score(s, ask, now)).collect()
}

fn score(game: &Staged, ask: &Ask, now: DateTime<Utc>) -> Value {
    let mut event = event(game, ask);
    let (completed, score) = match game.stage(now) {
        Stage::Before | Stage::Unknown => (false, None),
        Stage::Live(score) => (false, Some(score)),
        Stage::Final(score) => (true, Some(score)),
    };
    let names = [event["home_team"].clone(), event["away_team"].clone()];
    let [home, away] = names;
    let scores = score.map(
        |s| json!([{"name": home, "score": s.home.to_string()}, {"name": away, "score": s.away.to_string()}]),
    );
    event.insert("completed".into(), json!(completed));
    event.insert(
        "last_update".into(),
        if scores.is_some() {
            stamp(ask, floored(now, REFRESH))
        } else {
            Value::Null
        },
    );
    event.insert("scores".into(), json!(scores));
    Value::Object(event)
}
