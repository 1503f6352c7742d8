//! A new life of the API manager: what earlier ones reserved and never settled is closed, what they spent is counted, what
//! they kept is taken up.

use super::{ApiManagerArgs, keep};
use crate::actor::How;
use crate::api::cache::Entry;
use crate::api::cost::Sum;
use crate::api::orchestrator::{RequestOrchestrator, SavedState};
use crate::api::quota::month_start;
use crate::api::{LedgerRow, Now, Provider, Stamp};
use crate::store::api::cache::CacheRow;
use crate::store::api::ledger::{SpendLine, Sums};
use crate::store::keeper::{Do, Work};
use crate::store::{Conn, StoreError, api};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reading everything kept takes well below a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows older than this are of no use to anybody: two months and a day are reported.
const LEDGER_DAYS: i64 = 400;

/// Attempts that health is judged by.
const N_LATEST: i64 = 300;

/// What earlier processes left.
pub struct Left {
    /// The number of this life.
    pub generation: u32,
    /// Attempts that may have been billed and were never settled.
    pub n_closed: usize,
    /// State, as it was written.
    pub state: Option<String>,
    /// Answers kept.
    pub answers: Vec<CacheRow>,
    /// Spent since the beginning of the month before this one.
    pub spent: Vec<SpendLine>,
    /// The newest attempts, the latest first.
    pub latest: Vec<LedgerRow>,
    /// Spent this month and today, by provider.
    pub sums: BTreeMap<Provider, (Sums, Sums)>,
}

/// Reads what earlier processes left, and closes what they had open.
struct ReadLeft {
    now: DateTime<Utc>,
}

impl Work for ReadLeft {
    type Output = Left;

    fn run(self, conn: &mut Conn) -> Result<Left, StoreError> {
        let generation = api::generation(conn)?;
        let n_closed = api::ledger::close_open(conn, generation)?.len();
        api::ledger::forget(conn, self.now - TimeDelta::days(LEDGER_DAYS))?;
        Ok(Left {
            generation,
            n_closed,
            ..look(conn, self.now)?
        })
    }
}

/// What earlier processes left, looked at without changing anything.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn look(conn: &mut Conn, now: DateTime<Utc>) -> Result<Left, StoreError> {
    let month = month_start(now);
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let mut sums = BTreeMap::new();
    for provider in Provider::ALL {
        let this_month = api::ledger::sums_since(conn, provider, month)?;
        sums.insert(provider, (this_month, api::ledger::sums_since(conn, provider, today)?));
    }
    Ok(Left {
        generation: 0,
        n_closed: 0,
        state: api::state::get(conn, keep::STATE)?.map(|(body, _)| body),
        answers: api::cache::all(conn)?,
        latest: api::ledger::latest(conn, N_LATEST)?,
        spent: api::ledger::spend(conn, month_start(month - TimeDelta::days(1)))?,
        sums,
    })
}

pub(super) async fn read(args: ApiManagerArgs, now: Now) -> Result<RequestOrchestrator, String> {
    let work = ReadLeft { now: now.wall };
    let left = match args.database.ask(Do(work), How::within(PATIENCE)).await {
        Ok(Ok(left)) => left,
        Ok(Err(error)) => return Err(error.to_string()),
        Err(error) => return Err(error.to_string()),
    };
    if left.n_closed > 0 {
        log::warn!(
            "{} API calls were under way when the process ended before; what they may have cost counts as spent",
            left.n_closed
        );
    }
    rebuild(args.policies, left, now)
}

/// An orchestrator that knows what earlier processes left.
///
/// # Errors
/// A rate window that lets nothing pass.
pub fn rebuild(
    policies: BTreeMap<Provider, crate::api::ProviderPolicy>,
    left: Left,
    now: Now,
) -> Result<RequestOrchestrator, String> {
    let mut orchestrator = RequestOrchestrator::new(policies, left.generation, now).map_err(|e| e.to_string())?;
    let saved: SavedState = match left.state.as_deref().map(serde_json::from_str) {
        Some(Ok(saved)) => saved,
        Some(Err(error)) => {
            log::warn!("the saved state of API access cannot be read and is not used: {error}");
            SavedState::default()
        }
        None => SavedState::default(),
    };
    orchestrator.restore(&saved, now);
    let whole = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    for (provider, (month, today)) in &left.sums {
        let saved = saved.providers.get(provider);
        orchestrator.restore_credits(*provider, whole(month.credits), whole(today.credits), saved, now);
    }
    for line in &left.spent {
        let sum = Sum {
            n_attempts: line.sums.n,
            credits: line.sums.credits,
            usd_micros: line.sums.usd_micros,
        };
        orchestrator.restore_spend(line.day, line.provider, &line.agent, sum);
    }
    for row in left.latest.iter().rev() {
        orchestrator.restore_outcome(row, now);
    }
    for row in left.answers {
        let entry = Entry {
            body: row.body,
            fetched: Stamp {
                mono: None,
                wall: row.fetched_at,
            },
            validators: row.validators,
            max_age: None,
            provider: row.provider,
            endpoint: row.endpoint,
        };
        orchestrator.restore_entry(row.key, entry);
    }
    Ok(orchestrator)
}
