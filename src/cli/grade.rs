//! `huddle grade`: grade the bets of finished games. Doing it again changes nothing.

use super::Failure;
use super::output::emit;
use super::session::{self, NetArgs, Session};
use super::sync::bring;
use super::words;
use crate::agents::specialists::grading::Outcome;
use crate::app::grading::{GradedBet, GradingReport, Series, grade_all};
use crate::app::sync::Topic;
use crate::domain::archive::{Archive, View};
use crate::domain::money::Cents;
use crate::domain::quote::Market;
use crate::home::Home;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// Arguments of `huddle grade`.
#[derive(Clone, Copy, Debug, Args)]
pub struct GradeArgs {
    /// Whether services are asked for results that are due.
    #[command(flatten)]
    pub net: NetArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What `huddle grade` shows.
#[derive(Clone, Debug, Serialize)]
pub struct GradeView {
    /// Bets graded for the first time.
    pub n_new: usize,
    /// Bets graded again with the same result.
    pub n_unchanged: usize,
    /// Bets whose grade changed.
    pub n_revised: usize,
    /// Bets whose game is not over.
    pub n_open: usize,
    /// One paper book each: the moment bets are made at, and the settings.
    pub series: Vec<SeriesView>,
    /// Every graded bet, by the time its result was known.
    pub bets: Vec<BetView>,
}

/// One paper book.
#[derive(Clone, Debug, Serialize)]
pub struct SeriesView {
    /// `open`, `close` or `live`.
    pub moment: &'static str,
    /// Fingerprint of the settings.
    pub settings: String,
    /// Bets won.
    pub wins: usize,
    /// Bets lost.
    pub losses: usize,
    /// Bets pushed or void.
    pub pushes: usize,
    /// Profit of all graded bets.
    pub profit_cents: i64,
    /// Stakes of all graded bets.
    pub staked_cents: i64,
    /// Mean closing line value in points over the bets that have one.
    pub mean_clv_points: Option<f64>,
    /// How many have one.
    pub n_clv: usize,
}

/// A graded bet.
#[derive(Clone, Debug, Serialize)]
pub struct BetView {
    /// Its id.
    pub id: String,
    /// The game.
    pub game_id: String,
    /// The market.
    pub market: Market,
    /// `LAC -6.5`.
    pub pick: String,
    /// American odds.
    pub price: Option<i32>,
    /// `away-home`, when played.
    pub score: Option<String>,
    /// `win`, `loss`, `push` or `void`.
    pub result: &'static str,
    /// The stake.
    pub stake_cents: i64,
    /// Profit; negative for a loss.
    pub profit_cents: i64,
    /// The same side at the closing line.
    pub close: Option<String>,
    /// American odds of the side at the close.
    pub close_price: Option<i32>,
    /// Closing line value in points.
    pub clv_points: Option<f64>,
    /// The close's fair probability of the bet minus the price's break-even.
    pub clv_probability: Option<f64>,
    /// The moment it was made at.
    pub moment: &'static str,
    /// Fingerprint of the settings.
    pub settings: String,
}

impl GradeView {
    /// A grading as it is shown.
    pub fn of(report: &GradingReport, known: &View) -> GradeView {
        let mut books: BTreeMap<&Series, Vec<&GradedBet>> = BTreeMap::new();
        for bet in &report.bets {
            books.entry(&bet.series).or_default().push(bet);
        }
        GradeView {
            n_new: report.n_new,
            n_unchanged: report.n_unchanged,
            n_revised: report.n_revised,
            n_open: report.n_open,
            series: books
                .into_iter()
                .map(|(series, bets)| series_view(series, &bets))
                .collect(),
            bets: report.bets.iter().map(|bet| bet_view(bet, known)).collect(),
        }
    }
}

fn series_view(series: &Series, bets: &[&GradedBet]) -> SeriesView {
    let count = |outcome| bets.iter().filter(|b| b.grade.outcome == outcome).count();
    let clv: Vec<f64> = bets.iter().filter_map(|b| b.grade.clv_points).collect();
    SeriesView {
        moment: series.moment,
        settings: series.settings.clone(),
        wins: count(Outcome::Win),
        losses: count(Outcome::Loss),
        pushes: count(Outcome::Push) + count(Outcome::Void),
        profit_cents: bets.iter().map(|b| b.grade.profit_cents.0).sum(),
        staked_cents: bets.iter().map(|b| b.decision.stake().0).sum(),
        mean_clv_points: (!clv.is_empty()).then(|| clv.iter().sum::<f64>() / clv.len() as f64),
        n_clv: clv.len(),
    }
}

fn bet_view(bet: &GradedBet, known: &View) -> BetView {
    let (d, g) = (&bet.decision, &bet.grade);
    let (game, market) = (&d.agreement.game, d.agreement.market);
    let say = |line| {
        let named = known.fixture(game).zip(d.side);
        named.map_or_else(
            || market.name().to_owned(),
            |(f, side)| words::pick(f, market, side, line),
        )
    };
    BetView {
        id: d.id.clone(),
        game_id: game.to_string(),
        market,
        pick: say(d.offered.as_ref().and_then(|o| o.line)),
        price: d.offered.as_ref().map(|o| o.price.get()),
        score: known.score(game).map(|s| format!("{}-{}", s.away, s.home)),
        result: g.outcome.name(),
        stake_cents: d.stake().0,
        profit_cents: g.profit_cents.0,
        close: g.close_line.map(|line| say(Some(line))),
        close_price: g.close_price.map(|p| p.get()),
        clv_points: g.clv_points,
        clv_probability: g.clv_probability,
        moment: bet.series.moment,
        settings: bet.series.settings.clone(),
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session or of the grading.
pub fn run(args: &GradeArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let work = async |s: &Session| graded(args, s, &s.archive, now).await;
    let view = session::in_home(home, args.net, |_| Ok(()), work)?;
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

/// Does the verb in a house that runs already.
///
/// # Errors
/// [`Failure`] of the grading.
pub async fn in_session(
    args: &GradeArgs,
    session: &Session,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let archive = session.reload().await?;
    let view = graded(args, session, &archive, now).await?;
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

async fn graded(
    args: &GradeArgs,
    s: &Session,
    archive: &Arc<Archive>,
    now: DateTime<Utc>,
) -> Result<GradeView, Failure> {
    let archive = if !args.net.offline && is_result_due(archive, now) {
        bring(s, &[Topic::Schedule, Topic::Results], "grade").await;
        s.reload().await?
    } else {
        Arc::clone(archive)
    };
    let report = grade_all(&s.house, &archive, now).await?;
    Ok(GradeView::of(&report, &archive.as_of(now)))
}

/// A result is looked for during so many days after its game; what is missing then is missing for good.
const DUE_FOR: TimeDelta = TimeDelta::days(21);

/// Whether a game of the last weeks is over and has no score.
fn is_result_due(archive: &Archive, now: DateTime<Utc>) -> bool {
    let weeks = archive.weeks();
    let fixtures = weeks.into_iter().rev().flat_map(|when| archive.week(when));
    fixtures
        .skip_while(|f| f.settles_at() > now)
        .take_while(|f| now.signed_duration_since(f.kickoff) <= DUE_FOR)
        .any(|f| f.settles_at() <= now && archive.final_score(&f.id).is_none())
}

/// Prints a grading.
///
/// # Errors
/// Whatever the sink reports.
pub fn print(out: &mut dyn Write, view: &GradeView) -> io::Result<()> {
    for b in &view.bets {
        let price = b.price.map_or_else(String::new, |p| format!("{p:+}"));
        let plus = if b.profit_cents > 0 { "+" } else { "" };
        let close = match (&b.close, b.close_price) {
            (Some(close), Some(price)) => format!("closed {close} {price:+}"),
            (Some(close), None) => format!("closed {close}"),
            (None, Some(price)) => format!("closed {price:+}"),
            (None, None) => "no close".to_owned(),
        };
        let clv = b
            .clv_points
            .map_or_else(String::new, |c| format!(", CLV {c:+.1} points"));
        let percent = b
            .clv_probability
            .map_or_else(String::new, |c| format!(" {:+.1}%", c * 100.0));
        writeln!(
            out,
            "{}  {:16} {:13} {price:>5}  {:>5}  {:4} {:>9} on {:>7}  {close}{clv}{percent}",
            b.id.get(..8).unwrap_or(&b.id),
            b.game_id,
            b.pick,
            b.score.as_deref().unwrap_or("-"),
            b.result,
            format!("{plus}{}", Cents(b.profit_cents)),
            Cents(b.stake_cents)
        )?;
    }
    writeln!(
        out,
        "{} graded for the first time, {} unchanged, {} revised, {} still open",
        view.n_new, view.n_unchanged, view.n_revised, view.n_open
    )?;
    for s in &view.series {
        let clv = s
            .mean_clv_points
            .map_or("n/a".to_owned(), |c| format!("{c:+.2} points (n {})", s.n_clv));
        let settings = &s.settings;
        writeln!(
            out,
            "book at the {}, settings {settings}: {}-{}-{}, profit {} on {} staked, mean CLV {clv}",
            s.moment,
            s.wins,
            s.losses,
            s.pushes,
            Cents(s.profit_cents),
            Cents(s.staked_cents)
        )?;
    }
    Ok(())
}
