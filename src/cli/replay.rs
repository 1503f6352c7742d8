//! `huddle replay`: a past season played by the whole house in virtual time, from its openers to its last grade, against
//! scripted services that tell nothing before its time.
//!
//! The house is given everything stored of earlier seasons and finds out the rest as a running one would. It has a home of
//! its own, so that nothing of the replay mixes with what was decided in earnest.

use super::output::emit;
use super::report::count_search;
use super::{Failure, session, words};
use crate::app::sync::Topic;
use crate::app::unattended::{self, Happened, Standing};
use crate::app::{House, HouseSpec};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::game::{Game, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::quote::Quote;
use crate::feeds::{Facts, FileKind};
use crate::home::Home;
use crate::minds::llm::MindSettings;
use crate::sim::upstream::{Options, Upstream, World as Services};
use crate::store::decisions;
use crate::store::imports::{self, SourceFile};
use crate::store::slots::State;
use crate::store::{Conn, Store, games, journal, quotes};
use crate::swarms::pool::PoolSettings;
use crate::upstream::Door;
use crate::world::World;
use anyhow::{Context as _, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `huddle replay`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Schedule, results and prices come from scripted services made of what is stored: openers on Tuesday, an invented
way from there to the stored close, scores when a game is over. Statistics, forecasts and injuries of past seasons are
stored nowhere, so their seats are not at the table.

Examples:
  huddle replay --season 2016
  huddle replay --season 2016 --weeks 1-4 --json"
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
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn parse_weeks(text: &str) -> Result<RangeInclusive<u8>, String> {
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
    /// Of them graded.
    pub n_graded: usize,
    /// Of the graded, those with a closing line value.
    pub n_clv: usize,
    /// Mean closing line value in points, over spreads and totals that have one.
    pub mean_clv_points: Option<f64>,
    /// Profit of all graded picks.
    pub profit_cents: i64,
    /// Their stakes.
    pub staked_cents: i64,
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
    let stage = Stage::of(&mut session::reading(home)?, args, settings.seed)?;
    let folder = home.data_dir().join("replays").join(&stage.name);
    let store = stage.store(&folder, now)?;
    let (happened, faults) = play(&stage, &store, &settings)?;
    let view = stage.view(&mut *store.conn()?, &happened, faults, folder)?;
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

/// What a replay is called: the same is played again in its place.
fn name(args: &ReplayArgs, seed: u64) -> String {
    let weeks = args.weeks.as_ref().map_or(String::new(), |weeks| {
        format!("-weeks{}-{}", weeks.start(), weeks.end())
    });
    format!("{}{weeks}-seed{seed}", args.season)
}

/// What is replayed, and what is known before it.
struct Stage {
    name: String,
    season: u16,
    seed: u64,
    past: (Vec<Game>, Vec<Quote>),
    played: (Vec<Game>, Vec<Quote>),
}

impl Stage {
    fn of(conn: &mut Conn, args: &ReplayArgs, seed: u64) -> Result<Stage, Failure> {
        let (season, weeks) = (args.season, args.weeks.clone().unwrap_or(1..=u8::MAX));
        let all = games::all(conn)?;
        let is_past =
            |when: SeasonWeek| when.season < season || (when.season == season && when.week < *weeks.start());
        let (past, rest): (Vec<Game>, Vec<Game>) = all.into_iter().partition(|g| is_past(g.fixture.when));
        let inside = |g: &Game| g.fixture.when.season == season && weeks.contains(&g.fixture.when.week);
        let played: Vec<Game> = rest.into_iter().filter(inside).collect();
        if played.is_empty() {
            let error = anyhow!("no games of {season} are stored there; see `huddle data status`");
            return Err(Failure::new(6, error));
        }
        let known: BTreeSet<_> = past.iter().map(|g| g.fixture.id.clone()).collect();
        let ours: BTreeSet<_> = played.iter().map(|g| g.fixture.id.clone()).collect();
        let quotes = quotes::all(conn)?;
        let (before, rest): (Vec<Quote>, Vec<Quote>) = quotes.into_iter().partition(|q| known.contains(&q.game));
        let during = rest.into_iter().filter(|q| ours.contains(&q.game)).collect();
        Ok(Stage {
            name: name(args, seed),
            season,
            seed,
            past: (past, before),
            played: (played, during),
        })
    }

    /// A database of what is known before it, in a folder of its own; an earlier replay of the same name gives way.
    fn store(&self, folder: &Path, now: DateTime<Utc>) -> Result<Store, Failure> {
        let remade = || -> io::Result<()> {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
            std::fs::create_dir_all(folder)
        };
        let made = remade().with_context(|| format!("making the folder {}", folder.display()));
        made.map_err(|e| Failure::new(3, e))?;
        let store = Store::open(&folder.join("huddle.db")).map_err(|e| Failure::new(e.exit_code(), e))?;
        let facts = Facts {
            games: self.past.0.clone(),
            quotes: self.past.1.clone(),
            ..Facts::default()
        };
        let told = SourceFile::of("seasons before the replay", self.name.as_bytes());
        imports::facts(&mut *store.conn()?, FileKind::Games, facts, &told, now)?;
        Ok(store)
    }

    /// When lines first open.
    fn opens_at(&self) -> DateTime<Utc> {
        let opens = self.played.0.iter().map(|g| g.fixture.opens_at).min();
        opens.unwrap_or_default()
    }

    /// When the last result is graded for certain.
    fn ends_at(&self) -> DateTime<Utc> {
        let settled = self.played.0.iter().map(|g| g.fixture.settles_at()).max();
        settled.unwrap_or_default() + TimeDelta::days(1)
    }
}

/// Plays the season and returns what became of each slot, and every crash.
fn play(stage: &Stage, store: &Store, settings: &Settings) -> Result<(Vec<Happened>, Vec<String>), Failure> {
    let from = stage.opens_at() - TimeDelta::hours(1);
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} slots done, {elapsed} gone; {msg}") {
        bar.set_style(style);
    }
    let services = Services::new(&stage.played.0, &stage.played.1, stage.seed);
    let (done, faults) = World::replay(stage.seed, from, async |world| {
        let clock = world.clock();
        let options = Options {
            seed: stage.seed,
            ..Options::default()
        };
        let upstream = Upstream::new(services, options, from);
        let house = house(store, settings, &clock, Door::new(upstream, clock.clone()));
        let standing = Standing {
            settings: settings.clone(),
            clock,
            topics: [Topic::Schedule, Topic::Results, Topic::Odds].into(),
            nws_base: None,
            since: from,
            until: Some(stage.ends_at()),
        };
        let mut happened = Vec::new();
        let done = unattended::run(&house, &standing, |slot| {
            bar.inc(1);
            bar.set_message(format!("{}, {}: {}", slot.slot.when, slot.slot.task, slot.note));
            happened.push(slot.clone());
        })
        .await;
        house.stop().await;
        done.map(|()| happened)
    });
    bar.finish_and_clear();
    let done = done.ok_or_else(|| Failure::new(1, anyhow!("the replay waits for what never comes")))?;
    Ok((done.map_err(|e| Failure::new(1, e))?, faults))
}

fn house(store: &Store, settings: &Settings, clock: &Clock, door: Door) -> House {
    House::start(HouseSpec {
        store: store.clone(),
        clock: clock.clone(),
        seeds: crate::clock::Seeds::new(settings.seed),
        limits: settings.risk,
        pool: PoolSettings::default(),
        policies: settings.api.policies(),
        wire: Arc::new(door),
        // A model may have read how the season ended.
        minds: MindSettings::default(),
    })
}

impl Stage {
    fn view(
        &self,
        conn: &mut Conn,
        happened: &[Happened],
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
        let graded = Graded::of(conn, &mut weeks)?;
        let n = |state: State| happened.iter().filter(|slot| slot.state == state).count();
        let gap = |slot: &&Happened| slot.state != State::Done;
        let told = |slot: &Happened| format!("{} {}: {}", slot.id, slot.state, slot.note);
        let head = journal::head(conn)?;
        Ok(ReplayView {
            season: self.season,
            seed: self.seed,
            n_picks: weeks.values().map(|week| week.n_picks).sum(),
            weeks: weeks.into_values().collect(),
            n_done: n(State::Done),
            n_failed: n(State::Failed),
            n_lost: n(State::Lost),
            gaps: happened.iter().filter(gap).map(told).collect(),
            faults,
            n_graded: graded.n,
            n_clv: graded.n_clv,
            mean_clv_points: graded.mean_points(),
            profit_cents: graded.profit.0,
            staked_cents: graded.staked.0,
            journal_entries: head.seq,
            journal_hash: head.hash,
            home,
        })
    }
}

/// What graded picks add up to.
#[derive(Default)]
struct Graded {
    n: usize,
    profit: Cents,
    staked: Cents,
    /// Those with a closing line value, in points or, for a moneyline, in probability.
    n_clv: usize,
    /// Closing line values, in points.
    clv: Vec<f64>,
}

impl Graded {
    /// Adds all graded picks up, in all and by week.
    fn of(conn: &mut Conn, weeks: &mut BTreeMap<u8, WeekLine>) -> Result<Graded, Failure> {
        let mut all = Graded::default();
        let mut week_of: BTreeMap<String, u8> = BTreeMap::new();
        for (pick, grade) in decisions::graded(conn, None)? {
            let Some(grade) = grade.filter(|_| pick.status == "pick") else {
                continue;
            };
            let week = match week_of.get(&pick.round_id) {
                Some(week) => *week,
                None => {
                    let round = decisions::round(conn, &pick.round_id)?;
                    let week = round.and_then(|r| u8::try_from(r.week).ok()).unwrap_or_default();
                    week_of.insert(pick.round_id.clone(), week);
                    week
                }
            };
            let line = weeks.entry(week).or_default();
            match grade.result.as_str() {
                "win" => line.wins += 1,
                "loss" => line.losses += 1,
                _ => line.pushes += 1,
            }
            line.profit_cents += grade.profit_cents;
            all.n += 1;
            all.profit += Cents(grade.profit_cents);
            all.staked += Cents(pick.stake_cents);
            all.n_clv += usize::from(grade.clv_points.or(grade.clv_probability).is_some());
            all.clv.extend(grade.clv_points);
        }
        Ok(all)
    }

    fn mean_points(&self) -> Option<f64> {
        (!self.clv.is_empty()).then(|| self.clv.iter().sum::<f64>() / self.clv.len() as f64)
    }
}

fn print(out: &mut dyn Write, view: &ReplayView) -> io::Result<()> {
    writeln!(
        out,
        "REPLAY of {} with seed {}: prices between opener and close are invented · PAPER",
        view.season, view.seed
    )?;
    writeln!(out, "week  rounds  picks  passes  W-L-P     profit")?;
    for w in &view.weeks {
        let record = format!("{}-{}-{}", w.wins, w.losses, w.pushes);
        let profit = words::grouped(Cents(w.profit_cents));
        writeln!(
            out,
            "{:>4}  {:>6}  {:>5}  {:>6}  {record:<8}  {profit:>8}",
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
    let clv = view
        .mean_clv_points
        .map_or("n/a".to_owned(), |clv| format!("{clv:+.2} points"));
    writeln!(
        out,
        "graded   {} of {} picks; closing line value of {} of them, mean over spreads and totals {clv}; {} on {} staked",
        view.n_graded,
        view.n_picks,
        view.n_clv,
        words::grouped(Cents(view.profit_cents)),
        words::grouped(Cents(view.staked_cents))
    )?;
    writeln!(
        out,
        "journal  {} entries, hash {}",
        view.journal_entries, view.journal_hash
    )?;
    writeln!(out, "home     {}", view.home.display())
}
