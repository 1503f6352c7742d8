//! The top of the tree: it has no parent to escalate to, so its end becomes the process's exit report.

use super::{
    launch::Start,
    spec::{ChildSpec, SupervisorSpec},
    supervisor::Supervisor,
    tree::{Branch, Tree},
};
use crate::actor::{ActorRef, AskError, Exit, How, Lane, Notice, Station};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Acquire},
    },
    time::Duration,
};
use tokio::sync::watch;

/// A running tree. Dropping it cuts off everything below without asking; [`Root::shutdown`] is the orderly way.
#[derive(Debug)]
pub struct Root {
    spec: ChildSpec,
    supervisor: ActorRef<Supervisor>,
    incarnation: u64,
    zombies: Arc<AtomicUsize>,
    ended: watch::Receiver<Option<Exit>>,
}

/// How a tree ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitReport {
    /// How the root supervisor ended: [`Exit::Shutdown`] when asked to, [`Exit::Escalated`] when it gave up.
    pub exit: Exit,
    /// Whether it ended by itself; false if the shutdown's deadline passed and it was cut off.
    pub in_time: bool,
}

impl ExitReport {
    /// The process's exit code: 0 after an orderly end, 70 (`EX_SOFTWARE`) after a failure, 75 (`EX_TEMPFAIL`) when a
    /// shutdown had to be cut short.
    pub fn code(&self) -> i32 {
        match (&self.exit, self.in_time) {
            (_, false) => 75,
            (Exit::Normal | Exit::Shutdown, true) => 0,
            (_, true) => 70,
        }
    }
}

impl Root {
    /// Starts a tree on the current arbiter. Must be called inside an actix system.
    pub fn start(spec: impl Into<SupervisorSpec>) -> Root {
        let (spec, supervisor) = ChildSpec::of::<Supervisor>("root", spec.into());
        let (end, ended) = watch::channel(None);
        let station = Station {
            path: "/".into(),
            ..Station::default()
        };
        let zombies = station.zombies.clone();
        let start = Start {
            place: spec.place,
            last: None,
            station,
            resumes: None,
        };
        let incarnation = spec.launch.start(
            start,
            Box::new(move |_, notice| {
                if let Notice::Down(exit) = notice {
                    end.send_replace(Some(exit));
                }
            }),
        );
        Root {
            spec,
            supervisor,
            incarnation,
            zombies,
            ended,
        }
    }

    /// The root supervisor's handle.
    pub fn supervisor(&self) -> &ActorRef<Supervisor> {
        &self.supervisor
    }

    /// Incarnations in this tree that were cut off while their threads are blocked; more than four end it.
    pub fn n_zombies(&self) -> usize {
        self.zombies.load(Acquire)
    }

    /// A snapshot of the whole tree.
    ///
    /// # Errors
    /// [`AskError`] if the root supervisor has ended or does not answer `within` the time given.
    pub async fn tree(&self, within: Duration) -> Result<Branch, AskError> {
        self.supervisor
            .ask(
                Tree { within },
                How {
                    lane: Lane::Control,
                    deadline: within,
                },
            )
            .await
    }

    /// Waits until the tree ends by itself.
    pub async fn ended(&self) -> ExitReport {
        let mut ended = self.ended.clone();
        let exit = match ended.wait_for(Option::is_some).await {
            Ok(exit) => exit.clone().unwrap_or(Exit::ArbiterLost),
            Err(_) => Exit::ArbiterLost,
        };
        self.spec.launch.close(self.incarnation, &exit);
        ExitReport { exit, in_time: true }
    }

    /// Stops all children in reverse order, each within its own deadline and all within `deadline`; then cuts off the rest.
    pub async fn shutdown(self, deadline: Duration) -> ExitReport {
        self.spec.launch.order_stop(self.incarnation, false);
        match tokio::time::timeout(deadline, self.ended()).await {
            Ok(report) => report,
            Err(_) => {
                log::error!("the tree did not stop within {deadline:?} and is cut off");
                self.spec.launch.close(self.incarnation, &Exit::Killed);
                // The supervisor finds itself cut off and drops the children before the caller goes on, unless it hangs.
                let grace = Duration::from_secs(1);
                let _ = tokio::time::timeout(grace, self.ended()).await;
                ExitReport {
                    exit: Exit::Killed,
                    in_time: false,
                }
            }
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.spec.launch.close(self.incarnation, &Exit::Killed);
    }
}
