//! The forest against workload W4: its rows are drawn here, its figures were measured with scikit-learn on the same rows.

use super::*;
use crate::healing::anomaly::synthetic::rows::{auc, correlated_rows};
use crate::stats::splitmix::splitmix64;
use rand_pcg::Pcg64Mcg;

#[test]
fn it_tells_anomalies_as_well_as_the_reference_does() {
    let (train, _) = correlated_rows(20_000, 0x5EED_0004);
    let sum: f64 = train.iter().map(|x| f64::from(*x)).sum();
    assert!(
        (sum - 611.531_415_355_737).abs() < 0.01,
        "the rows are the workload's: {sum}"
    );
    // The whole query has 200,000 rows; the benchmark takes all.
    let (query, anomalous) = correlated_rows(200_000, 0x5EED_0004 + 100);
    for seed in 0..4 {
        // The generator drops the last bit of its seed, so that 0 and 1 would be one forest.
        let mut rng = Pcg64Mcg::new(u128::from(splitmix64(seed, 0)));
        let forest = Forest::fit(&train, 12, &mut rng).unwrap();
        let scores = forest.score(&query);
        let (auc, mean) = (
            auc(&scores, &anomalous),
            scores.iter().sum::<f64>() / scores.len() as f64,
        );
        println!("W4 seed {seed}: AUC {auc:.4} (reference 0.951), mean score {mean:.4} (reference 0.4358)");
        // The reference itself has 0.9460 to 0.9562 on its seeds 0 to 11.
        assert!(
            (auc - 0.951).abs() <= 0.006 && (mean - 0.4358).abs() <= 0.01,
            "{auc} {mean}"
        );
    }
}

#[test]
fn few_rows_equal_rows_and_what_is_no_number_have_defined_scores() {
    let mut rng = Pcg64Mcg::new(1);
    assert_eq!(Forest::fit(&[], 2, &mut rng), None);
    assert_eq!(Forest::fit(&[1.0], 0, &mut rng), None);
    assert_eq!(Forest::fit(&[1.0; 17], 17, &mut rng), None);
    for rows in [
        vec![1.0f32; 2],
        vec![3.0; 400],
        vec![f32::NAN; 40],
        vec![f32::INFINITY; 40],
    ] {
        let forest = Forest::fit(&rows, 2, &mut rng).unwrap();
        let scores = forest.score(&[1.0, 2.0, f32::NAN, f32::NEG_INFINITY]);
        assert!(
            scores.len() == 2 && scores.iter().all(|s| (0.0..=1.0).contains(s)),
            "{scores:?}"
        );
    }
    assert_eq!((average_path(1), average_path(2)), (0.0, 1.0));
}

#[test]
fn it_scores_the_same_after_being_written_down() {
    let (train, _) = correlated_rows(300, 3);
    let forest = Forest::fit(&train, 12, &mut Pcg64Mcg::new(2)).unwrap();
    let again: Forest = serde_json::from_str(&serde_json::to_string(&forest).unwrap()).unwrap();
    assert_eq!(forest.score(&train), again.score(&train));
}
