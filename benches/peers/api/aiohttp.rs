//! The careful Python client of the peers' folder (`w7_api.py`: aiohttp, aiolimiter, pybreaker, tenacity) and Huddle against
//! the same server program (`loopback_server`), in turn.
//!
//! `HUDDLE_PEERS` is the folder, `../shared/peers` if unset; it needs `.venv` and `rustc -O loopback_server.rs` in it.

use crate::client::{Client, Huddle, generous, transport};
use crate::figures::Spread;
use huddle::api::ProviderPolicy;
use huddle::api::retry::RetryPolicy;
use huddle::clock::uptime;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const N_ROUNDS: usize = 5;
const N: usize = 10_000;

/// What one side made of a case.
struct Made {
    seconds: f64,
    n_calls: u64,
}

/// Prints both sides' seconds and the ratio.
pub async fn all() {
    let folder = std::env::var("HUDDLE_PEERS").unwrap_or_else(|_| "../../../shared/peers".to_owned());
    let folder = PathBuf::from(folder);
    let (python, server) = (folder.join(".venv/bin/python"), folder.join("loopback_server"));
    if !python.exists() || !server.exists() {
        println!(
            "aiohttp skipped: {} or {} is absent",
            python.display(),
            server.display()
        );
        return;
    }
    println!(
        "{N} requests, seconds and calls the server saw, in turn, {N_ROUNDS} rounds; a ratio above 1 says huddle is faster"
    );
    for case in ["get1", "get64", "dup1", "flaky"] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..N_ROUNDS {
            theirs.push(python_case(&python, &folder, &server, case));
            ours.push(our_case(&server, case).await);
        }
        let ratio = Spread::of(theirs.iter().zip(&ours).map(|(t, o)| t.seconds / o.seconds));
        let seconds = |of: &[Made]| Spread::of(of.iter().map(|m| m.seconds));
        let calls = |of: &[Made]| Spread::of(of.iter().map(|m| m.n_calls as f64));
        println!(
            "  {case:<6} huddle {:.3} s, calls {:.0}   aiohttp {:.3} s, calls {:.0}   ratio {ratio:.2}",
            seconds(&ours),
            calls(&ours),
            seconds(&theirs),
            calls(&theirs)
        );
    }
}

fn python_case(python: &Path, folder: &Path, server: &Path, case: &str) -> Made {
    let output = Command::new(python)
        .arg(folder.join("w7_api.py"))
        .args(["--case", case, "--reps", "1", "--n", &N.to_string()])
        .arg("--server")
        .arg(server)
        .current_dir(folder)
        .output()
        .expect("the script runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line: serde_json::Value = serde_json::from_str(text.trim())
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    Made {
        seconds: line["seconds_median"].as_f64().expect("it says how long"),
        n_calls: line["upstream_calls"].as_u64().expect("it says how many"),
    }
}

/// The server as a process of its own; ended when dropped.
struct Served(Child, String);

impl Served {
    fn start(server: &Path) -> Served {
        let mut child = Command::new(server)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("it says its port");
        let port = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Served(child, format!("http://127.0.0.1:{port}"))
    }

    async fn n_calls(&self) -> u64 {
        let done = transport(&self.1)
            .perform(&crate::client::call("/count"), None, Duration::from_secs(5))
            .await;
        let text = done.expect("the server counts").body;
        std::str::from_utf8(&text).expect("digits").parse().expect("a number")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A server that has ended by itself is as good as one that was ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn our_case(server: &Path, case: &str) -> Made {
    let served = Served::start(server);
    let n_askers = if case == "get1" { 1 } else { 64 };
    // As the script: eight attempts without a wait, a breaker that does not open.
    let mut policy: ProviderPolicy = generous(n_askers);
    policy.breaker.consecutive = 1_000;
    policy.breaker.failure_percent = 101;
    policy.retry = RetryPolicy {
        max_attempts: 8,
        base: Duration::ZERO,
        ..RetryPolicy::default()
    };
    let huddle = Huddle::over(Arc::new(transport(&served.1)), policy);
    // The actor reads its database before it takes anything.
    huddle.get("/fast?first=1").await.expect("loopback answers");
    let before = served.n_calls().await;
    let begin = uptime();
    match case {
        "dup1" => askers(&huddle, N, |_| "/slow?k=0".to_owned()).await,
        "flaky" => askers(&huddle, n_askers as usize, |n| format!("/flaky?i={n}")).await,
        _ => askers(&huddle, n_askers as usize, |n| format!("/fast?i={n}")).await,
    }
    let seconds = uptime().saturating_sub(begin).as_secs_f64();
    Made {
        seconds,
        n_calls: served.n_calls().await - before,
    }
}

async fn askers(huddle: &Huddle, n_askers: usize, path: fn(usize) -> String) {
    let spawned = (0..n_askers).map(|asker| {
        let huddle = huddle.clone();
        actix_rt::spawn(async move {
            for n in (asker..N).step_by(n_askers) {
                if let Err(error) = huddle.get(&path(n)).await {
                    println!("  lost: {error}");
                }
            }
        })
    });
    for asker in spawned.collect::<Vec<_>>() {
        asker.await.expect("an asker asks to the end");
    }
}
