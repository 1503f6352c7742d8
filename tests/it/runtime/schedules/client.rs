//! The clients of one schedule: they ask, tell, break things and give orders, all by chance.

use super::{
    book::{Book, Outcome},
    plan::{Plan, Seat, worker_args},
    worker::{Ambush, CHAOS, Job, What, Worker},
};
use crate::runtime::harness::ms;
use huddle::{
    actor::{ActorRef, How, Lane},
    supervision::{Add, ChildSpec, Remove, RestartChild, Supervisor},
    world::World,
};
use rand::{RngExt as _, seq::IndexedRandom as _};
use rand_pcg::Pcg64Mcg;
use std::{rc::Rc, time::Duration};
use tokio::task::JoinHandle;

pub struct Client<'a> {
    pub world: &'a World,
    pub plan: &'a Plan,
    pub book: &'a Book,
    pub rng: Pcg64Mcg,
    /// Steps in a hundred that break something.
    pub n_faults: u32,
    asked: Vec<JoinHandle<()>>,
}

impl<'a> Client<'a> {
    pub fn new(n: u64, n_faults: u32, world: &'a World, plan: &'a Plan, book: &'a Book) -> Client<'a> {
        Client {
            world,
            plan,
            book,
            rng: world.seeds().derive("client", n),
            n_faults,
            asked: Vec::new(),
        }
    }

    /// Goes through its steps and waits for all its answers.
    pub async fn run(mut self) {
        for _ in 0..self.rng.random_range(5..40) {
            let step = self.rng.random_range(0..100);
            match step {
                _ if step < self.n_faults => self.break_something().await,
                _ if step < self.n_faults + 8 => self.order().await,
                _ => self.write().await,
            }
            match self.rng.random_range(0..4) {
                0 => tokio::task::yield_now().await,
                _ => self.world.pass(ms(self.rng.random_range(0..25))).await,
            }
        }
        for ask in self.asked {
            ask.await.unwrap();
        }
    }

    async fn write(&mut self) {
        let time = self.rng.random_range(0..50);
        let what = match self.rng.random_range(0..6) {
            0 => What::Hold(time),
            1 => What::Slow(time),
            _ => What::Work,
        };
        let (at, seat) = self.plan.any_seat(&mut self.rng);
        // A burst fills the smaller lanes.
        let n = if self.rng.random_bool(0.1) { 12 } else { 1 };
        for _ in 0..n {
            self.send(at, &seat, what).await;
        }
    }

    /// Asks or tells.
    async fn send(&mut self, at: usize, seat: &Seat, what: What) {
        let lane = *Lane::ALL.choose(&mut self.rng).unwrap();
        if self.rng.random_bool(0.4) {
            let id = self.book.sent(at, None);
            if let Err(refused) = seat.worker.tell(Job { id, what }, lane) {
                assert_eq!(
                    (refused.message.id, refused.message.what),
                    (id, what),
                    "it comes back unchanged"
                );
                self.book.refused(id);
            }
            return;
        }
        let deadlines = [0, 1, 5, 20, 100, 1_000, 60_000].map(ms);
        let deadline = *deadlines.choose(&mut self.rng).unwrap();
        let endless = self.rng.random_bool(0.03) && seat.worker.vitals().incarnation > 0;
        let deadline = if endless { Duration::MAX } else { deadline };
        let id = self.book.sent(at, Some(deadline));
        let ask = seat.worker.ask(Job { id, what }, How { lane, deadline });
        let patience = self.rng.random_bool(0.05).then(|| ms(self.rng.random_range(0..20)));
        let book = self.book.clone();
        let asking = async move {
            let outcome = match patience {
                None => Outcome::Answer(ask.await),
                Some(patience) => tokio::time::timeout(patience, ask)
                    .await
                    .map_or(Outcome::Dropped, Outcome::Answer),
            };
            book.ended(id, outcome);
        };
        if self.rng.random_bool(0.2) {
            asking.await;
        } else {
            self.asked.push(actix::spawn(asking));
        }
    }

    async fn break_something(&mut self) {
        let (at, seat) = self.plan.any_seat(&mut self.rng);
        let rng = &mut self.rng;
        let time = rng.random_range(0..30);
        let what = match rng.random_range(0..20) {
            0..2 => What::Panic,
            2 => What::PanicInFuture(time),
            3 => What::PanicInTimer(time),
            4 => What::PanicInStream(time),
            5 => What::PanicInWait(time),
            6 => What::Fail,
            7 => What::FailLater(time),
            8 => What::Finish,
            9 => What::Terminate,
            10..12 if seat.watched => What::Hang,
            10..12 => What::Hold(time),
            12..17 => return self.lay_ambush(at, &seat).await,
            17..19 => {
                if self.world.lose_arbiter(&seat.id) {
                    self.book.fault("arbiter lost");
                }
                return;
            }
            _ => return self.lose_supervisor(),
        };
        self.send(at, &seat, what).await;
    }

    /// Lays an ambush in a hook, and mostly sends something that leads there.
    async fn lay_ambush(&mut self, at: usize, seat: &Seat) {
        let ambushes = [
            Ambush::Create,
            Ambush::Refusal,
            Ambush::Started,
            Ambush::Halting,
            Ambush::Stopping,
            Ambush::Stopped,
        ];
        let ambush = *ambushes.choose(&mut self.rng).unwrap();
        *seat.ambush.lock() = Some(ambush);
        match ambush {
            Ambush::Create | Ambush::Refusal | Ambush::Started => self.send(at, seat, What::Panic).await,
            Ambush::Stopping | Ambush::Stopped => self.send(at, seat, What::Finish).await,
            Ambush::Halting => {}
        }
    }

    /// Any supervisor but the root.
    fn lose_supervisor(&mut self) {
        if let Some(branch) = self.plan.branches[1..].choose(&mut self.rng)
            && self.world.lose_arbiter(&branch.id)
        {
            self.book.fault("supervisor killed");
        }
    }

    /// Adds, removes or restarts a child somewhere.
    async fn order(&mut self) {
        let (_, seat) = self.plan.any_seat(&mut self.rng);
        let branch = &self.plan.branches[seat.branch];
        let Some(supervisor) = branch.supervisor.clone() else {
            return;
        };
        let how = How {
            lane: Lane::Control,
            deadline: ms(*[0, 10, 1_000].choose(&mut self.rng).unwrap()),
        };
        let (begun, book) = (self.book.now(), self.book);
        let answer = match self.rng.random_range(0..3) {
            0 => self.add(seat.branch, &supervisor, how).await,
            1 if !seat.sentinel => format!(
                "remove {}: {:?}",
                seat.id,
                supervisor.ask(Remove(seat.id.clone()), how).await
            ),
            _ => {
                // Counted before it is answered: an order may be carried out though its answer came too late.
                book.write(|pages| *pages.n_orders.entry(branch.id.clone()).or_default() += 1);
                format!(
                    "restart {}: {:?}",
                    seat.id,
                    supervisor.ask(RestartChild(seat.id.clone()), how).await
                )
            }
        };
        book.note(answer);
        book.fault("order");
        if book.now() > begun + how.deadline + ms(1) {
            book.wrong(format!("an order to {} was answered late", branch.id));
        }
    }

    async fn add(&mut self, branch: usize, supervisor: &ActorRef<Supervisor>, how: How) -> String {
        let id = format!("d{}", self.plan.n_added.replace(self.plan.n_added.get() + 1));
        let (args, ambush) = worker_args(self.book, &mut self.rng);
        let (spec, worker) = ChildSpec::of::<Worker>(&id, args);
        let added = supervisor.ask(Add(spec), how).await;
        let said = format!("add {id}: {added:?}");
        if matches!(added, Ok(Ok(()))) {
            let seat = Seat {
                id,
                worker,
                ambush,
                branch,
                sentinel: false,
                watched: false,
            };
            self.plan.seats.borrow_mut().push(Rc::new(seat));
        }
        said
    }
}

/// What a schedule may see go wrong; anything else fails its world.
pub fn allow(world: &World) {
    for text in [
        CHAOS,
        "lost its arbiter",
        "hung: no progress",
        "escalated: ",
        "needs a new process",
    ] {
        world.allow_fault(text);
    }
}
