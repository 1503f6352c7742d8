//! The orchestrator's tables: no cost is lost or taken back, the cache keeps its bounds, and every query has its index.

use super::{Fixture, now};
use crate::api::{AttemptId, Endpoint, LedgerRow, Priority, Provider, RequestKey, Spend, Validators};
use crate::store::api::cache::{self, CacheRow};
use crate::store::api::ledger::{self, Sums};
use crate::store::api::{generation, state};
use crate::store::{Conn, Store, StoreError};
use chrono::TimeDelta;
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

fn row(n: u32, provider: Provider, state: Spend, credits: u32) -> LedgerRow {
    LedgerRow {
        attempt: AttemptId::new(1, n),
        at: now() + TimeDelta::minutes(i64::from(n)),
        provider,
        endpoint: Endpoint::Odds,
        key: RequestKey(format!("call {n}").as_str().into()),
        agent: "data_engineer".into(),
        priority: Priority::Normal,
        state,
        reserved_credits: 3,
        credits,
        reserved_usd_micros: 50,
        usd_micros: u64::from(credits) * 10,
        outcome: if state == Spend::Settled { "success" } else { "" }.to_owned(),
        status: (state == Spend::Settled).then_some(200),
        latency_ms: (state == Spend::Settled).then_some(120),
        used_by_header: None,
    }
}

fn answer(key: &str, minute: i64, n_bytes: usize) -> CacheRow {
    CacheRow {
        key: RequestKey(key.into()),
        provider: Provider::OddsApi,
        endpoint: Endpoint::Odds,
        body: vec![b'x'; n_bytes].into(),
        validators: Validators {
            etag: Some("\"e\"".to_owned()),
            last_modified: None,
        },
        fetched_at: now() + TimeDelta::minutes(minute),
        source_updated_at: Some(now()),
        credits: 3,
    }
}

fn sums(credits: u64, usd_micros: u64, n: u64) -> Sums {
    Sums { credits, usd_micros, n }
}

#[test]
fn an_attempt_is_written_once_and_brought_up_to_date() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let settled = row(1, Provider::OddsApi, Spend::Settled, 2);
    for (written, kept) in [
        (Spend::Reserved, Spend::Reserved),
        (Spend::Uncertain, Spend::Uncertain),
        (Spend::Reserved, Spend::Uncertain),
        (Spend::Settled, Spend::Settled),
        (Spend::Reserved, Spend::Settled),
        (Spend::Uncertain, Spend::Settled),
    ] {
        let credits = if written == Spend::Settled { 2 } else { 3 };
        ledger::write(&mut conn, &[row(1, Provider::OddsApi, written, credits)]).unwrap();
        let stored = ledger::latest(&mut conn, 10).unwrap();
        assert_eq!((stored.len(), stored[0].state), (1, kept), "{written:?}");
    }
    assert_eq!(ledger::latest(&mut conn, 10).unwrap(), [settled]);
    let highest = LedgerRow {
        attempt: AttemptId(u64::MAX),
        ..row(9, Provider::Xai, Spend::Settled, u32::MAX)
    };
    ledger::write(&mut conn, std::slice::from_ref(&highest)).unwrap();
    assert_eq!(ledger::latest(&mut conn, 1).unwrap(), [highest]);
}

#[test]
fn what_a_killed_process_had_reserved_is_uncertain_at_its_full_cost() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    assert_eq!(generation(&mut conn).unwrap(), 1);
    let rows = [
        row(1, Provider::OddsApi, Spend::Settled, 1),
        row(2, Provider::OddsApi, Spend::Reserved, 0),
    ];
    ledger::write(&mut conn, &rows).unwrap();
    let again = Store::open(&fixture.folder.path().join("huddle.db")).unwrap();
    let mut conn = again.conn().unwrap();
    let mine = generation(&mut conn).unwrap();
    assert_eq!(mine, 2);
    let own = LedgerRow {
        attempt: AttemptId::new(mine, 0),
        ..row(3, Provider::OddsApi, Spend::Reserved, 3)
    };
    ledger::write(&mut conn, std::slice::from_ref(&own)).unwrap();
    let closed = ledger::close_open(&mut conn, mine).unwrap();
    let expected = LedgerRow {
        state: Spend::Uncertain,
        outcome: "aborted".to_owned(),
        usd_micros: 50,
        ..row(2, Provider::OddsApi, Spend::Reserved, 3)
    };
    assert_eq!(closed, [expected]);
    assert_eq!(ledger::close_open(&mut conn, mine).unwrap(), []);
    assert_eq!(
        ledger::sums_since(&mut conn, Provider::OddsApi, now()).unwrap(),
        sums(7, 90, 3)
    );
}

#[test]
fn spend_is_summed_by_who_what_and_when() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let tomorrow = LedgerRow {
        at: now() + TimeDelta::days(1),
        ..row(5, Provider::OddsApi, Spend::Settled, 3)
    };
    let other = LedgerRow {
        agent: "analyst".into(),
        ..row(4, Provider::Xai, Spend::Uncertain, 0)
    };
    let rows = [
        row(1, Provider::OddsApi, Spend::Settled, 2),
        row(2, Provider::OddsApi, Spend::Settled, 3),
        row(3, Provider::OddsApi, Spend::Reserved, 3),
        other,
        tomorrow,
    ];
    ledger::write(&mut conn, &rows).unwrap();
    let lines = ledger::spend(&mut conn, now()).unwrap();
    let shown: Vec<_> = lines
        .iter()
        .map(|l| {
            (
                l.day.to_string(),
                l.provider,
                l.agent.as_str(),
                l.state.as_str(),
                l.outcome.as_str(),
                l.sums,
            )
        })
        .collect();
    let today = || "2020-11-20".to_owned();
    let engineer = "data_engineer";
    assert_eq!(
        shown,
        [
            (today(), Provider::OddsApi, engineer, "reserved", "", sums(3, 30, 1)),
            (
                today(),
                Provider::OddsApi,
                engineer,
                "settled",
                "success",
                sums(5, 50, 2)
            ),
            (today(), Provider::Xai, "analyst", "uncertain", "", sums(0, 0, 1)),
            (
                "2020-11-21".to_owned(),
                Provider::OddsApi,
                engineer,
                "settled",
                "success",
                sums(3, 30, 1)
            ),
        ]
    );
    let from_second = now() + TimeDelta::minutes(2);
    let since = ledger::sums_since(&mut conn, Provider::OddsApi, from_second).unwrap();
    assert_eq!(since, sums(9, 90, 3));
    assert_eq!(ledger::forget(&mut conn, now() + TimeDelta::minutes(4)).unwrap(), 2);
    assert_eq!(
        ledger::latest(&mut conn, 10).unwrap().len(),
        3,
        "what is reserved stays"
    );
}

#[test]
fn a_settled_cost_and_its_answer_are_written_together_or_not_at_all() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let paid = row(1, Provider::OddsApi, Spend::Settled, 3);
    ledger::settle_with_cache(&mut conn, std::slice::from_ref(&paid), Some(&answer("a", 0, 10))).unwrap();
    let kept = cache::get(&mut conn, &RequestKey("a".into())).unwrap();
    assert_eq!(kept, Some(answer("a", 0, 10)));
    conn.batch_execute("CREATE TRIGGER full BEFORE INSERT ON api_cache BEGIN SELECT RAISE(ABORT, 'no'); END")
        .unwrap();
    let second = row(2, Provider::OddsApi, Spend::Settled, 3);
    let outcome = ledger::settle_with_cache(&mut conn, &[second], Some(&answer("b", 0, 10)));
    assert!(matches!(outcome, Err(StoreError::Query(_))), "{outcome:?}");
    assert_eq!(ledger::latest(&mut conn, 10).unwrap(), [paid]);
}

#[test]
fn the_oldest_answers_go_when_the_cache_is_full() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let key = |text: &str| RequestKey(text.into());
    let mut put = |row: &CacheRow| cache::put_within(&mut conn, row, 3, 100).unwrap();
    assert_eq!(put(&answer("c", 3, 30)), []);
    assert_eq!(put(&answer("a", 1, 30)), []);
    assert_eq!(put(&answer("b", 2, 30)), []);
    assert_eq!(put(&answer("a", 4, 20)), [], "in place of the earlier one");
    assert_eq!(put(&answer("d", 5, 1)), [key("b")], "one too many");
    assert_eq!(
        put(&answer("e", 0, 90)),
        [key("c"), key("a")],
        "too large together; itself the oldest"
    );
    assert_eq!(put(&answer("d", 6, 101)), [key("d")], "larger than all of it");
    let left: Vec<RequestKey> = cache::all(&mut conn).unwrap().into_iter().map(|r| r.key).collect();
    assert_eq!(left, [key("e")]);
    assert!(cache::remove(&mut conn, &key("e")).unwrap());
    assert!(!cache::remove(&mut conn, &key("e")).unwrap());
}

#[test]
fn a_state_is_replaced_under_its_name() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    assert_eq!(state::get(&mut conn, "quota").unwrap(), None);
    state::put(&mut conn, "quota", "{\"a\":1}", now()).unwrap();
    let later = now() + TimeDelta::milliseconds(1_500);
    state::put(&mut conn, "quota", "{\"a\":2}", later).unwrap();
    assert_eq!(
        state::get(&mut conn, "quota").unwrap(),
        Some(("{\"a\":2}".to_owned(), later))
    );
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The plans SQLite has for the statements that some work sends, without those of transactions.
fn plans(conn: &mut Conn, work: impl FnOnce(&mut Conn)) -> Vec<String> {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = seen.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            sink.lock().unwrap().push(query.to_string());
        }
    });
    work(conn);
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let texts = seen.lock().unwrap().clone();
    let selects = texts
        .iter()
        .filter(|t| t.starts_with("SELECT") || t.starts_with("DELETE"));
    let plan = |text: &String| {
        let text = text.split(" -- binds").next().unwrap().to_owned();
        let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}"))
            .load(conn)
            .unwrap();
        steps.into_iter().map(|s| s.detail).collect::<Vec<_>>().join("; ")
    };
    selects.map(plan).collect()
}

#[test]
fn every_query_uses_its_index() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let mut check = |work: &dyn Fn(&mut Conn), expected: &[&str]| {
        let plans = plans(&mut conn, work);
        assert_eq!(plans.len(), expected.len(), "{plans:#?}");
        for (plan, expected) in plans.iter().zip(expected) {
            assert!(plan.contains(expected), "{plan} is not {expected}");
        }
    };
    let since = |c: &mut Conn| assert_eq!(ledger::sums_since(c, Provider::Espn, now()).unwrap(), Sums::default());
    check(&since, &["USING INDEX api_ledger_by_provider (provider=? AND at>?)"]);
    let spend = |c: &mut Conn| drop(ledger::spend(c, now()).unwrap());
    check(&spend, &["USING INDEX api_ledger_by_time (at>?)"]);
    let open = |c: &mut Conn| drop(ledger::close_open(c, 7).unwrap());
    check(&open, &["USING INDEX api_ledger_open (attempt<?)"]);
    let latest = |c: &mut Conn| drop(ledger::latest(c, 5).unwrap());
    check(&latest, &["USING INDEX api_ledger_by_time"]);
    let forget = |c: &mut Conn| assert_eq!(ledger::forget(c, now()).unwrap(), 0);
    check(&forget, &["USING INDEX api_ledger_by_time (at<?)"]);
    let put = |c: &mut Conn| drop(cache::put_within(c, &answer("a", 1, 5), 0, 10).unwrap());
    let covering = "USING COVERING INDEX api_cache_by_age";
    check(&put, &[covering, covering]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))] // each opens a database
    #[test]
    fn the_cache_never_exceeds_its_bounds(puts in proptest::collection::vec((0u8..12, 0i64..60, 0usize..60), 1..40)) {
        let fixture = Fixture::new();
        let mut conn = fixture.conn();
        for (key, minute, n_bytes) in puts {
            let row = answer(&key.to_string(), minute, n_bytes);
            let dropped = cache::put_within(&mut conn, &row, 5, 100).unwrap();
            let all = cache::all(&mut conn).unwrap();
            prop_assert!(all.len() <= 5);
            prop_assert!(all.iter().map(|r| r.body.len()).sum::<usize>() <= 100);
            prop_assert!(all.contains(&row), "what was just fetched stays");
            prop_assert!(dropped.iter().all(|d| all.iter().all(|r| r.key != *d)));
        }
    }
}
