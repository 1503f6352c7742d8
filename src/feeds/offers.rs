//! Prices of services that know games by teams and kickoff only, and the search for the stored game they mean.

use super::{Parsed, Rejected};
use crate::domain::game::Fixture;
use crate::domain::line::HalfPoints;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::domain::source::Source;
use crate::domain::team::Team;
use chrono::{DateTime, TimeDelta, Utc};

/// A game that was put off by a day is still the same game; the next one of the same teams is weeks away.
pub const SAME_GAME: TimeDelta = TimeDelta::hours(36);

/// One book's two-sided price in one market, of a game known by its teams and kickoff: a [`Quote`] but for the game's
/// name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The service's own name for the game.
    pub event: String,
    /// The home team in the service's eyes.
    pub home: Team,
    /// The visiting team in the service's eyes.
    pub away: Team,
    /// Kickoff as the service has it.
    pub kickoff: DateTime<Utc>,
    /// Who offers it.
    pub book: Book,
    /// The market.
    pub market: Market,
    /// Spread (positive: home favoured) or total; `None` for the moneyline.
    pub line: Option<HalfPoints>,
    /// Price of home or over.
    pub first: Option<American>,
    /// Price of away or under.
    pub second: Option<American>,
    /// When the book last confirmed it.
    pub as_of: DateTime<Utc>,
    /// The service.
    pub source: Source,
}

/// A stored game found by its teams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'a> {
    /// The game.
    pub fixture: &'a Fixture,
    /// Home and away are the other way round, as services have it now and then at neutral sites.
    pub turned: bool,
}

/// Why no stored game is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMatch {
    /// The two teams meet in no stored game near that time.
    #[error("unknown game: {away} at {home} around {kickoff} is not stored; sync the schedule first")]
    Unknown {
        /// The home team.
        home: Team,
        /// The visiting team.
        away: Team,
        /// Kickoff in the service's words.
        kickoff: DateTime<Utc>,
    },
    /// They do, but with the other one at home, and the site is not neutral.
    #[error("home and away are swapped: the schedule has {home} at {away}")]
    Swapped {
        /// Who is at home in the service's words.
        home: Team,
        /// Who is away in the service's words.
        away: Team,
    },
}

/// The stored game of two teams nearest to a kickoff, within [`SAME_GAME`].
///
/// # Errors
/// [`NoMatch`].
pub fn find(fixtures: &[Fixture], home: Team, away: Team, kickoff: DateTime<Utc>) -> Result<Found<'_>, NoMatch> {
    let nearest = |first: Team, second: Team| {
        let off = |f: &Fixture| (f.kickoff - kickoff).abs();
        fixtures
            .iter()
            .filter(|f| f.home == first && f.away == second && off(f) <= SAME_GAME)
            .min_by_key(|f| off(f))
    };
    if let Some(fixture) = nearest(home, away) {
        return Ok(Found { fixture, turned: false });
    }
    match nearest(away, home) {
        Some(fixture) if fixture.neutral => Ok(Found { fixture, turned: true }),
        Some(_) => Err(NoMatch::Swapped { home, away }),
        None => Err(NoMatch::Unknown { home, away, kickoff }),
    }
}

impl Offer {
    /// The quote this is of a stored game.
    pub fn quote(&self, found: Found<'_>) -> Quote {
        let turned = found.turned && self.market != Market::Total;
        let (first, second) = if turned {
            (self.second, self.first)
        } else {
            (self.first, self.second)
        };
        Quote {
            game: found.fixture.id.clone(),
            book: self.book.clone(),
            market: self.market,
            line: if turned { self.line.map(|line| -line) } else { self.line },
            first,
            second,
            as_of: self.as_of,
            moment: Moment::Live,
        }
    }
}

/// Offers as quotes of stored games. Those of no stored game join the rejections, so that kept and rejected still add up
/// to what was seen.
pub fn quotes(parsed: Parsed<Offer>, fixtures: &[Fixture]) -> Parsed<Quote> {
    let mut rejected = parsed.rejected;
    let mut rows = Vec::with_capacity(parsed.rows.len());
    for (line, offer) in parsed.rows {
        match find(fixtures, offer.home, offer.away, offer.kickoff) {
            // The schedule knows better than the service when the game begins.
            Ok(found) if offer.as_of >= found.fixture.kickoff => {
                let reason = format!("{IN_PLAY}: {} is not before kickoff", offer.as_of);
                rejected.push(offer.reject(line, reason));
            }
            Ok(found) => rows.push((line, offer.quote(found))),
            Err(no_match) => rejected.push(offer.reject(line, no_match.to_string())),
        }
    }
    Parsed {
        rows,
        rejected,
        corrected: parsed.corrected,
        n_rows: parsed.n_rows,
    }
}

/// The kind under which prices of a running game are rejected.
pub(super) const IN_PLAY: &str = "in-play price";

impl Offer {
    fn reject(&self, line: u64, reason: String) -> Rejected {
        let price = |p: Option<American>| p.map_or_else(|| "none".to_owned(), |p| p.to_string());
        Rejected {
            line,
            game_id: None,
            field: self.market.name().to_owned(),
            reason,
            raw: format!(
                "{} at {} {} {} {} {} {} {}",
                self.away,
                self.home,
                self.kickoff,
                self.book,
                self.market,
                self.line.map_or_else(|| "no line".to_owned(), |line| line.to_string()),
                price(self.first),
                price(self.second)
            ),
        }
    }
}
