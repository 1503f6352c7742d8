//! Incident cards: what a person is told, once, and that it is over.

use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::diagnosis::knowledge::Like;
use crate::healing::fault::Place;
use crate::healing::incident::{Explanation, Incident, IncidentId, Status};
use crate::healing::pairs;
use crate::healing::remediation::playbook::playbook;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The same trouble at the same place is told once within this time.
const REPEAT_AFTER: TimeDelta = TimeDelta::hours(24);
/// Trouble that was over and came back may be told again after this, which doubles each time up to the above.
const RETURN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Troubles remembered as told; the one told longest ago makes room.
const MAX_TOLD: usize = 256;

/// What a person needs to know of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentCard {
    /// Which.
    pub incident: IncidentId,
    /// How far it has come: escalated when a person is needed, resolved when that is over.
    pub status: Status,
    /// When the card was written.
    pub at: DateTime<Utc>,
    /// What is the matter, and where.
    pub title: String,
    /// The root cause, and why it and no other.
    pub root_cause: String,
    /// What was noticed first.
    pub first_symptom: String,
    /// What depends on it.
    pub impact: Vec<Place>,
    /// What was tried and how it ended, in order.
    pub tried: Vec<String>,
    /// What to do, or how it ended.
    pub advice: String,
    /// Incidents like it.
    pub likes: Vec<Like>,
    /// A mind's guess; decides nothing.
    pub explanation: Option<Explanation>,
}

impl IncidentCard {
    /// The card of an incident as it is now.
    pub fn of(incident: &Incident, at: DateTime<Utc>) -> IncidentCard {
        let cause = &incident.root_cause;
        let title = format!("{}: {}", cause.place, cause.ailment.words());
        let tried = incident.tried.iter();
        let tried =
            tried.map(|tried| format!("{}: {:?}, {}", tried.order.action.words(), tried.ended, tried.words));
        IncidentCard {
            incident: incident.id.clone(),
            status: incident.status,
            at,
            root_cause: format!("{title} ({})", cause.why),
            title,
            first_symptom: incident.first_symptom().words(),
            impact: incident.impact.clone(),
            tried: tried.collect(),
            advice: match (incident.status.is_final(), &incident.escalation) {
                (true, _) => incident.closing.clone(),
                (false, Some(why)) => format!("{why}: {}", playbook(cause.ailment).advice),
                (false, None) => playbook(cause.ailment).advice.to_owned(),
            },
            likes: incident.likes.clone(),
            explanation: incident.explanation.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    at: DateTime<Utc>,
    until: DateTime<Utc>,
    n: u32,
}

/// What a person was told of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    #[serde(with = "pairs")]
    told: BTreeMap<(Ailment, Place), Told>,
    n_suppressed: u64,
}

impl Notices {
    /// Cards that were not sent because they would have said the same again.
    pub fn n_suppressed(&self) -> u64 {
        self.n_suppressed
    }

    /// Whether to tell of trouble at `now`; notes that it is told.
    pub(super) fn admit(&mut self, incident: &Incident, now: DateTime<Utc>) -> bool {
        let key = key(incident);
        let before = self.told.get(&key);
        // Told in the future: the clock has gone back, and the note means nothing.
        if before.is_some_and(|told| told.at <= now && now < told.until) {
            self.n_suppressed += 1;
            return false;
        }
        let n = before.map_or(1, |told| told.n.saturating_add(1));
        while self.told.len() >= MAX_TOLD && !self.told.contains_key(&key) {
            let oldest = self
                .told
                .iter()
                .min_by_key(|(_, told)| told.at)
                .map(|(key, _)| key.clone());
            oldest.and_then(|key| self.told.remove(&key));
        }
        let until = now + REPEAT_AFTER;
        self.told.insert(key, Told { at: now, until, n });
        true
    }

    /// Notes that trouble is over; whether a person was told of it.
    pub(super) fn over(&mut self, incident: &Incident, now: DateTime<Utc>) -> bool {
        let Some(told) = self.told.get_mut(&key(incident)) else {
            return false;
        };
        let wait = RETURN_AFTER * 2_i32.pow(told.n.saturating_sub(1).min(5));
        told.until = now + wait.min(REPEAT_AFTER);
        true
    }
}

fn key(incident: &Incident) -> (Ailment, Place) {
    (incident.root_cause.ailment, incident.root_cause.place.clone())
}
