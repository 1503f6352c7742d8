//! The specification of a child: everything its supervisor must know, and the handle that others use meanwhile.

use super::{
    launch::{Launch, Launcher},
    policy::{Backoff, Intensity, Restart, Strategy},
};
use crate::{
    actor::{ActorRef, Component, LaneBounds, Seat},
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
    pub(super) stop_deadline: Duration,
    pub(super) place: Place,
}

impl ChildSpec {
    /// A permanent child `id` which is built from `args`, with default backoff and lanes, on its supervisor's arbiter; and
    /// the handle to it, which queues messages from now on.
    ///
    /// One specification belongs to one supervisor: a second one would take the seat from the first.
    pub fn of<A: Component>(id: &str, args: A::Args) -> (ChildSpec, ActorRef<A>) {
        let seat = Seat::new(id);
        let stop_deadline = A::stop_deadline(&args);
        let spec = ChildSpec {
            id: id.into(),
            launch: Arc::new(Launcher::new(seat.clone(), args)),
            restart: Restart::default(),
            backoff: Backoff::default(),
            stop_deadline,
            place: Place::default(),
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

    /// How long the child may take to stop before it is cut off.
    pub fn stop_deadline(self, stop_deadline: Duration) -> ChildSpec {
        ChildSpec { stop_deadline, ..self }
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
            .field("stop_deadline", &self.stop_deadline)
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
}

impl SupervisorSpec {
    /// Starts `children` in this order and stops them in reverse.
    pub fn new(children: Vec<ChildSpec>) -> SupervisorSpec {
        SupervisorSpec {
            children,
            strategy: Strategy::default(),
            intensity: Intensity::default(),
            seeds: Seeds::new(0),
        }
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
        let all: Duration = self.children.iter().map(|child| child.stop_deadline).sum();
        all + Duration::from_secs(1)
    }
}

impl From<Vec<ChildSpec>> for SupervisorSpec {
    fn from(children: Vec<ChildSpec>) -> SupervisorSpec {
        SupervisorSpec::new(children)
    }
}
