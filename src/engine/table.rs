//! Everything a strategy can be tried on: the sheets of the three markets as of one moment, with a hash of their content.

use super::sheet::{Sheet, Subject};
use crate::domain::game::SeasonWeek;
use crate::domain::price::Decimal;
use crate::domain::quote::Market;
use crate::strategy::feature::{Feature, Known, Source};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Candidate bets as of a moment. Immutable once made; shared by reference.
#[derive(Clone, Debug)]
pub struct Table {
    at: Known,
    sheets: [Sheet; 3],
    n_quarantined: u64,
    hash: String,
}

/// Why sheets make no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A bet is made while a price is on offer.
    #[error("a table is of the open or of the close: nothing can be bet after the game")]
    Moment,
    /// A sheet at another market's place.
    #[error("sheet {place} is of {found}: give spread, total and moneyline in this order")]
    Order {
        /// Index among the three.
        place: usize,
        /// What was there.
        found: Market,
    },
}

impl Table {
    /// Joins sheets of spread, total and moneyline, in this order. `n_quarantined` counts the markets of games that were
    /// left out because their odds source failed the look-ahead test.
    ///
    /// # Errors
    /// [`TableError`] when a sheet stands at another's place, or the moment is after the game.
    pub fn new(at: Known, sheets: [Sheet; 3], n_quarantined: u64) -> Result<Table, TableError> {
        if at == Known::After {
            return Err(TableError::Moment);
        }
        for (place, (sheet, market)) in sheets.iter().zip(Market::ALL).enumerate() {
            if sheet.market != market {
                let found = sheet.market;
                return Err(TableError::Order { place, found });
            }
        }
        let hash = content_hash(at, &sheets);
        Ok(Table {
            at,
            sheets,
            n_quarantined,
            hash,
        })
    }

    /// When its bets are made.
    pub fn at(&self) -> Known {
        self.at
    }

    /// The candidates of a market.
    pub fn sheet(&self, market: Market) -> &Sheet {
        &self.sheets[market as usize]
    }

    /// Markets of games left out because their odds source failed the look-ahead test.
    pub fn n_quarantined(&self) -> u64 {
        self.n_quarantined
    }

    /// SHA-256 over all cells, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whose opinions there are, ascending: as columns or as probabilities.
    pub fn sources(&self) -> Vec<Source> {
        let mut sources = BTreeSet::new();
        for sheet in &self.sheets {
            sources.extend(sheet.chances.keys().cloned());
            for subject in sheet.subjects.iter() {
                if let Subject::Feature(Feature::Edge(source) | Feature::Value(source)) = subject {
                    sources.insert(source.clone());
                }
            }
        }
        sources.into_iter().collect()
    }

    /// Weeks with games, ascending.
    pub fn weeks(&self) -> Vec<SeasonWeek> {
        let weeks = self
            .sheets
            .iter()
            .flat_map(|sheet| sheet.games.iter().map(|key| key.when));
        weeks.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Seasons with games, ascending.
    pub fn seasons(&self) -> Vec<u16> {
        let mut seasons: Vec<u16> = self.weeks().into_iter().map(|when| when.season).collect();
        seasons.dedup();
        seasons
    }
}

/// Feeds every cell to SHA-256 as fixed-width bytes with lengths before lists, so that no two tables read alike.
fn content_hash(at: Known, sheets: &[Sheet; 3]) -> String {
    let mut hash = Sha256::new();
    let text = |hash: &mut Sha256, text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    let numbers = |hash: &mut Sha256, numbers: &mut dyn Iterator<Item = f64>| {
        for number in numbers {
            hash.update(number.to_bits().to_le_bytes());
        }
    };
    text(&mut hash, at.name());
    for sheet in sheets {
        hash.update((sheet.games.len() as u64).to_le_bytes());
        for key in &sheet.games {
            text(&mut hash, key.game.as_str());
            hash.update(key.when.season.to_le_bytes());
            hash.update([key.when.week]);
            hash.update(key.kickoff.timestamp().to_le_bytes());
        }
        hash.update((sheet.subjects.len() as u64).to_le_bytes());
        for (subject, column) in sheet.subjects.iter().zip(&sheet.columns) {
            text(&mut hash, &subject.name());
            numbers(&mut hash, &mut column.iter().copied());
        }
        hash.update((sheet.chances.len() as u64).to_le_bytes());
        for (source, column) in &sheet.chances {
            text(&mut hash, source.as_str());
            numbers(&mut hash, &mut column.iter().copied());
        }
        for row in 0..sheet.n_rows() {
            hash.update([sheet.settled[row].map_or(0, |settled| 1 + settled as u8)]);
            hash.update(
                sheet.lines[row]
                    .map_or(i32::MIN, |line| i32::from(line.0))
                    .to_le_bytes(),
            );
        }
        let or_none = |x: Option<f64>| x.unwrap_or(f64::NAN);
        numbers(
            &mut hash,
            &mut sheet.prices.iter().map(|p| or_none(p.map(Decimal::get))),
        );
        numbers(&mut hash, &mut sheet.clv.iter().map(|clv| or_none(*clv)));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
