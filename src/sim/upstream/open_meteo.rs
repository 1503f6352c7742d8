//! Open-Meteo's forecast as its server's source has it: one object or an array, one bad place fails all, every place has
//! its weight, and every error costs one.

use super::message::{Reply, Request};
use super::weather::{self, Hour};
use super::world::World;
use crate::api::Endpoint;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// More places than this are refused.
const MAX_PLACES: usize = 1_000;
/// The service looks this far ahead, today included.
const MAX_DAYS: u64 = 16;
/// More days before today than this are refused.
const MAX_PAST_DAYS: u64 = 92;

/// What the service grants a client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeatherOptions {
    /// Weight in a clock minute.
    pub per_minute: f64,
    /// Weight in a clock hour.
    pub per_hour: f64,
    /// Weight in a day (UTC).
    pub per_day: f64,
    /// Calls at once, the running one included, beyond which 429 is given.
    pub n_concurrent: usize,
    /// How long a call takes; one runs at a time and the others wait for it.
    pub takes: Duration,
}

impl Default for WeatherOptions {
    /// The free service of 2026: 600, 5,000 and 10,000; five at once; no time taken.
    fn default() -> WeatherOptions {
        WeatherOptions {
            per_minute: 600.0,
            per_hour: 5_000.0,
            per_day: 10_000.0,
            n_concurrent: 5,
            takes: Duration::ZERO,
        }
    }
}

/// Fixed windows, cleared on the clock, and the queue before the one worker.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    options: WeatherOptions,
    /// Window number and weight in it, for minute, hour and day.
    windows: [(i64, f64); 3],
    busy_until: DateTime<Utc>,
}

const WINDOW_SECONDS: [i64; 3] = [60, 3_600, 86_400];
const REASONS: [&str; 3] = [
    "Minutely API request limit exceeded. Please try again in one minute.",
    "Hourly API request limit exceeded. Please try again in the next hour.",
    "Daily API request limit exceeded. Please try again tomorrow.",
];

impl Meter {
    pub(super) fn new(options: WeatherOptions) -> Meter {
        Meter {
            options,
            windows: [(i64::MIN, 0.0); 3],
            busy_until: DateTime::<Utc>::MIN_UTC,
        }
    }

    /// The reason for refusing, if there is one. A clock that goes back opens no window again.
    fn refusal(&mut self, now: DateTime<Utc>) -> Option<&'static str> {
        let o = self.options;
        let mut full = None;
        for (i, limit) in [o.per_minute, o.per_hour, o.per_day].into_iter().enumerate() {
            let number = now.timestamp().div_euclid(WINDOW_SECONDS[i]);
            if number > self.windows[i].0 {
                self.windows[i] = (number, 0.0);
            }
            if self.windows[i].1 >= limit {
                full = Some(REASONS[i]);
            }
        }
        full
    }

    fn spend(&mut self, weight: f64) {
        for window in &mut self.windows {
            window.1 += weight;
        }
    }

    fn queue(&mut self, now: DateTime<Utc>) -> Duration {
        let takes = TimeDelta::from_std(self.options.takes).unwrap_or(TimeDelta::zero());
        self.busy_until = self.busy_until.max(now) + takes;
        (self.busy_until - now).to_std().unwrap_or(Duration::ZERO)
    }
}

/// The class of a path; `None` for one the service does not know.
pub(super) fn endpoint(path: &[&str]) -> Option<Endpoint> {
    (path == ["v1", "forecast"]).then_some(Endpoint::Forecast)
}

fn error(status: u16, reason: &str) -> Reply {
    Reply::json(status, &json!({"error": true, "reason": reason})).charged(1)
}

/// Answers a request; `n_running` are the calls to this service that have no answer yet.
pub(super) fn answer(
    meter: &mut Meter,
    world: &World,
    request: &Request,
    n_running: usize,
    now: DateTime<Utc>,
) -> Reply {
    if n_running >= meter.options.n_concurrent {
        meter.spend(1.0);
        return error(429, "Too many concurrent requests");
    }
    if let Some(reason) = meter.refusal(now) {
        meter.spend(1.0);
        return error(429, reason);
    }
    match Ask::read(request, now) {
        Err(reason) => {
            meter.spend(1.0);
            error(400, &reason)
        }
        Ok(ask) => {
            let weight = ask.weight();
            meter.spend(weight);
            let mut bodies: Vec<Value> = (0..ask.places.len()).map(|i| ask.body(world, i, now)).collect();
            let body = if bodies.len() == 1 {
                bodies.remove(0)
            } else {
                Value::Array(bodies)
            };
            let mut reply = Reply::json(200, &body).charged(weight.ceil() as u32);
            reply.delay = meter.queue(now);
            reply
        }
    }
}

/// What is asked, checked.
struct Ask {
    places: Vec<(f64, f64, Tz)>,
    hourly: Vec<String>,
    from: NaiveDate,
    to: NaiveDate,
    fahrenheit: bool,
    mph: bool,
    inch: bool,
    unix: bool,
}

impl Ask {
    fn read(request: &Request, now: DateTime<Utc>) -> Result<Ask, String> {
        let lats = numbers(request, "latitude", 90.0)?;
        let lons = numbers(request, "longitude", 180.0)?;
        if lats.len() != lons.len() {
            return Err("Parameter 'latitude' and 'longitude' must have the same number of elements".to_owned());
        }
        if lats.len() > MAX_PLACES {
            return Err(format!("Maximum number of locations is {MAX_PLACES}"));
        }
        let zones = zones(request, lats.len())?;
        let hourly: Vec<String> = list(request.param("hourly"));
        if let Some(bad) = hourly.iter().find(|v| variable(v).is_none()) {
            return Err(format!(
                "Data corrupted at path ''. Cannot initialize ForecastVariable from invalid String value {bad}."
            ));
        }
        let days = |name: &str, default: u64, max: u64| match request.param(name) {
            None => Ok(default),
            Some(text) => match text.parse::<u64>() {
                Ok(days) if days <= max => Ok(days),
                _ => Err(format!(
                    "Parameter '{name}' is invalid. Allowed range 0 to {max}. Given {text}."
                )),
            },
        };
        let (ahead, past) = (
            days("forecast_days", 7, MAX_DAYS)?,
            days("past_days", 0, MAX_PAST_DAYS)?,
        );
        let today = now.date_naive();
        let (mut from, mut to) = (today - Days::new(past), today + Days::new(ahead.max(1) - 1));
        if let (Some(a), Some(b)) = (day(request, "start_date")?, day(request, "end_date")?) {
            let (first, last) = (today - Days::new(MAX_PAST_DAYS), today + Days::new(MAX_DAYS - 1));
            if a < first || b > last || b < a {
                return Err(format!(
                    "Parameter 'start_date' is out of allowed range from {first} to {last}"
                ));
            }
            (from, to) = (a, b);
        }
        Ok(Ask {
            places: lats
                .into_iter()
                .zip(lons)
                .zip(zones)
                .map(|((lat, lon), zone)| (lat, lon, zone))
                .collect(),
            hourly,
            from,
            to,
            fahrenheit: unit(request, "temperature_unit", &["celsius", "fahrenheit"])? == 1,
            mph: unit(request, "wind_speed_unit", &["kmh", "mph"])? == 1,
            inch: unit(request, "precipitation_unit", &["mm", "inch"])? == 1,
            unix: unit(request, "timeformat", &["iso8601", "unixtime"])? == 1,
        })
    }

    /// The server's own formula, summed over the places.
    fn weight(&self) -> f64 {
        let n_variables = self.hourly.len() as f64;
        let n_days = (self.to - self.from).num_days() as f64 + 1.0;
        let one = f64::max(1.0, n_variables / 10.0).max(n_days / 14.0 * n_variables / 10.0);
        one * self.places.len() as f64
    }

    fn body(&self, world: &World, index: usize, now: DateTime<Utc>) -> Value {
        let (lat, lon, zone) = self.places[index];
        let offset = |at: DateTime<Utc>| at.with_timezone(&zone).offset().fix().local_minus_utc();
        let mut body = json!({
            "latitude": lat, "longitude": lon, "generationtime_ms": 0.5, "utc_offset_seconds": offset(now),
            "timezone": zone.name(), "timezone_abbreviation": now.with_timezone(&zone).format("%Z").to_string(),
            "elevation": 100.0,
        });
        if index != 0 {
            body["location_id"] = json!(index);
        }
        if !self.hourly.is_empty() {
            let start = zone
                .from_local_datetime(&self.from.and_time(NaiveTime::MIN))
                .earliest()
                .map_or_else(
                    || self.from.and_time(NaiveTime::MIN).and_utc(),
                    |t| t.with_timezone(&Utc),
                );
            let n_hours = ((self.to - self.from).num_days() + 1) * 24;
            let hours: Vec<DateTime<Utc>> = (0..n_hours).map(|h| start + TimeDelta::hours(h)).collect();
            (body["hourly_units"], body["hourly"]) = self.hourly(world, lat, lon, &hours, offset(start), now);
        }
        body
    }

    fn hourly(
        &self,
        world: &World,
        lat: f64,
        lon: f64,
        hours: &[DateTime<Utc>],
        offset_seconds: i32,
        now: DateTime<Utc>,
    ) -> (Value, Value) {
        let issued = now - TimeDelta::seconds(now.timestamp().rem_euclid(3_600));
        let weather: Vec<Hour> = hours
            .iter()
            .map(|h| weather::forecast(world, lat, lon, *h, issued))
            .collect();
        let mut units = Map::new();
        let mut values = Map::new();
        let time = |at: &DateTime<Utc>| {
            if self.unix {
                json!(at.timestamp())
            } else {
                let local = *at + TimeDelta::seconds(i64::from(offset_seconds));
                json!(local.format("%Y-%m-%dT%H:%M").to_string())
            }
        };
        units.insert("time".into(), json!(if self.unix { "unixtime" } else { "iso8601" }));
        values.insert("time".into(), hours.iter().map(time).collect());
        for name in &self.hourly {
            let Some(kind) = variable(name) else { continue };
            units.insert(name.clone(), json!(self.unit_of(kind)));
            let column = weather.iter().map(|w| json!(hundredth(self.value(kind, w))));
            values.insert(name.clone(), column.collect());
        }
        (Value::Object(units), Value::Object(values))
    }

    fn value(&self, kind: Variable, w: &Hour) -> f64 {
        let speed = |mph: f64| if self.mph { mph } else { mph * 1.609_344 };
        let degrees = |f: f64| if self.fahrenheit { f } else { (f - 32.0) / 1.8 };
        match kind {
            Variable::Temperature => degrees(w.temperature_f),
            Variable::Wind => speed(w.wind_mph),
            Variable::Gusts => speed(w.gusts_mph()),
            Variable::Direction => w.direction_deg,
            Variable::Rain if self.inch => w.rain_in,
            Variable::Rain => w.rain_in * 25.4,
            Variable::RainChance => w.rain_chance,
            Variable::Humidity => w.humidity,
            Variable::Code => f64::from(w.code()),
        }
    }

    fn unit_of(&self, kind: Variable) -> &'static str {
        match kind {
            Variable::Temperature if self.fahrenheit => "°F",
            Variable::Temperature => "°C",
            Variable::Wind | Variable::Gusts if self.mph => "mp/h",
            Variable::Wind | Variable::Gusts => "km/h",
            Variable::Direction => "°",
            Variable::Rain if self.inch => "inch",
            Variable::Rain => "mm",
            Variable::RainChance | Variable::Humidity => "%",
            Variable::Code => "wmo code",
        }
    }
}

/// Rounded as far as the service states its numbers.
fn hundredth(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// What can be asked for.
#[derive(Clone, Copy)]
enum Variable {
    Temperature,
    Wind,
    Gusts,
    Direction,
    Rain,
    RainChance,
    Humidity,
    Code,
}

fn variable(name: &str) -> Option<Variable> {
    Some(match name {
        "temperature_2m" | "apparent_temperature" | "dew_point_2m" => Variable::Temperature,
        "wind_speed_10m" | "windspeed_10m" => Variable::Wind,
        "wind_gusts_10m" | "windgusts_10m" => Variable::Gusts,
        "wind_direction_10m" | "winddirection_10m" => Variable::Direction,
        "precipitation" | "rain" | "snowfall" | "showers" => Variable::Rain,
        "precipitation_probability" => Variable::RainChance,
        "relative_humidity_2m" | "relativehumidity_2m" | "cloud_cover" | "cloudcover" => Variable::Humidity,
        "weather_code" | "weathercode" => Variable::Code,
        _ => return None,
    })
}

fn list(text: Option<&str>) -> Vec<String> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn numbers(request: &Request, name: &str, limit: f64) -> Result<Vec<f64>, String> {
    let texts = list(request.param(name));
    if texts.is_empty() {
        return Err(format!("Parameter '{name}' is required"));
    }
    let number = |text: String| match text.parse::<f64>() {
        Ok(x) if x.is_finite() && x.abs() <= limit => Ok(x),
        Ok(x) if x.is_finite() => {
            let capital = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            Err(format!(
                "{capital} must be in range of -{limit:.0} to {limit:.0}°. Given: {x:?}."
            ))
        }
        _ => Err(format!(
            "Data corrupted at path ''. Cannot initialize Float from invalid String value {text}."
        )),
    };
    texts.into_iter().map(number).collect()
}

/// One zone for all places, or one each; `auto` is Greenwich time here, because no map of zones is at hand.
fn zones(request: &Request, n: usize) -> Result<Vec<Tz>, String> {
    let named = list(request.param("timezone"));
    let parsed: Result<Vec<Tz>, String> = named
        .iter()
        .map(|name| match name.as_str() {
            "auto" | "GMT" => Ok(Tz::GMT),
            name => name.parse().map_err(|_| "Invalid timezone".to_owned()),
        })
        .collect();
    let parsed = parsed?;
    match parsed.len() {
        0 => Ok(vec![Tz::GMT; n]),
        1 => Ok(vec![parsed[0]; n]),
        m if m == n => Ok(parsed),
        _ => Err("Parameter 'timezone' must have the same number of elements as coordinates".to_owned()),
    }
}

fn day(request: &Request, name: &str) -> Result<Option<NaiveDate>, String> {
    let Some(text) = request.param(name) else {
        return Ok(None);
    };
    let bad = || format!("Invalid date format. Make sure to use 'YYYY-MM-DD'. Parameter '{name}' was {text}.");
    text.parse().map(Some).map_err(|_| bad())
}

fn unit(request: &Request, name: &str, choices: &[&str; 2]) -> Result<usize, String> {
    match request.param(name) {
        None => Ok(0),
        Some(text) => choices.iter().position(|c| *c == text).ok_or_else(|| {
            format!("Data corrupted at path ''. Cannot initialize {name} from invalid String value {text}.")
        }),
    }
}
