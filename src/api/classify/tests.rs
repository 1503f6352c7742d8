//! The table of failures: bodies in the providers' shapes, what they mean, and that no text of any kind breaks the judge.

use super::words::redact;
use super::*;
use crate::api::reply::Headers;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-12-20T18:42:30Z".parse().unwrap()
}

fn judge(provider: Provider, endpoint: Endpoint, status: u16, body: &str) -> Verdict {
    let reply = Reply {
        status,
        headers: Headers::default(),
        body: body.as_bytes().into(),
    };
    classify(provider, endpoint, &Ok(reply), now())
}

fn check(provider: Provider, endpoint: Endpoint, cases: &[(u16, &str, Class)]) {
    for (status, body, expected) in cases {
        let verdict = judge(provider, endpoint, *status, body);
        assert_eq!(verdict.class, *expected, "{provider} {status} {body}: {verdict:?}");
    }
}

fn quota(until: Option<&str>) -> Class {
    Class::QuotaExhausted {
        until: until.map(|t| t.parse().unwrap()),
    }
}

#[test]
fn the_odds_api_is_judged_by_its_error_code() {
    let body = |code: &str| format!(r#"{{"message":"m","error_code":"{code}","details_url":"https://x"}}"#);
    for (status, code, class) in [
        (401, "OUT_OF_USAGE_CREDITS", quota(None)),
        (429, "OUT_OF_USAGE_CREDITS", quota(None)),
        (200, "OUT_OF_USAGE_CREDITS", quota(None)),
        (401, "INVALID_KEY", Class::Misconfigured),
        (401, "MISSING_KEY", Class::Misconfigured),
        (401, "DEACTIVATED_KEY", Class::Misconfigured),
        (401, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", Class::Misconfigured),
        (429, "EXCEEDED_FREQ_LIMIT", Class::Throttled),
        (422, "INVALID_MARKET", Class::BadRequest),
        (422, "MISSING_REGION", Class::BadRequest),
        (404, "UNKNOWN_SPORT", Class::NotFound),
        (404, "EVENT_NOT_FOUND", Class::NotFound),
        (503, "SOMETHING_NEW", Class::Transient),
        (418, "SOMETHING_NEW", Class::BadRequest),
    ] {
        check(Provider::OddsApi, Endpoint::Odds, &[(status, &body(code), class)]);
    }
    check(
        Provider::OddsApi,
        Endpoint::Odds,
        &[
            (401, r#"{"message":"Usage quota has been reached"}"#, quota(None)),
            (401, "", Class::Misconfigured),
            (429, "", Class::Throttled),
            (502, "<html><title>Bad gateway</title>", Class::Transient),
            (200, "[]", Class::Success),
            (304, "", Class::NotModified),
            (302, "", Class::BadPayload),
        ],
    );
}

#[test]
fn the_free_providers_have_their_ways() {
    let meteo = |reason: &str| format!(r#"{{"error":true,"reason":"{reason}"}}"#);
    let daily = meteo("Daily API request limit exceeded. Please try again tomorrow.");
    let minutely = meteo("Minutely API request limit exceeded. Please try again in one minute.");
    let hourly = meteo("Hourly API request limit exceeded. Please try again in the next hour.");
    check(
        Provider::OpenMeteo,
        Endpoint::Forecast,
        &[
            (429, &daily, quota(Some("2026-12-21T00:00:00Z"))),
            (429, &minutely, Class::Throttled),
            (429, &hourly, Class::Throttled),
            (429, &meteo("Too many concurrent requests"), Class::Throttled),
            (400, &meteo("Latitude must be in range"), Class::BadRequest),
            (200, &meteo("Latitude must be in range"), Class::BadRequest),
            (503, &meteo("overloaded"), Class::Transient),
            (200, r#"{"hourly":{"time":["2026"#, Class::BadPayload),
        ],
    );
    let wait = |body: &str| judge(Provider::OpenMeteo, Endpoint::Forecast, 429, body).wait;
    assert_eq!(wait(&minutely), Some(Duration::from_secs(32)));
    assert_eq!(wait(&hourly), Some(Duration::from_secs(17 * 60 + 32)));
    check(
        Provider::Espn,
        Endpoint::Scoreboard,
        &[
            (403, "<HTML><TITLE>Access Denied</TITLE>", Class::Misconfigured),
            (404, r#"{"code":404,"message":"not found"}"#, Class::NotFound),
            (200, "<!DOCTYPE html><html>", Class::BadPayload),
            (200, "\"ok\"", Class::BadPayload),
            (200, "", Class::BadPayload),
        ],
    );
    let blocked = judge(
        Provider::Espn,
        Endpoint::News,
        403,
        "<HTML><TITLE>Access Denied</TITLE>",
    );
    assert_eq!(blocked.message, "blocked: an HTML page, \"Access Denied\"");
    check(
        Provider::Nws,
        Endpoint::Points,
        &[
            (403, "", Class::Misconfigured),
            (
                404,
                r#"{"title":"Data Unavailable","detail":"outside the US"}"#,
                Class::NotFound,
            ),
            (400, r#"{"title":"Bad Request"}"#, Class::BadRequest),
            (500, r#"{"title":"Unexpected Problem"}"#, Class::Transient),
        ],
    );
    check(
        Provider::Nflverse,
        Endpoint::Games,
        &[
            (
                403,
                r#"{"message":"You have exceeded a secondary rate limit."}"#,
                Class::Throttled,
            ),
            (
                403,
                "<Error><Code>AuthenticationFailed</Code></Error>",
                Class::Transient,
            ),
            (403, "", Class::Misconfigured),
            (429, "", Class::Throttled),
            (404, "Not Found", Class::NotFound),
            (200, "game_id,season\n", Class::Success),
            (200, "<html>", Class::BadPayload),
            (200, "  \n", Class::BadPayload),
        ],
    );
}

#[test]
fn a_models_bill_is_told_from_a_full_minute() {
    let a = |kind: &str, text: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{text}"}},"request_id":"r"}}"#)
    };
    let spent = r#"{"error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    let regain =
        "You have reached your specified API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.";
    check(
        Provider::Anthropic,
        Endpoint::Completion,
        &[
            (529, &a("overloaded_error", "Overloaded"), Class::Transient),
            (500, &a("api_error", "m"), Class::Transient),
            (429, &a("rate_limit_error", "m"), Class::Throttled),
            (429, spent, quota(Some("2027-01-01T00:00:00Z"))),
            (
                400,
                &a("invalid_request_error", regain),
                quota(Some("2027-01-01T00:00:00Z")),
            ),
            (
                400,
                &a("invalid_request_error", "prompt is too long"),
                Class::BadRequest,
            ),
            (402, &a("billing_error", "m"), quota(None)),
            (
                401,
                &a("authentication_error", "invalid x-api-key"),
                Class::Misconfigured,
            ),
            (404, &a("not_found_error", "model: x"), Class::Misconfigured),
            (413, &a("request_too_large", "m"), Class::BadRequest),
            (200, r#"{"stop_reason":"end_turn"}"#, Class::Success),
            (200, r#"{"stop_reason":"refusal"}"#, Class::Refused),
            (200, r#"{"stop_reason":"max_tokens"}"#, Class::Truncated),
            (200, "<html>", Class::BadPayload),
        ],
    );
    let o = |code: &str| format!(r#"{{"error":{{"message":"m","type":"t","param":null,"code":"{code}"}}}}"#);
    check(
        Provider::OpenAi,
        Endpoint::Completion,
        &[
            (429, &o("insufficient_quota"), quota(None)),
            (429, &o("rate_limit_exceeded"), Class::Throttled),
            (401, &o("invalid_api_key"), Class::Misconfigured),
            (404, &o("model_not_found"), Class::Misconfigured),
            (400, &o("context_length_exceeded"), Class::BadRequest),
            (503, &o("server_error"), Class::Transient),
            (200, r#"{"choices":[{"finish_reason":"stop"}]}"#, Class::Success),
            (200, r#"{"choices":[{"finish_reason":"length"}]}"#, Class::Truncated),
            (200, r#"{"choices":[{"message":{"refusal":"no"}}]}"#, Class::Refused),
            (
                200,
                r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
                Class::Truncated,
            ),
            (
                200,
                r#"{"output":[{"content":[{"type":"refusal","refusal":"no"}]}]}"#,
                Class::Refused,
            ),
            (200, r#"{"status":"failed","error":{"message":"m"}}"#, Class::Transient),
        ],
    );
    check(
        Provider::Xai,
        Endpoint::Completion,
        &[
            (
                403,
                r#"{"code":"c","error":"Your team has used all available credits"}"#,
                quota(None),
            ),
            (
                400,
                r#"{"code":"c","error":"Incorrect API key provided: xa***1"}"#,
                Class::Misconfigured,
            ),
            (429, r#"{"code":"c","error":"Too many requests"}"#, Class::Throttled),
        ],
    );
    check(
        Provider::Ollama,
        Endpoint::Completion,
        &[
            (
                503,
                r#"{"error":"server busy, please try again. maximum pending requests exceeded"}"#,
                Class::Transient,
            ),
            (404, r#"{"error":"model 'x' not found"}"#, Class::Misconfigured),
            (200, "{\"done\":false}\n{\"done\":true}", Class::BadPayload),
            (200, r#"{"done":true,"done_reason":"length"}"#, Class::Truncated),
            (200, r#"{"done":true,"done_reason":"stop"}"#, Class::Success),
        ],
    );
}

#[test]
fn what_never_arrived_is_judged_too() {
    let judge = |error| classify(Provider::Espn, Endpoint::News, &Err(error), now()).class;
    assert_eq!(judge(WireError::Connect("refused".into())), Class::Transient);
    assert_eq!(judge(WireError::Timeout(Duration::from_secs(1))), Class::Transient);
    assert_eq!(judge(WireError::TooLarge(1)), Class::BadPayload);
    assert_eq!(judge(WireError::NoKey("none".into())), Class::Misconfigured);
    assert_eq!(judge(WireError::Aborted), Class::Aborted);
}

#[test]
fn no_key_is_repeated() {
    for (text, expected) in [
        ("GET /odds?apiKey=0123abcd&x=1", "GET /odds?apiKey=[redacted]&x=1"),
        (
            "Incorrect API key provided: sk-proj-abc***1.",
            "Incorrect API key provided: [redacted]",
        ),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("keys xai-123, sk-ant-x", "keys [redacted], [redacted]"),
        ("desk-top, task-list: é", "desk-top, task-list: é"),
    ] {
        assert_eq!(redact(text), expected);
    }
    let long = judge(
        Provider::Espn,
        Endpoint::News,
        500,
        &format!("a\r\n\tb\u{7}{}", "é".repeat(1_000)),
    );
    assert!(long.message.starts_with("a b é"), "{}", long.message);
    assert_eq!(long.message.chars().count(), 200);
}

proptest! {
    #[test]
    fn any_body_is_judged(
        provider in proptest::sample::select(Provider::ALL.as_slice()),
        endpoint in proptest::sample::select(Endpoint::ALL.as_slice()),
        status in 0u16..1_000,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let reply = Reply { status, headers: Headers::default(), body: body.into() };
        let verdict = classify(provider, endpoint, &Ok(reply), now());
        prop_assert!(verdict.message.chars().count() <= 200);
        prop_assert!(!verdict.message.contains(char::is_control));
    }

    #[test]
    fn a_key_in_any_text_is_not_repeated(before in ".{0,40}[ =:]", after in "([ &,].{0,40})?") {
        let key = "sk-ant-0123456789abcdef";
        let line = super::words::line(&format!("{before}{key}{after}"));
        prop_assert!(!line.contains("0123456789"), "{line}");
    }
}
