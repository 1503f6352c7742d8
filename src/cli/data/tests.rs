//! `huddle data` from the outside: messages, exit codes, and nothing left behind by a refusal.

use super::*;
use crate::feeds::nflverse_games::COLUMNS;
use serde_json::Value;
use std::fs;

struct World {
    folder: tempfile::TempDir,
    home: Home,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(folder.path().join("home")), |_| None).unwrap();
        World { folder, home }
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    fn run(&self, command: DataCommand) -> Result<String, DataError> {
        let mut out = Vec::new();
        let now = "2020-11-20T12:00:00Z".parse().unwrap();
        run(&command, &self.home, now, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn import(&self, kind: ImportKind, file: PathBuf, json: bool) -> Result<String, DataError> {
        self.run(DataCommand::Import(ImportArgs { kind, file, json }))
    }

    fn refused(&self, kind: ImportKind, file: PathBuf, code: u8) -> String {
        let error = self.import(kind, file, false).unwrap_err();
        assert_eq!(error.exit_code(), code, "{error}");
        error.to_string()
    }
}

fn games_csv() -> String {
    let row = "2020_09_DEN_KC,2020,REG,9,2020-11-08,16:25,DEN,20,KC,24,Home,4,44,7,7,240,-280,65,-102,-108,45.5,105,\
               -115,1,outdoors,51,40,00-1,00-2,KAN00,Invented Field";
    format!("{}\n{row}\n", COLUMNS.join(","))
}

#[test]
fn an_import_tells_what_it_did() {
    let world = World::new();
    let file = world.file("games.csv", games_csv());
    let expected = "games.csv: 1 rows of nflverse games\n\
                    games: 1 new, 0 changed, 0 unchanged\n\
                    quotes: 2 new, 0 changed, 0 unchanged\n\
                    put right:\n       1  wind typo (above 35 mph), taken as missing (line 2)\n\
                    quarantined: 1\n       1  absurd spread (line 2)\n\
                    `huddle data quarantine` lists them.\n";
    assert_eq!(world.import(ImportKind::Games, file.clone(), false).unwrap(), expected);
    fs::write(&file, games_csv().replace("KC,24,Home,4,44", "KC,27,Home,7,47")).unwrap();
    let text = world.import(ImportKind::Games, file.clone(), false).unwrap();
    assert!(text.contains("games: 0 new, 1 changed, 0 unchanged"), "{text}");
    assert!(
        text.ends_with("changed:\n  2020_09_DEN_KC home_score: 24 -> 27\n"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&world.import(ImportKind::Games, file, true).unwrap()).unwrap();
    assert_eq!(
        (&json["schema_version"], &json["games"]["unchanged"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        json["corrected"]["wind typo (above 35 mph), taken as missing"]["count"],
        1
    );
}

#[test]
fn status_and_quarantine_answer_in_text_and_json() {
    let world = World::new();
    world
        .import(ImportKind::Games, world.file("games.csv", games_csv()), false)
        .unwrap();
    let text = world.run(DataCommand::Status(StatusArgs { json: false })).unwrap();
    assert!(
        text.starts_with("1 games, 2 quotes\nlast import: games.csv (games) at 2020-11-20 12:00 UTC, 0 seconds")
    );
    let json = world.run(DataCommand::Status(StatusArgs { json: true })).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["schema_version"], &json["n_games"]), (&1.into(), &1.into()));
    let list = |json| {
        world
            .run(DataCommand::Quarantine(QuarantineArgs { limit: 5, json }))
            .unwrap()
    };
    let expected = "games.csv:2: 2020_09_DEN_KC: spread: absurd spread: 65 is beyond 30 points\n\
                    1 of 1 quarantined entries\n";
    assert_eq!(list(false), expected);
    let json: Value = serde_json::from_str(&list(true)).unwrap();
    assert_eq!(
        (&json["schema_version"], &json["entries"][0]["line"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn bad_files_are_refused_with_their_name_and_reason() {
    let world = World::new();
    let missing = world.folder.path().join("none.csv");
    let message = world.refused(ImportKind::Games, missing.clone(), 2);
    assert_eq!(
        message,
        format!("{}: there is no such file: check the path", missing.display())
    );
    let message = world.refused(ImportKind::Games, world.folder.path().to_owned(), 2);
    assert!(message.ends_with(": this is a directory: name a CSV file"), "{message}");
    assert!(!world.home.data_dir().exists());
    let text = games_csv();
    let (cut, header) = (&text[..text.len() - 40], text.lines().next().unwrap());
    let files = [
        (
            "empty.csv",
            "",
            "empty.csv: not imported: the file is empty: download it again",
        ),
        (
            "cut.csv",
            cut,
            "cut.csv: not imported: the file is cut off: line 2 ends after",
        ),
        (
            "header.csv",
            header,
            "header.csv: not imported: the file has a header but no rows",
        ),
        (
            "odd.csv",
            "a,b\n1,2\n",
            "a file of nflverse games must have the columns game_id,",
        ),
    ];
    for (name, contents, expected) in files {
        let message = world.refused(ImportKind::Games, world.file(name, contents), 5);
        assert!(message.contains(expected), "{message}");
    }
    let message = world.refused(ImportKind::Odds, world.file("g.csv", &text), 5);
    assert!(message.contains("use `huddle data import games FILE`"), "{message}");
    let status = world.run(DataCommand::Status(StatusArgs { json: false })).unwrap();
    assert_eq!(
        status,
        "0 games, 0 quotes\nnothing imported yet: run `huddle data import games FILE`\nquarantined: 0\n"
    );
}

#[test]
fn a_home_in_use_or_without_a_database_is_named() {
    let world = World::new();
    let error = world.run(DataCommand::Status(StatusArgs { json: false })).unwrap_err();
    assert!(
        error.to_string().ends_with("run `huddle data import games FILE` first"),
        "{error}"
    );
    assert!(!world.home.data_dir().exists());
    let _lock = world.home.lock().unwrap();
    let message = world.refused(ImportKind::Games, world.file("games.csv", games_csv()), 3);
    assert!(message.contains("is in use by another huddle (process "), "{message}");
}

#[test]
fn a_garbage_database_is_not_overwritten() {
    let world = World::new();
    world.home.create().unwrap();
    let garbage = "no database\n".repeat(100);
    fs::write(world.home.database(), &garbage).unwrap();
    let message = world.refused(ImportKind::Games, world.file("games.csv", games_csv()), 3);
    assert!(
        message.contains("huddle.db: the database file is damaged or no database"),
        "{message}"
    );
    assert_eq!(fs::read_to_string(world.home.database()).unwrap(), garbage);
}
