//! The order of things within a family: who stops before whom, who starts after whom, and what follows a stop.

use super::super::{
    policy::{Intensity, Restart, Stop, Strategy},
    tree::ChildState,
};
use super::Family;
use super::member::{Act, Alarm, Doom, Member, Regroup};
use crate::actor::{Exit, Fault};
use std::{sync::Arc, time::Duration};

impl Family {
    pub(super) fn begin_restart(&mut self, at: usize, after: Duration) {
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
    pub(super) fn advance(&mut self) {
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
    pub(super) fn stop_group(&mut self) -> bool {
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

    pub(super) fn bring_down(&mut self, at: usize, doom: Doom) {
        let member = &mut self.members[at];
        if member.running() {
            if member.doom.is_none() || doom == Doom::Remove {
                // Being removed is the stronger wish; whoever is restarted with its group is restarted.
                member.doom = Some(doom);
            }
            if let (Some(doom), false) = (member.doom, member.state == ChildState::Stopping) {
                self.order_stop(at, doom);
            }
        } else {
            self.settle(at, doom, Exit::Shutdown);
        }
    }

    pub(super) fn order_stop(&mut self, at: usize, doom: Doom) {
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

    pub(super) fn cut_off(&mut self, at: usize, doom: Doom) {
        let key = self.members[at].key;
        self.starting.take_if(|starting| *starting == key);
        self.fence(at, Exit::Killed);
        self.members[at].last = Some(Exit::Killed);
        self.settle(at, doom, Exit::Killed);
    }

    pub(super) fn fence(&mut self, at: usize, exit: Exit) {
        let Member { key, incarnation, .. } = self.members[at];
        self.acts.push(Act::Fence { key, incarnation, exit });
    }

    /// A doomed member is down.
    pub(super) fn settle(&mut self, at: usize, doom: Doom, exit: Exit) {
        let member = &mut self.members[at];
        member.doom = None;
        match doom {
            Doom::Leave => self.retire(at, exit),
            Doom::Regroup if member.terms.rules.restart == Restart::Temporary && member.incarnation > 0 => {
                self.retire_for_good(at, exit);
            }
            Doom::Regroup => member.state = ChildState::Waiting,
            // Its group is down or going down: it has its turn in the order of starts.
            Doom::Restart if self.regroup.is_some() => {
                member.state = ChildState::Waiting;
                let first = member.key;
                if let Some(regroup) = &mut self.regroup {
                    regroup.from = regroup.from.min(first);
                }
            }
            Doom::Remove => {
                self.retire(at, exit);
                self.forget(at);
            }
            Doom::Restart => self.start(at),
        }
    }

    pub(super) fn start(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.state = ChildState::Starting;
        self.acts.push(Act::Start(member.key));
    }

    /// Not to be restarted: its handles say why.
    pub(super) fn retire(&mut self, at: usize, exit: Exit) {
        let member = &mut self.members[at];
        member.doom = None;
        member.state = ChildState::Retired(exit.clone());
        let (key, incarnation) = (member.key, member.incarnation);
        self.acts.push(Act::Close { key, incarnation, exit });
    }

    pub(super) fn retire_for_good(&mut self, at: usize, exit: Exit) {
        self.retire(at, exit);
        if self.members[at].dynamic {
            self.forget(at);
        }
    }

    pub(super) fn forget(&mut self, at: usize) {
        let member = self.members.remove(at);
        self.next -= usize::from(at < self.next);
        self.acts.push(Act::Forget(member.key));
    }

    /// How this supervisor ends because of the member at `at`.
    pub(super) fn escalated(&self, at: usize, exit: &Exit, intensity: Intensity) -> Exit {
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
