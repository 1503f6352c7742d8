//! The usual stack, in good faith: moka shares loads and keeps them a minute; below it tower retries with a budget, buffers,
//! limits rate and concurrency, and times out; reqwest performs.

use crate::client::{Bare, Client};
use std::sync::Arc;
use std::time::Duration;
use tower::retry::Policy;
use tower::retry::backoff::{Backoff, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff};
use tower::retry::budget::{Budget, TpsBudget};
use tower::util::BoxCloneService;
use tower::util::rng::HasherRng;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// Up to three attempts, backoff from 50 ms to 20 s with full jitter on top, a fifth more calls than requests and no
/// reserve beyond one a second: tower's budget at its default share.
#[derive(Clone)]
struct Again {
    budget: Arc<TpsBudget>,
    backoff: ExponentialBackoff,
    n_left: u32,
}

impl<Req: Clone, Res> Policy<Req, Res, BoxError> for Again {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, BoxError>) -> Option<tokio::time::Sleep> {
        if result.is_ok() {
            self.budget.deposit();
            return None;
        }
        if self.n_left == 0 || !self.budget.withdraw() {
            return None;
        }
        self.n_left -= 1;
        Some(self.backoff.next_backoff())
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

/// The layers over a service; `n_per_s` calls in each of tower's windows.
pub fn layers<Leaf, Req>(leaf: Leaf, n_per_s: u64) -> BoxCloneService<Req, (), BoxError>
where
    Req: Clone + Send + 'static,
    Leaf: Service<Req, Response = (), Error = BoxError> + Send + 'static,
    Leaf::Future: Send,
{
    let ms = Duration::from_millis;
    let backoff = ExponentialBackoffMaker::new(ms(50), ms(20_000), 1.0, HasherRng::new())
        .expect("the bounds are in order")
        .make_backoff();
    let again = Again {
        budget: Arc::new(TpsBudget::new(Duration::from_secs(10), 1, 0.2)),
        backoff,
        n_left: 2,
    };
    let limited = ServiceBuilder::new()
        .buffer(1_024)
        .rate_limit(n_per_s, Duration::from_secs(1))
        .concurrency_limit(8)
        .timeout(Duration::from_secs(10))
        .service(leaf);
    BoxCloneService::new(ServiceBuilder::new().retry(again).service(limited))
}

/// The whole stack.
#[derive(Clone)]
pub struct Stack {
    kept: moka::future::Cache<String, ()>,
    calls: BoxCloneService<String, (), BoxError>,
}

impl Stack {
    /// To a server, with windows that bar nothing.
    pub fn to(base: &str) -> Stack {
        let bare = Bare::to(base);
        let leaf = tower::service_fn(move |path: String| {
            let bare = bare.clone();
            async move { bare.get(&path).await.map_err(BoxError::from) }
        });
        let kept = moka::future::Cache::builder()
            .max_capacity(2_000)
            .time_to_live(Duration::from_secs(60));
        Stack {
            kept: kept.build(),
            calls: layers(leaf, 1_000_000),
        }
    }
}

impl Client for Stack {
    async fn get(&self, path: &str) -> Result<(), String> {
        let (calls, path) = (self.calls.clone(), path.to_owned());
        let asked = path.clone();
        let load = async move { calls.oneshot(asked).await };
        self.kept.try_get_with(path, load).await.map_err(|e| e.to_string())
    }
}
