//! The scenarios of API access with their targets, in virtual time and against a server on loopback, and what a decision, a
//! cached answer and a live call cost: `cargo bench --bench api`.
//!
//! An argument picks one part (`virtual`, `storm`, `core`, `actor`, `overhead`). Beside the peers it runs from
//! `benches/peers/api.rs`, a package of its own.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a server thread sleeps to be slow, and a measurement that fails has nobody to report to"
)]

#[path = "api/client.rs"]
mod client;
#[path = "runtime/figures.rs"]
mod figures;
#[path = "api/server.rs"]
mod server;
#[path = "api/speed.rs"]
mod speed;
#[path = "api/storm.rs"]
mod storm;
#[path = "api/virtually.rs"]
mod virtually;
#[path = "runtime/waits.rs"]
mod waits;

use client::Huddle;

/// Storms of each kind.
const N_STORMS: usize = 9;

fn main() {
    // cargo bench adds an option of its own.
    let part = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!("load average {}", figures::load());
    if wanted("virtual") {
        println!("targets missed: {}", virtually::all());
    }
    if wanted("core") {
        speed::core();
    }
    actix::System::new().block_on(async {
        if wanted("storm") {
            storms().await;
        }
        if wanted("actor") {
            speed::actor().await;
        }
        if wanted("overhead") {
            speed::overhead(&server::Server::start()).await;
        }
    });
    println!("load average {}", figures::load());
}

/// B1 and B1b.
async fn storms() {
    let server = server::Server::start();
    let huddle = Huddle::at(&server, 8);
    for (name, half_leave) in [("B1", false), ("B1b, half give up", true)] {
        println!("{name}: 10,000 ask for the same within 100 ms, 200 ms upstream");
        let mut runs = Vec::new();
        for n in 0..=N_STORMS {
            let run = storm::storm(&huddle, &server, &format!("/slow?{half_leave}={n}"), half_leave).await;
            // The first opens the connection and grows what is kept.
            if n > 0 {
                runs.push(run);
            }
        }
        storm::print("huddle", &runs);
        storm::judge(&runs);
    }
}
