//! The Odds API, version 4: what is asked, what it costs, and what its answers say.
//!
//! Its handicap is the bettor's: the favourite *gives* points and has a negative number. Here a positive spread favours
//! the home team, so the sign is turned. Its names for games are its own; [`super::offers`] finds the stored ones.

mod events;
mod odds;

pub use events::{events, scores, sports};
pub use odds::{Snapshot, odds};

use crate::api::{Call, Endpoint, Provider};
use crate::domain::quote::Market;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// The service's name for the NFL.
pub const NFL: &str = "americanfootball_nfl";
/// Bookmakers that cost as much as one region.
const BOOKS_PER_REGION: usize = 10;
/// A past snapshot costs ten times a present one.
const HISTORICAL_TIMES: u32 = 10;

/// How prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddsFormat {
    /// -110 and +150.
    American,
    /// 1.91 and 2.5.
    Decimal,
}

/// Whose prices are asked for: whole regions or single bookmakers, which the service prices alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Books {
    /// Regions, such as `us`: every bookmaker there.
    Regions(Vec<String>),
    /// Bookmakers by key, such as `draftkings`; every ten of them cost as much as a region.
    Keys(Vec<String>),
}

impl Books {
    /// Units of price: regions, or tens of bookmakers begun.
    fn n_regions(&self) -> u32 {
        let n = match self {
            Books::Regions(regions) => regions.len(),
            Books::Keys(keys) => keys.len().div_ceil(BOOKS_PER_REGION),
        };
        u32::try_from(n).unwrap_or(u32::MAX).max(1)
    }

    fn param(&self) -> (&'static str, String) {
        match self {
            Books::Regions(regions) => ("regions", regions.join(",")),
            Books::Keys(keys) => ("bookmakers", keys.join(",")),
        }
    }
}

/// Which odds are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddsQuestion {
    /// Each costs as much as the first.
    pub markets: Vec<Market>,
    /// Whose.
    pub books: Books,
    /// Only games that begin within; asking for fewer games costs the same.
    pub within: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl OddsQuestion {
    /// All three markets of the US region: 3 credits.
    pub fn slate() -> OddsQuestion {
        OddsQuestion {
            markets: Market::ALL.to_vec(),
            books: Books::Regions(vec!["us".to_owned()]),
            within: None,
        }
    }

    /// What the answer costs at most, in credits: markets times regions.
    pub fn credits(&self) -> u32 {
        let n_markets = u32::try_from(self.markets.len()).unwrap_or(u32::MAX);
        n_markets.saturating_mul(self.books.n_regions())
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let markets: Vec<&str> = self.markets.iter().map(|m| market_key(*m)).collect();
        let mut params = vec![
            self.books.param(),
            ("markets", markets.join(",")),
            ("oddsFormat", "american".to_owned()),
            ("dateFormat", "iso".to_owned()),
        ];
        if let Some((from, to)) = self.within {
            params.push(("commenceTimeFrom", iso(from)));
            params.push(("commenceTimeTo", iso(to)));
        }
        params
    }
}

/// The service's name of a market.
pub fn market_key(market: Market) -> &'static str {
    match market {
        Market::Moneyline => "h2h",
        Market::Spread => "spreads",
        Market::Total => "totals",
    }
}

/// The list of sports: free, and the cheapest way to learn what is left of the month's credits.
pub fn sports_call() -> Call {
    call(Endpoint::Sports, "/v4/sports".to_owned(), &[])
}

/// The list of coming games: free.
pub fn events_call() -> Call {
    let params = [("dateFormat", "iso".to_owned())];
    call(Endpoint::Events, format!("/v4/sports/{NFL}/events"), &params)
}

/// The odds of every coming game, in one call.
pub fn odds_call(question: &OddsQuestion) -> Call {
    let path = format!("/v4/sports/{NFL}/odds");
    call(Endpoint::Odds, path, &question.params()).credits(question.credits())
}

/// Scores of running games and, with `days_from` from 1 to 3, of those finished in as many days: 1 credit, or 2.
pub fn scores_call(days_from: Option<u8>) -> Call {
    let mut params = vec![("dateFormat", "iso".to_owned())];
    params.extend(days_from.map(|days| ("daysFrom", days.clamp(1, 3).to_string())));
    let credits = if days_from.is_some() { 2 } else { 1 };
    call(Endpoint::Scores, format!("/v4/sports/{NFL}/scores"), &params).credits(credits)
}

/// The odds as they stood at an instant: paid plans only, at ten times the price.
pub fn historical_call(question: &OddsQuestion, at: DateTime<Utc>) -> Call {
    let mut params = question.params();
    params.push(("date", iso(at)));
    let path = format!("/v4/historical/sports/{NFL}/odds");
    let credits = question.credits().saturating_mul(HISTORICAL_TIMES);
    call(Endpoint::Historical, path, &params).credits(credits)
}

fn call(endpoint: Endpoint, path: String, params: &[(&'static str, String)]) -> Call {
    let query: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Call::get(Provider::OddsApi, endpoint, &path, &query)
}

/// The service takes whole seconds and `Z` only.
fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl fmt::Display for OddsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            OddsFormat::American => "american",
            OddsFormat::Decimal => "decimal",
        })
    }
}
