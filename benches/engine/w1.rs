//! Workload W1: ten thousand betting rules over 5,360 games, beside numba and numpy, through the language, plans and sweep
//! that a search uses. A rule is counted from masks that are made once for each different bound and shared by all rules; making
//! them is part of the time.

use crate::peer::{self, Comparison, apart, n_cores};
use huddle::backtest::leak::RawData;
use huddle::domain::game::{GameId, SeasonWeek};
use huddle::domain::quote::Market;
use huddle::domain::team::Team;
use huddle::engine::period::Period;
use huddle::engine::plan::{Plan, Planner};
use huddle::engine::sheet::{Candidate, Key, Settled, SheetBuilder};
use huddle::engine::sweep::sweep_on;
use huddle::engine::table::Table;
use huddle::engine::tally::Tally;
use huddle::stats::splitmix::splitmix64;
use huddle::strategy::condition::{Condition, Hundredths};
use huddle::strategy::feature::{Feature, Flag, Known, Source};
use huddle::strategy::rule::Strategy;
use huddle::strategy::stake::Stake;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const SEED: u64 = 0x5EED_0001;
const SEASONS: std::ops::RangeInclusive<u16> = 2002..=2021;
/// Rules, and the checksum of their counts that the workload states.
const SIZES: [(u64, &str); 4] = [
    (40, "bd418c90dc88c0f4"),
    (100, "40d6babe8c9db1ce"),
    (1_000, "55689e6d56a07f9d"),
    (10_000, "ccf7779b8efa2d9d"),
];

/// Prints ours beside both peers, on one thread and then on all cores.
pub fn compare() {
    let games = games_csv().to_string_lossy().into_owned();
    println!("W1: a sweep of betting rules over 5,360 games; masks shared between rules");
    for (n, checksum) in SIZES {
        let n = n.to_string();
        let run = |peer: &str, n_threads: usize, target: Option<f64>| {
            let threads = n_threads.to_string();
            let peer_threads = if peer == "numba" { threads.as_str() } else { "1" };
            Comparison {
                title: &format!("  {n} rules, {peer}, {n_threads} thread(s)"),
                ours: &["w1", &n, &threads],
                venv: ".venv",
                peer: &[
                    "w1_sweep.py",
                    "--games",
                    &games,
                    "--peer",
                    peer,
                    "--n",
                    &n,
                    "--threads",
                    peer_threads,
                ],
                n_threads,
                target,
                differs: &|ours, peer| equal(ours, peer, checksum),
            }
            .run();
        };
        let promised = n == "10000";
        run("numba", 1, promised.then_some(3.0));
        run("numpy", 1, promised.then_some(12.0));
        if promised {
            run("numba", n_cores(), None);
            run("numpy", n_cores(), None);
        }
    }
}

/// Counts to the bit, means to rounding.
fn equal(ours: &Value, peer: &Value, checksum: &str) -> Vec<String> {
    let counts = ["sum_bets", "sum_wins", "sum_losses", "sum_dd11"].map(|key| (key, 0.0));
    let mut differences = apart(ours, peer, &counts, false);
    differences.extend(apart(ours, peer, &[("mean_roi", 1e-12), ("mean_sharpe", 1e-12)], false));
    for (whose, value) in [("ours", ours), ("peer", peer)] {
        if value["checksum"] != checksum {
            differences.push(format!("checksum of {whose}: {}, stated {checksum}", value["checksum"]));
        }
    }
    differences
}

/// A child's part: number of rules, number of threads.
pub fn measure(args: &[String]) {
    let (n, n_threads) = (args[0].parse().unwrap(), args[1].parse().unwrap());
    let table = table();
    let planner = Planner::new(&table);
    let plans: Vec<Plan> = (0..n).map(|k| planner.compile(&rule(k)).unwrap()).collect();
    let period = Period::seasons(SEASONS);
    let n_seasons = SEASONS.count() as u32;
    let work = || {
        let tallies = sweep_on(n_threads, &table, &plans, &period);
        let rate = |t: &Tally| t.win_rate().unwrap_or(0.0);
        let figures = |t: &Tally| [rate(t), t.roi_110().unwrap_or(0.0), t.sharpe(n_seasons).unwrap_or(0.0)];
        let figures: Vec<[f64; 3]> = tallies.iter().map(figures).collect();
        (tallies, figures)
    };
    peer::measure(work, |(tallies, figures)| {
        let sum = |of: fn(&Tally) -> i64| json!(tallies.iter().map(of).sum::<i64>());
        let mean = |i: usize| json!(figures.iter().map(|f| f[i]).sum::<f64>() / figures.len() as f64);
        let told = [
            ("checksum", json!(checksum(tallies))),
            ("sum_bets", sum(|t| t.n_bets.into())),
            ("sum_wins", sum(|t| t.wins.into())),
            ("sum_losses", sum(|t| t.losses.into())),
            ("sum_dd11", sum(|t| t.drawdown_elevenths)),
            ("mean_roi", mean(1)),
            ("mean_sharpe", mean(2)),
        ];
        Map::from_iter(told.map(|(key, value)| (key.to_owned(), value)))
    });
}

/// FNV-1a over words.
fn checksum(tallies: &[Tally]) -> String {
    let words = |t: &Tally| {
        [
            t.n_bets.into(),
            t.wins.into(),
            t.losses.into(),
            t.drawdown_elevenths as u64,
        ]
    };
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x100_0000_01B3);
    let hash = tallies.iter().flat_map(words).fold(0xCBF2_9CE4_8422_2325, mix);
    format!("{hash:016x}")
}

/// The file both sides read, as a path from anywhere, because the peer is started in its own folder.
fn games_csv() -> PathBuf {
    let folder = std::env::var_os("HUDDLE_NFL_DATA").map_or_else(|| PathBuf::from("../shared/nfl"), PathBuf::from);
    let path = folder.join("games.csv");
    std::path::absolute(&path).unwrap_or(path)
}

fn source() -> Source {
    Source::new("margin_elo").unwrap()
}

/// The games with the workload's own rating: expectations pulled a twelfth towards each result.
fn table() -> Table {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let bytes = std::fs::read(format!("{folder}/games.csv"))
        .expect("games.csv of HUDDLE_NFL_DATA is the workload's input");
    let raw = RawData::read(&bytes, None, None).unwrap();
    let mut rows: Vec<_> = raw.games().iter().map(|(_, row)| row).collect();
    rows.sort_by_key(|row| (row.gameday, &row.game_id));
    let mut ratings: BTreeMap<Team, f64> = BTreeMap::new();
    let mut sheet = SheetBuilder::new(Market::Spread);
    let mut season = None;
    for row in rows {
        let Some(result) = row.result.map(f64::from) else {
            continue;
        };
        if season.replace(row.season).is_some_and(|last| last != row.season) {
            ratings.values_mut().for_each(|rating| *rating *= 0.67);
        }
        let of = |team: &Team| ratings.get(team).copied().unwrap_or_default();
        let (home, away) = (of(&row.home_team), of(&row.away_team));
        let expected = home - away + if row.neutral { 0.0 } else { 2.0 };
        let error = result.clamp(-24.0, 24.0) - expected;
        ratings.insert(row.home_team, home + 0.08 * error);
        ratings.insert(row.away_team, away - 0.08 * error);
        let lines = row.spread_line.zip(row.total_line);
        let Some((spread, total)) = lines.filter(|_| SEASONS.contains(&row.season)) else {
            continue;
        };
        let key = Key {
            game: GameId::new(&row.game_id),
            when: SeasonWeek {
                season: row.season,
                week: row.week,
            },
            kickoff: row.gameday.and_time(chrono::NaiveTime::MIN).and_utc(),
        };
        let rest = f64::from(row.home_rest) - f64::from(row.away_rest);
        let sides = [1.0, -1.0].map(|sign| {
            let (edge, beaten) = (sign * (expected - spread), sign * (result - spread));
            // An edge above a quarter-point bound, as a number that is at least that bound: exact.
            let made = Candidate::default()
                .with(Feature::Edge(source()), ((4.0 * edge).ceil() - 1.0) / 4.0)
                .with(Feature::Line, spread) // the home team's, on both rows: the workload does not turn it
                .with(Feature::Week, f64::from(row.week))
                .with(Feature::Rest, rest)
                .with(Feature::Total, total)
                .flagged(Flag::Home, sign > 0.0);
            Candidate {
                settled: Some(match (edge == 0.0 || beaten == 0.0, beaten > 0.0) {
                    (true, _) => Settled::Push,
                    (false, true) => Settled::Win,
                    (false, false) => Settled::Loss,
                }),
                ..made
            }
        });
        sheet.game(key, sides).unwrap();
    }
    let empty = |market| SheetBuilder::new(market).build().unwrap();
    let sheets = [sheet.build().unwrap(), empty(Market::Total), empty(Market::Moneyline)];
    Table::new(Known::Close, sheets, 0).unwrap()
}

/// Rule `k` of the workload.
fn rule(k: u64) -> Strategy {
    let drawn = |j: u64| splitmix64(SEED, 16 * k + j);
    let below = |j: u64, n: u64| (drawn(j) % n) as i32;
    let mut conditions = vec![Condition::at_least(Feature::Edge(source()), 25 * below(0, 29))];
    if drawn(1) % 3 > 0 {
        conditions.push(Condition::Is {
            flag: Flag::Home,
            up: drawn(1) % 3 == 1,
        });
    }
    let off = drawn(10) % 16;
    // Lower ends, widths, and how many hundredths a step is.
    let filters = [
        (Feature::Line, -28 + below(2, 29), 6 + below(3, 45), 50),
        (Feature::Week, 1 + below(4, 8), 3 + below(5, 16), 100),
        (Feature::Rest, -7 + below(6, 8), 2 + below(7, 12), 100),
        (Feature::Total, 60 + below(8, 41), 8 + below(9, 41), 50),
    ];
    for (bit, (feature, low, width, step)) in filters.into_iter().enumerate() {
        if off >> bit & 1 == 0 {
            let (least, most) = feature.limits(); // no game lies beyond them, so nothing is lost
            let bound = |steps: i32| Some(Hundredths((steps * step).clamp(least, most)));
            let (low, high) = (bound(low), bound(low + width));
            conditions.push(Condition::Within { feature, low, high });
        }
    }
    Strategy::new(Market::Spread, Known::Close, conditions, Stake::one_percent()).unwrap()
}
