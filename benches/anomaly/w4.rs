//! Workload W4: 100 trees of 256 among 20,000 rows of 12 columns, and 200,000 rows scored, on one thread each.

use crate::peer::{self, Comparison, apart};
use crate::rows::{auc, correlated_rows};
use huddle::healing::anomaly::forest::Forest;
use huddle::stats::splitmix::splitmix64;
use rand_pcg::Pcg64Mcg;
use serde_json::{Map, Value, json};

const SEED: u64 = 0x5EED_0004;
const D: usize = 12;

/// The forests are of different streams: as good within the workload's tolerance, on the same rows.
fn alike(ours: &Value, peer: &Value) -> Vec<String> {
    apart(
        ours,
        peer,
        &[("auc", 0.006), ("score_mean", 0.01), ("query_sum", 0.05)],
        false,
    )
}

/// Prints ours beside scikit-learn: growing the forest, then scoring.
pub fn compare() {
    println!(
        "W4: isolation forest, 100 trees of 256 of 20,000 rows, 200,000 rows scored, one thread of {}",
        peer::n_cores()
    );
    for (title, seconds, target) in [("  fit", "fit_seconds", 30.0), ("  score", "seconds_median", 5.0)] {
        Comparison {
            title,
            ours: &["w4"],
            venv: ".venv",
            peer: &["w4_iforest.py", "--threads", "1"],
            seconds,
            n_threads: 1,
            target: Some(target),
            differs: &alike,
        }
        .run();
    }
}

/// A child's part: fits and scores, each timed alone; the median of the repetitions counts.
pub fn measure() {
    let (train, _) = correlated_rows(20_000, SEED);
    let (query, anomalous) = correlated_rows(200_000, SEED + 100);
    let mut fits = Vec::new();
    let grow = |seed: u64| Forest::fit(&train, D, &mut Pcg64Mcg::new(u128::from(splitmix64(seed, 0)))).unwrap();
    for _ in 0..peer::N_REPS {
        let began = huddle::clock::uptime();
        std::hint::black_box(grow(0));
        fits.push(huddle::clock::uptime().saturating_sub(began).as_secs_f64());
    }
    let forest = grow(0);
    peer::measure(
        || forest.score(&query),
        |scores| {
            let told = [
                ("fit_seconds", json!(crate::figures::Spread::of(fits).median)),
                ("auc", json!(auc(scores, &anomalous))),
                ("score_mean", json!(scores.iter().sum::<f64>() / scores.len() as f64)),
                ("query_sum", json!(query.iter().map(|x| f64::from(*x)).sum::<f64>())),
            ];
            Map::from_iter(told.map(|(key, value)| (key.to_owned(), value)))
        },
    );
}
