//! The traps of the two odds files.

use super::reasons;
use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::quote::{Market, Moment};
use crate::feeds::{Facts, Times, book_closes, openers};
use std::collections::BTreeMap;

const OPENERS: &str = "game_id,season,week,open_spread,open_home_spread_price,open_away_spread_price,open_total,\
                       open_over_price,open_under_price,open_home_ml,open_away_ml,open_source\n";
const CLOSES: &str = "game_id,season,week,book,home_line,home_spread_price,away_spread_price,away_line,home_ml,\
                      away_ml,total,over_price,under_price,suspect\n";

fn times() -> BTreeMap<GameId, Times> {
    let times = Times {
        opens_at: "2020-11-03T17:00:00Z".parse().unwrap(),
        kickoff: "2020-11-08T21:25:00Z".parse().unwrap(),
    };
    BTreeMap::from([(GameId::new("2020_09_DEN_KC"), times)])
}

fn open(rows: &str) -> Facts {
    openers::read(format!("{OPENERS}{rows}").as_bytes(), &times()).unwrap()
}

fn close(rows: &str) -> Facts {
    book_closes::read(format!("{CLOSES}{rows}").as_bytes(), &times()).unwrap()
}

#[test]
fn openers_keep_their_sign_and_are_known_from_tuesday() {
    let facts = open("2020_09_DEN_KC,2020,9,6.5,-105.0,-111.0,45.0,,,-270.0,230.0,SomeFeed\n");
    assert_eq!(reasons(&facts), []);
    let spread = &facts.quotes[0];
    assert_eq!((spread.line, spread.moment), (Some(HalfPoints(13)), Moment::Open));
    assert_eq!(
        (spread.book.as_str(), spread.as_of),
        ("somefeed", times().values().next().unwrap().opens_at)
    );
    assert_eq!(
        (facts.quotes[1].line, facts.quotes[1].first),
        (Some(HalfPoints(90)), None)
    );
    let even = open("2020_09_DEN_KC,2020,9,-0.0,,,,,,,,f\n");
    assert_eq!((even.quotes.len(), even.quotes[0].line), (1, Some(HalfPoints(0))));
}

#[test]
fn odds_need_their_game() {
    let facts = open("2020_09_NE_NYJ,2020,9,3.0,,,,,,,,f\n");
    assert_eq!(reasons(&facts), [("game_id", "unknown game; import games first")]);
    assert!(facts.quotes.is_empty() && facts.rejected[0].raw.starts_with("2020_09_NE_NYJ"));
}

#[test]
fn the_home_handicap_is_turned_round() {
    let facts = close("2020_09_DEN_KC,2020,9,Bookie,-6.5,-110.0,-110.0,6.5,-280,240,45.5,-110,-110,0\n");
    assert_eq!(reasons(&facts), []);
    assert_eq!(facts.quotes.len(), 3);
    let spread = &facts.quotes[0];
    assert_eq!((spread.market, spread.line), (Market::Spread, Some(HalfPoints(13))));
    assert_eq!((spread.book.as_str(), spread.moment), ("bookie", Moment::Close));
    assert_eq!(spread.as_of, times().values().next().unwrap().kickoff);
}

#[test]
fn closes_that_cannot_be_are_left_out() {
    let check = |row: &str, field: &str, reason: &str, quotes: usize| {
        let facts = close(row);
        assert_eq!(reasons(&facts), [(field, reason)], "{row}");
        assert_eq!(facts.quotes.len(), quotes, "{row}");
    };
    let id = "2020_09_DEN_KC,2020,9,b";
    check(
        &format!("{id},-6.5,,,6.5,,,45,,,1\n"),
        "suspect",
        "stale or live line (suspect=1)",
        0,
    );
    check(
        &format!("{id},-6.5,,,6.5,,,45,,,maybe\n"),
        "suspect",
        "neither 0 nor 1: `maybe`",
        0,
    );
    let why = "handicaps are not opposites: home -6.5, away 7.5";
    check(&format!("{id},-6.5,,,7.5,,,45,,,0\n"), "spread", why, 1);
    let why = "handicap of one team only: away_line is empty";
    check(&format!("{id},-6.5,,,,,,45,,,0\n"), "spread", why, 1);
    check(
        &format!("{id},-6.5,,,6.5,,,x,,,0\n"),
        "total",
        "not a number: `x`: column total",
        1,
    );
}

#[test]
fn a_book_closes_a_game_once() {
    let row = "2020_09_DEN_KC,2020,9,b,-6.5,,,6.5,,,45,,,0\n";
    let facts = close(&format!("{row}{row}{}", row.replace("45", "46")));
    let why = "contradicts an earlier row: line 2 has other numbers for this game and book";
    assert_eq!(reasons(&facts), [("row", why)]);
    assert_eq!(facts.quotes.len(), 2);
    assert_eq!(facts.corrected.count("identical row repeated, second one skipped"), 1);
}
