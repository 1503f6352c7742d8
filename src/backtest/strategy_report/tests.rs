//! Reports of made-up tables: an edge that is there, one that is not, and everything that has no answer.

use super::*;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::Decimal;
use crate::engine::sheet::{Candidate, Key, Settled, Sheet, SheetBuilder, Subject};
use crate::strategy::feature::{Feature, Flag, Known, Source};
use chrono::{DateTime, TimeDelta};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// How the games of a table end and what is known of them.
#[derive(Clone, Copy)]
struct World {
    market: Market,
    /// How often the side that `sharp` sees an edge of a point for wins.
    p: f64,
    n_weeks: u8,
    games_a_week: u32,
    pushes_only: bool,
    with_prices: bool,
    with_close: bool,
}

const WORLD: World = World {
    market: Market::Spread,
    p: 0.62,
    n_weeks: 17,
    games_a_week: 16,
    pushes_only: false,
    with_prices: true,
    with_close: true,
};

fn key(season: u16, week: u8, n: u32) -> Key {
    Key {
        game: GameId::new(&format!("{season}_{week:02}_{n:02}")),
        when: SeasonWeek { season, week },
        kickoff: DateTime::UNIX_EPOCH
            + TimeDelta::hours(i64::from(season) * 9_000 + i64::from(week) * 168 + i64::from(n)),
    }
}

fn sides(world: World, rng: &mut Pcg64Mcg, week: u8) -> [Candidate; 2] {
    let edge: f64 = rng.random_range(-4.0..4.0);
    let p_win = if edge.abs() < 1.0 { 0.5 } else { world.p };
    let first_won = rng.random_bool(p_win) == (edge > 0.0);
    let pushed = world.pushes_only || rng.random_bool(0.03);
    let size = 0.5 + 0.8 * edge.abs();
    let cover = match (pushed, first_won) {
        (true, _) => 0.0,
        (false, true) => size,
        (false, false) => -size,
    };
    let moved = 0.3 * edge + rng.random_range(-1.5..1.5);
    let points = HalfPoints(rng.random_range(-14..14) + if world.market == Market::Total { 90 } else { 0 });
    let price = [1.87, 1.909, 1.952][rng.random_range(0..3usize)];
    let sharp = Source::new("sharp").unwrap();
    [1.0, -1.0].map(|sign: f64| {
        let flag = if world.market == Market::Total {
            Flag::Over
        } else {
            Flag::Home
        };
        let mut side = Candidate::default()
            .with(Feature::Edge(sharp.clone()), sign * edge)
            .with(Feature::Value(sharp.clone()), sign * edge)
            .with(Feature::Cover, sign * cover)
            .with(Feature::Week, f64::from(week))
            .with(Feature::Spread, points.points().abs())
            .with(Feature::Votes, if sign * edge > 0.0 { 5.0 } else { 2.0 })
            .with(Feature::Against, if sign * edge > 0.0 { 2.0 } else { 5.0 })
            .flagged(flag, sign > 0.0);
        if world.market != Market::Total {
            side = side.flagged(Flag::Favourite, sign * points.points() > 0.0);
        }
        side.chances.insert(sharp.clone(), 0.5 + sign * edge / 100.0);
        side.settled = Some(match (pushed, first_won == (sign > 0.0)) {
            (true, _) => Settled::Push,
            (false, true) => Settled::Win,
            (false, false) => Settled::Loss,
        });
        side.line = (world.market != Market::Moneyline).then_some(points);
        side.price = world.with_prices.then(|| Decimal::new(price).unwrap());
        side.clv = world.with_close.then_some(sign * moved);
        side
    })
}

fn table(world: World, seasons: std::ops::RangeInclusive<u16>) -> Table {
    let mut rng = Pcg64Mcg::new(11);
    let mut builder = SheetBuilder::new(world.market);
    for season in seasons {
        for week in 1..=world.n_weeks {
            for n in 0..world.games_a_week {
                builder
                    .game(key(season, week, n), sides(world, &mut rng, week))
                    .unwrap();
            }
        }
    }
    let mut built = Some(builder.build().unwrap());
    let sheets: [Sheet; 3] = Market::ALL.map(|market| {
        let own = (market == world.market).then(|| built.take()).flatten();
        own.unwrap_or_else(|| SheetBuilder::new(market).build().unwrap())
    });
    Table::new(Known::Open, sheets, 0).unwrap()
}

fn options() -> Options {
    Options {
        seed: 7,
        frozen_through: 2017,
        window: Window::Expanding,
        n_trials: 40,
        data_hash: "0f1e2d".to_owned(),
        code_version: "test".to_owned(),
        is_simulated: true,
    }
}

fn report(table: &Table, rule: &str, period: &str) -> StrategyReport {
    StrategyReport::of(table, &rule.parse().unwrap(), &period.parse().unwrap(), &options()).unwrap()
}

const RULE: &str = "spread at open when edge(sharp) >= 1.5 stake flat 1%";

/// A report in all its forms holds no number that is none, asks for nothing from outside, and leaves no markup open.
fn check(report: &StrategyReport) {
    let (text, page) = (render_text(report, 110), html::render_html(report));
    let json = serde_json::to_string(report).unwrap();
    for form in [&format!("{report:?}"), &text, &page, &json] {
        let words = form.split(|c: char| !c.is_ascii_alphabetic());
        let broken = words
            .into_iter()
            .find(|word| matches!(*word, "NaN" | "nan" | "inf" | "infinity"));
        assert_eq!(broken, None, "{form}");
    }
    for outside in ["http", "src=", "url(", "<script", "@import", "<link"] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    for tag in ["table", "tr", "td", "section", "figure", "svg", "div", "ul", "li"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(110), "{widest:?} columns: {text}");
    assert!(text.starts_with("SIMULATED") && page.contains("SIMULATED"));
}

#[test]
fn a_true_edge_is_told_from_luck_and_parts_are_not_added_up() {
    let table = table(WORLD, 2012..=2020);
    let report = report(&table, RULE, "2012-2020");
    check(&report);
    let (judged, chosen) = (&report.judged, &report.chosen_here);
    assert_eq!((judged.seasons.len(), chosen.seasons.len()), (3, 6));
    let p = &judged.headline.performance;
    assert!(p.n_bets > 400 && p.win_rate.rate.unwrap() > 0.56, "{p:?}");
    assert!(judged.headline.chance.p.unwrap() < 0.01);
    let random = judged.headline.chance;
    assert!(random.low.unwrap() < random.mean_yield.unwrap() && random.mean_yield.unwrap() < random.high.unwrap());
    assert!((random.mean_yield.unwrap() + 1.0 / 22.0).abs() < 0.01, "{random:?}");
    let rows: u64 = judged.breakdowns[0].rows.iter().map(|row| row.n_bets).sum();
    assert_eq!(rows, p.n_bets);
    assert_eq!(judged.curve.len() as u64, judged.n_weeks);
    let end = judged.curve.last().unwrap();
    assert!(end.low < end.units && end.units < end.high);
    assert!((end.units - judged.headline.profit_units).abs() < 1e-9);
    assert!(chosen.family.deflation.unwrap().deflated.unwrap() > 0.95);
    assert_eq!(chosen.family.n_trials, 40 + 17);
    assert!((2..=18).contains(&chosen.family.n_members));
    assert_eq!(report.folds.len(), 9);
    assert_eq!(report.folds[0].in_sample.n_bets, 0);
    let oos: u32 = report
        .folds
        .iter()
        .filter(|f| f.is_judged)
        .map(|f| f.out_of_sample.n_bets)
        .sum();
    assert_eq!(u64::from(oos), p.n_bets);
    assert!(judged.efficiency.ratio.unwrap() > 0.2, "{:?}", judged.efficiency);
}

#[test]
fn the_same_bets_at_the_close_end_by_the_closing_line() {
    let table = table(WORLD, 2018..=2020);
    let report = report(&table, RULE, "2018-2020");
    let row = |label: &str| report.judged.baselines.iter().find(|row| row.label == label).unwrap();
    let close = row("own sides at the close");
    let sheet = table.sheet(Market::Spread);
    let own: Vec<usize> = (0..sheet.n_rows())
        .filter(|row| {
            let sharp = Feature::Edge(Source::new("sharp").unwrap());
            sheet.value(&Subject::Feature(sharp), *row) >= Some(1.5)
        })
        .collect();
    let beaten =
        |row: &usize| sheet.value(&Subject::Feature(Feature::Cover), *row).unwrap() - sheet.clv(*row).unwrap();
    let wins = own.iter().filter(|row| beaten(row) > 0.0).count() as u64;
    assert_eq!((close.n_bets, close.wins), (own.len() as u64, wins));
    assert_eq!(close.clv.mean, Some(0.0));
    let lost = report.judged.headline.performance.wins;
    assert!(
        close.wins < lost,
        "the line moves towards these sides, so fewer win at the close"
    );
}

#[test]
fn a_rolling_window_forgets_and_says_so() {
    let table = table(WORLD, 2012..=2017);
    let rolling = Options {
        window: Window::Rolling(2),
        ..options()
    };
    let of = |options: &Options| {
        let (rule, period) = (RULE.parse().unwrap(), "2012-2017".parse().unwrap());
        StrategyReport::of(&table, &rule, &period, options).unwrap()
    };
    let (all, lately) = (of(&options()), of(&rolling));
    check(&lately);
    assert_eq!(lately.folds[5].past.to_string(), "2015-2016");
    assert!(lately.folds[5].in_sample.n_bets < all.folds[5].in_sample.n_bets);
    assert_eq!(lately.folds[2], all.folds[2], "two seasons are all there are");
    assert!(render_text(&lately, 110).contains("rolling over 2 seasons"));
    assert_ne!(lately.manifest, all.manifest);
}

#[test]
fn a_coin_is_said_to_be_one() {
    let world = World { p: 0.5, ..WORLD };
    let report = report(
        &table(world, 2012..=2017),
        "spread at open when home stake flat 1%",
        "2012-2017",
    );
    check(&report);
    let said = report.verdict_lines.join("\n");
    assert!(said.starts_with("Nothing here judges the rule"), "{said}");
    assert!(
        said.contains("NOT told from luck") && said.contains("NOT more than the search"),
        "{said}"
    );
    assert_eq!(
        report.chosen_here.family.noise, None,
        "a rule without bounds has no neighbours"
    );
    assert_eq!(report.judged.headline.performance.n_bets, 0);
}

#[test]
fn what_has_no_answer_has_none() {
    let small = World {
        n_weeks: 1,
        games_a_week: 1,
        ..WORLD
    };
    let empty = World { n_weeks: 0, ..WORLD };
    let pushes = World {
        pushes_only: true,
        ..WORLD
    };
    let bare = World {
        with_prices: false,
        with_close: false,
        ..WORLD
    };
    let kelly = "spread at open when edge(sharp) >= 0.5 stake kelly(sharp) 25% cap 2%";
    for (world, seasons) in [(small, 2018..=2018), (pushes, 2016..=2018), (bare, 2016..=2018)] {
        let table = table(world, seasons);
        for rule in [RULE, kelly, "spread at open when home stake flat 1%"] {
            check(&report(&table, rule, "2012-2021"));
            check(&report(&table, rule, "none"));
        }
    }
    let nothing = StrategyReport::of(
        &table(empty, 2012..=2012),
        &RULE.parse().unwrap(),
        &Period::seasons(2012..=2012),
        &options(),
    );
    assert!(nothing.is_err(), "a table without rows has no source to ask");
    check(&report(
        &table(empty, 2012..=2012),
        "spread at open when home stake flat 1%",
        "2012",
    ));
}

#[test]
fn all_markets_are_reported() {
    for (market, rules) in [
        (
            Market::Total,
            [
                "total at open when over stake flat 1%",
                "total at open when edge(sharp) >= 1 stake flat 1%",
            ],
        ),
        (
            Market::Moneyline,
            [
                "moneyline at open when home stake flat 2%",
                "moneyline at open when value(sharp) >= 2 stake kelly(sharp) 20% cap 3%",
            ],
        ),
    ] {
        for with_prices in [true, false] {
            let world = World {
                market,
                with_prices,
                ..WORLD
            };
            let table = table(world, 2016..=2019);
            for rule in rules {
                let report = report(&table, rule, "2016-2019");
                check(&report);
                let moneylines_need_prices = market == Market::Moneyline && !with_prices;
                assert_eq!(report.judged.headline.performance.n_bets == 0, moneylines_need_prices);
            }
        }
    }
}

#[test]
fn the_same_manifest_gives_the_same_report_to_the_byte() {
    let table = table(WORLD, 2016..=2018);
    let (a, b) = (report(&table, RULE, "2016-2018"), report(&table, RULE, "2016-2018"));
    assert_eq!(serde_json::to_string(&a).unwrap(), serde_json::to_string(&b).unwrap());
    assert_eq!(html::render_html(&a), html::render_html(&b));
}

#[test]
fn text_from_outside_is_no_markup() {
    let table = table(WORLD, 2016..=2018);
    let mut told = options();
    told.code_version = "<script>alert(1)</script>".to_owned();
    let report = StrategyReport::of(&table, &RULE.parse().unwrap(), &Period::seasons(2016..=2018), &told).unwrap();
    assert!(!html::render_html(&report).contains("<script"));
}

#[test]
fn the_text_report_is_the_stored_one() {
    let world = World {
        n_weeks: 8,
        games_a_week: 6,
        ..WORLD
    };
    let report = report(&table(world, 2015..=2019), RULE, "2015-2019");
    let text = render_text(&report, 110);
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/backtest/strategy_report/tests/golden.txt"
    );
    let stored = std::fs::read_to_string(path).unwrap();
    assert_eq!(text, stored, "the report changed; after a look store this one:\n{text}");
}
