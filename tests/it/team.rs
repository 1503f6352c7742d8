//! The team judged and overridden: a benched seat is not at the table and the pick says so, an override ends by itself, a week
//! that is over teaches, a shadow changes nothing, and who gave way to whom is in the journal.

use super::portfolio::{WEEK, deploy, huddle, league, slate};
use assert_cmd::Command;
use huddle::domain::standing::Standing;
use huddle::store::team::standings::Event;
use huddle::store::team::{Lesson, learn};
use huddle::store::{Store, journal};
use serde_json::Value;
use tempfile::TempDir;

fn fails(home: &TempDir, args: &[&str], code: i32, says: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1");
    let output = command.args(args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    assert!(error.contains(says), "{args:?} should say `{says}`: {error}");
}

fn json(home: &TempDir, args: &[&str]) -> Value {
    let mut args = args.to_vec();
    args.push("--json");
    serde_json::from_str(&huddle(home, &args)).unwrap()
}

fn incidents(slate: &Value) -> String {
    slate["rounds"][0]["incidents"].to_string()
}

fn bodies(home: &TempDir) -> Vec<String> {
    let mut conn = Store::open(&home.path().join("huddle.db")).unwrap().conn().unwrap();
    journal::verify(&mut conn).unwrap();
    let entries = journal::after(&mut conn, 0, 100_000).unwrap();
    entries.into_iter().map(|entry| entry.body).collect()
}

/// A change of a standing as the rule leaves it.
fn ranked(home: &TempDir, subject: &str, standing: Standing, week: i32) {
    let mut conn = Store::open(&home.path().join("huddle.db")).unwrap().conn().unwrap();
    let at = "2018-01-01T00:00:00".parse().unwrap();
    let event = Event {
        subject: subject.to_owned(),
        at,
        standing,
        reason: "evidence 300 in a test".to_owned(),
        n_scores: 272,
    };
    let lesson = Lesson {
        week: (2017, week),
        at,
        note: String::new(),
        scores: Vec::new(),
        events: vec![event],
        overrides: Vec::new(),
        experiments: Vec::new(),
        minutes: Vec::new(),
    };
    learn(&mut conn, &lesson).unwrap();
}

#[test]
fn a_word_over_a_seat_acts_is_shown_and_is_withdrawn() {
    let home = league();
    let before = slate(&home);
    let args = [
        "team",
        "override",
        "elo",
        "--bench",
        "--why",
        "a look",
        "--until",
        "2999-01-01",
    ];
    assert!(huddle(&home, &args).contains("elo is overridden (bench)"));
    let benched = slate(&home);
    assert!(incidents(&benched).contains("elo is not at the table: benched: by person until 2999-01-01"));
    assert_ne!(
        before["rounds"][0]["id"], benched["rounds"][0]["id"],
        "a round names what it was told"
    );
    let listed = json(&home, &["team", "list"]);
    let elo = listed["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == "elo")
        .unwrap();
    assert_eq!((&elo["standing"], &elo["record"]["n"]), (&"benched".into(), &0.into()));
    assert_eq!(listed["overrides"][0]["why"], "a look");
    let args = [
        "team",
        "override",
        "elo",
        "--seat",
        "--why",
        "seen",
        "--until",
        "2999-01-01",
    ];
    huddle(&home, &args);
    assert_eq!(
        before["picks"],
        slate(&home)["picks"],
        "what was withdrawn acts no more, to the byte"
    );
    let said = bodies(&home);
    assert_eq!(
        said.iter()
            .filter(|body| body.contains("\"order\":\"override\""))
            .count(),
        2
    );
    assert!(
        said.iter()
            .any(|body| body.contains("\"fact\":\"ranked\"") && body.contains("by person"))
    );
    let args = [
        "team",
        "override",
        "consensus",
        "--pause",
        "--why",
        "off",
        "--until",
        "2999-01-01",
    ];
    huddle(&home, &args);
    fails(&home, &WEEK, 5, "the consensus swarm is paused: by person");
    let args = [
        "team",
        "override",
        "consensus",
        "--cap",
        "0.00",
        "--why",
        "x",
        "--until",
        "2999-01-01",
    ];
    huddle(&home, &args);
    let capped = slate(&home);
    assert_eq!(
        capped["picks"].as_array().map(Vec::len),
        Some(0),
        "a cap of nothing bets nothing"
    );
    assert!(incidents(&capped).contains("at most 0.00"));
}

#[test]
fn words_that_make_no_sense_are_refused() {
    let home = league();
    let base = ["team", "override"];
    for (args, says) in [
        (
            ["nobody", "--bench", "--why", "x", "--until", "2999-01-01"],
            "has no seat",
        ),
        (
            ["elo", "--pause", "--why", "x", "--until", "2999-01-01"],
            "only the swarm",
        ),
        (
            ["elo", "--bench", "--why", " ", "--until", "2999-01-01"],
            "--why is empty",
        ),
        (["elo", "--bench", "--why", "x", "--until", "2019-01-01"], "is over"),
        (["elo", "--bench", "--why", "x", "--until", "soon"], "neither a date"),
    ] {
        fails(&home, &[&base[..], &args[..]].concat(), 2, says);
    }
    fails(
        &home,
        &["team", "override", "elo", "--why", "x", "--until", "2999-01-01"],
        2,
        "--bench",
    );
    fails(&home, &["team", "plan", "--season", "1990"], 6, "no games of 1990");
    assert!(bodies(&home).is_empty());
}

#[test]
fn standings_of_the_rule_act_and_are_shown() {
    let home = league();
    let before = slate(&home);
    ranked(&home, "stack", Standing::Promoted, 1);
    ranked(&home, "elo", Standing::Benched, 2);
    let after = slate(&home);
    let told = incidents(&after);
    assert!(told.contains("stack is promoted: evidence 300"), "{told}");
    assert!(
        told.contains("elo is not at the table: benched: evidence 300"),
        "{told}"
    );
    ranked(&home, "stack", Standing::Full, 3);
    ranked(&home, "elo", Standing::Full, 4);
    assert_eq!(
        slate(&home)["rounds"],
        before["rounds"],
        "all full is as if nothing had been"
    );
}

#[test]
fn a_week_that_is_over_teaches_and_a_shadow_changes_nothing() {
    let home = league();
    let replay = ["replay", "--season", "2017", "--weeks", "3-4"];
    let first = json(&home, &replay);
    let own = first["home"].as_str().unwrap().to_owned();
    let ask = |verb: &str| json(&home, &["--home", &own, "team", verb]);
    let team = ask("list");
    let elo = team["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == "elo")
        .unwrap();
    assert!(elo["record"]["n"].as_u64() > Some(0), "{team}");
    assert_eq!(elo["standing"], "full", "two weeks change nothing");
    let tried = ask("experiments");
    assert_eq!(tried["experiments"].as_array().map(Vec::len), Some(1), "{tried}");
    assert_eq!(tried["experiments"][0]["state"], "running");
    assert!(tried["experiments"][0]["n_games"].as_u64() > Some(0), "{tried}");
    std::fs::write(
        home.path().join("config.toml"),
        "[orchestrator]\nmeta_learning = false\n",
    )
    .unwrap();
    let without = json(&home, &replay);
    assert_eq!(first["weeks"], without["weeks"], "the shadow never bets");
    assert_eq!(ask("experiments")["experiments"].as_array().map(Vec::len), Some(0));
    let plan = json(&home, &["team", "plan", "--season", "2017"]);
    assert_eq!(plan["enforced"], false);
    assert!(plan["weeks"].as_array().map(Vec::len) > Some(2), "{plan}");
    assert!(huddle(&home, &["team", "plan", "--season", "2017"]).contains("kept back"));
}

#[test]
fn who_gave_way_to_whom_is_in_the_journal_once() {
    let home = league();
    slate(&home);
    deploy(&home, "total at open when over stake flat 1.5%");
    slate(&home);
    let resolved = |home: &TempDir| -> Vec<String> {
        let said = bodies(home).into_iter();
        said.filter(|body| body.contains("\"fact\":\"resolved\"")).collect()
    };
    let once = resolved(&home);
    assert_eq!(once.len(), 1);
    assert!(once[0].contains("\"rule\":\"5: limits\""), "{}", once[0]);
    slate(&home);
    assert_eq!(resolved(&home), once, "the same again adds nothing");
}
