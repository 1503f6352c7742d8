//! A call as an HTTP request: its address below the base, what each provider wants to be told, and the key.

use super::client::Line;
use super::secrets::{self, Secrets};
use crate::api::{Call, Endpoint, Method, Provider, Validators, WireError};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use reqwest::{Body, Request, Url};
use secrecy::{ExposeSecret, SecretString};

/// The version of Anthropic's API that `src/api` reads.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The key a line needs; none for free providers, and none for a server on this machine that was given none.
///
/// # Errors
/// [`WireError::NoKey`] with what to do.
pub(super) fn key<'a>(line: &Line, secrets: &'a Secrets) -> Result<Option<&'a SecretString>, WireError> {
    if !secrets::needs_key(line.provider) {
        return Ok(None);
    }
    match secrets.key(line.provider) {
        Ok(key) => Ok(Some(key)),
        Err(_) if line.local => Ok(None),
        Err(error) => Err(WireError::NoKey(error.to_string())),
    }
}

/// The request of a call.
///
/// # Errors
/// [`WireError::NoKey`] when the key is missing.
pub(super) fn build(
    line: &Line,
    call: &Call,
    validators: Option<&Validators>,
    secrets: &Secrets,
) -> Result<Request, WireError> {
    let key = key(line, secrets)?;
    let in_query = key.filter(|_| call.provider == Provider::OddsApi);
    let method = match call.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut request = Request::new(method, address(&line.base, call, in_query));
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(accepts(call)));
    if let Some(key) = key.filter(|_| call.provider != Provider::OddsApi) {
        authorize(headers, call.provider, key)?;
    }
    if let Some(validators) = validators {
        let mut condition = |name: HeaderName, value: &Option<String>| {
            // A validator that cannot stand in a header makes the call unconditional, which costs bytes and nothing else.
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        };
        condition(IF_NONE_MATCH, &validators.etag);
        condition(IF_MODIFIED_SINCE, &validators.last_modified);
    }
    if let Some(body) = &call.body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(Body::from(body.to_vec()));
    }
    Ok(request)
}

/// Base, path and parameters. Neither path nor parameters can change the host.
fn address(base: &Url, call: &Call, key: Option<&SecretString>) -> Url {
    let mut url = base.clone();
    let below = base.path().trim_end_matches('/');
    url.set_path(&format!("{below}/{}", call.path.trim_start_matches('/')));
    if !call.query.is_empty() || key.is_some() {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in &call.query {
            pairs.append_pair(name, value);
        }
        if let Some(key) = key {
            pairs.append_pair("apiKey", key.expose_secret());
        }
    }
    url
}

fn accepts(call: &Call) -> &'static str {
    match (call.provider, call.endpoint) {
        (Provider::Nws, _) => "application/geo+json",
        (Provider::Nflverse, Endpoint::Games | Endpoint::TeamStats) => "text/csv, application/octet-stream, */*",
        (Provider::Nflverse, _) => "application/json, application/octet-stream, */*",
        _ => "application/json",
    }
}

fn authorize(headers: &mut HeaderMap, provider: Provider, key: &SecretString) -> Result<(), WireError> {
    let secret = |text: &str| {
        let value = HeaderValue::from_str(text);
        let mut value =
            value.map_err(|_| WireError::NoKey(format!("{provider}: the key cannot stand in a header")))?;
        value.set_sensitive(true);
        Ok(value)
    };
    if provider == Provider::Anthropic {
        headers.insert("x-api-key", secret(key.expose_secret())?);
        headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
    } else {
        headers.insert(AUTHORIZATION, secret(&format!("Bearer {}", key.expose_secret()))?);
    }
    Ok(())
}
