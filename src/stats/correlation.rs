//! How far two things go together, with the interval of that figure.

use super::interval::Z975;
use super::normal::TINY;
use serde::Serialize;

/// Pearson's correlation with Fisher's interval (1921).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// The correlation, -1 to 1.
    pub r: f64,
    /// Pairs.
    pub n: u64,
    /// The ends of the 95% interval; none for fewer than four pairs.
    pub ci95: Option<[f64; 2]>,
}

/// Of pairs. None for fewer than three, and when one side does not vary.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<Correlation> {
    if pairs.len() < 3 {
        return None;
    }
    let n = pairs.len() as f64;
    let (mx, my) = (
        pairs.iter().map(|p| p.0).sum::<f64>() / n,
        pairs.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - mx, y - my)).sum::<f64>();
    let (xx, yy) = (sum(&|x, _| x * x), sum(&|_, y| y * y));
    if xx < TINY || yy < TINY {
        return None;
    }
    let r = (sum(&|x, y| x * y) / (xx * yy).sqrt()).clamp(-1.0, 1.0);
    // At a correlation of one Fisher's transform is infinite, and its interval the point itself.
    let ends = |z: f64| {
        [
            (z - Z975 / (n - 3.0).sqrt()).tanh(),
            (z + Z975 / (n - 3.0).sqrt()).tanh(),
        ]
    };
    Some(Correlation {
        r,
        n: pairs.len() as u64,
        ci95: (pairs.len() > 3).then(|| ends(r.atanh())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reference_is_met() {
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0), (5.0, 7.0), (6.0, 5.0)];
        let got = correlation(&pairs).unwrap();
        let [low, high] = got.ci95.unwrap();
        assert!((got.r - 0.7917946548886295).abs() < 1e-12, "{got:?}");
        assert!(
            (low + 0.055305159673339724).abs() < 1e-12 && (high - 0.9761145801153426).abs() < 1e-12,
            "{got:?}"
        );
    }

    #[test]
    fn too_little_is_none() {
        assert_eq!(correlation(&[(1.0, 2.0), (2.0, 3.0)]), None);
        assert_eq!(correlation(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]), None);
        let line = correlation(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)]).unwrap();
        assert_eq!((line.r, line.ci95), (1.0, Some([1.0, 1.0])));
    }

    proptest! {
        #[test]
        fn it_is_a_correlation(pairs in prop::collection::vec((-9.0f64..9.0, -9.0f64..9.0), 0..30)) {
            if let Some(got) = correlation(&pairs) {
                prop_assert!((-1.0..=1.0).contains(&got.r));
                let turned: Vec<_> = pairs.iter().map(|(x, y)| (*y, -2.0 * x)).collect();
                let back = correlation(&turned).unwrap();
                prop_assert!((got.r + back.r).abs() < 1e-9);
                if let Some([low, high]) = got.ci95 {
                    prop_assert!(low <= got.r + 1e-12 && got.r <= high + 1e-12);
                }
            }
        }
    }
}
