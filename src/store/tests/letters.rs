//! The database as the bus's journal: a batch is whole or not there, an effect goes with its letter, fences hold, and a
//! database of the first version becomes one of this.

use super::{Fixture, games_csv, newest, now};
use crate::bus::{
    Address, Begin, Change, Claim, Cursor, Dead, Ending, Epoch, Hears, Journal, JournalError, Outcome, Receipt,
};
use crate::protocol::{AgentMessage, Kind, Order, To, Written};
use crate::store::fences::Fenced;
use crate::store::keeper::Work;
use crate::store::{Conn, Store, StoreError, cursors, imports, journal, letters};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;

const BUS: Epoch = Epoch {
    generation: 1,
    incarnation: 1,
};

fn post(n: u32, to: To) -> Change<Conn> {
    let body = Order::Note {
        text: format!("note {n}"),
    };
    let message = AgentMessage::new(format!("m{n}").as_str().into(), "/a", to, Kind::Command, now(), body);
    Change::Post(Written::of(&message))
}

fn reader() -> Address {
    Address {
        path: "/r".into(),
        hears: Hears::Addressed(vec!["g".into()]),
    }
}

fn claim(seq: i64, attempt: u32) -> Claim {
    Claim {
        recipient: "/r".into(),
        incarnation: 1,
        seq,
        released: false,
        attempt,
    }
}

fn done(work: impl Fn(&mut Conn) -> Result<(), String> + Send + 'static) -> Ending<Conn> {
    match Receipt::effect(work) {
        Receipt::Effect(effect) => Ending::Done(Some(effect)),
        _ => unreachable!("an effect was asked for"),
    }
}

fn settle(claim: Claim, ending: Ending<Conn>) -> Change<Conn> {
    Change::Settle {
        claim,
        ending,
        next: None,
    }
}

fn commit(store: &Store, changes: &[Change<Conn>]) -> Vec<Outcome> {
    store.commit(BUS, now(), changes).unwrap()
}

fn counted(store: &Store) -> i64 {
    let rows = letters::counted(&mut store.conn().unwrap()).unwrap();
    rows.iter().map(|row| row.n).sum()
}

/// A journal with three letters to `/r`, which is enrolled from the first.
fn prepared() -> Fixture {
    let fixture = Fixture::new();
    let to = || To::One("/r".into());
    let batch = [
        post(1, to()),
        post(2, To::Group("g".into())),
        Change::Enrol(reader(), Begin::First),
        post(3, To::All),
        post(4, To::One("/other".into())),
    ];
    let outcomes = commit(&fixture.store, &batch);
    let enrolled = Outcome::Enrolled(Cursor::default());
    let posted = Outcome::Posted;
    assert_eq!(outcomes, [posted(1), posted(2), enrolled, posted(3), posted(4)]);
    fixture
}

#[test]
fn a_batch_says_of_each_letter_what_became_of_it() {
    let fixture = prepared();
    let other = post(1, To::All);
    let batch = [
        post(2, To::Group("g".into())),
        other,
        post(5, To::All),
        post(5, To::All),
    ];
    assert_eq!(
        commit(&fixture.store, &batch),
        [
            Outcome::Known(2),
            Outcome::Conflict,
            Outcome::Posted(5),
            Outcome::Known(5)
        ]
    );
    assert_eq!(journal::verify(&mut fixture.conn()).unwrap().seq, 5);
}

#[test]
fn a_reader_is_shown_what_is_addressed_to_it() {
    let fixture = prepared();
    let seqs = |address: &Address, after, limit| -> (Vec<i64>, i64) {
        let page = fixture.store.read(address, after, limit).unwrap();
        (page.letters.iter().map(|w| w.seq).collect(), page.through)
    };
    assert_eq!(seqs(&reader(), 0, 10), (vec![1, 2, 3], 4));
    assert_eq!(seqs(&reader(), 0, 2), (vec![1, 2], 2));
    assert_eq!(seqs(&reader(), 2, 2), (vec![3], 4));
    let everything = Address {
        hears: Hears::Everything,
        ..reader()
    };
    assert_eq!(seqs(&everything, 0, 10), (vec![1, 2, 3, 4], 4));
    let sender = Address {
        path: "/a".into(),
        ..reader()
    };
    assert_eq!(
        seqs(&sender, 0, 10),
        (vec![], 4),
        "who speaks to many does not hear itself"
    );
    let standing = cursors::standings(&mut fixture.conn()).unwrap().remove(0);
    assert_eq!((standing.done, standing.n_waiting), (0, 3));
}

#[test]
fn an_effect_is_written_with_its_letter_and_once() {
    let fixture = prepared();
    let count = |seq| move |conn: &mut Conn| letters::count(conn, "/a", "command", seq).map_err(|e| e.to_string());
    let first = || settle(claim(1, 1), done(count(1)));
    assert_eq!(
        commit(&fixture.store, &[Change::Claim(claim(1, 1)), first()]),
        [Outcome::Done, Outcome::Done]
    );
    assert_eq!(commit(&fixture.store, &[first()]), [Outcome::Behind]);
    assert_eq!(counted(&fixture.store), 1);
    let failing = |conn: &mut Conn| {
        letters::count(conn, "/a", "command", 2).unwrap();
        Err("no ink".to_owned())
    };
    let panicking = |conn: &mut Conn| {
        let within = conn.transaction(|conn| -> Result<(), StoreError> {
            letters::count(conn, "/a", "command", 2)?;
            panic!("within a transaction of its own");
        });
        within.map_err(|e| e.to_string())
    };
    let batch = [
        settle(claim(2, 1), done(failing)),
        settle(claim(2, 2), done(panicking)),
        post(6, To::All),
    ];
    let outcomes = commit(&fixture.store, &batch);
    assert_eq!(outcomes[0], Outcome::EffectFailed("no ink".into()));
    assert!(
        matches!(&outcomes[1], Outcome::EffectFailed(why) if why.contains("of its own")),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[2], Outcome::Posted(5), "the rest of the batch stands");
    assert_eq!(counted(&fixture.store), 1, "a failed effect leaves nothing");
    let known = cursors::reader(&mut fixture.conn(), "/r").unwrap().unwrap();
    assert_eq!(known.seq, 1, "and its letter waits");
}

#[test]
fn a_replaced_reader_and_a_replaced_bus_write_nothing() {
    let fixture = prepared();
    let young = Claim {
        incarnation: 2,
        ..claim(1, 1)
    };
    let outcomes = commit(
        &fixture.store,
        &[Change::Claim(young), settle(claim(1, 1), Ending::Done(None))],
    );
    assert_eq!(outcomes, [Outcome::Done, Outcome::Fenced]);
    let younger = Epoch {
        generation: 2,
        incarnation: 1,
    };
    fixture.store.commit(younger, now(), &[post(7, To::All)]).unwrap();
    let refused = fixture.store.commit(BUS, now(), &[post(8, To::All)]);
    let expected = JournalError::Fenced {
        mine: BUS,
        stored: younger,
    };
    assert_eq!(refused, Err(expected));
    assert_eq!(journal::head(&mut fixture.conn()).unwrap().seq, 5);
    assert_eq!((fixture.store.open(), fixture.store.open()), (Ok(1), Ok(2)));
}

/// Inserts a fence, as something with a transaction of its own that can be seen.
struct Count;

impl Work for Count {
    type Output = ();

    fn run(self, conn: &mut Conn) -> Result<(), StoreError> {
        crate::store::immediate(conn, |conn| letters::count(conn, "/zombie", "vote", 1))
    }
}

#[test]
fn fenced_work_of_a_replaced_actor_is_refused() {
    let fixture = Fixture::new();
    let run = |generation, incarnation| {
        let work = Fenced {
            seat: "/swarms/x".into(),
            epoch: Epoch {
                generation,
                incarnation,
            },
            work: Count,
        };
        work.run(&mut fixture.conn())
    };
    let steps = [
        (1, 1, true),
        (1, 2, true),
        (1, 1, false),
        (1, 2, true),
        (2, 1, true),
        (1, 9, false),
    ];
    for (generation, incarnation, passes) in steps {
        let done = run(generation, incarnation);
        assert_eq!(done.is_ok(), passes, "{generation}.{incarnation}: {done:?}");
        if let Err(error) = done {
            assert!(error.to_string().contains("woke up late, and wrote nothing"), "{error}");
        }
    }
    assert_eq!(counted(&fixture.store), 4);
}

#[test]
fn set_aside_letters_are_released_or_discarded_once() {
    let fixture = prepared();
    let quarantine = |seq| settle(claim(seq, 3), Ending::Quarantined("three crashes".into()));
    commit(&fixture.store, &[quarantine(1), quarantine(2)]);
    let mut conn = fixture.conn();
    let held = letters::in_state(&mut conn, letters::QUARANTINED, 10).unwrap();
    let numbers: Vec<(i64, Option<i64>)> = held.iter().map(|l| (l.n, l.seq)).collect();
    assert_eq!(numbers, [(2, Some(2)), (1, Some(1))]);
    assert_eq!(letters::text(&mut conn, &held[0]).unwrap().id, "m2");
    assert!(letters::decide(&mut conn, 1, letters::RELEASED, None).unwrap());
    assert!(letters::decide(&mut conn, 2, letters::DISCARDED, Some("old")).unwrap());
    assert!(!letters::decide(&mut conn, 2, letters::RELEASED, None).unwrap());
    let page = fixture.store.read(&reader(), 2, 10).unwrap();
    assert_eq!(
        page.released.iter().map(|w| (w.seq, w.attempts)).collect::<Vec<_>>(),
        [(1, 0)]
    );
    let again = |attempt| Claim {
        released: true,
        ..claim(1, attempt)
    };
    let batch = [
        Change::Claim(again(1)),
        settle(again(1), Ending::Done(None)),
        settle(again(1), Ending::Done(None)),
    ];
    assert_eq!(
        commit(&fixture.store, &batch),
        [Outcome::Done, Outcome::Done, Outcome::Behind]
    );
    assert_eq!(
        letters::by_number(&mut conn, 1).unwrap().unwrap().state,
        letters::HANDLED
    );
    let dead = Dead {
        entry: journal::by_seq(&mut conn, 4).unwrap().unwrap().stated(),
        recipient: "/other".into(),
        reason: "nobody".into(),
    };
    commit(&fixture.store, &[Change::Bury(dead)]);
    let counts = letters::counts(&mut conn).unwrap();
    assert_eq!((counts.n_journaled, counts.n_waiting), (4, 1));
    assert_eq!((counts.n_quarantined, counts.n_released, counts.n_dead), (0, 0, 1));
}

#[test]
fn a_database_of_the_first_version_is_brought_up_to_date() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("huddle.db");
    {
        let mut conn = fixture.conn();
        imports::games_file(&mut conn, "g", games_csv().as_bytes(), now()).unwrap();
        while conn.applied_migrations().unwrap().len() > 1 {
            conn.revert_last_migration(crate::store::MIGRATIONS).unwrap();
        }
        let Change::Post(entry) = post(1, To::One("/r".into())) else {
            unreachable!()
        };
        journal::append(&mut conn, &[entry]).unwrap();
    }
    let older = Store::read_only(&path).map(drop).unwrap_err().to_string();
    let expected = format!("the older schema 00000000000001, this huddle reads {}", newest());
    assert!(older.contains(&expected), "{older}");
    let store = Store::open(&path).unwrap();
    let mut conn = store.conn().unwrap();
    assert_eq!(crate::store::games::all(&mut conn).unwrap().len(), 2);
    assert_eq!(journal::verify(&mut conn).unwrap().seq, 1);
    commit(&store, &[Change::Enrol(reader(), Begin::First)]);
    assert_eq!(
        store.read(&reader(), 0, 10).unwrap().letters.len(),
        1,
        "old entries are read as well"
    );
}

#[test]
fn reading_alone_changes_nothing() {
    let fixture = prepared();
    let odd = fixture.folder.path().join("50% #1?.db");
    fixture
        .conn()
        .batch_execute(&format!("VACUUM INTO '{}'", odd.display()))
        .unwrap();
    let before = std::fs::read(&odd).unwrap();
    let mut conn = Store::read_only(&odd).unwrap();
    assert_eq!(journal::verify(&mut conn).unwrap().seq, 4);
    assert!(letters::count(&mut conn, "/a", "vote", 1).is_err());
    drop(conn);
    assert_eq!(std::fs::read(&odd).unwrap(), before);
    assert!(Store::read_only(&fixture.folder.path().join("none.db")).is_err());
}
