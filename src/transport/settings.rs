//! Where the providers are and how they are spoken to; a mirror or a test server stands in by its base URL.

use super::client::Line;
use crate::api::Provider;
use reqwest::Url;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// How the wire is set up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportSettings {
    /// Base URLs that differ from the providers' own; https, or http on this machine. A call's path is put after its path.
    #[serde(deserialize_with = "by_name")]
    pub base_urls: BTreeMap<Provider, String>,
    /// An address or page under which whoever runs this can be reached; the National Weather Service wants one.
    pub contact: Option<String>,
    /// How long connecting may take, TLS included; a call that fails in it was not sent.
    pub connect_timeout_ms: u64,
    /// Whether `HTTPS_PROXY` and its like are obeyed. Off, because a proxy nobody thought of sees every key.
    pub proxy_from_environment: bool,
}

impl Default for TransportSettings {
    fn default() -> TransportSettings {
        TransportSettings {
            base_urls: BTreeMap::new(),
            contact: None,
            connect_timeout_ms: 10_000,
            proxy_from_environment: false,
        }
    }
}

/// Providers by the names they have everywhere else.
fn by_name<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Provider, String>, D::Error> {
    let named = BTreeMap::<String, String>::deserialize(from)?;
    let known = |(name, url): (String, String)| match Provider::of_name(&name) {
        Some(provider) => Ok((provider, url)),
        None => {
            let all = Provider::ALL.map(Provider::name).join(", ");
            Err(D::Error::custom(format!(
                "no provider is called `{name}`: use one of {all}"
            )))
        }
    };
    named.into_iter().map(known).collect()
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Base URLs, each with what is wrong.
    #[error("{}", .0.join("; "))]
    BaseUrls(Vec<String>),
    /// The contact cannot stand in a header.
    #[error("contact: use an e-mail address or a URL in plain ASCII, at most 200 characters")]
    Contact,
}

/// The longest contact that is sent along with every call.
const MAX_CONTACT: usize = 200;

impl TransportSettings {
    /// The settings as lines to each provider.
    pub(super) fn lines(&self) -> Result<BTreeMap<Provider, Line>, TransportError> {
        let contact = self.contact.as_deref().map(str::trim).filter(|c| !c.is_empty());
        let printable = |c: &str| c.len() <= MAX_CONTACT && c.bytes().all(|b| (b' '..=b'~').contains(&b));
        if contact.is_some_and(|c| !printable(c)) {
            return Err(TransportError::Contact);
        }
        let mut lines = BTreeMap::new();
        let mut wrong = Vec::new();
        for provider in Provider::ALL {
            let own = own_base(provider);
            let text = self.base_urls.get(&provider).map_or(own, String::as_str);
            match checked(text) {
                Ok(base) => {
                    lines.insert(provider, Line::new(provider, base, text == own, self));
                }
                // The text itself is not repeated: it may hold a password.
                Err(reason) => wrong.push(format!("base URL of {provider}: {reason}")),
            }
        }
        if wrong.is_empty() {
            Ok(lines)
        } else {
            Err(TransportError::BaseUrls(wrong))
        }
    }

    /// Who we say we are.
    pub(super) fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match self.contact.as_deref().map(str::trim).filter(|c| !c.is_empty()) {
            Some(contact) => format!("huddle/{version} ({contact})"),
            None => format!("huddle/{version}"),
        }
    }
}

/// Where a provider is when no setting says otherwise.
pub fn own_base(provider: Provider) -> &'static str {
    match provider {
        Provider::OddsApi => "https://api.the-odds-api.com",
        Provider::Espn => "https://site.api.espn.com",
        Provider::OpenMeteo => "https://api.open-meteo.com",
        Provider::Nws => "https://api.weather.gov",
        Provider::Nflverse => "https://github.com",
        Provider::Anthropic => "https://api.anthropic.com",
        Provider::OpenAi => "https://api.openai.com",
        Provider::Xai => "https://api.x.ai",
        Provider::Ollama => "http://127.0.0.1:11434",
    }
}

/// A base URL with nothing in it but scheme, host, port and path.
fn checked(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|e| format!("it cannot be read: {e}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or password: keys have settings of their own".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment: leave only scheme, host and path".to_owned());
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("http is for this machine only: use https".to_owned()),
        other => Err(format!("scheme `{other}`: use https")),
    }
}

/// Whether a URL names this machine: what is sent there crosses no network.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}
