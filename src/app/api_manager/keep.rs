//! What the API manager writes down: reservations before they are spent, bills with the answers they brought, state.

use super::ApiManager;
use crate::actor::{Ctx, How};
use crate::api::cache::Entry;
use crate::api::{LedgerRow, RequestKey};
use crate::store::api::cache::CacheRow;
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError, api};
use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::time::Duration;

/// The name under which state is kept.
pub(super) const STATE: &str = "orchestrator";
/// Bills in one transaction: they share its sync.
const MAX_BATCH: usize = 256;
/// Bills that may wait for the disk; beyond it the oldest are given up, each with a line in the log.
const MAX_PENDING: usize = 8_192;
/// The pause after a failed write.
const REST: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);

/// An ended attempt with the answers it brought.
pub(super) type Ended = (LedgerRow, Vec<CacheRow>);

/// What waits to be written, and what is being written.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    pending: VecDeque<Ended>,
    writing: bool,
    saves: u32,
}

impl Keeping {
    pub(super) fn add(&mut self, row: LedgerRow, kept: Vec<(RequestKey, Entry)>) {
        let credits = row.credits;
        let rows = kept.into_iter().map(|(key, entry)| CacheRow {
            key,
            provider: entry.provider,
            endpoint: entry.endpoint,
            body: entry.body,
            validators: entry.validators,
            fetched_at: entry.fetched.wall,
            source_updated_at: None,
            credits,
        });
        self.pending.push_back((row, rows.collect()));
        if self.pending.len() > MAX_PENDING
            && let Some((row, _)) = self.pending.pop_front()
        {
            log::error!(
                "the bill of a call to {} was lost: the database takes nothing",
                row.provider
            );
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && !self.writing && self.saves == 0
    }
}

/// Books what a call may cost.
pub(super) struct Book(pub(super) LedgerRow);

impl Work for Book {
    type Output = ();
    fn run(self, conn: &mut Conn) -> Result<(), StoreError> {
        api::ledger::write(conn, &[self.0])
    }
}

/// Writes bills and answers.
struct Settle(Vec<Ended>);

impl Work for Settle {
    type Output = ();
    fn run(self, conn: &mut Conn) -> Result<(), StoreError> {
        api::settle(conn, &self.0)
    }
}

/// Writes the state.
struct SaveState {
    body: String,
    at: DateTime<Utc>,
}

impl Work for SaveState {
    type Output = ();
    fn run(self, conn: &mut Conn) -> Result<(), StoreError> {
        api::state::put(conn, STATE, &self.body, self.at)
    }
}

impl ApiManager {
    /// Writes what is pending, one transaction at a time; a failed one is written again, since writing twice is the same as
    /// once.
    pub(super) fn write(&mut self, ctx: &mut Ctx<Self>) {
        if self.keeping.writing || self.keeping.pending.is_empty() {
            return;
        }
        self.keeping.writing = true;
        let n = self.keeping.pending.len().min(MAX_BATCH);
        let ended: Vec<Ended> = self.keeping.pending.drain(..n).collect();
        let database = self.args.database.clone();
        let written = async move {
            let again = ended.clone();
            let done = database.ask(Do(Settle(ended)), How::within(PATIENCE)).await;
            match done {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err((again, error.to_string())),
                Err(error) => Err((again, error.to_string())),
            }
        };
        ctx.spawn(written.into_actor(self).map(|done, manager, ctx| {
            if let Err((again, reason)) = done {
                log::warn!("{} bills of API calls are not written yet: {reason}", again.len());
                for ended in again.into_iter().rev() {
                    manager.keeping.pending.push_front(ended);
                }
                ctx.run_later(REST, |manager, ctx| {
                    manager.keeping.writing = false;
                    manager.write(ctx);
                });
                return;
            }
            manager.keeping.writing = false;
            manager.write(ctx);
            manager.leave_when_done(ctx);
        }));
    }

    /// Writes the state that outlives the process.
    pub(super) fn save(&mut self, ctx: &mut Ctx<Self>) {
        let now = self.now();
        let Some(orchestrator) = &self.orchestrator else {
            return;
        };
        let body = serde_json::to_string(&orchestrator.save(now)).expect("names and numbers are JSON");
        let database = self.args.database.clone();
        let work = SaveState { body, at: now.wall };
        self.keeping.saves += 1;
        let saved = async move { database.ask(Do(work), How::within(PATIENCE)).await };
        ctx.spawn(saved.into_actor(self).map(|done, manager, ctx| {
            manager.keeping.saves -= 1;
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::warn!("the state of API access is not saved: {error}"),
                Err(error) => log::warn!("the state of API access is not saved: {error}"),
            }
            manager.leave_when_done(ctx);
        }));
    }
}
