//! `huddle agents show NAME`: its figures over time, its claims that wait, and those that were judged.

use super::super::output::emit;
use super::super::{Failure, session};
use super::{MAX_FIGURES, SPECIALISTS, ShowArgs};
use crate::agents::specialists::claims::ClaimCard;
use crate::domain::kpi::Kpi;
use crate::domain::memory::{Memory, Resolution};
use crate::home::Home;
use crate::protocol::card::Card;
use crate::stats::bootstrap::Bootstrap;
use crate::store::{kpis, memories};
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What the verb shows.
#[derive(Clone, Debug, Serialize)]
struct OneView {
    #[serde(flatten)]
    card: Card,
    /// By name, each with its newest value first.
    figures: BTreeMap<String, Vec<Kpi>>,
    claims: ClaimCard,
    pending: Vec<Memory>,
    resolved: Vec<Judged>,
}

/// A claim with what became of it.
#[derive(Clone, Debug, Serialize)]
struct Judged {
    claim: Memory,
    resolution: Resolution,
}

pub(super) fn run(args: &ShowArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let Some(card) = SPECIALISTS.into_iter().find(|card| card.role == args.name) else {
        let names = SPECIALISTS.map(|card| card.role).join(", ");
        let error = anyhow!("there is no specialist `{}`: name one of {names}", args.name);
        return Err(Failure::new(6, error));
    };
    let mut conn = session::reading(home)?;
    let mut figures: BTreeMap<String, Vec<Kpi>> = BTreeMap::new();
    for kpi in kpis::history(&mut conn, card.role, MAX_FIGURES)? {
        let series = figures.entry(kpi.name.clone()).or_default();
        if series.len() < args.limit {
            series.push(kpi);
        }
    }
    let remembered = memories::of_agent(&mut conn, card.role)?;
    let recall = remembered.as_of(now);
    let mut pending: Vec<Memory> = recall.pending().cloned().collect();
    let mut resolved: Vec<Judged> = recall
        .resolved()
        .map(|(claim, resolution)| Judged {
            claim: claim.clone(),
            resolution: resolution.clone(),
        })
        .collect();
    let newest = |n: usize| n.saturating_sub(args.limit);
    pending.drain(..newest(pending.len()));
    resolved.sort_by(|a, b| (a.resolution.at, &a.claim.id).cmp(&(b.resolution.at, &b.claim.id)));
    resolved.drain(..newest(resolved.len()));
    let view = OneView {
        card,
        figures,
        claims: ClaimCard::of(recall, &Bootstrap::new(Pcg64Mcg::new(1))),
        pending,
        resolved,
    };
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

fn print(out: &mut dyn Write, view: &OneView) -> io::Result<()> {
    writeln!(out, "{}: {}", view.card.role, view.card.tools.join(", "))?;
    if view.figures.is_empty() {
        writeln!(out, "no figures yet: `huddle run` computes them when a week is graded")?;
    }
    for (name, series) in &view.figures {
        let mut lines = series
            .iter()
            .map(|kpi| format!("{}  {}", kpi.at.format("%Y-%m-%d"), kpi.show()));
        writeln!(out, "  {name:34} {}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(out, "  {:34} {line}", "")?;
        }
    }
    let c = &view.claims;
    writeln!(
        out,
        "claims: {} made, {} wait, {} void, {}, CLV {}",
        c.n_claims,
        c.n_pending,
        c.n_void,
        c.held.rate.map_or("none judged".to_owned(), |r| format!(
            "{:.1}% of {} held",
            r * 100.0,
            c.held.n
        )),
        super::scorecard::mean(&c.clv_points, |x| format!("{x:+.2} pt")),
    )?;
    for memory in &view.pending {
        writeln!(out, "  waits   {}  {}", memory.said_at.format("%Y-%m-%d"), memory.text)?;
    }
    for judged in &view.resolved {
        let (claim, r) = (&judged.claim, &judged.resolution);
        writeln!(
            out,
            "  {:7} {}  {}: {}",
            r.held.word(),
            r.at.format("%Y-%m-%d"),
            claim.text,
            r.text
        )?;
    }
    Ok(())
}
