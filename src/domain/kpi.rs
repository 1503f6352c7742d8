//! Key figures of agents: each with its count and its interval, or without a value and with the reason.
//!
//! A figure that cannot be computed is stored too: `n = 0, no headlines stored` is what a reader needs to see instead of
//! a blank.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share, 0 to 1, or a return on stakes: printed as a percentage.
    Share,
    /// A quotient of two alike things, or a mean over its deviation.
    Ratio,
    /// A correlation, -1 to 1.
    Correlation,
    /// Points of line.
    Points,
    /// Hours.
    Hours,
    /// Money, in cents.
    Cents,
}

impl Unit {
    /// All units.
    pub const ALL: [Unit; 6] = [
        Unit::Share,
        Unit::Ratio,
        Unit::Correlation,
        Unit::Points,
        Unit::Hours,
        Unit::Cents,
    ];

    /// Its word in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Ratio => "ratio",
            Unit::Correlation => "correlation",
            Unit::Points => "points",
            Unit::Hours => "hours",
            Unit::Cents => "cents",
        }
    }

    /// The unit of a [`Unit::word`].
    pub fn of_word(word: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| unit.word() == word)
    }

    /// A value as people read it: `55.2%`, `0.31`, `+0.42 pt`, `26.0 h`, `-12.50`.
    pub fn show(self, value: f64) -> String {
        match self {
            Unit::Share => format!("{:.1}%", value * 100.0),
            Unit::Ratio => format!("{value:.2}"),
            Unit::Correlation => format!("{value:+.2}"),
            Unit::Points => format!("{value:+.2} pt"),
            Unit::Hours => format!("{value:.1} h"),
            Unit::Cents => format!("{:+.2}", value / 100.0),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How the reason of a figure ends that nothing is there to compute from.
pub const NO_SOURCE: &str = "no source";

/// One figure of one agent at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kpi {
    /// Whose, by role: `risk_manager`.
    pub agent: String,
    /// Which, such as `max_drawdown`; parts of a whole are named below it: `roi.market.spread`.
    pub name: String,
    /// The value, in [`Kpi::unit`]; none when it cannot be computed.
    pub value: Option<f64>,
    /// Observations behind it.
    pub n: u64,
    /// The lower end of its 95% interval, where it has one.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// What it counts.
    pub unit: Unit,
    /// When it was computed.
    pub at: DateTime<Utc>,
    /// Why there is no value.
    pub why_none: Option<String>,
}

impl Kpi {
    /// A figure without a value and its reason; `n` observations were not enough.
    pub fn none(agent: &str, name: &str, unit: Unit, at: DateTime<Utc>, n: u64, why: &str) -> Kpi {
        Kpi {
            agent: agent.to_owned(),
            name: name.to_owned(),
            value: None,
            n,
            low: None,
            high: None,
            unit,
            at,
            why_none: Some(why.to_owned()),
        }
    }

    /// The same with a value and its interval. A value or an end that is no number is none: what was computed from too
    /// little stays without a value and keeps its reason.
    pub fn holding(self, value: f64, n: u64, interval: Option<[f64; 2]>) -> Kpi {
        let sound = interval.filter(|ends| ends.iter().all(|end| end.is_finite()));
        let value = value.is_finite().then_some(value);
        Kpi {
            n,
            low: value.and(sound).map(|ends| ends[0]),
            high: value.and(sound).map(|ends| ends[1]),
            why_none: self.why_none.filter(|_| value.is_none()),
            value,
            ..self
        }
    }

    /// Whether there is nothing to compute it from: a feed or a key is missing, and its reason says which.
    pub fn lacks_source(&self) -> bool {
        self.n == 0 && self.why_none.as_deref().is_some_and(|why| why.ends_with(NO_SOURCE))
    }

    /// `55.2% [45.0%, 64.4%] n 100`, or `n = 0: no source`.
    pub fn show(&self) -> String {
        let Some(value) = self.value else {
            let why = self.why_none.as_deref().unwrap_or("not computed");
            return format!("n = {}: {why}", self.n);
        };
        let range = self.low.zip(self.high).map_or_else(String::new, |(low, high)| {
            format!(" [{}, {}]", self.unit.show(low), self.unit.show(high))
        });
        format!("{}{range} n {}", self.unit.show(value), self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_its_count_or_its_reason() {
        let none = Kpi::none("a", "b", Unit::Share, DateTime::UNIX_EPOCH, 0, "no source");
        assert_eq!(none.show(), "n = 0: no source");
        assert_eq!(none.clone().holding(f64::NAN, 3, None).show(), "n = 3: no source");
        let known = none.holding(0.5, 8, Some([0.25, 0.75]));
        assert_eq!(known.show(), "50.0% [25.0%, 75.0%] n 8");
        assert_eq!((known.why_none, known.low), (None, Some(0.25)));
    }

    #[test]
    fn every_unit_is_read_back() {
        for unit in Unit::ALL {
            assert_eq!(Unit::of_word(unit.word()), Some(unit));
        }
        assert_eq!(Unit::of_word("miles"), None);
    }
}
