//! Which remedy to try first: Thompson sampling (1933) over Beta beliefs, that begin with the stated order and fade, so that
//! what is no longer true is unlearned.

use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::pairs;
use crate::healing::remediation::playbook::{Remedy, RemedyId};
use rand_distr::{Beta, Distribution as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Arms kept; every playbook at every sort of place has under 150.
pub const MAX_ARMS: usize = 512;
/// What an outcome is worth after one more outcome of the same remedy: the memory is 1 / (1 - 0.9), ten outcomes. Measured over
/// 100 seeds (`src/healing/healer/tests/learning.rs`): at 0.85 a tenth less of incidents begins with the right remedy, at
/// 0.93 a changed world takes up to ten incidents to be noticed instead of six.
pub const FADE: f64 = 0.9;
/// The trials a prior counts for. Six: a drastic remedy is hardly ever drawn before a mild one of which nothing bad is known,
/// and three or four failures of the mild one turn that round.
const PRIOR_WEIGHT: f64 = 6.0;
/// The share of cases a remedy is taken to help in where it is stated first.
const FIRST_SHARE: f64 = 0.9;
/// And where it is stated last.
const LAST_SHARE: f64 = 0.5;

/// What a remedy is tried against: the ailment, and the sort of place (`api`, `actor`, `db`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Context {
    /// What is the matter.
    pub ailment: Ailment,
    /// Where, by its first segment.
    pub sort: String,
}

/// One remedy in one context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArmId {
    /// Against what.
    pub context: Context,
    /// Which remedy.
    pub remedy: RemedyId,
}

/// A Beta belief about how often a remedy helps, less its prior: faded counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Times it helped, the older the less.
    pub helped: f64,
    /// Times it did not, the older the less.
    pub did_not: f64,
}

impl Arm {
    /// The belief after one more outcome.
    #[must_use]
    pub fn after(self, helped: bool) -> Arm {
        Arm {
            helped: self.helped * FADE + f64::from(u8::from(helped)),
            did_not: self.did_not * FADE + f64::from(u8::from(!helped)),
        }
    }
}

/// The two counts of the prior of a remedy at `rung` (from 0) of `n_rungs`.
fn prior(rung: usize, n_rungs: usize) -> (f64, f64) {
    let way = rung as f64 / n_rungs.saturating_sub(1).max(1) as f64;
    let share = FIRST_SHARE - (FIRST_SHARE - LAST_SHARE) * way;
    (PRIOR_WEIGHT * share, PRIOR_WEIGHT * (1.0 - share))
}

/// The beliefs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bandit {
    #[serde(with = "pairs")]
    arms: BTreeMap<ArmId, Arm>,
}

impl Bandit {
    /// What is known of an arm, less its prior.
    pub fn arm(&self, id: &ArmId) -> Arm {
        self.arms.get(id).copied().unwrap_or_default()
    }

    /// Sets an arm. False when there is no room for one more.
    pub fn set(&mut self, id: ArmId, arm: Arm) -> bool {
        if !self.arms.contains_key(&id) && self.arms.len() >= MAX_ARMS {
            return false;
        }
        self.arms.insert(id, arm);
        true
    }

    /// The share of cases a remedy helps in: the mean of the belief, 0 to 1.
    pub fn share(&self, context: &Context, remedies: &[Remedy], rung: usize) -> f64 {
        let (a, b) = self.belief(context, remedies, rung);
        a / (a + b)
    }

    /// The remedies in the order to try them in this time: by a draw from each belief. Where nothing was tried yet, as stated:
    /// the least drastic first, and no chance in it.
    pub fn draw(&self, context: &Context, remedies: &[Remedy], rng: &mut Pcg64Mcg) -> Vec<RemedyId> {
        if !self.arms.keys().any(|arm| arm.context == *context) {
            return remedies.iter().map(|remedy| remedy.id).collect();
        }
        let mut drawn: Vec<(f64, RemedyId)> = Vec::with_capacity(remedies.len());
        for (rung, remedy) in remedies.iter().enumerate() {
            let (a, b) = self.belief(context, remedies, rung);
            let beta = Beta::new(a, b).expect("a prior's counts are above zero, and outcomes only add");
            drawn.push((beta.sample(rng), remedy.id));
        }
        drawn.sort_by(|x, y| y.0.total_cmp(&x.0));
        drawn.into_iter().map(|(_, id)| id).collect()
    }

    /// The remedies in the order of what is believed, without a draw: what is preferred.
    pub fn preferred(&self, context: &Context, remedies: &[Remedy]) -> Vec<RemedyId> {
        let shares = (0..remedies.len()).map(|rung| (self.share(context, remedies, rung), remedies[rung].id));
        let mut order: Vec<(f64, RemedyId)> = shares.collect();
        order.sort_by(|x, y| y.0.total_cmp(&x.0));
        order.into_iter().map(|(_, id)| id).collect()
    }

    fn belief(&self, context: &Context, remedies: &[Remedy], rung: usize) -> (f64, f64) {
        let (a, b) = prior(rung, remedies.len());
        let arm = self.arm(&ArmId {
            context: context.clone(),
            remedy: remedies[rung].id,
        });
        (a + arm.helped, b + arm.did_not)
    }
}
