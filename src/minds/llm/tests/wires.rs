//! Each provider's form of a request and of a reply.

use super::{answer, posed, reply, slot, whole};
use crate::api::{Endpoint, Method};
use crate::minds::llm::slot::{Dialect, Structured};
use crate::minds::llm::wire::{self, Unread};
use serde_json::Value;

fn body(dialect: Dialect) -> Value {
    let call = wire::call(&slot(dialect), &posed().prompt.unwrap());
    serde_json::from_slice(&call.body.unwrap()).unwrap()
}

#[test]
fn each_provider_is_asked_in_its_own_form() {
    let schema_at = |dialect| match dialect {
        Dialect::Anthropic => "/output_config/format/schema",
        Dialect::OpenAi | Dialect::Xai | Dialect::Compatible => "/response_format/json_schema/schema",
        Dialect::Ollama => "/format",
    };
    for dialect in Dialect::ALL {
        let said = body(dialect);
        let schema = said.pointer(schema_at(dialect)).unwrap();
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{dialect:?}");
        assert_eq!(said["model"], Value::String(slot(dialect).model), "{dialect:?}");
        assert!(
            said.get("temperature").is_none() || dialect == Dialect::Compatible,
            "{dialect:?}"
        );
    }
    assert_eq!(body(Dialect::Anthropic)["max_tokens"], 2_000);
    assert_eq!(body(Dialect::Anthropic)["messages"].as_array().unwrap().len(), 1);
    assert_eq!(body(Dialect::OpenAi)["max_completion_tokens"], 2_000);
    assert_eq!(body(Dialect::OpenAi)["response_format"]["json_schema"]["strict"], true);
    assert_eq!(body(Dialect::Compatible)["max_tokens"], 2_000);
    let mut older = slot(Dialect::Compatible);
    older.structured = Structured::JsonObject;
    let call = wire::call(&older, &posed().prompt.unwrap());
    let said: Value = serde_json::from_slice(&call.body.unwrap()).unwrap();
    assert_eq!(said["response_format"]["type"], "json_object");
    assert_eq!(said["response_format"]["schema"]["additionalProperties"], false);
    let ollama = body(Dialect::Ollama);
    assert_eq!(
        (&ollama["stream"], &ollama["options"]["num_predict"]),
        (&false.into(), &2_000.into())
    );
    assert!(ollama["options"]["num_ctx"].as_u64().unwrap() >= 3_072);
}

#[test]
fn a_call_says_the_most_it_may_cost() {
    for dialect in Dialect::ALL {
        let slot = slot(dialect);
        let call = wire::call(&slot, &posed().prompt.unwrap());
        let n_bytes = call.body.as_ref().unwrap().len() as u64;
        assert_eq!((call.method, call.endpoint), (Method::Post, Endpoint::Completion));
        assert_eq!(call.path, dialect.path());
        // A dollar per million tokens read, and no token is smaller than a byte; five per million written.
        assert!(call.usd_micros >= n_bytes + 5 * 2_000, "{dialect:?}");
        assert_eq!(call.token_price, Some(slot.price));
    }
    let mut free = slot(Dialect::Ollama);
    free.price = Default::default();
    assert_eq!(wire::call(&free, &posed().prompt.unwrap()).usd_micros, 0);
}

#[test]
fn a_reply_is_read_in_each_form() {
    for dialect in Dialect::ALL {
        let read = |text: &str, ended: &str| wire::read(dialect, &reply(dialect, text, ended));
        assert_eq!(read(&answer(0.5), whole(dialect)), Ok(answer(0.5)), "{dialect:?}");
        assert!(
            matches!(read(" ", whole(dialect)), Err(Unread::Malformed(_))),
            "{dialect:?}"
        );
        let cut = if dialect == Dialect::Anthropic {
            "max_tokens"
        } else {
            "length"
        };
        assert_eq!(read("{\"views\":[", cut), Err(Unread::Truncated), "{dialect:?}");
        for rubbish in [
            "",
            "<html>",
            "[]",
            "{}",
            "null",
            "{\"content\":[],\"choices\":[],\"message\":{}}",
        ] {
            assert!(
                matches!(wire::read(dialect, rubbish.as_bytes()), Err(Unread::Malformed(_))),
                "{dialect:?} {rubbish}"
            );
        }
    }
    let declined = |dialect, ended| wire::read(dialect, &reply(dialect, "I would rather not", ended));
    assert_eq!(declined(Dialect::Anthropic, "refusal"), Err(Unread::Declined));
    assert_eq!(declined(Dialect::OpenAi, "content_filter"), Err(Unread::Declined));
    let refused = br#"{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}]}"#;
    assert_eq!(wire::read(Dialect::OpenAi, refused), Err(Unread::Declined));
    let streamed = br#"{"message":{"content":"{"},"done":false}"#;
    assert!(matches!(
        wire::read(Dialect::Ollama, streamed),
        Err(Unread::Malformed(_))
    ));
}
