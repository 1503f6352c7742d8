//! The binary as people and scripts meet it: messages, exit codes, one JSON object.

use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

fn huddle(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command.env_clear().env("HUDDLE_HOME", home.path());
    command
}

fn fails(home: &TempDir, args: &[&str], code: i32, says: &[&str]) {
    let output = huddle(home).args(args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    for text in says {
        assert!(error.contains(text), "{args:?} should say `{text}`: {error}");
    }
}

#[test]
fn every_mistake_has_its_code_and_says_what_to_do() {
    let home = TempDir::new().unwrap();
    fails(
        &home,
        &["picks", "--season", "2019", "--week", "5"],
        6,
        &["no database", "huddle data import games"],
    );
    fails(&home, &["data", "status"], 6, &["no database"]);
    fails(
        &home,
        &["data", "import", "games", "/nowhere/games.csv"],
        2,
        &["no such file"],
    );
    fails(&home, &["data", "import", "games", "/tmp"], 2, &["this is a directory"]);
    fails(&home, &["picks", "--as-of", "noon"], 2, &["neither `open` nor `close`"]);
    fails(
        &home,
        &["picks", "--kill", "nobody"],
        2,
        &["seats: attack_defence, elo"],
    );
    fails(
        &home,
        &["odds", "convert", "--american", "50"],
        2,
        &["not an American price"],
    );
    let empty = home.path().join("empty.csv");
    fs::write(&empty, "").unwrap();
    fails(
        &home,
        &["data", "import", "games", empty.to_str().unwrap()],
        5,
        &["empty"],
    );
    fs::write(home.path().join("config.toml"), "bankrol = 5").unwrap();
    fails(&home, &["picks"], 3, &["config.toml", "bankrol"]);
}

#[test]
fn a_home_in_use_names_who_uses_it() {
    let home = TempDir::new().unwrap();
    let mine = huddle::home::Home::resolve(Some(home.path().to_owned()), |_| None).unwrap();
    let _lock = mine.lock().unwrap();
    let file = home.path().join("games.csv");
    fs::write(&file, "game_id\n").unwrap();
    let pid = std::process::id().to_string();
    fails(
        &home,
        &["data", "import", "games", file.to_str().unwrap()],
        3,
        &["in use", &pid],
    );
}

#[test]
fn json_is_one_object_with_a_version() {
    let home = TempDir::new().unwrap();
    let output = huddle(&home)
        .args(["odds", "convert", "--american", "-110", "--json"])
        .output()
        .unwrap();
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema_version"], 1);
    assert!((value["decimal"].as_f64().unwrap() - 21.0 / 11.0).abs() < 1e-12);
}
