//! The engine's workloads beside what people would run instead, in one run: `cargo bench --bench engine [w1|w3]`.
//!
//! The peers are Python scripts in the folder `HUDDLE_PEERS` (default `../shared/peers`), which needs its virtual environments
//! beside them; without them ours is measured alone. A workload is a file of its own and a row of [`WORKLOADS`].

#![allow(clippy::unwrap_used, reason = "a measurement that fails has nobody to report to")]

#[path = "runtime/figures.rs"]
mod figures;
#[path = "engine/peer.rs"]
mod peer;
#[path = "engine/w1.rs"]
mod w1;
#[path = "engine/w3.rs"]
mod w3;

/// A workload: its name, the comparison, and what a child process does to measure ours once.
type Workload = (&'static str, fn(), fn(&[String]));

const WORKLOADS: [Workload; 2] = [("w1", w1::compare, w1::measure), ("w3", w3::compare, w3::measure)];

fn main() {
    // cargo bench adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [child, name, rest @ ..] = args.as_slice()
        && child == peer::CHILD
    {
        let of = |(n, _, measure): &Workload| (n == name).then_some(*measure);
        let measure = WORKLOADS.iter().find_map(of).expect("the parent names a workload");
        return measure(rest);
    }
    println!("load average {}", figures::load());
    for (name, compare, _) in WORKLOADS {
        if args.is_empty() || args.iter().any(|arg| arg == name) {
            compare();
        }
    }
    println!("load average {}", figures::load());
}
