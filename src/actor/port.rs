//! A handle that knows what may be said, not to whom: for routers, watchers and tables of unlike actors.

use super::{
    component::Component,
    exit::Exit,
    lane::Lane,
    refs::{ActorRef, AskError, How, Rejected},
    vitals::VitalsSnapshot,
    watch::{Obituary, WatchId},
};
use actix::{Handler, Message};
use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// The answer to an ask through a [`Port`].
pub type Answer<R> = Pin<Box<dyn Future<Output = Result<R, AskError>> + Send>>;

/// Any actor that handles `M`, behind the same bounds, lanes and refusals as its [`ActorRef`]; what actix calls a
/// `Recipient`. Clones are cheap.
pub struct Port<M: Message>(Arc<dyn Entrance<M>>);

impl<M: Message> Clone for Port<M> {
    fn clone(&self) -> Port<M> {
        Port(self.0.clone())
    }
}

impl<M: Message> fmt::Debug for Port<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Port({})", self.id())
    }
}

trait Entrance<M: Message>: Send + Sync {
    fn id(&self) -> &str;
    fn path(&self) -> Arc<str>;
    fn gone(&self) -> Option<Exit>;
    fn vitals(&self) -> VitalsSnapshot;
    fn watch(&self, to: Port<Obituary>) -> Option<WatchId>;
    fn unwatch(&self, id: WatchId);
    fn tell(&self, message: M, lane: Lane) -> Result<(), Rejected<M>>;
    fn ask(&self, message: M, how: How) -> Answer<M::Result>;
}

impl<A, M> Entrance<M> for ActorRef<A>
where
    A: Component + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn id(&self) -> &str {
        ActorRef::id(self)
    }

    fn path(&self) -> Arc<str> {
        ActorRef::path(self)
    }

    fn gone(&self) -> Option<Exit> {
        ActorRef::gone(self)
    }

    fn vitals(&self) -> VitalsSnapshot {
        ActorRef::vitals(self)
    }

    fn watch(&self, to: Port<Obituary>) -> Option<WatchId> {
        ActorRef::watch(self, to)
    }

    fn unwatch(&self, id: WatchId) {
        ActorRef::unwatch(self, id);
    }

    fn tell(&self, message: M, lane: Lane) -> Result<(), Rejected<M>> {
        ActorRef::tell(self, message, lane)
    }

    fn ask(&self, message: M, how: How) -> Answer<M::Result> {
        Box::pin(ActorRef::ask(self, message, how))
    }
}

impl<M: Message> Port<M> {
    /// The id in the actor's specification.
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// As [`ActorRef::path`].
    pub fn path(&self) -> Arc<str> {
        self.0.path()
    }

    /// As [`ActorRef::gone`].
    pub fn gone(&self) -> Option<Exit> {
        self.0.gone()
    }

    /// As [`ActorRef::vitals`].
    pub fn vitals(&self) -> VitalsSnapshot {
        self.0.vitals()
    }

    /// As [`ActorRef::watch`].
    pub fn watch(&self, to: Port<Obituary>) -> Option<WatchId> {
        self.0.watch(to)
    }

    /// As [`ActorRef::unwatch`].
    pub fn unwatch(&self, id: WatchId) {
        self.0.unwatch(id);
    }

    /// As [`ActorRef::tell`].
    ///
    /// # Errors
    /// [`Rejected`] with the message, if its lane is full or the actor is gone.
    pub fn tell(&self, message: M, lane: Lane) -> Result<(), Rejected<M>> {
        self.0.tell(message, lane)
    }

    /// As [`ActorRef::ask`]: the message is queued by the call itself.
    pub fn ask(&self, message: M, how: How) -> Answer<M::Result> {
        self.0.ask(message, how)
    }
}

impl<A: Component> ActorRef<A> {
    /// This actor as one that handles `M`.
    pub fn port<M>(&self) -> Port<M>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        Port(Arc::new(self.clone()))
    }
}
