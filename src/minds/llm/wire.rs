//! The requests and replies of each provider: one prompt in, one text out, and the schema of the answer in the way each
//! provider takes it (API references of Anthropic, OpenAI, xAI and Ollama, 2026).

use super::slot::{Dialect, Slot, Structured};
use crate::api::{Call, Endpoint, Method};
use serde_json::{Value, json};

/// What a model is asked, before it is in anybody's form.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Who it is to be, and the rules.
    pub system: String,
    /// The question.
    pub user: String,
    /// The JSON schema of the answer. Ranges are not in it, because not every provider takes them: they are checked here.
    pub schema: Value,
}

/// Why a reply holds no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is not what the provider's reference says.
    #[error("the reply has no text: {0}")]
    Malformed(&'static str),
    /// The model would not.
    #[error("the model declined to answer")]
    Declined,
    /// The answer ended at a limit.
    #[error("the answer was cut at its limit of length")]
    Truncated,
}

/// What providers add to a prompt for roles and schema, in tokens, at most.
const OVERHEAD_TOKENS: u64 = 1_024;
/// Ollama forgets the beginning of what does not fit its window, so the window is stated, in steps of this.
const WINDOW_STEP: u64 = 1_024;
/// No more, or a local model takes all memory there is.
const MAX_WINDOW: u64 = 32_768;

/// The call that asks a slot. It says the most it may cost, and holds no key.
pub fn call(slot: &Slot, prompt: &Prompt) -> Call {
    let body = body(slot, prompt).to_string();
    // A token is at least a byte, so the bytes of the request bound its tokens.
    let input_tokens = (body.len() as u64).saturating_add(OVERHEAD_TOKENS);
    let path = slot.dialect.path();
    Call {
        method: Method::Post,
        body: Some(body.into_bytes().into()),
        usd_micros: slot.price.cost_micros(input_tokens, u64::from(slot.max_tokens)),
        token_price: Some(slot.price),
        ..Call::get(slot.provider, Endpoint::Completion, path, &[])
    }
}

fn body(slot: &Slot, prompt: &Prompt) -> Value {
    let user = json!({"role": "user", "content": prompt.user});
    let messages = json!([{"role": "system", "content": prompt.system}, user]);
    match slot.dialect {
        Dialect::Anthropic => json!({
            "model": slot.model,
            "max_tokens": slot.max_tokens,
            "system": prompt.system,
            "messages": [user],
            "output_config": {"format": {"type": "json_schema", "schema": prompt.schema}},
        }),
        Dialect::OpenAi | Dialect::Xai => json!({
            "model": slot.model,
            "max_completion_tokens": slot.max_tokens,
            "messages": messages,
            "response_format": response_format(slot, prompt),
        }),
        Dialect::Compatible => json!({
            "model": slot.model,
            "max_tokens": slot.max_tokens,
            "temperature": 0,
            "messages": messages,
            "response_format": response_format(slot, prompt),
            "stream": false,
        }),
        Dialect::Ollama => json!({
            "model": slot.model,
            "messages": messages,
            "format": prompt.schema,
            "options": {"temperature": 0, "num_predict": slot.max_tokens, "num_ctx": window(slot, prompt)},
            "stream": false,
        }),
    }
}

fn response_format(slot: &Slot, prompt: &Prompt) -> Value {
    match slot.structured {
        Structured::JsonSchema => {
            let schema = json!({"name": "views", "strict": true, "schema": prompt.schema});
            json!({"type": "json_schema", "json_schema": schema})
        }
        Structured::JsonObject => json!({"type": "json_object", "schema": prompt.schema}),
    }
}

/// Tokens that hold prompt and answer; two bytes a token is less than any English or JSON has.
fn window(slot: &Slot, prompt: &Prompt) -> u64 {
    let bytes = (prompt.system.len() + prompt.user.len()) as u64;
    let tokens = bytes / 2 + u64::from(slot.max_tokens);
    (tokens.div_ceil(WINDOW_STEP) * WINDOW_STEP).min(MAX_WINDOW)
}

/// The text of a reply.
///
/// # Errors
/// [`Unread`] when the model declined, was cut off, or the body is no reply of this dialect.
pub fn read(dialect: Dialect, body: &[u8]) -> Result<String, Unread> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Unread::Malformed("it is not JSON"))?;
    match dialect {
        Dialect::Anthropic => anthropic(&value),
        Dialect::OpenAi | Dialect::Xai | Dialect::Compatible => chat(&value),
        Dialect::Ollama => ollama(&value),
    }
}

fn word<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

fn anthropic(value: &Value) -> Result<String, Unread> {
    match word(value, "/stop_reason") {
        Some("refusal") => return Err(Unread::Declined),
        Some("max_tokens" | "model_context_window_exceeded") => return Err(Unread::Truncated),
        _ => {}
    }
    let blocks = value.get("content").and_then(Value::as_array);
    let blocks = blocks.ok_or(Unread::Malformed("no content"))?;
    let texts = blocks.iter().filter(|b| word(b, "/type") == Some("text"));
    let text: String = texts.filter_map(|b| word(b, "/text")).collect();
    filled(&text)
}

fn chat(value: &Value) -> Result<String, Unread> {
    if word(value, "/choices/0/message/refusal").is_some_and(|words| !words.is_empty()) {
        return Err(Unread::Declined);
    }
    match word(value, "/choices/0/finish_reason") {
        Some("content_filter") => return Err(Unread::Declined),
        Some("length") => return Err(Unread::Truncated),
        _ => {}
    }
    let text = word(value, "/choices/0/message/content");
    filled(text.ok_or(Unread::Malformed("no choice with content"))?)
}

fn ollama(value: &Value) -> Result<String, Unread> {
    if value.get("done") == Some(&Value::Bool(false)) {
        return Err(Unread::Malformed("it is one piece of a stream"));
    }
    if word(value, "/done_reason") == Some("length") {
        return Err(Unread::Truncated);
    }
    filled(word(value, "/message/content").ok_or(Unread::Malformed("no message"))?)
}

fn filled(text: &str) -> Result<String, Unread> {
    if text.trim().is_empty() {
        Err(Unread::Malformed("its text is empty"))
    } else {
        Ok(text.to_owned())
    }
}
