//! The handle others hold: it stays valid when the actor behind it is replaced, and every refusal says why.
//!
//! Never store an `Addr`: it ignores the mailbox bounds and knows nothing of restarts.

use super::{
    component::Component,
    deadlock,
    exit::Exit,
    lane::{Lane, Refusal},
    parcel::{Parcel, Ticket},
    port::Port,
    seat::Seat,
    vitals::VitalsSnapshot,
    watch::{Obituary, WatchId},
};
use crate::actor::context::Ctx;
use actix::{Actor, Handler, Message, dev::ToEnvelope};
use std::{
    any::type_name,
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::sync::oneshot;

/// A stable, cheap handle to a supervised actor.
pub struct ActorRef<A: Actor<Context = Ctx<A>>>(Arc<Seat<A>>);

impl<A: Actor<Context = Ctx<A>>> Clone for ActorRef<A> {
    fn clone(&self) -> ActorRef<A> {
        ActorRef(self.0.clone())
    }
}

impl<A: Actor<Context = Ctx<A>>> fmt::Debug for ActorRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorRef<{}>({})", type_name::<A>(), self.0.id())
    }
}

impl<A: Actor<Context = Ctx<A>>> ActorRef<A> {
    pub(super) fn of(seat: Arc<Seat<A>>) -> ActorRef<A> {
        ActorRef(seat)
    }

    /// The id in the child's specification.
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// Where it hangs in the tree, for example `/specialists/risk_manager`; its id until its supervisor starts it.
    pub fn path(&self) -> Arc<str> {
        self.0.name().clone()
    }

    /// How the actor ended, if nobody is going to restart it; it may come back when its supervisor is restarted.
    pub fn gone(&self) -> Option<Exit> {
        self.0.lanes().gone()
    }

    /// Counters and state, read from outside; works however the actor is doing.
    pub fn vitals(&self) -> VitalsSnapshot {
        self.0.snapshot()
    }
}

impl<A: Component> ActorRef<A> {
    pub(crate) fn seated(seat: Arc<Seat<A>>) -> ActorRef<A> {
        ActorRef(seat)
    }

    /// Has `to` told of every end of this actor, from now until it is unwatched or `to` itself is gone. If the actor is gone
    /// already, `to` is told at once. None if more watch it than is plausible.
    pub fn watch(&self, to: Port<Obituary>) -> Option<WatchId> {
        let id = self.0.watchers().add(to.clone())?;
        if let Some(exit) = self.gone() {
            let obituary = Obituary {
                path: self.path(),
                incarnation: self.0.lanes().incarnation(),
                exit,
                gone: true,
            };
            if let Err(refused) = to.tell(obituary, Lane::Control) {
                log::error!("{} was not told that {} is gone: {refused}", to.id(), self.id());
            }
        }
        Some(id)
    }

    /// Ends a watch.
    pub fn unwatch(&self, id: WatchId) {
        self.0.watchers().remove(id);
    }

    /// Sends without waiting for anything. A message queued during a restart is handled by the next incarnation.
    ///
    /// # Errors
    /// [`Rejected`] with the message, if its lane is full or the actor is gone.
    pub fn tell<M>(&self, message: M, lane: Lane) -> Result<(), Rejected<M>>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        // Packed before the mailbox is locked: others send meanwhile.
        let mut parcel = Some(Parcel::tell(message));
        let sent = self.0.push(lane, || {
            parcel.take().expect("push seals a parcel at most once").sealed()
        });
        match (sent, parcel.and_then(|parcel| parcel.returned())) {
            (Err(why), Some(message)) => Err(Rejected { message, why }),
            (Err(_), None) => unreachable!("a refused parcel is never sealed"),
            (Ok(_), _) => Ok(()),
        }
    }

    /// Sends past the bound of Control, for reports that must not be lost; false if the actor is gone.
    pub(crate) fn report<M>(&self, message: M) -> bool
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.0
            .lanes()
            .push_exempt(|| <Ctx<A> as ToEnvelope<A, M>>::pack(message, None))
            .is_ok()
    }

    /// Sends and waits for the answer. The message is queued by the call itself; the deadline counts from when
    /// the returned future is first waited for, which must happen inside a tokio runtime. Dropping the future withdraws the ask.
    ///
    /// An ask still queued when the actor crashes is answered by the next incarnation. An actor that holds its own mailbox
    /// for the answer (`ctx.wait`) is refused if the other holds its mailbox for this one.
    ///
    /// # Errors
    /// [`AskError`], whose `started` says whether asking again may do the work twice.
    pub fn ask<M>(
        &self,
        message: M,
        how: How,
    ) -> impl Future<Output = Result<M::Result, AskError>> + Send + use<A, M>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let (reply, answer) = oneshot::channel();
        let ticket = Arc::new(Ticket::default());
        let mut parcel = Some(Parcel::ask(message, reply, ticket.clone()));
        let sent = self.0.push(how.lane, || {
            parcel.take().expect("push seals a parcel at most once").sealed()
        });
        // A refused one goes without a word; its asker is told.
        drop(parcel.and_then(|parcel| parcel.returned()));
        let seat = self.0.clone();
        async move {
            let near = sent.map_err(|refusal| match refusal {
                Refusal::Overloaded { .. } => AskError::Overloaded,
                Refusal::Gone(exit) => AskError::Gone(exit),
            })?;
            let _wait = match how.lane {
                Lane::Control => None,
                _ => deadlock::wait_for(|| seat.node()).map_err(|names| {
                    ticket.withdraw();
                    AskError::Cycle(names)
                })?,
            };
            drop(seat);
            answered(answer, &ticket, how.deadline, near).await
        }
    }
}

/// Waits for the answer, the end of its actor, or the deadline.
async fn answered<R>(
    mut answer: oneshot::Receiver<R>,
    ticket: &Arc<Ticket>,
    deadline: Duration,
    near: bool,
) -> Result<R, AskError> {
    let lost = || AskError::Lost {
        started: ticket.started(),
        reason: ticket.fate().map_or(Loss::Unanswered, Loss::Exit),
    };
    let mut timer = pin!(None);
    let mut yields = near;
    poll_fn(|cx| {
        if let Poll::Ready(answer) = Pin::new(&mut answer).poll(cx) {
            return Poll::Ready(answer.map_err(|_| lost()));
        }
        if std::mem::take(&mut yields) {
            // An actor on this thread answers while we wait for our next turn; timer and sign-up are for those that do not.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if timer.is_none() {
            timer.set(Some(tokio::time::sleep(deadline)));
        }
        ticket.settle(cx.waker());
        if ticket.cut_off() {
            return Poll::Ready(Err(lost()));
        }
        let late = timer
            .as_mut()
            .as_pin_mut()
            .is_none_or(|timer| timer.poll(cx).is_ready());
        if !late {
            return Poll::Pending;
        }
        Poll::Ready(Err(AskError::Deadline {
            started: ticket.withdraw(),
        }))
    })
    .await
}

/// How to ask: how urgent, and how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// The lane the message queues in.
    pub lane: Lane,
    /// How long to wait for the answer; there is no ask without a deadline.
    pub deadline: Duration,
}

impl How {
    /// On the Normal lane, within `deadline`.
    pub fn within(deadline: Duration) -> How {
        How {
            lane: Lane::Normal,
            deadline,
        }
    }

    /// The same on another lane.
    pub fn on(self, lane: Lane) -> How {
        How { lane, ..self }
    }
}

/// A message that was not taken, and why.
pub struct Rejected<M> {
    /// The message, unchanged.
    pub message: M,
    /// Why.
    pub why: Refusal,
}

impl<M> fmt::Debug for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("message", &type_name::<M>())
            .field("why", &self.why)
            .finish()
    }
}

impl<M> fmt::Display for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the actor did not take a {}: {}", type_name::<M>(), self.why)
    }
}

impl<M> std::error::Error for Rejected<M> {}

/// Why an ask has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The lane is full; nothing was queued. Ask later or less often.
    #[error("the actor's lane is full")]
    Overloaded,
    /// Nobody reads the mailbox any more; nothing was queued.
    #[error("the actor is gone: it {0}")]
    Gone(Exit),
    /// The message was queued, but its answer was dropped.
    #[error("the answer was lost ({}): {reason}", if *started { "work had started" } else { "work had not started" })]
    Lost {
        /// Whether the handler had begun; if not, asking again is safe.
        started: bool,
        /// Who dropped it.
        reason: Loss,
    },
    /// Waiting for it would never end: the actors named wait for one another. Nothing was begun.
    #[error("waiting would never end: {0}; answer from a spawned future, or ask on the Control lane")]
    Cycle(String),
    /// No answer in time.
    #[error("no answer by the deadline ({})", if *started { "work had started" } else { "it was withdrawn unstarted" })]
    Deadline {
        /// Whether the handler had begun; if not, the message was withdrawn and never will be handled.
        started: bool,
    },
}

/// Who dropped an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The actor ended: at a crash with the ask in hand, or for good with the ask still queued.
    #[error("the actor {0}")]
    Exit(Exit),
    /// The actor lives on, but dropped the answer, for example by cancelling the future that computed it.
    #[error("the actor dropped it")]
    Unanswered,
}
