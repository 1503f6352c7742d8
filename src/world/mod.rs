//! A whole tree of actors in virtual time, which must leave nothing behind: no actor, and no fault that nobody foresaw.
//!
//! Supervision hides faults by design, so a test that only looks at answers passes while something crashes and heals all
//! the time. A [`World`] looks at every actor there is, and speaks up at the end.

mod population;

pub use population::{population, share};

use crate::{
    actor::Census,
    clock::{Clock, Origin, Seeds, uptime},
    supervision::{Root, SupervisorSpec},
};
use actix_rt::System;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, resume_unwind},
    rc::Rc,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// What a world allows for stopping its trees, in virtual time: more than any tree's own stop deadlines.
const SHUTDOWN: Duration = Duration::from_secs(3600);
/// Virtual time after which a body is taken to wait for something that never comes; a replayed season is shorter.
const LIFETIME: Duration = Duration::from_secs(366 * 86_400);
/// Threads for blocking work in a test: as many as tokio has by default, since some of it may hang on purpose.
const MANY_THREADS: usize = 512;
/// In a replay: glibc keeps memory apart for each thread, and a season of work on a dozen left 464 MB where one thread left
/// 105. Nothing there waits for another blocking job.
const FEW_THREADS: usize = 2;
/// Time moves only when nobody has anything to do, so the shortest sleep lasts until all is done.
const SETTLE: Duration = Duration::from_millis(1);
/// 2025-09-05 00:20 UTC, the first kickoff of a season: records made in a world carry plausible dates.
const FROM: DateTime<Utc> = DateTime::from_timestamp(1_757_031_600, 0).expect("a date chrono can hold");

/// One paused runtime with a clock that follows it, a root seed, and a census of all actors in it.
///
/// Everything runs on one arbiter, [`crate::supervision::Place::Dedicated`] children too, because two arbiters have two
/// virtual clocks. `spawn_blocking` is waited for; any other thread or socket is not, and times out early. Code that
/// draws entropy, such as `tokio::select!` without `biased`, is not replayed by the seed.
///
/// ```
/// # use huddle::{actor::How, clock::*, machine::{Machine, Turn}, shell::*, supervision::*, world::World};
/// # use std::time::Duration;
/// # struct Sum(i64);
/// # impl Machine for Sum {
/// #     type Input = i64;
/// #     type Effect = i64;
/// #     fn turn(&mut self, n: i64, turn: &mut Turn<i64>) { self.0 += n; turn.emit(self.0); }
/// # }
/// World::run(7, async |world| {
///     let args = ShellArgs::mute("sum", world.clock(), world.seeds(), |_| Sum(0));
///     let (child, sum) = ChildSpec::of::<Shell<Sum, Mute>>("sum", args);
///     world.start(vec![child]);
///     world.pass(Duration::from_secs(86_400)).await; // at once
///     world.expect_fault("on purpose"); // without this line the world would fail
///     let how = How::within(Duration::from_secs(5));
///     sum.ask(Sabotage("on purpose".into()), how).await.unwrap_err();
///     assert_eq!(sum.ask(Consult(3), how).await, Ok(vec![3]));
/// });
/// ```
#[derive(Debug)]
pub struct World {
    seed: u64,
    clock: Clock,
    begun: Duration,
    census: Arc<Census>,
    roots: RefCell<Vec<Rc<Root>>>,
    expected: RefCell<Vec<String>>,
    allowed: RefCell<Vec<String>>,
}

impl World {
    /// Runs `body` in a world of its own and returns what it returns, after stopping what [`World::start`] started.
    ///
    /// # Panics
    /// As `body` does. And if an actor is still alive at the end, a tree did not stop, an actor failed or panicked without
    /// [`World::expect_fault`], an expected fault did not happen, anything panicked outside actors, or the body waits for
    /// something that never comes; the text names the seed and the culprits.
    pub fn run<T>(seed: u64, body: impl AsyncFnOnce(&World) -> T) -> T {
        let staged = World::stage(seed, FROM, MANY_THREADS, body);
        let (world, after) = (&staged.world, staged.after);
        let obituary = |what: &[String]| {
            let lines = what.join("\n  ");
            format!("the world of seed {seed} failed {after:?} after its beginning:\n  {lines}")
        };
        let mut complaints = staged.complaints;
        let value = match staged.ended {
            Ok(Ok(value)) => Some(value),
            Ok(Err(panic)) => {
                complaints.push("its body panicked, see above; faults until then:".to_owned());
                complaints.extend(world.faults());
                eprintln!("{}", obituary(&complaints));
                resume_unwind(panic);
            }
            Err(_) => {
                let alive = world.alive().join(", ");
                complaints.push(format!(
                    "its body did not end and waits for what never comes; alive: {alive}"
                ));
                None
            }
        };
        complaints.extend(world.complaints());
        match value {
            Some(value) if complaints.is_empty() => value,
            _ => panic!("{}", obituary(&complaints)),
        }
    }

    /// Runs `body` in virtual time that begins at `from` and returns what it returns with every fault there was, which a
    /// replay may have and heal. `None` when it waits for what never comes.
    ///
    /// # Panics
    /// As `body` does.
    pub fn replay<T>(
        seed: u64,
        from: DateTime<Utc>,
        body: impl AsyncFnOnce(&World) -> T,
    ) -> (Option<T>, Vec<String>) {
        let staged = World::stage(seed, from, FEW_THREADS, body);
        let mut faults = staged.world.faults();
        faults.extend(staged.complaints);
        match staged.ended {
            Ok(Ok(value)) => (Some(value), faults),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => (None, faults),
        }
    }

    fn stage<T>(
        seed: u64,
        from: DateTime<Utc>,
        n_threads: usize,
        body: impl AsyncFnOnce(&World) -> T,
    ) -> Staged<T> {
        let census = Census::open();
        let closing = Closing;
        let origin = Arc::new(OnceLock::<Origin>::new());
        // Weak, because the census knows tasks of the runtime, which would then keep itself alive.
        let (sharing, its_origin) = (Arc::downgrade(&census), origin.clone());
        let system = System::with_tokio_rt(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .max_blocking_threads(n_threads)
                .on_thread_start(move || {
                    if let (Some(census), Some(origin)) = (sharing.upgrade(), its_origin.get()) {
                        census.join();
                        origin.enter();
                    }
                })
                .build()
                .expect("a runtime needs two file descriptors, and a test that has none left cannot go on")
        });
        let (world, ended, complaints, after) = system.block_on(async {
            origin.get_or_init(Origin::now).enter();
            let world = World::new(seed, from, census);
            let life = AssertUnwindSafe(body(&world)).catch_unwind();
            let ended = tokio::time::timeout(LIFETIME, life).await;
            let after = world.elapsed();
            let complaints = match &ended {
                Ok(Ok(_)) => world.shut_down().await,
                Ok(Err(_)) | Err(_) => Vec::new(),
            };
            (world, ended, complaints, after)
        });
        Staged {
            world,
            ended,
            complaints,
            after,
            _system: system,
            _closing: closing,
        }
    }

    fn new(seed: u64, from: DateTime<Utc>, census: Arc<Census>) -> World {
        World {
            seed,
            clock: Clock::paced(from),
            begun: uptime(),
            census,
            roots: RefCell::default(),
            expected: RefCell::default(),
            allowed: RefCell::default(),
        }
    }

    /// The seed it was started with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The source of every random stream in it.
    pub fn seeds(&self) -> Seeds {
        Seeds::new(self.seed)
    }

    /// Wall time that begins at the first kickoff of 2025, or where a replay begins, and moves with virtual time.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Virtual time since the world began.
    pub fn elapsed(&self) -> Duration {
        uptime().saturating_sub(self.begun)
    }

    /// Lets everything happen that is due within `time`.
    pub async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Starts a tree that the world stops after its body, in reverse order of starting. Holding on to it beyond the body
    /// is a fault of the test.
    pub fn start(&self, spec: impl Into<SupervisorSpec>) -> Rc<Root> {
        let root = Rc::new(Root::start(spec));
        self.roots.borrow_mut().push(root.clone());
        root
    }

    /// Announces that an actor will fail, panic, escalate or lose its arbiter, once or more often, with `text` in the
    /// report (`id #incarnation panicked: ..`). An escalation quotes the fault that led to it.
    pub fn expect_fault(&self, text: &str) {
        self.expected.borrow_mut().push(text.to_owned());
    }

    /// As [`World::expect_fault`], but it need not happen: for chance.
    pub fn allow_fault(&self, text: &str) {
        self.allowed.borrow_mut().push(text.to_owned());
    }

    /// Every fault so far, oldest first, as `id #incarnation panicked: ..`.
    pub fn faults(&self) -> Vec<String> {
        self.census.faults()
    }

    /// `id #incarnation` of every actor that is alive.
    pub fn alive(&self) -> Vec<String> {
        self.census.alive()
    }

    /// Ends the newest incarnation of `id` as the end of its thread would: without any of its hooks. False if nobody of
    /// that name runs.
    pub fn lose_arbiter(&self, id: &str) -> bool {
        self.census.unseat(id)
    }

    async fn shut_down(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let roots = std::mem::take(&mut *self.roots.borrow_mut());
        for root in roots.into_iter().rev() {
            let Ok(root) = Rc::try_unwrap(root) else {
                complaints.push("a tree is still held by somebody after the body ended".to_owned());
                continue;
            };
            if !root.shutdown(SHUTDOWN).await.in_time {
                complaints.push(format!("a tree did not stop within {SHUTDOWN:?}"));
            }
        }
        tokio::time::sleep(SETTLE).await;
        let alive = self.census.alive();
        complaints.extend(alive.iter().map(|who| format!("still alive at the end: {who}")));
        complaints
    }

    fn complaints(&self) -> Vec<String> {
        let (expected, allowed, faults) = (self.expected.borrow(), self.allowed.borrow(), self.census.faults());
        let foreseen = |fault: &String| expected.iter().chain(&*allowed).any(|text| fault.contains(text));
        let happened = |text: &String| faults.iter().any(|fault| fault.contains(text));
        let sudden = faults.iter().filter(|fault| !foreseen(fault));
        let missing = expected.iter().filter(|text| !happened(text));
        let mut complaints: Vec<String> = sudden.map(|fault| format!("nobody expected that {fault}")).collect();
        complaints.extend(missing.map(|text| format!("expected, but it never happened: {text}")));
        let strays = self.census.strays();
        complaints.extend(strays.iter().map(|stray| format!("outside actors it {stray}")));
        match self.census.n_dropped() {
            0 => {}
            n => complaints.push(format!("{n} more faults than are kept")),
        }
        complaints
    }
}

/// A world that has ended, and how.
struct Staged<T> {
    world: World,
    ended: Result<std::thread::Result<T>, tokio::time::error::Elapsed>,
    complaints: Vec<String>,
    after: Duration,
    /// Whoever judges looks at actors that still are; they go with their system, and this thread is given back last.
    _system: actix_rt::SystemRunner,
    _closing: Closing,
}

/// Gives this thread back however the world ends.
struct Closing;

impl Drop for Closing {
    fn drop(&mut self) {
        Census::close();
        Origin::leave();
    }
}
