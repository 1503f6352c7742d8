//! A house at work is asked through the socket in its home: verbs that change something are done by it, those that read
//! work beside it, and being told to stop is how it ends.

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huddle"));
    command
        .env_clear()
        .env("HUDDLE_HOME", home)
        .env("HUDDLE_OFFLINE", "1")
        .args(args);
    command
}

fn huddle(home: &Path, args: &[&str], code: i32) -> String {
    let Output { status, stdout, stderr } = command(home, args).output().unwrap();
    let error = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(code), "{args:?}: {error}");
    String::from_utf8(stdout).unwrap() + &error
}

/// A house at work: by its first line it listens.
struct AtWork(Child);

impl AtWork {
    fn begin(home: &Path) -> AtWork {
        let mut child = command(home, &["run", "--no-input"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("at work since"), "{line}");
        AtWork(child)
    }

    fn end(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // Of a test that failed; one that went well has waited for it already.
        let _ = self.0.kill();
    }
}

#[test]
fn a_house_at_work_does_for_others_what_changes_something() {
    let home = TempDir::new().unwrap();
    super::season_files::write(home.path());
    let file = home.path().join("games.csv");
    huddle(home.path(), &["data", "import", "games", file.to_str().unwrap()], 0);
    let house = AtWork::begin(home.path());

    let halted = huddle(home.path(), &["halt", "--reason", "a look", "--json"], 0);
    let halted: Value = serde_json::from_str(&halted).unwrap();
    assert_eq!((&halted["halted"], &halted["changed"]), (&true.into(), &true.into()));
    assert!(huddle(home.path(), &["halt", "--reason", "again"], 0).contains("so already"));
    assert!(huddle(home.path(), &["halt", "--reason", " "], 2).contains("--reason is empty"));
    assert!(huddle(home.path(), &["grade"], 0).contains("graded for the first time"));
    assert!(huddle(home.path(), &["letters", "release", "77"], 6).contains("77"));
    // Services may not be asked here, and that is an answer too.
    assert!(huddle(home.path(), &["data", "sync", "--only", "schedule"], 6).contains("--offline"));

    // What reads works beside it; what else writes finds the home in use.
    huddle(home.path(), &["audit", "verify"], 0);
    assert!(huddle(home.path(), &["picks", "--season", "2017", "--week", "3"], 3).contains("in use"));

    house.end();
    assert!(!home.path().join("huddle.sock").exists(), "nothing stays behind");
    assert!(huddle(home.path(), &["resume", "--reason", "seen"], 0).starts_with("not halted"));
}
