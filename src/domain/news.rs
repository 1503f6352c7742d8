//! A headline: what was news, about whom, and since when.

use super::source::Source;
use super::team::Team;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One headline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// The source's number of the article, or its address where it has none.
    pub id: String,
    /// The headline.
    pub title: String,
    /// A sentence below it, when there is one.
    pub summary: Option<String>,
    /// Its address, when the source gives one; text only, nothing follows it.
    pub link: Option<String>,
    /// Teams it is about, without repetition.
    pub teams: Vec<Team>,
    /// When it was published.
    pub as_of: DateTime<Utc>,
    /// Who published it.
    pub source: Source,
}
