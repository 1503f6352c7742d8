//! The log by what it says: lines that differ only in numbers are one template, with how often, when first and when last.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most templates; a program of this size has fewer sentences. Lines of further ones are counted together.
const MAX_TEMPLATES: usize = 1_000;
/// The most characters of a template: what differs later in a line is no other sentence.
const MAX_LENGTH: usize = 160;

/// How often a template came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How often.
    pub n: u64,
    /// When first.
    pub first: DateTime<Utc>,
    /// When last.
    pub last: DateTime<Utc>,
}

/// Counts of a log's templates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates {
    seen: BTreeMap<String, Seen>,
    n_other: u64,
}

impl Templates {
    /// Counts a line; its template when it is seen for the first time.
    pub fn take(&mut self, line: &str, at: DateTime<Utc>) -> Option<String> {
        let template = template(line);
        if let Some(seen) = self.seen.get_mut(&template) {
            seen.n += 1;
            // Lines of several threads may come a little out of order.
            seen.first = seen.first.min(at);
            seen.last = seen.last.max(at);
            return None;
        }
        if self.seen.len() >= MAX_TEMPLATES {
            self.n_other += 1;
            return None;
        }
        let seen = Seen {
            n: 1,
            first: at,
            last: at,
        };
        self.seen.insert(template.clone(), seen);
        Some(template)
    }

    /// Templates with their counts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Seen)> {
        self.seen.iter().map(|(template, seen)| (template.as_str(), seen))
    }

    /// Lines of templates beyond the bound.
    pub fn n_other(&self) -> u64 {
        self.n_other
    }
}

/// A line with `#` for every word that has a digit in it (numbers, identifiers, hashes, times), so that what remains is the
/// sentence: "call 17 to odds_api took 431 ms" is "call # to odds_api took # ms".
pub fn template(line: &str) -> String {
    let mut out = String::with_capacity(line.len().min(MAX_LENGTH));
    for (i, word) in line.split_whitespace().enumerate() {
        if out.len() >= MAX_LENGTH {
            break;
        }
        if i > 0 {
            out.push(' ');
        }
        if word.chars().any(|c| c.is_ascii_digit()) {
            out.push('#');
        } else {
            out.extend(word.chars().take(MAX_LENGTH));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn lines_that_differ_in_numbers_are_one_template() {
        let cases = [
            ("call 17 to odds_api took 431 ms", "call # to odds_api took # ms"),
            ("journal  row 0xab12 is\tbad", "journal row # is bad"),
            ("", ""),
        ];
        for (line, want) in cases {
            assert_eq!(template(line), want);
        }
        assert!(template(&"é".repeat(5_000)).chars().count() <= MAX_LENGTH);
    }

    #[test]
    fn counts_have_first_and_last_and_are_bounded() {
        let mut templates = Templates::default();
        let at = |s| DateTime::UNIX_EPOCH + TimeDelta::seconds(s);
        assert_eq!(templates.take("retry 1", at(5)).as_deref(), Some("retry #"));
        assert_eq!(templates.take("retry 2", at(9)), None);
        templates.take("retry 3", at(4));
        let seen = *templates.iter().next().unwrap().1;
        assert_eq!((seen.n, seen.first, seen.last), (3, at(4), at(9)));
        let letters = |mut i: usize| -> String {
            std::iter::repeat_with(|| {
                let c = char::from(b'a' + (i % 26) as u8);
                i /= 26;
                c
            })
            .take(4)
            .collect()
        };
        (0..2_000).for_each(|i| {
            templates.take(&letters(i), at(10));
        });
        assert_eq!((templates.iter().count(), templates.n_other()), (MAX_TEMPLATES, 1_001));
    }
}
