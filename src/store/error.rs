//! What can go wrong with the database, in words that say what to do.

use crate::bus::Epoch;
use std::path::PathBuf;

/// An operation on the database that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else is writing and did not finish in time.
    #[error("the database is locked by another process: close it or wait, then try again")]
    Locked,
    /// The file is no SQLite database, or a damaged one.
    #[error(
        "the database file is damaged or no database ({0}): restore a backup, or move the file away to start anew"
    )]
    Corrupt(String),
    /// The disk is full, read-only or failing, or the file may not be written.
    #[error("the database file cannot be used ({0}): check the disk's free space and the file's permissions")]
    Disk(String),
    /// The database was made by a later version of this program.
    #[error("the database has the newer schema {found}, this huddle knows up to {known}: use the newer huddle")]
    NewerSchema {
        /// The newest migration in the database.
        found: String,
        /// The newest migration of this program.
        known: String,
    },
    /// The database was made by an earlier version of this program, and a verb that only reads does not change it.
    #[error(
        "the database has the older schema {found}, this huddle reads {known}: any verb that writes brings it up to \
         date, such as `huddle grade`"
    )]
    OlderSchema {
        /// The newest migration in the database.
        found: String,
        /// The newest migration of this program.
        known: String,
    },
    /// Opening failed; the source says why.
    #[error("{}: {reason}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// Why.
        #[source]
        reason: Box<StoreError>,
    },
    /// A stored row that this program cannot have written.
    #[error("table {table}, row {key}: {reason}; the database was changed by hand: restore a backup")]
    Row {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A row that is already there with other contents; decisions are never rewritten.
    #[error("table {table}, row {key} is already stored with other contents: a decision cannot be changed")]
    Conflict {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
    /// A younger writer of the same seat has written.
    #[error(
        "{seat}: epoch {}.{} was replaced by {}.{}: a replaced actor woke up late, and wrote nothing",
        mine.generation, mine.incarnation, stored.generation, stored.incarnation
    )]
    Fenced {
        /// Whose writes are fenced.
        seat: String,
        /// The refused epoch.
        mine: Epoch,
        /// The youngest so far.
        stored: Epoch,
    },
    /// Any other failure of a statement: a mistake in this program.
    #[error("the database refused a statement: {0}")]
    Query(diesel::result::Error),
    /// No connection could be had from the pool.
    #[error("no database connection became free: {0}")]
    Pool(String),
}

impl From<diesel::result::Error> for StoreError {
    fn from(e: diesel::result::Error) -> StoreError {
        StoreError::of_message(&e.to_string()).unwrap_or(StoreError::Query(e))
    }
}

impl StoreError {
    /// 3 when the database as such cannot be used, 1 for a fault of the program or of its moment.
    pub fn exit_code(&self) -> u8 {
        match self {
            StoreError::Open { reason, .. } => reason.exit_code(),
            StoreError::Locked
            | StoreError::Corrupt(_)
            | StoreError::Disk(_)
            | StoreError::NewerSchema { .. }
            | StoreError::OlderSchema { .. } => 3,
            StoreError::Row { .. }
            | StoreError::Conflict { .. }
            | StoreError::Fenced { .. }
            | StoreError::Query(_)
            | StoreError::Pool(_) => 1,
        }
    }

    /// SQLite tells these apart by number, diesel passes on only the text.
    pub(super) fn of_message(message: &str) -> Option<StoreError> {
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if says(&[
            "database is locked",
            "database table is locked",
            "database schema is locked",
        ]) {
            Some(StoreError::Locked)
        } else if says(&["not a database", "malformed"]) {
            Some(StoreError::Corrupt(message.to_owned()))
        } else if says(&[
            "disk I/O",
            "disk is full",
            "readonly database",
            "unable to open database",
        ]) {
            Some(StoreError::Disk(message.to_owned()))
        } else {
            None
        }
    }

    pub(super) fn opening(path: &std::path::Path, message: &str) -> StoreError {
        let reason = StoreError::of_message(message).unwrap_or_else(|| StoreError::Disk(message.to_owned()));
        reason.at(path)
    }

    pub(super) fn at(self, path: &std::path::Path) -> StoreError {
        StoreError::Open {
            path: path.to_owned(),
            reason: Box::new(self),
        }
    }
}
