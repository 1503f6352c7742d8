//! The reconciler: from the incidents and a snapshot to a plan. It changes nothing and draws nothing, so that a plan can be
//! shown without being carried out, and made again after a crash.

use super::action::Action;
use super::condition::{Condition, SETTLE, Verdict};
use super::gate::{Barred, Gate, HealingLimits, House};
use super::order::{Order, OrderId};
use super::playbook::{Check, Playbook, RemedyId, Step, playbook};
use super::snapshot::{Health, Standing};
use crate::healing::diagnosis::ailment::Ailment;
use crate::healing::incident::{Incident, IncidentId, MAX_TRIED, Status};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// A cooldown this short is waited for; of a longer one the next remedy is taken, because what was done a moment ago did
/// not keep the trouble away.
const SHORT_WAIT: TimeDelta = TimeDelta::minutes(2);

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Orders, the least drastic first.
    pub orders: Vec<Order>,
    /// Incidents whose last remedy has nothing left to bring about: what it stands for holds already.
    pub over: Vec<(IncidentId, Condition)>,
    /// Incidents that need a person, and why.
    pub escalations: Vec<(IncidentId, String)>,
    /// Incidents whose next action is barred, and by what.
    pub waits: Vec<(IncidentId, Barred)>,
}

enum Move {
    Act(Order),
    Over(Condition),
    Escalate(String),
    Wait(Barred),
}

/// The plan for incidents as they are. One order an incident at most; between incidents the least drastic action first, then
/// the older incident, so that when the budget ends it is the drastic that waits.
pub fn reconcile<'a>(
    incidents: impl IntoIterator<Item = &'a Incident>,
    house: House<'_>,
    gate: &Gate,
    limits: &HealingLimits,
    now: DateTime<Utc>,
) -> Plan {
    let mut plan = Plan::default();
    let mut wanted: Vec<(&Incident, Order)> = Vec::new();
    for incident in incidents {
        match next(incident, house, gate, limits, now) {
            None => {}
            Some(Move::Act(order)) => wanted.push((incident, order)),
            Some(Move::Over(seen)) => plan.over.push((incident.id.clone(), seen)),
            Some(Move::Escalate(why)) => plan.escalations.push((incident.id.clone(), why)),
            Some(Move::Wait(barred)) => plan.waits.push((incident.id.clone(), barred)),
        }
    }
    wanted.sort_by(|(a, x), (b, y)| (x.action, a.opened_at, &a.id).cmp(&(y.action, b.opened_at, &b.id)));
    // Orders of one plan count against one another: budget and cooldowns are looked at again, one after the other.
    let mut spent = gate.clone();
    for (incident, order) in wanted {
        match spent.check((&order.place, order.action), house, limits, now) {
            Ok(()) => {
                spent.note(&order.place, order.action, now);
                plan.orders.push(order);
            }
            Err(barred) => plan.waits.push((incident.id.clone(), barred)),
        }
    }
    plan
}

fn next(
    incident: &Incident,
    house: House<'_>,
    gate: &Gate,
    limits: &HealingLimits,
    now: DateTime<Utc>,
) -> Option<Move> {
    if incident.in_hand.is_some() {
        return None;
    }
    let book = playbook(incident.root_cause.ailment);
    let moved = match incident.status {
        Status::Open => climb(incident, &book, house, gate, limits, now),
        Status::Escalated => return make_safe(incident, &book, house, gate, limits, now),
        Status::Acting | Status::Verifying | Status::Resolved | Status::Expired => return None,
    };
    let patience = TimeDelta::minutes(i64::from(limits.patience_minutes));
    match moved {
        Move::Wait(barred) if is_tiring(barred) && now - incident.moved_at >= patience => Some(Move::Escalate(
            format!("nothing could be done for {} min: {barred}", patience.num_minutes()),
        )),
        moved => Some(moved),
    }
}

/// Whether waiting for it ends in a person's hands. HALT and an override are a person's own doing, and a number seen once is
/// nobody's trouble.
fn is_tiring(barred: Barred) -> bool {
    match barred {
        Barred::Halted | Barred::Overridden | Barred::Unconfirmed => false,
        Barred::Blind | Barred::SupervisorAtWork | Barred::Cooldown { .. } | Barred::Budget { .. } => true,
    }
}

/// The next step of the ladder.
fn climb(
    incident: &Incident,
    book: &Playbook,
    house: House<'_>,
    gate: &Gate,
    limits: &HealingLimits,
    now: DateTime<Utc>,
) -> Move {
    if !incident.symptoms.iter().any(|symptom| symptom.is_confirmed()) {
        return Move::Wait(Barred::Unconfirmed);
    }
    let is_number = !incident.symptoms.iter().any(|symptom| symptom.is_fault());
    if is_number && incident.root_cause.ailment == Ailment::Unexplained {
        let patience = TimeDelta::minutes(i64::from(limits.patience_minutes));
        if now - incident.opened_at < patience {
            return Move::Wait(Barred::Unconfirmed);
        }
    }
    if incident.tried.len() >= MAX_TRIED {
        return Move::Escalate(format!("{MAX_TRIED} orders did not help"));
    }
    let mut first_step = incident.step;
    for (rung, id) in incident.ladder.iter().enumerate().skip(incident.rung) {
        let Some(remedy) = book.remedy(*id) else { continue };
        let mut held = None;
        let mut stepped_over = false;
        for (at, step) in remedy.steps.iter().enumerate().skip(first_step) {
            let post = step.check.condition(incident);
            if is_so_already(step, &post, house, now) {
                held = Some(post);
                continue;
            }
            if step.action == Action::Restart && is_back(incident, house) {
                return Move::Wait(Barred::SupervisorAtWork);
            }
            match gate.check((&incident.root_cause.place, step.action), house, limits, now) {
                Ok(()) => return Move::Act(order(incident, step, post, (Some(*id), rung, at), now)),
                Err(Barred::Cooldown { until }) if until - now > SHORT_WAIT => stepped_over = true,
                Err(barred) => return Move::Wait(barred),
            }
            break;
        }
        if let (Some(seen), false) = (held, stepped_over) {
            return Move::Over(seen);
        }
        first_step = 0;
    }
    Move::Escalate(match incident.tried.len() {
        0 if incident.ladder.is_empty() => "this needs a person".to_owned(),
        0 => "every remedy was tried a moment ago".to_owned(),
        n => format!("{n} orders did not help"),
    })
}

/// Whether an actor that was down or hung runs again and no probe complains: its supervisor has done what would be ordered.
fn is_back(incident: &Incident, house: House<'_>) -> bool {
    let (place, snapshot) = (&incident.root_cause.place, house.snapshot);
    matches!(incident.root_cause.ailment, Ailment::ActorDown | Ailment::ActorHung)
        && snapshot.standings.get(place) == Some(&Standing::Up)
        && snapshot.health.get(place) != Some(&Health::Ailing)
}

/// The next step to the safe state.
fn make_safe(
    incident: &Incident,
    book: &Playbook,
    house: House<'_>,
    gate: &Gate,
    limits: &HealingLimits,
    now: DateTime<Utc>,
) -> Option<Move> {
    for (at, step) in book.safe.iter().enumerate().skip(incident.step) {
        let post = step.check.condition(incident);
        if is_so_already(step, &post, house, now) {
            continue;
        }
        return Some(
            match gate.check((&incident.root_cause.place, step.action), house, limits, now) {
                Ok(()) => Move::Act(order(incident, step, post, (None, 0, at), now)),
                Err(barred) => Move::Wait(barred),
            },
        );
    }
    None
}

/// Whether what a step is to bring about is there: then it is not done again. That the trouble is gone is no reason to skip a
/// step; an incident that is over is closed before any plan is made.
fn is_so_already(step: &Step, post: &Condition, house: House<'_>, now: DateTime<Utc>) -> bool {
    let is_mark = matches!(step.check, Check::Marked(_));
    let is_young = now >= house.snapshot.at && now - house.snapshot.at <= SETTLE;
    is_mark && is_young && post.judge(house.snapshot, house.snapshot.at - SETTLE) == Verdict::Holds
}

fn order(
    incident: &Incident,
    step: &Step,
    post: Condition,
    (remedy, rung, at): (Option<RemedyId>, usize, usize),
    now: DateTime<Utc>,
) -> Order {
    let seconds = |n: u32| TimeDelta::seconds(i64::from(n));
    Order {
        id: OrderId(format!("{}.{}", incident.id, incident.tried.len() + 1)),
        incident: incident.id.clone(),
        action: step.action,
        place: incident.root_cause.place.clone(),
        remedy,
        rung,
        step: at,
        at: now,
        deadline: now + seconds(step.within_s),
        lapses_at: step.lapses_s.map(|n| now + seconds(n)),
        post,
    }
}
