//! `huddle data`: files into the database, and what is in it. Text for people, or one JSON object with `--json`.

mod print;
#[cfg(test)]
mod tests;

use super::output::emit;
use crate::actor::{AskError, How};
use crate::home::{Home, HomeError};
use crate::store::imports::{self, ImportError, ImportReport};
use crate::store::keeper::{Database, Do, Work};
use crate::store::{Conn, Store, StoreError, quarantine, status};
use crate::supervision::{ChildSpec, Root};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The verbs below `huddle data`.
#[derive(Clone, Debug, Subcommand)]
pub enum DataCommand {
    /// Bring games, results, odds, weather, injuries and news from their services.
    Sync(super::sync::SyncArgs),
    /// Read a file of games, odds or team statistics into the database, all of it or nothing.
    Import(ImportArgs),
    /// Show what is stored, what is missing, and how old it is.
    Status(StatusArgs),
    /// List rows that were left out, with file, line and reason.
    Quarantine(QuarantineArgs),
}

/// Arguments of `huddle data import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// What the file holds.
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// The file; for odds, openers and bookmakers' closes are told apart by their columns.
    pub file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// nflverse's games.csv.
    Games,
    /// Openers or bookmakers' closes.
    Odds,
    /// nflverse's statistics of teams by week.
    TeamStats,
}

/// Arguments of `huddle data status`.
#[derive(Clone, Copy, Debug, Args)]
pub struct StatusArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `huddle data quarantine`.
#[derive(Clone, Copy, Debug, Args)]
pub struct QuarantineArgs {
    /// Show at most this many entries.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// How a verb ended when it did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Every row was refused.
    NothingUsable,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::NothingUsable => 5,
        }
    }
}

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The path names no file.
    #[error("{}: there is no such file: check the path", .0.display())]
    NoFile(PathBuf),
    /// The path names a directory.
    #[error("{}: this is a directory: name a CSV file", .0.display())]
    Directory(PathBuf),
    /// The file cannot be read.
    #[error("{}: the file cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any file of its kind.
    #[error("{}: the file is larger than {} MiB: this is no file huddle can read", .0.display(), MAX_FILE_BYTES >> 20)]
    TooLarge(PathBuf),
    /// The file's contents were refused, or the database failed on them.
    #[error("{}: not imported: {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ImportError,
    },
    /// The home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database actor was lost, or did not answer in time; what it did not finish is rolled back.
    #[error("the database actor did not answer: {0}")]
    Actor(#[source] AskError),
    /// The output could not be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl DataError {
    /// 2 for a path that is no file, 3 for a home that cannot be used, 5 for data that cannot be used, 6 without a
    /// database, 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            DataError::NoFile(_) | DataError::Directory(_) => 2,
            DataError::Unreadable { .. } | DataError::TooLarge(_) => 5,
            DataError::Import { source, .. } => match source {
                ImportError::Sheet(_) | ImportError::NotOdds { .. } => 5,
                ImportError::Store(e) => e.exit_code(),
            },
            DataError::Home(HomeError::NoDatabase(_)) => 6,
            DataError::Home(_) => 3,
            DataError::Store(e) => e.exit_code(),
            DataError::Actor(_) | DataError::Output(_) => 1,
        }
    }
}

/// 256 MiB: forty times all seasons of every file there is, and little enough to hold in memory.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Runs a verb. `now` is when it happens; the result goes to `out`.
///
/// # Errors
/// [`DataError`]; then nothing was changed, unless it is [`DataError::Output`]: an import is stored before it is told of.
pub fn run(
    command: &DataCommand,
    home: &Home,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<Exit, DataError> {
    match command {
        // It needs the house, which the verbs below do without.
        DataCommand::Sync(_) => {}
        DataCommand::Import(args) => {
            let report = import(args.kind, &args.file, home, now)?;
            emit(args.json, out, &report, |out| print::report(out, &report))?;
            let stored = |c: imports::Counts| c.new + c.changed + c.unchanged;
            let n_stored = [report.games, report.quotes, report.team_weeks].map(stored);
            if report.n_rows > 0 && n_stored.iter().sum::<u64>() == 0 {
                return Ok(Exit::NothingUsable);
            }
        }
        DataCommand::Status(args) => {
            let mut conn = Store::open(&home.existing_database()?)?.conn()?;
            let status = status::status(&mut conn, now)?;
            emit(args.json, out, &status, |out| print::status(out, &status))?;
        }
        DataCommand::Quarantine(args) => {
            let mut conn = Store::open(&home.existing_database()?)?.conn()?;
            let listing = Listing {
                n_quarantined: quarantine::count(&mut conn)?,
                entries: quarantine::list(&mut conn, args.limit)?,
            };
            emit(args.json, out, &listing, |out| print::quarantine(out, &listing))?;
        }
    }
    Ok(Exit::Done)
}

/// What `huddle data quarantine` shows.
#[derive(Clone, Debug, Serialize)]
struct Listing {
    n_quarantined: u64,
    entries: Vec<quarantine::Quarantined>,
}

/// A file to be read into the database by the database actor.
struct ImportFile {
    kind: ImportKind,
    name: String,
    bytes: Vec<u8>,
    now: DateTime<Utc>,
}

impl Work for ImportFile {
    /// A file that is refused is an answer, not a failure of the database.
    type Output = Result<ImportReport, ImportError>;

    fn run(self, conn: &mut Conn) -> Result<Self::Output, StoreError> {
        Ok(match self.kind {
            ImportKind::Games => imports::games_file(conn, &self.name, &self.bytes, self.now),
            ImportKind::Odds => imports::odds_file(conn, &self.name, &self.bytes, self.now),
            ImportKind::TeamStats => imports::team_stats_file(conn, &self.name, &self.bytes, self.now),
        })
    }
}

/// The largest file takes seconds to store in a debug build on a busy machine.
const IMPORT_PATIENCE: Duration = Duration::from_secs(600);

/// The file is read and its size checked before the home is touched, so a wrong path leaves no folders behind.
fn import(kind: ImportKind, path: &Path, home: &Home, now: DateTime<Utc>) -> Result<ImportReport, DataError> {
    let bytes = read_file(path)?;
    let _lock = home.lock()?;
    let store = Store::open(&home.database())?;
    let name = path
        .file_name()
        .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy())
        .into_owned();
    let work = ImportFile { kind, name, bytes, now };
    let outcome = actix_rt::System::new().block_on(async {
        let (child, database) = ChildSpec::of::<Database>("database", store);
        let root = Root::start(vec![child]);
        let outcome = database.ask(Do(work), How::within(IMPORT_PATIENCE)).await;
        root.shutdown(SHUTDOWN_PATIENCE).await;
        outcome
    });
    outcome.map_err(DataError::Actor)??.map_err(|source| DataError::Import {
        path: path.to_owned(),
        source,
    })
}

/// Nothing is left to do when the import has answered.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => DataError::NoFile(path.to_owned()),
        _ => DataError::Unreadable {
            path: path.to_owned(),
            source,
        },
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(DataError::Directory(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    // The bound holds while reading, because a pipe or a growing file has no honest size.
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(DataError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}
