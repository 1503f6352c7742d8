//! The append-only journal. Each entry carries the hash of the one before, so that a changed, removed or inserted row
//! is found by walking the chain; a cut-off end is found by comparing the head with one noted elsewhere.

use super::schema::journal;
use super::{Conn, StoreError, sha256};
use crate::bus::Address;
use crate::protocol::Written;
use chrono::{NaiveDateTime, SubsecRound};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    for chunk in entries.chunks(MAX_IDS) {
        let mut known = known(conn, chunk)?;
        let mut fresh: Vec<Entry> = Vec::with_capacity(chunk.len());
        for new in chunk {
            let new = new.kept();
            let old = known
                .get(new.id.as_str())
                .map(|seq| (*seq, fresh.iter().find(|e| e.seq == *seq)));
            outcomes.push(match old {
                Some((seq, Some(old))) if old.says(&new) => Appended::Known(seq),
                Some((seq, None)) if by_seq(conn, seq)?.is_some_and(|old| old.says(&new)) => Appended::Known(seq),
                Some(_) => Appended::Conflict,
                None => {
                    let entry = new.into_owned().chained(&head);
                    head = Head {
                        seq: entry.seq,
                        hash: entry.hash.clone(),
                    };
                    known.insert(entry.id.clone(), entry.seq);
                    fresh.push(entry);
                    Appended::New(head.seq)
                }
            });
        }
        for entry in &fresh {
            diesel::insert_into(journal::table).values(entry).execute(conn)?;
        }
    }
    Ok((head, outcomes))
}

/// Ids looked for in one statement; SQLite takes 32,766 parameters at most.
const MAX_IDS: usize = 1_024;

/// Which of these ids are there, with their numbers.
fn known(conn: &mut Conn, entries: &[&Written]) -> Result<BTreeMap<String, i64>, StoreError> {
    let ids: Vec<&str> = entries.iter().map(|e| e.id.as_str()).collect();
    let rows = journal::table
        .filter(journal::id.eq_any(ids))
        .select((journal::id, journal::seq))
        .load(conn)?;
    Ok(rows.into_iter().collect())
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
        let entries = after(conn, head.seq, CHUNK)?;
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
            if entry.stated().hash(&head) != entry.hash {
                return Err(broken("its contents do not have its hash"));
            }
            head = Head { seq, hash: entry.hash };
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
    /// What the database gives back: Postgres keeps no finer time.
    fn kept(&self) -> Cow<'_, Written> {
        let at = self.at.trunc_subsecs(6);
        if at == self.at {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(Written { at, ..self.clone() })
        }
    }

    /// The hash of this entry as the one after `head`.
    fn hash(&self, head: &Head) -> String {
        let seq = (head.seq + 1).to_string();
        let parent = self.parent.as_ref().map_or_else(|| "-".to_owned(), |p| format!("={p}"));
        let at = self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        // One line a field, with line ends escaped and an absent parent told from an empty one, so that no two entries
        // share their text.
        let fields = [
            &seq,
            &self.id,
            &self.thread,
            &parent,
            &self.sender,
            &self.recipient,
            &self.kind,
            &self.priority,
            &at,
            &self.body,
        ];
        let mut text = String::with_capacity(self.body.len() + 512);
        text.push_str(&head.hash);
        for field in fields {
            text.push('\n');
            if field.contains(['\\', '\n']) {
                text.push_str(&field.replace('\\', "\\\\").replace('\n', "\\n"));
            } else {
                text.push_str(field);
            }
        }
        sha256(text.as_bytes())
    }

    fn chained(self, head: &Head) -> Entry {
        let hash = self.hash(head);
        Entry {
            seq: head.seq + 1,
            id: self.id,
            thread: self.thread,
            parent: self.parent,
            sender: self.sender,
            recipient: self.recipient,
            kind: self.kind,
            priority: self.priority,
            at: self.at,
            body: self.body,
            prev_hash: head.hash.clone(),
            hash,
        }
    }
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
        self.stated() == *new
    }
}
