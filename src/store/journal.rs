//! The append-only journal. Each entry carries the hash of the one before, so that a changed, removed or inserted row
//! is found by walking the chain; a cut-off end is found by comparing the head with one noted elsewhere.

use super::schema::journal;
use super::{Conn, StoreError, sha256};
use chrono::{NaiveDateTime, SubsecRound};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// An entry as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntry {
    /// The message's id.
    pub id: String,
    /// The thread it belongs to.
    pub thread: String,
    /// The message that caused it.
    pub parent: Option<String>,
    /// Who said it.
    pub sender: String,
    /// To whom.
    pub recipient: String,
    /// What kind of message it is.
    pub kind: String,
    /// Its priority.
    pub priority: String,
    /// When, UTC; kept to the microsecond.
    pub at: NaiveDateTime,
    /// The message itself, as JSON.
    pub body: String,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = journal)]
#[allow(missing_docs, reason = "the fields of `NewEntry`, its number, and the chain")]
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
    #[error("the journal is broken at entry {seq}: {reason}; it was changed after the fact: restore a backup")]
    BrokenAt {
        /// Number of the first entry that does not fit.
        seq: i64,
        /// What does not fit.
        reason: &'static str,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verification holds this many entries in memory at a time.
const CHUNK: i64 = 10_000;

/// Appends entries in order, in one transaction, and returns the new head. An entry that is already there with the same
/// contents is skipped, so a write whose outcome is unknown can be repeated.
///
/// # Errors
/// [`StoreError::Conflict`] when an id is taken by other contents, [`StoreError`] when writing fails; then nothing is
/// appended.
pub fn append(conn: &mut Conn, entries: &[NewEntry]) -> Result<Head, StoreError> {
    conn.immediate_transaction(|conn| append_within(conn, entries))
}

/// [`append`] for a caller that holds the transaction.
pub(super) fn append_within(conn: &mut Conn, entries: &[NewEntry]) -> Result<Head, StoreError> {
    let mut head = head(conn)?;
    for new in entries {
        if let Some(old) = by_id(conn, &new.id)? {
            if old.stated() == new.kept() {
                continue;
            }
            return Err(StoreError::Conflict {
                table: "journal",
                key: new.id.clone(),
            });
        }
        let entry = new.kept().chained(&head);
        diesel::insert_into(journal::table).values(&entry).execute(conn)?;
        head = Head {
            seq: entry.seq,
            hash: entry.hash,
        };
    }
    Ok(head)
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
            let broken = |reason| VerifyError::BrokenAt { seq, reason };
            if entry.seq != seq {
                return Err(broken("it is missing"));
            }
            if entry.prev_hash != head.hash {
                return Err(broken("it does not follow from the entry before"));
            }
            if entry.stated().chained(&head) != entry {
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

impl NewEntry {
    /// What the database gives back: Postgres keeps no finer time.
    fn kept(&self) -> NewEntry {
        NewEntry {
            at: self.at.trunc_subsecs(6),
            ..self.clone()
        }
    }

    fn chained(self, head: &Head) -> Entry {
        let seq = head.seq + 1;
        // One line a field, with line ends escaped and an absent parent told from an empty one, so that no two entries
        // share their text.
        let fields = [
            &seq.to_string(),
            &self.id,
            &self.thread,
            &self.parent.as_ref().map_or_else(|| "-".to_owned(), |p| format!("={p}")),
            &self.sender,
            &self.recipient,
            &self.kind,
            &self.priority,
            &self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            &self.body,
        ];
        let lines: Vec<String> = fields
            .iter()
            .map(|f| f.replace('\\', "\\\\").replace('\n', "\\n"))
            .collect();
        let hash = sha256(format!("{}\n{}", head.hash, lines.join("\n")).as_bytes());
        Entry {
            seq,
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
    pub fn stated(&self) -> NewEntry {
        NewEntry {
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
}
