//! `huddle backtest`: one strategy over past seasons, with everything that keeps its report honest.

use super::output::write_out;
use super::session::{self, NetArgs, Session};
use super::{Failure, output, report, strategies};
use crate::actor::How;
use crate::app::order::CODE_VERSION;
use crate::app::research::written::RecordRun;
use crate::backtest::features;
use crate::backtest::openers::OpenerReport;
use crate::backtest::strategy_report::html::render_html;
use crate::backtest::strategy_report::{MAX_FAMILY, Options, StrategyReport, render_text};
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::table::Table;
use crate::home::Home;
use crate::minds::quant::ROSTER;
use crate::store::keeper::{Do, Work};
use crate::store::research::runs::{self, Run};
use crate::store::research::{Purpose, Tried, count, n_tried};
use crate::store::{Conn, StoreError, sha256};
use crate::strategy::rule::{Strategy, StrategyId};
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `huddle backtest`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "The language is in docs/strategies.md. Every backtest is counted, and each result is judged against the number.

Examples:
  huddle backtest 'spread at open when edge(market_rating) >= 1.5 stake flat 1%'
  huddle backtest 'total at open when under and edge(stack) >= 1 stake flat 1%' --seasons 2011-2017 --html report.html
  huddle backtest 4f2a --json                      a stored strategy, by the start of its id"
)]
pub struct BacktestArgs {
    /// The strategy's text, or the start of a stored one's id.
    pub strategy: String,
    /// The seasons, as FIRST-LAST or one.
    #[arg(long, default_value = "2007-2017", value_parser = report::parse_seasons)]
    pub seasons: RangeInclusive<u16>,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Write the report as one page with plots, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Columns of the printed report.
const WIDTH: usize = 110;
/// Counting and storing write a row each.
const PATIENCE: Duration = Duration::from_secs(60);
/// A strategy that cannot be run.
const REFUSED: u8 = 5;

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 2 for a text that is no strategy, 5 for one that asks for the future or for a source there is not, 6 when
/// none of the seasons is stored.
pub fn run(args: &BacktestArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let strategy = read(&args.strategy, home)?;
    let adjust = |settings: &mut crate::config::Settings| {
        settings.seed = args.seed.unwrap_or(settings.seed);
        Ok(())
    };
    let done = session::in_home(home, NetArgs { offline: true }, adjust, async |session: &Session| {
        backtest(session, args, &strategy, now).await
    })?;
    if let Some(path) = &args.html {
        let page = render_html(&done);
        std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    }
    if args.json {
        output::emit(true, out, &done, |_| Ok(()))?;
    } else {
        write_out(out, &render_text(&done, WIDTH))?;
    }
    Ok(0)
}

/// A strategy by its text, or by the start of its id when the word can be one.
fn read(text: &str, home: &Home) -> Result<Strategy, Failure> {
    let is_id = !text.is_empty() && text.len() <= 12 && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_id {
        return Ok(strategies::find(&mut session::reading(home)?, text)?.strategy);
    }
    text.parse().map_err(|fault: crate::strategy::text::SyntaxError| {
        let caret = " ".repeat(fault.column.saturating_sub(1));
        Failure::new(2, anyhow!("{fault}\n  {text}\n  {caret}^"))
    })
}

/// Counts strategies that are about to be looked at, and tells how many ever were.
struct CountTried(Vec<Tried>, NaiveDateTime);

impl Work for CountTried {
    type Output = u64;

    fn run(self, conn: &mut Conn) -> Result<u64, StoreError> {
        for tried in &self.0 {
            count(conn, tried, self.1)?;
        }
        n_tried(conn, Purpose::Backtest)
    }
}

async fn backtest(
    session: &Session,
    args: &BacktestArgs,
    strategy: &Strategy,
    now: DateTime<Utc>,
) -> Result<StrategyReport, Failure> {
    let period = Period::seasons(args.seasons.clone());
    let purpose = format!("backtest of {}", strategy.id());
    // Counted before it is run: a look that was broken off was a look.
    let data_hash = report::count_look(session, &purpose, &args.seasons, now).await?;
    let table = table(session, strategy).await?;
    Plan::compile(strategy, &table).map_err(|e| Failure::new(REFUSED, e))?;
    if !table.weeks().iter().any(|week| period.contains(*week)) {
        let (a, b) = (args.seasons.start(), args.seasons.end());
        let error = anyhow!("no games of {a}-{b} with openers are stored; see `huddle data status`");
        return Err(Failure::new(6, error));
    }
    let n_trials = ask(
        session,
        CountTried(vec![tried(&strategy.id(), &period, &data_hash)], now.naive_utc()),
    )
    .await?;
    let options = Options {
        seed: session.settings.seed,
        frozen_through: report::FROZEN_THROUGH,
        n_trials,
        data_hash,
        code_version: CODE_VERSION.to_owned(),
        is_simulated: false,
    };
    let strategy = strategy.clone();
    let reported =
        tokio::task::spawn_blocking(move || StrategyReport::of(&table, &strategy, &period, &options)).await;
    let reported = reported
        .context("computing the report")?
        .map_err(|e| Failure::new(REFUSED, e))?;
    ask(session, RecordRun(on_record(&reported, now)?)).await?;
    Ok(reported)
}

async fn ask<W: Work>(session: &Session, work: W) -> Result<W::Output, Failure> {
    let answer = session.house.database.ask(Do(work), How::within(PATIENCE)).await;
    Ok(answer.context("the database did not answer")??)
}

/// A look at one strategy over a period is one trial, however often it is repeated; its neighbours stand for the freedom in
/// its bounds and are named in the report.
fn tried(id: &StrategyId, period: &Period, data_hash: &str) -> Tried {
    Tried {
        cause: format!("backtest/{id}/{period}/{data_hash:.12}"),
        data_hash: data_hash.to_owned(),
        purpose: Purpose::Backtest,
        n: 1,
    }
}

/// The table of the strategy's moment, with progress on a terminal.
async fn table(session: &Session, strategy: &Strategy) -> Result<Arc<Table>, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rounds of seats asked, {eta} left") {
        bar.set_style(style);
    }
    if bar.is_hidden() {
        // A closed standard error stops no backtest.
        let _ = writeln!(std::io::stderr(), "asking every seat about every past slate");
    }
    let (archive, at) = (Arc::clone(&session.archive), strategy.at());
    let told = bar.clone();
    let built = tokio::task::spawn_blocking(move || {
        let quarantine = OpenerReport::of(&archive).quarantine();
        features::table(&archive, at, &ROSTER, &quarantine, &mut |done, of| {
            told.set_length(of as u64);
            told.set_position(done as u64);
        })
    });
    let table = built.await.context("building the table")??;
    bar.finish_and_clear();
    Ok(Arc::new(table))
}

/// The run as it is kept: named by what it was told. The number of trials so far is no part of the name, because the same
/// look later is the same look; the page and the tables are made again from the manifest.
fn on_record(reported: &StrategyReport, now: DateTime<Utc>) -> Result<Run, Failure> {
    let manifest = serde_json::to_value(&reported.manifest).context("writing the manifest")?;
    let result = json!({
        "strategy": reported.strategy,
        "judged": reported.judged.headline,
        "chosen_here": reported.chosen_here.headline,
        "folds": reported.folds,
        "report_sha256": sha256(serde_json::to_string(reported).context("writing the report")?.as_bytes()),
        "n_neighbours_at_most": MAX_FAMILY,
    });
    Ok(Run {
        id: runs::name("backtest", &manifest),
        kind: "backtest".to_owned(),
        at: now.naive_utc(),
        manifest,
        result,
    })
}
