//! B1 and B1b in real time: ten thousand ask for the same thing within a tenth of a second, and half of them give up.

use crate::client::Client;
use crate::server::Server;
use huddle::clock::uptime;
use std::time::Duration;

const N_MS: u64 = 100;
const N_A_MS: u64 = 100;
/// When the impatient half leaves: all have asked, and the answer is still 100 ms away.
const LEAVE_AT: Duration = Duration::from_millis(N_MS);

/// What came of one storm.
pub struct Storm {
    /// Calls the server saw.
    pub n_calls: u64,
    /// Who stayed and was answered.
    pub n_good: usize,
    /// Who stayed.
    pub n_stayed: usize,
    /// From when the asking was meant to happen, the slowest hundredth, in milliseconds.
    pub p99_ms: f64,
    /// From the first asking to the last answer, in milliseconds.
    pub wall_ms: f64,
    /// Time on all cores, server included, in milliseconds.
    pub cpu_ms: f64,
}

/// 10,000 ask for `path`, a hundred each millisecond for a hundred milliseconds. With `half_leave` every second one, the
/// very first included, gives up after these.
pub async fn storm(client: &impl Client, server: &Server, path: &str, half_leave: bool) -> Storm {
    let (before, cpu_before) = (server.n_calls(), cpu());
    let begin = uptime();
    let mut asking = Vec::new();
    for ms in 0..N_MS {
        let meant = begin + Duration::from_millis(ms);
        let early = meant.saturating_sub(uptime());
        if !early.is_zero() {
            tokio::time::sleep(early).await;
        }
        for _ in 0..N_A_MS {
            let (client, path) = (client.clone(), path.to_owned());
            asking.push(actix_rt::spawn(async move {
                let good = client.get(&path).await.is_ok();
                (good, uptime().saturating_sub(meant))
            }));
        }
        tokio::task::yield_now().await;
    }
    if half_leave {
        tokio::time::sleep((begin + LEAVE_AT).saturating_sub(uptime())).await;
        for impatient in asking.iter().step_by(2) {
            impatient.abort();
        }
    }
    let (mut n_good, mut n_stayed, mut took) = (0, 0, Vec::new());
    for one in asking {
        let Ok((good, after)) = one.await else { continue };
        n_stayed += 1;
        n_good += usize::from(good);
        took.push(after);
    }
    took.sort_unstable();
    let wall_ms = ms(uptime().saturating_sub(begin));
    Storm {
        n_calls: server.n_calls() - before,
        n_good,
        n_stayed,
        p99_ms: took
            .get((took.len() * 99).div_ceil(100).max(1) - 1)
            .copied()
            .map_or(f64::NAN, ms),
        wall_ms,
        cpu_ms: ms(cpu().saturating_sub(cpu_before)),
    }
}

/// Prints the figures of storms.
pub fn print(who: &str, runs: &[Storm]) {
    let of = |figure: fn(&Storm) -> f64| crate::figures::Spread::of(runs.iter().map(figure));
    println!(
        "  {who:<24} upstream calls {:.0}   stayed and answered {:.0} of {:.0}   p99 {:.0} ms   wall {:.0} ms   CPU {:.0} ms",
        of(|s| s.n_calls as f64),
        of(|s| s.n_good as f64),
        of(|s| s.n_stayed as f64),
        of(|s| s.p99_ms),
        of(|s| s.wall_ms),
        of(|s| s.cpu_ms)
    );
}

/// Says which of Huddle's targets its storms meet: everybody answered by one call, then p99 and CPU by their medians.
pub fn judge(runs: &[Storm]) {
    let verdict = |met: bool| if met { "ok" } else { "MISSED" };
    let median = |figure: fn(&Storm) -> f64| crate::figures::Spread::of(runs.iter().map(figure)).median;
    let shared = runs.iter().all(|s| s.n_calls == 1 && s.n_good == s.n_stayed);
    println!(
        "  targets: one call for all {}, p99 <= 260 ms {}, CPU <= 60 ms {}",
        verdict(shared),
        verdict(median(|s| s.p99_ms) <= 260.0),
        verdict(median(|s| s.cpu_ms) <= 60.0)
    );
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Time this process's threads have run, from the scheduler's own count in nanoseconds. Threads that have ended are
/// forgotten by it; none of the measured ones does.
pub fn cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists a process's threads");
    let of = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        text.split(' ')
            .next()
            .and_then(|ns| ns.parse::<u64>().ok())
            .unwrap_or_default()
    };
    Duration::from_nanos(tasks.flatten().map(of).sum())
}
