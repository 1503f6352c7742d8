//! A full disk: whoever posts is told, nothing acknowledged is lost, and when there is room again the bus goes on.

use super::reader::{Fate, Post as House, ReaderArgs, note};
use huddle::actor::How;
use huddle::bus::{GetStatus, Letter, Post, PostError, Posted, Receipt, Settle};
use huddle::protocol::{Body, Order, To};
use huddle::store::{Conn, Store, StoreOptions, journal, letters};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn mark(reader: &str, letter: &Letter<Conn>) -> Receipt<Conn> {
    let (reader, id, seq) = (reader.to_owned(), letter.message.id.0.clone(), letter.seq.unwrap());
    Receipt::effect(move |conn: &mut Conn| letters::count(conn, &reader, &id, seq).map_err(|e| e.to_string()))
}

/// Posts until the disk is full, makes room, and goes on. Returns how many letters were kept before it was full.
async fn fill(store: &Store, room: impl FnOnce()) -> usize {
    let reader = ReaderArgs {
        path: "/r".to_owned(),
        fate: Fate::default(),
        mark,
        takes: Duration::ZERO,
    };
    let house = House::start(store, vec![reader], |args| args);
    let patient = How::within(Duration::from_secs(60));
    let large = |n: usize| {
        let mut message = note(&format!("m{n}"), To::One("/r".into()));
        message.body = Body::Order(Order::Note {
            text: "x".repeat(20_000),
        });
        Post::new(message)
    };
    let mut kept = 0;
    let error = loop {
        match house.bus.ask(large(kept), patient).await.unwrap() {
            Ok(Posted::Kept(_)) => kept += 1,
            other => break other,
        }
        assert!(kept < 1_000, "the disk is small");
    };
    let Err(PostError::Journal(error)) = error else {
        panic!("{error:?}")
    };
    let text = PostError::Journal(error).to_string();
    for part in [
        "it is not durable",
        "disk is full",
        "check the disk's free space",
        "post it again",
    ] {
        assert!(text.contains(part), "`{part}` is missing: {text}");
    }
    assert_eq!(journal::verify(&mut store.conn().unwrap()).unwrap().seq, kept as i64);
    assert!(house.bus.ask(GetStatus, patient).await.unwrap().n_failed_commits > 0);
    room();
    assert_eq!(
        house.bus.ask(large(kept), patient).await.unwrap(),
        Ok(Posted::Kept(kept as i64 + 1))
    );
    house.bus.ask(Settle, patient).await.unwrap();
    house.root.shutdown(Duration::from_secs(10)).await;
    let counted = letters::counted(&mut store.conn().unwrap()).unwrap();
    assert_eq!(counted.len(), kept + 1, "every letter took effect");
    assert!(counted.iter().all(|row| row.n == 1));
    kept
}

#[test]
fn a_file_at_its_size_limit_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huddle.db");
    let options = StoreOptions {
        max_pages: Some(400),
        ..StoreOptions::default()
    };
    let store = Store::open_with(&path, options).unwrap();
    let sql = |text: &str| {
        let done = Command::new("sqlite3").arg(&path).arg(text).output();
        done.is_ok_and(|output| output.status.success())
    };
    let filler = "CREATE TABLE filler (x); INSERT INTO filler SELECT zeroblob(1000) FROM generate_series(1, 500);";
    if !sql(filler) {
        eprintln!("skipped: there is no sqlite3 to fill the file with");
        return;
    }
    let kept = actix::System::new().block_on(fill(&store, || assert!(sql("DROP TABLE filler;"))));
    assert!(kept > 0);
}

/// A small file system that goes with the test.
struct Mount<'a>(&'a Path);

impl Mount<'_> {
    fn new(folder: &Path) -> Option<Mount<'_>> {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder)
            .output();
        done.is_ok_and(|output| output.status.success())
            .then_some(Mount(folder))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

#[test]
fn a_full_file_system_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path()) else {
        eprintln!("skipped: mounting a small file system needs root");
        return;
    };
    let filler = mount.0.join("filler");
    std::fs::write(&filler, vec![1; 2 << 20]).unwrap();
    let store = Store::open(&mount.0.join("huddle.db")).unwrap();
    let kept = actix::System::new().block_on(fill(&store, || std::fs::remove_file(&filler).unwrap()));
    println!("{kept} letters were kept before the file system was full");
    drop(store);
    assert!(kept > 0);
}
