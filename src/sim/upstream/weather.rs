//! An invented climate: plausible for latitude, season and hour, and at a game with known conditions exactly those.
//!
//! A forecast is the truth with an error that grows with its lead, and is redrawn every hour, so that what was observed
//! cannot be read from what was forecast.

use super::chance::Chance;
use super::world::World;
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use std::f64::consts::TAU;

/// The weather of one hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hour {
    pub temperature_f: f64,
    pub wind_mph: f64,
    pub direction_deg: f64,
    pub rain_in: f64,
    /// Per cent.
    pub rain_chance: f64,
    /// Per cent.
    pub humidity: f64,
}

impl Hour {
    /// WMO code: clear, overcast, rain or snow.
    pub(super) fn code(&self) -> u8 {
        match (self.rain_in > 0.0, self.temperature_f <= 32.0) {
            (true, true) => 73,
            (true, false) => 61,
            (false, _) if self.rain_chance >= 40.0 => 3,
            (false, _) => 0,
        }
    }

    pub(super) fn gusts_mph(&self) -> f64 {
        self.wind_mph * 1.6
    }
}

/// Temperatures of a place within this many degrees of a stadium are the game's.
const NEAR_DEGREES: f64 = 0.3;
/// The error of a forecast in degrees Fahrenheit: at once, a lead hour, and at most.
const ERROR_F: (f64, f64, f64) = (0.5, 0.05, 6.0);

/// The forecast issued at an hour for another hour at a place; hours that are past are observations.
pub(super) fn forecast(world: &World, lat: f64, lon: f64, hour: DateTime<Utc>, issued: DateTime<Utc>) -> Hour {
    let truth = truth(world, lat, lon, hour);
    let lead = (hour - issued).num_hours();
    if lead <= 0 {
        return truth;
    }
    let own = spot(world.chance, lat, lon)
        .on("forecast")
        .at(issued.timestamp())
        .at(hour.timestamp());
    let error = (ERROR_F.0 + ERROR_F.1 * lead as f64).min(ERROR_F.2);
    Hour {
        temperature_f: tenth(truth.temperature_f + error * own.normal()),
        wind_mph: tenth((truth.wind_mph + 0.5 * error * own.on("wind").normal()).max(0.0)),
        rain_chance: (truth.rain_chance + 3.0 * error * own.on("rain").normal())
            .clamp(0.0, 100.0)
            .round(),
        ..truth
    }
}

fn spot(chance: Chance, lat: f64, lon: f64) -> Chance {
    chance
        .on("weather")
        .at((lat * 10.0).round() as i64)
        .at((lon * 10.0).round() as i64)
}

fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn truth(world: &World, lat: f64, lon: f64, hour: DateTime<Utc>) -> Hour {
    let mut weather = climate(world.chance, lat, lon, hour);
    let near = |s: &&super::world::Staged| {
        let since = hour - s.kickoff();
        let place = s.place();
        (TimeDelta::hours(-1)..TimeDelta::hours(3)).contains(&since)
            && (place.lat - lat).abs() <= NEAR_DEGREES
            && (place.lon - lon).abs() <= NEAR_DEGREES
    };
    let first = world
        .games
        .partition_point(|s| s.kickoff() + TimeDelta::hours(3) <= hour);
    let last = world
        .games
        .partition_point(|s| s.kickoff() <= hour + TimeDelta::hours(1));
    let game = world
        .games
        .get(first..last.max(first))
        .unwrap_or_default()
        .iter()
        .find(near);
    if let Some(seen) = game.and_then(|s| s.game.conditions) {
        weather.temperature_f = seen.temperature_f.map_or(weather.temperature_f, f64::from);
        weather.wind_mph = seen.wind_mph.map_or(weather.wind_mph, f64::from);
    }
    weather
}

/// Colder to the poles and in winter, coolest before dawn, with days that differ.
fn climate(chance: Chance, lat: f64, lon: f64, hour: DateTime<Utc>) -> Hour {
    let day = i64::from(hour.num_days_from_ce());
    let own = spot(chance, lat, lon).at(day);
    let season = (TAU * (f64::from(hour.ordinal()) - 200.0) / 365.25).cos() * lat.signum();
    let solar_hour = f64::from(hour.hour()) + lon / 15.0;
    let daily = (TAU * (solar_hour - 15.0) / 24.0).cos();
    let temperature = 108.0 - 1.25 * lat.abs() + 0.55 * lat.abs() * season + 7.0 * daily + 5.0 * own.normal();
    let wet = own.on("rain").unit() < 0.25;
    Hour {
        temperature_f: tenth(temperature),
        wind_mph: tenth((8.0 + 3.5 * own.on("wind").normal() + 2.0 * daily).max(0.0)),
        direction_deg: own.on("direction").below(360) as f64,
        rain_in: if wet {
            own.on("amount").below(20) as f64 / 100.0
        } else {
            0.0
        },
        rain_chance: if wet { 70.0 } else { own.on("chance").below(30) as f64 },
        humidity: 40.0 + own.on("humidity").below(50) as f64,
    }
}
