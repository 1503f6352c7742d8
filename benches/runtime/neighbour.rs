//! What a flooded actor does to another one on the same arbiter.

use crate::{
    stage::{Stage, on},
    subject::{Add, soon},
    waits::quantiles,
};
use actix::{Actor, Handler, Message};
use huddle::{
    actor::{Birth, Component, Ctx, Lane, StartError},
    supervision::{ChildSpec, Root},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

const N_ASKS: usize = 1_000;
const BETWEEN_ASKS: Duration = Duration::from_millis(2);
/// How long the flooded actor works at each message.
const WORK: Duration = Duration::from_micros(20);

/// Keeps its thread busy for a moment.
#[derive(Message)]
#[rtype(result = "()")]
struct Work;

/// The flooded actor and its neighbour are of one kind.
struct Worker(u64);

impl Actor for Worker {
    type Context = Ctx<Worker>;
}

impl Component for Worker {
    type Args = ();

    fn create(_args: &(), _birth: Birth, _ctx: &mut Ctx<Worker>) -> Result<Worker, StartError> {
        Ok(Worker(0))
    }
}

impl Handler<Work> for Worker {
    type Result = ();

    fn handle(&mut self, _work: Work, _ctx: &mut Ctx<Worker>) {
        let start = Instant::now();
        while start.elapsed() < WORK {
            std::hint::spin_loop();
        }
    }
}

impl Handler<Add> for Worker {
    type Result = u64;

    fn handle(&mut self, add: Add, _ctx: &mut Ctx<Worker>) -> u64 {
        self.0 += add.0;
        self.0
    }
}

/// Fills the flooded actor's lane to the brim every millisecond, and asks its neighbour every 2 ms from another thread.
pub async fn flooded(stage: &Stage) {
    println!(
        "\nneighbour of a flooded actor (20 us a message, its lane refilled every 1 ms), asked every 2 ms (aim: p99 <= 20 ms)"
    );
    for flooding in [false, true] {
        let (root, busy, neighbour) = on(&stage.host, || async {
            let (busy_spec, busy) = ChildSpec::of::<Worker>("flooded", ());
            let (spec, neighbour) = ChildSpec::of::<Worker>("neighbour", ());
            (Root::start(vec![busy_spec, spec]), busy, neighbour)
        })
        .await
        .expect("the tree starts");
        let over = Arc::new(AtomicBool::new(!flooding));
        let until = over.clone();
        let flood = on(&stage.senders[1], move || async move {
            let mut n_refused = 0_u64;
            while !until.load(Relaxed) {
                while busy.tell(Work, Lane::Normal).is_ok() {}
                n_refused += 1;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            (n_refused, busy.vitals().handled)
        });
        let waits = on(&stage.senders[0], move || async move {
            let mut waits = Vec::with_capacity(N_ASKS);
            for _ in 0..N_ASKS {
                tokio::time::sleep(BETWEEN_ASKS).await;
                let start = Instant::now();
                neighbour.ask(Add(1), soon()).await.expect("the neighbour answers");
                waits.push(start.elapsed());
            }
            waits
        })
        .await
        .expect("the asker ends");
        over.store(true, Relaxed);
        let (n_refused, n_handled) = flood.await.expect("the flood ends");
        let name = if flooding { "flooded" } else { "idle" };
        println!(
            "  {name:<9}{}; the lane was full {n_refused} times, {n_handled} handled",
            quantiles(waits)
        );
        root.shutdown(Duration::from_secs(5)).await;
    }
}
