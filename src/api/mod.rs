//! Access to scarce, rate-limited, flaky APIs as pure state machines: time and events in, effects out.
//!
//! A [`Call`] says what is wanted of which provider. Whoever performs it, and when, and whether at all, is decided here;
//! the sockets are elsewhere (`src/transport`).

pub mod call;
pub mod provider;

pub use call::{Call, Join, Method, RequestKey};
pub use provider::{Endpoint, Provider};
