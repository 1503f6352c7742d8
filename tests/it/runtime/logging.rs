//! The way of a record to the logger: what does not fit is counted, nothing goes in circles, and a crash costs its memory.
//!
//! The process's own log is left alone: each test has a tap of its own and calls it as `log` would.

use super::harness::*;
use huddle::supervision::ChildSpec;
use huddle::{
    actor::{AskError, Lane},
    agents::workers::logger::Handed,
    clock::{Clock, Seeds},
    logging::{self, Connection, LoggerRef, Tap},
    shell::Sabotage,
    supervision::SupervisorSpec,
    world::World,
};
use log::{Level, LevelFilter, Log as _, Metadata};
use std::{
    fmt::{self, Display},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// A tap whose output is silent.
fn tap() -> Tap {
    Tap::new(env_logger::Builder::new().filter_level(LevelFilter::Off).build())
}

fn log(tap: &Tap, level: Level, what: impl Display) {
    let mut record = log::Record::builder();
    tap.log(&record.level(level).target("it").args(format_args!("{what}")).build());
}

fn warn(tap: &Tap, what: impl Display) {
    log(tap, Level::Warn, what);
}

/// A logger as the house has it, in a branch that grants as much as the house does.
fn start(world: &World) -> LoggerRef {
    let (spec, logger) = logging::child("logger", world.clock(), world.seeds());
    world.start(SupervisorSpec::new(vec![spec]).intensity(10, MINUTE));
    logger
}

fn handed(n_kept: u64, n_dropped: u64) -> Handed {
    Handed { n_kept, n_dropped }
}

/// A logger nobody runs, whose mailbox takes records all the same, for as long as its specification is kept.
fn idle() -> (ChildSpec, LoggerRef) {
    logging::child("idle", Clock::system(), Seeds::new(0))
}

#[test]
fn a_flood_is_kept_up_to_the_bound_and_the_rest_is_counted() {
    run(async |world| {
        let (tap, logger) = (tap(), start(world));
        let connection = tap.connect(&logger, &world.clock());
        assert_eq!(connection.closing_line(MINUTE).await, None, "nothing was logged");
        for n in 0..5_000 {
            warn(&tap, format_args!("wave {n}"));
        }
        assert_eq!(connection.handed(), handed(1_024, 3_976));
        assert_eq!(logger.vitals().depth, [0, 0, 0, 1_024]);
        let overtaking = connection.summary(MINUTE).await.unwrap();
        assert_eq!((overtaking.n_heard, overtaking.n_unread()), (0, 1_024));
        assert_eq!(
            overtaking.handed.n_dropped, 3_976,
            "a full lane does not keep its own count back"
        );
        nap(1).await;
        let line = connection.closing_line(MINUTE).await;
        assert_eq!(line.unwrap(), "log: 1024 warnings of 1 kind, 3976 dropped");
        for n in 0..5 {
            log(&tap, Level::Error, format_args!("ripple {n}"));
        }
        let summary = connection.summary(MINUTE).await.unwrap();
        assert_eq!((summary.n_heard, summary.handed), (1_029, handed(1_029, 3_976)));
        assert_eq!(summary.kinds[0].n, 1_024);
        let (newest, wave) = (summary.recent.last().unwrap(), &summary.kinds[0]);
        assert_eq!((newest.text(), wave.example.as_str()), ("ripple 4", "wave 1023"));
        assert_eq!(newest.at(), world.clock().now());
    });
}

/// Logs while it is being written.
struct Talkative<'a>(&'a Tap);

impl Display for Talkative<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        warn(self.0, Talkative(self.0));
        f.write_str("outer")
    }
}

#[test]
fn a_record_that_comes_up_while_one_is_handed_over_is_dropped_instead_of_going_round() {
    run(async |world| {
        let (tap, logger) = (tap(), start(world));
        let connection = tap.connect(&logger, &world.clock());
        warn(&tap, Talkative(&tap));
        assert_eq!(connection.handed(), handed(1, 1));
        warn(&tap, "later");
        let summary = connection.summary(MINUTE).await.unwrap();
        let texts: Vec<&str> = summary.recent.iter().map(|record| record.text()).collect();
        assert_eq!((texts, summary.handed), (vec!["outer", "later"], handed(2, 1)));
    });
}

/// Panics while it is being written.
struct Broken;

impl Display for Broken {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in a record")
    }
}

#[test]
fn a_record_that_panics_does_not_stop_the_next() {
    let (tap, (_spec, logger)) = (tap(), idle());
    let connection = tap.connect(&logger, &Clock::system());
    catch_unwind(AssertUnwindSafe(|| warn(&tap, Broken))).unwrap_err();
    warn(&tap, "next");
    assert_eq!(connection.handed(), handed(1, 0));
}

#[test]
fn only_warnings_and_errors_are_heard_and_only_while_connected() {
    let (tap, (_spec, logger)) = (tap(), idle());
    let hears = |level| tap.enabled(&Metadata::builder().level(level).build());
    let all = || {
        for level in Level::iter() {
            log(&tap, level, "x");
        }
    };
    all();
    assert!(!hears(Level::Error), "nobody listens and the output is silent");
    let first = tap.connect(&logger, &Clock::system());
    assert!(hears(Level::Warn) && !hears(Level::Info));
    all();
    assert_eq!(first.handed(), handed(2, 0));
    let second = tap.connect(&logger, &Clock::system());
    drop(first);
    all();
    assert_eq!(
        second.handed(),
        handed(2, 0),
        "the first was replaced and takes nothing along"
    );
    drop(second);
    assert!(!hears(Level::Error));
}

#[test]
fn records_for_a_logger_that_is_gone_are_dropped_without_a_word() {
    run(async |world| {
        let tap = tap();
        let (spec, logger) = logging::child("logger", world.clock(), world.seeds());
        let root = huddle::supervision::Root::start(vec![spec]);
        let connection = tap.connect(&logger, &world.clock());
        nap(1).await;
        warn(&tap, "heard");
        root.shutdown(MINUTE).await;
        assert_eq!(logger.vitals().handled, 1, "what was queued is read before it stops");
        warn(&tap, "too late");
        assert_eq!(connection.handed(), handed(1, 1));
        let line = connection.closing_line(MINUTE).await.unwrap();
        assert!(
            line.starts_with("log: 1 warnings or errors, 1 dropped; the logger could not sort them"),
            "{line}"
        );
    });
}

async fn heard(connection: &Connection<'_>) -> (u64, u64) {
    let summary = connection.summary(MINUTE).await.unwrap();
    (summary.n_heard, summary.n_unread())
}

#[test]
fn a_crash_costs_the_memory_and_the_next_incarnation_reads_on() {
    run(async |world| {
        world.expect_fault("logger #1 panicked: on purpose");
        let (tap, logger) = (tap(), start(world));
        let connection = tap.connect(&logger, &world.clock());
        for n in 0..3 {
            warn(&tap, n);
        }
        assert_eq!(heard(&connection).await, (3, 0));
        logger.tell(Sabotage("on purpose".into()), Lane::Bulk).unwrap();
        for n in 0..2 {
            warn(&tap, n);
        }
        let second = Duration::from_secs(1);
        let unsorted = connection.summary(second).await;
        assert_eq!(
            unsorted,
            Err(AskError::Deadline { started: false }),
            "it comes back later"
        );
        assert_eq!(heard(&connection).await, (2, 3));
        let line = connection.closing_line(MINUTE).await;
        assert_eq!(line.unwrap(), "log: 2 warnings of 1 kind, 0 dropped, 3 unread");
        assert_eq!(logger.vitals().restarts, 1);
    });
}

#[test]
fn a_logger_that_always_crashes_leaves_half_of_the_restarts_to_its_neighbours() {
    run(async |world| {
        world.expect_fault("panicked: whatever it hears");
        let logger = start(world);
        for _ in 0..100 {
            logger
                .tell(Sabotage("whatever it hears".into()), Lane::Control)
                .unwrap();
        }
        world.pass(MINUTE).await;
        let in_a_minute = logger.vitals().restarts;
        assert!((2..=5).contains(&in_a_minute), "{in_a_minute}");
        world.pass(10 * MINUTE).await;
        assert_eq!(logger.gone(), None, "its branch never gave up");
        assert!(logger.vitals().restarts > in_a_minute);
    });
}
