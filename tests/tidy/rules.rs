//! The rules as pure functions over a source: what breaks them, where, and what to do about it.

use crate::documents::Table;
use crate::source::{Named, Source};
use std::fmt;

/// Longer files hide two subjects.
pub const MAX_FILE_LINES: usize = 500;
/// A function fits a screen.
pub const MAX_FUNCTION_LINES: usize = 70;

/// One broken rule.
#[derive(Debug)]
pub struct Breach {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Breach {
    /// A breach with its place.
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Breach {
        Breach {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A module imports only what its row of the table allows; its tests, whatever is pure or stands above.
pub fn layers(source: &Source, table: &Table) -> Vec<Breach> {
    let Some(module) = source.module() else {
        return Vec::new();
    };
    let Some(row) = table.row(module) else {
        let what = format!("module `{module}` has no row in {}: add one", table.path);
        return vec![Breach::new(&source.path, 1, what)];
    };
    let forbidden = |(line, used): (usize, String)| {
        let tested = source.is_test(line) && (table.is_pure(&used) || table.is_above(&used, module));
        (used != module && !row.may.contains(&used) && !tested).then(|| {
            let what = format!(
                "`{module}` may not import `{used}`: hand it in as a value, move the code to a module that may, or \
                 change the table in {} with a reason",
                table.path
            );
            Breach::new(&source.path, line, what)
        })
    };
    once(source.imports().into_iter().filter_map(forbidden).collect())
}

/// A group in one `use` breaks a rule once, however many names are in it.
fn once(mut breaches: Vec<Breach>) -> Vec<Breach> {
    breaches.dedup_by(|a, b| a.line == b.line && a.what == b.what);
    breaches
}

/// Production code names nothing of its row's third column.
pub fn purity(source: &Source, table: &Table) -> Vec<Breach> {
    let Some(row) = source.module().and_then(|m| table.row(m)) else {
        return Vec::new();
    };
    let mut breaches = Vec::new();
    for named in source.paths() {
        if source.is_test(named.line) {
            continue;
        }
        for word in row.never.iter().filter(|word| names(&named, word)) {
            let what = format!(
                "`{word}` in `{}`, which must never use it: time, chance and data come in as arguments, effects go out",
                row.module
            );
            breaches.push(Breach::new(&source.path, named.line, what));
        }
    }
    once(breaches)
}

fn names(named: &Named, word: &str) -> bool {
    let wanted: Vec<&str> = word.split("::").collect();
    named
        .segments
        .windows(wanted.len())
        .any(|part| part.iter().zip(&wanted).all(|(a, b)| a == b))
}

/// A file opens by saying why it exists.
pub fn opening(source: &Source) -> Vec<Breach> {
    let first = source.text.lines().next().unwrap_or_default();
    if first.strip_prefix("//! ").is_some_and(|why| !why.trim().is_empty()) {
        return Vec::new();
    }
    vec![Breach::new(
        &source.path,
        1,
        "the first line is no `//!`: say in a sentence why this file exists",
    )]
}

/// Leave for one item that was too long when its rule came: it may shrink, not grow.
pub struct Grant {
    /// The file.
    pub path: &'static str,
    /// The function, or `file`.
    pub item: &'static str,
    /// The lines it may have.
    pub n_lines: usize,
}

/// Files and production functions keep to a size one can hold in the head.
pub fn sizes(source: &Source, grants: &[Grant]) -> Vec<Breach> {
    let mut items = vec![("file".to_owned(), 1, source.text.lines().count(), MAX_FILE_LINES)];
    let functions = source.functions().into_iter().filter(|f| !source.is_test(f.line));
    items.extend(functions.map(|f| (f.name, f.line, f.n_lines, MAX_FUNCTION_LINES)));
    let mut grants: Vec<&Grant> = grants.iter().filter(|g| g.path == source.path).collect();
    let mut breaches = Vec::new();
    for (item, line, n_lines, max) in items.into_iter().filter(|(_, _, n, max)| n > max) {
        let grant = grants.iter().position(|g| g.item == item).map(|at| grants.remove(at));
        let bound = grant.map_or(max, |g| g.n_lines);
        if n_lines > bound {
            let what = format!("`{item}` has {n_lines} lines, {bound} are allowed: name its parts and part them");
            breaches.push(Breach::new(&source.path, line, what));
        }
    }
    for grant in grants {
        let what = format!(
            "`{}` is short enough now: take it off the list in tests/tidy.rs",
            grant.item
        );
        breaches.push(Breach::new(&source.path, 1, what));
    }
    breaches
}

/// Nothing is left half done: no placeholders, no switched-off tests, no notes to oneself.
pub fn leftovers(source: &Source) -> Vec<Breach> {
    const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];
    let mut breaches = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let is_macro = MACROS.contains(&token.text.as_str()) && source.word(at + 1) == "!";
        let is_off = token.text == "ignore" && at > 1 && source.word(at - 1) == "[" && source.word(at - 2) == "#";
        if is_macro || is_off {
            let what = format!("`{}` is left over: finish it or take it out", token.text);
            breaches.push(Breach::new(&source.path, token.line, what));
        }
    }
    for (at, line) in source.remarks.lines().enumerate() {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        // Spelt in halves, so that this list is no leftover itself wherever it is quoted.
        if let Some(word) =
            words.find(|w| [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")].contains(w))
        {
            let what = format!("a remark says {word}: do it, or write it where work is planned");
            breaches.push(Breach::new(&source.path, at + 1, what));
        }
    }
    breaches
}
