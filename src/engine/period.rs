//! Which weeks a test looks at: ranges of seasons or of weeks, with a text form that can stand in a manifest.

use crate::domain::game::SeasonWeek;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A set of weeks as ascending ranges that neither touch nor overlap. The text form is `2009-2017`, `2010`,
/// `2018w3-2019w5`, or several of these with commas between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(Vec<Span>);

/// Weeks from one to another, both included. Weeks 0 and 255 stand for the ends of a season, whatever it played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: SeasonWeek,
    through: SeasonWeek,
}

/// More ranges than these make no period: a schedule has some 500 weeks.
const MAX_SPANS: usize = 1_000;

/// Why a text is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no period: write seasons as `2009-2017` or weeks as `2018w3-2018w17`, with commas between several"
)]
pub struct PeriodError(pub String);

impl Period {
    /// Whole seasons from one to another, both included; an empty range is a period without weeks.
    pub fn seasons(seasons: RangeInclusive<u16>) -> Period {
        let (from, through) = seasons.into_inner();
        Period::canonical(vec![Span {
            from: first_of(from),
            through: last_of(through),
        }])
    }

    /// Weeks from one to another, both included.
    pub fn weeks(weeks: RangeInclusive<SeasonWeek>) -> Period {
        let (from, through) = weeks.into_inner();
        Period::canonical(vec![Span { from, through }])
    }

    /// Exactly the given weeks.
    pub fn of(weeks: impl IntoIterator<Item = SeasonWeek>) -> Period {
        let span = |week| Span {
            from: week,
            through: week,
        };
        Period::canonical(weeks.into_iter().map(span).collect())
    }

    /// The weeks of both.
    pub fn and_also(self, other: Period) -> Period {
        Period::canonical(self.0.into_iter().chain(other.0).collect())
    }

    /// True when the week belongs to it.
    pub fn contains(&self, when: SeasonWeek) -> bool {
        self.0.iter().any(|span| span.from <= when && when <= span.through)
    }

    /// Sorts ranges and joins those that touch.
    fn canonical(mut spans: Vec<Span>) -> Period {
        spans.retain(|span| span.from <= span.through);
        spans.sort();
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.from <= next(last.through) => last.through = last.through.max(span.through),
                _ => joined.push(span),
            }
        }
        Period(joined)
    }
}

fn first_of(season: u16) -> SeasonWeek {
    SeasonWeek { season, week: 0 }
}

fn last_of(season: u16) -> SeasonWeek {
    SeasonWeek { season, week: u8::MAX }
}

/// The week that follows in the numbering, whether it was played or not.
fn next(when: SeasonWeek) -> SeasonWeek {
    match when.week.checked_add(1) {
        Some(week) => SeasonWeek { week, ..when },
        None => first_of(when.season.saturating_add(1)),
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, through) = (self.from, self.through);
        let end = |f: &mut fmt::Formatter<'_>, when: SeasonWeek, open: u8| {
            if when.week == open {
                write!(f, "{}", when.season)
            } else {
                write!(f, "{}w{}", when.season, when.week)
            }
        };
        end(f, from, 0)?;
        let whole_season = from == first_of(from.season) && through == last_of(from.season);
        let one_week = from == through && from.week != 0 && from.week != u8::MAX;
        if whole_season || one_week {
            return Ok(());
        }
        f.write_str("-")?;
        end(f, through, u8::MAX)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (i, span) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{span}")?;
        }
        Ok(())
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let text = text.trim();
        if text == "none" {
            return Ok(Period::default());
        }
        let fault = || PeriodError(text.to_owned());
        let mut spans = Vec::new();
        for part in text.split(',') {
            let (from, through) = part.split_once('-').unwrap_or((part, part));
            let from = end(from, 0).ok_or_else(fault)?;
            let through = end(through, u8::MAX).ok_or_else(fault)?;
            if from > through || spans.len() == MAX_SPANS {
                return Err(fault());
            }
            spans.push(Span { from, through });
        }
        Ok(Period::canonical(spans))
    }
}

/// `2018` with the week meant by a bare season, or `2018w3`.
fn end(text: &str, bare: u8) -> Option<SeasonWeek> {
    let text = text.trim();
    let (season, week) = match text.split_once('w') {
        Some((season, week)) => (season, week.parse().ok().filter(|w| (1..=30).contains(w))?),
        None => (text, bare),
    };
    let season: u16 = season.parse().ok().filter(|s| (1900..=2200).contains(s))?;
    Some(SeasonWeek { season, week })
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Period, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(season: u16, week: u8) -> SeasonWeek {
        SeasonWeek { season, week }
    }

    #[test]
    fn texts_are_read_and_written_in_canonical_form() {
        for (text, canonical) in [
            ("2009-2017", "2009-2017"),
            ("2010", "2010"),
            ("2012, 2010-2011 ,2014w3", "2010-2012,2014w3"),
            ("2018w3-2019w5,2019w6", "2018w3-2019w6"),
            ("2018w3-2019", "2018w3-2019"),
            ("none", "none"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), canonical);
            assert_eq!(canonical.parse::<Period>().unwrap(), period);
        }
        for text in ["", "2017-2009", "2010w0", "10", "2010-", "2010w1-x", "2010,,2011"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn both_ends_belong_to_it() {
        let period = Period::weeks(week(2018, 3)..=week(2019, 5)).and_also(Period::seasons(2021..=2021));
        let inside = [
            week(2018, 3),
            week(2018, 21),
            week(2019, 5),
            week(2021, 1),
            week(2021, 22),
        ];
        let outside = [week(2018, 2), week(2019, 6), week(2020, 1), week(2022, 1)];
        assert!(inside.iter().all(|w| period.contains(*w)));
        assert!(!outside.iter().any(|w| period.contains(*w)));
        assert!(!Period::default().contains(week(2018, 3)));
        assert_eq!(Period::of([week(2018, 2), week(2018, 1)]).to_string(), "2018w1-2018w2");
    }
}
