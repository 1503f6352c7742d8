//! A journal in memory, for tests and the simulated world: what was committed survives every crash of those who use it,
//! everything else is gone.

use super::journal::{
    Address, Begin, Change, Claim, Cursor, Dead, Ending, Epoch, Journal, JournalError, MAX_DEAD, Outcome, Page,
    Waiting,
};
use crate::protocol::Written;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The journal. Clones share what is written, as processes share a file.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    kept: Kept,
    failures: VecDeque<Failure>,
    /// Commits until the process is dead; nothing for a process that lives on.
    left: Option<u32>,
}

/// A commit that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing is written, as on a full disk.
    Refused,
    /// All is written, but whoever asked never learns it.
    AnswerLost,
}

/// What readers' effects may write: counters by name.
pub type Effects = BTreeMap<String, u64>;

/// Everything that is written.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Letters in order; the first is number 1.
    pub entries: Vec<Written>,
    /// Readers and how far they are.
    pub cursors: BTreeMap<String, Cursor>,
    /// Letters set aside, by reader and number.
    pub quarantined: BTreeMap<(String, i64), SetAside>,
    /// Dead letters, oldest first.
    pub dead: VecDeque<Dead>,
    /// What effects wrote.
    pub effects: Effects,
    epochs: BTreeMap<String, Epoch>,
    generation: u64,
    numbers: BTreeMap<String, i64>,
}

/// A letter that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Why.
    pub reason: String,
    /// Whether it is to be delivered again.
    pub released: bool,
    /// Deliveries begun since then.
    pub attempts: u32,
}

/// Whose epoch stands for the bus itself.
const BUS: &str = "bus";

impl MemoryJournal {
    /// A copy of all that is written.
    pub fn kept(&self) -> Kept {
        self.0.lock().kept.clone()
    }

    /// The next commits go wrong like this, one each.
    pub fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.0.lock().failures.extend(failures);
    }

    /// The process dies after so many commits: nothing is written or read any more until [`MemoryJournal::restart`].
    pub fn crash_after(&self, n_commits: u32) {
        self.0.lock().left = Some(n_commits);
    }

    /// A new process has the file; what the old one had committed is there.
    pub fn restart(&self) {
        let mut shared = self.0.lock();
        shared.left = None;
        shared.failures.clear();
    }

    /// Whether the process is dead by [`MemoryJournal::crash_after`].
    pub fn is_dead(&self) -> bool {
        self.0.lock().left == Some(0)
    }

    /// Gives a quarantined letter back to delivery; false when there is none.
    pub fn release(&self, recipient: &str, seq: i64) -> bool {
        let mut shared = self.0.lock();
        let found = shared.kept.quarantined.get_mut(&(recipient.to_owned(), seq));
        found.map(|set| (set.released, set.attempts) = (true, 0)).is_some()
    }
}

impl Shared {
    fn alive(&self) -> Result<(), JournalError> {
        match self.left {
            Some(0) => Err(JournalError::Failed("the process is dead".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Journal for MemoryJournal {
    type Tx = Effects;
    const BLOCKS: bool = false;

    fn open(&self) -> Result<u64, JournalError> {
        let mut shared = self.0.lock();
        shared.alive()?;
        shared.kept.generation += 1;
        Ok(shared.kept.generation)
    }

    fn commit(
        &self,
        bus: Epoch,
        _: DateTime<Utc>,
        changes: &[Change<Effects>],
    ) -> Result<Vec<Outcome>, JournalError> {
        let mut shared = self.0.lock();
        shared.alive()?;
        shared.left = shared.left.map(|n| n - 1);
        let failure = shared.failures.pop_front();
        if failure == Some(Failure::Refused) {
            return Err(JournalError::Failed("the disk is full".to_owned()));
        }
        // Nothing but the fence can fail, so nothing is ever half written.
        shared.kept.fence(BUS, bus)?;
        let outcomes = changes
            .iter()
            .map(|change| shared.kept.apply(bus.generation, change))
            .collect();
        if failure == Some(Failure::AnswerLost) {
            return Err(JournalError::Failed("the answer was lost".to_owned()));
        }
        Ok(outcomes)
    }

    fn read(&self, address: &Address, after: i64, limit: usize) -> Result<Page, JournalError> {
        let shared = self.0.lock();
        shared.alive()?;
        let kept = &shared.kept;
        let waiting = |seq: i64, released, attempts| Waiting {
            seq,
            entry: kept.entries[index(seq)].clone(),
            released,
            attempts,
        };
        let own = kept
            .quarantined
            .iter()
            .filter(|((path, _), set)| *path == address.path && set.released);
        let released = own
            .map(|((_, seq), set)| waiting(*seq, true, set.attempts))
            .take(limit)
            .collect();
        let numbered = (1_i64..).zip(&kept.entries).skip(index(after + 1));
        let heard = numbered.filter(|(_, entry)| address.hears(entry));
        let letters: Vec<Waiting> = heard.map(|(seq, _)| waiting(seq, false, 0)).take(limit).collect();
        let head = i64::try_from(kept.entries.len()).unwrap_or(i64::MAX);
        let full = letters.len() == limit;
        let through = letters.last().filter(|_| full).map_or(head, |last| last.seq);
        Ok(Page {
            released,
            letters,
            through,
        })
    }
}

fn index(seq: i64) -> usize {
    usize::try_from(seq - 1).unwrap_or_default()
}

impl Kept {
    fn fence(&mut self, seat: &str, mine: Epoch) -> Result<(), JournalError> {
        let stored = self.epochs.entry(seat.to_owned()).or_default();
        if mine < *stored {
            return Err(JournalError::Fenced { mine, stored: *stored });
        }
        *stored = mine;
        Ok(())
    }

    fn apply(&mut self, generation: u64, change: &Change<Effects>) -> Outcome {
        match change {
            Change::Post(entry) => self.post(entry),
            Change::Enrol(address, begin) => {
                let seq = match begin {
                    Begin::First => 0,
                    Begin::Now => i64::try_from(self.entries.len()).unwrap_or(i64::MAX),
                };
                let fresh = Cursor {
                    seq,
                    ..Cursor::default()
                };
                Outcome::Enrolled(*self.cursors.entry(address.path.clone()).or_insert(fresh))
            }
            Change::Claim(claim) => self.claim(generation, claim),
            Change::Settle { claim, ending, next } => self.settle(generation, claim, ending, next.as_ref()),
            Change::Bury(dead) => {
                self.bury(dead.clone());
                Outcome::Done
            }
        }
    }

    fn post(&mut self, entry: &Written) -> Outcome {
        match self.numbers.get(&entry.id) {
            Some(seq) if self.entries[index(*seq)] == *entry => Outcome::Known(*seq),
            Some(_) => Outcome::Conflict,
            None => {
                self.entries.push(entry.clone());
                let seq = i64::try_from(self.entries.len()).unwrap_or(i64::MAX);
                self.numbers.insert(entry.id.clone(), seq);
                Outcome::Posted(seq)
            }
        }
    }

    /// Whether a claim may still write: its reader is not replaced, and not done with the letter.
    fn open(&mut self, generation: u64, claim: &Claim) -> Result<(), Outcome> {
        let epoch = Epoch {
            generation,
            incarnation: claim.incarnation,
        };
        self.fence(&format!("reader {}", claim.recipient), epoch)
            .map_err(|_| Outcome::Fenced)?;
        let key = (claim.recipient.clone(), claim.seq);
        let done = match claim.released {
            true => !self.quarantined.get(&key).is_some_and(|set| set.released),
            false => self.cursors.get(&claim.recipient).is_none_or(|c| c.seq >= claim.seq),
        };
        if done { Err(Outcome::Behind) } else { Ok(()) }
    }

    fn claim(&mut self, generation: u64, claim: &Claim) -> Outcome {
        match self.open(generation, claim) {
            Err(outcome) => outcome,
            Ok(()) => {
                self.count(claim, claim.attempt);
                Outcome::Done
            }
        }
    }

    fn count(&mut self, claim: &Claim, attempts: u32) {
        if claim.released {
            let key = (claim.recipient.clone(), claim.seq);
            self.quarantined.entry(key).and_modify(|set| set.attempts = attempts);
        } else if let Some(cursor) = self.cursors.get_mut(&claim.recipient) {
            (cursor.trying, cursor.attempts) = (claim.seq, attempts);
        }
    }

    fn settle(
        &mut self,
        generation: u64,
        claim: &Claim,
        ending: &Ending<Effects>,
        next: Option<&Claim>,
    ) -> Outcome {
        if let Err(outcome) = self.open(generation, claim) {
            return outcome;
        }
        let key = (claim.recipient.clone(), claim.seq);
        match ending {
            Ending::PutBack => {
                self.count(claim, claim.attempt.saturating_sub(1));
                return Outcome::Done;
            }
            Ending::Done(Some(effect)) => {
                let mut draft = self.effects.clone();
                if let Err(why) = effect.run(&mut draft) {
                    return Outcome::EffectFailed(why);
                }
                self.effects = draft;
            }
            Ending::Done(None) => {}
            Ending::Dead(reason) => self.bury(Dead {
                entry: self.entries[index(claim.seq)].clone(),
                recipient: claim.recipient.clone(),
                reason: reason.clone(),
            }),
            Ending::Quarantined(reason) => {
                let set = SetAside {
                    reason: reason.clone(),
                    released: false,
                    attempts: claim.attempt,
                };
                self.quarantined.insert(key.clone(), set);
            }
        }
        if !claim.released {
            self.cursors
                .entry(claim.recipient.clone())
                .and_modify(|c| c.seq = claim.seq);
        } else if !matches!(ending, Ending::Quarantined(_)) {
            self.quarantined.remove(&key);
        }
        next.map_or(Outcome::Done, |next| self.claim(generation, next))
    }

    fn bury(&mut self, dead: Dead) {
        self.dead.push_back(dead);
        while self.dead.len() > usize::try_from(MAX_DEAD).unwrap_or(usize::MAX) {
            self.dead.pop_front();
        }
    }
}
