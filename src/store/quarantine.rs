//! Rows that were left out, with file, line and reason, so that a person can look them up and put the source right.

use super::schema::{imports, quarantine};
use super::{Conn, StoreError};
use crate::feeds::{Rejected, kind_of};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// A stored rejection.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = quarantine)]
pub struct Quarantined {
    /// Number of the entry; higher ones are newer.
    pub id: i32,
    /// Name of the file.
    pub file: String,
    /// Line in the file, from 1.
    pub line: i64,
    /// The game the row speaks of, when that could be read.
    pub game_id: Option<String>,
    /// The column or market at fault; `row` for the row as such.
    pub field: String,
    /// Why.
    pub reason: String,
    /// The row as it stands in the file, at most 2,000 characters.
    pub raw: String,
}

#[derive(Insertable)]
#[diesel(table_name = quarantine)]
struct Written<'a> {
    import_id: i32,
    file: &'a str,
    line: i64,
    game_id: Option<&'a str>,
    field: &'a str,
    reason: &'a str,
    raw: &'a str,
}

/// How many rows were left out for one kind of reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// The reason, without what is particular to a row.
    pub reason: String,
    /// Number of rows or markets.
    pub count: u64,
    /// The first lines.
    pub lines: Vec<u64>,
}

/// At most `limit` entries, newest import first and by line within it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn list(conn: &mut Conn, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
    Ok(quarantine::table
        .order((
            quarantine::import_id.desc(),
            quarantine::line.asc(),
            quarantine::id.asc(),
        ))
        .limit(i64::from(limit))
        .select(Quarantined::as_select())
        .load(conn)?)
}

/// Number of entries.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn count(conn: &mut Conn) -> Result<u64, StoreError> {
    let n: i64 = quarantine::table.count().get_result(conn)?;
    Ok(n.unsigned_abs())
}

/// Entries by kind of reason, the most frequent first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn by_reason(conn: &mut Conn) -> Result<Vec<ReasonCount>, StoreError> {
    let rows: Vec<(String, i64)> = quarantine::table
        .order(quarantine::id.asc())
        .select((quarantine::reason, quarantine::line))
        .load(conn)?;
    Ok(tally(
        rows.iter().map(|(reason, line)| (kind_of(reason), line.unsigned_abs())),
    ))
}

pub(super) fn tally<'a>(reasons: impl Iterator<Item = (&'a str, u64)>) -> Vec<ReasonCount> {
    let mut counts: BTreeMap<&str, ReasonCount> = BTreeMap::new();
    for (reason, line) in reasons {
        let entry = counts.entry(reason).or_insert_with(|| ReasonCount {
            reason: reason.to_owned(),
            count: 0,
            lines: Vec::new(),
        });
        entry.count += 1;
        if entry.lines.len() < crate::feeds::Correction::EXAMPLES {
            entry.lines.push(line);
        }
    }
    let mut counts: Vec<ReasonCount> = counts.into_values().collect();
    counts.sort_by(|a, b| (b.count, &a.reason).cmp(&(a.count, &b.reason)));
    counts
}

/// Replaces what earlier imports of the same file left out: the new reading is what counts, and a file that is read
/// again must not look twice as bad.
pub(super) fn replace(
    conn: &mut Conn,
    import_id: i32,
    kind: &str,
    file: &str,
    rejected: &[Rejected],
) -> Result<(), StoreError> {
    let earlier = imports::table
        .filter(imports::kind.eq(kind))
        .filter(imports::file.eq(file))
        .select(imports::id);
    diesel::delete(quarantine::table.filter(quarantine::import_id.eq_any(earlier))).execute(conn)?;
    for entry in rejected {
        let row = Written {
            import_id,
            file,
            line: i64::try_from(entry.line).unwrap_or(i64::MAX),
            game_id: entry.game_id.as_deref(),
            field: &entry.field,
            reason: &entry.reason,
            raw: &entry.raw,
        };
        diesel::insert_into(quarantine::table).values(&row).execute(conn)?;
    }
    Ok(())
}
