//! Tables that several judges are tested on: the reference matrix beside the checkout, and noise.

use super::returns::Returns;
use rand::SeedableRng as _;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;
use std::path::PathBuf;

/// The 274 weeks x 1,000 strategies of reference/pbo_matrix.csv, in the folder `HUDDLE_SHARED` or `../shared` beside the
/// checkout; none, with a printed reason, when it is not there.
pub(super) fn matrix() -> Option<Returns> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("HUDDLE_SHARED").map_or_else(beside, PathBuf::from);
    let path = shared.join("reference/pbo_matrix.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mut lines = text.lines();
    let names: Vec<String> = lines.next()?.split(',').skip(1).map(str::to_owned).collect();
    let mut periods = Vec::new();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        let (period, values) = line.split_once(',')?;
        periods.push(period.to_owned());
        for (column, value) in columns.iter_mut().zip(values.split(',')) {
            column.push(value.parse().unwrap());
        }
    }
    Some(Returns::new(periods, names, columns).unwrap())
}

/// Independent standard normal returns.
pub(super) fn noise(seed: u64, n_periods: usize, n_strategies: usize) -> Returns {
    // `new` takes an odd state and would give two neighbouring seeds the same stream.
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut column = |_| (0..n_periods).map(|_| StandardNormal.sample(&mut rng)).collect();
    Returns::new(
        (0..n_periods).map(|t| format!("w{t}")).collect(),
        (0..n_strategies).map(|i| format!("s{i}")).collect(),
        (0..n_strategies).map(&mut column).collect(),
    )
    .unwrap()
}
