//! The values headers have: counts, waits in seconds or in Go's notation, dates, and lists with parameters.

use super::{MAX_KEEP, MAX_WAIT};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A count that may be written with a decimal point; `up` rounds a fraction up, otherwise it is dropped.
pub(super) fn count(text: &str, up: bool) -> Option<u32> {
    let number = number(text)?;
    let whole = if up { number.ceil() } else { number.floor() };
    // From a float the conversion saturates, so a huge count is the largest one.
    Some(whole as u32)
}

/// A non-negative finite number in decimal notation.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_decimal.then(|| text.parse().ok()).flatten()
}

/// Seconds, perhaps with a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    Some(bounded(number(text)?))
}

/// Milliseconds, perhaps with a fraction.
pub(super) fn millis(text: &str) -> Option<Duration> {
    Some(bounded(number(text)? / 1_000.0))
}

fn bounded(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(MAX_WAIT).min(MAX_WAIT)
}

/// Whole seconds an answer keeps.
pub(super) fn keep(text: &str) -> Option<Duration> {
    let seconds = number(text.trim().trim_matches('"'))?;
    Some(
        Duration::try_from_secs_f64(seconds.floor())
            .unwrap_or(MAX_KEEP)
            .min(MAX_KEEP),
    )
}

/// A date of HTTP in any of its three forms.
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(DateTime::from)
}

/// From one instant to another; zero when that has passed.
pub(super) fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or(Duration::ZERO).min(MAX_WAIT)
}

/// A point in time as GitHub (seconds since 1970) or Anthropic (RFC 3339) writes it.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Some(seconds) = number(text) {
        // Below this it is a duration, not a date: the year 2001.
        return (seconds >= 1e9)
            .then(|| DateTime::from_timestamp(seconds as i64, 0))
            .flatten();
    }
    let parsed = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(parsed.with_timezone(&Utc))
}

/// A duration as Go prints it: `6m0s`, `1h2m3.5s`, `20ms`, `1m30.951s`; the units descend.
pub(super) fn go_duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] = [
        ("h", 3_600.0),
        ("m", 60.0),
        ("s", 1.0),
        ("ms", 1e-3),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("ns", 1e-9),
    ];
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..digits])?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == &rest[..letters])?;
        seconds += value * unit;
        rest = &rest[letters..];
    }
    Some(bounded(seconds))
}

/// The items of a structured field list, each a name with parameters: `"default";r=50;t=30`. Commas and semicolons within
/// quotation marks separate nothing.
pub(super) fn items(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let unquoted = |s: &str| s.trim().trim_matches('"').to_owned();
    let item = |item: &str| {
        let mut parts = split(item, ';').into_iter();
        let name = unquoted(parts.next().unwrap_or_default());
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_ascii_lowercase(), unquoted(value))
        };
        (name, parts.map(pair).collect())
    };
    split(text, ',').into_iter().map(item).collect()
}

fn split(text: &str, by: char) -> Vec<&str> {
    let mut quoted = false;
    let mut from = 0;
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        if c == by && !quoted {
            parts.push(&text[from..at]);
            from = at + c.len_utf8();
        }
    }
    parts.push(&text[from..]);
    parts
}
