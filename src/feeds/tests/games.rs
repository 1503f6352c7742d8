//! The traps of `games.csv`.

use super::{games, games_csv, reasons};
use crate::domain::game::{Conditions, Roof, Score};
use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::{Market, Moment, Side};
use crate::feeds::nflverse_games;
use chrono::{DateTime, Utc};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn price(odds: i32) -> Option<American> {
    American::new(odds).ok()
}

#[test]
fn a_row_becomes_a_game_and_three_closes() {
    let facts = games(&[&[]]);
    assert_eq!(reasons(&facts), []);
    let game = &facts.games[0];
    assert_eq!(game.fixture.kickoff, at("2020-11-08T21:25:00Z"));
    assert_eq!(game.fixture.opens_at, at("2020-11-03T17:00:00Z"));
    assert!(game.fixture.kickoff_exact);
    assert_eq!(game.score, Some(Score { home: 24, away: 20 }));
    let wind_mph = Some(9);
    let temperature_f = Some(51);
    assert_eq!(
        game.conditions,
        Some(Conditions {
            temperature_f,
            wind_mph
        })
    );
    assert_eq!(facts.quotes.len(), 3);
    let spread = &facts.quotes[0];
    assert_eq!((spread.market, spread.line), (Market::Spread, Some(HalfPoints(13))));
    assert_eq!((spread.moment, spread.as_of), (Moment::Close, game.fixture.kickoff));
    assert_eq!(spread.price(Side::Home), price(-108));
    let total = &facts.quotes[1];
    assert_eq!(
        (total.price(Side::Over), total.price(Side::Under)),
        (price(-115), price(105))
    );
    assert_eq!((facts.quotes[2].line, facts.quotes[2].second), (None, price(240)));
}

#[test]
fn over_and_under_prices_are_swapped_back_up_to_2019() {
    let facts = games(&[&[
        ("game_id", "2019_09_DEN_KC"),
        ("season", "2019"),
        ("gameday", "2019-11-03"),
    ]]);
    let total = facts.quotes.iter().find(|q| q.market == Market::Total).unwrap();
    assert_eq!((total.first, total.second), (price(105), price(-115)));
    assert_eq!(
        facts
            .corrected
            .count("over and under prices swapped back (seasons up to 2019)"),
        1
    );
    assert_eq!(games(&[&[]]).corrected.0.len(), 0);
}

#[test]
fn impossible_kickoffs_are_put_right_or_refused() {
    let check = |changes: &[(&str, &str)], kickoff: &str, exact: bool, kind: &str| {
        let facts = games(&[changes]);
        assert_eq!(reasons(&facts), [], "{changes:?}");
        assert_eq!(facts.games[0].fixture.kickoff, at(kickoff), "{changes:?}");
        assert_eq!(facts.games[0].fixture.kickoff_exact, exact);
        let kinds: Vec<_> = facts
            .corrected
            .0
            .keys()
            .filter(|k| k.contains("ickoff"))
            .copied()
            .collect();
        assert_eq!(kinds.join(";"), kind);
    };
    let monday = [
        ("game_id", "2003_09_DEN_KC"),
        ("season", "2003"),
        ("gameday", "2003-11-03"),
        ("gametime", "09:00"),
    ];
    let evening = "evening kickoff on a 12-hour clock (09:00 for 21:00), put right";
    check(&monday, "2003-11-04T02:00:00Z", true, evening);
    let nineties = [
        ("game_id", "1999_09_DEN_KC"),
        ("season", "1999"),
        ("gameday", "1999-11-07"),
        ("gametime", ""),
    ];
    check(
        &nineties,
        "1999-11-07T18:00:00Z",
        false,
        "kickoff time missing, 13:00 Eastern taken",
    );
    let london = [("gametime", "21:30"), ("stadium_id", "LON00"), ("location", "Neutral")];
    check(
        &london,
        "2020-11-08T14:30:00Z",
        true,
        "London kickoff 12 hours late, put right",
    );
    check(
        &[("gametime", "09:30"), ("stadium_id", "LON00")],
        "2020-11-08T14:30:00Z",
        true,
        "",
    );
    check(&[("gametime", "22:15")], "2020-11-09T03:15:00Z", true, "");
    let night = games(&[&[("gametime", "03:00")]]);
    assert_eq!(
        reasons(&night),
        [("gametime", "no game kicks off at this time: 03:00:00 US Eastern")]
    );
    assert!(night.games.is_empty());
}

#[test]
fn wind_typos_are_missing_and_retractable_roofs_are_one() {
    let facts = games(&[&[("wind", "71"), ("temp", ""), ("roof", "open")]]);
    assert_eq!(facts.games[0].conditions, None);
    assert_eq!(facts.corrected.count("wind typo (above 35 mph), taken as missing"), 1);
    assert_eq!(facts.games[0].fixture.roof, Some(Roof::Retractable));
    let roof = |text| games(&[&[("roof", text)]]).games[0].fixture.roof;
    assert_eq!(roof("closed"), Some(Roof::Retractable));
    assert_eq!((roof("dome"), roof("")), (Some(Roof::Dome), None));
}

#[test]
fn an_empty_roof_is_taken_from_earlier_games_of_the_stadium() {
    let later = [
        ("game_id", "2020_10_LV_KC"),
        ("week", "10"),
        ("gameday", "2020-11-15"),
        ("away_team", "LV"),
    ];
    let later = [&later[..], &[("roof", "")]].concat();
    let facts = games(&[&later, &[("roof", "closed")]]);
    assert_eq!(facts.games[0].fixture.roof, Some(Roof::Retractable));
    assert_eq!(facts.corrected.count("roof taken from the stadium's earlier games"), 1);
}

#[test]
fn a_week_opens_on_the_tuesday_before_its_first_game() {
    let monday = [
        ("game_id", "2020_09_LV_LAC"),
        ("away_team", "LV"),
        ("home_team", "LAC"),
        ("gameday", "2020-11-10"),
    ];
    let facts = games(&[&monday, &[]]);
    assert_eq!(facts.games[0].fixture.opens_at, at("2020-11-03T17:00:00Z"));
}

#[test]
fn old_codes_of_a_franchise_are_accepted() {
    let old = [
        ("game_id", "2015_09_OAK_SD"),
        ("season", "2015"),
        ("gameday", "2015-11-08"),
    ];
    let facts = games(&[&[&old[..], &[("away_team", "LV"), ("home_team", "SD")]].concat()]);
    assert_eq!(reasons(&facts), []);
    assert_eq!(facts.games[0].fixture.away.code_in(2015), "OAK");
}

/// A row with these changes is left out for this reason and nothing of it is kept.
fn check(changes: &[(&str, &str)], field: &str, reason: &str) {
    let facts = games(&[changes]);
    assert_eq!(reasons(&facts), [(field, reason)], "{changes:?}");
    assert!(facts.games.is_empty() && facts.quotes.is_empty(), "{changes:?}");
    assert_eq!(facts.rejected[0].line, 2);
    assert!(facts.rejected[0].raw.contains("Invented Field"));
}

#[test]
fn rows_that_contradict_themselves_are_left_out() {
    let why = "scores disagree with result and total: 24-20 makes 4 and 44, not 5 and 44";
    check(&[("result", "5")], "result", why);
    check(
        &[("total", "45")],
        "result",
        "scores disagree with result and total: 24-20 makes 4 and 44, not 4 and 45",
    );
    check(
        &[("away_score", "")],
        "result",
        "score of one team only: away_score is empty",
    );
    check(
        &[("home_score", ""), ("away_score", "")],
        "result",
        "result or total without scores",
    );
    let why = "game_id disagrees with its columns: 2020_09_DEN_KC is not 2020_09_LV_KC";
    check(&[("away_team", "LV")], "game_id", why);
    check(&[("away_team", "KC")], "game_id", "a team cannot play itself: KC");
}

#[test]
fn rows_with_impossible_cells_are_left_out() {
    check(
        &[("week", "23")],
        "week",
        "not a whole number within its bounds: 23 is not one of 1 to 22",
    );
    check(
        &[("season", "1998")],
        "season",
        "not a whole number within its bounds: 1998 is not one of 1999 to 2100",
    );
    check(
        &[("gameday", "2020-13-08")],
        "gameday",
        "not a date such as 2019-10-06: `2020-13-08`",
    );
    check(
        &[("gameday", "2019-11-08")],
        "gameday",
        "date outside its season: 2019-11-08 is not in season 2020",
    );
    check(&[("gametime", "4pm")], "gametime", "not a time such as 13:00: `4pm`");
    check(
        &[("roof", "tent")],
        "roof",
        "unknown value: `tent` is none of outdoors, dome, open, closed",
    );
    check(
        &[("game_type", "PRE")],
        "game_type",
        "unknown value: `PRE` is none of REG, WC, DIV, CON, SB",
    );
    let unknown = games(&[&[("away_team", "XYZ")]]);
    assert_eq!(
        (unknown.rejected[0].field.as_str(), unknown.rejected[0].kind()),
        ("away_team", "unknown team")
    );
    assert!(
        unknown.rejected[0].reason.contains("XYZ"),
        "{}",
        unknown.rejected[0].reason
    );
}

#[test]
fn an_unbelievable_market_is_left_out_and_the_rest_kept() {
    let check = |changes: &[(&str, &str)], field: &str, reason: &str| {
        let facts = games(&[changes]);
        assert_eq!(reasons(&facts), [(field, reason)], "{changes:?}");
        assert_eq!((facts.games.len(), facts.quotes.len()), (1, 2), "{changes:?}");
    };
    check(
        &[("spread_line", "65")],
        "spread",
        "absurd spread: 65 is beyond 30 points",
    );
    check(
        &[("total_line", "4.5")],
        "total",
        "absurd total: 4.5 is not between 20 and 80 points",
    );
    let why = "not a line: 6.25 is not a line: lines are multiples of 0.5 between -200 and 200";
    check(&[("spread_line", "6.25")], "spread", why);
    let why = "not an American price: 1.91 must be a whole number, +100 or more or -100 or less";
    check(&[("over_odds", "1.91")], "total", why);
    let why = "prices no book offers together: +280 and +240 have an overround of -44.3%, outside -2% to 25%";
    check(&[("home_moneyline", "280")], "moneyline", why);
    let why = "prices no book offers together: -400 and -102 have an overround of 30.5%, outside -2% to 25%";
    check(&[("home_spread_odds", "-400")], "spread", why);
    check(&[("spread_line", "x")], "spread_line", "not a number: `x`");
    check(&[("spread_line", "")], "spread", "prices without a line");
}

#[test]
fn a_game_counts_once() {
    let facts = games(&[&[], &[]]);
    assert_eq!((facts.games.len(), facts.quotes.len(), facts.n_rows), (1, 3, 2));
    assert_eq!(facts.corrected.count("identical row repeated, second one skipped"), 1);
    let facts = games(&[&[], &[("wind", "10")]]);
    let why = "contradicts an earlier row: line 2 has other values for this game";
    assert_eq!(reasons(&facts), [("row", why)]);
    assert_eq!(facts.games[0].conditions.and_then(|c| c.wind_mph), Some(9));
    let again = [("game_id", "2020_09_LV_KC"), ("away_team", "LV")];
    let facts = games(&[&[], &again]);
    assert_eq!(
        reasons(&facts),
        [("row", "team already plays in this week: KC in 2020 week 9")]
    );
}

#[test]
fn a_mistyped_date_does_not_move_its_week() {
    let other = [("game_id", "2020_09_LV_LAC"), ("away_team", "LV"), ("home_team", "LAC")];
    let typo = [
        ("game_id", "2020_09_NE_NYJ"),
        ("away_team", "NE"),
        ("home_team", "NYJ"),
        ("gameday", "2020-09-08"),
    ];
    let facts = games(&[&[], &other, &typo]);
    let why = "far from the rest of its week: 2020-09-08 is 61 days from 2020-11-08";
    assert_eq!(reasons(&facts), [("gameday", why)]);
    assert_eq!(facts.games[0].fixture.opens_at, at("2020-11-03T17:00:00Z"));
}

#[test]
fn an_unplayed_game_has_no_score() {
    let blank = [
        ("home_score", ""),
        ("away_score", ""),
        ("result", ""),
        ("total", ""),
        ("temp", "NA"),
        ("wind", "NA"),
    ];
    let blank = [&blank[..], &[("away_qb_id", ""), ("home_qb_id", "")]].concat();
    let facts = games(&[&blank]);
    assert_eq!((facts.games[0].score, facts.games[0].conditions), (None, None));
    assert_eq!(facts.games[0].starters, None);
}

#[test]
fn changed_raw_columns_convert_again() {
    let parsed = nflverse_games::parse(games_csv(&[&[]]).as_bytes()).unwrap();
    let mut rows = parsed.rows.clone();
    rows[0].1.wind = Some(20);
    let (before, after) = (nflverse_games::facts(parsed.rows), nflverse_games::facts(rows));
    assert_eq!(before.games[0].fixture, after.games[0].fixture);
    assert_ne!(before.games[0].conditions, after.games[0].conditions);
}
