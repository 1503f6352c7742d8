//! `huddle parlays` on a simulated league: it counts what it tried, says what is left, prices legs together, writes nothing.

use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

fn huddle(home: &TempDir, args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1");
    command.args(args).output().unwrap()
}

fn league_home() -> TempDir {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        assert!(
            huddle(&home, &["data", "import", kind, path.to_str().unwrap()])
                .status
                .success()
        );
    }
    home
}

fn json(home: &TempDir, args: &[&str]) -> serde_json::Value {
    let output = huddle(home, args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {error}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("NaN"), "{text}");
    serde_json::from_str(&text).unwrap()
}

const SEARCH: [&str; 7] = [
    "parlays",
    "--train",
    "2014-2016",
    "--hold-out",
    "2017",
    "--support",
    "0.05",
];

#[test]
fn a_search_is_counted_and_changes_nothing() {
    let home = league_home();
    let before = fs::read(home.path().join("huddle.db")).unwrap();
    let found = json(&home, &[&SEARCH[..], &["--json"]].concat());
    assert_eq!((&found["schema_version"], &found["n_trials"]), (&1.into(), &0.into()));
    let verdict = &found["verdict"];
    let conditions = verdict["n_conditions"].as_u64().unwrap();
    let tried: Vec<u64> = verdict["families"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["n_tried"].as_u64().unwrap())
        .collect();
    assert!(
        conditions > 50 && tried == [2 * conditions, 2 * conditions, 4 * conditions],
        "{tried:?}"
    );
    assert_eq!(
        (&found["nothing_survives"], &verdict["survivors"]),
        (&true.into(), &serde_json::json!([]))
    );
    let templates = found["templates"].as_array().unwrap();
    let fair = |t: &serde_json::Value| t["fair"].as_f64().unwrap() * t["p_joint"].as_f64().unwrap();
    assert_eq!(templates.len(), 32);
    assert!(templates.iter().all(|t| (fair(t) - 1.0).abs() < 1e-9), "{templates:?}");

    let other = json(&home, &[&SEARCH[..], &["--miner", "fp-growth", "--json"]].concat());
    assert_eq!(
        (&other["n_sets"], &other["verdict"]),
        (&found["n_sets"], verdict),
        "both miners find the same"
    );
    let text = String::from_utf8(huddle(&home, &SEARCH).stdout).unwrap();
    for part in ["Nothing survives", "TEMPLATES", "NOT KNOWN", "0 different looks"] {
        assert!(text.contains(part), "`{part}` is missing: {text}");
    }
    let after = fs::read(home.path().join("huddle.db")).unwrap();
    assert!(after == before, "a search of seasons up to 2017 changes nothing");
}

#[test]
fn looking_at_judged_seasons_is_a_trial() {
    let home = league_home();
    let judged = [
        "parlays",
        "--train",
        "2014-2017",
        "--hold-out",
        "2018",
        "--support",
        "0.1",
        "--json",
    ];
    assert_eq!(json(&home, &judged)["n_trials"], 1);
    assert_eq!(
        json(&home, &judged)["n_trials"],
        1,
        "the same look again teaches nothing new"
    );
    let wider = [
        "parlays",
        "--train",
        "2014-2017",
        "--hold-out",
        "2018",
        "--support",
        "0.2",
        "--json",
    ];
    assert_eq!(json(&home, &wider)["n_trials"], 2);
}

#[test]
fn mistakes_say_what_to_do() {
    let home = league_home();
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--train", "2014-2017"], 2, "change --train or --hold-out"),
        (&["--support", "2"], 2, "is no share of games"),
        (&["--max-length", "1"], 2, "max-length"),
        (
            &["--train", "1990-1991", "--hold-out", "1992"],
            6,
            "no settled games of 1990-1991",
        ),
    ];
    for (args, code, says) in cases {
        let output = huddle(&home, &[&["parlays"], args].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(code) && error.contains(says),
            "{args:?}: {error}"
        );
    }
}
