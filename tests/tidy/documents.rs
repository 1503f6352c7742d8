//! The documents as text: the layer table, the names they use, and the one test command.

use crate::rules::Breach;
use crate::source::Source;
use std::collections::BTreeSet;

/// The layer table of a document.
#[derive(Debug, Default)]
pub struct Table {
    /// The document.
    pub path: String,
    /// One row a module, in the document's order.
    pub rows: Vec<Row>,
    /// What no pure module names.
    pub impure: Vec<String>,
}

/// What one module may and may not do.
#[derive(Debug)]
pub struct Row {
    /// The module.
    pub module: String,
    /// Its line in the document.
    pub line: usize,
    /// Modules it may import.
    pub may: BTreeSet<String>,
    /// Words its code must never use; `impure` stands for all of [`Table::impure`].
    pub never: Vec<String>,
}

impl Table {
    /// Reads the table whose first row begins with `| module |`, and the line that begins with `Impure:`.
    pub fn read(path: &str, text: &str) -> Table {
        let impure = text
            .lines()
            .find(|l| l.starts_with("Impure:"))
            .map(quoted)
            .unwrap_or_default();
        let lines = text
            .lines()
            .enumerate()
            .skip_while(|(_, l)| !l.starts_with("| module |"));
        let body = lines.skip(2).take_while(|(_, l)| l.starts_with('|'));
        let row = |(at, line): (usize, &str)| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let cell = |n: usize| cells.get(n).copied().map(quoted).unwrap_or_default();
            let mut never = cell(2);
            if never.iter().any(|word| word == "impure") {
                never.extend(impure.iter().cloned());
            }
            Row {
                module: cell(0).join(" "),
                line: at + 1,
                may: cell(1).into_iter().collect(),
                never,
            }
        };
        Table {
            path: path.to_owned(),
            rows: body.map(row).collect(),
            impure: impure.clone(),
        }
    }

    /// A module's row.
    pub fn row(&self, module: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.module == module)
    }

    /// Whether a module is held to be pure, so that any test may use it.
    pub fn is_pure(&self, module: &str) -> bool {
        self.row(module)
            .is_some_and(|row| row.never.iter().any(|word| word == "impure"))
    }

    /// Whether a module's row stands above another's.
    pub fn is_above(&self, upper: &str, lower: &str) -> bool {
        let at = |module: &str| self.rows.iter().position(|row| row.module == module);
        at(upper).zip(at(lower)).is_some_and(|(upper, lower)| upper < lower)
    }

    /// The table itself: rows in the order of `lib.rs`, imports of rows above only, so that nothing goes round.
    pub fn check(&self, lib: &Source) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let above: BTreeSet<&String> = self.rows[..at].iter().map(|r| &r.module).collect();
            for used in row.may.iter().filter(|used| !above.contains(used)) {
                let what = format!(
                    "`{}` may import `{used}`, which is no row above it: a layer looks down only",
                    row.module
                );
                breaches.push(Breach::new(&self.path, row.line, what));
            }
        }
        let declared = lib.tokens.windows(2).filter(|pair| pair[0].text == "mod");
        let declared: Vec<&str> = declared.map(|pair| pair[1].text.as_str()).collect();
        let listed: Vec<&str> = self.rows.iter().map(|r| r.module.as_str()).collect();
        let listed: Vec<&str> = listed.into_iter().filter(|m| declared.contains(m)).collect();
        if declared != listed {
            let what = format!(
                "{} declares {}, and the table lists {}: bring them into one order, with a row for each",
                lib.path,
                declared.join(" "),
                listed.join(" ")
            );
            breaches.push(Breach::new(&self.path, self.rows.first().map_or(1, |r| r.line), what));
        }
        breaches
    }
}

/// What stands between single backticks on a line.
fn quoted(line: &str) -> Vec<String> {
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Files, folders, types and functions a document names are there.
pub fn names(
    path: &str,
    text: &str,
    table: &Table,
    sources: &[Source],
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        for place in places(line).into_iter().filter(|place| !exists(place)) {
            let what = format!("`{place}` does not exist: name what is there, or nothing");
            breaches.push(Breach::new(path, at + 1, what));
        }
        if fenced || line.starts_with("```") {
            continue;
        }
        for name in quoted(line).iter().filter(|name| !table.impure.contains(name)) {
            if !is_known(name.trim_end_matches("()"), sources) {
                let what = format!("`{name}` is nowhere in src: name what is there, or nothing");
                breaches.push(Breach::new(path, at + 1, what));
            }
        }
    }
    breaches
}

/// What on a line is a path of this repository: words that begin with one of its folders, and targets of links.
fn places(line: &str) -> Vec<String> {
    const FOLDERS: [&str; 7] = [
        "src/",
        "tests/",
        "docs/",
        "examples/",
        "benches/",
        "migrations/",
        ".ci/",
    ];
    let words = line.split(|c: char| c.is_whitespace() || "`()[]|,;\"".contains(c));
    let words = words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)));
    let links = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next());
    let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
    let bare = |word: &str| word.trim_end_matches(['.', ':', '/']).to_owned();
    words.chain(links).map(bare).collect()
}

/// True for what is no Rust name, and for names that are declared in `src`.
fn is_known(name: &str, sources: &[Source]) -> bool {
    let parts: Vec<&str> = name.split("::").collect();
    let is_ident = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_type = |part: &str| part.starts_with(char::is_uppercase) && part.contains(char::is_lowercase);
    if !parts.iter().all(is_ident) || (parts.len() == 1 && !is_type(name)) {
        return true;
    }
    let src = || sources.iter().filter(|s| s.path.starts_with("src/"));
    let [first, .., last] = parts.as_slice() else {
        return src().any(|s| s.declares(name));
    };
    if let [.., owner, _] = parts.as_slice()
        && is_type(owner)
    {
        return src().any(|s| s.declares(owner) && s.says(last));
    }
    let root = if ["crate", "huddle"].contains(first) {
        parts[1]
    } else {
        first
    };
    src().any(|s| s.module() == Some(root) && (s.declares(last) || parts.len() == 1))
}

/// The test command of README is a command of the check that runs it.
pub fn test_command(readme: &str, ci: &str) -> Vec<Breach> {
    let Some(command) = readme.lines().find(|line| line.starts_with("cargo test")) else {
        let what = "no line is a `cargo test` command: say how the tests are run";
        return vec![Breach::new("README.md", 1, what)];
    };
    let command = command.split('#').next().unwrap_or_default().trim();
    let runs = |line: &str| line.trim().trim_start_matches("step ") == command;
    if ci.lines().any(runs) {
        return Vec::new();
    }
    let what = format!("it does not run `{command}`, which README gives as the test command: make them the same");
    vec![Breach::new(".ci/run", 1, what)]
}
