//! A replay as text.

use super::ReplayView;
use crate::cli::words;
use crate::domain::money::Cents;
use crate::stats::estimate::Mean;
use std::io::{self, Write};

/// Prints it.
///
/// # Errors
/// Whatever the sink reports.
pub fn print(out: &mut dyn Write, view: &ReplayView) -> io::Result<()> {
    writeln!(
        out,
        "REPLAY of {} with seed {}: prices between opener and close are invented · PAPER",
        view.season, view.seed
    )?;
    writeln!(out, "week  rounds  picks  passes  W-L-P     profit  memory")?;
    for w in &view.weeks {
        let record = format!("{}-{}-{}", w.wins, w.losses, w.pushes);
        let profit = words::grouped(Cents(w.profit_cents));
        let memory = view.cost.by_week_mb.get(&w.week);
        let memory = memory.map_or("-".to_owned(), |mb| format!("{mb} MB"));
        writeln!(
            out,
            "{:>4}  {:>6}  {:>5}  {:>6}  {record:<8}  {profit:>8}  {memory:>6}",
            w.week, w.n_rounds, w.n_picks, w.n_passes
        )?;
    }
    writeln!(
        out,
        "slots    {} done, {} failed, {} lost",
        view.n_done, view.n_failed, view.n_lost
    )?;
    for gap in &view.gaps {
        writeln!(out, "  {gap}")?;
    }
    for fault in &view.faults {
        writeln!(out, "fault    {fault}")?;
    }
    record(out, view)?;
    let peak = view
        .cost
        .peak_mb
        .map_or(String::new(), |mb| format!(", at most {mb} MB"));
    writeln!(out, "cost     {:.1} s{peak}", view.cost.wall_s)?;
    writeln!(
        out,
        "journal  {} entries, hash {}",
        view.journal_entries, view.journal_hash
    )?;
    writeln!(out, "home     {}", view.home.display())
}

fn record(out: &mut dyn Write, view: &ReplayView) -> io::Result<()> {
    let r = &view.record;
    let rate = r.win_rate;
    writeln!(
        out,
        "graded   {} of {} picks; closing line value of {} of them",
        r.n_graded, view.n_picks, r.n_clv
    )?;
    if let (Some(p), Some(ends)) = (rate.rate, rate.wilson95) {
        let needed = r
            .break_even
            .map_or(String::new(), |b| format!(", {:.1}% needed", b * 100.0));
        writeln!(
            out,
            "record   {} of {} decided won, {:.1}% [{:.1}, {:.1}]{needed}",
            rate.k,
            rate.n,
            p * 100.0,
            ends.low.get() * 100.0,
            ends.high.get() * 100.0
        )?;
    }
    writeln!(
        out,
        "profit   {} on {} staked, {}",
        words::grouped(Cents(r.profit_cents)),
        words::grouped(Cents(r.staked_cents)),
        mean(&r.yield_on_stakes, 100.0, "%")
    )?;
    writeln!(
        out,
        "CLV      {} over spreads and totals; the way of prices is invented, so this is no evidence",
        mean(&r.clv_points, 1.0, " points")
    )
}

/// A mean with its interval and count.
fn mean(m: &Mean, scale: f64, unit: &str) -> String {
    let Some(value) = m.mean else {
        return format!("no value, n {}", m.n);
    };
    let ends = m.ci95.map_or("no interval".to_owned(), |[low, high]| {
        format!("[{:+.2}, {:+.2}]", low * scale, high * scale)
    });
    format!("{:+.2}{unit} {ends} n {}", value * scale, m.n)
}
