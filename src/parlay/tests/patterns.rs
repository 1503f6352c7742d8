//! A planted pattern is found and survives; in a league of coins nothing does.

use crate::domain::game::{Score, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::parlay::bets::{Bet, Family, Leg, returned};
use crate::parlay::items::{GameFacts, Item, Kind};
use crate::parlay::itemsets::Bounds;
use crate::parlay::validate::{LEVEL, Trial, Verdict, trial};
use crate::parlay::vertical::{Cores, mine};
use rand::Rng as _;
use rand_pcg::Pcg64Mcg;

/// Facts that are drawn like coins.
const FACTS: [&str; 4] = ["division game", "short week", "outdoors", "home favoured"];

/// Games of twenty weeks a season; where the first two facts hold, the home team covers `planted` of the time.
pub(super) fn league(seasons: std::ops::Range<u16>, planted: f64, seed: u128) -> Vec<GameFacts> {
    let mut rng = Pcg64Mcg::new(seed);
    let mut chance = |p: f64| (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64 <= p;
    let mut games = Vec::new();
    for season in seasons {
        for game in 0..320u16 {
            let known = FACTS.iter().filter(|_| chance(0.5));
            let mut items: Vec<Item> = known
                .map(|&fact| Item {
                    kind: Kind::Known,
                    fact,
                })
                .collect();
            let both = FACTS[..2].iter().all(|fact| items.iter().any(|i| i.fact == *fact));
            let covers = chance(if both { planted } else { 0.5 });
            items.push(Item {
                kind: Kind::Observed,
                fact: if covers {
                    "the wind blew home"
                } else {
                    "the wind blew away"
                },
            });
            items.sort();
            let base = if chance(0.5) { 30 } else { 10 };
            games.push(GameFacts {
                when: SeasonWeek {
                    season,
                    week: 1 + (game / 16) as u8,
                },
                items,
                spread: HalfPoints(7),
                total_line: HalfPoints(81),
                score: Score {
                    home: base + if covers { 7 } else { 0 },
                    away: base,
                },
            });
        }
    }
    games
}

fn judged(planted: f64, seed: u128) -> Verdict {
    let how = Trial {
        bounds: Bounds::new(40, 3),
        level: LEVEL,
        n_draws: 208,
    };
    let (train, held) = (
        league(2000..2012, planted, seed),
        league(2012..2018, planted, seed + 100),
    );
    let mine = |b: &_, bounds| mine(b, bounds, Cores::One);
    trial(&train, &held, &how, mine, &mut Pcg64Mcg::new(seed)).unwrap()
}

#[test]
fn a_planted_pattern_survives() {
    let verdict = judged(0.68, 1);
    let best = &verdict.survivors[0];
    let facts: Vec<&str> = best.given.iter().map(|i| i.fact).collect();
    assert!(facts.contains(&FACTS[0]) && facts.contains(&FACTS[1]), "{facts:?}");
    assert!(best.bet.to_string().starts_with("home covers"), "{}", best.bet);
    assert!(verdict.families[0].n_significant > 0 && verdict.families[0].reality_check.unwrap() < 0.02);
    assert!(
        verdict
            .survivors
            .iter()
            .all(|p| p.given.iter().all(|i| i.kind == Kind::Known))
    );
}

#[test]
fn coins_leave_nothing_and_all_that_was_tried_is_counted() {
    for seed in 10..14 {
        let verdict = judged(0.5, seed);
        assert_eq!(verdict.survivors, []);
        // Four facts make 14 sets of up to three; a spread and a total have two sides, a parlay has four.
        assert_eq!(verdict.n_conditions, 14);
        let tried: Vec<usize> = verdict.families.iter().map(|f| f.n_tried).collect();
        assert_eq!(tried, [28, 28, 56]);
    }
}

#[test]
fn without_games_there_is_nothing_and_no_number_is_invented() {
    let how = Trial {
        bounds: Bounds::new(1, 3),
        level: LEVEL,
        n_draws: 16,
    };
    let one = league(2000..2001, 0.5, 1)[..1].to_vec();
    for (train, held) in [(vec![], vec![]), (one, vec![])] {
        let mine = |b: &_, bounds| mine(b, bounds, Cores::One);
        let verdict = trial(&train, &held, &how, mine, &mut Pcg64Mcg::new(1)).unwrap();
        assert!(verdict.survivors.is_empty());
        assert!(!serde_json::to_string(&verdict).unwrap().contains("NaN"));
        assert_eq!(verdict.families[0].reality_check_held, None);
    }
}

#[test]
fn a_pushed_leg_drops_out() {
    let price = American::MINUS_110.decimal();
    let joint = Decimal::new(3.2).unwrap();
    let paid = |a, b| returned([(a, price), (b, price)], joint);
    assert_eq!(paid(Leg::Won, Leg::Won), 3.2);
    assert_eq!(paid(Leg::Won, Leg::Pushed), price.get());
    assert_eq!(paid(Leg::Pushed, Leg::Pushed), 1.0);
    assert_eq!(paid(Leg::Pushed, Leg::Lost), 0.0);
    let mut game = league(2000..2001, 0.5, 1)[0].clone();
    game.spread = HalfPoints::whole(7);
    game.score = Score { home: 27, away: 20 };
    let ends: Vec<(String, Leg, i32)> = Bet::all()
        .into_iter()
        .map(|bet| {
            let (leg, parts) = bet.settle(&game);
            (bet.to_string(), leg, parts)
        })
        .collect();
    assert!(ends.contains(&("home covers".into(), Leg::Pushed, 0)));
    assert!(ends.contains(&("home covers and over".into(), Leg::Pushed, 110)));
    assert!(ends.contains(&("away covers and under".into(), Leg::Pushed, -121)));
    assert!(ends.contains(&("over".into(), Leg::Won, 110)));
    assert_eq!(
        Bet::all()
            .iter()
            .filter(|b| b.family() == Family::SpreadAndTotal)
            .count(),
        4
    );
}
