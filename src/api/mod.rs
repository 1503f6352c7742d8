//! Access to scarce, rate-limited, flaky APIs as pure state machines: time and events in, effects out.
//!
//! A [`Call`] says what is wanted of which provider. Whoever performs it, and when, and whether at all, is decided here;
//! the sockets are elsewhere (`src/transport`).

pub mod call;
pub mod classify;
pub mod headers;
pub mod ledger;
pub mod prefetch;
pub mod provider;
pub mod reply;
pub mod request;
pub mod time;
pub mod usage;

pub use call::{Call, Join, Method, RequestKey};
pub use classify::{Class, Sign, Verdict, classify};
pub use headers::{CreditCount, Told, Validators, WindowCount};
pub use ledger::{AttemptId, LedgerRow, Spend};
pub use prefetch::{FetchPlan, PlannedFetch, PredictivePrefetcher, PrefetchSettings};
pub use provider::{Endpoint, Provider};
pub use reply::{Headers, Reply, WireError};
pub use request::{Answer, ApiError, Freshness, Priority, PriorityRequest, Tolerance};
pub use time::{Mono, Now, Stamp};
pub use usage::{Usage, usage};
