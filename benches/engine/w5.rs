//! Workload W5: frequent item sets and rules over all games of nflverse's file, as the Python miners are given them.

use super::games::{self, Row};
use huddle::parlay::itemsets::{Baskets, Bounds};
use huddle::parlay::rules::Permille;
use huddle::parlay::vertical::{Cores, mine};
use std::collections::BTreeSet;
use std::time::Instant;

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
    Baskets::new(names.len(), rows.iter().map(|row| row.iter().map(number).collect())).expect("65 items can be mined")
}

/// Mines and splits `reps` times and prints one line of JSON as the peers do.
pub fn run(path: &str, max_length: usize, support: f64, reps: usize, cores: Cores) {
    let baskets = baskets(path);
    let min_count = (support * baskets.len() as f64 - 1e-9).ceil() as u32;
    let max_length = if max_length == 0 { 14 } else { max_length };
    let bounds = Bounds::new(min_count, max_length);
    let (mut mining, mut splitting) = (Vec::new(), Vec::new());
    let (mut sets, mut rules) = (None, None);
    for _ in 0..reps.max(1) {
        let start = Instant::now();
        let found = mine(&baskets, bounds, cores).expect("this many sets fit");
        mining.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        rules = Some(found.rules(Permille(600)));
        splitting.push(start.elapsed().as_secs_f64());
        sets = Some(found);
    }
    let (sets, rules) = (sets.expect("one repetition at least"), rules.expect("one repetition at least"));
    let mut sum_counts = 0u64;
    sets.for_each(|_, count| sum_counts += u64::from(count));
    let sum_conf: f64 = rules.iter().map(|r| r.confidence()).sum();
    let (mine_s, rules_s) = (games::median(&mut mining), games::median(&mut splitting));
    println!(
        "{{\"bench\": \"w5_fim\", \"peer\": \"huddle\", \"n\": {}, \"seconds_median\": {mine_s:.6}, \"seconds_min\": {:.6}, \
         \"reps\": {reps}, \"cores\": \"{cores:?}\", \"mincount\": {min_count}, \"maxlen\": {max_length}, \"rules\": {}, \
         \"sum_conf\": {sum_conf}, \"rules_seconds\": {rules_s:.6}, \"total_seconds\": {:.6}, \"itemsets\": {}, \
         \"sum_counts\": {sum_counts}, \"by_len\": {:?}}}",
        baskets.len(),
        mining[0],
        rules.len(),
        mine_s + rules_s,
        sets.len(),
        sets.by_length(),
    );
}
