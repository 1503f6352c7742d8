//! Games and quotes as rows of tables, and both ways between them and the domain.

use super::StoreError;
use super::schema::{games, quotes};
use crate::domain::game::{Conditions, Fixture, Game, GameId, Phase, Roof, Score, SeasonWeek, Starters};
use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::team::Team;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A row of `games`; times are UTC, rests days, temperatures Fahrenheit, winds miles an hour.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = games, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the fields of `Game` under the same names")]
pub struct GameRecord {
    pub id: String,
    pub season: i32,
    pub week: i32,
    pub phase: String,
    pub kickoff: NaiveDateTime,
    pub kickoff_exact: bool,
    pub opens_at: NaiveDateTime,
    pub home: String,
    pub away: String,
    pub neutral: bool,
    pub home_rest: i32,
    pub away_rest: i32,
    pub division: bool,
    pub roof: Option<String>,
    pub stadium: String,
    pub home_score: Option<i32>,
    pub away_score: Option<i32>,
    pub temperature_f: Option<i32>,
    pub wind_mph: Option<i32>,
    pub home_qb: Option<String>,
    pub away_qb: Option<String>,
}

/// A row of `quotes` without its number; lines are half points, prices American.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotes, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the fields of `Quote` under the same names")]
pub struct QuoteRecord {
    pub game_id: String,
    pub book: String,
    pub market: String,
    pub moment: String,
    pub as_of: NaiveDateTime,
    pub line_half: Option<i32>,
    pub first_price: Option<i32>,
    pub second_price: Option<i32>,
}

const PHASES: [(Phase, &str); 5] = [
    (Phase::Regular, "regular"),
    (Phase::WildCard, "wild card"),
    (Phase::Divisional, "divisional"),
    (Phase::Conference, "conference"),
    (Phase::SuperBowl, "super bowl"),
];
const ROOFS: [(Roof, &str); 3] = [
    (Roof::Outdoors, "outdoors"),
    (Roof::Dome, "dome"),
    (Roof::Retractable, "retractable"),
];
const MOMENTS: [(Moment, &str); 3] = [(Moment::Open, "open"), (Moment::Live, "live"), (Moment::Close, "close")];

fn name_of<T: PartialEq, const N: usize>(table: &[(T, &'static str); N], value: &T) -> &'static str {
    table
        .iter()
        .find(|(v, _)| v == value)
        .map(|(_, name)| *name)
        .expect("the table lists every variant; a test walks them")
}

fn by_name<T: Copy, const N: usize>(table: &[(T, &'static str); N], name: &str) -> Result<T, String> {
    let found = table.iter().find(|(_, n)| *n == name).map(|(v, _)| *v);
    found.ok_or_else(|| format!("`{name}` is unknown"))
}

/// The stored name of a moment.
pub(super) fn moment_name(moment: Moment) -> &'static str {
    name_of(&MOMENTS, &moment)
}

impl GameRecord {
    /// The row of a game.
    pub fn of(game: &Game) -> GameRecord {
        let f = &game.fixture;
        GameRecord {
            id: f.id.as_str().to_owned(),
            season: i32::from(f.when.season),
            week: i32::from(f.when.week),
            phase: name_of(&PHASES, &f.phase).to_owned(),
            kickoff: f.kickoff.naive_utc(),
            kickoff_exact: f.kickoff_exact,
            opens_at: f.opens_at.naive_utc(),
            home: f.home.code().to_owned(),
            away: f.away.code().to_owned(),
            neutral: f.neutral,
            home_rest: i32::from(f.home_rest),
            away_rest: i32::from(f.away_rest),
            division: f.division,
            roof: f.roof.map(|roof| name_of(&ROOFS, &roof).to_owned()),
            stadium: f.stadium.clone(),
            home_score: game.score.map(|s| i32::from(s.home)),
            away_score: game.score.map(|s| i32::from(s.away)),
            temperature_f: game.conditions.and_then(|c| c.temperature_f).map(i32::from),
            wind_mph: game.conditions.and_then(|c| c.wind_mph).map(i32::from),
            home_qb: game.starters.as_ref().and_then(|s| s.home_qb.clone()),
            away_qb: game.starters.as_ref().and_then(|s| s.away_qb.clone()),
        }
    }

    /// The game of a row.
    ///
    /// # Errors
    /// [`StoreError::Row`] when a column holds what no version of this program writes.
    pub fn to_game(&self) -> Result<Game, StoreError> {
        self.decode().map_err(|reason| StoreError::Row {
            table: "games",
            key: self.id.clone(),
            reason,
        })
    }

    fn decode(&self) -> Result<Game, String> {
        let fixture = Fixture {
            id: GameId::new(&self.id),
            when: SeasonWeek {
                season: small("season", self.season)?,
                week: small("week", self.week)?,
            },
            phase: by_name(&PHASES, &self.phase)?,
            kickoff: self.kickoff.and_utc(),
            kickoff_exact: self.kickoff_exact,
            opens_at: self.opens_at.and_utc(),
            home: Team::parse(&self.home).map_err(|e| e.to_string())?,
            away: Team::parse(&self.away).map_err(|e| e.to_string())?,
            neutral: self.neutral,
            home_rest: small("home_rest", self.home_rest)?,
            away_rest: small("away_rest", self.away_rest)?,
            division: self.division,
            roof: self.roof.as_deref().map(|name| by_name(&ROOFS, name)).transpose()?,
            stadium: self.stadium.clone(),
        };
        let score = match (self.home_score, self.away_score) {
            (Some(home), Some(away)) => Some(Score {
                home: small("home_score", home)?,
                away: small("away_score", away)?,
            }),
            (None, None) => None,
            _ => return Err("one of the two scores is missing".to_owned()),
        };
        let temperature_f = self.temperature_f.map(|t| small("temperature_f", t)).transpose()?;
        let wind_mph = self.wind_mph.map(|w| small("wind_mph", w)).transpose()?;
        Ok(Game {
            fixture,
            score,
            conditions: (temperature_f.is_some() || wind_mph.is_some()).then_some(Conditions {
                temperature_f,
                wind_mph,
            }),
            starters: (self.home_qb.is_some() || self.away_qb.is_some()).then(|| Starters {
                home_qb: self.home_qb.clone(),
                away_qb: self.away_qb.clone(),
            }),
        })
    }

    /// Every column with its value as text, in a fixed order: for comparing and for hashing.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("id", self.id.clone()),
            ("season", self.season.to_string()),
            ("week", self.week.to_string()),
            ("phase", self.phase.clone()),
            ("kickoff", self.kickoff.to_string()),
            ("kickoff_exact", self.kickoff_exact.to_string()),
            ("opens_at", self.opens_at.to_string()),
            ("home", self.home.clone()),
            ("away", self.away.clone()),
            ("neutral", self.neutral.to_string()),
            ("home_rest", self.home_rest.to_string()),
            ("away_rest", self.away_rest.to_string()),
            ("division", self.division.to_string()),
            ("roof", shown(self.roof.as_ref())),
            ("stadium", self.stadium.clone()),
            ("home_score", shown(self.home_score)),
            ("away_score", shown(self.away_score)),
            ("temperature_f", shown(self.temperature_f)),
            ("wind_mph", shown(self.wind_mph)),
            ("home_qb", shown(self.home_qb.as_ref())),
            ("away_qb", shown(self.away_qb.as_ref())),
        ]
    }
}

impl QuoteRecord {
    /// The row of a quote.
    pub fn of(quote: &Quote) -> QuoteRecord {
        QuoteRecord {
            game_id: quote.game.as_str().to_owned(),
            book: quote.book.as_str().to_owned(),
            market: quote.market.name().to_owned(),
            moment: moment_name(quote.moment).to_owned(),
            as_of: quote.as_of.naive_utc(),
            line_half: quote.line.map(|l| i32::from(l.0)),
            first_price: quote.first.map(American::get),
            second_price: quote.second.map(American::get),
        }
    }

    /// The quote of a row.
    ///
    /// # Errors
    /// [`StoreError::Row`] when a column holds what no version of this program writes.
    pub fn to_quote(&self) -> Result<Quote, StoreError> {
        self.decode().map_err(|reason| StoreError::Row {
            table: "quotes",
            key: format!("{} {} {} {}", self.game_id, self.book, self.market, self.moment),
            reason,
        })
    }

    fn decode(&self) -> Result<Quote, String> {
        let market = Market::ALL.into_iter().find(|m| m.name() == self.market);
        let price = |odds: Option<i32>| odds.map(American::new).transpose().map_err(|e| e.to_string());
        let line = self.line_half.map(|half| small("line_half", half)).transpose()?;
        Ok(Quote {
            game: GameId::new(&self.game_id),
            book: Book::new(&self.book),
            market: market.ok_or_else(|| format!("market `{}` is unknown", self.market))?,
            line: line.map(HalfPoints),
            first: price(self.first_price)?,
            second: price(self.second_price)?,
            as_of: self.as_of.and_utc(),
            moment: by_name(&MOMENTS, &self.moment)?,
        })
    }

    /// What makes the row unique, in canonical order.
    pub(super) fn key(&self) -> (&str, &str, &str, &str, NaiveDateTime) {
        (&self.game_id, &self.book, &self.market, &self.moment, self.as_of)
    }

    /// Every column with its value as text, in a fixed order.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("game_id", self.game_id.clone()),
            ("book", self.book.clone()),
            ("market", self.market.clone()),
            ("moment", self.moment.clone()),
            ("as_of", self.as_of.to_string()),
            ("line_half", shown(self.line_half)),
            ("first_price", shown(self.first_price)),
            ("second_price", shown(self.second_price)),
        ]
    }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |v| v.to_string())
}

fn small<T: TryFrom<i32>>(column: &str, value: i32) -> Result<T, String> {
    T::try_from(value).map_err(|_| format!("{column} {value} does not fit"))
}
