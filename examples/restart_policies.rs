//! Restart policies as the first level of self-healing: what each one does about a fault, and when.
//!
//! `cargo run --release --example restart_policies` runs six scenes in real time and prints every event with its
//! milliseconds. Nothing is simulated: the panics are panics, and the hang blocks a thread.

use actix::{Actor, Handler, Message, MessageResult};
use huddle::actor::{ActorRef, Birth, Component, Ctx, Exit, How, Lane, Obituary, StartError};
use huddle::clock::uptime;
use huddle::supervision::{Backoff, ChildSpec, Place, Restart, Root, Strategy, Supervisor, SupervisorSpec};
use std::sync::mpsc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// When a scene began; every line counts from there.
#[derive(Clone, Copy)]
struct Scene(Duration);

impl Scene {
    fn begin(title: &str) -> Scene {
        println!("\n{title}");
        Scene(uptime())
    }

    fn say(self, what: &str) {
        let at = uptime().saturating_sub(self.0).as_secs_f64() * 1000.0;
        println!("  {at:>7.1} ms  {what}");
    }
}

/// A worker that says when it comes up, goes down and handles a job.
struct Worker {
    scene: Scene,
    name: String,
}

impl Actor for Worker {
    type Context = Ctx<Worker>;

    fn stopped(&mut self, _: &mut Ctx<Worker>) {
        self.scene.say(&format!("{} stops", self.name));
    }
}

impl Component for Worker {
    type Args = Scene;

    fn create(scene: &Scene, birth: Birth, ctx: &mut Ctx<Worker>) -> Result<Worker, StartError> {
        let name = ctx.id().to_owned();
        let after = match &birth.last {
            None => String::new(),
            Some(Exit::Panicked(fault)) => format!(", after it panicked: {}", fault.text),
            Some(Exit::Hung(fault)) => format!(", after it hung: {}", fault.text),
            Some(exit) => format!(", after it {exit}"),
        };
        scene.say(&format!("{name} #{} starts{after}", birth.incarnation));
        Ok(Worker { scene: *scene, name })
    }
}

/// Work, answered with the incarnation that did it.
#[derive(Message)]
#[rtype(result = "u64")]
enum Job {
    Easy,
    Panics,
    /// Blocks the thread until the other end is dropped.
    Blocks(mpsc::Receiver<()>),
}

impl Handler<Job> for Worker {
    type Result = MessageResult<Job>;

    fn handle(&mut self, job: Job, ctx: &mut Ctx<Worker>) -> MessageResult<Job> {
        match job {
            Job::Easy => {}
            Job::Panics => panic!("a bug in {}", self.name),
            Job::Blocks(gate) => drop(gate.recv()),
        }
        MessageResult(ctx.incarnation())
    }
}

/// Tells of what it watches.
struct Watcher(Scene);

impl Actor for Watcher {
    type Context = Ctx<Watcher>;
}

impl Component for Watcher {
    type Args = Scene;

    fn create(scene: &Scene, _: Birth, _: &mut Ctx<Watcher>) -> Result<Watcher, StartError> {
        Ok(Watcher(*scene))
    }
}

impl Handler<Obituary> for Watcher {
    type Result = ();

    fn handle(&mut self, told: Obituary, _: &mut Ctx<Watcher>) {
        let end = if told.gone { "is gone" } else { "ended" };
        self.0
            .say(&format!("a watcher hears: {} #{} {end}", told.path, told.incarnation));
    }
}

fn within() -> How {
    How::within(PATIENCE)
}

fn worker(scene: Scene, id: &str) -> (ChildSpec, ActorRef<Worker>) {
    let (spec, worker) = ChildSpec::of::<Worker>(id, scene);
    (spec.backoff(Backoff::constant(Duration::from_millis(20))), worker)
}

/// Three workers, of which the middle one panics with a question in hand and another one queued.
async fn strategy(strategy: Strategy, what: &str) {
    let scene = Scene::begin(&format!("{strategy:?}: {what}"));
    let (specs, workers): (Vec<_>, Vec<_>) = ["a", "b", "c"].map(|id| worker(scene, id)).into_iter().unzip();
    let root = Root::start(SupervisorSpec::new(specs).strategy(strategy));
    let [a, b, c] = [&workers[0], &workers[1], &workers[2]];
    let _ = c.ask(Job::Easy, within()).await;
    let (in_hand, queued) = (b.ask(Job::Panics, within()), b.ask(Job::Easy, within()));
    if let Err(error) = in_hand.await {
        scene.say(&format!("the question b had in hand: {error}"));
    }
    if let Ok(incarnation) = queued.await {
        scene.say(&format!("the question that was queued is answered by b #{incarnation}"));
    }
    let _ = c.ask(Job::Easy, within()).await;
    let counts = [a, b, c].map(|worker| worker.vitals().restarts);
    let code = root.shutdown(PATIENCE).await.code();
    scene.say(&format!("restarts of a, b, c: {counts:?}; exit code {code}"));
}

async fn kinds() {
    let scene = Scene::begin("Permanent, transient, temporary: who comes back after a panic");
    let kinds = [Restart::Permanent, Restart::Transient, Restart::Temporary];
    let (specs, workers): (Vec<_>, Vec<_>) = kinds
        .map(|kind| {
            let (spec, worker) = worker(scene, &format!("{kind:?}").to_lowercase());
            (spec.restart(kind), worker)
        })
        .into_iter()
        .unzip();
    let root = Root::start(specs);
    for worker in &workers {
        let _ = worker.ask(Job::Panics, within()).await;
    }
    for worker in &workers {
        match worker.ask(Job::Easy, within()).await {
            Ok(incarnation) => scene.say(&format!("{} #{incarnation} answers", worker.id())),
            Err(error) => scene.say(&format!("{}: {error}", worker.id())),
        }
    }
    root.shutdown(PATIENCE).await;
}

async fn escalation() {
    let scene =
        Scene::begin("Intensity: two restarts in ten seconds are granted, the third fault escalates to the root");
    let (leaf, leaf_ref) = worker(scene, "leaf");
    let (sibling, _) = worker(scene, "sibling");
    let limit = Duration::from_secs(10);
    let team = SupervisorSpec::new(vec![leaf, sibling]).intensity(2, limit);
    let (team, _) = ChildSpec::of::<Supervisor>("team", team);
    let root = Root::start(SupervisorSpec::new(vec![team]).intensity(0, limit));
    for _ in 0..3 {
        let _ = leaf_ref.ask(Job::Panics, within()).await;
    }
    let report = root.ended().await;
    scene.say(&format!("the root {}", report.exit));
    scene.say(&format!("the process would exit with {}", report.code()));
    if let Err(error) = leaf_ref.tell(Job::Easy, Lane::Normal) {
        scene.say(&format!("whoever still sends is told: {}", error.why));
    }
}

async fn hang() {
    let scene = Scene::begin("A hang: the thread is blocked, its queue goes to a fresh one after 50 ms");
    let (watcher_spec, watcher) = ChildSpec::of::<Watcher>("watcher", scene);
    let (spec, stuck) = worker(scene, "stuck");
    let spec = spec
        .backoff(Backoff::constant(Duration::ZERO))
        .place(Place::Dedicated)
        .hang_limit(Duration::from_millis(50));
    let root = Root::start(vec![watcher_spec, spec]);
    stuck.watch(watcher.port());
    let _ = stuck.ask(Job::Easy, within()).await;
    let (gate, closed) = mpsc::channel();
    scene.say("a job that blocks is sent, and an easy one behind it");
    let (blocked, queued) = (stuck.ask(Job::Blocks(closed), within()), stuck.ask(Job::Easy, within()));
    if let Err(error) = blocked.await {
        scene.say(&format!("the blocked job: {error}"));
    }
    if let Ok(incarnation) = queued.await {
        scene.say(&format!(
            "the easy one is answered by #{incarnation}; blocked threads: {}",
            root.n_zombies()
        ));
    }
    drop(gate);
    while root.n_zombies() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    scene.say("the old thread came back, found itself replaced, and left");
    root.shutdown(PATIENCE).await;
}

fn main() {
    actix_rt::System::new().block_on(async {
        strategy(Strategy::OneForOne, "the failed one alone").await;
        strategy(Strategy::RestForOne, "the failed one and those after it").await;
        strategy(Strategy::OneForAll, "all, the others stopped in reverse order").await;
        kinds().await;
        escalation().await;
        hang().await;
    });
}
