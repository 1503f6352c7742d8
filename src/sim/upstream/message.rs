//! What is asked of the scripted upstream and what it answers, without a socket: the server puts them on a wire, a test
//! hands them over in memory.

use crate::api::{Call, Provider};
use std::time::Duration;

/// The path below which a provider is served, all on one port; empty for those this upstream does not speak for.
pub fn prefix(provider: Provider) -> &'static str {
    match provider {
        Provider::OddsApi => "/odds-api",
        Provider::Espn => "/espn",
        Provider::OpenMeteo => "/open-meteo",
        Provider::Nws => "/nws",
        Provider::Nflverse => "/nflverse",
        Provider::Anthropic | Provider::OpenAi | Provider::Xai | Provider::Ollama => "",
    }
}

/// The providers this upstream speaks for.
pub const SERVED: [Provider; 5] = [
    Provider::OddsApi,
    Provider::Espn,
    Provider::OpenMeteo,
    Provider::Nws,
    Provider::Nflverse,
];

/// A request as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, in capitals.
    pub method: String,
    /// The decoded path, with its provider's [`prefix`].
    pub path: String,
    /// Decoded parameters in the order in which they came.
    pub query: Vec<(String, String)>,
    /// Header fields; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
}

impl Request {
    /// A `GET` of a path below a provider's prefix, with a `User-Agent`, without which the NWS answers 403.
    ///
    /// ```
    /// use huddle::api::Provider;
    /// use huddle::sim::upstream::Request;
    /// let request = Request::get(Provider::OddsApi, "/v4/sports", &[("apiKey", "any")]);
    /// assert_eq!(request.path, "/odds-api/v4/sports");
    /// ```
    pub fn get(provider: Provider, path: &str, query: &[(&str, &str)]) -> Request {
        Request {
            method: "GET".to_owned(),
            path: format!("{}{path}", prefix(provider)),
            query: query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            headers: vec![("user-agent".to_owned(), "huddle (in process)".to_owned())],
            body: Vec::new(),
        }
    }

    /// What a [`Call`] would send, without the key of the account: the transport adds that.
    pub fn of_call(call: &Call) -> Request {
        Request {
            query: call.query.clone(),
            body: call.body.as_deref().map(<[u8]>::to_vec).unwrap_or_default(),
            ..Request::get(call.provider, &call.path, &[])
        }
    }

    /// The same with one more parameter.
    pub fn with(mut self, name: &str, value: &str) -> Request {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a header field in place of any of that name.
    pub fn header_set(mut self, name: &str, value: &str) -> Request {
        let name = name.to_lowercase();
        self.headers.retain(|(n, _)| *n != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first value of a header field; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The parts of the path between its slashes.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// A path as an absolute address on the host that was asked, as the services write them; the path alone when the
    /// request names no host.
    pub(super) fn address(&self, path: &str) -> String {
        match self.header("host") {
            Some(host) => format!("http://{host}{path}"),
            None => path.to_owned(),
        }
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// All of it.
    #[default]
    Whole,
    /// The head promises the whole body; the connection ends after this many bytes of it.
    Truncated {
        /// Bytes of the body that arrive.
        after_bytes: usize,
    },
    /// The connection is reset before the first byte.
    Reset,
    /// Nothing comes, and the connection stays open.
    Hang,
    /// The body comes a little at a time.
    Drip {
        /// Bytes a step.
        bytes_per_chunk: usize,
        /// Between steps.
        every: Duration,
    },
}

/// An answer and how it is to travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// HTTP status.
    pub status: u16,
    /// Header fields without `Content-Length` and `Connection`, which are the server's; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, not compressed.
    pub body: Vec<u8>,
    /// How long to wait before the first byte.
    pub delay: Duration,
    /// How it travels.
    pub wire: Wire,
}

impl Scripted {
    /// The first value of a header field; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

/// What a service has to say before faults have their way with it.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Credits or weight that were charged.
    pub charged: u32,
    /// How long the service itself takes.
    pub delay: Duration,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
        Reply {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
            charged: 0,
            delay: Duration::ZERO,
        }
    }

    pub(super) fn json(status: u16, value: &serde_json::Value) -> Reply {
        Reply::new(
            status,
            "application/json; charset=utf-8",
            value.to_string().into_bytes(),
        )
    }

    pub(super) fn empty(status: u16) -> Reply {
        Reply {
            headers: Vec::new(),
            ..Reply::new(status, "", Vec::new())
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn charged(self, charged: u32) -> Reply {
        Reply { charged, ..self }
    }
}
