//! `huddle backtest`: one strategy over past seasons, counted as a trial before it is run, stored under what it was told.

use super::output::{emit, write_out};
use super::report::{CountTrial, FROZEN_THROUGH, parse_seasons, trial};
use super::session::{self, NetArgs, Session};
use super::{Failure, strategies};
use crate::actor::How;
use crate::app::order::CODE_VERSION;
use crate::backtest::features;
use crate::backtest::openers::OpenerReport;
use crate::backtest::strategy_report::html::render_html;
use crate::backtest::strategy_report::{Options, StrategyReport, render_text};
use crate::backtest::walk_forward::Window;
use crate::domain::archive::Archive;
use crate::engine::period::Period;
use crate::engine::plan::PlanError;
use crate::home::Home;
use crate::minds::quant::ROSTER;
use crate::store::keeper::{Do, Work};
use crate::store::research::runs::{self, Run};
use crate::store::research::{self, Purpose, Tried};
use crate::store::{Conn, StoreError, data_hash};
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use crate::strategy::text::SyntaxError;
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Datelike as _, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `huddle backtest`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Every strategy counts as a trial once, before it is run, and the result is held against all of them.

Examples:
  huddle backtest \"spread at open when edge(elo) >= 2 stake flat 1%\"
  huddle backtest \"total at open when under and total >= 48 stake flat 1%\" --seasons 2012-2017 --html report.html
  huddle backtest 4f2a --json"
)]
pub struct BacktestArgs {
    /// The strategy's text, or the start of a stored one's id.
    #[arg(value_name = "STRATEGY|ID")]
    pub strategy: String,
    /// The seasons, as FIRST-LAST or one. Without it all that are stored up to the last that parameters were chosen on.
    #[arg(long, value_parser = parse_seasons)]
    pub seasons: Option<RangeInclusive<u16>>,
    /// Hold each season against this many before it only, instead of all.
    #[arg(long, value_name = "SEASONS", value_parser = clap::value_parser!(u16).range(1..=50))]
    pub rolling: Option<u16>,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Write one page with pictures to a file; it needs nothing from outside.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Columns of the printed report.
const WIDTH: usize = 110;
/// Reading a fingerprint of everything takes a second in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);
/// Exit code of a strategy that asks for what its moment does not know.
const REFUSED: u8 = 5;

/// A report under the name it is stored by.
#[derive(Serialize)]
struct Stored<'a> {
    run: &'a str,
    #[serde(flatten)]
    report: &'a StrategyReport,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] 2 for a text that is no strategy or names a source there is not, 5 for one that asks for the future, 6 when
/// no strategy or none of the seasons is stored, and those of the session.
pub fn run(args: &BacktestArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let strategy = strategy(&args.strategy, home)?;
    check(&strategy).map_err(refusal)?;
    let adjust = |settings: &mut crate::config::Settings| {
        settings.seed = args.seed.unwrap_or(settings.seed);
        Ok(())
    };
    let (name, report) = session::in_home(home, NetArgs { offline: true }, adjust, async |session: &Session| {
        backtest(session, args, &strategy, now).await
    })?;
    if let Some(path) = &args.html {
        let written = std::fs::write(path, render_html(&report));
        written.with_context(|| format!("writing the page to {}", path.display()))?;
        // A closed standard error stops no report.
        let _ = writeln!(std::io::stderr(), "the page is in {}", path.display());
    }
    if args.json {
        let stored = Stored {
            run: &name,
            report: &report,
        };
        emit(true, out, &stored, |_| Ok(()))?;
    } else {
        write_out(out, &format!("{}\nstored as run {name}\n", render_text(&report, WIDTH)))?;
    }
    Ok(0)
}

/// The strategy a person means: a text, or the start of an id, which no text can be taken for.
fn strategy(text: &str, home: &Home) -> Result<Strategy, Failure> {
    let is_id = !text.is_empty() && text.len() <= 12 && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_id {
        let mut conn = session::reading(home)?;
        return Ok(strategies::find(&mut conn, text)?.strategy);
    }
    text.parse()
        .map_err(|error| Failure::new(2, anyhow!("{}", pointed(text, &error))))
}

/// The message with the text below it and a mark under the token.
fn pointed(text: &str, error: &SyntaxError) -> String {
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let mark = " ".repeat(error.column.saturating_sub(1));
    format!("this is no strategy: {error}\n  {line}\n  {mark}^")
}

/// What can be told from the strategy alone, before a minute is spent on its table.
fn check(strategy: &Strategy) -> Result<(), PlanError> {
    let mut known: Vec<Source> = ROSTER.iter().filter_map(|(name, _)| Source::new(name)).collect();
    known.extend(Source::new(Source::SWARM));
    known.sort();
    let mut sources = Vec::new();
    for condition in strategy.conditions() {
        let Condition::Within { feature, .. } = condition else {
            continue;
        };
        if feature.known() > strategy.at() {
            return Err(PlanError::AsksForTheFuture {
                feature: feature.clone(),
                known: feature.known(),
                at: strategy.at(),
            });
        }
        if let Feature::Edge(source) | Feature::Value(source) = feature {
            sources.push(source);
        }
    }
    if let Stake::Kelly { source, .. } = strategy.stake() {
        sources.push(source);
    }
    match sources.into_iter().find(|source| !known.contains(source)) {
        Some(source) => Err(PlanError::UnknownSource {
            name: source.as_str().to_owned(),
            known,
        }),
        None => Ok(()),
    }
}

fn refusal(error: PlanError) -> Failure {
    let code = match error {
        PlanError::AsksForTheFuture { .. } => REFUSED,
        PlanError::UnknownSource { .. } | PlanError::OtherMoment { .. } => 2,
    };
    Failure::new(code, error)
}

async fn backtest(
    session: &Session,
    args: &BacktestArgs,
    strategy: &Strategy,
    now: DateTime<Utc>,
) -> Result<(String, StrategyReport), Failure> {
    let seasons = seasons(&session.archive, args.seasons.as_ref())?;
    let is_judged = *seasons.end() > FROZEN_THROUGH;
    // Counted before it is run: a look that was broken off was a look.
    let look = trial(
        &session.settings,
        &format!("backtest of {}", strategy.id()),
        &seasons,
        now,
    );
    let count = Count {
        strategy: strategy.clone(),
        now,
        look: is_judged.then_some(CountTrial(look)),
    };
    let counted = session.house.database.ask(Do(count), How::within(PATIENCE)).await;
    let (n_trials, data_hash) = counted.context("the database did not answer")??;
    let options = Options {
        seed: session.settings.seed,
        frozen_through: FROZEN_THROUGH,
        window: args.rolling.map_or(Window::Expanding, Window::Rolling),
        n_trials,
        data_hash,
        code_version: CODE_VERSION.to_owned(),
        // A season of a later year than this one is an invented one.
        is_simulated: i32::from(*seasons.end()) > now.year(),
    };
    let report = work(&session.archive, strategy, seasons, options).await?;
    let record = RecordRun {
        report: serde_json::to_value(&report).context("writing the report")?,
        now,
    };
    let stored = session.house.database.ask(Do(record), How::within(PATIENCE)).await;
    let name = stored.context("the database did not store the run")??;
    Ok((name, report))
}

/// The seasons asked for, or all stored ones that parameters were chosen on.
fn seasons(archive: &Archive, asked: Option<&RangeInclusive<u16>>) -> Result<RangeInclusive<u16>, Failure> {
    let stored: Vec<u16> = archive.weeks().iter().map(|week| week.season).collect();
    let seasons = match (asked, stored.first()) {
        (Some(asked), _) => asked.clone(),
        (None, Some(first)) => *first..=FROZEN_THROUGH,
        (None, None) => 0..=FROZEN_THROUGH,
    };
    if stored.iter().any(|season| seasons.contains(season)) {
        return Ok(seasons);
    }
    let (a, b) = (seasons.start(), seasons.end());
    let error = anyhow!("no games of {a}-{b} are stored; name others with --seasons, see `huddle data status`");
    Err(Failure::new(6, error))
}

/// Builds the table and the report on a thread of its own, so that an interrupt is heard meanwhile.
async fn work(
    archive: &Arc<Archive>,
    strategy: &Strategy,
    seasons: RangeInclusive<u16>,
    options: Options,
) -> Result<StrategyReport, Failure> {
    let (archive, strategy) = (Arc::clone(archive), strategy.clone());
    let (done, report) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more after an interrupt.
        let _ = done.send(report_of(&archive, &strategy, &Period::seasons(seasons), &options));
    });
    report.await.context("the thread that builds the table was lost")?
}

fn report_of(
    archive: &Arc<Archive>,
    strategy: &Strategy,
    period: &Period,
    options: &Options,
) -> Result<StrategyReport, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rounds, {eta} left") {
        bar.set_style(style);
    }
    let mut progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let quarantine = OpenerReport::of(archive).quarantine();
    let table = features::table(archive, strategy.at(), &ROSTER, &quarantine, &mut progress);
    bar.finish_and_clear();
    StrategyReport::of(&table?, strategy, period, options).map_err(refusal)
}

/// Counts the strategy, and the look when it is at judging seasons.
struct Count {
    strategy: Strategy,
    now: DateTime<Utc>,
    look: Option<CountTrial>,
}

impl Work for Count {
    /// Strategies ever tried, and the fingerprint of the data.
    type Output = (u64, String);

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        let data_hash = data_hash(conn)?;
        let tried = Tried {
            cause: format!("backtest/{}", self.strategy.id()),
            data_hash: data_hash.clone(),
            purpose: Purpose::Backtest,
            n: 1,
        };
        research::count(conn, &tried, self.now.naive_utc())?;
        if let Some(look) = self.look {
            look.run(conn)?;
        }
        let mut n_trials = 0u64;
        for purpose in [Purpose::Training, Purpose::Validation, Purpose::Backtest] {
            n_trials = n_trials.saturating_add(research::n_tried(conn, purpose)?);
        }
        Ok((n_trials, data_hash))
    }
}

/// Stores a report under the name of its manifest.
struct RecordRun {
    report: serde_json::Value,
    now: DateTime<Utc>,
}

impl Work for RecordRun {
    /// The name.
    type Output = String;

    fn run(self, conn: &mut Conn) -> Result<String, StoreError> {
        const KIND: &str = "backtest";
        let manifest = self.report["manifest"].clone();
        let name = runs::name(KIND, &manifest);
        let run = Run {
            id: name.clone(),
            kind: KIND.to_owned(),
            at: self.now.naive_utc(),
            manifest,
            result: self.report,
        };
        runs::record(conn, &run)?;
        Ok(name)
    }
}
