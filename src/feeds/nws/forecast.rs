//! Periods of a cell's forecast: an hour each in the hourly answer, half a day each in the other.

use crate::domain::source::Source;
use crate::domain::weather::{Air, Forecast};
use crate::feeds::Parsed;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use crate::feeds::units::{self, Measure};
use chrono::{DateTime, Utc};
use serde_json::Value;

const FEED: &str = "NWS forecast";

/// Reads a forecast. A period is dated by its beginning: half-day periods can be read, but only the hourly answer says
/// what the weather is at kickoff.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn forecasts(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Parsed<Forecast>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let found = json::at(&answer, &["properties", "periods"]).or_else(|| answer.get("periods"));
    let periods = json::array(FEED, &answer, found, "an array `properties.periods`")?;
    let made = ["updateTime", "updated", "generatedAt"]
        .iter()
        .find_map(|name| json::instant(json::at(&answer, &["properties", name])));
    // A forecast cannot have been known before it came, whatever a wrong clock over there says.
    let as_of = made.map_or(received_at, |made| made.min(received_at));
    let mut harvest = Harvest::new(FEED);
    for (place, period) in (1u64..).zip(periods) {
        harvest.take(place, period, forecast(period, as_of))?;
    }
    Ok(harvest.done())
}

fn forecast(period: &Value, as_of: DateTime<Utc>) -> Result<Forecast, Fault> {
    let hour = json::need_instant(period, "startTime").map_err(|why| Fault::new("startTime", why))?;
    let chance = Measure::Share.quantity(period.get("probabilityOfPrecipitation"), "probabilityOfPrecipitation");
    Ok(Forecast {
        hour,
        air: Air {
            temperature_f: temperature(period).map_err(|why| Fault::new("temperature", why))?,
            wind_mph: speed(period.get("windSpeed"), "windSpeed").map_err(|why| Fault::new("windSpeed", why))?,
            gust_mph: speed(period.get("windGust"), "windGust").map_err(|why| Fault::new("windGust", why))?,
            wind_from_deg: json::text_at(period, &["windDirection"]).and_then(units::bearing),
            precipitation_in: None,
            precipitation_chance: chance.map_err(|why| Fault::new("probabilityOfPrecipitation", why))?,
        },
        as_of,
        source: Source::Nws,
    })
}

/// A number with its unit beside it, or, as the service will write in future, a quantity.
fn temperature(period: &Value) -> Result<Option<f64>, String> {
    let value = period.get("temperature");
    if value.is_some_and(Value::is_object) {
        return Measure::Temperature.quantity(value, "temperature");
    }
    let Some(x) = json::number(value, "temperature")? else {
        return Ok(None);
    };
    let unit = json::text_at(period, &["temperatureUnit"]).unwrap_or_default();
    let own = Measure::Temperature.convert(x, unit);
    let own = own.ok_or_else(|| format!("a unit huddle does not know: temperature in `{unit}`"))?;
    Measure::Temperature.check(own, "temperature").map(Some)
}

/// `10 mph`, `0 to 5 mph` (the upper end is taken: wind is judged by how strong it may get), or a quantity.
fn speed(value: Option<&Value>, name: &str) -> Result<Option<f64>, String> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(other) => return Measure::Speed.quantity(Some(other), name),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("not a speed: {name} is `{}`", crate::feeds::sheet::cut(text));
    let (range, unit) = text.rsplit_once(' ').ok_or_else(wrong)?;
    let highest = range.rsplit(' ').next().unwrap_or_default();
    let x: f64 = highest.parse().map_err(|_| wrong())?;
    let own = Measure::Speed.convert(x, unit).ok_or_else(wrong)?;
    Measure::Speed.check(own, name).map(Some)
}
