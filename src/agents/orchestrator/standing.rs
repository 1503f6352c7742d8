//! Promotion and demotion: what a member's forecasts, game after game beside those of the others, make of its standing.
//!
//! A score is how often the member took the winning side, less how often the others who spoke of the same market did: what
//! all get wrong together cancels. Scores are not told apart by size of edge, and closing line value, which already moves
//! a seat's weight every week (`src/swarms/pool.rs`), is left out: a standing is for what weights cannot see, results.
//!
//! The rule, stated before any record was read. All tests are [`EProcess`]es, valid whenever looked at, on the scores since
//! the standing last changed:
//! - Full to Probation: evidence of 20 that it is worse. Nothing is different yet.
//! - Probation to Full: that evidence fell under 5, with 68 scores since (a quarter of a season).
//! - Full or Probation to Benched: evidence of [`Bars::decisive`], after 272 scores. Benched it goes on forecasting.
//! - Benched to Probation: evidence of 20 that it is not worse by four points, after 272 scores. That is another question
//!   than the one that benched it, so nobody goes to and fro at one bar.
//! - Full to Promoted: evidence of [`Bars::decisive`] that it is better, after 272 scores.
//! - Promoted to Full: evidence of 20 that it is not better by four points.
//!
//! The decisive bar is the number of members over [`ALPHA`], divided by the share of the error that is left to a change of
//! this member: four fifths for the first, a fifth of what is left for each later one. So of equal members none is ever
//! benched with a probability of at least 95%, however long, often and whoever looks; likewise promoted.

use crate::domain::standing::Standing;
use crate::stats::e_process::EProcess;
use serde::Serialize;

/// The probability with which any member of a table of equals is ever benched, and with which any is ever promoted.
pub const ALPHA: f64 = 0.05;
/// Evidence that puts on probation or brings back: at one in twenty it is a false alarm, and no bet depends on it.
pub const WARNING: f64 = 20.0;
/// Evidence under which a warning is withdrawn.
pub const CALM: f64 = 5.0;
/// Scores without which no standing changes for good: the games of a season.
pub const MIN_SCORES: u64 = 272;
/// Scores without which a warning is not withdrawn: a quarter of a season.
pub const MIN_CALM: u64 = 68;
/// What must be ruled out before a change is taken back, in win rate.
pub const MARGIN: f64 = 0.04;
/// The share of the error that is left which each change may use.
const SPENT: f64 = 0.8;

/// The bars for one member.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// Members that are judged together.
    pub n_members: usize,
}

impl Bars {
    /// The evidence that benches or promotes a member which has been so `n_before` times.
    pub fn decisive(&self, n_before: u32) -> f64 {
        let exponent = i32::try_from(n_before.min(100)).unwrap_or(100);
        let share = SPENT * (1.0 - SPENT).powi(exponent);
        self.n_members.max(1) as f64 / (ALPHA * share)
    }
}

/// The four questions asked of the scores since the last change.
#[derive(Clone, Copy, Debug, Default)]
struct Questions {
    worse: EProcess,
    better: EProcess,
    not_much_worse: EProcess,
    not_much_better: EProcess,
}

impl Questions {
    fn observe(&mut self, score: f64) {
        self.worse.observe(-score);
        self.better.observe(score);
        self.not_much_worse.observe(score + MARGIN);
        self.not_much_better.observe(MARGIN - score);
    }
}

/// How a member's record stands: the state of the rule.
#[derive(Clone, Debug)]
pub struct Record {
    bars: Bars,
    standing: Standing,
    since: Questions,
    n_benched: u32,
    n_promoted: u32,
    n: u64,
    sum: f64,
    squares: f64,
    reason: String,
}

/// A standing that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// From.
    pub from: Standing,
    /// To.
    pub to: Standing,
    /// Why, with the figures.
    pub reason: String,
    /// Scores it rests on.
    pub n: u64,
}

impl Record {
    /// A member nothing is known of, in a table of so many.
    pub fn new(bars: Bars) -> Record {
        Record {
            bars,
            standing: Standing::Full,
            since: Questions::default(),
            n_benched: 0,
            n_promoted: 0,
            n: 0,
            sum: 0.0,
            squares: 0.0,
            reason: "no record yet".to_owned(),
        }
    }

    /// Takes a score in [-1, 1] in; whether it changes anything is asked with [`Record::look`].
    pub fn observe(&mut self, score: f64) {
        self.since.observe(score);
        self.n += 1;
        self.sum += score;
        self.squares += score * score;
    }

    /// Applies the rule; once a week is often enough, and any more does no harm.
    pub fn look(&mut self) -> Option<Changed> {
        let q = &self.since;
        let n = q.worse.n();
        let long = n >= MIN_SCORES;
        let bench = self.bars.decisive(self.n_benched);
        let promote = self.bars.decisive(self.n_promoted);
        let worse = q.worse.value();
        let (to, why) = match self.standing {
            Standing::Full | Standing::Probation if long && worse >= bench => {
                (Standing::Benched, said("it is worse than the others", worse, bench, n))
            }
            Standing::Full if long && q.better.value() >= promote => (
                Standing::Promoted,
                said("it is better than the others", q.better.value(), promote, n),
            ),
            Standing::Full if worse >= WARNING => (
                Standing::Probation,
                said("it may be worse than the others", worse, WARNING, n),
            ),
            Standing::Probation if n >= MIN_CALM && worse < CALM => (
                Standing::Full,
                format!("evidence that it is worse fell to {worse:.1}, under {CALM:.0}, after {n} scores"),
            ),
            Standing::Benched if long && q.not_much_worse.value() >= WARNING => (
                Standing::Probation,
                said("it is not four points worse", q.not_much_worse.value(), WARNING, n),
            ),
            Standing::Promoted if long && q.not_much_better.value() >= WARNING => (
                Standing::Full,
                said(
                    "it is not four points better any more",
                    q.not_much_better.value(),
                    WARNING,
                    n,
                ),
            ),
            Standing::Promoted | Standing::Full | Standing::Probation | Standing::Benched => return None,
        };
        Some(self.change(to, why, n))
    }

    fn change(&mut self, to: Standing, reason: String, n: u64) -> Changed {
        let from = self.standing;
        match to {
            Standing::Benched => self.n_benched += 1,
            Standing::Promoted => self.n_promoted += 1,
            Standing::Full | Standing::Probation => {}
        }
        self.standing = to;
        self.reason.clone_from(&reason);
        // A warning is a look at the same question; what changes the table begins a new one.
        if !matches!(
            (from, to),
            (Standing::Full, Standing::Probation) | (Standing::Probation, Standing::Full)
        ) {
            self.since = Questions::default();
        }
        Changed { from, to, reason, n }
    }

    /// The standing.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Why it stands so, in words and figures; before the first change what there is so far.
    pub fn reason(&self) -> String {
        if self.n == 0 || self.standing != Standing::Full {
            return self.reason.clone();
        }
        let bar = self.bars.decisive(self.n_benched);
        format!(
            "evidence {:.1} that it is worse, {:.1} that it is better; {bar:.0} decides",
            self.since.worse.value(),
            self.since.better.value()
        )
    }

    /// Scores taken in, of its whole life.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The mean score with its standard error, in win rate; none for fewer than two.
    pub fn mean(&self) -> Option<(f64, f64)> {
        if self.n < 2 {
            return None;
        }
        let n = self.n as f64;
        let mean = self.sum / n;
        let variance = ((self.squares - n * mean * mean) / (n - 1.0)).max(0.0);
        Some((mean, (variance / n).sqrt()))
    }
}

fn said(what: &str, evidence: f64, bar: f64, n: u64) -> String {
    format!("evidence {evidence:.0} that {what}, of {bar:.0} needed, by {n} scores")
}

#[cfg(test)]
mod league;
#[cfg(test)]
mod tests;
