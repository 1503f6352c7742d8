//! Each fault can be seen, at its place, rate and time only.

use super::*;

#[test]
fn each_fault_changes_the_answer_it_is_named_after() {
    let clean = upstream("").answer(&slate(), midweek());
    for name in Fault::NAMES {
        let mut up = upstream(&format!("odds:odds/{name}"));
        let answer = up.answer(&slate(), midweek());
        assert_ne!(answer, clean, "{name}");
        let count = up.counts().of(Provider::OddsApi, Endpoint::Odds);
        assert_eq!(count.faults.get(name), Some(&1), "{name}");
        let charged = !matches!(name, "http_500" | "http_503" | "throttle_429" | "quota_401");
        assert_eq!(up.credits_used(), if charged { 3 } else { 0 }, "{name}");
        let status = match name {
            "http_500" => 500,
            "http_503" => 503,
            "throttle_429" => 429,
            "quota_401" => 401,
            _ => 200,
        };
        assert_eq!(answer.status, status, "{name}");
        assert!(answer.header("x-requests-remaining").is_some(), "{name}");
    }
}

#[test]
fn wires_and_headers_are_as_the_options_say() {
    let once = |plan: &str| upstream(plan).answer(&slate(), midweek());
    assert_eq!(once("odds/hang,charged=no").wire, Wire::Hang);
    assert_eq!(once("odds/reset").wire, Wire::Reset);
    assert!(matches!(once("odds/truncated").wire, Wire::Truncated { after_bytes } if after_bytes > 100));
    let every = Duration::from_millis(20);
    assert_eq!(
        once("odds/slow_drip,bytes=64,every=20ms").wire,
        Wire::Drip {
            bytes_per_chunk: 64,
            every
        }
    );
    assert_eq!(once("*/latency,delay=3s").delay, Duration::from_secs(3));
    let after = |answer: Scripted| answer.header("retry-after").map(str::to_owned);
    assert_eq!(after(once("odds/throttle_429,retry_after=none")), None);
    assert_eq!(
        after(once("odds/throttle_429,retry_after=1500ms")).as_deref(),
        Some("2")
    );
    let date = after(once("odds/http_503,retry_after=date:60s")).unwrap();
    let when = httpdate::parse_http_date(&date).unwrap();
    assert_eq!(DateTime::<Utc>::from(when), midweek() + TimeDelta::seconds(60));
    assert_eq!(
        once("odds/wrong_content_type").header("content-type"),
        Some("text/plain")
    );
    let drifted = once("odds/schema_drift,how=missing,field=commence_time");
    assert_eq!(json(&drifted)[0].get("commence_time"), None);
    let drifted = once("odds/schema_drift,how=retyped,field=price");
    assert!(json(&drifted)[0]["bookmakers"][0]["markets"][0]["outcomes"][0]["price"].is_string());
}

#[test]
fn a_table_drifts_by_column() {
    let head = |plan: &str| {
        let answer = follow(&mut upstream(plan), &file("schedules/games.csv"), midweek());
        let text = String::from_utf8(answer.body).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    assert!(head("nflverse:games/schema_drift,how=renamed,field=week").contains(",week_v2,"));
    assert!(!head("nflverse:games/schema_drift,how=missing,field=week").contains(",week,"));
}

#[test]
fn a_fault_keeps_to_its_endpoint_and_its_window() {
    let mut up = upstream("espn:scoreboard/http_503,from=60s,to=120s");
    let day = scoreboard("20310910");
    let statuses: Vec<u16> = (0..4)
        .map(|i| up.answer(&day, midweek() + TimeDelta::seconds(40 * i)).status)
        .collect();
    assert_eq!(statuses, [200, 200, 503, 200]);
    let teams = Request::get(Provider::Espn, "/apis/site/v2/sports/football/nfl/teams", &[]);
    assert_eq!(up.answer(&teams, midweek() + TimeDelta::seconds(80)).status, 200);
    up.set_faults("*/http_500".parse().unwrap(), midweek());
    assert_eq!(up.answer(&teams, midweek()).status, 500);
}

#[test]
fn a_rate_is_kept_on_average() {
    let mut up = upstream("espn/http_500@0.3");
    let day = scoreboard("20310910");
    let n = (0..2_000).filter(|_| up.answer(&day, midweek()).status == 500).count();
    assert!((500..=700).contains(&n), "{n}");
}

#[test]
fn of_two_faults_that_answer_the_first_does_and_alone_counts() {
    let mut up = upstream("odds/http_503,odds/quota_401,odds/latency,delay=1s");
    let answer = up.answer(&slate(), midweek());
    assert_eq!((answer.status, answer.delay), (503, Duration::from_secs(1)));
    let count = up.counts().of(Provider::OddsApi, Endpoint::Odds);
    assert_eq!(count.faults.len(), 2, "{:?}", count.faults);
}
