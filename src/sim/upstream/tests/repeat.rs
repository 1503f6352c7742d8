//! The same seed and requests give the same bytes, and no request is too strange for an answer.

use super::*;
use proptest::prelude::*;

fn script(seed: u64) -> Vec<Scripted> {
    let plan = "*/http_500@0.1,*/schema_drift@0.2,*/garbage@0.1,*/hang@0.05,*/slow_drip@0.1,*/latency@0.3";
    let options = Options {
        seed,
        faults: plan.parse().unwrap(),
        ..Options::default()
    };
    let mut up = Upstream::new(world(), options, midweek());
    let requests = [
        slate(),
        scoreboard("20310909-20310916"),
        Request::get(Provider::Espn, "/apis/site/v2/sports/football/nfl/injuries", &[]),
        Request::get(
            Provider::OpenMeteo,
            "/v1/forecast",
            &[("latitude", "40"), ("longitude", "-80"), ("hourly", "rain")],
        ),
        Request::get(Provider::Nws, "/points/40.1,-80.2", &[]),
        file("assets/stats_team/stats_team_week_2031.csv"),
    ];
    let ask = |i: usize| up.answer(&requests[i % requests.len()], midweek() + TimeDelta::seconds(i as i64));
    (0..60).map(ask).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(script(7), script(7));
    assert_ne!(script(7), script(8));
}

#[test]
fn asking_more_does_not_change_what_is_told() {
    let mut busy = upstream("");
    for i in 0..20 {
        busy.answer(&slate(), midweek() + TimeDelta::seconds(2 * i));
    }
    let later = midweek() + TimeDelta::hours(3);
    assert_eq!(
        busy.answer(&slate(), later).body,
        upstream("").answer(&slate(), later).body
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_request_has_an_answer(
        service in 0_usize..6,
        leaf in 0_usize..9,
        strange in "[ -~]{0,30}",
        names in proptest::collection::vec(0_usize..12, 0..6),
        values in proptest::collection::vec("[ -~°é]{0,12}|-?[0-9]{1,30}|[0-9]{8}-[0-9]{8}|us,eu|h2h", 6),
        seconds in -9_000_000_000_i64..200_000_000_000,
    ) {
        const LEAVES: [&str; 9] = [
            "/v4/sports/americanfootball_nfl/odds", "/v4/historical/sports/americanfootball_nfl/odds",
            "/v4/sports/americanfootball_nfl/scores", "/apis/site/v2/sports/football/nfl/scoreboard",
            "/v1/forecast", "/points/", "/gridpoints/SIM/", "/schedules/games.csv", "/assets/stats_team/",
        ];
        const NAMES: [&str; 12] = ["apiKey", "regions", "markets", "date", "dates", "week", "latitude", "longitude", "hourly",
            "timezone", "start_date", "end_date"];
        let base = SERVED.get(service).map_or("", |p| prefix(*p));
        let request = Request {
            method: "GET".to_owned(),
            path: format!("{base}{}{strange}", LEAVES[leaf]),
            query: names.iter().zip(&values).map(|(n, v)| (NAMES[*n].to_owned(), v.clone())).collect(),
            headers: vec![("user-agent".to_owned(), "x".to_owned()), ("if-modified-since".to_owned(), strange.clone())],
            body: Vec::new(),
        };
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let mut up = Upstream::new(World::new(&[], &[], 1), Options::default(), now);
        let answer = up.answer(&request, now);
        prop_assert!(answer.status >= 200);
    }
}
