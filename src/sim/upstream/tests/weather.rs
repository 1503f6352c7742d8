//! Open-Meteo and the NWS: arrays, weights, limits, strictness.

use super::*;

fn forecast(lats: &str, lons: &str, more: &[(&str, &str)]) -> Request {
    let mut query = vec![
        ("latitude", lats),
        ("longitude", lons),
        ("hourly", "temperature_2m,wind_speed_10m"),
    ];
    query.extend_from_slice(more);
    Request::get(Provider::OpenMeteo, "/v1/forecast", &query)
}

#[test]
fn one_place_is_an_object_and_several_an_array_whose_first_has_no_id() {
    let mut up = upstream("");
    let one = json(&up.answer(
        &forecast("42.77", "-78.79", &[("temperature_unit", "fahrenheit")]),
        midweek(),
    ));
    assert_eq!(one["hourly"]["time"].as_array().unwrap().len(), 168);
    assert_eq!(one["hourly"]["temperature_2m"].as_array().unwrap().len(), 168);
    assert_eq!(one["hourly_units"]["temperature_2m"], "°F");
    let several = json(&up.answer(&forecast("42.77,25.96", "-78.79,-80.24", &[]), midweek()));
    assert_eq!(several[0].get("location_id"), None);
    assert_eq!(several[1]["location_id"], 1);
    let zoned = json(&up.answer(
        &forecast("42.77", "-78.79", &[("timezone", "America/New_York")]),
        midweek(),
    ));
    assert!(zoned["hourly"]["time"][0].as_str().unwrap().ends_with("T00:00"));
    assert_eq!(zoned["utc_offset_seconds"], -14_400);
}

#[test]
fn one_bad_place_fails_all_and_costs_one() {
    let mut up = upstream("");
    let bad = up.answer(&forecast("42.77,95.0", "-78.79,-80.24", &[]), midweek());
    assert_eq!(bad.status, 400);
    let body = json(&bad);
    assert_eq!(body["error"], true);
    assert!(
        body["reason"].as_str().unwrap().contains("Latitude must be in range"),
        "{body}"
    );
    assert_eq!(up.counts().charged(Provider::OpenMeteo), 1);
    assert_eq!(up.answer(&forecast("1,2", "3", &[]), midweek()).status, 400);
    assert_eq!(
        up.answer(&forecast("1", "3", &[("forecast_days", "17")]), midweek())
            .status,
        400
    );
    assert_eq!(up.answer(&forecast("1", "x", &[]), midweek()).status, 400);
}

#[test]
fn weights_add_up_to_the_minutes_limit() {
    let mut up = upstream("");
    let sixteen = |x: &str| vec![x; 16].join(",");
    let request = forecast(&sixteen("40.0"), &sixteen("-80.0"), &[("forecast_days", "14")]);
    for _ in 0..38 {
        assert_eq!(up.answer(&request, midweek()).status, 200);
    }
    let refused = up.answer(&request, midweek());
    assert_eq!(refused.status, 429);
    assert!(
        json(&refused)["reason"]
            .as_str()
            .unwrap()
            .starts_with("Minutely API request limit exceeded")
    );
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(up.answer(&request, midweek() + TimeDelta::minutes(1)).status, 200);
    assert_eq!(up.counts().charged(Provider::OpenMeteo), 39 * 16 + 1);
}

#[test]
fn calls_wait_for_one_another_and_a_sixth_is_refused() {
    let weather = WeatherOptions {
        takes: Duration::from_secs(1),
        ..WeatherOptions::default()
    };
    let options = Options {
        weather,
        ..Options::default()
    };
    let mut up = Upstream::new(world(), options, midweek());
    let request = forecast("40", "-80", &[]);
    for i in 1..=5 {
        assert_eq!(up.answer(&request, midweek()).delay, Duration::from_secs(i));
    }
    let refused = up.answer(&request, midweek());
    assert_eq!(
        (refused.status, json(&refused)["reason"].as_str()),
        (429, Some("Too many concurrent requests"))
    );
    assert_eq!(
        up.answer(&request, midweek() + TimeDelta::seconds(2)).delay,
        Duration::from_secs(4)
    );
    assert_eq!(
        up.counts().of(Provider::OpenMeteo, Endpoint::Forecast).max_concurrent,
        6
    );
}

#[test]
fn a_forecast_misses_more_the_further_it_looks() {
    let world = world();
    let spread = |lead: i64| {
        let hour = midweek();
        let misses = (0..200).map(|i| {
            let t = hour + TimeDelta::hours(i);
            let seen = |issued| super::super::weather::forecast(&world, 42.0, -80.0, t, issued).temperature_f;
            (seen(t - TimeDelta::hours(lead)) - seen(t)).powi(2)
        });
        (misses.sum::<f64>() / 200.0).sqrt()
    };
    assert!(
        spread(1) < 1.0 && spread(48) > 2.0 && spread(48) < 4.0,
        "{} {}",
        spread(1),
        spread(48)
    );
}

fn nws(path: &str, query: &[(&str, &str)]) -> Request {
    Request::get(Provider::Nws, path, query)
}

#[test]
fn the_nws_is_strict_and_leads_from_a_point_to_its_forecast() {
    let mut up = upstream("");
    let point = json(&up.answer(&nws("/points/42.774,-78.787", &[]), midweek()));
    let hourly = point["properties"]["forecastHourly"].as_str().unwrap().to_owned();
    let request = Request {
        path: hourly,
        ..nws("", &[])
    };
    let answer = up.answer(&request, midweek());
    let body = json(&answer);
    assert_eq!(body["properties"]["periods"].as_array().unwrap().len(), 156);
    assert!(
        body["properties"]["periods"][0]["windSpeed"]
            .as_str()
            .unwrap()
            .ends_with(" mph")
    );
    let again = request
        .clone()
        .header_set("If-Modified-Since", answer.header("last-modified").unwrap());
    assert_eq!(up.answer(&again, midweek()).status, 304);
    assert_eq!(up.answer(&again, midweek() + TimeDelta::hours(1)).status, 200);
    assert_eq!(up.answer(&request.with("cachebuster", "1"), midweek()).status, 400);
    let long = up.answer(&nws("/points/42.77412,-78.78712", &[]), midweek());
    assert_eq!(
        (long.status, long.header("location")),
        (301, Some("/nws/points/42.7741,-78.7871"))
    );
    assert_eq!(up.answer(&nws("/points/51.5,-0.1", &[]), midweek()).status, 404);
    assert_eq!(up.answer(&nws("/points/here", &[]), midweek()).status, 400);
    let mut bare = nws("/points/42.774,-78.787", &[]);
    bare.headers.clear();
    assert_eq!(up.answer(&bare, midweek()).status, 403);
}
