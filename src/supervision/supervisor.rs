//! The actor that carries out what `policy` decides: starts in order, restarts after a delay, stops in reverse.
//!
//! Every report of a child carries its incarnation, and one that is not the child's current one is ignored: a late word
//! of a predecessor must not take down its successor.

use super::{
    policy::{Decision, Rules, Strategy, Streak, Window, decide},
    spec::{ChildSpec, SupervisorSpec},
    tree::{Branch, ChildState, Tree},
};
use crate::{
    actor::{Birth, Component, Ctx, Exit, Fault, How, Lane, Notice, StartError},
    clock::uptime,
};
use actix::{Actor, AsyncContext, Handler, Message, ResponseFuture};
use futures_util::future::join_all;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::{sync::Arc, time::Duration};

/// Keeps its children running. A component itself, built from a [`SupervisorSpec`], so that trees nest.
///
/// A child is started when the one before it is up, or has failed its first start: under one-for-one siblings do not
/// depend on each other. When the restarts exceed the intensity, it stops all children, marks their handles gone and ends
/// as [`Exit::Escalated`]; if its parent restarts it, the same handles work again.
#[derive(Debug)]
pub struct Supervisor {
    spec: SupervisorSpec,
    children: Vec<Child>,
    window: Window,
    jitter: Pcg64Mcg,
    /// Children before this one have been started at least once.
    n_begun: usize,
    /// Set while stopping: how the supervisor itself will end.
    leaving: Option<Exit>,
}

#[derive(Debug)]
struct Child {
    spec: ChildSpec,
    state: ChildState,
    incarnation: u64,
    streak: Streak,
    last: Option<Exit>,
    last_fault: Option<Arc<Fault>>,
}

/// A child's report to its supervisor.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Report {
    child: usize,
    incarnation: u64,
    notice: Notice,
}

impl Actor for Supervisor {
    type Context = Ctx<Supervisor>;

    fn started(&mut self, ctx: &mut Ctx<Supervisor>) {
        self.begin_next(ctx);
    }
}

impl Component for Supervisor {
    type Args = SupervisorSpec;

    fn create(spec: &SupervisorSpec, birth: Birth, ctx: &mut Ctx<Supervisor>) -> Result<Supervisor, StartError> {
        let children = spec.children.iter().cloned().map(Child::new).collect();
        let jitter = spec.seeds.derive(ctx.id(), birth.incarnation);
        let spec = spec.clone();
        Ok(Supervisor {
            spec,
            children,
            window: Window::default(),
            jitter,
            n_begun: 0,
            leaving: None,
        })
    }

    fn halt(&mut self, ctx: &mut Ctx<Supervisor>) {
        self.leave(Exit::Shutdown, ctx);
    }

    fn stop_deadline(spec: &SupervisorSpec) -> Duration {
        spec.stop_deadline()
    }
}

impl Child {
    fn new(spec: ChildSpec) -> Child {
        Child {
            spec,
            state: ChildState::Waiting,
            incarnation: 0,
            streak: Streak::default(),
            last: None,
            last_fault: None,
        }
    }

    fn running(&self) -> bool {
        matches!(self.state, ChildState::Starting | ChildState::Up | ChildState::Stopping)
    }

    /// Not to be restarted: its handles say why.
    fn retire(&mut self, exit: Exit) {
        self.spec.launch.close(&exit);
        self.state = ChildState::Retired(exit);
    }

    fn branch(&self) -> Branch {
        Branch {
            id: self.spec.id.to_string(),
            state: self.state.clone(),
            vitals: self.spec.launch.vitals(),
            last_fault: self.last_fault.clone(),
            children: Vec::new(),
        }
    }
}

impl Supervisor {
    /// Starts the next child that has never been started.
    fn begin_next(&mut self, ctx: &mut Ctx<Supervisor>) {
        if self.leaving.is_none() && self.n_begun < self.children.len() {
            self.n_begun += 1;
            self.start_child(self.n_begun - 1, ctx);
        }
    }

    fn start_child(&mut self, index: usize, ctx: &mut Ctx<Supervisor>) {
        let me = ctx.me();
        let child = &mut self.children[index];
        child.state = ChildState::Starting;
        child.incarnation = child.spec.launch.start(
            child.spec.place,
            child.last.clone(),
            Box::new(move |incarnation, notice| {
                // A supervisor that is gone has cut off its children already.
                me.report(Report {
                    child: index,
                    incarnation,
                    notice,
                });
            }),
        );
    }

    fn child_up(&mut self, index: usize, ctx: &mut Ctx<Supervisor>) {
        let child = &mut self.children[index];
        if child.state == ChildState::Starting {
            child.state = ChildState::Up;
            child.streak.up(uptime());
        }
        if index + 1 == self.n_begun {
            self.begin_next(ctx);
        }
    }

    fn child_down(&mut self, index: usize, exit: Exit, ctx: &mut Ctx<Supervisor>) {
        let child = &mut self.children[index];
        child.last = Some(exit.clone());
        child.last_fault = exit.fault().cloned().or(child.last_fault.take());
        if self.leaving.is_some() {
            let was_asked = child.state == ChildState::Stopping;
            child.retire(exit);
            if was_asked {
                self.stop_next(ctx);
            }
            return;
        }
        let ChildSpec { restart, backoff, .. } = child.spec;
        let rules = Rules {
            restart,
            backoff,
            intensity: self.spec.intensity,
        };
        let chance = self.jitter.random();
        let decision = decide(&rules, &exit, &mut child.streak, &mut self.window, uptime(), chance);
        match (decision, self.spec.strategy) {
            (Decision::Retire, _) => child.retire(exit),
            (Decision::Restart { after }, Strategy::OneForOne) => self.restart_later(index, after, ctx),
            (Decision::Escalate, _) => self.escalate(index, &exit, ctx),
        }
        if index + 1 == self.n_begun {
            self.begin_next(ctx);
        }
    }

    fn restart_later(&mut self, index: usize, after: Duration, ctx: &mut Ctx<Supervisor>) {
        let child = &mut self.children[index];
        child.state = ChildState::Backoff;
        log::info!("{}: restarts {} in {after:?}", ctx.id(), child.spec.id);
        let ended = child.incarnation;
        ctx.run_later(after, move |supervisor, ctx| {
            let child = &supervisor.children[index];
            if child.state == ChildState::Backoff && child.incarnation == ended {
                supervisor.start_child(index, ctx);
            }
        });
    }

    /// Gives up because of the child `index`: all others stop, then the parent is told.
    fn escalate(&mut self, index: usize, exit: &Exit, ctx: &mut Ctx<Supervisor>) {
        let (max, within) = (self.spec.intensity.max, self.spec.intensity.within);
        let child = &mut self.children[index];
        let fault = Fault {
            text: format!(
                "more than {max} restarts within {within:?}; the last to end was {}, it {exit}",
                child.spec.id
            ),
            location: exit.fault().and_then(|fault| fault.location.clone()),
            during: format!("supervision of {}", child.spec.id),
        };
        let escalated = Exit::Escalated(Arc::new(fault));
        child.retire(escalated.clone());
        self.leave(escalated, ctx);
    }

    /// Begins to stop all children in reverse order; the supervisor ends by `exit` after the last. If it is leaving already,
    /// the first reason stands: its parent must hear of an escalation even when it ordered a stop meanwhile.
    fn leave(&mut self, exit: Exit, ctx: &mut Ctx<Supervisor>) {
        if self.leaving.is_none() {
            self.leaving = Some(exit);
            self.stop_next(ctx);
        }
    }

    fn stop_next(&mut self, ctx: &mut Ctx<Supervisor>) {
        let Some(leaving) = self.leaving.clone() else { return };
        for index in (0..self.children.len()).rev() {
            let child = &mut self.children[index];
            if child.running() {
                child.state = ChildState::Stopping;
                child.spec.launch.order_stop(child.incarnation);
                let incarnation = child.incarnation;
                ctx.run_later(child.spec.stop_deadline, move |supervisor, ctx| {
                    supervisor.overdue(index, incarnation, ctx);
                });
                return;
            }
            if !matches!(child.state, ChildState::Retired(_)) {
                child.retire(leaving.clone());
            }
        }
        ctx.exit(leaving);
    }

    /// A child did not stop by its deadline: it is cut off, and the next one's turn comes.
    fn overdue(&mut self, index: usize, incarnation: u64, ctx: &mut Ctx<Supervisor>) {
        let child = &mut self.children[index];
        if child.state == ChildState::Stopping && child.incarnation == incarnation {
            let deadline = child.spec.stop_deadline;
            log::error!(
                "{}: {} did not stop within {deadline:?} and is cut off",
                ctx.id(),
                child.spec.id
            );
            child.retire(Exit::Killed);
            self.stop_next(ctx);
        }
    }
}

impl Handler<Report> for Supervisor {
    type Result = ();

    fn handle(&mut self, report: Report, ctx: &mut Ctx<Supervisor>) {
        let child = &self.children[report.child];
        if !child.running() || child.incarnation != report.incarnation {
            log::debug!("{}: late report of {} #{}", ctx.id(), child.spec.id, report.incarnation);
            return;
        }
        match report.notice {
            Notice::Up => self.child_up(report.child, ctx),
            Notice::Down(exit) => self.child_down(report.child, exit, ctx),
        }
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
        let asked: Vec<_> = self
            .children
            .iter()
            .map(|child| {
                let nested = child.spec.launch.nested().filter(|_| child.state == ChildState::Up);
                (child.branch(), nested.map(|supervisor| supervisor.ask(below, how)))
            })
            .collect();
        let state = if self.leaving.is_some() {
            ChildState::Stopping
        } else {
            ChildState::Up
        };
        let (id, vitals) = (ctx.id().to_owned(), ctx.me().vitals());
        let last_fault = self.children.iter().rev().find_map(|child| child.last_fault.clone());
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

/// However a supervisor ends, nothing below it goes on unsupervised.
impl Drop for Supervisor {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            if !matches!(child.state, ChildState::Retired(_)) {
                child.retire(Exit::Killed);
            }
        }
    }
}
