//! The audit clerk: reads everything that is journaled, whoever said it to whom, and keeps a count by sender and kind.
//!
//! Its count is written in the transaction that takes a letter off its list, so that it is right to the letter after any
//! crash; `huddle doctor` shows it.

use crate::actor::{Birth, Component, Ctx, StartError};
use crate::bus::{Letter, Receipt};
use crate::clock::Clock;
use crate::protocol::body::TallyLine;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::{Answer, Body, Kind, MessageId, Query};
use crate::store::{Conn, Store, letters};
use actix::{Actor, Handler, ResponseFuture};

/// What the clerk is.
pub const CARD: Card = Card {
    role: "audit_clerk",
    level: Level::Worker,
    tools: &["letter_counts"],
    memory: Memory::Stored,
    reasoning: Reasoning::None,
};

/// Where the clerk sits.
pub const PATH: &str = "/platform/audit_clerk";

/// The clerk.
pub struct AuditClerk {
    store: Store,
    clock: Clock,
    incarnation: u64,
}

impl Actor for AuditClerk {
    type Context = Ctx<AuditClerk>;
}

impl Component for AuditClerk {
    type Args = (Store, Clock);

    fn create((store, clock): &(Store, Clock), birth: Birth, _: &mut Ctx<Self>) -> Result<AuditClerk, StartError> {
        Ok(AuditClerk {
            store: store.clone(),
            clock: clock.clone(),
            incarnation: birth.incarnation,
        })
    }
}

impl Handler<Letter<Conn>> for AuditClerk {
    type Result = ResponseFuture<Receipt<Conn>>;

    fn handle(&mut self, letter: Letter<Conn>, _: &mut Ctx<Self>) -> ResponseFuture<Receipt<Conn>> {
        let Letter { message, seq, .. } = letter;
        if let Some(seq) = seq {
            let count = move |conn: &mut Conn| {
                let counted = letters::count(conn, &message.from, message.kind.name(), seq);
                counted.map_err(|e| e.to_string())
            };
            return Box::pin(std::future::ready(Receipt::effect(count)));
        }
        if message.body != Body::Query(Query::Tally) {
            return Box::pin(std::future::ready(Receipt::Done));
        }
        let (store, now, incarnation) = (self.store.clone(), self.clock.now(), self.incarnation);
        Box::pin(async move {
            let body = match tokio::task::spawn_blocking(move || tally(&store)).await {
                Ok(Ok(lines)) => Answer::Tally { lines },
                Ok(Err(error)) => Answer::Declined {
                    reason: error.to_string(),
                },
                Err(error) => Answer::Declined {
                    reason: error.to_string(),
                },
            };
            let id = MessageId(format!("{}/answer", message.id));
            let mut answer = message.answer(id, PATH, now, body);
            answer.incarnation = incarnation;
            Receipt::Answer(Box::new(answer))
        })
    }
}

fn tally(store: &Store) -> Result<Vec<TallyLine>, crate::store::StoreError> {
    let counted = letters::counted(&mut *store.conn()?)?;
    let line = |row: letters::LetterCount| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row.kind)?;
        Some(TallyLine {
            sender: row.sender,
            kind,
            n: row.n.unsigned_abs(),
        })
    };
    Ok(counted.into_iter().filter_map(line).collect())
}
