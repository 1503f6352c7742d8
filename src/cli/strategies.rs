//! `huddle strategies`: what there is, how each came to its standing, and a person's word in it.

use super::output::emit;
use super::{Failure, session};
use crate::home::Home;
use crate::store::research::strategies::{self, Event, Recorded, Standing};
use crate::store::{Conn, Stored};
use crate::strategy::rule::Strategy;
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};

/// The verbs below `huddle strategies`.
#[derive(Clone, Debug, Subcommand)]
pub enum StrategiesCommand {
    /// List strategies with their standing, the newest first. Changes nothing.
    #[command(after_help = "Examples:
  huddle strategies list
  huddle strategies list --status deployed --json")]
    List(ListArgs),
    /// Show one strategy and everything that happened to it. Changes nothing.
    #[command(after_help = "Example:\n  huddle strategies show 4f2a")]
    Show(OneArgs),
    /// Compare what two strategies say. Changes nothing.
    #[command(after_help = "Example:\n  huddle strategies diff 4f2a 91bc")]
    Diff(DiffArgs),
    /// Put a validated strategy into production; `demote` takes it back.
    #[command(
        after_help = "Example:\n  huddle strategies promote 4f2a --reason \"looked at the flagged leak: none\""
    )]
    Promote(ChangeArgs),
    /// Take a strategy out of production.
    #[command(after_help = "Example:\n  huddle strategies demote 4f2a --reason \"the book closed\"")]
    Demote(ChangeArgs),
}

/// Arguments of `huddle strategies list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Only those of one standing: candidate, rejected, validated, deployed or demoted.
    #[arg(long, value_parser = parse_status)]
    pub status: Option<Standing>,
    /// Show at most this many.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A strategy by the start of its id.
#[derive(Clone, Debug, Args)]
pub struct OneArgs {
    /// The start of its id.
    pub id: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle strategies diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The start of the first one's id.
    pub first: String,
    /// The start of the second one's id.
    pub second: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of the verbs that change a standing.
#[derive(Clone, Debug, Args)]
pub struct ChangeArgs {
    /// The start of its id.
    pub id: String,
    /// Why, for whoever asks later.
    #[arg(long)]
    pub reason: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn parse_status(text: &str) -> Result<Standing, String> {
    Standing::of(text).ok_or_else(|| {
        let words: Vec<&str> = Standing::ALL.into_iter().map(Standing::word).collect();
        format!("`{text}` is no standing; there are {}", words.join(", "))
    })
}

#[derive(Serialize)]
struct Listed {
    counts: Vec<(Standing, u64)>,
    strategies: Vec<Recorded>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    recorded: Recorded,
    complexity: u32,
    events: Vec<Event>,
}

#[derive(Serialize)]
struct Compared {
    first: Recorded,
    second: Recorded,
    both: Vec<String>,
    only_first: Vec<String>,
    only_second: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 3 when the home or database cannot be used, 6 when there is no database or no such strategy, 2 when an id
/// begins several, 5 when its standing does not allow the change.
pub fn run(
    command: &StrategiesCommand,
    home: &Home,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    match command {
        StrategiesCommand::List(args) => {
            let mut conn = session::reading(home)?;
            let listed = Listed {
                counts: strategies::counts(&mut conn)?,
                strategies: strategies::list(&mut conn, args.status, i64::from(args.limit))?,
            };
            emit(args.json, out, &listed, |out| print_list(out, &listed))?;
        }
        StrategiesCommand::Show(args) => {
            let mut conn = session::reading(home)?;
            let recorded = find(&mut conn, &args.id)?;
            let shown = Shown {
                complexity: recorded.strategy.complexity(),
                events: strategies::history(&mut conn, &recorded.id)?,
                recorded,
            };
            emit(args.json, out, &shown, |out| print_one(out, &shown))?;
        }
        StrategiesCommand::Diff(args) => {
            let mut conn = session::reading(home)?;
            let compared = compare(find(&mut conn, &args.first)?, find(&mut conn, &args.second)?);
            emit(args.json, out, &compared, |out| print_comparison(out, &compared))?;
        }
        StrategiesCommand::Promote(args) => change(args, Standing::Deployed, home, now, out)?,
        StrategiesCommand::Demote(args) => change(args, Standing::Demoted, home, now, out)?,
    }
    Ok(0)
}

/// The one strategy whose id begins so.
///
/// # Errors
/// [`Failure`] 6 when there is none, 2 when there are several.
pub fn find(conn: &mut Conn, start: &str) -> Result<Recorded, Failure> {
    let mut found = strategies::beginning_with(conn, start)?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::new(
            6,
            anyhow!("no strategy's id begins with `{start}`; see `huddle strategies list`"),
        )),
        (Some(_), false) => Err(Failure::new(
            2,
            anyhow!("several strategies begin with `{start}`: write more of the id"),
        )),
    }
}

/// From which standings a person may change to which: only what all validators approved is ever deployed.
fn allowed(from: Standing, to: Standing) -> bool {
    match to {
        Standing::Deployed => matches!(from, Standing::Validated | Standing::Demoted),
        Standing::Demoted => from == Standing::Deployed,
        Standing::Candidate | Standing::Rejected | Standing::Validated => false,
    }
}

fn change(
    args: &ChangeArgs,
    to: Standing,
    home: &Home,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let event = session::writing(home, |conn| {
        let recorded = find(conn, &args.id)?;
        let was_validated = strategies::history(conn, &recorded.id)?
            .iter()
            .any(|e| e.status == Standing::Validated);
        if !allowed(recorded.status, to) || (to == Standing::Deployed && !was_validated) {
            let why = anyhow!(
                "{} is {}: only a strategy that all validators approved is promoted, and only a deployed one demoted; \
                 `huddle strategies show {}` tells why it stands there",
                recorded.id,
                recorded.status,
                recorded.id
            );
            return Err(Failure::new(5, why));
        }
        let event = Event {
            cause: format!("person/{}/{}", recorded.id, now.to_rfc3339()),
            strategy: recorded.id,
            at: now.naive_utc(),
            status: to,
            actor: "person".to_owned(),
            reason: args.reason.clone(),
            evidence: json!({"before": recorded.status}),
        };
        match strategies::change(conn, &event)? {
            Stored::New | Stored::Revised | Stored::Unchanged => Ok(event),
        }
    })?;
    emit(args.json, out, &event, |out| {
        writeln!(out, "{} is {} now: {}", event.strategy, event.status, event.reason)
    })?;
    Ok(())
}

fn compare(first: Recorded, second: Recorded) -> Compared {
    let parts = |s: &Strategy| -> Vec<String> {
        let head = format!(
            "{} at {}",
            crate::strategy::rule::market_word(s.market()),
            s.at().name()
        );
        let conditions = s.conditions().iter().map(ToString::to_string);
        [head]
            .into_iter()
            .chain(conditions)
            .chain([format!("stake {}", s.stake())])
            .collect()
    };
    let (a, b) = (parts(&first.strategy), parts(&second.strategy));
    let only = |x: &[String], y: &[String]| x.iter().filter(|part| !y.contains(part)).cloned().collect();
    Compared {
        both: a.iter().filter(|part| b.contains(part)).cloned().collect(),
        only_first: only(&a, &b),
        only_second: only(&b, &a),
        first,
        second,
    }
}

fn print_list(out: &mut dyn Write, listed: &Listed) -> io::Result<()> {
    let counts: Vec<String> = listed.counts.iter().map(|(s, n)| format!("{n} {s}")).collect();
    writeln!(out, "strategies: {}", counts.join(", "))?;
    if listed.strategies.is_empty() {
        return writeln!(out, "none to list; `huddle cycle run` makes some");
    }
    for one in &listed.strategies {
        writeln!(
            out,
            "{:12}  {:9}  {:10}  {}",
            one.id,
            one.status,
            one.first_seen.date(),
            one.strategy
        )?;
    }
    Ok(())
}

fn print_one(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    let one = &shown.recorded;
    writeln!(out, "{}  {}", one.id, one.strategy)?;
    writeln!(
        out,
        "standing {}, complexity {}, proposed by {}",
        one.status, shown.complexity, one.origin
    )?;
    if !one.parents.is_empty() {
        let parents: Vec<&str> = one.parents.iter().map(|p| p.0.as_str()).collect();
        writeln!(out, "made from {}", parents.join(" and "))?;
    }
    for event in &shown.events {
        let at = event.at.format("%Y-%m-%d %H:%M");
        writeln!(out, "{at}  {:9}  by {}: {}", event.status, event.actor, event.reason)?;
    }
    if shown.events.is_empty() {
        writeln!(out, "nothing has happened to it yet")?;
    }
    Ok(())
}

fn print_comparison(out: &mut dyn Write, compared: &Compared) -> io::Result<()> {
    writeln!(
        out,
        "  {} ({}) and {} ({})",
        compared.first.id, compared.first.status, compared.second.id, compared.second.status
    )?;
    for (mark, parts) in [
        ("  ", &compared.both),
        ("- ", &compared.only_first),
        ("+ ", &compared.only_second),
    ] {
        for part in parts {
            writeln!(out, "{mark}{part}")?;
        }
    }
    Ok(())
}
