//! A game, cut into what is known at different times.
//!
//! [`Fixture`] is the schedule and may be used for any decision. [`Score`], [`Conditions`] and [`Starters`] are what
//! happened: they become known after the game, and [`crate::domain::archive`] hands them out by time only.

use super::calendar::{RESULT_DELAY, eastern_day};
use super::team::Team;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A game's name in nflverse form, `2019_05_DEN_LAC`: season, week, away, home, with the codes of that season.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GameId(pub Arc<str>);

impl GameId {
    /// Wraps a name as it is; whoever reads a file checks the form.
    pub fn new(id: &str) -> GameId {
        GameId(id.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A season and one of its weeks as nflverse numbers them: play-offs go on counting after the last regular week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeasonWeek {
    /// The year the season began in.
    pub season: u16,
    /// 1 to 22.
    pub week: u8,
}

impl fmt::Display for SeasonWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} week {}", self.season, self.week))
    }
}

/// The part of a season a game belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Regular season.
    Regular,
    /// Wild card round.
    WildCard,
    /// Divisional round.
    Divisional,
    /// Conference championship.
    Conference,
    /// Super Bowl.
    SuperBowl,
}

/// What is above the field, as the schedule knows it. Whether a retractable roof was open is known only on the day, so
/// both states are one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Roof {
    /// Open air.
    Outdoors,
    /// A fixed roof.
    Dome,
    /// A roof that may be open or closed.
    Retractable,
}

/// A scheduled game: everything about it that is known when its week opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixture {
    /// The game's name.
    pub id: GameId,
    /// Season and week.
    pub when: SeasonWeek,
    /// Regular season or play-off round.
    pub phase: Phase,
    /// Kickoff.
    pub kickoff: DateTime<Utc>,
    /// False when the source had only a date (1999) and 13:00 Eastern was taken.
    pub kickoff_exact: bool,
    /// Tuesday 12:00 Eastern of its week: when its openers count as published.
    pub opens_at: DateTime<Utc>,
    /// The home team; at neutral sites the nominal one.
    pub home: Team,
    /// The visiting team.
    pub away: Team,
    /// Played where neither team is at home.
    pub neutral: bool,
    /// Days since the home team's last game; 7 in week 1.
    pub home_rest: i16,
    /// Days since the away team's last game; 7 in week 1.
    pub away_rest: i16,
    /// Both teams are of one division.
    pub division: bool,
    /// The roof, when the source says.
    pub roof: Option<Roof>,
    /// The source's name of the stadium.
    pub stadium: String,
}

impl Fixture {
    /// When result, weather and starters count as known.
    pub fn settles_at(&self) -> DateTime<Utc> {
        self.kickoff + RESULT_DELAY
    }

    /// The US Eastern day of the kickoff: what daily exposure is counted by.
    pub fn day(&self) -> NaiveDate {
        eastern_day(self.kickoff)
    }

    /// `DEN @ LAC`, or `CHI v OAK` at a neutral site, with the codes of the season.
    pub fn label(&self) -> String {
        let at = if self.neutral { "v" } else { "@" };
        format!("{} {at} {}", self.away_code(), self.home_code())
    }

    /// The home team's code in its season.
    pub fn home_code(&self) -> &'static str {
        self.home.code_in(self.when.season)
    }

    /// The away team's code in its season.
    pub fn away_code(&self) -> &'static str {
        self.away.code_in(self.when.season)
    }
}

/// A final score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Points of the home team.
    pub home: u16,
    /// Points of the away team.
    pub away: u16,
}

impl Score {
    /// Home minus away, in points.
    pub fn margin(self) -> i32 {
        i32::from(self.home) - i32::from(self.away)
    }

    /// Both teams' points.
    pub fn total(self) -> i32 {
        i32::from(self.home) + i32::from(self.away)
    }
}

/// The weather as it was observed at the game: known afterwards only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Degrees Fahrenheit.
    pub temperature_f: Option<i16>,
    /// Miles an hour; values above 35 are typing errors in the source and arrive here as `None`.
    pub wind_mph: Option<i16>,
}

/// The quarterbacks who really started: known afterwards only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starters {
    /// nflverse player id of the home team's quarterback.
    pub home_qb: Option<String>,
    /// nflverse player id of the away team's quarterback.
    pub away_qb: Option<String>,
}

/// A game with all that is stored of it. Only an [`crate::domain::archive::Archive`] should hold these: a decision sees
/// a [`crate::domain::archive::View`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Game {
    /// The schedule.
    pub fixture: Fixture,
    /// The result, once played.
    pub score: Option<Score>,
    /// The weather, once observed.
    pub conditions: Option<Conditions>,
    /// The starters, once seen.
    pub starters: Option<Starters>,
}
