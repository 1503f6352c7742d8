//! Every change of what was learned, with what it was before, so that a person can read it and take it back.

use super::bandit::{Arm, ArmId};
use crate::healing::reading::Metric;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use thiserror::Error;

/// Changes kept, the newest: a year of incidents at two a day. What has left the journal can no longer be taken back.
pub const MAX_CHANGES: usize = 1_024;

/// A setting as it was and as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// What is believed of a remedy.
    Belief {
        /// Of which, against what.
        arm: ArmId,
        /// Before the change.
        was: Arm,
        /// After it.
        is: Arm,
    },
    /// The factor on a metric's threshold.
    Threshold {
        /// Of which metric.
        metric: Metric,
        /// Before the change.
        was: f64,
        /// After it.
        is: f64,
    },
}

impl Setting {
    /// Whether both are of one setting.
    pub fn is_of(&self, other: &Setting) -> bool {
        match (self, other) {
            (Setting::Belief { arm: a, .. }, Setting::Belief { arm: b, .. }) => a == b,
            (Setting::Threshold { metric: a, .. }, Setting::Threshold { metric: b, .. }) => a == b,
            (Setting::Belief { .. }, Setting::Threshold { .. })
            | (Setting::Threshold { .. }, Setting::Belief { .. }) => false,
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Counted from 1.
    pub n: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Of what.
    pub setting: Setting,
    /// Why, in a sentence.
    pub why: String,
    /// It was taken back, itself or with an earlier change of the same setting.
    pub reverted: bool,
}

/// Why a change cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RevertError {
    /// It is not, or no longer, in the journal.
    #[error("taking back change {0}: it is not in the journal, which keeps the newest {MAX_CHANGES}")]
    Unknown(u64),
    /// It was taken back before.
    #[error("taking back change {0}: it was taken back already; nothing is left to do")]
    Reverted(u64),
}

/// The changes, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    n_ever: u64,
    changes: VecDeque<Change>,
}

impl Journal {
    /// Writes a change down and gives it its number; the oldest makes room.
    pub fn write(&mut self, setting: Setting, why: String, at: DateTime<Utc>) -> u64 {
        while self.changes.len() >= MAX_CHANGES {
            self.changes.pop_front();
        }
        self.n_ever += 1;
        self.changes.push_back(Change {
            n: self.n_ever,
            at,
            setting,
            why,
            reverted: false,
        });
        self.n_ever
    }

    /// The changes, oldest first.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = &Change> {
        self.changes.iter()
    }

    /// Takes change `n` back, and with it every later change of the same setting, which was built on it. Gives the setting
    /// whose `was` is to be put in place.
    ///
    /// # Errors
    /// When there is no such change, or it was taken back.
    pub fn revert(&mut self, n: u64) -> Result<Setting, RevertError> {
        let change = self
            .changes
            .iter()
            .find(|change| change.n == n)
            .ok_or(RevertError::Unknown(n))?;
        if change.reverted {
            return Err(RevertError::Reverted(n));
        }
        let setting = change.setting.clone();
        for later in self.changes.iter_mut().filter(|later| later.n >= n) {
            later.reverted |= later.setting.is_of(&setting);
        }
        Ok(setting)
    }
}
