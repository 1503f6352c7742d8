//! The Odds API: shapes, credits, keys, rate, and prices that end at the close.

use super::*;
use crate::domain::quote::{Market, Moment};

#[test]
fn a_slate_has_the_shape_of_the_real_one() {
    let mut up = upstream("");
    let answer = up.answer(&slate(), midweek());
    assert_eq!((answer.status, answer.header("x-requests-last")), (200, Some("3")));
    let body = json(&answer);
    let games = body.as_array().unwrap();
    assert_eq!(games.len(), 16, "a week without byes");
    for game in games {
        assert_eq!(game["sport_key"], "americanfootball_nfl");
        assert_eq!(game["id"].as_str().unwrap().len(), 32);
        assert!(game["commence_time"].as_str().unwrap().ends_with('Z'));
        let books = game["bookmakers"].as_array().unwrap();
        assert_eq!(books.len(), 6);
        for book in books {
            assert!(book["key"].as_str().unwrap().starts_with("sim_"));
            for market in book["markets"].as_array().unwrap() {
                let outcomes = market["outcomes"].as_array().unwrap();
                let [a, b] = &outcomes[..] else { panic!("{market}") };
                assert!(a["price"].as_i64().unwrap().abs() >= 100);
                match market["key"].as_str().unwrap() {
                    "spreads" => assert_eq!(a["point"].as_f64().unwrap(), -b["point"].as_f64().unwrap()),
                    "totals" => assert_eq!((&a["name"], &b["point"]), (&"Over".into(), &a["point"])),
                    other => assert_eq!((other, a.get("point")), ("h2h", None)),
                }
            }
        }
    }
}

#[test]
fn credits_are_markets_times_regions_and_errors_and_empty_answers_are_free() {
    let mut up = upstream("");
    let ten =
        "sim_alfa,sim_bravo,sim_charlie,sim_delta,sim_echo,sim_foxtrot,sim_golf,sim_hotel,sim_india,sim_juliett";
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str, u32);
    let cases: [Case<'_>; 10] = [
        (&[("regions", "us")], 200, "", 1),
        (&[("regions", "us,uk"), ("markets", "h2h,spreads")], 200, "", 4),
        (&[("regions", "us"), ("markets", "h2h,h2h")], 200, "", 1),
        (&[("bookmakers", ten), ("markets", "h2h,spreads,totals")], 200, "", 3),
        (
            &[("bookmakers", &format!("{ten},sim_kilo")), ("markets", "h2h")],
            200,
            "",
            2,
        ),
        (
            &[("regions", "us"), ("commenceTimeFrom", "2099-01-01T00:00:00Z")],
            200,
            "",
            0,
        ),
        (&[("regions", "us"), ("markets", "corners")], 422, "INVALID_MARKET", 0),
        (&[], 422, "MISSING_REGION", 0),
        (&[("bookmakers", "bet9000")], 422, "INVALID_BOOKMAKERS", 0),
        (
            &[("regions", "us"), ("commenceTimeTo", "tomorrow")],
            422,
            "INVALID_COMMENCE_TIME_TO",
            0,
        ),
    ];
    let mut used = 0;
    for (query, status, code, cost) in cases {
        let answer = up.answer(&odds(query), midweek());
        used += cost;
        assert_eq!(answer.status, status, "{query:?}");
        if !code.is_empty() {
            assert_eq!(json(&answer)["error_code"], code);
        }
        assert_eq!(
            answer.header("x-requests-used"),
            Some(used.to_string().as_str()),
            "{query:?}"
        );
        assert_eq!(
            answer.header("x-requests-last"),
            Some(cost.to_string().as_str()),
            "{query:?}"
        );
        assert_eq!(
            answer.header("x-requests-remaining"),
            Some((500 - used).to_string().as_str())
        );
    }
    assert_eq!(up.counts().charged(Provider::OddsApi), u64::from(used));
    assert_eq!(up.credits_used(), used);
}

#[test]
fn other_endpoints_cost_what_the_guide_says() {
    let mut up = upstream("");
    let nfl = |leaf: &str, query: &[(&str, &str)]| {
        Request::get(
            Provider::OddsApi,
            &format!("/v4/sports/americanfootball_nfl/{leaf}"),
            query,
        )
        .with("apiKey", "k")
    };
    let later = midweek() + TimeDelta::days(6);
    let event = json(&up.answer(&nfl("events", &[]), midweek()))[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (request, cost) in [
        (nfl("events", &[]), 0),
        (Request::get(Provider::OddsApi, "/v4/sports/", &[("apiKey", "k")]), 0),
        (nfl("scores", &[]), 1),
        (nfl("scores", &[("daysFrom", "3")]), 2),
        (nfl("scores", &[("daysFrom", "4")]), 0),
    ] {
        let answer = up.answer(&request, later);
        assert_eq!(
            answer.header("x-requests-last"),
            Some(cost.to_string().as_str()),
            "{request:?}"
        );
    }
    let answer = up.answer(
        &nfl(
            &format!("events/{event}/odds"),
            &[("regions", "us,eu"), ("markets", "h2h,totals")],
        ),
        later,
    );
    assert_eq!(answer.status, 404, "the game has been played");
    let unknown = Request::get(Provider::OddsApi, "/v4/sports/curling/odds", &[("apiKey", "k")]);
    assert_eq!(json(&up.answer(&unknown, later))["error_code"], "UNKNOWN_SPORT");
}

#[test]
fn the_past_is_for_paying_accounts_and_costs_tenfold() {
    let past = Request::get(
        Provider::OddsApi,
        "/v4/historical/sports/americanfootball_nfl/odds",
        &[
            ("apiKey", "k"),
            ("regions", "us"),
            ("markets", "h2h,totals"),
            ("date", "2031-09-10T12:03:00Z"),
        ],
    );
    let mut up = upstream("");
    let refused = up.answer(&past, midweek());
    assert_eq!(refused.status, 401);
    assert_eq!(
        json(&refused)["error_code"],
        "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"
    );
    let account = AccountOptions {
        paid: true,
        ..AccountOptions::default()
    };
    let options = Options {
        account,
        ..Options::default()
    };
    let mut up = Upstream::new(world(), options, midweek());
    let date = (midweek() - TimeDelta::hours(2)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut asked = past;
    asked.query.retain(|(n, _)| n != "date");
    let answer = up.answer(&asked.with("date", &date), midweek());
    let body = json(&answer);
    assert_eq!((answer.status, answer.header("x-requests-last")), (200, Some("20")));
    assert!(body["timestamp"].as_str().unwrap() <= date.as_str());
    assert_eq!(body["data"].as_array().unwrap().len(), 16);
}

#[test]
fn a_used_up_account_still_gets_what_is_free() {
    let account = AccountOptions {
        used: 496,
        ..AccountOptions::default()
    };
    let options = Options {
        account,
        ..Options::default()
    };
    let mut up = Upstream::new(world(), options, midweek());
    assert_eq!(up.answer(&slate(), midweek()).status, 200);
    let refused = up.answer(&slate(), midweek());
    assert_eq!(refused.status, 401);
    assert_eq!(json(&refused)["error_code"], "OUT_OF_USAGE_CREDITS");
    assert_eq!(refused.header("x-requests-last"), Some("0"));
    assert_eq!(refused.header("x-requests-remaining"), Some("1"));
    let free = Request::get(Provider::OddsApi, "/v4/sports", &[("apiKey", "k")]);
    assert_eq!(up.answer(&free, midweek()).status, 200);
    let next_month = midweek() + TimeDelta::days(31);
    assert_eq!(up.answer(&free, next_month).header("x-requests-used"), Some("0"));
    assert_eq!(up.answer(&free, midweek()).header("x-requests-used"), Some("0"));
}

#[test]
fn keys_and_rates_are_checked() {
    let account = AccountOptions {
        api_key: Some("right".to_owned()),
        max_per_second: 5,
        ..AccountOptions::default()
    };
    let options = Options {
        account,
        ..Options::default()
    };
    let mut up = Upstream::new(world(), options, midweek());
    let ask = |key: &str| Request::get(Provider::OddsApi, "/v4/sports", &[("apiKey", key)]);
    let code = |answer: &Scripted| json(answer)["error_code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        code(&up.answer(&Request::get(Provider::OddsApi, "/v4/sports", &[]), midweek())),
        "MISSING_KEY"
    );
    assert_eq!(code(&up.answer(&ask("wrong"), midweek())), "INVALID_KEY");
    for i in 0..5 {
        assert_eq!(up.answer(&ask("right"), midweek()).status, 200, "{i}");
    }
    let refused = up.answer(&ask("right"), midweek() + TimeDelta::milliseconds(999));
    assert_eq!((refused.status, code(&refused).as_str()), (429, "EXCEEDED_FREQ_LIMIT"));
    assert!(refused.header("x-requests-remaining").is_some());
    assert_eq!(up.answer(&ask("right"), midweek() + TimeDelta::seconds(1)).status, 200);
    let count = up.counts().of(Provider::OddsApi, Endpoint::Sports);
    assert_eq!((count.calls, count.throttled), (9, 1));
}

#[test]
fn every_book_ends_at_the_close_and_gets_there_step_by_step() {
    let league = league();
    let world = world();
    for game in &world.games {
        let f = &game.game.fixture;
        for market in Market::ALL {
            let close = league
                .quotes
                .iter()
                .find(|q| q.game == f.id && q.market == market && q.moment == Moment::Close)
                .unwrap();
            let mut last: Option<i16> = None;
            let mut t = f.opens_at;
            while t <= f.kickoff {
                let offer = game.offer(market, "sim_alfa", t).unwrap();
                if let (Some(before), Some(line)) = (last, offer.line) {
                    assert!((line.0 - before).abs() <= 6, "{}: {before} to {}", f.id, line.0);
                }
                last = offer.line.map(|l| l.0);
                t += TimeDelta::hours(1);
            }
            for book in ["sim_alfa", "sim_kilo"] {
                let end = game.offer(market, book, f.kickoff).unwrap();
                assert_eq!(
                    (end.line, Some(end.first), Some(end.second)),
                    (close.line, close.first, close.second)
                );
            }
            assert_eq!(game.offer(market, "sim_alfa", f.opens_at - TimeDelta::seconds(1)), None);
        }
    }
}

#[test]
fn prices_are_looked_at_once_a_minute() {
    let mut up = upstream("");
    let seen = |up: &mut Upstream, s: i64| {
        let body = json(&up.answer(&slate(), midweek() + TimeDelta::seconds(s)));
        body[0]["bookmakers"][0]["last_update"].as_str().unwrap().to_owned()
    };
    let stamps: std::collections::BTreeSet<String> = (0..120).step_by(5).map(|s| seen(&mut up, s)).collect();
    assert!((2..=3).contains(&stamps.len()), "{stamps:?}");
}
