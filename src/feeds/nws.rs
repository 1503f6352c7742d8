//! The US National Weather Service: which grid cell a place lies in, and that cell's hourly forecast.
//!
//! The first answer names the address of the second; only its path is taken, and only below the service's own host, so
//! that no answer can send us elsewhere.

mod forecast;
mod observation;

pub use forecast::forecasts;
pub use observation::observations;

use super::error::FeedError;
use super::json;
use super::units;
use crate::api::{Call, Endpoint, Provider};
use crate::domain::team::Place;
use serde_json::Value;

/// Where the service lives, unless settings say otherwise.
pub const HOST: &str = "https://api.weather.gov";

/// The cell of a place; changes about never, so the answer is kept for a month.
pub fn points_call(place: &Place) -> Call {
    let path = format!("/points/{},{}", units::degrees(place.lat), units::degrees(place.lon));
    Call::get(Provider::Nws, Endpoint::Points, &path, &[])
}

/// The hourly forecast of a cell.
pub fn hourly_call(cell: &Cell) -> Call {
    Call::get(Provider::Nws, Endpoint::Hourly, &cell.hourly_path, &[])
}

/// A cell of the service's grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Path of its hourly forecast.
    pub hourly_path: String,
    /// IANA name of its time zone, when given.
    pub time_zone: Option<String>,
}

/// Reads the answer to a place. `base` is the base URL that was asked; addresses below it or below [`HOST`] are taken.
///
/// # Errors
/// [`FeedError`] when it names no cell, or one on another host.
pub fn points(bytes: &[u8], base: &str) -> Result<Cell, FeedError> {
    const FEED: &str = "NWS points";
    let answer = json::parse(FEED, bytes)?;
    let Some(address) = json::text_at(&answer, &["properties", "forecastHourly"]) else {
        return Err(json::refusal(FEED, &answer).unwrap_or_else(|| wrong(json::shape(&answer))));
    };
    let below = |host: &str| {
        let host = host.trim_end_matches('/');
        (!host.is_empty()).then(|| address.strip_prefix(host)).flatten()
    };
    let path = below(base).or_else(|| below(HOST));
    match path.filter(|path| is_cell(path)) {
        Some(path) => Ok(Cell {
            hourly_path: path.to_owned(),
            time_zone: json::words_at(&answer, &["properties", "timeZone"]),
        }),
        None => Err(wrong(json::shown(&Value::String(address.to_owned())))),
    }
}

fn wrong(found: String) -> FeedError {
    FeedError::WrongShape {
        feed: "NWS points",
        expected: "`properties.forecastHourly`, an address such as /gridpoints/TAE/58,65/forecast/hourly of the same host",
        found,
    }
}

/// `/gridpoints/TAE/58,65/forecast/hourly`, with any office and numbers.
fn is_cell(path: &str) -> bool {
    let digits = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "gridpoints", office, cell, "forecast", "hourly"] => {
            (1..=4).contains(&office.len())
                && office.bytes().all(|b| b.is_ascii_alphanumeric())
                && cell.split_once(',').is_some_and(|(x, y)| digits(x) && digits(y))
        }
        _ => false,
    }
}
