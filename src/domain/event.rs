//! A game as a service speaks of it: by teams and kickoff, before anybody has said which stored fixture it is.

use super::game::Score;
use super::source::Source;
use super::team::Team;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far a game has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// Not begun.
    Scheduled,
    /// Being played, or at a break.
    InPlay,
    /// Over, with a score that stands.
    Final,
    /// Put off to another day.
    Postponed,
    /// Called off.
    Canceled,
    /// A word the service did not use before.
    Unknown,
}

/// A game in a service's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The service's own number or name for it; no [`crate::domain::game::GameId`].
    pub id: String,
    /// The home team; at neutral sites whoever the service calls so.
    pub home: Team,
    /// The visiting team.
    pub away: Team,
    /// Kickoff.
    pub kickoff: DateTime<Utc>,
    /// How far it has got.
    pub status: EventStatus,
    /// Points so far, or at the end; `None` before kickoff whatever zeros the service shows then.
    pub score: Option<Score>,
    /// Played where neither team is at home, when the service says.
    pub neutral: Option<bool>,
    /// The stadium, in the service's words.
    pub venue: Option<String>,
    /// Under a roof, when the service says.
    pub indoor: Option<bool>,
    /// When this was said.
    pub as_of: DateTime<Utc>,
    /// Who said it.
    pub source: Source,
}

impl Event {
    /// The final score, once there is one.
    pub fn result(&self) -> Option<Score> {
        self.score.filter(|_| self.status == EventStatus::Final)
    }
}
