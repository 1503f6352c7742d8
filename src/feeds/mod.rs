//! Bytes of other people's files in, facts of the domain out; nothing here opens a file, a socket or a database.
//!
//! Files end in [`Facts`]; the answers of services in [`Parsed`] rows, each with its place in the answer's array, counted
//! from 1. A service's adapter also builds the [`crate::api::Call`]s it reads the answers of.
//!
//! A feed never guesses. What is wrong in a known way is put right and counted ([`Corrections`]); what is wrong in any
//! other way is left out and shown with its line ([`Rejected`]); a file that is wrong as a whole is refused
//! ([`sheet::SheetError`]), so that half of it cannot pass for all of it.

pub mod book_closes;
pub mod error;
pub mod espn;
mod json;
pub mod kickoffs;
mod market;
pub mod nflverse;
pub mod nflverse_games;
pub mod nws;
pub mod odds;
pub mod odds_api;
pub mod offers;
pub mod open_meteo;
pub mod openers;
pub mod sanity;
pub mod sheet;
pub mod sources;
pub mod team_stats;
#[cfg(test)]
mod tests;
mod units;

pub use error::FeedError;

use crate::domain::game::Game;
use crate::domain::quote::Quote;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The files Huddle can read, told apart by their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// nflverse's `games.csv`: schedules, results and reference closing lines.
    Games,
    /// Opening lines, one row a game.
    Openers,
    /// Closing lines, one row a game and bookmaker.
    BookCloses,
    /// nflverse's statistics of teams by week.
    TeamStats,
}

impl FileKind {
    /// The name under which imports of this kind are recorded: `games`, `openers`, `book_closes` or `team_stats`.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Games => "games",
            FileKind::Openers => "openers",
            FileKind::BookCloses => "book_closes",
            FileKind::TeamStats => "team_stats",
        }
    }

    /// Which file a header belongs to, judged by two columns no other file has.
    pub fn of_header(columns: &[&str]) -> Option<FileKind> {
        let has = |name: &str| columns.contains(&name);
        match () {
            () if has("open_spread") || has("open_total") => Some(FileKind::Openers),
            () if has("home_line") || has("suspect") => Some(FileKind::BookCloses),
            () if has("opponent_team") || has("passing_epa") => Some(FileKind::TeamStats),
            () if has("gameday") || has("spread_line") => Some(FileKind::Games),
            () => None,
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FileKind::Games => "nflverse games",
            FileKind::Openers => "openers",
            FileKind::BookCloses => "bookmakers' closes",
            FileKind::TeamStats => "nflverse team statistics",
        })
    }
}

/// A row, or one market of a row, that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Line in the file, from 1; the header is line 1. In a service's answer, the place in its array, from 1.
    pub line: u64,
    /// The game the row speaks of, when that much could be read.
    pub game_id: Option<String>,
    /// The column or market at fault; `row` when it is the row as such.
    pub field: String,
    /// Why. Up to the first `": "` the text is the same for all rejections of one kind; what follows is about this row.
    pub reason: String,
    /// The row as it stands in the file, at most [`Rejected::RAW_CHARS`] characters.
    pub raw: String,
}

impl Rejected {
    /// A longer row is cut: what is wrong with it can be seen from its beginning, and a 256 MiB line must not be stored.
    pub const RAW_CHARS: usize = 2_000;

    /// The part of the reason that is common to its kind: what rejections are counted by.
    pub fn kind(&self) -> &str {
        kind_of(&self.reason)
    }
}

/// The part of a reason before its first `": "`.
pub fn kind_of(reason: &str) -> &str {
    reason.split_once(": ").map_or(reason, |(kind, _)| kind)
}

/// How often one kind of correction was made, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// Number of rows.
    pub count: u64,
    /// The first [`Correction::EXAMPLES`] lines.
    pub lines: Vec<u64>,
}

impl Correction {
    /// Enough lines to look the matter up; the count says the rest.
    pub const EXAMPLES: usize = 5;
}

/// What was put right while reading, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Corrections(pub BTreeMap<&'static str, Correction>);

impl Corrections {
    /// Counts one correction at a line.
    pub fn note(&mut self, kind: &'static str, line: u64) {
        let entry = self.0.entry(kind).or_default();
        entry.count += 1;
        if entry.lines.len() < Correction::EXAMPLES {
            entry.lines.push(line);
        }
    }

    /// How often a kind of correction was made.
    pub fn count(&self, kind: &str) -> u64 {
        self.0.get(kind).map_or(0, |c| c.count)
    }
}

/// The rows of a file or an answer, each with its line or place, before anything is concluded from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// Rows that could be read, with their line.
    pub rows: Vec<(u64, T)>,
    /// What could not.
    pub rejected: Vec<Rejected>,
    /// What was put right while reading.
    pub corrected: Corrections,
    /// Rows in the file, read or not; the header is none. In a service's answer always rows and rejections together.
    pub n_rows: u64,
}

/// What a file says, ready to be stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Rows in the file, usable or not; the header is none.
    pub n_rows: u64,
    /// Games, each once.
    pub games: Vec<Game>,
    /// Quotes, at most one a game, book, market and moment.
    pub quotes: Vec<Quote>,
    /// What was left out, by line.
    pub rejected: Vec<Rejected>,
    /// What was put right.
    pub corrected: Corrections,
}

/// The two instants of a stored game that odds files are dated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When the openers of its week count as published.
    pub opens_at: DateTime<Utc>,
    /// Kickoff.
    pub kickoff: DateTime<Utc>,
}
