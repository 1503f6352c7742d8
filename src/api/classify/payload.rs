//! Whether the body of a success is what its endpoint gives, as far as that can be told without reading what it means.

use crate::api::provider::{Endpoint, Provider};
use serde::de::IgnoredAny;

/// Looks at the form alone: whole JSON with an object or an array on top, or text that may be CSV.
pub(super) fn check(provider: Provider, endpoint: Endpoint, body: &[u8]) -> Result<(), String> {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    let Some(first) = first else {
        return Err("an empty body".to_owned());
    };
    let is_csv = provider == Provider::Nflverse && matches!(endpoint, Endpoint::Games | Endpoint::TeamStats);
    let expected = if is_csv { "CSV" } else { "JSON" };
    match (first, is_csv) {
        (b'<', _) => return Err(format!("HTML or XML instead of {expected}")),
        (b'{' | b'[', true) => return Err("JSON instead of CSV".to_owned()),
        (_, true) => return Ok(()),
        (b'{' | b'[', false) => {}
        (_, false) => return Err("the body is neither a JSON object nor an array".to_owned()),
    }
    // The parser skips over strings without looking whether they are UTF-8.
    let text = std::str::from_utf8(body).map_err(|e| format!("not UTF-8 at byte {}", e.valid_up_to()))?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Ok(()),
        Err(e) if e.is_eof() => Err(format!("the JSON is cut off after {} bytes", body.len())),
        Err(e) => Err(format!("no JSON: {e}")),
    }
}
