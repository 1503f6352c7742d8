//! An incident: symptoms that belong together, what caused them, what it may take along, what was tried and how that ended.

use super::diagnosis::correlate;
use super::diagnosis::graph::Graph;
use super::diagnosis::knowledge::Like;
use super::diagnosis::root::{RootCause, root_cause};
use super::fault::{Place, cut};
use super::reading::Metric;
use super::remediation::condition::Condition;
use super::remediation::order::{Ended, InHand, Tried};
use super::remediation::playbook::RemedyId;
use super::symptom::Symptom;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Different symptoms kept; the same one again is counted. A provider all swarms depend on shows under forty.
pub const MAX_SYMPTOMS: usize = 64;
/// Places listed as impact, the first by name: the whole tree has under 60.
pub const MAX_IMPACT: usize = 64;
/// Orders tried: the longest playbook has six steps, and a diagnosis that changes may begin another.
pub const MAX_TRIED: usize = 24;
/// A mind's words beyond this are cut: a card is read on a phone.
const MAX_EXPLANATION_BYTES: usize = 2_000;

/// Which incident: 12 hexadecimal digits of its first symptom's place, sign and time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub String);

impl IncidentId {
    fn of(symptom: &Symptom) -> IncidentId {
        let content = format!(
            "{}\n{}\n{}",
            symptom.place,
            symptom.sign(),
            symptom.first().timestamp_micros()
        );
        let hash = Sha256::digest(content.as_bytes());
        IncidentId(hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How far an incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Known; no order is out.
    Open,
    /// An order is out and not answered.
    Acting,
    /// An order is done; whether it helped is being looked at.
    Verifying,
    /// Over, by a post-condition that was seen to hold.
    Resolved,
    /// A person was told; what keeps the house safe until then is ordered.
    Escalated,
    /// Closed without proof: nothing was heard of it for long, or another incident turned out to be its cause.
    Expired,
}

impl Status {
    /// Nothing more will happen to it.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Resolved | Status::Expired)
    }

    /// The machine's edges. An escalated incident may still be seen to be over.
    pub fn may_become(self, next: Status) -> bool {
        match self {
            Status::Open => matches!(
                next,
                Status::Acting | Status::Resolved | Status::Escalated | Status::Expired
            ),
            Status::Acting => matches!(next, Status::Verifying | Status::Open),
            Status::Verifying => matches!(next, Status::Open | Status::Resolved),
            Status::Escalated => matches!(next, Status::Resolved | Status::Expired),
            Status::Resolved | Status::Expired => false,
        }
    }
}

/// What a mind says about an incident. Words for a person: nothing reads them but a card, and no order follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Whose words.
    pub mind: String,
    /// The words.
    pub words: String,
    /// When they were said.
    pub at: DateTime<Utc>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} guesses (a language model; no evidence, decides nothing): {}",
            self.mind, self.words
        )
    }
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Which.
    pub id: IncidentId,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// How far it has come.
    pub status: Status,
    /// What was seen, in the order it was heard; at most [`MAX_SYMPTOMS`].
    pub symptoms: Vec<Symptom>,
    /// Symptoms there was no room for.
    pub n_left_out: u64,
    /// What it comes from.
    pub root_cause: RootCause,
    /// What depends on the root cause, and whatever else has symptoms, by name; at most [`MAX_IMPACT`].
    pub impact: Vec<Place>,
    /// Incidents like it that are closed, the likest first.
    pub likes: Vec<Like>,
    /// The remedies in the order they are to be tried; drawn once, so that the same incident always gets the same plan.
    pub ladder: Vec<RemedyId>,
    /// The remedy that is next, as a place in the ladder; once escalated, the ladder is done with.
    pub rung: usize,
    /// The step of that remedy, or of the safe state, that is next.
    pub step: usize,
    /// The order that is out.
    pub in_hand: Option<InHand>,
    /// Orders that have ended, in the order they were given.
    pub tried: Vec<Tried>,
    /// When anything last came of it: it was opened, or an order ended.
    pub moved_at: DateTime<Utc>,
    /// Why a person was needed, if one was.
    pub escalation: Option<String>,
    /// What was seen to hold when it was resolved.
    pub verified: Option<Condition>,
    /// How it was closed, in a sentence; empty while it is not.
    pub closing: String,
    /// What a mind says; decides nothing.
    pub explanation: Option<Explanation>,
}

impl Incident {
    /// A new incident of one symptom.
    pub fn open(symptom: Symptom, graph: &Graph, now: DateTime<Utc>) -> Incident {
        let symptoms = vec![symptom];
        let root_cause = root_cause(&symptoms, graph).expect("one symptom has a root cause");
        let mut incident = Incident {
            id: IncidentId::of(&symptoms[0]),
            opened_at: now,
            status: Status::Open,
            symptoms,
            n_left_out: 0,
            root_cause,
            impact: Vec::new(),
            likes: Vec::new(),
            ladder: Vec::new(),
            rung: 0,
            step: 0,
            in_hand: None,
            tried: Vec::new(),
            moved_at: now,
            escalation: None,
            verified: None,
            closing: String::new(),
            explanation: None,
        };
        incident.impact = incident.reach(graph);
        incident
    }

    /// Whether a symptom belongs here: the incident is not closed, was heard of within the window, and their places hang
    /// together.
    pub fn takes(&self, symptom: &Symptom, graph: &Graph) -> bool {
        let of_place = |place: &Place| correlate::related(place, &symptom.place, graph);
        !self.status.is_final()
            && (correlate::close(self.last(), symptom.last) || self.knows(symptom))
            && (of_place(&self.root_cause.place) || self.symptoms.iter().any(|own| of_place(&own.place)))
    }

    fn knows(&self, symptom: &Symptom) -> bool {
        self.symptoms
            .iter()
            .any(|own| own.place == symptom.place && own.sign() == symptom.sign())
    }

    /// Takes a symptom in; the same one again is counted. True when the diagnosis (where, and what is the matter) has changed,
    /// which it does only while no order is out and the incident is open: what is being treated stays what it was.
    pub fn add(&mut self, symptom: Symptom, graph: &Graph) -> bool {
        let sign = symptom.sign();
        let alike = |own: &&mut Symptom| own.place == symptom.place && own.sign() == sign;
        if let Some(own) = self.symptoms.iter_mut().find(alike) {
            own.n = own.n.saturating_add(symptom.n);
            own.last = own.last.max(symptom.last);
            return false;
        }
        if self.symptoms.len() >= MAX_SYMPTOMS {
            self.n_left_out += 1;
            return false;
        }
        self.symptoms.push(symptom);
        if self.status != Status::Open {
            self.impact = self.reach(graph);
            return false;
        }
        let new = root_cause(&self.symptoms, graph).expect("one symptom has a root cause");
        let changed = (&new.place, new.ailment) != (&self.root_cause.place, self.root_cause.ailment);
        self.root_cause = new;
        self.impact = self.reach(graph);
        changed
    }

    /// A metric among its symptoms is still off.
    pub(super) fn see_again(&mut self, metric: &Metric, value: f64, at: DateTime<Utc>) {
        for symptom in self
            .symptoms
            .iter_mut()
            .filter(|symptom| symptom.metric() == Some(metric))
        {
            symptom.see_again(value, at);
        }
    }

    /// The symptom that came first.
    pub fn first_symptom(&self) -> &Symptom {
        let first = self.symptoms.iter().min_by_key(|symptom| symptom.first());
        first.expect("an incident has a symptom from the start")
    }

    /// When anything was last seen of it.
    pub fn last(&self) -> DateTime<Utc> {
        self.symptoms
            .iter()
            .map(|symptom| symptom.last)
            .max()
            .unwrap_or(self.opened_at)
    }

    /// What must be seen of its root cause for it to be over: every number that was off is normal, and where facts were
    /// named, or nothing but others' symptoms, the place is said to be well.
    pub fn cure(&self) -> Condition {
        let place = &self.root_cause.place;
        let here = || self.symptoms.iter().filter(|symptom| symptom.place == *place);
        let mut parts: Vec<Condition> = here()
            .filter_map(Symptom::metric)
            .cloned()
            .map(Condition::Calm)
            .collect();
        if parts.is_empty() || here().any(Symptom::is_fault) {
            parts.push(Condition::Well(place.clone()));
        }
        Condition::All(parts)
    }

    /// The remedy whose last step was verified, of a resolved incident.
    pub fn healed_by(&self) -> Option<RemedyId> {
        let last = self.tried.last().filter(|_| self.status == Status::Resolved)?;
        last.order.remedy.filter(|_| last.ended == Ended::Verified)
    }

    /// The next status.
    ///
    /// # Panics
    /// When the machine has no such edge.
    pub(super) fn advance(&mut self, next: Status) {
        assert!(
            self.status.may_become(next),
            "{}: {:?} cannot become {next:?}",
            self.id,
            self.status
        );
        self.status = next;
    }

    /// Closes it.
    pub(super) fn close(&mut self, status: Status, verified: Option<Condition>, closing: String) {
        assert!(self.in_hand.is_none(), "{}: an order is out", self.id);
        self.advance(status);
        self.verified = verified;
        self.closing = closing;
    }

    /// Brings symptoms that a clock which has gone back since dated in the future to `now`.
    pub(super) fn no_later_than(&mut self, now: DateTime<Utc>) {
        for symptom in self.symptoms.iter_mut().filter(|symptom| symptom.last > now) {
            *symptom = symptom.clone().no_later_than(now);
        }
        self.moved_at = self.moved_at.min(now);
    }

    /// Hands it to a person; from here on only the safe state is ordered.
    pub(super) fn escalate(&mut self, why: &str, now: DateTime<Utc>) {
        self.advance(Status::Escalated);
        (self.step, self.moved_at) = (0, now);
        self.escalation = Some(why.to_owned());
    }

    /// Puts a mind's words beside it, the first 2,000 bytes of them.
    pub fn explain(&mut self, mind: &str, words: &str, at: DateTime<Utc>) {
        self.explanation = Some(Explanation {
            mind: mind.to_owned(),
            words: cut(words, MAX_EXPLANATION_BYTES).to_owned(),
            at,
        });
    }

    fn reach(&self, graph: &Graph) -> Vec<Place> {
        let mut reach = graph.dependents(&self.root_cause.place);
        reach.extend(self.symptoms.iter().map(|symptom| symptom.place.clone()));
        reach.remove(&self.root_cause.place);
        reach.into_iter().take(MAX_IMPACT).collect()
    }
}
