//! A log record as the logger keeps it: cut to size while it is written, so that a text of megabytes is never built.

use chrono::{DateTime, Utc};
use log::Level;
use std::fmt::{self, Write as _};

/// Longest text of a record; what is longer ends in a sign of three bytes more. A fault with its place fits.
pub const MAX_TEXT_BYTES: usize = 512;
/// Longest target of a record, with the same sign. Module paths of this program have up to 60 bytes.
pub const MAX_TARGET_BYTES: usize = 128;

/// Stands at the end of what was cut.
const CUT: char = '…';

/// One log record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    level: Level,
    target: String,
    text: String,
    at: DateTime<Utc>,
}

impl Record {
    /// Logged at `at`. Only as much of `text` is written out as is kept.
    pub fn new(level: Level, target: &str, text: impl fmt::Display, at: DateTime<Utc>) -> Record {
        Record {
            level,
            target: cut(target, MAX_TARGET_BYTES),
            text: cut(text, MAX_TEXT_BYTES),
            at,
        }
    }

    /// How grave.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Where it came from.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// When it was logged.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

fn cut(what: impl fmt::Display, max_bytes: usize) -> String {
    let mut page = Page {
        text: String::new(),
        room: max_bytes,
    };
    if write!(page, "{what}").is_err() {
        page.text.push(CUT);
    }
    page.text
}

/// Takes text until it is full, and refuses all that follows.
struct Page {
    text: String,
    room: usize,
}

impl fmt::Write for Page {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let n_bytes = more.floor_char_boundary(self.room);
        self.text.push_str(&more[..n_bytes]);
        if n_bytes < more.len() {
            self.room = 0;
            return Err(fmt::Error);
        }
        self.room -= n_bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(what: impl fmt::Display) -> String {
        Record::new(Level::Warn, "", what, DateTime::UNIX_EPOCH).text
    }

    #[test]
    fn texts_are_cut_at_their_bound_between_characters() {
        let full = "a".repeat(MAX_TEXT_BYTES);
        assert_eq!(text(&full), full);
        assert_eq!(text(format!("{full}b")), format!("{full}…"));
        let wide = format!("a{}", "é".repeat(MAX_TEXT_BYTES / 2));
        let cut = text(&wide);
        assert_eq!(cut.len(), MAX_TEXT_BYTES - 1 + CUT.len_utf8());
        assert!(cut.ends_with("é…"));
        let target = "t".repeat(MAX_TARGET_BYTES + 1);
        let record = Record::new(Level::Warn, &target, "", DateTime::UNIX_EPOCH);
        assert_eq!(record.target().len(), MAX_TARGET_BYTES + CUT.len_utf8());
    }

    /// Writes on although nobody takes it any more.
    struct Endless(usize);

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let refused = (0..self.0).filter(|_| f.write_str("0123456789é").is_err()).count();
            assert!(refused > 0, "the page has an end");
            Err(fmt::Error)
        }
    }

    #[test]
    fn a_text_that_does_not_stop_is_cut_too() {
        assert!(text(Endless(10_000)).len() <= MAX_TEXT_BYTES + CUT.len_utf8());
    }
}
