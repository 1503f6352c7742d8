//! `huddle reconcile`: is what the house decided by itself what a backtest says it would have decided, and where not, why.
//!
//! Two questions, both answered by the same actors over a copy of the database. First every stored round is held again at
//! its instant by the facts that are stored now: a run that cannot be repeated cannot be believed. Then all bets of a week
//! are held against the backtest, which looks once, at the openers.

use super::again::{backtest, hold_again, on_a_copy};
use super::output::emit;
use super::session::Session;
use super::{Failure, again, session};
use crate::agents::specialists::data_engineer::AsOf;
use crate::app::order::{CODE_VERSION, WeekOrder};
use crate::app::week::PlayedWeek;
use crate::backtest::reconcile::{Against, Held, Look, Market, Why, against, why};
use crate::config::Settings;
use crate::domain::game::SeasonWeek;
use crate::domain::pick::Decision;
use crate::home::Home;
use crate::store::decisions::{self, Round};
use crate::store::{Conn, slots};
use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::RangeInclusive;

/// Arguments of `huddle reconcile`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "The rounds of `huddle run` are those of this home; those of a replay are in the home it names at its end.

Examples:
  huddle reconcile --season 2026
  huddle --home HOME/replays/2019-seed1 reconcile --season 2019 --weeks 1-4 --json

Exit code 5 when a difference has no explanation."
)]
pub struct ReconcileArgs {
    /// The season.
    #[arg(long)]
    pub season: u16,
    /// Its weeks, as FIRST-LAST or one; all without it.
    #[arg(long, value_parser = super::replay::parse_weeks)]
    pub weeks: Option<RangeInclusive<u8>>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
struct ReconcileView {
    season: u16,
    /// Rounds that were held again.
    n_rounds: usize,
    /// Decisions that were compared.
    n_decisions: usize,
    /// Of them the same in everything.
    n_same: usize,
    /// The others by their first cause.
    causes: BTreeMap<&'static str, usize>,
    /// The others, with all causes.
    differences: Vec<Otherwise>,
    /// Bets against the backtest, by week.
    weeks: BTreeMap<u8, Against>,
    /// Slots that made no picks, with the reason: what the backtest bets there the run could not.
    gaps: Vec<String>,
    /// Differences without an explanation.
    n_unexplained: usize,
}

/// A decision that is another when it is made again.
#[derive(Clone, Debug, Serialize)]
struct Otherwise {
    pick: String,
    round: String,
    game: String,
    market: String,
    why: Vec<Why>,
}

/// Exit code when something is not explained.
const UNEXPLAINED: u8 = 5;

/// Runs the verb.
///
/// # Errors
/// [`Failure`]: 6 when no round of the season is stored, 3 when the home cannot be used.
pub fn run(args: &ReconcileArgs, home: &Home, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut conn = session::reading(home)?;
    let rounds = rounds(&mut conn, args)?;
    let settings = Settings::load(&home.config_file()).map_err(|e| Failure::new(3, e))?;
    let mut view = ReconcileView {
        season: args.season,
        gaps: gaps(&mut conn, args)?,
        ..ReconcileView::default()
    };
    let mut stored = BTreeMap::new();
    for row in &rounds {
        stored.insert(row.id.clone(), decisions::picks_of(&mut conn, &row.id)?);
    }
    on_a_copy(&mut conn, settings, async |session| {
        compare_all(session, &rounds, &stored, &mut view).await
    })?;
    view.n_unexplained = unexplained(&view);
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(if view.n_unexplained == 0 { 0 } else { UNEXPLAINED })
}

fn rounds(conn: &mut Conn, args: &ReconcileArgs) -> Result<Vec<Round>, Failure> {
    let of_weeks = |row: &Round| {
        let weeks = args.weeks.as_ref();
        weeks.is_none_or(|weeks| u8::try_from(row.week).is_ok_and(|week| weeks.contains(&week)))
    };
    let mut rounds = decisions::rounds_of(conn, i32::from(args.season), None)?;
    rounds.retain(of_weeks);
    // Bets at the openers or the close are a backtest's own.
    rounds.retain(|row| !["open", "close"].contains(&row.basis.as_str()));
    rounds.sort_by(|a, b| (a.as_of, &a.id).cmp(&(b.as_of, &b.id)));
    if rounds.is_empty() {
        let season = args.season;
        let error =
            anyhow!("no round of a run in {season} is stored here: `huddle run` or `huddle replay` holds them");
        return Err(Failure::new(6, error));
    }
    Ok(rounds)
}

/// Slots of the season's weeks in which picks were to be made and were not.
fn gaps(conn: &mut Conn, args: &ReconcileArgs) -> Result<Vec<String>, Failure> {
    let all = slots::of_season(conn, args.season)?;
    let gap = |slot: &&slots::Settled| {
        slot.state != slots::State::Done.word() && ["open", "look"].contains(&slot.task.as_str())
    };
    let told = |slot: &slots::Settled| format!("{} {}: {}", slot.id, slot.state, slot.note);
    Ok(all.iter().filter(gap).map(told).collect())
}

async fn compare_all(
    session: &Session,
    rounds: &[Round],
    stored: &BTreeMap<String, Vec<decisions::Pick>>,
    view: &mut ReconcileView,
) -> Result<(), Failure> {
    let bar = ProgressBar::with_draw_target(Some(rounds.len() as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} rounds held again, {eta} left") {
        bar.set_style(style);
    }
    let mut looks: BTreeMap<SeasonWeek, BTreeMap<Market, Vec<Look>>> = BTreeMap::new();
    let mut openers: BTreeMap<SeasonWeek, BTreeMap<Market, Held>> = BTreeMap::new();
    for row in rounds {
        let when = again::when(row)?;
        let (order, played) = hold_again(session, row).await?;
        let derived = held(&order, &played);
        view.n_rounds += 1;
        let week = looks.entry(when).or_default();
        for pick in stored.get(&row.id).into_iter().flatten() {
            let market = (pick.game_id.clone(), pick.market.clone());
            let then = Held {
                basis: String::new(),
                data: row.data_hash.clone(),
                settings: row.settings_hash.clone(),
                program: row.code_version.clone(),
                round: row.id.clone(),
                decision: serde_json::from_str(&pick.body).ok(),
            };
            let nothing = Held::default();
            let causes = why(&then, derived.get(&market).unwrap_or(&nothing));
            view.enter(pick, row, causes);
            let at = row.as_of.and_utc();
            week.entry(market).or_default().push(Look { at, held: then });
        }
        if let std::collections::btree_map::Entry::Vacant(place) = openers.entry(when) {
            let played = backtest(session, row).await?;
            place.insert(held(&played.0, &played.1));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for (when, run) in looks {
        let empty = BTreeMap::new();
        view.weeks
            .insert(when.week, against(&run, openers.get(&when).unwrap_or(&empty)));
    }
    Ok(())
}

/// The decisions of rounds by market.
fn held(order: &WeekOrder, played: &PlayedWeek) -> BTreeMap<Market, Held> {
    let mut all = BTreeMap::new();
    for round in &played.rounds {
        let of = |decision: &Decision| Held {
            basis: match order.as_of {
                AsOf::At(_) => String::new(),
                AsOf::Open | AsOf::Close => order.as_of.name(),
            },
            data: format!("{:016x}", round.convened.view.fingerprint()),
            settings: order.settings.fingerprint(),
            program: CODE_VERSION.to_owned(),
            round: round.convened.round.0.clone(),
            decision: Some(decision.clone()),
        };
        for decision in &round.decisions {
            let agreed = &decision.agreement;
            let market = (agreed.game.to_string(), agreed.market.name().to_owned());
            all.insert(market, of(decision));
        }
    }
    all
}

impl ReconcileView {
    fn enter(&mut self, pick: &decisions::Pick, row: &Round, causes: Vec<Why>) {
        self.n_decisions += 1;
        let Some(first) = causes.first() else {
            self.n_same += 1;
            return;
        };
        *self.causes.entry(first.name()).or_default() += 1;
        self.differences.push(Otherwise {
            pick: pick.id.clone(),
            round: row.id.clone(),
            game: pick.game_id.clone(),
            market: pick.market.clone(),
            why: causes,
        });
    }
}

fn unexplained(view: &ReconcileView) -> usize {
    let again = view.differences.iter().map(|d| &d.why);
    let weeks = view.weeks.values().flat_map(|week| &week.differences).map(|d| &d.why);
    again
        .chain(weeks)
        .filter(|why| why.iter().any(Why::is_unexplained))
        .count()
}

/// Differences are listed up to this many a part; `--json` has all.
const SHOWN: usize = 20;

fn print(out: &mut dyn Write, view: &ReconcileView) -> io::Result<()> {
    writeln!(
        out,
        "run of {}: {} rounds held again, {} of {} decisions the same in everything",
        view.season, view.n_rounds, view.n_same, view.n_decisions
    )?;
    for (cause, n) in &view.causes {
        writeln!(out, "  {n:>6}  differ by {cause}")?;
    }
    for d in view.differences.iter().take(SHOWN) {
        writeln!(out, "  {} {} {}", d.pick.get(..8).unwrap_or(&d.pick), d.game, d.market)?;
        for why in &d.why {
            writeln!(out, "           {why}")?;
        }
    }
    writeln!(out, "\nagainst the backtest, which bets once, at the openers")?;
    writeln!(
        out,
        "week  same  other price or stake  opposite  run alone  backtest alone"
    )?;
    for (week, a) in &view.weeks {
        writeln!(
            out,
            "{week:>4}  {:>4}  {:>20}  {:>8}  {:>9}  {:>14}",
            a.n_same, a.n_otherwise, a.n_opposite, a.n_run_alone, a.n_backtest_alone
        )?;
    }
    let differences = || view.weeks.values().flat_map(|week| &week.differences);
    for d in differences().take(SHOWN) {
        writeln!(out, "  {} {}: run {}; backtest {}", d.game, d.market, d.run, d.backtest)?;
        for why in &d.why {
            writeln!(out, "           {why}")?;
        }
    }
    let n = view.differences.len().saturating_sub(SHOWN) + differences().count().saturating_sub(SHOWN);
    if n > 0 {
        writeln!(out, "  and {n} more: --json has all")?;
    }
    for gap in &view.gaps {
        writeln!(out, "gap      {gap}")?;
    }
    writeln!(out, "{} differences without an explanation", view.n_unexplained)
}
