//! The ledger: one row an attempt, written before it is sent and brought up to date when it ends, so that no crash loses
//! a cost.

use super::super::schema::api_ledger;
use super::super::{Conn, StoreError, immediate};
use super::cache::{self, CacheRow};
use super::{amount, named, small};
use crate::api::{AttemptId, Class, Endpoint, LedgerRow, Priority, Provider, RequestKey, Spend};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_ledger, treat_none_as_null = true)]
struct LedgerRecord {
    attempt: i64,
    at: NaiveDateTime,
    day: String,
    provider: String,
    endpoint: String,
    request_key: String,
    agent: String,
    priority: String,
    state: String,
    reserved_credits: i64,
    credits: i64,
    reserved_usd_micros: i64,
    usd_micros: i64,
    outcome: String,
    status: Option<i32>,
    latency_ms: Option<i64>,
    used_by_header: Option<i64>,
}

impl LedgerRecord {
    fn of(row: &LedgerRow) -> LedgerRecord {
        LedgerRecord {
            attempt: number(row.attempt),
            at: row.at.naive_utc(),
            day: row.at.date_naive().to_string(),
            provider: row.provider.name().to_owned(),
            endpoint: row.endpoint.name().to_owned(),
            request_key: row.key.as_str().to_owned(),
            agent: row.agent.to_string(),
            priority: row.priority.name().to_owned(),
            state: row.state.name().to_owned(),
            reserved_credits: i64::from(row.reserved_credits),
            credits: i64::from(row.credits),
            reserved_usd_micros: amount(row.reserved_usd_micros),
            usd_micros: amount(row.usd_micros),
            outcome: row.outcome.clone(),
            status: row.status.map(i32::from),
            latency_ms: row.latency_ms.map(i64::from),
            used_by_header: row.used_by_header.map(i64::from),
        }
    }

    fn to_row(&self) -> Result<LedgerRow, StoreError> {
        self.decode().map_err(|reason| StoreError::Row {
            table: "api_ledger",
            key: self.attempt.to_string(),
            reason,
        })
    }

    fn decode(&self) -> Result<LedgerRow, String> {
        let latency_ms = self.latency_ms.map(|n| small("latency_ms", n)).transpose()?;
        let used = self.used_by_header.map(|n| small("used_by_header", n)).transpose()?;
        let status = self.status.map(|n| small("status", i64::from(n))).transpose()?;
        Ok(LedgerRow {
            attempt: AttemptId(self.attempt.cast_unsigned()),
            at: self.at.and_utc(),
            provider: named("provider", &self.provider, Provider::of_name)?,
            endpoint: named("endpoint", &self.endpoint, Endpoint::of_name)?,
            key: RequestKey(self.request_key.as_str().into()),
            agent: self.agent.as_str().into(),
            priority: named("priority", &self.priority, Priority::of_name)?,
            state: named("state", &self.state, Spend::of_name)?,
            reserved_credits: small("reserved_credits", self.reserved_credits)?,
            credits: small("credits", self.credits)?,
            reserved_usd_micros: small("reserved_usd_micros", self.reserved_usd_micros)?,
            usd_micros: small("usd_micros", self.usd_micros)?,
            outcome: self.outcome.clone(),
            status,
            latency_ms,
            used_by_header: used,
        })
    }
}

/// Sums over some attempts. What is reserved or uncertain counts as spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Credits.
    pub credits: u64,
    /// Millionths of a dollar.
    pub usd_micros: u64,
    /// Attempts.
    pub n: u64,
}

/// What was spent on one day by one agent at one provider, of one priority and outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpendLine {
    /// The UTC day.
    pub day: NaiveDate,
    /// Whom it was paid to.
    pub provider: Provider,
    /// Who asked.
    pub agent: String,
    /// How urgent it was.
    pub priority: Priority,
    /// How far the attempts are: `reserved`, `settled` or `uncertain`.
    pub state: String,
    /// The name of the outcome's class; empty while it runs.
    pub outcome: String,
    /// How much.
    #[serde(flatten)]
    pub sums: Sums,
}

fn number(attempt: AttemptId) -> i64 {
    attempt.0.cast_signed()
}

/// How final a state is: a late write of an earlier state changes nothing.
fn rank(state: &str) -> u8 {
    match Spend::of_name(state) {
        None | Some(Spend::Reserved) => 0,
        Some(Spend::Uncertain) => 1,
        Some(Spend::Settled) => 2,
    }
}

/// Writes attempts, or brings those that are there up to date, all or none. A settled row is not made uncertain again, nor
/// either of them reserved.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn write(conn: &mut Conn, rows: &[LedgerRow]) -> Result<(), StoreError> {
    settle_with_cache(conn, rows, None)?;
    Ok(())
}

/// [`write`], and in the same transaction the answer the attempts paid for, so that a crash loses neither without the other.
/// Returns what the cache had to drop for it.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is written.
pub fn settle_with_cache(
    conn: &mut Conn,
    rows: &[LedgerRow],
    answer: Option<&CacheRow>,
) -> Result<Vec<RequestKey>, StoreError> {
    immediate(conn, |conn| {
        for row in rows {
            upsert(conn, &LedgerRecord::of(row))?;
        }
        match answer {
            Some(answer) => cache::put(conn, answer),
            None => Ok(Vec::new()),
        }
    })
}

fn upsert(conn: &mut Conn, record: &LedgerRecord) -> Result<(), StoreError> {
    let place = api_ledger::table.find(record.attempt);
    let known: Option<LedgerRecord> = place.select(LedgerRecord::as_select()).first(conn).optional()?;
    match known {
        None => {
            diesel::insert_into(api_ledger::table).values(record).execute(conn)?;
        }
        Some(known) if known == *record || rank(&record.state) < rank(&known.state) => {}
        Some(_) => {
            diesel::update(place).set(record).execute(conn)?;
        }
    }
    Ok(())
}

/// Written out, because a bound value does not match the condition of the partial index.
const OPEN: &str = "state = 'reserved'";

/// What earlier processes had reserved and never settled becomes uncertain, at the cost reserved: it may have been sent and
/// billed. Returns those rows; to be called at the start, with the number of the process that calls.
///
/// # Errors
/// [`StoreError`] when the database fails or a row makes no sense.
pub fn close_open(conn: &mut Conn, generation: u32) -> Result<Vec<LedgerRow>, StoreError> {
    immediate(conn, |conn| {
        let records: Vec<LedgerRecord> = api_ledger::table
            .filter(sql::<Bool>(OPEN))
            .filter(api_ledger::attempt.lt(number(AttemptId::new(generation, 0))))
            .order(api_ledger::attempt.asc())
            .select(LedgerRecord::as_select())
            .load(conn)?;
        let mut closed = Vec::with_capacity(records.len());
        for record in records {
            let mut row = record.to_row()?;
            row.state = Spend::Uncertain;
            row.credits = row.reserved_credits;
            row.usd_micros = row.reserved_usd_micros;
            row.outcome = Class::Aborted.name().to_owned();
            upsert(conn, &LedgerRecord::of(&row))?;
            closed.push(row);
        }
        Ok(closed)
    })
}

/// The newest attempts, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<LedgerRow>, StoreError> {
    let records: Vec<LedgerRecord> = api_ledger::table
        .order((api_ledger::at.desc(), api_ledger::attempt.desc()))
        .limit(limit)
        .select(LedgerRecord::as_select())
        .load(conn)?;
    records.iter().map(LedgerRecord::to_row).collect()
}

/// Attempts since an instant for agents whose names begin so, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn of_agents(conn: &mut Conn, prefix: &str, since: DateTime<Utc>) -> Result<Vec<LedgerRow>, StoreError> {
    let records: Vec<LedgerRecord> = api_ledger::table
        .filter(api_ledger::at.ge(since.naive_utc()))
        .filter(api_ledger::agent.like(format!("{prefix}%")))
        .order((api_ledger::at.asc(), api_ledger::attempt.asc()))
        .select(LedgerRecord::as_select())
        .load(conn)?;
    records.iter().map(LedgerRecord::to_row).collect()
}

// A sum of BIGINT is NUMERIC elsewhere, hence the cast; both columns are bounded, so it cannot overflow.
const CREDITS: &str = "CAST(COALESCE(SUM(credits), 0) AS BIGINT)";
const USD_MICROS: &str = "CAST(COALESCE(SUM(usd_micros), 0) AS BIGINT)";
const COUNT: &str = "COUNT(*)";

fn sums((credits, usd_micros, n): (i64, i64, i64)) -> Sums {
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    Sums {
        credits: whole(credits),
        usd_micros: whole(usd_micros),
        n: whole(n),
    }
}

/// What was spent at a provider since an instant, that included.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn sums_since(conn: &mut Conn, provider: Provider, since: DateTime<Utc>) -> Result<Sums, StoreError> {
    let row = api_ledger::table
        .filter(api_ledger::provider.eq(provider.name()))
        .filter(api_ledger::at.ge(since.naive_utc()))
        .select((sql::<BigInt>(CREDITS), sql::<BigInt>(USD_MICROS), sql::<BigInt>(COUNT)))
        .first(conn)?;
    Ok(sums(row))
}

/// A line as the database sums it.
#[derive(Queryable)]
struct SpendRecord {
    day: String,
    provider: String,
    agent: String,
    priority: String,
    state: String,
    outcome: String,
    figures: (i64, i64, i64),
}

impl SpendRecord {
    fn into_line(self) -> Result<SpendLine, StoreError> {
        let wrong = |reason: String| StoreError::Row {
            table: "api_ledger",
            key: format!("{} {} {}", self.day, self.provider, self.agent),
            reason,
        };
        let day: Result<NaiveDate, _> = self.day.parse();
        Ok(SpendLine {
            day: day.map_err(|e| wrong(format!("day `{}`: {e}", self.day)))?,
            provider: named("provider", &self.provider, Provider::of_name).map_err(wrong)?,
            priority: named("priority", &self.priority, Priority::of_name).map_err(wrong)?,
            agent: self.agent,
            state: self.state,
            outcome: self.outcome,
            sums: sums(self.figures),
        })
    }
}

/// What was spent since an instant, by day, provider, agent, priority, state and outcome, in that order; any coarser report
/// is a sum over these lines.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn spend(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<SpendLine>, StoreError> {
    let by = (
        api_ledger::day,
        api_ledger::provider,
        api_ledger::agent,
        api_ledger::priority,
        api_ledger::state,
        api_ledger::outcome,
    );
    let figures = (sql::<BigInt>(CREDITS), sql::<BigInt>(USD_MICROS), sql::<BigInt>(COUNT));
    let records: Vec<SpendRecord> = api_ledger::table
        .filter(api_ledger::at.ge(since.naive_utc()))
        .group_by(by)
        .order(by)
        .select((by.0, by.1, by.2, by.3, by.4, by.5, figures))
        .load(conn)?;
    records.into_iter().map(SpendRecord::into_line).collect()
}

/// Forgets attempts that ended before an instant and returns how many: a ledger that grows for ever would fill the disk. Open
/// ones stay whatever their age.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn forget(conn: &mut Conn, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let old = api_ledger::table
        .filter(api_ledger::at.lt(before.naive_utc()))
        .filter(api_ledger::state.ne(Spend::Reserved.name()));
    Ok(diesel::delete(old).execute(conn)? as u64)
}
