//! The metrics of one component side by side: what each detector says of the latest readings, and one decision from all.

use super::autoencoder::Autoencoder;
use super::ensemble::Verdict;
use super::forest::{Forest, MAX_COLUMNS, N_SAMPLE};
use super::tail::Tail;
use super::watched::{Latest, Watched};
use super::{Anomaly, Detector};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// Rows a forest is grown from.
const N_ROWS: usize = 2 * N_SAMPLE;
/// A new forest each so many rows: a day of one each five minutes.
const GROW_EVERY: u32 = 288;
/// With fewer metrics there are no combinations.
const MIN_COLUMNS: usize = 2;
/// Deviations beyond this are as far as any.
const CLIP: f64 = 8.0;
/// What is so rare is not learnt from.
const LEARN_ABOVE: f64 = 1e-3;
/// An episode ends after so many decisions without an alarm: an hour of one each five minutes.
pub(super) const QUIET: u32 = 12;

/// The metrics of one component and the detectors that look at all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Component {
    pub(super) metrics: Vec<Watched>,
    forest: Option<Forest>,
    forest_tail: Tail,
    rows: VecDeque<f32>,
    n_since_grown: u32,
    net: Option<Autoencoder>,
    n_columns: usize,
    pub(super) verdicts: Vec<Verdict>,
    episode: Option<Episode>,
}

/// An alarm that still goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Episode {
    n_quiet: u32,
    named: BTreeSet<usize>,
}

impl Component {
    /// What every detector says of the latest readings; readings that did not come say nothing.
    pub(super) fn judge(&mut self, rng: &mut Pcg64Mcg) {
        let mut verdicts = Vec::with_capacity(2 * self.metrics.len() + 2);
        for (column, watched) in self.metrics.iter().enumerate() {
            if let Some(latest) = &watched.latest {
                verdicts.push(Verdict {
                    detector: Detector::Baseline,
                    column,
                    p: latest.p_baseline,
                });
                verdicts.push(Verdict {
                    detector: Detector::Shift,
                    column,
                    p: latest.p_shift,
                });
            }
        }
        let n = self.metrics.len().min(MAX_COLUMNS);
        if n >= MIN_COLUMNS && !verdicts.is_empty() {
            self.judge_row(n, rng, &mut verdicts);
        }
        for verdict in &mut verdicts {
            // The score is minus the logarithm of p.
            verdict.p = verdict.p.powf(1.0 / self.metrics[verdict.column].divisor());
        }
        self.verdicts = verdicts;
    }

    fn judge_row(&mut self, n: usize, rng: &mut Pcg64Mcg, verdicts: &mut Vec<Verdict>) {
        if n != self.n_columns {
            // A metric came along: rows are of another shape from now on.
            self.n_columns = n;
            self.rows.clear();
            self.forest = None;
            self.forest_tail = Tail::default();
            self.net = Some(Autoencoder::new(n, rng));
        }
        let z = |w: &Watched| w.latest.as_ref().map_or(0.0, |l| l.z.clamp(-CLIP, CLIP));
        let row: Vec<f64> = self.metrics[..n].iter().map(z).collect();
        if let Some(net) = &mut self.net {
            let misfit = net.observe(&row);
            verdicts.push(Verdict {
                detector: Detector::Autoencoder,
                column: misfit.column,
                p: misfit.p,
            });
        }
        let row: Vec<f32> = row.iter().map(|z| *z as f32).collect();
        let mut p = 1.0;
        if let Some(forest) = &self.forest {
            p = self.forest_tail.judge(forest.score_row(&row));
            let column = (0..n)
                .max_by(|a, b| row[*a].abs().total_cmp(&row[*b].abs()))
                .unwrap_or(0);
            verdicts.push(Verdict {
                detector: Detector::Forest,
                column,
                p,
            });
        }
        if p > LEARN_ABOVE {
            self.rows.extend(&row);
            while self.rows.len() > N_ROWS * n {
                self.rows.pop_front();
            }
        }
        self.n_since_grown += 1;
        let is_due = self.forest.is_none() || self.n_since_grown >= GROW_EVERY;
        if is_due && self.rows.len() >= N_SAMPLE * n {
            self.forest = Forest::fit(self.rows.make_contiguous(), n, rng);
            self.n_since_grown = 0;
        }
    }

    /// One decision from all p-values: their harmonic mean against `alpha`, the share of decisions that may be false.
    pub(super) fn decide(&mut self, alpha: f64) -> Option<Anomaly> {
        let best = self.verdicts.iter().min_by(|a, b| a.p.total_cmp(&b.p)).copied()?;
        let p = harmonic_mean(&self.verdicts);
        if p > alpha {
            if let Some(episode) = &mut self.episode {
                episode.n_quiet += 1;
                if episode.n_quiet > QUIET {
                    self.episode = None;
                }
            }
            return None;
        }
        let episode = self.episode.get_or_insert(Episode {
            n_quiet: 0,
            named: BTreeSet::new(),
        });
        episode.n_quiet = 0;
        if !episode.named.insert(best.column) {
            return None;
        }
        let watched = &self.metrics[best.column];
        let latest = watched.latest.as_ref()?;
        let mut noticed: Vec<Verdict> = self
            .verdicts
            .iter()
            .copied()
            .filter(|v| v.p <= alpha.max(best.p))
            .collect();
        noticed.sort_by(|a, b| a.p.total_cmp(&b.p));
        let mut detectors: Vec<Detector> = Vec::new();
        for verdict in noticed {
            if !detectors.contains(&verdict.detector) {
                detectors.push(verdict.detector);
            }
        }
        Some(Anomaly {
            metric: watched.metric.clone(),
            at: latest.at,
            value: latest.value,
            expected: latest.expected,
            spread: latest.spread,
            score: (-p.log10()).min(300.0),
            words: words(watched, latest, &detectors, p),
            detectors,
        })
    }
}

/// The harmonic mean p-value (Wilson, PNAS 2019): whatever the dependence among detectors, as p goes to nought it is below alpha
/// about alpha of the time, and one sure detector among many that see nothing counts as Bonferroni's correction would have it.
fn harmonic_mean(verdicts: &[Verdict]) -> f64 {
    let sum: f64 = verdicts.iter().map(|v| 1.0 / v.p.max(super::tail::MIN_P)).sum();
    verdicts.len() as f64 / sum
}

fn words(watched: &Watched, latest: &Latest, detectors: &[Detector], p: f64) -> String {
    let names: Vec<&str> = detectors.iter().map(|d| d.name()).collect();
    let Latest {
        value,
        expected,
        spread,
        z,
        ..
    } = latest;
    format!(
        "{} is {value:.1}; {expected:.1} \u{b1} {spread:.1} is usual at this hour ({z:+.1} deviations). Noticed by {}; a healthy \
         component looks like this once in {:.0} readings.",
        watched.metric,
        names.join(", "),
        (1.0 / p).min(1e9)
    )
}
