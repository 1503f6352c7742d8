//! `huddle api plan`: the fetches of odds until the credits begin anew, before one of them is spent.

use super::super::Failure;
use super::super::output::emit;
use super::super::session;
use crate::api::Provider;
use crate::api::prefetch::FetchReason;
use crate::app::sync::{MonthPlan, month_plan};
use crate::domain::calendar::eastern_label;
use crate::home::Home;
use crate::store::games;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Arguments of `huddle api plan`.
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "Examples:
  huddle api plan
  huddle api plan --from 2019-12-01T00:00:00Z --credits 500   a past month, from its beginning")]
pub struct PlanArgs {
    /// Plan from this moment, to see another month; without it from now.
    #[arg(long)]
    pub from: Option<DateTime<Utc>>,
    /// Credits there are; without it what is left.
    #[arg(long)]
    pub credits: Option<u32>,
    /// List every fetch of the period, not only those of the first seven days.
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What `huddle api plan` shows.
#[derive(Clone, Debug, Serialize)]
struct PlanView {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    credits_available: u32,
    n_calls: usize,
    credits: u32,
    week_calls: usize,
    week_credits: u32,
    fetches: Vec<FetchLine>,
    n_dropped: usize,
    dropped: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Serialize)]
struct FetchLine {
    at: DateTime<Utc>,
    latest: DateTime<Utc>,
    reason: String,
    games: Vec<String>,
    credits: u32,
    priority: &'static str,
}

const WEEK: TimeDelta = TimeDelta::days(7);

/// Runs the verb.
pub(super) fn run(args: &PlanArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let (orchestrator, settings) = super::kept(home, now)?;
    let from = args.from.unwrap_or(now);
    let stats = orchestrator.provider_stats(Provider::OddsApi, super::clocks(now));
    let credits = stats.and_then(|p| p.credits);
    let until = match (&credits, args.from) {
        (Some(credits), None) => credits.resets_at,
        _ => crate::api::quota::next_reset(from),
    };
    let left = credits.map_or(settings.api.credits.monthly, |c| c.remaining);
    let available = args.credits.unwrap_or(if args.from.is_some() {
        settings.api.credits.monthly
    } else {
        left
    });
    let mut conn = session::reading(home)?;
    let fixtures: Vec<_> = games::all(&mut conn)?.into_iter().map(|g| g.fixture).collect();
    let month = month_plan(&fixtures, &settings.api.credits, from, until, available);
    let view = view(&month, args.all);
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

fn view(month: &MonthPlan, all: bool) -> PlanView {
    let plan = &month.plan;
    let week = plan.fetches.iter().filter(|f| f.at < month.from + WEEK);
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    for d in &plan.dropped {
        *dropped.entry(d.reason.clone()).or_default() += 1;
    }
    let shown = plan.fetches.iter().filter(|f| all || f.at < month.from + WEEK);
    PlanView {
        from: month.from,
        until: month.until,
        credits_available: month.available,
        n_calls: plan.n_calls,
        credits: plan.credits,
        week_calls: week.clone().count(),
        week_credits: week.map(|f| f.credits).sum(),
        fetches: shown
            .map(|f| FetchLine {
                at: f.at,
                latest: f.latest,
                reason: reason(&f.reason),
                games: f.games.iter().map(|g| g.as_str().to_owned()).collect(),
                credits: f.credits,
                priority: f.priority.name(),
            })
            .collect(),
        n_dropped: plan.dropped.len(),
        dropped,
    }
}

fn print(out: &mut dyn Write, view: &PlanView) -> std::io::Result<()> {
    for f in &view.fetches {
        let games = match f.games.len() {
            0 => String::new(),
            n => format!(", {n} games"),
        };
        writeln!(
            out,
            "{:24} {:28} {} credits, {}{games}",
            eastern_label(f.at),
            f.reason,
            f.credits,
            f.priority
        )?;
    }
    if view.fetches.is_empty() {
        writeln!(out, "No fetch in the next seven days; --all lists the whole period.")?;
    }
    writeln!(
        out,
        "\nnext seven days: {} calls, {} credits; until {}: {} calls, {} of {} credits",
        view.week_calls,
        view.week_credits,
        view.until.format("%Y-%m-%d"),
        view.n_calls,
        view.credits,
        view.credits_available
    )?;
    for (reason, n) in &view.dropped {
        writeln!(out, "left out: {n} fetches, {reason}")?;
    }
    Ok(())
}

fn reason(reason: &FetchReason) -> String {
    match reason {
        FetchReason::Opener => "openers".to_owned(),
        FetchReason::Baseline => "daily baseline".to_owned(),
        FetchReason::Pregame(leads) => {
            let names: Vec<&str> = leads.iter().map(|lead| lead.name()).collect();
            format!("before kickoff: {}", names.join(", "))
        }
        FetchReason::Market => "a market".to_owned(),
    }
}
