//! `huddle stats`: what a search for strategies makes of its best, from a file of returns, and how many bets prove a record.

mod table;

use super::Failure;
use super::output::emit;
use crate::domain::probability::Probability;
use crate::stats::deflated::{Deflated, Trials, deflated};
use crate::stats::overfitting::{Metric, Overfitting, overfitting};
use crate::stats::power::{BREAK_EVEN_110, bets_needed, power};
use crate::stats::returns::Returns;
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// Exit code for data that cannot be used.
const UNUSABLE: u8 = 5;
/// Strategies that `dsr` shows.
const N_BEST: usize = 10;
/// Records whose power `power` shows.
const RECORDS: [u64; 5] = [100, 250, 500, 1_000, 2_500];

/// The verbs of `huddle stats`.
#[derive(Clone, Debug, Subcommand)]
pub enum StatsCommand {
    /// The probability that a search found noise: how often its best falls into the lower half on other periods.
    Pbo(PboArgs),
    /// The best Sharpe ratios of a search, less what the best of so many tries shows by luck.
    Dsr(DsrArgs),
    /// How many bets at -110 it takes to tell a true win rate from break-even.
    Power(PowerArgs),
}

const FILE_HELP: &str = "FILE is a CSV with a header: first column the period, in order of time, then one column of returns per \
strategy, 0 for a period without a bet.";

/// Arguments of `huddle stats pbo`.
#[derive(Clone, Debug, Args)]
#[command(after_help = FILE_HELP)]
pub struct PboArgs {
    /// The returns of all strategies that were tried.
    pub file: PathBuf,
    /// Blocks the periods are cut into: an even number from 2 to 20.
    #[arg(long, default_value_t = 16)]
    pub blocks: usize,
    /// What a strategy is chosen by.
    #[arg(long, value_enum, default_value_t = MetricName::Sharpe)]
    pub metric: MetricName,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The names of [`Metric`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MetricName {
    /// Mean over standard deviation of a period's return.
    Sharpe,
    /// The mean return of a period.
    Mean,
}

/// Arguments of `huddle stats dsr`.
#[derive(Clone, Debug, Args)]
#[command(after_help = FILE_HELP)]
pub struct DsrArgs {
    /// The returns of the strategies.
    pub file: PathBuf,
    /// Strategies tried in all, also those no longer in the file; without it the number of its columns.
    #[arg(long, value_name = "N")]
    pub trials: Option<NonZeroU64>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle stats power`.
#[derive(Clone, Debug, Args)]
pub struct PowerArgs {
    /// The true win rate, in per cent.
    #[arg(long = "true", value_name = "PERCENT", default_value_t = 55.0)]
    pub true_percent: f64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Runs a verb.
///
/// # Errors
/// [`Failure`] 2 when a file cannot be read or an option is out of range, 5 when the file's data cannot be used.
pub fn run(command: &StatsCommand, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        StatsCommand::Pbo(args) => pbo(args, out),
        StatsCommand::Dsr(args) => dsr(args, out),
        StatsCommand::Power(args) => needed(args, out),
    }
    .map(|()| 0)
}

fn read(path: &Path) -> Result<Returns, Failure> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    let bytes = bytes.map_err(|e| Failure::new(2, e))?;
    let unusable = |e| Failure::new(UNUSABLE, anyhow::Error::new(e).context(path.display().to_string()));
    table::parse(&bytes).map_err(unusable)
}

fn pbo(args: &PboArgs, out: &mut dyn Write) -> Result<(), Failure> {
    if !(2..=crate::stats::overfitting::MAX_BLOCKS).contains(&args.blocks) || args.blocks % 2 == 1 {
        let error = anyhow!("--blocks {}: choose an even number from 2 to 20", args.blocks);
        return Err(Failure::new(2, error));
    }
    let returns = read(&args.file)?;
    let metric = match args.metric {
        MetricName::Sharpe => Metric::Sharpe,
        MetricName::Mean => Metric::Mean,
    };
    let found = overfitting(&returns, args.blocks, metric)
        .map_err(|e| Failure::new(UNUSABLE, anyhow::Error::new(e).context(args.file.display().to_string())))?;
    Ok(emit(args.json, out, &found, |out| write_pbo(&found, out))?)
}

fn write_pbo(found: &Overfitting, out: &mut dyn Write) -> io::Result<()> {
    let metric = match found.metric {
        Metric::Sharpe => "Sharpe ratio",
        Metric::Mean => "mean return",
    };
    writeln!(
        out,
        "probability of backtest overfitting {:.4}   (strategies without skill: about .5)",
        found.pbo
    )?;
    writeln!(
        out,
        "In {} of {} ways to take half of {} blocks of {} periods, the strategy with the best {metric} there ranked\n\
         in the lower half of all {} strategies on the other half.",
        found.logits.iter().filter(|x| **x <= 0.0).count(),
        found.n_combinations,
        found.n_blocks,
        found.n_rows / found.n_blocks,
        found.n_strategies,
    )?;
    writeln!(
        out,
        "{metric} of the best: {:.4} where it was chosen, {:.4} on the other half; below zero there in {:.1}%",
        found.mean_is_best,
        found.mean_oos_of_best,
        100.0 * found.prob_oos_loss
    )?;
    match found.degradation_slope.zip(found.degradation_intercept) {
        Some((slope, intercept)) => writeln!(
            out,
            "other half = {intercept:+.4} {slope:+.4} x chosen half   (a negative slope: the better it looked, the worse it did)"
        )?,
        None => writeln!(out, "the best looked equally good in every half: no slope")?,
    }
    writeln!(
        out,
        "rank of the best as log-odds: mean {:+.3}, median {:+.3}; periods used {}, the oldest {} dropped",
        found.mean_logit, found.median_logit, found.n_rows, found.n_rows_dropped
    )
}

/// What `dsr --json` prints.
#[derive(Serialize)]
struct DsrAnswer {
    #[serde(flatten)]
    deflated: Deflated,
    /// Whether the number of trials was told, or is the number of columns.
    trials_told: bool,
}

fn dsr(args: &DsrArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let returns = read(&args.file)?;
    let n_columns = NonZeroU64::new(returns.names().len() as u64);
    let n = args.trials.or(n_columns).expect("a table of returns has a strategy");
    if args.trials < n_columns && args.trials.is_some() {
        let error = anyhow!(
            "--trials {n}: {} has {} strategies, and each was tried; count them all",
            args.file.display(),
            returns.names().len()
        );
        return Err(Failure::new(2, error));
    }
    let answer = DsrAnswer {
        deflated: deflated(&returns, Trials::new(n), N_BEST),
        trials_told: args.trials.is_some(),
    };
    Ok(emit(args.json, out, &answer, |out| write_dsr(&answer, out))?)
}

fn write_dsr(answer: &DsrAnswer, out: &mut dyn Write) -> io::Result<()> {
    let found = &answer.deflated;
    let n = found.n_trials.get();
    if answer.trials_told {
        writeln!(out, "{n} trials, {} of them in the file", found.n_strategies)?;
    } else {
        writeln!(
            out,
            "{n} trials: the number of columns. If more were tried, say so with --trials, or the answer flatters."
        )?;
    }
    writeln!(
        out,
        "Sharpe ratios per period over {} periods: mean {:+.4}, standard deviation {:.4}",
        found.n_periods,
        found.mean_sharpe,
        found.variance_of_sharpes.sqrt()
    )?;
    writeln!(
        out,
        "the best of {n} tries without skill is expected to show {:.4}\n",
        found.sr0
    )?;
    writeln!(
        out,
        "{:<20} {:>8} {:>14} {:>18}",
        "strategy", "Sharpe", "P(true > 0)", "P(more than luck)"
    )?;
    let shown = |p: Option<Probability>| p.map_or_else(|| "-".to_owned(), |p| format!("{:.4}", p.get()));
    for row in &found.best {
        writeln!(
            out,
            "{:<20} {:>+8.4} {:>14} {:>18}",
            row.name,
            row.shape.sharpe,
            shown(row.psr),
            shown(row.dsr)
        )?;
    }
    if found.best.is_empty() {
        writeln!(out, "no strategy has returns that vary over two periods or more")?;
    }
    Ok(())
}

/// What `power` prints.
#[derive(Serialize)]
struct PowerAnswer {
    true_rate: f64,
    break_even: f64,
    n_needed: u64,
    curve: Vec<PowerPoint>,
}

#[derive(Serialize)]
struct PowerPoint {
    n_bets: u64,
    power: Option<f64>,
}

fn needed(args: &PowerArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let true_rate = args.true_percent / 100.0;
    let Some(n_needed) = bets_needed(true_rate) else {
        let error = anyhow!(
            "--true {}: give a rate above 52.38 and up to 100 per cent",
            args.true_percent
        );
        return Err(Failure::new(2, error));
    };
    let point = |n_bets| PowerPoint {
        n_bets,
        power: power(true_rate, n_bets),
    };
    let answer = PowerAnswer {
        true_rate,
        break_even: BREAK_EVEN_110,
        n_needed,
        curve: RECORDS.map(point).into(),
    };
    Ok(emit(args.json, out, &answer, |out| {
        let percent = args.true_percent;
        writeln!(
            out,
            "A true {percent}% at -110 needs {n_needed} decided bets to show more than break-even (52.38%) in four"
        )?;
        writeln!(
            out,
            "records of five, when one in twenty of those without an edge may pass too. With fewer bets it shows in:"
        )?;
        for point in &answer.curve {
            let share = point
                .power
                .map_or_else(|| "-".to_owned(), |p| format!("{:.0}%", 100.0 * p));
            writeln!(out, "{:>6} bets {share:>5}", point.n_bets)?;
        }
        Ok(())
    })?)
}
