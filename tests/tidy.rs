//! The rules of the house as tests: layers, purity, first lines, sizes, leftovers, and documents that name only what exists.
//!
//! The source is read as text and the crate is not linked, so a breach is reported even where the code does not compile.

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use documents::Table;
use rules::{Breach, Grant};
use source::Source;
use std::path::PathBuf;

/// What was too long when the rule came.
const GRANTED: [Grant; 0] = [];
const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path} cannot be read: {e}"))
}

/// Every file with an ending below a folder, as paths from the root, in order; none when there is no such folder. What a
/// build left in a `target` is not ours.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() && entry.file_name() == "target" {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(files(&path, ending));
        } else if path.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let folders = ["src", "tests", "examples", "benches"];
    let paths = folders.into_iter().flat_map(|folder| files(folder, ".rs"));
    paths.map(|path| Source::new(&path, &read(&path))).collect()
}

fn table() -> Table {
    Table::read(ARCHITECTURE, &read(ARCHITECTURE))
}

/// Fails with one line a breach.
fn clean(breaches: impl IntoIterator<Item = Breach>) {
    let said: Vec<String> = breaches.into_iter().map(|b| b.to_string()).collect();
    assert!(said.is_empty(), "{} broken:\n{}\n", said.len(), said.join("\n"));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table();
    clean(sources().iter().flat_map(|s| rules::layers(s, &table)));
    clean(table.check(&Source::new("src/lib.rs", &read("src/lib.rs"))));
}

#[test]
fn pure_modules_are_pure() {
    let table = table();
    let floor = [
        "async",
        "tokio",
        "actix",
        "diesel",
        "reqwest",
        "std::fs",
        "std::net",
        "std::env",
        "Utc::now",
        "Instant::now",
    ];
    for word in floor {
        assert!(
            table.impure.iter().any(|w| w == word),
            "{ARCHITECTURE}: `{word}` is impure, list it"
        );
    }
    clean(sources().iter().flat_map(|s| rules::purity(s, &table)));
}

#[test]
fn every_file_opens_by_saying_why_it_exists() {
    clean(sources().iter().flat_map(rules::opening));
}

#[test]
fn files_and_functions_can_be_held_in_the_head() {
    clean(sources().iter().flat_map(|s| rules::sizes(s, &GRANTED)));
    for grant in GRANTED {
        assert!(
            root().join(grant.path).exists(),
            "{}: gone, take it off the list in tests/tidy.rs",
            grant.path
        );
    }
}

#[test]
fn nothing_is_left_half_done() {
    clean(sources().iter().flat_map(rules::leftovers));
}

#[test]
fn documents_name_only_what_exists() {
    let (sources, table) = (sources(), table());
    let exists = |path: &str| root().join(path).exists() || root().join("docs").join(path).exists();
    let mut documents = files("docs", ".md");
    documents.push("README.md".to_owned());
    clean(
        documents
            .iter()
            .flat_map(|path| documents::names(path, &read(path), &table, &sources, &exists)),
    );
}

#[test]
fn the_test_command_of_the_readme_is_the_one_that_is_run() {
    clean(documents::test_command(&read("README.md"), &read(".ci/run")));
}
