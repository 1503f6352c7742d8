//! `huddle cycle`: strategies that improve themselves, season after season, and the record nobody chose by.

use super::output::emit;
use super::session::{self, NetArgs, Session};
use super::{Failure, report};
use crate::actor::How;
use crate::app::order::CODE_VERSION;
use crate::app::research::News;
use crate::app::research::written::{BeginCycle, CountValidated, RecordRun};
use crate::backtest::cycle::record::{RecordLine, record};
use crate::backtest::cycle::state::{CycleSpec, Lesson, Phase, State};
use crate::backtest::cycle::{Begin, season_facts};
use crate::backtest::evolution::EvolutionSettings;
use crate::backtest::features;
use crate::backtest::leak::FeatureReport;
use crate::backtest::openers::OpenerReport;
use crate::domain::belief::Basis;
use crate::engine::manifest::Manifest;
use crate::home::Home;
use crate::minds::quant::ROSTER;
use crate::store::keeper::Do;
use crate::store::keeper::Work;
use crate::store::research::cycles::{self, CycleRow, Decided};
use crate::store::research::runs::{self, Run};
use crate::store::{Conn, StoreError};
use crate::strategy::feature::Known;
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

mod text;

/// Arguments of `huddle cycle`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Before each judging season: generation, backtest, validation, analysis, evolution, as often as --iterations says.
Each step is stored before the next. Killed in any phase, the same command goes on from there and ends the same.

Examples:
  huddle cycle                          judge 2012 to 2017, seasons settings were chosen on
  huddle cycle --seasons 2012-2021      a look at judged seasons: it is counted
  huddle cycle --leakcheck leak.json    with what `huddle leakcheck --features --json` found
  huddle cycle --status                 how far it is, and what was decided, without doing anything"
)]
pub struct CycleArgs {
    /// The seasons that judge, as FIRST-LAST or one.
    #[arg(long, default_value = "2012-2017", value_parser = report::parse_seasons)]
    pub seasons: RangeInclusive<u16>,
    /// Rounds of the five phases before each judging season.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub iterations: u32,
    /// The seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// What `huddle leakcheck --features --json` printed: strategies that use what it calls biased are refused.
    #[arg(long, value_name = "FILE", conflicts_with = "status")]
    pub leakcheck: Option<PathBuf>,
    /// Print how far the last cycle is, and its decisions; changes nothing.
    #[arg(long)]
    pub status: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What the verb prints.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The cycle's name.
    pub id: String,
    /// True when all seasons are judged.
    pub finished: bool,
    /// Stored steps.
    pub n_steps: u64,
    /// What comes next.
    pub phase: Phase,
    /// Where it comes from.
    pub manifest: Manifest,
    /// The record, a line for each way of betting.
    pub record: Vec<RecordLine>,
    /// The seasons that were judged, by the part of the past they belong to: record lines of each part.
    pub parts: BTreeMap<String, Vec<RecordLine>>,
    /// Strategies in production.
    pub production: Vec<String>,
    /// Strategies a person has to look at.
    pub flagged: Vec<String>,
    /// What was learnt.
    pub lessons: Vec<Lesson>,
    /// The decisions, in order.
    pub decisions: Vec<Decided>,
    /// Strategies scored on searched seasons.
    pub n_trained: u64,
    /// Strategies validated by this cycle.
    pub n_validated: u64,
}

/// Validators; the power of three at these thresholds is in `docs/swarms.md`.
const N_VALIDATORS: usize = 3;
/// Two seasons to search on and one for each validator.
const MIN_PAST: usize = 5;
/// Reading a fingerprint of everything takes a second in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session; 6 when too few seasons are stored; 130 when interrupted, and the same command goes on.
pub fn run(args: &CycleArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let biased = args.leakcheck.as_deref().map(biased).transpose()?.unwrap_or_default();
    let outcome = if args.status {
        let mut conn = session::reading(home)?;
        let row = cycles::latest(&mut conn)?
            .ok_or_else(|| Failure::new(6, anyhow!("no cycle was begun yet; `huddle cycle` begins one")))?;
        let decisions = cycles::decisions(&mut conn, &row.id)?;
        outcome(row, decisions)?
    } else {
        let adjust = |settings: &mut crate::config::Settings| {
            settings.seed = args.seed.unwrap_or(settings.seed);
            Ok(())
        };
        session::in_home(home, NetArgs { offline: true }, adjust, async |session: &Session| {
            cycle(session, args, biased, now).await
        })?
    };
    emit(args.json, out, &outcome, |out| text::print(out, &outcome))?;
    Ok(0)
}

/// The decisions of a cycle.
struct ReadDecisions(String);

impl Work for ReadDecisions {
    type Output = Vec<Decided>;

    fn run(self, conn: &mut Conn) -> Result<Vec<Decided>, StoreError> {
        cycles::decisions(conn, &self.0)
    }
}

async fn ask<W: Work>(session: &Session, work: W) -> Result<W::Output, Failure> {
    let answer = session.house.database.ask(Do(work), How::within(PATIENCE)).await;
    Ok(answer.context("the database did not answer")??)
}

/// The words a stored leak check calls biased.
fn biased(path: &Path) -> Result<Vec<String>, Failure> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("reading {name}"));
    let text = text.map_err(|e| Failure::new(2, e))?;
    let report: FeatureReport = serde_json::from_slice(&text)
        .with_context(|| format!("{name} is not what `huddle leakcheck --features --json` prints"))
        .map_err(|e| Failure::new(5, e))?;
    if report.features.is_empty() {
        return Err(Failure::new(
            5,
            anyhow!("{name} has compared no feature: nothing was checked"),
        ));
    }
    if report.basis != Basis::Open {
        let error = anyhow!("{name} was made at the close; a cycle bets at the open: make it with --as-of open");
        return Err(Failure::new(5, error));
    }
    Ok(report.biased().cloned().collect())
}

async fn cycle(
    session: &Session,
    args: &CycleArgs,
    biased: Vec<String>,
    now: DateTime<Utc>,
) -> Result<Outcome, Failure> {
    let data_hash = report::count_look(session, "cycle", &args.seasons, now).await?;
    let archive = Arc::clone(&session.archive);
    say("building the table of candidate bets at the open");
    let built = tokio::task::spawn_blocking(move || {
        let quarantine = OpenerReport::of(&archive).quarantine();
        features::table(&archive, Known::Open, &ROSTER, &quarantine, &mut |_, _| {})
    });
    let table = Arc::new(built.await.context("building the table")??);
    let n_validated_before = ask(session, CountValidated).await?;
    let spec = CycleSpec {
        seed: session.settings.seed,
        first_test: *args.seasons.start(),
        last_test: *args.seasons.end(),
        n_iterations: args.iterations,
        n_validators: N_VALIDATORS,
        evolution: EvolutionSettings::default(),
        min_past: MIN_PAST,
        biased,
        n_validated_before,
        seasons: season_facts(&table),
        data_hash,
        table_hash: table.hash().to_owned(),
        code_version: CODE_VERSION.to_owned(),
    };
    let row = ask(session, begin_order(&spec, now)?).await?;
    let n_folds = spec.seasons.iter().filter(|f| args.seasons.contains(&f.season)).count();
    if n_folds == 0 {
        let (a, b) = (args.seasons.start(), args.seasons.end());
        let error = anyhow!("no games of {a}-{b} with openers are stored; see `huddle data status`");
        return Err(Failure::new(6, error));
    }
    if row.step > 0 && !row.done {
        say(&format!("going on with cycle {} after step {}", row.id, row.step));
    }
    // The spec that counts is the one the cycle was begun with: it knows how many were validated before it.
    let spec: CycleSpec = serde_json::from_value(row.spec.clone()).context("reading the cycle's spec")?;
    let state: State = serde_json::from_value(row.state.clone()).context("reading the cycle's state")?;
    let id = row.id.clone();
    if !row.done {
        let begin = Begin {
            id: id.clone(),
            spec: spec.clone(),
            state,
            n_steps: row.step,
            table,
        };
        follow(session, begin, n_folds).await?;
    }
    let row = ask(session, begin_order(&spec, now)?).await?;
    let decisions = ask(session, ReadDecisions(id)).await?;
    let outcome = outcome(row, decisions)?;
    ask(session, RecordRun(on_record(&outcome, now)?)).await?;
    Ok(outcome)
}

/// The order to begin a cycle, or to find it. Its name leaves out how many strategies were validated before, so that the
/// same command finds the cycle it began.
fn begin_order(spec: &CycleSpec, now: DateTime<Utc>) -> Result<BeginCycle, Failure> {
    let whole = serde_json::to_value(spec).context("writing the spec")?;
    let mut named = whole.clone();
    if let Value::Object(map) = &mut named {
        map.remove("n_validated_before");
    }
    Ok(BeginCycle {
        id: runs::name("cycle", &named),
        spec: whole,
        state: serde_json::to_value(State::new()).context("writing the state")?,
        at: now.naive_utc(),
    })
}

/// Hands the cycle over and follows it to its end.
async fn follow(session: &Session, begin: Begin, n_folds: usize) -> Result<(), Failure> {
    let n_each = u64::from(begin.spec.n_iterations) * STEPS_PER_ITERATION + 2;
    let bar = ProgressBar::with_draw_target(Some(n_folds as u64 * n_each), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}, {eta} left") {
        bar.set_style(style);
    }
    let mut news = session.house.research(begin).await.map_err(|e| Failure::new(1, e))?;
    while let Some(one) = news.recv().await {
        match one {
            News::Step {
                phase, season, line, ..
            } => {
                bar.inc(1);
                bar.set_message(format!("{}: {phase}", season.unwrap_or_default()));
                if bar.is_hidden() {
                    let season = season.map_or_else(String::new, |s| format!("{s} "));
                    say(&format!("{season}{phase}: {line}"));
                }
            }
            News::Finished(_) => {
                bar.finish_and_clear();
                return Ok(());
            }
            News::Broken(reason) => {
                bar.finish_and_clear();
                return Err(Failure::new(
                    1,
                    anyhow!("the cycle stopped: {reason}; the same command goes on"),
                ));
            }
        }
    }
    bar.finish_and_clear();
    Err(Failure::new(
        1,
        anyhow!("the cycle's actor is gone; the same command goes on"),
    ))
}

/// Four phases and some four candidates before the validators.
const STEPS_PER_ITERATION: u64 = 8;

/// A line for whoever waits; a closed standard error stops no cycle.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn outcome(row: CycleRow, decisions: Vec<Decided>) -> Result<Outcome, Failure> {
    let spec: CycleSpec = serde_json::from_value(row.spec).context("reading the cycle's spec")?;
    let state: State = serde_json::from_value(row.state).context("reading the cycle's state")?;
    let (chosen, judging): (Vec<_>, Vec<_>) = state
        .judged
        .iter()
        .cloned()
        .partition(|j| j.season <= report::FROZEN_THROUGH);
    let mut parts = BTreeMap::new();
    for (name, part) in [("parameters chosen here", chosen), ("judged", judging)] {
        if !part.is_empty() {
            parts.insert(name.to_owned(), record(&part, spec.seed));
        }
    }
    let parameters = [
        ("period", format!("{}-{}", spec.first_test, spec.last_test)),
        ("iterations", spec.n_iterations.to_string()),
        ("validators", spec.n_validators.to_string()),
        ("evolution", json!(spec.evolution).to_string()),
    ];
    Ok(Outcome {
        finished: row.done,
        n_steps: row.step,
        phase: state.phase,
        manifest: Manifest {
            data_hash: spec.data_hash,
            table_hash: spec.table_hash,
            code_version: spec.code_version,
            seed: spec.seed,
            parameters: parameters.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            n_trials: spec.n_validated_before + state.n_validated,
        },
        record: record(&state.judged, spec.seed),
        parts,
        production: state
            .production
            .iter()
            .map(|d| format!("{} {}", d.strategy.id(), d.strategy))
            .collect(),
        flagged: state.flagged.iter().map(ToString::to_string).collect(),
        lessons: state.lessons,
        decisions,
        n_trained: state.n_trained,
        n_validated: state.n_validated,
        id: row.id,
    })
}

fn on_record(outcome: &Outcome, now: DateTime<Utc>) -> Result<Run, Failure> {
    Ok(Run {
        id: outcome.id.clone(),
        kind: "cycle".to_owned(),
        at: now.naive_utc(),
        manifest: serde_json::to_value(&outcome.manifest).context("writing the manifest")?,
        result: json!({
            "record": outcome.record,
            "parts": outcome.parts,
            "production": outcome.production,
            "flagged": outcome.flagged,
            "n_trained": outcome.n_trained,
            "n_validated": outcome.n_validated,
        }),
    })
}
