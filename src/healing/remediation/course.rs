//! How an order runs its course: sent, done, looked at, and ended by its deadline, whatever happens.

use super::condition::{Condition, SETTLE, Verdict};
use super::order::{Ended, InHand, Order, OrderId, Tried};
use super::playbook::{RemedyId, playbook};
use super::snapshot::Snapshot;
use crate::healing::incident::{Incident, Status};
use chrono::{DateTime, TimeDelta, Utc};

/// An incident nobody acted on is over when its cure was seen this long after its last symptom: long enough that trouble
/// which comes and goes is one incident and not many.
const RECOVERY: TimeDelta = TimeDelta::minutes(2);

/// A remedy that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub remedy: RemedyId,
    /// All its steps were verified, and with them that the trouble is gone.
    pub helped: bool,
}

/// Notes that an order is out.
pub(in crate::healing) fn send(incident: &mut Incident, order: Order) {
    assert!(incident.in_hand.is_none(), "{}: one order at a time", incident.id);
    if incident.status != Status::Escalated {
        incident.advance(Status::Acting);
    }
    (incident.rung, incident.step) = (order.rung, order.step);
    incident.in_hand = Some(InHand { order, done_at: None });
}

/// Takes the answer to an order. None when it is not the one that waits for an answer: late, repeated or unknown.
pub(in crate::healing) fn answer(
    incident: &mut Incident,
    id: &OrderId,
    result: Result<(), String>,
    now: DateTime<Utc>,
) -> Option<Option<Outcome>> {
    let in_hand = incident
        .in_hand
        .as_mut()
        .filter(|hand| hand.order.id == *id && hand.done_at.is_none())?;
    match result {
        Ok(()) => {
            in_hand.done_at = Some(now);
            if incident.status == Status::Acting {
                incident.advance(Status::Verifying);
            }
            Some(None)
        }
        Err(why) => Some(end(
            incident,
            Ended::Failed,
            format!("it could not be done: {why}"),
            now,
        )),
    }
}

/// Looks at the order that is out: whether its post-condition is seen to hold, or its time is up. Says how its remedy ended,
/// if it did.
pub(in crate::healing) fn look(
    incident: &mut Incident,
    snapshot: &Snapshot,
    now: DateTime<Utc>,
) -> Option<Outcome> {
    let InHand { order, done_at } = incident.in_hand.as_ref()?;
    // A clock that went back has made the deadline meaningless.
    let is_late = now >= order.deadline || now < order.at;
    let (ended, words) = match done_at.map(|at| order.post.judge(snapshot, at)) {
        Some(Verdict::Holds) => (Ended::Verified, format!("seen: {}", order.post)),
        _ if !is_late => return None,
        Some(Verdict::Fails) => (Ended::Failed, format!("by the deadline it was not so: {}", order.post)),
        Some(Verdict::Unknown) => (
            Ended::Expired,
            format!("by the deadline nobody had seen: {}", order.post),
        ),
        None => (Ended::Expired, "no answer by the deadline".to_owned()),
    };
    end(incident, ended, words, now)
}

fn end(incident: &mut Incident, ended: Ended, words: String, now: DateTime<Utc>) -> Option<Outcome> {
    let InHand { order, .. } = incident.in_hand.take()?;
    let tried = Tried {
        order: order.clone(),
        ended,
        at: now,
        words,
    };
    incident.tried.push(tried);
    incident.moved_at = now;
    let Some(remedy) = order.remedy else {
        incident.step = order.step + 1;
        return None;
    };
    let n_steps = playbook(incident.root_cause.ailment)
        .remedy(remedy)
        .map_or(0, |remedy| remedy.steps.len());
    match ended {
        Ended::Verified if order.step + 1 >= n_steps => {
            let closing = format!("{} at {}: {}", order.action.words(), order.place, order.post);
            incident.close(Status::Resolved, Some(order.post), closing);
            Some(Outcome { remedy, helped: true })
        }
        Ended::Verified => {
            incident.advance(Status::Open);
            incident.step = order.step + 1;
            None
        }
        Ended::Failed | Ended::Expired => {
            incident.advance(Status::Open);
            (incident.rung, incident.step) = (order.rung + 1, 0);
            Some(Outcome { remedy, helped: false })
        }
    }
}

/// What is seen to hold of an incident that is over without, or in spite of, what was done.
pub(in crate::healing) fn recovered(incident: &Incident, snapshot: &Snapshot) -> Option<Condition> {
    let waits = incident.in_hand.is_none() && matches!(incident.status, Status::Open | Status::Escalated);
    let cure = incident.cure();
    let since = incident.last() + (RECOVERY - SETTLE);
    (waits && cure.judge(snapshot, since) == Verdict::Holds).then_some(cure)
}
