//! What a decision, a cached answer and a live call cost.

use crate::client::{Bare, Client, Huddle, PROVIDER, call, generous, transport};
use crate::figures::Spread;
use crate::server::Server;
use crate::waits::quantiles;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use huddle::api::{
    Call, Effect, Event, Headers, Mono, Now, PriorityRequest, Reply, RequestOrchestrator, Tolerance, Validators,
    WaiterId, WireError,
};
use huddle::clock::uptime;
use huddle::transport::Wire;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const N_ROUNDS: usize = 9;
const N_DECISIONS: u64 = 200_000;
const N_ASKS: usize = 100_000;
const N_ASKERS: usize = 64;
/// Fewer than the bills that may wait for the disk, so that none is given up.
const N_LIVE: usize = 5_000;
const N_CALLS: usize = 1_000;

/// One core of the orchestrator, driven by a loop.
struct Core {
    orchestrator: RequestOrchestrator,
    now: Now,
    rng: Pcg64Mcg,
    n_waiters: u64,
    n_events: u64,
}

impl Core {
    fn new() -> Core {
        let now = Now {
            mono: Mono::secs(1),
            wall: chrono::DateTime::from_timestamp(1_575_979_200, 0).expect("a day in 2019"),
        };
        let policies = BTreeMap::from([(PROVIDER, generous(1_000))]);
        Core {
            orchestrator: RequestOrchestrator::new(policies, 1, now).expect("the windows let something pass"),
            now,
            rng: Pcg64Mcg::new(7),
            n_waiters: 0,
            n_events: 0,
        }
    }

    fn hear(&mut self, event: Event) -> Vec<Effect> {
        self.now.mono = self.now.mono + Duration::from_micros(3);
        self.n_events += 1;
        self.orchestrator.handle(self.now, event, &mut self.rng)
    }

    fn ask(&mut self, call: Call, tolerance: Tolerance) -> Vec<Effect> {
        let request = PriorityRequest::new(call, "bench", self.now.mono + Duration::from_secs(60));
        let waiter = WaiterId(self.n_waiters);
        self.n_waiters += 1;
        let request = Box::new(request.tolerance(tolerance));
        self.hear(Event::Submit { waiter, request })
    }

    fn live(&mut self, call: Call) {
        let sent = self.ask(call, Tolerance::Live);
        let Some(Effect::Send { attempt, .. }) = sent.into_iter().find(|e| matches!(e, Effect::Send { .. }))
        else {
            panic!("nothing bars a call");
        };
        let done = Event::Done {
            attempt,
            outcome: Ok(good()),
            latency: Duration::from_micros(300),
        };
        let answered = self.hear(done);
        assert!(answered.iter().any(|e| matches!(e, Effect::Reply { .. })));
    }
}

fn good() -> Reply {
    Reply {
        status: 200,
        headers: Headers::default(),
        body: Arc::from(&b"{}"[..]),
    }
}

/// Decisions a second on one core, without runtime and sockets.
pub fn core() {
    let rate = |round: &dyn Fn(&mut Core, u64)| {
        Spread::of((0..N_ROUNDS).map(|_| {
            let mut core = Core::new();
            core.live(call("/news"));
            core.n_events = 0;
            let begin = uptime();
            (0..N_DECISIONS).for_each(|n| round(&mut core, n));
            core.n_events as f64 / uptime().saturating_sub(begin).as_secs_f64()
        }))
    };
    let cached = rate(&|core, _| {
        core.ask(call("/news"), Tolerance::Policy);
    });
    let live = rate(&|core, n| core.live(call(&format!("/news?n={}", n % 500))));
    println!("pure core, events decided a second on one core ({N_ROUNDS} rounds; target 300,000)");
    print_rate("cached answers", &cached, 300_000.0);
    print_rate("live calls: submit, done", &live, 300_000.0);
}

fn print_rate(what: &str, rate: &Spread, target: f64) {
    let verdict = if rate.median >= target { "ok" } else { "MISSED" };
    println!("  {what:<28} {rate:.0}   {verdict}");
}

/// Answers at once.
struct Instantly;

impl Wire for Instantly {
    fn perform(
        &self,
        _: Call,
        _: Option<Validators>,
        _: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>> {
        async { Ok(good()) }.boxed()
    }
}

/// Requests a second through the actor.
pub async fn actor() {
    let huddle = Huddle::over(Arc::new(Instantly), generous(1_000));
    let live = of_many(|n| format!("/live?n={}", n % 500), N_LIVE, &huddle).await;
    // The last bills are on their way to the disk.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let cached = of_many(|_| "/live?n=0".to_owned(), N_ASKS, &huddle.clone().cached()).await;
    println!("through the actor, requests a second, {N_ASKERS} askers on its arbiter (target 30,000)");
    print_rate("cached answers", &cached, 30_000.0);
    print_rate("live, a wire of no latency", &live, 30_000.0);
}

async fn of_many(path: fn(usize) -> String, n: usize, client: &impl Client) -> Spread {
    let mut rates = Vec::new();
    for _ in 0..N_ROUNDS {
        let begin = uptime();
        let askers = (0..N_ASKERS).map(|asker| {
            let client = client.clone();
            actix_rt::spawn(async move {
                for n in (asker..n).step_by(N_ASKERS) {
                    client.get(&path(n)).await.expect("nothing bars it");
                }
            })
        });
        for asker in askers.collect::<Vec<_>>() {
            asker.await.expect("an asker asks to the end");
        }
        rates.push(n as f64 / uptime().saturating_sub(begin).as_secs_f64());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Spread::of(rates)
}

/// The transport without anybody who decides.
#[derive(Clone)]
struct Alone(huddle::transport::Transport);

impl Client for Alone {
    async fn get(&self, path: &str) -> Result<(), String> {
        let done = self.0.perform(&call(path), None, Duration::from_secs(10)).await;
        done.map(drop).map_err(|e| e.to_string())
    }
}

/// Latencies of single calls, one after another, beside bare reqwest; interleaved, a ratio is the median of rounds' ratios.
pub async fn overhead(server: &Server) {
    let bare = Bare::to(&server.base);
    let alone = Alone(transport(&server.base));
    let live = Huddle::at(server, 8);
    let cached = live.clone().cached();
    let mut medians: [Vec<f64>; 4] = Default::default();
    let mut all: [Vec<Duration>; 4] = Default::default();
    for round in 0..N_ROUNDS + 1 {
        let took = [
            one_by_one(&bare, "/fast").await,
            one_by_one(&alone, "/fast").await,
            one_by_one(&live, "/fast").await,
            one_by_one(&cached, "/fast?n=0").await,
        ];
        // The first opens connections and fills caches.
        if round > 0 {
            for ((of, all), mut took) in medians.iter_mut().zip(&mut all).zip(took) {
                took.sort_unstable();
                of.push(took[took.len() / 2].as_secs_f64() * 1e6);
                all.extend(took);
            }
        }
    }
    let names = [
        "bare reqwest",
        "transport alone",
        "live: actor, transport",
        "cached: actor",
    ];
    println!(
        "one call after another, median latency in microseconds and its ratio to bare reqwest ({N_ROUNDS} rounds of {N_CALLS})"
    );
    for ((name, of), all) in names.iter().zip(&medians).zip(all) {
        let ratio = Spread::of(of.iter().zip(&medians[0]).map(|(us, bare)| us / bare));
        let median = Spread::of(of.iter().copied());
        println!("  {name:<24} {median:<28.1} x{ratio:<24.3} {}", quantiles(all));
    }
}

/// The latencies of calls one after another, each for something else, or all for the same where `path` has parameters.
async fn one_by_one(client: &impl Client, path: &str) -> Vec<Duration> {
    let mut took = Vec::with_capacity(N_CALLS);
    for n in 0..N_CALLS {
        let path = if path.contains('?') {
            path.to_owned()
        } else {
            format!("{path}?n={n}")
        };
        let begin = uptime();
        client.get(&path).await.expect("loopback answers");
        took.push(uptime().saturating_sub(begin));
    }
    took
}
