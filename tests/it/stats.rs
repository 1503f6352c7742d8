//! `huddle stats` as people and scripts meet it: figures from a file, and what is said of a file that has none.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn huddle(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command.env_clear().env("HUDDLE_HOME", home.path());
    command
}

fn output(args: &[&str], code: i32) -> (String, String) {
    let home = TempDir::new().unwrap();
    let output = huddle(&home).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    (text(&output.stdout), error)
}

fn json(args: &[&str]) -> Value {
    let (text, _) = output(args, 0);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema_version"], 1);
    value
}

/// One strategy with an edge in every week, one with none, one that never bets.
fn sample(folder: &Path) -> PathBuf {
    let path = folder.join("returns.csv");
    let weeks = (0..40).map(|w| format!("2019-{w},{},{},0\n", [0.5, 1.5][w % 2], [1.0, -1.0][w % 2]));
    let text: String = std::iter::once("week,good,coin,idle\n".to_owned())
        .chain(weeks)
        .collect();
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_search_is_judged_from_its_file() {
    let folder = TempDir::new().unwrap();
    let path = sample(folder.path());
    let file = path.to_str().unwrap();
    let pbo = json(&["stats", "pbo", file, "--blocks", "8", "--metric", "sharpe", "--json"]);
    assert_eq!((&pbo["pbo"], &pbo["n_combinations"]), (&0.0.into(), &70.into()));
    assert_eq!(pbo["logits"].as_array().unwrap().len(), 70);
    let (text, _) = output(&["stats", "pbo", file, "--metric", "mean"], 0);
    assert!(
        text.contains("0.0000") && text.contains("about .5") && text.contains("12870"),
        "{text}"
    );

    let dsr = json(&["stats", "dsr", file, "--json"]);
    assert_eq!((&dsr["n_trials"], &dsr["trials_told"]), (&3.into(), &false.into()));
    assert_eq!(dsr["best"][0]["name"], "good");
    let (text, _) = output(&["stats", "dsr", file], 0);
    assert!(text.contains("3 trials: the number of columns"), "{text}");
    let told = json(&["stats", "dsr", file, "--trials", "1000", "--json"]);
    assert!(told["sr0"].as_f64() > dsr["sr0"].as_f64());

    let power = json(&["stats", "power", "--true", "55", "--json"]);
    assert!(power["n_needed"].as_u64().unwrap().abs_diff(2_243) <= 1);
}

#[test]
fn a_file_that_cannot_be_judged_says_where_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let good = sample(folder.path());
    let good = good.to_str().unwrap();
    let bad = folder.path().join("bad.csv");
    let check = |text: &str, args: &[&str], code: i32, says: &[&str]| {
        fs::write(&bad, text).unwrap();
        let mut all = vec!["stats", args[0], bad.to_str().unwrap()];
        all.extend(&args[1..]);
        let (_, error) = output(&all, code);
        let named = error.contains("bad.csv");
        assert!(
            named && says.iter().all(|s| error.contains(s)),
            "{error} should say {says:?}"
        );
    };
    check("", &["pbo"], 5, &["empty", "header"]);
    check(
        "week,a,b\n1,2,x\n",
        &["pbo"],
        5,
        &["line 2", "column 3", "`x`", "write the return"],
    );
    check("week,a,b\n1,2,3\n", &["pbo"], 5, &["1 periods", "fewer blocks"]);
    check("week,a\n1,2\n2,3\n", &["pbo", "--blocks", "2"], 5, &["at least two"]);
    check("week,a,b\n1,2\n", &["dsr"], 5, &["line 2", "2 columns"]);
    for (args, says) in [
        (vec!["stats", "pbo", "/nowhere/returns.csv"], "/nowhere/returns.csv"),
        (vec!["stats", "pbo", good, "--blocks", "7"], "even number"),
        (vec!["stats", "pbo", good, "--metric", "luck"], "sharpe"),
        (vec!["stats", "dsr", good, "--trials", "2"], "each was tried"),
        (vec!["stats", "dsr", good, "--trials", "0"], "trials"),
        (vec!["stats", "power", "--true", "50"], "52.38"),
    ] {
        let (_, error) = output(&args, 2);
        assert!(error.contains(says), "{args:?}: {error}");
    }
}
