//! The pure modules as they are in the crate, without its runtime: what reads other people's bytes, and what that needs.

#[path = "../../src/api/mod.rs"]
pub mod api;
#[path = "../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../src/feeds/mod.rs"]
pub mod feeds;

use chrono::{DateTime, Utc};
use feeds::Parsed;

/// When the answers under test came: after everything in the corpus.
pub fn later() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_491_200, 0).expect("November 2026 is a time")
}

/// No row of an answer may go missing: each is kept or rejected with a reason and a place.
pub fn adds_up<T>(parsed: &Parsed<T>) {
    assert_eq!((parsed.rows.len() + parsed.rejected.len()) as u64, parsed.n_rows);
    assert!(parsed.rejected.iter().all(|r| r.line > 0 && !r.kind().is_empty()));
}
