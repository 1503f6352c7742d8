//! How long an asker waits across a crash, and across a hang.

use crate::{
    stage::{Stage, on},
    subject::{Add, Adder, Block, Crash, adder, soon},
    waits::quantiles,
};
use huddle::{
    actor::{ActorRef, Lane},
    supervision::Place,
};
use std::time::{Duration, Instant};

const N_CRASHES: usize = 2_000;
const N_HANGS: usize = 20;
/// How long the thread is blocked, and after which time without progress the supervisor replaces the actor.
const BLOCKED: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_millis(50);

/// From sending the message that crashes the actor to the answer of its next incarnation, which was asked at once.
async fn answers_after_a_crash(adder: ActorRef<Adder>) -> Vec<Duration> {
    let mut waits = Vec::with_capacity(N_CRASHES);
    for _ in 0..N_CRASHES {
        let start = Instant::now();
        adder.tell(Crash, Lane::Normal).expect("the lane has room");
        let sum = adder.ask(Add(1), soon()).await.expect("the next incarnation answers");
        waits.push(start.elapsed());
        assert_eq!(sum, 1, "a fresh incarnation starts from nothing");
    }
    waits
}

/// Prints how long the next answer takes, on the supervisor's arbiter and on one of its own.
pub async fn crash(stage: &Stage) {
    println!("\ncrash to next answer, the asker on another arbiter, restarts without delay (aim: p99 <= 5 ms)");
    for (place, text) in [
        (Place::Here, "beside its supervisor"),
        (Place::Dedicated, "on an arbiter of its own"),
    ] {
        let (root, handle) = on(&stage.host, move || async move { adder(|spec| spec.place(place)) })
            .await
            .expect("the tree starts");
        let asker = handle.clone();
        let waits = on(&stage.senders[0], move || answers_after_a_crash(asker)).await;
        let waits = waits.expect("the asker ends");
        println!("  {text:<26}{}", quantiles(waits));
        assert_eq!(handle.vitals().restarts, N_CRASHES as u64, "every crash is one restart");
        root.shutdown(Duration::from_secs(5)).await;
    }
}

/// Prints how long the next answer takes when the actor's thread is blocked.
pub async fn hang(stage: &Stage) {
    println!("\nhang to next answer: blocked for 300 ms, limit 50 ms, an arbiter of its own (aim: <= 60 ms)");
    let tree = on(&stage.host, || async {
        adder(|spec| spec.place(Place::Dedicated).hang_limit(LIMIT))
    });
    let (root, handle) = tree.await.expect("the tree starts");
    let asker = handle.clone();
    let waits = on(&stage.senders[0], move || async move {
        let mut waits = Vec::with_capacity(N_HANGS);
        for _ in 0..N_HANGS {
            asker.ask(Add(1), soon()).await.expect("the actor is up");
            let start = Instant::now();
            asker.tell(Block(BLOCKED), Lane::Normal).expect("the lane has room");
            let sum = asker.ask(Add(1), soon()).await.expect("the next incarnation answers");
            waits.push(start.elapsed());
            assert_eq!(sum, 1, "a fresh incarnation starts from nothing");
            // The blocked thread comes back before the next hang, so that hung threads do not pile up.
            tokio::time::sleep(2 * BLOCKED).await;
        }
        waits
    });
    println!("  {}", quantiles(waits.await.expect("the asker ends")));
    assert_eq!(handle.vitals().restarts, N_HANGS as u64, "every hang is one restart");
    root.shutdown(Duration::from_secs(5)).await;
}
