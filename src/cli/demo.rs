//! `huddle demo`: the whole house at work on an invented league, within seconds and with nothing set up.
//!
//! The league, its results and its prices are drawn from a seed; everything else is the real thing: the same actors, the
//! same database, the same rounds. Every screen says SIMULATED.

use super::grade::{GradeView, print as print_grades};
use super::picks::{Slate, parse_seat, print as print_slate};
use super::session::{Session, in_house};
use super::sync::print_steps;
use super::{Failure, words};
use crate::agents::specialists::data_engineer::AsOf;
use crate::api::Provider;
use crate::app::grading::grade_all;
use crate::app::order::WeekOrder;
use crate::app::sync::{SyncOrder, Topic, sync};
use crate::app::week::play;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use crate::feeds::{Facts, FileKind};
use crate::sim::upstream::{Options, SERVED, Upstream, World, current_season, prefix};
use crate::sim::{FIRST_SEASON, League, SimOptions};
use crate::store::Store;
use crate::store::imports::{self, SourceFile};
use crate::swarms::round::Round;
use crate::upstream::{Door, IN_PROCESS};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `huddle demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// The seed of the league and of every random stream.
    #[arg(long, default_value_t = 4)]
    pub seed: u64,
    /// Weeks to play.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub weeks: u8,
    /// The seat that is brought down in the middle of the second week.
    #[arg(long, default_value = "elo", value_parser = parse_seat, value_name = "SEAT")]
    pub kill: Seat,
}

/// Seasons that only teach: ratings and records need them as they would in a real league.
const SEASONS_BEFORE: u16 = 5;
/// The first week that is shown: by then the season has results of its own.
const FIRST_WEEK: u8 = 5;

/// Runs the verb.
///
/// # Errors
/// [`Failure`] when the temporary database or an actor fails.
pub fn run(args: &DemoArgs, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let folder = Temporary::new()?;
    let season = FIRST_SEASON + SEASONS_BEFORE;
    writeln!(
        out,
        "SIMULATED: an invented league, seasons {FIRST_SEASON}-{season}, seed {}.",
        args.seed
    )?;
    writeln!(out, "No game, price or result below ever happened. Paper only.\n")?;
    let store = Store::open(&folder.0.join("huddle.db"))?;
    import(&store, args.seed, season, now)?;
    let settings = Settings {
        seed: args.seed,
        ..Settings::default()
    };
    let services = services(args.seed, now)?;
    in_house(
        store,
        settings,
        Arc::new(services.clone()),
        async |session: &Session| {
            for week in FIRST_WEEK..FIRST_WEEK + args.weeks {
                let kill = (week == FIRST_WEEK + 1).then(|| args.kill.clone());
                show_week(session, SeasonWeek { season, week }, kill, now, out).await?;
            }
            bring_facts(session, &services, out).await?;
            tree(session, out).await
        },
    )?;
    writeln!(out, "\nSIMULATED. Real games: `huddle data sync`, then `huddle picks`.")?;
    Ok(0)
}

/// Openers that are hard to beat, so that most markets are passes, as they are in a real week.
fn demo_league() -> SimOptions {
    SimOptions {
        opener_error_points: 1.25,
        close_error_points: 0.8,
        predictable_share: 0.15,
        ..SimOptions::default()
    }
}

fn import(store: &Store, seed: u64, season: u16, now: DateTime<Utc>) -> Result<(), Failure> {
    let league = League::generate(seed, FIRST_SEASON..=season, demo_league());
    let facts = Facts {
        games: league.games,
        quotes: league.quotes,
        ..Facts::default()
    };
    let source = SourceFile::of("simulated league", &seed.to_le_bytes());
    let mut conn = store.conn()?;
    imports::facts(&mut conn, FileKind::Games, facts, &source, now)?;
    Ok(())
}

/// One week: the argument, the slate, and when its games are over the grades.
async fn show_week(
    session: &Session,
    when: SeasonWeek,
    kill: Option<Seat>,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if let Some(seat) = &kill {
        writeln!(
            out,
            "SIMULATED crash: {seat} is brought down in the middle of this round."
        )?;
    }
    let order = WeekOrder {
        archive: Arc::clone(&session.archive),
        when,
        as_of: AsOf::Open,
        settings: session.settings.clone(),
        now,
        keep: true,
        kill,
        guidance: Arc::default(),
    };
    let played = play(&session.house, &order).await?;
    for round in &played.rounds {
        argument(out, round)?;
    }
    let mut slate = Slate::of(&played, &order)?;
    slate.simulated = true;
    print_slate(out, &slate, false)?;
    let over = session
        .archive
        .week(when)
        .iter()
        .map(|f| f.settles_at())
        .max()
        .unwrap_or(now);
    let mut grades = grade_all(&session.house, &session.archive, over).await?;
    grades
        .bets
        .retain(|b| played.rounds.iter().any(|r| r.convened.round.0 == b.round));
    writeln!(out, "\nSIMULATED results of week {}", when.week)?;
    print_grades(out, &GradeView::of(&grades, &session.archive.as_of(over)))?;
    writeln!(out, "{}", "-".repeat(100))?;
    Ok(())
}

/// The most disputed spread of a round, seat by seat: alone, and after hearing the others.
fn argument(out: &mut dyn Write, round: &Round) -> io::Result<()> {
    let disputed = round
        .decisions
        .iter()
        .filter(|d| d.agreement.market == Market::Spread)
        .filter_map(|d| {
            let side = d.side?;
            let (ours, theirs) = (d.agreement.votes_for(side), d.agreement.votes_for(side.other()));
            (theirs > 0).then_some(((theirs, ours), d))
        })
        .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.id.cmp(&a.1.id)));
    let Some((_, decision)) = disputed else { return Ok(()) };
    let (Some(offer), Some(side)) = (words::offer_of(&round.convened.slate, decision), decision.side) else {
        return Ok(());
    };
    let f = &offer.fixture;
    let line = decision.agreement.line;
    let ours = words::pick(f, Market::Spread, side, line);
    let theirs = words::pick(f, Market::Spread, side.other(), line);
    writeln!(
        out,
        "SIMULATED week {}: the table argues about {} ({ours} or {theirs})",
        f.when.week,
        f.label()
    )?;
    let of_side = |p: f64| if side.is_first() { p } else { 1.0 - p };
    let fair = of_side(decision.agreement.fair.get());
    writeln!(
        out,
        "  the market gives {ours} {:.1}%; seats depart from that by",
        fair * 100.0
    )?;
    for vote in &decision.agreement.votes {
        let says = match &vote.stance {
            Ok(voted) if *voted == side => ours.clone(),
            Ok(_) => theirs.clone(),
            Err(why) => format!("silent: {why}"),
        };
        let p = |p: Option<crate::domain::probability::Probability>| {
            p.map_or("-".to_owned(), |p| {
                format!("{:+.2}pp", (of_side(p.get()) - fair) * 100.0)
            })
        };
        let alone = round.seats.get(&vote.seat).and_then(|log| log.answer.as_ref());
        let opinion = alone.and_then(|a| {
            a.opinions
                .iter()
                .find(|o| o.game == decision.agreement.game && o.market == Market::Spread)
        });
        let reason = opinion
            .and_then(|o| o.stance.as_ref().ok())
            .and_then(|b| b.evidence.first())
            .map_or("", |e| e.text.as_str());
        writeln!(
            out,
            "  {:15} {:>8} alone, {:>8} after hearing the others  {:24} {reason}",
            vote.seat,
            p(vote.p_first_alone),
            p(vote.p_first),
            says
        )?;
    }
    writeln!(out)
}

/// The five services, in this process, with one of them failing.
fn services(seed: u64, now: DateTime<Utc>) -> Result<Door, Failure> {
    let (games, quotes) = current_season(seed, now);
    let options = Options {
        seed,
        faults: FAULTS.parse().context("the demonstration's own faults")?,
        ..Options::default()
    };
    let upstream = Upstream::new(World::new(&games, &quotes, seed), options, now);
    Ok(Door::new(upstream, Clock::system()))
}

/// Half of the answers of the odds fail, and the injury reports are noise.
const FAULTS: &str = "odds:odds/http_503@0.5,espn:injuries/garbage";

/// Brings this week's facts from services that nobody runs, through the real gate.
async fn bring_facts(session: &Session, services: &Door, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "SIMULATED services, real gate: {FAULTS}")?;
    let mut order = SyncOrder::of(&Topic::ALL, "demo");
    order.nws_base = Some(format!("{IN_PROCESS}{}", prefix(Provider::Nws)));
    let steps = sync(&session.house, &order, &session.clock, |_| {}).await;
    print_steps(out, &steps)?;
    let counts = services.counts();
    let calls: u64 = SERVED.into_iter().map(|p| counts.calls(p)).sum();
    let charged = counts.charged(Provider::OddsApi);
    writeln!(out, "{calls} calls, {charged} SIMULATED credits of 500\n")?;
    Ok(())
}

async fn tree(session: &Session, out: &mut dyn Write) -> Result<(), Failure> {
    let tree = session.house.root.tree(std::time::Duration::from_secs(5)).await;
    let tree = tree.context("the supervisor tree did not answer")?;
    writeln!(out, "SIMULATED run, real supervision: who was restarted")?;
    let mut stack = vec![(0usize, &tree)];
    while let Some((depth, branch)) = stack.pop() {
        let restarts = branch.vitals.restarts;
        let mark = match restarts {
            0 => String::new(),
            1 => "  <- crashed once, came back with its queue".to_owned(),
            n => format!("  <- crashed {n} times, came back with its queue"),
        };
        writeln!(
            out,
            "  {}{:22} incarnation {}, {} messages handled{mark}",
            "  ".repeat(depth),
            branch.id,
            branch.vitals.incarnation,
            branch.vitals.handled
        )?;
        stack.extend(branch.children.iter().rev().map(|child| (depth + 1, child)));
    }
    Ok(())
}

/// A folder that goes with the demo.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Temporary, Failure> {
        let path: PathBuf = std::env::temp_dir().join(format!("huddle-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("creating {}", Path::new(&path).display()))?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("{} stays behind: {error}", self.0.display());
        }
    }
}
