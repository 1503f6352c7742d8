//! A past season played by the house alone: every week has picks or reasons, all picks are graded, the same seed gives the
//! same journal; what cannot be replayed is said, and a halt is kept.

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn huddle(home: &std::path::Path, args: &[&str], code: i32) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .env_clear()
        .env("HUDDLE_HOME", home)
        .env("HUDDLE_OFFLINE", "1")
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn league() -> TempDir {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        huddle(home.path(), &["data", "import", kind, path.to_str().unwrap()], 0);
    }
    home
}

fn replay(home: &TempDir) -> Value {
    let args = ["replay", "--season", "2017", "--weeks", "3-4", "--json"];
    serde_json::from_str(&huddle(home.path(), &args, 0)).unwrap()
}

#[test]
fn a_season_plays_itself_and_twice_the_same() {
    let home = league();
    let first = replay(&home);
    for week in first["weeks"].as_array().unwrap() {
        assert!(week["n_rounds"].as_u64() >= Some(3), "{week}");
        assert!(week["n_picks"].as_u64().unwrap() + week["n_passes"].as_u64().unwrap() > 0);
    }
    assert_eq!(
        (&first["n_failed"], &first["n_lost"]),
        (&0.into(), &0.into()),
        "{}",
        first["gaps"]
    );
    assert!(first["n_picks"].as_u64() > Some(0), "{first}");
    assert_eq!(first["n_picks"], first["n_graded"]);
    assert_eq!(first["n_clv"], first["n_graded"], "every game has a close");
    assert_eq!(first["faults"], Value::Array(Vec::new()));
    let second = replay(&home);
    assert_eq!(first["journal_hash"], second["journal_hash"]);
    assert_eq!(first["weeks"], second["weeks"]);
    let own = std::path::PathBuf::from(first["home"].as_str().unwrap());
    assert!(huddle(&own, &["audit", "verify"], 0).contains(&first["journal_entries"].to_string()));
}

#[test]
fn what_a_replay_decided_can_be_derived_again() {
    let home = league();
    let args = ["replay", "--season", "2017", "--weeks", "3", "--json"];
    let first: Value = serde_json::from_str(&huddle(home.path(), &args, 0)).unwrap();
    assert!(first["cost"]["wall_s"].as_f64() > Some(0.0));
    let own = std::path::PathBuf::from(first["home"].as_str().unwrap());

    let said = huddle(&own, &["reconcile", "--season", "2017", "--json"], 0);
    let again: Value = serde_json::from_str(&said).unwrap();
    assert!(again["n_rounds"].as_u64() >= Some(3), "{again}");
    // Closes are dated at kickoff and came an hour later: of a game that had started, other facts are known now.
    let others = again["differences"].as_array().unwrap();
    assert!(again["n_same"].as_u64() >= Some(200), "{again}");
    let by_facts = |d: &Value| d["why"].as_array().unwrap().iter().any(|why| why["cause"] == "facts");
    assert!(others.iter().all(by_facts), "{again}");
    assert_eq!(again["n_unexplained"], 0);
    let week = &again["weeks"]["3"];
    let differences = week["differences"].as_array().unwrap();
    assert!(
        !differences.is_empty(),
        "the run looks more often than the backtest: {week}"
    );
    assert!(differences.iter().all(|d| !d["why"].as_array().unwrap().is_empty()));

    let graded = huddle(&own, &["grade", "--json"], 0);
    let graded: Value = serde_json::from_str(&graded).unwrap();
    let pick = graded["bets"][0]["id"].as_str().unwrap();
    let derived = huddle(&own, &["audit", "replay", pick, "--json"], 0);
    let derived: Value = serde_json::from_str(&derived).unwrap();
    assert_eq!((&derived["same"], &derived["round_same"]), (&true.into(), &true.into()));
    // Another bankroll stakes otherwise, and the reason is named.
    let other = huddle(&own, &["audit", "replay", pick, "--bankroll", "50"], 5);
    assert!(
        other.contains("DECIDED OTHERWISE") && other.contains("the settings were others"),
        "{other}"
    );
    huddle(&own, &["audit", "replay", "no-such-pick"], 6);
    huddle(&own, &["reconcile", "--season", "2016"], 6);
}

#[test]
fn a_replay_goes_as_fast_as_it_is_told() {
    let home = league();
    huddle(
        home.path(),
        &["replay", "--season", "2017", "--weeks", "3", "--speed", "0"],
        2,
    );
    // Two weeks of seconds, a day of them in one of ours and more.
    let args = [
        "replay", "--season", "2017", "--weeks", "3", "--speed", "4000000", "--json",
    ];
    let paced: Value = serde_json::from_str(&huddle(home.path(), &args, 0)).unwrap();
    let args = ["replay", "--season", "2017", "--weeks", "3", "--json"];
    let fast: Value = serde_json::from_str(&huddle(home.path(), &args, 0)).unwrap();
    assert_eq!(paced["journal_hash"], fast["journal_hash"]);
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let home = league();
    huddle(home.path(), &["replay", "--season", "1990"], 6);
    huddle(home.path(), &["replay", "--season", "2017", "--weeks", "x"], 2);
    huddle(home.path(), &["halt", "--reason", " "], 2);
    assert!(huddle(home.path(), &["halt", "--reason", "a look"], 0).starts_with("halted"));
    assert!(huddle(home.path(), &["halt", "--reason", "again"], 0).contains("so already"));
    assert!(huddle(home.path(), &["resume", "--reason", "seen"], 0).starts_with("not halted"));
}
