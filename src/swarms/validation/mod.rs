//! The validation swarm: three to five conservative members, each with seasons of its own, who must all approve.
//!
//! Independent backtests; cross-examination of members whose win rates differ by more than chance allows; stress of each
//! member's bankroll; a vote. Whatever one member has against a strategy rejects it, and so does a member that was lost:
//! unanimity needs everybody.

use crate::domain::belief::Seat;
use crate::domain::game::SeasonWeek;
use crate::engine::period::Period;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::hearing::{
    Criterion, Evidence, Explanation, Finding, Inquire, Inquiry, Report, Stress, Testimony,
};
use crate::protocol::research::Bench;
use crate::stats::deflated::{Shape, Trials, expected_best};
use crate::stats::homogeneity::{distance, same_rate};
use crate::strategy::rule::Strategy;
use crate::swarms::panel::{Procedure, Step};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What the swarm as a whole is.
pub const CARD: Card = Card {
    role: "validation_swarm",
    level: Level::Swarm,
    tools: &["backtest", "stress"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// Seats such a swarm may have.
pub const N_SEATS: RangeInclusive<usize> = 3..=5;
/// The house's validators. Three, because every further one rejects one true edge of 58% in twelve more (its period may be
/// unlucky) and hardly one worthless strategy more; `docs/swarms.md` has the power curve.
pub const SEATS: [&str; 3] = ["auditor", "sceptic", "stress_tester"];

/// What is put before the swarm.
#[derive(Clone, Debug)]
pub struct Hearing {
    /// The strategy.
    pub strategy: Strategy,
    /// The games of each member, in seat order: disjoint, and none of them searched.
    pub benches: Vec<Bench>,
    /// The weeks the strategy was searched on.
    pub searched: Period,
    /// Words of the strategy that the leak check calls biased.
    pub biased: Vec<String>,
    /// Strategies ever validated on whatever facts, this one included.
    pub n_validated: Trials,
}

/// The phases of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Each member tests on its own seasons.
    Backtest,
    /// Members that differ are heard.
    CrossExamination,
    /// Each member's bankroll under worse luck and prices.
    Stress,
    /// Reasons against; none is a yes.
    Vote,
}

/// A finished round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// The strategy.
    pub strategy: Strategy,
    /// True when every member approved and nothing shows over all periods together.
    pub approved: bool,
    /// Members that approved.
    pub approvals: Vec<Seat>,
    /// Members asked.
    pub n_members: usize,
    /// All that speaks against it.
    pub findings: Vec<Finding>,
    /// Each member's record, in seat order.
    pub reports: Vec<Report>,
    /// The probability of win rates this different when there is one true rate.
    pub homogeneity: Option<f64>,
    /// What members who differ had to say.
    pub explanations: BTreeMap<Seat, Explanation>,
    /// Each member's stress test.
    pub stresses: BTreeMap<Seat, Stress>,
    /// The probability that the Sharpe ratio over all periods beats the luckiest of all validated strategies.
    pub deflated: Option<f64>,
}

impl Round {
    /// True when the members' win rates are unlikely to be one rate.
    pub fn is_discrepant(&self) -> bool {
        is_discrepant(self.homogeneity)
    }
}

fn is_discrepant(homogeneity: Option<f64>) -> bool {
    homogeneity.is_some_and(|p| p < DISCREPANT)
}

/// Rates this unlikely to be one rate are a discrepancy.
const DISCREPANT: f64 = 0.05;
/// A member this far from the others, in standard errors, is heard.
const HEARD_FROM: f64 = 1.96;
/// The least probability that a record over all periods beats the luckiest of all trials.
pub const LEAST_DEFLATED: f64 = 0.90;

/// The procedure.
pub struct Validation {
    hearing: Hearing,
    seats: Vec<Seat>,
    reports: BTreeMap<Seat, Result<Report, String>>,
    homogeneity: Option<f64>,
    explanations: BTreeMap<Seat, Explanation>,
    stresses: BTreeMap<Seat, Stress>,
    /// Whoever is asked something in the step under way.
    asked: BTreeSet<Seat>,
    /// The first step a member was lost in. Whoever comes back for the vote has still not examined all there was.
    lost: BTreeMap<Seat, Phase>,
}

impl Validation {
    /// The games of a seat.
    fn bench(&self, seat: &Seat) -> Option<&Bench> {
        let at = self.seats.iter().position(|s| s == seat)?;
        self.hearing.benches.get(at)
    }

    fn ask(&self, phase: Phase, step: impl Fn(&Seat) -> Option<Inquire>) -> Step<Validation> {
        let inquiry = |seat: &Seat| {
            let inquiry = Inquiry {
                bench: self.bench(seat)?.clone(),
                strategy: self.hearing.strategy.clone(),
                step: step(seat)?,
            };
            Some((seat.clone(), inquiry))
        };
        Step::Ask(phase, self.seats.iter().filter_map(inquiry).collect())
    }

    fn known(&self) -> impl Iterator<Item = &Report> {
        self.reports.values().filter_map(|report| report.as_ref().ok())
    }

    /// Hears members that differ, when the records together are unlikely to have one rate.
    fn cross_examine(&mut self) -> Step<Validation> {
        let decided = |r: &Report| (u64::from(r.tally.wins), u64::from(r.tally.losses));
        let records: Vec<(u64, u64)> = self.known().map(decided).collect();
        self.homogeneity = same_rate(&records);
        let discrepant = is_discrepant(self.homogeneity);
        self.ask(Phase::CrossExamination, |seat| {
            let own = self.reports.get(seat)?.as_ref().ok()?;
            let others: Vec<Report> = self.known().filter(|r| r.seat != *seat).cloned().collect();
            let rest = others.iter().map(decided).fold((0, 0), |(w, l), r| (w + r.0, l + r.1));
            let far = distance(decided(own), rest).is_some_and(|d| d.abs() >= HEARD_FROM);
            (discrepant && far).then(|| Inquire::Explain {
                own: Box::new(own.clone()),
                others,
            })
        })
    }

    fn vote(&self) -> Step<Validation> {
        self.ask(Phase::Vote, |seat| {
            let report = match self.reports.get(seat) {
                Some(report) => report.clone(),
                None => return None,
            };
            Some(Inquire::Vote(Box::new(Evidence {
                report,
                stress: self.stresses.get(seat).copied(),
                explanation: self.explanations.get(seat).cloned(),
                biased: self.hearing.biased.clone(),
            })))
        })
    }

    /// The probability that all periods' weeks together beat the luckiest of all that were validated. Without skill a Sharpe
    /// ratio over T weeks has variance 1 / T, which is what strategies in seasons nobody searched show.
    fn deflated(&self) -> Option<f64> {
        let weekly: Vec<f64> = self.known().flat_map(|r| r.weekly.iter().copied()).collect();
        let shape = Shape::of(&weekly)?;
        let luckiest = expected_best(1.0 / shape.n_periods as f64, self.hearing.n_validated);
        shape.probability_above(luckiest).map(|p| p.get())
    }

    fn conclude(&mut self, votes: BTreeMap<Seat, Vec<Finding>>) -> Step<Validation> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut approvals = Vec::new();
        for seat in &self.seats {
            let against = votes.get(seat).map_or(&[][..], Vec::as_slice);
            findings.extend(against.iter().cloned());
            match self.lost.get(seat) {
                Some(phase) => findings.push(Finding {
                    by: Some(seat.clone()),
                    criterion: Criterion::Lost,
                    figure: None,
                    threshold: None,
                    text: format!("it did not answer in {phase:?}, and all must approve after all steps"),
                }),
                None if against.is_empty() => approvals.push(seat.clone()),
                None => {}
            }
        }
        let deflated = self.deflated();
        if deflated.is_none_or(|p| p < LEAST_DEFLATED) {
            let n = self.hearing.n_validated.get();
            findings.push(Finding {
                by: None,
                criterion: Criterion::DeflatedSharpe,
                figure: deflated,
                threshold: Some(LEAST_DEFLATED),
                text: match deflated {
                    Some(p) => format!("the chance of beating the luckiest of {n} validated strategies is {p:.2}, at least {LEAST_DEFLATED} is needed"),
                    None => "its weekly returns do not vary, or there are too few".to_owned(),
                },
            });
        }
        self.done(approvals, findings, deflated)
    }

    fn done(&mut self, approvals: Vec<Seat>, findings: Vec<Finding>, deflated: Option<f64>) -> Step<Validation> {
        Step::Done(Box::new(Round {
            strategy: self.hearing.strategy.clone(),
            approved: findings.is_empty() && approvals.len() == self.seats.len(),
            approvals,
            n_members: self.seats.len(),
            findings,
            reports: self.known().cloned().collect(),
            homogeneity: self.homogeneity,
            explanations: std::mem::take(&mut self.explanations),
            stresses: std::mem::take(&mut self.stresses),
            deflated,
        }))
    }

    /// Why a hearing cannot be held, if so: a season that was searched proves nothing, and one that two members share is
    /// counted twice.
    fn fault(&self) -> Option<String> {
        let n = self.seats.len();
        if !N_SEATS.contains(&n) {
            let (least, most) = N_SEATS.into_inner();
            return Some(format!("{n} seats: a validation swarm has {least} to {most}"));
        }
        if self.hearing.benches.len() != n {
            return Some(format!(
                "{} periods for {n} members: each has its own",
                self.hearing.benches.len()
            ));
        }
        let mut seen = BTreeSet::new();
        for bench in &self.hearing.benches {
            for week in bench.table().weeks() {
                if touches(&self.hearing.searched, week.season) {
                    return Some(format!(
                        "{week} is of a season that was searched for the strategy and cannot validate it"
                    ));
                }
                if !seen.insert(week) {
                    return Some(format!("{week} belongs to two members"));
                }
            }
        }
        None
    }
}

/// True when a week of a season was searched: the rest of that season is then known to be like it.
fn touches(searched: &Period, season: u16) -> bool {
    (0..=u8::MAX).any(|week| searched.contains(SeasonWeek { season, week }))
}

impl Procedure for Validation {
    type Convene = Hearing;
    type Phase = Phase;
    type Question = Inquiry;
    type Answer = Testimony;
    type Round = Round;

    fn begin(hearing: Hearing, seats: &[Seat]) -> (Validation, Step<Validation>) {
        let mut validation = Validation {
            hearing,
            seats: seats.to_vec(),
            reports: BTreeMap::new(),
            homogeneity: None,
            explanations: BTreeMap::new(),
            stresses: BTreeMap::new(),
            asked: seats.iter().cloned().collect(),
            lost: BTreeMap::new(),
        };
        let step = match validation.fault() {
            Some(text) => {
                let finding = Finding {
                    by: None,
                    criterion: Criterion::Plan,
                    figure: None,
                    threshold: None,
                    text,
                };
                validation.done(Vec::new(), vec![finding], None)
            }
            None => validation.ask(Phase::Backtest, |_| Some(Inquire::Backtest)),
        };
        (validation, step)
    }

    fn next(&mut self, phase: Phase, answers: BTreeMap<Seat, Testimony>) -> Step<Validation> {
        for seat in std::mem::take(&mut self.asked) {
            if !answers.contains_key(&seat) {
                self.lost.entry(seat).or_insert(phase);
            }
        }
        let step = self.follow(phase, answers);
        if let Step::Ask(_, questions) = &step {
            self.asked = questions.keys().cloned().collect();
        }
        step
    }

    fn limit(phase: Phase) -> Duration {
        Duration::from_secs(match phase {
            Phase::Backtest | Phase::CrossExamination | Phase::Vote => 60,
            Phase::Stress => 120,
        })
    }
}

impl Validation {
    /// What follows from the answers to a step.
    fn follow(&mut self, phase: Phase, answers: BTreeMap<Seat, Testimony>) -> Step<Validation> {
        match phase {
            Phase::Backtest => {
                let tested = answers.into_iter().filter_map(|(seat, said)| match said {
                    Testimony::Tested(report) => Some((seat, report.map(|r| *r))),
                    Testimony::Explained(_) | Testimony::Stressed(_) | Testimony::Voted(_) => None,
                });
                self.reports = tested.collect();
                self.cross_examine()
            }
            Phase::CrossExamination => {
                let explained = answers.into_iter().filter_map(|(seat, said)| match said {
                    Testimony::Explained(explanation) => Some((seat, explanation)),
                    Testimony::Tested(_) | Testimony::Stressed(_) | Testimony::Voted(_) => None,
                });
                self.explanations = explained.collect();
                self.ask(Phase::Stress, |seat| {
                    self.reports.get(seat)?.as_ref().ok().map(|_| Inquire::Stress)
                })
            }
            Phase::Stress => {
                let stressed = answers.into_iter().filter_map(|(seat, said)| match said {
                    Testimony::Stressed(stress) => Some((seat, stress?)),
                    Testimony::Tested(_) | Testimony::Explained(_) | Testimony::Voted(_) => None,
                });
                self.stresses = stressed.collect();
                self.vote()
            }
            Phase::Vote => {
                let voted = answers.into_iter().filter_map(|(seat, said)| match said {
                    Testimony::Voted(findings) => Some((seat, findings)),
                    Testimony::Tested(_) | Testimony::Explained(_) | Testimony::Stressed(_) => None,
                });
                let votes = voted.collect();
                self.conclude(votes)
            }
        }
    }
}

#[cfg(test)]
mod tests;
