//! The actor that carries out what the family decides: starts, stops, alarms, and the look at those who make no progress.
//!
//! Every report of a child carries its incarnation, and one that is not the child's current one is ignored: a late word
//! of a predecessor must not take down its successor.

use super::{
    family::{Act, Alarm, Ended, Family, Hang, Key, MAX_ZOMBIES, OrderError},
    launch::Start,
    policy::{Directive, Look, look},
    spec::{ChildSpec, SupervisorSpec},
    tree::{Branch, ChildState, Tree},
};
use crate::{
    actor::{Birth, Component, Ctx, Exit, Fault, How, Lane, Notice, Resumes, StartError},
    clock::uptime,
};
use actix::{Actor, AsyncContext, Handler, Message, ResponseFuture, SpawnHandle};
use futures_util::future::join_all;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::Acquire},
    time::Duration,
};

/// Keeps its children running. A component itself, built from a [`SupervisorSpec`], so that trees nest.
///
/// A child is started when the one before it is up, or has failed to start. When the restarts exceed the intensity, it
/// stops all children, marks their handles gone and ends as [`Exit::Escalated`]; if its parent restarts it, the same handles
/// work again. Children that were added while it ran are not part of its specification: they are gone with it.
#[derive(Debug)]
pub struct Supervisor {
    spec: SupervisorSpec,
    specs: BTreeMap<Key, ChildSpec>,
    family: Family,
    jitter: Pcg64Mcg,
    alarms: BTreeMap<(Duration, u64), Due>,
    n_alarms: u64,
    armed: Option<(Duration, SpawnHandle)>,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug)]
enum Due {
    Alarm(Alarm),
    /// See whether a child with a hang limit makes progress.
    Look {
        key: Key,
        incarnation: u64,
    },
}

/// A child's report to its supervisor.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Report {
    key: Key,
    incarnation: u64,
    notice: Notice,
}

/// Adds a child after the last one. It is forgotten once it ends for good, and with its supervisor.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), OrderError>")]
pub struct Add(pub ChildSpec);

/// Stops a child as its specification says, and forgets it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), OrderError>")]
pub struct Remove(pub String);

/// Stops a child and starts it again at once with its queue, or starts one that is down. It is an order and no fault: it
/// does not count against the intensity.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), OrderError>")]
pub struct RestartChild(pub String);

impl Actor for Supervisor {
    type Context = Ctx<Supervisor>;

    fn started(&mut self, ctx: &mut Ctx<Supervisor>) {
        self.family.open();
        self.carry_out(ctx);
    }
}

impl Component for Supervisor {
    type Args = SupervisorSpec;

    fn create(spec: &SupervisorSpec, birth: Birth, ctx: &mut Ctx<Supervisor>) -> Result<Supervisor, StartError> {
        let mut family = Family::new(spec.strategy, spec.max_children);
        let seat = |child: &ChildSpec| (family.seat(child.terms(spec.intensity)), child.clone());
        Ok(Supervisor {
            specs: spec.children.iter().map(seat).collect(),
            family,
            jitter: spec.seeds.derive(ctx.id(), birth.incarnation),
            spec: spec.clone(),
            alarms: BTreeMap::new(),
            n_alarms: 0,
            armed: None,
        })
    }

    fn halt(&mut self, ctx: &mut Ctx<Supervisor>) {
        self.family.leave(Exit::Shutdown);
        self.carry_out(ctx);
    }

    fn stop_deadline(spec: &SupervisorSpec) -> Duration {
        spec.stop_deadline()
    }
}

impl Supervisor {
    /// Does what the family wants, and what is due already: a backoff of nothing needs no timer.
    fn carry_out(&mut self, ctx: &mut Ctx<Supervisor>) {
        loop {
            for act in self.family.acts() {
                self.act(act, ctx);
            }
            self.count_zombies(ctx);
            let now = uptime();
            let Some(first) = self.alarms.first_entry().filter(|first| first.key().0 <= now) else {
                break;
            };
            match first.remove() {
                Due::Alarm(alarm) => self.family.alarm(alarm),
                Due::Look { key, incarnation } => self.look(key, incarnation, now, ctx),
            }
        }
        self.arm(ctx);
    }

    /// Threads that hang are more than this process can make up for, whoever was cut off on them.
    fn count_zombies(&mut self, ctx: &Ctx<Supervisor>) {
        let n = ctx.station().zombies.load(Acquire);
        if n > MAX_ZOMBIES && !self.family.leaving() {
            let fault = Fault {
                text: format!("{n} threads hang"),
                location: None,
                during: format!("supervision by {}", ctx.path()),
            };
            self.family.leave(Exit::Fatal(Arc::new(fault)));
        }
    }

    fn act(&mut self, act: Act, ctx: &mut Ctx<Supervisor>) {
        match act {
            Act::Start(key) => self.start(key, ctx),
            Act::Alarm { after, alarm } => self.note(after, Due::Alarm(alarm)),
            Act::Leave(exit) => ctx.exit(exit),
            Act::Forget(key) => drop(self.specs.remove(&key)),
            Act::OrderStop {
                key,
                incarnation,
                drain,
            } => {
                self.with(key, |child| child.launch.order_stop(incarnation, drain));
            }
            Act::Fence { key, incarnation, exit } => {
                self.with(key, |child| child.launch.fence(incarnation, &exit));
            }
            Act::Close { key, incarnation, exit } => {
                self.with(key, |child| child.launch.close(incarnation, &exit));
            }
        }
    }

    fn with(&self, key: Key, act: impl FnOnce(&ChildSpec)) {
        if let Some(child) = self.specs.get(&key) {
            act(child);
        }
    }

    fn start(&mut self, key: Key, ctx: &mut Ctx<Supervisor>) {
        let (Some(child), Some(member)) = (self.specs.get(&key), self.family.find(key)) else {
            return;
        };
        let me = ctx.me();
        let listener = move |incarnation, notice| {
            // A supervisor that is gone has cut off its children already.
            me.report(Report {
                key,
                incarnation,
                notice,
            });
        };
        let resumes = child
            .decider
            .clone()
            .map(|decide| -> Resumes { Arc::new(move |exit| decide(exit) == Directive::Resume) });
        let start = Start {
            place: child.place,
            last: member.last.clone(),
            station: ctx.station().below(&child.id),
            resumes,
        };
        if member.incarnation > 0 {
            log::info!("{}: restarts {}", ctx.path(), child.id);
        }
        let incarnation = child.launch.start(start, Box::new(listener));
        let limit = child.hang_limit;
        self.family.begun(key, incarnation);
        if let Some(limit) = limit {
            self.note(limit, Due::Look { key, incarnation });
        }
    }

    fn note(&mut self, after: Duration, due: Due) {
        self.n_alarms += 1;
        let at = uptime().saturating_add(after);
        // Alarms of what has ended long ago are thrown away before they are many.
        if self.alarms.len() > 4 * self.specs.len() + 64 {
            let family = &self.family;
            self.alarms.retain(|_, due| match due {
                Due::Alarm(Alarm::Overdue { key, incarnation } | Alarm::Restart { key, incarnation })
                | Due::Look { key, incarnation } => family
                    .find(*key)
                    .is_some_and(|member| member.incarnation == *incarnation),
                Due::Alarm(Alarm::Regroup { .. }) => true,
            });
        }
        self.alarms.insert((at, self.n_alarms), due);
    }

    /// One timer for all: the earliest alarm.
    fn arm(&mut self, ctx: &mut Ctx<Supervisor>) {
        let Some((&(at, _), _)) = self.alarms.first_key_value() else {
            return;
        };
        match self.armed {
            Some((armed, _)) if armed <= at => return,
            Some((_, timer)) => drop(ctx.cancel_future(timer)),
            None => {}
        }
        let timer = ctx.run_later(at.saturating_sub(uptime()), |supervisor, ctx| {
            supervisor.armed = None;
            supervisor.carry_out(ctx);
        });
        self.armed = Some((at, timer));
    }

    /// Looks from outside whether a child makes progress, at the earliest moment at which it could have hung.
    fn look(&mut self, key: Key, incarnation: u64, now: Duration, ctx: &Ctx<Supervisor>) {
        let running = self
            .family
            .find(key)
            .filter(|member| member.running() && member.incarnation == incarnation);
        let (Some(child), Some(_)) = (self.specs.get(&key), running) else {
            return;
        };
        let Some(limit) = child.hang_limit else { return };
        let vitals = child.launch.vitals();
        match look(vitals.stuck_since(), now, limit) {
            Look::Again { after } => {
                child.launch.call();
                self.note(after, Due::Look { key, incarnation });
            }
            Look::Hung { stuck_for } => {
                let during = match vitals.in_hand {
                    Some(hand) => hand.what,
                    None if vitals.held_since.is_some() => "a wait that holds the mailbox",
                    None => "its thread's work for another actor",
                };
                let fault = Fault {
                    text: format!("no progress for {} ms, its limit is {limit:?}", stuck_for.as_millis()),
                    location: None,
                    during: during.to_owned(),
                };
                log::error!("{}: {} hung: {fault}", ctx.path(), child.id);
                let hang = Hang {
                    fault,
                    n_zombies: ctx.station().zombies.load(Acquire),
                };
                let chance = self.jitter.random();
                let directive = |exit: &Exit| child.directive(exit);
                self.family
                    .hung(key, incarnation, hang, directive, Ended { now, chance });
            }
        }
    }

    fn down(&mut self, key: Key, incarnation: u64, exit: &Exit) {
        let Some(child) = self.specs.get(&key) else { return };
        let directive = child.directive(exit);
        let chance = self.jitter.random();
        let now = uptime();
        self.family
            .down(key, incarnation, exit, directive, Ended { now, chance });
    }

    fn branch(&self, key: Key) -> Option<Branch> {
        let (member, child) = (self.family.find(key)?, self.specs.get(&key)?);
        Some(Branch {
            id: child.id.to_string(),
            state: member.state.clone(),
            vitals: child.launch.vitals(),
            last_fault: member.last_fault.clone(),
            children: Vec::new(),
        })
    }
}

impl Handler<Report> for Supervisor {
    type Result = ();

    fn handle(&mut self, report: Report, ctx: &mut Ctx<Supervisor>) {
        let Report {
            key,
            incarnation,
            notice,
        } = report;
        match notice {
            Notice::Up => self.family.up(key, incarnation, uptime()),
            Notice::Resumed(exit) => {
                self.family
                    .resumed(key, incarnation, &exit, uptime(), self.spec.intensity);
            }
            Notice::Down(exit) => self.down(key, incarnation, &exit),
        }
        self.carry_out(ctx);
    }
}

impl Handler<Add> for Supervisor {
    type Result = Result<(), OrderError>;

    fn handle(&mut self, Add(child): Add, ctx: &mut Ctx<Supervisor>) -> Self::Result {
        let key = self.family.add(child.terms(self.spec.intensity))?;
        self.specs.insert(key, child);
        self.carry_out(ctx);
        Ok(())
    }
}

impl Handler<Remove> for Supervisor {
    type Result = Result<(), OrderError>;

    fn handle(&mut self, Remove(id): Remove, ctx: &mut Ctx<Supervisor>) -> Self::Result {
        self.family.remove(&id)?;
        self.carry_out(ctx);
        Ok(())
    }
}

impl Handler<RestartChild> for Supervisor {
    type Result = Result<(), OrderError>;

    fn handle(&mut self, RestartChild(id): RestartChild, ctx: &mut Ctx<Supervisor>) -> Self::Result {
        self.family.restart(&id)?;
        self.carry_out(ctx);
        Ok(())
    }
}

impl Handler<Tree> for Supervisor {
    type Result = ResponseFuture<Branch>;

    fn handle(&mut self, tree: Tree, ctx: &mut Ctx<Supervisor>) -> ResponseFuture<Branch> {
        let below = Tree {
            within: tree.within / 2,
        };
        let how = How {
            lane: Lane::Control,
            deadline: below.within,
        };
        let members = self.family.members();
        let asked: Vec<_> = members
            .iter()
            .filter_map(|member| {
                let child = self.specs.get(&member.key)?;
                let nested = child.launch.nested().filter(|_| member.state == ChildState::Up);
                let answer = nested.map(|supervisor| supervisor.ask(below, how));
                Some((self.branch(member.key)?, answer))
            })
            .collect();
        let state = if self.family.leaving() {
            ChildState::Stopping
        } else {
            ChildState::Up
        };
        let (id, vitals) = (ctx.id().to_owned(), ctx.me().vitals());
        let last_fault = members.iter().rev().find_map(|member| member.last_fault.clone());
        Box::pin(async move {
            let children = join_all(asked.into_iter().map(|(mut branch, answer)| async {
                if let Some(answer) = answer
                    && let Ok(nested) = answer.await
                {
                    branch.children = nested.children;
                }
                branch
            }))
            .await;
            Branch {
                id,
                state,
                vitals,
                last_fault,
                children,
            }
        })
    }
}

/// However a supervisor ends, nothing below it goes on unsupervised; but what its successor has started already is left
/// alone.
impl Drop for Supervisor {
    fn drop(&mut self) {
        for member in self.family.members().iter().rev() {
            if !matches!(member.state, ChildState::Retired(_)) {
                self.with(member.key, |child| {
                    child.launch.close(member.incarnation, &Exit::Killed)
                });
            }
        }
    }
}
