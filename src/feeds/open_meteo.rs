//! Open-Meteo: the hourly forecast of any place on earth, many places in one call.
//!
//! One place is answered with an object, several with an array in the order they were asked in. Units stand in the
//! answer and are read there; the times are local to `utc_offset_seconds`.

use super::Parsed;
use super::error::FeedError;
use super::json::{self, Fault, Harvest};
use super::units::{self, Field};
use crate::api::{Call, Endpoint, Join, Provider};
use crate::domain::source::Source;
use crate::domain::team::Place;
use crate::domain::weather::{Air, Forecast};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

const FEED: &str = "Open-Meteo forecast";
const VARIABLES: [(&str, Field); 6] = [
    ("temperature_2m", Field::Temperature),
    ("precipitation", Field::Precipitation),
    ("precipitation_probability", Field::Chance),
    ("wind_speed_10m", Field::Wind),
    ("wind_gusts_10m", Field::Gust),
    ("wind_direction_10m", Field::From),
];
/// Up to fourteen days and ten variables weigh no more than one.
const DAYS: &str = "14";
/// Kind of correction: the answer does not say in what unit, so the number is worth nothing.
const NO_UNIT: &str = "a value without a known unit, left out";

/// The forecast of one place; calls for several become one.
pub fn call(place: &Place) -> Call {
    let names = VARIABLES.map(|(name, _)| name).join(",");
    let (lat, lon) = (units::degrees(place.lat), units::degrees(place.lon));
    let params = [
        ("latitude", lat.as_str()),
        ("longitude", lon.as_str()),
        ("hourly", names.as_str()),
        ("forecast_days", DAYS),
        ("temperature_unit", "fahrenheit"),
        ("wind_speed_unit", "mph"),
        ("timezone", "UTC"),
    ];
    Call::get(Provider::OpenMeteo, Endpoint::Forecast, "/v1/forecast", &params)
        .weight(1)
        .joined(Join::Places)
}

/// One place's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceForecast {
    /// Degrees north of the grid point, a few kilometres from the place asked for.
    pub lat: Option<f64>,
    /// Degrees east of it.
    pub lon: Option<f64>,
    /// One row an hour; a place that cannot be read at all is one rejected row.
    pub hours: Parsed<Forecast>,
}

impl PlaceForecast {
    /// The forecast of the hour of a kickoff, when it reaches so far.
    pub fn at(&self, kickoff: DateTime<Utc>) -> Option<Forecast> {
        let hours: Vec<Forecast> = self.hours.rows.iter().map(|(_, hour)| *hour).collect();
        Forecast::at(&hours, kickoff).copied()
    }
}

/// Reads the answer to one place or to many, in the order they were asked in.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn forecasts(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Vec<PlaceForecast>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    match &answer {
        Value::Array(places) => places.iter().map(|place| one(place, received_at)).collect(),
        Value::Object(fields) if fields.contains_key("hourly") => Ok(vec![one(&answer, received_at)?]),
        _ => Err(json::refusal(FEED, &answer).unwrap_or_else(|| FeedError::WrongShape {
            feed: FEED,
            expected: "an object with `hourly`, or an array of them",
            found: json::shape(&answer),
        })),
    }
}

fn one(place: &Value, received_at: DateTime<Utc>) -> Result<PlaceForecast, FeedError> {
    let mut harvest = Harvest::new(FEED);
    let coordinate = |name: &str| json::number(place.get(name), name).ok().flatten();
    match times(place) {
        Ok((times, offset)) => {
            for (at, time) in times.iter().enumerate() {
                let line = at as u64 + 1;
                let mut n_unknown = 0;
                let row = hour(place, at, time, offset, received_at, &mut n_unknown);
                (0..n_unknown).for_each(|_| harvest.note(NO_UNIT, line));
                harvest.take(line, time, row)?;
            }
        }
        Err(fault) => harvest.take(1, place, Err(fault))?,
    }
    Ok(PlaceForecast {
        lat: coordinate("latitude"),
        lon: coordinate("longitude"),
        hours: harvest.done(),
    })
}

/// The hours of a place and how far its clock is ahead of UTC.
fn times(place: &Value) -> Result<(&[Value], TimeDelta), Fault> {
    let times = json::at(place, &["hourly", "time"]).and_then(Value::as_array);
    let times = times.ok_or_else(|| Fault::new("hourly", "a place without hours"))?;
    let offset = json::whole(place.get("utc_offset_seconds"), "utc_offset_seconds", -86_400, 86_400)
        .map_err(|why| Fault::new("utc_offset_seconds", why))?;
    let utc = json::text_at(place, &["timezone"]).is_some_and(|zone| ["GMT", "UTC"].contains(&zone));
    match offset.or(utc.then_some(0)) {
        Some(seconds) => Ok((times, TimeDelta::seconds(i64::from(seconds)))),
        None => Err(Fault::new("utc_offset_seconds", "a place without a time zone")),
    }
}

fn hour(
    place: &Value,
    at: usize,
    time: &Value,
    offset: TimeDelta,
    received_at: DateTime<Utc>,
    n_unknown: &mut u32,
) -> Result<Forecast, Fault> {
    let mut air = Air::default();
    for (name, field) in VARIABLES {
        let value = json::at(place, &["hourly", name]).and_then(|list| list.get(at));
        let fault = |why| Fault::new(name, why);
        let Some(x) = json::number(value, name).map_err(fault)? else {
            continue;
        };
        let unit = json::text_at(place, &["hourly_units", name]).unwrap_or_default();
        match field.measure().convert(x, unit) {
            Some(own) => units::set(&mut air, field, Some(field.measure().check(own, name).map_err(fault)?)),
            None => *n_unknown += 1,
        }
    }
    Ok(Forecast {
        hour: instant(time, offset).ok_or_else(|| Fault::new("time", "not an hour: time"))?,
        air,
        as_of: received_at,
        source: Source::OpenMeteo,
    })
}

/// A local time as an instant; a number is seconds since 1970 whatever the zone.
fn instant(time: &Value, offset: TimeDelta) -> Option<DateTime<Utc>> {
    let Some(text) = time.as_str() else {
        return json::instant(Some(time));
    };
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
    let zulu = Value::String(format!("{}Z", local.format("%Y-%m-%dT%H:%M")));
    json::instant(Some(&zulu)).map(|local| local - offset)
}
