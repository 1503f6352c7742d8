//! No two bets are opposite, no cap is broken, nothing is lost on the way, and the order of proposals does not matter.

use super::{Bet, Cap, Caps, Portfolio, Slip, Why, compose};
use crate::domain::game::GameId;
use crate::domain::money::Cents;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Side};
use crate::protocol::proposal::{Origin, Proposal};
use crate::protocol::question::OpenBet;
use crate::strategy::rule::StrategyId;
use chrono::NaiveDate;
use proptest::prelude::*;
use std::collections::BTreeMap;

const CAPS: Caps = Caps {
    per_game: Cents(5_000),
    per_day: Cents(15_000),
    per_week: Cents(25_000),
    least: Cents(100),
};

fn day(game: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 10, 10 + game as u32 / 3).unwrap()
}

fn proposal(
    origin: Origin,
    game: usize,
    market: Market,
    first: bool,
    stake: i64,
    expected: Option<f64>,
) -> Proposal {
    let side = market.first_side();
    Proposal {
        origin,
        game: GameId::new(&format!("game{game}")),
        day: day(game),
        market,
        side: if first { side } else { side.other() },
        line: None,
        price: American::MINUS_110,
        assumed: false,
        book: Book::new("b"),
        stake: Cents(stake),
        expected,
    }
}

fn swarm(id: &str, game: usize, market: Market, first: bool, stake: i64) -> Proposal {
    proposal(Origin::Consensus(id.into()), game, market, first, stake, Some(0.05))
}

fn strategy(id: &str, game: usize, market: Market, first: bool, stake: i64) -> Proposal {
    proposal(
        Origin::Strategy(StrategyId(id.into())),
        game,
        market,
        first,
        stake,
        None,
    )
}

fn made(proposals: Vec<Proposal>, open: Vec<OpenBet>) -> Portfolio {
    compose(Slip {
        proposals,
        open,
        caps: CAPS,
    })
}

fn whys(portfolio: &Portfolio) -> Vec<&Why> {
    portfolio.drops.iter().map(|drop| &drop.why).collect()
}

#[test]
fn the_same_bet_twice_is_one_with_the_larger_stake() {
    let portfolio = made(
        vec![
            strategy("s", 1, Market::Total, true, 2_000),
            swarm("c", 1, Market::Total, true, 700),
        ],
        Vec::new(),
    );
    let [bet] = portfolio.bets.as_slice() else {
        panic!("{portfolio:?}")
    };
    assert_eq!((bet.stake, bet.wanted, bet.cut), (Cents(2_000), Cents(2_000), None));
    assert_eq!(
        bet.terms.origin,
        Origin::Consensus("c".into()),
        "who expects most sets the terms"
    );
    assert_eq!(bet.origins.len(), 2);
    assert!(portfolio.drops.is_empty());
}

#[test]
fn the_side_with_twice_the_stake_is_bet_and_of_close_ones_neither() {
    let against = |own, other| {
        made(
            vec![
                swarm("c", 1, Market::Spread, true, own),
                strategy("s", 1, Market::Moneyline, false, other),
            ],
            Vec::new(),
        )
    };
    let clear = against(1_000, 500);
    assert_eq!(clear.bets.len(), 1);
    let (own, other) = (Cents(500), Cents(1_000));
    assert_eq!(whys(&clear), [&Why::Opposed { own, other }]);
    let close = against(1_000, 501);
    assert!(close.bets.is_empty());
    assert!(matches!(whys(&close)[..], [Why::TooClose { .. }, Why::TooClose { .. }]));
    assert_eq!(against(400, 800).bets[0].terms.side, Side::Away);
}

#[test]
fn one_view_is_bet_once_and_what_is_open_stands() {
    let portfolio = made(
        vec![
            swarm("a", 1, Market::Spread, true, 900),
            strategy("s", 1, Market::Moneyline, true, 4_000),
            strategy("s", 2, Market::Moneyline, true, 500),
            strategy("t", 2, Market::Total, true, 0),
        ],
        vec![OpenBet {
            game: GameId::new("game2"),
            market: Market::Spread,
            day: day(2),
            stake: Cents(300),
        }],
    );
    assert_eq!(portfolio.bets.len(), 1);
    let market = Market::Spread;
    let reasons = whys(&portfolio);
    assert!(reasons.contains(&&Why::SameView { market }), "{reasons:?}");
    assert!(reasons.contains(&&Why::AlreadyBet { market }));
    assert!(reasons.contains(&&Why::NoStake));
}

#[test]
fn caps_cut_and_then_refuse() {
    let bets: Vec<Proposal> = (0..6)
        .map(|game| strategy("s", game, Market::Total, true, 4_900))
        .collect();
    let portfolio = made(bets, Vec::new());
    let stakes: Vec<i64> = portfolio.bets.iter().map(|bet| bet.stake.0).collect();
    assert_eq!(stakes, [4_900, 4_900, 4_900, 4_900, 4_900, 500]);
    assert_eq!(portfolio.bets[5].cut, Some(Cap::Week));
    let more = strategy("z", 0, Market::Spread, true, 300);
    let open = |stake| OpenBet {
        game: GameId::new("game0"),
        market: Market::Total,
        day: day(0),
        stake: Cents(stake),
    };
    let full = made(vec![more.clone()], vec![open(4_950)]);
    let (cap, left) = (Cap::Game, Cents(50));
    assert_eq!(whys(&full), [&Why::Cap { cap, left }]);
    let room = made(vec![more], vec![open(4_800)]);
    assert_eq!((room.bets[0].stake, room.bets[0].cut), (Cents(200), Some(Cap::Game)));
    let small = made(vec![strategy("z", 0, Market::Spread, true, 99)], Vec::new());
    assert!(matches!(whys(&small)[..], [Why::TooSmall { .. }]));
}

fn any_proposals() -> impl Strategy<Value = Vec<Proposal>> {
    let one = (
        0..4_usize,
        0..5_usize,
        0..3_usize,
        any::<bool>(),
        -100_i64..6_000,
        -0.1..0.3_f64,
    );
    let build = |(who, game, market, first, stake, expected)| {
        let market = Market::ALL[market];
        if who == 0 {
            let origin = Origin::Consensus(format!("{game}{market}"));
            proposal(origin, game, market, first, stake, Some(expected))
        } else {
            strategy(&format!("s{who}"), game, market, first, stake)
        }
    };
    proptest::collection::vec(one.prop_map(build), 0..40).prop_map(|all| {
        let key = |p: &Proposal| (p.origin.clone(), p.game.clone(), p.market);
        let unique: BTreeMap<_, Proposal> = all.into_iter().map(|p| (key(&p), p)).collect();
        unique.into_values().collect()
    })
}

fn any_open() -> impl Strategy<Value = Vec<OpenBet>> {
    let bet = |(game, market, stake): (usize, usize, i64)| OpenBet {
        game: GameId::new(&format!("game{game}")),
        market: Market::ALL[market],
        day: day(game),
        stake: Cents(stake),
    };
    proptest::collection::vec((0..5_usize, 0..3_usize, 1_i64..4_000).prop_map(bet), 0..4)
}

fn margin(market: Market) -> bool {
    market != Market::Total
}

proptest! {
    #[test]
    fn no_bet_contradicts_another_and_none_is_about_what_is_open(all in any_proposals(), open in any_open()) {
        let portfolio = made(all, open.clone());
        let subject = |p: &Proposal| (p.game.clone(), margin(p.market));
        let mut seen = Vec::new();
        for bet in &portfolio.bets {
            let about = subject(&bet.terms);
            prop_assert!(!seen.contains(&about), "two bets on one subject");
            prop_assert!(!open.iter().any(|o| (o.game.clone(), margin(o.market)) == about));
            seen.push(about);
        }
    }

    #[test]
    fn caps_hold_with_what_is_open(all in any_proposals(), open in any_open()) {
        let portfolio = made(all, open.clone());
        let at_stake = |on: &dyn Fn(&GameId, NaiveDate) -> bool| -> (Cents, Cents) {
            let bets = portfolio.bets.iter().filter(|b| on(&b.terms.game, b.terms.day));
            let open = open.iter().filter(|o| on(&o.game, o.day));
            (bets.map(|b| b.stake).sum(), open.map(|o| o.stake).sum())
        };
        // What is open may be over a cap already; then nothing is added.
        let within = |(bets, open): (Cents, Cents), cap: Cents| bets == Cents::ZERO || bets + open <= cap;
        prop_assert!(within(at_stake(&|_, _| true), CAPS.per_week));
        for game in 0..5 {
            let id = GameId::new(&format!("game{game}"));
            prop_assert!(within(at_stake(&|g, _| *g == id), CAPS.per_game));
            prop_assert!(within(at_stake(&|_, d| d == day(game)), CAPS.per_day));
        }
        for bet in &portfolio.bets {
            prop_assert!(bet.stake >= CAPS.least && bet.stake <= bet.wanted);
            prop_assert_eq!(bet.cut.is_some(), bet.stake < bet.wanted);
        }
    }

    #[test]
    fn every_proposal_is_in_or_has_its_reason(all in any_proposals(), open in any_open()) {
        let portfolio = made(all.clone(), open);
        let place = |p: &Proposal| (p.game.clone(), p.market, p.side);
        let of_bet = |bet: &Bet| -> Vec<_> {
            bet.origins.iter().map(|origin| (origin.clone(), place(&bet.terms))).collect()
        };
        let mut came_out: Vec<_> = portfolio.bets.iter().flat_map(of_bet).collect();
        came_out.extend(portfolio.drops.iter().map(|d| (d.proposal.origin.clone(), place(&d.proposal))));
        came_out.sort();
        let mut went_in: Vec<_> = all.iter().map(|p| (p.origin.clone(), place(p))).collect();
        went_in.sort();
        prop_assert_eq!(came_out, went_in);
        for bet in &portfolio.bets {
            let wanted = |o: &Origin| all.iter().find(|p| p.origin == *o && place(p) == place(&bet.terms));
            let largest = bet.origins.iter().filter_map(wanted).map(|p| p.stake).max();
            prop_assert_eq!(largest, Some(bet.wanted));
        }
    }

    #[test]
    fn the_order_of_proposals_does_not_matter(
        all in any_proposals(),
        open in any_open(),
        keys in proptest::collection::vec(any::<u32>(), 40),
    ) {
        let mut shuffled: Vec<(u32, Proposal)> = keys.into_iter().zip(all.clone()).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Proposal> = shuffled.into_iter().map(|(_, p)| p).collect();
        prop_assert_eq!(made(all, open.clone()), made(shuffled, open));
    }
}
