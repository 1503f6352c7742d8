//! Messages per second: tell and ask, on one arbiter and across two, from one sender and from 64.
//!
//! Tell goes in batches of 10,000 followed by one ask, so that the rate is that of handling and not of queueing; 64 senders
//! share the batch. Every answer is the sum so far, and the last one must account for every message sent.

use crate::{
    figures::{self, Spread},
    peers::{Kameo, Ractor},
    stage::{Stage, on},
    subject::{Bare, Huddle, Stock, Subject},
};
use actix::Addr;
use futures_util::future::{LocalBoxFuture, join_all};
use std::time::Instant;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Tell,
    Ask,
}

#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    kind: Kind,
    /// Whether the actor has an arbiter of its own.
    across: bool,
    /// Senders, each a task of its own.
    n_tasks: usize,
    /// Threads the senders are spread over.
    n_threads: usize,
}

const fn scenario(name: &'static str, kind: Kind, across: bool, n_tasks: usize, n_threads: usize) -> Scenario {
    Scenario {
        name,
        kind,
        across,
        n_tasks,
        n_threads,
    }
}

const SCENARIOS: [Scenario; 10] = [
    scenario("tell, same arbiter, 1 sender", Kind::Tell, false, 1, 1),
    scenario("tell, cross arbiter, 1 sender", Kind::Tell, true, 1, 1),
    scenario("tell, same arbiter, 64 senders", Kind::Tell, false, 64, 1),
    scenario("tell, cross arbiter, 64 senders on 1 thread", Kind::Tell, true, 64, 1),
    scenario("tell, cross arbiter, 64 senders on 2 threads", Kind::Tell, true, 64, 2),
    scenario("ask, same arbiter, 1 sender", Kind::Ask, false, 1, 1),
    scenario("ask, cross arbiter, 1 sender", Kind::Ask, true, 1, 1),
    scenario("ask, same arbiter, 64 senders", Kind::Ask, false, 64, 1),
    scenario("ask, cross arbiter, 64 senders on 1 thread", Kind::Ask, true, 64, 1),
    scenario("ask, cross arbiter, 64 senders on 2 threads", Kind::Ask, true, 64, 2),
];

const BATCH: usize = 10_000;
const N_BATCHES: usize = 50;
const N_ASKS: usize = 64_000;

type Measure = for<'a> fn(&'a Stage, Scenario) -> LocalBoxFuture<'a, f64>;

/// The first are huddle's own, with which the others are compared.
const SUBJECTS: [(&str, Measure); 7] = [
    (OURS[0], |stage, scenario| {
        Box::pin(measure::<Huddle<true>>(stage, scenario))
    }),
    (OURS[1], |stage, scenario| {
        Box::pin(measure::<Huddle<false>>(stage, scenario))
    }),
    ("actix Context", |stage, scenario| {
        Box::pin(measure::<Addr<Stock>>(stage, scenario))
    }),
    ("ractor", |stage, scenario| Box::pin(measure::<Ractor>(stage, scenario))),
    ("kameo, 64 bounded", |stage, scenario| {
        Box::pin(measure::<Kameo<64>>(stage, scenario))
    }),
    ("kameo, unbounded", |stage, scenario| {
        Box::pin(measure::<Kameo<0>>(stage, scenario))
    }),
    ("tokio mpsc, oneshot", |stage, scenario| {
        Box::pin(measure::<Bare>(stage, scenario))
    }),
];

const OURS: [&str; 2] = ["huddle, vitals on", "huddle, vitals off"];

/// One sender's share of the work; returns how many messages it sent.
async fn send<S: Subject>(subject: S, scenario: Scenario) -> usize {
    let batch = BATCH / scenario.n_tasks;
    match scenario.kind {
        Kind::Tell => {
            for _ in 0..N_BATCHES {
                for _ in 1..batch {
                    subject.tell(1).await;
                }
                subject.ask(1).await;
            }
            N_BATCHES * batch
        }
        Kind::Ask => {
            let n_asks = N_ASKS / scenario.n_tasks;
            for _ in 0..n_asks {
                subject.ask(1).await;
            }
            n_asks
        }
    }
}

/// Messages per second of a fresh actor, after one unmeasured batch.
async fn measure<S: Subject>(stage: &Stage, scenario: Scenario) -> f64 {
    let host = if scenario.across {
        &stage.host
    } else {
        &stage.senders[0]
    };
    let subject = on(host, S::start).await.expect("the actor starts");
    let warm = subject.clone();
    let n_warm = on(&stage.senders[0], move || async move {
        for _ in 0..BATCH {
            warm.tell(1).await;
        }
        warm.ask(0).await
    })
    .await
    .expect("the actor answers");
    let start = Instant::now();
    let threads = stage.senders.iter().take(scenario.n_threads).map(|arbiter| {
        let subject = subject.clone();
        on(arbiter, move || async move {
            let senders = (0..scenario.n_tasks / scenario.n_threads)
                .map(|_| actix_rt::spawn(send(subject.clone(), scenario)))
                .collect::<Vec<_>>();
            let sent = join_all(senders).await;
            sent.into_iter().map(|n| n.expect("no sender fails")).sum::<usize>()
        })
    });
    let sent = join_all(threads.collect::<Vec<_>>()).await;
    let seconds = start.elapsed().as_secs_f64();
    let n_sent: usize = sent.into_iter().map(|n| n.expect("no thread ends")).sum();
    let sum = on(&stage.senders[0], move || async move { subject.ask(0).await })
        .await
        .expect("the actor answers");
    assert_eq!(sum, n_warm + n_sent as u64, "a message was lost or handled twice");
    n_sent as f64 / seconds
}

/// Every scenario whose name contains `part`, with `n_rounds` rounds each.
pub async fn all(stage: &Stage, n_rounds: usize, part: &str) {
    println!("\nthroughput: thousand messages a second, median (min..max) of {n_rounds} interleaved rounds;");
    println!("ratios of huddle to each, median (min..max) of the ratios within a round");
    for scenario in SCENARIOS.into_iter().filter(|scenario| scenario.name.contains(part)) {
        let mut rates = vec![Vec::new(); SUBJECTS.len()];
        for round in 0..n_rounds {
            for turn in 0..SUBJECTS.len() {
                let at = (round + turn) % SUBJECTS.len();
                rates[at].push(SUBJECTS[at].1(stage, scenario).await);
            }
        }
        print(scenario, &rates);
    }
}

fn print(scenario: Scenario, rates: &[Vec<f64>]) {
    println!("\n{} (load average {})", scenario.name, figures::load());
    let ours: Vec<String> = OURS.iter().map(|name| format!("{name:<24}")).collect();
    println!("  {:<22}{:<30}{}", "", "thousand/s", ours.join(""));
    for (at, (name, _)) in SUBJECTS.iter().enumerate() {
        let rate = Spread::of(rates[at].iter().map(|rate| rate / 1e3));
        let ratios: String = (0..OURS.len())
            .filter(|_| at >= OURS.len())
            .map(|our| Spread::of(rates[our].iter().zip(&rates[at]).map(|(our, rate)| our / rate)))
            .map(|ratio| format!("{ratio:<24.2}"))
            .collect();
        println!("  {name:<22}{rate:<30.0}{ratios}");
    }
}
