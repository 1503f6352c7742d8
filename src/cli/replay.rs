//! `huddle replay`: a past season played by the whole house in virtual time, from its openers to its last grade, against
//! scripted services that tell nothing before its time.
//!
//! The house is given everything stored of earlier seasons and finds out the rest as a running one would. It has a home of
//! its own, so that nothing of the replay mixes with what was decided in earnest.

mod cost;
mod record;
pub mod stage;
mod text;

use super::output::emit;
use super::report::count_search;
use super::{Failure, session};
use crate::app::House;
use crate::app::unattended::Happened;
use crate::config::Settings;
use crate::home::Home;
use crate::minds::llm::MindSettings;
use crate::sim::upstream::Options;
use crate::store::slots::State;
use crate::store::{Conn, Store, games, journal, quotes};
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use cost::Cost;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use record::SeasonRecord;
use serde::Serialize;
use stage::{Stage, Staging};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Arguments of `huddle replay`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Schedule, results and prices come from scripted services made of what is stored: openers on Tuesday, an invented
way from there to the stored close, scores when a game is over. Statistics, forecasts and injuries of past seasons are
stored nowhere, so their seats are not at the table.

Examples:
  huddle replay --season 2016
  huddle replay --season 2016 --weeks 1-4 --json
  huddle replay --season 2016 --weeks 1 --speed 3600     an hour a second"
)]
pub struct ReplayArgs {
    /// The season.
    #[arg(long)]
    pub season: u16,
    /// Its weeks, as FIRST-LAST or one; all without it.
    #[arg(long, value_parser = parse_weeks)]
    pub weeks: Option<RangeInclusive<u8>>,
    /// The seed of every random stream and of the services.
    #[arg(long)]
    pub seed: Option<u64>,
    /// How fast it goes: max, or how many seconds pass in one.
    #[arg(long, default_value = "max", value_parser = parse_speed)]
    pub speed: Speed,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// How fast virtual time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As fast as the work is done.
    Max,
    /// So many seconds in one of the wall.
    Times(u32),
}

impl Speed {
    fn virtual_seconds(self) -> Option<u32> {
        match self {
            Speed::Max => None,
            Speed::Times(n) => Some(n),
        }
    }
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    match (text, text.parse()) {
        ("max", _) => Ok(Speed::Max),
        (_, Ok(n)) if n > 0 => Ok(Speed::Times(n)),
        _ => Err(format!("`{text}` is no speed: write max, or 3600 for an hour a second")),
    }
}

/// `FIRST-LAST` or one week.
///
/// # Errors
/// A message that shows how weeks are written.
pub fn parse_weeks(text: &str) -> Result<RangeInclusive<u8>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(format!("`{text}` names no weeks: write 1-4 or 7")),
    }
}

/// What a replay came to.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayView {
    /// The season.
    pub season: u16,
    /// The seed.
    pub seed: u64,
    /// Week by week.
    pub weeks: Vec<WeekLine>,
    /// Slots that were done, failed and lost.
    pub n_done: usize,
    /// Slots that failed.
    pub n_failed: usize,
    /// Slots whose moment passed.
    pub n_lost: usize,
    /// Slots that failed or were lost, with the reason.
    pub gaps: Vec<String>,
    /// Crashes the house healed, oldest first.
    pub faults: Vec<String>,
    /// Picks of all weeks.
    pub n_picks: usize,
    /// What the graded ones add up to.
    #[serde(flatten)]
    pub record: SeasonRecord,
    /// Time and memory.
    pub cost: Cost,
    /// Entries of the journal.
    pub journal_entries: i64,
    /// The hash of its last entry: the same facts, settings, seed and program give the same.
    pub journal_hash: String,
    /// The replay's own home; `huddle --home THERE audit verify` reads it.
    pub home: PathBuf,
}

/// A week of a replay.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WeekLine {
    /// The week.
    pub week: u8,
    /// Rounds that were held.
    pub n_rounds: usize,
    /// Picks.
    pub n_picks: usize,
    /// Passes, each with its reason.
    pub n_passes: usize,
    /// Picks won.
    pub wins: usize,
    /// Picks lost.
    pub losses: usize,
    /// Picks returned.
    pub pushes: usize,
    /// Profit.
    pub profit_cents: i64,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] 6 when the season is not stored, 3 when the replay's home cannot be used, 1 when the house gave up.
pub fn run(args: &ReplayArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    settings.seed = args.seed.unwrap_or(settings.seed);
    // A look at a season is counted before it is taken.
    let purpose = format!("replay of {}", name(args, settings.seed));
    count_search(home, &settings, &purpose, &(args.season..=args.season), now)?;
    let stage = stage(&mut session::reading(home)?, args, settings.seed)?;
    let folder = home.data_dir().join("replays").join(&stage.name);
    let store = empty(&folder)?;
    stage.tell(&store, now)?;
    // What is looked at in the replay's home later is looked at under the replay's settings; no model sat there.
    let own = Settings {
        minds: MindSettings::default(),
        ..settings.clone()
    };
    let text = toml::to_string(&own).context("writing the replay's settings")?;
    std::fs::write(folder.join("config.toml"), text).context("writing the replay's settings")?;
    let staging = Staging {
        options: Options {
            seed: settings.seed,
            ..Options::default()
        },
        settings,
        speed: args.speed.virtual_seconds(),
    };
    let (happened, cost, faults) = play(&stage, &store, &staging)?;
    let view = view(&stage, &mut *store.conn()?, &happened, cost, faults, folder)?;
    emit(args.json, out, &view, |out| text::print(out, &view))?;
    Ok(0)
}

fn stage(conn: &mut Conn, args: &ReplayArgs, seed: u64) -> Result<Stage, Failure> {
    let weeks = args.weeks.clone().unwrap_or(1..=u8::MAX);
    let (games, quotes) = (games::all(conn)?, quotes::all(conn)?);
    let staged = Stage::new(name(args, seed), (args.season, weeks), seed, games, quotes);
    staged.ok_or_else(|| {
        let season = args.season;
        let error = anyhow!("no games of {season} are stored there; see `huddle data status`");
        Failure::new(6, error)
    })
}

/// An empty database in a folder of its own; an earlier replay of the same name gives way.
fn empty(folder: &Path) -> Result<Store, Failure> {
    let remade = || -> io::Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)
    };
    let made = remade().with_context(|| format!("making the folder {}", folder.display()));
    made.map_err(|e| Failure::new(3, e))?;
    Store::open(&folder.join("huddle.db")).map_err(|e| Failure::new(e.exit_code(), e))
}

/// Plays it and returns what became of each slot, what it cost, and every crash.
fn play(stage: &Stage, store: &Store, staging: &Staging) -> Result<(Vec<Happened>, Cost, Vec<String>), Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} slots done, {elapsed} gone; {msg}") {
        bar.set_style(style);
    }
    let mut happened = Vec::new();
    let mut cost = Cost::begin();
    let each = |_: &House, slot: &Happened| {
        bar.inc(1);
        bar.set_message(format!("{}, {}: {}", slot.slot.when, slot.slot.task, slot.note));
        cost.after(slot.slot.when.week);
        happened.push(slot.summary());
    };
    let ((), faults) = stage.play(store, staging, each, async |_, _| ())?;
    bar.finish_and_clear();
    cost.end();
    Ok((happened, cost, faults))
}

/// What a replay is called: the same is played again in its place.
fn name(args: &ReplayArgs, seed: u64) -> String {
    let weeks = args.weeks.as_ref().map_or(String::new(), |weeks| {
        format!("-weeks{}-{}", weeks.start(), weeks.end())
    });
    format!("{}{weeks}-seed{seed}", args.season)
}

/// What it came to.
fn view(
    stage: &Stage,
    conn: &mut Conn,
    happened: &[Happened],
    cost: Cost,
    faults: Vec<String>,
    home: PathBuf,
) -> Result<ReplayView, Failure> {
    let mut weeks: BTreeMap<u8, WeekLine> = BTreeMap::new();
    for slot in happened {
        let line = weeks.entry(slot.slot.when.week).or_default();
        line.week = slot.slot.when.week;
        line.n_rounds += usize::from(slot.n_picks + slot.n_passes > 0);
        line.n_picks += slot.n_picks;
        line.n_passes += slot.n_passes;
    }
    let record = record::record(conn, stage.season, stage.seed, &mut weeks)?;
    let n = |state: State| happened.iter().filter(|slot| slot.state == state).count();
    let gap = |slot: &&Happened| slot.state != State::Done;
    let told = |slot: &Happened| format!("{} {}: {}", slot.id, slot.state, slot.note);
    let head = journal::head(conn)?;
    Ok(ReplayView {
        season: stage.season,
        seed: stage.seed,
        n_picks: weeks.values().map(|week| week.n_picks).sum(),
        weeks: weeks.into_values().collect(),
        n_done: n(State::Done),
        n_failed: n(State::Failed),
        n_lost: n(State::Lost),
        gaps: happened.iter().filter(gap).map(told).collect(),
        faults,
        record,
        cost,
        journal_entries: head.seq,
        journal_hash: head.hash,
        home,
    })
}
