//! The world itself: what it must notice, what it must let pass, and that it gives the same run for the same seed.

use super::harness::*;
use huddle::{
    actor::Lane,
    clock::Seeds,
    supervision::{Place, Root, SupervisorSpec},
    world::World,
};
use rand::RngExt as _;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Duration,
};

const SEED: u64 = 4711;

/// What the world says to `body`, which it must not accept.
fn complaint(body: impl AsyncFnOnce(&World)) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| World::run(SEED, body))).unwrap_err();
    let text = failed.downcast_ref::<String>().unwrap().clone();
    assert!(text.contains("seed 4711"), "{text}");
    text
}

#[test]
fn an_actor_that_nobody_can_stop_any_more_is_a_leak() {
    let text = complaint(async |_| {
        let (root, probe) = alone(&Log::default(), &[]);
        probe.ask(Add, soon()).await.unwrap();
        std::mem::forget(root);
    });
    assert!(
        text.contains("still alive at the end: probe #1\n") && text.contains("still alive at the end: root #1"),
        "{text}"
    );
}

#[test]
fn a_tree_held_beyond_the_body_is_named() {
    let text = complaint(async |world| {
        let root = world.start(vec![probe("probe", &Log::default(), &[]).0]);
        nap(1).await;
        std::mem::forget(Rc::clone(&root));
    });
    assert!(
        text.contains("a tree is still held") && text.contains("probe #1"),
        "{text}"
    );
}

#[test]
fn a_tree_that_does_not_stop_is_named() {
    let text = complaint(async |world| {
        let (stubborn, _) = probe("stubborn", &Log::default(), &[Trouble::NeverStops]);
        world.start(vec![stubborn.stop_deadline(Duration::from_secs(100_000))]);
        nap(1).await;
    });
    assert!(text.contains("a tree did not stop within 3600s"), "{text}");
}

#[test]
fn a_fault_that_nobody_expected_is_named_however_well_it_healed() {
    for (order, text) in [(Break::Panic, "as ordered"), (Break::Fail, "out of paper")] {
        let heals = async |_: &World| {
            let (_root, probe) = alone(&Log::default(), &[]);
            probe.tell(order, Lane::Normal).unwrap();
            nap(20).await;
            assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)));
        };
        let said = complaint(heals);
        assert!(
            said.contains("nobody expected that probe #1") && said.contains(text),
            "{said}"
        );
        World::run(SEED, async |world| {
            world.expect_fault(text);
            heals(world).await;
            assert_eq!(world.faults().len(), 1);
        });
    }
}

#[test]
fn an_expected_fault_must_happen() {
    let text = complaint(async |world| {
        world.expect_fault("as ordered");
        let (_root, probe) = alone(&Log::default(), &[]);
        probe.ask(Add, soon()).await.unwrap();
    });
    assert!(text.contains("expected, but it never happened: as ordered"), "{text}");
}

#[test]
fn a_panic_outside_actors_is_named_though_nobody_waits_for_it() {
    let text = complaint(async |_| {
        drop(actix::spawn(async { panic!("in a plain task") }));
        nap(1).await;
    });
    assert!(text.contains("in a plain task") && text.contains("world.rs:"), "{text}");
    let text = complaint(async |_| {
        drop(tokio::task::spawn_blocking(|| panic!("on a blocking thread")));
        nap(1).await;
    });
    assert!(text.contains("on a blocking thread"), "{text}");
}

#[test]
fn the_destructor_of_a_crashed_actor_is_watched_too() {
    let text = complaint(async |world| {
        world.expect_fault("as ordered");
        let (_root, probe) = alone(&Log::default(), &[]);
        probe.tell(Break::Spitefully, Lane::Normal).unwrap();
        nap(1).await;
    });
    assert!(text.contains("probe panicked in a destructor: out of spite"), "{text}");
}

#[test]
fn a_body_that_waits_for_what_never_comes_ends_at_once() {
    let text = complaint(async |_| {
        let (_root, probe) = alone(&Log::default(), &[]);
        probe.ask(Add, soon()).await.unwrap();
        std::future::pending().await
    });
    assert!(
        text.contains("waits for what never comes; alive: probe #1, root #1"),
        "{text}"
    );
}

#[test]
fn a_failed_assertion_passes_through() {
    let failed = catch_unwind(|| World::run(SEED, async |_| assert!(SEED == 0, "of the test itself")));
    assert_eq!(failed.unwrap_err().downcast_ref::<&str>(), Some(&"of the test itself"));
    World::run(SEED, async |_| nap(1).await);
}

#[test]
fn a_world_stops_its_trees_and_gives_back_what_the_body_gives() {
    let log = Log::default();
    let n = World::run(SEED, async |world| {
        world.start(vec![probe("first", &log, &[]).0]);
        let (spec, second) = probe("second", &log, &[]);
        let root = world.start(SupervisorSpec::new(vec![spec]));
        second.ask(Add, soon()).await.unwrap();
        assert_eq!(world.alive(), ["first #1", "root #1 (2 of them)", "second #1"]);
        assert_eq!(root.supervisor().id(), "root");
        world.seed()
    });
    assert_eq!(n, SEED);
    assert_eq!(log.take(), ["start first", "start second", "stop second", "stop first"]);
}

#[test]
fn a_day_passes_in_an_instant_and_the_clock_moves_with_it() {
    let log = Log::default();
    World::run(SEED, async |world| {
        let clock = world.clock();
        let morning = clock.now();
        let (_root, probe) = alone(&log, &[]);
        probe.tell(Break::EveryMinute, Lane::Normal).unwrap();
        world.pass(Duration::from_secs(86_400)).await;
        assert_eq!(clock.now() - morning, chrono::TimeDelta::days(1));
        assert_eq!(world.elapsed().as_secs(), 86_400);
    });
    let n_ticks = log.take().iter().filter(|what| *what == "tick").count();
    assert!((1439..=1440).contains(&n_ticks), "{n_ticks} ticks");
}

#[test]
fn everything_runs_on_one_arbiter_and_an_arbiter_can_be_lost_all_the_same() {
    World::run(SEED, async |world| {
        let (spec, probe) = probe("apart", &Log::default(), &[]);
        let _root = Root::start(vec![spec.place(Place::Dedicated)]);
        assert_eq!(probe.ask(Where, soon()).await, Ok(std::thread::current().id()));
        world.expect_fault("apart #1 lost its arbiter");
        let (held, queued) = (probe.ask(Hold(50), soon()), probe.ask(Add, soon()));
        nap(1).await;
        assert!(world.lose_arbiter("apart"));
        held.await.unwrap_err();
        assert_eq!(queued.await, Ok((2, 1)), "the mailbox outlives the arbiter");
        assert!(!world.lose_arbiter("nobody"));
    });
}

/// A crowd of probes that break and are asked by chance; what happened, and when.
fn story(seed: u64) -> Vec<String> {
    World::run(seed, async |world| {
        let (log, mut rng) = (Log::default(), world.seeds().derive("story", 0));
        let (specs, probes): (Vec<_>, Vec<_>) = (0..5).map(|n| probe(&format!("p{n}"), &log, &[])).unzip();
        world.start(SupervisorSpec::new(specs).intensity(1000, MINUTE).seeds(world.seeds()));
        world.expect_fault("as ordered");
        for _ in 0..200 {
            let probe = &probes[rng.random_range(0..5)];
            match rng.random_range(0..3) {
                0 => probe.tell(Break::Panic, Lane::Bulk).unwrap(),
                1 => probe
                    .tell(Note(format!("{:?}", world.elapsed())), Lane::Normal)
                    .unwrap(),
                _ => log.note(format!("{:?}", probe.ask(Add, soon()).await)),
            }
            nap(rng.random_range(0..8)).await;
        }
        log.take()
    })
}

#[test]
fn the_same_seed_gives_the_same_log_and_another_seed_another() {
    let first = story(SEED);
    assert!(first.len() > 100 && first.iter().any(|what| what.starts_with("start")));
    assert_eq!(first, story(SEED));
    assert_ne!(first, story(SEED + 1));
}

#[test]
fn seeds_and_clocks_are_those_of_the_seed() {
    let draw = |seeds: Seeds| seeds.derive_id("x", 1);
    let (drawn, at) = World::run(SEED, async |world| (draw(world.seeds()), world.clock().now()));
    assert_eq!(drawn, draw(Seeds::new(SEED)));
    assert_eq!(at.to_rfc3339(), "2025-09-05T00:20:00+00:00");
}
