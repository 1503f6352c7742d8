//! The mailbox from outside: bounds, urgency, deadlines and dead letters.

use super::harness::*;
use huddle::{
    actor::{AskError, Exit, How, Lane, LaneBounds, Loss, Refusal},
    clock::uptime,
    supervision::{ChildSpec, Restart, Root},
};

#[test]
fn a_full_lane_returns_the_message_and_control_still_gets_in_first() {
    run(async |_| {
        let log = Log::default();
        let (spec, probe) = probe("probe", &log, &[]);
        let bounds = LaneBounds {
            bulk: 3,
            ..LaneBounds::default()
        };
        let _root = Root::start(vec![spec.lanes(bounds)]);
        let sent: Vec<_> = (0..5)
            .map(|n| probe.tell(Note(format!("bulk {n}")), Lane::Bulk))
            .collect();
        assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 3);
        let refused = sent.into_iter().nth(4).unwrap().unwrap_err();
        assert_eq!(refused.message.0, "bulk 4");
        assert_eq!(
            refused.why,
            Refusal::Overloaded {
                lane: Lane::Bulk,
                bound: 3
            }
        );
        for lane in [Lane::Normal, Lane::High, Lane::Control] {
            probe.tell(Note(format!("{lane:?}")), lane).unwrap();
        }
        assert_eq!(probe.ask(Add, soon().on(Lane::Bulk)).await, Err(AskError::Overloaded));
        assert_eq!(probe.vitals().depth, [1, 1, 1, 3]);
        nap(1).await;
        assert_eq!(
            log.take(),
            ["start probe", "Control", "High", "Normal", "bulk 0", "bulk 1", "bulk 2"]
        );
    });
}

#[test]
fn control_is_served_while_a_wait_holds_the_other_lanes() {
    run(async |_| {
        let log = Log::default();
        let (_root, probe) = alone(&log, &[]);
        let hold = probe.ask(Hold(100), soon());
        nap(1).await;
        probe.tell(Note("normal".into()), Lane::Normal).unwrap();
        probe.tell(Note("control".into()), Lane::Control).unwrap();
        nap(1).await;
        assert_eq!(log.take(), ["start probe", "control"]);
        hold.await.unwrap();
        nap(1).await;
        assert_eq!(log.take(), ["normal"]);
    });
}

#[test]
fn waits_run_in_the_order_they_were_registered() {
    run(async |_| {
        let (_root, probe) = alone(&Log::default(), &[]);
        let start = uptime();
        let first = probe.ask(Hold(50), soon());
        nap(10).await;
        let second = probe.ask(Hold(5), control());
        first.await.unwrap();
        assert_eq!(uptime() - start, ms(50));
        second.await.unwrap();
        assert_eq!(uptime() - start, ms(55));
    });
}

#[test]
fn a_deadline_says_whether_work_had_started() {
    run(async |_| {
        let (_root, probe) = alone(&Log::default(), &[]);
        let mut hasty = soon();
        hasty.deadline = ms(20);
        let (started, queued) = tokio::join!(probe.ask(Hold(100), hasty), probe.ask(Add, hasty));
        assert_eq!(started, Err(AskError::Deadline { started: true }));
        assert_eq!(queued, Err(AskError::Deadline { started: false }));
        assert_eq!(
            probe.ask(Add, soon()).await,
            Ok((1, 1)),
            "the withdrawn ask was not run"
        );
        assert_eq!(probe.vitals().withdrawn, 1);
        assert_eq!(probe.vitals().dead_letters, 0);
    });
}

#[test]
fn dead_letters_are_counted_and_their_askers_told() {
    run(async |_| {
        let log = Log::default();
        let (spec, probe) = probe("probe", &log, &[]);
        let root = Root::start(vec![spec.restart(Restart::Temporary)]);
        probe.tell(Break::Stop, Lane::Normal).unwrap();
        for n in 0..3 {
            probe.tell(Note(format!("{n}")), Lane::Bulk).unwrap();
        }
        let queued = probe.ask(Add, soon());
        let withdrawn = probe.ask(Add, soon());
        drop(withdrawn);
        let unread = AskError::Lost {
            started: false,
            reason: Loss::Exit(Exit::Normal),
        };
        assert_eq!(queued.await, Err(unread));
        assert_eq!(
            probe.vitals().dead_letters,
            4,
            "three told and one asked; nobody misses the withdrawn one"
        );
        assert_eq!(probe.gone(), Some(Exit::Normal));
        let refused = probe.tell(Note("late".into()), Lane::Control).unwrap_err();
        assert_eq!(
            (refused.message.0.as_str(), refused.why),
            ("late", Refusal::Gone(Exit::Normal))
        );
        drop(root);
    });
}

#[test]
fn plain_actix_addresses_work_and_survive_a_restart_in_the_queue() {
    run(async |world| {
        world.expect_fault("as ordered");
        let log = Log::default();
        let (_root, probe) = alone(&log, &[]);
        probe.ask(Echo("one".into()), soon()).await.unwrap();
        nap(1).await;
        assert_eq!(log.take(), ["start probe", "one"]);
        // The plain message waits behind the panic, which is ahead of it on a more urgent lane.
        probe.tell(Echo("two".into()), Lane::Control).unwrap();
        probe.tell(Break::Panic, Lane::Control).unwrap();
        nap(20).await;
        assert_eq!(log.take(), ["start probe", "two"]);
    });
}

#[test]
fn a_flooded_actor_lets_its_neighbour_speak() {
    run(async |_| {
        let log = Log::default();
        let (flooded, flood) = probe("flooded", &log, &[]);
        let (quiet, other) = probe("quiet", &log, &[]);
        let _root = Root::start(vec![flooded, quiet] as Vec<ChildSpec>);
        nap(1).await;
        log.take();
        for _ in 0..1000 {
            flood.tell(Note("flood".into()), Lane::Normal).unwrap();
        }
        other.tell(Note("quiet".into()), Lane::Normal).unwrap();
        nap(1).await;
        let heard = log.take();
        let place = heard.iter().position(|text| text == "quiet").unwrap();
        assert_eq!(heard.len(), 1001);
        assert!(place <= 64, "the neighbour spoke after {place} messages");
    });
}

/// What a full budget of one turn leaves behind is seen to at the next: futures not polled yet, and plain addresses.
#[test]
fn a_full_budget_overlooks_nothing() {
    run(async |_| {
        let (_root, probe) = alone(&Log::default(), &[]);
        nap(1).await;
        // The last of 64 messages holds the mailbox: its wait has never been polled when the budget is used up.
        for _ in 0..63 {
            probe.tell(Add, Lane::Normal).unwrap();
        }
        assert_eq!(probe.ask(Hold(5), How::within(ms(100))).await, Ok(()));
        for n in 0..100 {
            probe.tell(Hold(n % 3), Lane::Normal).unwrap();
        }
        nap(1000).await;
        assert_eq!(probe.ask(Add, How::within(ms(100))).await, Ok((1, 64)));
        for n in 0..200 {
            probe.tell(Echo(n.to_string()), Lane::Normal).unwrap();
        }
        nap(100).await;
        assert_eq!(probe.vitals().handled, 63 + 1 + 100 + 1 + 200 + 200);
    });
}
