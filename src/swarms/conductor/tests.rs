//! No two bets are opposite, no cap is broken, nothing is lost on the way; a swarm holds one round at a time; research
//! never begins where a pick is in its way.

use super::calendar::{Calendar, Moments, Occasion, week};
use super::life::{Life, MAX_FAILURES, PAUSE, Refusal, Swarm};
use super::portfolio::{Bet, Cap, Caps, Portfolio, Slip, Why, compose};
use super::{Conductor, Effect, Input};
use crate::domain::game::GameId;
use crate::domain::money::Cents;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Side};
use crate::machine::{Machine, Turn};
use crate::protocol::proposal::{Origin, Proposal};
use crate::protocol::question::{OpenBet, RoundId};
use crate::strategy::rule::StrategyId;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;
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

    #[test]
    fn research_is_never_in_the_way_of_picks(
        kickoffs in proptest::collection::vec(0_i64..7 * 24 * 60, 1..17),
        elsewhere in proptest::collection::vec(0_i64..14 * 24 * 60, 0..4),
        rounds in 0_u32..5,
    ) {
        let calendar = Calendar { research_rounds: rounds, ..Calendar::default() };
        let games: Vec<Moments> = kickoffs.iter().map(|m| game(at(*m))).collect();
        let elsewhere: Vec<DateTime<Utc>> = elsewhere.into_iter().map(at).collect();
        let planned = week(&calendar, &games, &elsewhere);
        let picks: Vec<DateTime<Utc>> =
            planned.iter().filter(|a| a.swarm == Swarm::Consensus).map(|a| a.at).chain(elsewhere).collect();
        let research: Vec<_> = planned.iter().filter(|a| a.swarm != Swarm::Consensus).collect();
        prop_assert_eq!(research.len(), 2 * rounds as usize);
        for appointment in &research {
            let begins = appointment.at;
            let in_the_way = |pick: &DateTime<Utc>| {
                *pick - TimeDelta::minutes(120) < begins && begins < *pick + TimeDelta::minutes(7)
            };
            prop_assert!(!picks.iter().any(in_the_way));
        }
        prop_assert!(research.windows(2).all(|pair| pair[0].at + pair[0].swarm.limit() <= pair[1].at));
        let looks = planned.iter().filter(|a| a.occasion == Occasion::Kickoff);
        prop_assert_eq!(looks.clone().map(|a| a.n_games).sum::<usize>(), games.len());
        for game in &games {
            let before = looks.clone().any(|a| {
                let lead = game.kickoff - a.at;
                TimeDelta::minutes(60) <= lead && lead <= TimeDelta::minutes(90)
            });
            prop_assert!(before, "every game is looked at 60 to 90 minutes before it begins");
        }
    }

    /// Whatever is asked in whatever order: a swarm holds one round at a time, and a stopped one none.
    #[test]
    fn a_swarm_holds_one_round_at_a_time(steps in proptest::collection::vec((0..6_usize, 0..3_usize, 0..3_u32), 0..60)) {
        let mut conductor = Conductor::new(Calendar::default());
        let mut now = at(0);
        let mut under_way: BTreeMap<Swarm, (String, DateTime<Utc>)> = BTreeMap::new();
        let mut stopped = Vec::new();
        for (n, (what, who, wait)) in steps.into_iter().enumerate() {
            now += TimeDelta::minutes(4) * i32::try_from(wait).unwrap();
            let swarm = Swarm::ALL[who];
            let round = under_way.get(&swarm).map_or("other".to_owned(), |(round, _)| round.clone());
            let input = match what {
                0 | 1 => Input::Leave { swarm, round: RoundId(format!("r{n}")) },
                2 => Input::Done { swarm, round: RoundId(round), fault: None },
                3 => Input::Done { swarm, round: RoundId(round), fault: Some("it broke".into()) },
                4 if wait == 0 => Input::Stop(swarm),
                4 => Input::Suspend { swarm, reason: "somebody said so".into() },
                _ => Input::Resume(swarm),
            };
            match (&input, said(&mut conductor, input.clone(), now)) {
                (_, Effect::Leave(Ok(()))) => {
                    prop_assert!(!stopped.contains(&swarm));
                    let busy = under_way.insert(swarm, (format!("r{n}"), now));
                    prop_assert!(busy.is_none_or(|(_, since)| now - since > swarm.limit()));
                }
                (Input::Done { .. }, Effect::Noted(..)) => { under_way.remove(&swarm); }
                (Input::Stop(_), Effect::Noted(..)) => {
                    under_way.remove(&swarm);
                    stopped.push(swarm);
                }
                _ => {}
            }
        }
    }
}

fn at(minutes: i64) -> DateTime<Utc> {
    "2021-10-12T16:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn game(kickoff: DateTime<Utc>) -> Moments {
    Moments {
        opens_at: at(0),
        kickoff,
        settles_at: kickoff + TimeDelta::hours(5),
    }
}

fn said(conductor: &mut Conductor, input: Input, now: DateTime<Utc>) -> Effect {
    let mut turn = Turn::new(now, Pcg64Mcg::new(1));
    conductor.turn(input, &mut turn);
    turn.into_effects().pop().unwrap()
}

fn leave(conductor: &mut Conductor, swarm: Swarm, round: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let round = RoundId(round.into());
    let Effect::Leave(answer) = said(conductor, Input::Leave { swarm, round }, now) else {
        panic!("leave is answered")
    };
    answer
}

fn done(conductor: &mut Conductor, round: &str, fault: Option<&str>, now: DateTime<Utc>) -> Life {
    let input = Input::Done {
        swarm: Swarm::Consensus,
        round: RoundId(round.into()),
        fault: fault.map(str::to_owned),
    };
    let Effect::Noted(_, life) = said(conductor, input, now) else {
        panic!("the end of a round is noted")
    };
    life
}

#[test]
fn a_swarm_that_keeps_failing_is_suspended_for_a_while() {
    let mut conductor = Conductor::new(Calendar::default());
    let mut until = None;
    for n in 0..MAX_FAILURES {
        let round = format!("r{n}");
        leave(&mut conductor, Swarm::Consensus, &round, at(0)).unwrap();
        let life = done(&mut conductor, &round, Some("the table was lost"), at(0));
        if let Life::Suspended { until: by_itself, .. } = life {
            until = by_itself;
        }
    }
    assert_eq!(until, Some(at(0) + PAUSE));
    let refused = leave(&mut conductor, Swarm::Consensus, "r", at(1)).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("3 rounds in a row failed, the last because the table was lost")
    );
    leave(&mut conductor, Swarm::Consensus, "r", at(15)).unwrap();
    assert_eq!(
        done(&mut conductor, "r", Some("again"), at(15)),
        Life::Suspended {
            reason: "4 rounds in a row failed, the last because again".into(),
            until: Some(at(15) + PAUSE * 2),
        }
    );
    assert_eq!(
        said(&mut conductor, Input::Resume(Swarm::Consensus), at(16)),
        Effect::Noted(Swarm::Consensus, Life::Idle)
    );
    leave(&mut conductor, Swarm::Consensus, "s", at(16)).unwrap();
    assert_eq!(done(&mut conductor, "s", None, at(17)), Life::Idle);
}

#[test]
fn a_suspension_lets_the_round_under_way_finish_and_a_lost_round_does_not_block_for_ever() {
    let mut conductor = Conductor::new(Calendar::default());
    leave(&mut conductor, Swarm::Consensus, "r", at(0)).unwrap();
    let (swarm, reason) = (Swarm::Consensus, "look at its votes".to_owned());
    let life = said(&mut conductor, Input::Suspend { swarm, reason }, at(1));
    assert!(matches!(life, Effect::Noted(_, Life::Running { .. })));
    assert!(matches!(
        done(&mut conductor, "r", None, at(2)),
        Life::Suspended { until: None, .. }
    ));
    said(&mut conductor, Input::Resume(swarm), at(2));
    leave(&mut conductor, swarm, "lost", at(3)).unwrap();
    assert!(matches!(
        leave(&mut conductor, swarm, "next", at(9)),
        Err(Refusal::Busy { .. })
    ));
    leave(&mut conductor, swarm, "next", at(11)).unwrap();
    assert!(
        matches!(done(&mut conductor, "lost", None, at(11)), Life::Running { .. }),
        "a round nobody waits for ends nothing"
    );
}

#[test]
fn late_rounds_fail_and_a_suspension_that_was_taken_back_leaves_no_failures() {
    let mut conductor = Conductor::new(Calendar::default());
    for n in 0..MAX_FAILURES {
        let (round, begun) = (format!("r{n}"), at(10 * i64::from(n)));
        leave(&mut conductor, Swarm::Consensus, &round, begun).unwrap();
        let life = done(&mut conductor, &round, None, begun + TimeDelta::minutes(8));
        assert_eq!(
            matches!(life, Life::Suspended { .. }),
            n + 1 == MAX_FAILURES,
            "{life:?}"
        );
    }
    let mut conductor = Conductor::new(Calendar::default());
    for n in 0..MAX_FAILURES {
        let round = format!("r{n}");
        leave(&mut conductor, Swarm::Consensus, &round, at(0)).unwrap();
        if n + 1 == MAX_FAILURES {
            let (swarm, reason) = (Swarm::Consensus, "a look".to_owned());
            said(&mut conductor, Input::Suspend { swarm, reason }, at(0));
            said(&mut conductor, Input::Resume(swarm), at(0));
        }
        let life = done(&mut conductor, &round, Some("broken"), at(0));
        assert_eq!(life, Life::Idle, "round {n}");
    }
}

#[test]
fn research_yields_to_picks() {
    let mut conductor = Conductor::new(Calendar::default());
    let kickoff = at(48 * 60);
    let games = vec![game(kickoff)];
    let picks_elsewhere = Vec::new();
    said(&mut conductor, Input::Plan { games, picks_elsewhere }, at(0));
    let look = kickoff - TimeDelta::minutes(60);
    let refused = leave(&mut conductor, Swarm::Generation, "g", look - TimeDelta::minutes(90));
    assert_eq!(
        refused,
        Err(Refusal::Yields {
            swarm: Swarm::Generation,
            at: look
        })
    );
    leave(&mut conductor, Swarm::Generation, "g", look - TimeDelta::minutes(121)).unwrap();
    leave(&mut conductor, Swarm::Consensus, "r", at(20)).unwrap();
    let refused = leave(&mut conductor, Swarm::Validation, "v", at(21));
    assert_eq!(
        refused,
        Err(Refusal::Yields {
            swarm: Swarm::Validation,
            at: at(20)
        })
    );
}

#[test]
fn a_week_begins_with_its_openers_and_ends_with_research() {
    let games = [0, 5, 24 * 60].map(|m| game(at(4 * 24 * 60 + m)));
    let planned = week(&Calendar::default(), &games, &[]);
    let told: Vec<(Swarm, Occasion, usize)> = planned.iter().map(|a| (a.swarm, a.occasion, a.n_games)).collect();
    assert_eq!(
        told,
        [
            (Swarm::Consensus, Occasion::Open, 3),
            (Swarm::Consensus, Occasion::Kickoff, 2),
            (Swarm::Consensus, Occasion::Kickoff, 1),
            (Swarm::Generation, Occasion::Results, 3),
            (Swarm::Validation, Occasion::Results, 3),
        ]
    );
    assert!(week(&Calendar::default(), &[], &[]).is_empty());
}
