//! The database as the bus's journal: a batch of changes is one transaction, readers' effects within it.

use super::fences;
use super::journal::{self, Appended};
use super::letters::{self, HANDLED, RELEASED};
use super::{Conn, Store, StoreError, cursors, depth};
use crate::bus::{
    Address, Begin, Change, Claim, Cursor, Dead, Effect, Ending, Epoch, Journal, JournalError, Outcome, Page,
    Waiting,
};
use crate::protocol::Written;
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;

/// The seat of the bus among the fences, and its name among the generations.
const SEAT: &str = "/platform/bus";

impl Journal for Store {
    type Tx = Conn;

    fn open(&self) -> Result<u64, JournalError> {
        let counted = self.conn().and_then(|mut conn| fences::generation(&mut conn, SEAT));
        counted.map_err(failed)
    }

    fn commit(
        &self,
        bus: Epoch,
        at: DateTime<Utc>,
        changes: &[Change<Conn>],
    ) -> Result<Vec<Outcome>, JournalError> {
        let work = |conn: &mut Conn| {
            fences::pass(conn, SEAT, bus)?;
            let mut batch = Batch { bus, at, conn };
            batch.apply(changes)
        };
        let done = self.conn().and_then(|mut conn| super::immediate(&mut conn, work));
        done.map_err(failed)
    }

    fn read(&self, address: &Address, after: i64, limit: usize) -> Result<Page, JournalError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let done = self.conn().and_then(|mut conn| page(&mut conn, address, after, limit));
        done.map_err(failed)
    }
}

fn failed(error: StoreError) -> JournalError {
    match error {
        StoreError::Fenced { mine, stored, .. } => JournalError::Fenced { mine, stored },
        other => JournalError::Failed(other.to_string()),
    }
}

/// What an address has not had after an entry, at one instant of the journal.
fn page(conn: &mut Conn, address: &Address, after: i64, limit: i64) -> Result<Page, StoreError> {
    conn.transaction(|conn| {
        let head = journal::head(conn)?.seq;
        let mut released = Vec::new();
        for (seq, attempts) in letters::released(conn, &address.path, limit)? {
            let entry = journal::by_seq(conn, seq)?.ok_or(diesel::result::Error::NotFound)?;
            released.push(Waiting {
                seq,
                entry: entry.stated(),
                released: true,
                attempts,
            });
        }
        let entries = journal::heard(conn, address, after, limit)?;
        let full = i64::try_from(entries.len()).unwrap_or(i64::MAX) == limit;
        let through = entries.last().filter(|_| full).map_or(head, |last| last.seq);
        let letters = entries.into_iter().map(|entry| Waiting {
            seq: entry.seq,
            entry: entry.stated(),
            released: false,
            attempts: 0,
        });
        Ok(Page {
            released,
            letters: letters.collect(),
            through,
        })
    })
}

/// A batch within its transaction.
struct Batch<'a> {
    bus: Epoch,
    at: DateTime<Utc>,
    conn: &'a mut Conn,
}

/// Why an effect and what belongs to it were taken back.
enum Undone {
    Effect(String),
    Store(StoreError),
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Undone {
        Undone::Store(error.into())
    }
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Undone {
        Undone::Store(error)
    }
}

impl Batch<'_> {
    fn apply(&mut self, changes: &[Change<Conn>]) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut rest = changes;
        while let Some(change) = rest.first() {
            // Letters that follow each other are appended together.
            let posts: Vec<&Written> = rest.iter().map_while(posted).collect();
            if !posts.is_empty() {
                rest = &rest[posts.len()..];
                outcomes.extend(self.post(&posts)?);
                continue;
            }
            rest = &rest[1..];
            outcomes.push(self.one(change)?);
        }
        Ok(outcomes)
    }

    fn post(&mut self, posts: &[&Written]) -> Result<Vec<Outcome>, StoreError> {
        let (_, appended) = journal::append_each(self.conn, posts)?;
        let outcome = |appended| match appended {
            Appended::New(seq) => Outcome::Posted(seq),
            Appended::Known(seq) => Outcome::Known(seq),
            Appended::Conflict => Outcome::Conflict,
        };
        Ok(appended.into_iter().map(outcome).collect())
    }

    fn one(&mut self, change: &Change<Conn>) -> Result<Outcome, StoreError> {
        match change {
            Change::Post(entry) => Ok(self.post(&[entry])?.remove(0)),
            Change::Enrol(address, begin) => {
                let first = match begin {
                    Begin::First => 0,
                    Begin::Now => journal::head(self.conn)?.seq,
                };
                Ok(Outcome::Enrolled(cursors::enrol(self.conn, address, first, self.bus)?))
            }
            Change::Claim(claim) => self.claim(claim),
            Change::Settle { claim, ending, next } => self.settle(claim, ending, next.as_ref()),
            Change::Bury(dead) => {
                letters::bury(self.conn, dead, self.at.naive_utc())?;
                Ok(Outcome::Done)
            }
        }
    }

    fn claim(&mut self, claim: &Claim) -> Result<Outcome, StoreError> {
        let Some(cursor) = cursors::fenced(self.conn, claim, self.bus.generation)? else {
            return Ok(Outcome::Fenced);
        };
        self.count(claim, cursor, claim.attempt)
    }

    /// Writes down how often a delivery was begun, if the letter is still to be delivered.
    fn count(&mut self, claim: &Claim, cursor: Cursor, attempts: u32) -> Result<Outcome, StoreError> {
        if claim.released {
            let there = letters::touch(self.conn, (&claim.recipient, claim.seq), attempts, RELEASED)?;
            return Ok(if there { Outcome::Done } else { Outcome::Behind });
        }
        if cursor.seq >= claim.seq {
            return Ok(Outcome::Behind);
        }
        let trying = Cursor {
            trying: claim.seq,
            attempts,
            ..cursor
        };
        cursors::put(self.conn, claim, self.bus.generation, trying)?;
        Ok(Outcome::Done)
    }

    fn settle(
        &mut self,
        claim: &Claim,
        ending: &Ending<Conn>,
        next: Option<&Claim>,
    ) -> Result<Outcome, StoreError> {
        let Some(cursor) = cursors::fenced(self.conn, claim, self.bus.generation)? else {
            return Ok(Outcome::Fenced);
        };
        let effect = match ending {
            Ending::PutBack => return self.count(claim, cursor, claim.attempt.saturating_sub(1)),
            Ending::Done(effect) => effect.as_ref(),
            Ending::Quarantined(_) | Ending::Dead(_) => None,
        };
        let pass = |batch: &mut Batch| batch.pass(claim, ending, cursor, next);
        match effect {
            Some(effect) => self.carry_out(effect, pass),
            None if pass(self)? => Ok(Outcome::Done),
            None => Ok(Outcome::Behind),
        }
    }

    /// Takes a letter off its reader's list and puts the next one in hand; false if it was off the list before.
    fn pass(
        &mut self,
        claim: &Claim,
        ending: &Ending<Conn>,
        cursor: Cursor,
        next: Option<&Claim>,
    ) -> Result<bool, StoreError> {
        let (at, key) = (self.at.naive_utc(), (claim.recipient.as_str(), claim.seq));
        if claim.released {
            if !letters::touch(self.conn, key, claim.attempt, HANDLED)? {
                return Ok(false);
            }
        } else if cursor.seq >= claim.seq {
            return Ok(false);
        }
        match ending {
            Ending::Quarantined(reason) => letters::quarantine(self.conn, key, claim.attempt, reason, at)?,
            Ending::Dead(reason) => {
                let entry = journal::by_seq(self.conn, claim.seq)?.ok_or(diesel::result::Error::NotFound)?;
                let dead = Dead {
                    entry: entry.stated(),
                    recipient: claim.recipient.clone(),
                    reason: reason.clone(),
                };
                letters::bury(self.conn, &dead, at)?;
            }
            Ending::Done(_) | Ending::PutBack => {}
        }
        let mut moved = cursor;
        if !claim.released {
            moved.seq = claim.seq;
        }
        match next {
            Some(next) if next.released => {
                letters::touch(self.conn, (&next.recipient, next.seq), next.attempt, RELEASED)?;
            }
            Some(next) => (moved.trying, moved.attempts) = (next.seq, next.attempt),
            None => {}
        }
        cursors::put(self.conn, claim, self.bus.generation, moved)?;
        Ok(true)
    }

    /// Both the effect and the passing of its letter, or neither.
    fn carry_out(
        &mut self,
        effect: &Effect<Conn>,
        pass: impl FnOnce(&mut Batch) -> Result<bool, StoreError>,
    ) -> Result<Outcome, StoreError> {
        let (bus, at) = (self.bus, self.at);
        let done = super::immediate(self.conn, |conn| {
            if !pass(&mut Batch { bus, at, conn })? {
                return Ok(Outcome::Behind);
            }
            let before = depth(conn)?;
            let ran = effect.run(conn);
            // An effect that panicked within a transaction of its own has left that open.
            while depth(conn)? > before {
                AnsiTransactionManager::rollback_transaction(conn)?;
            }
            ran.map_err(undone).map(|()| Outcome::Done)
        });
        match done {
            Ok(outcome) => Ok(outcome),
            Err(Undone::Store(error)) => Err(error),
            Err(Undone::Effect(why)) => Ok(Outcome::EffectFailed(why)),
        }
    }
}

/// A full or locked database is no fault of the effect: the whole batch is tried again.
fn undone(why: String) -> Undone {
    match StoreError::of_message(&why) {
        Some(error @ (StoreError::Disk(_) | StoreError::Locked)) => Undone::Store(error),
        _ => Undone::Effect(why),
    }
}

fn posted(change: &Change<Conn>) -> Option<&Written> {
    match change {
        Change::Post(entry) => Some(entry),
        _ => None,
    }
}
