//! What the headers of an answer tell: how long to wait, what is left, how long it keeps. Every provider has its own
//! spelling; a malformed value tells nothing and is no error, and every figure is bounded.

mod read;
#[cfg(test)]
mod tests;
mod values;

pub use read::read;

use chrono::{DateTime, Utc};
use std::time::Duration;

/// A wait above 31 days is cut to that: no quota lasts longer than a month.
pub const MAX_WAIT: Duration = Duration::from_secs(31 * 24 * 3_600);
/// An age limit above a year is cut to that, as RFC 9111 advises caches to do with what they cannot keep anyway.
pub const MAX_KEEP: Duration = Duration::from_secs(366 * 24 * 3_600);
/// More windows than any provider has; further ones are left out.
pub const MAX_WINDOWS: usize = 16;
/// Longer validators are not kept: they would have to be sent back with every call.
pub const MAX_VALIDATOR_BYTES: usize = 1_024;

/// What the headers of one answer tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Not to ask again before; at most [`MAX_WAIT`].
    pub retry_after: Option<Duration>,
    /// The Odds API's count of credits.
    pub credits: Option<CreditCount>,
    /// What is left of rate windows, in the order the headers came; at most [`MAX_WINDOWS`].
    pub windows: Vec<WindowCount>,
    /// What to send back to be told "not modified".
    pub validators: Validators,
    /// How long the answer keeps, from `Cache-Control` or `Expires`; at most [`MAX_KEEP`].
    pub max_age: Option<Duration>,
    /// Whether it may not be kept at all.
    pub no_store: bool,
    /// The provider's clock when it answered.
    pub dated: Option<DateTime<Utc>>,
}

/// The Odds API's own count, on answers of free endpoints too. There is no word on when it is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreditCount {
    /// Left this month; a fraction is rounded down.
    pub remaining: Option<u32>,
    /// Used this month; a fraction is rounded up.
    pub used: Option<u32>,
    /// What the answered call cost; a fraction is rounded up.
    pub last: Option<u32>,
}

/// What is left of one rate window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowCount {
    /// `requests`, `tokens`, `input-tokens`, or the provider's own name for it; at most 64 characters.
    pub name: String,
    /// Its size.
    pub limit: Option<u32>,
    /// What is left. No guarantee.
    pub remaining: Option<u32>,
    /// Until it is full again; at most [`MAX_WAIT`].
    pub reset_in: Option<Duration>,
}

/// What makes a call conditional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// For `If-None-Match`, with its quotation marks.
    pub etag: Option<String>,
    /// For `If-Modified-Since`, as the provider wrote it.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}
