//! The scenarios that make sense without a breaker, priorities and credits, on tower's layers in tokio's paused time.

use crate::figures::Spread;
use crate::stack::layers;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use tower::{BoxError, ServiceExt};

const N_SEEDS: u64 = 20;

/// One request: when, and how long an answer is of use.
#[derive(Clone, Copy)]
struct Asked {
    at: Duration,
    within: Duration,
}

/// One run.
struct Run {
    /// When the provider was called, in order.
    calls: Vec<Duration>,
    /// When each request was answered well; `None` for not at all.
    answered: Vec<Option<Duration>>,
}

/// Plays requests against a provider that says at a moment whether it fails, and after how long it answers.
fn play(
    seed: u64,
    asked: &[Asked],
    provider: impl Fn(Duration, &mut Pcg64Mcg) -> (Duration, bool) + Clone + Send + Sync + 'static,
) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let begin = Instant::now();
        let log = Arc::new(Mutex::new((Vec::new(), Pcg64Mcg::new(u128::from(seed) + 1))));
        let leaf = {
            let log = Arc::clone(&log);
            tower::service_fn(move |(): ()| {
                let (took, good) = {
                    let (calls, rng) = &mut *log.lock().unwrap();
                    let at = begin.elapsed();
                    calls.push(at);
                    provider(at, rng)
                };
                async move {
                    tokio::time::sleep(took).await;
                    if good { Ok(()) } else { Err(BoxError::from("down")) }
                }
            })
        };
        let stack = layers(leaf, 10);
        let askers: Vec<_> = asked
            .iter()
            .map(|one| {
                let (one, stack) = (*one, stack.clone());
                tokio::spawn(async move {
                    tokio::time::sleep_until(begin + one.at).await;
                    let done = tokio::time::timeout(one.within, stack.oneshot(())).await;
                    matches!(done, Ok(Ok(()))).then(|| begin.elapsed())
                })
            })
            .collect();
        let mut answered = Vec::new();
        for asker in askers {
            answered.push(asker.await.expect("an asker asks to the end"));
        }
        let calls = log.lock().unwrap().0.clone();
        Run { calls, answered }
    })
}

fn s(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn quick(rng: &mut Pcg64Mcg) -> Duration {
    Duration::from_micros(rng.random_range(50_000..150_000))
}

/// Five a second, at random, between two seconds.
fn poisson(rng: &mut Pcg64Mcg, until: Duration, within: Duration) -> Vec<Asked> {
    let mut at = Duration::ZERO;
    let mut asked = Vec::new();
    loop {
        let u: f64 = rng.random_range(f64::EPSILON..1.0);
        at += Duration::from_secs_f64(-u.ln() / 5.0);
        if at >= until {
            return asked;
        }
        asked.push(Asked { at, within });
    }
}

fn most_within(calls: &[Duration], span: Duration) -> usize {
    let from = |i: usize| calls[i..].iter().take_while(|at| **at - calls[i] < span).count();
    (0..calls.len()).map(from).max().unwrap_or_default()
}

fn figure(scenario: &str, name: &str, readings: Vec<f64>) {
    println!("  {scenario:<6} {name:<60} {}", Spread::of(readings));
}

/// Prints what the layers make of B2, B2b, B3 and B5.
pub fn all() {
    println!(
        "tower's layers in virtual time, {N_SEEDS} seeds: median (min..max); 10 a second, no priorities, no breaker"
    );
    burst();
    boundary();
    errors();
    outage();
}

fn burst() {
    let (mut lost, mut lost_all) = (Vec::new(), Vec::new());
    for seed in 0..N_SEEDS {
        let mut rng = Pcg64Mcg::new(u128::from(seed) + 99);
        let within_s = [(28, 5), (75, 15), (347, 60), (50, 180)];
        let asked: Vec<Asked> = within_s
            .iter()
            .flat_map(|(n, within_s)| std::iter::repeat_n(s(*within_s), *n))
            .map(|within| Asked {
                at: Duration::from_micros(rng.random_range(0..1_000_000)),
                within,
            })
            .collect();
        let run = play(seed, &asked, |_, rng| (quick(rng), true));
        lost.push(run.answered[..28].iter().filter(|a| a.is_none()).count() as f64);
        lost_all.push(run.answered.iter().filter(|a| a.is_none()).count() as f64);
    }
    figure("B2", "Critical lost of 28", lost);
    figure("B2", "lost in all", lost_all);
}

fn boundary() {
    let (mut in_1_s, mut in_100_ms) = (Vec::new(), Vec::new());
    for seed in 0..N_SEEDS {
        let mut rng = Pcg64Mcg::new(u128::from(seed) + 99);
        let mut asked = Vec::new();
        for round in 1..=20 {
            for n in 0..=60 {
                let early = Duration::from_millis(if n == 0 { 1_000 } else { 50 });
                let at = s(round * 15) - early + Duration::from_micros(rng.random_range(0..100_000));
                asked.push(Asked { at, within: s(14) });
            }
        }
        let run = play(seed, &asked, |_, _| (Duration::from_millis(1), true));
        in_1_s.push(most_within(&run.calls, s(1)) as f64);
        in_100_ms.push(most_within(&run.calls, Duration::from_millis(100)) as f64);
    }
    figure("B2b", "most calls in any 1 s (limit 10)", in_1_s);
    figure("B2b", "most calls in any 100 ms", in_100_ms);
}

fn errors() {
    let (mut success, mut amplification) = (Vec::new(), Vec::new());
    for seed in 0..N_SEEDS {
        let mut rng = Pcg64Mcg::new(u128::from(seed) + 99);
        let asked = poisson(&mut rng, s(660), s(60));
        let failing = |at: Duration, rng: &mut Pcg64Mcg| (quick(rng), at < s(60) || rng.random_range(0..10) >= 3);
        let run = play(seed, &asked, failing);
        let counted: Vec<_> = asked.iter().zip(&run.answered).filter(|(a, _)| a.at >= s(60)).collect();
        let n = counted.len() as f64;
        success.push(100.0 * counted.iter().filter(|(_, a)| a.is_some()).count() as f64 / n);
        amplification.push(run.calls.iter().filter(|at| **at >= s(60)).count() as f64 / n);
    }
    figure("B3", "success, % (huddle's target >= 97)", success);
    figure("B3", "attempts a request (<= 1.40)", amplification);
}

fn outage() {
    let (mut wasted, mut first, mut storm) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..N_SEEDS {
        let mut rng = Pcg64Mcg::new(u128::from(seed) + 99);
        let asked = poisson(&mut rng, s(480), s(10));
        let gone = |at: Duration, rng: &mut Pcg64Mcg| {
            if (s(60)..s(360)).contains(&at) {
                (Duration::from_millis(10), false)
            } else {
                (quick(rng), true)
            }
        };
        let run = play(seed, &asked, gone);
        wasted.push(run.calls.iter().filter(|at| (s(60)..s(360)).contains(*at)).count() as f64);
        let answered = run.answered.iter().flatten().filter(|at| **at >= s(360)).min();
        first.push(answered.map_or(f64::INFINITY, |at| (*at - s(360)).as_secs_f64()));
        storm.push(run.calls.iter().filter(|at| (s(360)..s(361)).contains(*at)).count() as f64);
    }
    figure("B5", "calls wasted (<= 25)", wasted);
    figure("B5", "first success after recovery, s (<= 36)", first);
    figure("B5", "calls in the first second after recovery", storm);
}
