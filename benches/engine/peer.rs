//! Runs a workload of ours and a peer's in turn, each in a process of its own, and compares medians, outputs and memory.
//!
//! A process of its own gives each side its own peak memory and a cold allocator. Each process times the work alone, several
//! times, inputs in memory; the peer compiles what it compiles before.

use crate::figures::Spread;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The first argument of a process that measures ours.
pub const CHILD: &str = "--child";
/// Turns of each side.
const N_TURNS: usize = 5;
/// Repetitions within a turn; its median counts.
const N_REPS: usize = 3;

/// What to compare.
pub struct Comparison<'a> {
    /// What is printed first on its line.
    pub title: &'a str,
    /// The name of the workload in the table of `benches/engine.rs`, then what its `measure` takes.
    pub ours: &'a [&'a str],
    /// The environment of the peer's Python: `.venv` or `.venv-fim`.
    pub venv: &'a str,
    /// The peer's script and its arguments, without `--reps`.
    pub peer: &'a [&'a str],
    /// Threads each side may use.
    pub n_threads: usize,
    /// How many times as fast ours is to be at least; none where nothing was promised.
    pub target: Option<f64>,
    /// What of two answers is not equal within the workload's tolerance, a line each. Ours comes first.
    pub differs: &'a dyn Fn(&Value, &Value) -> Vec<String>,
}

/// Where the peers are: the folder with the scripts and environments, as a path from anywhere, because the peer is started
/// in it.
fn folder() -> PathBuf {
    let told = std::env::var_os("HUDDLE_PEERS").map_or_else(|| PathBuf::from("../shared/peers"), PathBuf::from);
    std::path::absolute(&told).unwrap_or(told)
}

impl Comparison<'_> {
    /// Runs both in turn and prints a line: the ratio of medians, both medians with their range, both peaks of memory.
    pub fn run(&self) {
        let python = folder().join(self.venv).join("bin/python");
        let absent = !python.exists();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..N_TURNS {
            if !absent {
                theirs.push(self.peer(&python));
            }
            ours.push(self.ours());
        }
        let mine = side(&ours);
        if absent {
            println!("{}: ours {mine}; the peer is absent ({})", self.title, python.display());
            return;
        }
        let peer = side(&theirs);
        let ratio = peer.seconds.median / mine.seconds.median;
        let verdict = match self.target {
            Some(target) if ratio >= target => format!("target {target}x met"),
            Some(target) => format!("LOST: target {target}x"),
            None => "no target".to_owned(),
        };
        println!("{}: {ratio:.2}x, {verdict}; ours {mine}; peer {peer}", self.title);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let differences = (self.differs)(ours, theirs);
            assert!(differences.is_empty(), "{}: {}", self.title, differences.join("; "));
        }
    }

    fn ours(&self) -> Value {
        let exe = std::env::current_exe().unwrap();
        let mut command = Command::new(exe);
        command.arg(CHILD).args(self.ours);
        answer(command)
    }

    fn peer(&self, python: &Path) -> Value {
        let threads = self.n_threads.to_string();
        let mut command = Command::new(python);
        command
            .current_dir(folder())
            .args(self.peer)
            .args(["--reps", &N_REPS.to_string()])
            .env("OMP_NUM_THREADS", &threads)
            .env("OPENBLAS_NUM_THREADS", &threads);
        answer(command)
    }
}

/// The one JSON line a process prints.
fn answer(mut command: Command) -> Value {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rfind(|line| line.starts_with('{'));
    let line = line.unwrap_or_else(|| panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(line).unwrap()
}

/// Medians of the turns of one side.
struct Side {
    seconds: Spread,
    rss_mb: f64,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4} s, peak {:.1} MB", self.seconds, self.rss_mb)
    }
}

fn side(turns: &[Value]) -> Side {
    let of = |key: &str| Spread::of(turns.iter().map(|t| t[key].as_f64().unwrap()));
    Side {
        seconds: of("seconds_median"),
        rss_mb: of("rss_mb").median,
    }
}

/// In the child: does the work several times and prints the line that [`Comparison::run`] reads.
pub fn measure<T>(mut work: impl FnMut() -> T, told: impl FnOnce(&T) -> Map<String, Value>) {
    let mut seconds = Vec::new();
    let mut last = None;
    for _ in 0..N_REPS {
        let began = huddle::clock::uptime();
        last = Some(work());
        let took: Duration = huddle::clock::uptime().saturating_sub(began);
        seconds.push(took.as_secs_f64());
    }
    let mut line = told(&last.expect("it was done at least once"));
    line.insert("seconds_median".to_owned(), json!(Spread::of(seconds).median));
    line.insert("rss_mb".to_owned(), json!(peak_mb()));
    println!("{}", Value::Object(line));
}

/// The most memory this process has had, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or_default() / 1024.0
}

/// A line for each number of the two answers that is further apart than its tolerance: absolute, or relative to the peer's.
pub fn apart(ours: &Value, peer: &Value, keys: &[(&str, f64)], relative: bool) -> Vec<String> {
    let far = |(key, within): &(&str, f64)| {
        let (a, b) = (ours[*key].as_f64().unwrap(), peer[*key].as_f64().unwrap());
        let within = if relative { within * b.abs() } else { *within };
        let is_far = (a - b).abs() > within || !(a - b).is_finite();
        is_far.then(|| format!("{key}: ours {a}, peer {b}, allowed {within:e}"))
    };
    keys.iter().filter_map(far).collect()
}

/// All cores of this machine.
pub fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
