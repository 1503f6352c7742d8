//! A change that is no better is hardly ever kept, over many experiments; how often a better one is, is printed.

use super::*;
use rand::SeedableRng as _;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

fn n_houses() -> u64 {
    if std::env::var_os("HUDDLE_FULL").is_some() {
        4_000
    } else {
        40
    }
}

/// Whether it was kept as the 1st, 3rd and 10th experiment, whether it was taken back, and what it gained.
type Outcome = ([bool; 3], bool, f64);

/// Differences of a season: forecasts miss the truth by `error` log-odds, and the shadow by that much less in `cured` of it
/// or, without a cure, by errors of its own as large.
fn season(error: f64, cured: Option<f64>, rng: &mut Pcg64Mcg) -> Vec<f64> {
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut normal = || -> f64 { StandardNormal.sample(&mut *rng) };
    let mut differences = Vec::new();
    for _ in 0..N_GAMES {
        let (truth, live, own, luck) = (0.2 * normal(), error * normal(), error * normal(), normal());
        let won = crate::stats::normal::normal_cdf(luck) < logistic(truth);
        let shadow = cured.map_or(own, |cured| (1.0 - cured) * live);
        let loss = |miss: f64| log_loss(logistic(truth + miss), won);
        differences.push(loss(live) - loss(shadow));
    }
    differences
}

#[test]
fn equal_changes_are_kept_at_most_at_the_stated_rate_and_the_power_is_printed() {
    let n = n_houses();
    let seeds = (0..n).into_par_iter();
    let kept_any = seeds.filter(|seed| {
        let mut rng = Pcg64Mcg::seed_from_u64(*seed);
        (1..=40).any(|k| judge(&season(0.2, None, &mut rng), k).is_some_and(|j| j.better))
    });
    let rate = kept_any.count() as f64 / n as f64;
    println!(
        "{n} houses of 40 experiments with changes that are no better: {:.1}% kept any",
        100.0 * rate
    );
    let noise = 3.0 * (ALPHA / n as f64).sqrt();
    assert!(rate <= ALPHA + noise, "{rate}");
    println!("share in % of better changes kept, as the 1st, 3rd and 10th experiment");
    println!("error  cured  gain in log-loss   1st   3rd  10th  taken back");
    let mut best: f64 = 0.0;
    for error in [0.04, 0.15, 0.3, 0.5] {
        for cured in [0.25, 0.5, 1.0] {
            let each = (0..n).into_par_iter().map(|seed| {
                let mut rng = Pcg64Mcg::seed_from_u64(1_000_000 + seed);
                let tried = season(error, Some(cured), &mut rng);
                let kept = [1, 3, 10].map(|k| judge(&tried, k).is_some_and(|j| j.better));
                let watched: Vec<f64> = season(error, Some(cured), &mut rng).iter().map(|d| -d).collect();
                let gain = tried.iter().sum::<f64>() / tried.len() as f64;
                (kept, judge(&watched, 1).is_some_and(|j| j.better), gain)
            });
            let each: Vec<Outcome> = each.collect();
            let share =
                |hit: &dyn Fn(&Outcome) -> bool| 100.0 * each.iter().filter(|e| hit(e)).count() as f64 / n as f64;
            let gain = each.iter().map(|e| e.2).sum::<f64>() / n as f64;
            let kept = [0, 1, 2].map(|at| share(&|e| e.0[at]));
            let back = share(&|e| e.1);
            best = best.max(kept[0]);
            println!(
                "{error:5.2}  {cured:5.2}  {gain:16.5} {:5.1} {:5.1} {:5.1}  {back:10.1}",
                kept[0], kept[1], kept[2]
            );
        }
    }
    assert!(best > 50.0, "a large improvement is found: {best}");
}

#[test]
fn nothing_is_judged_early_and_no_difference_is_no_advantage() {
    assert_eq!(judge(&[1.0; N_GAMES - 1], 1), None);
    let same = judge(&[0.0; N_GAMES + 5], 1).unwrap();
    assert!(!same.better && same.n == N_GAMES && same.se == 0.0);
    let levels: f64 = (1..10_000).map(|k| ALPHA / (f64::from(k) * f64::from(k + 1))).sum();
    assert!(levels < ALPHA && levels > 0.99 * ALPHA);
    assert!(log_loss(0.0, true).is_finite());
}

#[test]
fn changes_stay_within_bounds_and_are_tried_once() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let values = [(Setting::Ballast, 60.0), (Setting::BoldnessSd, 0.7)];
    let mut tried = Vec::new();
    while let Some(change) = propose(&values, &tried, &mut rng) {
        let (low, high) = change.setting.bounds();
        assert!((low..=high).contains(&change.to), "{change:?}");
        tried.push(change);
        assert!(tried.len() <= 4);
    }
    assert_eq!(tried.len(), 4);
    assert_eq!(propose(&[], &[], &mut rng), None);
    for setting in Setting::ALL {
        assert_eq!(Setting::of(setting.word()), Some(setting));
    }
}
