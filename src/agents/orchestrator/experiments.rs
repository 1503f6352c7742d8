//! Meta-learning: one setting of its own is tried in shadow, kept only if better by a test stated beforehand, and watched after.
//!
//! A change is proposed from a closed list with bounds. While it is tried, each round is decided once more with it, apart
//! and never bet. After [`N_GAMES`] games, and not before, the log-losses of both are compared game by game (the mean over a
//! game's markets is one difference): the change is kept when its mean advantage over its standard error exceeds the normal
//! quantile of `ALPHA / (k (k + 1))` for the k-th experiment. These levels add up to [`ALPHA`], so of changes that are no
//! better any is ever kept with at most that probability. A kept change is watched for as many games, with what it replaced
//! in its shadow, and taken back when that is better by the same test.

use crate::stats::normal::normal_quantile;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The probability with which a change that is no better is ever kept, over all experiments.
pub const ALPHA: f64 = 0.05;
/// Games after which an experiment is judged: a season.
pub const N_GAMES: usize = 272;
/// A step changes a setting by this factor: less does not show.
const STEP: f64 = 1.5;

/// The settings that may be tried: those of the pool that say how much a record counts. Whatever bears on stakes is not
/// among them, and neither are the bars of standings: who may move the bar has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Weeks after which a settled belief counts half.
    HalfLifeWeeks,
    /// Pseudo-observations that hold a short record at no merit.
    Ballast,
    /// Points of closing line value that multiply a weight by e.
    PointsPerE,
    /// Pseudo-beliefs that hold a seat's coefficient at its share of the average.
    BlendBallast,
    /// Prior standard deviation of the boldness.
    BoldnessSd,
}

impl Setting {
    /// The closed list.
    pub const ALL: [Setting; 5] = [
        Setting::HalfLifeWeeks,
        Setting::Ballast,
        Setting::PointsPerE,
        Setting::BlendBallast,
        Setting::BoldnessSd,
    ];

    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Setting::HalfLifeWeeks => "half_life_weeks",
            Setting::Ballast => "ballast",
            Setting::PointsPerE => "points_per_e",
            Setting::BlendBallast => "blend_ballast",
            Setting::BoldnessSd => "boldness_sd",
        }
    }

    /// The setting of a word.
    pub fn of(word: &str) -> Option<Setting> {
        Setting::ALL.into_iter().find(|setting| setting.word() == word)
    }

    /// The least and the greatest value that may be tried: the production value halved and doubled, or a little more.
    pub fn bounds(self) -> (f64, f64) {
        match self {
            Setting::HalfLifeWeeks => (16.0, 81.0),
            Setting::Ballast => (25.0, 140.0),
            Setting::PointsPerE => (0.2, 1.2),
            Setting::BlendBallast => (80.0, 460.0),
            Setting::BoldnessSd => (0.3, 1.1),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A change to try.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The setting.
    pub setting: Setting,
    /// Its value.
    pub from: f64,
    /// The value to try.
    pub to: f64,
}

/// Draws a change one step up or down within bounds that was not tried before from the same value; none when all were.
pub fn propose(values: &[(Setting, f64)], tried: &[Change], rng: &mut Pcg64Mcg) -> Option<Change> {
    let steps = values.iter().flat_map(|(setting, from)| {
        [STEP, STEP.recip()].map(|step| Change {
            setting: *setting,
            from: *from,
            to: from * step,
        })
    });
    let (near, within) = (
        |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs(),
        |c: &Change| (c.setting.bounds().0..=c.setting.bounds().1).contains(&c.to),
    );
    let known = |c: &Change| {
        tried
            .iter()
            .any(|t| t.setting == c.setting && near(t.from, c.from) && near(t.to, c.to))
    };
    let fresh: Vec<Change> = steps.filter(|c| within(c) && !known(c)).collect();
    (!fresh.is_empty()).then(|| fresh[rng.random_range(0..fresh.len())])
}

/// What so many games say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Whether the shadow is better by the test.
    pub better: bool,
    /// Games.
    pub n: usize,
    /// The mean advantage of the shadow in log-loss.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// The level it was tested at.
    pub alpha: f64,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judgement { n, mean, se, alpha, .. } = self;
        let verdict = if self.better {
            "better"
        } else {
            "not shown to be better"
        };
        write!(
            f,
            "in shadow {verdict}: log-loss {mean:+.5} (standard error {se:.5}) over {n} games, one-sided at {alpha:.4}"
        )
    }
}

/// Judges the k-th experiment (from 1) by the first [`N_GAMES`] of its differences; none before there are so many. A
/// difference is the log-loss in earnest less the one in shadow.
pub fn judge(differences: &[f64], k: usize) -> Option<Judgement> {
    let first = differences.get(..N_GAMES)?;
    let n = first.len() as f64;
    let mean = first.iter().sum::<f64>() / n;
    let variance = first.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let se = (variance / n).sqrt();
    let k = k.max(1) as f64;
    let alpha = ALPHA / (k * (k + 1.0));
    let bar = normal_quantile(1.0 - alpha).unwrap_or(f64::INFINITY);
    // Two settings that decide alike differ by nothing, which is no advantage.
    let better = se > 0.0 && mean > bar * se;
    Some(Judgement {
        better,
        n: first.len(),
        mean,
        se,
        alpha,
    })
}

/// The log-loss of a probability of the first side, kept finite at a thousandth.
pub fn log_loss(p_first: f64, first_won: bool) -> f64 {
    let p = p_first.clamp(0.001, 0.999);
    -if first_won { p.ln() } else { (1.0 - p).ln() }
}

#[cfg(test)]
mod tests;
