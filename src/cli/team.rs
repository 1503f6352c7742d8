//! `huddle team`: who stands how and why, somebody's word over it, what is being tried, and the season's plan.

mod list;
mod plan;

use super::output::emit;
use super::picks::parse_seat;
use super::{Failure, session};
use crate::agents::orchestrator::overrides::{Action, CONSENSUS, Override};
use crate::app::team::learn::differences;
use crate::domain::calendar::eastern_label;
use crate::domain::money::Cents;
use crate::home::Home;
use crate::protocol::question::RoundId;
use crate::protocol::{AgentMessage, Kind, MessageId, Order, To, Written};
use crate::store::load_archive;
use crate::store::team::experiments::{self, Experiment};
use crate::store::team::overrides::{self, OverrideRow};
use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{ArgGroup, Args, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::sync::Arc;

/// The verbs below `huddle team`.
#[derive(Clone, Debug, Subcommand)]
pub enum TeamCommand {
    /// List every member with its record, standing and why; overrides that hold. Changes nothing.
    #[command(after_help = "Examples:\n  huddle team list\n  huddle team list --json")]
    List(ListArgs),
    /// Bench or seat a member, pause or cap the swarm, until a date; it ends by itself.
    #[command(
        after_help = "Seats are those of `huddle team list`; the swarm is `consensus`. What was said last of a subject holds.
A house at work is told, and its next round knows.

Examples:
  huddle team override elo --bench --why \"its feed looks wrong\" --until 2026-12-01
  huddle team override elo --seat --why \"it was the feed\" --until 2026-12-31
  huddle team override consensus --pause --why \"a week off\" --until 2026-12-08T18:00:00Z
  huddle team override consensus --cap 50.00 --why \"careful at the end\" --until 2027-01-05"
    )]
    Override(OverrideArgs),
    /// Plan the season: exposure and research week by week, and who would get how much of the budgets. Changes nothing.
    #[command(after_help = "Examples:\n  huddle team plan\n  huddle team plan --season 2017")]
    Plan(plan::PlanArgs),
    /// List the experiments with settings, and how far the one under way is. Changes nothing.
    #[command(after_help = "Example:\n  huddle team experiments --json")]
    Experiments(ListArgs),
}

/// How it is printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle team override`.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("what").required(true)))]
pub struct OverrideArgs {
    /// The seat or swarm.
    pub subject: String,
    /// The seat is not at the table.
    #[arg(long, group = "what")]
    pub bench: bool,
    /// The seat is at the table whatever its record says.
    #[arg(long, group = "what")]
    pub seat: bool,
    /// The swarm holds no round.
    #[arg(long, group = "what")]
    pub pause: bool,
    /// The swarm stakes no more than this in a week.
    #[arg(long, group = "what", value_name = "AMOUNT")]
    pub cap: Option<String>,
    /// Why, for the record.
    #[arg(long)]
    pub why: String,
    /// Until when: a date (midnight UTC) or a time such as 2026-12-01T18:00:00Z.
    #[arg(long, value_parser = parse_until)]
    pub until: DateTime<Utc>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn parse_until(text: &str) -> Result<DateTime<Utc>, String> {
    let date = text
        .parse::<NaiveDate>()
        .map(|day| day.and_time(NaiveTime::MIN).and_utc());
    date.or_else(|_| text.parse()).map_err(|_| {
        format!("`{text}` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T18:00:00Z")
    })
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 2 for an override that makes no sense, 3 when the home or database cannot be used, 6 without a database or
/// a season.
pub fn run(command: &TeamCommand, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        TeamCommand::List(args) => list::run(*args, home, now, out)?,
        TeamCommand::Override(args) => give(args, home, now, out)?,
        TeamCommand::Plan(args) => plan::run(*args, home, now, out)?,
        TeamCommand::Experiments(args) => tried(*args, home, now, out)?,
    }
    Ok(0)
}

/// What an override says, checked.
fn word(args: &OverrideArgs, now: DateTime<Utc>) -> Result<Override, Failure> {
    let wrong = |text: String| Failure::new(2, anyhow!(text));
    let action = match &args.cap {
        Some(cap) => Action::Cap(Cents::parse(cap).map_err(|e| wrong(format!("--cap: {e}")))?),
        None if args.bench => Action::Bench,
        None if args.seat => Action::Seat,
        None => Action::Pause,
    };
    let of_swarm = matches!(action, Action::Pause | Action::Cap(_));
    if of_swarm && args.subject != CONSENSUS {
        let text = format!("only the swarm `{CONSENSUS}` is paused or capped; a seat is benched or seated");
        return Err(wrong(text));
    }
    if !of_swarm && args.subject != "llm" {
        parse_seat(&args.subject).map_err(wrong)?;
    }
    if matches!(action, Action::Cap(cap) if cap < Cents::ZERO) {
        return Err(wrong("--cap is below zero: write an amount such as 50.00".to_owned()));
    }
    if args.why.trim().is_empty() {
        return Err(wrong("--why is empty: say why, for the record".to_owned()));
    }
    if args.until <= now {
        return Err(wrong(format!("--until {} is over: name a later time", args.until)));
    }
    Ok(Override {
        at: now,
        by: "person".to_owned(),
        subject: args.subject.clone(),
        action,
        why: args.why.trim().to_owned(),
        ends: args.until,
    })
}

fn give(args: &OverrideArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<(), Failure> {
    let word = word(args, now)?;
    let cap = match word.action {
        Action::Cap(cap) => Some(cap),
        Action::Bench | Action::Seat | Action::Pause => None,
    };
    let order = Order::Override {
        subject: word.subject.clone(),
        action: word.action.word().to_owned(),
        cap,
        why: word.why.clone(),
        ends: word.ends,
    };
    let name = RoundId(format!("override/{word:?}"));
    let letter = AgentMessage::new(
        MessageId::of(&name, "person"),
        "/person",
        To::All,
        Kind::Command,
        now,
        order,
    );
    let row = OverrideRow {
        id: letter.id.to_string(),
        at: now.naive_utc(),
        by_whom: word.by.clone(),
        subject: word.subject.clone(),
        action: word.action.word().to_owned(),
        cap_cents: cap.map(|cap| cap.0),
        why: word.why.clone(),
        ends_at: word.ends.naive_utc(),
    };
    session::writing(home, |conn| Ok(overrides::say(conn, &row, &Written::of(&letter))?))?;
    emit(args.json, out, &word, |out| {
        let ends = eastern_label(word.ends);
        writeln!(
            out,
            "{} is overridden ({}) until {ends}: {}",
            word.subject,
            word.action.word(),
            word.why
        )
    })?;
    Ok(())
}

/// An experiment as it is shown.
#[derive(Serialize)]
struct ExperimentView {
    #[serde(flatten)]
    experiment: Experiment,
    /// Games its present stage has, of those it is judged after.
    n_games: usize,
}

#[derive(Serialize)]
struct Tried {
    /// Games after which one is judged.
    games_needed: usize,
    experiments: Vec<ExperimentView>,
}

fn tried(args: ListArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut conn = session::reading(home)?;
    let view = Arc::new(load_archive(&mut conn)?).as_of(now);
    let mut shown = Vec::new();
    for experiment in experiments::all(&mut conn)? {
        let forecasts = experiments::forecasts(&mut conn, experiment.n, &experiment.state)?;
        shown.push(ExperimentView {
            n_games: differences(&forecasts, &view).len(),
            experiment,
        });
    }
    let tried = Tried {
        games_needed: crate::agents::orchestrator::experiments::N_GAMES,
        experiments: shown,
    };
    emit(args.json, out, &tried, |out| {
        if tried.experiments.is_empty() {
            return writeln!(
                out,
                "nothing was tried yet; `huddle run` begins after the first week it has seen to its end"
            );
        }
        for view in &tried.experiments {
            let e = &view.experiment;
            writeln!(
                out,
                "{:>3}  {:16} {:>8.3} -> {:<8.3} {:11}  {}",
                e.n, e.setting, e.from_value, e.to_value, e.state, e.reason
            )?;
            if matches!(e.state.as_str(), "running" | "kept") {
                writeln!(out, "     {} of {} games so far", view.n_games, tried.games_needed)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_date_or_a_time() {
        assert_eq!(
            parse_until("2026-12-01").unwrap().to_rfc3339(),
            "2026-12-01T00:00:00+00:00"
        );
        assert_eq!(
            parse_until("2026-12-01T18:00:00Z").unwrap().to_rfc3339(),
            "2026-12-01T18:00:00+00:00"
        );
        assert!(parse_until("soon").unwrap_err().contains("neither a date"));
    }
}
