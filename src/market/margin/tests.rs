//! The margin distribution against the reference, the real games, and what must hold for any mean and line.

use super::*;
use crate::market::test_data;
use proptest::prelude::*;

/// Spread, then: home win, tie, away win, home win with half the ties, home cover, push, cover at half a point less, cover at
/// half a point more, margin of 3, margin of 7, mean of the distribution.
#[rustfmt::skip]
const CASES: [[f64; 12]; 16] = [
    [0.0, 0.49872843715704773, 0.00254312568590474, 0.49872843715704746, 0.5000000000000001, 0.49872843715704773, 0.00254312568590474, 0.5012715628429525, 0.49872843715704773, 0.08318099749953076, 0.04962080702771932, 4.440892098500626e-15],
    [1.0, 0.52768620273448, 0.0025361971418837287, 0.46977760012363645, 0.5289543013054219, 0.5058445118961625, 0.021841690838317482, 0.52768620273448, 0.5058445118961625, 0.0843517095173215, 0.0514524858053125, 0.9800301273045422],
    [2.5, 0.570832775342237, 0.0025001053301606257, 0.4266671193276024, 0.5720828280073172, 0.5283399464876815, 0.0, 0.5283399464876815, 0.4430788220210687, 0.08526112446661277, 0.053774042890145965, 2.4529870347282374],
    [3.0, 0.5850690503725255, 0.0024813887973097297, 0.41244956083016465, 0.5863097447711804, 0.45738651569758654, 0.08533257621102011, 0.5427190919086066, 0.45738651569758654, 0.08533257621102011, 0.05442179690173455, 2.945386542459788],
    [3.5, 0.5992042884455454, 0.002459435327981138, 0.3983362762264734, 0.600434006109536, 0.4717675340039296, 0.0, 0.4717675340039296, 0.44337883723534377, 0.08528698016601219, 0.055001830571242506, 3.4387401773298296],
    [6.0, 0.6677993118588158, 0.0023043638315332843, 0.3298963243096511, 0.6689514937745824, 0.46192837373557327, 0.03452164256203275, 0.496450016297606, 0.46192837373557327, 0.08331723151059348, 0.05680821863273597, 5.92415963500159],
    [6.5, 0.6809942139050519, 0.002265088345355829, 0.3167406977495922, 0.6821267580777298, 0.4766289677415908, 0.0, 0.4766289677415908, 0.41969008471078295, 0.08258405739753641, 0.05693888303080773, 6.42566676127483],
    [7.0, 0.6939805978684357, 0.002223370732799929, 0.3037960313987644, 0.6950922832348356, 0.43439994289096906, 0.05699009216118431, 0.4913900350521534, 0.43439994289096906, 0.08174293843755856, 0.05699009216118431, 6.928812197817986],
    [7.5, 0.706745053705664, 0.0021793614345226252, 0.2910755848598134, 0.7078347344229253, 0.4492305067350686, 0.0, 0.4492305067350686, 0.42719628296218726, 0.08079693985798955, 0.05696136828858688, 7.433634411142801],
    [10.0, 0.766815118418419, 0.0019306526205275332, 0.23125422896105352, 0.7677804447286828, 0.4509397961868522, 0.040356651552032184, 0.4912964477388844, 0.4509397961868522, 0.07462876260154028, 0.05562546768070405, 9.983040384920564],
    [13.5, 0.8386996325288264, 0.001534229991047989, 0.1597661374801254, 0.8394667475243504, 0.5025453290900675, 0.0, 0.5025453290900675, 0.4619147400552212, 0.0628758113591397, 0.050664731481755466, 13.61292683908087],
    [-1.5, 0.45534812905566907, 0.0025275607837340675, 0.5421243101605967, 0.4566119094475361, 0.4797036901795779, 0.0, 0.4797036901795779, 0.45787568983940313, 0.08062617150294782, 0.046516451439686794, -1.470464362021593],
    [-3.0, 0.41244956083016476, 0.0024813887973097297, 0.5850690503725255, 0.41369025522881964, 0.45728090809139355, 0.08533257621102011, 0.5426134843024136, 0.45728090809139355, 0.07719468092883636, 0.04307336034635349, -2.9453865424597807],
    [-7.0, 0.3037960313987643, 0.002223370732799929, 0.6939805978684357, 0.30490771676516426, 0.5086099649478465, 0.05699009216118431, 0.5656000571090309, 0.5086099649478465, 0.06469729489910558, 0.0330229908044818, -6.92881219781799],
    [-10.5, 0.22011932115016833, 0.001876388026788145, 0.7780042908230436, 0.2210575151635624, 0.5337435023500738, 0.0, 0.5337435023500738, 0.49341383810540806, 0.051499837495706975, 0.024315400539854412, -10.497765525102926],
    [17.0, 0.8947997137701319, 0.0011354883293217498, 0.10406479790054629, 0.8953674579347928, 0.4996091565222829, 0.03745890872933285, 0.5370680652516157, 0.4996091565222829, 0.04933633029801481, 0.04297775202147506, 17.27426279179303],
];

#[test]
fn the_distribution_matches_the_reference() {
    let model = MarginModel::nfl_1999_2017();
    for case in CASES {
        let [
            spread,
            win,
            tie,
            away,
            half_tie,
            cover,
            push,
            less,
            more,
            three,
            seven,
            mean,
        ] = case;
        let line = HalfPoints::new(spread).unwrap();
        let outright = model.cover(spread, HalfPoints(0));
        let pmf = model.pmf(spread);
        let pmf_mean: f64 = pmf.iter().zip(-70..).map(|(p, m)| p * f64::from(m)).sum();
        let got = [
            (model.p_home_win(spread).get(), win),
            (model.p_tie(spread).get(), tie),
            (outright.lose.get(), away),
            (outright.win.get() + 0.5 * outright.push.get(), half_tie),
            (model.p_home_cover(line).get(), cover),
            (model.p_push(line).get(), push),
            (model.cover(spread, line - HalfPoints(1)).win.get(), less),
            (model.cover(spread, line - HalfPoints(-1)).win.get(), more),
            (model.p_margin(spread, 3).get(), three),
            (pmf[77], seven),
        ];
        for (i, (got, want)) in got.into_iter().enumerate() {
            assert!(
                (got - want).abs() < 1e-12,
                "spread {spread}, column {}: {got}, not {want}",
                i + 1
            );
        }
        // A sum of 141 products of up to 70 points: the tolerance is 1e-12 of a point times ten.
        assert!(
            (pmf_mean - mean).abs() < 1e-11,
            "spread {spread}: mean {pmf_mean}, not {mean}"
        );
    }
}

#[test]
fn the_real_games_reproduce_the_stored_fit() {
    let Some(games) = test_data::closes("spread_line", "result") else {
        return;
    };
    assert_eq!(games.len(), 5_049);
    let fit = MarginModel::fit(games).unwrap();
    let stored = MarginModel::nfl_1999_2017();
    assert!((fit.sigma() - stored.sigma()).abs() < 1e-12, "{}", fit.sigma());
    for (margin, (got, want)) in fit.factors().iter().zip(stored.factors()).enumerate() {
        assert!((got - want).abs() < 1e-12, "f({margin}) is {got}, not {want}");
    }
}

#[test]
fn models_are_checked_when_built_and_read() {
    let model = MarginModel::nfl_1999_2017();
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<MarginModel>(&text).unwrap(), model);
    assert_eq!(MarginModel::new(0.0, &[1.0; 41]), Err(FitError::Sigma(0.0)));
    assert!(MarginModel::new(13.0, &[1.0; 40]).is_err());
    assert!(MarginModel::new(13.0, &[f64::NAN; 41]).is_err());
    assert_eq!(MarginModel::fit([]), Err(FitError::TooFewGames(0)));
    assert_eq!(MarginModel::fit([(HalfPoints(6), 3); 9]), Err(FitError::Sigma(0.0)));
}

#[test]
#[should_panic(expected = "no number")]
fn a_mean_that_is_no_number_is_a_broken_invariant() {
    MarginModel::nfl_1999_2017().cover(f64::NAN, HalfPoints(0));
}

#[test]
fn absurd_means_and_lines_stay_probabilities() {
    let model = MarginModel::nfl_1999_2017();
    for mean in [-1e9, -70.0, 70.0, 1e9] {
        for line in [HalfPoints(-400), HalfPoints(-7), HalfPoints(400)] {
            let got = model.cover(mean, line);
            let sum = got.win.get() + got.push.get() + got.lose.get();
            assert!((sum - 1.0).abs() < 1e-12, "{mean} {line}: {got:?}");
        }
    }
}

proptest! {
    #[test]
    fn masses_sum_to_one_for_any_mean(mean in -50.0f64..50.0) {
        let sum: f64 = MarginModel::nfl_1999_2017().pmf(mean).iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn cover_rises_with_the_mean_and_falls_with_the_line(mean in -30.0f64..30.0, more in 0.0f64..5.0, line in -60i16..60) {
        let model = MarginModel::nfl_1999_2017();
        let at = model.cover(mean, HalfPoints(line));
        prop_assert!(model.cover(mean + more, HalfPoints(line)).win.get() >= at.win.get() - 1e-13);
        prop_assert!(model.cover(mean, HalfPoints(line + 1)).win.get() <= at.win.get() + 1e-13);
    }

    #[test]
    fn the_two_sides_mirror_each_other(mean in -30.0f64..30.0, line in -60i16..60) {
        let model = MarginModel::nfl_1999_2017();
        let home = model.cover(mean, HalfPoints(line));
        let away = model.cover(-mean, HalfPoints(-line)).reversed();
        prop_assert!((home.win.get() - away.win.get()).abs() < 1e-12);
        prop_assert!((home.push.get() - away.push.get()).abs() < 1e-12);
    }

    #[test]
    fn the_mean_behind_a_price_is_found(mean in -25.0f64..25.0, line in -40i16..40) {
        let model = MarginModel::nfl_1999_2017();
        let p = model.cover(mean, HalfPoints(line)).decided();
        prop_assert!((model.mean_for(HalfPoints(line), p) - mean).abs() < 1e-7);
    }
}
