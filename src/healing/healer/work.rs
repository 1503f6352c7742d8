//! What the healer does in every turn, whatever it heard: looks at orders that are out, closes what is over, plans, acts.

use super::card::IncidentCard;
use super::detect::Detect;
use super::state::MAX_CLOSED;
use super::{Effect, SelfHealer};
use crate::healing::incident::{Incident, IncidentId, Status};
use crate::healing::remediation::condition::Condition;
use crate::healing::remediation::course;
use crate::healing::remediation::gate::{Gate, House, is_young};
use crate::healing::remediation::order::Order;
use chrono::{DateTime, TimeDelta, Utc};

impl<D: Detect> SelfHealer<D> {
    pub(super) fn work(&mut self, now: DateTime<Utc>) {
        self.snapshot.courses.clone_from(&self.courses);
        let ids: Vec<IncidentId> = self.state.live.keys().cloned().collect();
        for id in ids {
            self.look_after(&id, now);
        }
        let plan = self.plan(now);
        for (id, seen) in plan.over {
            self.close(&id, seen, "what could be done about it holds already", now);
        }
        for (id, why) in plan.escalations {
            self.escalate(&id, &why, now);
        }
        // A dry run ends here: what would be done is what the plan says.
        if self.limits.dry_run {
            return;
        }
        self.lift(now);
        self.send_again(now);
        for order in plan.orders {
            self.act(order, now);
        }
        // What was escalated just now is made safe at the next turn, from a plan that knows of it.
    }

    fn look_after(&mut self, id: &IncidentId, now: DateTime<Utc>) {
        let Some(incident) = self.state.live.get_mut(id) else {
            return;
        };
        incident.no_later_than(now);
        let n_tried = incident.tried.len();
        if let Some(outcome) = course::look(incident, &self.snapshot, now) {
            let learned = self.state.learner.outcome(incident, outcome, now);
            self.effects.extend(learned.into_iter().map(Effect::Learned));
        }
        self.is_changed |= incident.tried.len() != n_tried;
        if incident.status == Status::Resolved {
            self.settle(id, now);
            return;
        }
        if let Some(seen) = course::recovered(incident, &self.snapshot) {
            self.close(id, seen, "it is well again by itself", now);
            return;
        }
        let expiry = TimeDelta::hours(i64::from(self.limits.expiry_hours));
        let idle = incident.in_hand.is_none();
        if idle && now - incident.last() >= expiry && now - incident.moved_at >= expiry {
            incident.close(Status::Expired, None, "nothing was heard of it any more".to_owned());
            self.settle(id, now);
        }
    }

    fn close(&mut self, id: &IncidentId, seen: Condition, how: &str, now: DateTime<Utc>) {
        if let Some(incident) = self.state.live.get_mut(id) {
            let closing = format!("{how}: {seen}");
            incident.close(Status::Resolved, Some(seen), closing);
            self.settle(id, now);
        }
    }

    /// A closed incident leaves: what its alarms were worth is learned, and a person who was told of it is told again.
    fn settle(&mut self, id: &IncidentId, now: DateTime<Utc>) {
        let Some(incident) = self.state.live.remove(id) else {
            return;
        };
        let only_numbers = !incident.symptoms.iter().any(|symptom| symptom.is_fault());
        let by_itself = incident.status == Status::Resolved && incident.tried.is_empty();
        // Numbers that came back before anything was done were not worth an alarm; what expired tells nothing.
        if incident.status == Status::Resolved {
            let learned = self.state.learner.alarms(&incident, only_numbers && by_itself, now);
            self.effects.extend(learned.into_iter().map(Effect::Learned));
        }
        self.state.lifts.add(&incident);
        if self.state.notices.over(&incident, now) {
            self.effects.push(Effect::Notify(IncidentCard::of(&incident, now)));
        }
        self.archive(incident, now);
    }

    pub(super) fn archive(&mut self, incident: Incident, now: DateTime<Utc>) {
        self.state.knowledge.remember(&incident, now);
        self.effects.push(Effect::Closed(incident.clone()));
        while self.state.closed.len() >= MAX_CLOSED {
            self.state.closed.pop_front();
        }
        self.state.closed.push_back(incident);
        self.is_changed = true;
    }

    fn escalate(&mut self, id: &IncidentId, why: &str, now: DateTime<Utc>) {
        let Some(incident) = self.state.live.get_mut(id) else {
            return;
        };
        incident.escalate(why, now);
        self.is_changed = true;
        if self.state.notices.admit(incident, now) {
            self.effects.push(Effect::Notify(IncidentCard::of(incident, now)));
        }
    }

    fn act(&mut self, order: Order, now: DateTime<Utc>) {
        let Some(incident) = self.state.live.get_mut(&order.incident) else {
            return;
        };
        course::send(incident, order.clone());
        self.state.gate.note(&order.place, order.action, now);
        self.effects.push(Effect::Act(order));
        self.is_changed = true;
    }

    /// Takes back what kept the house safe while incidents that are over now were with a person. It gives back what was taken,
    /// so no budget counts it; HALT and overrides hold it up as they do everything.
    fn lift(&mut self, now: DateTime<Utc>) {
        // Without a look at the house, as after a crash, nobody knows where a person decides.
        if self.state.halted || !is_young(&self.snapshot, now) {
            return;
        }
        let due = self.state.lifts.due(&self.state.live, &self.snapshot, now);
        self.is_changed |= due.is_changed;
        self.effects.extend(due.orders.into_iter().map(Effect::Lift));
    }

    /// Orders of an earlier incarnation that nobody has answered are given again under their ids, when nothing else than
    /// their own cooldown bars them: they were counted when they were first given.
    fn send_again(&mut self, now: DateTime<Utc>) {
        if self.unsure.is_empty() {
            return;
        }
        let house = House {
            snapshot: &self.snapshot,
            halted: self.state.halted,
        };
        let mut sent = Vec::new();
        let in_hand = self
            .state
            .live
            .values()
            .filter_map(|incident| incident.in_hand.as_ref());
        for order in in_hand
            .map(|hand| &hand.order)
            .filter(|order| self.unsure.contains(&order.id))
        {
            if Gate::default()
                .check((&order.place, order.action), house, &self.limits, now)
                .is_ok()
            {
                sent.push(order.clone());
            }
        }
        for order in sent {
            self.unsure.remove(&order.id);
            self.effects.push(Effect::Act(order));
        }
    }
}
