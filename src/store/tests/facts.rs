//! Facts of services: twice the same is once, what was left out is in the quarantine, and nothing is known too early.

use super::{Fixture, games_csv, now};
use crate::domain::event::{Event, EventStatus};
use crate::domain::game::{GameId, Score};
use crate::domain::injury::{Availability, InjuryReport};
use crate::domain::line::HalfPoints;
use crate::domain::line_move::LineMove;
use crate::domain::news::Headline;
use crate::domain::quote::{Book, Market, Moment, Quote, Side};
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::domain::weather::{Air, Forecast};
use crate::feeds::{Corrections, Parsed, Rejected, team_stats};
use crate::store::facts::{self, Answer, headlines, injuries, line_moves, results, team_weeks, weather};
use crate::store::imports::{Counts, games_file};
use crate::store::{Loan, data_hash, games, quarantine, quotes};
use chrono::{DateTime, TimeDelta, Utc};

const KEY: &str = "odds_api GET /v4/sports/americanfootball_nfl/odds";

fn answer(source: Source, at: DateTime<Utc>) -> Answer<'static> {
    Answer {
        source,
        endpoint: "odds",
        key: KEY,
        sha256: "00",
        at,
    }
}

fn parsed<T>(rows: Vec<T>) -> Parsed<T> {
    Parsed {
        n_rows: rows.len() as u64,
        rows: (1..).zip(rows).collect(),
        rejected: Vec::new(),
        corrected: Corrections::default(),
    }
}

fn counts(new: u64, changed: u64, unchanged: u64) -> Counts {
    Counts {
        new,
        changed,
        unchanged,
    }
}

fn with_games(fixture: &Fixture) -> Loan {
    let mut conn = fixture.conn();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    conn
}

fn coming() -> GameId {
    GameId::new("2020_09_LV_LAC")
}

#[test]
fn live_quotes_are_dated_by_their_books_and_say_who_told_them() {
    let fixture = Fixture::new();
    let mut conn = with_games(&fixture);
    let quote = Quote {
        game: coming(),
        book: Book::new("one"),
        market: Market::Spread,
        line: Some(HalfPoints(-2)),
        first: None,
        second: None,
        as_of: "2020-11-08T12:00:00Z".parse().unwrap(),
        moment: Moment::Close,
    };
    let mut said = parsed(vec![quote.clone()]);
    said.n_rows = 2;
    said.rejected.push(Rejected {
        line: 2,
        game_id: None,
        field: "total".to_owned(),
        reason: "absurd total: 455".to_owned(),
        raw: "{}".to_owned(),
    });
    let answer = answer(Source::OddsApi, now());
    assert_eq!(facts::live_quotes(&mut conn, &answer, &said).unwrap(), counts(1, 0, 0));
    let hash = data_hash(&mut conn).unwrap();
    assert_eq!(facts::live_quotes(&mut conn, &answer, &said).unwrap(), counts(0, 0, 1));
    assert_eq!(data_hash(&mut conn).unwrap(), hash);
    let stored = quotes::all(&mut conn).unwrap();
    let live: Vec<&Quote> = stored.iter().filter(|q| q.moment == Moment::Live).collect();
    assert_eq!((live.len(), live[0].as_of), (1, quote.as_of));
    assert_eq!(facts::quote_sources(&mut conn).unwrap(), [(Source::OddsApi, 1)]);
    let left = quarantine::list(&mut conn, 10).unwrap();
    assert_eq!((left.len(), left[0].file.as_str(), left[0].line), (1, KEY, 2));
    let strange = parsed(vec![Quote {
        game: GameId::new("2020_09_NE_NYJ"),
        ..quote
    }]);
    assert!(facts::live_quotes(&mut conn, &answer, &strange).is_err());
    assert_eq!(
        quarantine::count(&mut conn).unwrap(),
        1,
        "a failed answer takes nothing back"
    );
}

#[test]
fn a_score_of_another_service_stands_until_nflverse_has_its_own() {
    let fixture = Fixture::new();
    let mut conn = with_games(&fixture);
    let event = |home: Team, away: Team, kickoff: &str, score: (u16, u16), source: Source| Event {
        id: "1".to_owned(),
        home,
        away,
        kickoff: kickoff.parse().unwrap(),
        status: EventStatus::Final,
        score: Some(Score {
            home: score.0,
            away: score.1,
        }),
        neutral: None,
        venue: None,
        indoor: None,
        as_of: now(),
        source,
    };
    let monday = "2020-11-10T01:15:00Z";
    let espn = |score| event(Team::LAC, Team::LV, monday, score, Source::Espn);
    let said = parsed(vec![
        espn((26, 31)),
        event(Team::KC, Team::DEN, "2020-11-08T21:25:00Z", (99, 0), Source::Espn),
        event(Team::NE, Team::NYJ, monday, (1, 2), Source::Espn),
    ]);
    let told = answer(Source::Espn, now());
    assert_eq!(results::store(&mut conn, &told, &said).unwrap(), counts(1, 0, 0));
    assert_eq!(results::store(&mut conn, &told, &said).unwrap(), counts(0, 0, 1));
    let reasons = quarantine::by_reason(&mut conn).unwrap();
    let kinds: Vec<&str> = reasons.iter().map(|r| r.reason.as_str()).collect();
    assert_eq!(kinds, ["contradicts a source believed more", "unknown game"]);
    assert_eq!(results::source(&mut conn, &coming()).unwrap(), Some(Source::Espn));
    // nflverse's file is behind: its empty cell takes nothing back, and does so as often as it is read.
    let behind = games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    assert_eq!(behind.games, counts(0, 0, 2));
    // The Odds API is believed less than ESPN, and ESPN may correct itself.
    let paid = parsed(vec![event(Team::LAC, Team::LV, monday, (0, 1), Source::OddsApi)]);
    results::store(&mut conn, &answer(Source::OddsApi, now()), &paid).unwrap();
    let corrected = parsed(vec![espn((28, 31))]);
    assert_eq!(results::store(&mut conn, &told, &corrected).unwrap(), counts(0, 1, 0));
    let own = games_csv().replace("LV,,LAC,,Home,,", "LV,31,LAC,27,Home,-4,58");
    games_file(&mut conn, "games.csv", own.as_bytes(), now()).unwrap();
    assert_eq!(results::source(&mut conn, &coming()).unwrap(), Some(Source::Nflverse));
    let all = games::all(&mut conn).unwrap();
    let score = all.iter().find(|g| g.fixture.id == coming()).and_then(|g| g.score);
    assert_eq!(score, Some(Score { home: 27, away: 31 }));
    results::store(&mut conn, &told, &corrected).unwrap();
    assert_eq!(results::source(&mut conn, &coming()).unwrap(), Some(Source::Nflverse));
}

#[test]
fn a_forecast_that_says_the_same_is_no_new_one() {
    let fixture = Fixture::new();
    let mut conn = with_games(&fixture);
    let forecast = |wind: f64, hours: i64| Forecast {
        hour: "2020-11-10T01:00:00Z".parse().unwrap(),
        air: Air {
            wind_mph: Some(wind),
            ..Air::default()
        },
        as_of: now() + TimeDelta::hours(hours),
        source: Source::OpenMeteo,
    };
    let mut tell = |wind, hours| {
        let said = parsed(vec![(coming(), forecast(wind, hours))]);
        weather::store(&mut conn, &answer(Source::OpenMeteo, now()), &said).unwrap()
    };
    assert_eq!(tell(8.0, 0), counts(1, 0, 0));
    assert_eq!(tell(8.0, 0), counts(0, 0, 1));
    assert_eq!(tell(8.0, 1), counts(0, 0, 1));
    assert_eq!(tell(12.0, 2), counts(1, 0, 0));
    assert_eq!(tell(13.0, 2), counts(0, 1, 0));
    let known = weather::known(&mut conn, &coming(), now() + TimeDelta::hours(1)).unwrap();
    assert_eq!(known, [forecast(8.0, 0)]);
    assert_eq!(
        weather::known(&mut conn, &coming(), now() - TimeDelta::hours(1)).unwrap(),
        []
    );
}

#[test]
fn a_report_that_changed_under_its_date_became_known_with_the_answer() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let report = |status: &str, hours: i64| InjuryReport {
        team: Team::KC,
        player: "Invented Passer".to_owned(),
        position: Some("QB".to_owned()),
        availability: Availability::of_word(status),
        status: status.to_owned(),
        part: None,
        comment: None,
        as_of: now() + TimeDelta::hours(hours),
        source: Source::Espn,
    };
    let mut tell = |status: &str, dated: i64, came: i64| {
        let answer = answer(Source::Espn, now() + TimeDelta::hours(came));
        injuries::store(&mut conn, &answer, &parsed(vec![report(status, dated)])).unwrap()
    };
    assert_eq!(tell("Questionable", 0, 1), counts(1, 0, 0));
    assert_eq!(tell("Questionable", 0, 2), counts(0, 0, 1));
    assert_eq!(tell("Out", 0, 3), counts(0, 1, 0));
    assert_eq!(tell("Out", 0, 4), counts(0, 0, 1));
    assert_eq!(tell("Active", 9, 9), counts(1, 0, 0));
    let mut at = |hours| injuries::known(&mut conn, Team::KC, now() + TimeDelta::hours(hours)).unwrap();
    assert_eq!(at(2), [report("Questionable", 0)]);
    assert_eq!(at(3), [report("Out", 3)]);
    assert_eq!(at(10), [report("Active", 9)]);
}

#[test]
fn headlines_statistics_and_moves_are_stored_once() {
    let fixture = Fixture::new();
    let mut conn = with_games(&fixture);
    let headline = |title: &str| Headline {
        id: "7".to_owned(),
        title: title.to_owned(),
        summary: None,
        link: None,
        teams: vec![Team::KC, Team::LA],
        as_of: now(),
        source: Source::Espn,
    };
    let told = answer(Source::Espn, now());
    let seen = parsed(vec![headline("as first seen")]);
    assert_eq!(headlines::store(&mut conn, &told, &seen).unwrap(), counts(1, 0, 0));
    let edited = parsed(vec![headline("edited after the game")]);
    assert_eq!(headlines::store(&mut conn, &told, &edited).unwrap(), counts(0, 0, 1));
    assert_eq!(headlines::newest(&mut conn, 5).unwrap(), [headline("as first seen")]);
    let csv = include_bytes!("../../../tests/fixtures/nflverse_team_stats.csv");
    let mut stats = team_stats::parse(csv).unwrap();
    let told = answer(Source::Nflverse, now());
    assert_eq!(team_weeks::store(&mut conn, &told, &stats).unwrap(), counts(2, 0, 0));
    assert_eq!(team_weeks::store(&mut conn, &told, &stats).unwrap(), counts(0, 0, 2));
    stats.rows[0].1.penalties += 1;
    assert_eq!(team_weeks::store(&mut conn, &told, &stats).unwrap(), counts(0, 1, 1));
    let stored = team_weeks::of_season(&mut conn, 2020).unwrap();
    assert!(stats.rows.iter().all(|(_, row)| stored.contains(row)));
    let moved = |steam| LineMove {
        game: coming(),
        book: Book::new("one"),
        market: Market::Spread,
        side: Side::Home,
        from: Some(HalfPoints(-2)),
        to: Some(HalfPoints(-1)),
        probability: None,
        at: now(),
        steam,
    };
    assert_eq!(line_moves::store(&mut conn, &[moved(false)]).unwrap(), counts(1, 0, 0));
    assert_eq!(line_moves::store(&mut conn, &[moved(true)]).unwrap(), counts(0, 1, 0));
    assert_eq!(line_moves::store(&mut conn, &[moved(false)]).unwrap(), counts(0, 0, 1));
    assert_eq!(line_moves::known(&mut conn, &coming(), now()).unwrap(), [moved(true)]);
}
