//! Matching, movement, steam and sanity on hand-made snapshots.

use super::games;
use super::services::{ODDS, at, noon};
use crate::domain::game::{Fixture, GameId};
use crate::domain::line::HalfPoints;
use crate::domain::line_move::LineMove;
use crate::domain::movement::{Movement, Settings};
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Moment, Quote, Side};
use crate::domain::team::Team;
use crate::feeds::odds_api::{self, OddsFormat};
use crate::feeds::offers::{self, NoMatch};
use crate::feeds::sanity::{self, Limits};
use crate::feeds::{Corrections, Parsed};
use chrono::TimeDelta;
use proptest::prelude::*;

fn fixtures(neutral: bool) -> Vec<Fixture> {
    let site = if neutral { "Neutral" } else { "Home" };
    let facts = games(&[&[("location", site)]]);
    facts.games.into_iter().map(|g| g.fixture).collect()
}

fn quote(book: &str, market: Market, line: Option<f64>, prices: (i32, i32), minute: i64) -> Quote {
    let price = |odds| Some(American::new(odds).unwrap());
    Quote {
        game: GameId::new("2020_09_DEN_KC"),
        book: Book::new(book),
        market,
        line: line.map(|points| HalfPoints::new(points).unwrap()),
        first: price(prices.0),
        second: price(prices.1),
        as_of: noon() + TimeDelta::minutes(minute),
        moment: Moment::Live,
    }
}

fn spread(book: &str, line: f64, minute: i64) -> Quote {
    quote(book, Market::Spread, Some(line), (-110, -110), minute)
}

fn parsed(quotes: Vec<Quote>) -> Parsed<Quote> {
    Parsed {
        n_rows: quotes.len() as u64,
        rows: (1..).zip(quotes).collect(),
        rejected: Vec::new(),
        corrected: Corrections::default(),
    }
}

#[test]
fn a_game_is_found_by_teams_and_time() {
    let (home, neutral) = (fixtures(false), fixtures(true));
    let kickoff = home[0].kickoff;
    let day = TimeDelta::days(1);
    let found = offers::find(&home, Team::KC, Team::DEN, kickoff + day).unwrap();
    assert!(!found.turned);
    assert!(matches!(
        offers::find(&home, Team::KC, Team::DEN, kickoff + day * 2),
        Err(NoMatch::Unknown { .. })
    ));
    assert!(matches!(
        offers::find(&home, Team::DEN, Team::KC, kickoff),
        Err(NoMatch::Swapped { .. })
    ));
    assert!(offers::find(&neutral, Team::DEN, Team::KC, kickoff).unwrap().turned);
}

#[test]
fn offers_become_live_quotes_and_none_is_lost() {
    let snapshot = odds_api::odds(ODDS, OddsFormat::American, noon()).unwrap();
    let quotes = offers::quotes(snapshot.offers.clone(), &fixtures(false));
    assert_eq!((quotes.rows.len(), quotes.rejected.len(), quotes.n_rows), (4, 5, 9));
    assert!(
        quotes
            .rows
            .iter()
            .all(|(_, q)| q.moment == Moment::Live && q.game.as_str() == "2020_09_DEN_KC")
    );
    let none = offers::quotes(snapshot.offers.clone(), &[]);
    assert_eq!((none.rows.len(), none.rejected.len()), (0, 9));
    assert_eq!(none.rejected[8].kind(), "unknown game");
    // At a neutral site the service may call the other team the home team: then the sides turn with it.
    let offer = &snapshot.offers.rows[1].1;
    let mut turned = fixtures(true);
    (turned[0].home, turned[0].away) = (turned[0].away, turned[0].home);
    let found = offers::find(&turned, offer.home, offer.away, offer.kickoff).unwrap();
    let quote = offer.quote(found);
    assert_eq!((quote.line, quote.first), (Some(HalfPoints(-13)), offer.second));
    // A game moved forward in the schedule has begun, whatever the service believes.
    let mut begun = fixtures(false);
    begun[0].kickoff = noon() - TimeDelta::hours(1);
    let late = offers::quotes(snapshot.offers, &begun);
    let in_play = late.rejected.iter().filter(|r| r.kind() == "in-play price").count();
    assert_eq!((late.rows.len(), in_play), (0, 5));
}

#[test]
fn a_change_of_line_or_price_is_a_move_and_a_repeat_is_none() {
    let mut movement = Movement::new(Settings::default());
    assert_eq!(movement.observe(&[spread("one", 6.5, 0)]), []);
    // Not confirmed since: another number under the old date proves nothing.
    assert_eq!(movement.observe(&[spread("one", 7.0, 0)]), []);
    assert_eq!(movement.observe(&[spread("one", 6.5, 5)]), []);
    let moved = movement.observe(&[spread("one", 7.0, 6)]);
    assert_eq!(
        (moved[0].side, moved[0].half_points(), moved[0].probability),
        (Side::Home, 1, None)
    );
    let dearer = quote("one", Market::Spread, Some(7.0), (-102, -118), 7);
    let moved = movement.observe(&[dearer]);
    assert_eq!((moved[0].side, moved[0].half_points()), (Side::Away, 0));
    assert!((moved[0].probability.unwrap() + 0.0174).abs() < 1e-3, "{moved:?}");
    let drift = |a, b, minute| quote("two", Market::Moneyline, None, (a, b), minute);
    assert_eq!(movement.observe(&[drift(-150, 130, 8), drift(-151, 130, 9)]), []);
    // Small steps add up: the yardstick is the price before the first of them.
    let steps: Vec<LineMove> = (1..10)
        .flat_map(|n| movement.observe(&[drift(-151 - n, 130, 9 + i64::from(n))]))
        .collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(movement.n_markets(), 2);
    assert_eq!(movement.observe(&[spread("three", 7.0, 60 * 24 * 9)]), []);
    assert_eq!(movement.n_markets(), 1, "a week's markets are forgotten after it");
}

#[test]
fn three_books_the_same_way_within_half_an_hour_are_steam() {
    let mut movement = Movement::new(Settings::default());
    let books = ["one", "two", "three", "four"];
    movement.observe(&books.map(|book| spread(book, 3.0, 0)));
    let first = movement.observe(&[spread("one", 3.5, 10), spread("two", 3.5, 12), spread("four", 2.5, 13)]);
    assert!(first.len() == 3 && first.iter().all(|m| !m.steam), "{first:?}");
    assert_eq!(
        movement.observe(&[spread("one", 4.0, 20)]).len(),
        1,
        "one book twice is one book"
    );
    let steam = movement.observe(&[spread("three", 3.5, 30)]);
    let marked: Vec<&str> = steam.iter().filter(|m| m.steam).map(|m| m.book.as_str()).collect();
    assert_eq!(marked, ["one", "two", "one", "three"]);
    assert!(steam.iter().all(|m| m.side == Side::Home));
    let mut slow = Movement::new(Settings::default());
    slow.observe(&books.map(|book| spread(book, 3.0, 0)));
    let moves = slow.observe(&[spread("one", 3.5, 10), spread("two", 3.5, 30), spread("three", 3.5, 41)]);
    assert!(moves.iter().all(|m| !m.steam), "31 minutes are too long");
}

#[test]
fn a_quote_far_from_the_others_is_quarantined() {
    let now = noon() + TimeDelta::minutes(5);
    let lines = |list: &[f64]| {
        let quotes = list.iter().enumerate().map(|(n, x)| spread(&format!("book{n}"), *x, 0));
        let checked = sanity::check(parsed(quotes.collect()), now, &Limits::default());
        checked.rejected.iter().map(|r| r.line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&[3.0, 3.0, 10.0]), [3]);
    assert!(lines(&[3.0, 10.0]).is_empty(), "of two nobody can say which is wrong");
    assert!(lines(&[3.0, 3.5, 6.0, 2.5]).is_empty());
    assert_eq!(lines(&[-3.0, 3.0, 3.0, 3.0]), [1], "the sign of a careless source");
    let money = |prices, n: i64| quote(&format!("book{n}"), Market::Moneyline, None, prices, 0);
    let sides = vec![money((-280, 240), 0), money((-270, 230), 1), money((240, -280), 2)];
    let checked = sanity::check(parsed(sides), now, &Limits::default());
    assert_eq!(
        (checked.rows.len(), checked.rejected[0].kind()),
        (2, "far from the other books")
    );
    let old = sanity::check(
        parsed(vec![spread("one", 3.0, 0)]),
        noon() + TimeDelta::minutes(16),
        &Limits::for_decisions(),
    );
    assert_eq!((old.rows.len(), old.rejected[0].kind()), (0, "older than allowed"));
    assert_eq!(at("2020-11-07T12:00:00Z"), noon());
}

proptest! {
    #[test]
    fn nothing_is_lost_whatever_the_lines(halves in prop::collection::vec(-60i16..60, 0..12), age in 0i64..3_000) {
        let quotes: Vec<Quote> = halves
            .iter()
            .enumerate()
            .map(|(n, half)| spread(&format!("book{n}"), f64::from(*half) / 2.0, 0))
            .collect();
        let n = quotes.len();
        let checked = sanity::check(parsed(quotes), noon() + TimeDelta::minutes(age), &Limits::default());
        prop_assert_eq!(checked.rows.len() + checked.rejected.len(), n);
        if n < 3 && age < 1_440 {
            prop_assert_eq!(checked.rejected.len(), 0);
        }
    }

    #[test]
    fn moves_add_up_to_where_a_line_went(halves in prop::collection::vec(-20i16..20, 1..40)) {
        let mut movement = Movement::new(Settings::default());
        let mut sum = 0;
        for (minute, half) in halves.iter().enumerate() {
            let moves = movement.observe(&[spread("one", f64::from(*half) / 2.0, minute as i64)]);
            prop_assert!(moves.iter().all(|m| (m.half_points() > 0) == (m.side == Side::Home)));
            sum += moves.iter().map(LineMove::half_points).sum::<i16>();
        }
        prop_assert_eq!(sum, halves[halves.len() - 1] - halves[0]);
    }
}
