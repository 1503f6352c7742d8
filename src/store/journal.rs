//! The append-only journal. Each entry carries the hash of the one before, so that a changed, removed or inserted row
//! is found by walking the chain; a cut-off end is found by comparing the head with one noted elsewhere.

use super::schema::journal;
use super::{Conn, StoreError, sha256};
use crate::bus::Address;
use crate::protocol::Written;
use chrono::{Datelike, NaiveDateTime, SubsecRound, Timelike};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::{DatabaseError, DeserializationError};
use serde::{Deserialize, Serialize};

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = journal)]
#[allow(missing_docs, reason = "the fields of `Written`, its number, and the chain")]
pub struct Entry {
    pub seq: i64,
    pub id: String,
    pub thread: String,
    pub parent: Option<String>,
    pub sender: String,
    pub recipient: String,
    pub kind: String,
    pub priority: String,
    pub at: NaiveDateTime,
    pub body: String,
    pub prev_hash: String,
    pub hash: String,
}

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last entry; 0 when there is none.
    pub seq: i64,
    /// Its hash; 64 zeros when there is none.
    pub hash: String,
}

/// The chain does not hold.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// An entry is not what was written.
    #[error(
        "the journal is broken at entry {seq}{}: {reason}; it was changed after the fact: restore a backup",
        id.as_ref().map_or_else(String::new, |id| format!(" (message {id})"))
    )]
    BrokenAt {
        /// Number of the first entry that does not fit.
        seq: i64,
        /// The id of what stands in its place, if anything does.
        id: Option<String>,
        /// What does not fit.
        reason: &'static str,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verification holds this many entries in memory at a time.
const CHUNK: i64 = 10_000;

/// What became of an entry that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is the entry of this number now.
    New(i64),
    /// It was there with the same contents, as the entry of this number.
    Known(i64),
    /// Its id is taken by other contents; it was not appended.
    Conflict,
}

/// Appends entries in order, in one transaction, and returns the new head. An entry that is already there with the same
/// contents is skipped, so a write whose outcome is unknown can be repeated.
///
/// # Errors
/// [`StoreError::Conflict`] when an id is taken by other contents, [`StoreError`] when writing fails; then nothing is
/// appended.
pub fn append(conn: &mut Conn, entries: &[Written]) -> Result<Head, StoreError> {
    super::immediate(conn, |conn| append_within(conn, entries))
}

/// [`append`] for a caller that holds the transaction.
pub(super) fn append_within(conn: &mut Conn, entries: &[Written]) -> Result<Head, StoreError> {
    let (head, outcomes) = append_each(conn, &entries.iter().collect::<Vec<_>>())?;
    match outcomes.iter().position(|o| *o == Appended::Conflict) {
        None => Ok(head),
        Some(at) => Err(StoreError::Conflict {
            table: "journal",
            key: entries[at].id.clone(),
        }),
    }
}

/// Appends what fits, for a caller that holds the transaction, and says of each entry what became of it.
pub(super) fn append_each(conn: &mut Conn, entries: &[&Written]) -> Result<(Head, Vec<Appended>), StoreError> {
    let mut head = head(conn)?;
    let mut outcomes = Vec::with_capacity(entries.len());
    for new in entries {
        // Entries are new but for a rare repetition, which the table itself finds at no cost. SQLite then takes back the
        // one statement; a database that spoils the whole transaction would need a savepoint here.
        outcomes.push(match link(conn, new, &head) {
            Ok(next) => {
                head = next;
                Appended::New(head.seq)
            }
            Err(DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => match by_id(conn, &new.id)? {
                Some(old) if old.says(new) => Appended::Known(old.seq),
                _ => Appended::Conflict,
            },
            Err(error) => return Err(error.into()),
        });
    }
    Ok((head, outcomes))
}

/// Inserts an entry behind a head, and returns the new head.
fn link(conn: &mut Conn, new: &Written, head: &Head) -> QueryResult<Head> {
    let at = new.at.trunc_subsecs(6);
    let next = Head {
        seq: head.seq + 1,
        hash: new.hash(at, head),
    };
    let row = Link {
        seq: next.seq,
        id: &new.id,
        thread: &new.thread,
        parent: new.parent.as_deref(),
        sender: &new.sender,
        recipient: &new.recipient,
        kind: &new.kind,
        priority: &new.priority,
        at,
        body: &new.body,
        prev_hash: &head.hash,
        hash: &next.hash,
    };
    diesel::insert_into(journal::table).values(row).execute(conn)?;
    Ok(next)
}

/// An [`Entry`] that is written from borrowed parts. An absent parent is written as NULL and not left to the default: that
/// would be another statement, which diesel prepares anew for every row.
#[derive(Insertable)]
#[diesel(table_name = journal, treat_none_as_default_value = false)]
struct Link<'a> {
    seq: i64,
    id: &'a str,
    thread: &'a str,
    parent: Option<&'a str>,
    sender: &'a str,
    recipient: &'a str,
    kind: &'a str,
    priority: &'a str,
    at: NaiveDateTime,
    body: &'a str,
    prev_hash: &'a str,
    hash: &'a str,
}

/// The last entry's number and hash.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn head(conn: &mut Conn) -> Result<Head, StoreError> {
    let last: Option<(i64, String)> = journal::table
        .order(journal::seq.desc())
        .select((journal::seq, journal::hash))
        .first(conn)
        .optional()?;
    Ok(last.map_or_else(Head::none, |(seq, hash)| Head { seq, hash }))
}

/// Walks the whole chain.
///
/// # Errors
/// [`VerifyError::BrokenAt`] with the first entry that does not fit, [`VerifyError::Store`] when reading fails.
pub fn verify(conn: &mut Conn) -> Result<Head, VerifyError> {
    let mut head = Head::none();
    loop {
        let entries = match after(conn, head.seq, CHUNK) {
            Err(StoreError::Query(DeserializationError(_))) => readable_after(conn, head.seq)?,
            entries => entries?,
        };
        if entries.is_empty() {
            return Ok(head);
        }
        for entry in entries {
            let seq = head.seq + 1;
            let broken = |reason| VerifyError::BrokenAt {
                seq,
                id: (entry.seq == seq).then(|| entry.id.clone()),
                reason,
            };
            if entry.seq != seq {
                return Err(broken("it is missing"));
            }
            if entry.prev_hash != head.hash {
                return Err(broken("it does not follow from the entry before"));
            }
            if entry.stated().hash(entry.at, &head) != entry.hash {
                return Err(broken("its contents do not have its hash"));
            }
            head = Head { seq, hash: entry.hash };
        }
    }
}

/// Entries after a number up to the first that cannot be read, which is the break if it is the very next.
fn readable_after(conn: &mut Conn, seq: i64) -> Result<Vec<Entry>, VerifyError> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let last = entries.last().map_or(seq, |entry| entry.seq);
        match after(conn, last, 1) {
            Ok(one) if one.is_empty() => return Ok(entries),
            Ok(one) => entries.extend(one),
            Err(StoreError::Query(DeserializationError(_))) if !entries.is_empty() => return Ok(entries),
            Err(StoreError::Query(DeserializationError(_))) => {
                let next = journal::table.filter(journal::seq.gt(last)).order(journal::seq.asc());
                let named = next
                    .select((journal::seq, journal::id))
                    .first::<(i64, String)>(conn)
                    .ok();
                return Err(VerifyError::BrokenAt {
                    seq: named.as_ref().map_or(last + 1, |(seq, _)| *seq),
                    id: named.map(|(_, id)| id),
                    reason: "a field of it cannot be read",
                });
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Entries after a number, in order, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    Ok(journal::table
        .filter(journal::seq.gt(seq))
        .order(journal::seq.asc())
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// Entries after a number that are for an address, in order, at most `limit`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn heard(conn: &mut Conn, address: &Address, seq: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    Ok(journal::table
        .filter(journal::seq.gt(seq))
        .filter(super::cursors::heard(address))
        .order(journal::seq.asc())
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// The entries of a thread, in order.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn thread(conn: &mut Conn, thread: &str) -> Result<Vec<Entry>, StoreError> {
    Ok(journal::table
        .filter(journal::thread.eq(thread))
        .order(journal::seq.asc())
        .select(Entry::as_select())
        .load(conn)?)
}

/// An entry by its number.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn by_seq(conn: &mut Conn, seq: i64) -> Result<Option<Entry>, StoreError> {
    let found = journal::table.filter(journal::seq.eq(seq)).select(Entry::as_select());
    Ok(found.first(conn).optional()?)
}

/// An entry by its id: walking `parent` leads back to the first cause.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Entry>, StoreError> {
    let found = journal::table.filter(journal::id.eq(id)).select(Entry::as_select());
    Ok(found.first(conn).optional()?)
}

impl Head {
    /// The head of an empty journal.
    pub fn none() -> Head {
        Head {
            seq: 0,
            hash: "0".repeat(64),
        }
    }
}

impl Written {
    /// The hash of this entry as the one after `head`. The database keeps no finer time than `at`.
    fn hash(&self, at: NaiveDateTime, head: &Head) -> String {
        let mut text = String::with_capacity(self.body.len() + 512);
        text.push_str(&head.hash);
        text.push('\n');
        text.push_str(&(head.seq + 1).to_string());
        // One line a field, with line ends escaped and an absent parent told from an empty one, so that no two entries
        // share their text.
        push(&mut text, "", &self.id);
        push(&mut text, "", &self.thread);
        match &self.parent {
            Some(parent) => push(&mut text, "=", parent),
            None => push(&mut text, "-", ""),
        }
        for field in [&self.sender, &self.recipient, &self.kind, &self.priority] {
            push(&mut text, "", field);
        }
        push(&mut text, "", &instant(at));
        push(&mut text, "", &self.body);
        sha256(text.as_bytes())
    }
}

/// A field on a line of its own.
fn push(text: &mut String, mark: &str, field: &str) {
    text.push('\n');
    text.push_str(mark);
    if field.bytes().any(|b| b == b'\\' || b == b'\n') {
        text.push_str(&field.replace('\\', "\\\\").replace('\n', "\\n"));
    } else {
        text.push_str(field);
    }
}

/// `2020-11-20T12:00:00.000000Z`, without reading a format for each entry.
fn instant(at: NaiveDateTime) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    // Years of five digits, and leap seconds, which chrono counts as nanoseconds beyond a second.
    if !(0..=9_999).contains(&year) || at.nanosecond() >= 1_000_000_000 {
        return at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    }
    let (hour, minute, second, micro) = (at.hour(), at.minute(), at.second(), at.nanosecond() / 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}

impl Entry {
    /// The entry without its number and its place in the chain.
    pub fn stated(&self) -> Written {
        Written {
            id: self.id.clone(),
            thread: self.thread.clone(),
            parent: self.parent.clone(),
            sender: self.sender.clone(),
            recipient: self.recipient.clone(),
            kind: self.kind.clone(),
            priority: self.priority.clone(),
            at: self.at,
            body: self.body.clone(),
        }
    }

    fn says(&self, new: &Written) -> bool {
        let kept = Written {
            at: new.at.trunc_subsecs(6),
            ..new.clone()
        };
        self.stated() == kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_chrono_writes_them() {
        let texts = [
            "2020-11-20T12:00:00",
            "1999-01-02T03:04:05.000006",
            "2050-12-31T23:59:59.999999",
            "+12020-01-01T00:00:00",
            "-0001-01-01T00:00:00.5",
        ];
        for text in texts {
            let at: NaiveDateTime = text.parse().unwrap();
            assert_eq!(instant(at), at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(), "{text}");
        }
    }
}
