//! Headers in the providers' spellings, and that no text of any kind is more than ignored.

use super::*;
use crate::api::provider::Provider;
use crate::api::reply::Headers;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-12-20T18:00:00Z".parse().unwrap()
}

fn told(provider: Provider, pairs: &[(&str, &str)]) -> Told {
    read(provider, 200, &Headers::of(pairs), now())
}

fn window(name: &str, limit: Option<u32>, remaining: Option<u32>, reset_ms: Option<u64>) -> WindowCount {
    WindowCount {
        name: name.to_owned(),
        limit,
        remaining,
        reset_in: reset_ms.map(Duration::from_millis),
    }
}

#[test]
fn a_wait_is_read_in_every_spelling() {
    let date = ("date", "Sun, 20 Dec 2026 17:00:00 GMT"); // an hour behind our clock
    for (pairs, expected_ms) in [
        (vec![("Retry-After", "30")], Some(30_000)),
        (vec![("Retry-After", "1.5")], Some(1_500)),
        (vec![("Retry-After", "30"), ("retry-after-ms", "250")], Some(250)),
        (vec![("Retry-After", "Sun, 20 Dec 2026 18:00:10 GMT")], Some(10_000)),
        (
            vec![("Retry-After", "Sun, 20 Dec 2026 17:00:10 GMT"), date],
            Some(10_000),
        ),
        (vec![("Retry-After", "Sun, 20 Dec 2026 16:00:00 GMT"), date], Some(0)),
        (vec![("Retry-After", "99999999999")], Some(31 * 86_400_000)),
        (vec![("Retry-After", "-1")], None),
        (vec![("Retry-After", "soon")], None),
        (vec![("Retry-After", "NaN")], None),
        (vec![("Retry-After", "")], None),
        (vec![("x-should-retry", "true")], None),
    ] {
        let read = told(Provider::OpenAi, &pairs).retry_after;
        assert_eq!(read, expected_ms.map(Duration::from_millis), "{pairs:?}");
    }
}

#[test]
fn the_odds_api_counts_credits() {
    let credits = |pairs: &[(&str, &str)]| told(Provider::OddsApi, pairs).credits;
    let all = [
        ("x-requests-remaining", "471.5"),
        ("x-requests-used", "28.5"),
        ("x-requests-last", "3"),
    ];
    let expected = CreditCount {
        remaining: Some(471),
        used: Some(29),
        last: Some(3),
    };
    assert_eq!(credits(&all), Some(expected));
    assert_eq!(credits(&[("x-requests-used", "none")]), None);
    assert_eq!(told(Provider::Espn, &all).credits, None);
}

#[test]
fn windows_are_read_in_every_spelling() {
    let anthropic = told(
        Provider::Anthropic,
        &[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-12-20T18:00:12Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "20000"),
            ("anthropic-ratelimit-nonsense", "1"),
        ],
    );
    assert_eq!(
        anthropic.windows,
        [
            window("requests", Some(50), Some(49), Some(12_000)),
            window("input-tokens", None, Some(20_000), None)
        ]
    );
    let openai = told(
        Provider::OpenAi,
        &[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "20ms"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ],
    );
    assert_eq!(
        openai.windows,
        [
            window("requests", Some(60), Some(59), Some(20)),
            window("tokens", None, None, Some(360_000))
        ]
    );
    let reset = (now().timestamp() + 90).to_string();
    let pairs = [
        ("x-ratelimit-limit", "60"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", reset.as_str()),
    ];
    let github = read(Provider::Nflverse, 403, &Headers::of(&pairs), now());
    assert_eq!(github.windows, [window("requests", Some(60), Some(0), Some(90_000))]);
    assert_eq!(github.retry_after, Some(Duration::from_secs(90)));
    let secondary = read(Provider::Nflverse, 429, &Headers::default(), now());
    assert_eq!(secondary.retry_after, Some(Duration::from_secs(60)));
    let draft = told(
        Provider::Espn,
        &[
            (
                "RateLimit-Policy",
                "\"burst, short\";q=100;w=60, \"day\";q=1000;w=86400",
            ),
            ("RateLimit", "\"burst, short\";r=50;t=30"),
        ],
    );
    assert_eq!(
        draft.windows,
        [
            window("burst, short", Some(100), Some(50), Some(30_000)),
            window("day", Some(1_000), None, None)
        ]
    );
}

#[test]
fn go_writes_durations_its_own_way() {
    for (text, ms) in [
        ("6m0s", Some(360_000)),
        ("20ms", Some(20)),
        ("1h2m3.5s", Some(3_723_500)),
        ("1000h", Some(31 * 86_400_000)),
        ("5", None),
        ("m", None),
        ("1.2.3s", None),
        ("1d", None),
        ("", None),
    ] {
        assert_eq!(values::go_duration(text), ms.map(Duration::from_millis), "{text}");
    }
}

#[test]
fn how_long_an_answer_keeps() {
    let date = ("date", "Sun, 20 Dec 2026 17:00:00 GMT");
    for (pairs, secs, no_store) in [
        (vec![("cache-control", "public, max-age=3600")], Some(3_600), false),
        (
            vec![("cache-control", "max-age=3600"), ("age", "600")],
            Some(3_000),
            false,
        ),
        (vec![("cache-control", "max-age=\"60\"")], Some(60), false),
        (vec![("cache-control", "No-Store, max-age=60")], Some(0), true),
        (vec![("cache-control", "no-cache")], Some(0), false),
        (vec![("cache-control", "max-age=x")], None, false),
        (
            vec![("expires", "Sun, 20 Dec 2026 17:01:00 GMT"), date],
            Some(60),
            false,
        ),
        (vec![("expires", "0")], Some(0), false),
        (vec![], None, false),
    ] {
        let told = told(Provider::Nws, &pairs);
        assert_eq!(
            (told.max_age.map(|d| d.as_secs()), told.no_store),
            (secs, no_store),
            "{pairs:?}"
        );
    }
    let kept = told(
        Provider::Nws,
        &[("etag", "W/\"abc\""), ("last-modified", "yesterday"), date],
    );
    assert_eq!(kept.validators.etag.as_deref(), Some("W/\"abc\""));
    assert_eq!(kept.validators.last_modified, None);
    assert_eq!(kept.dated, Some("2026-12-20T17:00:00Z".parse().unwrap()));
}

const NAMES: [&str; 18] = [
    "date",
    "age",
    "expires",
    "etag",
    "last-modified",
    "cache-control",
    "retry-after",
    "retry-after-ms",
    "ratelimit",
    "ratelimit-policy",
    "x-requests-remaining",
    "x-requests-used",
    "x-ratelimit-limit",
    "x-ratelimit-reset",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-",
    "anthropic-ratelimit-tokens-reset",
    "anthropic-ratelimit-",
];

proptest! {
    #[test]
    fn any_text_is_survived_and_bounded(
        provider in proptest::sample::select(Provider::ALL.as_slice()),
        status in any::<u16>(),
        pairs in proptest::collection::vec((
            proptest::sample::select(NAMES.as_slice()),
            prop_oneof![any::<String>(), "[0-9.hmsµ:;=,\" TZ+-]{0,24}", "[0-9]{1,40}", "[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"],
        ), 0..12),
    ) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let told = read(provider, status, &Headers::of(&pairs), now());
        prop_assert!(told.retry_after.is_none_or(|d| d <= MAX_WAIT));
        prop_assert!(told.max_age.is_none_or(|d| d <= MAX_KEEP));
        prop_assert!(told.windows.len() <= MAX_WINDOWS);
        prop_assert!(told.windows.iter().all(|w| w.reset_in.is_none_or(|d| d <= MAX_WAIT)));
    }

    #[test]
    fn whole_seconds_are_exact(secs in 0u64..2_678_400) {
        let wait = told(Provider::Espn, &[("retry-after", &secs.to_string())]).retry_after;
        prop_assert_eq!(wait, Some(Duration::from_secs(secs)));
    }
}
