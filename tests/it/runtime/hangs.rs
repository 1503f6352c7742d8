//! Hangs: a child that makes no progress is replaced with its queue, and the one it replaces does nothing more.

use super::harness::*;
use actix::{Actor, Handler, Message, MessageResult, System};
use huddle::{
    actor::{ActorRef, AskError, Birth, Component, Ctx, Exit, How, Lane, Loss, StartError},
    supervision::{Backoff, ChildSpec, Place, Root, Supervisor, SupervisorSpec},
};
use parking_lot::Mutex;
use std::sync::{Arc, mpsc};

#[test]
fn a_wait_that_never_ends_is_a_hang() {
    run(async |world| {
        world.expect_fault("no progress");
        let (spec, probe) = probe("probe", &Log::default(), &[]);
        let _root = Root::start(vec![spec.backoff(Backoff::constant(ms(0))).hang_limit(ms(100))]);
        assert_eq!(probe.ask(Add, soon()).await, Ok((1, 1)));
        let stuck = probe.ask(Hold(1_000_000), soon());
        let queued = [probe.ask(Add, soon()), probe.ask(Add, soon())];
        nap(90).await;
        assert_eq!(probe.vitals().restarts, 0, "not before its limit");
        match stuck.await {
            Err(AskError::Lost {
                started: true,
                reason: Loss::Exit(Exit::Hung(fault)),
            }) => assert!(fault.during.contains("wait"), "{fault}"),
            other => panic!("{other:?}"),
        }
        let [first, second] = queued;
        assert_eq!((first.await, second.await), (Ok((2, 1)), Ok((2, 2))));
        nap(10_000).await;
        assert_eq!(probe.vitals().restarts, 1, "idling is no hang");
        probe.ask(Hold(90), soon()).await.unwrap();
        assert_eq!(
            probe.ask(Add, soon()).await,
            Ok((2, 3)),
            "a wait within the limit is no hang"
        );
    });
}

/// Who did which job.
type Done = Arc<Mutex<Vec<(u64, u32)>>>;

/// An actor that can be blocked in a handler, really, with its thread.
struct Worker {
    done: Done,
    incarnation: u64,
}

impl Actor for Worker {
    type Context = Ctx<Worker>;
}

impl Component for Worker {
    type Args = Done;

    fn create(done: &Self::Args, birth: Birth, _: &mut Ctx<Worker>) -> Result<Worker, StartError> {
        let (done, incarnation) = (done.clone(), birth.incarnation);
        Ok(Worker { done, incarnation })
    }
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Job(u32);

impl Handler<Job> for Worker {
    type Result = MessageResult<Job>;
    fn handle(&mut self, Job(n): Job, _: &mut Ctx<Worker>) -> MessageResult<Job> {
        self.done.lock().push((self.incarnation, n));
        MessageResult(self.incarnation)
    }
}

/// Blocks the thread until the other end says so or is gone.
#[derive(Message)]
#[rtype(result = "()")]
struct Block(mpsc::Receiver<()>);

impl Handler<Block> for Worker {
    type Result = ();
    fn handle(&mut self, Block(gate): Block, _: &mut Ctx<Worker>) {
        let _ = gate.recv();
    }
}

fn block(worker: &ActorRef<Worker>) -> (mpsc::Sender<()>, impl Future<Output = Result<(), AskError>> + use<>) {
    let (gate, closed) = mpsc::channel();
    (gate, worker.ask(Block(closed), soon()))
}

/// A worker on a thread of its own that is replaced after 50 ms without progress.
fn worker() -> (ChildSpec, ActorRef<Worker>, Done) {
    let done = Arc::default();
    let (spec, worker) = ChildSpec::of::<Worker>("worker", Arc::clone(&done));
    let spec = spec.place(Place::Dedicated).backoff(Backoff::constant(ms(0)));
    (spec.hang_limit(ms(50)), worker, done)
}

/// Waits until `true`, letting other actors work; only a bug can make this last.
async fn until(mut reached: impl FnMut() -> bool) {
    while !reached() {
        tokio::task::yield_now().await;
    }
}

// Blocked threads need real time; these tests wait for events only, never for a clock.

#[test]
fn a_blocked_thread_loses_its_queue_to_a_fresh_one_and_does_nothing_more() {
    System::new().block_on(async {
        let (spec, worker, done) = worker();
        let root = Root::start(vec![spec]);
        assert_eq!(worker.ask(Job(1), soon()).await, Ok(1));
        let (gate, blocked) = block(&worker);
        let queued = [worker.ask(Job(2), soon()), worker.ask(Job(3), soon())];
        let lost = blocked.await.unwrap_err();
        assert!(
            matches!(
                &lost,
                AskError::Lost {
                    started: true,
                    reason: Loss::Exit(Exit::Hung(_))
                }
            ),
            "{lost:?}"
        );
        for answer in queued {
            assert_eq!(answer.await, Ok(2), "the queue went to the next incarnation");
        }
        drop(gate);
        for n in 4..100 {
            assert_eq!(worker.ask(Job(n), soon()).await, Ok(2));
        }
        assert!(done.lock()[1..].iter().all(|(incarnation, _)| *incarnation == 2));
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
    });
}

#[test]
fn when_too_many_threads_hang_the_process_is_to_be_restarted() {
    System::new().block_on(async {
        let (spec, worker, _) = worker();
        let root = Root::start(SupervisorSpec::new(vec![spec]).intensity(100, MINUTE));
        let mut gates = Vec::new();
        for n in 1..=4 {
            let (gate, blocked) = block(&worker);
            gates.push(gate);
            blocked.await.unwrap_err();
            assert_eq!(worker.ask(Job(0), soon()).await, Ok(n + 1));
        }
        // One thread comes back: there is room for another hang.
        drop(gates.pop());
        until(|| root.n_zombies() == 3).await;
        for still_there in [true, false] {
            let (gate, blocked) = block(&worker);
            gates.push(gate);
            blocked.await.unwrap_err();
            if still_there {
                assert_eq!(worker.ask(Job(0), soon()).await, Ok(6));
            }
        }
        let report = root.ended().await;
        assert!(
            matches!(&report.exit, Exit::Fatal(fault) if fault.text.contains("4 threads hang")),
            "{report:?}"
        );
        assert_eq!(report.code(), 70);
        let gone = worker.ask(Job(0), soon()).await;
        assert!(
            matches!(gone, Err(AskError::Gone(Exit::Escalated(_) | Exit::Fatal(_)))),
            "{gone:?}"
        );
    });
}

#[test]
fn a_child_that_blocks_its_supervisors_thread_has_both_replaced_from_above() {
    System::new().block_on(async {
        let done = Arc::default();
        let (spec, worker) = ChildSpec::of::<Worker>("worker", Arc::clone(&done));
        let (nest, _) = ChildSpec::of::<Supervisor>("nest", vec![spec].into());
        let nest = nest.place(Place::Dedicated).backoff(Backoff::constant(ms(0)));
        let root = Root::start(vec![nest.hang_limit(ms(50))]);
        assert_eq!(worker.ask(Job(1), soon()).await, Ok(1));
        let (gate, _blocked) = block(&worker);
        // Its supervisor is called, and its thread does not come.
        let queued = worker.ask(Job(2), soon());
        let (tree, answer) = (root.tree(MINUTE), queued);
        let (tree, answer) = futures_util::future::join(tree, answer).await;
        assert_eq!(answer, Ok(2));
        assert!(tree.is_ok());
        drop(gate);
        until(|| root.n_zombies() == 0).await;
        assert_eq!(
            worker.ask(Job(3), soon()).await,
            Ok(2),
            "the late end of the old one harms nobody"
        );
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
    });
}

#[test]
fn an_idle_branch_on_a_blocked_thread_is_found_without_anybody_calling_it() {
    System::new().block_on(async {
        let done = Arc::default();
        let (spec, worker) = ChildSpec::of::<Worker>("worker", Arc::clone(&done));
        let (nest, _) = ChildSpec::of::<Supervisor>("nest", vec![spec].into());
        let nest = nest.place(Place::Dedicated).backoff(Backoff::constant(ms(0)));
        let root = Root::start(vec![nest.hang_limit(ms(20))]);
        assert_eq!(worker.ask(Job(1), soon()).await, Ok(1));
        let (gate, blocked) = block(&worker);
        let lost = blocked.await.unwrap_err();
        assert!(matches!(lost, AskError::Lost { started: true, .. }), "{lost:?}");
        assert_eq!(worker.ask(Job(2), soon()).await, Ok(2));
        assert_eq!(root.n_zombies(), 1, "the thread is counted");
        drop(gate);
        until(|| root.n_zombies() == 0).await;
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
    });
}

#[test]
fn a_blocked_child_does_not_hold_up_the_shutdown() {
    System::new().block_on(async {
        let (spec, worker, _) = worker();
        let root = Root::start(vec![spec.hang_limit(MINUTE).stop_deadline(ms(20))]);
        let (_gate, blocked) = block(&worker);
        until(|| worker.vitals().in_hand.is_some_and(|hand| hand.what.contains("Block"))).await;
        assert_eq!(root.shutdown(MINUTE).await.code(), 0);
        let cut = AskError::Lost {
            started: true,
            reason: Loss::Exit(Exit::Killed),
        };
        assert_eq!(blocked.await, Err(cut), "its asker is told at once");
        assert!(worker.tell(Job(9), Lane::Normal).is_err());
        assert_eq!(
            worker.ask(Job(9), How::within(MINUTE)).await,
            Err(AskError::Gone(Exit::Killed))
        );
    });
}
