//! The server over loopback: a plain client sees the services, and every fault of the wire for what it is.

use super::*;
use crate::api::Endpoint;
use crate::clock::Clock;
use crate::sim::upstream::{FaultPlan, Options, Request, Upstream, World};
use crate::sim::{League, SimOptions};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A client waits this long; every answer of these tests takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough to tell a hang from an answer, and the longest a test waits for one.
const SHORT: Duration = Duration::from_millis(300);

fn now() -> DateTime<Utc> {
    "2031-09-10T18:00:00Z".parse().unwrap()
}

fn door(plan: &str) -> Door {
    let options = SimOptions {
        n_weeks: 2,
        ..SimOptions::default()
    };
    let league = League::generate(11, 2031..=2031, options);
    let options = Options {
        faults: plan.parse().unwrap(),
        ..Options::default()
    };
    let world = World::new(&league.games, &league.quotes, 11);
    Door::new(Upstream::new(world, options, now()), Clock::fixed(now()))
}

async fn server(plan: &str) -> Server {
    Server::start(door(plan), 0).await.unwrap()
}

fn client(patience: Duration) -> reqwest::Client {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(patience).no_proxy().build().unwrap()
}

fn odds(server: &Server) -> String {
    let base = server.base_url(Provider::OddsApi);
    format!("{base}/v4/sports/americanfootball_nfl/odds?apiKey=k&regions=us&markets=h2h,spreads,totals")
}

#[tokio::test]
async fn a_plain_client_is_served_by_all_five() {
    let server = server("").await;
    let client = client(PATIENCE);
    let get = async |provider, path: &str| {
        let url = format!("{}{path}", server.base_url(provider));
        let request = client.get(url).header("user-agent", "test (test@example.com)");
        request.send().await.unwrap().error_for_status().unwrap()
    };
    let answer = client.get(odds(&server)).send().await.unwrap();
    assert_eq!(answer.headers()["x-requests-last"], "3");
    let over_wire = answer.bytes().await.unwrap();
    let request = Request::get(
        Provider::OddsApi,
        "/v4/sports/americanfootball_nfl/odds",
        &[("apiKey", "k"), ("regions", "us"), ("markets", "h2h,spreads,totals")],
    );
    assert_eq!(
        over_wire,
        server.door().answer(&request).body,
        "gzip on the wire, and the same bytes in memory"
    );
    get(
        Provider::Espn,
        "/apis/site/v2/sports/football/nfl/scoreboard?dates=20310911",
    )
    .await;
    get(
        Provider::OpenMeteo,
        "/v1/forecast?latitude=40,41&longitude=-80,-81&hourly=temperature_2m",
    )
    .await;
    let points = get(Provider::Nws, "/points/42.774,-78.787").await;
    let points: Value = serde_json::from_slice(&points.bytes().await.unwrap()).unwrap();
    let hourly = points["properties"]["forecastHourly"].as_str().unwrap();
    assert!(hourly.starts_with(&server.base_url(Provider::Nws)), "{hourly}");
    let path = "/nflverse/nflverse-data/releases/download/schedules/games.csv";
    let csv = get(Provider::Nflverse, path).await;
    assert!(csv.url().path().starts_with("/nflverse/assets/"), "{}", csv.url());
    assert!(csv.text().await.unwrap().starts_with("game_id,season"));
    assert_eq!(
        server.door().counts().of(Provider::Nflverse, Endpoint::Games).redirects,
        1
    );
    server.stop().await;
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = server("").await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    for i in 0..3 {
        stream
            .write_all(b"GET /_control/clock HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut head = vec![0; 600];
        let n = stream.read(&mut head).await.unwrap();
        let text = String::from_utf8_lossy(&head[..n]);
        assert!(
            text.starts_with("HTTP/1.1 200 OK") && text.contains("connection: keep-alive"),
            "{i}: {text}"
        );
    }
    // Two at once, as a pipelining client sends them, the second the last.
    let two = b"HEAD /_control/clock HTTP/1.1\r\n\r\nGET /_control/none HTTP/1.1\r\nconnection: close\r\n\r\n";
    stream.write_all(two).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest.matches("HTTP/1.1 404").count(), 2, "HEAD has no control: {rest}");
    server.stop().await;
}

#[tokio::test]
async fn faults_of_the_wire_are_real() {
    let server = server("").await;
    let (patient, hasty) = (client(PATIENCE), client(SHORT));
    let plan = |text: &str| server.door().set_faults(text.parse::<FaultPlan>().unwrap());

    plan("odds/reset");
    let error = patient.get(odds(&server)).send().await.unwrap_err();
    assert!(
        error.is_request() && format!("{error:?}").contains("ConnectionReset"),
        "{error:?}"
    );

    plan("odds/hang");
    assert!(hasty.get(odds(&server)).send().await.unwrap_err().is_timeout());

    plan("odds/latency,delay=1h");
    assert!(hasty.get(odds(&server)).send().await.unwrap_err().is_timeout());

    plan("odds/truncated");
    let answer = patient.get(odds(&server)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err(), "half a body must not pass for one");

    plan("odds/slow_drip,bytes=1,every=1h");
    let answer = hasty.get(odds(&server)).send().await.unwrap();
    assert!(answer.bytes().await.unwrap_err().is_timeout());

    plan("odds/slow_drip,bytes=4096,every=1ms");
    let answer = patient.get(odds(&server)).send().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).is_ok());

    plan("odds/html_200,odds/wrong_content_type");
    let answer = patient.get(odds(&server)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain");
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));

    plan("odds/throttle_429,retry_after=7s");
    let answer = patient.get(odds(&server)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );

    let count = server.door().counts().of(Provider::OddsApi, Endpoint::Odds);
    assert_eq!((count.calls, count.faults.len()), (8, 8), "{count:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_control_paths_steer_and_tell() {
    let server = server("").await;
    let client = client(PATIENCE);
    let url = |leaf: &str| format!("http://{}/_control/{leaf}", server.address());
    let post = async |leaf: &str, body: &'static str| {
        let answer = client.post(url(leaf)).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(
        post("faults", "odds/http_500").await,
        (200, r#"{"faults":"odds_api/http_500@1"}"#.to_owned())
    );
    assert_eq!(client.get(odds(&server)).send().await.unwrap().status(), 500);
    let (status, said) = post("faults", "odds/explode").await;
    assert!(status == 400 && said.contains("write one of latency"), "{said}");
    let (status, said) = post("clock", "at=2031-09-12T00:00:00Z,speed=60").await;
    assert!(status == 200 && said.contains("2031-09-12T00:00:00"), "{said}");
    assert_eq!(
        server.door().now(),
        "2031-09-12T00:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    let (status, said) = post("clock", "soon").await;
    assert!(status == 400 && said.contains("write at="), "{said}");
    let counts = client.get(url("counts")).send().await.unwrap().bytes().await.unwrap();
    let counts: Value = serde_json::from_slice(&counts).unwrap();
    assert_eq!(counts["counts"]["endpoints"]["odds_api"]["odds"]["by_status"]["500"], 1);
    assert_eq!(counts["credits_used"], 0);
    server.stop().await;
}

#[tokio::test]
async fn garbage_is_refused_and_harms_nobody() {
    let server = server("").await;
    let mut state = 0x1234_5678_9ABC_DEF0_u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    for i in 0..2_000 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let mut bytes = if i % 2 == 0 {
            b"GET /odds-api/v4/".to_vec()
        } else {
            Vec::new()
        };
        bytes.extend((0..64).map(|_| byte()));
        bytes.extend(b"\r\n\r\n");
        // The server may have answered and closed before all of it was written.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(client(PATIENCE).get(odds(&server)).send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn stopping_frees_the_port_and_cuts_off_what_hangs() {
    let server = server("odds/hang").await;
    let address = server.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /odds-api/v4/sports/americanfootball_nfl/odds HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    while server.door().counts().calls(Provider::OddsApi) == 0 {
        tokio::task::yield_now().await;
    }
    let started = crate::clock::uptime();
    server.stop().await;
    assert!(crate::clock::uptime() - started < PATIENCE);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn a_clock_runs_as_it_is_told() {
    let hand = crate::clock::VirtualClock::starting(now());
    let door = Door::new(
        Upstream::new(World::new(&[], &[], 1), Options::default(), now()),
        hand.clock(),
    );
    let order = |text: &str| text.parse::<ClockOrder>().unwrap();
    assert_eq!(door.now(), now());
    door.set_clock(order("speed=60"));
    hand.advance(Duration::from_secs(10));
    assert_eq!(door.now(), now() + chrono::TimeDelta::minutes(10));
    door.set_clock(order("at=2031-12-01T00:00:00Z"));
    hand.advance(Duration::from_secs(1));
    assert_eq!(door.now().to_rfc3339(), "2031-12-01T00:01:00+00:00");
    for bad in ["speed=-1", "speed=fast", "at=noon", "now"] {
        assert!(bad.parse::<ClockOrder>().is_err(), "{bad}");
    }
}
