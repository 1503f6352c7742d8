//! Sustained durable letters per second into the journal, against plain inserts of the same rows in batches of the same
//! size into the same table without a chain: `cargo bench --bench journal`.
//!
//! Both sides run in turn on one disk, in rounds, because a disk is not the same twice; the ratio is of each round.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use huddle::bus::{Change, Epoch, Journal, Outcome};
use huddle::clock::uptime;
use huddle::protocol::{AgentMessage, Kind, Order, To, Written};
use huddle::store::schema::journal;
use huddle::store::{Conn, Store};
use std::path::Path;
use std::time::Duration;

type Failed = Box<dyn std::error::Error>;

/// Rounds of each batch size.
const N_ROUNDS: usize = 15;
/// Letters a side and round, in batches.
const SIZES: [(usize, usize); 4] = [(1, 200), (16, 1_600), (256, 12_800), (1_024, 20_480)];

/// Letters as agents send them: some hundred bytes.
fn letters(from: usize, n: usize) -> Vec<Written> {
    let letter = |k: usize| {
        let text = format!("note {k} {}", "about what there is to say of it ".repeat(8));
        let to = To::One("/specialists/performance_analyst".into());
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + k as i64, 0).unwrap_or_default();
        let id = format!("{k:016x}");
        let body = Order::Note { text };
        Written::of(&AgentMessage::new(
            id.as_str().into(),
            "/swarms/consensus/elo",
            to,
            Kind::Command,
            at,
            body,
        ))
    };
    (from..from + n).map(letter).collect()
}

/// Seconds for all letters through the bus's journal.
fn chained(store: &Store, letters: &[Written], batch: usize) -> Result<f64, Failed> {
    let epoch = Epoch {
        generation: 1,
        incarnation: 1,
    };
    let at = chrono::DateTime::UNIX_EPOCH;
    let changes: Vec<Change<Conn>> = letters.iter().cloned().map(Change::Post).collect();
    let begin = uptime();
    for batch in changes.chunks(batch) {
        let outcomes = store.commit(epoch, at, batch)?;
        if !outcomes.iter().all(|outcome| matches!(outcome, Outcome::Posted(_))) {
            return Err("a letter was there before".into());
        }
    }
    Ok(took(begin))
}

fn took(begin: Duration) -> f64 {
    uptime().saturating_sub(begin).as_secs_f64()
}

/// Seconds for the same rows without a chain, with the same durability.
fn plain(conn: &mut Conn, letters: &[Written], batch: usize) -> Result<f64, Failed> {
    let last: Option<i64> = journal::table.select(diesel::dsl::max(journal::seq)).first(conn)?;
    let mut seq = last.unwrap_or_default();
    let hash = "0".repeat(64);
    let begin = uptime();
    for batch in letters.chunks(batch) {
        conn.immediate_transaction(|conn| {
            for letter in batch {
                seq += 1;
                diesel::insert_into(journal::table)
                    .values((
                        journal::seq.eq(seq),
                        journal::id.eq(&letter.id),
                        journal::thread.eq(&letter.thread),
                        journal::parent.eq(&letter.parent),
                        journal::sender.eq(&letter.sender),
                        journal::recipient.eq(&letter.recipient),
                        journal::kind.eq(&letter.kind),
                        journal::priority.eq(&letter.priority),
                        journal::at.eq(letter.at),
                        journal::body.eq(&letter.body),
                        journal::prev_hash.eq(&hash),
                        journal::hash.eq(&hash),
                    ))
                    .execute(conn)?;
            }
            diesel::result::QueryResult::Ok(())
        })?;
    }
    Ok(took(begin))
}

/// What rounds gave: median, least and greatest.
fn spread(mut of: Vec<f64>) -> (f64, f64, f64) {
    of.sort_by(f64::total_cmp);
    (of[of.len() / 2], of[0], of[of.len() - 1])
}

/// Rounds of one batch size, both sides in turn: letters per second of each, and the ratio.
fn compare(folder: &Path, batch: usize, n: usize, synced: bool) -> Result<(), Failed> {
    let store = Store::open(&folder.join(format!("chained-{batch}-{synced}.db")))?;
    let other = Store::open(&folder.join(format!("plain-{batch}-{synced}.db")))?;
    let mut conn = other.conn()?;
    if !synced {
        conn.batch_execute("PRAGMA synchronous = NORMAL;")?;
    }
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms caches and files and is not counted.
    for round in 0..=N_ROUNDS {
        let letters = letters(round * n, n);
        let (a, b) = if round % 2 == 0 {
            let a = chained(&store, &letters, batch)?;
            (a, plain(&mut conn, &letters, batch)?)
        } else {
            let b = plain(&mut conn, &letters, batch)?;
            (chained(&store, &letters, batch)?, b)
        };
        if round > 0 {
            ours.push(n as f64 / a);
            theirs.push(n as f64 / b);
            ratios.push(b / a);
        }
    }
    let ((ours, ..), (theirs, ..), (ratio, least, most)) = (spread(ours), spread(theirs), spread(ratios));
    let against = if synced {
        "plain"
    } else {
        "plain, synced at checkpoints only"
    };
    println!(
        "batches of {batch:>5}: journal {ours:>9.0}/s, {against} {theirs:>9.0}/s, ratio {ratio:.2} \
         ({least:.2}..{most:.2}, n = {N_ROUNDS} rounds of {n})"
    );
    Ok(())
}

fn main() -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("huddle-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = SIZES
        .into_iter()
        .try_for_each(|(batch, n)| compare(&folder, batch, n, true));
    let unsynced = done.and_then(|()| {
        SIZES
            .into_iter()
            .try_for_each(|(batch, n)| compare(&folder, batch, n, false))
    });
    std::fs::remove_dir_all(&folder)?;
    unsynced
}
