//! The checks themselves, on text with planted faults: a rule that reports nothing may be one that looks at nothing.

use crate::documents::{self, Table};
use crate::rules::{self, Breach, Grant};
use crate::source::Source;

const DOCUMENT: &str = "\
Impure: `async`, `tokio`, `std::fs`, `Utc::now`.

| module | may import | and never |
| --- | --- | --- |
| `domain` | | `impure` |
| `market` | `domain` | `impure` |
| `store` | `domain`, `market` | `reqwest` |

After the table.
";

fn table() -> Table {
    Table::read("docs/ARCHITECTURE.md", DOCUMENT)
}

/// Breaches as `line: what`, which must be as many as expected, each with its words.
fn check(breaches: &[Breach], expected: &[(usize, &str)]) {
    let said: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (breach, (line, words)) in breaches.iter().zip(expected) {
        assert!(
            breach.line == *line && breach.what.contains(words),
            "{breach}, not {line}: {words}"
        );
    }
}

#[test]
fn upward_imports_are_found_however_they_are_written() {
    let layers = |path: &str, text: &str| rules::layers(&Source::new(path, text), &table());
    let up = "`market` may not import `store`";
    check(
        &layers("src/market/kelly.rs", "//! Why.\n\nuse crate::store::Conn;\n"),
        &[(3, up)],
    );
    check(
        &layers("src/market.rs", "use crate::{domain::game, store};\n"),
        &[(1, up)],
    );
    check(
        &layers(
            "src/market.rs",
            "use crate::{\n    domain::{a, b},\n    store::{Conn, self},\n};",
        ),
        &[(3, up)],
    );
    check(
        &layers("src/market.rs", "fn f() -> u8 {\n    crate::store::n()\n}\n"),
        &[(2, up)],
    );
    check(
        &layers("src/market/a/mod.rs", "use super::super::store::Conn;\n"),
        &[(1, up)],
    );
    check(
        &layers(
            "src/market/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use super::super::store;\n}\n",
        ),
        &[(3, up)],
    );
    check(
        &layers("src/market/tests.rs", "use crate::{domain, store};\n"),
        &[(1, up)],
    );
    check(
        &layers("src/domain/tests.rs", "use crate::market;\nuse crate::store;\n"),
        &[(2, "may not import `store`")],
    );
    let down = "#[cfg(test)]\nuse crate::market::a;\nuse crate::market::b;\n";
    let allowed = DOCUMENT.replace("`domain`, `market` |", "`domain` |");
    let breaches = rules::layers(&Source::new("src/store.rs", down), &Table::read("docs/a.md", &allowed));
    check(&breaches, &[(3, "`store` may not import `market`")]);
    check(&layers("src/nowhere.rs", "//! Why.\n"), &[(1, "`nowhere` has no row")]);
    let fine = "//! See [`crate::store`].\nuse crate::{domain, market::b};\nuse super::c;\nconst S: &str = \"crate::store\";\n";
    check(&layers("src/market/a.rs", fine), &[]);
}

#[test]
fn impurities_are_found_in_production_code_only() {
    let purity = |path: &str, text: &str| rules::purity(&Source::new(path, text), &table());
    check(
        &purity("src/domain.rs", "fn f() {\n    let t = chrono::Utc::now();\n}\n"),
        &[(2, "`Utc::now` in `domain`")],
    );
    check(
        &purity(
            "src/domain.rs",
            "use std::{\n    sync::Arc,\n    fs::{self, File},\n};\n",
        ),
        &[(3, "fs")],
    );
    check(&purity("src/market/a.rs", "pub async fn f() {}\n"), &[(1, "`async`")]);
    check(
        &purity("src/store.rs", "use std::fs;\nuse reqwest::Client;\n"),
        &[(2, "`reqwest`")],
    );
    let tests = "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    check(&purity("src/domain.rs", tests), &[]);
    check(
        &purity("src/domain.rs", &format!("{tests}use tokio::time;\n")),
        &[(6, "`tokio`")],
    );
    check(&purity("src/market/a/tests.rs", "use std::fs;\n"), &[]);
    check(
        &purity(
            "src/market/a.rs",
            "// async tokio\nconst A: &str = r#\"std::fs \"x\" \"#;\nconst B: char = '\"';\n",
        ),
        &[],
    );
}

#[test]
fn a_missing_first_line_is_found() {
    let opening = |text: &str| rules::opening(&Source::new("src/a.rs", text));
    check(&opening("//! Why.\n"), &[]);
    for text in ["", "use std::fmt;\n", "// Why.\n", "//! \n", "\n//! Why.\n"] {
        check(&opening(text), &[(1, "why this file exists")]);
    }
}

#[test]
fn overlong_files_and_functions_are_found() {
    let grant = |path, item, n_lines| Grant { path, item, n_lines };
    let sizes = |path: &str, text: &str| {
        let grants = [grant("src/b.rs", "file", 501), grant("src/c.rs", "long", 71)];
        rules::sizes(&Source::new(path, text), &grants)
    };
    let body = |n: usize| format!("fn long(a: [u8; 2]) {{\n{}}}\n", "    // \"{\n".repeat(n));
    check(&sizes("src/a.rs", &body(68)), &[]);
    check(
        &sizes("src/a.rs", &format!("trait A {{\n    fn none();\n}}\n{}", body(69))),
        &[(4, "`long` has 71 lines")],
    );
    check(&sizes("tests/a.rs", &body(69)), &[]);
    check(
        &sizes("src/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{}}}\n", body(69))),
        &[],
    );
    check(&sizes("tests/a.rs", &"\n".repeat(501)), &[(1, "501 lines")]);
    check(&sizes("src/b.rs", &"\n".repeat(501)), &[]);
    check(&sizes("src/b.rs", &"\n".repeat(502)), &[(1, "501 are allowed")]);
    check(&sizes("src/b.rs", &"\n".repeat(500)), &[(1, "take it off the list")]);
    check(&sizes("src/c.rs", &body(69)), &[]);
    check(&sizes("src/c.rs", &body(70)), &[(1, "72 lines, 71 are allowed")]);
    check(&sizes("src/c.rs", ""), &[(1, "take it off the list")]);
}

#[test]
fn leftovers_are_found_and_quoted_ones_are_not() {
    let leftovers = |text: &str| rules::leftovers(&Source::new("src/a.rs", text));
    check(
        &leftovers("fn f() {\n    todo!()\n}\n#[ignore = \"slow\"]\nfn g() {}\n"),
        &[(2, "todo"), (4, "ignore")],
    );
    let note = ["fn f() {} // TO", "DO: later\n/* a\n FIX", "ME */\n"].concat();
    check(&leftovers(&note), &[(1, "a remark says"), (3, "a remark says")]);
    check(
        &leftovers("const A: &str = \"todo!() #[ignore]\";\nfn ignore() {}\n"),
        &[],
    );
}

#[test]
fn a_table_that_goes_round_or_out_of_order_is_found() {
    let lib = |text: &str| Source::new("src/lib.rs", text);
    check(
        &table().check(&lib("pub mod domain;\npub mod market;\npub mod store;\n")),
        &[],
    );
    check(
        &table().check(&lib("pub mod market;\npub mod domain;\n")),
        &[(5, "one order")],
    );
    check(
        &table().check(&lib("pub mod domain;\npub mod other;\n")),
        &[(5, "a row for each")],
    );
    let round = Table::read(
        "docs/a.md",
        &DOCUMENT.replace("| `domain` | |", "| `domain` | `market` |"),
    );
    check(
        &round.check(&lib("pub mod domain;\n")),
        &[(5, "a layer looks down only")],
    );
}

#[test]
fn documents_that_name_what_is_not_there_are_found() {
    let sources = [Source::new(
        "src/market/kelly.rs",
        "pub struct Wager;\nimpl Wager { pub fn stake() {} }\n",
    )];
    let exists = |path: &str| ["src/market", "LICENSE-MIT"].contains(&path);
    let names = |text: &str| documents::names("README.md", text, &table(), &sources, &exists);
    check(
        &names("`src/market/`, [licence](LICENSE-MIT), `Wager`, `Wager::stake()`, `market::Wager`, `Utc::now`"),
        &[],
    );
    check(
        &names("see src/markets.\n[x](docs/b.md#c)"),
        &[(1, "src/markets"), (2, "docs/b.md"), (2, "docs/b.md")],
    );
    check(
        &names("`Wagers`, `Wager::lose`,\n`models::Wager`"),
        &[(1, "Wagers"), (1, "lose"), (2, "models")],
    );
    check(
        &names("`--home`, `config.toml`, `SIMULATED`\n```\n`Nothing`\n```\n"),
        &[],
    );
}

#[test]
fn a_test_command_that_is_not_run_is_found() {
    let readme = "# A\n```\ncargo test        # the tests\n```\n";
    check(
        &documents::test_command(readme, "step cargo fmt\nstep cargo test\n"),
        &[],
    );
    check(
        &documents::test_command(readme, "step cargo test --release\n"),
        &[(1, "does not run `cargo test`")],
    );
    check(&documents::test_command("# A\n", "cargo test\n"), &[(1, "say how")]);
}
