//! Reading comma-separated files row by row, so that every feed reports line, column and reason in the same words and
//! a file that was cut off on the way is refused by all of them.
//!
//! One line is one row: no file read here has line breaks inside quotes, and reading so keeps a stray quote from
//! swallowing the rest of the file.

use super::{FileKind, Rejected};
use chrono::{NaiveDate, NaiveTime};
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeMap;

/// Why a file is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// No bytes, or nothing but white space.
    #[error("the file is empty: download it again")]
    Empty,
    /// Columns but no rows.
    #[error("the file has a header but no rows: download it again")]
    HeaderOnly,
    /// The first line is no text.
    #[error("line 1 is not UTF-8 text (byte {offset}): this is no CSV file, or it is still compressed")]
    NotText {
        /// Offset of the first bad byte in the file.
        offset: usize,
    },
    /// Columns that are needed are not there.
    #[error(
        "line 1: a file of {wanted} must have the columns {}, which are missing; {}",
        missing.join(", "),
        looks_like.map_or_else(
            || "this looks like no file huddle can read".to_owned(),
            |kind| format!("this looks like a file of {kind}"),
        )
    )]
    MissingColumns {
        /// The file that was expected.
        wanted: FileKind,
        /// The columns it lacks.
        missing: Vec<&'static str>,
        /// The file its header belongs to, if any.
        looks_like: Option<FileKind>,
    },
    /// A needed column stands there twice, and nobody can say which one is meant.
    #[error("line 1: the column {0} is there twice: remove one")]
    RepeatedColumn(&'static str),
    /// The last row has too few fields and no line end.
    #[error(
        "the file is cut off: line {line} ends after {found} of {expected} fields without a line end; download it again"
    )]
    Truncated {
        /// The last line.
        line: u64,
        /// Its fields.
        found: usize,
        /// The header's fields.
        expected: usize,
    },
}

/// A row whose cells can be asked for by column.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Line in the file, from 1.
    pub line: u64,
    columns: &'a BTreeMap<&'static str, usize>,
    cells: StringRecord,
    raw: &'a str,
}

/// The first line's columns, for telling files apart.
///
/// # Errors
/// [`SheetError::Empty`] or [`SheetError::NotText`].
pub fn header(bytes: &[u8]) -> Result<StringRecord, SheetError> {
    let (_, _, first) = lines(bytes).next().ok_or(SheetError::Empty)?;
    let start = first.as_ptr() as usize - bytes.as_ptr() as usize;
    let text = std::str::from_utf8(first).map_err(|e| SheetError::NotText {
        offset: start + e.valid_up_to(),
    })?;
    Ok(split(text))
}

/// Calls `each` on every sound row. Rows that are no text or have too few or too many fields are rejected, as are those
/// that `each` rejects. Returns the rejections and the number of rows in the file.
///
/// # Errors
/// [`SheetError`] when the file as a whole cannot be used; `each` may have been called before a cut-off end is found.
pub fn read(
    bytes: &[u8],
    wanted: FileKind,
    needed: &[&'static str],
    mut each: impl FnMut(&Row<'_>) -> Result<(), Rejected>,
) -> Result<(Vec<Rejected>, u64), SheetError> {
    let names = header(bytes)?;
    let columns = locate(&names, wanted, needed)?;
    let mut rejected = Vec::new();
    let mut n_rows = 0;
    let mut last = None;
    for (line, offset, content) in lines(bytes).skip(1) {
        n_rows += 1;
        let text = match std::str::from_utf8(content) {
            Ok(text) => text,
            Err(e) => {
                let reason = format!("not UTF-8 text: byte {} of the file", offset + e.valid_up_to());
                last = Some((line, content.split(|b| *b == b',').count()));
                rejected.push(reject(line, None, "row", reason, &String::from_utf8_lossy(content)));
                continue;
            }
        };
        let row = Row {
            line,
            columns: &columns,
            cells: split(text),
            raw: text,
        };
        last = Some((line, row.cells.len()));
        let at_open_end = offset + content.len() == bytes.len();
        if row.cells.len() == names.len() && at_open_end {
            // Nothing tells a last field that was cut from one that was not.
            let reason =
                "the file ends without a new line, so this row may be cut off: end it with one if it is whole";
            rejected.push(row.reject("row", reason.to_owned()));
        } else if row.cells.len() == names.len() {
            rejected.extend(each(&row).err());
        } else {
            let what = if row.cells.len() < names.len() {
                "too few fields"
            } else {
                "too many fields"
            };
            let counts = format!("{} instead of {}", row.cells.len(), names.len());
            rejected.push(row.reject("row", format!("{what}: {counts}")));
        }
    }
    match last {
        None => Err(SheetError::HeaderOnly),
        Some((line, found)) if found < names.len() && !bytes.ends_with(b"\n") => Err(SheetError::Truncated {
            line,
            found,
            expected: names.len(),
        }),
        Some(_) => Ok((rejected, n_rows)),
    }
}

impl Row<'_> {
    /// The text of a cell, trimmed; `None` when it is empty, `NA` or in no column.
    pub fn text(&self, column: &str) -> Option<&str> {
        let cell = self.cells.get(*self.columns.get(column)?)?.trim();
        (!cell.is_empty() && cell != "NA").then_some(cell)
    }

    /// The text of a cell that must not be empty.
    ///
    /// # Errors
    /// A rejection naming the column.
    pub fn need(&self, column: &str) -> Result<&str, Rejected> {
        self.text(column)
            .ok_or_else(|| self.reject(column, "empty field".to_owned()))
    }

    /// A number, or `None` for an empty cell.
    ///
    /// # Errors
    /// A rejection naming the column when the cell holds anything but a finite number.
    pub fn number(&self, column: &str) -> Result<Option<f64>, Rejected> {
        let Some(cell) = self.text(column) else { return Ok(None) };
        match cell.parse::<f64>() {
            // Adding zero turns the -0.0 that some files hold into 0.0.
            Ok(x) if x.is_finite() => Ok(Some(x + 0.0)),
            _ => Err(self.reject(column, format!("not a number: `{cell}`"))),
        }
    }

    /// A whole number within bounds, or `None` for an empty cell. `7.0` is whole.
    ///
    /// # Errors
    /// A rejection naming the column and the bounds.
    pub fn whole(&self, column: &str, low: i32, high: i32) -> Result<Option<i32>, Rejected> {
        match self.number(column)? {
            None => Ok(None),
            Some(x) if x.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&x) => Ok(Some(x as i32)),
            Some(x) => {
                let reason = format!("not a whole number within its bounds: {x} is not one of {low} to {high}");
                Err(self.reject(column, reason))
            }
        }
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// As [`Row::whole`], and for an empty cell.
    pub fn need_whole(&self, column: &str, low: i32, high: i32) -> Result<i32, Rejected> {
        self.whole(column, low, high)?
            .ok_or_else(|| self.reject(column, "empty field".to_owned()))
    }

    /// A day written `2019-10-06`.
    ///
    /// # Errors
    /// A rejection naming the column.
    pub fn day(&self, column: &str) -> Result<NaiveDate, Rejected> {
        let cell = self.need(column)?;
        NaiveDate::parse_from_str(cell, "%Y-%m-%d")
            .map_err(|_| self.reject(column, format!("not a date such as 2019-10-06: `{cell}`")))
    }

    /// A time of day written `13:00`, or `None` for an empty cell.
    ///
    /// # Errors
    /// A rejection naming the column.
    pub fn time(&self, column: &str) -> Result<Option<NaiveTime>, Rejected> {
        let Some(cell) = self.text(column) else { return Ok(None) };
        NaiveTime::parse_from_str(cell, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(cell, "%H:%M:%S"))
            .map(Some)
            .map_err(|_| self.reject(column, format!("not a time such as 13:00: `{cell}`")))
    }

    /// A rejection of this row.
    pub fn reject(&self, field: &str, reason: String) -> Rejected {
        reject(self.line, self.text("game_id"), field, reason, self.raw)
    }
}

/// The text of some lines, cut to what a rejection may carry; for rejections made after the rows were let go.
pub(super) fn fill_raw(bytes: &[u8], rejected: &mut [Rejected]) {
    rejected.sort_by_key(|r| r.line);
    let mut wanted = rejected.iter_mut().filter(|r| r.raw.is_empty()).peekable();
    for (line, _, content) in lines(bytes) {
        while let Some(entry) = wanted.next_if(|r| r.line <= line) {
            entry.raw = cut(&String::from_utf8_lossy(content));
        }
    }
}

fn reject(line: u64, game_id: Option<&str>, field: &str, reason: String, raw: &str) -> Rejected {
    Rejected {
        line,
        game_id: game_id.map(cut),
        field: field.to_owned(),
        reason: cut(&reason),
        raw: cut(raw),
    }
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(Rejected::RAW_CHARS).collect()
}

/// Lines that hold anything: number from 1, byte offset, content without its end and without a byte order mark.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, usize, &[u8])> {
    let mut offset = 0;
    bytes
        .split_inclusive(|b| *b == b'\n')
        .zip(1u64..)
        .filter_map(move |(whole, line)| {
            let start = offset;
            offset += whole.len();
            let content = whole.strip_suffix(b"\n").unwrap_or(whole);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            let content = if line == 1 {
                content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
            } else {
                content
            };
            (!content.trim_ascii().is_empty()).then_some((line, start, content))
        })
}

fn split(line: &str) -> StringRecord {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(line.len() + 1)
        .from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    // Reading from memory as text cannot fail; a record that did would be empty and be rejected for that.
    match reader.read_record(&mut record) {
        Ok(_) => record,
        Err(_) => StringRecord::new(),
    }
}

fn locate(
    names: &StringRecord,
    wanted: FileKind,
    needed: &[&'static str],
) -> Result<BTreeMap<&'static str, usize>, SheetError> {
    let found: Vec<&str> = names.iter().map(str::trim).collect();
    let mut columns = BTreeMap::new();
    let mut missing = Vec::new();
    for &column in needed {
        let mut places = (0..found.len()).filter(|&i| found[i] == column);
        match (places.next(), places.next()) {
            (Some(i), None) => _ = columns.insert(column, i),
            (Some(_), Some(_)) => return Err(SheetError::RepeatedColumn(column)),
            (None, _) => missing.push(column),
        }
    }
    if missing.is_empty() {
        return Ok(columns);
    }
    Err(SheetError::MissingColumns {
        wanted,
        missing,
        looks_like: FileKind::of_header(&found).filter(|kind| *kind != wanted),
    })
}
