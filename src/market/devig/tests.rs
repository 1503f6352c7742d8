//! The devig methods against the reference values, computed twice elsewhere, and the properties they share.

use super::*;
use proptest::prelude::*;

struct Case {
    prices: &'static [f64],
    overround: f64,
    multiplicative: &'static [f64],
    additive: &'static [f64],
    power: &'static [f64],
    k: f64,
    shin: &'static [f64],
    z: f64,
    worst: &'static [f64],
}

/// The last case is underround: there Shin is multiplicative by our definition.
const CASES: [Case; 7] = [
    Case {
        prices: &[1.909090909090909, 1.909090909090909],
        overround: 0.04761904761904767,
        multiplicative: &[0.5, 0.5],
        additive: &[0.5, 0.5],
        power: &[0.5, 0.5],
        k: 1.0719425631310817,
        shin: &[0.5, 0.5],
        z: 0.04761904761904767,
        worst: &[0.5, 0.5],
    },
    Case {
        prices: &[1.5, 2.7],
        overround: 0.037037037037037035,
        multiplicative: &[0.6428571428571429, 0.35714285714285715],
        additive: &[0.6481481481481481, 0.35185185185185186],
        power: &[0.6508223655362573, 0.3491776344637427],
        k: 1.0593230574423338,
        shin: &[0.6481481481481481, 0.35185185185185186],
        z: 0.037164339419978515,
        worst: &[0.6428571428571429, 0.3491776344637427],
    },
    Case {
        prices: &[1.05, 13.0],
        overround: 0.029304029304029304,
        multiplicative: &[0.9252669039145908, 0.07473309608540925],
        additive: &[0.9377289377289377, 0.06227106227106227],
        power: &[0.9459944567664497, 0.05400554323355029],
        k: 1.1379049557928285,
        shin: &[0.9377289377289377, 0.06227106227106227],
        z: 0.032041553276114715,
        worst: &[0.9252669039145908, 0.05400554323355029],
    },
    Case {
        prices: &[2.05, 1.8],
        overround: 0.04336043360433604,
        multiplicative: &[0.4675324675324675, 0.5324675324675324],
        additive: &[0.46612466124661245, 0.5338753387533876],
        power: &[0.4654137725671178, 0.5345862274328822],
        k: 1.0654583973781733,
        shin: &[0.46612466124661245, 0.5338753387533876],
        z: 0.04336874316805848,
        worst: &[0.4654137725671178, 0.5324675324675324],
    },
    Case {
        prices: &[1.741, 2.2],
        overround: 0.02892799331627591,
        multiplicative: &[0.5582339507739152, 0.44176604922608476],
        additive: &[0.5599185421126834, 0.44008145788731656],
        power: &[0.5607351558920717, 0.43926484410792827],
        k: 1.0433700027775425,
        shin: &[0.5599185421126834, 0.44008145788731656],
        z: 0.028939843257315283,
        worst: &[0.5582339507739152, 0.43926484410792827],
    },
    Case {
        prices: &[1.4, 4.75, 8.5],
        overround: 0.042459088898717384,
        multiplicative: &[0.6851930420025456, 0.20195163343232922, 0.11285532456512516],
        additive: &[0.7001326846528085, 0.19637328615656788, 0.10349402919062362],
        power: &[0.7014960457022503, 0.1936286024780426, 0.10487535181970706],
        k: 1.0536976837477139,
        shin: &[0.6963156859602759, 0.19771069802278832, 0.1059736160169357],
        z: 0.021602495244725725,
        worst: &[0.6851930420025456, 0.1936286024780426, 0.10349402919062362],
    },
    Case {
        prices: &[2.1, 2.1],
        overround: -0.047619047619047616,
        multiplicative: &[0.5, 0.5],
        additive: &[0.5, 0.5],
        power: &[0.5, 0.5],
        k: 0.9342395088803243,
        shin: &[0.5, 0.5],
        z: 0.0,
        worst: &[0.5, 0.5],
    },
];

fn prices(odds: &[f64]) -> Vec<Decimal> {
    odds.iter().map(|&d| Decimal::new(d).unwrap()).collect()
}

fn check(case: &Case, method: DevigMethod, want: &[f64], parameter: Option<f64>) {
    let fair = devig(&prices(case.prices), method).unwrap();
    assert!((fair.overround - case.overround).abs() < 1e-12);
    assert_eq!(fair.probabilities.len(), want.len());
    for (got, want) in fair.probabilities.iter().zip(want) {
        assert!(
            (got.get() - want).abs() < 1e-12,
            "{method} of {:?}: {got:?}, not {want}",
            case.prices
        );
    }
    match (fair.parameter, parameter) {
        (Some(got), Some(want)) => assert!((got - want).abs() < 1e-12, "{method}: parameter {got}, not {want}"),
        (got, want) => assert_eq!(got, want),
    }
}

#[test]
fn all_methods_match_the_reference() {
    for case in &CASES {
        check(case, DevigMethod::Multiplicative, case.multiplicative, None);
        check(case, DevigMethod::Additive, case.additive, None);
        check(case, DevigMethod::Power, case.power, Some(case.k));
        check(case, DevigMethod::Shin, case.shin, Some(case.z));
        check(case, DevigMethod::WorstCase, case.worst, None);
    }
}

#[test]
fn additive_says_when_it_has_no_answer() {
    let market = prices(&[1.05, 8.0, 501.0]);
    let error = devig(&market, DevigMethod::Additive).unwrap_err();
    assert!(
        matches!(error, DevigError::NegativeProbability { outcome: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("outcome 3"), "{error}");
    assert!(devig(&market, DevigMethod::WorstCase).unwrap().probabilities[2].get() > 0.0);
    assert_eq!(
        devig(&market[..1], DevigMethod::Shin),
        Err(DevigError::TooFewOutcomes(1))
    );
}

#[test]
fn edge_prices_terminate() {
    let limits = [1.0 + f64::EPSILON, 1.000_000_1, 1.5, 1001.0];
    for a in limits {
        for b in limits {
            for method in DevigMethod::ALL {
                let pair = prices(&[a, b]);
                let p = fair_two_way(pair[0], pair[1], method).get();
                let q = fair_two_way(pair[1], pair[0], method).get();
                assert!(p.is_finite() && p + q < 1.0 + 1e-9, "{a} {b} {method}: {p} {q}");
            }
        }
    }
}

proptest! {
    #[test]
    fn fair_probabilities_sum_to_one(odds in prop::collection::vec(1.01f64..200.0, 2..6)) {
        let market = prices(&odds);
        for method in DevigMethod::PROPER {
            let Ok(fair) = devig(&market, method) else {
                prop_assert_eq!(method, DevigMethod::Additive);
                continue;
            };
            let sum: f64 = fair.probabilities.iter().map(|p| p.get()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12, "{} of {:?} sums to {}", method, odds, sum);
        }
        let worst: f64 = devig(&market, DevigMethod::WorstCase).unwrap().probabilities.iter().map(|p| p.get()).sum();
        prop_assert!(worst <= 1.0 + 1e-12);
    }

    #[test]
    fn two_ways_agree_with_the_general_form(a in 1.01f64..100.0, b in 1.01f64..100.0) {
        let pair = prices(&[a, b]);
        for method in DevigMethod::ALL {
            let general = devig(&pair, method).unwrap().probabilities[0];
            prop_assert!((fair_two_way(pair[0], pair[1], method).get() - general.get()).abs() < 1e-15);
        }
    }

    #[test]
    fn a_shorter_price_is_never_less_likely(odds in prop::collection::vec(1.05f64..50.0, 2..5)) {
        let market = prices(&odds);
        for method in DevigMethod::PROPER {
            let Ok(fair) = devig(&market, method) else { continue };
            for (i, a) in market.iter().enumerate() {
                for (j, b) in market.iter().enumerate() {
                    if a.get() < b.get() {
                        prop_assert!(fair.probabilities[i].get() >= fair.probabilities[j].get() - 1e-12);
                    }
                }
            }
        }
    }
}
