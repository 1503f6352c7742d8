//! Language models: which refusals are a full minute, which an empty account, and which answers are none.

use super::{Case, Class, Verdict};
use crate::api::provider::{Endpoint, Provider};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;

/// Anthropic: `error.type`, and for money the details or the words.
pub(super) fn anthropic(case: &Case) -> Verdict {
    let quota = |until| case.verdict(Class::QuotaExhausted { until });
    if case.said.detail_code == "enforced_spend_limit_reached" {
        return quota(case.next_month());
    }
    if case.says(&["specified api usage limits"]) {
        return quota(regained(&case.said.text).or_else(|| case.next_month()));
    }
    if case.said.kind == "billing_error" || case.says(&["credit balance is too low"]) {
        return quota(None);
    }
    match case.said.kind.as_str() {
        "overloaded_error" | "api_error" | "timeout_error" => case.verdict(Class::Transient),
        "rate_limit_error" => case.verdict(Class::Throttled),
        "authentication_error" | "permission_error" => case.meaning(Class::Misconfigured, "the key was refused"),
        "not_found_error" => model_or_thing(case),
        "invalid_request_error" | "request_too_large" => case.verdict(Class::BadRequest),
        _ if case.reply.status == 402 => quota(None),
        _ => case.by_status(),
    }
}

/// OpenAI: `error.code`, since its 429 is a full minute or an empty account.
pub(super) fn openai(case: &Case) -> Verdict {
    let said = &case.said;
    match (said.code.as_str(), said.kind.as_str()) {
        ("insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active", _)
        | (_, "insufficient_quota") => case.verdict(Class::QuotaExhausted { until: None }),
        ("rate_limit_exceeded", _) => case.verdict(Class::Throttled),
        ("invalid_api_key" | "account_deactivated" | "unsupported_country_region_territory", _) => {
            case.meaning(Class::Misconfigured, "the key was refused")
        }
        ("model_not_found", _) => case.meaning(Class::Misconfigured, "no such model"),
        ("content_policy_violation" | "content_filter", _) => case.verdict(Class::Refused),
        ("server_error", _) | (_, "server_error") => case.verdict(Class::Transient),
        _ if case.reply.status == 404 => model_or_thing(case),
        _ => case.by_status(),
    }
}

/// xAI speaks as OpenAI does, or with `code` and `error` as two texts; a wrong key may be 400, an empty account 403.
pub(super) fn xai(case: &Case) -> Verdict {
    if case.says(&["used all available credits", "spending limit", "run out of credits"]) {
        return case.verdict(Class::QuotaExhausted { until: None });
    }
    if case.says(&["incorrect api key", "invalid api key"]) {
        return case.meaning(Class::Misconfigured, "the key was refused");
    }
    openai(case)
}

/// Ollama: busy is a 503, a missing model a 404.
pub(super) fn ollama(case: &Case) -> Verdict {
    match case.reply.status {
        404 if case.endpoint == Endpoint::Completion => {
            case.meaning(Class::Misconfigured, "no such model here, `ollama pull` it")
        }
        _ => case.by_status(),
    }
}

fn model_or_thing(case: &Case) -> Verdict {
    if case.endpoint == Endpoint::Completion || case.says(&["model"]) {
        return case.meaning(Class::Misconfigured, "no such model");
    }
    case.verdict(Class::NotFound)
}

/// `You will regain access on 2026-12-01 at 00:00 UTC.`
fn regained(text: &str) -> Option<DateTime<Utc>> {
    let from = text.find("access on ")? + "access on ".len();
    let day: NaiveDate = text.get(from..from + 10)?.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

/// Judges a whole answer by how it ended. The body is JSON; one of an unknown shape is left to whoever asked.
pub(super) fn completion(provider: Provider, body: &[u8]) -> Verdict {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Verdict::new(Class::BadPayload, "the answer cannot be read");
    };
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let ended = match provider {
        Provider::Anthropic => text("/stop_reason"),
        Provider::OpenAi | Provider::Xai => {
            if text("/status") == "failed" {
                return Verdict::new(Class::Transient, text("/error/message"));
            }
            if let Some(words) = declined(&value) {
                return Verdict::new(Class::Refused, words);
            }
            match text("/incomplete_details/reason") {
                "" => text("/choices/0/finish_reason"),
                reason => reason,
            }
        }
        Provider::Ollama if value.get("done") == Some(&Value::Bool(false)) => {
            return Verdict::new(Class::BadPayload, "the answer is one piece of a stream");
        }
        Provider::Ollama => text("/done_reason"),
        Provider::OddsApi | Provider::Espn | Provider::OpenMeteo | Provider::Nws | Provider::Nflverse => "",
    };
    match ended {
        "refusal" | "content_filter" => Verdict::new(Class::Refused, "the model declined to answer"),
        "max_tokens" | "model_context_window_exceeded" | "length" | "max_output_tokens" => {
            Verdict::new(Class::Truncated, &format!("the answer was cut: {ended}"))
        }
        _ => Verdict::new(Class::Success, ""),
    }
}

/// What OpenAI's model says instead of an answer, in either of its APIs.
fn declined(value: &Value) -> Option<&str> {
    let words = |v: &'_ Value| v.as_str().is_some_and(|s| !s.is_empty());
    let chat = value.pointer("/choices/0/message/refusal").filter(|v| words(v));
    let outputs = value.get("output").and_then(Value::as_array).into_iter().flatten();
    let contents = outputs.flat_map(|o| o.get("content").and_then(Value::as_array).into_iter().flatten());
    let response = contents.filter_map(|c| c.get("refusal")).find(|v| words(v));
    chat.or(response).and_then(Value::as_str)
}
