//! A cycle's outcome as a bettor reads it: the verdict first, then the record with its intervals, then why.

use super::Outcome;
use crate::backtest::cycle::record::{PRODUCTION, RANDOM, RecordLine};
use crate::backtest::cycle::state::Phase;
use crate::stats::estimate::{Mean, Rate};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Prints it.
pub fn print(out: &mut dyn Write, o: &Outcome) -> io::Result<()> {
    let (m, p) = (&o.manifest, &o.manifest.parameters);
    let text = |key: &str| p.get(key).map_or("", String::as_str);
    writeln!(
        out,
        "cycle {}: seasons {}, {} iterations before each, {} validators",
        o.id,
        text("period"),
        text("iterations"),
        text("validators")
    )?;
    if !o.finished {
        let next = if o.phase == Phase::Finished {
            "the end"
        } else {
            "the phase"
        };
        writeln!(
            out,
            "not finished: {} steps stored, {next} of {} comes next; the same command goes on",
            o.n_steps, o.phase
        )?;
    }
    writeln!(out, "{}", verdict(o))?;
    writeln!(
        out,
        "trials: {} strategies scored on searched seasons, {} validated here, {} ever",
        o.n_trained, o.n_validated, m.n_trials
    )?;
    for (name, lines) in &o.parts {
        writeln!(out, "\nout of sample, {name}")?;
        table(out, lines)?;
    }
    lessons(out, o)?;
    decisions(out, o)?;
    writeln!(
        out,
        "\nfacts {:.12}, table {:.12}, program {}, seed {}",
        m.data_hash, m.table_hash, m.code_version, m.seed
    )?;
    writeln!(
        out,
        "openers of 2007-2013 carry no prices: -110 is assumed there; one unit a bet, no bet is ever placed"
    )
}

/// What it came to, in a sentence.
fn verdict(o: &Outcome) -> String {
    let line = |name: &str| o.record.iter().find(|l| l.name == name);
    let Some(production) = line(PRODUCTION).filter(|l| l.n_bets > 0) else {
        return match o.n_validated {
            0 => "no strategy has been put before the validators yet".to_owned(),
            n => format!(
                "NOTHING WAS DEPLOYED: of {n} candidates none was approved by all validators. No bet is an answer."
            ),
        };
    };
    let low = production.roi_110.ci95.map(|ci| ci[0]);
    match low {
        Some(low) if low > 0.0 => format!(
            "what was deployed earned {} at -110 out of sample, and its interval lies above zero; random bets earned {}",
            percent(production.roi_110.mean),
            percent(line(RANDOM).and_then(|l| l.roi_110.mean))
        ),
        _ => format!(
            "what was deployed earned {} at -110 out of sample, WHICH CANNOT BE TOLD FROM LUCK",
            percent(production.roi_110.mean)
        ),
    }
}

fn table(out: &mut dyn Write, lines: &[RecordLine]) -> io::Result<()> {
    writeln!(
        out,
        "{:22} {:>5} {:>22} {:>24} {:>22} {:>12}",
        "", "bets", "win rate", "ROI at -110", "CLV points", "beat close"
    )?;
    for l in lines {
        writeln!(
            out,
            "{:22} {:>5} {:>22} {:>24} {:>22} {:>12}",
            l.name,
            l.n_bets,
            rate(&l.win_rate),
            mean(&l.roi_110, 100.0, 1, "%"),
            mean(&l.clv, 1.0, 2, ""),
            l.beat_close
                .rate
                .map_or_else(|| "-".to_owned(), |r| format!("{:.1}%", 100.0 * r)),
        )?;
    }
    Ok(())
}

fn lessons(out: &mut dyn Write, o: &Outcome) -> io::Result<()> {
    let n: u64 = o.lessons.iter().map(|l| l.n_validated).sum();
    if n == 0 {
        return Ok(());
    }
    let pairs: Vec<(f64, f64)> = o
        .lessons
        .iter()
        .filter_map(|l| l.training_rate.zip(l.held_out_rate))
        .collect();
    let average = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / pairs.len() as f64;
    if !pairs.is_empty() {
        writeln!(
            out,
            "\nshrinkage: candidates won {:.1}% on the seasons they were searched on and {:.1}% on the validators' ({} iterations)",
            100.0 * average(|p| p.0),
            100.0 * average(|p| p.1),
            pairs.len()
        )?;
    }
    let mut refusals: BTreeMap<&str, u64> = BTreeMap::new();
    for (criterion, n) in o.lessons.iter().flat_map(|l| &l.refusals) {
        *refusals.entry(criterion).or_default() += n;
    }
    let mut by_count: Vec<(&str, u64)> = refusals.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let texts: Vec<String> = by_count
        .iter()
        .take(8)
        .map(|(criterion, n)| format!("{criterion} {n}"))
        .collect();
    writeln!(out, "refused by criterion and member: {}", texts.join(", "))
}

/// The last decisions, and what is in production.
fn decisions(out: &mut dyn Write, o: &Outcome) -> io::Result<()> {
    writeln!(out, "\nin production: {}", o.production.len())?;
    for one in &o.production {
        writeln!(out, "  {one}")?;
    }
    if !o.flagged.is_empty() {
        writeln!(out, "a person has to look at: {}", o.flagged.join(", "))?;
    }
    writeln!(out, "decisions: {}; the last of each kind:", o.decisions.len())?;
    let mut last: BTreeMap<&str, &crate::store::research::cycles::Decided> = BTreeMap::new();
    for d in &o.decisions {
        last.insert(&d.kind, d);
    }
    for d in last.values() {
        writeln!(out, "  {:17} {}: {}", d.kind, d.chosen, d.reason)?;
    }
    Ok(())
}

fn rate(r: &Rate) -> String {
    match (r.rate, r.wilson95) {
        (Some(p), Some(ci)) => format!(
            "{:.1}% [{:.1}, {:.1}]",
            100.0 * p,
            100.0 * ci.low.get(),
            100.0 * ci.high.get()
        ),
        _ => "-".to_owned(),
    }
}

fn mean(m: &Mean, times: f64, digits: usize, unit: &str) -> String {
    match (m.mean, m.ci95) {
        (Some(x), Some([a, b])) => {
            format!(
                "{:+.digits$}{unit} [{:+.digits$}, {:+.digits$}]",
                times * x,
                times * a,
                times * b
            )
        }
        (Some(x), None) => format!("{:+.digits$}{unit}", times * x),
        (None, _) => "-".to_owned(),
    }
}

fn percent(x: Option<f64>) -> String {
    x.map_or_else(|| "nothing".to_owned(), |x| format!("{:+.1}%", 100.0 * x))
}
