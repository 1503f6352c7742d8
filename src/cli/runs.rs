//! `huddle runs`: backtests and cycles on record, what each was told and what came out, and what differs between two.

use super::output::emit;
use super::{Failure, session};
use crate::home::Home;
use crate::store::Conn;
use crate::store::research::runs::{self, Run};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The verbs below `huddle runs`.
#[derive(Clone, Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, the newest first. Changes nothing.
    #[command(after_help = "Example:\n  huddle runs list --limit 10")]
    List(ListArgs),
    /// Show one run: its manifest and its figures. Changes nothing.
    #[command(after_help = "Example:\n  huddle runs show 4f2a")]
    Show(OneArgs),
    /// Print what differs between two runs, in what they were told and in what came out. Changes nothing.
    #[command(after_help = "Example:\n  huddle runs diff 4f2a 91bc")]
    Diff(DiffArgs),
}

/// Arguments of `huddle runs list`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// Show at most this many.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A run by the start of its name.
#[derive(Clone, Debug, Args)]
pub struct OneArgs {
    /// The start of its name.
    pub id: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle runs diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The start of the first one's name.
    pub first: String,
    /// The start of the second one's name.
    pub second: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Listed {
    runs: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    kind: String,
    at: String,
    what: String,
}

#[derive(Serialize)]
struct Difference {
    first: String,
    second: String,
    /// Field, then its value in the first and in the second run.
    differs: BTreeMap<String, (Value, Value)>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 3 when the home or database cannot be used, 6 when there is no database or no such run, 2 when a name begins
/// several.
pub fn run(command: &RunsCommand, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    match command {
        RunsCommand::List(args) => {
            let lines = runs::list(&mut conn, i64::from(args.limit))?
                .into_iter()
                .map(|run| Line {
                    what: what(&run),
                    at: run.at.format("%Y-%m-%d %H:%M").to_string(),
                    id: run.id,
                    kind: run.kind,
                });
            let listed = Listed { runs: lines.collect() };
            emit(args.json, out, &listed, |out| print_list(out, &listed))?;
        }
        RunsCommand::Show(args) => {
            let found = find(&mut conn, &args.id)?;
            emit(args.json, out, &found, |out| print_one(out, &found))?;
        }
        RunsCommand::Diff(args) => {
            let (a, b) = (find(&mut conn, &args.first)?, find(&mut conn, &args.second)?);
            let difference = difference(&a, &b);
            emit(args.json, out, &difference, |out| print_difference(out, &difference))?;
        }
    }
    Ok(0)
}

fn find(conn: &mut Conn, start: &str) -> Result<Run, Failure> {
    let mut found = runs::beginning_with(conn, start)?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::new(
            6,
            anyhow!("no run's name begins with `{start}`; see `huddle runs list`"),
        )),
        (Some(_), false) => Err(Failure::new(
            2,
            anyhow!("several runs begin with `{start}`: write more of the name"),
        )),
    }
}

/// What a run was of, in a line: the strategy of a backtest, the seasons of a cycle.
fn what(run: &Run) -> String {
    let text = |key: &str| run.manifest["parameters"][key].as_str().map(str::to_owned);
    let parts = [text("strategy"), text("period")];
    parts.into_iter().flatten().collect::<Vec<String>>().join(", ")
}

/// Every leaf of a JSON value by its path; lists count as leaves when they hold no object.
fn leaves(value: &Value, path: &str, into: &mut BTreeMap<String, Value>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &below(key), into)),
        Value::Array(list) if list.iter().any(Value::is_object) => {
            list.iter()
                .enumerate()
                .for_each(|(i, value)| leaves(value, &below(&i.to_string()), into));
        }
        leaf => {
            into.insert(path.to_owned(), leaf.clone());
        }
    }
}

fn difference(a: &Run, b: &Run) -> Difference {
    let flat = |run: &Run| {
        let mut all = BTreeMap::new();
        leaves(&run.manifest, "manifest", &mut all);
        leaves(&run.result, "result", &mut all);
        all
    };
    let (first, second) = (flat(a), flat(b));
    let keys = first.keys().chain(second.keys());
    let value = |of: &BTreeMap<String, Value>, key: &String| of.get(key).cloned().unwrap_or(Value::Null);
    let differs = keys
        .map(|key| (key.clone(), (value(&first, key), value(&second, key))))
        .filter(|(_, (x, y))| x != y)
        .collect();
    Difference {
        first: a.id.clone(),
        second: b.id.clone(),
        differs,
    }
}

fn print_list(out: &mut dyn Write, listed: &Listed) -> io::Result<()> {
    if listed.runs.is_empty() {
        return writeln!(out, "no runs yet; `huddle backtest` and `huddle cycle run` make some");
    }
    for run in &listed.runs {
        writeln!(out, "{:12}  {:9}  {}  {}", run.id, run.kind, run.at, run.what)?;
    }
    Ok(())
}

/// Lines of a run's figures on a terminal; all of them are in the JSON.
const MAX_LINES: usize = 200;

fn print_one(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    writeln!(out, "{}  {}  {}", run.id, run.kind, run.at.format("%Y-%m-%d %H:%M"))?;
    let mut all = BTreeMap::new();
    leaves(&run.manifest, "manifest", &mut all);
    leaves(&run.result, "result", &mut all);
    for (path, value) in all.iter().take(MAX_LINES) {
        writeln!(out, "{path} = {value}")?;
    }
    if all.len() > MAX_LINES {
        writeln!(out, "and {} figures more, see --json", all.len() - MAX_LINES)?;
    }
    Ok(())
}

fn print_difference(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    if difference.differs.is_empty() {
        return writeln!(out, "{} and {} do not differ", difference.first, difference.second);
    }
    for (path, (a, b)) in difference.differs.iter().take(MAX_LINES) {
        writeln!(out, "{path}: {a} -> {b}")?;
    }
    Ok(())
}
