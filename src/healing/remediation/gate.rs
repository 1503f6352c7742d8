//! What stands between a plan and an act: HALT, overrides, the supervisor, cooldowns and the budget.

use super::action::{Action, MAX_COOLDOWN};
use super::snapshot::Snapshot;
use crate::healing::fault::Place;
use crate::healing::pairs;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// The window the budget is counted in.
pub const BUDGET_WINDOW: TimeDelta = TimeDelta::hours(1);
/// A snapshot older than this is not acted on: the supervisor may have been at work since.
const MAX_AGE: TimeDelta = TimeDelta::minutes(2);

/// Settings of the healer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealingLimits {
    /// Actions in any hour. Twelve is one in five minutes: more than any single incident takes, and few enough that a
    /// healer gone wrong does little.
    pub n_actions_per_hour: usize,
    /// Plans are made and shown, and nothing is done.
    pub dry_run: bool,
    /// An incident of which nothing comes for this many minutes, because its actions are barred, goes to a person.
    pub patience_minutes: u32,
    /// An incident nothing is heard of for this many hours, and whose end nobody has seen, is closed as expired.
    pub expiry_hours: u32,
}

impl Default for HealingLimits {
    fn default() -> HealingLimits {
        HealingLimits {
            n_actions_per_hour: 12,
            dry_run: false,
            patience_minutes: 15,
            expiry_hours: 24,
        }
    }
}

/// Why an action is not done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// A person has halted the house.
    Halted,
    /// A person decides at this place.
    Overridden,
    /// Only numbers are out of the ordinary, and not often enough yet to act on.
    Unconfirmed,
    /// There is no snapshot young enough to act on.
    Blind,
    /// A supervisor is restarting or stopping it, or what is above or below it in the tree, and needs no help.
    SupervisorAtWork,
    /// The same was done there a moment ago.
    Cooldown {
        /// When it may be done again.
        until: DateTime<Utc>,
    },
    /// As many actions as an hour may have.
    Budget {
        /// When there is room again.
        until: DateTime<Utc>,
    },
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Barred::Halted => f.write_str("the house is halted"),
            Barred::Overridden => f.write_str("a person decides here"),
            Barred::Unconfirmed => f.write_str("a number out of the ordinary, not confirmed yet"),
            Barred::Blind => f.write_str("no snapshot of the last two minutes"),
            Barred::SupervisorAtWork => f.write_str("its supervisor is at work on it"),
            Barred::Cooldown { until } => {
                write!(f, "done there a moment ago; again from {}", until.format("%H:%M:%S"))
            }
            Barred::Budget { until } => {
                write!(f, "this hour's actions are used up until {}", until.format("%H:%M:%S"))
            }
        }
    }
}

/// What was done lately: all that cooldowns and budget need, and small enough to be stored with every change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// When each action was last done at each place; what is cool is forgotten.
    #[serde(with = "pairs")]
    done: BTreeMap<(Place, Action), DateTime<Utc>>,
    /// When actions were done within the last hour, oldest first.
    recent: VecDeque<DateTime<Utc>>,
}

impl Gate {
    /// Whether an action may be done at `now`; changes nothing.
    ///
    /// # Errors
    /// Why not. A person's word comes before everything, and what lasts longest is said last.
    pub fn check(
        &self,
        (place, action): (&Place, Action),
        house: House<'_>,
        limits: &HealingLimits,
        now: DateTime<Utc>,
    ) -> Result<(), Barred> {
        if house.halted {
            return Err(Barred::Halted);
        }
        let snapshot = house.snapshot;
        if snapshot.overridden.contains(place) {
            return Err(Barred::Overridden);
        }
        if !is_young(snapshot, now) {
            return Err(Barred::Blind);
        }
        let mut transit = snapshot
            .standings
            .iter()
            .filter(|(_, standing)| standing.is_in_transit());
        if transit.any(|(other, _)| other.is_kin(place)) {
            return Err(Barred::SupervisorAtWork);
        }
        if let Some(at) = self.done.get(&(place.clone(), action)) {
            let until = *at + action.cooldown();
            if now < until && until - now <= MAX_COOLDOWN {
                return Err(Barred::Cooldown { until });
            }
        }
        let lately: Vec<DateTime<Utc>> = self.recent.iter().copied().filter(|at| counts(*at, now)).collect();
        if lately.len() >= limits.n_actions_per_hour {
            let freed = lately.get(lately.len() - limits.n_actions_per_hour);
            let until = freed.map_or(now, |at| *at) + BUDGET_WINDOW;
            return Err(Barred::Budget { until });
        }
        Ok(())
    }

    /// Notes that an action is done at `now`.
    pub fn note(&mut self, place: &Place, action: Action, now: DateTime<Utc>) {
        self.recent.retain(|at| counts(*at, now));
        self.recent.push_back(now);
        self.done.retain(|(_, action), at| now - *at < action.cooldown());
        self.done.insert((place.clone(), action), now);
    }

    /// Actions of the hour up to `now`.
    pub fn n_recent(&self, now: DateTime<Utc>) -> usize {
        self.recent.iter().filter(|at| counts(**at, now)).count()
    }
}

/// Whether a snapshot is young enough to act on, and not from the future.
pub(in crate::healing) fn is_young(snapshot: &Snapshot, now: DateTime<Utc>) -> bool {
    now >= snapshot.at && now - snapshot.at <= MAX_AGE
}

/// What was noted in the future, by a clock that has gone back since, counts as well for one hour: the budget errs on the
/// side of doing less.
fn counts(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - at).abs() < BUDGET_WINDOW
}

/// The house as a plan sees it.
#[derive(Clone, Copy, Debug)]
pub struct House<'a> {
    /// The latest snapshot.
    pub snapshot: &'a Snapshot,
    /// Whether a person has halted it.
    pub halted: bool,
}
