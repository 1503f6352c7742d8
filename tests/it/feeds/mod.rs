//! The feeds on real answers and on damaged ones: no usable row is lost, and no bytes make a parser panic.

mod mutations;
mod payloads;

use chrono::{DateTime, Utc};
use huddle::feeds::odds_api::OddsFormat;
use huddle::feeds::{FeedError, Parsed, espn, nflverse, nflverse_games, nws, odds_api, open_meteo, team_stats};
use std::path::PathBuf;

/// What reading some bytes came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub n_kept: usize,
    pub n_rejected: usize,
    pub n_rows: u64,
}

impl Tally {
    fn of<T>(parsed: &Parsed<T>) -> Tally {
        let reason = |r: &huddle::feeds::Rejected| !r.kind().is_empty() && r.line > 0;
        assert!(
            parsed.rejected.iter().all(reason),
            "a rejection without reason or place"
        );
        Tally {
            n_kept: parsed.rows.len(),
            n_rejected: parsed.rejected.len(),
            n_rows: parsed.n_rows,
        }
    }

    /// Services' rows are kept or rejected, and nothing else.
    fn adds_up<T>(parsed: &Parsed<T>) -> Tally {
        let tally = Tally::of(parsed);
        assert_eq!(
            (tally.n_kept + tally.n_rejected) as u64,
            tally.n_rows,
            "a row went missing"
        );
        tally
    }

    fn plus(self, other: Tally) -> Tally {
        Tally {
            n_kept: self.n_kept + other.n_kept,
            n_rejected: self.n_rejected + other.n_rejected,
            n_rows: self.n_rows + other.n_rows,
        }
    }
}

/// A parser behind one shape.
pub type Reader = fn(&[u8]) -> Result<Tally, FeedError>;

/// After everything the shared answers hold.
pub fn later() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

pub fn odds(bytes: &[u8]) -> Result<Tally, FeedError> {
    odds_api::odds(bytes, OddsFormat::American, later()).map(|s| Tally::adds_up(&s.offers))
}

pub fn decimal_odds(bytes: &[u8]) -> Result<Tally, FeedError> {
    odds_api::odds(bytes, OddsFormat::Decimal, later()).map(|s| Tally::adds_up(&s.offers))
}

pub fn scores(bytes: &[u8]) -> Result<Tally, FeedError> {
    odds_api::scores(bytes, later()).map(|p| Tally::adds_up(&p))
}

pub fn events(bytes: &[u8]) -> Result<Tally, FeedError> {
    odds_api::events(bytes, later()).map(|p| Tally::adds_up(&p))
}

pub fn sports(bytes: &[u8]) -> Result<Tally, FeedError> {
    odds_api::sports(bytes).map(|p| Tally::adds_up(&p))
}

/// Games alone; their odds are counted by [`board_odds`].
pub fn board(bytes: &[u8]) -> Result<Tally, FeedError> {
    espn::scoreboard(bytes, later()).map(|b| Tally::adds_up(&b.events))
}

pub fn board_odds(bytes: &[u8]) -> Result<Tally, FeedError> {
    espn::scoreboard(bytes, later()).map(|b| Tally::adds_up(&b.offers))
}

pub fn injuries(bytes: &[u8]) -> Result<Tally, FeedError> {
    espn::injuries(bytes, later()).map(|p| Tally::adds_up(&p))
}

pub fn teams(bytes: &[u8]) -> Result<Tally, FeedError> {
    espn::teams(bytes).map(|p| Tally::adds_up(&p))
}

pub fn news(bytes: &[u8]) -> Result<Tally, FeedError> {
    espn::news(bytes, later()).map(|p| Tally::adds_up(&p))
}

pub fn places(bytes: &[u8]) -> Result<Tally, FeedError> {
    let places = open_meteo::forecasts(bytes, later())?;
    let tallies = places.iter().map(|place| Tally::adds_up(&place.hours));
    Ok(tallies.fold(Tally::default(), Tally::plus))
}

pub fn points(bytes: &[u8]) -> Result<Tally, FeedError> {
    let cell = nws::points(bytes, nws::HOST)?;
    assert!(cell.hourly_path.starts_with("/gridpoints/"), "{}", cell.hourly_path);
    Ok(Tally {
        n_kept: 1,
        n_rejected: 0,
        n_rows: 1,
    })
}

pub fn hourly(bytes: &[u8]) -> Result<Tally, FeedError> {
    nws::forecasts(bytes, later()).map(|p| Tally::adds_up(&p))
}

pub fn observations(bytes: &[u8]) -> Result<Tally, FeedError> {
    nws::observations(bytes).map(|p| Tally::adds_up(&p))
}

pub fn timestamp(bytes: &[u8]) -> Result<Tally, FeedError> {
    nflverse::timestamp(bytes).map(|_| Tally {
        n_kept: 1,
        n_rejected: 0,
        n_rows: 1,
    })
}

pub fn stats(bytes: &[u8]) -> Result<Tally, FeedError> {
    Ok(Tally::of(&team_stats::parse(bytes)?))
}

pub fn games(bytes: &[u8]) -> Result<Tally, FeedError> {
    let facts = nflverse_games::read(bytes)?;
    Ok(Tally {
        n_kept: facts.games.len(),
        n_rejected: facts.rejected.len(),
        n_rows: facts.n_rows,
    })
}

/// Own answers, written by hand in the services' shapes, with their readers.
pub const OWN: [(&str, Reader); 16] = [
    ("odds_api_odds.json", odds),
    ("odds_api_historical.json", decimal_odds),
    ("odds_api_scores.json", scores),
    ("odds_api_events.json", events),
    ("odds_api_sports.json", sports),
    ("espn_scoreboard.json", board),
    ("espn_scoreboard.json", board_odds),
    ("espn_injuries.json", injuries),
    ("espn_teams.json", teams),
    ("espn_news.json", news),
    ("open_meteo_two.json", places),
    ("nws_points.json", points),
    ("nws_hourly.json", hourly),
    ("nws_observations.json", observations),
    ("nflverse_timestamp.json", timestamp),
    ("nflverse_team_stats.csv", stats),
];

/// Captured answers with their readers, below the shared folder.
pub const SHARED: [(&str, Reader); 14] = [
    ("payloads/odds_api/odds_3markets_10books_2026-07-30.json", odds),
    ("payloads/odds_api/odds_season_2026-08-22.json", odds),
    ("payloads/odds_api/odds_wrapped_2025-10-25.json", odds),
    ("payloads/odds_api/historical_envelope_wnba.json", odds),
    ("payloads/odds_api/scores_wnba.json", scores),
    ("payloads/odds_api/error_bodies.json", odds),
    ("payloads/espn/scoreboard_2023_wk5.json", board),
    ("payloads/espn/scoreboard_2023_wk5.json", board_odds),
    ("payloads/espn/injuries_excerpt.json", injuries),
    ("payloads/nws/pynws_points.json", points),
    ("payloads/nws/pynws_gridpoints_forecast_hourly_us.json", hourly),
    ("payloads/nws/pynws_gridpoints_forecast_us.json", hourly),
    (
        "payloads/nws/pynws_stations_observations_missing_value.json",
        observations,
    ),
    ("payloads/open_meteo/linecast_forecast.json", places),
];

pub fn own(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{} cannot be read: {e}", path.display()))
}

/// A file of the developers' shared folder, or a printed reason why the test is skipped.
pub fn shared(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("HUDDLE_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let path = PathBuf::from(&folder).join(name);
    std::fs::read(&path)
        .inspect_err(|e| println!("skipped: {}: {e}; set HUDDLE_SHARED", path.display()))
        .ok()
}
