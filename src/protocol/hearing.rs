//! Hearings: what the validation swarm asks of its validators, and what they tell it.

use super::research::Bench;
use crate::domain::belief::Seat;
use crate::engine::period::Period;
use crate::engine::tally::Tally;
use crate::strategy::rule::Strategy;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a validator is asked.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// The games of its own period, and no others.
    pub bench: Bench,
    /// The strategy that is judged.
    pub strategy: Strategy,
    /// What to do.
    pub step: Inquire,
}

/// The steps of a hearing.
#[derive(Clone, Debug)]
pub enum Inquire {
    /// How did it do in your period?
    Backtest,
    /// Your figures differ from the others'. Can you explain why?
    Explain {
        /// One's own.
        own: Box<Report>,
        /// The others'.
        others: Vec<Report>,
    },
    /// What may become of a bankroll?
    Stress,
    /// Do you approve?
    Vote(Box<Evidence>),
}

/// What a validator votes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Its report, or why there is no plan to report on.
    pub report: Result<Report, String>,
    /// Its stress test, where there was one.
    pub stress: Option<Stress>,
    /// Its explanation, where it was asked for one.
    pub explanation: Option<Explanation>,
    /// Words the strategy uses that the leak check calls biased.
    pub biased: Vec<String>,
}

/// The record of a strategy in one period, at one flat stake a bet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whose period.
    pub seat: Seat,
    /// The weeks.
    pub period: Period,
    /// The bets.
    pub tally: Tally,
    /// The deepest fall of the bankroll with flat stakes of 1%.
    pub fall: Fall,
    /// Wins and losses from week 5 on.
    pub late: (u64, u64),
    /// Profit of each week in stakes at -110 (moneyline: at its own price); weeks without a bet are zeros.
    pub weekly: Vec<f64>,
}

/// A fall of a bankroll from its highest point so far, in elevenths of a stake: a bankroll of 100 stakes is 1100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fall {
    /// By how much it fell.
    pub by: i64,
    /// From where.
    pub from: i64,
}

impl Fall {
    /// The fall as a share of where it began.
    pub fn share(self) -> f64 {
        self.by as f64 / self.from.max(1) as f64
    }
}

/// Why a seat's figures differ from the others'.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Explanation {
    /// Its bets were as good by the closing line, so the results differ by luck. Mean closing line values in points.
    ByTheClose {
        /// One's own.
        own: f64,
        /// The others'.
        others: f64,
    },
    /// Without weeks 1 to 4, in which ratings know the league least, it does not differ. In standard errors.
    EarlyWeeks {
        /// The distance without them.
        distance: f64,
    },
    /// Nothing explains it.
    Unexplained {
        /// The distance of the win rates in standard errors.
        distance: f64,
    },
}

/// What may become of a bankroll under the strategy's own stakes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stress {
    /// Paths played.
    pub n_paths: u64,
    /// Share of each price's profit that was taken away.
    pub haircut: f64,
    /// Share of the paths on which half of the bankroll was lost at some time.
    pub ruined: f64,
    /// The bankroll that half of the paths end below, one at the start.
    pub median: f64,
    /// The bankroll that one path in twenty ends below.
    pub q05: f64,
    /// What is left of the bankroll after its own worst nine weeks in a row, twice over.
    pub after_worst_weeks: f64,
}

/// What a strategy is rejected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// It makes no plan: it asks for what is not known when it bets.
    Plan,
    /// It uses what the leak check calls biased.
    Leak,
    /// Too few bets in a period.
    NBets,
    /// Return on stakes at -110 (moneyline: at its own price).
    Roi,
    /// Return on stakes at the prices there were.
    RealRoi,
    /// Win rate.
    WinRate,
    /// Largest drawdown with flat stakes of 1%.
    Drawdown,
    /// Better than knowing where every line goes.
    TooGood,
    /// A difference between periods that nobody explains.
    Discrepancy,
    /// Share of paths that lose half of the bankroll.
    Ruin,
    /// The median path loses money.
    MedianPath,
    /// The worst weeks twice over.
    WorstWeeks,
    /// Deflated Sharpe ratio.
    DeflatedSharpe,
    /// A validator was lost, and unanimity with it.
    Lost,
}

impl Criterion {
    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Criterion::Plan => "plan",
            Criterion::Leak => "biased feature",
            Criterion::NBets => "bets",
            Criterion::Roi => "ROI",
            Criterion::RealRoi => "ROI at real prices",
            Criterion::WinRate => "win rate",
            Criterion::Drawdown => "max drawdown",
            Criterion::TooGood => "too good to be true",
            Criterion::Discrepancy => "unexplained difference",
            Criterion::Ruin => "paths that lose half",
            Criterion::MedianPath => "median path",
            Criterion::WorstWeeks => "worst weeks twice",
            Criterion::DeflatedSharpe => "deflated Sharpe",
            Criterion::Lost => "lost validator",
        }
    }
}

/// One reason against a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Who found it; nobody for what only all periods together show.
    pub by: Option<Seat>,
    /// What was looked at.
    pub criterion: Criterion,
    /// What was found, where it is a number.
    pub figure: Option<f64>,
    /// What would have been needed.
    pub threshold: Option<f64>,
    /// The finding in a sentence.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.as_ref().map_or("all periods", Seat::as_str);
        write!(f, "{by}: {}: {}", self.criterion.name(), self.text)
    }
}

/// What a validator says.
#[derive(Clone, Debug, PartialEq)]
pub enum Testimony {
    /// To [`Inquire::Backtest`]: the record, or why the strategy makes no plan.
    Tested(Result<Box<Report>, String>),
    /// To [`Inquire::Explain`].
    Explained(Explanation),
    /// To [`Inquire::Stress`]; nothing where there is nothing to stress.
    Stressed(Option<Stress>),
    /// To [`Inquire::Vote`]: its reasons against; none is a yes.
    Voted(Vec<Finding>),
}
