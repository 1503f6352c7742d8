//! Why a call to a model brought nothing, and where that leads: to the next slot, to a longer answer, or nowhere.

use super::budget::Exceeded;
use crate::api::ApiError;

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The API manager says why.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There is no money for it.
    #[error(transparent)]
    Unaffordable(#[from] Exceeded),
    /// Nobody can say whether it was made.
    #[error("{0}")]
    Lost(String),
    /// What came of the same call when it was made, in the words of then.
    #[error("{text}")]
    Recalled {
        /// The words.
        text: String,
        /// Where it led.
        then: Then,
    },
    /// Only kept answers count, and there is none.
    #[error("not kept: ask with --minds local or live")]
    NotKept,
}

/// Where a failed call leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// To the next slot.
    Next,
    /// To the next slot that may answer at greater length.
    Longer,
    /// Nowhere: another model is not shopped around for, or would be asked the same wrong thing.
    Stop,
}

impl Then {
    /// Its word where calls are kept.
    pub fn name(self) -> &'static str {
        match self {
            Then::Next => "next",
            Then::Longer => "longer",
            Then::Stop => "stop",
        }
    }

    /// The one of a [`Then::name`].
    pub fn of_name(name: &str) -> Option<Then> {
        [Then::Next, Then::Longer, Then::Stop]
            .into_iter()
            .find(|then| then.name() == name)
    }
}

impl Trouble {
    /// Where it leads.
    pub fn then(&self) -> Then {
        match self {
            Trouble::Unaffordable(_) | Trouble::Lost(_) | Trouble::NotKept => Then::Next,
            Trouble::Recalled { then, .. } => *then,
            Trouble::Api(error) => match error {
                ApiError::Deadline { .. }
                | ApiError::BreakerOpen { .. }
                | ApiError::QuotaExhausted { .. }
                | ApiError::Budget { .. }
                | ApiError::Misconfigured { .. }
                | ApiError::NotFound { .. }
                | ApiError::Failed { .. }
                | ApiError::QueueFull { .. }
                | ApiError::Impossible { .. } => Then::Next,
                ApiError::Truncated { .. } => Then::Longer,
                ApiError::Declined { .. } | ApiError::Refused { .. } | ApiError::ShuttingDown { .. } => Then::Stop,
            },
        }
    }

    /// Its kind in a word, for what is kept of a call.
    pub fn kind(&self) -> &'static str {
        match self {
            Trouble::Unaffordable(_) => "unaffordable",
            Trouble::Lost(_) => "lost",
            Trouble::Recalled { .. } => "recalled",
            Trouble::NotKept => "not_kept",
            Trouble::Api(error) => match error {
                ApiError::Deadline { .. } => "deadline",
                ApiError::BreakerOpen { .. } => "breaker_open",
                ApiError::QuotaExhausted { .. } => "quota_exhausted",
                ApiError::Budget { .. } => "budget",
                ApiError::Misconfigured { .. } => "misconfigured",
                ApiError::NotFound { .. } => "not_found",
                ApiError::Failed { .. } => "failed",
                ApiError::QueueFull { .. } => "queue_full",
                ApiError::Impossible { .. } => "impossible",
                ApiError::Truncated { .. } => "truncated",
                ApiError::Declined { .. } => "declined",
                ApiError::Refused { .. } => "refused",
                ApiError::ShuttingDown { .. } => "shutting_down",
            },
        }
    }
}
