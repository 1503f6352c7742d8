//! All candidate bets of one market as columns: two rows a game, in the order games were played.

use super::bits::Bits;
use super::period::Period;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::Decimal;
use crate::domain::quote::{Market, Side};
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Flag, Source};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a column answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A number.
    Feature(Feature),
    /// A yes (1) or no (0).
    Flag(Flag),
}

impl Subject {
    /// What a condition asks about.
    pub fn of(condition: &Condition) -> Subject {
        match condition {
            Condition::Within { feature, .. } => Subject::Feature(feature.clone()),
            Condition::Is { flag, .. } => Subject::Flag(*flag),
        }
    }

    /// Its word in the language of strategies.
    pub fn name(&self) -> String {
        match self {
            Subject::Feature(feature) => feature.to_string(),
            Subject::Flag(flag) => Condition::Is { flag: *flag, up: true }.to_string(),
        }
    }
}

/// How a bet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settled {
    /// The side won.
    Win,
    /// The side lost.
    Loss,
    /// The result lay on the line: the stake comes back.
    Push,
}

impl Settled {
    /// How the other side of the same line ended.
    pub fn reversed(self) -> Settled {
        match self {
            Settled::Win => Settled::Loss,
            Settled::Loss => Settled::Win,
            Settled::Push => Settled::Push,
        }
    }
}

/// Which game two rows are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The game.
    pub game: GameId,
    /// Its week.
    pub when: SeasonWeek,
    /// Its kickoff.
    pub kickoff: DateTime<Utc>,
}

/// One side of one market of a game, as it goes into a [`SheetBuilder`]. What is not there is missing, and a missing
/// value fulfils no condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Answers, in the units of [`Feature`]; flags as 1 and 0.
    pub values: BTreeMap<Subject, f64>,
    /// How the bet ended; none while it is open.
    pub settled: Option<Settled>,
    /// The price it could be had at.
    pub price: Option<Decimal>,
    /// The line with the archive's sign (spread: positive when the home team is favoured); none for a moneyline.
    pub line: Option<HalfPoints>,
    /// Closing line value: points the line moved towards the side, for a moneyline percentage points of probability.
    pub clv: Option<f64>,
    /// Probability that the side wins given that it does not push, by source.
    pub chances: BTreeMap<Source, f64>,
}

impl Candidate {
    /// Answers a number.
    pub fn with(mut self, feature: Feature, value: f64) -> Candidate {
        self.values.insert(Subject::Feature(feature), value);
        self
    }

    /// Answers a flag.
    pub fn flagged(mut self, flag: Flag, up: bool) -> Candidate {
        self.values.insert(Subject::Flag(flag), f64::from(u8::from(up)));
        self
    }
}

/// Why rows make no sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// A number that is none.
    #[error("{game}: {what} is no finite number; leave a missing value out")]
    NotFinite {
        /// The game.
        game: GameId,
        /// The column.
        what: String,
    },
    /// A probability that is none.
    #[error("{game}: the chance by `{source_name}` lies outside 0..1")]
    NoChance {
        /// The game.
        game: GameId,
        /// Whose.
        source_name: String,
    },
    /// Both sides cannot have won.
    #[error("{0}: the two sides of one line must end contrary, both push, or both be open")]
    Contradiction(GameId),
    /// A game twice.
    #[error("{0} is in the sheet twice")]
    Twice(GameId),
}

/// Collects games in any order and makes a [`Sheet`] of them.
#[derive(Clone, Debug)]
pub struct SheetBuilder {
    market: Market,
    games: Vec<(Key, [Candidate; 2])>,
}

impl SheetBuilder {
    /// A sheet of a market without games.
    pub fn new(market: Market) -> SheetBuilder {
        SheetBuilder {
            market,
            games: Vec::new(),
        }
    }

    /// Adds a game with its two candidates: home or over first, away or under second.
    ///
    /// # Errors
    /// [`SheetError`] names the game and the value that cannot be.
    pub fn game(&mut self, key: Key, sides: [Candidate; 2]) -> Result<(), SheetError> {
        let game = || key.game.clone();
        for side in &sides {
            if let Some((subject, _)) = side.values.iter().find(|(_, value)| !value.is_finite()) {
                let what = subject.name();
                return Err(SheetError::NotFinite { game: game(), what });
            }
            if side.clv.is_some_and(|clv| !clv.is_finite()) {
                let what = "clv".to_owned();
                return Err(SheetError::NotFinite { game: game(), what });
            }
            if let Some((source, _)) = side.chances.iter().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
                let source_name = source.as_str().to_owned();
                return Err(SheetError::NoChance {
                    game: game(),
                    source_name,
                });
            }
        }
        if sides[0].settled.map(Settled::reversed) != sides[1].settled {
            return Err(SheetError::Contradiction(game()));
        }
        self.games.push((key, sides));
        Ok(())
    }

    /// The sheet, with games by kickoff and id.
    ///
    /// # Errors
    /// [`SheetError::Twice`] when a game was added twice.
    pub fn build(mut self) -> Result<Sheet, SheetError> {
        self.games
            .sort_by(|(a, _), (b, _)| (a.kickoff, &a.game).cmp(&(b.kickoff, &b.game)));
        let mut seen = BTreeSet::new();
        if let Some((twice, _)) = self.games.iter().find(|(key, _)| !seen.insert(&key.game)) {
            return Err(SheetError::Twice(twice.game.clone()));
        }
        let rows: Vec<&Candidate> = self.games.iter().flat_map(|(_, sides)| sides).collect();
        let subjects: BTreeSet<&Subject> = rows.iter().flat_map(|row| row.values.keys()).collect();
        let sources: BTreeSet<&Source> = rows.iter().flat_map(|row| row.chances.keys()).collect();
        let missing = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        Ok(Sheet {
            market: self.market,
            columns: subjects
                .iter()
                .map(|subject| rows.iter().map(|row| missing(row.values.get(subject))).collect())
                .collect(),
            subjects: subjects.into_iter().cloned().collect(),
            chances: sources
                .into_iter()
                .map(|source| {
                    let column = rows.iter().map(|row| missing(row.chances.get(source)));
                    (source.clone(), column.collect())
                })
                .collect(),
            settled: rows.iter().map(|row| row.settled).collect(),
            prices: rows.iter().map(|row| row.price).collect(),
            lines: rows.iter().map(|row| row.line).collect(),
            clv: rows.iter().map(|row| row.clv).collect(),
            games: self.games.iter().map(|(key, _)| key.clone()).collect(),
        })
    }
}

/// The candidate bets of one market. Game `g` has row `2g` for home or over and row `2g + 1` for away or under; games are
/// ordered by kickoff and id. Missing numbers are NaN inside and never leave the engine.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub(super) market: Market,
    pub(super) games: Vec<Key>,
    /// What each column answers, ascending.
    pub(super) subjects: Arc<[Subject]>,
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) settled: Vec<Option<Settled>>,
    pub(super) prices: Vec<Option<Decimal>>,
    pub(super) lines: Vec<Option<HalfPoints>>,
    pub(super) clv: Vec<Option<f64>>,
    pub(super) chances: BTreeMap<Source, Vec<f64>>,
}

impl Sheet {
    /// The market.
    pub fn market(&self) -> Market {
        self.market
    }

    /// The games, in order.
    pub fn games(&self) -> &[Key] {
        &self.games
    }

    /// Rows: two a game.
    pub fn n_rows(&self) -> usize {
        2 * self.games.len()
    }

    /// Which side a row is about.
    pub fn side(&self, row: usize) -> Side {
        let first = self.market.first_side();
        if row.is_multiple_of(2) { first } else { first.other() }
    }

    /// What there are columns for, ascending.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// The answer of a row; none when it is missing or there is no such column.
    pub fn value(&self, subject: &Subject, row: usize) -> Option<f64> {
        let column = self.column(subject)?;
        column.get(row).copied().filter(|value| !value.is_nan())
    }

    /// Probability of a row's side given no push, by a source; none when it has none.
    pub fn chance(&self, source: &Source, row: usize) -> Option<f64> {
        let column = self.chances.get(source)?;
        column.get(row).copied().filter(|p| !p.is_nan())
    }

    /// How a row ended; none while it is open.
    pub fn settled(&self, row: usize) -> Option<Settled> {
        self.settled.get(row).copied().flatten()
    }

    /// The price a row could be had at.
    pub fn price(&self, row: usize) -> Option<Decimal> {
        self.prices.get(row).copied().flatten()
    }

    /// The line of a row, with the archive's sign.
    pub fn line(&self, row: usize) -> Option<HalfPoints> {
        self.lines.get(row).copied().flatten()
    }

    /// Closing line value of a row.
    pub fn clv(&self, row: usize) -> Option<f64> {
        self.clv.get(row).copied().flatten()
    }

    /// The rows of a period.
    pub fn period(&self, period: &Period) -> Bits {
        let inside: Vec<bool> = self.games.iter().map(|key| period.contains(key.when)).collect();
        Bits::of(self.n_rows(), |row| inside[row / 2])
    }

    /// Where the column of a subject is.
    pub(super) fn position(&self, subject: &Subject) -> Option<usize> {
        self.subjects.binary_search(subject).ok()
    }

    pub(super) fn column(&self, subject: &Subject) -> Option<&[f64]> {
        self.position(subject).map(|at| self.columns[at].as_slice())
    }
}
