//! The learner: turns ends of incidents into changes of what is believed, writes each down, and says what was learned.

use super::bandit::{ArmId, Bandit, Context};
use super::journal::{Journal, RevertError, Setting};
use super::thresholds::Thresholds;
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::incident::Incident;
use crate::healing::reading::Metric;
use crate::healing::remediation::course::Outcome;
use crate::healing::remediation::playbook::{RemedyId, playbook};
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// What was learned: facts for the other agents and for whoever reads the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learned {
    /// A remedy was tried.
    Tried {
        /// Against what.
        context: Context,
        /// Which.
        remedy: RemedyId,
        /// Whether it helped.
        helped: bool,
        /// The share of cases it is now believed to help in, 0 to 1.
        share: f64,
    },
    /// Another remedy than before is now believed to be the best first one.
    Preferred {
        /// Against what.
        context: Context,
        /// Which.
        remedy: RemedyId,
        /// Which before.
        instead_of: RemedyId,
    },
    /// A metric must be farther off, or less far, to count.
    Threshold {
        /// Which.
        metric: Metric,
        /// The factor before, 1 to 3.
        was: f64,
        /// And now.
        is: f64,
    },
    /// A person took a change back.
    Reverted {
        /// Which.
        change: u64,
    },
}

/// Beliefs, thresholds and their journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learner {
    bandit: Bandit,
    thresholds: Thresholds,
    journal: Journal,
}

impl Learner {
    /// What an incident's remedies are tried against.
    pub fn context(incident: &Incident) -> Context {
        Context {
            ailment: incident.root_cause.ailment,
            sort: incident.root_cause.place.sort().to_owned(),
        }
    }

    /// The order in which to try an incident's remedies this time.
    pub fn ladder(&self, incident: &Incident, rng: &mut Pcg64Mcg) -> Vec<RemedyId> {
        let book = playbook(incident.root_cause.ailment);
        self.bandit.draw(&Learner::context(incident), book.remedies, rng)
    }

    /// The order believed to be best against an ailment at a sort of place (`api`), with the share of cases each helps in.
    pub fn preferred(&self, ailment: Ailment, sort: &str) -> Vec<(RemedyId, f64)> {
        let context = Context {
            ailment,
            sort: sort.to_owned(),
        };
        let remedies = playbook(ailment).remedies;
        let share = |id: RemedyId| {
            let rung = remedies.iter().position(|remedy| remedy.id == id);
            rung.map_or(0.0, |rung| self.bandit.share(&context, remedies, rung))
        };
        let order = self.bandit.preferred(&context, remedies);
        order.into_iter().map(|id| (id, share(id))).collect()
    }

    /// The factor on a metric's threshold, 1 to 3.
    pub fn factor(&self, metric: &Metric) -> f64 {
        self.thresholds.factor(metric)
    }

    /// Every change, oldest first.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// A remedy came to its end in an incident.
    pub fn outcome(&mut self, incident: &Incident, outcome: Outcome, now: DateTime<Utc>) -> Vec<Learned> {
        let Outcome { remedy, helped } = outcome;
        let (context, remedies) = (
            Learner::context(incident),
            playbook(incident.root_cause.ailment).remedies,
        );
        let Some(rung) = remedies.iter().position(|known| known.id == remedy) else {
            return Vec::new();
        };
        let best_before = self.bandit.preferred(&context, remedies)[0];
        let arm = ArmId {
            context: context.clone(),
            remedy,
        };
        let was = self.bandit.arm(&arm);
        let is = was.after(helped);
        if !self.bandit.set(arm.clone(), is) {
            return Vec::new();
        }
        let why = format!(
            "incident {}: {}",
            incident.id,
            if helped { "it helped" } else { "it did not help" }
        );
        self.journal.write(Setting::Belief { arm, was, is }, why, now);
        let mut learned = vec![Learned::Tried {
            share: self.bandit.share(&context, remedies, rung),
            context: context.clone(),
            remedy,
            helped,
        }];
        let best = self.bandit.preferred(&context, remedies)[0];
        if best != best_before {
            learned.push(Learned::Preferred {
                context,
                remedy: best,
                instead_of: best_before,
            });
        }
        learned
    }

    /// An incident's alarms were false, or real: the thresholds of the metrics in it move a step.
    pub fn alarms(&mut self, incident: &Incident, were_false: bool, now: DateTime<Utc>) -> Vec<Learned> {
        let mut learned = Vec::new();
        for metric in incident.symptoms.iter().filter_map(|symptom| symptom.metric()) {
            let was = self.thresholds.factor(metric);
            let is = self.thresholds.after(metric, were_false);
            if is == was || !self.thresholds.set(metric, is) {
                continue;
            }
            let metric = metric.clone();
            let why = format!(
                "incident {}: a {} alarm",
                incident.id,
                if were_false { "false" } else { "real" }
            );
            let setting = Setting::Threshold {
                metric: metric.clone(),
                was,
                is,
            };
            self.journal.write(setting, why, now);
            learned.push(Learned::Threshold { metric, was, is });
        }
        learned
    }

    /// Takes a change back, and all later ones of the same setting.
    ///
    /// # Errors
    /// When there is no such change, or it was taken back.
    pub fn revert(&mut self, change: u64) -> Result<Learned, RevertError> {
        match self.journal.revert(change)? {
            Setting::Belief { arm, was, .. } => self.bandit.set(arm, was),
            Setting::Threshold { metric, was, .. } => self.thresholds.set(&metric, was),
        };
        Ok(Learned::Reverted { change })
    }
}
