//! Odds of the whole slate: one row a game, book and market, each kept or rejected by itself.

use super::OddsFormat;
use crate::domain::price::Decimal;
use crate::domain::quote::{Book, Market};
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::feeds::Parsed;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use crate::feeds::market::Raw;
use crate::feeds::offers::{IN_PLAY, Offer};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

const FEED: &str = "The Odds API odds";
/// Clocks of bookmakers run ahead of ours by seconds; a price from further in the future is dated wrongly.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);
/// Kind of correction: a market that does not say when it was last confirmed.
const UNDATED: &str = "last_update missing, the time of the answer taken";

/// An answer of the odds endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The instant the answer shows, where it says so with a zone; the present one otherwise.
    pub at: Option<DateTime<Utc>>,
    /// The stored snapshot before it, for walking through the past.
    pub previous_at: Option<DateTime<Utc>>,
    /// The stored snapshot after it.
    pub next_at: Option<DateTime<Utc>>,
    /// Games in the answer, with and without prices.
    pub n_events: usize,
    /// The prices. A row is a market; a book or game that cannot be read at all is one rejected row.
    pub offers: Parsed<Offer>,
}

/// Reads odds: the plain array of the present, or an object with `data` (a past snapshot) or `games` (a saved one).
/// `received_at` dates what does not date itself.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer, also when it is a refusal.
pub fn odds(bytes: &[u8], format: OddsFormat, received_at: DateTime<Utc>) -> Result<Snapshot, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let list = match &answer {
        Value::Array(_) => Some(&answer),
        _ => answer.get("data").or_else(|| answer.get("games")),
    };
    let games = json::array(FEED, &answer, list, "an array of games, or one in `data` or `games`")?;
    let at = json::instant(answer.get("timestamp"));
    let mut slate = Slate {
        harvest: Harvest::new(FEED),
        format,
        seen_at: at.unwrap_or(received_at),
        seen: BTreeSet::new(),
    };
    for (place, game) in (1u64..).zip(games) {
        slate.game(place, game)?;
    }
    Ok(Snapshot {
        at,
        previous_at: json::instant(answer.get("previous_timestamp")),
        next_at: json::instant(answer.get("next_timestamp")),
        n_events: games.len(),
        offers: slate.harvest.done(),
    })
}

/// A game of the answer, as far as all its markets share it.
pub(super) struct Sides<'a> {
    pub id: &'a str,
    pub home_name: &'a str,
    pub away_name: &'a str,
    pub home: Team,
    pub away: Team,
    pub kickoff: DateTime<Utc>,
}

/// Who plays whom, and when.
pub(super) fn sides(game: &Value) -> Result<Sides<'_>, Fault> {
    let name = |key: &str| json::text_at(game, &[key]).ok_or_else(|| Fault::new(key, "missing team"));
    let (home_name, away_name) = (name("home_team")?, name("away_team")?);
    let sport = json::text_at(game, &["sport_key"]).unwrap_or("no sport");
    let team = |key: &str, name: &str| {
        Team::parse(name).map_err(|_| Fault::new(key, format!("unknown team: `{name}` of {sport}")))
    };
    let (home, away) = (team("home_team", home_name)?, team("away_team", away_name)?);
    if home == away {
        return Err(Fault::new(
            "away_team",
            format!("a team against itself: {}", home.code()),
        ));
    }
    let kickoff = json::need_instant(game, "commence_time").map_err(|why| Fault::new("commence_time", why))?;
    Ok(Sides {
        id: json::text_at(game, &["id"]).unwrap_or_default(),
        home_name,
        away_name,
        home,
        away,
        kickoff,
    })
}

struct Slate {
    harvest: Harvest<Offer>,
    format: OddsFormat,
    seen_at: DateTime<Utc>,
    seen: BTreeSet<(Team, Team, DateTime<Utc>, Book, Market)>,
}

impl Slate {
    fn game(&mut self, place: u64, game: &Value) -> Result<(), FeedError> {
        let sides = match sides(game) {
            Ok(sides) => sides,
            Err(fault) => return self.harvest.take(place, game, Err(fault)),
        };
        let books = match game.get("bookmakers") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(books)) => books.as_slice(),
            Some(_) => {
                let fault = Fault::new("bookmakers", "not an array: bookmakers");
                return self.harvest.take(place, game, Err(fault));
            }
        };
        for book in books {
            let name = json::text_at(book, &["key"]).or_else(|| json::text_at(book, &["title"]));
            let markets = book.get("markets").and_then(Value::as_array);
            let (Some(name), Some(markets)) = (name, markets) else {
                let fault = Fault::new("bookmakers", "a bookmaker without a key or without markets");
                self.harvest.take(place, book, Err(fault))?;
                continue;
            };
            let key = Book::new(name);
            let updated = json::instant(book.get("last_update"));
            for market in markets {
                let row = self.market(place, &sides, &key, updated, market);
                self.harvest.take(place, market, row)?;
            }
        }
        Ok(())
    }

    fn market(
        &mut self,
        place: u64,
        sides: &Sides<'_>,
        book: &Book,
        updated: Option<DateTime<Utc>>,
        value: &Value,
    ) -> Result<Offer, Fault> {
        let key = json::text_at(value, &["key"]).unwrap_or_default();
        let market = Market::ALL
            .into_iter()
            .find(|m| super::market_key(*m) == key)
            .ok_or_else(|| Fault::new("key", format!("a market huddle does not speak of: `{key}`")))?;
        let fault = |reason: String| Fault::new(market.name(), reason);
        let raw = raw(sides, market, self.format, value).map_err(fault)?;
        let checked = raw
            .check()
            .map_err(fault)?
            .ok_or_else(|| fault("a market without line and price".to_owned()))?;
        let dated = json::instant(value.get("last_update")).or(updated);
        let as_of = dated.unwrap_or(self.seen_at);
        if as_of >= sides.kickoff {
            return Err(fault(format!(
                "{IN_PLAY}: {as_of} is not before kickoff at {}",
                sides.kickoff
            )));
        }
        if as_of > self.seen_at + CLOCK_SKEW {
            return Err(fault(format!(
                "dated in the future: {as_of} in an answer of {}",
                self.seen_at
            )));
        }
        if !self
            .seen
            .insert((sides.home, sides.away, sides.kickoff, book.clone(), market))
        {
            return Err(fault(format!("a second row of one book and market: {book}")));
        }
        if dated.is_none() {
            self.harvest.note(UNDATED, place);
        }
        Ok(Offer {
            event: crate::feeds::sheet::cut(sides.id),
            home: sides.home,
            away: sides.away,
            kickoff: sides.kickoff,
            book: book.clone(),
            market,
            line: checked.line,
            first: checked.first,
            second: checked.second,
            as_of,
            source: Source::OddsApi,
        })
    }
}

/// The two outcomes of a market put on their sides. A missing one leaves the other usable.
fn raw(sides: &Sides<'_>, market: Market, format: OddsFormat, value: &Value) -> Result<Raw, String> {
    let outcomes = value.get("outcomes").and_then(Value::as_array);
    let outcomes = outcomes.ok_or("a market without outcomes")?;
    let (first_name, second_name) = match market {
        Market::Total => ("Over", "Under"),
        Market::Spread | Market::Moneyline => (sides.home_name, sides.away_name),
    };
    let (mut first, mut second) = (None, None);
    for outcome in outcomes {
        let name = json::text_at(outcome, &["name"]).unwrap_or_default();
        let side = match name {
            _ if name.eq_ignore_ascii_case(first_name) => &mut first,
            _ if name.eq_ignore_ascii_case(second_name) => &mut second,
            _ => return Err(format!("an outcome of neither side: `{name}`")),
        };
        if side.is_some() {
            return Err(format!("one side twice: `{name}`"));
        }
        let price = json::number(outcome.get("price"), "price")?;
        let price = price.map(|price| american(price, format)).transpose()?;
        *side = Some((price, json::number(outcome.get("point"), "point")?));
    }
    let point = |side: &Option<(Option<f64>, Option<f64>)>| side.and_then(|(_, point)| point);
    let price = |side: &Option<(Option<f64>, Option<f64>)>| side.and_then(|(price, _)| price);
    Ok(Raw {
        market,
        line: line(market, point(&first), point(&second))?,
        first: price(&first),
        second: price(&second),
    })
}

/// One line of both points: the spread as seen from the home team's favour, which is the opposite of its handicap.
fn line(market: Market, first: Option<f64>, second: Option<f64>) -> Result<Option<f64>, String> {
    // Adding zero turns the -0.0 of a pick'em into 0.0.
    match market {
        Market::Moneyline => Ok(None),
        Market::Spread => match (first, second) {
            (Some(home), Some(away)) if home != -away => {
                Err(format!("handicaps are not opposites: home {home}, away {away}"))
            }
            (Some(home), _) => Ok(Some(0.0 - home)),
            (None, away) => Ok(away),
        },
        Market::Total => match (first, second) {
            (Some(over), Some(under)) if over != under => {
                Err(format!("over and under of different totals: {over} and {under}"))
            }
            (over, under) => Ok(over.or(under)),
        },
    }
}

/// A price as an American number; decimal ones become the nearest whole one.
fn american(price: f64, format: OddsFormat) -> Result<f64, String> {
    match format {
        OddsFormat::American => Ok(price),
        OddsFormat::Decimal => {
            let decimal = Decimal::new(price).map_err(|_| format!("not a decimal price: {price}"))?;
            let profit = decimal.profit();
            let exact = if profit >= 1.0 { 100.0 * profit } else { -100.0 / profit };
            Ok(exact.round())
        }
    }
}
