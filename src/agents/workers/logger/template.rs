//! Log texts to templates: what differs only in its particulars counts as one kind.
//!
//! Texts are read word by word. A placeholder is chosen by the shape of a word, never by how many digits it has, so a
//! counter that grows stays one kind.

/// Stands for a quoted string.
const TEXT: &str = "<text>";

/// The text with its particulars replaced: `<n>` for numbers, `<id>` for hex ids, `<text>` for quoted strings, `<path>` for
/// paths (of files, actors and URLs), `<time>` for durations.
///
/// The template of a template is itself. It is at most three times as long as the text, in bytes. Other digits give the
/// same template, except that `0x` begins an id.
///
/// ```
/// use huddle::agents::workers::logger::template;
/// assert_eq!(template("/swarms/elo #2 hung after 1.5s"), "<path> #<n> hung after <time>");
/// assert_eq!(template("no \"odds.csv\": code 3, build 7f3a"), "no <text>: code <n>, build <id>");
/// ```
pub fn template(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, None);
    while let Some(next) = rest.chars().next() {
        let n_bytes = match quoted(rest, before) {
            Some(n_bytes) => {
                out.push_str(TEXT);
                n_bytes
            }
            None if is_boundary(next) => {
                out.push(next);
                next.len_utf8()
            }
            None => {
                let n_bytes = word_length(rest);
                put_word(&rest[..n_bytes], &mut out);
                n_bytes
            }
        };
        before = rest[..n_bytes].chars().next_back();
        rest = &rest[n_bytes..];
    }
    out
}

/// The length of the quoted string, or of its placeholder, that `rest` begins with.
///
/// An apostrophe is a quote only where a quotation may begin and end, or every "didn't" would open one. None of the
/// characters looked for begins or ends a placeholder, so replacing the neighbours changes no answer.
fn quoted(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with(TEXT) {
        return Some(TEXT.len());
    }
    let quote = rest.chars().next()?;
    let inner = &rest[quote.len_utf8()..];
    let closing = match quote {
        '"' | '`' => inner.find(quote),
        '\'' => {
            let may_begin = before.is_none_or(|c| c.is_whitespace() || "([{=:,".contains(c));
            let may_end = |at: &usize| {
                let after = inner[at + 1..].chars().next();
                after.is_none_or(|c| c.is_whitespace() || ")]},.:;!?".contains(c))
            };
            let mut ends = inner.match_indices(quote).map(|(at, _)| at);
            may_begin.then(|| ends.find(may_end)).flatten()
        }
        _ => None,
    };
    closing.map(|at| at + 2)
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace() || "\"'`()[]{},;=|".contains(c)
}

fn word_length(rest: &str) -> usize {
    let end = rest.find(is_boundary).unwrap_or(rest.len());
    rest[..end].find(TEXT).unwrap_or(end)
}

/// Appends the template of one word. The stops behind it are not part of it.
fn put_word(word: &str, out: &mut String) {
    let core = word.trim_end_matches(['.', ':', '!', '?']);
    if is_path(core) {
        out.push_str("<path>");
    } else if !core.contains(|c: char| c.is_ascii_digit()) {
        out.push_str(core);
    } else if is_duration(core) {
        out.push_str("<time>");
    } else if is_number(core) {
        out.push_str("<n>");
    } else if is_id(core) {
        out.push_str("<id>");
    } else {
        put_numbers(core, out);
    }
    out.push_str(&word[core.len()..]);
}

/// Begins like one, has several parts, or has two of which the last looks like a file. "and/or" and "3/4" are none.
fn is_path(word: &str) -> bool {
    let begins = ["/", "~/", "./", "../"].iter().any(|start| word.starts_with(start));
    let is_file = |name: &str| {
        let mut endings = name.split('.').skip(1);
        endings.any(|ending| ending.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    let parts = word.split('/').count();
    word.len() > 1 && (begins || parts > 2 || (parts == 2 && word.rsplit('/').next().is_some_and(is_file)))
}

/// What follows the number a word begins with: digits, and again digits after each point.
fn after_number(word: &str) -> Option<&str> {
    let mut rest = after_digits(word)?;
    while let Some(more) = rest.strip_prefix('.').and_then(after_digits) {
        rest = more;
    }
    Some(rest)
}

fn after_digits(word: &str) -> Option<&str> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < word.len()).then_some(rest)
}

/// Such as `1.5ms` or `2h30m`.
fn is_duration(word: &str) -> bool {
    // A unit stands before those it begins with.
    const UNITS: [&str; 9] = ["ns", "µs", "us", "ms", "min", "s", "m", "h", "d"];
    let mut rest = word;
    while !rest.is_empty() {
        let Some(unit) = after_number(rest) else { return false };
        let Some(more) = UNITS.iter().find_map(|u| unit.strip_prefix(u)) else {
            return false;
        };
        rest = more;
    }
    !word.is_empty()
}

/// With a sign and an exponent if it has them.
fn is_number(word: &str) -> bool {
    let Some(rest) = after_number(word.strip_prefix(['-', '+']).unwrap_or(word)) else {
        return false;
    };
    let exponent = rest.strip_prefix(['e', 'E']);
    let digits = exponent.map(|e| e.strip_prefix(['-', '+']).unwrap_or(e));
    rest.is_empty() || digits.and_then(after_digits) == Some("")
}

/// Hex with a digit and a letter in it, with dashes as in a UUID. Eight digits by chance are a number, and eight letters by
/// chance a word; to ask for a length would make two kinds of one when a counter grows.
fn is_id(word: &str) -> bool {
    let prefixed = word.strip_prefix("0x");
    let is_hex = |c: char| c.is_ascii_hexdigit();
    prefixed.is_some_and(|hex| !hex.is_empty() && hex.chars().all(is_hex))
        || (word.chars().all(|c| is_hex(c) || c == '-') && word.contains(|c: char| c.is_ascii_alphabetic()))
}

fn put_numbers(word: &str, out: &mut String) {
    let mut rest = word;
    while let Some(next) = rest.chars().next() {
        rest = match after_number(rest) {
            Some(after) => {
                out.push_str("<n>");
                after
            }
            None => {
                out.push(next);
                &rest[next.len_utf8()..]
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn particulars_become_placeholders() {
        let cases = [
            ("", ""),
            ("the table did not take the order", "the table did not take the order"),
            ("elo #2 panicked", "elo #<n> panicked"),
            ("lane is full at 1024 messages", "lane is full at <n> messages"),
            ("line -3.5, price +110, ev 1e-7", "line <n>, price <n>, ev <n>"),
            ("1,024 of 99.5%", "<n>,<n> of <n>%"),
            ("week5 week-12 v1.2.3", "week<n> week-<n> v<n>"),
            ("within 60s, 1.5ms; 2h30m. 7µs", "within <time>, <time>; <time>. <time>"),
            ("5parsecs", "<n>parsecs"),
            ("hash 9f86d081884c7d65 of 0xff", "hash <id> of <id>"),
            ("id 550e8400-e29b-41d4-a716-446655440000: gone", "id <id>: gone"),
            ("a decade faded", "a decade faded"),
            ("/swarms/consensus/elo: dead", "<path>: dead"),
            ("at src/shell.rs:12:5 and data/games.csv.", "at <path> and <path>."),
            ("https://x.org/a?b=1", "<path>=<n>"),
            ("and/or 3/4 /", "and/or <n>/<n> /"),
            ("no \"a b\" nor `c 4`", "no <text> nor <text>"),
            ("didn't take 'a b', won't", "didn't take <text>, won't"),
            ("key='5'; an unclosed \"5", "key=<text>; an unclosed \"<n>"),
            ("dead letter: huddle::Hear<A>", "dead letter: huddle::Hear<A>"),
            ("7 Überraschungen für 日本 3", "<n> Überraschungen für 日本 <n>"),
        ];
        for (text, expected) in cases {
            assert_eq!(template(text), expected, "of {text}");
        }
    }

    /// Texts made of what the rules look at, most of them no plausible log lines.
    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[0-9]{1,4}",
            "[a-f]{1,3}",
            "[gmnstz]{1,3}",
            "[-+./~:!?'\"`<>(),=xµ ]",
            Just("<text>".to_owned()),
            Just("<n>".to_owned()),
            Just("0x".to_owned()),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    /// Every run of digits replaced by the next of `numbers`.
    fn renumbered(text: &str, numbers: &[u32]) -> String {
        let (mut out, mut numbers, mut inside) = (String::new(), numbers.iter().cycle(), false);
        for c in text.chars() {
            match (c.is_ascii_digit(), inside) {
                (true, false) => out.push_str(&numbers.next().unwrap().to_string()),
                (true, true) => {}
                (false, _) => out.push(c),
            }
            inside = c.is_ascii_digit();
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_template_of_a_template_is_itself(text in nasty()) {
            let once = template(&text);
            prop_assert_eq!(template(&once), once);
        }

        #[test]
        fn it_has_no_digits_and_at_most_three_times_the_length(text in nasty()) {
            let made = template(&text);
            prop_assert!(!made.contains(|c: char| c.is_ascii_digit()), "{}", made);
            prop_assert!(made.len() <= 3 * text.len(), "{}", made);
        }

        #[test]
        fn numbers_do_not_matter(text in nasty(), numbers in proptest::collection::vec(any::<u32>(), 1..8)) {
            let text = text.replace('x', "y");
            prop_assert_eq!(template(&text), template(&renumbered(&text, &numbers)));
        }
    }
}
