//! The tree that starts, watches, restarts and stops components.
//!
//! A supervisor is a component itself, so trees nest and a supervisor that gives up is its parent's failed child. What to
//! do about an exit is decided by pure functions in `policy`; this first form restarts the failed child alone.

mod launch;
mod policy;
mod root;
mod spec;
mod supervisor;
mod tree;

pub use policy::{Backoff, Decision, Intensity, Restart, Rules, Strategy, Streak, Window, decide};
pub use root::{ExitReport, Root};
pub use spec::{ChildSpec, Place, SupervisorSpec};
pub use supervisor::Supervisor;
pub use tree::{Branch, ChildState, Tree};
