//! Random trees under random faults, in the world: whatever happens, the promises of the runtime hold.
//!
//! One seed is one schedule: a nested tree with random rules, clients that ask, tell and give orders, faults of every kind,
//! and a shutdown somewhere in the middle or at the end.

mod book;
mod client;
mod plan;
mod verdict;
mod worker;

use super::harness::ms;
use book::Book;
use client::{Client, allow};
use futures_util::future::{join, join_all};
use huddle::world::{World, population};
use plan::Plan;
use rand::RngExt as _;
use std::{collections::BTreeMap, time::Duration};

/// What one schedule had in it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    n_seeds: usize,
    n_asks: usize,
    n_tells: usize,
    n_restarts: usize,
    n_escalations: usize,
    faults: BTreeMap<&'static str, usize>,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.n_seeds += other.n_seeds;
        self.n_asks += other.n_asks;
        self.n_tells += other.n_tells;
        self.n_restarts += other.n_restarts;
        self.n_escalations += other.n_escalations;
        for (kind, n) in &other.faults {
            *self.faults.entry(kind).or_default() += n;
        }
    }
}

/// Plays the schedule of one seed and holds it to the promises; returns what was in it, and its log.
fn play(seed: u64) -> (Sum, Vec<String>) {
    World::run(seed, async |world| {
        allow(world);
        let book = Book::open();
        let (root, plan) = Plan::start(world, &book);
        let mut rng = world.seeds().derive("schedule", 0);
        // From calm to violent.
        let n_faults = *[0, 5, 20, 50].get(rng.random_range(0..4)).unwrap();
        let clients = (0..rng.random_range(1..6)).map(|n| Client::new(n, n_faults, world, &plan, &book).run());
        let end = ms(rng.random_range(20..1_500));
        let ending = async {
            world.pass(end).await;
            let report = root.shutdown(Duration::from_secs(600)).await;
            book.note(format!("the tree {}", report.exit));
            assert!(report.in_time, "seed {seed}: the tree did not stop in ten minutes");
        };
        join(join_all(clients), ending).await;
        world.pass(ms(1)).await;
        let verdict = verdict::of(&book, &plan);
        assert!(verdict.is_empty(), "seed {seed}: {}", verdict.join("\n"));
        let n_escalations = world
            .faults()
            .iter()
            .filter(|fault| fault.contains(" escalated: "))
            .count();
        book.write(|pages| {
            let n_asks = pages.letters.iter().filter(|letter| letter.ask.is_some()).count();
            let sum = Sum {
                n_seeds: 1,
                n_asks,
                n_tells: pages.letters.len() - n_asks,
                n_restarts: pages.starts.iter().filter(|start| start.again).count(),
                n_escalations,
                faults: std::mem::take(&mut pages.faults),
            };
            (sum, std::mem::take(&mut pages.lines))
        })
    })
}

/// One seed in this many is played twice.
const TWICE: u64 = 10;

#[test]
fn promises_hold_under_random_faults() {
    let mut sum = Sum::default();
    let sums = population(10_000, |seed| {
        let first = play(seed);
        if seed % TWICE == 0 {
            let second = play(seed);
            let differs = first.1.iter().zip(&second.1).find(|(a, b)| a != b);
            assert!(first == second, "seed {seed} is not the same twice: {differs:?}");
        }
        first.0
    });
    sums.iter().for_each(|one| sum.add(one));
    println!("{sum:?}");
    assert!(sum.n_restarts > sum.n_seeds, "faults were struck and healed");
}
