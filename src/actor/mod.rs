//! Huddle's own actix context: plain actix actors with bounded priority lanes and a mailbox that outlives its actor.
//!
//! Stock actix loses an actor and its queue at each panic, has no usable mailbox bound and lets a flooded actor starve its
//! neighbours. Actix allows an actor to bring its own context, so user code stays `Handler<M>`, `Message`, `run_interval`
//! and `ResponseActFuture`, and only `type Context = Ctx<Self>` tells the difference. What restarts an actor is
//! [`crate::supervision`]; here is what makes restarting it harmless.

mod census;
mod component;
mod context;
mod dead;
mod deadlock;
mod exit;
#[cfg(test)]
mod interleavings;
mod kinds;
mod lane;
mod lanes;
mod life;
mod panics;
mod parcel;
mod port;
mod refs;
mod report;
mod runner;
mod seat;
mod vitals;
mod watch;

pub use component::{Birth, Component, StartError};
pub use context::Ctx;
pub use dead::{DeadLetter, dead_letters};
pub use exit::{Exit, Fault};
pub use lane::{Lane, LaneBounds, LaneWait, Refusal};
pub use port::{Answer, Port};
pub use refs::{ActorRef, AskError, How, Loss, Rejected};
pub use vitals::{InHand, Latency, N_BUCKETS, VitalsSnapshot};
pub use watch::{Obituary, WatchId};

pub(crate) use census::{Census, hosted, one_arbiter};
pub(crate) use life::Life;
pub(crate) use panics::{catch, reraise};
pub(crate) use report::{Notice, Reporter};
pub(crate) use runner::{Resumes, Runner};
pub(crate) use seat::{Seat, Station};
