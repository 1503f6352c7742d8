//! The tables as diesel sees them, written to match `migrations/sqlite`, which is the truth.

#![allow(
    missing_docs,
    reason = "the columns are documented by the row structs and the migration"
)]

mod experts;
mod house;
mod minds;
mod team;

pub use experts::*;
pub use house::*;
pub use minds::*;
pub use team::*;
