//! Workload W3: a million bankroll paths of 256 bets, beside numba (the same stream, so the same paths) and numpy.

use crate::peer::{self, Comparison, apart, n_cores};
use huddle::domain::price::Decimal;
use huddle::domain::probability::Probability;
use huddle::stats::paths::{Futures, PathBet, play_out};
use huddle::stats::splitmix::unit;
use serde_json::{Map, Value, json};

const N_PATHS: usize = 1_000_000;
const N_BETS: u64 = 256;
const SEED: u64 = 0x5EED_0003;

/// The same paths as numba's, so counts are equal and the rest differs by rounding.
fn exact(ours: &Value, peer: &Value) -> Vec<String> {
    let counts = [("wins", 0.0), ("ruin_count", 0.0)];
    let quantiles = [
        ("median", 1e-12),
        ("q05", 1e-12),
        ("cvar95", 1e-9),
        ("mean_maxdd", 1e-9),
    ];
    let mut differences = apart(ours, peer, &counts, true);
    differences.extend(apart(ours, peer, &quantiles, true));
    differences
}

/// Another generator's paths: within four standard errors.
fn alike(ours: &Value, peer: &Value) -> Vec<String> {
    let within = [
        ("p_ruin", 0.0006),
        ("median", 0.004),
        ("q05", 0.004),
        ("cvar95", 0.003),
        ("mean_maxdd", 0.0005),
    ];
    apart(ours, peer, &within, false)
}

/// Prints ours beside both peers, on one thread and then on all cores.
pub fn compare() {
    println!("W3: {N_PATHS} bankroll paths of {N_BETS} bets");
    for n_threads in [1, n_cores()] {
        let threads = n_threads.to_string();
        let run = |title: &str, peer: &[&str], target, differs: &dyn Fn(&Value, &Value) -> Vec<String>| {
            Comparison {
                title: &format!("  {title}, {n_threads} thread(s)"),
                ours: &["w3", &threads],
                venv: ".venv",
                peer,
                n_threads,
                target: Some(target),
                differs,
            }
            .run();
        };
        let numba = ["w3_mc.py", "--peer", "numba", "--threads", &threads];
        run("numba", &numba, 1.5, &exact);
        run(
            "numpy (one thread always)",
            &["w3_mc.py", "--peer", "numpy"],
            6.0,
            &alike,
        );
    }
}

/// A child's part: plays all paths on the given number of threads.
pub fn measure(args: &[String]) {
    let n_threads = args[0].parse().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
    let (bets, futures) = (bets(), futures());
    let play = || pool.install(|| play_out(&bets, &futures).unwrap());
    peer::measure(play, |ends| {
        let told = [
            ("wins", json!(ends.n_wins)),
            ("ruin_count", json!(ends.n_ruined)),
            ("p_ruin", json!(ends.n_ruined as f64 / ends.n_paths as f64)),
            ("median", json!(ends.median)),
            ("q05", json!(ends.q05)),
            ("cvar95", json!(ends.cvar95)),
            ("mean_maxdd", json!(ends.mean_max_drawdown)),
        ];
        Map::from_iter(told.map(|(key, value)| (key.to_owned(), value)))
    });
}

fn futures() -> Futures {
    Futures {
        n_paths: N_PATHS,
        seed: SEED,
        ruin_at: 0.5,
        haircut: 0.0,
        drawdown_limit: 0.2,
    }
}

/// A quarter of Kelly on a belief that is two points too high.
fn bets() -> Vec<PathBet> {
    let bet = |j| {
        let p = 0.50 + 0.10 * unit(SEED + 1, 2 * j);
        let d = 1.80 + 0.40 * unit(SEED + 1, 2 * j + 1);
        PathBet {
            win: Probability::new(p - 0.02).unwrap(),
            push: Probability::new(0.0).unwrap(),
            price: Decimal::new(d).unwrap(),
            fraction: f64::max(((d - 1.0) * p - (1.0 - p)) / (d - 1.0), 0.0) / 4.0,
        }
    };
    (0..N_BETS).map(bet).collect()
}
