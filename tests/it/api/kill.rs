//! The process is killed at random points while it spends credits, again and again, on a real disk and real sockets: what
//! the ledger says and what the provider has charged must fit, and what was paid for and kept is not paid for again.

use super::manager::{ask, odds, start, wide};
use super::server::{Manner, Server};
use huddle::actor::How;
use huddle::api::{Provider, Spend};
use huddle::app::api_manager::GetApiStats;
use huddle::clock::Seeds;
use huddle::store::Store;
use huddle::store::api::{cache, ledger};
use huddle::world::share;
use rand::RngExt as _;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "HUDDLE_API_KILL_FOLDER";
const BASE: &str = "HUDDLE_API_KILL_BASE";
/// `last` for a life that only closes what is open.
const LIFE: &str = "HUDDLE_API_KILL_LIFE";
/// Different calls; every life asks for as many of them as it gets to, in its own order. The cache keeps 2,000.
const N_CALLS: usize = 1_800;

async fn live(folder: &Path, base: &str, life: &str) {
    let tree = start(folder, base, wide());
    // Answered once everything that earlier lives left is read and closed.
    tree.api
        .ask(GetApiStats, How::within(Duration::from_secs(60)))
        .await
        .unwrap();
    if life != "last" {
        let turn: usize = life.parse().unwrap();
        let calls: Vec<usize> = (0..N_CALLS).map(|n| (n * 7 + turn * 31) % N_CALLS).collect();
        for some in calls.chunks(16) {
            let asked = some.iter().map(|n| ask(&tree.api, odds(*n), Duration::from_secs(20)));
            futures_util::future::join_all(asked).await;
        }
    }
    assert_eq!(tree.root.shutdown(Duration::from_secs(24)).await.code(), 0);
}

/// The workload; without a folder it is not meant.
#[test]
fn workload() {
    let (Ok(folder), Ok(base), Ok(life)) = (std::env::var(FOLDER), std::env::var(BASE), std::env::var(LIFE))
    else {
        return;
    };
    actix::System::new().block_on(live(Path::new(&folder), &base, &life));
}

fn start_life(folder: &Path, base: &str, life: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "api::kill::workload"]);
    command
        .env(FOLDER, folder)
        .env(BASE, base)
        .env(LIFE, life)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn after_any_kill_the_ledger_covers_what_was_charged_and_nothing_kept_is_paid_twice() {
    let full = std::env::var("HUDDLE_FULL").ok();
    let n_kills = share(100, full.as_deref(), None).len().max(6);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manner {
        latency: Duration::from_millis(4),
        credits: 3,
    });
    let mut rng = Seeds::new(4).derive("api/kill", 0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    for life in 0..n_kills {
        let mut child = start_life(folder.path(), &server.base(), &life.to_string());
        // From before the first call to well within them.
        let wait = Duration::from_millis(rng.random_range(30..350));
        runtime.block_on(async { tokio::time::sleep(wait).await });
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(
        start_life(folder.path(), &server.base(), "last")
            .wait()
            .unwrap()
            .success()
    );
    let store = Store::open(&folder.path().join("huddle.db")).unwrap();
    let mut conn = store.conn().unwrap();
    let rows = ledger::latest(&mut conn, 100_000).unwrap();
    let asked = server.asked();
    assert!(
        rows.iter().all(|row| row.state != Spend::Reserved),
        "everything is closed in the end"
    );
    let sum = |state: Spend| -> u32 { rows.iter().filter(|r| r.state == state).map(|r| r.credits).sum() };
    let (settled, uncertain) = (sum(Spend::Settled), sum(Spend::Uncertain));
    assert!(
        settled <= asked.charged && asked.charged <= settled + uncertain,
        "{settled} + {uncertain} of {}",
        asked.charged
    );
    // Whatever was settled has its answer in the cache, and was asked for no more often than it was in doubt, and once.
    let kept: BTreeSet<String> = cache::all(&mut conn)
        .unwrap()
        .into_iter()
        .map(|row| row.key.as_str().to_owned())
        .collect();
    let mut n_settled = 0;
    for row in rows
        .iter()
        .filter(|r| r.state == Spend::Settled && r.outcome == "success")
    {
        assert!(
            kept.contains(row.key.as_str()),
            "{} was paid for and its answer is gone",
            row.key
        );
        n_settled += 1;
    }
    for n in 0..N_CALLS {
        let key = odds(n).key();
        let of = |state: Spend| rows.iter().filter(|r| r.key == key && r.state == state).count();
        // Answers of one run are a minute at most; a slow machine may outlive their freshness, which is no fault.
        let first = rows.iter().filter(|r| r.key == key).map(|r| r.at).min();
        let last = rows.iter().filter(|r| r.key == key).map(|r| r.at).max();
        let young = first
            .zip(last)
            .is_none_or(|(a, b)| b - a < chrono::TimeDelta::seconds(50));
        assert!(
            !young || of(Spend::Settled) <= 1,
            "{key} was paid for {} times",
            of(Spend::Settled)
        );
    }
    let sums = ledger::sums_since(&mut conn, Provider::OddsApi, chrono::DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(sums.credits, u64::from(settled + uncertain));
    println!(
        "{n_kills} kills: {} credits charged, {settled} settled with {n_settled} answers kept, {uncertain} in doubt",
        asked.charged
    );
    assert!(n_settled > 0);
}
