//! Walking through other people's JSON without trusting any of it: a field may be missing, null or of another type, and
//! none of that may cost more than the row it stands in.

use super::error::FeedError;
use super::{Corrections, Parsed, Rejected, sheet};
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde_json::Value;
use std::io::{self, Write};

/// Thirty times the largest answer ever seen, a season's odds of nine books.
const MAX_BYTES: usize = 16 << 20;
/// A season of 272 games in three markets at 60 books is 49,000 rows.
const MAX_ROWS: usize = 50_000;
/// Games that any answer may speak of; beyond it a date is a typing error, and sums of times could overflow.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// The bytes as JSON.
pub(super) fn parse(feed: &'static str, bytes: &[u8]) -> Result<Value, FeedError> {
    if bytes.len() > MAX_BYTES {
        let (n_bytes, most) = (bytes.len(), MAX_BYTES);
        return Err(FeedError::TooLarge { feed, n_bytes, most });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(FeedError::Empty { feed });
    }
    serde_json::from_slice(bytes).map_err(|e| FeedError::NotJson {
        feed,
        reason: e.to_string(),
    })
}

/// The array at a place of the answer, or why there is none: the service's own refusal where it gave one.
pub(super) fn array<'a>(
    feed: &'static str,
    answer: &'a Value,
    found: Option<&'a Value>,
    expected: &'static str,
) -> Result<&'a [Value], FeedError> {
    match found {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(refusal(feed, answer).unwrap_or_else(|| FeedError::WrongShape {
            feed,
            expected,
            found: shape(answer),
        })),
    }
}

/// What the service says when it refuses: `{message, error_code}` (The Odds API), `{error, reason}` (Open-Meteo),
/// `{title, detail}` (NWS), `{code, message}` (ESPN).
pub(super) fn refusal(feed: &'static str, answer: &Value) -> Option<FeedError> {
    let code = ["error_code", "code", "title", "status"]
        .iter()
        .find_map(|key| scalar(answer.get(key)?));
    let message = ["message", "reason", "detail"]
        .iter()
        .find_map(|key| text(answer.get(key)?));
    let is_refusal = message.is_some() || answer.get("error_code").is_some() || answer.get("error").is_some();
    is_refusal.then(|| FeedError::Refused {
        feed,
        code: code.map_or_else(|| "unnamed".to_owned(), |code| sheet::cut(&code)),
        message: sheet::cut(message.unwrap_or("without a word")),
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a value is, in a few words for an error.
pub(super) fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(rows) => format!("an array of {}", rows.len()),
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().take(5).map(String::as_str).collect();
            sheet::cut(&format!("an object of {}", names.join(", ")))
        }
    }
}

/// A value at the end of a path of names.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// A text that says something, trimmed.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The text at a path; `None` when it is missing, empty or no text.
pub(super) fn text_at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    text(at(value, path)?)
}

/// An owned text at a path, cut to what a row may carry.
pub(super) fn words_at(value: &Value, path: &[&str]) -> Option<String> {
    text_at(value, path).map(sheet::cut)
}

/// The elements of an array at a path; none when there is no array.
pub(super) fn rows_at<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A finite number, also where it is written as a text; `None` when it is missing or null.
///
/// # Errors
/// The reason, when anything else stands there.
pub(super) fn number(value: Option<&Value>, name: &str) -> Result<Option<f64>, String> {
    let parsed = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    // Adding zero turns -0.0 into 0.0.
    let finite = parsed.filter(|x: &f64| x.is_finite()).map(|x| x + 0.0);
    finite.map(Some).ok_or_else(|| {
        let found = value.map_or_else(String::new, shown);
        format!("not a number: {name} is {found}")
    })
}

/// A whole number within bounds, as [`number`].
///
/// # Errors
/// The reason, also when it is not whole or beyond its bounds.
pub(super) fn whole(value: Option<&Value>, name: &str, low: i32, high: i32) -> Result<Option<i32>, String> {
    match number(value, name)? {
        Some(x) if x.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&x) => Ok(Some(x as i32)),
        Some(x) => Err(format!(
            "not a whole number within its bounds: {name} is {x}, not one of {low} to {high}"
        )),
        None => Ok(None),
    }
}

/// An instant with its zone, as text (with or without seconds) or as seconds since 1970; `None` for anything else. A
/// text without a zone is no instant: one service's local time is another's UTC.
pub(super) fn instant(value: Option<&Value>) -> Option<DateTime<Utc>> {
    let at = match value? {
        Value::String(text) => instant_of(text)?,
        Value::Number(seconds) => DateTime::from_timestamp(seconds.as_i64()?, 0)?,
        _ => return None,
    };
    YEARS.contains(&at.year()).then_some(at)
}

fn instant_of(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let zulu = |rest: &str| NaiveDateTime::parse_from_str(rest, "%Y-%m-%dT%H:%M").ok();
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Some(at.with_timezone(&Utc)),
        Err(_) => zulu(text.strip_suffix('Z')?).map(|at| at.and_utc()),
    }
}

/// An instant that must be there.
///
/// # Errors
/// The reason, with what stands there instead.
pub(super) fn need_instant(value: &Value, name: &str) -> Result<DateTime<Utc>, String> {
    let found = value.get(name);
    instant(found).ok_or_else(|| format!("not an instant: {name} is {}", found.map_or_else(nothing, shown)))
}

fn nothing() -> String {
    "missing".to_owned()
}

/// A value as it stands, cut to what a row may carry.
pub(super) fn shown(value: &Value) -> String {
    let mut brief = Brief(Vec::new());
    // A write that fails has filled its bound, which is all that is wanted.
    let _ = serde_json::to_writer(&mut brief, value);
    sheet::cut(&String::from_utf8_lossy(&brief.0))
}

/// Takes as many bytes as a rejection can show, and then no more.
struct Brief(Vec<u8>);

impl Write for Brief {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Four bytes are the longest character.
        if self.0.len() > 4 * Rejected::RAW_CHARS {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Rows as they are read, each kept or rejected, so that the two always add up to what was seen.
pub(super) struct Harvest<T> {
    feed: &'static str,
    parsed: Parsed<T>,
}

impl<T> Harvest<T> {
    pub(super) fn new(feed: &'static str) -> Harvest<T> {
        Harvest {
            feed,
            parsed: Parsed {
                rows: Vec::new(),
                rejected: Vec::new(),
                corrected: Corrections::default(),
                n_rows: 0,
            },
        }
    }

    /// Takes what became of one row; `place` counts from 1 in the answer's array.
    pub(super) fn take(&mut self, place: u64, raw: &Value, row: Result<T, Fault>) -> Result<(), FeedError> {
        if self.parsed.n_rows as usize == MAX_ROWS {
            let (feed, most) = (self.feed, MAX_ROWS);
            return Err(FeedError::TooManyRows { feed, most });
        }
        self.parsed.n_rows += 1;
        match row {
            Ok(row) => self.parsed.rows.push((place, row)),
            Err(fault) => self.parsed.rejected.push(Rejected {
                line: place,
                game_id: None,
                field: sheet::cut(&fault.field),
                reason: sheet::cut(&fault.reason),
                raw: shown(raw),
            }),
        }
        Ok(())
    }

    /// Counts something that was put right.
    pub(super) fn note(&mut self, kind: &'static str, place: u64) {
        self.parsed.corrected.note(kind, place);
    }

    pub(super) fn done(self) -> Parsed<T> {
        self.parsed
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub field: String,
    pub reason: String,
}

impl Fault {
    pub(super) fn new(field: &str, reason: impl Into<String>) -> Fault {
        Fault {
            field: field.to_owned(),
            reason: reason.into(),
        }
    }
}
