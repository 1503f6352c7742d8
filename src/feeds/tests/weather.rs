//! Forecasts of both services: units read from the answer, hours found by kickoff, gaps left as gaps.

use super::services::{at, kinds, noon};
use crate::domain::game::Roof;
use crate::domain::source::Source;
use crate::domain::team::{Place, Team};
use crate::domain::weather::Forecast;
use crate::feeds::{kickoffs, nws, open_meteo};

const TWO_PLACES: &[u8] = include_bytes!("../../../tests/fixtures/open_meteo_two.json");
const POINTS: &[u8] = include_bytes!("../../../tests/fixtures/nws_points.json");
const HOURLY: &[u8] = include_bytes!("../../../tests/fixtures/nws_hourly.json");
const OBSERVATIONS: &[u8] = include_bytes!("../../../tests/fixtures/nws_observations.json");

fn near(x: Option<f64>, y: f64) {
    assert!(x.is_some_and(|x| (x - y).abs() < 1e-6), "{x:?} is not {y}");
}

#[test]
fn places_are_asked_with_four_decimals() {
    let call = open_meteo::call(&Place::new(39.048_91, -94.484_06, "America/Chicago"));
    assert_eq!(
        (call.param("latitude"), call.param("longitude")),
        (Some("39.0489"), Some("-94.4841"))
    );
    assert_eq!((call.weight, call.param("timezone")), (1, Some("UTC")));
    let call = nws::points_call(&Place::new(39.0, -94.484_06, "America/Chicago"));
    assert_eq!(call.path, "/points/39,-94.4841");
    for team in Team::ALL {
        let path = nws::points_call(&team.home_in(2020)).path;
        let decimals = |text: &str| text.split_once('.').map_or(0, |(_, d)| d.len());
        assert!(path.split([',', '/']).all(|part| decimals(part) <= 4), "{path}");
    }
}

#[test]
fn several_places_are_answered_in_order() {
    let places = open_meteo::forecasts(TWO_PLACES, noon()).unwrap();
    assert_eq!(places.len(), 2);
    assert_eq!(kinds(&places[0].hours), [("wind_speed_10m", "absurd weather")]);
    let kickoff = places[0].at(at("2020-11-08T21:25:00Z")).unwrap();
    assert_eq!(
        (kickoff.hour, kickoff.source),
        (at("2020-11-08T21:00:00Z"), Source::OpenMeteo)
    );
    near(kickoff.air.temperature_f, 60.0);
    near(kickoff.air.precipitation_in, 0.1);
    near(kickoff.air.precipitation_chance, 0.2);
    near(kickoff.air.wind_from_deg, 190.0);
    assert_eq!(places[0].at(at("2020-11-09T21:25:00Z")), None);
    // Local time five hours behind, Celsius, kilometres an hour, and a unit that is none.
    assert_eq!(kinds(&places[1].hours), [("time", "not an hour")]);
    let abroad = places[1].at(at("2020-11-08T18:00:00Z")).unwrap();
    near(abroad.air.temperature_f, 50.0);
    near(abroad.air.wind_mph, 10.0);
    assert_eq!(abroad.air.precipitation_in, None);
    assert_eq!(places[1].hours.corrected.0.values().map(|c| c.count).sum::<u64>(), 2);
}

#[test]
fn one_place_is_answered_with_an_object_and_a_refusal_with_a_reason() {
    let one = br#"{"timezone": "GMT", "hourly_units": {"temperature_2m": "K"},
        "hourly": {"time": [1604869200], "temperature_2m": [3]}}"#;
    let places = open_meteo::forecasts(one, noon()).unwrap();
    assert_eq!(places[0].hours.rows[0].1.hour, at("2020-11-08T21:00:00Z"));
    assert!(places[0].hours.rows[0].1.air.is_empty());
    let refused = br#"{"error": true, "reason": "Latitude must be in range of -90 to 90"}"#;
    let error = open_meteo::forecasts(refused, noon()).unwrap_err().to_string();
    assert!(error.contains("refused: Latitude must be"), "{error}");
    let zoneless = br#"{"hourly": {"time": ["2020-11-08T21:00"]}}"#;
    let places = open_meteo::forecasts(zoneless, noon()).unwrap();
    assert_eq!(
        kinds(&places[0].hours),
        [("utc_offset_seconds", "a place without a time zone")]
    );
}

#[test]
fn a_cell_is_taken_below_the_own_host_only() {
    let cell = nws::points(POINTS, nws::HOST).unwrap();
    assert_eq!(cell.hourly_path, "/gridpoints/EAX/46,48/forecast/hourly");
    assert_eq!(nws::hourly_call(&cell).path, cell.hourly_path);
    let text = String::from_utf8(POINTS.to_vec()).unwrap();
    let local = text.replace("https://api.weather.gov/grid", "http://127.0.0.1:9/nws/grid");
    let base = "http://127.0.0.1:9/nws/";
    assert_eq!(nws::points(local.as_bytes(), base).unwrap(), cell);
    for bad in [
        "https://api.weather.gov.evil.org/gridpoints/EAX/46,48/forecast/hourly",
        "https://evil.org/gridpoints/EAX/46,48/forecast/hourly",
        "https://api.weather.gov/gridpoints/../alerts/forecast/hourly",
        "https://api.weather.gov/gridpoints/EAX/46,48/forecast/hourly?units=si",
        "/gridpoints/EAX/46,48/forecast/hourly",
    ] {
        let other = text.replace("https://api.weather.gov/gridpoints/EAX/46,48/forecast/hourly", bad);
        assert!(nws::points(other.as_bytes(), "").is_err(), "{bad}");
    }
    let problem = br#"{"title": "Data Unavailable For Requested Point", "status": 404, "detail": "No."}"#;
    let error = nws::points(problem, nws::HOST).unwrap_err().to_string();
    assert!(error.contains("refused: No. (Data Unavailable"), "{error}");
}

#[test]
fn hours_of_nws_become_the_same_fact() {
    let parsed = nws::forecasts(HOURLY, at("2020-11-08T12:00:00Z")).unwrap();
    assert_eq!(
        kinds(&parsed),
        [
            ("windSpeed", "not a speed"),
            ("temperature", "a unit huddle does not know")
        ]
    );
    let hours: Vec<Forecast> = parsed.rows.iter().map(|(_, hour)| *hour).collect();
    let kickoff = Forecast::at(&hours, at("2020-11-08T21:25:00Z")).unwrap();
    assert_eq!(
        (kickoff.as_of, kickoff.source),
        (at("2020-11-08T10:00:00Z"), Source::Nws)
    );
    near(kickoff.air.wind_mph, 10.0);
    near(kickoff.air.wind_from_deg, 202.5);
    assert_eq!(kickoff.air.precipitation_chance, None);
    near(hours[1].air.temperature_f, 59.0);
    near(hours[1].air.wind_mph, 10.0);
    let early = nws::forecasts(HOURLY, at("2020-11-08T09:00:00Z")).unwrap();
    assert_eq!(
        early.rows[0].1.as_of,
        at("2020-11-08T09:00:00Z"),
        "never known before it came"
    );
}

#[test]
fn an_observation_may_lack_every_value() {
    let parsed = nws::observations(OBSERVATIONS).unwrap();
    assert_eq!(kinds(&parsed), [("station", "an observation of no station")]);
    let [full, bare] = [0, 1].map(|n| &parsed.rows[n].1);
    near(full.air.temperature_f, 59.0);
    near(full.air.wind_mph, 10.0);
    assert_eq!(full.air.gust_mph, None);
    assert_eq!((bare.station.as_str(), bare.at), ("KMCI", at("2020-11-08T20:53:00Z")));
    assert!(bare.air.is_empty());
}

#[test]
fn a_game_gets_the_weather_of_its_hour_and_its_place() {
    let facts = super::games(&[&[]]);
    let mut fixture = facts.games[0].fixture.clone();
    assert_eq!(kickoffs::place(&fixture), Some(Team::KC.home_in(2020)));
    let places = open_meteo::forecasts(TWO_PLACES, noon()).unwrap();
    let told = kickoffs::forecasts([(&fixture, &places[0].hours)]);
    assert_eq!(kinds(&told), [("wind_speed_10m", "absurd weather")]);
    let (game, forecast) = &told.rows[0].1;
    assert_eq!((game, forecast.hour), (&fixture.id, at("2020-11-08T21:00:00Z")));
    let other = kickoffs::forecasts([(&fixture, &places[1].hours)]);
    assert_eq!(kinds(&other)[0], ("hour", "no forecast for kickoff"));
    assert_eq!(other.corrected.0.values().map(|c| c.count).sum::<u64>(), 2);
    fixture.neutral = true;
    assert_eq!(kickoffs::place(&fixture), None, "the nominal home is another city");
    (fixture.neutral, fixture.roof) = (false, Some(Roof::Dome));
    assert_eq!(kickoffs::place(&fixture), None);
}
