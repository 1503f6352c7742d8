//! The parameters of a request to The Odds API, and what it costs to have them answered.

use super::{Refused, refusal};
use crate::domain::quote::Market;
use crate::sim::upstream::message::Request;
use crate::sim::upstream::world::Staged;
use chrono::{DateTime, Utc};

/// A bookmaker as the service names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim::upstream) struct SimBook {
    pub key: &'static str,
    pub title: &'static str,
    pub region: &'static str,
}

const fn book(key: &'static str, title: &'static str, region: &'static str) -> SimBook {
    SimBook { key, title, region }
}

/// Invented books: a key that begins with `sim_` can be taken for no real bookmaker's.
pub(in crate::sim::upstream) const BOOKS: [SimBook; 12] = [
    book("sim_alfa", "Alfa (sim)", "us"),
    book("sim_bravo", "Bravo (sim)", "us"),
    book("sim_charlie", "Charlie (sim)", "us"),
    book("sim_delta", "Delta (sim)", "us"),
    book("sim_echo", "Echo (sim)", "us"),
    book("sim_foxtrot", "Foxtrot (sim)", "us"),
    book("sim_golf", "Golf (sim)", "us2"),
    book("sim_hotel", "Hotel (sim)", "us2"),
    book("sim_india", "India (sim)", "uk"),
    book("sim_juliett", "Juliett (sim)", "uk"),
    book("sim_kilo", "Kilo (sim)", "eu"),
    book("sim_lima", "Lima (sim)", "eu"),
];

const REGIONS: [&str; 9] = ["us", "us2", "us_dfs", "us_ex", "uk", "eu", "fr", "se", "au"];
/// This many named books count as one region.
const BOOKS_PER_REGION: usize = 10;

/// What is asked, checked.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub markets: Vec<Market>,
    pub books: Vec<SimBook>,
    n_regions: u32,
    pub american: bool,
    pub unix: bool,
    events: Vec<String>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Ask {
    /// What any request may say: formats and filters.
    pub(super) fn read(request: &Request) -> Result<Ask, Refused> {
        let american = choice(request, "oddsFormat", ["decimal", "american"], "INVALID_ODDS_FORMAT")?;
        let unix = choice(request, "dateFormat", ["iso", "unix"], "INVALID_DATE_FORMAT")?;
        Ok(Ask {
            markets: Vec::new(),
            books: Vec::new(),
            n_regions: 0,
            american,
            unix,
            events: list(request.param("eventIds")),
            from: time(request, "commenceTimeFrom", "INVALID_COMMENCE_TIME_FROM")?,
            to: time(request, "commenceTimeTo", "INVALID_COMMENCE_TIME_TO")?,
        })
    }

    /// What a request for prices must say besides.
    pub(super) fn priced(self, request: &Request) -> Result<Ask, Refused> {
        let mut markets = Vec::new();
        let named = list(request.param("markets"));
        let named = if named.is_empty() {
            vec!["h2h".to_owned()]
        } else {
            named
        };
        for name in named {
            let market = market(&name).ok_or_else(|| {
                let message = format!("Markets not supported by this endpoint: {name}");
                Box::new(refusal(422, "INVALID_MARKET", &message))
            })?;
            if !markets.contains(&market) {
                markets.push(market);
            }
        }
        let (books, n_regions) = books(request)?;
        Ok(Ask {
            markets,
            books,
            n_regions,
            ..self
        })
    }

    /// Regions it counts for.
    pub(super) fn n_regions(&self) -> u32 {
        self.n_regions
    }

    /// Credits of a whole slate.
    pub(super) fn cost(&self) -> u32 {
        self.markets.len() as u32 * self.n_regions
    }

    /// Whether the filters let a game through; they do not make it cheaper.
    pub(super) fn wants(&self, game: &Staged) -> bool {
        let kickoff = game.kickoff();
        (self.events.is_empty() || self.events.contains(&game.event))
            && self.from.is_none_or(|from| from <= kickoff)
            && self.to.is_none_or(|to| kickoff <= to)
    }
}

/// The service's name of a market.
pub(super) fn market_key(market: Market) -> &'static str {
    match market {
        Market::Spread => "spreads",
        Market::Total => "totals",
        Market::Moneyline => "h2h",
    }
}

fn market(name: &str) -> Option<Market> {
    Market::ALL.into_iter().find(|m| market_key(*m) == name)
}

/// Named books replace regions, and every ten of them count as one.
fn books(request: &Request) -> Result<(Vec<SimBook>, u32), Refused> {
    let named = list(request.param("bookmakers"));
    if !named.is_empty() {
        let mut books = Vec::new();
        for name in &named {
            let book = BOOKS.iter().find(|b| b.key == name).ok_or_else(|| {
                let known = BOOKS.map(|b| b.key).join(", ");
                let message = format!("Invalid bookmakers: {name}. This SIMULATED service knows {known}");
                Box::new(refusal(422, "INVALID_BOOKMAKERS", &message))
            })?;
            if !books.contains(book) {
                books.push(*book);
            }
        }
        let n_regions = books.len().div_ceil(BOOKS_PER_REGION) as u32;
        return Ok((books, n_regions));
    }
    let mut regions = list(request.param("regions"));
    regions.sort();
    regions.dedup();
    if regions.is_empty() {
        return Err(Box::new(refusal(
            422,
            "MISSING_REGION",
            "Missing regions or bookmakers key",
        )));
    }
    if let Some(bad) = regions.iter().find(|r| !REGIONS.contains(&r.as_str())) {
        let message = format!("Invalid region: {bad}. Regions are {}", REGIONS.join(", "));
        return Err(Box::new(refusal(422, "INVALID_REGION", &message)));
    }
    let books = BOOKS.into_iter().filter(|b| regions.iter().any(|r| r == b.region));
    Ok((books.collect(), regions.len() as u32))
}

/// The parts of a list between its commas; none when the parameter is absent or empty.
fn list(text: Option<&str>) -> Vec<String> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// True for the second of two choices; the first is the default.
fn choice(request: &Request, name: &str, choices: [&str; 2], code: &str) -> Result<bool, Refused> {
    match request.param(name) {
        None => Ok(false),
        Some(text) if text == choices[0] => Ok(false),
        Some(text) if text == choices[1] => Ok(true),
        Some(text) => {
            let message = format!("Invalid {name}: {text}. Valid values are {}", choices.join(", "));
            Err(Box::new(refusal(422, code, &message)))
        }
    }
}

fn time(request: &Request, name: &str, code: &str) -> Result<Option<DateTime<Utc>>, Refused> {
    let Some(text) = request.param(name) else {
        return Ok(None);
    };
    let strict = text.len() == "2023-09-09T00:00:00Z".len() && text.ends_with('Z');
    match text.parse() {
        Ok(at) if strict => Ok(Some(at)),
        _ => {
            let message = format!("Invalid {name} parameter. The format must be YYYY-MM-DDTHH:MM:SSZ");
            Err(Box::new(refusal(422, code, &message)))
        }
    }
}
