//! The wire: performs one call over HTTP as it was described, adds the account's key, and returns what came back unjudged.
//!
//! There is no retry, no cache and no rate limit here: those are decided in `src/api`, once.

mod body;
mod client;
mod faults;
mod request;
pub mod secrets;
pub mod settings;
#[cfg(test)]
mod tests;

pub use secrets::{Redactor, SecretError, Secrets};
pub use settings::{TransportError, TransportSettings};

use crate::api::{Call, Provider, Reply, Validators, WireError};
use client::Line;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Whoever can perform calls: the network, or what stands in for it in tests and replays.
pub trait Wire: Send + Sync {
    /// Performs a call once and returns the whole answer, or why there is none within `timeout`. With `validators` the call is
    /// conditional, and the answer may be a 304 without a body. Dropping the future abandons the call.
    fn perform(
        &self,
        call: Call,
        validators: Option<Validators>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>>;
}

/// No network at all: every call fails at once, and nothing leaves the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Wire for Offline {
    fn perform(
        &self,
        _: Call,
        _: Option<Validators>,
        _: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>> {
        let reason = "the network is not to be used (--offline)".to_owned();
        // No fault of the provider: it must open no breaker.
        async { Err(WireError::NoKey(reason)) }.boxed()
    }
}

/// The network. Cheap to clone; clones share their connections. Connections live on the runtime that first used them.
#[derive(Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

struct Inner {
    lines: BTreeMap<Provider, Line>,
    secrets: Secrets,
    redactor: Redactor,
}

impl Transport {
    /// A transport with its own connections to each provider; nothing is contacted yet.
    ///
    /// # Errors
    /// [`TransportError`] naming every setting that cannot be used.
    pub fn new(settings: &TransportSettings, secrets: Secrets) -> Result<Transport, TransportError> {
        client::install_crypto();
        Ok(Transport {
            inner: Arc::new(Inner {
                lines: settings.lines()?,
                redactor: secrets.redactor(),
                secrets,
            }),
        })
    }

    /// What replaces every key this transport knows in any text.
    pub fn redactor(&self) -> &Redactor {
        &self.inner.redactor
    }

    /// Whether a call to a provider would have the key it needs, or needs none.
    ///
    /// # Errors
    /// [`WireError::NoKey`] with what to do.
    pub fn check_key(&self, provider: Provider) -> Result<(), WireError> {
        let line = self.inner.line(provider)?;
        request::key(line, &self.inner.secrets).map(drop)
    }

    /// Performs a call once. `timeout` covers connecting, sending, and reading the whole body.
    ///
    /// # Errors
    /// [`WireError`] when there is no whole answer; its text holds no key and no address.
    pub async fn perform(
        &self,
        call: &Call,
        validators: Option<&Validators>,
        timeout: Duration,
    ) -> Result<Reply, WireError> {
        self.inner.perform(call, validators, timeout).await
    }
}

impl Inner {
    fn line(&self, provider: Provider) -> Result<&Line, WireError> {
        let line = self.lines.get(&provider);
        line.ok_or_else(|| WireError::Connect(format!("{provider} has no base URL")))
    }

    async fn perform(
        &self,
        call: &Call,
        validators: Option<&Validators>,
        timeout: Duration,
    ) -> Result<Reply, WireError> {
        let line = self.line(call.provider)?;
        let request = request::build(line, call, validators, &self.secrets)?;
        let client = line.client()?;
        let exchange = async {
            let response = client.execute(request).await.map_err(faults::of_reqwest)?;
            body::read(call, response).await
        };
        let done = match tokio::time::timeout(timeout, exchange).await {
            Ok(done) => done,
            Err(_) => Err(WireError::Timeout(timeout)),
        };
        match done {
            Ok(reply) => Ok(self.redactor.reply(reply)),
            Err(error) => Err(faults::redacted(error, &self.redactor)),
        }
    }
}

impl Wire for Transport {
    fn perform(
        &self,
        call: Call,
        validators: Option<Validators>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>> {
        let inner = self.inner.clone();
        async move { inner.perform(&call, validators.as_ref(), timeout).await }.boxed()
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("lines", &self.inner.lines)
            .field("secrets", &self.inner.secrets)
            .finish()
    }
}
