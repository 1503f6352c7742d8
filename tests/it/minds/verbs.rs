//! What a person sees of models: `huddle minds`, and `--minds` where there is nothing to ask.

use super::*;
use assert_cmd::Command;
use huddle::store::model_calls;

fn huddle(home: &tempfile::TempDir, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .env("HUDDLE_OFFLINE", "1");
    let output = command.args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn calls_are_listed_and_shown_without_a_sign_that_steers_a_terminal() {
    let mut stage = Stage::new(minds(vec![slot("only", Some(Provider::Anthropic))]));
    stage.keep = true;
    let held = stage.hold(|n, call| {
        let text = view(call, if n == 1 { 6.0 } else { 0.6 });
        Manner::Says(text.replace("rest", "rest\\u001b[2J"))
    });
    let home = tempfile::tempdir().unwrap();
    let (code, said) = huddle(&home, &["minds", "list"]);
    assert_eq!(code, 6, "{said}");
    // The stage's database, closed and brought to a home.
    let calls = model_calls::latest(&mut stage.store.conn().unwrap(), 9).unwrap();
    let store = Store::open(&home.path().join("huddle.db")).unwrap();
    for call in calls.iter().rev() {
        model_calls::keep(&mut store.conn().unwrap(), call).unwrap();
    }
    drop(store);
    let round = held.round.convened.round.0.as_str();
    let (code, listed) = huddle(&home, &["minds", "list"]);
    assert!(code == 0 && listed.lines().count() == 2, "{listed}");
    assert!(
        listed.contains(round) && listed.contains("1500 tokens read and 90 written, $0.001950"),
        "{listed}"
    );
    let (code, shown) = huddle(&home, &["minds", "show", &round[..12]]);
    assert_eq!(code, 0, "{shown}");
    for part in [
        "which is not stored",
        "judged   refused: p_first",
        "judged   an answer, with 1 views",
        "<data>",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let (_, json) = huddle(&home, &["minds", "show", round, "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["calls"][1]["judged"]["valid"]["n_views"], 1);
    assert_eq!(huddle(&home, &["minds", "show", "nothing"]).0, 6);
}

#[test]
fn models_of_this_machine_are_asked_for_where_there_are_none() {
    let home = tempfile::tempdir().unwrap();
    drop(Store::open(&home.path().join("huddle.db")).unwrap());
    let (code, said) = huddle(&home, &["picks", "--minds", "local"]);
    assert!(code == 3 && said.contains("no model of this machine is set"), "{said}");
    let (code, said) = huddle(&home, &["picks", "--minds", "cheap"]);
    assert!(
        code == 2 && said.contains("neither live nor local nor replay nor none"),
        "{said}"
    );
}
