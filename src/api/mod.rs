//! Access to scarce, rate-limited, flaky APIs as pure state machines: time and events in, effects out.
//!
//! A [`Call`] says what is wanted of which provider. Whoever performs it, and when, and whether at all, is decided here;
//! the sockets are elsewhere (`src/transport`).

pub mod batch;
pub mod breaker;
pub mod bucket;
pub mod cache;
pub mod call;
pub mod classify;
pub mod cost;
pub mod flight;
pub mod headers;
pub mod health;
pub mod ledger;
pub mod limits;
pub mod orchestrator;
pub mod policy;
pub mod prefetch;
pub mod provider;
pub mod queue;
pub mod quota;
pub mod reply;
pub mod request;
pub mod retry;
pub mod time;
pub mod usage;

pub use batch::RequestBatcher;
pub use bucket::TokenBucket;
pub use cache::OddsCache;
pub use call::{Call, Join, Method, RequestKey};
pub use classify::{Class, Sign, Verdict, classify};
pub use cost::CostTracker;
pub use flight::{RequestCoalescer, WaiterId};
pub use headers::{CreditCount, Told, Validators, WindowCount};
pub use health::{ApiHealthMonitor, ProviderHealth};
pub use ledger::{AttemptId, LedgerRow, Spend};
pub use orchestrator::{Effect, Event, RequestOrchestrator};
pub use policy::{ApiSettings, ProviderPolicy};
pub use prefetch::{FetchPlan, PlannedFetch, PredictivePrefetcher, PrefetchSettings};
pub use provider::{Endpoint, Provider};
pub use reply::{Headers, Reply, WireError};
pub use request::{Answer, ApiError, Freshness, Priority, PriorityRequest, Tolerance};
pub use time::{Mono, Now, Stamp};
pub use usage::{TokenPrice, Usage, usage};
