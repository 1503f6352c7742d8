//! What came back over the wire, before anybody judges it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// An HTTP answer whose body was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its body, decompressed.
    pub body: Arc<[u8]>,
}

/// Headers by lower-case name; values that are no text are left out by the transport.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// From pairs.
    pub fn of(pairs: &[(&str, &str)]) -> Headers {
        Headers(
            pairs
                .iter()
                .map(|(n, v)| (n.to_ascii_lowercase(), (*v).to_owned()))
                .collect(),
        )
    }

    /// The first value under a name in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Why there is no answer. No text of it holds an address with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WireError {
    /// No connection: refused, unreachable, name not found, TLS.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection broke before the whole answer was there.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Not answered in time.
    #[error("no whole answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The body is larger than any honest one.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// It pointed away from the provider's hosts, or round and round.
    #[error("a redirect was not followed: {0}")]
    Redirect(String),
    /// The body cannot be decompressed.
    #[error("the body cannot be decoded: {0}")]
    Decode(String),
    /// Nothing was sent: the key is missing, or the network is not to be used.
    #[error("{0}")]
    NoKey(String),
    /// We gave up on it ourselves.
    #[error("aborted")]
    Aborted,
}

impl WireError {
    /// Whether the provider may have seen, and billed, the call.
    pub fn may_have_been_billed(&self) -> bool {
        !matches!(self, WireError::Connect(_) | WireError::NoKey(_))
    }
}
