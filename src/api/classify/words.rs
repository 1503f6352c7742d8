//! What a provider says in its body when something is wrong, made fit for a log line: short, one line, without keys.

use crate::api::provider::Provider;
use serde_json::Value;

/// Longer messages are cut: what is wrong stands at the beginning.
const MAX_CHARS: usize = 200;
/// Error bodies are small; of a larger one only the beginning is looked at, and not as JSON.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Enough of a page to find its title in.
const MAX_PAGE_BYTES: usize = 4 * 1024;

/// The words of an error body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The message, as it is.
    pub text: String,
    /// The machine's word for it: `error_code`, `error.code`, or empty.
    pub code: String,
    /// `error.type`, or empty.
    pub kind: String,
    /// `error.details.error_code`, or empty.
    pub detail_code: String,
    /// Whether the body is an object that calls itself an error: `error: true`, `error_code`.
    marked: bool,
}

impl Said {
    /// Reads a body of any kind.
    pub fn read(body: &[u8]) -> Said {
        let is_object = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        if is_object
            && body.len() <= MAX_ERROR_BYTES
            && let Ok(value) = serde_json::from_slice::<Value>(body)
        {
            return Said::of(&value);
        }
        let page = String::from_utf8_lossy(&body[..body.len().min(MAX_PAGE_BYTES)]);
        let text = match title(&page) {
            Some(title) => format!("an HTML page, \"{}\"", title.trim()),
            None if page.trim_start().starts_with('<') => without_tags(&page),
            None => page.into_owned(),
        };
        Said {
            text,
            ..Said::default()
        }
    }

    fn of(value: &Value) -> Said {
        let error = value.get("error");
        let inner = error.filter(|e| e.is_object()).unwrap_or(value);
        let text = ["message", "reason", "detail", "details", "title", "description"]
            .iter()
            .find_map(|name| inner.get(name).and_then(Value::as_str));
        let text = text.or_else(|| error.and_then(Value::as_str)).unwrap_or_default();
        let code = match inner.get("error_code").or_else(|| inner.get("code")) {
            Some(Value::String(code)) => code.clone(),
            Some(Value::Number(code)) => code.to_string(),
            _ => String::new(),
        };
        let kind = inner.get("type").and_then(Value::as_str).unwrap_or_default();
        let detail = inner.get("details").and_then(|d| d.get("error_code"));
        Said {
            text: if text.is_empty() { code.clone() } else { text.to_owned() },
            code,
            kind: kind.to_owned(),
            detail_code: detail.and_then(Value::as_str).unwrap_or_default().to_owned(),
            marked: value.get("error_code").is_some() || error == Some(&Value::Bool(true)),
        }
    }

    /// Whether a success by its status is none: these providers put an error under any status.
    pub fn is_error(&self, provider: Provider) -> bool {
        self.marked && matches!(provider, Provider::OddsApi | Provider::OpenMeteo)
    }
}

fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase(); // keeps every byte where it is
    let from = lower.find("<title>")? + "<title>".len();
    let to = from + lower[from..].find("</title>")?;
    page.get(from..to)
}

/// The text between the tags of a page; signed addresses of release files fail in XML.
fn without_tags(page: &str) -> String {
    let texts = page.split('<').filter_map(|part| part.split_once('>'));
    let text: Vec<&str> = texts
        .map(|(_, text)| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    match text.as_slice() {
        [] => "an HTML page without text".to_owned(),
        some => some.join(" "),
    }
}

/// Text as one line of at most 200 characters, without control characters and without what looks like a key.
pub fn line(text: &str) -> String {
    // Cut before looking for keys, so that a body of megabytes costs nothing; with room, so that none is cut in two.
    let few: String = text.chars().take(4 * MAX_CHARS).collect();
    let clean: String = few.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let redacted = redact(&words.join(" "));
    if redacted.chars().count() <= MAX_CHARS {
        return redacted;
    }
    let mut cut: String = redacted.chars().take(MAX_CHARS - 1).collect();
    cut.push('…');
    cut
}

/// What stands in place of a key.
const REDACTED: &str = "[redacted]";
/// What comes before a key, in lower case.
const BEFORE: [&str; 5] = ["apikey=", "api_key=", "api-key=", "x-api-key: ", "bearer "];
/// What a key begins with, in lower case.
const BEGINNINGS: [&str; 2] = ["sk-", "xai-"];

/// Replaces what follows `apiKey=` or `Bearer`, and words that begin as keys do.
pub(super) fn redact(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &lower[at..];
        let starts_word = !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let before = BEFORE.iter().find(|before| starts_word && rest.starts_with(**before));
        if let Some(before) = before {
            out.push_str(&text[at..at + before.len()]);
            at += before.len();
            let n = key_len(&text[at..]);
            if n > 0 {
                out.push_str(REDACTED);
            }
            at += n;
            continue;
        }
        let beginning = BEGINNINGS.iter().find(|b| starts_word && rest.starts_with(**b));
        if let Some(n) = beginning.map(|b| key_len(&text[at..]).max(b.len())) {
            out.push_str(REDACTED);
            at += n;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        out.push(c);
        at += c.len_utf8();
    }
    out
}

/// Bytes of what may be a key: everything up to a separator.
fn key_len(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "&\"'<>,;)}]".contains(c))
        .unwrap_or(text.len())
}
