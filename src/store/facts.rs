//! Facts of services into the database: each answer in one transaction with what was left out of it, twice the same is
//! the same as once, and nothing is dated earlier than it was known.
//!
//! What was left out goes to the quarantine under an import named by the call's key, and replaces what an earlier answer
//! to the same call left there.

pub mod headlines;
pub mod injuries;
pub mod line_moves;
pub mod results;
pub mod team_weeks;
pub mod weather;

use super::imports::{Counts, Diff, ImportRecord};
use super::rows::moment_name;
use super::schema::{imports, quotes as table};
use super::{Conn, StoreError, quarantine, quotes};
use crate::domain::quote::{Moment, Quote};
use crate::domain::source::Source;
use crate::feeds::{Corrections, Parsed, Rejected};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Whose answer to what a batch of facts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Who answered.
    pub source: Source,
    /// The class of endpoint, such as `odds`.
    pub endpoint: &'a str,
    /// The key of the call, which holds no secret.
    pub key: &'a str,
    /// SHA-256 of the answer, in hexadecimal.
    pub sha256: &'a str,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// What an answer holds beside its facts.
pub(super) struct Left<'a> {
    pub n_rows: u64,
    pub rejected: &'a [Rejected],
    pub corrected: &'a Corrections,
}

impl<'a> Left<'a> {
    pub(super) fn of<T>(parsed: &'a Parsed<T>) -> Left<'a> {
        Left {
            n_rows: parsed.n_rows,
            rejected: &parsed.rejected,
            corrected: &parsed.corrected,
        }
    }
}

/// Stores live quotes of an answer, each known from when its book last confirmed it, and says who told them.
///
/// # Errors
/// [`StoreError`] when writing fails, also for a quote of an unknown game; then nothing is stored.
pub fn live_quotes(conn: &mut Conn, answer: &Answer<'_>, said: &Parsed<Quote>) -> Result<Counts, StoreError> {
    super::immediate(conn, |conn| {
        let live = |quote: &Quote| Quote {
            moment: Moment::Live,
            ..quote.clone()
        };
        let said_live: Vec<Quote> = said.rows.iter().map(|(_, quote)| live(quote)).collect();
        let counts = quotes::upsert(conn, &said_live, &mut Diff::default())?;
        for quote in &said_live {
            let own = table::table
                .filter(table::game_id.eq(quote.game.as_str()))
                .filter(table::book.eq(quote.book.as_str()))
                .filter(table::market.eq(quote.market.name()))
                .filter(table::moment.eq(moment_name(Moment::Live)))
                .filter(table::as_of.eq(quote.as_of.naive_utc()));
            diesel::update(own)
                .set(table::source.eq(answer.source.name()))
                .execute(conn)?;
        }
        record(conn, answer, &Left::of(said), counts)?;
        Ok(counts)
    })
}

/// Who told a stored quote, for those that no file brought: source by number of quotes.
///
/// # Errors
/// [`StoreError`] when reading fails or a source is unknown.
pub fn quote_sources(conn: &mut Conn) -> Result<Vec<(Source, u64)>, StoreError> {
    let rows: Vec<(Option<String>, i64)> = table::table
        .filter(table::source.is_not_null())
        .group_by(table::source)
        .order(table::source.asc())
        .select((table::source, diesel::dsl::count_star()))
        .load(conn)?;
    let told = |(name, n): (Option<String>, i64)| Some((name?, n.unsigned_abs()));
    let rows = rows.into_iter().filter_map(told);
    rows.map(|(name, n)| Ok((source_of(&name, "quotes")?, n))).collect()
}

/// Enters an answer among the imports, with what was left out; the newest answer to a call replaces those before it, or
/// a feed asked every minute would fill the table with itself. The caller holds the transaction.
pub(super) fn record(
    conn: &mut Conn,
    answer: &Answer<'_>,
    left: &Left<'_>,
    counts: Counts,
) -> Result<(), StoreError> {
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let kind = format!("{}.{}", answer.source, answer.endpoint);
    let row = ImportRecord {
        file: answer.key.to_owned(),
        sha256: answer.sha256.to_owned(),
        kind: kind.clone(),
        n_rows: whole(left.n_rows),
        n_new: whole(counts.new),
        n_changed: whole(counts.changed),
        n_unchanged: whole(counts.unchanged),
        n_quarantined: whole(left.rejected.len() as u64),
        corrections: serde_json::to_string(left.corrected).expect("a map of texts to numbers is JSON"),
        at: answer.at.naive_utc(),
    };
    let id: i32 = diesel::insert_into(imports::table)
        .values(&row)
        .returning(imports::id)
        .get_result(conn)?;
    quarantine::replace(conn, id, &kind, answer.key, left.rejected)?;
    let earlier = imports::table
        .filter(imports::kind.eq(&kind))
        .filter(imports::file.eq(answer.key))
        .filter(imports::id.ne(id));
    diesel::delete(earlier).execute(conn)?;
    Ok(())
}

/// A stored source's name read back.
pub(super) fn source_of(name: &str, table: &'static str) -> Result<Source, StoreError> {
    Source::of_name(name).ok_or_else(|| StoreError::Row {
        table,
        key: name.to_owned(),
        reason: format!("source `{name}` is unknown"),
    })
}

/// Counts one row by what storing it did.
pub(super) fn tally(counts: &mut Counts, stored: super::Stored) {
    match stored {
        super::Stored::New => counts.new += 1,
        super::Stored::Unchanged => counts.unchanged += 1,
        super::Stored::Revised => counts.changed += 1,
    }
}
