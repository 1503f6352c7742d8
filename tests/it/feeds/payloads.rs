//! Captured answers of the services: what is in them is counted here by another way, and every usable row of it is kept.

use super::{OWN, SHARED, Tally, games, later, own, shared, stats};
use huddle::domain::team::Team;
use huddle::feeds::odds_api::{self, OddsFormat};
use huddle::feeds::{FeedError, espn, nws, open_meteo};
use serde_json::Value;

fn tally(n_kept: usize, n_rejected: usize) -> Tally {
    Tally {
        n_kept,
        n_rejected,
        n_rows: (n_kept + n_rejected) as u64,
    }
}

/// Markets of bookmakers in an odds answer, counted without the parser.
fn n_markets(bytes: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(bytes).unwrap();
    let games = answer.get("games").or_else(|| answer.get("data")).unwrap_or(&answer);
    let books = games
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|g| g["bookmakers"].as_array().unwrap());
    books.map(|b| b["markets"].as_array().unwrap().len()).sum()
}

#[test]
fn every_shared_answer_is_taken_without_losing_a_row() {
    let expected = [
        tally(59, 0),
        tally(966, 0),
        tally(625, 0),
        tally(0, 1),
        tally(0, 4),
        Tally::default(),
        tally(14, 0),
        tally(28, 0),
        tally(3, 0),
        tally(1, 0),
        tally(2, 0),
        tally(2, 0),
        tally(1, 0),
        tally(192, 0),
    ];
    for ((name, read), expected) in SHARED.into_iter().zip(expected) {
        let Some(bytes) = shared(name) else { return };
        match read(&bytes) {
            Ok(tally) => {
                println!("{name}: {tally:?}");
                assert_eq!(tally, expected, "{name}");
            }
            Err(e) => assert!(name.ends_with("error_bodies.json"), "{name}: {e}"),
        }
    }
}

#[test]
fn odds_answers_hold_as_many_markets_as_were_kept() {
    for (name, read) in &SHARED[..3] {
        let Some(bytes) = shared(name) else { return };
        assert_eq!(read(&bytes).unwrap().n_kept, n_markets(&bytes), "{name}");
    }
    let Some(bytes) = shared("payloads/odds_api/odds_wrapped_2025-10-25.json") else {
        return;
    };
    let wrapped = odds_api::odds(&bytes, OddsFormat::American, later()).unwrap();
    // Its time has no zone and would be five hours off if it were taken for UTC.
    assert_eq!((wrapped.at, wrapped.n_events), (None, 26));
    let first = &wrapped.offers.rows[1].1;
    assert_eq!((first.home, first.away), (Team::ATL, Team::MIA));
    assert_eq!(first.line.map(|l| l.points()), Some(7.5), "Atlanta is favoured by 7.5");
    let Some(bytes) = shared("payloads/odds_api/historical_envelope_wnba.json") else {
        return;
    };
    let past = odds_api::odds(&bytes, OddsFormat::American, later()).unwrap();
    assert_eq!(past.at, Some("2023-06-01T11:55:39Z".parse().unwrap()));
    assert_eq!(past.offers.rejected[0].kind(), "unknown team");
}

#[test]
fn quoted_error_bodies_are_refusals() {
    let Some(bytes) = shared("payloads/odds_api/error_bodies.json") else {
        return;
    };
    let bodies: Value = serde_json::from_slice(&bytes).unwrap();
    let mut n_refused = 0;
    for (name, body) in bodies
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
    {
        let body = serde_json::to_vec(body).unwrap();
        let error = odds_api::odds(&body, OddsFormat::American, later()).unwrap_err();
        let FeedError::Refused { code, .. } = &error else {
            panic!("{name}: {error}");
        };
        assert_eq!(code, &name[4..]);
        n_refused += 1;
    }
    assert_eq!(n_refused, 5);
}

#[test]
fn a_real_scoreboard_and_its_odds() {
    let Some(bytes) = shared("payloads/espn/scoreboard_2023_wk5.json") else {
        return;
    };
    let board = espn::scoreboard(&bytes, later()).unwrap();
    let events: Vec<_> = board.events.rows.iter().map(|(_, e)| e).collect();
    assert!(events.iter().all(|e| e.score.is_none()), "nothing had begun");
    assert_eq!((events[0].away, events[0].home), (Team::CHI, Team::WAS));
    assert_eq!(events.iter().filter(|e| e.neutral == Some(true)).count(), 1);
    assert!(events.iter().any(|e| e.home == Team::LA && e.indoor == Some(true)));
    let first = &board.offers.rows[0].1;
    assert_eq!(first.book.as_str(), "espn:caesars sportsbook (new jersey)");
    assert_eq!(first.line.map(|l| l.points()), Some(5.5), "WSH -5.5 at home");
}

#[test]
fn real_forecasts_find_their_hour() {
    let Some(bytes) = shared("payloads/open_meteo/linecast_forecast.json") else {
        return;
    };
    let places = open_meteo::forecasts(&bytes, later()).unwrap();
    // 2026-03-05T21:00 in Toronto, five hours behind.
    let hour = places[0].at("2026-03-06T02:30:00Z".parse().unwrap()).unwrap();
    assert_eq!(
        hour.hour,
        "2026-03-06T02:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    );
    assert!(hour.air.temperature_f.is_some() && hour.air.wind_mph.is_some());
    let Some(bytes) = shared("payloads/nws/pynws_stations_observations_missing_value.json") else {
        return;
    };
    let observed = nws::observations(&bytes).unwrap();
    assert!(observed.rows[0].1.air.is_empty());
    assert_eq!(observed.rows[0].1.station, "KFLL");
}

#[test]
fn own_answers_are_read_whole() {
    for (name, read) in OWN {
        let tally = read(&own(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(tally.n_kept > 0, "{name}: {tally:?}");
    }
    assert_eq!(games(&own("nflverse_games.csv")).unwrap().n_kept, 1);
}

#[test]
fn six_seasons_of_team_statistics_are_read_whole() {
    let Some(bytes) = shared("nfl/stats_team_week.csv") else {
        return;
    };
    assert_eq!(stats(&bytes).unwrap(), tally(3_244, 0));
}
