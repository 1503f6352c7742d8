//! Letters that nobody can handle, and journals somebody changed, as the command line shows and mends them.

use super::reader::{Fate, POISON, Post as House, ReaderArgs, note};
use assert_cmd::Command;
use huddle::actor::How;
use huddle::bus::{Letter, Post, Receipt, Settle};
use huddle::protocol::{To, Written};
use huddle::store::{Conn, Store, journal, letters};
use serde_json::Value;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

fn mark(_: &str, letter: &Letter<Conn>) -> Receipt<Conn> {
    let (id, seq) = (letter.message.id.0.clone(), letter.seq.unwrap());
    Receipt::effect(move |conn: &mut Conn| letters::count(conn, "/r", &id, seq).map_err(|e| e.to_string()))
}

/// Runs a bus with one reader until all is delivered, after posting these.
fn deliver(store: &Store, fate: &Fate, posts: &[&str]) {
    actix::System::new().block_on(async {
        let reader = ReaderArgs {
            path: "/r".to_owned(),
            fate: fate.clone(),
            mark,
            takes: Duration::ZERO,
        };
        let house = House::start(store, vec![reader], |args| args);
        let patient = How::within(Duration::from_secs(60));
        for id in posts {
            house
                .bus
                .ask(Post::new(note(id, To::One("/r".into()))), patient)
                .await
                .unwrap()
                .unwrap();
        }
        house.bus.ask(Settle, patient).await.unwrap();
        house.root.shutdown(Duration::from_secs(10)).await;
    });
}

fn huddle(home: &TempDir, args: &[&str], code: i32) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    let output = command
        .env_clear()
        .env("HUDDLE_HOME", home.path())
        .args(args)
        .arg("--json")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::String(error))
}

fn handled(store: &Store) -> Vec<String> {
    let rows = letters::counted(&mut store.conn().unwrap()).unwrap();
    assert!(rows.iter().all(|row| row.n == 1));
    rows.into_iter().map(|row| row.kind).collect()
}

#[test]
fn poison_is_set_aside_shown_released_and_handled() {
    let home = TempDir::new().unwrap();
    let store = Store::open(&home.path().join("huddle.db")).unwrap();
    let fate = Fate::default();
    fate.crash("/r", "b", POISON);
    deliver(&store, &fate, &["a", "b", "c"]);
    assert_eq!(handled(&store), ["a", "c"], "the next letter has its turn");
    let listed = huddle(&home, &["letters", "list", "--quarantined"], 0);
    let letter = &listed["letters"][0];
    assert_eq!(
        (&letter["id"], &letter["attempts"], &letter["n"]),
        (&"b".into(), &3.into(), &1.into())
    );
    let reason = letter["reason"].as_str().unwrap();
    assert!(
        reason.contains("in hand at 3 crashes") && reason.contains("crash with b in hand"),
        "{reason}"
    );
    let shown = huddle(&home, &["letters", "show", "1"], 0);
    assert_eq!(shown["text"]["body"], r#"{"order":"note","text":"b"}"#);
    assert_eq!(huddle(&home, &["letters", "list"], 0)["n_quarantined"], 1);
    huddle(&home, &["letters", "show", "9"], 6);
    huddle(&home, &["letters", "release", "1"], 0);
    let twice = huddle(&home, &["letters", "release", "1"], 5);
    assert!(
        twice.to_string().contains("letter 1 is released, not in quarantine"),
        "{twice}"
    );
    fate.heal();
    deliver(&store, &fate, &[]);
    assert_eq!(handled(&store), ["a", "b", "c"]);
    assert_eq!(huddle(&home, &["letters", "show", "1"], 0)["state"], "handled");
    assert_eq!(
        huddle(&home, &["letters", "list", "--waiting"], 0)["readers"][0]["n_waiting"],
        0
    );
}

#[test]
fn a_letter_of_a_newer_version_is_set_aside_with_its_reason() {
    let home = TempDir::new().unwrap();
    let store = Store::open(&home.path().join("huddle.db")).unwrap();
    let newer = Written {
        body: r#"{"order":"dance","tempo":3}"#.into(),
        ..Written::of(&note("x", To::One("/r".into())))
    };
    journal::append(&mut store.conn().unwrap(), &[newer]).unwrap();
    deliver(&store, &Fate::default(), &["y"]);
    assert_eq!(handled(&store), ["y"]);
    let shown = huddle(&home, &["letters", "show", "1"], 0);
    let reason = shown["reason"].as_str().unwrap();
    assert!(
        reason.contains("unknown variant `dance`") && reason.contains("use the huddle that wrote it"),
        "{reason}"
    );
    assert_eq!(shown["text"]["body"], r#"{"order":"dance","tempo":3}"#);
    huddle(&home, &["letters", "discard", "1", "--reason", "no dancing"], 0);
    let shown = huddle(&home, &["letters", "show", "1"], 0);
    assert_eq!(
        (&shown["state"], &shown["note"]),
        (&"discarded".into(), &"no dancing".into())
    );
}

#[test]
fn a_flipped_byte_in_the_file_is_found_and_named() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("huddle.db");
    let store = Store::open(&path).unwrap();
    deliver(&store, &Fate::default(), &["first", "second", "third"]);
    drop(store);
    let found = huddle(&home, &["audit", "verify"], 0);
    assert_eq!((&found["holds"], &found["n_entries"]), (&true.into(), &3.into()));
    let mut bytes = fs::read(&path).unwrap();
    let text = br#""text":"second""#;
    let at = bytes
        .windows(text.len())
        .position(|part| part == text)
        .expect("the letter is in the file");
    bytes[at + 9] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let found = huddle(&home, &["audit", "verify"], 5);
    assert_eq!(found["n_entries"], 1, "the entries before it hold");
    let broken = &found["broken"];
    assert_eq!((&broken["seq"], &broken["id"]), (&2.into(), &"second".into()));
    assert_eq!(broken["reason"], "its contents do not have its hash");
    assert_eq!(fs::read(&path).unwrap(), bytes, "looking changes nothing");
}
