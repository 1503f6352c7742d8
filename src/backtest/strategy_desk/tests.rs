//! A live slate gives strategies what the table of the past would have, the future changes nothing, and what cannot be bet
//! is said.

use super::*;
use crate::backtest::features::table;
use crate::backtest::leak::tests::league::{SEASONS, WEEKS, league};
use crate::backtest::openers::Quarantine;
use crate::domain::quote::Side;

fn strategy(text: &str) -> Strategy {
    text.parse().unwrap()
}

fn last_week() -> SeasonWeek {
    SeasonWeek {
        season: SEASONS[1],
        week: WEEKS,
    }
}

fn input(archive: &Arc<Archive>, strategies: Vec<Strategy>) -> Input {
    Input {
        archive: Arc::clone(archive),
        when: last_week(),
        as_of: AsOf::Open,
        books: None,
        strategies,
        bankroll: Cents(100_000),
    }
}

#[test]
fn it_wants_what_its_plan_selects_in_the_table_of_the_past() {
    let archive = league(5).archive();
    let rule = strategy("spread at open when home and edge(market_rating) >= 0.5 stake flat 1.5%");
    let said = propose(&input(&archive, vec![rule.clone()]));
    assert!(said.unserved.is_empty() && !said.proposals.is_empty(), "{said:?}");
    let past = table(&archive, Known::Open, &ROSTER, &Quarantine::default(), &mut |_, _| {}).unwrap();
    let plan = Plan::compile(&rule, &past).unwrap();
    let rows = plan.select(&past, &Period::weeks(last_week()..=last_week()));
    let sheet = past.sheet(Market::Spread);
    let expected: Vec<_> = rows
        .iter()
        .map(|row| (sheet.games()[row / 2].game.clone(), sheet.line(row)))
        .collect();
    let wanted: Vec<_> = said.proposals.iter().map(|p| (p.game.clone(), p.line)).collect();
    assert_eq!(wanted, expected);
    for p in &said.proposals {
        assert_eq!((p.side, p.stake, p.price.get()), (Side::Home, Cents(1_500), -110));
        assert_eq!((p.book.as_str(), p.assumed), ("invented", false));
    }
}

#[test]
fn what_cannot_be_asked_or_bet_is_said() {
    let archive = league(5).archive();
    let strategies = vec![
        strategy("total at open stake flat 1%"),
        strategy("total at close when over stake flat 1%"),
        strategy("spread at open when edge(nobody) >= 1 stake flat 1%"),
        strategy("moneyline at open when home stake flat 1%"),
    ];
    let said = propose(&input(&archive, strategies));
    let reasons = |of: &str| -> Vec<&str> {
        let id = strategy(of).id();
        said.unserved
            .iter()
            .filter(|u| u.strategy == id)
            .map(|u| u.reason.as_str())
            .collect()
    };
    assert!(said.proposals.is_empty());
    assert_eq!(reasons("total at open stake flat 1%"), ["it wants both sides"; 16]);
    let close = reasons("total at close when over stake flat 1%");
    assert!(
        matches!(close[..], [reason] if reason.contains("bets at the close")),
        "{close:?}"
    );
    let nobody = reasons("spread at open when edge(nobody) >= 1 stake flat 1%");
    assert!(
        matches!(nobody[..], [reason] if reason.contains("no source `nobody`")),
        "{nobody:?}"
    );
    // No opening moneyline is stored in this league, so there is no row to bet on.
    assert!(reasons("moneyline at open when home stake flat 1%").is_empty());
}

#[test]
fn a_book_the_user_cannot_bet_at_gives_no_price() {
    let archive = league(5).archive();
    let rule = strategy("total at open when over stake flat 1%");
    let elsewhere = Input {
        books: Some(vec![Book::new("elsewhere")]),
        ..input(&archive, vec![rule])
    };
    let said = propose(&elsewhere);
    assert!(said.proposals.is_empty());
    assert_eq!(said.unserved.len(), 16);
    assert!(said.unserved.iter().all(|u| u.reason.contains("no book names a price")));
}

#[test]
fn nothing_known_after_the_bet_is_in_the_round() {
    let archive = league(5).archive();
    let mut walk = Walk::new(&ROSTER, AsOf::Open);
    let planned = plan(&archive, last_week(), AsOf::Open);
    let rows: Vec<Row> = planned.iter().flat_map(|p| walk.round(&archive, p)).collect();
    assert!(
        rows.iter().all(|row| row.sides[0].settled.is_some()),
        "the walk knows how they ended"
    );
    let table = open_table(Known::Open, &rows).unwrap();
    for market in Market::ALL {
        let sheet = table.sheet(market);
        assert!((0..sheet.n_rows()).all(|row| sheet.settled(row).is_none() && sheet.clv(row).is_none()));
        let late = |subject: &&Subject| matches!(subject, Subject::Feature(f) if f.known() > Known::Open);
        assert_eq!(sheet.subjects().iter().find(late), None);
    }
}

#[test]
fn a_game_that_has_started_is_not_bet() {
    let archive = league(5).archive();
    let fixtures = archive.week(last_week());
    let (first, last) = (fixtures[0].kickoff, fixtures[15].kickoff);
    assert!(first < last, "the league kicks off at different times");
    let rule = strategy("total at open when over stake flat 1%");
    let of = |at| {
        let said = propose(&Input {
            as_of: AsOf::At(at),
            ..input(&archive, vec![rule.clone()])
        });
        said.proposals.len() + said.unserved.len()
    };
    let started = fixtures.iter().filter(|f| f.kickoff < last).count();
    assert_eq!(of(first), 16, "at its own kickoff a game can still be had");
    assert_eq!(of(last), 16 - started);
}

#[test]
fn an_opener_that_failed_the_look_ahead_test_is_not_bet() {
    let archive = league(5).archive();
    let rule = strategy("spread at open when home stake flat 1%");
    let input = input(&archive, vec![rule]);
    let without = |market| {
        let held = [(Book::new("invented"), market, last_week().season)];
        propose_beyond(&input, &held.into_iter().collect()).proposals.len()
    };
    assert_eq!((without(Market::Total), without(Market::Spread)), (16, 0));
}
