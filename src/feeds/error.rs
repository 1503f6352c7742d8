//! Why a service's answer is refused as a whole; a single bad row is a [`super::Rejected`] instead.

use super::sheet::SheetError;

/// Why nothing could be taken from an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// No bytes, or nothing but white space.
    #[error("{feed}: the answer is empty: ask again later")]
    Empty {
        /// What was read.
        feed: &'static str,
    },
    /// More bytes than any honest answer has.
    #[error("{feed}: the answer has {n_bytes} bytes, more than {most}: this is not what was asked for")]
    TooLarge {
        /// What was read.
        feed: &'static str,
        /// Its size.
        n_bytes: usize,
        /// The limit.
        most: usize,
    },
    /// More rows than any honest answer has.
    #[error("{feed}: the answer has more than {most} rows: this is not what was asked for")]
    TooManyRows {
        /// What was read.
        feed: &'static str,
        /// The limit.
        most: usize,
    },
    /// No JSON, or cut off.
    #[error(
        "{feed}: the answer is no JSON ({reason}): it was cut off, or a page came instead; ask again, and look at \
         what stands between here and the service if it persists"
    )]
    NotJson {
        /// What was read.
        feed: &'static str,
        /// Where it broke.
        reason: String,
    },
    /// JSON of another shape.
    #[error("{feed}: expected {expected}, found {found}: the service may have changed its format; update huddle")]
    WrongShape {
        /// What was read.
        feed: &'static str,
        /// What must be there.
        expected: &'static str,
        /// What is.
        found: String,
    },
    /// The service says no.
    #[error("{feed}: the service refused: {message} ({code})")]
    Refused {
        /// What was read.
        feed: &'static str,
        /// The service's name for the reason, such as `OUT_OF_USAGE_CREDITS`; `unnamed` when it has none.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// A CSV file that cannot be used.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}
