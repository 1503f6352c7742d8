//! A house that closes with calls queued and in flight: nothing of the ledger is lost, and it is gone in time.

use super::manager::{ask, odds, start, wide};
use super::server::{Manner, Server};
use huddle::api::{ApiError, Spend};
use huddle::store::Store;
use huddle::store::api::ledger;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "HUDDLE_API_DRAIN_FOLDER";
const BASE: &str = "HUDDLE_API_DRAIN_BASE";
const N_QUEUED: usize = 200;
const N_IN_FLIGHT: usize = 8;

/// Asks for everything at once and closes on SIGTERM.
async fn live(folder: &Path, base: &str) {
    let tree = start(folder, base, wide());
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    let asked: Vec<_> = (0..N_IN_FLIGHT + N_QUEUED)
        .map(|n| {
            let api = tree.api.clone();
            async move { ask(&api, odds(n), Duration::from_secs(120)).await }
        })
        .collect();
    let waiting = actix::spawn(futures_util::future::join_all(asked));
    terminate.recv().await;
    assert_eq!(tree.root.shutdown(Duration::from_millis(24_500)).await.code(), 0);
    let answers = waiting.await.unwrap();
    let served = answers.iter().filter(|a| matches!(a, Ok(Ok(_)))).count();
    let closed = answers
        .iter()
        .filter(|a| matches!(a, Ok(Err(ApiError::ShuttingDown { .. } | ApiError::Deadline { .. }))))
        .count();
    assert_eq!(served + closed, N_IN_FLIGHT + N_QUEUED, "everybody is answered");
    std::fs::write(folder.join("served"), served.to_string()).unwrap();
}

/// The workload; without a folder it is not meant.
#[test]
fn workload() {
    let (Ok(folder), Ok(base)) = (std::env::var(FOLDER), std::env::var(BASE)) else {
        return;
    };
    actix::System::new().block_on(live(Path::new(&folder), &base));
}

fn terminate(child: &Child) {
    let sent = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn sigterm_with_two_hundred_queued_and_eight_in_flight_loses_no_row_and_ends_in_time() {
    // Whole, the queue takes longer than the drain and its end is aborted; the short run finishes the queue. Each call is
    // booked on disk first, one after another, so an answer must take longer than eight of those.
    let whole = std::env::var("HUDDLE_FULL").is_ok_and(|v| v == "1");
    let latency = Duration::from_millis(if whole { 1_500 } else { 500 });
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manner { latency, credits: 3 });
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "api::drain::workload"]);
    command
        .env(FOLDER, folder.path())
        .env(BASE, server.base())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    while server.asked().in_flight < N_IN_FLIGHT {
        assert!(child.try_wait().unwrap().is_none(), "the workload ended by itself");
        let n_asked: u32 = server.asked().by_call.values().sum();
        assert!(
            (n_asked as usize) < N_QUEUED,
            "eight are never in flight at once: booking takes too long here"
        );
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(2)).await });
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a real process takes to end is what is measured"
    )]
    let began = Instant::now();
    terminate(&child);
    let status = child.wait().unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{status}");
    assert!(took <= Duration::from_secs(25), "{took:?}");
    let store = Store::open(&folder.path().join("huddle.db")).unwrap();
    let rows = ledger::latest(&mut store.conn().unwrap(), 10_000).unwrap();
    let asked = server.asked();
    let n_asked: u32 = asked.by_call.values().sum();
    assert!(rows.iter().all(|row| row.state != Spend::Reserved));
    assert_eq!(rows.len() as u32, n_asked, "a row for every call the provider saw");
    let booked: u32 = rows.iter().map(|r| r.credits).sum();
    assert_eq!(booked, asked.charged, "what was aborted counts as spent");
    let served = std::fs::read_to_string(folder.path().join("served")).unwrap();
    println!(
        "SIGTERM: {} of {} calls sent, {served} served, {} rows, gone after {:.1} s",
        rows.len(),
        N_IN_FLIGHT + N_QUEUED,
        rows.len(),
        took.as_secs_f64()
    );
}
