//! Whether several records of wins may be of one and the same rate: the question behind "it worked in my years".

use super::normal::normal_cdf;

/// The probability of rates at least as different as these when all records have one true rate: Pearson's chi-square test on
/// `(wins, losses)` of each record, with one degree of freedom less than there are records (Pearson 1900). `None` with fewer than
/// two records that have bets, or when all bets ended alike. Good from five expected wins and losses a record.
pub fn same_rate(records: &[(u64, u64)]) -> Option<f64> {
    let records: Vec<(f64, f64)> = records
        .iter()
        .filter(|(wins, losses)| wins + losses > 0)
        .map(|(wins, losses)| (*wins as f64, *losses as f64))
        .collect();
    let (wins, losses) = records.iter().fold((0.0, 0.0), |(w, l), r| (w + r.0, l + r.1));
    if records.len() < 2 || wins == 0.0 || losses == 0.0 {
        return None;
    }
    let rate = wins / (wins + losses);
    let square = |seen: f64, expected: f64| (seen - expected).powi(2) / expected;
    let statistic = records.iter().map(|(w, l)| {
        let n = w + l;
        square(*w, n * rate) + square(*l, n * (1.0 - rate))
    });
    Some(chi_square_tail(statistic.sum(), records.len() - 1))
}

/// The distance of two rates in standard errors of their difference, with the rate of both pooled. `None` without bets on either
/// side, or when all ended alike.
pub fn distance(own: (u64, u64), others: (u64, u64)) -> Option<f64> {
    let n = |record: (u64, u64)| (record.0 + record.1) as f64;
    let (a, b) = (n(own), n(others));
    let pooled = (own.0 + others.0) as f64 / (a + b);
    let variance = pooled * (1.0 - pooled) * (1.0 / a + 1.0 / b);
    (a > 0.0 && b > 0.0 && variance > 0.0).then(|| (own.0 as f64 / a - others.0 as f64 / b) / variance.sqrt())
}

/// The probability that a chi-square variable with `df >= 1` degrees of freedom exceeds `x`, by the recurrence that adds
/// `(x/2)^(k/2) exp(-x/2) / Gamma(k/2 + 1)` for two more degrees (Abramowitz and Stegun 26.4.8).
fn chi_square_tail(x: f64, df: usize) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let half = x / 2.0;
    let odd = df % 2 == 1;
    let (mut tail, mut term, mut k) = if odd {
        // Gamma(3/2) is half the square root of pi.
        (
            2.0 * normal_cdf(-x.sqrt()),
            half.sqrt() * (-half).exp() / (std::f64::consts::PI.sqrt() / 2.0),
            1,
        )
    } else {
        ((-half).exp(), half * (-half).exp(), 2)
    };
    while k < df {
        tail += term;
        k += 2;
        term *= half / (k as f64 / 2.0);
    }
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_tables() {
        for (x, df, p) in [
            (3.841_459, 1, 0.05),
            (5.991_465, 2, 0.05),
            (11.344_867, 3, 0.01),
            (9.487_729, 4, 0.05),
        ] {
            assert!(
                (chi_square_tail(x, df) - p).abs() < 1e-6,
                "{x} {df}: {}",
                chi_square_tail(x, df)
            );
        }
        assert_eq!(chi_square_tail(0.0, 3), 1.0);
    }

    #[test]
    fn alike_and_unlike_records_are_told_apart() {
        assert_eq!(same_rate(&[(550, 450), (0, 0)]), None);
        assert_eq!(same_rate(&[(5, 0), (9, 0)]), None);
        assert!(same_rate(&[(550, 450), (550, 450), (550, 450)]).unwrap() > 0.999);
        assert!(same_rate(&[(600, 400), (500, 500), (550, 450)]).unwrap() < 0.001);
        let z = distance((600, 400), (1_000, 1_000)).unwrap();
        assert!((5.0..5.3).contains(&z), "{z}");
        assert_eq!((distance((0, 0), (5, 5)), distance((5, 0), (5, 0))), (None, None));
    }
}
