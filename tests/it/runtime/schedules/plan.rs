//! A random tree: who supervises whom, by which rules, and how each worker behaves when it is stopped.

use super::{
    book::Book,
    mourner,
    worker::{Ambush, Worker, WorkerArgs},
};
use crate::runtime::harness::ms;
use huddle::{
    actor::{ActorRef, Exit, LaneBounds, Obituary, Port},
    clock::Seeds,
    supervision::{
        Backoff, ChildSpec, Directive, Intensity, Restart, Root, Stop, Strategy, Supervisor, SupervisorSpec,
    },
    world::World,
};
use parking_lot::Mutex;
use rand::{Rng, RngExt as _, seq::IndexedRandom as _};
use rand_pcg::Pcg64Mcg;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// What a worker does when it is asked to stop.
#[derive(Clone, Copy, Debug)]
pub enum Halts {
    AtOnce,
    After(Duration),
    Never,
}

/// A worker others can write to.
pub struct Seat {
    pub id: String,
    pub worker: ActorRef<Worker>,
    pub ambush: Arc<Mutex<Option<Ambush>>>,
    /// The place of its supervisor among [`Plan::branches`].
    pub branch: usize,
    /// The first child of its supervisor, which tells when the supervisor itself started; it is never removed.
    pub sentinel: bool,
    /// A hang is noticed.
    pub watched: bool,
}

/// A supervisor of the tree.
pub struct Branch {
    pub id: String,
    pub supervisor: Option<ActorRef<Supervisor>>,
    /// Its own supervisor's place; none for the root.
    pub above: Option<usize>,
    pub strategy: Strategy,
    pub intensity: Intensity,
    /// How much later than its fault a child of it may start.
    pub slack: Duration,
}

/// The tree and all handles to it.
pub struct Plan {
    /// Grows while children are added.
    pub seats: RefCell<Vec<Rc<Seat>>>,
    pub branches: Vec<Branch>,
    pub n_added: Cell<usize>,
    pub mourner: Port<Obituary>,
}

struct Planner<'a> {
    rng: Pcg64Mcg,
    seeds: Seeds,
    book: &'a Book,
    seats: Vec<Rc<Seat>>,
    branches: Vec<Branch>,
}

/// Workers in one tree at most, so that a run stays short.
const MAX_WORKERS: usize = 14;
/// Supervisors above one another, the root included.
const MAX_DEPTH: usize = 4;

impl Plan {
    pub fn start(world: &World, book: &Book) -> (Root, Plan) {
        let mourner = mourner::start(world, book);
        let mut planner = Planner {
            rng: world.seeds().derive("plan", 0),
            seeds: world.seeds(),
            book,
            seats: Vec::new(),
            branches: Vec::new(),
        };
        let (spec, _) = planner.branch("root".to_owned(), None, 1);
        for seat in &planner.seats {
            seat.worker.watch(mourner.clone()).expect("nobody else watches");
        }
        for supervisor in planner.branches.iter().filter_map(|branch| branch.supervisor.as_ref()) {
            supervisor.watch(mourner.clone()).expect("nobody else watches");
        }
        let root = Root::start(spec);
        planner.branches[0].supervisor = Some(root.supervisor().clone());
        let plan = Plan {
            seats: RefCell::new(planner.seats),
            branches: planner.branches,
            n_added: Cell::new(0),
            mourner,
        };
        (root, plan)
    }

    pub fn any_seat(&self, rng: &mut impl Rng) -> (usize, Rc<Seat>) {
        let seats = self.seats.borrow();
        let at = rng.random_range(0..seats.len());
        (at, seats[at].clone())
    }
}

impl Planner<'_> {
    /// Plans a supervisor and all below it; returns how long stopping it may take.
    fn branch(&mut self, id: String, above: Option<usize>, depth: usize) -> (SupervisorSpec, Duration) {
        let at = self.branches.len();
        let rng = &mut self.rng;
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let strategy = *strategies.choose(rng).unwrap();
        let within = *[ms(500), ms(2_000), ms(10_000), ms(60_000)].choose(rng).unwrap();
        let intensity = Intensity {
            max: rng.random_range(0..12),
            within,
        };
        self.branches.push(Branch {
            id,
            supervisor: None,
            above,
            strategy,
            intensity,
            slack: Duration::ZERO,
        });
        let n_children = self.rng.random_range(1..=4);
        let mut children = Vec::new();
        let (mut slack, mut stopping) = (Duration::ZERO, Duration::ZERO);
        for n in 0..n_children {
            let nests = n > 0 && depth < MAX_DEPTH && self.rng.random_bool(0.35);
            if n > 0 && self.seats.len() >= MAX_WORKERS {
                break;
            }
            let (spec, backoff, stop) = if nests {
                self.nest(at, depth)
            } else {
                self.worker(at, n == 0)
            };
            slack = slack.max(backoff);
            stopping += stop;
            children.push(spec);
        }
        // A group starts again when its last member is down and its delay is over.
        self.branches[at].slack = match strategy {
            Strategy::OneForOne => slack,
            Strategy::OneForAll | Strategy::RestForOne => slack + stopping,
        };
        let spec = SupervisorSpec::new(children)
            .strategy(strategy)
            .intensity(intensity.max, intensity.within)
            .seeds(self.seeds);
        (spec, stopping)
    }

    fn nest(&mut self, above: usize, depth: usize) -> (ChildSpec, Duration, Duration) {
        let id = format!("s{}", self.branches.len());
        let at = self.branches.len();
        let (spec, _) = self.branch(id.clone(), Some(above), depth + 1);
        let deadline = spec.stop_deadline();
        let (spec, supervisor) = ChildSpec::of::<Supervisor>(&id, spec);
        self.branches[at].supervisor = Some(supervisor);
        let (spec, backoff) = self.rules(spec);
        let stop = if self.rng.random_bool(0.1) {
            Stop::Now
        } else {
            Stop::Halt(deadline)
        };
        (spec.stop(stop), backoff, deadline)
    }

    /// Plans a worker; returns its longest backoff and how long stopping it may take.
    fn worker(&mut self, branch: usize, sentinel: bool) -> (ChildSpec, Duration, Duration) {
        let (spec, seat, backoff, stop) = self.seat(branch, sentinel);
        self.seats.push(Rc::new(seat));
        (spec, backoff, stop)
    }

    fn seat(&mut self, branch: usize, sentinel: bool) -> (ChildSpec, Seat, Duration, Duration) {
        let id = format!("w{}", self.seats.len());
        let (args, ambush) = worker_args(self.book, &mut self.rng);
        let (spec, worker) = ChildSpec::of::<Worker>(&id, args);
        let (spec, backoff) = self.rules(spec);
        let rng = &mut self.rng;
        let deadline = ms(*[1, 20, 100].choose(rng).unwrap());
        let stop = match rng.random_range(0..6) {
            0..3 => Stop::Halt(deadline),
            3..5 => Stop::Drain(deadline),
            _ => Stop::Now,
        };
        let mut spec = spec.stop(stop);
        if rng.random_bool(0.3) {
            let [control, high, normal, bulk] = [(); 4].map(|()| rng.random_range(1..8));
            spec = spec.lanes(LaneBounds {
                control,
                high,
                normal,
                bulk,
            });
        }
        let watched = rng.random_bool(0.5);
        if watched {
            spec = spec.hang_limit(ms(rng.random_range(60..300)));
        }
        let seat = Seat {
            id,
            worker,
            ambush,
            branch,
            sentinel,
            watched,
        };
        (spec, seat, backoff, deadline)
    }

    /// Restart kind, backoff and decider by chance; returns the longest backoff as well.
    fn rules(&mut self, spec: ChildSpec) -> (ChildSpec, Duration) {
        let rng = &mut self.rng;
        let restart = match rng.random_range(0..10) {
            0..7 => Restart::Permanent,
            7..9 => Restart::Transient,
            _ => Restart::Temporary,
        };
        let min = ms(rng.random_range(0..20));
        let backoff = Backoff {
            min,
            max: min * rng.random_range(1..5),
            factor: rng.random_range(1.0..3.0),
            jitter: rng.random_range(0.0..1.0),
            reset_after: ms(rng.random_range(1..500)),
        };
        let spec = spec.restart(restart).backoff(backoff);
        (decided(spec, rng), backoff.max)
    }
}

pub fn worker_args(book: &Book, rng: &mut impl Rng) -> (WorkerArgs, Arc<Mutex<Option<Ambush>>>) {
    let halts = match rng.random_range(0..10) {
        0..7 => Halts::AtOnce,
        7..9 => Halts::After(ms(rng.random_range(0..60))),
        _ => Halts::Never,
    };
    let ambush = Arc::new(Mutex::new(None));
    let args = WorkerArgs {
        book: book.clone(),
        halts,
        ambush: ambush.clone(),
    };
    (args, ambush)
}

/// One child in four has a decider of its own.
fn decided(spec: ChildSpec, rng: &mut impl Rng) -> ChildSpec {
    match rng.random_range(0..16) {
        0..2 => spec.decider(|_| Directive::Resume),
        2 => spec.decider(|exit| match exit {
            Exit::Failed(_) => Directive::Stop,
            _ => Directive::Restart,
        }),
        3 => spec.decider(|exit| match exit {
            Exit::Hung(_) => Directive::Escalate,
            _ => Directive::Resume,
        }),
        _ => spec,
    }
}
