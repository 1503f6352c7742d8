//! What a supervisor does, as a pure machine: events of its children and alarms go in, acts come out.
//!
//! A family is an ordered list of members. Stops run from the last to the first, one at a time, each with its deadline;
//! starts run from the first to the last, each after the one before is up or has failed. Times are readings of a monotonic
//! clock, chance comes in as a number, and every event names the incarnation it is about, so that late words of a
//! predecessor are ignored.

mod group;
mod member;
#[cfg(test)]
mod tests;

pub use member::OrderError;
pub(crate) use member::{Act, Alarm, Ended, Hang, Key, Member, Terms};

use super::{
    policy::{Decision, Directive, Intensity, Strategy, Streak, Window, decide},
    tree::ChildState,
};
use crate::actor::{Exit, Fault};
use member::{Doom, Regroup};
use std::{sync::Arc, time::Duration};

/// More hung incarnations than this hold more threads than a restart within the process can make up for.
pub(crate) const MAX_ZOMBIES: usize = 4;

#[derive(Debug)]
pub(crate) struct Family {
    members: Vec<Member>,
    strategy: Strategy,
    max_children: usize,
    window: Window,
    /// Members before this place have been started at least once since the last regrouping.
    next: usize,
    /// The member whose start the next one waits for.
    starting: Option<Key>,
    regroup: Option<Regroup>,
    n_regroups: u64,
    n_keys: u64,
    leaving: Option<Exit>,
    left: bool,
    /// Members from this place on are not doomed as part of a group.
    bottom: usize,
    acts: Vec<Act>,
}

impl Family {
    pub(crate) fn new(strategy: Strategy, max_children: usize) -> Family {
        Family {
            members: Vec::new(),
            strategy,
            max_children,
            window: Window::default(),
            next: 0,
            starting: None,
            regroup: None,
            n_regroups: 0,
            n_keys: 0,
            leaving: None,
            left: false,
            bottom: 0,
            acts: Vec::new(),
        }
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn leaving(&self) -> bool {
        self.leaving.is_some()
    }

    pub(crate) fn find(&self, key: Key) -> Option<&Member> {
        self.place(key).map(|at| &self.members[at])
    }

    /// The acts since the last call.
    pub(crate) fn acts(&mut self) -> Vec<Act> {
        std::mem::take(&mut self.acts)
    }

    /// Adds a member of the specification, before [`Family::open`].
    pub(crate) fn seat(&mut self, terms: Terms) -> Key {
        self.push(terms, false)
    }

    /// Begins to start the members.
    pub(crate) fn open(&mut self) {
        self.advance();
    }

    /// Adds a member while running.
    pub(crate) fn add(&mut self, terms: Terms) -> Result<Key, OrderError> {
        if self.leaving() {
            return Err(OrderError::Leaving);
        }
        if self.members.len() >= self.max_children {
            return Err(OrderError::Full(self.max_children));
        }
        if self.members.iter().any(|member| member.terms.id == terms.id) {
            return Err(OrderError::Taken(terms.id.to_string()));
        }
        let key = self.push(terms, true);
        self.advance();
        Ok(key)
    }

    /// Stops a member and forgets it.
    pub(crate) fn remove(&mut self, id: &str) -> Result<(), OrderError> {
        let at = self.ordered(id)?;
        self.bring_down(at, Doom::Remove);
        self.advance();
        Ok(())
    }

    /// Stops a member and starts it again at once, or starts one that is down. It is an order and no fault: nothing counts
    /// against the intensity, and the streak of faults is forgotten.
    pub(crate) fn restart(&mut self, id: &str) -> Result<(), OrderError> {
        let at = self.ordered(id)?;
        self.members[at].streak = Streak::default();
        self.bring_down(at, Doom::Restart);
        self.advance();
        Ok(())
    }

    /// The number of the incarnation that an [`Act::Start`] brought up.
    pub(crate) fn begun(&mut self, key: Key, incarnation: u64) {
        if let Some(at) = self.place(key) {
            self.members[at].incarnation = incarnation;
        }
    }

    pub(crate) fn up(&mut self, key: Key, incarnation: u64, now: Duration) {
        let Some(at) = self.current(key, incarnation) else {
            return;
        };
        let member = &mut self.members[at];
        if member.state == ChildState::Starting {
            member.state = ChildState::Up;
            member.streak.up(now);
        }
        self.starting.take_if(|starting| *starting == key);
        self.advance();
    }

    /// A fault after which the member goes on. It counts as a restart would.
    pub(crate) fn resumed(
        &mut self,
        key: Key,
        incarnation: u64,
        exit: &Exit,
        now: Duration,
        intensity: Intensity,
    ) {
        let Some(at) = self.current(key, incarnation) else {
            return;
        };
        self.members[at].last_fault = exit.fault().cloned();
        if !self.leaving() && !self.window.admit(now, intensity) {
            let escalated = self.escalated(at, exit, intensity);
            self.leave(escalated);
        }
    }

    /// A member ended. `directive` is what its specification says about it.
    pub(crate) fn down(
        &mut self,
        key: Key,
        incarnation: u64,
        exit: &Exit,
        directive: Directive,
        Ended { now, chance }: Ended,
    ) {
        let Some(at) = self.current(key, incarnation) else {
            return;
        };
        self.starting.take_if(|starting| *starting == key);
        let member = &mut self.members[at];
        member.last = Some(exit.clone());
        member.last_fault = exit.fault().cloned().or(member.last_fault.take());
        if let (Some(doom), false) = (member.doom, matches!(exit, Exit::Fatal(_))) {
            self.settle(at, doom, exit.clone());
            self.advance();
            return;
        }
        let rules = member.terms.rules;
        let decision = decide(
            &rules,
            directive,
            exit,
            &mut member.streak,
            &mut self.window,
            now,
            chance,
        );
        match decision {
            Decision::Retire => self.retire_for_good(at, exit.clone()),
            Decision::Restart { after } => self.begin_restart(at, after),
            Decision::Escalate => {
                let escalated = self.escalated(at, exit, rules.intensity);
                self.retire(at, escalated.clone());
                self.leave(escalated);
            }
        }
        self.advance();
    }

    /// A member makes no progress: it is replaced while its code may run on, unless too many are of that kind already.
    pub(crate) fn hung(
        &mut self,
        key: Key,
        incarnation: u64,
        Hang { fault, n_zombies }: Hang,
        directive: impl FnOnce(&Exit) -> Directive,
        ended: Ended,
    ) {
        let Some(at) = self.current(key, incarnation) else {
            return;
        };
        if self.members[at].state == ChildState::Stopping {
            return; // its stop deadline comes
        }
        let exit = if n_zombies >= MAX_ZOMBIES {
            let text = format!(
                "{n_zombies} threads hang already, and now {}: {}",
                self.members[at].terms.id, fault.text
            );
            Exit::Fatal(Arc::new(Fault { text, ..fault }))
        } else {
            Exit::Hung(Arc::new(fault))
        };
        self.fence(at, exit.clone());
        let directive = directive(&exit);
        self.down(key, incarnation, &exit, directive, ended);
    }

    pub(crate) fn alarm(&mut self, alarm: Alarm) {
        match alarm {
            Alarm::Restart { key, incarnation } => {
                let waits = |at: &usize| {
                    let member = &self.members[*at];
                    member.state == ChildState::Backoff && member.incarnation == incarnation
                };
                if let Some(at) = self.place(key).filter(waits) {
                    self.start(at);
                }
            }
            Alarm::Regroup { number } => {
                if let Some(regroup) = self.regroup.take_if(|regroup| regroup.number == number) {
                    let first = self.members.partition_point(|member| member.key < regroup.from);
                    self.next = self.next.min(first);
                }
            }
            Alarm::Overdue { key, incarnation } => {
                if let Some(at) = self.current(key, incarnation)
                    && self.members[at].state == ChildState::Stopping
                    && let Some(doom) = self.members[at].doom
                {
                    self.cut_off(at, doom);
                }
            }
        }
        self.advance();
    }

    /// Begins to stop all members; the supervisor ends by `exit` after the last. If it is leaving already, the first reason
    /// stands: its parent must hear of an escalation even when it ordered a stop meanwhile.
    pub(crate) fn leave(&mut self, exit: Exit) {
        if self.leaving.is_some() && matches!(exit, Exit::Fatal(_)) {
            self.leaving = Some(exit);
        } else if self.leaving.is_none() {
            self.leaving = Some(exit);
            self.regroup = None;
            self.bottom = self.members.len();
            for member in &mut self.members {
                if !matches!(member.state, ChildState::Retired(_)) {
                    member.doom = Some(Doom::Leave);
                }
            }
        }
        self.advance();
    }

    fn push(&mut self, terms: Terms, dynamic: bool) -> Key {
        self.n_keys += 1;
        self.members.push(Member {
            key: self.n_keys,
            terms,
            state: ChildState::Waiting,
            incarnation: 0,
            last: None,
            last_fault: None,
            streak: Streak::default(),
            doom: None,
            dynamic,
        });
        self.n_keys
    }

    fn place(&self, key: Key) -> Option<usize> {
        self.members.binary_search_by_key(&key, |member| member.key).ok()
    }

    /// The member an event is about, if it still runs that incarnation.
    fn current(&self, key: Key, incarnation: u64) -> Option<usize> {
        self.place(key).filter(|at| {
            let member = &self.members[*at];
            member.running() && member.incarnation == incarnation
        })
    }

    fn ordered(&self, id: &str) -> Result<usize, OrderError> {
        if self.leaving() {
            return Err(OrderError::Leaving);
        }
        let known = self.members.iter().position(|member| &*member.terms.id == id);
        known.ok_or_else(|| OrderError::Unknown(id.to_owned()))
    }
}
