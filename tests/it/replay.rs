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
fn what_cannot_be_replayed_is_said() {
    let home = league();
    huddle(home.path(), &["replay", "--season", "1990"], 6);
    huddle(home.path(), &["replay", "--season", "2017", "--weeks", "x"], 2);
    huddle(home.path(), &["halt", "--reason", " "], 2);
    assert!(huddle(home.path(), &["halt", "--reason", "a look"], 0).starts_with("halted"));
    assert!(huddle(home.path(), &["halt", "--reason", "again"], 0).contains("so already"));
    assert!(huddle(home.path(), &["resume", "--reason", "seen"], 0).starts_with("not halted"));
}
