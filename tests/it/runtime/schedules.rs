//! Random trees under random faults, in the world: whatever happens, the promises of the runtime hold.
//!
//! One seed is one schedule: a nested tree with random rules, clients that ask, tell and give orders, faults of every kind,
//! and a shutdown somewhere in the middle or at the end.

mod book;
mod client;
mod mourner;
mod plan;
mod table;
mod verdict;
mod worker;

use super::harness::ms;
use book::{Book, Witness};
use client::{Client, allow};
use futures_util::future::{join, join_all};
use huddle::world::{World, population};
use plan::Plan;
use rand::RngExt as _;
use std::{collections::BTreeMap, fmt, time::Duration};

/// What schedules had in them, by name.
#[derive(Default, PartialEq, Eq)]
struct Sum {
    counts: BTreeMap<&'static str, usize>,
    faults: BTreeMap<&'static str, usize>,
}

impl Sum {
    fn count(&mut self, what: &'static str, n: usize) {
        *self.counts.entry(what).or_default() += n;
    }

    fn n(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }

    fn add(&mut self, other: &Sum) {
        for (what, n) in &other.counts {
            self.count(what, *n);
        }
        for (kind, n) in &other.faults {
            *self.faults.entry(kind).or_default() += n;
        }
    }

    fn of(world: &World, book: &Book, plan: &Plan) -> Sum {
        let mut sum = Sum::default();
        for seat in plan.seats.borrow().iter() {
            let vitals = seat.worker.vitals();
            sum.count("dead letters", usize::try_from(vitals.dead_letters).unwrap());
            sum.count("resumed", usize::try_from(vitals.resumed).unwrap());
        }
        for fault in world.faults() {
            sum.count("escalations", usize::from(fault.contains(" escalated: ")));
            sum.count("hangs found", usize::from(fault.contains(" hung: ")));
        }
        book.write(|pages| {
            sum.count("restarts", pages.starts.iter().filter(|start| start.again).count());
            for letter in &pages.letters {
                sum.count(if letter.ask.is_some() { "asks" } else { "tells" }, 1);
                if let Some(what) = letter.fate() {
                    sum.count(what, 1);
                }
            }
            sum.faults = std::mem::take(&mut pages.faults);
        });
        sum
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<&str, usize>| {
            let each = counts.iter().map(|(what, n)| format!("{n} {what}"));
            each.collect::<Vec<_>>().join(", ")
        };
        write!(f, "{}; faults: {}", list(&self.counts), list(&self.faults))
    }
}

/// Plays the schedule of one seed and holds it to the promises; returns what was in it, and its log.
fn play(seed: u64) -> (Sum, Vec<String>) {
    let book = Book::default();
    let _witness = Witness(book.clone());
    World::run(seed, async |world| {
        allow(world);
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
        let sum = Sum::of(world, &book, &plan);
        (sum, book.write(|pages| std::mem::take(&mut pages.lines)))
    })
}

/// One seed in this many is played twice.
const TWICE: u64 = 10;
/// Seeds of which [`WHAT_HAPPENS`] is asked.
const ENOUGH: usize = 100;
/// A population in which one of these never happens proves nothing about it.
const WHAT_HAPPENS: [&str; 11] = [
    "restarts",
    "escalations",
    "hangs found",
    "resumed",
    "dead letters",
    "asks answered",
    "asks lost",
    "asks too late",
    "asks dropped",
    "asks of the gone",
    "asks of the overloaded",
];

#[test]
fn promises_hold_under_random_faults() {
    let (mut sum, mut n_twice) = (Sum::default(), 0);
    let sums = population(10_000, |seed| {
        let first = play(seed);
        if seed.is_multiple_of(TWICE) {
            n_twice += 1;
            let second = play(seed);
            let differs = first.1.iter().zip(&second.1).find(|(a, b)| a != b);
            assert!(first == second, "seed {seed} is not the same twice: {differs:?}");
        }
        first.0
    });
    sums.iter().for_each(|one| sum.add(one));
    println!("{} seeds, {n_twice} of them twice: {sum}", sums.len());
    if sums.len() >= ENOUGH {
        for what in WHAT_HAPPENS {
            assert!(sum.n(what) > 0, "no {what}");
        }
    }
}
