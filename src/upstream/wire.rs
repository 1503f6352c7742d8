//! The services as a wire without a network: what the demonstration and replays put in the network's place. Delays pass on
//! the runtime's clock, so under virtual time they cost nothing.

use super::Door;
use crate::api::{Call, Headers, Provider, Reply, Validators, WireError};
use crate::sim::upstream::{Request, Scripted, Wire as Travel};
use crate::transport::Wire;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// The host that the services believe they are, when they are asked without a network.
pub const IN_PROCESS: &str = "http://in-process.invalid";

/// Redirects followed, as the network's wire does.
const MAX_REDIRECTS: usize = 4;

impl Wire for Door {
    fn perform(
        &self,
        call: Call,
        validators: Option<Validators>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Reply, WireError>> {
        let door = self.clone();
        async move {
            let exchange = door.exchange(&call, validators.as_ref());
            match tokio::time::timeout(timeout, exchange).await {
                Ok(done) => done,
                Err(_) => Err(WireError::Timeout(timeout)),
            }
        }
        .boxed()
    }
}

impl Door {
    async fn exchange(&self, call: &Call, validators: Option<&Validators>) -> Result<Reply, WireError> {
        let host = IN_PROCESS.trim_start_matches("http://");
        let mut request = Request::of_call(call).header_set("host", host);
        if call.provider == Provider::OddsApi {
            // Any key is let in unless the services were told one.
            request = request.with("apiKey", "simulated");
        }
        if let Some(validators) = validators {
            let fields = [
                ("if-none-match", &validators.etag),
                ("if-modified-since", &validators.last_modified),
            ];
            for (name, value) in fields {
                if let Some(value) = value {
                    request = request.header_set(name, value);
                }
            }
        }
        for _ in 0..=MAX_REDIRECTS {
            let scripted = self.once(&request).await;
            match scripted.header("location") {
                Some(there) if (301..=308).contains(&scripted.status) => {
                    there
                        .strip_prefix(IN_PROCESS)
                        .unwrap_or(there)
                        .clone_into(&mut request.path);
                }
                _ => return travel(scripted).await,
            }
        }
        Err(WireError::Redirect("round and round".to_owned()))
    }

    async fn once(&self, request: &Request) -> Scripted {
        let (scripted, ticket) = self.open(request);
        tokio::time::sleep(scripted.delay).await;
        self.close(ticket);
        scripted
    }
}

/// What of an answer arrives.
async fn travel(scripted: Scripted) -> Result<Reply, WireError> {
    match scripted.wire {
        Travel::Whole => {}
        Travel::Truncated { after_bytes } => {
            let text = format!("after {after_bytes} of {} bytes", scripted.body.len());
            return Err(WireError::Broken(text));
        }
        Travel::Reset => return Err(WireError::Broken("reset by peer".to_owned())),
        Travel::Hang => std::future::pending::<()>().await,
        Travel::Drip { bytes_per_chunk, every } => {
            let n_steps = scripted.body.len().div_ceil(bytes_per_chunk.max(1));
            tokio::time::sleep(every.saturating_mul(u32::try_from(n_steps).unwrap_or(u32::MAX))).await;
        }
    }
    Ok(Reply {
        status: scripted.status,
        headers: Headers(scripted.headers),
        body: scripted.body.into(),
    })
}
