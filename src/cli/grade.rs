//! `huddle grade`: grade the bets of finished games. Doing it again changes nothing.

use super::Failure;
use super::output::emit;
use super::session::{self, Session};
use crate::app::grading::{GradingReport, grade_all};
use crate::backtest::grade::Outcome;
use crate::domain::money::Cents;
use crate::home::Home;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// Arguments of `huddle grade`.
#[derive(Clone, Copy, Debug, Args)]
pub struct GradeArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What `huddle grade` shows.
#[derive(Clone, Debug, Serialize)]
pub struct GradeView {
    /// What was done, and every bet.
    #[serde(flatten)]
    pub report: GradingReport,
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

impl GradeView {
    /// Adds up a grading.
    pub fn of(report: GradingReport) -> GradeView {
        let count = |outcome| report.bets.iter().filter(|b| b.grade.outcome == outcome).count();
        let clv: Vec<f64> = report.bets.iter().filter_map(|b| b.grade.clv_points).collect();
        GradeView {
            wins: count(Outcome::Win),
            losses: count(Outcome::Loss),
            pushes: count(Outcome::Push) + count(Outcome::Void),
            profit_cents: report.bets.iter().map(|b| b.grade.profit_cents.0).sum(),
            staked_cents: report.bets.iter().map(|b| b.stake_cents).sum(),
            mean_clv_points: (!clv.is_empty()).then(|| clv.iter().sum::<f64>() / clv.len() as f64),
            n_clv: clv.len(),
            report,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the session or of the grading.
pub fn run(args: &GradeArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let work = async |s: &Session| Ok(grade_all(&s.house, &s.archive, now).await?);
    let view = GradeView::of(session::in_home(home, |_| Ok(()), work)?);
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

/// Prints a grading.
///
/// # Errors
/// Whatever the sink reports.
pub fn print(out: &mut dyn Write, view: &GradeView) -> io::Result<()> {
    let r = &view.report;
    for bet in &r.bets {
        let clv = bet
            .grade
            .clv_points
            .map_or("CLV n/a".to_owned(), |c| format!("CLV {c:+.1} points"));
        writeln!(
            out,
            "{}  {:16} {:9} {:4}  {:>9} on {:>7}  {clv}",
            bet.id.get(..8).unwrap_or(&bet.id),
            bet.game,
            bet.market,
            bet.grade.outcome.name(),
            format!(
                "{}{}",
                if bet.grade.profit_cents.0 > 0 { "+" } else { "" },
                bet.grade.profit_cents
            ),
            Cents(bet.stake_cents)
        )?;
    }
    writeln!(
        out,
        "{} graded for the first time, {} unchanged, {} revised, {} still open",
        r.n_new, r.n_unchanged, r.n_revised, r.n_open
    )?;
    let clv = view
        .mean_clv_points
        .map_or("n/a".to_owned(), |c| format!("{c:+.2} points (n {})", view.n_clv));
    writeln!(
        out,
        "{}-{}-{}, profit {} on {} staked, mean CLV {clv}",
        view.wins,
        view.losses,
        view.pushes,
        Cents(view.profit_cents),
        Cents(view.staked_cents)
    )
}
