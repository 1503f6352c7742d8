//! `huddle demo`: the whole house at work on an invented league, within seconds and with nothing set up.
//!
//! The league, its results and its prices are drawn from a seed; everything else is the real thing: a replay of some weeks
//! through the same actors, gate, database and rounds as `huddle run`, in virtual time. Every screen says SIMULATED.

use super::grade::{GradeView, print as print_grades};
use super::picks::{Slate, parse_seat, print as print_slate};
use super::replay::stage::{Stage, Staging};
use super::run::{line, picks};
use super::temporary::Temporary;
use super::{Failure, words};
use crate::agents::orchestrator::slots::Task;
use crate::api::Provider;
use crate::app::House;
use crate::app::grading::{GradedBet, GradingReport};
use crate::app::unattended::{Graded, Happened};
use crate::config::Settings;
use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use crate::sim::upstream::{Options, SERVED};
use crate::sim::{FIRST_SEASON, League, SimOptions};
use crate::store::Store;
use crate::store::slots::State;
use crate::swarms::round::Round;
use crate::upstream::Door;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `huddle demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// The seed of the league and of every random stream.
    #[arg(long, default_value_t = 4)]
    pub seed: u64,
    /// Weeks to play.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub weeks: u8,
    /// The seat that is brought down in the middle of the second round.
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
    let folder = Temporary::new("demo")?;
    let season = FIRST_SEASON + SEASONS_BEFORE;
    writeln!(
        out,
        "SIMULATED: an invented league, seasons {FIRST_SEASON}-{season}, seed {}.",
        args.seed
    )?;
    let weeks = FIRST_WEEK..=FIRST_WEEK + args.weeks - 1;
    writeln!(
        out,
        "No game, price or result below ever happened. Paper only. Weeks {} to {} of {season} are replayed in virtual time,",
        weeks.start(),
        weeks.end()
    )?;
    writeln!(
        out,
        "as `huddle run` works a week by itself; the services are played by this process, and {FAULTS_IN_WORDS}.\n"
    )?;
    let store = Store::open(&folder.path().join("huddle.db"))?;
    let stage = stage(args, season, weeks)?;
    stage.tell(&store, now)?;
    let staging = Staging {
        settings: Settings {
            seed: args.seed,
            ..Settings::default()
        },
        options: Options {
            seed: args.seed,
            faults: FAULTS.parse().context("the demonstration's own faults")?,
            ..Options::default()
        },
        speed: None,
    };
    let mut show = Show {
        kill: Some(args.kill.clone()),
        week: None,
        first: true,
        n_quiet: 0,
        last: None,
        said: Vec::new(),
        failed: None,
    };
    let each = |house: &House, slot: &Happened| {
        show.hear(house, slot);
        // What is said is seen at once; a reader that went away is noticed at the end.
        let _ = out
            .write_all(&std::mem::take(&mut show.said))
            .and_then(|()| out.flush());
    };
    let (said, _) = stage.play(&store, &staging, each, tree)?;
    show.results();
    out.write_all(&show.said)?;
    if let Some(error) = show.failed {
        return Err(error.into());
    }
    out.write_all(&said?)?;
    writeln!(out, "\nSIMULATED. Real games: `huddle data sync`, then `huddle picks`.")?;
    Ok(0)
}

fn stage(args: &DemoArgs, season: u16, weeks: RangeInclusive<u8>) -> Result<Stage, Failure> {
    let league = League::generate(args.seed, FIRST_SEASON..=season, demo_league());
    let name = format!("simulated league, seed {}", args.seed);
    let stage = Stage::new(name, (season, weeks), args.seed, league.games, league.quotes);
    Ok(stage.context("the simulated league has no such weeks")?)
}

/// What the demonstration says of each slot: all of a week's first round, of the others what they decided.
struct Show {
    /// The seat that is brought down in the second week.
    kill: Option<Seat>,
    week: Option<SeasonWeek>,
    /// Nothing was shown yet.
    first: bool,
    /// Slots without a pick since something was last said.
    n_quiet: usize,
    /// The latest grading.
    last: Option<Arc<Graded>>,
    said: Vec<u8>,
    failed: Option<io::Error>,
}

impl Show {
    fn hear(&mut self, house: &House, happened: &Happened) {
        if let Err(error) = self.tell(house, happened) {
            self.failed.get_or_insert(error);
        }
    }

    fn tell(&mut self, house: &House, happened: &Happened) -> io::Result<()> {
        let slot = &happened.slot;
        // Late slots of a week fall into the next one, which begins with the first of its own.
        if self.week.is_none_or(|week| week < slot.when) {
            self.results();
            self.week = Some(slot.when);
        }
        if let Some(graded) = &happened.graded {
            self.last = Some(Arc::clone(graded));
        }
        let Some(held) = &happened.held else {
            self.n_quiet += usize::from(happened.state == State::Done);
            if happened.state != State::Done {
                writeln!(self.said, "SIMULATED {}", line(happened))?;
            }
            return Ok(());
        };
        self.quiet()?;
        writeln!(self.said, "SIMULATED {}", line(happened))?;
        if slot.task == Task::Open {
            for round in &held.played.rounds {
                argument(&mut self.said, round)?;
            }
        }
        for round in &held.played.rounds {
            returned(&mut self.said, round)?;
        }
        // The first slate is shown whole, of the others the bets.
        if self.first {
            self.first = false;
            let mut slate = Slate::of(&held.played, &held.order).map_err(io::Error::other)?;
            slate.simulated = true;
            print_slate(&mut self.said, &slate, false)?;
        } else {
            for pick in picks(happened) {
                writeln!(self.said, "    {pick}")?;
            }
        }
        // The next round asks the seat, which then comes down in the middle of it.
        if slot.task == Task::Open
            && let Some(seat) = self.kill.take()
        {
            writeln!(
                self.said,
                "SIMULATED crash: {seat} will be brought down in the middle of the next round."
            )?;
            house.plot.against(seat);
        }
        Ok(())
    }

    /// Slots that brought prices, results and grades, in a line.
    fn quiet(&mut self) -> io::Result<()> {
        if self.n_quiet > 0 {
            let n = std::mem::take(&mut self.n_quiet);
            writeln!(
                self.said,
                "SIMULATED {n} more slots done: prices, closes, results and grades"
            )?;
        }
        Ok(())
    }

    /// What became of the week's picks.
    fn results(&mut self) {
        let (Some(week), Some(graded)) = (self.week, self.last.take()) else {
            return;
        };
        let of_week = |bet: &&GradedBet| {
            let game = graded.known.fixture(&bet.decision.agreement.game);
            game.is_some_and(|fixture| fixture.when == week)
        };
        let bets: Vec<GradedBet> = graded.report.bets.iter().filter(of_week).cloned().collect();
        let report = GradingReport {
            n_new: bets.len(),
            bets,
            ..GradingReport::default()
        };
        let said = self.quiet().and_then(|()| {
            writeln!(self.said, "\nSIMULATED results of week {}", week.week)?;
            print_grades(&mut self.said, &GradeView::of(&report, &graded.known))?;
            writeln!(self.said, "{}", "-".repeat(100))
        });
        if let Err(error) = said {
            self.failed.get_or_insert(error);
        }
    }
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

/// Seats that came down in a round and came back.
fn returned(out: &mut dyn Write, round: &Round) -> io::Result<()> {
    for (seat, log) in round.seats.iter().filter(|(_, log)| log.restarts > 0) {
        writeln!(
            out,
            "SIMULATED crash healed: {seat} came down in this round, its question stayed in its mailbox, and incarnation {} answered",
            log.incarnation
        )?;
    }
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

/// A third of the answers of the odds fail, and one in ten of the results is noise.
const FAULTS: &str = "odds:odds/http_503@0.33,espn:scoreboard/garbage@0.1";
/// The same in words.
const FAULTS_IN_WORDS: &str = "a third of the odds service's answers fail";

/// What the services were asked, and who was restarted.
async fn tree(house: &House, services: &Door) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let counts = services.counts();
    let calls: u64 = SERVED.into_iter().map(|p| counts.calls(p)).sum();
    let charged = counts.charged(Provider::OddsApi);
    writeln!(
        out,
        "SIMULATED services, real gate: {calls} calls, {charged} SIMULATED credits of 500; faults {FAULTS}\n"
    )?;
    let tree = house.root.tree(Duration::from_secs(5)).await;
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
    Ok(out)
}
