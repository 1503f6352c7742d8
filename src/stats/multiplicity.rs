//! Many tests at once: of a thousand true nothings fifty pass at 5%, and this says which passes are more than that.

use libm::lgamma;

/// The adjusted p-values of Benjamini and Hochberg (1995), in the order given: a hypothesis is rejected at a false discovery
/// rate of q when its adjusted value is at most q. Right for independent and for positively dependent tests.
///
/// # Panics
/// When a value is not in [0, 1]: the caller tested nothing.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    assert!(
        p_values.iter().all(|p| (0.0..=1.0).contains(p)),
        "a p-value is a number from 0 to 1"
    );
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; n];
    let mut smallest = 1.0f64;
    for (rank, i) in order.into_iter().enumerate().rev() {
        // The quotient first: it is at least 1, so rounding cannot take a value below what it adjusts.
        smallest = smallest.min(p_values[i] * (n as f64 / (rank + 1) as f64));
        adjusted[i] = smallest;
    }
    adjusted
}

/// The adjusted p-values of Bonferroni: each times the number of tests, at most 1. Right whatever the dependence.
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p * p_values.len() as f64).min(1.0)).collect()
}

/// The probability of `k` or more hits in `n` independent trials that each hit with probability `p`: the exact one-sided
/// p-value of a record. Within 1e-11, relative, for up to tens of thousands of trials.
///
/// # Panics
/// When `p` is not in [0, 1].
pub fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "{p} is not a probability");
    if k == 0 {
        return 1.0;
    }
    if k > n || p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return 1.0;
    }
    // The shorter tail is summed, from its largest term outwards, until terms no longer count.
    if k as f64 > n as f64 * p {
        outwards(k, n, p)
    } else {
        1.0 - outwards(n - k + 1, n, 1.0 - p)
    }
}

/// The sum of the probabilities of k, k + 1, ... n hits, with k above the mean, where they fall.
fn outwards(k: u64, n: u64, p: f64) -> f64 {
    let (nf, kf) = (n as f64, k as f64);
    let ways = lgamma(nf + 1.0) - lgamma(kf + 1.0) - lgamma(nf - kf + 1.0);
    let first = (ways + kf * p.ln() + (nf - kf) * (-p).ln_1p()).exp();
    let (mut term, mut sum) = (1.0, 1.0);
    for hits in k..n {
        term *= (n - hits) as f64 / (hits + 1) as f64 * p / (1.0 - p);
        sum += term;
        if term < 1e-18 * sum {
            break;
        }
    }
    (first * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_paper_rejects_four() {
        // Benjamini and Hochberg 1995, section 3.2: fifteen tests, four rejected at 5%, three by Bonferroni.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let rejected = |adjusted: Vec<f64>| adjusted.iter().filter(|p| **p <= 0.05).count();
        assert_eq!((rejected(benjamini_hochberg(&p)), rejected(bonferroni(&p))), (4, 3));
        assert_eq!(benjamini_hochberg(&[]), Vec::<f64>::new());
        // R: p.adjust(c(.04, .01, .03), "BH")
        let got = benjamini_hochberg(&[0.04, 0.01, 0.03]);
        let want = [0.04, 0.03, 0.04];
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15), "{got:?}");
    }

    #[test]
    fn tails_are_the_reference_ones() {
        let even = 11.0 / 21.0;
        let cases = [
            (0, 10, 0.5, 1.0),
            (1, 3, 0.5, 0.875),
            (1, 3, even, 0.8920203001835655),
            (55, 100, 0.5, 0.18410080866334813),
            (55, 100, even, 0.33626274528782635),
            (11, 10, 0.5, 0.0),
            (3, 3, 1.0, 1.0),
            (1, 3, 0.0, 0.0),
        ];
        for (k, n, p, want) in cases {
            let got = binomial_tail(k, n, p);
            assert!(
                (got - want).abs() <= 1e-11 * want,
                "{k} of {n} at {p}: {got}, not {want}"
            );
        }
    }

    proptest! {
        #[test]
        fn both_tails_make_one(k in 1u64..400, more in 0u64..400, p in 0.01f64..0.99) {
            let n = k + more;
            let at_least = binomial_tail(k, n, p);
            let fewer = binomial_tail(n - k + 1, n, 1.0 - p);
            prop_assert!((at_least + fewer - 1.0).abs() < 1e-10);
        }

        #[test]
        fn adjusted_values_keep_the_order_and_only_grow(p in prop::collection::vec(0.0f64..=1.0, 1..40)) {
            let adjusted = benjamini_hochberg(&p);
            for (i, a) in adjusted.iter().enumerate() {
                prop_assert!(*a >= p[i] && *a <= 1.0 && *a <= bonferroni(&p)[i] + 1e-15);
                for (j, b) in adjusted.iter().enumerate() {
                    prop_assert!(p[i] > p[j] || a <= b);
                }
            }
        }
    }
}
