//! What a validator rejects by. Thresholds are compared in whole numbers, so that a boundary is where it is stated.

use super::stress::RUIN_AT;
use crate::domain::belief::Seat;
use crate::domain::quote::Market;
use crate::engine::tally::Tally;
use crate::protocol::hearing::{Criterion, Evidence, Explanation, Finding, Report, Stress};
use crate::stats::estimate::Rate;

/// The least bets in a period. With three periods of 250 bets a strategy that is right 52.4% of the time, which earns nothing,
/// returns 5% in all three in .9% of cases (binomial, .205 cubed); with 200 it would be 1.6%.
pub const MIN_BETS: u32 = 250;

/// Win rate at the opener that nobody honest exceeds: perfect foresight of every move of a point or more won 57.1% of 1,281
/// bets in 2009-17 (research/quant.md, counted again on ../shared/nfl), and the upper end of that figure's 95% interval lies 2.7
/// points higher.
pub const CEILING: f64 = 0.571 + 0.027;

/// Paths that may lose half of the bankroll.
const MAX_RUINED: f64 = 0.05;

/// Everything a validator has against a strategy; nothing is a yes.
pub(super) fn against(seat: &Seat, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Findings {
        seat,
        found: Vec::new(),
    };
    for word in &evidence.biased {
        findings.text(Criterion::Leak, format!("the leak check calls `{word}` biased"));
    }
    match &evidence.report {
        Err(why) => findings.text(Criterion::Plan, why.clone()),
        Ok(report) => findings.of_report(report),
    }
    if let Some(Explanation::Unexplained { distance }) = &evidence.explanation {
        let text = format!(
            "my win rate lies {distance:+.1} standard errors from the others', and neither the close nor early weeks explain it"
        );
        findings.add(Criterion::Discrepancy, *distance, 1.96, text);
    }
    if let Some(stress) = &evidence.stress {
        findings.of_stress(stress);
    }
    findings.found
}

struct Findings<'a> {
    seat: &'a Seat,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, criterion: Criterion, figure: f64, threshold: f64, text: String) {
        self.found.push(Finding {
            by: Some(self.seat.clone()),
            criterion,
            figure: Some(figure),
            threshold: Some(threshold),
            text,
        });
    }

    fn text(&mut self, criterion: Criterion, text: String) {
        self.found.push(Finding {
            by: Some(self.seat.clone()),
            criterion,
            figure: None,
            threshold: None,
            text,
        });
    }

    fn of_report(&mut self, report: &Report) {
        let tally = &report.tally;
        if tally.n_bets < MIN_BETS {
            let text = format!("{} in {}, at least {MIN_BETS} are needed", tally.n_bets, report.period);
            self.add(Criterion::NBets, f64::from(tally.n_bets), f64::from(MIN_BETS), text);
        }
        self.of_returns(tally);
        if let Some(rate) = tally.win_rate()
            && win_rate_too_low(tally)
        {
            let text = format!(
                "{:.1}% of {}, at least 53% is needed",
                100.0 * rate,
                tally.wins + tally.losses
            );
            self.add(Criterion::WinRate, rate, 0.53, text);
        }
        if drawdown_too_deep(report) {
            let share = report.fall.share();
            let text = format!("{:.1}% with flat stakes of 1%, at most 20% is allowed", 100.0 * share);
            self.add(Criterion::Drawdown, share, 0.20, text);
        }
        if let Some(low) = too_good(tally.market, tally.wins.into(), tally.losses.into()) {
            let text = format!(
                "the win rate is above {:.1}% for all but certain; knowing where every line goes brings {:.1}% at most",
                100.0 * low,
                100.0 * CEILING
            );
            self.add(Criterion::TooGood, low, CEILING, text);
        }
    }

    fn of_returns(&mut self, tally: &Tally) {
        if tally.market != Market::Moneyline
            && let Some(roi) = tally.roi_110()
            && roi_too_low(tally)
        {
            let text = format!(
                "{:+.1}% on {} bets at -110, at least +5% is needed",
                100.0 * roi,
                tally.n_bets
            );
            self.add(Criterion::Roi, roi, 0.05, text);
        }
        if let Some(roi) = tally.roi_real()
            && real_roi_too_low(tally)
        {
            let text = format!(
                "{:+.1}% on {} priced bets, at least +5% is needed",
                100.0 * roi,
                tally.n_priced
            );
            self.add(Criterion::RealRoi, roi, 0.05, text);
        }
    }

    fn of_stress(&mut self, stress: &Stress) {
        let cut = 100.0 * stress.haircut;
        if stress.ruined > MAX_RUINED {
            let share = 100.0 * stress.ruined;
            let text = format!(
                "{share:.1}% of {} paths at prices cut by {cut:.0}%, at most 5% may",
                stress.n_paths
            );
            self.add(Criterion::Ruin, stress.ruined, MAX_RUINED, text);
        }
        if stress.median < 1.0 {
            let text = format!(
                "it ends at {:.2} of the bankroll at prices cut by {cut:.0}%",
                stress.median
            );
            self.add(Criterion::MedianPath, stress.median, 1.0, text);
        }
        if stress.after_worst_weeks <= RUIN_AT {
            let text = format!(
                "they leave {:.2} of the bankroll, more than half must be left",
                stress.after_worst_weeks
            );
            self.add(Criterion::WorstWeeks, stress.after_worst_weeks, RUIN_AT, text);
        }
    }
}

/// Return at -110 under 5%: `profit / (11 n) < 1/20` in elevenths.
fn roi_too_low(tally: &Tally) -> bool {
    20 * tally.profit_elevenths < 11 * i64::from(tally.n_bets)
}

/// Return at real prices under 5%, where at least half of the bets have one: millionths of a stake a bet.
fn real_roi_too_low(tally: &Tally) -> bool {
    2 * tally.n_priced >= tally.n_bets && tally.profit_micros + ROUNDING < 50_000 * i64::from(tally.n_priced)
}

/// Profits at real prices are rounded to millionths bet by bet; what that may add up to is no loss.
const ROUNDING: i64 = 1_000;

/// Wins among decided bets under 53%.
fn win_rate_too_low(tally: &Tally) -> bool {
    100 * u64::from(tally.wins) < 53 * (u64::from(tally.wins) + u64::from(tally.losses))
}

/// A fall of more than a fifth of the highest point so far.
fn drawdown_too_deep(report: &Report) -> bool {
    5 * report.fall.by > report.fall.from
}

/// The lower end of the win rate's interval, when it lies above the ceiling. A moneyline's win rate says nothing without its
/// prices.
fn too_good(market: Market, wins: u64, losses: u64) -> Option<f64> {
    let low = Rate::of(wins, wins + losses).wilson95?.low.get();
    (market != Market::Moneyline && low > CEILING).then_some(low)
}
