//! Single cases: the order of the gates, sharing, fallbacks, stale answers, batches, the drain.

use super::script::{origin, settings};
use crate::api::orchestrator::{Event, Notice, RequestOrchestrator};
use crate::api::quota::Commitment;
use crate::api::{
    ApiError, Call, Endpoint, Freshness, Join, Method, Mono, Now, Priority, PriorityRequest, Provider, Reply,
    TokenPrice, Tolerance, WaiterId, WireError,
};
use crate::sim::lab::{self, Lab};
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

type Serve = Box<dyn FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>)>;

fn lab(
    serve: impl FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) + 'static,
) -> Lab<Serve> {
    let now = Now {
        mono: Mono(0),
        wall: origin(),
    };
    let orchestrator = RequestOrchestrator::new(settings().policies(), 1, now).unwrap();
    Lab::new(orchestrator, Box::new(serve), origin(), 7)
}

const MS: Duration = Duration::from_millis(1);

fn odds() -> Call {
    Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[]).credits(3)
}

fn news() -> Call {
    Call::get(Provider::Espn, Endpoint::News, "/news", &[])
}

fn ask(call: Call, deadline_s: u64) -> PriorityRequest {
    PriorityRequest::new(call, "test", Mono::secs(deadline_s))
}

#[test]
fn a_leader_who_leaves_takes_nobody_with_it() {
    let mut lab = lab(|_, _, _| (200 * MS, lab::ok("[]")));
    for _ in 0..100 {
        lab.ask_at(Mono(0), ask(news(), 5));
    }
    for id in 0..50 {
        lab.leave_at(Mono(0) + 100 * MS, WaiterId(id));
    }
    lab.run(Mono::secs(1));
    assert_eq!(lab.sent.len(), 1);
    assert_eq!(lab.answered.iter().filter(|a| a.result.is_ok()).count(), 50);
}

#[test]
fn what_nobody_wants_any_more_is_not_sent_and_what_is_paid_for_fills_the_cache() {
    let mut lab = lab(|_, _, _| (200 * MS, lab::ok("[]")));
    // Four different ones; three go at once.
    for n in 0..4 {
        let n = n.to_string();
        let call = Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("n", &n)]).credits(3);
        lab.ask_at(Mono(0), ask(call, 9));
    }
    lab.leave_at(Mono(0) + 50 * MS, WaiterId(0));
    lab.leave_at(Mono(0) + 50 * MS, WaiterId(3));
    lab.run(Mono::secs(8));
    assert_eq!((lab.sent.len(), lab.answered.len()), (3, 2));
    let again = Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("n", "0")]).credits(3);
    lab.ask_at(Mono::secs(8), ask(again, 20));
    lab.run(Mono::secs(9));
    assert_eq!(lab.sent.len(), 3);
    assert_eq!(lab.answered[2].result.as_ref().unwrap().freshness, Freshness::Fresh);
}

#[test]
fn a_failing_source_gives_way_to_the_next_and_then_to_what_is_old() {
    let mut lab = lab(|call, at, _| {
        let failed = at >= Mono::secs(100) || (call.provider == Provider::OddsApi && at >= Mono::secs(10));
        (
            10 * MS,
            if failed {
                lab::reply(503, &[], "")
            } else {
                lab::ok("[]")
            },
        )
    });
    let live = |s: u64| ask(odds(), s + 60).tolerance(Tolerance::Decision).or(news());
    lab.ask_at(Mono(0), live(0));
    lab.ask_at(Mono::secs(90), live(90));
    lab.ask_at(Mono::secs(300), live(300));
    lab.ask_at(Mono::secs(800), live(800));
    lab.ask_at(Mono::secs(3_000), live(3_000));
    lab.run(Mono::secs(4_000));
    let of = |i: usize| lab.answered[i].result.as_ref().unwrap();
    assert_eq!(
        (of(0).provider, of(0).freshness.clone()),
        (Provider::OddsApi, Freshness::Live)
    );
    assert_eq!((of(1).provider, of(1).alternative), (Provider::Espn, 1));
    assert_eq!(
        (of(2).provider, of(2).freshness.clone()),
        (Provider::Espn, Freshness::Fresh)
    );
    assert!(matches!(&of(3).freshness, Freshness::StaleIfError(_)), "{:?}", of(3));
    assert_eq!((of(3).provider, of(3).age.as_secs() / 60), (Provider::OddsApi, 13));
    // The odds of 50 minutes ago are too old for a decision; the news are not.
    assert_eq!(of(4).provider, Provider::Espn);
}

#[test]
fn an_exhausted_quota_is_said_once_and_never_retried() {
    let mut lab = lab(|call, _, _| {
        let gone = r#"{"message":"Usage quota has been reached","error_code":"OUT_OF_USAGE_CREDITS"}"#;
        (
            10 * MS,
            if call.credits > 0 {
                lab::reply(401, &[], gone)
            } else {
                lab::ok("[]")
            },
        )
    });
    for s in 0..50 {
        lab.ask_at(Mono::secs(s), ask(odds(), s + 5).tolerance(Tolerance::Live));
    }
    let free = Call::get(Provider::OddsApi, Endpoint::Sports, "/v4/sports", &[]);
    lab.ask_at(Mono::secs(60), ask(free, 65));
    lab.run(Mono::secs(70));
    assert_eq!(lab.sent.len(), 2, "one that was refused, and the free one");
    assert_eq!(lab.notices, [Notice::QuotaExhausted(Provider::OddsApi)]);
    assert!(matches!(lab.answered[49].result, Err(ApiError::QuotaExhausted { .. })));
    assert!(lab.answered[50].result.is_ok());
}

#[test]
fn what_is_promised_to_planned_fetches_is_not_spent_before() {
    let mut lab = lab(|_, _, _| (10 * MS, lab::ok("[]")));
    let commitments = (0..140).map(|n| Commitment {
        at: origin() + chrono::TimeDelta::hours(n + 1),
        credits: 3,
    });
    lab.event(Event::Plan {
        provider: Provider::OddsApi,
        commitments: commitments.collect(),
    });
    lab.ask_at(Mono(0), ask(odds(), 5).priority(Priority::Low));
    let kickoff = origin() + chrono::TimeDelta::minutes(20);
    lab.ask_at(Mono::secs(1), ask(odds(), 6).kickoff(kickoff));
    lab.run(Mono::secs(9));
    let Err(ApiError::Budget { spendable, .. }) = &lab.answered[0].result else {
        panic!("{:?}", lab.answered[0])
    };
    assert_eq!(spendable, "0 credits");
    assert!(
        lab.answered[1].result.is_ok(),
        "the closing line comes before what is promised"
    );
}

fn place(lat: u32) -> Call {
    let lat = lat.to_string();
    let query = [("latitude", lat.as_str()), ("longitude", "-80")];
    Call::get(Provider::OpenMeteo, Endpoint::Forecast, "/v1/forecast", &query).joined(Join::Places)
}

#[test]
fn one_bad_place_costs_the_others_a_bisection_and_nothing_more() {
    let mut lab = lab(|call, _, _| {
        let lats: Vec<&str> = call.param("latitude").unwrap().split(',').collect();
        let answer = if lats.contains(&"99") {
            lab::reply(
                400,
                &[],
                r#"{"error":true,"reason":"Latitude must be in range of -90 to 90."}"#,
            )
        } else if lats.len() == 1 {
            lab::ok(&format!("{{\"lat\":{}}}", lats[0]))
        } else {
            let parts: Vec<String> = lats.iter().map(|lat| format!("{{\"lat\":{lat}}}")).collect();
            lab::ok(&format!("[{}]", parts.join(",")))
        };
        (10 * MS, answer)
    });
    for lat in [10, 20, 99, 40, 50, 60] {
        lab.ask_at(Mono(0), ask(place(lat), 60));
    }
    lab.run(Mono::secs(61));
    let mut by_waiter = lab.answered.clone();
    by_waiter.sort_by_key(|a| a.waiter);
    for (answer, lat) in by_waiter.iter().zip([10, 20, 99, 40, 50, 60]) {
        match &answer.result {
            Ok(answer) => assert_eq!(&*answer.body, format!("{{\"lat\":{lat}}}").as_bytes()),
            Err(error) => assert!(lat == 99 && matches!(error, ApiError::Refused { .. }), "{lat}: {error}"),
        }
    }
    // All six, two halves, and the bad half's three.
    assert_eq!(lab.sent.len(), 6);
}

#[test]
fn while_half_open_nobody_queues_behind_the_probe() {
    let mut lab = lab(|_, at, _| {
        let up = at >= Mono::secs(20);
        (
            if up { 900 * MS } else { 10 * MS },
            if up { lab::ok("[]") } else { lab::reply(500, &[], "") },
        )
    });
    for tenth in 0..900 {
        let n = tenth.to_string();
        let call = Call::get(Provider::Espn, Endpoint::News, "/news", &[("n", &n)]);
        lab.ask_at(
            Mono(tenth * 100_000_000),
            ask(call, tenth / 10 + 3).tolerance(Tolerance::Live),
        );
    }
    lab.run(Mono::secs(120));
    let after: Vec<_> = lab.sent.iter().filter(|s| s.at >= Mono::secs(20)).collect();
    assert!(after.len() >= 2);
    let first = after[0].at;
    let in_first_probe = after.iter().filter(|s| s.at.since(first) < 900 * MS).count();
    assert!(in_first_probe <= 2, "{in_first_probe} calls while half open");
    assert!(
        lab.answered
            .iter()
            .any(|a| matches!(a.result, Err(ApiError::BreakerOpen { .. })))
    );
}

#[test]
fn a_closing_house_finishes_what_is_under_way_and_takes_nothing_new() {
    let mut lab = lab(|_, _, _| (3_000 * MS, lab::ok("[]")));
    for n in 0..30 {
        let text = n.to_string();
        let call = Call::get(Provider::OddsApi, Endpoint::Odds, "/v4/odds", &[("n", &text)]).credits(3);
        let priority = if n < 10 { Priority::High } else { Priority::Low };
        lab.ask_at(Mono(0), ask(call, 100).priority(priority));
    }
    lab.shut_down_at(Mono::secs(1));
    lab.ask_at(Mono::secs(2), ask(news(), 50));
    lab.run(Mono::secs(60));
    let drained = lab.drained.unwrap();
    assert!(drained <= Mono::secs(21), "{drained:?}");
    assert_eq!(lab.answered.len(), 31);
    assert!(lab.ledger.values().all(|row| row.state != crate::api::Spend::Reserved));
    let served = lab.answered.iter().filter(|a| a.result.is_ok()).count();
    assert_eq!(served, 10, "people who wait are served, prefetching is dropped");
}

#[test]
fn a_priority_that_rises_overtakes() {
    let mut lab = lab(|_, _, _| (10 * MS, lab::ok("[]")));
    let numbered = |n: u32| {
        let n = n.to_string();
        Call::get(Provider::Nws, Endpoint::Hourly, "/hourly", &[("n", &n)])
    };
    for n in 0..20 {
        lab.ask_at(Mono(0), ask(numbered(n), 60));
    }
    let kickoff = origin() + chrono::TimeDelta::minutes(75) + chrono::TimeDelta::seconds(2);
    lab.ask_at(
        Mono(0) + MS,
        ask(numbered(99), 60).priority(Priority::Low).kickoff(kickoff),
    );
    lab.run(Mono::secs(60));
    let order: Vec<&str> = lab.sent.iter().filter_map(|s| s.call.param("n")).collect();
    let place = order.iter().position(|n| *n == "99").unwrap();
    assert!(place < 10, "it rose at two seconds and was {place}th");
}

#[test]
fn a_completion_is_billed_by_its_tokens_and_a_throttled_one_is_not() {
    let completion = |n: u32| Call {
        method: Method::Post,
        body: Some(n.to_string().into_bytes().into()),
        usd_micros: 50_000,
        token_price: Some(TokenPrice {
            input_nanos: 1_000,
            output_nanos: 5_000,
        }),
        ..Call::get(Provider::Anthropic, Endpoint::Completion, "/v1/messages", &[])
    };
    let mut policies = settings().policies();
    policies.get_mut(&Provider::Anthropic).unwrap().retry.max_attempts = 1;
    let now = Now {
        mono: Mono(0),
        wall: origin(),
    };
    let serve = |call: &Call, _: Mono, _: &mut Pcg64Mcg| {
        let answer = match call.body.as_deref() {
            Some(b"1") => lab::ok(r#"{"stop_reason":"end_turn","usage":{"input_tokens":900,"output_tokens":80}}"#),
            Some(b"2") => lab::ok(r#"{"stop_reason":"end_turn"}"#),
            Some(b"3") => lab::reply(429, &[], r#"{"type":"error","error":{"type":"rate_limit_error"}}"#),
            _ => lab::reply(500, &[], r#"{"type":"error","error":{"type":"api_error"}}"#),
        };
        (10 * MS, answer)
    };
    let orchestrator = RequestOrchestrator::new(policies, 1, now).unwrap();
    let mut lab = Lab::new(orchestrator, serve, origin(), 7);
    for n in 1..=4 {
        lab.ask_at(Mono::secs(u64::from(n)), ask(completion(n), 60));
    }
    lab.run(Mono::secs(61));
    let mut costs: Vec<u64> = lab.ledger.values().map(|row| row.usd_micros).collect();
    costs.sort_unstable();
    // Throttled: nothing. By its tokens: 900 + 400. No usage, or an error of the server: all that was set aside.
    assert_eq!(costs, [0, 1_300, 50_000, 50_000]);
    let billed: Vec<bool> = lab
        .answered
        .iter()
        .filter_map(|a| match a.result {
            Err(ApiError::Failed { billed, .. }) => Some(billed),
            _ => None,
        })
        .collect();
    assert_eq!(billed, [false, true]);
}
