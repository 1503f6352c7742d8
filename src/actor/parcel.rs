//! One message on its way: packed on the sender's thread, opened on the actor's.
//!
//! Actix lets a context pack its own envelopes, and this is the one place every message passes, whether it was sent
//! through an [`super::ActorRef`] or a plain actix address. So here is counted what was handled, skipped or buried, and
//! here an ask learns whether its work was started.

use super::{context::Ctx, dead, exit::Exit, life::Life};
use actix::{
    Actor, Handler, Message,
    dev::{Envelope, EnvelopeProxy, MessageResponse, OneshotSender, ToEnvelope},
};
use futures_util::task::AtomicWaker;
use std::{
    any::type_name,
    sync::{
        Arc, OnceLock,
        atomic::{
            AtomicBool, AtomicU8,
            Ordering::{AcqRel, Acquire, SeqCst},
        },
    },
    task::Waker,
};

/// What an asker and the actor share about one ask.
#[derive(Debug, Default)]
pub(crate) struct Ticket {
    state: AtomicU8,
    life: OnceLock<Arc<Life>>,
    buried: OnceLock<Exit>,
    /// Whether the asker has settled down to wait.
    patient: AtomicBool,
    /// The asker, for the case that the actor's thread is blocked and cannot even drop the answer.
    asker: AtomicWaker,
}

const QUEUED: u8 = 0;
const STARTED: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Ticket {
    /// The actor wants to begin; false if the asker withdrew before. Exactly one of the two wins.
    pub(super) fn start(self: &Arc<Ticket>, life: &Arc<Life>) -> bool {
        // Its life is known before it counts as started; only one runner ever holds a parcel.
        self.life.get_or_init(|| life.clone());
        let began = self.state.compare_exchange(QUEUED, STARTED, SeqCst, SeqCst).is_ok();
        if began && self.patient.load(SeqCst) {
            life.begun(self);
        }
        began
    }

    /// The asker settles down to wait: it is told if the actor is cut off. Most asks are answered before it comes to this.
    pub(crate) fn settle(self: &Arc<Ticket>, asker: &Waker) {
        self.asker.register(asker);
        if !self.patient.swap(true, SeqCst)
            && self.started()
            && let Some(life) = self.life.get()
        {
            // Whoever of the two comes second sees the other, so that one of them signs it up; both do no harm.
            life.begun(self);
        }
    }

    pub(crate) fn wake(&self) {
        self.asker.wake();
    }

    /// True if no answer will come although nobody dropped it.
    pub(crate) fn cut_off(&self) -> bool {
        self.life.get().is_some_and(|life| life.was_cut_off())
    }

    /// The asker gives up; returns whether the work had been started. If not, it never will be.
    pub(crate) fn withdraw(&self) -> bool {
        self.state.compare_exchange(QUEUED, WITHDRAWN, AcqRel, Acquire) == Err(STARTED)
    }

    pub(crate) fn started(&self) -> bool {
        self.state.load(SeqCst) == STARTED
    }

    /// Why there will be no answer, if its actor's end is the reason.
    pub(crate) fn fate(&self) -> Option<Exit> {
        let of_its_life = || self.life.get().and_then(|life| life.exit());
        self.buried.get().or_else(of_its_life).cloned()
    }
}

pub(crate) struct Parcel<M: Message> {
    message: Option<M>,
    reply: Option<OneshotSender<M::Result>>,
    ticket: Option<Arc<Ticket>>,
}

impl<M: Message> Parcel<M> {
    pub(crate) fn tell(message: M) -> Box<Parcel<M>> {
        Box::new(Parcel {
            message: Some(message),
            reply: None,
            ticket: None,
        })
    }

    pub(crate) fn ask(message: M, reply: OneshotSender<M::Result>, ticket: Arc<Ticket>) -> Box<Parcel<M>> {
        Box::new(Parcel {
            message: Some(message),
            reply: Some(reply),
            ticket: Some(ticket),
        })
    }

    pub(crate) fn sealed<A>(self: Box<Parcel<M>>) -> Envelope<A>
    where
        A: Actor<Context = Ctx<A>> + Handler<M>,
        M: Send + 'static,
        M::Result: Send,
    {
        Envelope::with_proxy(self)
    }

    /// Takes the message back out; nothing is left that could count as a dead letter.
    pub(crate) fn returned(mut self: Box<Parcel<M>>) -> Option<M> {
        self.message.take()
    }

    fn abandoned(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| reply.is_closed())
    }
}

impl<A, M> ToEnvelope<A, M> for Ctx<A>
where
    A: Actor<Context = Ctx<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, reply: Option<OneshotSender<M::Result>>) -> Envelope<A> {
        Box::new(Parcel {
            message: Some(message),
            reply,
            ticket: None,
        })
        .sealed()
    }
}

impl<A, M> EnvelopeProxy<A> for Parcel<M>
where
    A: Actor<Context = Ctx<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    /// Runs the handler. Until it returns, the reply stays in this parcel, which the runner owns outside the unwinding: so
    /// an asker learns of a crash only after its reason is on record.
    fn handle(&mut self, actor: &mut A, ctx: &mut Ctx<A>) {
        let Some(message) = self.message.take() else { return };
        let begun = !self.abandoned() && self.ticket.as_ref().is_none_or(|ticket| ticket.start(ctx.life()));
        if !begun {
            ctx.withdrawn();
            return;
        }
        ctx.doing_message(type_name::<M>());
        let response = actor.handle(message, ctx);
        response.handle(ctx, self.reply.take());
    }
}

impl<M: Message> Drop for Parcel<M> {
    fn drop(&mut self) {
        if self.message.is_none() {
            // Begun but not answered: its actor goes on after a fault, which is then the reason.
            if let (Some(_), Some(ticket), Some(exit)) = (&self.reply, &self.ticket, dead::excuse()) {
                ticket.buried.get_or_init(|| exit);
            }
            return;
        }
        if !self.abandoned()
            && let Some(exit) = dead::letter(type_name::<M>())
            && let Some(ticket) = &self.ticket
        {
            ticket.buried.get_or_init(|| exit);
        }
    }
}
