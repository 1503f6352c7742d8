//! Every way an incarnation can end badly, and what its askers and successors see of it.

use super::harness::*;
use huddle::{
    actor::{AskError, Exit, Lane, Loss},
    clock::uptime,
};

fn lost(error: AskError) -> (bool, String) {
    match error {
        AskError::Lost {
            started,
            reason: Loss::Exit(exit),
        } => (started, exit.to_string()),
        other => panic!("not lost with an exit: {other:?}"),
    }
}

#[test]
fn a_panic_answers_the_ask_in_hand_and_keeps_the_queued_ones() {
    run(async |world| {
        world.expect_fault("as ordered");
        let (_root, probe) = alone(&Log::default(), &[]);
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        let broken = probe.ask(Break::Panic, soon());
        let queued: Vec<_> = (0..3).map(|_| probe.ask(Add, soon())).collect();
        let start = uptime();
        let (started, exit) = lost(broken.await.unwrap_err());
        assert!(started);
        assert!(
            exit.contains("as ordered (during message") && exit.contains("harness.rs:"),
            "{exit}"
        );
        assert_eq!(uptime() - start, ms(0), "an asker learns of the crash at once");
        let mut answers = Vec::new();
        for ask in queued {
            answers.push(ask.await.unwrap());
        }
        assert_eq!(answers, [(2, 1), (2, 2), (2, 3)], "fresh state, same queue");
        assert_eq!(uptime() - start, ms(10));
        let vitals = probe.vitals();
        assert_eq!(
            (vitals.incarnation, vitals.restarts, vitals.handled, vitals.in_hand),
            (2, 1, 4, None)
        );
    });
}

#[test]
fn an_ask_whose_future_is_pending_is_lost_as_started_when_a_neighbour_panics() {
    run(async |world| {
        world.expect_fault("in a future");
        let (_root, probe) = alone(&Log::default(), &[]);
        let (slow, held) = (probe.ask(Slow(1000), soon()), probe.ask(Break::InFuture, soon()));
        assert_eq!(held.await, Ok(()));
        let (started, exit) = lost(slow.await.unwrap_err());
        assert!(
            started && exit.contains("in a future (during a future spawned by"),
            "{exit}"
        );
        assert!(
            exit.contains("Break"),
            "the fault names what spawned the future: {exit}"
        );
        assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)));
    });
}

#[test]
fn faults_in_every_place_heal() {
    use Trouble::{None as Healthy, PanicsInCreate, PanicsInStarted, RefusesToStart};
    for (trouble, text) in [
        (PanicsInCreate, "in create (during create"),
        (PanicsInStarted, "in started (during started"),
        (RefusesToStart, "failed: could not start: no key"),
    ] {
        run(async |world| {
            world.expect_fault(text);
            let (root, probe) = alone(&Log::default(), &[trouble, Healthy]);
            assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)), "{text}");
            let tree = root.tree(MINUTE).await.unwrap();
            let fault = tree.find("probe").unwrap().last_fault.clone().unwrap();
            let seen = if trouble == RefusesToStart {
                Exit::Failed(fault)
            } else {
                Exit::Panicked(fault)
            };
            assert!(seen.to_string().contains(text), "{seen}");
        });
    }
    for (order, text) in [
        (Break::InInterval, "in an interval (during a future spawned by"),
        (Break::InFuture, "in a future (during a future spawned by"),
        (Break::Fail, "out of paper (during message"),
    ] {
        run(async |world| {
            world.expect_fault(text);
            let (root, probe) = alone(&Log::default(), &[]);
            probe.tell(order, Lane::Normal).unwrap();
            nap(30).await;
            assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)), "{text}");
            let tree = root.tree(MINUTE).await.unwrap();
            let fault = tree.find("probe").unwrap().last_fault.clone().unwrap().to_string();
            assert!(fault.contains(text), "{fault}");
        });
    }
}

#[test]
fn a_payload_that_is_not_text_is_still_a_fault() {
    run(async |world| {
        world.expect_fault("not text");
        let (_root, probe) = alone(&Log::default(), &[]);
        let (started, exit) = lost(probe.ask(Break::PanicOddly, soon()).await.unwrap_err());
        assert!(started && exit.contains("not text"), "{exit}");
        assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)));
    });
}

#[test]
fn a_panic_in_the_stop_hook_is_reported_and_does_not_abort() {
    run(async |world| {
        world.expect_fault("in stopped");
        let (root, probe) = alone(&Log::default(), &[Trouble::PanicsInStopped]);
        probe.tell(Break::Stop, Lane::Normal).unwrap();
        nap(20).await;
        let fault = root
            .tree(MINUTE)
            .await
            .unwrap()
            .find("probe")
            .unwrap()
            .last_fault
            .clone()
            .unwrap();
        assert_eq!((fault.text.as_str(), fault.during.as_str()), ("in stopped", "stopped"));
        assert_eq!(root.shutdown(MINUTE).await.exit, Exit::Shutdown);
    });
}

#[test]
fn stop_hooks_run_for_a_stop_and_not_for_a_crash() {
    run(async |world| {
        world.expect_fault("as ordered");
        let log = Log::default();
        let (root, probe) = alone(&log, &[]);
        probe.ask(Break::Panic, soon()).await.unwrap_err();
        nap(20).await;
        assert_eq!(log.take(), ["start probe", "start probe"]);
        probe.tell(Break::Stop, Lane::Normal).unwrap();
        nap(20).await;
        assert_eq!(log.take(), ["stop probe", "start probe"]);
        root.shutdown(MINUTE).await;
        assert_eq!(log.take(), ["stop probe"]);
    });
}

#[test]
fn an_actor_may_change_its_mind_about_its_own_stop_but_not_about_an_order() {
    run(async |_| {
        let (root, probe) = alone(&Log::default(), &[Trouble::ChangesItsMind]);
        probe.ask(Break::Stop, soon()).await.unwrap();
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        assert_eq!(root.shutdown(MINUTE).await.exit, Exit::Shutdown);
        assert_eq!(probe.ask(Add, soon()).await, Err(AskError::Gone(Exit::Shutdown)));
    });
}
