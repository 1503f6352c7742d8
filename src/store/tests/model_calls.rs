//! Calls to models: an answer stays, a failure gives way, the same question is found in another round, the oldest go.

use super::{Fixture, now};
use crate::store::decisions::{Round, insert_round};
use crate::store::model_calls::{ANSWERED, ModelCall, keep, keep_within, latest, of_round, of_slot, recall};

fn call(round: &str, key: &str, reply: Option<&str>) -> ModelCall {
    ModelCall {
        round_id: round.to_owned(),
        place: 0,
        content_key: key.to_owned(),
        asked_by: "minds/llm".to_owned(),
        slot: "only".to_owned(),
        provider: "anthropic".to_owned(),
        dialect: "anthropic".to_owned(),
        model: "m".to_owned(),
        anonymous: false,
        request: "{}".to_owned(),
        reply: reply.map(|text| text.as_bytes().to_vec()),
        outcome: if reply.is_some() { ANSWERED } else { "failed" }.to_owned(),
        leads_to: reply.is_none().then(|| "next".to_owned()),
        trouble: reply.is_none().then(|| "overloaded".to_owned()),
        input_tokens: None,
        output_tokens: None,
        usd_micros: 0,
        asked_at: now().naive_utc(),
        took_ms: 1,
        n_bytes: 2 + reply.map_or(0, |text| text.len() as i64),
    }
}

#[test]
fn an_answer_stays_and_a_failure_gives_way() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    keep(&mut conn, &call("a", "k", None)).unwrap();
    assert_eq!(recall(&mut conn, "a", 0, "k").unwrap().unwrap().outcome, "failed");
    keep(&mut conn, &call("a", "k", Some("yes"))).unwrap();
    keep(&mut conn, &call("a", "k", Some("no"))).unwrap();
    keep(&mut conn, &call("a", "k", None)).unwrap();
    let own = of_round(&mut conn, "a").unwrap();
    assert_eq!(own, [call("a", "k", Some("yes"))]);
}

#[test]
fn a_failure_in_a_stored_round_stays() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    keep(&mut conn, &call("a", "k", None)).unwrap();
    let round = Round {
        id: "a".to_owned(),
        season: 2020,
        week: 9,
        basis: "open".to_owned(),
        as_of: now().naive_utc(),
        seed: 1,
        settings_hash: String::new(),
        data_hash: String::new(),
        code_version: String::new(),
        created_at: now().naive_utc(),
    };
    insert_round(&mut conn, &round).unwrap();
    keep(&mut conn, &call("a", "k", Some("yes"))).unwrap();
    assert_eq!(of_round(&mut conn, "a").unwrap(), [call("a", "k", None)]);
}

#[test]
fn another_round_is_asked_the_same_only_where_it_was_answered() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    keep(&mut conn, &call("a", "k", None)).unwrap();
    assert_eq!(recall(&mut conn, "b", 0, "k").unwrap(), None);
    keep(&mut conn, &call("c", "k", Some("yes"))).unwrap();
    let found = recall(&mut conn, "b", 0, "k").unwrap().unwrap();
    assert_eq!(found.round_id, "c");
    assert_eq!(recall(&mut conn, "a", 0, "k").unwrap().unwrap().outcome, "failed");
    assert_eq!(recall(&mut conn, "b", 0, "other").unwrap(), None);
    assert_eq!(of_slot(&mut conn, "only", 9).unwrap().len(), 2);
    assert_eq!(latest(&mut conn, 1).unwrap()[0].round_id, "c");
}

#[test]
fn the_oldest_go_first_and_the_newest_stays_whatever_its_size() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    for round in ["a", "b", "c"] {
        keep_within(&mut conn, &call(round, "k", Some("12345678")), 2, 1_000).unwrap();
    }
    let rounds = |conn: &mut crate::store::Conn| {
        let calls = latest(conn, 9).unwrap().into_iter();
        calls.map(|call| call.round_id).collect::<Vec<String>>()
    };
    assert_eq!(rounds(&mut conn), ["c", "b"]);
    let n = keep_within(&mut conn, &call("d", "k", Some("12345678")), 9, 5).unwrap();
    assert_eq!((n, rounds(&mut conn)), (2, vec!["d".to_owned()]));
}
