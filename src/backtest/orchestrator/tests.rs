//! Each decision follows from its figures, and says so.

use super::budget::hurdle;
use super::*;
use crate::backtest::walk_forward::{Fold, Window};
use proptest::prelude::*;

#[test]
fn what_brought_more_gets_more() {
    let (mix, decision) = new_or_evolve(Yields::default(), Yields::default(), 0);
    assert_eq!(
        (mix.fresh, decision.reason.as_str()),
        (1.0, "there is nothing yet to evolve")
    );
    let mut evolved = Yields::default();
    (0..6).for_each(|_| evolved.add(2, 3));
    let mut fresh = Yields::default();
    (0..6).for_each(|_| fresh.add(0, 3));
    let (mix, decision) = new_or_evolve(fresh, evolved, 10);
    assert!(mix.fresh < 0.3, "{mix:?}");
    assert!(
        decision.reason.starts_with("evolved ones found more approval"),
        "{}",
        decision.reason
    );
    evolved.add(0, 0);
    assert!(evolved.expected().is_finite());
}

#[test]
fn more_trials_raise_the_hurdle_and_shorten_the_list() {
    assert!(hurdle(1, 300.0) < hurdle(10, 300.0));
    assert_eq!(how_many(0, 0, 300.0).0, 0);
    let (few, _) = how_many(12, 0, 3_000.0);
    assert_eq!(few, 12);
    let (fewer, decision) = how_many(12, 5_000, 300.0);
    assert_eq!(fewer, 1);
    assert!(
        decision.reason.contains("5000 were validated before"),
        "{}",
        decision.reason
    );
}

fn facts(season: u16, n_priced: u64, mean_move: f64) -> SeasonFacts {
    SeasonFacts {
        season,
        n_priced,
        n_games: 256,
        mean_move: Some(mean_move),
    }
}

#[test]
fn seasons_without_openers_are_left_out_and_a_changed_market_forgets() {
    let fold = Fold {
        past: (2007..=2020).collect(),
        test: 2021,
    };
    let mut market: Vec<SeasonFacts> = (2007..=2020u16)
        .map(|s| facts(s, 256, if s % 2 == 0 { 1.0 } else { 1.1 }))
        .collect();
    market[0].n_priced = 100;
    let (seasons, window, decision) = which_period(&fold, &market);
    assert_eq!((seasons.len(), window), (13, Window::Expanding));
    assert!(
        decision.reason.contains("1 seasons have openers for too few games"),
        "{}",
        decision.reason
    );
    for f in market.iter_mut().filter(|f| f.season <= 2012) {
        f.mean_move = f.mean_move.map(|m| m + 1.0);
    }
    let (seasons, window, _) = which_period(&fold, &market);
    assert_eq!((seasons.first().copied(), window), (Some(2013), Window::Rolling(8)));
    assert_eq!(which_period(&fold, &[]).0, Vec::<u16>::new());
}

fn approved() -> Standing {
    Standing {
        approved: true,
        n_approved: 3,
        n_members: 3,
        n_bets: 900,
        roi: Some(0.07),
        clv: Some(0.6),
        deflated: Some(0.97),
        discrepant: false,
    }
}

#[test]
fn only_what_all_approve_and_luck_does_not_explain_is_deployed() {
    let check = |s: Standing, flagged: bool, deployed: bool, says: &str| {
        let (flag, flag_decision) = flag_for_human(&s);
        let (goes, decision) = deploy(&s, flag);
        assert_eq!((flag, goes), (flagged, deployed), "{s:?}");
        assert!(
            decision.reason.contains(says) || flag_decision.reason.contains(says),
            "{decision:?} {flag_decision:?}"
        );
    };
    check(approved(), false, true, "all 3 members approved");
    check(
        Standing {
            approved: false,
            n_approved: 2,
            ..approved()
        },
        false,
        false,
        "2 of 3 members approved",
    );
    check(
        Standing {
            roi: Some(0.2),
            ..approved()
        },
        true,
        false,
        "look for a leak",
    );
    check(
        Standing {
            discrepant: true,
            ..approved()
        },
        true,
        false,
        "disagree more than chance",
    );
    check(
        Standing {
            clv: Some(-0.2),
            ..approved()
        },
        true,
        false,
        "should not have",
    );
    check(
        Standing {
            deflated: Some(0.5),
            ..approved()
        },
        false,
        false,
        "luckiest of all trials is 0.50",
    );
    check(
        Standing {
            deflated: None,
            ..approved()
        },
        false,
        false,
        "not defined",
    );
    check(Standing::default(), false, false, "0 of 0 members");
}

proptest! {
    #[test]
    fn shares_stay_within_reason(a in 0u64..50, b in 0u64..50, x in 0.0f64..1.0, y in 0.0f64..1.0, living in 0usize..9) {
        let of = |n: u64, share: f64| Yields { n, approval: share * n as f64 };
        let (mix, _) = new_or_evolve(of(a, x), of(b, y), living);
        let least = if living == 0 { 1.0 } else { 0.25 };
        prop_assert!(mix.fresh >= least && mix.fresh <= (3.0 * least).min(1.0));
        let (n, decision) = how_many(living, a, x * 1000.0);
        prop_assert!(n <= living);
        prop_assert!(decision.evidence.values().all(|v| !v.is_null()));
    }
}
