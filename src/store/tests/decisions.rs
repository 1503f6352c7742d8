//! What was decided is written once, grades are revised, and the journal's chain shows every touch.

use super::{Fixture, games_csv, now};
use crate::protocol::Written;
use crate::store::decisions::{self, Grade, Opinion, Pick, Round, Vote};
use crate::store::journal::{self, Head, VerifyError};
use crate::store::trials::{self, Trial};
use crate::store::{Loan, StoreError, Stored, imports};
use diesel::connection::SimpleConnection;

fn prepared(fixture: &Fixture) -> Loan {
    let mut conn = fixture.conn();
    imports::games_file(&mut conn, "games.csv", games_csv().as_bytes(), now()).unwrap();
    assert_eq!(decisions::insert_round(&mut conn, &round()).unwrap(), Stored::New);
    conn
}

fn round() -> Round {
    Round {
        id: "r1".into(),
        season: 2020,
        week: 9,
        basis: "open".into(),
        as_of: now().naive_utc(),
        seed: 7,
        settings_hash: "s".into(),
        data_hash: "d".into(),
        code_version: "0.1.0".into(),
        created_at: now().naive_utc(),
    }
}

fn pick() -> Pick {
    Pick {
        id: "p1".into(),
        round_id: "r1".into(),
        game_id: "2020_09_DEN_KC".into(),
        market: "spread".into(),
        status: "pick".into(),
        side: Some("home".into()),
        line_half: Some(13),
        price: Some(-105),
        book: Some("feed".into()),
        body: "{}".into(),
        stake_cents: 2_500,
        reason: None,
    }
}

#[test]
fn decisions_are_written_once() {
    let fixture = Fixture::new();
    let mut conn = prepared(&fixture);
    assert_eq!(decisions::insert_round(&mut conn, &round()).unwrap(), Stored::Unchanged);
    let other = Round { seed: 8, ..round() };
    let message = decisions::insert_round(&mut conn, &other).unwrap_err().to_string();
    let expected = "table rounds, row r1 is already stored with other contents: a decision cannot be changed";
    assert_eq!(message, expected);
    let opinion = Opinion {
        round_id: "r1".into(),
        game_id: "2020_09_DEN_KC".into(),
        market: "spread".into(),
        seat: "elo".into(),
        phase: 1,
        line_half: Some(13),
        p_first: Some(0.1 + 0.2),
        sd: Some(13.5),
        mean: None,
        abstained: None,
        incarnation: 1,
        evidence: "[]".into(),
    };
    let second = Opinion {
        phase: 2,
        p_first: Some(0.4),
        ..opinion.clone()
    };
    for (row, stored) in [
        (&opinion, Stored::New),
        (&opinion, Stored::Unchanged),
        (&second, Stored::New),
    ] {
        assert_eq!(decisions::insert_opinion(&mut conn, row).unwrap(), stored);
    }
    assert_eq!(decisions::opinions_of(&mut conn, "r1").unwrap(), [opinion, second]);
    let vote = Vote {
        round_id: "r1".into(),
        game_id: "2020_09_DEN_KC".into(),
        market: "spread".into(),
        seat: "elo".into(),
        side: None,
        weight: 1.25,
        equal_weight: 1.0,
        reason: Some("no edge".into()),
    };
    assert_eq!(decisions::insert_vote(&mut conn, &vote).unwrap(), Stored::New);
    assert_eq!(decisions::insert_vote(&mut conn, &vote).unwrap(), Stored::Unchanged);
    assert_eq!(decisions::votes_of(&mut conn, "r1").unwrap(), [vote]);
    assert_eq!(decisions::rounds_of(&mut conn, 2020, Some(9)).unwrap(), [round()]);
    assert_eq!(decisions::rounds_of(&mut conn, 2020, Some(8)).unwrap(), []);
    assert_eq!(decisions::round(&mut conn, "r1").unwrap(), Some(round()));
}

#[test]
fn a_grade_is_revised_and_never_touches_its_pick() {
    let fixture = Fixture::new();
    let mut conn = prepared(&fixture);
    assert_eq!(decisions::insert_pick(&mut conn, &pick()).unwrap(), Stored::New);
    let win = Grade {
        pick_id: "p1".into(),
        result: "win".into(),
        profit_cents: 2_381,
        clv_points: Some(0.5),
        clv_probability: None,
        close_line_half: Some(14),
        close_price: Some(-110),
        graded_at: now().naive_utc(),
        revision: 99,
    };
    let later = Grade {
        graded_at: now().naive_utc() + chrono::TimeDelta::hours(1),
        ..win.clone()
    };
    let loss = Grade {
        result: "loss".into(),
        profit_cents: -2_500,
        clv_points: None,
        ..later.clone()
    };
    let steps = [
        (&win, Stored::New, 1),
        (&later, Stored::Unchanged, 1),
        (&loss, Stored::Revised, 2),
    ];
    for (grade, stored, revision) in steps {
        assert_eq!(decisions::upsert_grade(&mut conn, grade).unwrap(), stored);
        let graded = decisions::graded(&mut conn, Some("r1")).unwrap();
        assert_eq!(graded[0].0, pick());
        assert_eq!(graded[0].1.as_ref().map(|g| g.revision), Some(revision));
    }
    let stored = decisions::graded(&mut conn, None).unwrap().remove(0).1.unwrap();
    assert_eq!((stored.result.as_str(), stored.clv_points), ("loss", None));
    let unknown = Grade {
        pick_id: "p9".into(),
        ..win
    };
    assert!(matches!(
        decisions::upsert_grade(&mut conn, &unknown),
        Err(StoreError::Query(_))
    ));
}

fn entry(n: u32) -> Written {
    Written {
        id: format!("m{n}"),
        thread: "t".into(),
        parent: (n > 1).then(|| format!("m{}", n - 1)),
        sender: "orchestrator".into(),
        recipient: "elo".into(),
        kind: "Opined".into(),
        priority: "normal".into(),
        at: now().naive_utc() + chrono::TimeDelta::nanoseconds(i64::from(n) * 1_234_567),
        body: format!("{{\"n\":{n},\"text\":\"a\\nb\"}}"),
    }
}

#[test]
fn the_journal_holds_until_somebody_touches_it() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    assert_eq!(journal::verify(&mut conn).unwrap(), Head::none());
    let entries: Vec<Written> = (1..=5).map(entry).collect();
    journal::append(&mut conn, &entries[..2]).unwrap();
    let head = journal::append(&mut conn, &entries).unwrap();
    assert_eq!((head.seq, journal::head(&mut conn).unwrap()), (5, head.clone()));
    assert_eq!(journal::verify(&mut conn).unwrap(), head);
    assert_eq!(journal::thread(&mut conn, "t").unwrap().len(), 5);
    let other = Written {
        body: "{}".into(),
        ..entry(3)
    };
    assert!(matches!(
        journal::append(&mut conn, &[entry(6), other]),
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(journal::head(&mut conn).unwrap(), head);
    let check = |sql: &str, at: i64, why: &str| {
        let mut conn = fixture.conn();
        conn.batch_execute("BEGIN").unwrap();
        conn.batch_execute(sql).unwrap();
        match journal::verify(&mut conn) {
            Err(VerifyError::BrokenAt { seq, id, reason }) => {
                assert_eq!((seq, reason), (at, why), "{sql}");
                assert_eq!(id.is_none(), why == "it is missing", "{sql}");
            }
            other => panic!("{sql}: {other:?}"),
        }
        conn.batch_execute("ROLLBACK").unwrap();
    };
    let contents = "its contents do not have its hash";
    check(
        "UPDATE journal SET body = replace(body, '3', '8') WHERE seq = 3",
        3,
        contents,
    );
    check("UPDATE journal SET parent = NULL WHERE seq = 4", 4, contents);
    check(
        "UPDATE journal SET at = '2020-11-20 12:00:01' WHERE seq = 2",
        2,
        contents,
    );
    check("UPDATE journal SET hash = prev_hash WHERE seq = 1", 1, contents);
    let unreadable = "a field of it cannot be read";
    for (n, field) in [(1, "at"), (3, "at"), (5, "at")] {
        check(
            &format!("UPDATE journal SET {field} = 'x' WHERE seq = {n}"),
            n,
            unreadable,
        );
    }
    check("DELETE FROM journal WHERE seq = 2", 2, "it is missing");
    check(
        "DELETE FROM journal WHERE seq = 1; UPDATE journal SET seq = seq - 1",
        1,
        "it does not follow from the entry before",
    );
    assert_eq!(journal::verify(&mut conn).unwrap(), head);
}

#[test]
fn an_identical_trial_is_found_again() {
    let fixture = Fixture::new();
    let mut conn = fixture.conn();
    let trial = Trial {
        id: "t1".into(),
        at: now().naive_utc(),
        purpose: "backtest".into(),
        seasons: "2015-2019".into(),
        settings_hash: "s".into(),
        data_hash: "d".into(),
        code_version: "0.1.0".into(),
        seed: -1,
        journal_head: Head::none().hash,
    };
    assert_eq!(trials::record(&mut conn, &trial).unwrap(), (trial.clone(), Stored::New));
    let again = Trial {
        id: "t2".into(),
        ..trial.clone()
    };
    assert_eq!(
        trials::record(&mut conn, &again).unwrap(),
        (trial.clone(), Stored::Unchanged)
    );
    let other = Trial { seed: 2, ..again };
    assert_eq!(trials::record(&mut conn, &other).unwrap().1, Stored::New);
    assert_eq!(trials::all(&mut conn).unwrap(), [trial, other]);
}
