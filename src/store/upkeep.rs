//! What specialists are told of the house's own record: when what was brought, how much of it was left out, and the bets of
//! one paper book.

use super::api::ledger;
use super::decisions::{Grade, Pick, Round};
use super::rows::moment_name;
use super::schema::{grades, imports, picks, quotes, rounds};
use super::{Conn, StoreError};
use crate::domain::quote::Moment;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Everything read of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// When it was last read, UTC.
    pub at: NaiveDateTime,
    /// Rows of the readings on record: the newest answer to each call, and every file.
    pub n_rows: u64,
    /// Rows and markets of them left out.
    pub n_left_out: u64,
}

/// What was read, by kind: a file's `games`, or a service's `espn.news`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn brought(conn: &mut Conn) -> Result<BTreeMap<String, Brought>, StoreError> {
    let rows: Vec<(String, NaiveDateTime, i64, i64)> = imports::table
        .order(imports::id.asc())
        .select((imports::kind, imports::at, imports::n_rows, imports::n_quarantined))
        .load(conn)?;
    let mut all: BTreeMap<String, Brought> = BTreeMap::new();
    for (kind, at, n_rows, n_left_out) in rows {
        let sum = all.entry(kind).or_default();
        sum.at = sum.at.max(at);
        sum.n_rows += n_rows.unsigned_abs();
        sum.n_left_out += n_left_out.unsigned_abs();
    }
    Ok(all)
}

/// When the newest live price known at an instant was shown; none before the first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn newest_price(conn: &mut Conn, at: DateTime<Utc>) -> Result<Option<NaiveDateTime>, StoreError> {
    Ok(quotes::table
        .filter(quotes::moment.eq(moment_name(Moment::Live)))
        .filter(quotes::as_of.le(at.naive_utc()))
        .select(diesel::dsl::max(quotes::as_of))
        .first(conn)?)
}

/// Calls since an instant that ended, as answered and all; those under way and those we gave up ourselves are in neither.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn calls_since(conn: &mut Conn, since: DateTime<Utc>) -> Result<(u64, u64), StoreError> {
    let lines = ledger::spend(conn, since)?;
    let ended = lines.iter().filter(|l| l.state != "reserved" && l.outcome != "aborted");
    let answered = |outcome: &str| matches!(outcome, "success" | "not_modified");
    Ok(ended.fold((0, 0), |(ok, all), l| {
        let n = l.sums.n;
        (ok + if answered(&l.outcome) { n } else { 0 }, all + n)
    }))
}

/// A bet with its round, and its grade once it has one.
pub type BookedRow = (Pick, Round, Option<Grade>);

/// The bets made at an instant under some settings, by id: one paper book. Bets at the openers and at the close of whole weeks
/// are other books and are not among them.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn live_book(conn: &mut Conn, settings_hash: &str) -> Result<Vec<BookedRow>, StoreError> {
    Ok(picks::table
        .inner_join(rounds::table)
        .left_join(grades::table)
        .filter(picks::status.eq("pick"))
        .filter(rounds::settings_hash.eq(settings_hash))
        .filter(rounds::basis.ne_all(["open", "close"]))
        .order(picks::id.asc())
        .select((Pick::as_select(), Round::as_select(), Option::<Grade>::as_select()))
        .load(conn)?)
}
