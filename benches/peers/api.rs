//! Huddle's API access beside what is usually assembled instead: tower's layers with moka and reqwest, and, where the
//! folder of peer scripts is, a careful Python client on aiohttp:
//!
//!     cd benches/peers && cargo run --release --bin api
//!
//! An argument picks one part (`virtual`, `storm`, `core`, `actor`, `overhead`, `aiohttp`).

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a server thread sleeps to be slow, and a measurement that fails has nobody to report to"
)]

#[path = "api/aiohttp.rs"]
mod aiohttp;
#[path = "../api/client.rs"]
mod client;
#[path = "../runtime/figures.rs"]
mod figures;
#[path = "../api/server.rs"]
mod server;
#[path = "../api/speed.rs"]
mod speed;
#[path = "api/stack.rs"]
mod stack;
#[path = "../api/storm.rs"]
mod storm;
#[path = "api/virtual_stack.rs"]
mod virtual_stack;
#[path = "../api/virtually.rs"]
mod virtually;
#[path = "../runtime/waits.rs"]
mod waits;

use client::Huddle;
use stack::Stack;

/// Storms of each kind.
const N_STORMS: usize = 9;

fn main() {
    let part = std::env::args().nth(1);
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!("load average {}", figures::load());
    if wanted("virtual") {
        println!("huddle, targets missed: {}", virtually::all());
        virtual_stack::all();
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
        if wanted("aiohttp") {
            aiohttp::all().await;
        }
    });
    println!("load average {}", figures::load());
}

/// B1 and B1b on both, in turn.
async fn storms() {
    let server = server::Server::start();
    let (huddle, stack) = (Huddle::at(&server, 8), Stack::to(&server.base));
    for (name, half_leave) in [("B1", false), ("B1b, half give up", true)] {
        println!("{name}: 10,000 ask for the same within 100 ms, 200 ms upstream");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for n in 0..=N_STORMS {
            let path = format!("/slow?{half_leave}={n}");
            let run = storm::storm(&huddle, &server, &path, half_leave).await;
            let other = storm::storm(&stack, &server, &path, half_leave).await;
            // The first opens the connections and grows what is kept.
            if n > 0 {
                ours.push(run);
                theirs.push(other);
            }
        }
        storm::print("huddle", &ours);
        storm::judge(&ours);
        storm::print("tower + moka + reqwest", &theirs);
    }
}
