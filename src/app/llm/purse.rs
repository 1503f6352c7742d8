//! The money of all who ask models: one purse, so that caps hold for all of them together.
//!
//! What earlier processes spent is read from the ledger before the first call that costs anything; while it cannot be read,
//! nothing is spent.

use crate::actor::{ActorRef, How};
use crate::api::LedgerRow;
use crate::clock::Clock;
use crate::minds::llm::Trouble;
use crate::minds::llm::budget::{AGENT, Budget, Caps, Reservation};
use crate::protocol::question::RoundId;
use crate::store::api::ledger;
use crate::store::keeper::{Database, Do, Work};
use crate::store::{Conn, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;

/// Reading a month of calls takes milliseconds.
const READING: Duration = Duration::from_secs(10);

/// Reads what earlier processes spent on models.
struct ReadSpent {
    since: DateTime<Utc>,
}

impl Work for ReadSpent {
    type Output = Vec<LedgerRow>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        ledger::of_agents(conn, AGENT, self.since)
    }
}

/// The money of all seats that ask models.
#[derive(Clone)]
pub(super) struct Purse {
    caps: Caps,
    database: ActorRef<Database>,
    clock: Clock,
    /// There once the ledger has been read.
    budget: Arc<tokio::sync::Mutex<Option<Budget>>>,
}

/// A month and the hours that a round at its beginning may reach back.
const LOOK_BACK: TimeDelta = TimeDelta::days(32);

impl Purse {
    /// A purse that holds to `caps`.
    pub(super) fn new(caps: Caps, database: ActorRef<Database>, clock: Clock) -> Purse {
        Purse {
            caps,
            database,
            clock,
            budget: Arc::default(),
        }
    }

    /// Sets aside what a call may cost; nothing for one that is free.
    pub(super) async fn reserve(&self, round: &RoundId, micros: u64) -> Result<Option<Reservation>, Trouble> {
        if micros == 0 {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut budget = self.budget.lock().await;
        if budget.is_none() {
            let work = ReadSpent { since: now - LOOK_BACK };
            let unread =
                |why: String| Trouble::Lost(format!("nothing is spent while the ledger cannot be read: {why}"));
            let rows = self.database.ask(Do(work), How::within(READING)).await;
            let rows = rows
                .map_err(|e| unread(e.to_string()))?
                .map_err(|e| unread(e.to_string()))?;
            *budget = Some(Budget::restore(self.caps, &rows));
        }
        let budget = budget.as_mut().expect("it was read just now");
        Ok(Some(budget.reserve(&round.0, micros, now)?))
    }

    pub(super) async fn settle(&self, reserved: Reservation, cost_micros: Option<u64>) {
        if let Some(budget) = self.budget.lock().await.as_mut() {
            budget.settle(reserved, cost_micros);
        }
    }
}
