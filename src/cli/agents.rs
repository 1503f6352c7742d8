//! `huddle agents`: the five specialists with their newest figures; one of them with its history and what it claimed; cards
//! of the seats.

mod list;
mod scorecard;
mod show;

pub(super) use list::degraded;

use super::Failure;
use crate::agents::specialists::{
    data_engineer, market_intelligence, performance_analyst, risk_manager, strategy_analyst,
};
use crate::home::Home;
use crate::protocol::card::Card;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use std::io::Write;

/// Arguments of `huddle agents`.
#[derive(Clone, Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Figures are computed by `huddle run` and `huddle replay` when the last game of a week is graded.

Examples:
  huddle agents
  huddle agents show market_intelligence
  huddle agents scorecard --season 2019 --json"
)]
pub struct AgentsArgs {
    /// What of them; the list without it.
    #[command(subcommand)]
    pub what: Option<AgentsCommand>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The verbs below `huddle agents`.
#[derive(Clone, Debug, Subcommand)]
pub enum AgentsCommand {
    /// One specialist: its figures over time, its claims that wait and that were judged. Changes nothing.
    #[command(after_help = "Example:\n  huddle agents show risk_manager")]
    Show(ShowArgs),
    /// The seats of the swarm: views, hit rate, losses against the market, and what the pool would lose without each. Changes
    /// nothing.
    #[command(after_help = "Example:\n  huddle agents scorecard --season 2019")]
    Scorecard(ScorecardArgs),
}

/// Arguments of `huddle agents show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// The specialist, by role.
    pub name: String,
    /// Show at most so many values of a figure and so many claims of a kind, the newest.
    #[arg(long, default_value_t = 8)]
    pub limit: usize,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle agents scorecard`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ScorecardArgs {
    /// The season; the current one without it.
    #[arg(long)]
    pub season: Option<u16>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The five, in the order they are printed.
pub const SPECIALISTS: [Card; 5] = [
    strategy_analyst::CARD,
    market_intelligence::CARD,
    data_engineer::CARD,
    risk_manager::CARD,
    performance_analyst::CARD,
];

/// Figures read of an agent, the newest: thirty a week for four seasons.
const MAX_FIGURES: u32 = 3_000;

/// Runs a verb.
///
/// # Errors
/// [`Failure`] 6 for an agent or a season that is not there, and those of the home and the database.
pub fn run(args: &AgentsArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    match &args.what {
        None => list::run(args.json, home, out),
        Some(AgentsCommand::Show(args)) => show::run(args, home, now, out),
        Some(AgentsCommand::Scorecard(args)) => scorecard::run(args, home, now, out),
    }
}
