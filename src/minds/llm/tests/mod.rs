//! What the tests of questions, answers and conversations share: two games, a slot a dialect, and replies as providers write them.

mod answers;
mod conversations;
mod injections;
mod wires;

use super::question::{Form, Posed, Subject, pose};
use super::slot::{Dialect, Slot, Structured};
use crate::api::{Provider, TokenPrice};
use crate::market::shapes::Shapes;
use crate::swarms::fixture;
use serde_json::{Value, json};
use std::time::Duration;

/// A slot that knows nothing of the games, which are played in 2050.
pub fn slot(dialect: Dialect) -> Slot {
    let (name, provider) = match dialect {
        Dialect::Anthropic => ("claude", Provider::Anthropic),
        Dialect::OpenAi => ("gpt", Provider::OpenAi),
        Dialect::Xai => ("grok", Provider::Xai),
        Dialect::Ollama => ("llama", Provider::Ollama),
        Dialect::Compatible => ("local", Provider::Ollama),
    };
    Slot {
        name: name.into(),
        provider,
        dialect,
        model: format!("{name}-1"),
        price: TokenPrice {
            input_nanos: 1_000,
            output_nanos: 5_000,
        },
        max_tokens: 2_000,
        max_games: 20,
        structured: Structured::JsonSchema,
        cutoff: "2049-12-31".parse().unwrap(),
        timeout: Duration::from_secs(30),
    }
}

/// Two games, spreads and totals at -110.
pub fn subjects() -> Vec<Subject> {
    let view = fixture::view();
    fixture::slate().iter().map(|offer| Subject::of(&view, offer)).collect()
}

pub fn shapes() -> Shapes {
    Shapes::fit(&fixture::view(), 2050)
}

pub fn posed() -> Posed {
    pose(&slot(Dialect::Anthropic), Form::Named, &subjects(), &[])
}

pub const GAME: &str = "2050_03_KC_DEN";

/// An answer with one view of the spread.
pub fn answer(p_first: f64) -> String {
    json!({"views": [view(GAME, "spread", p_first)]}).to_string()
}

pub fn view(game: &str, market: &str, p_first: f64) -> Value {
    json!({"game": game, "market": market, "p_first": p_first, "confidence": 0.5, "reasons": ["rest"]})
}

/// A reply with a text that ended as `ended` says, as each provider writes it.
pub fn reply(dialect: Dialect, text: &str, ended: &str) -> Vec<u8> {
    let chat = || {
        json!({
            "id": "c-1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": ended}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980},
        })
    };
    let value = match dialect {
        Dialect::Anthropic => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": text}], "stop_reason": ended,
            "usage": {"input_tokens": 900, "output_tokens": 80},
        }),
        Dialect::OpenAi | Dialect::Xai | Dialect::Compatible => chat(),
        Dialect::Ollama => json!({
            "model": "m", "message": {"role": "assistant", "content": text}, "done": true, "done_reason": ended,
            "prompt_eval_count": 900, "eval_count": 80,
        }),
    };
    value.to_string().into_bytes()
}

/// How a whole answer ends.
pub fn whole(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "end_turn",
        Dialect::OpenAi | Dialect::Xai | Dialect::Compatible | Dialect::Ollama => "stop",
    }
}
