//! The answers of `huddle data` as text for people.

use super::Listing;
use crate::store::imports::{Counts, ImportReport};
use crate::store::quarantine::ReasonCount;
use crate::store::status::{DataStatus, QuoteStatus};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// More changed values than this are a new file rather than a correction; `--json` has them all.
const CHANGES_SHOWN: usize = 20;

pub(super) fn report(out: &mut dyn Write, report: &ImportReport) -> io::Result<()> {
    writeln!(out, "{}: {} rows of {}", report.file, report.n_rows, report.kind)?;
    counts(out, "games", report.games)?;
    counts(out, "quotes", report.quotes)?;
    counts(out, "team weeks", report.team_weeks)?;
    if !report.corrected.0.is_empty() {
        writeln!(out, "put right:")?;
    }
    for (kind, correction) in &report.corrected.0 {
        writeln!(
            out,
            "  {:>6}  {kind} ({})",
            correction.count,
            lines(&correction.lines, correction.count)
        )?;
    }
    writeln!(out, "quarantined: {}", report.n_quarantined)?;
    reasons(out, &report.quarantined)?;
    if report.n_quarantined > 0 {
        writeln!(out, "`huddle data quarantine` lists them.")?;
    }
    if !report.changes.is_empty() {
        writeln!(out, "changed:")?;
    }
    for change in report.changes.iter().take(CHANGES_SHOWN) {
        writeln!(
            out,
            "  {} {}: {} -> {}",
            change.game_id, change.what, change.old, change.new
        )?;
    }
    let more = report.changes.len().saturating_sub(CHANGES_SHOWN) as u64 + report.n_more_changes;
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    Ok(())
}

fn counts(out: &mut dyn Write, what: &str, n: Counts) -> io::Result<()> {
    if n == Counts::default() {
        return Ok(());
    }
    writeln!(
        out,
        "{what}: {} new, {} changed, {} unchanged",
        n.new, n.changed, n.unchanged
    )
}

fn reasons(out: &mut dyn Write, reasons: &[ReasonCount]) -> io::Result<()> {
    for reason in reasons {
        writeln!(
            out,
            "  {:>6}  {} ({})",
            reason.count,
            reason.reason,
            lines(&reason.lines, reason.count)
        )?;
    }
    Ok(())
}

fn lines(examples: &[u64], count: u64) -> String {
    let list: Vec<String> = examples.iter().map(u64::to_string).collect();
    let word = if examples.len() == 1 { "line" } else { "lines" };
    let more = if (examples.len() as u64) < count { ", ..." } else { "" };
    format!("{word} {}{more}", list.join(", "))
}

pub(super) fn status(out: &mut dyn Write, status: &DataStatus) -> io::Result<()> {
    writeln!(out, "{} games, {} quotes", status.n_games, status.n_quotes)?;
    match &status.last_import {
        None => writeln!(out, "nothing imported yet: run `huddle data import games FILE`")?,
        Some(last) => {
            let (at, age) = (last.at.format("%Y-%m-%d %H:%M"), age(last.age_seconds));
            writeln!(out, "last import: {} ({}) at {at} UTC, {age} ago", last.file, last.kind)?;
        }
    }
    if !status.missing_seasons.is_empty() {
        writeln!(out, "missing seasons: {}", join(&status.missing_seasons))?;
    }
    let mut by_season: BTreeMap<u16, Vec<&QuoteStatus>> = BTreeMap::new();
    for quote in &status.quotes {
        by_season.entry(quote.season).or_default().push(quote);
    }
    for season in &status.seasons {
        write!(
            out,
            "{}: {} games, {} played",
            season.season, season.n_games, season.n_played
        )?;
        if !season.missing_weeks.is_empty() {
            write!(out, ", missing weeks {}", join(&season.missing_weeks))?;
        }
        writeln!(out)?;
        for quote in by_season.get(&season.season).into_iter().flatten() {
            let share = quote.priced_share * 100.0;
            let (what, n, games) = (format!("{} {}", quote.market, quote.moment), quote.n, quote.n_games);
            writeln!(
                out,
                "  {what:<15} {n:>6} quotes on {games:>3} games, {share:>3.0}% with prices"
            )?;
        }
    }
    if status.n_overdue > 0 {
        let shown = status.overdue.join(", ");
        let more = if (status.overdue.len() as u64) < status.n_overdue {
            ", ..."
        } else {
            ""
        };
        writeln!(out, "{} past games without a score: {shown}{more}", status.n_overdue)?;
    }
    writeln!(out, "quarantined: {}", status.n_quarantined)?;
    reasons(out, &status.quarantined)
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 120 => format!("{s} seconds"),
        s if s < 2 * 3_600 => format!("{} minutes", s / 60),
        s if s < 2 * 86_400 => format!("{} hours", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

pub(super) fn quarantine(out: &mut dyn Write, listing: &Listing) -> io::Result<()> {
    for entry in &listing.entries {
        let game = entry.game_id.as_deref().unwrap_or("(no game)");
        writeln!(
            out,
            "{}:{}: {game}: {}: {}",
            entry.file, entry.line, entry.field, entry.reason
        )?;
    }
    let shown = listing.entries.len();
    writeln!(out, "{shown} of {} quarantined entries", listing.n_quarantined)
}
