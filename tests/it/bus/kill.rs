//! The process is killed at random points of a journaled workload, again and again, in real time and on a real disk.
//! The workload is this very test program, started by itself.

use super::reader::{Fate, Post as House, ReaderArgs, note};
use huddle::actor::How;
use huddle::bus::{Letter, Post, Posted, Receipt, Settle};
use huddle::clock::Seeds;
use huddle::protocol::To;
use huddle::store::letters::{self, QUARANTINED, RELEASED};
use huddle::store::{Conn, Store, journal};
use huddle::world::share;
use rand::RngExt as _;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "HUDDLE_KILL_FOLDER";
/// The number of the life, or `last` for one that only delivers.
const LIFE: &str = "HUDDLE_KILL_LIFE";
const READERS: [&str; 2] = ["/r0", "/r1"];
/// What one life may say before it is killed.
const MAX_LETTERS: u32 = 20_000;

/// A row for each reader and letter that counts how often it took effect.
fn mark(reader: &str, letter: &Letter<Conn>) -> Receipt<Conn> {
    let (reader, id, seq) = (reader.to_owned(), letter.message.id.0.clone(), letter.seq.unwrap());
    Receipt::effect(move |conn: &mut Conn| letters::count(conn, &reader, &id, seq).map_err(|e| e.to_string()))
}

async fn live(folder: &Path, life: &str) {
    let store = Store::open(&folder.join("huddle.db")).unwrap();
    let readers = READERS.map(|path| ReaderArgs {
        path: path.to_owned(),
        fate: Fate::default(),
        mark,
        takes: Duration::ZERO,
    });
    let house = House::start(&store, readers.to_vec(), |args| args);
    let patient = How::within(Duration::from_secs(60));
    if life == "last" {
        house.bus.ask(Settle, patient).await.unwrap();
        assert_eq!(house.root.shutdown(Duration::from_secs(10)).await.code(), 0);
        return;
    }
    let mut acks = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("acks"))
        .unwrap();
    let mut under_way = Vec::new();
    for n in 0..MAX_LETTERS {
        let id = format!("life{life}-{n}");
        let to = if n % 3 == 0 {
            To::All
        } else {
            To::One(READERS[n as usize % 2].into())
        };
        under_way.push((id.clone(), house.bus.ask(Post::new(note(&id, to)), patient)));
        // Some letters share a commit, some have one of their own.
        if n % 7 == 0 {
            for (id, posted) in under_way.drain(..) {
                assert!(matches!(posted.await, Ok(Ok(Posted::Kept(_)))));
                writeln!(acks, "{id}").unwrap();
            }
        }
        // A backlog that only grew would leave most deliveries to the last life.
        if n % 49 == 0 {
            house.bus.ask(Settle, patient).await.unwrap();
        }
    }
}

/// The workload; without a folder it is not meant.
#[test]
fn workload() {
    let (Ok(folder), Ok(life)) = (std::env::var(FOLDER), std::env::var(LIFE)) else {
        return;
    };
    actix::System::new().block_on(live(Path::new(&folder), &life));
}

fn start(folder: &Path, life: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "bus::kill::workload"]);
    command
        .env(FOLDER, folder)
        .env(LIFE, life)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn last_life(folder: &Path) {
    assert!(
        start(folder, "last").wait().unwrap().success(),
        "the last life ends in order"
    );
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let full = std::env::var("HUDDLE_FULL").ok();
    let n_kills = share(200, full.as_deref(), None).len();
    let folder = tempfile::tempdir().unwrap();
    let mut rng = Seeds::new(9).derive("bus/kill", 0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    for life in 0..n_kills {
        let mut child = start(folder.path(), &life.to_string());
        let lives = Duration::from_millis(rng.random_range(10..400));
        runtime.block_on(async { tokio::time::sleep(lives).await });
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "it is killed in the middle of its work"
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }
    last_life(folder.path());
    let store = Store::open(&folder.path().join("huddle.db")).unwrap();
    let mut conn = store.conn().unwrap();
    // Who was in hand at three kills was set aside, which is not lost either.
    let set_aside = letters::in_state(&mut conn, QUARANTINED, 1_000).unwrap();
    for letter in &set_aside {
        assert!(letters::decide(&mut conn, letter.n, RELEASED, None).unwrap());
    }
    last_life(folder.path());
    let head = journal::verify(&mut conn).unwrap();
    let entries = journal::after(&mut conn, 0, i64::MAX).unwrap();
    let ids: BTreeSet<&str> = entries.iter().map(|e| e.id.as_str()).collect();
    let acks = std::fs::read_to_string(folder.path().join("acks")).unwrap_or_default();
    for id in acks.lines() {
        assert!(ids.contains(id), "{id} was acknowledged and is lost");
    }
    let counted = letters::counted(&mut conn).unwrap();
    assert!(counted.iter().all(|row| row.n == 1), "a letter took effect twice");
    let handled: BTreeSet<(&str, &str)> = counted
        .iter()
        .map(|row| (row.sender.as_str(), row.kind.as_str()))
        .collect();
    for entry in &entries {
        for reader in READERS
            .into_iter()
            .filter(|r| entry.recipient == "all" || entry.recipient == *r)
        {
            assert!(
                handled.contains(&(reader, entry.id.as_str())),
                "{} never took effect at {reader}",
                entry.id
            );
        }
    }
    println!(
        "{n_kills} kills: {} letters journaled, {} acknowledged, {} effects, {} set aside and released, chain of {} holds",
        entries.len(),
        acks.lines().count(),
        counted.len(),
        set_aside.len(),
        head.seq
    );
    assert!(
        n_kills < 10 || acks.lines().count() > 1_000,
        "the workload gets somewhere between kills"
    );
}
