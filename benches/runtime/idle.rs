//! What an actor costs that does nothing: memory, and the time to start and stop very many.
//!
//! Each library gets a process of its own, because memory that one has returned to the allocator would be counted as free
//! for the next.

use crate::peers::{KameoIdle, RactorIdle};
use actix::Actor;
use huddle::{
    actor::{Birth, Component, Ctx, StartError},
    supervision::{ChildSpec, Root, Supervisor, SupervisorSpec},
};
use kameo::actor::Spawn as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

const N_ACTORS: usize = 100_000;
/// Children of one supervisor in the tree of two levels.
const N_SIBLINGS: usize = 100;

/// Counts the actors alive: up when one has started, down when its state is dropped.
#[derive(Clone, Default)]
pub struct Census(Arc<AtomicUsize>);

/// Held by an actor while it lives.
pub struct Alive(Census);

impl Census {
    /// One more has started.
    pub fn enter(&self) -> Alive {
        self.0.fetch_add(1, SeqCst);
        Alive(self.clone())
    }

    async fn reaches(&self, n: usize) {
        while self.0.load(SeqCst) != n {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

struct Idle(#[expect(dead_code, reason = "counts while it is held")] Alive);

impl Actor for Idle {
    type Context = Ctx<Idle>;
}

impl Component for Idle {
    type Args = Census;

    fn create(census: &Census, _birth: Birth, _ctx: &mut Ctx<Idle>) -> Result<Idle, StartError> {
        Ok(Idle(census.enter()))
    }
}

struct StockIdle(#[expect(dead_code, reason = "counts while it is held")] Alive);

impl Actor for StockIdle {
    type Context = actix::Context<StockIdle>;
}

/// Resident memory of this process, in KiB.
fn resident_kib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let n_pages: f64 = text
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("statm has a second number");
    n_pages * 4.0
}

struct Held {
    start: Instant,
    before_kib: f64,
    census: Census,
    n_actors: usize,
}

impl Held {
    fn begin(n_actors: usize) -> Held {
        Held {
            start: Instant::now(),
            before_kib: resident_kib(),
            census: Census::default(),
            n_actors,
        }
    }

    /// Waits until all are up, then prints what that took; the time of the stop is printed by [`Held::stopped`].
    async fn started(&mut self) {
        self.census.reaches(self.n_actors).await;
        let started = self.start.elapsed().as_secs_f64();
        let each_kib = (resident_kib() - self.before_kib) / self.n_actors as f64;
        print!(
            "{} actors, {each_kib:.2} KiB each, started in {started:.2} s",
            self.n_actors
        );
        self.start = Instant::now();
    }

    async fn stopped(&self) {
        self.census.reaches(0).await;
        println!(", stopped in {:.2} s", self.start.elapsed().as_secs_f64());
    }
}

async fn huddle(n_actors: usize, n_siblings: usize) {
    let mut held = Held::begin(n_actors);
    let mut handles = Vec::with_capacity(n_actors);
    let mut branches = Vec::new();
    for first in (0..n_actors).step_by(n_siblings) {
        let branch = (first..n_actors.min(first + n_siblings)).map(|n| {
            let (spec, handle) = ChildSpec::of::<Idle>(&format!("idle/{n}"), held.census.clone());
            handles.push(handle);
            spec
        });
        let branch = SupervisorSpec::new(branch.collect());
        branches.push(ChildSpec::of::<Supervisor>(&format!("branch/{first}"), branch).0);
    }
    let root = Root::start(branches);
    held.started().await;
    let report = root.shutdown(Duration::from_secs(600)).await;
    assert_eq!(report.code(), 0, "the tree ends in order: {report:?}");
    held.stopped().await;
    drop(handles);
}

async fn stock(n_actors: usize) {
    let mut held = Held::begin(n_actors);
    let handles: Vec<_> = (0..n_actors).map(|_| StockIdle(held.census.enter()).start()).collect();
    // The count is complete before the first actor ran; one turn of the loop lets them all start.
    tokio::time::sleep(Duration::from_millis(1)).await;
    held.started().await;
    drop(handles);
    held.stopped().await;
}

async fn ractor(n_actors: usize) {
    let mut held = Held::begin(n_actors);
    let mut handles = Vec::with_capacity(n_actors);
    for _ in 0..n_actors {
        let (handle, _task) = ractor::Actor::spawn(None, RactorIdle, held.census.clone())
            .await
            .expect("ractor starts");
        handles.push(handle);
    }
    held.started().await;
    handles.iter().for_each(|handle| handle.stop(None));
    held.stopped().await;
}

async fn kameo(n_actors: usize) {
    let mut held = Held::begin(n_actors);
    let handles: Vec<_> = (0..n_actors).map(|_| KameoIdle::spawn(held.census.clone())).collect();
    held.started().await;
    drop(handles);
    held.stopped().await;
}

/// Measures one library in this process.
pub fn one(subject: &str, n_actors: usize) {
    actix::System::new().block_on(async {
        match subject {
            "tree" => huddle(n_actors, N_SIBLINGS).await,
            "flat" => huddle(n_actors, n_actors).await,
            "actix" => stock(n_actors).await,
            "ractor" => ractor(n_actors).await,
            "kameo" => kameo(n_actors).await,
            other => panic!("there is no {other}"),
        }
    });
}

/// Measures all, each in a process of its own.
pub fn all() {
    println!(
        "\nidle actors on one arbiter, with one handle each (aim: <= 4 KiB each, 100,000 start and stop in a second or two)"
    );
    let rows = [
        ("huddle, supervisors of 100", "tree"),
        ("huddle, one supervisor", "flat"),
        ("actix Context, unsupervised", "actix"),
        ("ractor, unsupervised", "ractor"),
        ("kameo, unsupervised", "kameo"),
    ];
    let program = std::env::current_exe().expect("a program knows its file");
    for (name, subject) in rows {
        let n_actors = N_ACTORS.to_string();
        let run = std::process::Command::new(&program)
            .args(["one-idle", subject, &n_actors])
            .output();
        let output = run.expect("the program starts itself");
        let (said, failed) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{name}: {said}{failed}");
        print!("  {name:<28}{said}");
    }
}
