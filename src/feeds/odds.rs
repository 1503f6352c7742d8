//! What the two odds files have in common: they speak of games by name only, so their quotes are dated by the stored
//! fixture, and a row about an unknown game cannot be dated at all.

use super::market::{Checked, Raw};
use super::{Corrections, Facts, Parsed, Rejected, Times};
use crate::domain::game::GameId;
use crate::domain::quote::{Book, Market, Moment, Quote};
use std::collections::BTreeMap;

/// A game's markets as one source states them.
#[derive(Clone, Debug, PartialEq)]
pub struct OddsRow {
    /// The game's name in nflverse form.
    pub game_id: GameId,
    /// Bookmaker or feed.
    pub book: Book,
    /// The cells of each market, wrong ones included: what a leak check changes.
    pub(crate) markets: Vec<Raw>,
    /// Markets that could not be read, with the reason.
    pub(super) unreadable: Vec<(Market, String)>,
}

/// Dates the rows by their games. Rows about games that are not stored are rejected, as is the second of two rows about
/// one game and book, unless it repeats the first, which is counted.
pub(super) fn facts(parsed: Parsed<OddsRow>, moment: Moment, times: &BTreeMap<GameId, Times>) -> Facts {
    let mut facts = Facts {
        n_rows: parsed.n_rows,
        rejected: parsed.rejected,
        corrected: parsed.corrected,
        ..Facts::default()
    };
    let mut seen: BTreeMap<(GameId, Book), (u64, OddsRow)> = BTreeMap::new();
    for (line, row) in parsed.rows {
        let key = (row.game_id.clone(), row.book.clone());
        if let Some((first, earlier)) = seen.get(&key) {
            let same = *earlier == row;
            let reason =
                format!("contradicts an earlier row: line {first} has other numbers for this game and book");
            repeated(&mut facts, line, &row.game_id, same, reason);
            continue;
        }
        match times.get(&row.game_id) {
            Some(times) => facts.add(line, &row, moment, *times),
            None => {
                let reason = "unknown game; import games first".to_owned();
                facts.rejected.push(rejection(line, &row.game_id, "game_id", reason));
            }
        }
        seen.insert(key, (line, row));
    }
    facts
}

/// Counts a row that repeats an earlier one, or rejects it for contradicting it.
pub(super) fn repeated(facts: &mut Facts, line: u64, game: &GameId, same: bool, reason: String) {
    if same {
        facts.corrected.note(REPEATED, line);
    } else {
        facts.rejected.push(rejection(line, game, "row", reason));
    }
}

/// The kind under which repeated rows are counted.
pub const REPEATED: &str = "identical row repeated, second one skipped";

/// A rejection made after the row's text was let go; [`super::sheet::fill_raw`] adds it.
pub(super) fn rejection(line: u64, game: &GameId, field: &str, reason: String) -> Rejected {
    Rejected {
        line,
        game_id: Some(game.as_str().to_owned()),
        field: field.to_owned(),
        reason,
        raw: String::new(),
    }
}

impl Facts {
    fn add(&mut self, line: u64, row: &OddsRow, moment: Moment, times: Times) {
        let as_of = match moment {
            Moment::Open => times.opens_at,
            Moment::Live | Moment::Close => times.kickoff,
        };
        for (market, reason) in &row.unreadable {
            let entry = rejection(line, &row.game_id, market.name(), reason.clone());
            self.rejected.push(entry);
        }
        for raw in &row.markets {
            match raw.check() {
                Ok(None) => {}
                Ok(Some(checked)) => self.quotes.push(quote(&row.game_id, &row.book, checked, moment, as_of)),
                Err(reason) => self
                    .rejected
                    .push(rejection(line, &row.game_id, raw.market.name(), reason)),
            }
        }
    }
}

pub(super) fn quote(
    game: &GameId,
    book: &Book,
    checked: Checked,
    moment: Moment,
    as_of: chrono::DateTime<chrono::Utc>,
) -> Quote {
    Quote {
        game: game.clone(),
        book: book.clone(),
        market: checked.market,
        line: checked.line,
        first: checked.first,
        second: checked.second,
        as_of,
        moment,
    }
}

/// Reads one market's cells; what cannot be read makes the market unreadable and leaves the row's others alone.
pub(super) fn market(
    row: &super::sheet::Row<'_>,
    market: Market,
    line: Option<&str>,
    first: &str,
    second: &str,
) -> Result<Raw, (Market, String)> {
    let number = |column: &str| {
        row.number(column)
            .map_err(|r| (market, format!("{}: column {column}", r.reason)))
    };
    Ok(Raw {
        market,
        line: line.map(number).transpose()?.flatten(),
        first: number(first)?,
        second: number(second)?,
    })
}

/// Sorts readings of markets into those that could be read and those that could not.
pub(super) fn collect(
    game_id: GameId,
    book: Book,
    read: impl IntoIterator<Item = Result<Raw, (Market, String)>>,
) -> OddsRow {
    let mut row = OddsRow {
        game_id,
        book,
        markets: Vec::new(),
        unreadable: Vec::new(),
    };
    for outcome in read {
        match outcome {
            Ok(raw) => row.markets.push(raw),
            Err(bad) => row.unreadable.push(bad),
        }
    }
    row
}

/// Runs a row reader over a whole file.
pub(super) fn parse(
    bytes: &[u8],
    kind: super::FileKind,
    needed: &[&'static str],
    read_row: impl Fn(&super::sheet::Row<'_>) -> Result<OddsRow, Rejected>,
) -> Result<Parsed<OddsRow>, super::sheet::SheetError> {
    let mut rows = Vec::new();
    let (rejected, n_rows) = super::sheet::read(bytes, kind, needed, |row| {
        rows.push((row.line, read_row(row)?));
        Ok(())
    })?;
    Ok(Parsed {
        rows,
        rejected,
        corrected: Corrections::default(),
        n_rows,
    })
}
