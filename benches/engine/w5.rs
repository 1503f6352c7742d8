//! Workload W5: frequent item sets and rules over all games of nflverse's file, as the Python miners are given them.

use crate::figures::Spread;
use crate::games::{self, Row};
use crate::peer::{self, Comparison, apart};
use huddle::parlay::itemsets::{Baskets, Bounds};
use huddle::parlay::rules::Permille;
use huddle::parlay::vertical::{Cores, mine};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn bucket(x: f64, bounds: &[f64]) -> usize {
    1 + bounds.iter().filter(|b| x >= **b).count()
}

/// `1` up to the first bound inclusive, `2` up to the second, and so on.
fn upto(x: f64, bounds: &[f64]) -> usize {
    1 + bounds.iter().filter(|b| x > **b).count()
}

fn slot(g: &Row) -> &'static str {
    match g.weekday.as_str() {
        "Thursday" => "THU",
        "Monday" => "MON",
        "Saturday" => "SAT",
        "Sunday" if g.gametime.is_empty() || g.gametime == "NA" => "SNA",
        "Sunday" if g.gametime.as_str() >= "19:00" => "SNF",
        "Sunday" if g.gametime.as_str() >= "15:00" => "SLATE",
        "Sunday" => "SEARLY",
        _ => "OTH",
    }
}

fn rest(days: i32) -> &'static str {
    match days {
        3.. => "H3",
        1..3 => "H1",
        0 => "EQ",
        -2..0 => "A1",
        _ => "A3",
    }
}

fn side(x: f64, line: f64, names: [&'static str; 3]) -> &'static str {
    if x > line {
        names[0]
    } else if x < line {
        names[1]
    } else {
        names[2]
    }
}

/// The fourteen items of a game, or none without lines: `items()` of `w5_fim.py`.
fn items(g: &Row) -> Option<[String; 14]> {
    let (s, tl, r) = (g.spread?, g.total_line?, g.result);
    let favourite = side(s, 0.0, ["H", "A", "PK"]);
    let straight = match (s == 0.0, r == 0.0) {
        (true, _) => "PK",
        (false, true) => "TIE",
        _ if (r > 0.0) == (s > 0.0) => "FAV",
        _ => "DOG",
    };
    let phase = match g.week {
        _ if g.game_type != "REG" => "POST",
        ..=4 => "1",
        5..=9 => "2",
        10..=13 => "3",
        _ => "4",
    };
    let or_missing = |x: Option<usize>| x.map_or("NA".to_owned(), |b| b.to_string());
    Some([
        format!("SPR_{favourite}{}", upto(s.abs(), &[3.0, 6.5, 9.5])),
        format!("TOT_{}", bucket(tl, &[38.0, 42.0, 45.0, 48.0, 51.0])),
        format!("WIND_{}", or_missing(g.wind.map(|w| upto(w, &[5.0, 10.0, 15.0])))),
        format!("TEMP_{}", or_missing(g.temp.map(|t| bucket(t, &[32.0, 50.0, 70.0])))),
        format!("DIV_{}", g.div),
        format!("SLOT_{}", slot(g)),
        format!("REST_{}", rest(g.home_rest - g.away_rest)),
        format!("ROOF_{}", g.roof),
        format!("SURF_{}", if g.surface == "grass" { "grass" } else { "other" }),
        format!("PH_{phase}"),
        format!("ATS_{}", side(r, s, ["H", "A", "P"])),
        format!("OU_{}", side(g.total, tl, ["O", "U", "P"])),
        format!("SU_{straight}"),
        format!("MOV_{}", upto(r.abs(), &[3.0, 7.0, 14.0])),
    ])
}

/// Baskets of a games file, the items numbered in alphabetical order.
pub fn baskets(path: &str) -> Baskets {
    let rows: Vec<[String; 14]> = games::load(path).iter().filter_map(items).collect();
    let names: Vec<&String> = rows.iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let number = |name: &String| names.binary_search(&name).expect("every name is in the list") as u16;
    Baskets::new(names.len(), rows.iter().map(|row| row.iter().map(number).collect()))
        .expect("65 items can be mined")
}

/// Counts exact, the sum of confidences but for the order of adding. mlxtend compares confidences in floating point and drops
/// a handful of rules that reach .6 exactly.
fn equal(ours: &Value, peer: &Value) -> Vec<String> {
    let counts = ["itemsets", "sum_counts"].map(|key| (key, 0.0));
    let mut differences = apart(ours, peer, &counts, true);
    let dropped = if peer["peer"] == "mlxtend" { 1e-3 } else { 0.0 };
    differences.extend(apart(
        ours,
        peer,
        &[("rules", dropped), ("sum_conf", dropped.max(1e-12))],
        true,
    ));
    differences
}

/// A case: its name, the longest set (0 for any), the support, and the peers with their targets for mining and with rules.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, f64, f64)],
);

const CASES: [Case; 3] = [
    (
        "sets of up to four",
        "4",
        "0.01",
        &[("pyfim", ".venv-fim", 4.0, 20.0), ("mlxtend", ".venv", 100.0, 20.0)],
    ),
    ("all sets", "0", "0.01", &[("pyfim", ".venv-fim", 4.0, 20.0)]),
    ("all sets of 5%", "0", "0.05", &[("pyfim", ".venv-fim", 4.0, 20.0)]),
];

/// Prints ours beside the miners, on one thread and then on all cores (the peers have one thread).
pub fn compare() {
    println!("W5: frequent sets and rules");
    let path = games::path();
    for (case, max_length, support, peers) in CASES {
        for (cores, n_threads) in [("one", 1), ("all", peer::n_cores())] {
            for (name, venv, mining, with_rules) in peers {
                for (what, seconds, target) in [
                    ("mining", "seconds_median", mining),
                    ("with rules", "total_seconds", with_rules),
                ] {
                    Comparison {
                        title: &format!("  {case}, {what}, beside {name}, {n_threads} thread(s)"),
                        ours: &["w5", &path, max_length, support, cores],
                        venv,
                        peer: &[
                            "w5_fim.py",
                            "--games",
                            &path,
                            "--peer",
                            name,
                            "--maxlen",
                            max_length,
                            "--support",
                            support,
                        ],
                        seconds,
                        n_threads,
                        target: Some(*target),
                        differs: &equal,
                    }
                    .run();
                }
            }
        }
    }
}

/// A child's part: mines, then splits into rules, several times.
pub fn measure(args: &[String]) {
    let baskets = baskets(&args[0]);
    let (max_length, support): (usize, f64) = (args[1].parse().unwrap(), args[2].parse().unwrap());
    let cores = if args[3] == "all" { Cores::All } else { Cores::One };
    let min_count = (support * baskets.len() as f64 - 1e-9).ceil() as u32;
    let bounds = Bounds::new(min_count, if max_length == 0 { 14 } else { max_length });
    let (mut mining, mut both) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..peer::N_REPS {
        let began = huddle::clock::uptime();
        let sets = mine(&baskets, bounds, cores).unwrap();
        let mined = huddle::clock::uptime();
        let rules = sets.rules(Permille(600));
        mining.push((mined - began).as_secs_f64());
        both.push((huddle::clock::uptime() - began).as_secs_f64());
        last = Some((sets, rules));
    }
    let (sets, rules) = last.unwrap();
    let mut sum_counts = 0u64;
    sets.for_each(|_, count| sum_counts += u64::from(count));
    let told = [
        ("seconds_median", json!(Spread::of(mining).median)),
        ("total_seconds", json!(Spread::of(both).median)),
        ("itemsets", json!(sets.len())),
        ("sum_counts", json!(sum_counts)),
        ("rules", json!(rules.len())),
        ("sum_conf", json!(rules.iter().map(|r| r.confidence()).sum::<f64>())),
    ];
    peer::tell(told.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
}
