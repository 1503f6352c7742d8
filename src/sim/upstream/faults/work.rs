//! What a fault does to an answer.

use super::{Drift, Fault, RetryAfter};
use crate::api::Provider;
use crate::sim::upstream::chance::Chance;
use crate::sim::upstream::message::{Reply, Scripted, Wire};
use crate::sim::upstream::odds_api;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Noise is at most this long.
const MAX_GARBAGE_BYTES: usize = 2_048;

/// The answer a fault gives in the service's place; `None` when the service answers itself.
pub(in crate::sim::upstream) fn instead(fault: &Fault, provider: Provider, now: DateTime<Utc>) -> Option<Reply> {
    let page = |status: u16, title: &str| {
        let html =
            format!("<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>");
        Reply::new(status, "text/html", html.into_bytes())
    };
    Some(match fault {
        Fault::Http500 => page(500, "Internal Server Error"),
        Fault::Http503(after) => told(page(503, "Service Unavailable"), *after, now),
        Fault::Throttle429(after) => {
            let reply = match provider {
                Provider::OddsApi => odds_api::too_fast(),
                Provider::OpenMeteo => {
                    let reason = "Minutely API request limit exceeded. Please try again in one minute.";
                    Reply::json(429, &json!({"error": true, "reason": reason}))
                }
                _ => page(429, "Too Many Requests"),
            };
            told(reply, *after, now)
        }
        Fault::Quota401 => match provider {
            Provider::OddsApi => odds_api::out_of_credits(),
            Provider::OpenMeteo => {
                let reason = "Daily API request limit exceeded. Please try again tomorrow.";
                Reply::json(429, &json!({"error": true, "reason": reason}))
            }
            _ => page(401, "Unauthorized"),
        },
        Fault::Hang { charged: false } | Fault::Reset { charged: false } => Reply::empty(200),
        Fault::Latency(_)
        | Fault::Truncated
        | Fault::Garbage
        | Fault::Html200
        | Fault::Hang { charged: true }
        | Fault::Reset { charged: true }
        | Fault::WrongContentType
        | Fault::SchemaDrift { .. }
        | Fault::SlowDrip { .. } => return None,
    })
}

fn told(reply: Reply, after: RetryAfter, now: DateTime<Utc>) -> Reply {
    match after {
        RetryAfter::Unsaid => reply,
        RetryAfter::Seconds(t) => reply.with("retry-after", t.as_millis().div_ceil(1_000).to_string()),
        RetryAfter::Date(t) => {
            // Dates have whole seconds; rounding up never calls a client back too early.
            let at = now + TimeDelta::from_std(t).unwrap_or_default() + TimeDelta::milliseconds(999);
            reply.with("retry-after", crate::sim::upstream::http_date(at))
        }
    }
}

/// Changes an answer.
pub(in crate::sim::upstream) fn after(fault: &Fault, answer: &mut Scripted, chance: Chance) {
    match fault {
        Fault::Latency(delay) => answer.delay += *delay,
        Fault::Truncated => {
            answer.wire = Wire::Truncated {
                after_bytes: answer.body.len() / 2,
            }
        }
        Fault::Garbage => {
            let n = answer.body.len().clamp(1, MAX_GARBAGE_BYTES);
            answer.body = (0..n as i64).map(|i| chance.on("noise").at(i).bits() as u8).collect();
        }
        Fault::Html200 => {
            answer.status = 200;
            answer.body = b"<!DOCTYPE html><html><body>We'll be right back.</body></html>".to_vec();
            typed(answer, "text/html; charset=utf-8");
        }
        Fault::Hang { .. } => answer.wire = Wire::Hang,
        Fault::Reset { .. } => answer.wire = Wire::Reset,
        Fault::WrongContentType => typed(answer, "text/plain"),
        Fault::SchemaDrift { how, field } => drift(answer, *how, field.as_deref(), chance),
        Fault::SlowDrip { bytes_per_chunk, every } => {
            answer.wire = Wire::Drip {
                bytes_per_chunk: *bytes_per_chunk,
                every: *every,
            };
        }
        Fault::Http500 | Fault::Http503(_) | Fault::Throttle429(_) | Fault::Quota401 => {}
    }
}

fn typed(answer: &mut Scripted, content_type: &str) {
    answer.headers.retain(|(name, _)| name != "content-type");
    answer
        .headers
        .push(("content-type".to_owned(), content_type.to_owned()));
}

/// JSON and tables drift; anything else stays as it is.
fn drift(answer: &mut Scripted, how: Option<Drift>, field: Option<&str>, chance: Chance) {
    let how = how.unwrap_or(Drift::ALL[chance.on("how").below(3) as usize].1);
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        let mut names = BTreeSet::new();
        collect(&body, &mut names);
        let Some(name) = field.map(str::to_owned).or_else(|| pick(names, chance)) else {
            return;
        };
        change(&mut body, &name, how);
        answer.body = body.to_string().into_bytes();
    } else if let Some(body) = drifted_table(&answer.body, how, field, chance) {
        answer.body = body;
    }
}

fn pick(names: BTreeSet<String>, chance: Chance) -> Option<String> {
    let n = names.len() as u64;
    names.into_iter().nth(chance.on("field").below(n) as usize)
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                names.insert(name.clone());
                collect(value, names);
            }
        }
        Value::Array(list) => list.iter().for_each(|v| collect(v, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn change(value: &mut Value, name: &str, how: Drift) {
    match value {
        Value::Object(map) => {
            if let Some(old) = map.remove(name) {
                match how {
                    Drift::Missing => {}
                    Drift::Renamed => {
                        map.insert(format!("{name}_v2"), old);
                    }
                    Drift::Retyped => {
                        let new = if old.is_number() {
                            json!(old.to_string())
                        } else {
                            json!(7)
                        };
                        map.insert(name.to_owned(), new);
                    }
                }
            }
            map.values_mut().for_each(|v| change(v, name, how));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| change(v, name, how)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn drifted_table(body: &[u8], how: Drift, field: Option<&str>, chance: Chance) -> Option<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(body);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().ok()?;
    let head = rows.first().filter(|r| r.len() > 1)?;
    let column = match field {
        Some(name) => head.iter().position(|c| c == name)?,
        None => chance.on("field").below(head.len() as u64) as usize,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (i, row) in rows.iter().enumerate() {
        let cells = row
            .iter()
            .enumerate()
            .filter(|(c, _)| how != Drift::Missing || *c != column);
        let cells = cells.map(|(c, cell)| match (c == column, how, i) {
            (true, Drift::Renamed, 0) => format!("{cell}_v2"),
            (true, Drift::Retyped, 1..) => "n/a".to_owned(),
            _ => cell.to_owned(),
        });
        writer.write_record(cells).ok()?;
    }
    writer.into_inner().ok()
}
