//! Everything Huddle keeps, in one SQLite file: facts, decisions and the journal.
//!
//! Only SQL that diesel also compiles on a `MultiConnection` is used, so that another backend stays one enum away:
//! upserts read first and write what differs, in one immediate transaction, and can be repeated without effect.

pub mod api;
mod bus;
pub mod cursors;
pub mod decisions;
pub mod error;
pub mod facts;
pub mod fences;
pub mod games;
pub mod imports;
pub mod journal;
pub mod keeper;
pub mod kpis;
pub mod letters;
pub mod memories;
pub mod model_calls;
pub mod quarantine;
pub mod quotes;
pub mod research;
pub mod rounds;
pub mod rows;
pub mod schema;
pub mod slots;
pub mod status;
pub mod stock;
pub mod team;
#[cfg(test)]
mod tests;
pub mod trials;
pub mod upkeep;

pub use error::StoreError;

use crate::domain::archive::{Archive, Told};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The connection every query function takes.
pub type Conn = SqliteConnection;
/// A connection on loan from the pool.
pub type Loan = PooledConnection<ConnectionManager<Conn>>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How the database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How long a statement waits for another writer.
    pub busy_timeout_ms: u32,
    /// One writer and a few readers; WAL lets readers go on while one writes.
    pub n_connections: u32,
    /// Pages of 4 KiB the file may grow to; above that writing fails as on a full disk. None for what the disk has.
    pub max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            busy_timeout_ms: 5_000,
            n_connections: 4,
            max_pages: None,
        }
    }
}

/// The open database.
#[derive(Clone)]
pub struct Store {
    pool: Pool<ConnectionManager<Conn>>,
}

/// What storing a row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    /// It was not there before.
    New,
    /// It was there just so.
    Unchanged,
    /// It was there with other contents, which were replaced.
    Revised,
}

impl Store {
    /// Opens or creates a database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`] with the file and the reason: locked, damaged, newer schema, disk.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, StoreOptions::default())
    }

    /// [`Store::open`] with other options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(path: &Path, options: StoreOptions) -> Result<Store, StoreError> {
        let url = path.to_string_lossy();
        // One connection switches to WAL and migrates before there are others: several that switch a fresh file at
        // once get "database is locked", whatever the timeout.
        let mut first = Conn::establish(&url).map_err(|e| StoreError::opening(path, &e.to_string()))?;
        prepare(&mut first, options).map_err(|e| StoreError::from(e).at(path))?;
        migrate(&mut first).map_err(|e| e.at(path))?;
        drop(first);
        let pool = Pool::builder()
            .max_size(options.n_connections)
            .min_idle(Some(1))
            .connection_timeout(Duration::from_millis(u64::from(options.busy_timeout_ms) * 2))
            .connection_customizer(Box::new(options))
            .build(ConnectionManager::new(url))
            .map_err(|e| StoreError::opening(path, &e.to_string()))?;
        Ok(Store { pool })
    }

    /// Opens a database for reading alone: nothing is created, migrated or written, and somebody else may write meanwhile.
    ///
    /// # Errors
    /// As [`Store::open`], and [`StoreError::OlderSchema`] when the database was not opened for writing since this version
    /// was installed.
    pub fn read_only(path: &Path) -> Result<Conn, StoreError> {
        let escaped: String = path.to_string_lossy().chars().map(escape).collect();
        let mut conn = Conn::establish(&format!("file:{escaped}?mode=ro"))
            .map_err(|e| StoreError::opening(path, &e.to_string()))?;
        let ms = StoreOptions::default().busy_timeout_ms;
        let set = conn.batch_execute(&format!("PRAGMA busy_timeout = {ms}; PRAGMA query_only = ON;"));
        set.map_err(|e| StoreError::from(e).at(path))?;
        let Versions { known, found } = versions(&mut conn).map_err(|e| e.at(path))?;
        if found < known {
            return Err(StoreError::OlderSchema { found, known }.at(path));
        }
        Ok(conn)
    }

    /// A connection, as soon as one is free.
    ///
    /// # Errors
    /// [`StoreError::Pool`] when none became free in time.
    pub fn conn(&self) -> Result<Loan, StoreError> {
        self.pool.get().map_err(|e| StoreError::Pool(e.to_string()))
    }
}

impl StoreOptions {
    /// FULL syncs the disk at each commit, because what is acknowledged must survive a power cut; NORMAL may lose the last
    /// commits then.
    fn pragmas(self) -> String {
        let ms = self.busy_timeout_ms;
        let size = self
            .max_pages
            .map_or_else(String::new, |n| format!(" PRAGMA max_page_count = {n};"));
        format!("PRAGMA busy_timeout = {ms}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;{size}")
    }
}

impl CustomizeConnection<Conn, diesel::r2d2::Error> for StoreOptions {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(&self.pragmas())
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

fn prepare(conn: &mut Conn, options: StoreOptions) -> QueryResult<()> {
    conn.batch_execute(&options.pragmas())?;
    conn.batch_execute("PRAGMA journal_mode = WAL;")
}

/// A character of a file name as it stands in a URI.
fn escape(c: char) -> String {
    match c {
        '%' | '?' | '#' => format!("%{:02X}", u32::from(c)),
        _ => c.to_string(),
    }
}

/// The newest migration this program knows and the newest one in a database.
struct Versions {
    known: String,
    found: String,
}

fn unmigrated(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    let text = error.to_string();
    StoreError::of_message(&text).unwrap_or(StoreError::Disk(text))
}

fn versions(conn: &mut Conn) -> Result<Versions, StoreError> {
    let known = diesel::migration::MigrationSource::<diesel::sqlite::Sqlite>::migrations(&MIGRATIONS)
        .map_err(unmigrated)?
        .iter()
        .map(|m| m.name().version().to_string())
        .max()
        .unwrap_or_default();
    let applied = conn.applied_migrations().map_err(unmigrated)?;
    let found = applied.iter().map(ToString::to_string).max().unwrap_or_default();
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    Ok(Versions { known, found })
}

fn migrate(conn: &mut Conn) -> Result<(), StoreError> {
    versions(conn)?;
    conn.run_pending_migrations(MIGRATIONS).map_err(unmigrated)?;
    Ok(())
}

/// One transaction that takes the write lock at once, so that it never fails half way for a lock; within another one, a
/// part of that, which can be taken back alone.
fn immediate<T, E: From<diesel::result::Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    // SQLite takes some transactions back by itself, on a full disk for one. Taking them back again fails, and the error of
    // that would hide the reason.
    let mut reason = None;
    let work = |conn: &mut Conn| {
        work(conn).map_err(|error| {
            reason = Some(error);
            E::from(diesel::result::Error::RollbackTransaction)
        })
    };
    let done = if depth(conn)? > 0 {
        conn.transaction(work)
    } else {
        conn.immediate_transaction(work)
    };
    done.map_err(|error| reason.unwrap_or(error))
}

/// How many transactions a connection is in, one within another.
fn depth(conn: &mut Conn) -> Result<u32, diesel::result::Error> {
    let depth = AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?;
    Ok(depth.map_or(0, u32::from))
}

/// Every stored game and quote.
///
/// # Errors
/// [`StoreError`] when reading fails or a row makes no sense.
pub fn load_archive(conn: &mut Conn) -> Result<Archive, StoreError> {
    conn.transaction(|conn| {
        let archive = Archive::new(games::all(conn)?, quotes::all(conn)?);
        Ok(archive.with(told(conn)?))
    })
}

/// Games and prices of past seasons, read once by whoever reads the archive again and again.
#[derive(Clone, Debug)]
pub struct Past {
    season: u16,
    archive: Arc<Archive>,
}

impl Past {
    /// Everything before a season.
    ///
    /// # Errors
    /// [`StoreError`] when reading fails or a row makes no sense.
    pub fn before(conn: &mut Conn, season: u16) -> Result<Past, StoreError> {
        conn.transaction(|conn| {
            let quotes = quotes::around(conn, season, quotes::Part::Before)?;
            let archive = Archive::new(games::around(conn, season, quotes::Part::Before)?, quotes);
            let archive = Arc::new(archive);
            Ok(Past { season, archive })
        })
    }

    /// Every stored game and quote, those of the past as they were read.
    ///
    /// # Errors
    /// [`StoreError`] when reading fails or a row makes no sense.
    pub fn load_archive(&self, conn: &mut Conn) -> Result<Archive, StoreError> {
        conn.transaction(|conn| {
            let quotes = quotes::around(conn, self.season, quotes::Part::From)?;
            let games = games::around(conn, self.season, quotes::Part::From)?;
            Ok(Archive::grown(&self.archive, games, quotes).with(told(conn)?))
        })
    }

    /// The first season that is read anew.
    pub fn season(&self) -> u16 {
        self.season
    }
}

/// What services told beside games and quotes.
fn told(conn: &mut Conn) -> Result<Told, StoreError> {
    Ok(Told {
        team_weeks: facts::team_weeks::all(conn)?,
        forecasts: facts::weather::all(conn)?,
        injuries: facts::injuries::all(conn)?,
        headlines: facts::headlines::newest(conn, facts::headlines::MAX_READ)?,
    })
}

/// Copies a whole database into a new file, as of one instant, beside whoever writes it.
///
/// # Errors
/// [`StoreError`] when the file exists or cannot be written.
pub fn copy_into(conn: &mut Conn, file: &Path) -> Result<(), StoreError> {
    // A connection for reading refuses it, though it writes nothing but the copy.
    conn.batch_execute("PRAGMA query_only = OFF;")?;
    let name = file.to_string_lossy().into_owned();
    let copied = diesel::sql_query("VACUUM INTO ?")
        .bind::<diesel::sql_types::Text, _>(name)
        .execute(conn);
    Ok(copied.map(drop)?)
}

/// SHA-256, in hexadecimal, over all games, quotes and what services told, in canonical order: equal facts give equal
/// hashes, in whatever order and by however many imports they came.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn data_hash(conn: &mut Conn) -> Result<String, StoreError> {
    let (mut games, mut quotes, told) = conn.transaction::<_, StoreError, _>(|conn| {
        Ok((games::records(conn)?, quotes::records(conn)?, told(conn)?))
    })?;
    games.sort_by(|a, b| a.id.cmp(&b.id));
    quotes.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut hasher = Sha256::new();
    let mut add = |fields: Vec<(&'static str, String)>| {
        for (name, value) in fields {
            hasher.update(name);
            hasher.update("=");
            hasher.update(value.replace('\\', "\\\\").replace('\n', "\\n"));
            hasher.update("\n");
        }
    };
    games.iter().for_each(|game| add(game.fields()));
    quotes.iter().for_each(|quote| add(quote.fields()));
    // The debug form is complete and stable within a version of the program, which a trial names beside this hash.
    told.team_weeks
        .iter()
        .for_each(|row| add(vec![("team_week", format!("{row:?}"))]));
    told.forecasts
        .iter()
        .for_each(|row| add(vec![("forecast", format!("{row:?}"))]));
    told.injuries
        .iter()
        .for_each(|row| add(vec![("injury", format!("{row:?}"))]));
    told.headlines
        .iter()
        .for_each(|row| add(vec![("headline", format!("{row:?}"))]));
    Ok(hex(&hasher.finalize()))
}

/// Lower-case hexadecimal SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(half)]));
        }
    }
    text
}
