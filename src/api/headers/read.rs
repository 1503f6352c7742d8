//! Which header of which provider holds what.

use super::values::{count, go_duration, http_date, instant, items, keep, millis, seconds, until};
use super::{CreditCount, MAX_KEEP, MAX_VALIDATOR_BYTES, MAX_WINDOWS, Told, Validators, WindowCount};
use crate::api::provider::Provider;
use crate::api::reply::Headers;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// Names of windows come from outside, so they are cut.
const MAX_NAME_CHARS: usize = 64;
/// GitHub asks for at least a minute after its secondary limit, which comes without a header.
const GITHUB_WAIT: Duration = Duration::from_secs(60);

/// Reads the headers of an answer. `now` is our wall time; where the answer carries its own date, spans are measured from
/// that, so that a clock of ours that is wrong waits neither too long nor too short.
pub fn read(provider: Provider, reply_status: u16, headers: &Headers, now: DateTime<Utc>) -> Told {
    let dated = headers.get("date").and_then(http_date);
    let clock = dated.unwrap_or(now);
    let windows = windows(provider, headers, clock);
    let cache = headers.get("cache-control").map(items).unwrap_or_default();
    let says = |name: &str| cache.iter().any(|(item, _)| item.eq_ignore_ascii_case(name));
    let no_store = says("no-store");
    let max_age = if no_store || says("no-cache") {
        Some(Duration::ZERO)
    } else {
        max_age(headers, &cache, clock)
    };
    Told {
        retry_after: retry_after(headers, clock).or_else(|| unsaid(provider, reply_status, &windows)),
        credits: credits(provider, headers),
        windows,
        validators: validators(headers),
        max_age,
        no_store,
        dated,
    }
}

/// OpenAI's and Azure's `retry-after-ms` is the finer one; `Retry-After` is seconds, perhaps with a fraction, or a date.
fn retry_after(headers: &Headers, clock: DateTime<Utc>) -> Option<Duration> {
    if let Some(wait) = headers.get("retry-after-ms").and_then(millis) {
        return Some(wait);
    }
    let value = headers.get("retry-after")?;
    seconds(value).or_else(|| http_date(value).map(|at| until(at, clock)))
}

/// How long to wait where the provider says so without `Retry-After`.
fn unsaid(provider: Provider, status: u16, windows: &[WindowCount]) -> Option<Duration> {
    if provider != Provider::Nflverse || ![403, 429].contains(&status) {
        return None;
    }
    let empty = windows.iter().find(|w| w.remaining == Some(0));
    match empty.and_then(|w| w.reset_in) {
        Some(reset) => Some(reset),
        None if status == 429 => Some(GITHUB_WAIT),
        None => None,
    }
}

fn credits(provider: Provider, headers: &Headers) -> Option<CreditCount> {
    if provider != Provider::OddsApi {
        return None;
    }
    let of = |name: &str, up| headers.get(name).and_then(|value| count(value, up));
    let told = CreditCount {
        remaining: of("x-requests-remaining", false),
        used: of("x-requests-used", true),
        last: of("x-requests-last", true),
    };
    (told != CreditCount::default()).then_some(told)
}

fn validators(headers: &Headers) -> Validators {
    let kept = |name: &str| {
        let value = headers.get(name).map(str::trim);
        value.filter(|v| !v.is_empty() && v.len() <= MAX_VALIDATOR_BYTES && !v.contains(char::is_control))
    };
    Validators {
        etag: kept("etag").map(str::to_owned),
        last_modified: kept("last-modified")
            .filter(|v| http_date(v).is_some())
            .map(str::to_owned),
    }
}

type Items = [(String, Vec<(String, String)>)];

/// RFC 9111: `max-age`, else `Expires`, less the `Age` it has already; an `Expires` that is no date has passed.
fn max_age(headers: &Headers, cache: &Items, clock: DateTime<Utc>) -> Option<Duration> {
    let directive = cache.iter().find_map(|(item, _)| {
        let (name, value) = item.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| keep(value))
    });
    let lifetime = match (directive.flatten(), headers.get("expires")) {
        (Some(age), _) => age,
        (None, Some(expires)) => match http_date(expires) {
            Some(at) => (at - clock).to_std().unwrap_or_default().min(MAX_KEEP),
            None => Duration::ZERO,
        },
        (None, None) => return None,
    };
    let age = headers.get("age").and_then(keep).unwrap_or_default();
    Some(lifetime.saturating_sub(age))
}

/// Which figure of a window a header holds.
enum Figure {
    Limit,
    Remaining,
    Reset,
}

/// `x-ratelimit-*`, `anthropic-ratelimit-*`, and the draft's `RateLimit` with its policies.
fn windows(provider: Provider, headers: &Headers, clock: DateTime<Utc>) -> Vec<WindowCount> {
    let mut windows: Vec<WindowCount> = Vec::new();
    for (name, value) in &headers.0 {
        if let Some((window, figure)) = figure(provider, name) {
            let Some(place) = place(&mut windows, &window) else {
                continue;
            };
            match figure {
                Figure::Limit => place.limit = count(value, false),
                Figure::Remaining => place.remaining = count(value, false),
                Figure::Reset => place.reset_in = reset(value, clock),
            }
        }
        if name == "ratelimit" || name == "ratelimit-policy" {
            draft(&mut windows, value);
        }
    }
    // A window of which nothing could be read tells nothing.
    windows.retain(|w| w.limit.is_some() || w.remaining.is_some() || w.reset_in.is_some());
    windows
}

fn figure(provider: Provider, name: &str) -> Option<(String, Figure)> {
    let of = |word: &str| match word {
        "limit" => Some(Figure::Limit),
        "remaining" => Some(Figure::Remaining),
        "reset" => Some(Figure::Reset),
        _ => None,
    };
    if provider == Provider::Anthropic {
        let (window, word) = name.strip_prefix("anthropic-ratelimit-")?.rsplit_once('-')?;
        return Some((window.to_owned(), of(word)?));
    }
    let rest = name.strip_prefix("x-ratelimit-")?;
    let (word, window) = rest.split_once('-').unwrap_or((rest, "requests"));
    Some((window.to_owned(), of(word)?))
}

/// A reset is a date, Go's notation, or plain seconds.
fn reset(value: &str, clock: DateTime<Utc>) -> Option<Duration> {
    let at = instant(value).map(|at| until(at, clock));
    at.or_else(|| go_duration(value)).or_else(|| seconds(value))
}

/// `RateLimit: "default";r=50;t=30` and `RateLimit-Policy: "default";q=100;w=60`.
fn draft(windows: &mut Vec<WindowCount>, value: &str) {
    for (name, parameters) in items(value) {
        let of = |wanted: &str| parameters.iter().find(|(n, _)| n == wanted).map(|(_, v)| v.as_str());
        if name.is_empty() || (of("r").is_none() && of("q").is_none()) {
            continue;
        }
        let Some(place) = place(windows, &name) else { continue };
        if let Some(limit) = of("q").and_then(|v| count(v, false)) {
            place.limit = Some(limit);
        }
        if let Some(remaining) = of("r").and_then(|v| count(v, false)) {
            place.remaining = Some(remaining);
            place.reset_in = of("t").and_then(seconds);
        }
    }
}

/// The window of a name, made if there is room for it.
fn place<'a>(windows: &'a mut Vec<WindowCount>, name: &str) -> Option<&'a mut WindowCount> {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    let at = match windows.iter().position(|w| w.name == name) {
        Some(at) => at,
        None if windows.len() < MAX_WINDOWS => {
            windows.push(WindowCount {
                name,
                ..WindowCount::default()
            });
            windows.len() - 1
        }
        None => return None,
    };
    windows.get_mut(at)
}
