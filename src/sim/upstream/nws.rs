//! The US National Weather Service: grid cells of points, hourly forecasts of cells, and its strictness about headers,
//! decimals and parameters.
//!
//! Cells are squares of a fortieth of a degree under the invented office `SIM`, so that a cell names its place.

use super::message::{Reply, Request};
use super::weather;
use super::world::World;
use crate::api::Endpoint;
use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

const OFFICE: &str = "SIM";
const CELLS_PER_DEGREE: f64 = 40.0;
/// The hourly forecast covers this many hours.
const N_HOURS: i64 = 156;
/// The box of the lower 48 states; Alaska and Hawaii have no team.
const LATITUDES: std::ops::RangeInclusive<f64> = 24.0..=49.5;
const LONGITUDES: std::ops::RangeInclusive<f64> = -125.0..=-66.0;

/// The class of a path; `None` for one the service does not know.
pub(super) fn endpoint(path: &[&str]) -> Option<Endpoint> {
    match path {
        ["points", _] => Some(Endpoint::Points),
        ["gridpoints", _, _, "forecast", "hourly"] => Some(Endpoint::Hourly),
        _ => None,
    }
}

fn problem(status: u16, kind: &str, title: &str, detail: &str) -> Reply {
    let body = json!({"correlationId": "51d", "title": title, "type": format!("https://api.weather.gov/problems/{kind}"),
                      "status": status, "detail": detail, "instance": "https://api.weather.gov/requests/51d"});
    let bytes = body.to_string().into_bytes();
    Reply::new(status, "application/problem+json", bytes)
}

fn geo(body: &Value) -> Reply {
    Reply::new(200, "application/geo+json", body.to_string().into_bytes())
}

/// Answers a request; `path` is what follows the prefix.
pub(super) fn answer(world: &World, request: &Request, path: &[&str], now: DateTime<Utc>) -> Reply {
    if request.header("user-agent").is_none_or(|agent| agent.trim().is_empty()) {
        return Reply::new(
            403,
            "text/html",
            b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD></HTML>".to_vec(),
        );
    }
    let known: &[&str] = match path {
        ["gridpoints", ..] => &["units"],
        _ => &[],
    };
    if let Some((name, _)) = request.query.iter().find(|(n, _)| !known.contains(&n.as_str())) {
        let detail = format!("Query parameter \"{name}\" is not recognized");
        return problem(400, "BadRequest", "Bad Request", &detail);
    }
    match path {
        ["points", point] => points(request, point),
        ["gridpoints", office, cell, "forecast", "hourly"] => hourly(world, request, office, cell, now),
        _ => problem(404, "NotFound", "Not Found", "The requested resource does not exist"),
    }
}

fn points(request: &Request, point: &str) -> Reply {
    let place = point.split_once(',').and_then(|(a, b)| Some((number(a)?, number(b)?)));
    let Some((lat, lon)) = place else {
        let detail = "Parameter \"point\" is invalid: '{lat},{lon}' in decimal degrees is expected";
        return problem(400, "InvalidParameter", "Invalid Parameter", detail);
    };
    if point
        .split(',')
        .any(|part| part.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 4))
    {
        let round = |x: f64| (x * 10_000.0).round() / 10_000.0;
        let there = format!("/nws/points/{},{}", round(lat), round(lon));
        let detail = "The precision of latitude/longitude points is limited to 4 decimal digits for efficiency";
        return problem(
            301,
            "AdjustPointPrecision",
            "Adjusting Precision Of Point Coordinate",
            detail,
        )
        .with("location", request.address(&there));
    }
    if !LATITUDES.contains(&lat) || !LONGITUDES.contains(&lon) {
        let detail = format!("Unable to provide data for requested point {lat},{lon}");
        return problem(404, "InvalidPoint", "Data Unavailable For Requested Point", &detail);
    }
    let (x, y) = cell(lat, lon);
    let grid = format!("/nws/gridpoints/{OFFICE}/{x},{y}");
    let here = request.address(&format!("/nws/points/{point}"));
    let body = json!({
        "id": here, "type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "@id": here, "@type": "wx:Point", "cwa": OFFICE, "gridId": OFFICE, "gridX": x, "gridY": y,
            "forecast": request.address(&format!("{grid}/forecast")),
            "forecastHourly": request.address(&format!("{grid}/forecast/hourly")),
            "forecastGridData": request.address(&grid),
            "timeZone": "America/New_York", "radarStation": "KSIM",
        },
    });
    geo(&body).with("cache-control", "public, max-age=86400")
}

fn number(text: &str) -> Option<f64> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|x| x.is_finite() && x.abs() <= 180.0)
}

/// Whole and never negative.
fn cell(lat: f64, lon: f64) -> (i64, i64) {
    (
        ((lon + 180.0) * CELLS_PER_DEGREE).round() as i64,
        ((lat + 90.0) * CELLS_PER_DEGREE).round() as i64,
    )
}

fn hourly(world: &World, request: &Request, office: &str, grid: &str, now: DateTime<Utc>) -> Reply {
    let xy = grid
        .split_once(',')
        .and_then(|(x, y)| Some((x.parse::<u16>().ok()?, y.parse::<u16>().ok()?)));
    let place = xy.map(|(x, y)| {
        (
            f64::from(y) / CELLS_PER_DEGREE - 90.0,
            f64::from(x) / CELLS_PER_DEGREE - 180.0,
        )
    });
    let inside = |(lat, lon): &(f64, f64)| LATITUDES.contains(lat) && LONGITUDES.contains(lon);
    let Some((lat, lon)) = place.filter(inside).filter(|_| office == OFFICE) else {
        return problem(404, "InvalidGridpoint", "Not Found", "The grid cell does not exist");
    };
    let issued = now
        - TimeDelta::seconds(now.timestamp().rem_euclid(3_600))
        - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
    let modified = super::http_date(issued);
    let stamped = |reply: Reply| {
        let left = 3_600 - (now - issued).num_seconds();
        reply
            .with("last-modified", modified.clone())
            .with("cache-control", format!("public, max-age={left}"))
    };
    let known = request
        .header("if-modified-since")
        .and_then(|text| httpdate::parse_http_date(text).ok());
    if known.is_some_and(|since| DateTime::<Utc>::from(since) >= issued) {
        return stamped(Reply::empty(304));
    }
    let si = request.param("units") == Some("si");
    let periods: Vec<Value> = (0..N_HOURS).map(|i| period(world, (lat, lon), issued, i, si)).collect();
    let stamp = issued.to_rfc3339_opts(SecondsFormat::Secs, false);
    stamped(geo(&json!({
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[[lon, lat]]]},
        "properties": {
            "updated": stamp, "updateTime": stamp, "generatedAt": stamp, "units": if si { "si" } else { "us" },
            "forecastGenerator": "HourlyForecastGenerator", "validTimes": format!("{stamp}/P6DT12H"),
            "elevation": {"unitCode": "wmoUnit:m", "value": 100.0},
            "periods": periods,
        },
    })))
}

fn period(world: &World, (lat, lon): (f64, f64), issued: DateTime<Utc>, i: i64, si: bool) -> Value {
    let start = issued + TimeDelta::hours(i);
    let w = weather::forecast(world, lat, lon, start, issued);
    let local = |at: DateTime<Utc>| {
        at.with_timezone(&chrono_tz::America::New_York)
            .to_rfc3339_opts(SecondsFormat::Secs, false)
    };
    let (temperature, unit) = if si {
        ((w.temperature_f - 32.0) / 1.8, "C")
    } else {
        (w.temperature_f, "F")
    };
    let (speed, of) = if si {
        (w.wind_mph * 1.609_344, "km/h")
    } else {
        (w.wind_mph, "mph")
    };
    let points = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
    let short = match w.code() {
        0 => "Mostly Clear",
        3 => "Cloudy",
        61 => "Rain",
        _ => "Snow",
    };
    json!({
        "number": i + 1, "name": "", "startTime": local(start), "endTime": local(start + TimeDelta::hours(1)),
        "isDaytime": (11..23).contains(&start.hour()), "temperature": temperature.round() as i64,
        "temperatureUnit": unit, "temperatureTrend": null,
        "probabilityOfPrecipitation": {"unitCode": "wmoUnit:percent", "value": w.rain_chance as i64},
        "relativeHumidity": {"unitCode": "wmoUnit:percent", "value": w.humidity as i64},
        "windSpeed": format!("{} {of}", speed.round() as i64),
        "windDirection": points[(w.direction_deg / 45.0) as usize % 8], "shortForecast": short, "detailedForecast": "",
    })
}
