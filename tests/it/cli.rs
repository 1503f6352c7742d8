//! The binary as people and scripts meet it: messages, exit codes, one JSON object.

use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

fn huddle(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1");
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
    let leak = empty.to_str().unwrap();
    fails(
        &home,
        &["cycle", "--leakcheck", leak],
        5,
        &["is not what `huddle leakcheck --features --json` prints"],
    );
    fs::write(&empty, r#"{"seed":1,"basis":"open","n_rounds":0,"features":{}}"#).unwrap();
    fails(&home, &["cycle", "--leakcheck", leak], 5, &["nothing was checked"]);
    let late =
        r#"{"seed":1,"basis":"close","n_rounds":1,"features":{"week":{"n_cells":1,"n_biased":0,"first":null}}}"#;
    fs::write(&empty, late).unwrap();
    fails(&home, &["cycle", "--leakcheck", leak], 5, &["a cycle bets at the open"]);
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

fn json(home: &TempDir, args: &[&str]) -> serde_json::Value {
    let output = huddle(home).args(args).arg("--json").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {error}");
    assert!(
        !error.contains("log: "),
        "nothing happened that asks for attention: {error}"
    );
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema_version"], 1, "{args:?}");
    value
}

/// A home with a simulated league imported from files.
fn league_home() -> TempDir {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    for (kind, file) in [("games", "games.csv"), ("odds", "openers.csv")] {
        let path = home.path().join(file);
        let report = json(&home, &["data", "import", kind, path.to_str().unwrap()]);
        assert_eq!(report["n_quarantined"], 0, "{report}");
    }
    home
}

#[test]
fn from_files_to_graded_picks() {
    let home = league_home();
    let games = home.path().join("games.csv");
    let again = json(&home, &["data", "import", "games", games.to_str().unwrap()]);
    assert_eq!(
        (&again["games"]["new"], &again["games"]["changed"]),
        (&0.into(), &0.into())
    );

    let mut n_bets = 0;
    for week in ["5", "6", "7", "8"] {
        let slate = json(&home, &["picks", "--season", "2018", "--week", week]);
        let picks = slate["picks"].as_array().unwrap();
        n_bets += picks.len();
        assert!(slate["leans"].as_array().unwrap().len() <= 3 && slate["paper"] == true);
        for p in picks {
            let (ev, edge) = (p["ev"].as_f64().unwrap(), p["edge"].as_f64().unwrap());
            assert!(
                ev >= 0.03 && edge > 0.0 && p["consensus"].as_f64().unwrap() >= 0.6,
                "{p}"
            );
            assert!(
                p["stake_cents"].as_i64().unwrap() <= 5_000,
                "never above 5% of the bankroll"
            );
            assert!(!p["counter_argument"].as_str().unwrap().is_empty());
        }
    }
    assert!(
        n_bets > 0,
        "a league with this much error in its openers has something to bet"
    );

    let first = json(&home, &["grade"]);
    assert_eq!(first["n_new"], n_bets);
    let second = json(&home, &["grade"]);
    assert_eq!((&second["n_new"], &second["n_unchanged"]), (&0.into(), &n_bets.into()));
    assert_eq!(first["profit_cents"], second["profit_cents"]);

    let report = json(&home, &["report", "--seasons", "2018"]);
    assert_eq!(
        report["provenance"]["options"]["n_trials"]
            .as_u64()
            .or(report["provenance"]["n_trials"].as_u64()),
        Some(1)
    );
    let text = report.to_string();
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn a_corrected_result_is_graded_again_and_said() {
    let home = league_home();
    let bets = json(&home, &["picks", "--season", "2018", "--week", "6"])["picks"].clone();
    let Some(bet) = bets.as_array().unwrap().first() else {
        panic!("week 6 of this league has a bet")
    };
    json(&home, &["grade"]);
    // The game is corrected to a score that turns every bet on it: 70-0 for whoever had less.
    let path = home.path().join("games.csv");
    let id = bet["game_id"].as_str().unwrap();
    let text: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| turned(line, id))
        .collect();
    fs::write(&path, text.join("\n") + "\n").unwrap();
    let import = json(&home, &["data", "import", "games", path.to_str().unwrap()]);
    assert_eq!(import["games"]["changed"], 1);
    let again = json(&home, &["grade"]);
    assert!(again["n_revised"].as_u64().unwrap() >= 1, "{again}");
}

/// The row of a game with its score replaced by a rout for the side that lost.
fn turned(line: &str, id: &str) -> String {
    if !line.starts_with(&format!("{id},")) {
        return line.to_owned();
    }
    let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
    let home_won = cells[12].parse::<i32>().unwrap() > 0;
    let (away, home) = if home_won { (70, 0) } else { (0, 70) };
    cells[8] = away.to_string();
    cells[10] = home.to_string();
    cells[12] = (home - away).to_string();
    cells[13] = (home + away).to_string();
    cells.join(",")
}

#[test]
fn the_demo_needs_nothing_and_says_simulated() {
    let home = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_huddle"))
        .env_clear()
        .env("TMPDIR", home.path())
        .args(["demo", "--weeks", "1"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(
        error.ends_with("log: 1 error of 1 kind, 0 dropped\n"),
        "the crash was logged, and the logger heard of it: {error}"
    );
    for part in [
        "SIMULATED LEAGUE",
        "SIMULATED results",
        "NO BET",
        "SIMULATED crash healed: elo came down",
        "incarnation 2 answered",
    ] {
        assert!(text.contains(part), "`{part}` is missing: {text}");
    }
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        0,
        "the demo leaves nothing behind"
    );
}

#[test]
fn a_pick_is_walked_back_to_its_observation() {
    let home = league_home();
    let slate = json(&home, &["picks", "--season", "2018", "--week", "6"]);
    json(&home, &["grade"]);
    let before = fs::read(home.path().join("huddle.db")).unwrap();
    let pick = slate["picks"][0]["id"].as_str().unwrap();
    let chain = json(&home, &["audit", "show", pick.get(..8).unwrap()]);
    assert_eq!((&chain["pick"], &chain["whole"]), (&pick.into(), &true.into()));
    let steps = |part: &str| chain[part].as_array().unwrap().clone();
    let causes = steps("causes");
    let said = |step: &serde_json::Value| step["what"].as_str().unwrap().to_owned();
    assert!(
        said(&causes[0]).starts_with("decided ") && said(&causes[1]).starts_with("agreed on"),
        "{causes:?}"
    );
    assert!(said(causes.last().unwrap()).starts_with("observed 2018 week 6"));
    let voters = causes
        .iter()
        .filter(|step| step["kind"] == "vote")
        .map(|step| step["who"].clone());
    assert_eq!(voters.collect::<Vec<_>>().len().min(7), 7, "every seat is on the way");
    let afterwards = steps("afterwards");
    assert!(
        said(afterwards.last().unwrap()).starts_with("graded "),
        "{afterwards:?}"
    );
    let verified = json(&home, &["audit", "verify"]);
    let counts = json(&home, &["letters", "list"]);
    assert_eq!(
        (&counts["n_journaled"], &counts["n_waiting"]),
        (&verified["n_entries"], &0.into())
    );
    fails(&home, &["audit", "show", "nothing"], 6, &["there is no pick nothing"]);
    let doctor = huddle(&home).args(["doctor", "--json"]).output().unwrap();
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    let counted = format!("the audit clerk has counted {} letters", counts["n_journaled"]);
    assert!(
        text.contains(&counted) && text.contains("0 quarantined, 0 dead"),
        "{text}"
    );
    assert_eq!(
        fs::read(home.path().join("huddle.db")).unwrap(),
        before,
        "looking changes nothing"
    );
}
