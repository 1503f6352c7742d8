//! The specification of a child: everything its supervisor must know, and the handle that others use meanwhile.

use super::{
    family::Terms,
    launch::{Launch, Launcher},
    policy::{Backoff, Directive, Intensity, Restart, Rules, Stop, Strategy},
};
use crate::{
    actor::{ActorRef, Component, Exit, LaneBounds, Seat},
    clock::Seeds,
};
use std::{fmt, sync::Arc, time::Duration};

/// Where a child runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// On the supervisor's own arbiter: for everything that never blocks. The only place under paused time.
    #[default]
    Here,
    /// On an arbiter of its own, because a handler may block its thread.
    Dedicated,
}

/// One child of a supervisor. Clones share the child's seat.
#[derive(Clone)]
pub struct ChildSpec {
    pub(super) id: Arc<str>,
    pub(super) launch: Arc<dyn Launch>,
    pub(super) restart: Restart,
    pub(super) backoff: Backoff,
    pub(super) stop: Stop,
    pub(super) place: Place,
    pub(super) decider: Option<Decider>,
    pub(super) hang_limit: Option<Duration>,
}

/// Says what to do about a fault.
pub(super) type Decider = Arc<dyn Fn(&Exit) -> Directive + Send + Sync>;

impl ChildSpec {
    /// A permanent child `id` which is built from `args`, with default backoff and lanes, on its supervisor's arbiter; and
    /// the handle to it, which queues messages from now on.
    ///
    /// One specification belongs to one supervisor: a second one would take the seat from the first.
    pub fn of<A: Component>(id: &str, args: A::Args) -> (ChildSpec, ActorRef<A>) {
        let seat = Seat::new(id);
        let stop = Stop::Halt(A::stop_deadline(&args));
        let spec = ChildSpec {
            id: id.into(),
            launch: Arc::new(Launcher::new(seat.clone(), args)),
            restart: Restart::default(),
            backoff: Backoff::default(),
            stop,
            place: Place::default(),
            decider: None,
            hang_limit: None,
        };
        (spec, ActorRef::seated(seat))
    }

    /// Which ends are answered with a restart.
    pub fn restart(self, restart: Restart) -> ChildSpec {
        ChildSpec { restart, ..self }
    }

    /// How long to wait before a restart.
    pub fn backoff(self, backoff: Backoff) -> ChildSpec {
        ChildSpec { backoff, ..self }
    }

    /// How many messages each lane holds.
    pub fn lanes(self, bounds: LaneBounds) -> ChildSpec {
        self.launch.set_bounds(bounds);
        self
    }

    /// How the child is stopped, and how long that may take before it is cut off.
    pub fn stop(self, stop: Stop) -> ChildSpec {
        ChildSpec { stop, ..self }
    }

    /// How long the child may take to halt before it is cut off.
    pub fn stop_deadline(self, stop_deadline: Duration) -> ChildSpec {
        self.stop(Stop::Halt(stop_deadline))
    }

    /// What to do about each fault; without a decider, what the restart kind says. It must not block, and a panic in it is
    /// a fault of the supervisor.
    pub fn decider(self, decide: impl Fn(&Exit) -> Directive + Send + Sync + 'static) -> ChildSpec {
        ChildSpec {
            decider: Some(Arc::new(decide)),
            ..self
        }
    }

    /// A child that makes no progress for this long (one handler, hook or future runs on, one `ctx.wait` holds the mailbox,
    /// or its thread does not come to it) is replaced while its code runs on: its queue goes to the next incarnation, on a
    /// fresh arbiter if it has one of its own, and the old one will be given no message more. Must be longer than the
    /// longest handler and the longest wait. Whoever blocks a thread needs [`Place::Dedicated`], or it takes its
    /// supervisor down with it.
    pub fn hang_limit(self, limit: Duration) -> ChildSpec {
        self.launch.watch();
        ChildSpec {
            hang_limit: Some(limit),
            ..self
        }
    }

    /// Saves the clock readings of the vitals: no latencies, no waits, no hang detection. For actors that handle millions
    /// of messages a second.
    pub fn untimed(self) -> ChildSpec {
        self.launch.set_timed(false);
        ChildSpec {
            hang_limit: None,
            ..self
        }
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn terms(&self, intensity: Intensity) -> Terms {
        Terms {
            id: self.id.clone(),
            rules: Rules {
                restart: self.restart,
                backoff: self.backoff,
                intensity,
            },
            stop: self.stop,
        }
    }

    pub(super) fn directive(&self, exit: &Exit) -> Directive {
        self.decider
            .as_ref()
            .map_or(Directive::default(), |decide| decide(exit))
    }

    /// Where it runs.
    pub fn place(self, place: Place) -> ChildSpec {
        ChildSpec { place, ..self }
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("id", &self.id)
            .field("restart", &self.restart)
            .field("backoff", &self.backoff)
            .field("stop", &self.stop)
            .field("hang_limit", &self.hang_limit)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// What a [`super::Supervisor`] is built from: its children in starting order, and its limits.
#[derive(Clone, Debug)]
pub struct SupervisorSpec {
    pub(super) children: Vec<ChildSpec>,
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) seeds: Seeds,
    pub(super) max_children: usize,
}

/// More children than this added while running are a leak of children, unless the specification says otherwise.
const MAX_CHILDREN: usize = 4_096;

impl SupervisorSpec {
    /// Starts `children` in this order and stops them in reverse.
    pub fn new(children: Vec<ChildSpec>) -> SupervisorSpec {
        SupervisorSpec {
            children,
            strategy: Strategy::default(),
            intensity: Intensity::default(),
            seeds: Seeds::new(0),
            max_children: MAX_CHILDREN,
        }
    }

    /// How many children it has at most when some are added while running; those of the specification always fit.
    pub fn max_children(self, max_children: usize) -> SupervisorSpec {
        SupervisorSpec { max_children, ..self }
    }

    /// Which children are restarted when one fails.
    pub fn strategy(self, strategy: Strategy) -> SupervisorSpec {
        SupervisorSpec { strategy, ..self }
    }

    /// How many restarts are granted before it gives up.
    pub fn intensity(self, max: u32, within: Duration) -> SupervisorSpec {
        SupervisorSpec {
            intensity: Intensity { max, within },
            ..self
        }
    }

    /// Where the jitter of its restarts comes from.
    pub fn seeds(self, seeds: Seeds) -> SupervisorSpec {
        SupervisorSpec { seeds, ..self }
    }

    /// The longest an orderly stop of all children can take, with one second to spare.
    pub fn stop_deadline(&self) -> Duration {
        let all = self.children.iter().map(|child| child.stop.deadline());
        all.fold(Duration::from_secs(1), Duration::saturating_add)
    }
}

impl From<Vec<ChildSpec>> for SupervisorSpec {
    fn from(children: Vec<ChildSpec>) -> SupervisorSpec {
        SupervisorSpec::new(children)
    }
}
