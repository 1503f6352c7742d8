//! `huddle api cost`: what was spent, by service, agent and day, from the ledger.

use super::super::Failure;
use super::super::output::emit;
use super::super::session;
use super::status::usd;
use crate::api::quota::month_start;
use crate::home::Home;
use crate::store::api::ledger::{self, SpendLine};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use comfy_table::{Table, presets};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Arguments of `huddle api cost`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CostArgs {
    /// From this day on, UTC; without it from the first of this month.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<NaiveDate>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What `huddle api cost` shows.
#[derive(Clone, Debug, Serialize)]
struct CostView {
    since: DateTime<Utc>,
    credits: u64,
    usd_micros: u64,
    n_attempts: u64,
    lines: Vec<SpendLine>,
}

/// Day, service and agent.
type Heading<'a> = (NaiveDate, &'a str, &'a str);

/// What was spent under one heading.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    n: u64,
    credits: u64,
    usd_micros: u64,
    n_uncertain: u64,
}

/// Runs the verb.
pub(super) fn run(args: &CostArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let since = args
        .since
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map_or_else(|| month_start(now), |t| t.and_utc());
    let mut conn = session::reading(home)?;
    let lines = ledger::spend(&mut conn, since)?;
    let view = CostView {
        since,
        credits: lines.iter().map(|l| l.sums.credits).sum(),
        usd_micros: lines.iter().map(|l| l.sums.usd_micros).sum(),
        n_attempts: lines.iter().map(|l| l.sums.n).sum(),
        lines,
    };
    emit(args.json, out, &view, |out| {
        let mut by: BTreeMap<Heading<'_>, Total> = BTreeMap::new();
        for l in &view.lines {
            let sum = by.entry((l.day, l.provider.name(), &l.agent)).or_default();
            sum.n += l.sums.n;
            sum.credits += l.sums.credits;
            sum.usd_micros += l.sums.usd_micros;
            sum.n_uncertain += if l.state == "uncertain" { l.sums.n } else { 0 };
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["day", "service", "agent", "attempts", "credits", "dollars", "uncertain"]);
        for ((day, provider, agent), sum) in by {
            table.add_row([
                day.to_string(),
                provider.to_owned(),
                agent.to_owned(),
                sum.n.to_string(),
                sum.credits.to_string(),
                usd(sum.usd_micros),
                sum.n_uncertain.to_string(),
            ]);
        }
        writeln!(out, "{table}")?;
        writeln!(
            out,
            "since {}: {} attempts, {} credits, {}; an uncertain attempt had no answer and counts as spent",
            view.since.format("%Y-%m-%d"),
            view.n_attempts,
            view.credits,
            usd(view.usd_micros)
        )
    })?;
    Ok(0)
}
