//! What a supervised actor implements: how it is built, again and again, from nothing but its arguments.
//!
//! No state survives a crash, because a state that led to one crash tends to lead to the next. What must survive belongs
//! into the journal or the mailbox.

use super::{context::Ctx, exit::Exit};
use actix::{Actor, ActorContext};
use std::{fmt, time::Duration};

/// An actor that a supervisor can start, stop and start again.
pub trait Component: Actor<Context = Ctx<Self>> + Sized {
    /// What every incarnation is built from; kept in the child's specification.
    type Args: Clone + Send + Sync + 'static;

    /// Builds one incarnation. A panic in here is caught and treated as a crash.
    ///
    /// # Errors
    /// [`StartError`] if it cannot start; the supervisor then decides as after a crash.
    fn create(args: &Self::Args, birth: Birth, ctx: &mut Ctx<Self>) -> Result<Self, StartError>;

    /// The supervisor asks it to stop. Stops at once unless overridden; an override must see to it that `ctx.stop()` or
    /// [`Ctx::exit`] follows within the child's stop deadline, at which it is cut off.
    fn halt(&mut self, ctx: &mut Ctx<Self>) {
        ctx.stop();
    }

    /// How long stopping may take unless the child's specification says otherwise.
    fn stop_deadline(_args: &Self::Args) -> Duration {
        Duration::from_secs(5)
    }
}

/// The circumstances of an incarnation's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Counted from 1 over the life of the child's handle.
    pub incarnation: u64,
    /// How the incarnation before ended; none for the first under its supervisor.
    pub last: Option<Exit>,
}

/// Why a component could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not start: {text}")]
pub struct StartError {
    text: String,
}

impl StartError {
    /// A start that failed because of `reason`, which should say what was attempted and what would help.
    pub fn because(reason: impl fmt::Display) -> StartError {
        StartError {
            text: reason.to_string(),
        }
    }
}
