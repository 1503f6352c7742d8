//! The engine against the plainest reading of the rules: sweep and track agree, and the edges of the input are defined.

use super::performance::Performance;
use super::period::Period;
use super::plan::{Plan, PlanError};
use super::sheet::{Candidate, Key, Settled, Sheet, SheetBuilder, SheetError};
use super::sweep::{sweep, sweep_on};
use super::table::Table;
use super::tally::Tally;
use super::track::{Pricing, Track};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::domain::quote::Market;
use crate::stats::bootstrap::Bootstrap;
use crate::strategy::feature::{Feature, Flag, Known, Source};
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

fn source(name: &str) -> Source {
    Source::new(name).unwrap()
}

fn key(n: u32) -> Key {
    let when = SeasonWeek {
        season: 2010 + (n / 320) as u16,
        week: 1 + (n % 320 / 16) as u8,
    };
    Key {
        game: GameId::new(&format!("{n:05}")),
        when,
        kickoff: DateTime::UNIX_EPOCH + TimeDelta::hours(i64::from(n)),
    }
}

/// A side of a game with answers to most questions; one value in twenty is missing.
fn candidate(market: Market, first: bool, edge: f64, rng: &mut Pcg64Mcg) -> Candidate {
    let mut made = Candidate::default();
    let sign = if first { 1.0 } else { -1.0 };
    let line = f64::from(rng.random_range(-20i32..=20)) / 2.0;
    for (feature, value) in [
        (Feature::Edge(source("elo")), sign * edge),
        (Feature::Value(source("elo")), sign * edge * 3.0),
        (Feature::Edge(source("swarm")), rng.random_range(-4.0..4.0)),
        (Feature::Votes, f64::from(rng.random_range(0..9))),
        (Feature::Line, sign * line),
        (Feature::Spread, line.abs()),
        (Feature::Total, f64::from(rng.random_range(70..110)) / 2.0),
        (Feature::Week, f64::from(rng.random_range(1..20))),
        (Feature::Rest, f64::from(rng.random_range(-7..8))),
        (Feature::Move, sign * f64::from(rng.random_range(-6i32..=6)) / 2.0),
    ] {
        if rng.random_bool(0.95) {
            made = made.with(feature, value);
        }
    }
    for flag in [Flag::Division, Flag::Dome, Flag::Night] {
        made = made.flagged(flag, rng.random_bool(0.3));
    }
    made = match market {
        Market::Total => made.flagged(Flag::Over, first),
        Market::Spread | Market::Moneyline => made
            .flagged(Flag::Home, first)
            .flagged(Flag::Favourite, sign * line < 0.0),
    };
    made.price = rng
        .random_bool(0.8)
        .then(|| Decimal::new(1.5 + f64::from(rng.random_range(0..100)) / 100.0).unwrap());
    made.line = (market != Market::Moneyline).then_some(HalfPoints(7));
    made.clv = rng
        .random_bool(0.9)
        .then(|| f64::from(rng.random_range(-6i32..=6)) / 2.0);
    made.chances.insert(source("elo"), rng.random_range(0.3..0.7));
    made
}

fn sheet(market: Market, n_games: u32, rng: &mut Pcg64Mcg) -> Sheet {
    let mut builder = SheetBuilder::new(market);
    for n in 0..n_games {
        let edge = rng.random_range(-5.0..5.0);
        let mut sides = [true, false].map(|first| candidate(market, first, edge, rng));
        let settled = match rng.random_range(0..20) {
            0 => None,
            1 => Some(Settled::Push),
            2..11 => Some(Settled::Win),
            _ => Some(Settled::Loss),
        };
        sides[0].settled = settled;
        sides[1].settled = settled.map(Settled::reversed);
        builder.game(key(n), sides).unwrap();
    }
    builder.build().unwrap()
}

fn table(n_games: u32, rng: &mut Pcg64Mcg) -> Table {
    let sheets = Market::ALL.map(|market| sheet(market, n_games, rng));
    Table::new(Known::Close, sheets, 0).unwrap()
}

fn strategy(text: &str) -> Strategy {
    text.parse().unwrap()
}

/// The tally of a track, counted the long way.
fn counted(track: &Track) -> Tally {
    let mut tally = Tally::empty(track.market);
    let (mut sum, mut peak) = (0i64, 0i64);
    for bet in &track.bets {
        tally.n_bets += 1;
        let elevenths = match bet.settled {
            Settled::Win => (bet.profit(Pricing::Usual) * 11.0).round() as i64,
            Settled::Loss => -11,
            Settled::Push => 0,
        };
        match bet.settled {
            Settled::Win => tally.wins += 1,
            Settled::Loss => tally.losses += 1,
            Settled::Push => tally.pushes += 1,
        }
        sum += elevenths;
        peak = peak.max(sum);
        tally.drawdown_elevenths = tally.drawdown_elevenths.max(peak - sum);
        if bet.price.is_some() {
            tally.n_priced += 1;
            tally.profit_micros += (bet.profit(Pricing::Real) * 1e6).round() as i64;
        } else {
            tally.n_unpriced += 1;
        }
        if let Some(clv) = bet.clv {
            tally.n_clv += 1;
            tally.clv_hundredths += (clv * 100.0).round() as i64;
            tally.n_beat_close += u32::from(clv > 0.0);
        }
    }
    tally.profit_elevenths = sum;
    tally.n_conflicts = track.conflicts.len() as u32;
    tally
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_sweep_counts_what_the_tracks_hold(seed: u128, n_games in 0u32..1_300, from in 2010u16..2014) {
        let mut rng = Pcg64Mcg::new(seed);
        let table = table(n_games, &mut rng);
        let mut vocabulary = Vocabulary::all(Known::Close, vec![source("elo"), source("swarm")]);
        vocabulary.markets = Market::ALL.to_vec();
        let mut strategies: Vec<Strategy> = (0..40).map(|_| vocabulary.draw(&mut rng)).collect();
        strategies.push(strategy("spread at close stake flat 1%")); // wants both sides of everything
        strategies.push(strategy("total at close when temperature >= 40 and over stake flat 1%")); // no such column
        if n_games == 0 {
            strategies.retain(|s| Plan::compile(s, &table).is_ok()); // no games, no sources
        }
        let plans: Vec<Plan> = strategies.iter().map(|s| Plan::compile(s, &table).unwrap()).collect();
        let period = Period::seasons(from..=2012);
        let tallies = sweep_on(1, &table, &plans, &period);
        prop_assert_eq!(&tallies, &sweep_on(2, &table, &plans, &period));
        for (plan, tally) in plans.iter().zip(&tallies) {
            prop_assert_eq!(counted(&Track::of(&table, plan, &period)), *tally, "{}", plan.strategy());
        }
        // A plan runs on another table of its moment, though the columns lie elsewhere.
        let other = self::table(200, &mut rng);
        for (plan, tally) in plans.iter().zip(sweep(&other, &plans, &period)) {
            prop_assert_eq!(counted(&Track::of(&other, plan, &period)), tally, "{}", plan.strategy());
        }
    }

    #[test]
    fn the_order_in_which_games_come_does_not_matter(seed: u128) {
        let made = |back: bool| {
            let mut games: Vec<u32> = (0..50).collect();
            if back {
                games.reverse();
            }
            let mut builder = SheetBuilder::new(Market::Total);
            for n in games {
                let mut rng = Pcg64Mcg::new(seed ^ u128::from(n));
                let sides = [true, false].map(|first| candidate(Market::Total, first, 1.0, &mut rng));
                builder.game(key(n), sides).unwrap();
            }
            let [spread, moneyline] = [Market::Spread, Market::Moneyline].map(|m| SheetBuilder::new(m).build().unwrap());
            Table::new(Known::Open, [spread, builder.build().unwrap(), moneyline], 0).unwrap()
        };
        let (forwards, backwards) = (made(false), made(true));
        prop_assert_eq!(forwards.hash(), backwards.hash());
    }
}

#[test]
fn what_cannot_be_had_makes_no_plan() {
    let table = table(20, &mut Pcg64Mcg::new(1));
    let compile = |text: &str| Plan::compile(&strategy(text), &table).map(|_| ());
    let future = compile("spread at open when move >= 1 and cover >= 3 stake flat 1%").unwrap_err();
    assert_eq!(
        future.to_string(),
        "`move` is known from the close on; a bet at the open cannot ask for it"
    );
    let result = compile("spread at close when cover >= 3 stake flat 1%").unwrap_err();
    assert_eq!(
        result.to_string(),
        "`cover` is known after the game; a bet at the close cannot ask for it"
    );
    let stranger = compile("spread at close when edge(nobody) >= 3 stake flat 1%").unwrap_err();
    assert_eq!(
        stranger.to_string(),
        "the table has no source `nobody`; it has elo, swarm"
    );
    assert!(matches!(
        compile("spread at close when home stake kelly(nobody) 25% cap 2%"),
        Err(PlanError::UnknownSource { .. })
    ));
    assert!(matches!(
        compile("spread at open when home stake flat 1%"),
        Err(PlanError::OtherMoment { .. })
    ));
}

/// A table of spread bets on the home team with these ends, prices and chances.
fn few(bets: &[(u32, Settled, Option<i32>, f64)]) -> Table {
    let mut builder = SheetBuilder::new(Market::Spread);
    for (n, settled, price, chance) in bets {
        let home = Candidate {
            settled: Some(*settled),
            price: price.map(|p| American::new(p).unwrap().decimal()),
            line: Some(HalfPoints(5)),
            clv: Some(0.5),
            chances: [(source("elo"), *chance)].into(),
            ..Candidate::default()
        };
        let away = Candidate {
            settled: Some(settled.reversed()),
            ..Candidate::default()
        };
        let sides = [home.flagged(Flag::Home, true), away.flagged(Flag::Home, false)];
        builder.game(key(*n), sides).unwrap();
    }
    let [total, moneyline] = [Market::Total, Market::Moneyline].map(|m| SheetBuilder::new(m).build().unwrap());
    Table::new(Known::Open, [builder.build().unwrap(), total, moneyline], 0).unwrap()
}

fn performance(table: &Table, text: &str) -> (Track, Performance) {
    let plan = Plan::compile(&strategy(text), table).unwrap();
    let track = Track::of(table, &plan, &Period::seasons(2010..=2030));
    let performance = Performance::of(&track, &Bootstrap::new(Pcg64Mcg::new(1)));
    (track, performance)
}

#[test]
fn nothing_one_game_and_only_pushes_are_defined() {
    let home = "spread at open when home stake flat 1%";
    for bets in [
        vec![],
        vec![(3, Settled::Push, None, 0.5)],
        vec![(3, Settled::Win, None, 0.5); 1],
    ] {
        let (track, figures) = performance(&few(&bets), home);
        assert_eq!(track.bets.len(), bets.len());
        assert_eq!(
            (figures.sharpe, figures.sortino, figures.max_drawdown),
            (None, None, 0.0)
        );
        let json = serde_json::to_string(&(track, figures)).unwrap();
        assert!(!json.contains("NaN") && !json.contains("inf"), "{json}");
    }
    let empty = Tally::empty(Market::Spread);
    assert_eq!(
        (empty.win_rate(), empty.roi_110(), empty.roi_real()),
        (None, None, None)
    );
    assert_eq!(
        (empty.mean_clv(), empty.sharpe(1), empty.max_drawdown(0.01)),
        (None, None, 0.0)
    );
}

#[test]
fn stakes_of_a_week_do_not_see_its_results() {
    use Settled::{Loss, Win};
    // Three bets in week 1 and one in week 2, at even money.
    let bets = [
        (0, Win, Some(100), 0.55),
        (1, Win, Some(100), 0.5),
        (2, Loss, Some(100), 0.7),
        (16, Win, Some(100), 0.6),
    ];
    let table = few(&bets);
    let (flat, figures) = performance(&table, "spread at open when home stake flat 2%");
    let path: Vec<f64> = flat.equity().iter().map(|point| point.bankroll).collect();
    for (got, want) in path.iter().zip([1.02, 1.04, 1.02, 1.02 * 1.02]) {
        assert!((got - want).abs() < 1e-12, "{path:?}");
    }
    assert!((figures.max_drawdown - (1.0 - 1.02 / 1.04)).abs() < 1e-12);
    assert_eq!((figures.longest_losing_run, figures.wins, figures.losses), (1, 3, 1));
    assert_eq!((figures.clv.mean, figures.beat_close.k), (Some(0.5), 4));
    assert_eq!((figures.roi_real.mean, figures.roi_real.n), (Some(0.5), 4));
    // Kelly at even money is 2p - 1: a tenth, nothing, four tenths above the cap, a fifth; a quarter of each is staked.
    let (kelly, _) = performance(&table, "spread at open when home stake kelly(elo) 25% cap 4%");
    let stakes: Vec<f64> = kelly.bets.iter().map(|bet| bet.stake).collect();
    for (got, want) in stakes.iter().zip([0.025, 0.0, 0.04, 0.04]) {
        assert!((got - want).abs() < 1e-12, "{stakes:?}");
    }
    let returns = flat.weekly_returns(Pricing::Usual);
    assert_eq!(returns.len(), 2);
    assert!((returns[0].1 - (20.0 / 11.0 - 1.0)).abs() < 1e-12);
    let [early, late] = flat.early_and_late();
    assert_eq!((early.bets.len(), late.bets.len(), late.weeks.len()), (4, 0, 0));
    assert_eq!(flat.per_season().len(), 1);
}

#[test]
fn what_cannot_be_true_makes_no_sheet() {
    let mut builder = SheetBuilder::new(Market::Spread);
    let won = |settled| Candidate {
        settled: Some(settled),
        ..Candidate::default()
    };
    let both = builder.game(key(1), [won(Settled::Win), won(Settled::Win)]);
    assert!(matches!(both, Err(SheetError::Contradiction(_))));
    let odd = Candidate::default().with(Feature::Week, f64::NAN);
    let nan = builder.game(key(1), [odd, Candidate::default()]).unwrap_err();
    assert_eq!(
        nan.to_string(),
        "00001: week is no finite number; leave a missing value out"
    );
    builder.game(key(1), [won(Settled::Push), won(Settled::Push)]).unwrap();
    builder.game(key(1), [won(Settled::Push), won(Settled::Push)]).unwrap();
    assert!(matches!(builder.build(), Err(SheetError::Twice(_))));
}
