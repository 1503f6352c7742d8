//! One thing to be asked of a provider, described without a socket: what feeds build and the transport performs.

use super::provider::{Endpoint, Provider};
use super::usage::TokenPrice;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; may be repeated.
    Get,
    /// Sends a body; a repetition may be billed twice.
    Post,
}

/// How calls that differ only in some parameters become one call, and its answer theirs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Open-Meteo: `latitude` and `longitude` become lists, and the answer an array in the same order (an object for one).
    Places,
    /// ESPN: `dates=20191006` and `dates=20191007` become `dates=20191006-20191007`; each gets the whole answer.
    Days,
}

/// One thing to be asked of a provider. The key of the account is no part of it: the transport adds that, so it can be
/// in no log, cache or journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Whom.
    pub provider: Provider,
    /// The class of endpoint.
    pub endpoint: Endpoint,
    /// How.
    pub method: Method,
    /// Path below the provider's base URL, with its leading slash.
    pub path: String,
    /// Parameters, sorted by name and value, unescaped.
    pub query: Vec<(String, String)>,
    /// What is sent along, for [`Method::Post`].
    pub body: Option<Arc<[u8]>>,
    /// What it takes of each rate window: 1, or for Open-Meteo the number of places.
    pub weight: u32,
    /// The most it may cost in the provider's credits; 0 when it is free.
    pub credits: u32,
    /// The most it may cost in millionths of a dollar; 0 when it is free.
    pub usd_micros: u64,
    /// What its tokens cost, for a language model: the bill is made of its answer's usage.
    pub token_price: Option<TokenPrice>,
    /// Whether and how it may be joined with others like it.
    pub join: Option<Join>,
}

impl Call {
    /// A free call that reads.
    pub fn get(provider: Provider, endpoint: Endpoint, path: &str, query: &[(&str, &str)]) -> Call {
        let mut query: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        query.sort();
        Call {
            provider,
            endpoint,
            method: Method::Get,
            path: path.to_owned(),
            query,
            body: None,
            weight: 1,
            credits: 0,
            usd_micros: 0,
            token_price: None,
            join: None,
        }
    }

    /// The same at a price in credits.
    pub fn credits(self, credits: u32) -> Call {
        Call { credits, ..self }
    }

    /// The same with another weight in the rate windows.
    pub fn weight(self, weight: u32) -> Call {
        Call { weight, ..self }
    }

    /// The same, joinable with others like it.
    pub fn joined(self, join: Join) -> Call {
        Call {
            join: Some(join),
            ..self
        }
    }

    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// What makes two calls the same call: provider, method, path, sorted parameters and body.
    pub fn key(&self) -> RequestKey {
        use fmt::Write as _;
        let method = match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let mut text = format!("{} {method} {}", self.provider, self.path);
        for (i, (name, value)) in self.query.iter().enumerate() {
            let sign = if i == 0 { '?' } else { '&' };
            let _ = write!(text, "{sign}{name}={value}");
        }
        if let Some(body) = &self.body {
            let digest = Sha256::digest(body);
            text.push_str(" #");
            for byte in digest.iter().take(16) {
                let _ = write!(text, "{byte:02x}");
            }
        }
        RequestKey(text.into())
    }
}

/// The canonical text of a call: the name of its flight and of its place in the cache. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestKey(pub Arc<str>);

impl RequestKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_parameters_makes_no_difference() {
        let one = Call::get(Provider::Espn, Endpoint::News, "/news", &[("limit", "5"), ("a", "b")]);
        let two = Call::get(Provider::Espn, Endpoint::News, "/news", &[("a", "b"), ("limit", "5")]);
        assert_eq!(one.key(), two.key());
        assert_eq!(one.key().as_str(), "espn GET /news?a=b&limit=5");
        assert_eq!(one.param("limit"), Some("5"));
    }

    #[test]
    fn a_body_is_part_of_the_key() {
        let post = |text: &str| Call {
            method: Method::Post,
            body: Some(text.as_bytes().into()),
            ..Call::get(Provider::Ollama, Endpoint::Completion, "/api/chat", &[])
        };
        assert_ne!(post("a").key(), post("b").key());
        assert_eq!(post("a").key(), post("a").key());
    }
}
