//! Sides at the reference line and -110, the swarm's beside what needs no swarm: one seat alone, equal weights, or always
//! the same side.
//!
//! One line and one price for all rows. A seat's row has every market it had a view of before it heard the others; the
//! swarm's have those with a quorum, so the games are not quite the same and n says how many. What the swarm's
//! bets earned at the lines and prices they really took is in the headline.

use super::cases::Case;
use crate::agents::specialists::grading::{SideGrade, grade_side};
use crate::backtest::metrics::Tally;
use crate::domain::game::SeasonWeek;
use crate::domain::line::HalfPoints;
use crate::domain::pick::{Decision, quorate};
use crate::domain::quote::{Market, Side};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Consensus from which a swarm counts as near-unanimous: that of an S tier.
const NEAR_UNANIMOUS: f64 = 0.90;
/// Graded sides a seat needs to be named the best: with fewer, the best is the luckiest.
pub const MIN_FOR_BEST: u64 = 100;

/// The record of one way to choose sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideRow {
    /// Who or what chose.
    pub name: String,
    /// Graded sides.
    pub n: u64,
    /// Wins, losses, pushes.
    pub tally: Tally,
    /// Wins among decided sides.
    pub win_rate: Rate,
    /// Profit over stakes at -110, pushes counted as stakes.
    pub yield_at_110: Mean,
    /// Points the line moved the side's way until a later close.
    pub clv_points: Mean,
}

/// All rows of one market.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sides {
    /// Spread or total.
    pub market: Market,
    /// The swarm first, then seats by name, then fixed sides.
    pub rows: Vec<SideRow>,
    /// The row of the single seat with the highest mean CLV among those with at least [`MIN_FOR_BEST`] graded sides.
    /// Choosing it afterwards flatters it.
    pub best_seat: Option<String>,
}

/// Rows in the order they are printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Chooser<'a> {
    Bets,
    Quorum,
    NearUnanimous,
    EqualWeights,
    Seat(&'a str),
    Always(Side),
    Favourite,
}

impl Chooser<'_> {
    fn name(self) -> String {
        match self {
            Chooser::Bets => "swarm's bets".to_owned(),
            Chooser::Quorum => SWARM.to_owned(),
            Chooser::NearUnanimous => "swarm, 90% agree".to_owned(),
            Chooser::EqualWeights => EQUAL.to_owned(),
            Chooser::Seat(seat) => seat_row(seat),
            Chooser::Always(side) => format!("always {}", side.name()),
            Chooser::Favourite => "always the favourite".to_owned(),
        }
    }
}

/// The row of all sides the swarm chose with a quorum.
pub(super) const SWARM: &str = "swarm, all sides";
/// The row of the sides equal weights chose with a quorum.
pub(super) const EQUAL: &str = "equal weights";

fn seat_row(seat: &str) -> String {
    format!("seat {seat}")
}

impl Sides {
    pub(super) fn of(market: Market, cases: &[Case<'_>], bootstrap: &Bootstrap) -> Sides {
        let mut chosen: BTreeMap<Chooser<'_>, Vec<(SeasonWeek, SideGrade)>> = BTreeMap::new();
        for case in cases {
            let Some(score) = case.score else { continue };
            let on = |d: &&&Decision| d.agreement.market == market;
            let decisions = case.decided.iter().map(|d| &d.decision);
            let Some(decision) = decisions.into_iter().find(on) else {
                continue;
            };
            let Some(line) = decision.agreement.line else { continue };
            for (chooser, side) in choices(market, decision, line) {
                if let Some(grade) = grade_side(market, side, line, score, case.later_close(market)) {
                    chosen.entry(chooser).or_default().push((case.when, grade));
                }
            }
        }
        let seats: Vec<String> = chosen
            .keys()
            .filter(|c| matches!(c, Chooser::Seat(_)))
            .map(|c| c.name())
            .collect();
        let rows: Vec<SideRow> = chosen
            .into_iter()
            .map(|(chooser, grades)| row(chooser.name(), &grades, bootstrap))
            .collect();
        let best_seat = rows
            .iter()
            .filter(|r| seats.contains(&r.name) && r.clv_points.n >= MIN_FOR_BEST)
            .filter_map(|r| r.clv_points.mean.map(|clv| (clv, &r.name)))
            // Of equals the first by name.
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
            .map(|(_, name)| name.clone());
        Sides {
            market,
            rows,
            best_seat,
        }
    }

    /// A row by its name.
    pub fn row(&self, name: &str) -> Option<&SideRow> {
        self.rows.iter().find(|r| r.name == name)
    }
}

fn choices<'a>(market: Market, decision: &'a Decision, line: HalfPoints) -> Vec<(Chooser<'a>, Side)> {
    let agreement = &decision.agreement;
    let quorum = quorate(agreement.n_voting(), agreement.votes.len());
    let mut all = Vec::new();
    if let Some(side) = decision.side {
        if decision.is_bet() {
            all.push((Chooser::Bets, side));
        }
        if quorum {
            all.push((Chooser::Quorum, side));
        }
        if quorum && agreement.consensus >= NEAR_UNANIMOUS {
            all.push((Chooser::NearUnanimous, side));
        }
    }
    all.extend(
        agreement
            .equal_side
            .filter(|_| quorum)
            .map(|side| (Chooser::EqualWeights, side)),
    );
    for vote in &agreement.votes {
        // What the seat thought before it heard the others: a baseline must owe nothing to the swarm.
        let alone = vote.p_first_alone.map_or(0.0, |p| p.get() - agreement.fair.get());
        if alone != 0.0 {
            let first = market.first_side();
            let side = if alone > 0.0 { first } else { first.other() };
            all.push((Chooser::Seat(vote.seat.as_str()), side));
        }
    }
    let first = market.first_side();
    all.extend([first, first.other()].map(|side| (Chooser::Always(side), side)));
    if market == Market::Spread && line.0 != 0 {
        let favourite = if line.0 > 0 { Side::Home } else { Side::Away };
        all.push((Chooser::Favourite, favourite));
    }
    all
}

fn row(name: String, grades: &[(SeasonWeek, SideGrade)], bootstrap: &Bootstrap) -> SideRow {
    let tally = Tally::of(grades.iter().map(|(_, g)| g.outcome));
    SideRow {
        name,
        n: grades.len() as u64,
        tally,
        win_rate: tally.win_rate(),
        yield_at_110: bootstrap.mean(grades.iter().map(|(when, g)| (*when, g.units))),
        clv_points: bootstrap.mean(grades.iter().filter_map(|(when, g)| Some((*when, g.clv_points?)))),
    }
}
