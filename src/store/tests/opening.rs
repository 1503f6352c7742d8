//! Opening databases that are locked, damaged, newer, or nowhere.

use super::Fixture;
use crate::store::{Store, StoreError, StoreOptions};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;

fn refusal(path: &std::path::Path) -> String {
    let options = StoreOptions {
        busy_timeout_ms: 50,
        ..StoreOptions::default()
    };
    match Store::open_with(path, options) {
        Ok(_) => panic!("opened {}", path.display()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_garbage_file_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huddle.db");
    std::fs::write(&path, "this is no database, however long one looks at it\n".repeat(200)).unwrap();
    let message = refusal(&path);
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    assert!(
        message.contains("damaged or no database (file is not a database)"),
        "{message}"
    );
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/huddle.db");
    let message = refusal(&path);
    assert!(
        message.contains("none/huddle.db: the database file cannot be used"),
        "{message}"
    );
}

#[test]
fn a_newer_schema_is_left_alone() {
    let fixture = Fixture::new();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    fixture.conn().batch_execute(insert).unwrap();
    let message = refusal(&fixture.folder.path().join("huddle.db"));
    let expected = "the database has the newer schema 99990101000000, this huddle knows up to 0000";
    assert!(
        message.contains(expected) && message.ends_with(": use the newer huddle"),
        "{message}"
    );
}

#[test]
fn a_locked_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huddle.db");
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    other
        .batch_execute("CREATE TABLE t (x INTEGER); BEGIN EXCLUSIVE;")
        .unwrap();
    let message = refusal(&path);
    assert!(
        message.contains("the database is locked by another process"),
        "{message}"
    );
}

#[test]
fn a_second_writer_is_told_that_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huddle.db");
    let options = StoreOptions {
        busy_timeout_ms: 50,
        ..StoreOptions::default()
    };
    let store = Store::open_with(&path, options).unwrap();
    let mut writer = store.conn().unwrap();
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    let outcome = crate::store::journal::append(&mut store.conn().unwrap(), &[]);
    assert!(matches!(outcome, Err(StoreError::Locked)), "{outcome:?}");
}

#[test]
fn the_pool_sets_up_every_connection() {
    let fixture = Fixture::new();
    let mut loans = [fixture.conn(), fixture.conn(), fixture.conn()];
    for conn in &mut loans {
        let on = diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT foreign_keys FROM pragma_foreign_keys");
        assert_eq!(on.get_result::<i32>(conn).unwrap(), 1);
        let mode = diesel::dsl::sql::<diesel::sql_types::Text>("SELECT journal_mode FROM pragma_journal_mode");
        assert_eq!(mode.get_result::<String>(conn).unwrap(), "wal");
    }
}

#[test]
fn migrations_can_be_undone_and_repeated() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    conn.revert_all_migrations(crate::store::MIGRATIONS).unwrap();
    conn.run_pending_migrations(crate::store::MIGRATIONS).unwrap();
    assert_eq!(crate::store::games::all(&mut conn).unwrap(), []);
}

#[test]
fn a_row_changed_by_hand_is_named() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    crate::store::imports::games_file(&mut conn, "g", super::games_csv().as_bytes(), super::now()).unwrap();
    conn.batch_execute("UPDATE games SET home = 'XYZ' WHERE id = '2020_09_DEN_KC'")
        .unwrap();
    let message = crate::store::load_archive(&mut conn).unwrap_err().to_string();
    assert!(message.starts_with("table games, row 2020_09_DEN_KC: "), "{message}");
}
