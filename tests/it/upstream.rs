//! `huddle upstream` as whoever develops against it meets it: one JSON object, five services, an end by Ctrl-C.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// No answer of a loopback server takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

fn get(port: u64, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port as u16)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nuser-agent: test\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_services_start_answer_and_end_on_ctrl_c() {
    let home = TempDir::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .args([
            "upstream",
            "--json",
            "--at",
            "2026-11-25T12:00:00Z",
            "--faults",
            "espn/http_503",
            "--credits",
            "2",
        ])
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&said["schema_version"], &said["simulated"]), (&1.into(), &true.into()));
    let port = said["port"].as_u64().unwrap();
    assert_eq!(
        said["base_urls"]["odds_api"],
        format!("http://127.0.0.1:{port}/odds-api")
    );
    assert_eq!(said["base_urls"].as_object().unwrap().len(), 5);
    let odds = get(
        port,
        "/odds-api/v4/sports/americanfootball_nfl/odds?apiKey=k&regions=us&markets=h2h,totals",
    );
    assert!(
        odds.starts_with("HTTP/1.1 200") && odds.contains("x-requests-remaining: 0"),
        "{odds:.400}"
    );
    assert!(odds.contains("sim_alfa"), "a week is open: {odds:.400}");
    let scores = get(port, "/espn/apis/site/v2/sports/football/nfl/scoreboard");
    assert!(scores.starts_with("HTTP/1.1 503"), "{scores:.200}");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_bad_plan_is_told_what_to_write() {
    let home = TempDir::new().unwrap();
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_huddle"))
        .args(["upstream", "--faults", "odds/explode"])
        .env("HUDDLE_HOME", home.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("write one of latency, http_500"), "{said}");
}
