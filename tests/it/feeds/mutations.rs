//! Ten thousand seeded truncations and mutations of every answer: each gives facts, quarantined rows or a typed error.
//!
//! A season's odds are half a megabyte, and reading that ten thousand times takes an hour. So nine in ten
//! mutations are of an excerpt, the first games of the answer written anew, and one in ten of the whole.

use super::{OWN, Reader, SHARED, games, own, shared, stats};
use huddle::feeds::FeedError;
use huddle::world::population;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::Value;

const N_TOTAL: u64 = 10_000;
/// Elements an excerpt keeps of each array.
const EXCERPT: usize = 2;
/// Answers below this are no excerpt's worth.
const SMALL_BYTES: usize = 8_192;

/// What came of the mutations of one answer.
#[derive(Default, Debug)]
struct Fates {
    n_whole: u64,
    n_quarantined: u64,
    n_refused: u64,
}

fn mutate(name: &str, bytes: &[u8], read: Reader) {
    let excerpt = excerpt(bytes);
    let mut fates = Fates::default();
    population(N_TOTAL, |seed| {
        let mut rng = Pcg64::seed_from_u64(seed);
        let base = match &excerpt {
            Some(excerpt) if seed % 10 != 0 => excerpt.as_slice(),
            _ => bytes,
        };
        let damaged = damage(base, &mut rng);
        match read(&damaged) {
            Ok(tally) if tally.n_rejected == 0 => fates.n_whole += 1,
            Ok(_) => fates.n_quarantined += 1,
            Err(e) => {
                typed(&e);
                fates.n_refused += 1;
            }
        }
    });
    println!("{name}: {fates:?}");
}

/// An error says what was read and fits on a screen.
fn typed(error: &FeedError) {
    let text = error.to_string();
    assert!(
        !text.is_empty() && text.chars().count() < 6_000,
        "{} characters",
        text.len()
    );
}

/// The answer with the first elements of each array alone; `None` when it is small as it is, or no JSON.
fn excerpt(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < SMALL_BYTES {
        return None;
    }
    let mut answer: Value = serde_json::from_slice(bytes).ok()?;
    shorten(&mut answer);
    serde_json::to_vec(&answer).ok()
}

fn shorten(value: &mut Value) {
    match value {
        Value::Array(rows) => {
            rows.truncate(EXCERPT);
            rows.iter_mut().for_each(shorten);
        }
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// One to four wounds, of the bytes or, where the answer is JSON, of its values.
fn damage(base: &[u8], rng: &mut Pcg64) -> Vec<u8> {
    if rng.random_range(0..2) == 0
        && let Ok(mut answer) = serde_json::from_slice::<Value>(base)
    {
        for _ in 0..rng.random_range(1..5) {
            let n = count(&answer);
            let mut at = rng.random_range(0..n);
            wound(&mut answer, &mut at, rng);
        }
        return serde_json::to_vec(&answer).unwrap();
    }
    let mut bytes = base.to_vec();
    for _ in 0..rng.random_range(1..5) {
        wound_bytes(&mut bytes, rng);
    }
    bytes
}

fn wound_bytes(bytes: &mut Vec<u8>, rng: &mut Pcg64) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let end = (at + rng.random_range(1..64)).min(bytes.len());
    match rng.random_range(0..6) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        4 => {
            if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
                bytes[at + digit] = b"0123456789-.e+"[rng.random_range(0..14)];
            }
        }
        _ => bytes.insert(at, b"{}[],:\"\\\n\0\xff"[rng.random_range(0..11)]),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(rows) => rows.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Changes the value number `at` of those below and including this one.
fn wound(value: &mut Value, at: &mut usize, rng: &mut Pcg64) -> bool {
    if *at == 0 {
        *value = wounded(value.take(), rng);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(rows) => rows.iter_mut().any(|row| wound(row, at, rng)),
        Value::Object(fields) => fields.values_mut().any(|field| wound(field, at, rng)),
        _ => false,
    }
}

fn wounded(value: Value, rng: &mut Pcg64) -> Value {
    let other = [
        Value::Null,
        Value::Bool(true),
        Value::from(-1),
        Value::from(1e308),
        Value::from(u64::MAX),
        Value::from(0.25),
        Value::from(""),
        Value::from("9999-12-31T23:59:59Z"),
        Value::from("\u{1F3C8}".repeat(3_000)),
        Value::Array(Vec::new()),
        Value::Object(serde_json::Map::new()),
    ];
    match (rng.random_range(0..3), value) {
        (0, Value::Number(number)) => Value::from(-number.as_f64().unwrap_or(0.0)),
        (1, Value::Number(number)) => Value::from(number.to_string()),
        (0, Value::Array(mut rows)) => {
            rows.extend(rows.clone());
            Value::Array(rows)
        }
        (1, Value::Array(mut rows)) => {
            rows.reverse();
            rows.pop();
            Value::Array(rows)
        }
        (0, Value::Object(fields)) => {
            let n = fields.len().max(1);
            let gone = rng.random_range(0..n);
            let kept = fields.into_iter().enumerate().filter(|(i, _)| *i != gone);
            Value::Object(kept.map(|(_, field)| field).collect())
        }
        (0, Value::String(text)) => Value::from(text.chars().rev().collect::<String>()),
        (1, Value::String(text)) => Value::from(text.chars().take(text.chars().count() / 2).collect::<String>()),
        _ => other[rng.random_range(0..other.len())].clone(),
    }
}

#[test]
fn damaged_own_answers_never_panic() {
    for (name, read) in OWN {
        mutate(name, &own(name), read);
    }
    mutate("nflverse_games.csv", &own("nflverse_games.csv"), games);
}

#[test]
fn damaged_real_answers_never_panic() {
    for (name, read) in SHARED {
        let Some(bytes) = shared(name) else { return };
        mutate(name, &bytes, read);
    }
    for (name, read) in [("nfl/stats_team_week.csv", stats as Reader), ("nfl/games.csv", games)] {
        let Some(bytes) = shared(name) else { return };
        // The first two hundred lines: a file is read line by line, and the lines are alike.
        let end = bytes
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'\n')
            .map(|(i, _)| i + 1)
            .nth(200);
        mutate(name, &bytes[..end.unwrap_or(bytes.len())], read);
    }
}
