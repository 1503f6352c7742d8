//! `huddle backtest` as people and scripts meet it: a strategy over a simulated league, and what is said of one that is none.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn huddle(home: &TempDir, args: &[&str], code: i32) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    let command = command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1");
    let output = command.args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    (text(&output.stdout), error)
}

fn json(home: &TempDir, args: &[&str]) -> Value {
    let (text, _) = huddle(home, args, 0);
    assert_eq!(text.lines().count(), 1, "one object on one line");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema_version"], 1);
    value
}

/// A home with five seasons of a simulated league, 2014 to 2018.
fn league() -> TempDir {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        huddle(&home, &["data", "import", kind, path.to_str().unwrap()], 0);
    }
    home
}

const RULE: &str = "spread at open when edge(market_rating) >= 1 stake flat 1%";

#[test]
fn a_strategy_is_counted_run_and_stored_once() {
    let home = league();
    let page = home.path().join("report.html");
    let whole = ["backtest", RULE, "--seasons", "2014-2018", "--json"];
    let first = json(&home, &whole);
    assert_eq!(
        (&first["manifest"]["n_trials"], &first["market"]),
        (&1.into(), &"spread".into())
    );
    assert_eq!(first["judged"]["seasons"], serde_json::json!([2018]));
    assert!(
        first["chosen_here"]["headline"]["n_bets"].as_u64() > Some(30),
        "{first}"
    );
    assert_eq!(first["folds"].as_array().map(Vec::len), Some(5));
    assert_eq!(first, json(&home, &whole), "the same again, and no second trial");

    let (text, error) = huddle(&home, &["backtest", RULE, "--html", page.to_str().unwrap()], 0);
    assert!(
        text.starts_with("BACKTEST of ") && text.contains("Nothing here judges the rule"),
        "{text}"
    );
    assert!(error.contains("the page is in"), "{error}");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg") && !html.contains("http"));
    assert!(!html.contains("SIMULATED"), "the files say it is 2014");

    let other = json(&home, &["backtest", "total at open when under stake flat 1%", "--json"]);
    assert_eq!(other["manifest"]["n_trials"], 2);
    let runs = json(&home, &["runs", "list", "--json"]);
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(3), "{runs}");
    let name = first["run"].as_str().unwrap();
    let shown = json(&home, &["runs", "show", name, "--json"]);
    assert_eq!(shown["manifest"], first["manifest"]);
}

#[test]
fn what_is_no_strategy_is_pointed_at() {
    let home = league();
    let (_, error) = huddle(
        &home,
        &["backtest", "spread at open when edge(elo) > 2 stake flat 1%"],
        2,
    );
    assert!(error.contains("column 31") && error.contains("`>`"), "{error}");
    let lines: Vec<&str> = error.lines().collect();
    let text = lines.iter().position(|line| line.contains("edge(elo)")).unwrap();
    assert_eq!(lines[text].find('>'), lines[text + 1].find('^'), "{error}");

    let future = "spread at open when move >= 1 stake flat 1%";
    let (_, error) = huddle(&home, &["backtest", future], 5);
    assert!(
        error.contains("`move`") && error.contains("the open cannot ask for it"),
        "{error}"
    );
    let (_, error) = huddle(&home, &["backtest", "spread at close when cover >= 1 stake flat 1%"], 5);
    assert!(error.contains("after the game"), "{error}");
    let (_, error) = huddle(
        &home,
        &["backtest", "spread at open when edge(nobody) >= 1 stake flat 1%"],
        2,
    );
    assert!(error.contains("no source `nobody`") && error.contains("elo"), "{error}");
    let (_, error) = huddle(&home, &["backtest", "4f2a"], 6);
    assert!(error.contains("no strategy's id begins with"), "{error}");
    let (_, error) = huddle(&home, &["backtest", RULE, "--seasons", "1999"], 6);
    assert!(error.contains("no games of 1999-1999"), "{error}");
    let runs = json(&home, &["runs", "list", "--json"]);
    assert_eq!(runs["runs"], serde_json::json!([]), "what was refused is no run");
}
