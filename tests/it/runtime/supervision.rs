//! Supervisors from outside: restart kinds, delays, order, deadlines, escalation and places.

use super::harness::*;
use actix::System;
use huddle::{
    actor::{ActorRef, AskError, Exit, Lane, Loss},
    clock::uptime,
    supervision::{Backoff, ChildSpec, ChildState, Place, Restart, Root, Supervisor, SupervisorSpec},
};

#[test]
fn restart_kinds_decide_by_the_exit() {
    for (restart, order, back) in [
        (Restart::Permanent, Break::Stop, true),
        (Restart::Permanent, Break::Panic, true),
        (Restart::Transient, Break::Stop, false),
        (Restart::Transient, Break::Panic, true),
        (Restart::Transient, Break::Fail, true),
        (Restart::Temporary, Break::Stop, false),
        (Restart::Temporary, Break::Panic, false),
    ] {
        run(async |world| {
            match order {
                Break::Panic => world.expect_fault("as ordered"),
                Break::Fail => world.expect_fault("out of paper"),
                _ => {}
            }
            let (spec, probe) = probe("probe", &Log::default(), &[]);
            let _root = Root::start(vec![spec.restart(restart)]);
            let _ = probe.ask(order, soon()).await;
            nap(20).await;
            let answer = probe.ask(Add, soon()).await;
            if back {
                assert_eq!(answer, Ok((2, 1)));
            } else {
                assert!(matches!(answer, Err(AskError::Gone(_))), "{restart:?} {answer:?}");
                assert_eq!(probe.vitals().restarts, 0);
            }
        });
    }
}

#[test]
fn the_delay_grows_and_falls_back_after_a_long_life() {
    run(async |world| {
        world.expect_fault("as ordered");
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let backoff = Backoff {
            min: ms(10),
            max: ms(60),
            jitter: 0.0,
            reset_after: ms(1000),
            factor: 2.0,
        };
        let spec = SupervisorSpec::new(vec![spec.backoff(backoff)]).intensity(100, MINUTE);
        let _root = Root::start(spec);
        let mut downtimes = Vec::new();
        for rest in [0, 0, 0, 0, 999, 1000] {
            probe.ask(Add, soon()).await.unwrap();
            nap(rest).await;
            let start = uptime();
            probe.ask(Break::Panic, soon()).await.unwrap_err();
            probe.ask(Add, soon()).await.unwrap();
            downtimes.push((uptime() - start).as_millis());
        }
        assert_eq!(downtimes, [10, 20, 40, 60, 60, 10]);
    });
}

/// root > top > mid > leaf and a sibling; every level below root grants one restart a minute.
fn deep(log: &Log) -> (Root, [ActorRef<Probe>; 2], ActorRef<Supervisor>) {
    let (leaf, leaf_ref) = probe("leaf", log, &[]);
    let (sibling, sibling_ref) = probe("sibling", log, &[]);
    let nest = |id: &str, children: Vec<ChildSpec>| {
        let spec = SupervisorSpec::new(children).intensity(1, MINUTE);
        let (spec, supervisor) = ChildSpec::of::<Supervisor>(id, spec);
        (spec.backoff(Backoff::constant(ms(10))), supervisor)
    };
    let (mid, mid_ref) = nest("mid", vec![leaf, sibling]);
    let (top, _) = nest("top", vec![mid]);
    let root = Root::start(SupervisorSpec::new(vec![top]).intensity(0, MINUTE));
    (root, [leaf_ref, sibling_ref], mid_ref)
}

#[test]
fn too_many_restarts_escalate_level_by_level_to_the_exit_report() {
    run(async |world| {
        world.expect_fault("as ordered");
        let log = Log::default();
        let (root, [leaf, sibling], mid) = deep(&log);
        // One restart by mid, one of mid by top: the same handles work after each.
        for incarnation in 1..=4 {
            assert_eq!(leaf.ask(Add, soon()).await, Ok((incarnation, 1)));
            leaf.ask(Break::Panic, soon()).await.unwrap_err();
            nap(30).await;
        }
        let report = root.ended().await;
        let text = report.exit.to_string();
        assert!(matches!(report.exit, Exit::Escalated(_)) && report.code() == 70);
        for part in ["top", "mid", "leaf", "as ordered"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(matches!(
            leaf.ask(Add, soon()).await,
            Err(AskError::Gone(Exit::Escalated(_)))
        ));
        assert!(matches!(mid.gone(), Some(Exit::Escalated(_))));
        assert_eq!(
            sibling.gone(),
            Some(Exit::Shutdown),
            "siblings are stopped, not left alone"
        );
        assert_eq!(log.take().iter().filter(|what| *what == "stop sibling").count(), 2);
    });
}

#[test]
fn the_tree_shows_every_level() {
    run(async |world| {
        world.expect_fault("as ordered");
        let (root, [leaf, _], _) = deep(&Log::default());
        leaf.ask(Break::Panic, soon()).await.unwrap_err();
        nap(1).await;
        leaf.tell(Add, Lane::Bulk).unwrap();
        let tree = root.tree(MINUTE).await.unwrap();
        let (leaf, mid) = (tree.find("leaf").unwrap(), tree.find("mid").unwrap());
        assert_eq!(
            (leaf.state.clone(), leaf.vitals.depth),
            (ChildState::Backoff, [0, 0, 0, 1])
        );
        assert_eq!(leaf.last_fault.as_ref().unwrap().text, "as ordered");
        assert_eq!((mid.state.clone(), mid.children.len()), (ChildState::Up, 2));
        nap(10).await;
        let tree = root.tree(MINUTE).await.unwrap();
        let leaf = tree.find("leaf").unwrap();
        assert_eq!(
            (leaf.state.clone(), leaf.vitals.incarnation, leaf.vitals.restarts),
            (ChildState::Up, 2, 1)
        );
        assert_eq!(tree.id, "root");
    });
}

#[test]
fn children_start_in_order_and_stop_in_reverse() {
    run(async |_| {
        let log = Log::default();
        let inner = |id: &str| probe(id, &log, &[]).0;
        let (nest, _) = ChildSpec::of::<Supervisor>("nest", vec![inner("b1"), inner("b2")].into());
        let root = Root::start(vec![inner("a"), nest, inner("c")]);
        nap(1).await;
        let mut started = log.take();
        assert_eq!(started.first().map(String::as_str), Some("start a"));
        started.sort();
        assert_eq!(started, ["start a", "start b1", "start b2", "start c"]);
        let report = root.shutdown(MINUTE).await;
        assert_eq!(
            (report.exit.clone(), report.in_time, report.code()),
            (Exit::Shutdown, true, 0)
        );
        assert_eq!(log.take(), ["stop c", "stop b2", "stop b1", "stop a"]);
    });
}

#[test]
fn a_child_that_does_not_stop_is_cut_off_at_its_deadline() {
    run(async |_| {
        let log = Log::default();
        let (a, _) = probe("a", &log, &[]);
        let (stubborn, stubborn_ref) = probe("stubborn", &log, &[Trouble::NeverStops]);
        let root = Root::start(vec![a, stubborn.stop_deadline(ms(300))]);
        let held = stubborn_ref.ask(Slow(5000), soon());
        nap(1).await;
        let start = uptime();
        let report = root.shutdown(MINUTE).await;
        assert_eq!((report.exit, uptime() - start), (Exit::Shutdown, ms(300)));
        assert_eq!(stubborn_ref.gone(), Some(Exit::Killed));
        let cut = AskError::Lost {
            started: true,
            reason: Loss::Exit(Exit::Killed),
        };
        assert_eq!(held.await, Err(cut));
        assert_eq!(log.take(), ["start a", "start stubborn", "stop a"]);
    });
}

#[test]
fn the_overall_deadline_and_a_dropped_root_cut_off_the_rest() {
    run(async |_| {
        let log = Log::default();
        let (stubborn, probe) = probe("stubborn", &log, &[Trouble::NeverStops]);
        let root = Root::start(vec![stubborn]);
        nap(1).await;
        let report = root.shutdown(ms(100)).await;
        assert_eq!(
            (report.exit.clone(), report.in_time, report.code()),
            (Exit::Killed, false, 75)
        );
        nap(1).await;
        assert_eq!(probe.ask(Add, soon()).await, Err(AskError::Gone(Exit::Killed)));

        let (root, probe) = alone(&log, &[]);
        probe.ask(Add, soon()).await.unwrap();
        drop(root);
        nap(1).await;
        assert_eq!(probe.gone(), Some(Exit::Killed));
    });
}

#[test]
fn a_stop_during_backoff_does_not_restart_the_child() {
    run(async |world| {
        world.expect_fault("as ordered");
        let log = Log::default();
        let (root, probe) = alone(&log, &[]);
        probe.ask(Break::Panic, soon()).await.unwrap_err();
        nap(1).await;
        assert_eq!(root.shutdown(MINUTE).await.exit, Exit::Shutdown);
        nap(1000).await;
        assert_eq!(
            (log.take(), probe.vitals().incarnation),
            (vec!["start probe".to_owned()], 1)
        );
    });
}

#[test]
fn a_dedicated_child_heals_on_its_own_thread() {
    // Two threads have two clocks, so this one test runs in real time; it waits for answers only, never for a clock.
    System::new().block_on(async {
        let (spec, probe) = probe("apart", &Log::default(), &[]);
        let root = Root::start(vec![spec.place(Place::Dedicated)]);
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        probe.ask(Break::Panic, soon()).await.unwrap_err();
        assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)));
        // The dying arbiter may still answer; in the end its successor does.
        probe.tell(LoseArbiter, Lane::Normal).unwrap();
        while !matches!(probe.ask(Add, soon()).await, Ok((3, _))) {}
        let branch = root.tree(MINUTE).await.unwrap().find("apart").unwrap().clone();
        assert_eq!((branch.vitals.restarts, branch.state), (2, ChildState::Up));
        assert_eq!(root.shutdown(MINUTE).await.exit, Exit::Shutdown);
    });
}
