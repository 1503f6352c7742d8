//! `huddle api`: limits, breakers, queues and credits; the month's plan before it is spent; how each service is; what was
//! spent.

mod cost;
mod plan;
mod status;

use super::Failure;
use super::session::{self, NetArgs};
use crate::api::orchestrator::{ApiStats, RequestOrchestrator};
use crate::api::{Mono, Now, Provider};
use crate::app::api_manager::{look, rebuild};
use crate::app::sync::{commitments, month_plan};
use crate::config::Settings;
use crate::domain::game::Fixture;
use crate::home::Home;
use crate::store::games;
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use std::io::Write;

/// The verbs below `huddle api`.
#[derive(Clone, Debug, Subcommand)]
pub enum ApiCommand {
    /// Rate windows, breakers, queues by class and age, credits left, committed and spendable.
    Status(ShowArgs),
    /// The fetches of odds until the credits begin anew, with what they cost, before one is spent.
    Plan(plan::PlanArgs),
    /// How each service is; with --probe those that cost nothing are asked now.
    Health(HealthArgs),
    /// What was spent, by service, agent and day.
    Cost(cost::CostArgs),
}

/// Arguments of verbs that only show.
#[derive(Clone, Copy, Debug, Args)]
pub struct ShowArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle api health`.
#[derive(Clone, Copy, Debug, Args)]
pub struct HealthArgs {
    /// Ask each service something that costs nothing.
    #[arg(long)]
    pub probe: bool,
    /// Whether services are asked at all.
    #[command(flatten)]
    pub net: NetArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Runs a verb.
///
/// # Errors
/// [`Failure`] of the home (3, 6), the settings (3) or the database.
pub fn run(command: &ApiCommand, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        ApiCommand::Status(args) => status::show(args.json, &snapshot(home, now)?, out),
        ApiCommand::Plan(args) => plan::run(args, home, now, out),
        ApiCommand::Health(args) => {
            let stats = if args.probe && !args.net.offline {
                status::probe(home, args.net)?
            } else {
                snapshot(home, now)?
            };
            status::health(args.json, &stats, out)
        }
        ApiCommand::Cost(args) => cost::run(args, home, now, out),
    }
}

/// The orchestrator as the next process would find it: from what the last one left, without changing anything.
fn kept(home: &Home, now: DateTime<Utc>) -> Result<(RequestOrchestrator, Settings), Failure> {
    let settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    let mut conn = session::reading(home)?;
    let left = look(&mut conn, now)?;
    let clocks = clocks(now);
    let mut orchestrator =
        rebuild(settings.api.policies(), left, clocks).map_err(|e| Failure::new(3, anyhow!(e)))?;
    let fixtures: Vec<Fixture> = games::all(&mut conn)?.into_iter().map(|g| g.fixture).collect();
    let stats = orchestrator.provider_stats(Provider::OddsApi, clocks);
    if let Some(credits) = stats.and_then(|p| p.credits) {
        let quota = settings.api.credits;
        let month = month_plan(&fixtures, &quota, now, credits.resets_at, credits.remaining);
        orchestrator.plan(Provider::OddsApi, commitments(&month.plan));
    }
    Ok((orchestrator, settings))
}

fn snapshot(home: &Home, now: DateTime<Utc>) -> Result<ApiStats, Failure> {
    let (orchestrator, _) = kept(home, now)?;
    Ok(orchestrator.stats(clocks(now)))
}

/// Both clocks of a look that lasts no time.
fn clocks(now: DateTime<Utc>) -> Now {
    Now {
        mono: Mono(0),
        wall: now,
    }
}
