//! A game's facts as items to mine: what was known before kickoff, what was measured at the field, and how it ended.
//!
//! The three kinds never mix up: only what was known before kickoff may be the condition of a bet. Weather in past files
//! was measured at the game (`docs/method.md`), so it is mined only on request and marked, and no bet is built on it.

use crate::domain::archive::View;
use crate::domain::calendar::{eastern_day, eastern_hour};
use crate::domain::game::{Conditions, Fixture, Phase, Roof, Score, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::quote::{Market, Moment};
use chrono::{Datelike, Weekday};
use serde::{Serialize, Serializer};
use std::fmt;

/// When a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Before kickoff: may be the condition of a bet.
    Known,
    /// Measured at the game: may be described, never bet on.
    Observed,
    /// With the result.
    Outcome,
}

/// One fact of a game: its kind and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// When it is known.
    pub kind: Kind,
    /// What it says, such as `division game`.
    pub fact: &'static str,
}

impl Item {
    const fn known(fact: &'static str) -> Item {
        Item {
            kind: Kind::Known,
            fact,
        }
    }

    const fn observed(fact: &'static str) -> Item {
        Item {
            kind: Kind::Observed,
            fact,
        }
    }

    const fn outcome(fact: &'static str) -> Item {
        Item {
            kind: Kind::Outcome,
            fact,
        }
    }
}

impl fmt::Display for Item {
    /// The words; observed facts say that they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fact)?;
        f.write_str(if self.kind == Kind::Observed { " (observed)" } else { "" })
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A settled game with both lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameFacts {
    /// Season and week.
    pub when: SeasonWeek,
    /// Its facts, ascending.
    pub items: Vec<Item>,
    /// The spread; positive when the home team is favoured.
    pub spread: HalfPoints,
    /// The line of the total.
    pub total_line: HalfPoints,
    /// The result.
    pub score: Score,
}

impl GameFacts {
    /// Half points by which the home team beat the spread; zero is a push.
    pub fn over_spread(&self) -> i32 {
        2 * self.score.margin() - i32::from(self.spread.0)
    }

    /// Half points by which the game went over the total; zero is a push.
    pub fn over_total(&self) -> i32 {
        2 * self.score.total() - i32::from(self.total_line.0)
    }
}

/// What of a game is mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemOptions {
    /// Whose lines: [`Moment::Open`] or [`Moment::Close`].
    pub moment: Moment,
    /// Mine the weather that was measured at the game, too.
    pub observed_weather: bool,
}

/// All games settled at the view's instant that have both lines, in the order they became known, and how many were left out
/// for want of a line.
pub fn facts(view: &View, options: ItemOptions) -> (Vec<GameFacts>, usize) {
    let mut without_line = 0;
    let of = |game: crate::domain::archive::Settled<'_>| {
        let line = |market| {
            view.reference(&game.fixture.id, market, options.moment)
                .and_then(|q| q.line)
        };
        let (Some(spread), Some(total_line)) = (line(Market::Spread), line(Market::Total)) else {
            without_line += 1;
            return None;
        };
        let mut items = known(game.fixture, spread, total_line);
        if let Some(weather) = view.conditions(&game.fixture.id).filter(|_| options.observed_weather) {
            items.extend(observed(weather));
        }
        let mut facts = GameFacts {
            when: game.fixture.when,
            items,
            spread,
            total_line,
            score: game.score,
        };
        let ends = outcomes(&facts);
        facts.items.extend(ends);
        facts.items.sort_unstable();
        Some(facts)
    };
    let games = view.results(0).filter_map(of).collect();
    (games, without_line)
}

/// What anybody could know of a game before kickoff, given its lines.
fn known(f: &Fixture, spread: HalfPoints, total: HalfPoints) -> Vec<Item> {
    let mut items = vec![
        Item::known(match spread.0 {
            1.. => "home favoured",
            0 => "no favourite",
            _ => "away favoured",
        }),
        Item::known(match spread.0.abs() {
            0..=6 => "spread up to 3",
            7..=13 => "spread 3.5 to 6.5",
            14..=19 => "spread 7 to 9.5",
            _ => "spread 10 or more",
        }),
        Item::known(match total.0 {
            ..76 => "total below 38",
            76..84 => "total 38 to 41.5",
            84..90 => "total 42 to 44.5",
            90..96 => "total 45 to 47.5",
            96..102 => "total 48 to 50.5",
            _ => "total 51 or more",
        }),
        Item::known(if f.division {
            "division game"
        } else {
            "no division game"
        }),
        Item::known(match f.home_rest - f.away_rest {
            3.. => "home 3 days more rest",
            1..3 => "home 1 or 2 days more rest",
            0 => "equal rest",
            -2..0 => "away 1 or 2 days more rest",
            _ => "away 3 days more rest",
        }),
        Item::known(match (f.phase, f.when.week) {
            (Phase::Regular, ..=4) => "weeks 1 to 4",
            (Phase::Regular, 5..=9) => "weeks 5 to 9",
            (Phase::Regular, 10..=13) => "weeks 10 to 13",
            (Phase::Regular, _) => "week 14 or later",
            _ => "play-offs",
        }),
    ];
    if f.home_rest.min(f.away_rest) < SHORT_WEEK_DAYS {
        items.push(Item::known("short week"));
    }
    if f.neutral {
        items.push(Item::known("neutral site"));
    }
    items.extend(f.roof.map(|roof| {
        Item::known(match roof {
            Roof::Outdoors => "outdoors",
            Roof::Dome => "dome",
            Roof::Retractable => "retractable roof",
        })
    }));
    items.extend(slot(f));
    items
}

/// From Sunday to Thursday are four days; six are Sunday to Saturday, Monday to Sunday and nothing special.
const SHORT_WEEK_DAYS: i16 = 6;

/// The slot of the television schedule; none when the source gave no hour.
fn slot(f: &Fixture) -> Option<Item> {
    let hour = eastern_hour(f.kickoff);
    Some(Item::known(match eastern_day(f.kickoff).weekday() {
        Weekday::Thu => "Thursday",
        Weekday::Sat => "Saturday",
        Weekday::Mon => "Monday",
        Weekday::Sun if !f.kickoff_exact => return None,
        Weekday::Sun if hour >= 19 => "Sunday night",
        Weekday::Sun if hour >= 15 => "Sunday late afternoon",
        Weekday::Sun => "Sunday early",
        _ => "another day",
    }))
}

/// The weather as it was measured at the game.
fn observed(weather: Conditions) -> Vec<Item> {
    let wind = weather.wind_mph.map(|mph| match mph {
        ..=5 => "wind up to 5 mph",
        6..=10 => "wind 6 to 10 mph",
        11..15 => "wind 11 to 14 mph",
        _ => "wind 15 mph or more",
    });
    let temperature = weather.temperature_f.map(|f| match f {
        ..32 => "below 32 F",
        32..50 => "32 to 49 F",
        50..70 => "50 to 69 F",
        _ => "70 F or more",
    });
    wind.into_iter().chain(temperature).map(Item::observed).collect()
}

/// How a game ended, against its lines and outright.
fn outcomes(g: &GameFacts) -> [Item; 4] {
    let margin = g.score.margin();
    let favourite = i32::from(g.spread.0.signum()) * margin;
    [
        match g.over_spread() {
            1.. => "home covers",
            0 => "spread pushes",
            _ => "away covers",
        },
        match g.over_total() {
            1.. => "over",
            0 => "total pushes",
            _ => "under",
        },
        match favourite {
            1.. => "favourite wins",
            0 if margin == 0 => "tie",
            0 => "won without a favourite",
            _ => "underdog wins",
        },
        match margin.abs() {
            ..=3 => "margin up to 3",
            4..=7 => "margin 4 to 7",
            8..=14 => "margin 8 to 14",
            _ => "margin 15 or more",
        },
    ]
    .map(Item::outcome)
}
