//! A view hands out nothing that services told later than its instant.

use crate::domain::archive::{Archive, Told};
use crate::domain::game::{Fixture, Game, GameId, Phase, Score, SeasonWeek};
use crate::domain::injury::{Availability, InjuryReport};
use crate::domain::news::Headline;
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::domain::team_week::TeamWeek;
use crate::domain::weather::{Air, Forecast};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

const WHEN: SeasonWeek = SeasonWeek { season: 2016, week: 3 };

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Kicked off on a Monday night, settled at 04:30 UTC.
fn game() -> Game {
    Game {
        fixture: Fixture {
            id: GameId::new("2016_03_ATL_NO"),
            when: WHEN,
            phase: Phase::Regular,
            kickoff: at("2016-09-27T00:30:00Z"),
            kickoff_exact: true,
            opens_at: at("2016-09-20T16:00:00Z"),
            home: Team::NO,
            away: Team::ATL,
            neutral: false,
            home_rest: 7,
            away_rest: 7,
            division: true,
            roof: None,
            stadium: "NOR00".to_owned(),
        },
        score: Some(Score { home: 32, away: 45 }),
        conditions: None,
        starters: None,
    }
}

fn week(team: Team, opponent: Team, regular: bool) -> TeamWeek {
    TeamWeek {
        when: WHEN,
        regular,
        team,
        opponent,
        attempts: 40,
        completions: 30,
        passing_yards: 300,
        interceptions: 1,
        sacks_suffered: 2,
        carries: 20,
        rushing_yards: 80,
        fumbles_lost: 0,
        penalties: 5,
        penalty_yards: 40,
        passing_epa: Some(9.5),
        rushing_epa: Some(-1.0),
        source: Source::Nflverse,
    }
}

fn archive(told: Told) -> Arc<Archive> {
    Arc::new(Archive::new(vec![game()], Vec::new()).with(told))
}

#[test]
fn statistics_are_known_from_the_next_noon_and_only_of_both_teams() {
    let both = vec![week(Team::NO, Team::ATL, true), week(Team::ATL, Team::NO, true)];
    let told = |team_weeks| Told {
        team_weeks,
        ..Told::default()
    };
    let known = |archive: &Arc<Archive>, text: &str| archive.as_of(at(text)).counted(0).count();
    let whole = archive(told(both.clone()));
    assert_eq!(known(&whole, "2016-09-27T11:59:59Z"), 0);
    assert_eq!(known(&whole, "2016-09-27T12:00:00Z"), 1);
    let view = whole.as_of(at("2016-09-27T16:00:00Z"));
    assert_eq!(view.counted(0).next().unwrap().home.team, Team::NO);
    assert_eq!(
        (view.n_counted(), view.counted(1).count(), view.counted(9).count()),
        (1, 0, 0)
    );
    for bad in [
        both[..1].to_vec(),
        vec![week(Team::NO, Team::LA, true), both[1].clone()],
        vec![week(Team::NO, Team::ATL, false), both[1].clone()],
    ] {
        assert_eq!(known(&archive(told(bad)), "2016-10-01T00:00:00Z"), 0);
    }
}

#[test]
fn of_forecasts_and_reports_the_newest_that_was_known_counts() {
    let forecast = |hours: i64, wind: f64| Forecast {
        hour: at("2016-09-27T00:00:00Z"),
        air: Air {
            wind_mph: Some(wind),
            ..Air::default()
        },
        as_of: at("2016-09-26T00:00:00Z") + TimeDelta::hours(hours),
        source: Source::OpenMeteo,
    };
    let report = |hours: i64, availability| InjuryReport {
        team: Team::NO,
        player: "A. Passer".to_owned(),
        position: Some("QB".to_owned()),
        availability,
        status: availability.name().to_owned(),
        part: None,
        comment: None,
        as_of: at("2016-09-26T00:00:00Z") + TimeDelta::hours(hours),
        source: Source::Espn,
    };
    let id = game().fixture.id;
    let archive = archive(Told {
        forecasts: vec![(id.clone(), forecast(6, 20.0)), (id.clone(), forecast(0, 10.0))],
        injuries: vec![report(6, Availability::Active), report(0, Availability::Out)],
        ..Told::default()
    });
    let wind = |text: &str| archive.as_of(at(text)).forecast(&id).and_then(|f| f.air.wind_mph);
    assert_eq!(wind("2016-09-25T23:59:59Z"), None);
    assert_eq!(wind("2016-09-26T05:00:00Z"), Some(10.0));
    assert_eq!(wind("2016-09-26T06:00:00Z"), Some(20.0));
    let n_out = |text: &str| archive.as_of(at(text)).injured(Team::NO).len();
    assert_eq!(n_out("2016-09-25T23:59:59Z"), 0);
    assert_eq!(n_out("2016-09-26T05:00:00Z"), 1);
    assert_eq!(n_out("2016-09-26T06:00:00Z"), 0, "he is fit again");
}

#[test]
fn what_was_told_is_in_the_fingerprint_from_when_it_was_known() {
    let both = vec![week(Team::NO, Team::ATL, true), week(Team::ATL, Team::NO, true)];
    let told = archive(Told {
        team_weeks: both,
        ..Told::default()
    });
    let bare = archive(Told::default());
    for (text, same) in [("2016-09-27T11:00:00Z", true), ("2016-09-27T13:00:00Z", false)] {
        let (a, b) = (told.as_of(at(text)).fingerprint(), bare.as_of(at(text)).fingerprint());
        assert_eq!(a == b, same, "{text}");
    }
}

#[test]
fn headlines_are_of_the_teams_and_known_from_when_they_were_published() {
    let headline = |id: &str, teams: &[Team], as_of: &str| Headline {
        id: id.to_owned(),
        title: format!("title {id}"),
        summary: None,
        link: None,
        teams: teams.to_vec(),
        as_of: at(as_of),
        source: Source::Espn,
    };
    let archive = archive(Told {
        headlines: vec![
            headline("late", &[Team::NO], "2016-09-22T12:00:01Z"),
            headline("new", &[Team::KC, Team::ATL], "2016-09-22T12:00:00Z"),
            headline("other", &[Team::KC], "2016-09-22T11:00:00Z"),
            headline("old", &[Team::NO, Team::ATL], "2016-09-20T12:00:00Z"),
        ],
        ..Told::default()
    });
    let view = archive.as_of(at("2016-09-22T12:00:00Z"));
    let ids: Vec<&str> = view.headlines([Team::NO, Team::ATL]).map(|h| h.id.as_str()).collect();
    assert_eq!(ids, ["new", "old"]);
    assert_ne!(
        view.fingerprint(),
        archive.as_of(at("2016-09-22T11:59:59Z")).fingerprint(),
        "what is known names a round"
    );
}
