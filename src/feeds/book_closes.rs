//! The last line of each bookmaker before kickoff, one row a game and book. The file states the home *handicap*: the
//! home team gives points when it is negative, so the spread is its opposite.

use super::market::Raw;
use super::odds::{self, OddsRow};
use super::sheet::{self, Row, SheetError};
use super::{Facts, FileKind, Parsed, Times};
use crate::domain::game::GameId;
use crate::domain::quote::{Book, Market, Moment};
use std::collections::BTreeMap;

/// Columns a file of closes must have; others are ignored and the order is free.
pub const COLUMNS: [&str; 12] = [
    "game_id",
    "book",
    "home_line",
    "home_spread_price",
    "away_spread_price",
    "away_line",
    "home_ml",
    "away_ml",
    "total",
    "over_price",
    "under_price",
    "suspect",
];

/// Reads the rows; those marked as suspect are rejected.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn parse(bytes: &[u8]) -> Result<Parsed<OddsRow>, SheetError> {
    odds::parse(bytes, FileKind::BookCloses, &COLUMNS, |row| {
        let game_id = GameId::new(row.need("game_id")?);
        let book = Book::new(row.need("book")?);
        match row.need("suspect")? {
            "0" => {}
            "1" => return Err(row.reject("suspect", "stale or live line (suspect=1)".to_owned())),
            other => return Err(row.reject("suspect", format!("neither 0 nor 1: `{other}`"))),
        }
        Ok(odds::collect(
            game_id,
            book,
            [
                spread(row).map_err(|reason| (Market::Spread, reason)),
                odds::market(row, Market::Total, Some("total"), "over_price", "under_price"),
                odds::market(row, Market::Moneyline, None, "home_ml", "away_ml"),
            ],
        ))
    })
}

/// Turns rows into closing quotes, known from kickoff on.
pub fn facts(parsed: Parsed<OddsRow>, times: &BTreeMap<GameId, Times>) -> Facts {
    odds::facts(parsed, Moment::Close, times)
}

/// A whole file: closing quotes, known from kickoff on.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used.
pub fn read(bytes: &[u8], times: &BTreeMap<GameId, Times>) -> Result<Facts, SheetError> {
    let mut facts = facts(parse(bytes)?, times);
    sheet::fill_raw(bytes, &mut facts.rejected);
    Ok(facts)
}

fn spread(row: &Row<'_>) -> Result<Raw, String> {
    let prices = ("home_spread_price", "away_spread_price");
    let raw = odds::market(row, Market::Spread, Some("home_line"), prices.0, prices.1).map_err(|(_, why)| why)?;
    let away = row
        .number("away_line")
        .map_err(|r| format!("{}: column away_line", r.reason))?;
    match (raw.line, away) {
        (None, None) => Ok(raw),
        (Some(home), Some(away)) if home == -away => Ok(Raw {
            line: Some(away),
            ..raw
        }),
        (Some(home), Some(away)) => Err(format!("handicaps are not opposites: home {home}, away {away}")),
        (Some(_), None) => Err("handicap of one team only: away_line is empty".to_owned()),
        (None, Some(_)) => Err("handicap of one team only: home_line is empty".to_owned()),
    }
}
