//! Files that are wrong as files.

use super::{games, games_csv, reasons};
use crate::feeds::sheet::{self, SheetError};
use crate::feeds::{FileKind, book_closes, nflverse_games, openers};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn refusal(bytes: &[u8]) -> String {
    nflverse_games::read(bytes).unwrap_err().to_string()
}

#[test]
fn unusable_files_are_refused_with_advice() {
    assert_eq!(refusal(b""), "the file is empty: download it again");
    assert_eq!(refusal(b" \r\n\n"), "the file is empty: download it again");
    assert_eq!(
        refusal(games_csv(&[]).as_bytes()),
        "the file has a header but no rows: download it again"
    );
    assert_eq!(
        refusal(b"\x1f\x8b\x08,x\n"),
        "line 1 is not UTF-8 text (byte 1): this is no CSV file, or it is still compressed"
    );
    let header = "game_id,open_spread,open_total\n1,2,3\n";
    let message = refusal(header.as_bytes());
    assert!(
        message.starts_with("line 1: a file of nflverse games must have the columns season, game_type, week,"),
        "{message}"
    );
    assert!(
        message.ends_with("stadium, which are missing; this looks like a file of openers"),
        "{message}"
    );
    let message = refusal(b"<!DOCTYPE html>\n<html>\n");
    assert!(
        message.ends_with("this looks like no file huddle can read"),
        "{message}"
    );
    let twice = games_csv(&[&[]]).replace("stadium\n", "temp\n");
    assert!(refusal(twice.as_bytes()).starts_with("line 1: the column temp is there twice"));
}

#[test]
fn a_file_cut_off_in_a_row_is_refused() {
    let text = games_csv(&[&[], &[]]);
    let cut = &text[..text.len() - 60];
    let expected = SheetError::Truncated {
        line: 3,
        found: 23,
        expected: 31,
    };
    assert_eq!(nflverse_games::read(cut.as_bytes()), Err(expected));
    assert!(refusal(cut.as_bytes()).starts_with("the file is cut off: line 3 ends after 23 of 31 fields"));
    // A whole last row without a line end is how some editors save.
    assert_eq!(nflverse_games::read(text.trim_end().as_bytes()).unwrap().games.len(), 1);
}

#[test]
fn bad_rows_do_not_hurt_their_neighbours() {
    let good = games_csv(&[&[]]);
    let row = good.lines().nth(1).unwrap();
    let mut bytes = games_csv(&[]).into_bytes();
    let start = bytes.len();
    bytes.extend_from_slice(b"2020_09_NE_\xff,x\n");
    bytes.extend_from_slice(b"2020_09_NE_NYJ,2020\n");
    bytes.extend_from_slice(format!("{row},extra\n\"unclosed,{row}\n\r\n{row}\r\n").as_bytes());
    let facts = nflverse_games::read(&bytes).unwrap();
    let why = format!("not UTF-8 text: byte {} of the file", start + 11);
    let expected = [
        ("row", why.as_str()),
        ("row", "too few fields: 2 instead of 31"),
        ("row", "too many fields: 32 instead of 31"),
        ("row", "too few fields: 1 instead of 31"),
    ];
    assert_eq!(reasons(&facts), expected);
    assert_eq!(facts.rejected.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(facts.rejected[1].game_id.as_deref(), Some("2020_09_NE_NYJ"));
    assert_eq!((facts.games.len(), facts.n_rows), (1, 5));
}

#[test]
fn order_extra_columns_and_a_byte_order_mark_do_not_matter() {
    let text = games_csv(&[&[]]);
    let turned: String = text
        .lines()
        .map(|line| format!("{},more\n", line.split(',').rev().collect::<Vec<_>>().join(",")))
        .collect();
    let marked = [b"\xef\xbb\xbf", turned.as_bytes()].concat();
    assert_eq!(nflverse_games::read(&marked).unwrap().games, games(&[&[]]).games);
}

#[test]
fn headers_tell_files_apart() {
    let kind =
        |text: &str| FileKind::of_header(&sheet::header(text.as_bytes()).unwrap().iter().collect::<Vec<_>>());
    assert_eq!(kind(&games_csv(&[])), Some(FileKind::Games));
    assert_eq!(kind(&openers::COLUMNS.join(",")), Some(FileKind::Openers));
    assert_eq!(kind(&book_closes::COLUMNS.join(",")), Some(FileKind::BookCloses));
    assert_eq!(kind("a,b"), None);
}

#[test]
fn a_long_row_is_stored_cut() {
    let facts = games(&[&[("stadium", &"x".repeat(5_000)), ("week", "99")]]);
    assert_eq!(facts.rejected[0].raw.chars().count(), 2_000);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = nflverse_games::read(&bytes);
        let _ = openers::read(&bytes, &BTreeMap::new());
        let _ = book_closes::read(&bytes, &BTreeMap::new());
    }

    #[test]
    fn arbitrary_cells_never_panic(
        cells in proptest::collection::vec("[-0-9.:eNAinf_ \"]{0,12}|20[0-9]{2}-1[0-2]-0[1-9]|DEN|KC|REG|Home", 31)
    ) {
        let text = format!("{}{}\n", games_csv(&[]), cells.join(","));
        let facts = nflverse_games::read(text.as_bytes());
        prop_assert!(facts.is_ok_and(|f| f.n_rows <= 1));
    }

    #[test]
    fn one_wild_cell_costs_at_most_its_row(
        column in 0usize..31,
        cell in "[-0-9.:eNAinf]{0,12}|[0-9]{20}|-?1e[0-9]{3}"
    ) {
        let facts = games(&[&[(nflverse_games::COLUMNS[column], cell.as_str())]]);
        prop_assert!(facts.games.len() <= 1 && facts.quotes.len() <= 3);
    }
}
