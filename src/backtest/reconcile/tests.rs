//! Each kind of difference has its cause, and what has none is said to have none.

use super::*;
use crate::domain::belief::{Abstention, Seat};
use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::pick::{Agreement, Offered, Tier};
use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::domain::quote::{Book, Market as Kind, Side};

fn decision() -> Decision {
    let vote = |seat: &str, stance| Vote {
        seat: Seat::new(seat),
        stance,
        p_first: Some(Probability::HALF),
        p_first_alone: Some(Probability::HALF),
        sd: None,
        performance: 1.0,
        confidence: 1.0,
        weight: 1.0,
        restarts: 0,
    };
    Decision {
        id: "1".to_owned(),
        agreement: Agreement {
            game: GameId::new("2010_05_DEN_LAC"),
            market: Kind::Spread,
            line: Some(HalfPoints(7)),
            side: Some(Side::Home),
            consensus: 1.0,
            equal_consensus: 1.0,
            equal_side: Some(Side::Home),
            votes: vec![vote("elo", Ok(Side::Home)), vote("totals", Ok(Side::Home))],
            fair: Probability::HALF,
            p_first: Probability::HALF,
            equal_p_first: Probability::HALF,
            reasons: Vec::new(),
            counter: None,
        },
        side: Some(Side::Home),
        offered: Some(Offered {
            book: Book::new("a"),
            line: Some(HalfPoints(7)),
            price: American::new(-110).unwrap(),
            assumed: false,
            seen_at: DateTime::UNIX_EPOCH,
            n_books: 1,
        }),
        p_win: None,
        p_push: None,
        edge: None,
        roi: None,
        playable_to: None,
        verdict: Verdict::Bet {
            stake: Cents(1_000),
            limit: Limit::Kelly,
            tier: Tier::B,
            kelly: 0.05,
        },
    }
}

fn held(change: impl FnOnce(&mut Decision)) -> Held {
    let mut decision = decision();
    change(&mut decision);
    Held {
        decision: Some(decision),
        ..Held::default()
    }
}

/// The names of the causes of a change, by other facts.
fn causes(change: impl FnOnce(&mut Decision)) -> Vec<&'static str> {
    let now = Held {
        data: "other".to_owned(),
        ..held(change)
    };
    let all = why(&held(|_| ()), &now);
    all.iter().map(Why::name).filter(|name| *name != "facts").collect()
}

#[test]
fn each_difference_has_its_cause() {
    let none: [&str; 0] = [];
    assert_eq!(causes(|d| d.id = "2".to_owned()), none, "the id names the round");
    let price = American::new(-105).unwrap();
    assert_eq!(causes(|d| d.offered.as_mut().unwrap().price = price), ["price"]);
    assert_eq!(causes(|d| d.agreement.fair = Probability::clamped(0.52)), ["market"]);
    assert_eq!(causes(|d| d.agreement.votes[0].restarts = 1), ["restart"]);
    let other = Some(Probability::clamped(0.55));
    assert_eq!(causes(|d| d.agreement.votes[1].p_first = other), ["opinions"]);
    assert_eq!(causes(|d| drop(d.agreement.votes.pop())), ["seat"]);
    let silent = |d: &mut Decision| {
        d.agreement.votes[0].p_first = None;
        d.agreement.votes[0].stance = Err(Abstention::NoEdge);
    };
    assert_eq!(causes(silent), ["seat"]);
    assert_eq!(causes(|d| d.verdict = Verdict::Pass(Pass::AlreadyBet)), ["exposure"]);
    assert_eq!(causes(|d| d.roi = Some(0.5)), none);
}

#[test]
fn with_everything_the_same_another_opinion_is_a_fault() {
    let unexplained = |change: fn(&mut Decision)| {
        let all = why(&held(|_| ()), &held(change));
        all.last().is_some_and(Why::is_unexplained)
    };
    assert!(unexplained(|d| d.roi = Some(0.5)));
    assert!(unexplained(|d| d.agreement.fair = Probability::clamped(0.52)));
    assert!(unexplained(
        |d| d.agreement.votes[1].p_first = Some(Probability::clamped(0.55))
    ));
    assert!(
        !unexplained(|d| d.agreement.votes[0].restarts = 1),
        "it came down in one of the two"
    );
    assert!(!unexplained(|d| d.verdict = Verdict::Pass(Pass::AlreadyBet)));
    assert!(!unexplained(|_| ()), "nothing differs");
}

#[test]
fn what_was_known_the_settings_and_the_program_are_roots() {
    let then = held(|_| ());
    let roots = [
        (
            "facts",
            Held {
                data: "x".into(),
                ..then.clone()
            },
        ),
        (
            "settings",
            Held {
                settings: "x".into(),
                ..then.clone()
            },
        ),
        (
            "basis",
            Held {
                basis: "open".into(),
                ..then.clone()
            },
        ),
        (
            "guidance",
            Held {
                round: "x".into(),
                ..then.clone()
            },
        ),
        (
            "program",
            Held {
                program: "x".into(),
                ..then.clone()
            },
        ),
    ];
    for (name, mut now) in roots {
        assert!(why(&then, &now).is_empty(), "the same decision needs no cause");
        now.decision.as_mut().unwrap().roi = Some(0.5);
        assert_eq!(why(&then, &now)[0].name(), name);
    }
    assert_eq!(why(&then, &Held::default())[0], Why::NotDecided { side: "now" });
    assert_eq!(why(&Held::default(), &Held::default()), []);
}

#[test]
fn a_run_is_held_against_the_backtest_by_the_look_it_bet_at() {
    let pass = |d: &mut Decision| d.verdict = Verdict::Pass(Pass::ExpectedRoi { roi: 0.01 });
    let look = |hour: i64, held: Held| Look {
        at: DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour),
        held,
    };
    let market = |n: u8| (format!("game {n}"), "spread".to_owned());
    let other = |d: &mut Decision| d.offered.as_mut().unwrap().line = Some(HalfPoints(6));
    let run = BTreeMap::from([
        (market(1), vec![look(1, held(|_| ()))]),
        (market(2), vec![look(1, held(pass)), look(9, held(other))]),
        (market(3), vec![look(1, held(|_| ()))]),
        (market(4), vec![look(1, held(pass))]),
        (market(5), vec![look(1, held(pass))]),
        (market(6), vec![look(1, held(|d| d.side = Some(Side::Away)))]),
    ]);
    let backtest = BTreeMap::from([
        (market(1), held(|_| ())),
        (market(2), held(|_| ())),
        (market(3), held(pass)),
        (market(4), held(|_| ())),
        (market(5), held(pass)),
        (market(6), held(|_| ())),
        (market(7), held(|_| ())),
    ]);
    let all = against(&run, &backtest);
    assert_eq!((all.n_same, all.n_otherwise, all.n_opposite), (1, 1, 1));
    assert_eq!((all.n_run_alone, all.n_backtest_alone), (1, 2));
    assert_eq!(all.differences.len(), 5);
    assert!(
        all.differences[0].run.contains("bet home, 10.00, Thu 01 Jan 09:00 UTC"),
        "{:?}",
        all.differences[0]
    );
    assert!(all.differences.iter().all(|d| !d.why.is_empty()));
}

#[test]
fn the_first_difference_of_two_texts_is_shown_with_what_is_around_it() {
    assert_eq!(
        first_difference("abc", "abd"),
        ["...abc...", "...abd..."].map(String::from)
    );
    let long = "é".repeat(40);
    let [a, b] = first_difference(&format!("{long}1{long}"), &format!("{long}2{long}"));
    assert!(a.contains('1') && b.contains('2') && a.len() < 90, "{a} {b}");
}
