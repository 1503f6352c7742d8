//! The services' adapters on hand-written answers, each with the traps of its kind in it; calls with their prices.

use crate::api::{Call, Endpoint, Join};
use crate::domain::event::EventStatus;
use crate::domain::injury::Availability;
use crate::domain::line::HalfPoints;
use crate::domain::quote::Market;
use crate::domain::team::Team;
use crate::feeds::odds_api::{Books, OddsFormat, OddsQuestion};
use crate::feeds::{FeedError, Parsed, espn, nflverse, odds_api, team_stats};
use chrono::{DateTime, Utc};

pub(super) const ODDS: &[u8] = include_bytes!("../../../tests/fixtures/odds_api_odds.json");
const HISTORICAL: &[u8] = include_bytes!("../../../tests/fixtures/odds_api_historical.json");
const SCORES: &[u8] = include_bytes!("../../../tests/fixtures/odds_api_scores.json");
const EVENTS: &[u8] = include_bytes!("../../../tests/fixtures/odds_api_events.json");
const SPORTS: &[u8] = include_bytes!("../../../tests/fixtures/odds_api_sports.json");
const SCOREBOARD: &[u8] = include_bytes!("../../../tests/fixtures/espn_scoreboard.json");
const INJURIES: &[u8] = include_bytes!("../../../tests/fixtures/espn_injuries.json");
const TEAMS: &[u8] = include_bytes!("../../../tests/fixtures/espn_teams.json");
const NEWS: &[u8] = include_bytes!("../../../tests/fixtures/espn_news.json");
const TIMESTAMP: &[u8] = include_bytes!("../../../tests/fixtures/nflverse_timestamp.json");
const TEAM_STATS: &[u8] = include_bytes!("../../../tests/fixtures/nflverse_team_stats.csv");

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn noon() -> DateTime<Utc> {
    at("2020-11-07T12:00:00Z")
}

/// Field and kind of each rejection; and that no row went missing.
pub(super) fn kinds<T>(parsed: &Parsed<T>) -> Vec<(&str, &str)> {
    assert_eq!((parsed.rows.len() + parsed.rejected.len()) as u64, parsed.n_rows);
    let kind = |r: &'_ crate::feeds::Rejected| -> (String, String) { (r.field.clone(), r.kind().to_owned()) };
    assert!(
        parsed
            .rejected
            .iter()
            .all(|r| !kind(r).1.is_empty() && !r.raw.is_empty())
    );
    parsed.rejected.iter().map(|r| (r.field.as_str(), r.kind())).collect()
}

fn shown(call: &Call) -> (String, u32) {
    (call.key().to_string(), call.credits)
}

#[test]
fn calls_state_their_price() {
    let slate = odds_api::odds_call(&OddsQuestion::slate());
    assert_eq!(
        shown(&slate),
        (
            "odds_api GET /v4/sports/americanfootball_nfl/odds?dateFormat=iso&markets=spreads,totals,h2h&\
             oddsFormat=american&regions=us"
                .to_owned(),
            3
        )
    );
    let eleven = OddsQuestion {
        markets: vec![Market::Spread],
        books: Books::Keys((0..11).map(|n| format!("book{n}")).collect()),
        within: Some((noon(), at("2020-11-09T12:00:00Z"))),
    };
    assert_eq!(odds_api::odds_call(&eleven).credits, 2);
    assert_eq!(
        odds_api::odds_call(&eleven).param("commenceTimeTo"),
        Some("2020-11-09T12:00:00Z")
    );
    assert_eq!(odds_api::historical_call(&OddsQuestion::slate(), noon()).credits, 30);
    assert_eq!(
        (
            odds_api::scores_call(None).credits,
            odds_api::scores_call(Some(9)).credits
        ),
        (1, 2)
    );
    assert_eq!(odds_api::scores_call(Some(9)).param("daysFrom"), Some("3"));
    assert_eq!(
        (odds_api::sports_call().credits, odds_api::events_call().credits),
        (0, 0)
    );
    let day = noon().date_naive();
    let joined = espn::day_call(day);
    assert_eq!(
        (joined.param("dates"), joined.join),
        (Some("20201107"), Some(Join::Days))
    );
    assert_eq!(espn::range_call(day, day).param("dates"), Some("20201107-20201107"));
    assert_eq!(nflverse::team_stats_call(2020).endpoint, Endpoint::TeamStats);
    assert_eq!(
        nflverse::timestamp_call(nflverse::Release::TeamStats).path,
        "/nflverse/nflverse-data/releases/download/stats_team/timestamp.json"
    );
}

#[test]
fn odds_are_kept_market_by_market() {
    let snapshot = odds_api::odds(ODDS, OddsFormat::American, noon()).unwrap();
    assert_eq!((snapshot.n_events, snapshot.offers.n_rows, snapshot.at), (3, 9, None));
    assert_eq!(
        kinds(&snapshot.offers),
        [
            ("spread", "not a line"),
            ("key", "a market huddle does not speak of"),
            ("total", "absurd total"),
            ("spread", "in-play price"),
            ("home_team", "unknown team"),
        ]
    );
    let spread = &snapshot.offers.rows[1].1;
    assert_eq!((spread.home, spread.away), (Team::KC, Team::DEN));
    // The home team gives 6.5 points, so it is favoured by 6.5.
    assert_eq!(spread.line, Some(HalfPoints(13)));
    assert_eq!(spread.as_of, at("2020-11-07T11:58:30Z"));
    // The market does not date itself, its book does; where neither does, the answer.
    assert_eq!(snapshot.offers.rows[2].1.as_of, at("2020-11-07T11:59:00Z"));
    let lone = &snapshot.offers.rows[3].1;
    assert_eq!(
        (lone.as_of, lone.first.map(|p| p.get()), lone.second),
        (noon(), Some(-275), None)
    );
    assert_eq!(snapshot.offers.corrected.0.values().map(|c| c.count).sum::<u64>(), 1);
}

#[test]
fn a_past_snapshot_is_dated_by_itself_and_decimal_prices_become_american() {
    let snapshot = odds_api::odds(HISTORICAL, OddsFormat::Decimal, at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(snapshot.at, Some(noon()));
    assert_eq!(snapshot.previous_at, Some(at("2020-11-07T11:55:00Z")));
    let offer = &snapshot.offers.rows[0].1;
    let prices = (offer.first.map(|p| p.get()), offer.second.map(|p| p.get()));
    assert_eq!((prices, offer.line), ((Some(-110), Some(100)), Some(HalfPoints(13))));
    let wrong = odds_api::odds(HISTORICAL, OddsFormat::American, noon()).unwrap();
    assert_eq!(kinds(&wrong.offers), [("spread", "not an American price")]);
}

#[test]
fn scores_events_and_sports() {
    let scores = odds_api::scores(SCORES, noon()).unwrap();
    assert_eq!(kinds(&scores), [("scores", "the score of one team only")]);
    let over = &scores.rows[0].1;
    assert_eq!(over.result().map(|s| (s.home, s.away)), Some((24, 20)));
    assert_eq!(
        (scores.rows[1].1.status, scores.rows[1].1.score),
        (EventStatus::Scheduled, None)
    );
    let events = odds_api::events(EVENTS, noon()).unwrap();
    assert_eq!(kinds(&events), [("commence_time", "not an instant")]);
    assert_eq!(events.rows[0].1.kickoff, at("2020-11-08T21:25:00Z"));
    let sports = odds_api::sports(SPORTS).unwrap();
    assert_eq!(kinds(&sports), [("key", "a sport without a key")]);
    assert_eq!(sports.rows[0].1, odds_api::NFL);
}

#[test]
fn a_refusal_is_told_in_the_services_words() {
    let quota = br#"{"message": "Usage quota has been reached.", "error_code": "OUT_OF_USAGE_CREDITS"}"#;
    let error = odds_api::odds(quota, OddsFormat::American, noon()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The Odds API odds: the service refused: Usage quota has been reached. (OUT_OF_USAGE_CREDITS)"
    );
    let html = odds_api::odds(b"<html>blocked</html>", OddsFormat::American, noon()).unwrap_err();
    assert!(html.to_string().contains("is no JSON"), "{html}");
    let empty = espn::scoreboard(b" \n", noon()).unwrap_err();
    assert!(matches!(empty, FeedError::Empty { .. }));
    let other = espn::scoreboard(br#"{"games": 1}"#, noon()).unwrap_err();
    assert!(other.to_string().contains("found an object of games"), "{other}");
    let many = format!("[{}1]", "1,".repeat(50_000));
    let error = odds_api::sports(many.as_bytes()).unwrap_err();
    assert!(matches!(error, FeedError::TooManyRows { most: 50_000, .. }));
}

#[test]
fn a_scoreboard_shows_no_score_before_kickoff_and_no_odds_after() {
    let board = espn::scoreboard(SCOREBOARD, noon()).unwrap();
    assert_eq!(kinds(&board.events), [("competitors", "no away team")]);
    let [first, second, last] = [0, 1, 2].map(|n| &board.events.rows[n].1);
    assert_eq!((first.status, first.score), (EventStatus::Scheduled, None));
    assert_eq!(
        (second.home, second.away, second.neutral),
        (Team::WAS, Team::LA, Some(true))
    );
    assert_eq!(second.result().map(|s| (s.home, s.away)), Some((30, 17)));
    assert_eq!((last.status, last.home), (EventStatus::Postponed, Team::NYJ));
    assert_eq!(kinds(&board.offers), []);
    let lines: Vec<_> = board
        .offers
        .rows
        .iter()
        .map(|(_, o)| (o.market, o.line, o.as_of))
        .collect();
    let half = |n| Some(HalfPoints(n));
    assert_eq!(
        lines,
        [
            (Market::Spread, half(13), noon()),
            (Market::Total, half(91), noon()),
            (Market::Moneyline, None, noon())
        ]
    );
    assert_eq!(board.offers.rows[0].1.book.as_str(), "espn:invented book");
    let not_taken = board.offers.corrected.count("odds of a game that has begun, not taken");
    assert_eq!(not_taken, 1);
}

#[test]
fn injuries_teams_and_news() {
    let injuries = espn::injuries(INJURIES, noon()).unwrap();
    assert_eq!(
        kinds(&injuries),
        [
            ("athlete", "a player without a name"),
            ("injuries", "a team without a list of players")
        ]
    );
    let passer = &injuries.rows[0].1;
    assert_eq!(
        (passer.team, passer.availability),
        (Team::KC, Availability::Questionable)
    );
    assert_eq!(passer.part.as_deref(), Some("Ankle"));
    let tackle = &injuries.rows[1].1;
    assert_eq!((tackle.availability, tackle.as_of), (Availability::Reserve, noon()));
    let teams = espn::teams(TEAMS).unwrap();
    assert_eq!(kinds(&teams), [("team", "unknown team")]);
    assert_eq!((teams.rows[0].1.team, teams.rows[1].1.team), (Team::WAS, Team::LA));
    let news = espn::news(NEWS, noon()).unwrap();
    assert_eq!(kinds(&news), [("headline", "an article without a headline")]);
    let first = &news.rows[0].1;
    assert_eq!(
        (first.id.as_str(), first.teams.as_slice()),
        ("70001", [Team::KC].as_slice())
    );
}

#[test]
fn statistics_are_read_by_column_name_and_dated_by_their_release() {
    let stats = team_stats::parse(TEAM_STATS).unwrap();
    assert_eq!((stats.rows.len(), stats.n_rows), (2, 7));
    let found: Vec<_> = stats
        .rejected
        .iter()
        .map(|r| (r.line, r.field.as_str(), r.kind()))
        .collect();
    assert_eq!(
        found,
        [
            (5, "row", "contradicts an earlier row"),
            (6, "team", "unknown team"),
            (7, "attempts", "not a whole number within its bounds"),
            (8, "passing_epa", "absurd expected points"),
        ]
    );
    let [kc, den] = [0, 1].map(|n| &stats.rows[n].1);
    assert_eq!((kc.fumbles_lost, kc.n_plays(), kc.passing_epa), (2, 59, Some(8.25)));
    assert_eq!((den.passing_epa, den.rushing_yards), (None, -3));
    assert_eq!(stats.corrected.count(crate::feeds::odds::REPEATED), 1);
    assert_eq!(nflverse::timestamp(TIMESTAMP), Ok(at("2020-11-09T12:08:07Z")));
    let listed = br#"{"last_updated": ["2023-09-12 07:08:07 EDT"]}"#;
    assert_eq!(nflverse::timestamp(listed), Ok(at("2023-09-12T11:08:07Z")));
    assert!(nflverse::timestamp(br#"{"last_updated": "2023-09-12 07:08:07"}"#).is_err());
}
