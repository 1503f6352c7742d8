//! Imports: all or nothing, repeatable, with every change reported.

use super::{Fixture, OPENERS, games_csv, now};
use crate::domain::game::GameId;
use crate::domain::quote::{Market, Moment, Quote};
use crate::feeds::nflverse_games;
use crate::store::imports::{Counts, games_file, odds_file};
use crate::store::{data_hash, games, load_archive, quarantine, quotes, status};
use chrono::TimeDelta;
use std::sync::Arc;

fn counts(new: u64, changed: u64, unchanged: u64) -> Counts {
    Counts {
        new,
        changed,
        unchanged,
    }
}

#[test]
fn what_goes_in_comes_out() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let facts = nflverse_games::read(games_csv().as_bytes()).unwrap();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    assert_eq!(games::all(&mut conn).unwrap(), facts.games);
    assert_eq!(quotes::all(&mut conn).unwrap(), facts.quotes);
    let view = Arc::new(load_archive(&mut conn).unwrap()).as_of(now());
    let close = view.reference(&GameId::new("2020_09_DEN_KC"), Market::Spread, Moment::Close);
    assert_eq!(close, facts.quotes.first());
}

#[test]
fn importing_twice_changes_nothing() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let text = games_csv();
    let first = games_file(&mut conn, "games.csv", text.as_bytes(), now()).unwrap();
    assert_eq!((first.games, first.quotes), (counts(2, 0, 0), counts(5, 0, 0)));
    let open = odds_file(&mut conn, "open.csv", OPENERS.as_bytes(), now()).unwrap();
    assert_eq!((open.quotes, open.n_quarantined), (counts(2, 0, 0), 1));
    assert_eq!(open.quarantined[0].reason, "unknown game; import games first");
    let hash = data_hash(&mut conn).unwrap();
    let again = games_file(&mut conn, "games.csv", text.as_bytes(), now()).unwrap();
    assert_eq!((again.games, again.quotes), (counts(0, 0, 2), counts(0, 0, 5)));
    assert_eq!(again.changes, []);
    let again = odds_file(&mut conn, "open.csv", OPENERS.as_bytes(), now()).unwrap();
    assert_eq!(again.quotes, counts(0, 0, 2));
    assert_eq!(
        (data_hash(&mut conn).unwrap(), quarantine::count(&mut conn).unwrap()),
        (hash, 1)
    );
}

#[test]
fn a_changed_score_is_reported_with_what_stood_before() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    let hash = data_hash(&mut conn).unwrap();
    let corrected = games_csv().replace("DEN,20,KC,24,Home,4,44", "DEN,20,KC,27,Home,7,47");
    let report = games_file(&mut conn, "games.csv", corrected.as_bytes(), now()).unwrap();
    assert_eq!((report.games, report.quotes), (counts(0, 1, 1), counts(0, 0, 5)));
    let change = &report.changes[0];
    let shown = (
        change.game_id.as_str(),
        change.what.as_str(),
        change.old.as_str(),
        change.new.as_str(),
    );
    assert_eq!(shown, ("2020_09_DEN_KC", "home_score", "24", "27"));
    assert_ne!(data_hash(&mut conn).unwrap(), hash);
    let moved = corrected.replace("6.5,-102", "7.5,-102");
    let report = games_file(&mut conn, "games.csv", moved.as_bytes(), now()).unwrap();
    assert_eq!(report.changes[0].what, "nflverse spread close line_half");
}

#[test]
fn quotes_move_with_a_game_that_is_put_off() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    odds_file(&mut conn, "open.csv", OPENERS.as_bytes(), now()).unwrap();
    let later = games_csv().replace("2020-11-08,16:25", "2020-11-09,19:00");
    let report = games_file(&mut conn, "games.csv", later.as_bytes(), now()).unwrap();
    assert_eq!((report.games, report.quotes), (counts(0, 1, 1), counts(0, 0, 5)));
    let all = games::all(&mut conn).unwrap();
    let fixture = &all
        .iter()
        .find(|g| g.fixture.id.as_str() == "2020_09_DEN_KC")
        .unwrap()
        .fixture;
    let quotes = quotes::all(&mut conn).unwrap();
    let own: Vec<&Quote> = quotes.iter().filter(|q| q.game == fixture.id).collect();
    assert_eq!(own.len(), 5);
    for quote in own {
        let dated = if quote.moment == Moment::Open {
            fixture.opens_at
        } else {
            fixture.kickoff
        };
        assert_eq!(quote.as_of, dated);
    }
}

#[test]
fn a_refused_file_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let text = games_csv();
    let cut = &text[..text.len() - 30];
    let message = games_file(&mut conn, "games.csv", cut.as_bytes(), now())
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("the file is cut off: line 3 ends after"),
        "{message}"
    );
    let message = odds_file(&mut conn, "games.csv", text.as_bytes(), now())
        .unwrap_err()
        .to_string();
    assert!(message.ends_with("this looks like a file of nflverse games: use `huddle data import games FILE`"));
    let message = odds_file(&mut conn, "o", b"", now()).unwrap_err().to_string();
    assert_eq!(message, "the file is empty: download it again");
    let status = status::status(&mut conn, now()).unwrap();
    assert_eq!((status.n_games, status.n_quotes, status.last_import), (0, 0, None));
}

#[test]
fn a_failing_write_takes_the_whole_file_back() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let refuse = "CREATE TRIGGER t BEFORE INSERT ON imports BEGIN SELECT RAISE(ABORT, 'no'); END";
    diesel::connection::SimpleConnection::batch_execute(&mut *conn, refuse).unwrap();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap_err();
    assert_eq!(games::all(&mut conn).unwrap(), []);
}

#[test]
fn live_quotes_are_kept_by_instant() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    let close = quotes::all(&mut conn).unwrap().remove(0);
    let live = |hours| Quote {
        moment: Moment::Live,
        as_of: close.as_of - TimeDelta::hours(hours),
        ..close.clone()
    };
    assert_eq!(
        quotes::store(&mut conn, &[live(2), live(1), live(1)]).unwrap(),
        counts(2, 0, 1)
    );
    let unknown = Quote {
        game: GameId::new("2020_09_NE_NYJ"),
        ..live(3)
    };
    quotes::store(&mut conn, &[live(4), unknown]).unwrap_err();
    assert_eq!(quotes::store(&mut conn, &[live(4)]).unwrap(), counts(1, 0, 0));
}

#[test]
fn the_status_shows_gaps() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    let early = games_csv()
        .replace("2020", "2018")
        .replace("_09_", "_08_")
        .replace("REG,9", "REG,8");
    games_file(&mut conn, "old.csv", early.as_bytes(), now()).unwrap();
    let status = status::status(&mut conn, now() + TimeDelta::minutes(5)).unwrap();
    assert_eq!((status.n_games, status.n_quotes), (4, 10));
    assert_eq!(status.missing_seasons, [2019]);
    assert_eq!(status.seasons[1].missing_weeks, (1..9).collect::<Vec<u8>>());
    assert_eq!((status.seasons[1].n_games, status.seasons[1].n_played), (2, 1));
    assert_eq!((status.n_overdue, status.overdue.len()), (2, 2));
    assert_eq!(status.last_import.unwrap().age_seconds, 300);
    let totals = status
        .quotes
        .iter()
        .find(|q| q.season == 2020 && q.market == "total")
        .unwrap();
    assert_eq!((totals.n, totals.priced_share), (2, 0.5));
}

#[test]
fn quarantine_lists_rows_with_their_text() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    games_file(
        &mut conn,
        "games.csv",
        games_csv().replace(",LAC,", ",XYZ,").as_bytes(),
        now(),
    )
    .unwrap();
    let entry = quarantine::list(&mut conn, 10).unwrap().remove(0);
    assert_eq!(
        (entry.file.as_str(), entry.line, entry.field.as_str()),
        ("games.csv", 3, "home_team")
    );
    assert!(entry.raw.starts_with("2020_09_LV_LAC,2020,REG,9,") && entry.reason.starts_with("unknown team: "));
    games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    assert_eq!(quarantine::list(&mut conn, 10).unwrap(), []);
}

#[test]
fn the_real_files_import_whole_and_once() {
    let folder = std::env::var("HUDDLE_NFL_DATA").unwrap_or_else(|_| "../shared/nfl".to_owned());
    let read = |name: &str| std::fs::read(std::path::Path::new(&folder).join(name));
    let files = (read("games.csv"), read("openers.csv"), read("book_closes.csv"));
    let (Ok(games), Ok(open), Ok(close)) = files else {
        println!("skipped: no real files in {folder}; set HUDDLE_NFL_DATA");
        return;
    };
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let report = games_file(&mut conn, "games.csv", &games, now()).unwrap();
    assert_eq!(
        (report.games, report.quotes, report.n_quarantined),
        (counts(6_137, 0, 0), counts(16_430, 0, 0), 0)
    );
    let report = odds_file(&mut conn, "openers.csv", &open, now()).unwrap();
    assert_eq!((report.quotes, report.n_quarantined), (counts(9_137, 0, 0), 0));
    let report = odds_file(&mut conn, "book_closes.csv", &close, now()).unwrap();
    assert_eq!((report.quotes, report.n_quarantined), (counts(37_138, 0, 0), 138));
    let hash = data_hash(&mut conn).unwrap();
    let again = games_file(&mut conn, "games.csv", &games, now()).unwrap();
    assert_eq!((again.games, again.quotes), (counts(0, 0, 6_137), counts(0, 0, 16_430)));
    assert_eq!(data_hash(&mut conn).unwrap(), hash);
    assert_eq!(load_archive(&mut conn).unwrap().n_games(), 6_137);
}
