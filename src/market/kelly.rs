//! How much of a bankroll a bet deserves when it may also push.
//!
//! A push returns the stake, so it only dilutes: with p won, l lost and b paid on a stake of 1, growth is
//! `p ln(1 + f b) + l ln(1 - f)`, whose maximum is at `f* = max(0, (p b - l) / (b (p + l)))` (Kelly 1956; with push as in
//! Thorp 2006).

mod simultaneous;

pub use simultaneous::simultaneous;

use super::key_numbers::TwoWay;
use crate::domain::price::Decimal;
use crate::domain::probability::Probability;

/// One bet: what it pays and how it may end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wager {
    win: f64,
    lose: f64,
    profit: f64,
}

/// Why a bet is not one.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a win of {win} and a push of {push} are together more than certain: their sum must be at most 1")]
pub struct WagerError {
    /// Probability of a win.
    pub win: Probability,
    /// Probability of a push.
    pub push: Probability,
}

impl Wager {
    /// A bet that wins with probability `win`, returns the stake with probability `push` and loses otherwise.
    ///
    /// # Errors
    /// [`WagerError`] when the two sum to more than one (rounding of 1e-12 is forgiven).
    pub fn new(win: Probability, push: Probability, price: Decimal) -> Result<Wager, WagerError> {
        let lose = 1.0 - win.get() - push.get();
        if lose < -1e-12 {
            return Err(WagerError { win, push });
        }
        Ok(Wager {
            win: win.get(),
            lose: lose.max(0.0),
            profit: price.profit(),
        })
    }

    /// The bet behind a cover probability.
    pub fn on(outcome: TwoWay, price: Decimal) -> Wager {
        Wager {
            win: outcome.win.get(),
            lose: outcome.lose.get(),
            profit: price.profit(),
        }
    }

    /// Expected profit on a stake of 1.
    pub fn ev(self) -> f64 {
        self.win * self.profit - self.lose
    }

    /// The share of the bankroll with the highest expected log growth; zero without an edge.
    pub fn kelly(self) -> f64 {
        let ev = self.ev();
        if ev > 0.0 {
            ev / (self.profit * (self.win + self.lose))
        } else {
            0.0
        }
    }

    /// `share` of full Kelly, e.g. 0.25; shares outside [0, 1] are brought inside, because more than Kelly never pays.
    pub fn fractional(self, share: f64) -> f64 {
        self.kelly() * share.clamp(0.0, 1.0)
    }

    /// Expected growth of the log of the bankroll when `stake`, a share of it in [0, 1], is bet. Minus infinity when a loss
    /// is possible and everything is staked.
    pub fn growth(self, stake: f64) -> f64 {
        let on_loss = if self.lose == 0.0 {
            0.0
        } else {
            self.lose * (-stake).ln_1p()
        };
        self.win * (stake * self.profit).ln_1p() + on_loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wager(win: f64, push: f64, decimal: f64) -> Wager {
        let p = |p| Probability::new(p).unwrap();
        Wager::new(p(win), p(push), Decimal::new(decimal).unwrap()).unwrap()
    }

    /// Win, push, decimal, Kelly, growth, ev, quarter Kelly.
    #[rustfmt::skip]
    const CASES: [(f64, f64, f64, f64, f64, f64, f64); 6] = [
        (0.55, 0.0, 1.909090909090909, 0.055000000000000014, 0.001377932123410168, 0.05000000000000001, 0.013750000000000004),
        (0.5, 0.0, 1.909090909090909, 0.0, 0.0, -0.045454545454545525, 0.0),
        (0.55, 0.03, 1.909090909090909, 0.09072164948453611, 0.0036434679037096775, 0.08, 0.022680412371134027),
        (0.35, 0.0, 3.4, 0.07916666666666662, 0.007274113307448282, 0.1899999999999999, 0.019791666666666655),
        (0.72, 0.02, 1.4, 0.07142857142857119, 0.0010149586560536563, 0.0279999999999999, 0.017857142857142797),
        (0.53, 0.027, 1.952380952380952, 0.06664953751284679, 0.002061841357940236, 0.06176190476190467, 0.016662384378211697),
    ];

    #[test]
    fn stakes_match_the_reference() {
        for (win, push, decimal, kelly, growth, ev, quarter) in CASES {
            let bet = wager(win, push, decimal);
            for (got, want) in [
                (bet.kelly(), kelly),
                (bet.growth(bet.kelly()), growth),
                (bet.ev(), ev),
                (bet.fractional(0.25), quarter),
            ] {
                assert!((got - want).abs() < 1e-12, "{bet:?}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn limits_are_sane() {
        let sure = wager(1.0, 0.0, 1.5);
        assert_eq!((sure.kelly(), sure.growth(1.0)), (1.0, 1.5f64.ln()));
        assert_eq!(wager(0.0, 1.0, 2.0).kelly(), 0.0);
        assert_eq!(wager(0.5, 0.0, 3.0).growth(1.0), f64::NEG_INFINITY);
        let p = |p| Probability::new(p).unwrap();
        assert!(Wager::new(p(0.6), p(0.5), Decimal::new(2.0).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn no_edge_no_stake_and_never_above_edge_over_odds(
            win in 0.0f64..=1.0, push_share in 0.0f64..0.99, decimal in 1.01f64..50.0
        ) {
            let push = (1.0 - win) * push_share;
            let bet = wager(win, push, decimal);
            if bet.ev() <= 0.0 {
                prop_assert_eq!(bet.kelly(), 0.0);
            }
            let bound = bet.ev().max(0.0) / ((decimal - 1.0) * (1.0 - push));
            prop_assert!(bet.kelly() <= bound * (1.0 + 1e-9) && bet.kelly() <= 1.0 + 1e-12);
        }

        #[test]
        fn no_other_stake_grows_faster(
            win in 0.01f64..0.99, push_share in 0.0f64..0.9, decimal in 1.01f64..20.0, other in 0.0f64..0.999
        ) {
            let bet = wager(win, (1.0 - win) * push_share, decimal);
            prop_assert!(bet.growth(bet.kelly()) >= bet.growth(other) - 1e-12);
        }
    }
}
