//! What past incidents looked like and what ended them, so that a new one can be shown beside its likes.

use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::incident::{Incident, IncidentId, Status};
use crate::healing::remediation::playbook::RemedyId;
use crate::healing::symptom::Symptom;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Cases kept, the newest: at two incidents a day this is most of a year, and half a megabyte.
pub const MAX_CASES: usize = 512;
/// Less alike than this is not shown: half of what two incidents consist of is not in common.
const MIN_LIKENESS: f64 = 0.5;

/// How much of which sign an incident consists of. Keys are [`crate::healing::symptom::Sign`]s in words.
pub type Signature = BTreeMap<String, f64>;

/// The signature of symptoms: a sign weighs 1 and the logarithm of how often it was seen, so that a flood of one sign does not
/// drown the others.
pub fn signature(symptoms: &[Symptom]) -> Signature {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for symptom in symptoms {
        let n = counts.entry(symptom.sign().to_string()).or_default();
        *n = n.saturating_add(symptom.n);
    }
    counts
        .into_iter()
        .map(|(sign, n)| (sign, 1.0 + libm::log(n.max(1) as f64)))
        .collect()
}

/// Weighted Jaccard similarity (Ružička 1958): the sum of the lesser weights by the sum of the greater, 0 to 1. Two empty
/// signatures have nothing in common: 0.
pub fn likeness(a: &Signature, b: &Signature) -> f64 {
    let weight = |of: &Signature, sign: &String| of.get(sign).copied().unwrap_or(0.0);
    let both: f64 = a.iter().map(|(sign, w)| w.min(weight(b, sign))).sum();
    let either: f64 = a.values().sum::<f64>() + b.values().sum::<f64>() - both;
    if either > 0.0 { both / either } else { 0.0 }
}

/// A closed incident, as much of it as is worth remembering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The incident.
    pub id: IncidentId,
    /// When it was closed.
    pub at: DateTime<Utc>,
    /// What it was.
    pub ailment: Ailment,
    /// What it looked like.
    pub signature: Signature,
    /// How it ended.
    pub status: Status,
    /// The remedy whose post-condition was verified.
    pub remedy: Option<RemedyId>,
}

/// A case like the one in hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Like {
    /// The incident of then.
    pub id: IncidentId,
    /// 0.5 to 1.
    pub likeness: f64,
    /// How that one ended.
    pub status: Status,
    /// What helped then.
    pub remedy: Option<RemedyId>,
}

/// The cases, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    cases: VecDeque<Case>,
}

impl Knowledge {
    /// Remembers a closed incident; the oldest case makes room.
    pub fn remember(&mut self, incident: &Incident, at: DateTime<Utc>) {
        while self.cases.len() >= MAX_CASES {
            self.cases.pop_front();
        }
        self.cases.push_back(Case {
            id: incident.id.clone(),
            at,
            ailment: incident.root_cause.ailment,
            signature: signature(&incident.symptoms),
            status: incident.status,
            remedy: incident.healed_by(),
        });
    }

    /// The cases, oldest first.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Case> {
        self.cases.iter()
    }

    /// At most `n` cases at least half alike, the likest first and of equals the newest.
    pub fn like(&self, symptoms: &[Symptom], n: usize) -> Vec<Like> {
        let this = signature(symptoms);
        let mut likes: Vec<Like> = Vec::new();
        for case in self.cases.iter().rev() {
            let likeness = likeness(&this, &case.signature);
            if likeness >= MIN_LIKENESS {
                likes.push(Like {
                    id: case.id.clone(),
                    likeness,
                    status: case.status,
                    remedy: case.remedy,
                });
            }
        }
        likes.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        likes.truncate(n);
        likes
    }
}
