//! What a supervisor does, as a pure machine: events of its children and alarms go in, acts come out.
//!
//! A family is an ordered list of members. Stops run from the last to the first, one at a time, each with its deadline;
//! starts run from the first to the last, each after the one before is up or has failed. Times are readings of a monotonic
//! clock, chance comes in as a number, and every event names the incarnation it is about, so that late words of a
//! predecessor are ignored.

use super::{
    policy::{Decision, Directive, Intensity, Restart, Rules, Stop, Strategy, Streak, Window, decide},
    tree::ChildState,
};
use crate::actor::{Exit, Fault};
use std::{sync::Arc, time::Duration};

/// Names a member for as long as it belongs to the family; keys only grow.
pub(crate) type Key = u64;

/// More hung incarnations than this hold more threads than a restart within the process can make up for.
pub(crate) const MAX_ZOMBIES: usize = 4;

/// What the supervisor is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Start a new incarnation, and tell the family its number with [`Family::begun`].
    Start(Key),
    /// Ask this incarnation to stop.
    OrderStop { key: Key, incarnation: u64, drain: bool },
    /// Take the mailbox from this incarnation; what is queued stays.
    Fence { key: Key, incarnation: u64, exit: Exit },
    /// Close the mailbox.
    Close { key: Key, incarnation: u64, exit: Exit },
    /// Drop the specification.
    Forget(Key),
    /// Call [`Family::alarm`] after this time.
    Alarm { after: Duration, alarm: Alarm },
    /// All children are down: end.
    Leave(Exit),
}

/// Something to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// A child's backoff is over.
    Restart { key: Key, incarnation: u64 },
    /// The backoff of a group is over.
    Regroup { number: u64 },
    /// A child had its time to stop.
    Overdue { key: Key, incarnation: u64 },
}

/// Why an order about a child was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No child has this id.
    #[error("no child is called {0}")]
    Unknown(String),
    /// Another child has this id.
    #[error("a child called {0} exists already")]
    Taken(String),
    /// As many children as the supervisor's specification allows.
    #[error("the supervisor has its limit of {0} children")]
    Full(usize),
    /// The supervisor is stopping.
    #[error("the supervisor is stopping")]
    Leaving,
}

/// What the family must know of a child's specification.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) id: Arc<str>,
    pub(crate) rules: Rules,
    pub(crate) stop: Stop,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    pub(crate) state: ChildState,
    pub(crate) incarnation: u64,
    pub(crate) last: Option<Exit>,
    pub(crate) last_fault: Option<Arc<Fault>>,
    streak: Streak,
    doom: Option<Doom>,
    /// Added while running: forgotten when it ends for good.
    dynamic: bool,
}

/// Why a member is being brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doom {
    Leave,
    Regroup,
    Remove,
    Restart,
}

/// A restart of several members together.
#[derive(Debug)]
struct Regroup {
    number: u64,
    from: Key,
    delay: Duration,
    /// All are down, and the delay runs.
    delaying: bool,
}

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

impl Member {
    pub(crate) fn running(&self) -> bool {
        matches!(self.state, ChildState::Starting | ChildState::Up | ChildState::Stopping)
    }
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

    /// A member ended. `directive` is what its specification says about it, `chance` what the jitter takes.
    pub(crate) fn down(
        &mut self,
        key: Key,
        incarnation: u64,
        exit: &Exit,
        directive: Directive,
        now: Duration,
        chance: f64,
    ) {
        let Some(at) = self.current(key, incarnation) else {
            return;
        };
        self.starting.take_if(|starting| *starting == key);
        let member = &mut self.members[at];
        member.last = Some(exit.clone());
        member.last_fault = exit.fault().cloned().or(member.last_fault.take());
        if let Some(doom) = member.doom {
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

    /// A member makes no progress: it is replaced while its code may run on, unless there are `n_zombies` of that kind
    /// already.
    pub(crate) fn hung(
        &mut self,
        key: Key,
        incarnation: u64,
        fault: Fault,
        n_zombies: usize,
        directive: impl FnOnce(&Exit) -> Directive,
        now: Duration,
        chance: f64,
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
        self.down(key, incarnation, &exit, directive, now, chance);
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
                    self.next = self.members.partition_point(|member| member.key < regroup.from);
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
        if self.leaving.is_none() {
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

    fn begin_restart(&mut self, at: usize, after: Duration) {
        let member = &mut self.members[at];
        let (key, incarnation) = (member.key, member.incarnation);
        let from = match self.strategy {
            Strategy::OneForOne => {
                member.state = ChildState::Backoff;
                let alarm = Alarm::Restart { key, incarnation };
                self.acts.push(Act::Alarm { after, alarm });
                return;
            }
            Strategy::OneForAll => 0,
            Strategy::RestForOne => at,
        };
        member.state = ChildState::Waiting;
        for (other, member) in self.members.iter_mut().enumerate().skip(from) {
            // What ended for good stays ended: its work is done, or it is not wanted.
            let alive = !matches!(member.state, ChildState::Retired(_)) && other != at;
            if alive && member.doom.is_none() {
                member.doom = Some(Doom::Regroup);
            }
        }
        self.bottom = self.members.len();
        self.n_regroups += 1;
        let from = self.members[from].key;
        let known = self.regroup.take();
        self.regroup = Some(Regroup {
            number: self.n_regroups,
            from: known.as_ref().map_or(from, |known| known.from.min(from)),
            delay: known.map_or(after, |known| known.delay.max(after)),
            delaying: false,
        });
    }

    /// Does what can be done now: the next stop, or else the end, the delay of a group, the next start.
    fn advance(&mut self) {
        let grouped = self.leaving() || self.regroup.as_ref().is_some_and(|regroup| !regroup.delaying);
        if grouped && !self.stop_group() {
            return;
        }
        if let Some(exit) = &self.leaving {
            if !std::mem::replace(&mut self.left, true) {
                self.acts.push(Act::Leave(exit.clone()));
            }
            return;
        }
        if let Some(regroup) = &mut self.regroup {
            if !std::mem::replace(&mut regroup.delaying, true) {
                let alarm = Alarm::Regroup { number: regroup.number };
                let after = regroup.delay;
                self.acts.push(Act::Alarm { after, alarm });
            }
            return;
        }
        while self.starting.is_none() && self.next < self.members.len() {
            let at = self.next;
            self.next += 1;
            if self.members[at].state == ChildState::Waiting {
                self.starting = Some(self.members[at].key);
                self.start(at);
            }
        }
    }

    /// Stops the last member of the group that runs; true when none does.
    fn stop_group(&mut self) -> bool {
        let down = self.leaving.clone().unwrap_or(Exit::Shutdown);
        for at in (0..self.bottom.min(self.members.len())).rev() {
            self.bottom = at + 1;
            let member = &self.members[at];
            let Some(doom) = member.doom.filter(|doom| matches!(doom, Doom::Leave | Doom::Regroup)) else {
                continue;
            };
            if !member.running() {
                self.settle(at, doom, down.clone());
                continue;
            }
            if member.state != ChildState::Stopping {
                self.order_stop(at, doom);
            }
            if self.members.get(at).is_some_and(Member::running) {
                return false;
            }
        }
        self.bottom = 0;
        true
    }

    fn bring_down(&mut self, at: usize, doom: Doom) {
        let member = &mut self.members[at];
        if member.doom.is_some() && member.running() {
            // It is on its way down already; being removed is the stronger wish.
            if doom == Doom::Remove {
                member.doom = Some(doom);
            }
            return;
        }
        if member.running() {
            member.doom = Some(doom);
            self.order_stop(at, doom);
        } else {
            self.settle(at, doom, Exit::Shutdown);
        }
    }

    fn order_stop(&mut self, at: usize, doom: Doom) {
        let member = &mut self.members[at];
        let (key, incarnation) = (member.key, member.incarnation);
        let for_good = matches!(doom, Doom::Leave | Doom::Remove);
        let (after, drain) = match member.terms.stop {
            Stop::Now => return self.cut_off(at, doom),
            Stop::Halt(deadline) => (deadline, false),
            // A queue that a next incarnation will serve needs no draining.
            Stop::Drain(deadline) => (deadline, for_good),
        };
        member.state = ChildState::Stopping;
        self.acts.push(Act::OrderStop {
            key,
            incarnation,
            drain,
        });
        let alarm = Alarm::Overdue { key, incarnation };
        self.acts.push(Act::Alarm { after, alarm });
    }

    fn cut_off(&mut self, at: usize, doom: Doom) {
        let key = self.members[at].key;
        self.starting.take_if(|starting| *starting == key);
        self.fence(at, Exit::Killed);
        self.members[at].last = Some(Exit::Killed);
        self.settle(at, doom, Exit::Killed);
    }

    fn fence(&mut self, at: usize, exit: Exit) {
        let Member { key, incarnation, .. } = self.members[at];
        self.acts.push(Act::Fence { key, incarnation, exit });
    }

    /// A doomed member is down.
    fn settle(&mut self, at: usize, doom: Doom, exit: Exit) {
        let member = &mut self.members[at];
        member.doom = None;
        match doom {
            Doom::Leave => self.retire(at, exit),
            Doom::Regroup if member.terms.rules.restart == Restart::Temporary => self.retire_for_good(at, exit),
            Doom::Regroup => member.state = ChildState::Waiting,
            Doom::Remove => {
                self.retire(at, exit);
                self.forget(at);
            }
            Doom::Restart => self.start(at),
        }
    }

    fn start(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.state = ChildState::Starting;
        self.acts.push(Act::Start(member.key));
    }

    /// Not to be restarted: its handles say why.
    fn retire(&mut self, at: usize, exit: Exit) {
        let member = &mut self.members[at];
        member.doom = None;
        member.state = ChildState::Retired(exit.clone());
        let (key, incarnation) = (member.key, member.incarnation);
        self.acts.push(Act::Close { key, incarnation, exit });
    }

    fn retire_for_good(&mut self, at: usize, exit: Exit) {
        self.retire(at, exit);
        if self.members[at].dynamic {
            self.forget(at);
        }
    }

    fn forget(&mut self, at: usize) {
        let member = self.members.remove(at);
        self.next -= usize::from(at < self.next);
        self.acts.push(Act::Forget(member.key));
    }

    /// How this supervisor ends because of the member at `at`.
    fn escalated(&self, at: usize, exit: &Exit, intensity: Intensity) -> Exit {
        let id = &self.members[at].terms.id;
        let Intensity { max, within } = intensity;
        let location = exit.fault().and_then(|fault| fault.location.clone());
        let during = format!("supervision of {id}");
        if let Exit::Fatal(fault) = exit {
            return Exit::Fatal(fault.clone());
        }
        let text = if self.window.exceeds(intensity) {
            format!("more than {max} restarts within {within:?}; the last to end was {id}, it {exit}")
        } else {
            format!("{id} {exit}, which its specification escalates")
        };
        let fault = Fault { text, location, during };
        Exit::Escalated(Arc::new(fault))
    }
}
