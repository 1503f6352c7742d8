//! The miners against each other and against counting by hand; rules against their definition.

use crate::parlay::fp_growth;
use crate::parlay::itemsets::{Baskets, Bounds, Itemsets, MiningError};
use crate::parlay::rules::Permille;
use crate::parlay::vertical::{self, Cores};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn by_set(sets: &Itemsets) -> BTreeMap<Vec<u16>, u32> {
    let mut all = BTreeMap::new();
    sets.for_each(|set, count| assert!(all.insert(set.to_vec(), count).is_none(), "{set:?} twice"));
    all
}

/// Every set of up to `max_length` of the items, counted basket by basket.
fn by_hand(n_items: u16, rows: &[Vec<u16>], bounds: Bounds) -> BTreeMap<Vec<u16>, u32> {
    let mut all = BTreeMap::new();
    for mask in 1u32..1 << n_items {
        let set: Vec<u16> = (0..n_items).filter(|i| mask >> i & 1 == 1).collect();
        let count = rows.iter().filter(|row| set.iter().all(|i| row.contains(i))).count() as u32;
        if set.len() <= bounds.max_length && count >= bounds.min_count {
            all.insert(set, count);
        }
    }
    all
}

#[test]
fn a_small_example() {
    let rows = vec![vec![0, 1, 2], vec![0, 1], vec![2, 0], vec![3], vec![]];
    let baskets = Baskets::new(4, rows).unwrap();
    let sets = vertical::mine(&baskets, Bounds::new(2, 3), Cores::One).unwrap();
    let expected = [
        (vec![0], 3),
        (vec![1], 2),
        (vec![2], 2),
        (vec![0, 1], 2),
        (vec![0, 2], 2),
    ];
    assert_eq!(by_set(&sets), BTreeMap::from(expected));
    assert_eq!((sets.by_length(), sets.n_baskets()), (vec![3, 2], 5));
    // {1} -> {0} and {2} -> {0} are certain; the reverse holds in two of three.
    let rules = sets.rules(Permille(667));
    assert_eq!(rules.len(), 2);
    let rule = &rules[0];
    let (given, follows) = sets.sides(rule);
    assert_eq!((given, follows), (vec![1], vec![0]));
    assert_eq!((rule.n_both, rule.n_given, rule.n_follows), (2, 2, 3));
    assert!((rule.lift(5) - 5.0 / 3.0).abs() < 1e-15 && (rule.leverage(5) - 0.16).abs() < 1e-15);
    assert_eq!(sets.rules(Permille(666)).len(), 4);
}

#[test]
fn nothing_gives_nothing() {
    let none = Baskets::new(3, []).unwrap();
    let rare = Baskets::new(3, vec![vec![0], vec![1]]).unwrap();
    for baskets in [none, rare] {
        let sets = vertical::mine(&baskets, Bounds::new(2, 9), Cores::All).unwrap();
        assert!(sets.is_empty() && sets.rules(Permille(0)).is_empty());
        assert_eq!(sets, fp_growth::mine(&baskets, Bounds::new(2, 9)).unwrap());
    }
    assert_eq!(Baskets::new(129, []), Err(MiningError::TooManyItems(129)));
    let unknown = MiningError::UnknownItem {
        basket: 1,
        item: 3,
        n_items: 3,
    };
    assert_eq!(Baskets::new(3, vec![vec![0], vec![3]]), Err(unknown));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_miners_find_what_counting_finds(
        rows in prop::collection::vec(prop::collection::vec(0u16..9, 0..9), 0..150),
        min_count in 1u32..12,
        max_length in 1usize..9,
    ) {
        let bounds = Bounds::new(min_count, max_length);
        let baskets = Baskets::new(9, rows.clone()).unwrap();
        let sets = vertical::mine(&baskets, bounds, Cores::One).unwrap();
        prop_assert_eq!(&sets, &vertical::mine(&baskets, bounds, Cores::All).unwrap());
        prop_assert_eq!(&sets, &fp_growth::mine(&baskets, bounds).unwrap());
        prop_assert_eq!(by_set(&sets), by_hand(9, &rows, bounds));
    }

    #[test]
    fn rules_are_the_splits_that_are_sure_enough(
        rows in prop::collection::vec(prop::collection::vec(0u16..7, 0..7), 1..80),
        least in 0u32..=1000,
    ) {
        let sets = vertical::mine(&Baskets::new(7, rows).unwrap(), Bounds::new(2, 7), Cores::One).unwrap();
        let all = by_set(&sets);
        let mut expected = Vec::new();
        for (set, &both) in &all {
            for mask in 1u32..(1 << set.len()) - 1 {
                let side = |bit: u32| -> Vec<u16> {
                    set.iter().enumerate().filter(|(i, _)| mask >> i & 1 == bit).map(|(_, x)| *x).collect()
                };
                let (given, follows) = (side(1), side(0));
                if u64::from(both) * 1000 >= u64::from(least) * u64::from(all[&given]) {
                    expected.push((given.clone(), follows.clone(), both, all[&given], all[&follows]));
                }
            }
        }
        let mut found: Vec<_> = sets.rules(Permille(least)).iter().map(|rule| {
            let (given, follows) = sets.sides(rule);
            (given, follows, rule.n_both, rule.n_given, rule.n_follows)
        }).collect();
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
