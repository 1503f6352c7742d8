//! The providers that cost nothing: ESPN, Open-Meteo, the National Weather Service, and nflverse on GitHub.

use super::{Case, Class, Verdict};
use chrono::Timelike;
use std::time::Duration;

/// GitHub asks for at least a minute when its secondary limit is hit and no header says more.
const GITHUB_WAIT: Duration = Duration::from_secs(60);
/// Beyond the end of a window, so that two clocks need not agree to the second.
const MARGIN_S: u32 = 2;

/// ESPN has no contract with us: 403 means that we are to stop.
pub(super) fn espn(case: &Case) -> Verdict {
    match case.reply.status {
        403 => case.meaning(Class::Misconfigured, "blocked"),
        _ => case.by_status(),
    }
}

/// Open-Meteo names the window that is full; its windows end on the clock.
pub(super) fn open_meteo(case: &Case) -> Verdict {
    let said = |text: &str| case.says(&[text]);
    let within_hour = case.now.minute() * 60 + case.now.second();
    let wait = |s: u32| Duration::from_secs(u64::from(s + MARGIN_S));
    if said("daily api request limit") {
        let until = case.midnight();
        return case.verdict(Class::QuotaExhausted { until });
    }
    if said("monthly api request limit") {
        let until = case.next_month();
        return case.verdict(Class::QuotaExhausted { until });
    }
    if said("hourly api request limit") {
        return case.verdict(Class::Throttled).wait(wait(3_600 - within_hour));
    }
    if said("minutely api request limit") {
        return case.verdict(Class::Throttled).wait(wait(60 - case.now.second()));
    }
    if said("too many concurrent requests") {
        return case.verdict(Class::Throttled);
    }
    match case.reply.status {
        200..=299 => case.verdict(Class::BadRequest),
        _ => case.by_status(),
    }
}

/// The National Weather Service wants to know who asks.
pub(super) fn nws(case: &Case) -> Verdict {
    match case.reply.status {
        403 => case.meaning(
            Class::Misconfigured,
            "blocked; its User-Agent must name a contact that can be reached",
        ),
        _ => case.by_status(),
    }
}

/// GitHub answers both its limits with 403 or 429; a signed address of a release file that has run out is 403 as well.
pub(super) fn nflverse(case: &Case) -> Verdict {
    let headers = &case.reply.headers;
    let limited = case.says(&["rate limit", "abuse detection"])
        || headers.get("x-ratelimit-remaining") == Some("0")
        || headers.get("retry-after").is_some();
    match case.reply.status {
        429 => case.verdict(Class::Throttled).wait(GITHUB_WAIT),
        403 if limited => case.verdict(Class::Throttled).wait(GITHUB_WAIT),
        403 if case.says(&["authenticationfailed", "expired", "signature"]) => case.verdict(Class::Transient),
        403 => case.meaning(Class::Misconfigured, "blocked"),
        _ => case.by_status(),
    }
}
