//! The database as an actor: one writer, off the actor threads, one piece of work at a time.
//!
//! Each kind of work is its own type with its own answer. A panic in one costs that one; the connection pool is opened
//! before the tree and outlives every incarnation.

use super::{Conn, Store, StoreError};
use crate::actor::{Birth, Component, Ctx, StartError};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::shell::Reply;
use actix::{Actor, ActorFutureExt, Handler, Message, WrapFuture};

/// What the database actor is.
pub const CARD: Card = Card {
    role: "database",
    level: Level::Worker,
    tools: &["storage"],
    memory: Memory::Stored,
    reasoning: Reasoning::None,
};

/// Something to be done with the database.
pub trait Work: Send + 'static {
    /// What it answers.
    type Output: Send + 'static;

    /// Does it. May block; a transaction makes it all or nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError>;
}

/// Asks the database to do a piece of work.
pub struct Do<W: Work>(pub W);

impl<W: Work> Message for Do<W> {
    type Result = Result<W::Output, StoreError>;
}

/// The database actor.
pub struct Database {
    store: Store,
}

impl Actor for Database {
    type Context = Ctx<Database>;
}

impl Component for Database {
    type Args = Store;

    fn create(store: &Store, _: Birth, _: &mut Ctx<Database>) -> Result<Database, StartError> {
        Ok(Database { store: store.clone() })
    }
}

impl<W: Work> Handler<Do<W>> for Database {
    type Result = Reply<Database, Result<W::Output, StoreError>>;

    fn handle(&mut self, Do(work): Do<W>, _: &mut Ctx<Database>) -> Self::Result {
        let store = self.store.clone();
        let job = async move {
            let done = tokio::task::spawn_blocking(move || work.run(&mut *store.conn()?)).await;
            done.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(payload) => std::panic::resume_unwind(payload),
                Err(error) => Err(StoreError::Pool(error.to_string())),
            })
        };
        Reply::Later(Box::pin(job.into_actor(self).map(|done, _, _| done)))
    }
}
