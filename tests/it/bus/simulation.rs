//! Seeded lives of a bus: random letters, crashing readers, a crashing bus, failing commits, processes that die at any
//! commit. Whatever happens, nothing acknowledged is lost, nothing takes effect twice, order holds, poison is set aside.

use super::reader::{Fate, POISON, Post as House, ReaderArgs, note, world};
use crate::runtime::harness::{MINUTE, soon};
use huddle::bus::{Effects, Failure, Letter, MemoryJournal, Post, PostError, Posted, Receipt, Settle};
use huddle::clock::Seeds;
use huddle::protocol::To;
use huddle::world::population;
use parking_lot::Mutex;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const READERS: [&str; 3] = ["/r0", "/r1", "/r2"];
const MAX_ATTEMPTS: u32 = 3;

/// Letters by id with their readers, and those whose poster was told that they are durable.
#[derive(Default)]
struct Said {
    readers: BTreeMap<String, Vec<&'static str>>,
    acknowledged: BTreeSet<String>,
}

/// Counts the letter, and notes when it comes out of order.
fn mark(reader: &str, letter: &Letter<Effects>) -> Receipt<Effects> {
    let (reader, id) = (reader.to_owned(), letter.message.id.0.clone());
    let seq = letter.seq.and_then(|seq| u64::try_from(seq).ok()).unwrap();
    Receipt::effect(move |tx: &mut Effects| {
        *tx.entry(format!("handled {reader} {id}")).or_default() += 1;
        let last = tx.entry(format!("last {reader}")).or_default();
        if seq < *last {
            *tx.entry("disorder".into()).or_default() += 1;
        } else {
            *last = seq;
        }
        Ok(())
    })
}

struct Sim {
    rng: Pcg64Mcg,
    journal: MemoryJournal,
    fate: Fate,
    said: Arc<Mutex<Said>>,
    n_said: u32,
}

impl Sim {
    fn new(seed: u64) -> Sim {
        Sim {
            rng: Seeds::new(seed).derive("bus/simulation", 0),
            journal: MemoryJournal::default(),
            fate: Fate::default(),
            said: Arc::default(),
            n_said: 0,
        }
    }

    fn start(&mut self) -> House<MemoryJournal> {
        let readers = READERS.map(|path| ReaderArgs {
            path: path.to_owned(),
            fate: self.fate.clone(),
            mark,
            takes: Duration::from_millis(self.rng.random_range(0..4)),
        });
        let house = House::start(&self.journal, readers.to_vec(), |args| args);
        house.registry.join("/r0", "g").unwrap();
        house.registry.join("/r1", "g").unwrap();
        house
    }

    /// Posts a letter, sometimes one that was posted before, and does not wait.
    fn post(&mut self, house: &House<MemoryJournal>) {
        let again = self.n_said > 0 && self.rng.random_bool(0.1);
        let n = if again {
            self.rng.random_range(0..self.n_said)
        } else {
            self.n_said
        };
        self.n_said += u32::from(!again);
        let id = format!("m{n}");
        // What a letter says follows from its id, so that posting it again says the same.
        let (to, readers) = match n % 5 {
            0 => (To::All, READERS.to_vec()),
            1 => (To::Group("g".into()), vec!["/r0", "/r1"]),
            _ => (To::One(READERS[n as usize % 3].into()), vec![READERS[n as usize % 3]]),
        };
        if !again && self.rng.random_bool(0.2) {
            let times = if self.rng.random_bool(0.3) {
                POISON
            } else {
                self.rng.random_range(1..MAX_ATTEMPTS)
            };
            let reader = readers[self.rng.random_range(0..readers.len())];
            self.fate.crash(reader, &id, times);
        }
        self.said.lock().readers.insert(id.clone(), readers);
        let asked = house.bus.ask(Post::new(note(&id, to)), soon());
        let said = Arc::clone(&self.said);
        actix_rt::spawn(async move {
            match asked.await {
                Ok(Ok(Posted::Kept(_) | Posted::Before(_))) => drop(said.lock().acknowledged.insert(id)),
                Ok(Err(PostError::Journal(_) | PostError::Lost)) | Err(_) => {}
                other => panic!("{id}: {other:?}"),
            }
        });
    }

    /// One life of the process, which ends at some commit or at some moment, without a word.
    fn life(&mut self) {
        self.journal.restart();
        if self.rng.random_bool(0.8) {
            self.journal.crash_after(self.rng.random_range(1..40));
        }
        let n_steps = self.rng.random_range(5..40);
        world(async {
            let house = self.start();
            for _ in 0..n_steps {
                match self.rng.random_range(0..20) {
                    0..12 => self.post(&house),
                    12 => house.sabotage(),
                    13 => self.journal.fail([Failure::Refused]),
                    14 => self.journal.fail([Failure::AnswerLost]),
                    _ => tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..20))).await,
                }
                if self.journal.is_dead() {
                    break;
                }
            }
        });
    }

    /// A life in which nothing fails but what is poison; it lasts until all is delivered.
    fn peace(&mut self) {
        self.journal.restart();
        world(async {
            let house = self.start();
            house
                .bus
                .ask(Settle, soon())
                .await
                .expect("all is delivered within a minute of virtual time");
            assert_eq!(house.root.shutdown(MINUTE).await.code(), 0);
        });
    }

    fn check(&mut self) {
        self.peace();
        let kept = self.journal.kept();
        let ids: BTreeSet<&str> = kept.entries.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids.len(), kept.entries.len(), "a letter is journaled once");
        let said = self.said.lock();
        for id in &said.acknowledged {
            assert!(ids.contains(id.as_str()), "{id} was acknowledged and is lost");
        }
        assert_eq!(kept.effects.get("disorder"), None, "letters came out of order");
        for (at, entry) in kept.entries.iter().enumerate() {
            for reader in &said.readers[&entry.id] {
                let n = kept
                    .effects
                    .get(&format!("handled {reader} {}", entry.id))
                    .copied()
                    .unwrap_or(0);
                let set = kept.quarantined.get(&((*reader).to_owned(), at as i64 + 1));
                if let Some(set) = set {
                    assert_eq!(
                        (set.attempts, n),
                        (MAX_ATTEMPTS, 0),
                        "{} at {reader}: {}",
                        entry.id,
                        set.reason
                    );
                } else {
                    assert_eq!(n, 1, "{} took effect {n} times at {reader}", entry.id);
                }
            }
        }
    }

    /// What was set aside is healed and released, and takes effect once as well.
    fn release(&mut self) {
        self.fate.heal();
        let set: Vec<(String, i64)> = self.journal.kept().quarantined.into_keys().collect();
        for (reader, seq) in &set {
            assert!(self.journal.release(reader, *seq));
        }
        self.peace();
        let kept = self.journal.kept();
        assert!(kept.quarantined.is_empty(), "{:?}", kept.quarantined);
        for (reader, seq) in set {
            let id = &kept.entries[usize::try_from(seq - 1).unwrap()].id;
            assert_eq!(kept.effects[&format!("handled {reader} {id}")], 1);
        }
    }
}

#[test]
fn whatever_crashes_letters_are_kept_and_take_effect_once() {
    let runs = population(10_000, |seed| {
        let mut sim = Sim::new(seed);
        for _ in 0..sim.rng.random_range(1..5) {
            sim.life();
        }
        sim.check();
        let kept = sim.journal.kept();
        sim.release();
        let n_acknowledged = sim.said.lock().acknowledged.len();
        [kept.entries.len(), n_acknowledged, kept.quarantined.len()]
    });
    let total = |of: usize| runs.iter().map(|run| run[of]).sum::<usize>();
    let (n_letters, n_acknowledged, n_set_aside) = (total(0), total(1), total(2));
    println!("{n_letters} letters journaled, {n_acknowledged} acknowledged, {n_set_aside} set aside and released");
    assert!(
        runs.len() < 100 || (n_acknowledged > 0 && n_set_aside > 0),
        "it reaches what it is about"
    );
}
