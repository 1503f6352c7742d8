//! What language models were asked and what came of it, so that a round with models can be held again without asking
//! anybody. The oldest go when there are too many; a round that lost its calls can be read, but not held again.

use super::schema::{model_calls as table, rounds};
use super::{Conn, StoreError, immediate};
use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

/// A season of ten rounds a week, each at most six calls, fits three times.
pub const MAX_CALLS: u64 = 4_000;
/// A full slate is a question of some 12 KiB and an answer of some 8 KiB, so this is reached after the number is.
pub const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// The word of a call that brought a reply.
pub const ANSWERED: &str = "answered";

/// One call, as it is kept. It holds no key.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = table, treat_none_as_null = true)]
pub struct ModelCall {
    /// The round it was made for.
    pub round_id: String,
    /// The slot's place in the chain, from 0.
    pub place: i32,
    /// SHA-256 over provider, model, path and body: the same question to the same model.
    pub content_key: String,
    /// Who asked.
    pub asked_by: String,
    /// The slot.
    pub slot: String,
    /// Whose account.
    pub provider: String,
    /// How it was spoken to.
    pub dialect: String,
    /// The provider's name of the model.
    pub model: String,
    /// Whether it was asked without names.
    pub anonymous: bool,
    /// The body of the request.
    pub request: String,
    /// The body of the reply.
    pub reply: Option<Vec<u8>>,
    /// [`ANSWERED`], or the kind of its trouble.
    pub outcome: String,
    /// Where its trouble led.
    pub leads_to: Option<String>,
    /// Its trouble in words.
    pub trouble: Option<String>,
    /// Tokens read, where the reply says so.
    pub input_tokens: Option<i64>,
    /// Tokens written, where the reply says so.
    pub output_tokens: Option<i64>,
    /// What it counts for, in millionths of a dollar.
    pub usd_micros: i64,
    /// When it was asked, UTC.
    pub asked_at: NaiveDateTime,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// Bytes of request and reply.
    pub n_bytes: i64,
}

impl ModelCall {
    /// True when it brought a reply.
    pub fn is_answered(&self) -> bool {
        self.reply.is_some()
    }
}

/// Keeps a call. What was answered stays as it is, whatever comes of asking the same again; a failure gives way to what came
/// later in its round, and stays once the round is stored. Returns how many of the oldest were dropped for it.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is changed.
pub fn keep(conn: &mut Conn, call: &ModelCall) -> Result<usize, StoreError> {
    keep_within(conn, call, MAX_CALLS, MAX_BYTES)
}

/// [`keep`] with other bounds.
pub(in crate::store) fn keep_within(
    conn: &mut Conn,
    call: &ModelCall,
    max_calls: u64,
    max_bytes: u64,
) -> Result<usize, StoreError> {
    immediate(conn, |conn| {
        let own = table::table
            .filter(table::round_id.eq(&call.round_id))
            .filter(table::place.eq(call.place))
            .filter(table::content_key.eq(&call.content_key));
        let known: Option<ModelCall> = own.select(ModelCall::as_select()).first(conn).optional()?;
        match known {
            None => {
                diesel::insert_into(table::table).values(call).execute(conn)?;
            }
            Some(known) if known.is_answered() => return Ok(0),
            Some(_) if is_stored(conn, &call.round_id)? => return Ok(0),
            Some(_) => {
                diesel::update(own).set(call).execute(conn)?;
            }
        }
        evict(conn, max_calls, max_bytes)
    })
}

/// Whether a round was concluded and stored: what came of its calls is in it, and asking once more is no part of it.
fn is_stored(conn: &mut Conn, round_id: &str) -> Result<bool, StoreError> {
    let n: i64 = rounds::table.find(round_id).count().get_result(conn)?;
    Ok(n > 0)
}

/// Drops the oldest until the others are within bounds; the newest stays in any case.
fn evict(conn: &mut Conn, max_calls: u64, max_bytes: u64) -> Result<usize, StoreError> {
    let bytes = sql::<BigInt>("CAST(COALESCE(SUM(n_bytes), 0) AS BIGINT)");
    let (mut n, mut bytes): (i64, i64) = table::table.select((sql::<BigInt>("COUNT(*)"), bytes)).first(conn)?;
    let most = |bound: u64| i64::try_from(bound).unwrap_or(i64::MAX);
    let mut n_dropped = 0;
    while n > 1 && (n > most(max_calls) || bytes > most(max_bytes)) {
        let oldest: (i32, i64) = table::table
            .order(table::seq.asc())
            .select((table::seq, table::n_bytes))
            .first(conn)?;
        diesel::delete(table::table.find(oldest.0)).execute(conn)?;
        n -= 1;
        bytes -= oldest.1;
        n_dropped += 1;
    }
    Ok(n_dropped)
}

/// What came of a call in its round; or, when it was not made there, the newest answer to the same question in another one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn recall(
    conn: &mut Conn,
    round_id: &str,
    place: i32,
    content_key: &str,
) -> Result<Option<ModelCall>, StoreError> {
    let own = table::table
        .filter(table::round_id.eq(round_id))
        .filter(table::place.eq(place))
        .filter(table::content_key.eq(content_key))
        .select(ModelCall::as_select())
        .first(conn)
        .optional()?;
    if own.is_some() {
        return Ok(own);
    }
    let elsewhere = table::table
        .filter(table::content_key.eq(content_key))
        .filter(table::outcome.eq(ANSWERED))
        .order(table::seq.desc())
        .select(ModelCall::as_select())
        .first(conn)
        .optional()?;
    Ok(elsewhere)
}

/// The calls of a round, in the order they were made.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn of_round(conn: &mut Conn, round_id: &str) -> Result<Vec<ModelCall>, StoreError> {
    let calls = table::table
        .filter(table::round_id.eq(round_id))
        .order(table::seq.asc())
        .select(ModelCall::as_select());
    Ok(calls.load(conn)?)
}

/// The newest calls, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn latest(conn: &mut Conn, limit: u32) -> Result<Vec<ModelCall>, StoreError> {
    let calls = table::table
        .order(table::seq.desc())
        .limit(i64::from(limit))
        .select(ModelCall::as_select());
    Ok(calls.load(conn)?)
}

/// The newest calls of a slot, the latest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn of_slot(conn: &mut Conn, slot: &str, limit: u32) -> Result<Vec<ModelCall>, StoreError> {
    let calls = table::table
        .filter(table::slot.eq(slot))
        .order(table::seq.desc())
        .limit(i64::from(limit))
        .select(ModelCall::as_select());
    Ok(calls.load(conn)?)
}

/// Rounds with kept calls whose name begins with `start`, by name, at most three: enough to tell one from many.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn rounds_beginning(conn: &mut Conn, start: &str) -> Result<Vec<String>, StoreError> {
    // Compared as text and not by LIKE, whose wildcards stand in every round's name.
    let rounds: Vec<String> = table::table
        .filter(table::round_id.ge(start))
        .order(table::round_id.asc())
        .select(table::round_id)
        .distinct()
        .limit(3)
        .load(conn)?;
    Ok(rounds.into_iter().filter(|round| round.starts_with(start)).collect())
}
