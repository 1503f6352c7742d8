//! Answers that outlive the process, bounded in number and size; the oldest go first.

use super::super::schema::api_cache;
use super::super::{Conn, StoreError, immediate};
use super::{amount, named, small};
use crate::api::{Endpoint, Provider, RequestKey, Validators};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::sync::Arc;

/// A season's weeks of every endpoint fit several times over; all are read at a start.
pub const MAX_ENTRIES: u64 = 2_000;
/// The largest answers are nflverse's files of a few megabytes.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// One answer, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRow {
    /// The call it answers.
    pub key: RequestKey,
    /// Who gave it.
    pub provider: Provider,
    /// The class of endpoint.
    pub endpoint: Endpoint,
    /// The body.
    pub body: Arc<[u8]>,
    /// What makes the next call conditional.
    pub validators: Validators,
    /// When it was fetched, or last confirmed by the provider.
    pub fetched_at: DateTime<Utc>,
    /// How new the answer itself says it is.
    pub source_updated_at: Option<DateTime<Utc>>,
    /// What it did cost in credits.
    pub credits: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_cache, treat_none_as_null = true)]
struct CacheRecord {
    request_key: String,
    provider: String,
    endpoint: String,
    fetched_at: NaiveDateTime,
    source_updated_at: Option<NaiveDateTime>,
    etag: Option<String>,
    last_modified: Option<String>,
    credits: i64,
    n_bytes: i64,
    body: Vec<u8>,
}

impl CacheRecord {
    fn of(row: &CacheRow) -> CacheRecord {
        CacheRecord {
            request_key: row.key.as_str().to_owned(),
            provider: row.provider.name().to_owned(),
            endpoint: row.endpoint.name().to_owned(),
            fetched_at: row.fetched_at.naive_utc(),
            source_updated_at: row.source_updated_at.map(|at| at.naive_utc()),
            etag: row.validators.etag.clone(),
            last_modified: row.validators.last_modified.clone(),
            credits: i64::from(row.credits),
            n_bytes: amount(row.body.len() as u64),
            body: row.body.to_vec(),
        }
    }

    fn into_row(self) -> Result<CacheRow, StoreError> {
        let wrong = |reason| StoreError::Row {
            table: "api_cache",
            key: self.request_key.clone(),
            reason,
        };
        Ok(CacheRow {
            key: RequestKey(self.request_key.as_str().into()),
            provider: named("provider", &self.provider, Provider::of_name).map_err(wrong)?,
            endpoint: named("endpoint", &self.endpoint, Endpoint::of_name).map_err(wrong)?,
            credits: small("credits", self.credits).map_err(wrong)?,
            body: self.body.into(),
            validators: Validators {
                etag: self.etag,
                last_modified: self.last_modified,
            },
            fetched_at: self.fetched_at.and_utc(),
            source_updated_at: self.source_updated_at.map(|at| at.and_utc()),
        })
    }
}

/// Keeps an answer in place of the earlier one to the same call, and drops the oldest others beyond [`MAX_ENTRIES`] and
/// [`MAX_BYTES`]. Returns the calls whose answers were dropped; one that is larger than the whole cache is among them itself.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is changed.
pub fn put(conn: &mut Conn, row: &CacheRow) -> Result<Vec<RequestKey>, StoreError> {
    put_within(conn, row, MAX_ENTRIES, MAX_BYTES)
}

/// [`put`] with other bounds.
pub(in crate::store) fn put_within(
    conn: &mut Conn,
    row: &CacheRow,
    max_entries: u64,
    max_bytes: u64,
) -> Result<Vec<RequestKey>, StoreError> {
    immediate(conn, |conn| {
        if row.body.len() as u64 > max_bytes {
            remove(conn, &row.key)?;
            return Ok(vec![row.key.clone()]);
        }
        let record = CacheRecord::of(row);
        let place = api_cache::table.find(&record.request_key);
        if diesel::update(place).set(&record).execute(conn)? == 0 {
            diesel::insert_into(api_cache::table).values(&record).execute(conn)?;
        }
        evict(conn, &record.request_key, max_entries, max_bytes)
    })
}

/// Drops the oldest answers but one until the others are within bounds.
fn evict(conn: &mut Conn, but: &str, max_entries: u64, max_bytes: u64) -> Result<Vec<RequestKey>, StoreError> {
    let bytes = sql::<BigInt>("CAST(COALESCE(SUM(n_bytes), 0) AS BIGINT)");
    let (mut n, mut bytes): (i64, i64) = api_cache::table
        .select((sql::<BigInt>("COUNT(*)"), bytes))
        .first(conn)?;
    let over = |n: i64, bytes: i64| n > amount(max_entries) || bytes > amount(max_bytes);
    if !over(n, bytes) {
        return Ok(Vec::new());
    }
    let oldest: Vec<(String, i64)> = api_cache::table
        .filter(api_cache::request_key.ne(but))
        .order((api_cache::fetched_at.asc(), api_cache::request_key.asc()))
        .select((api_cache::request_key, api_cache::n_bytes))
        .load(conn)?;
    let mut dropped = Vec::new();
    for (key, n_bytes) in oldest {
        if !over(n, bytes) {
            break;
        }
        diesel::delete(api_cache::table.find(&key)).execute(conn)?;
        n -= 1;
        bytes -= n_bytes;
        dropped.push(RequestKey(key.into()));
    }
    Ok(dropped)
}

/// The answer to a call.
///
/// # Errors
/// [`StoreError`] when reading fails or the row makes no sense.
pub fn get(conn: &mut Conn, key: &RequestKey) -> Result<Option<CacheRow>, StoreError> {
    let found = api_cache::table.find(key.as_str()).select(CacheRecord::as_select());
    let found: Option<CacheRecord> = found.first(conn).optional()?;
    found.map(CacheRecord::into_row).transpose()
}

/// All answers, the oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn all(conn: &mut Conn) -> Result<Vec<CacheRow>, StoreError> {
    let records: Vec<CacheRecord> = api_cache::table
        .order((api_cache::fetched_at.asc(), api_cache::request_key.asc()))
        .select(CacheRecord::as_select())
        .load(conn)?;
    records.into_iter().map(CacheRecord::into_row).collect()
}

/// Drops the answer to a call; false if there was none.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub fn remove(conn: &mut Conn, key: &RequestKey) -> Result<bool, StoreError> {
    let n = diesel::delete(api_cache::table.find(key.as_str())).execute(conn)?;
    Ok(n > 0)
}
