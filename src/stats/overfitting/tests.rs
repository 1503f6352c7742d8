//! The probability of overfitting against the reference matrix, a brute count by hand, and what must not change it.

use super::*;
use crate::stats::test_data::{matrix, noise};
use proptest::prelude::*;

fn near(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() < 1e-9, "{what}: {got}, not {want}");
}

fn returns(columns: Vec<Vec<f64>>) -> Returns {
    let periods = (0..columns[0].len()).map(|t| format!("w{t}")).collect();
    let names = (0..columns.len()).map(|i| format!("s{i}")).collect();
    Returns::new(periods, names, columns).unwrap()
}

/// In the order of the fields of reference/pbo.json.
fn check(got: &Overfitting, n_combinations: usize, want: [f64; 8], first5: [f64; 5], last: f64) {
    assert_eq!(
        (got.n_combinations, got.n_rows, got.n_rows_dropped),
        (n_combinations, 272, 2)
    );
    let figures = [
        ("pbo", got.pbo),
        ("mean logit", got.mean_logit),
        ("median logit", got.median_logit),
        ("prob oos loss", got.prob_oos_loss),
        ("mean is best", got.mean_is_best),
        ("mean oos of best", got.mean_oos_of_best),
        ("slope", got.degradation_slope.unwrap()),
        ("intercept", got.degradation_intercept.unwrap()),
    ];
    for ((what, got), want) in figures.into_iter().zip(want) {
        near(what, got, want);
        println!("{what:<17} {got:>20.16}  {:+.1e} from the reference", got - want);
    }
    for (i, want) in first5.into_iter().enumerate() {
        near("logit", got.logits[i], want);
    }
    near("last logit", *got.logits.last().unwrap(), last);
}

#[test]
fn eight_blocks_give_the_reference() {
    let Some(matrix) = matrix() else { return };
    let got = overfitting(&matrix, 8, Metric::Sharpe).unwrap();
    let want = [
        0.11428571428571428,
        1.7795152697940928,
        1.8041057755232404,
        0.24285714285714285,
        0.23796492882234327,
        0.027984438605772127,
        -0.5237466733429149,
        0.15261777844875798,
    ];
    let first5 = [
        3.7500154541056676,
        4.411787681834708,
        0.6692654485565581,
        2.7704678306706434,
        1.910977019547308,
    ];
    check(&got, 70, want, first5, 1.3322271398496146);
}

#[test]
fn sixteen_blocks_give_the_reference() {
    let Some(matrix) = matrix() else { return };
    let got = overfitting(&matrix, 16, Metric::Sharpe).unwrap();
    let want = [
        0.08484848484848485,
        1.8265970780344722,
        1.7436402208838568,
        0.3052059052059052,
        0.2400577953127167,
        0.029740056542574125,
        -0.43373944350392124,
        0.1338625910902901,
    ];
    let first5 = [
        3.7500154541056676,
        4.255612709818225,
        4.499809670330269,
        1.4907033372510172,
        1.928893289196944,
    ];
    check(&got, 12_870, want, first5, 1.3322271398496146);
}

#[test]
fn the_first_ten_strategies_give_the_reference() {
    let Some(matrix) = matrix() else { return };
    let first = |all: &[String]| all[..10].to_vec();
    let ten = Returns::new(
        matrix.periods().to_vec(),
        first(matrix.names()),
        matrix.columns()[..10].to_vec(),
    );
    let got = overfitting(&ten.unwrap(), 8, Metric::Sharpe).unwrap();
    let want = [
        0.0,
        1.9551293440036785,
        2.3025850929940455,
        0.02857142857142857,
        0.16440778902797581,
        0.13230727507091813,
        -0.8800411213694891,
        0.2769928900889764,
    ];
    let (most, less) = (2.3025850929940455, 1.5040773967762744);
    check(&got, 70, want, [most, less, less, most, most], most);
}

#[test]
fn noise_is_overfitted_half_of_the_time_and_skill_never() {
    let pbos: Vec<f64> = (1..=12)
        .map(|seed| overfitting(&noise(seed, 96, 60), 8, Metric::Sharpe).unwrap().pbo)
        .collect();
    let average = mean(&pbos).unwrap();
    assert!((average - 0.5).abs() < 0.12, "{pbos:?}");
    let mut columns = noise(5, 96, 60).columns().to_vec();
    columns[7].iter_mut().for_each(|x| *x += 1.5);
    let skilled = overfitting(&returns(columns), 8, Metric::Sharpe).unwrap();
    assert_eq!(skilled.pbo, 0.0);
}

#[test]
fn two_by_hand() {
    // Each is best on the half where the other is worst: ranks 1 of 2, so w = 1/3 both times.
    let got = overfitting(&returns(vec![vec![1.0, 0.0], vec![0.0, 1.0]]), 2, Metric::Mean).unwrap();
    assert_eq!((got.pbo, got.n_combinations, got.degradation_slope), (1.0, 2, None));
    near("logit", got.mean_logit, -(2.0f64.ln()));
    // Constant columns: all Sharpe ratios are 0, all ranks average, and nothing is NaN.
    let flat = overfitting(&returns(vec![vec![0.1; 6]; 3]), 2, Metric::Sharpe).unwrap();
    assert_eq!((flat.pbo, flat.mean_logit, flat.mean_is_best), (1.0, 0.0, 0.0));
}

#[test]
fn halves_are_in_lexicographic_order() {
    let picked = |bits: &u32| (0..4).filter(|b| bits >> b & 1 == 1).collect::<Vec<u32>>();
    let all: Vec<Vec<u32>> = halves(4).iter().map(picked).collect();
    assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]].map(Vec::from));
    assert_eq!(halves(16).len(), 12_870);
}

#[test]
fn what_cannot_be_judged_says_what_to_do() {
    let says = |columns: Vec<Vec<f64>>, n_blocks: usize, text: &str| {
        let error = overfitting(&returns(columns), n_blocks, Metric::Mean).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    };
    says(vec![vec![1.0; 8]], 2, "at least two");
    says(vec![vec![1.0; 8]; 2], 3, "even number");
    says(vec![vec![1.0; 8]; 2], 22, "even number");
    says(vec![vec![1.0; 8]; 2], 10, "fewer blocks");
}

proptest! {
    /// Units and the order of strategies are conventions.
    #[test]
    fn scale_and_order_change_nothing(seed: u64, scale in 0.1f64..10.0) {
        let plain = noise(seed, 24, 6);
        let scaled = plain.columns().iter().rev().map(|c| c.iter().map(|x| x * scale).collect()).collect();
        let a = overfitting(&plain, 6, Metric::Sharpe).unwrap();
        let b = overfitting(&returns(scaled), 6, Metric::Sharpe).unwrap();
        prop_assert_eq!(&a.pbo, &b.pbo);
        prop_assert!((a.mean_logit - b.mean_logit).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&a.pbo) && a.logits.iter().all(|x| x.is_finite()));
    }
}
