//! No stake above its cap, no exposure above its limit, and a reason for every pass.

use super::*;
use crate::domain::belief::Seat;
use crate::domain::pick::Vote;
use crate::domain::probability::Probability;
use crate::domain::quote::Side;
use crate::protocol::question::{Exposure, OpenBet, RoundId};
use crate::swarms::fixture::{opens_at, seats, slate, view};
use chrono::TimeDelta;
use proptest::prelude::*;

fn vote(seat: Seat, side: Side) -> Vote {
    Vote {
        seat,
        stance: Ok(side),
        p_first: None,
        p_first_alone: None,
        sd: None,
        performance: 1.0,
        confidence: 1.0,
        weight: 1.0,
        restarts: 0,
    }
}

/// An agreement on the first side of a game's market with probability `p` and a consensus.
fn agreement(game: usize, market: Market, p: f64, consensus: f64) -> Agreement {
    let offer = &slate()[game];
    Agreement {
        game: offer.fixture.id.clone(),
        market,
        line: offer.reference(market).and_then(|q| q.line),
        side: Some(market.first_side()),
        consensus,
        equal_consensus: consensus,
        equal_side: Some(market.first_side()),
        votes: seats().into_iter().map(|s| vote(s, market.first_side())).collect(),
        fair: Probability::HALF,
        p_first: Probability::clamped(p),
        equal_p_first: Probability::clamped(p),
        reasons: Vec::new(),
        counter: None,
    }
}

fn review(agreements: Vec<Agreement>, exposure: Exposure) -> Review {
    Review {
        round: RoundId("r".to_owned()),
        as_of: opens_at(),
        view: view(),
        slate: slate(),
        agreements,
        n_seats: 7,
        bankroll: Cents(100_000),
        exposure,
    }
}

fn verdicts(agreements: Vec<Agreement>, exposure: Exposure) -> Vec<Verdict> {
    let decided = RiskManager::new(RiskLimits::default()).review(&review(agreements, exposure));
    decided.into_iter().map(|d| d.verdict).collect()
}

#[test]
fn every_pass_has_its_reason() {
    let code = |a: Agreement| match &verdicts(vec![a], Exposure::default())[0] {
        Verdict::Pass(why) => why.code(),
        Verdict::Bet { .. } => "bet",
    };
    assert_eq!(code(agreement(0, Market::Spread, 0.60, 0.95)), "bet");
    assert_eq!(code(agreement(0, Market::Spread, 0.53, 0.95)), "EV<3%");
    assert_eq!(code(agreement(0, Market::Spread, 0.60, 0.59)), "consensus<60%");
    let mut few = agreement(0, Market::Spread, 0.60, 0.95);
    few.votes
        .iter_mut()
        .skip(4)
        .for_each(|v| v.stance = Err(crate::domain::belief::Abstention::NoEdge));
    assert_eq!(code(few), "quorum");
    let mut tie = agreement(0, Market::Spread, 0.60, 0.95);
    tie.side = None;
    assert_eq!(code(tie), "no-majority");
    let mut late = review(vec![agreement(0, Market::Spread, 0.60, 0.95)], Exposure::default());
    late.as_of = slate()[0].fixture.kickoff + TimeDelta::seconds(1);
    let decided = RiskManager::new(RiskLimits::default()).review(&late);
    assert_eq!(decided[0].verdict, Verdict::Pass(Pass::Started));
}

#[test]
fn the_stake_is_a_quarter_of_kelly_under_the_cap_of_its_tier() {
    let bet = |p: f64, consensus: f64| match verdicts(
        vec![agreement(0, Market::Spread, p, consensus)],
        Exposure::default(),
    )[0]
    {
        Verdict::Bet { stake, limit, tier, .. } => (stake, limit, tier),
        Verdict::Pass(ref why) => panic!("{why}"),
    };
    // The line is 2.5, which cannot push; Kelly at -110 is (p * 10/11 - (1 - p)) / (10/11).
    let (stake, limit, tier) = bet(0.54, 0.95);
    assert_eq!((limit, tier), (Limit::Kelly, Tier::B));
    let kelly = (0.54 * (10.0 / 11.0) - 0.46) / (10.0 / 11.0);
    assert!((stake.0 as f64 - 100_000.0 * kelly / 4.0).abs() < 5.0, "{stake}");
    assert_eq!(bet(0.70, 0.65), (Cents(1_500), Limit::TierCap, Tier::B));
    assert_eq!(bet(0.70, 0.80), (Cents(3_000), Limit::TierCap, Tier::A));
    assert_eq!(bet(0.70, 0.95), (Cents(5_000), Limit::TierCap, Tier::S));
}

#[test]
fn exposure_already_open_counts() {
    let game = slate()[0].fixture.clone();
    let bet = |market, cents| OpenBet {
        game: game.id.clone(),
        market,
        day: game.day(),
        stake: Cents(cents),
    };
    let open = |cents| Exposure {
        open: vec![bet(Market::Moneyline, cents)],
        week_cap: None,
    };
    let one = || vec![agreement(0, Market::Spread, 0.70, 0.95)];
    assert!(matches!(
        verdicts(one(), open(3_000))[0],
        Verdict::Bet {
            stake: Cents(2_000),
            limit: Limit::GameCap,
            ..
        }
    ));
    assert_eq!(
        verdicts(one(), open(5_000))[0],
        Verdict::Pass(Pass::RiskCap { limit: Limit::GameCap })
    );
}

#[test]
fn a_market_is_bet_once_a_week() {
    let game = slate()[0].fixture.clone();
    let bet = OpenBet {
        game: game.id.clone(),
        market: Market::Spread,
        day: game.day(),
        stake: Cents(1_000),
    };
    let passed = verdicts(
        vec![agreement(0, Market::Spread, 0.70, 0.95)],
        Exposure {
            open: vec![bet],
            week_cap: None,
        },
    );
    assert_eq!(passed[0], Verdict::Pass(Pass::AlreadyBet));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_limit_is_ever_exceeded(
        ps in prop::collection::vec((0.4f64..0.9, 0.4f64..1.0), 4),
        open in prop::collection::vec(0i64..20_000, 2),
    ) {
        let slate = slate();
        let agreements: Vec<Agreement> = ps
            .iter()
            .enumerate()
            .map(|(i, (p, c))| agreement(i / 2, if i % 2 == 0 { Market::Spread } else { Market::Total }, *p, *c))
            .collect();
        let exposure = Exposure {
            open: open.iter().enumerate().map(|(i, c)| OpenBet {
                    game: slate[i].fixture.id.clone(),
                    market: Market::Moneyline,
                    day: slate[i].fixture.day(),
                    stake: Cents(*c),
                }).collect(),
            week_cap: None,
        };
        let decided = RiskManager::new(RiskLimits::default()).review(&review(agreements, exposure));
        let bankroll = Cents(100_000);
        let stakes = |keep: &dyn Fn(&Decision) -> bool| decided.iter().filter(|d| keep(d)).map(Decision::stake).sum::<Cents>();
        for (i, offer) in slate.iter().enumerate() {
            let on_game = stakes(&|d| d.agreement.game == offer.fixture.id);
            prop_assert!(on_game == Cents::ZERO || on_game + Cents(open[i]) <= bankroll.fraction(0.05));
        }
        let all = stakes(&|_| true);
        prop_assert!(all == Cents::ZERO || all + Cents(open.iter().sum()) <= bankroll.fraction(0.15));
        for d in &decided {
            if let Verdict::Bet { stake, tier, kelly, .. } = d.verdict {
                prop_assert!(stake <= bankroll.fraction(tier.cap()) && stake <= bankroll.fraction(kelly * 0.25));
                prop_assert!(stake > Cents::ZERO && d.roi.unwrap() >= tier.min_roi());
            }
        }
    }
}
