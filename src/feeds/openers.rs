//! Opening lines, one row a game, with the nflverse sign (a positive spread favours the home team).

use super::odds::{self, OddsRow};
use super::sheet::{self, SheetError};
use super::{Facts, FileKind, Parsed, Times};
use crate::domain::game::GameId;
use crate::domain::quote::{Book, Market, Moment};
use std::collections::BTreeMap;

/// Columns a file of openers must have; others are ignored and the order is free.
pub const COLUMNS: [&str; 10] = [
    "game_id",
    "open_spread",
    "open_home_spread_price",
    "open_away_spread_price",
    "open_total",
    "open_over_price",
    "open_under_price",
    "open_home_ml",
    "open_away_ml",
    "open_source",
];

/// Reads the rows. The source column becomes the book.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn parse(bytes: &[u8]) -> Result<Parsed<OddsRow>, SheetError> {
    odds::parse(bytes, FileKind::Openers, &COLUMNS, |row| {
        let game_id = GameId::new(row.need("game_id")?);
        let book = Book::new(row.need("open_source")?);
        let spread = ("open_home_spread_price", "open_away_spread_price");
        let total = ("open_over_price", "open_under_price");
        Ok(odds::collect(
            game_id,
            book,
            [
                odds::market(row, Market::Spread, Some("open_spread"), spread.0, spread.1),
                odds::market(row, Market::Total, Some("open_total"), total.0, total.1),
                odds::market(row, Market::Moneyline, None, "open_home_ml", "open_away_ml"),
            ],
        ))
    })
}

/// Turns rows into opening quotes, known from the Tuesday noon of their game's week on.
pub fn facts(parsed: Parsed<OddsRow>, times: &BTreeMap<GameId, Times>) -> Facts {
    odds::facts(parsed, Moment::Open, times)
}

/// A whole file: opening quotes, known from the Tuesday noon of their game's week on.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn read(bytes: &[u8], times: &BTreeMap<GameId, Times>) -> Result<Facts, SheetError> {
    let mut facts = facts(parse(bytes)?, times);
    sheet::fill_raw(bytes, &mut facts.rejected);
    Ok(facts)
}
