//! The paths below `/_control`: what was counted, and orders to faults and clock while the server runs.
//!
//! `GET /_control/counts` and `GET /_control/clock` answer with JSON; `POST /_control/faults` takes a plan and
//! `POST /_control/clock` an order such as `at=2026-11-25T12:00:00Z,speed=60`. A mistake is told what to write.

use super::door::{ClockOrder, Door};
use crate::sim::upstream::{FaultPlan, Request, Scripted, Wire};
use serde_json::{Value, json};
use std::time::Duration;

/// The answer to a request below `/_control`; `None` for any other.
pub(super) fn answer(door: &Door, request: &Request) -> Option<Scripted> {
    let leaf = request.path.strip_prefix("/_control/")?;
    let text = String::from_utf8_lossy(&request.body);
    let (status, body) = match (request.method.as_str(), leaf) {
        ("GET", "counts") => (200, counts(door)),
        ("GET", "clock") => (200, clock(door)),
        ("POST", "faults") => match text.parse::<FaultPlan>() {
            Ok(plan) => {
                let written = plan.to_string();
                door.set_faults(plan);
                (200, json!({"faults": written}))
            }
            Err(error) => (400, json!({"error": error.to_string()})),
        },
        ("POST", "clock") => match text.parse::<ClockOrder>() {
            Ok(order) => {
                door.set_clock(order);
                (200, clock(door))
            }
            Err(error) => (400, json!({"error": error.to_string()})),
        },
        _ => {
            let known = "GET counts, GET clock, POST faults, POST clock";
            (404, json!({"error": format!("no such control: there are {known}")}))
        }
    };
    Some(Scripted {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        delay: Duration::ZERO,
        wire: Wire::Whole,
    })
}

fn clock(door: &Door) -> Value {
    json!({"now": door.now().to_rfc3339()})
}

fn counts(door: &Door) -> Value {
    let (used, faults) = door.with(|up| (up.credits_used(), up.faults().to_string()));
    // Counts hold text and numbers only; were that to change, the error would be the answer.
    let counts = serde_json::to_value(door.counts()).unwrap_or_else(|e| json!({"error": e.to_string()}));
    json!({"counts": counts, "credits_used": used, "faults": faults, "now": door.now().to_rfc3339()})
}
