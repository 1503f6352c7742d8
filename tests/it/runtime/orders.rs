//! What a specification and an order can say: how to stop, what to do about a fault, who joins and leaves.

use super::harness::*;
use huddle::{
    actor::{AskError, Exit, Lane, Loss, Refusal},
    supervision::{
        Add as AddChild, Backoff, ChildSpec, ChildState, Directive, OrderError, Remove, RestartChild, Root, Stop,
        Supervisor, SupervisorSpec,
    },
};

#[test]
fn draining_handles_what_is_queued_and_takes_nothing_new() {
    run(async |_| {
        let log = Log::default();
        let (spec, probe) = probe("probe", &log, &[]);
        let root = Root::start(vec![spec.stop(Stop::Drain(MINUTE))]);
        nap(1).await;
        probe.tell(Hold(100), Lane::Normal).unwrap();
        for n in 0..3 {
            probe.tell(Note(format!("queued {n}")), Lane::Bulk).unwrap();
        }
        nap(1).await;
        let stopped = actix_rt::spawn(root.shutdown(MINUTE));
        nap(1).await;
        let refused = probe.tell(Note("late".into()), Lane::Normal).unwrap_err();
        assert_eq!(refused.why, Refusal::Gone(Exit::Shutdown));
        assert_eq!(stopped.await.unwrap().code(), 0);
        assert_eq!(
            log.take(),
            ["start probe", "queued 0", "queued 1", "queued 2", "stop probe"]
        );
        assert_eq!(probe.vitals().dead_letters, 0);
    });
}

#[test]
fn stopping_now_asks_nobody() {
    run(async |_| {
        let log = Log::default();
        let (spec, probe) = probe("probe", &log, &[]);
        let root = Root::start(vec![spec.stop(Stop::Now)]);
        let held = probe.ask(Hold(100), soon());
        nap(1).await;
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
        let cut = AskError::Lost {
            started: true,
            reason: Loss::Exit(Exit::Killed),
        };
        assert_eq!(held.await, Err(cut));
        assert_eq!(log.take(), ["start probe"], "no hook ran");
    });
}

#[test]
fn each_fault_can_have_its_own_directive() {
    run(async |world| {
        world.expect_fault("as ordered");
        world.expect_fault("in a future");
        world.expect_fault("out of paper");
        world.expect_fault("not text");
        world.expect_fault("which its specification escalates");
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let spec = spec.decider(|exit| match exit {
            Exit::Panicked(fault) if fault.text == "as ordered" => Directive::Resume,
            Exit::Panicked(fault) if fault.text == "in a future" => Directive::Restart,
            Exit::Failed(_) => Directive::Stop,
            _ => Directive::Escalate,
        });
        let root = Root::start(SupervisorSpec::new(vec![spec]).intensity(5, MINUTE));
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        match probe.ask(Break::Panic, soon()).await {
            Err(AskError::Lost {
                started: true,
                reason: Loss::Exit(Exit::Panicked(fault)),
            }) => assert_eq!(fault.text, "as ordered"),
            other => panic!("{other:?}"),
        }
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 2)), "resumed with its state");
        assert_eq!(probe.vitals().resumed, 1);
        probe.ask(Break::InFuture, soon()).await.unwrap();
        nap(50).await;
        assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)), "restarted");
        probe.ask(Break::Fail, soon()).await.unwrap();
        nap(50).await;
        assert!(matches!(probe.gone(), Some(Exit::Failed(_))), "stopped");
        root.supervisor()
            .ask(RestartChild("probe".into()), soon())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(probe.ask(Add, soon()).await, Ok((3, 1)), "an order brings it back");
        probe.ask(Break::PanicOddly, soon()).await.unwrap_err();
        let report = root.ended().await;
        assert!(
            report.exit.to_string().contains("which its specification escalates"),
            "{}",
            report.exit
        );
    });
}

#[test]
fn a_future_that_panicked_is_not_polled_again_after_resuming() {
    run(async |world| {
        world.expect_fault("in an interval");
        world.expect_fault("as ordered");
        world.expect_fault("more than 3 restarts");
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let root =
            Root::start(SupervisorSpec::new(vec![spec.decider(|_| Directive::Resume)]).intensity(3, MINUTE));
        probe.ask(Break::InInterval, soon()).await.unwrap();
        nap(1000).await;
        assert_eq!(probe.vitals().resumed, 1);
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        for _ in 0..3 {
            probe.ask(Break::Panic, soon()).await.unwrap_err();
        }
        assert_eq!(
            root.ended().await.code(),
            70,
            "resuming counts against the intensity too"
        );
    });
}

#[test]
fn a_supervisor_that_panics_is_a_failed_child_of_its_parent() {
    run(async |world| {
        world.expect_fault("out of paper");
        world.expect_fault("the decider itself is broken");
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let spec = spec.decider(|exit| match exit {
            Exit::Failed(_) => panic!("the decider itself is broken"),
            _ => Directive::Restart,
        });
        let (nest, nested) = ChildSpec::of::<Supervisor>("nest", vec![spec].into());
        let root = Root::start(vec![nest.backoff(Backoff::constant(ms(10)))]);
        probe.ask(Break::Fail, soon()).await.unwrap();
        nap(50).await;
        assert_eq!(nested.vitals().restarts, 1);
        assert_eq!(probe.ask(Add, soon()).await, Ok((2, 1)));
        let tree = root.tree(MINUTE).await.unwrap();
        let fault = tree.find("nest").unwrap().last_fault.clone().unwrap();
        assert_eq!(fault.text, "the decider itself is broken");
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
    });
}

#[test]
fn children_can_be_added_removed_and_restarted_while_the_tree_runs() {
    run(async |_| {
        let log = Log::default();
        let root = Root::start(SupervisorSpec::new(vec![probe("first", &log, &[]).0]).max_children(2));
        let order = |spec| root.supervisor().ask(AddChild(spec), control());
        let (spec, second) = probe("second", &log, &[]);
        order(spec).await.unwrap().unwrap();
        assert_eq!(second.ask(Add, soon()).await, Ok((1, 1)));
        assert_eq!(&*second.path(), "/second");
        let full = order(probe("third", &log, &[]).0).await.unwrap();
        assert_eq!(full, Err(OrderError::Full(2)));
        let restart = |id: &str| root.supervisor().ask(RestartChild(id.into()), control());
        assert_eq!(
            restart("nobody").await.unwrap(),
            Err(OrderError::Unknown("nobody".into()))
        );
        second.tell(Hold(10), Lane::Normal).unwrap();
        let queued = second.ask(Add, soon());
        nap(1).await;
        restart("second").await.unwrap().unwrap();
        assert_eq!(queued.await, Ok((2, 1)), "its queue stays");
        root.supervisor()
            .ask(Remove("second".into()), control())
            .await
            .unwrap()
            .unwrap();
        nap(1).await;
        assert_eq!(second.gone(), Some(Exit::Shutdown));
        let tree = root.tree(MINUTE).await.unwrap();
        assert_eq!((tree.children.len(), &tree.children[0].state), (1, &ChildState::Up));
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
    });
}
