//! What the healer hears, turned into symptoms, and symptoms into incidents.

use super::detect::Detect;
use super::state::MAX_LIVE;
use super::{Effect, SelfHealer};
use crate::healing::diagnosis::correlate;
use crate::healing::fault::{Fault, Place};
use crate::healing::incident::{Incident, IncidentId, Status};
use crate::healing::reading::Reading;
use crate::healing::remediation::course;
use crate::healing::remediation::order::OrderId;
use crate::healing::remediation::snapshot::Snapshot;
use crate::healing::symptom::Symptom;
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;

/// Readings of one batch: the whole house measured for five minutes.
const MAX_READINGS: usize = 10_000;
/// Faults of one batch.
const MAX_FAULTS: usize = 1_000;
/// Metrics whose course is followed.
const MAX_COURSES: usize = 4_096;
/// Past incidents shown beside a new one.
const N_LIKES: usize = 3;

impl<D: Detect> SelfHealer<D> {
    pub(super) fn hear_readings(&mut self, readings: &[Reading], now: DateTime<Utc>, rng: &mut Pcg64Mcg) {
        self.state.counts.n_beyond_batch += readings.len().saturating_sub(MAX_READINGS) as u64;
        let mut numbers: Vec<Reading> = Vec::with_capacity(readings.len().min(MAX_READINGS));
        for reading in readings.iter().take(MAX_READINGS) {
            if !reading.value.is_finite() {
                self.state.counts.n_not_numbers += 1;
                continue;
            }
            let component = Place::new(reading.metric.component());
            self.state.counts.n_unknown += u64::from(!self.graph.knows(&component));
            numbers.push(reading.clone());
        }
        if numbers.is_empty() {
            return;
        }
        let anomalies = self.detector.hear(&numbers, rng);
        for reading in &numbers {
            let is_said = anomalies.iter().any(|anomaly| anomaly.metric == reading.metric);
            self.follow(reading, is_said, now);
            // Set each round: so it holds from a metric's second reading on, after a restart and after a change is taken back.
            self.detector
                .set_factor(&reading.metric, self.state.learner.factor(&reading.metric));
        }
        for anomaly in anomalies {
            self.admit(Symptom::of_anomaly(anomaly).no_later_than(now), now, rng);
        }
    }

    pub(super) fn hear_faults(&mut self, faults: Vec<Fault>, now: DateTime<Utc>, rng: &mut Pcg64Mcg) {
        self.state.counts.n_beyond_batch += faults.len().saturating_sub(MAX_FAULTS) as u64;
        for fault in faults.into_iter().take(MAX_FAULTS) {
            self.admit(Symptom::of_fault(fault).no_later_than(now), now, rng);
        }
    }

    /// Follows the course of a metric. One that is still off counts as seen again where it is a symptom.
    fn follow(&mut self, reading: &Reading, is_said: bool, now: DateTime<Utc>) {
        let (metric, at) = (&reading.metric, reading.at.min(now));
        let is_off = is_said || self.detector.is_off(metric);
        if is_off && !is_said {
            for incident in self.state.live.values_mut() {
                incident.see_again(metric, reading.value, at);
            }
        }
        if self.courses.len() >= MAX_COURSES && !self.courses.contains_key(metric) {
            self.state.counts.n_unwatched += 1;
            return;
        }
        let course = self.courses.entry(metric.clone()).or_default();
        // What a clock that has gone back since dated in the future never was.
        course.last_reading = course.last_reading.filter(|last| *last <= now).max(Some(at));
        course.last_anomaly = course
            .last_anomaly
            .filter(|last| *last <= now)
            .max(is_off.then_some(at));
    }

    /// A symptom joins the oldest incident it belongs to, or opens one. What it connects becomes one incident.
    fn admit(&mut self, symptom: Symptom, now: DateTime<Utc>, rng: &mut Pcg64Mcg) {
        let graph = &self.graph;
        let mut takers: Vec<(DateTime<Utc>, IncidentId)> = Vec::new();
        for incident in self
            .state
            .live
            .values()
            .filter(|incident| incident.takes(&symptom, graph))
        {
            takers.push((incident.opened_at, incident.id.clone()));
        }
        takers.sort();
        let mut takers = takers.into_iter().map(|(_, id)| id);
        let Some(id) = takers.next() else {
            self.open(symptom, now, rng);
            return;
        };
        let Some(mut incident) = self.state.live.remove(&id) else {
            return;
        };
        let mut changed = incident.add(symptom, graph);
        for other in takers {
            changed |= self.absorb(&mut incident, &other, now);
        }
        if changed {
            (incident.rung, incident.step) = (0, 0);
            incident.ladder = self.state.learner.ladder(&incident, rng);
            incident.likes = self.state.knowledge.like(&incident.symptoms, N_LIKES);
            self.is_changed = true;
        }
        self.state.live.insert(id, incident);
    }

    fn open(&mut self, symptom: Symptom, now: DateTime<Utc>, rng: &mut Pcg64Mcg) {
        let mut incident = Incident::open(symptom, &self.graph, now);
        let is_known = self.state.live.contains_key(&incident.id);
        if self.state.live.len() >= MAX_LIVE || is_known {
            self.state.counts.n_no_room += 1;
            return;
        }
        incident.ladder = self.state.learner.ladder(&incident, rng);
        incident.likes = self.state.knowledge.like(&incident.symptoms, N_LIKES);
        self.effects.push(Effect::Opened(incident.clone()));
        self.state.live.insert(incident.id.clone(), incident);
        self.is_changed = true;
    }

    /// Takes the symptoms of an incident over, if nothing was done about either yet. True when the diagnosis has changed.
    fn absorb(&mut self, incident: &mut Incident, other: &IncidentId, now: DateTime<Utc>) -> bool {
        let untouched = |it: &Incident| it.status == Status::Open && it.tried.is_empty();
        let belongs = |it: &Incident| untouched(it) && correlate::close(it.last(), incident.last());
        if !untouched(incident) || !self.state.live.get(other).is_some_and(belongs) {
            return false;
        }
        let Some(mut part) = self.state.live.remove(other) else {
            return false;
        };
        let mut changed = false;
        for symptom in part.symptoms.iter().cloned() {
            changed |= incident.add(symptom, &self.graph);
        }
        incident.n_left_out += part.n_left_out;
        part.close(Status::Expired, None, format!("part of incident {}", incident.id));
        self.archive(part, now);
        changed
    }

    pub(super) fn see(&mut self, snapshot: Snapshot, now: DateTime<Utc>) {
        // One from the future was taken by a clock that has gone back since: it must not keep younger ones out.
        let at_hand = self.snapshot.at;
        if snapshot.at > now || (snapshot.at < at_hand && at_hand <= now) {
            self.state.counts.n_stale_snapshots += 1;
        } else {
            self.snapshot = snapshot;
        }
    }

    pub(super) fn hear_answer(&mut self, order: &OrderId, result: Result<(), String>, now: DateTime<Utc>) {
        self.unsure.remove(order);
        let is_of =
            |incident: &&mut Incident| incident.in_hand.as_ref().is_some_and(|hand| hand.order.id == *order);
        let incident = self.state.live.values_mut().find(is_of);
        let Some((incident, outcome)) = incident
            .and_then(|incident| course::answer(incident, order, result, now).map(|outcome| (incident, outcome)))
        else {
            self.state.counts.n_late_answers += 1;
            return;
        };
        self.is_changed = true;
        if let Some(outcome) = outcome {
            let learned = self.state.learner.outcome(incident, outcome, now);
            self.learned(learned);
        }
    }

    pub(super) fn hear_mind(&mut self, id: &IncidentId, mind: &str, words: &str, now: DateTime<Utc>) {
        match self.state.live.get_mut(id) {
            Some(incident) => {
                incident.explain(mind, words, now);
                self.is_changed = true;
            }
            None => self.state.counts.n_misdirected += 1,
        }
    }

    pub(super) fn hear_judgement(&mut self, id: &IncidentId, was_false: bool, now: DateTime<Utc>) {
        let closed = self.state.closed.iter().find(|incident| incident.id == *id);
        let Some(incident) = self.state.live.get(id).or(closed) else {
            self.state.counts.n_misdirected += 1;
            return;
        };
        let learned = self.state.learner.alarms(incident, was_false, now);
        self.learned(learned);
    }
}
