//! The shell against a bare loop, its faults, and heavy machines on a blocking thread.

use super::harness::*;
use chrono::{DateTime, Utc};
use huddle::{
    actor::{AskError, Ctx, Exit, Lane, Loss},
    clock::{Clock, Seeds},
    machine::{Machine, Turn, drive},
    shell::{Consult, Hear, Outlet, Sabotage, Shell, ShellArgs, ShellRef},
    supervision::{Backoff, ChildSpec, Root},
    world::World,
};
use rand::RngExt as _;
use std::thread::ThreadId;

/// Rolls dice. `HEAVY` as the parameter says.
struct Dice<const HEAVY: bool>(u32);

#[derive(Debug, PartialEq)]
struct Rolled {
    nth: u32,
    face: u32,
    at: DateTime<Utc>,
    thread: ThreadId,
}

impl<const HEAVY: bool> Machine for Dice<HEAVY> {
    type Input = u32;
    type Effect = Rolled;
    const HEAVY: bool = HEAVY;

    fn turn(&mut self, sides: u32, turn: &mut Turn<Rolled>) {
        assert!(sides > 0, "a die without sides");
        self.0 += 1;
        let face = turn.rng().random_range(0..sides);
        turn.emit(Rolled {
            nth: self.0,
            face,
            at: turn.now(),
            thread: std::thread::current().id(),
        });
    }
}

struct Notebook(Log);

impl<const HEAVY: bool> Outlet<Dice<HEAVY>> for Notebook {
    fn perform(&mut self, rolled: Rolled, _: &mut Ctx<Shell<Dice<HEAVY>, Notebook>>) {
        self.0.note(format!("{}: {}", rolled.nth, rolled.face));
    }
}

const SEEDS: u64 = 42;

fn table<const HEAVY: bool>(log: &Log) -> (Root, ShellRef<Dice<HEAVY>, Notebook>) {
    let (clock, seeds, log) = (Clock::fixed(DateTime::UNIX_EPOCH), Seeds::new(SEEDS), log.clone());
    let args = ShellArgs::new("table/dice", clock, seeds, |_| Dice(0), move |_| Notebook(log.clone()));
    let (spec, dice) = ChildSpec::of::<Shell<Dice<HEAVY>, Notebook>>("dice", args);
    (Root::start(vec![spec.backoff(Backoff::constant(ms(10)))]), dice)
}

/// What the bare loop rolls in `generation`.
fn bare(n: usize, generation: u64) -> Vec<(u32, u32)> {
    let (mut dice, mut rng) = (Dice::<false>(0), Seeds::new(SEEDS).derive("table/dice", generation));
    let mut roll = || drive(&mut dice, 1000, DateTime::UNIX_EPOCH, &mut rng);
    (0..n)
        .flat_map(|_| roll())
        .map(|rolled| (rolled.nth, rolled.face))
        .collect()
}

async fn consult<const HEAVY: bool>(dice: &ShellRef<Dice<HEAVY>, Notebook>) -> (u32, u32) {
    let rolled = dice.ask(Consult(1000), soon()).await.unwrap();
    (rolled[0].nth, rolled[0].face)
}

async fn same_as_bare<const HEAVY: bool>(world: &World) {
    world.expect_fault("for the show");
    let log = Log::default();
    let (_root, dice) = table::<HEAVY>(&log);
    let mut rolled = Vec::new();
    for _ in 0..10 {
        rolled.push(consult(&dice).await);
    }
    assert_eq!(rolled, bare(10, 1));
    assert!(log.take().is_empty(), "a consulted effect is not performed");
    dice.ask(Hear(1000), soon()).await.unwrap();
    let (nth, face) = bare(11, 1)[10];
    assert_eq!(log.take(), [format!("{nth}: {face}")]);
    dice.ask(Sabotage("for the show".into()), soon()).await.unwrap_err();
    assert_eq!(
        consult(&dice).await,
        bare(1, 2)[0],
        "each incarnation has its own stream"
    );
}

#[test]
fn a_shell_and_a_bare_loop_roll_the_same() {
    run(async |world| same_as_bare::<false>(world).await);
    run(async |world| same_as_bare::<true>(world).await);
}

#[test]
fn a_panicking_machine_heals_on_either_thread() {
    async fn heals<const HEAVY: bool>(world: &World) {
        world.expect_fault("a die without sides");
        let (root, dice) = table::<HEAVY>(&Log::default());
        assert_eq!(consult(&dice).await.0, 1);
        let (broken, queued) = (dice.ask(Consult(0), soon()), dice.ask(Consult(1000), soon()));
        match broken.await {
            Err(AskError::Lost {
                started: true,
                reason: Loss::Exit(exit),
            }) => {
                let fault = exit.fault().unwrap();
                assert_eq!(fault.text, "a die without sides");
                assert!(fault.location.as_ref().unwrap().contains("shell.rs"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(queued.await.unwrap()[0].nth, 1, "a new machine answers what was queued");
        assert_eq!(
            root.tree(MINUTE).await.unwrap().find("dice").unwrap().vitals.restarts,
            1
        );
    }
    run(async |world| heals::<false>(world).await);
    run(async |world| heals::<true>(world).await);
}

#[test]
fn only_a_heavy_machine_leaves_its_thread() {
    async fn thread<const HEAVY: bool>() -> ThreadId {
        let (_root, dice) = table::<HEAVY>(&Log::default());
        dice.ask(Consult(6), soon()).await.unwrap()[0].thread
    }
    assert_eq!(run(async |_| thread::<false>().await), std::thread::current().id());
    assert_ne!(run(async |_| thread::<true>().await), std::thread::current().id());
}

/// Waits in its turn until the test lets it go on.
struct Gate(std::sync::mpsc::Receiver<()>);

impl Machine for Gate {
    type Input = u32;
    type Effect = u32;
    const HEAVY: bool = true;
    fn turn(&mut self, n: u32, turn: &mut Turn<u32>) {
        self.0.recv().expect("the test holds the other end");
        turn.emit(n);
    }
}

type GateRef = ShellRef<Gate, huddle::shell::Mute>;

/// A tree with one gate, and the key to its first incarnation.
fn gated() -> (Root, GateRef, std::sync::mpsc::Sender<()>) {
    let (key, gate) = std::sync::mpsc::channel();
    let gate = parking_lot::Mutex::new(Some(gate));
    let machine = move |_: &_| Gate(gate.lock().take().unwrap_or_else(|| std::sync::mpsc::channel().1));
    let args = ShellArgs::mute("gate", Clock::system(), Seeds::new(0), machine);
    let (spec, shell) = ChildSpec::of::<Shell<Gate, huddle::shell::Mute>>("gate", args);
    (Root::start(vec![spec]), shell, key)
}

/// Lets the actors run until the gate's lanes hold these many messages.
async fn until_depth(shell: &GateRef, depth: [usize; 4]) {
    while shell.vitals().depth != depth {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_stop_lets_the_heavy_turn_end() {
    run(async |_| {
        let (root, shell, key) = gated();
        let (running, queued) = (shell.ask(Consult(1), soon()), shell.ask(Consult(2), soon()));
        until_depth(&shell, [0, 0, 1, 0]).await;
        let down = actix::spawn(root.shutdown(MINUTE));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!down.is_finished());
        key.send(()).unwrap();
        assert_eq!(running.await, Ok(vec![1]));
        assert_eq!(down.await.unwrap().exit, Exit::Shutdown);
        let unread = AskError::Lost {
            started: false,
            reason: Loss::Exit(Exit::Shutdown),
        };
        assert_eq!(queued.await, Err(unread));
    });
}

#[test]
fn during_a_heavy_turn_control_queues_inputs_in_order_but_sabotage_strikes_at_once() {
    run(async |world| {
        world.expect_fault("now");
        let (root, shell, key) = gated();
        let (first, second) = (shell.ask(Consult(1), soon()), shell.ask(Consult(2), soon()));
        until_depth(&shell, [0, 0, 1, 0]).await;
        let urgent = shell.ask(Consult(3), control());
        until_depth(&shell, [0, 0, 1, 0]).await;
        for _ in 0..3 {
            key.send(()).unwrap();
        }
        assert_eq!(first.await, Ok(vec![1]));
        assert_eq!(urgent.await, Ok(vec![3]));
        assert_eq!(second.await, Ok(vec![2]));

        let stuck = shell.ask(Consult(4), soon());
        until_depth(&shell, [0; 4]).await;
        shell.tell(Sabotage("now".into()), Lane::Control).unwrap();
        match stuck.await {
            Err(AskError::Lost {
                started: true,
                reason: Loss::Exit(exit),
            }) => {
                assert_eq!(exit.fault().unwrap().text, "now");
            }
            other => panic!("{other:?}"),
        }
        drop(key); // releases the blocking thread, whose turn nobody waits for any more
        drop(root);
    });
}
