//! The three forms of a price and what a set of prices says about the book's margin.
//!
//! Overround and hold are two numbers that people mix up: at -110 on both sides the overround, by which the implied
//! probabilities exceed one, is 4.76%, and the hold, the share of all stakes the book keeps, is 4.55%.

use crate::domain::price::{American, Decimal, PriceError};
use crate::domain::probability::Probability;

/// The probability of a win at which a bet at this price neither gains nor loses: 1/d. It is also the raw implied
/// probability, margin included. Where a push is possible it is the win probability given that the bet is decided.
pub fn break_even(price: Decimal) -> Probability {
    Probability::clamped(1.0 / price.get())
}

/// The exact American form, not always a whole number: 100 (d - 1) for d >= 2, else -100 / (d - 1). Even money is +100.
pub fn exact_american(price: Decimal) -> f64 {
    let profit = price.profit();
    if price.get() >= 2.0 {
        100.0 * profit
    } else {
        -100.0 / profit
    }
}

/// The nearest American price a book could post; heavy favourites beyond -100,000 become -100,000.
pub fn nearest_american(price: Decimal) -> American {
    let whole = exact_american(price).round().clamp(-100_000.0, 100_000.0);
    American::new(whole as i32).expect("the exact form is at least 100 in magnitude, and rounding keeps it there")
}

/// The price without margin for a probability: 1/p.
///
/// # Errors
/// [`PriceError::Decimal`] when no book could quote it: p of 1, or below 1/1001.
pub fn fair_price(p: Probability) -> Result<Decimal, PriceError> {
    Decimal::new(1.0 / p.get())
}

/// By how much the implied probabilities of all outcomes exceed one; negative where the outcomes can be bought for less.
pub fn overround(prices: &[Decimal]) -> f64 {
    prices.iter().map(|d| 1.0 / d.get()).sum::<f64>() - 1.0
}

/// The share of the turnover a balanced book keeps: 1 - 1/(1 + overround).
pub fn hold(overround: f64) -> f64 {
    overround / (1.0 + overround)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(got: f64, want: f64) {
        assert!(
            (got - want).abs() <= 1e-12 * want.abs().max(1.0),
            "got {got}, want {want}"
        );
    }

    #[test]
    fn american_prices_match_the_reference() {
        // american, decimal, implied, profit on a stake of 1
        let cases = [
            (-100_000, 1.001, 0.999000999000999, 0.001),
            (-350, 1.2857142857142858, 0.7777777777777778, 0.2857142857142857),
            (-110, 1.9090909090909092, 0.5238095238095238, 0.9090909090909091),
            (-101, 1.99009900990099, 0.5024875621890548, 0.9900990099009901),
            (101, 2.01, 0.4975124378109453, 1.01),
            (110, 2.1, 0.47619047619047616, 1.1),
            (200, 3.0, 0.3333333333333333, 2.0),
            (1000, 11.0, 0.09090909090909091, 10.0),
        ];
        for (american, decimal, implied, profit) in cases {
            let price = American::new(american).unwrap().decimal();
            near(price.get(), decimal);
            near(break_even(price).get(), implied);
            near(price.profit(), profit);
        }
    }

    #[test]
    fn decimal_prices_match_the_reference() {
        // decimal, american, implied
        let cases = [
            (1.01, -10000.0, 0.9900990099009901),
            (1.5, -200.0, 0.6666666666666666),
            (1.952380952380952, -105.00000000000004, 0.5121951219512196),
            (2.05, 105.0, 0.4878048780487805),
            (3.4, 240.0, 0.29411764705882354),
        ];
        for (decimal, american, implied) in cases {
            let price = Decimal::new(decimal).unwrap();
            near(exact_american(price), american);
            near(break_even(price).get(), implied);
        }
    }

    #[test]
    fn probabilities_match_the_reference() {
        // probability, decimal, american
        let cases = [
            (0.05, 20.0, 1900.0),
            (0.4, 2.5, 150.0),
            (0.5238, 1.9091256204658267, -109.99580008399832),
            (0.75, 1.3333333333333333, -300.0),
        ];
        for (p, decimal, american) in cases {
            let price = fair_price(Probability::new(p).unwrap()).unwrap();
            near(price.get(), decimal);
            near(exact_american(price), american);
        }
        for p in [0.0, 0.0009, 1.0] {
            assert!(fair_price(Probability::new(p).unwrap()).is_err(), "{p}");
        }
    }

    #[test]
    fn overround_and_hold_differ() {
        let both = [American::MINUS_110.decimal(); 2];
        near(overround(&both), 1.0 / 21.0);
        near(hold(overround(&both)), 1.0 / 22.0);
    }

    #[test]
    fn rounding_stays_a_valid_price() {
        let cases = [
            (1.0001, -100_000),
            (1.91, -110),
            (1.999_999, -100),
            (2.0, 100),
            (1001.0, 100_000),
        ];
        for (decimal, american) in cases {
            assert_eq!(
                nearest_american(Decimal::new(decimal).unwrap()).get(),
                american,
                "{decimal}"
            );
        }
    }

    proptest! {
        #[test]
        fn whole_american_prices_round_trip(magnitude in 101i32..=100_000, favourite: bool) {
            let american = American::new(if favourite { -magnitude } else { magnitude }).unwrap();
            prop_assert_eq!(nearest_american(american.decimal()), american);
        }

        #[test]
        fn probabilities_round_trip(p in 0.001f64..0.999) {
            let back = break_even(fair_price(Probability::clamped(p)).unwrap());
            prop_assert!((back.get() - p).abs() < 1e-15);
        }
    }
}
