//! Where the profit came from: by market, tier, side, origin and by the seats that agreed, each to the cent.
//!
//! Within a dimension every bet is in exactly one part, but for seats: there a bet's stake and profit are shared out among
//! its supporters in whole cents, the odd ones to the first by name. A bet without a supporter is `unattributed`, which is
//! reported and never hidden. So the parts of each dimension add up to the total.

use super::super::booked::{Booked, Ending};
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use std::collections::BTreeMap;

/// A part of the total.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Profit.
    pub profit: Cents,
    /// Stakes.
    pub stake: Cents,
    /// Its bets: week, profit and stake of each, as far as they are its own.
    pub bets: Vec<(SeasonWeek, Cents, Cents)>,
    /// Closing line values of its bets, in points, in the order in which results were due.
    pub clv: Vec<f64>,
}

impl Part {
    fn add(&mut self, bet: &Booked, ending: &Ending, profit: Cents, stake: Cents) {
        self.profit += profit;
        self.stake += stake;
        self.bets.push((bet.when, profit, stake));
        self.clv.extend(ending.clv_points);
    }
}

/// The name of what no seat agreed on.
pub const UNATTRIBUTED: &str = "seat.unattributed";

/// The total, and its parts by group: `market.spread`, `tier.A`, `side.home`, `origin.consensus`, `seat.elo`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    /// All bets.
    pub total: Part,
    /// The parts.
    pub groups: BTreeMap<String, Part>,
}

/// The dimensions, as the first part of a group's name.
pub const DIMENSIONS: [&str; 5] = ["market", "tier", "side", "origin", "seat"];

impl Attribution {
    /// Of graded bets, in the order in which results were due.
    pub fn of(ended: &[(&Booked, Ending)]) -> Attribution {
        let mut all = Attribution::default();
        for (bet, ending) in ended {
            all.total.add(bet, ending, ending.profit, bet.stake);
            for group in groups(bet) {
                all.groups
                    .entry(group)
                    .or_default()
                    .add(bet, ending, ending.profit, bet.stake);
            }
            if bet.supporters.is_empty() {
                let part = all.groups.entry(UNATTRIBUTED.to_owned()).or_default();
                part.add(bet, ending, ending.profit, bet.stake);
            }
            let n = bet.supporters.len();
            let (profits, stakes) = (shared(ending.profit, n), shared(bet.stake, n));
            for (seat, (profit, stake)) in bet.supporters.iter().zip(profits.into_iter().zip(stakes)) {
                all.groups
                    .entry(format!("seat.{seat}"))
                    .or_default()
                    .add(bet, ending, profit, stake);
            }
        }
        all
    }
}

/// The groups a bet is in with all of itself.
fn groups(bet: &Booked) -> [String; 4] {
    [
        format!("market.{}", bet.market),
        format!("tier.{}", bet.tier),
        format!("side.{}", bet.side.name()),
        format!("origin.{}", bet.origin),
    ]
}

/// The groups a bet counts in, those of its supporters too.
pub(super) fn every_group(bet: &Booked) -> impl Iterator<Item = String> {
    let seats = bet.supporters.iter().map(|seat| format!("seat.{seat}"));
    groups(bet).into_iter().chain(seats.collect::<Vec<_>>())
}

/// An amount in `n` parts of whole cents that differ by one at most, the larger ones first.
fn shared(amount: Cents, n: usize) -> Vec<Cents> {
    let Ok(parts) = i64::try_from(n) else { return Vec::new() };
    if parts == 0 {
        return Vec::new();
    }
    let (each, odd) = (amount.0 / parts, amount.0 % parts);
    (0..parts)
        .map(|i| Cents(each + if i < odd.abs() { odd.signum() } else { 0 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::booked::{ended, invented::bet};
    use super::super::super::grading::Outcome;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_dimension_adds_up_to_the_cent(
            drawn in prop::collection::vec((0u8..4, 1i64..99_999), 0..60),
        ) {
            let outcomes = [Outcome::Win, Outcome::Loss, Outcome::Push, Outcome::Void];
            let bets: Vec<Booked> = drawn
                .iter()
                .enumerate()
                .map(|(i, (o, stake))| bet(i, *stake, Some(outcomes[usize::from(*o)]), Some(0.5)))
                .collect();
            let all = Attribution::of(&ended(&bets));
            for dimension in DIMENSIONS {
                let own = || all.groups.iter().filter(|(name, _)| name.split('.').next() == Some(dimension));
                let profit: Cents = own().map(|(_, part)| part.profit).sum();
                let stake: Cents = own().map(|(_, part)| part.stake).sum();
                prop_assert_eq!((profit, stake), (all.total.profit, all.total.stake), "{}", dimension);
            }
            for part in all.groups.values().chain([&all.total]) {
                prop_assert_eq!(part.bets.iter().map(|b| b.1).sum::<Cents>(), part.profit);
            }
        }

        #[test]
        fn shares_are_the_whole(amount in -99_999i64..99_999, n in 1usize..14) {
            let parts = shared(Cents(amount), n);
            prop_assert_eq!(parts.iter().copied().sum::<Cents>(), Cents(amount));
            let (least, most) = (parts.iter().min().unwrap().0, parts.iter().max().unwrap().0);
            prop_assert!(most - least <= 1);
        }
    }
}
