//! The tree that starts, watches, restarts and stops components.
//!
//! A supervisor is a component itself, so trees nest and a supervisor that gives up is its parent's failed child. What to
//! do about an exit is decided by pure functions in `policy`, in which order by the pure machine in `family`; the supervisor
//! carries it out.

mod family;
mod launch;
mod policy;
mod root;
mod spec;
mod supervisor;
mod tree;

pub use family::OrderError;
pub use policy::{
    Backoff, Decision, Directive, Intensity, Restart, Rules, Stop, Strategy, Streak, Window, decide,
};
pub use root::{ExitReport, Root};
pub use spec::{ChildSpec, Place, SupervisorSpec};
pub use supervisor::{Add, Remove, RestartChild, Supervisor};
pub use tree::{Branch, ChildState, Tree};
