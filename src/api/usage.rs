//! What a language model's answer says it used, in one unit for all providers: their counts of input do not mean the same.

use super::provider::{Endpoint, Provider};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one answer used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read, those from a cache and those written to one included.
    pub input_tokens: u64,
    /// Tokens written, those of reasoning included.
    pub output_tokens: u64,
    /// Of the input, tokens read from a cache, which are cheaper.
    pub cached_tokens: u64,
    /// The bill in millionths of a dollar, where the provider states it; rounded up.
    pub usd_micros: Option<u64>,
}

impl Usage {
    /// What it costs, in millionths of a dollar: the provider's own bill where it states one, else its tokens at a price.
    /// Tokens from a cache count like others, so this is never too little.
    pub fn cost_micros(&self, price: TokenPrice) -> u64 {
        self.usd_micros
            .unwrap_or_else(|| price.cost_micros(self.input_tokens, self.output_tokens))
    }
}

/// What a model's tokens cost, in billionths of a dollar each: a dollar per million tokens is 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPrice {
    /// A token read.
    pub input_nanos: u64,
    /// A token written.
    pub output_nanos: u64,
}

impl TokenPrice {
    /// So many tokens in millionths of a dollar, rounded up.
    pub fn cost_micros(self, input_tokens: u64, output_tokens: u64) -> u64 {
        let read = input_tokens.saturating_mul(self.input_nanos);
        let written = output_tokens.saturating_mul(self.output_nanos);
        read.saturating_add(written).div_ceil(1_000)
    }
}

/// xAI bills in ten-billionths of a dollar.
const TICKS_PER_MICRO: u64 = 10_000;

/// Reads the usage of a completion; `None` for other calls and for answers that do not say.
pub fn usage(provider: Provider, endpoint: Endpoint, body: &[u8]) -> Option<Usage> {
    if endpoint != Endpoint::Completion || !provider.is_llm() {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    match provider {
        Provider::Anthropic => anthropic(value.get("usage")?),
        Provider::OpenAi | Provider::Xai => openai(value.get("usage")?),
        Provider::Ollama => ollama(&value),
        Provider::OddsApi | Provider::Espn | Provider::OpenMeteo | Provider::Nws | Provider::Nflverse => None,
    }
}

fn number(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path).and_then(Value::as_u64)
}

/// Its `input_tokens` leaves out what was read from or written to a cache.
fn anthropic(usage: &Value) -> Option<Usage> {
    let plain = number(usage, "/input_tokens")?;
    let read = number(usage, "/cache_read_input_tokens").unwrap_or_default();
    let written = number(usage, "/cache_creation_input_tokens").unwrap_or_default();
    Some(Usage {
        input_tokens: plain.saturating_add(read).saturating_add(written),
        output_tokens: number(usage, "/output_tokens").unwrap_or_default(),
        cached_tokens: read,
        usd_micros: None,
    })
}

/// Chat completions say prompt and completion, responses say input and output; both include what was cached.
fn openai(usage: &Value) -> Option<Usage> {
    let either = |one: &str, other: &str| number(usage, one).or_else(|| number(usage, other));
    let cached = either(
        "/prompt_tokens_details/cached_tokens",
        "/input_tokens_details/cached_tokens",
    );
    let input_tokens = either("/prompt_tokens", "/input_tokens")?;
    // xAI leaves reasoning out of the completion's count, but not out of the total.
    let stated = either("/completion_tokens", "/output_tokens").unwrap_or_default();
    let total = number(usage, "/total_tokens").unwrap_or_default();
    Some(Usage {
        input_tokens,
        output_tokens: stated.max(total.saturating_sub(input_tokens)),
        cached_tokens: cached.unwrap_or_default().min(input_tokens),
        usd_micros: number(usage, "/cost_in_usd_ticks").map(|ticks| ticks.div_ceil(TICKS_PER_MICRO)),
    })
}

/// It leaves the count of the prompt out when all of it was cached.
fn ollama(value: &Value) -> Option<Usage> {
    Some(Usage {
        input_tokens: number(value, "/prompt_eval_count").unwrap_or_default(),
        output_tokens: number(value, "/eval_count")?,
        cached_tokens: 0,
        usd_micros: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(provider: Provider, body: &str, expected: Option<(u64, u64, u64, Option<u64>)>) {
        let expected = expected.map(|(input_tokens, output_tokens, cached_tokens, usd_micros)| Usage {
            input_tokens,
            output_tokens,
            cached_tokens,
            usd_micros,
        });
        assert_eq!(
            usage(provider, Endpoint::Completion, body.as_bytes()),
            expected,
            "{provider} {body}"
        );
    }

    #[test]
    fn each_provider_counts_its_own_way() {
        check(
            Provider::Anthropic,
            r#"{"usage":{"input_tokens":10,"cache_read_input_tokens":100,"cache_creation_input_tokens":5,"output_tokens":7}}"#,
            Some((115, 7, 100, None)),
        );
        check(
            Provider::OpenAi,
            r#"{"usage":{"prompt_tokens":110,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":100}}}"#,
            Some((110, 7, 100, None)),
        );
        check(
            Provider::OpenAi,
            r#"{"usage":{"input_tokens":110,"output_tokens":7,"input_tokens_details":{"cached_tokens":64}}}"#,
            Some((110, 7, 64, None)),
        );
        check(
            Provider::Xai,
            r#"{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":9,"cost_in_usd_ticks":10001}}"#,
            Some((1, 8, 0, Some(2))),
        );
        check(
            Provider::Ollama,
            r#"{"prompt_eval_count":26,"eval_count":298}"#,
            Some((26, 298, 0, None)),
        );
        check(Provider::Anthropic, r#"{"usage":{"input_tokens":-1}}"#, None);
        check(Provider::OpenAi, "{}", None);
        check(Provider::Espn, r#"{"usage":{"input_tokens":1}}"#, None);
    }

    #[test]
    fn tokens_cost_what_their_price_says_rounded_up_unless_the_bill_is_stated() {
        // 3 and 15 dollars per million tokens.
        let price = TokenPrice {
            input_nanos: 3_000,
            output_nanos: 15_000,
        };
        assert_eq!(price.cost_micros(1_000_000, 1_000_000), 18_000_000);
        assert_eq!(
            TokenPrice {
                input_nanos: 1,
                output_nanos: 0
            }
            .cost_micros(1, 0),
            1
        );
        let used = Usage {
            input_tokens: 10,
            output_tokens: 2,
            ..Usage::default()
        };
        assert_eq!(used.cost_micros(price), 60);
        let billed = Usage {
            usd_micros: Some(7),
            ..used
        };
        assert_eq!(billed.cost_micros(price), 7);
    }

    proptest! {
        #[test]
        fn any_body_is_survived(
            provider in proptest::sample::select(Provider::ALL.as_slice()),
            body in prop_oneof![any::<String>(), "\\{\"usage\":\\{\"(input|prompt)_tokens\":[0-9e.-]{0,22}\\}\\}"],
        ) {
            let _ = usage(provider, Endpoint::Completion, body.as_bytes());
        }
    }
}
