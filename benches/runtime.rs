//! What a message, a crash, a flooded neighbour and an idle actor cost, beside actix's own context, ractor, kameo and a bare
//! tokio channel, all in one run:
//!
//!     cargo run --release --manifest-path benches/peers/Cargo.toml --target-dir target/peers
//!
//! It belongs to the package in `benches/peers`, so that huddle itself never depends on its peers. An argument picks one
//! part (`idle`, `crash`, `hang`, `neighbour`, `throughput`); after `throughput` a number sets the
//! rounds and a text picks the scenarios whose names contain it (`throughput 9 'ask, cross'`).
//!
//! The machine is shared, so two figures compare only if they were taken close together: in each round every subject runs
//! each scenario once, the first in line changing from round to round, and a ratio is the median of the ratios within rounds.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a stopwatch reads the machine's clock, actix's own context is measured with its own calls, and a measurement \
              that fails has nobody to report to"
)]

#[path = "runtime/faults.rs"]
mod faults;
#[path = "runtime/figures.rs"]
mod figures;
#[path = "runtime/idle.rs"]
mod idle;
#[path = "runtime/neighbour.rs"]
mod neighbour;
#[path = "runtime/peers.rs"]
mod peers;
#[path = "runtime/stage.rs"]
mod stage;
#[path = "runtime/subject.rs"]
mod subject;
#[path = "runtime/throughput.rs"]
mod throughput;
#[path = "runtime/waits.rs"]
mod waits;

use stage::Stage;

/// Enough that one disturbed round moves no median.
const N_ROUNDS: usize = 9;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let one = match args.as_slice() {
        [] => None,
        ["one-idle", subject, n_actors] => {
            return idle::one(subject, n_actors.parse().expect("a number of actors"));
        }
        [part, ..] => Some(*part),
    };
    let wanted = |part: &str| one.is_none_or(|one| one == part);
    let n_rounds = args.get(1).map_or(N_ROUNDS, |n| n.parse().expect("a number of rounds"));
    println!("load average {}", figures::load());
    if wanted("idle") {
        idle::all();
    }
    actix::System::new().block_on(async {
        let stage = Stage::new();
        if wanted("crash") {
            faults::crash(&stage).await;
        }
        if wanted("hang") {
            faults::hang(&stage).await;
        }
        if wanted("neighbour") {
            neighbour::flooded(&stage).await;
        }
        if wanted("throughput") {
            throughput::all(&stage, n_rounds, args.get(2).unwrap_or(&"")).await;
        }
    });
    println!("load average {}", figures::load());
}
