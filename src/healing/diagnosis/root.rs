//! Which of the places with symptoms is the cause of the others, by a rule that is stated and can be argued with.

use super::ailment::Ailment;
use super::graph::Graph;
use crate::healing::fault::Place;
use crate::healing::symptom::Symptom;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What an incident comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootCause {
    /// Where.
    pub place: Place,
    /// What is the matter there.
    pub ailment: Ailment,
    /// It shows no symptom itself: all that do have it in common.
    pub inferred: bool,
    /// Why it and no other, in a sentence.
    pub why: String,
}

/// The root cause of symptoms. The rule:
/// 1. the place that explains most places with symptoms: itself and those that depend on it, over any number of edges;
/// 2. of equals the deepest: the one that depends on none of the others;
/// 3. of equals (a graph that goes round, or strangers) the one whose symptom came first, a fault before an anomaly, then
///    by name;
/// 4. when no place with symptoms explains another and all share one direct dependency, that one, marked as inferred.
///
/// None without symptoms.
pub fn root_cause(symptoms: &[Symptom], graph: &Graph) -> Option<RootCause> {
    let mut firsts: BTreeMap<&Place, (DateTime<Utc>, bool)> = BTreeMap::new();
    for symptom in symptoms {
        let this = (symptom.first(), !symptom.is_fault());
        let first = firsts.entry(&symptom.place).or_insert(this);
        *first = this.min(*first);
    }
    let needs: BTreeMap<&Place, BTreeSet<Place>> = firsts.keys().map(|p| (*p, graph.dependencies(p))).collect();
    let explains = |place: &Place| {
        needs
            .iter()
            .filter(|(p, on)| **p == place || on.contains(place))
            .count()
    };
    let depth = |place: &Place| {
        needs[place]
            .iter()
            .filter(|on| *on != place && needs.contains_key(on))
            .count()
    };
    let rank = |place: &&Place| (Reverse(explains(place)), depth(place), firsts[*place], (*place).clone());
    let place = *firsts.keys().min_by_key(|place| rank(place))?;
    let n_explained = explains(place);
    if n_explained == 1
        && firsts.len() > 1
        && let Some(shared) = shared(firsts.keys().copied(), graph)
    {
        let n = firsts.len();
        return Some(RootCause {
            why: format!("{n} places have symptoms and nothing in common but that they depend on {shared}"),
            ailment: inferred(&shared),
            place: shared,
            inferred: true,
        });
    }
    let here = symptoms.iter().filter(|symptom| symptom.place == *place);
    let ailment = here.map(Ailment::of).min().unwrap_or(Ailment::Unexplained);
    let why = match firsts.len() {
        1 => "nothing else has symptoms".to_owned(),
        n => {
            format!("{n_explained} of {n} places with symptoms are it or depend on it, and none of them is deeper")
        }
    };
    Some(RootCause {
        place: place.clone(),
        ailment,
        inferred: false,
        why,
    })
}

/// The first direct dependency that all places share.
fn shared<'a>(mut places: impl Iterator<Item = &'a Place>, graph: &Graph) -> Option<Place> {
    let mut common: BTreeSet<&Place> = graph.direct(places.next()?).collect();
    for place in places {
        let theirs: BTreeSet<&Place> = graph.direct(place).collect();
        common.retain(|on| theirs.contains(on));
    }
    common.first().map(|place| (*place).clone())
}

/// What is the matter with a place that says nothing itself: only a provider can fail its users without a sign of its own.
fn inferred(place: &Place) -> Ailment {
    match place.sort() {
        "api" => Ailment::ProviderFailing,
        _ => Ailment::Unexplained,
    }
}
