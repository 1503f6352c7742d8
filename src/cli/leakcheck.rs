//! `huddle leakcheck`: does any decision know what it could not? Exit code 5 when one does.

use super::Failure;
use super::output::emit;
use crate::agents::specialists::data_engineer::AsOf;
use crate::backtest::leak::{self, RawData};
use crate::backtest::openers::OpenerReport;
use crate::domain::game::SeasonWeek;
use anyhow::{Context as _, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `huddle leakcheck`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "It works on the files themselves, because the stored time stamps are part of what is checked.

Examples:
  huddle leakcheck --games games.csv --openers openers.csv --weeks 2012-1,2012-9,2016-20
  huddle leakcheck --games games.csv --openers openers.csv --weeks 2016-5 --as-of close
  huddle leakcheck --games games.csv --openers openers.csv --weeks 2016-5 --features
  huddle leakcheck --games games.csv --openers openers.csv"
)]
pub struct LeakcheckArgs {
    /// nflverse's games.csv.
    #[arg(long)]
    pub games: PathBuf,
    /// A file of openers.
    #[arg(long)]
    pub openers: Option<PathBuf>,
    /// A file of bookmakers' closes.
    #[arg(long)]
    pub book_closes: Option<PathBuf>,
    /// Weeks to check, as SEASON-WEEK separated by commas. Without any, the openers of every source are tested for having
    /// been posted before the games of the week before.
    #[arg(long, required_unless_present = "openers", value_delimiter = ',', value_parser = parse_week)]
    pub weeks: Vec<SeasonWeek>,
    /// When the checked decisions are made.
    #[arg(long, default_value = "open", value_parser = parse_moment)]
    pub as_of: AsOf,
    /// Check the columns that strategies may ask for, a line each, instead of the decisions.
    #[arg(long, requires = "weeks")]
    pub features: bool,
    /// The seed of the changes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Exit code when a leak was found.
const LEAK_FOUND: u8 = 5;

fn parse_week(text: &str) -> Result<SeasonWeek, String> {
    let parsed = text
        .split_once('-')
        .and_then(|(s, w)| Some((s.parse().ok()?, w.parse().ok()?)));
    let (season, week) = parsed.ok_or_else(|| format!("`{text}` is no week: write 2016-5"))?;
    Ok(SeasonWeek { season, week })
}

fn parse_moment(text: &str) -> Result<AsOf, String> {
    match text {
        "open" => Ok(AsOf::Open),
        "close" => Ok(AsOf::Close),
        _ => Err(format!("`{text}` is neither `open` nor `close`")),
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] 2 when a file cannot be read, 5 when it cannot be used; a leak is an answer, with exit code 5.
pub fn run(args: &LeakcheckArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let read = |path: &Path| -> Result<Vec<u8>, Failure> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()));
        bytes.map_err(|e| Failure::new(2, e))
    };
    let games = read(&args.games)?;
    let openers = args.openers.as_deref().map(read).transpose()?;
    let closes = args.book_closes.as_deref().map(read).transpose()?;
    let raw = RawData::read(&games, openers.as_deref(), closes.as_deref()).map_err(|e| Failure::new(5, e))?;
    if args.weeks.is_empty() {
        let report = OpenerReport::of(&raw.archive());
        if report.tests.is_empty() {
            let path = args.games.display();
            return Err(Failure::new(
                6,
                anyhow!("no opener belongs to a game of {path}: nothing was tested"),
            ));
        }
        emit(args.json, out, &report, |out| writeln!(out, "{report}"))?;
        return Ok(exit(report.is_clean()));
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} checks, {eta} left") {
        bar.set_style(style);
    }
    let mut progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let nothing = || {
        let path = args.games.display();
        Failure::new(6, anyhow!("none of these weeks is in {path}: nothing was checked"))
    };
    if args.features {
        let report = leak::features(&raw, &args.weeks, args.as_of, args.seed, &mut progress);
        bar.finish_and_clear();
        if report.features.is_empty() {
            return Err(nothing());
        }
        emit(args.json, out, &report, |out| write!(out, "{report}"))?;
        return Ok(exit(report.is_clean()));
    }
    let report = leak::run(&raw, &args.weeks, &[args.as_of], args.seed, &mut progress);
    bar.finish_and_clear();
    if report.checks.is_empty() {
        return Err(nothing());
    }
    emit(args.json, out, &report, |out| writeln!(out, "{report}"))?;
    Ok(exit(report.is_clean()))
}

fn exit(clean: bool) -> u8 {
    if clean { 0 } else { LEAK_FOUND }
}
