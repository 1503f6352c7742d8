//! What a careful Rust team would assemble from crates instead: tower's layers around reqwest, and moka before them.
//!
//! In good faith: the layers stand in the order their documentation asks for, retries are limited by tower's own budget
//! and spread by its own backoff, every attempt passes the rate and concurrency limits, and moka answers identical calls
//! with one. `RateLimit` is a fixed window, there are no classes of urgency, and no credits are known: nothing in tower is
//! made for those.

use bytes::Bytes;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use tower::retry::backoff::{Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::retry::{Policy, Retry};
use tower::util::rng::HasherRng;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};

/// The limits of a stack; a comparison gives both sides the same.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls a window.
    pub n_calls: u64,
    /// The window.
    pub per: Duration,
    /// Calls under way at once.
    pub n_concurrent: usize,
    /// Calls waiting in the buffer before callers wait themselves.
    pub n_waiting: usize,
    /// The longest an attempt may take.
    pub timeout: Duration,
    /// Attempts a call, the first included.
    pub n_attempts: usize,
    /// How long an answer is fresh.
    pub fresh: Duration,
}

/// Why a call failed; shared by all who waited for it, as moka shares it.
#[derive(Clone, Debug)]
pub struct Failed(pub Arc<BoxError>);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

type Answer = Result<Bytes, BoxError>;

/// Retries whatever failed, as long as attempts and budget last.
#[derive(Clone)]
struct Again {
    n_left: usize,
    budget: Arc<TpsBudget>,
    backoff: ExponentialBackoff,
}

impl Policy<String, Bytes, BoxError> for Again {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, _: &mut String, result: &mut Answer) -> Option<tokio::time::Sleep> {
        match result {
            Ok(_) => {
                self.budget.deposit();
                None
            }
            Err(_) => {
                let allowed = self.n_left > 1 && self.budget.withdraw();
                self.n_left = self.n_left.saturating_sub(1);
                allowed.then(|| self.backoff.next_backoff())
            }
        }
    }

    fn clone_request(&mut self, path: &String) -> Option<String> {
        Some(path.clone())
    }
}

/// The stack.
#[derive(Clone)]
pub struct TowerStack {
    calls: BoxCloneSyncService<String, Bytes, BoxError>,
    cache: Cache<String, Bytes>,
}

impl TowerStack {
    /// A stack before one base URL. Must be made within a tokio runtime, which its buffer's worker lives in.
    ///
    /// # Errors
    /// When tower refuses the backoff or reqwest its client.
    pub fn new(base: &str, client: reqwest::Client, limits: Limits) -> Result<TowerStack, BoxError> {
        let base: Arc<str> = base.into();
        let send = tower::service_fn(move |path: String| {
            let request = client.get(format!("{base}{path}"));
            async move {
                let answer = request.send().await?.error_for_status()?;
                Ok::<Bytes, BoxError>(answer.bytes().await?)
            }
        });
        // The limits stand inside the retries, so that every attempt passes them; the timeout is that of an attempt.
        let limited = ServiceBuilder::new()
            .buffer(limits.n_waiting)
            .concurrency_limit(limits.n_concurrent)
            .rate_limit(limits.n_calls, limits.per)
            .timeout(limits.timeout)
            .service(send);
        let (base_ms, cap) = (Duration::from_millis(50), Duration::from_secs(20));
        let backoff = ExponentialBackoffMaker::new(base_ms, cap, 0.99, HasherRng::default())?.make_backoff();
        let again = Again {
            n_left: limits.n_attempts,
            budget: Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 0.2)),
            backoff,
        };
        Ok(TowerStack {
            calls: BoxCloneSyncService::new(Retry::new(again, limited)),
            cache: Cache::builder().max_capacity(10_000).time_to_live(limits.fresh).build(),
        })
    }

    /// The answer to a path below the base URL: from moka when fresh, with everybody else's when under way.
    ///
    /// # Errors
    /// [`Failed`] with the last attempt's error.
    pub async fn get(&self, path: &str) -> Result<Bytes, Failed> {
        let call = self.calls.clone().oneshot(path.to_owned());
        self.cache.try_get_with(path.to_owned(), call).await.map_err(Failed)
    }
}
