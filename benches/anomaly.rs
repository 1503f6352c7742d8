//! The isolation forest beside scikit-learn's on the same rows (workload W4), in one run: `cargo bench --bench anomaly`.
//!
//! The peer is a Python script in the folder `HUDDLE_PEERS` (default `../shared/peers`), which needs its virtual environment
//! beside it; without it ours is measured alone.

#![allow(clippy::unwrap_used, reason = "a measurement that fails has nobody to report to")]

#[path = "runtime/figures.rs"]
mod figures;
#[path = "engine/peer.rs"]
mod peer;
#[path = "../src/healing/anomaly/synthetic/rows.rs"]
mod rows;
#[path = "anomaly/w4.rs"]
mod w4;

// The rows are drawn by the very file the tests draw them with, which names the stream by this path.
use huddle::stats;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|child| child == peer::CHILD) {
        return w4::measure();
    }
    println!("load average {}", figures::load());
    w4::compare();
    println!("load average {}", figures::load());
}
