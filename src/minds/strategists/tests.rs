//! Every strategist on a made-up league with one true edge and much noise.

use super::study::{Study, Window, shorter};
use super::*;
use crate::backtest::invented::Invented;
use std::collections::BTreeSet;

#[test]
fn each_seat_has_its_own_words_and_thinks_of_something() {
    let table = Invented::default().table();
    let mut creeds = BTreeSet::new();
    for (name, build) in STRATEGISTS {
        let mind = build();
        assert_eq!(mind.seat(), name);
        assert!(creeds.insert(mind.creed()));
        let study = Study::of(mind.as_ref(), &table);
        let think = |seed| mind.think(&study, &mut Pcg64Mcg::new(seed));
        assert_eq!(think(3), think(3), "{name}: the same stream, the same thoughts");
        let ranked = study.ranked(think(3));
        assert!(ranked.len() >= 3, "{name}: {}", ranked.len());
        assert!(ranked.windows(2).all(|two| two[0].score >= two[1].score));
    }
}

#[test]
fn windows_part_the_seasons() {
    let table = Invented {
        n_seasons: 6,
        ..Invented::default()
    }
    .table();
    let first = table.seasons()[0];
    let seasons = |window: Window| -> Vec<u16> {
        let period = window.period(&table);
        let within = |s: &u16| period.contains(crate::domain::game::SeasonWeek { season: *s, week: 1 });
        table.seasons().into_iter().filter(within).map(|s| s - first).collect()
    };
    assert_eq!(seasons(Window::All).len(), 6);
    assert_eq!(
        (seasons(Window::Early), seasons(Window::Late)),
        (vec![0, 1, 2, 3], vec![3, 4, 5])
    );
    let mut both = seasons(Window::EvenYears);
    both.extend(seasons(Window::OddYears));
    both.sort_unstable();
    assert_eq!(both, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_simplifier_takes_away_what_carries_nothing() {
    let table = Invented::default().table();
    let study = Study::of(&simplifier::Simplifier, &table);
    let padded: Strategy =
        "spread at open when edge(elo) >= 1.5 and week in 1..17 and rest in -13..13 stake flat 2%"
            .parse()
            .unwrap();
    assert_eq!(shorter(&padded).len(), 2, "without the edge no side is chosen");
    let bared = simplifier::Simplifier.build(&padded, &[], &study, &mut Pcg64Mcg::new(1));
    let best = &study.ranked(bared)[0];
    assert_eq!(
        best.strategy.to_string(),
        "spread at open when edge(elo) >= 1.5 stake flat 1%"
    );
}
