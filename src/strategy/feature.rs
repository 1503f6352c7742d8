//! What a rule may ask about a candidate bet, with units, bounds and the moment from which the answer is known.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Whose opinion a rule refers to: a seat of the swarm, or `swarm` for the pool of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Source(Arc<str>);

/// Longer names are no seat of ours.
const MAX_SOURCE_CHARS: usize = 32;

impl Source {
    /// The pooled opinion of the swarm.
    pub const SWARM: &'static str = "swarm";

    /// A name of lower-case letters, digits and underscores that begins with a letter, at most 32 characters.
    pub fn new(name: &str) -> Option<Source> {
        let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        (starts && fits && name.len() <= MAX_SOURCE_CHARS).then(|| Source(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(name: String) -> Result<Source, String> {
        Source::new(&name)
            .ok_or_else(|| format!("`{name}` is no source: lower-case letters, digits and underscores"))
    }
}

impl From<Source> for String {
    fn from(source: Source) -> String {
        source.0.to_string()
    }
}

/// When the answer to a question about a game is known. A bet may use only what is known by the moment it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// From the opener on: the schedule, the opening lines, what ratings say about them.
    Open,
    /// From kickoff on: the closing line, the last forecast.
    Close,
    /// After the game only.
    After,
}

impl Known {
    /// `open`, `close` or `after the game`.
    pub fn name(self) -> &'static str {
        match self {
            Known::Open => "open",
            Known::Close => "close",
            Known::After => "after the game",
        }
    }
}

/// A number about a candidate bet. What can be seen from the side of the bet is: positive speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// How far a source's estimate lies beyond the line, in points towards the side.
    Edge(Source),
    /// The source's probability of the side less the market's own, in percentage points.
    Value(Source),
    /// Seats that lean to the side.
    Votes,
    /// Seats that lean to the other side.
    Against,
    /// The line from the side: points it receives (spread, negative for a favourite), or the total.
    Line,
    /// Points by which the favourite is favoured.
    Spread,
    /// The total line.
    Total,
    /// Decimal price of the side.
    Price,
    /// Week of the season; play-offs go on counting.
    Week,
    /// Days of rest of the side's team beyond the opponent's; for totals the home team's beyond the visitors'.
    Rest,
    /// Forecast wind in miles an hour; no value under a closed roof or without a forecast.
    Wind,
    /// Forecast temperature in degrees Fahrenheit; no value under a closed roof or without a forecast.
    Temperature,
    /// Points the line has moved towards the side since it opened.
    Move,
    /// Points by which the side beat the line it was offered at: the result.
    Cover,
    /// Observed wind in miles an hour.
    ObservedWind,
    /// Observed temperature in degrees Fahrenheit.
    ObservedTemperature,
}

/// The kinds that are not about a source, with their words.
const PLAIN: [(&str, Feature); 14] = [
    ("votes", Feature::Votes),
    ("against", Feature::Against),
    ("line", Feature::Line),
    ("spread", Feature::Spread),
    ("total", Feature::Total),
    ("price", Feature::Price),
    ("week", Feature::Week),
    ("rest", Feature::Rest),
    ("wind", Feature::Wind),
    ("temperature", Feature::Temperature),
    ("move", Feature::Move),
    ("cover", Feature::Cover),
    ("observed_wind", Feature::ObservedWind),
    ("observed_temperature", Feature::ObservedTemperature),
];

/// Words that take a source in brackets.
pub const SOURCED: [&str; 2] = ["edge", "value"];

impl Feature {
    /// The feature of a word that takes no source.
    pub fn plain(word: &str) -> Option<Feature> {
        PLAIN.iter().find(|(name, _)| *name == word).map(|(_, f)| f.clone())
    }

    /// The feature of a word and a source.
    pub fn sourced(word: &str, source: Source) -> Option<Feature> {
        match word {
            "edge" => Some(Feature::Edge(source)),
            "value" => Some(Feature::Value(source)),
            _ => None,
        }
    }

    /// Every word of the language that begins a numeric condition, for messages.
    pub fn words() -> impl Iterator<Item = &'static str> {
        SOURCED.into_iter().chain(PLAIN.iter().map(|(name, _)| *name))
    }

    /// From when on the answer is known.
    pub fn known(&self) -> Known {
        match self {
            Feature::Edge(_) | Feature::Value(_) | Feature::Votes | Feature::Against => Known::Open,
            Feature::Line | Feature::Spread | Feature::Total | Feature::Price => Known::Open,
            Feature::Week | Feature::Rest | Feature::Wind | Feature::Temperature => Known::Open,
            Feature::Move => Known::Close,
            Feature::Cover | Feature::ObservedWind | Feature::ObservedTemperature => Known::After,
        }
    }

    /// The least and the most a bound may be, in hundredths of the unit: beyond them lies no game ever played.
    pub fn limits(&self) -> (i32, i32) {
        match self {
            Feature::Edge(_) | Feature::Move => (-2_000, 2_000),
            Feature::Value(_) => (-5_000, 5_000),
            Feature::Votes | Feature::Against => (0, 1_500),
            Feature::Line => (-3_000, 8_000),
            Feature::Spread => (0, 3_000),
            Feature::Total => (2_500, 8_000),
            Feature::Price => (101, 2_000),
            Feature::Week => (100, 2_300),
            Feature::Rest => (-1_400, 1_400),
            Feature::Wind | Feature::ObservedWind => (0, 6_000),
            Feature::Temperature | Feature::ObservedTemperature => (-4_000, 12_000),
            Feature::Cover => (-8_000, 8_000),
        }
    }

    /// The grid of bounds a search moves on, in hundredths; bounds written by hand may lie between.
    pub fn step(&self) -> i32 {
        match self {
            Feature::Edge(_) | Feature::Move => 25,
            Feature::Value(_) | Feature::Spread | Feature::Line | Feature::Total | Feature::Cover => 50,
            Feature::Price => 2,
            Feature::Votes | Feature::Against | Feature::Week | Feature::Rest => 100,
            Feature::Wind | Feature::ObservedWind => 100,
            Feature::Temperature | Feature::ObservedTemperature => 500,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Feature::Edge(source) => write!(f, "edge({})", source.as_str()),
            Feature::Value(source) => write!(f, "value({})", source.as_str()),
            plain => {
                let word = PLAIN
                    .iter()
                    .find(|(_, known)| known == plain)
                    .map_or("", |(name, _)| name);
                f.write_str(word)
            }
        }
    }
}

/// A yes or no about a candidate bet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The side is the home team.
    Home,
    /// The side is the over.
    Over,
    /// The side is favoured by the spread; a pick'em has no favourite.
    Favourite,
    /// Teams of one division.
    Division,
    /// On neutral ground.
    Neutral,
    /// Under a roof that is always closed.
    Dome,
    /// Kicked off at 19:00 US Eastern or later.
    Night,
    /// After the regular season.
    Playoffs,
}

/// Each flag with its word, and the word for its contrary where there is one.
pub const FLAGS: [(Flag, &str, Option<&str>); 8] = [
    (Flag::Home, "home", Some("away")),
    (Flag::Over, "over", Some("under")),
    (Flag::Favourite, "favourite", Some("underdog")),
    (Flag::Division, "division", None),
    (Flag::Neutral, "neutral", None),
    (Flag::Dome, "dome", None),
    (Flag::Night, "night", None),
    (Flag::Playoffs, "playoffs", None),
];
