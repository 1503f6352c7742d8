//! ESPN: days, codes, and scores that wait for the game.

use super::*;
use crate::domain::calendar::eastern_day;

fn days(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    format!(
        "{}-{}",
        eastern_day(from).format("%Y%m%d"),
        eastern_day(to).format("%Y%m%d")
    )
}

#[test]
fn a_range_of_days_has_its_games_and_espns_codes() {
    let mut up = upstream("");
    let request = scoreboard(&days(midweek(), midweek() + TimeDelta::days(6)));
    let body = json(&up.answer(&request, midweek()));
    let events = body["events"].as_array().unwrap();
    assert_eq!(events.len(), 16);
    let mut codes = Vec::new();
    for event in events {
        let competition = &event["competitions"][0];
        let sides = competition["competitors"].as_array().unwrap();
        assert_eq!(
            (&sides[0]["homeAway"], &sides[1]["homeAway"]),
            (&"home".into(), &"away".into())
        );
        codes.extend(
            sides
                .iter()
                .map(|s| s["team"]["abbreviation"].as_str().unwrap().to_owned()),
        );
        assert_eq!(event["status"]["type"]["state"], "pre");
        assert!(competition["odds"][0]["overUnder"].as_f64().unwrap() > 20.0);
    }
    assert!(
        codes.iter().any(|c| c == "WSH") && codes.iter().any(|c| c == "LAR"),
        "{codes:?}"
    );
    let week = Request::get(
        Provider::Espn,
        "/apis/site/v2/sports/football/nfl/scoreboard",
        &[("week", "2"), ("seasontype", "2"), ("dates", "2031")],
    );
    assert_eq!(json(&up.answer(&week, midweek()))["events"], body["events"]);
    assert_eq!(up.answer(&scoreboard("yesterday"), midweek()).status, 400);
}

#[test]
fn a_score_comes_after_kickoff_and_is_final_after_four_hours() {
    let world = world();
    let game = &world.games[20];
    let (kickoff, score) = (game.kickoff(), game.game.score.unwrap());
    let mut up = Upstream::new(world.clone(), Options::default(), midweek());
    let mut seen = |t: DateTime<Utc>| {
        let body = json(&up.answer(&scoreboard(&days(kickoff, kickoff)), t));
        let events = body["events"].as_array().unwrap();
        let event = events.iter().find(|e| e["id"] == game.espn.as_str()).unwrap().clone();
        let own = |i: usize| {
            event["competitions"][0]["competitors"][i]["score"]
                .as_str()
                .unwrap()
                .parse::<u16>()
                .unwrap()
        };
        (
            event["status"]["type"]["state"].as_str().unwrap().to_owned(),
            own(0),
            own(1),
        )
    };
    assert_eq!(seen(kickoff - TimeDelta::seconds(1)), ("pre".to_owned(), 0, 0));
    assert_eq!(seen(kickoff), ("in".to_owned(), 0, 0));
    let mut last = (0, 0);
    for minutes in (0..240).step_by(10) {
        let (state, home, away) = seen(kickoff + TimeDelta::minutes(minutes));
        assert_eq!(state, "in");
        assert!(home >= last.0 && away >= last.1 && home <= score.home && away <= score.away);
        last = (home, away);
    }
    assert_eq!(
        seen(kickoff + TimeDelta::hours(4)),
        ("post".to_owned(), score.home, score.away)
    );
}

#[test]
fn teams_injuries_and_news_are_there() {
    let mut up = upstream("");
    let ask = |leaf: &str| {
        Request::get(
            Provider::Espn,
            &format!("/apis/site/v2/sports/football/nfl/{leaf}"),
            &[],
        )
    };
    let teams = json(&up.answer(&ask("teams"), midweek()));
    assert_eq!(teams["sports"][0]["leagues"][0]["teams"].as_array().unwrap().len(), 32);
    let injuries = json(&up.answer(&ask("injuries"), midweek()));
    let of_first = injuries["injuries"][0]["injuries"].as_array().unwrap();
    assert!(!of_first.is_empty());
    assert_eq!(of_first[0]["athlete"]["team"]["abbreviation"], "ARI");
    let news = json(&up.answer(&ask("news"), midweek()));
    assert!(
        news["articles"][0]["headline"]
            .as_str()
            .unwrap()
            .starts_with("SIMULATED")
    );
    assert_eq!(up.answer(&ask("standings"), midweek()).status, 404);
    assert_eq!(up.counts().unknown, 1);
}
