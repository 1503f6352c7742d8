//! A whole file into the database: all of it in one transaction or nothing, twice the same file changes nothing, and
//! every changed value is reported with what stood there before.

use super::schema::imports;
use super::{Conn, StoreError, facts as told, games, quarantine, quotes, sha256};
use crate::feeds::sheet::{self, SheetError};
use crate::feeds::{Corrections, Facts, FileKind, Rejected, book_closes, nflverse_games, openers, team_stats};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;

/// Rows by what storing them did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not there before.
    pub new: u64,
    /// There with other values.
    pub changed: u64,
    /// There just so.
    pub unchanged: u64,
}

/// A stored value that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The game.
    pub game_id: String,
    /// What changed: a column of the game, or book, market, moment and column of a quote.
    pub what: String,
    /// The value before; `none` when there was none.
    pub old: String,
    /// The value now.
    pub new: String,
}

/// Changes, the first [`Diff::SHOWN`] in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    changes: Vec<Change>,
    n_more: u64,
    oldest: Option<u16>,
}

impl Diff {
    /// A season's worth of corrected scores fits; more than that is a different file and its count says enough.
    pub const SHOWN: usize = 500;

    /// Something of a game is new or changed.
    pub(super) fn touch(&mut self, game: &str) {
        // A game's name begins with its season in four digits.
        let season = game.get(..4).and_then(|year| year.parse().ok());
        self.oldest = self.oldest.into_iter().chain(season).min();
    }

    pub(super) fn note(&mut self, game: &str, what: &str, old: &[(&str, String)], new: &[(&str, String)]) {
        self.touch(game);
        for ((column, old), (_, new)) in old.iter().zip(new).filter(|(old, new)| old != new) {
            if self.changes.len() == Diff::SHOWN {
                self.n_more += 1;
                continue;
            }
            self.changes.push(Change {
                game_id: game.to_owned(),
                what: format!("{what}{column}"),
                old: old.clone(),
                new: new.clone(),
            });
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Name of the file as it was given.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What was in it.
    pub kind: FileKind,
    /// Rows in the file.
    pub n_rows: u64,
    /// Games stored; all zero for other files.
    pub games: Counts,
    /// Quotes stored.
    pub quotes: Counts,
    /// Statistics of teams by week stored.
    pub team_weeks: Counts,
    /// Rows and markets left out.
    pub n_quarantined: u64,
    /// The same by reason.
    pub quarantined: Vec<quarantine::ReasonCount>,
    /// What was put right.
    pub corrected: Corrections,
    /// Values that were replaced.
    pub changes: Vec<Change>,
    /// Replaced values beyond those listed.
    pub n_more_changes: u64,
    /// The earliest season with a game or quote that is new or changed.
    #[serde(skip)]
    pub oldest_touched: Option<u16>,
}

/// A row of `imports`: one reading of one file.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = imports)]
pub struct ImportRecord {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// `games`, `openers` or `book_closes`.
    pub kind: String,
    /// Rows in the file.
    pub n_rows: i64,
    /// Games and quotes that were new.
    pub n_new: i64,
    /// Games and quotes that changed.
    pub n_changed: i64,
    /// Games and quotes that did not.
    pub n_unchanged: i64,
    /// Rows and markets left out.
    pub n_quarantined: i64,
    /// What was put right, as JSON.
    pub corrections: String,
    /// When.
    pub at: NaiveDateTime,
}

/// Why a file was not imported; nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be used.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The file holds no odds.
    #[error("line 1: neither the columns of an openers file (open_spread, ...) nor of a file of bookmakers' closes \
             (home_line, ...) are there; {}", match looks_like {
                 Some(FileKind::Games) => format!("this looks like a file of {}: use `huddle data import games FILE`", FileKind::Games),
                 Some(kind) => format!("this looks like a file of {kind}"),
                 None => "this looks like no file huddle can read".to_owned(),
             })]
    NotOdds {
        /// The file its header belongs to, if any.
        looks_like: Option<FileKind>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for ImportError {
    fn from(e: diesel::result::Error) -> ImportError {
        ImportError::Store(e.into())
    }
}

/// Imports a `games.csv`. `name` is what the file is remembered by.
///
/// # Errors
/// [`ImportError`]; then nothing is stored.
pub fn games_file(
    conn: &mut Conn,
    name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<ImportReport, ImportError> {
    let facts = nflverse_games::read(bytes)?;
    let file = SourceFile::of(name, bytes);
    Ok(super::immediate(conn, |conn| {
        apply(conn, FileKind::Games, facts, &file, now)
    })?)
}

/// Imports a file of openers or of bookmakers' closes, told apart by their columns. Games come first: an odds row is
/// dated by its stored game.
///
/// # Errors
/// [`ImportError`]; then nothing is stored.
pub fn odds_file(
    conn: &mut Conn,
    name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<ImportReport, ImportError> {
    let header = sheet::header(bytes)?;
    let columns: Vec<&str> = header.iter().map(str::trim).collect();
    let kind = FileKind::of_header(&columns);
    let file = SourceFile::of(name, bytes);
    super::immediate(conn, |conn| {
        let times = games::times(conn)?;
        let (kind, facts) = match kind {
            Some(FileKind::Openers) => (FileKind::Openers, openers::read(bytes, &times)?),
            Some(FileKind::BookCloses) => (FileKind::BookCloses, book_closes::read(bytes, &times)?),
            looks_like => return Err(ImportError::NotOdds { looks_like }),
        };
        Ok(apply(conn, kind, facts, &file, now)?)
    })
}

/// Imports a file of nflverse's team statistics, of one season or many. The newest numbers stand.
///
/// # Errors
/// [`ImportError`]; then nothing is stored.
pub fn team_stats_file(
    conn: &mut Conn,
    name: &str,
    bytes: &[u8],
    now: DateTime<Utc>,
) -> Result<ImportReport, ImportError> {
    let said = team_stats::parse(bytes)?;
    let file = SourceFile::of(name, bytes);
    let stored = super::immediate(conn, |conn| {
        let team_weeks = told::team_weeks::upsert(conn, &said, now.naive_utc())?;
        let report = ImportReport {
            team_weeks,
            ..ImportReport::of(
                FileKind::TeamStats,
                &file,
                said.n_rows,
                &said.rejected,
                said.corrected.clone(),
            )
        };
        enter(conn, &report, &said.rejected, now)?;
        Ok::<_, StoreError>(report)
    });
    Ok(stored?)
}

/// A file's name and fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name it is remembered by.
    pub name: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl SourceFile {
    /// Takes the fingerprint.
    pub fn of(name: &str, bytes: &[u8]) -> SourceFile {
        SourceFile {
            name: name.to_owned(),
            sha256: sha256(bytes),
        }
    }
}

/// Stores facts that come from no file, such as a simulated league: all of them or none.
///
/// # Errors
/// [`StoreError`] when writing fails; then nothing is stored.
pub fn facts(
    conn: &mut Conn,
    kind: FileKind,
    facts: Facts,
    source: &SourceFile,
    now: DateTime<Utc>,
) -> Result<ImportReport, StoreError> {
    super::immediate(conn, |conn| apply(conn, kind, facts, source, now))
}

/// Stores facts that a feed has read; the caller holds the transaction.
///
/// # Errors
/// [`StoreError`] when writing fails; the caller's transaction must then be rolled back.
pub fn apply(
    conn: &mut Conn,
    kind: FileKind,
    facts: Facts,
    file: &SourceFile,
    now: DateTime<Utc>,
) -> Result<ImportReport, StoreError> {
    let mut diff = Diff::default();
    let games = games::upsert(conn, &facts.games, &mut diff)?;
    let quotes = quotes::upsert(conn, &facts.quotes, &mut diff)?;
    let report = ImportReport {
        games,
        quotes,
        changes: diff.changes,
        n_more_changes: diff.n_more,
        oldest_touched: diff.oldest,
        ..ImportReport::of(kind, file, facts.n_rows, &facts.rejected, facts.corrected)
    };
    enter(conn, &report, &facts.rejected, now)?;
    Ok(report)
}

impl ImportReport {
    /// Nothing stored yet.
    fn of(
        kind: FileKind,
        file: &SourceFile,
        n_rows: u64,
        rejected: &[Rejected],
        corrected: Corrections,
    ) -> ImportReport {
        ImportReport {
            file: file.name.clone(),
            sha256: file.sha256.clone(),
            kind,
            n_rows,
            games: Counts::default(),
            quotes: Counts::default(),
            team_weeks: Counts::default(),
            n_quarantined: rejected.len() as u64,
            quarantined: quarantine::tally(rejected.iter().map(|r| (r.kind(), r.line))),
            corrected,
            changes: Vec::new(),
            n_more_changes: 0,
            oldest_touched: None,
        }
    }
}

/// Enters an import among the imports, and what it left out in the quarantine.
fn enter(
    conn: &mut Conn,
    report: &ImportReport,
    rejected: &[Rejected],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let id = diesel::insert_into(imports::table)
        .values(&record(report, now))
        .returning(imports::id)
        .get_result(conn)?;
    quarantine::replace(conn, id, report.kind.name(), &report.file, rejected)
}

fn record(report: &ImportReport, now: DateTime<Utc>) -> ImportRecord {
    let sum = |a: u64, b: u64| i64::try_from(a.saturating_add(b)).unwrap_or(i64::MAX);
    let all = |of: fn(&Counts) -> u64| of(&report.games) + of(&report.quotes) + of(&report.team_weeks);
    ImportRecord {
        file: report.file.clone(),
        sha256: report.sha256.clone(),
        kind: report.kind.name().to_owned(),
        n_rows: sum(report.n_rows, 0),
        n_new: sum(all(|c| c.new), 0),
        n_changed: sum(all(|c| c.changed), 0),
        n_unchanged: sum(all(|c| c.unchanged), 0),
        n_quarantined: sum(report.n_quarantined, 0),
        corrections: serde_json::to_string(&report.corrected).expect("a map of texts to numbers is JSON"),
        at: now.naive_utc(),
    }
}

/// The latest import of a kind and, where it is given, a name; `None` when there was none.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn last_of(conn: &mut Conn, kind: &str, file: Option<&str>) -> Result<Option<ImportRecord>, StoreError> {
    let mut found = imports::table.filter(imports::kind.eq(kind)).into_boxed();
    if let Some(file) = file {
        found = found.filter(imports::file.eq(file));
    }
    Ok(found
        .order(imports::id.desc())
        .select(ImportRecord::as_select())
        .first(conn)
        .optional()?)
}

/// The latest import, if any.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub fn last(conn: &mut Conn) -> Result<Option<ImportRecord>, StoreError> {
    Ok(imports::table
        .order(imports::id.desc())
        .select(ImportRecord::as_select())
        .first(conn)
        .optional()?)
}
