//! What stations measured. A sensor that is out reports null, and whole reports arrive without a single value.

use crate::domain::source::Source;
use crate::domain::weather::{Air, Observation};
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use crate::feeds::units::Measure;
use crate::feeds::{Parsed, sheet};
use chrono::{DateTime, Utc};
use serde_json::Value;

const FEED: &str = "NWS observations";

/// Reads one observation or a collection of them.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn observations(bytes: &[u8]) -> Result<Parsed<Observation>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let one = [answer.clone()];
    let list = if answer.get("properties").is_some() {
        &one
    } else {
        json::array(FEED, &answer, answer.get("features"), "an array `features`")?
    };
    let mut harvest = Harvest::new(FEED);
    for (place, feature) in (1u64..).zip(list) {
        harvest.take(place, feature, observation(feature))?;
    }
    Ok(harvest.done())
}

fn observation(feature: &Value) -> Result<Observation, Fault> {
    let properties = feature.get("properties").unwrap_or(&Value::Null);
    let id = json::text_at(properties, &["@id"]).or_else(|| json::text_at(feature, &["id"]));
    let named = id.and_then(of_address);
    let station = json::text_at(properties, &["station"]).and_then(|address| address.rsplit('/').next());
    let station = station.or(named.map(|(station, _)| station));
    let at = json::instant(properties.get("timestamp")).or(named.map(|(_, at)| at));
    let take = |measure: Measure, name: &str| {
        measure
            .quantity(properties.get(name), name)
            .map_err(|why| Fault::new(name, why))
    };
    Ok(Observation {
        station: sheet::cut(station.ok_or_else(|| Fault::new("station", "an observation of no station"))?),
        at: at.ok_or_else(|| Fault::new("timestamp", "an observation without a time"))?,
        air: Air {
            temperature_f: take(Measure::Temperature, "temperature")?,
            wind_mph: take(Measure::Speed, "windSpeed")?,
            gust_mph: take(Measure::Speed, "windGust")?,
            wind_from_deg: take(Measure::Angle, "windDirection")?,
            precipitation_in: take(Measure::Depth, "precipitationLastHour")?,
            precipitation_chance: None,
        },
        source: Source::Nws,
    })
}

/// Station and time out of an address such as `.../stations/KFLL/observations/2019-06-27T10:53:00+00:00`.
fn of_address(address: &str) -> Option<(&str, DateTime<Utc>)> {
    let (before, time) = address.split_once("/observations/")?;
    let station = before.rsplit('/').next()?;
    let at = json::instant(Some(&Value::String(time.to_owned())))?;
    Some((station, at))
}
