//! Who is hurt, as somebody reported it at some time.

use super::source::Source;
use super::team::Team;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How likely a player is to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Fit to play.
    Active,
    /// Expected to play.
    Probable,
    /// May play or not.
    Questionable,
    /// Expected not to play.
    Doubtful,
    /// Does not play.
    Out,
    /// On injured reserve or a like list: out for weeks.
    Reserve,
    /// A word that was not used before.
    Unknown,
}

impl Availability {
    /// All grades, from fit to out.
    pub const ALL: [Availability; 7] = [
        Availability::Active,
        Availability::Probable,
        Availability::Questionable,
        Availability::Doubtful,
        Availability::Out,
        Availability::Reserve,
        Availability::Unknown,
    ];

    /// The name in the database and in output.
    pub fn name(self) -> &'static str {
        match self {
            Availability::Active => "active",
            Availability::Probable => "probable",
            Availability::Questionable => "questionable",
            Availability::Doubtful => "doubtful",
            Availability::Out => "out",
            Availability::Reserve => "reserve",
            Availability::Unknown => "unknown",
        }
    }

    /// Reads a report's word in any case.
    pub fn of_word(word: &str) -> Availability {
        let word = word.trim().to_ascii_lowercase();
        match word.as_str() {
            "active" => Availability::Active,
            "probable" => Availability::Probable,
            "questionable" | "day-to-day" => Availability::Questionable,
            "doubtful" => Availability::Doubtful,
            "out" | "suspension" | "suspended" => Availability::Out,
            _ if word.contains("reserve") || word == "ir" || word.contains("physically unable") => {
                Availability::Reserve
            }
            _ => Availability::ALL
                .into_iter()
                .find(|a| a.name() == word)
                .unwrap_or(Availability::Unknown),
        }
    }
}

/// One player on an injury report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjuryReport {
    /// His team.
    pub team: Team,
    /// His name as the source writes it.
    pub player: String,
    /// His position, such as `QB`, when the source says.
    pub position: Option<String>,
    /// How likely he is to play.
    pub availability: Availability,
    /// The source's own word for it.
    pub status: String,
    /// What is hurt, such as `Knee`, when the source says.
    pub part: Option<String>,
    /// A sentence about it, when there is one.
    pub comment: Option<String>,
    /// When it was reported.
    pub as_of: DateTime<Utc>,
    /// Who reported it.
    pub source: Source,
}
