//! One reader's way through the journal, as a pure machine: which letter is next, what is written before it is handed
//! over, and what an ending means for the next one.
//!
//! A letter is claimed in the journal before it is delivered, one at a time, so that a crash leaves a trace whatever
//! crashed: the reader, the bus or the process. The claim of the next letter is written with the ending of the one
//! before, so that a letter costs one commit.

use super::journal::{Address, Begin, Change, Claim, Cursor, Ending, Hears, Outcome, Page, Waiting};
use super::letter::Effect;
use crate::protocol::AgentMessage;
use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::time::Duration;

/// Letters read ahead for one reader: a read costs about as much as ten letters, and letters may be large.
pub(super) const PAGE: usize = 64;
/// The first rest of a reader that is not there; doubled each time up to [`MAX_REST`].
const MIN_REST: Duration = Duration::from_millis(50);
/// Restarts are over within seconds, so looking more seldom only delays.
const MAX_REST: Duration = Duration::from_secs(5);

/// What is to be done for a reader.
#[derive(Debug)]
pub(super) enum Todo<T> {
    /// Commit this.
    Write(Change<T>),
    /// Read what is behind this number.
    Read(i64),
    /// Hand this letter over.
    Deliver(Claim, Box<AgentMessage>),
    /// Come back after this time.
    Rest(Duration),
    /// Wait for news.
    Nothing,
}

/// What a delivery came to.
#[derive(Debug)]
pub(super) enum Verdict<T> {
    /// Handled.
    Done(Option<Effect<T>>),
    /// The reader says it never can.
    Refused(String),
    /// The reader had it in hand and did not end well.
    Crashed(String),
    /// The reader never had it.
    NotThere,
}

#[derive(Debug, PartialEq)]
enum Stage {
    New,
    Enrolling,
    Idle,
    Reading,
    Claiming(Claim),
    InHand(Claim),
    Settling {
        claim: Claim,
        gone: bool,
        next: Option<Claim>,
    },
    Resting,
}

/// A reader's place in the journal and what is going on there.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) address: Address,
    begin: Begin,
    max_attempts: u32,
    cursor: Cursor,
    scanned: i64,
    /// What it wrote was refused as too old: after a rest it begins again from what is written.
    fenced: bool,
    queue: VecDeque<Waiting>,
    stage: Stage,
    grew: bool,
    n_rests: u32,
}

impl Mailbox {
    pub(super) fn new(address: Address, begin: Begin, max_attempts: u32) -> Mailbox {
        Mailbox {
            address,
            begin,
            max_attempts,
            cursor: Cursor::default(),
            scanned: 0,
            fenced: false,
            queue: VecDeque::new(),
            stage: Stage::New,
            grew: true,
            n_rests: 0,
        }
    }

    /// Nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Idle && !self.grew && self.queue.is_empty()
    }

    pub(super) fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// There may be more to read.
    pub(super) fn grow(&mut self) {
        self.grew = true;
    }

    /// What to do now; nothing while something is under way. `incarnation` is the reader's.
    pub(super) fn step<T>(&mut self, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        match self.stage {
            Stage::New => {
                self.stage = Stage::Enrolling;
                Todo::Write(Change::Enrol(self.address.clone(), self.begin))
            }
            Stage::Idle => self.next(incarnation, now),
            _ => Todo::Nothing,
        }
    }

    fn next<T>(&mut self, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        let Some(letter) = self.queue.front() else {
            if !self.grew {
                return Todo::Nothing;
            }
            self.grew = false;
            self.stage = Stage::Reading;
            return Todo::Read(self.scanned);
        };
        let begun = self.begun(letter);
        let claim = self.claim(letter, begun + 1, incarnation);
        let unfit = match letter.entry.read() {
            Err(unreadable) => Some(Ending::Quarantined(unreadable.to_string())),
            // An auditor reads what was said, whether or not an answer would still be worth anything.
            Ok(message) if self.address.hears != Hears::Everything && message.is_late(now) => {
                Some(Ending::Dead(format!("its deadline passed {}", late(&message))))
            }
            Ok(_) if begun >= self.max_attempts => Some(Ending::Quarantined(format!(
                "it was in hand at {begun} crashes, the last one of the whole process"
            ))),
            Ok(_) => None,
        };
        match unfit {
            Some(ending) => {
                let claim = Claim {
                    attempt: begun,
                    ..claim
                };
                self.settle(claim, ending, incarnation, now)
            }
            None => {
                self.stage = Stage::Claiming(claim.clone());
                Todo::Write(Change::Claim(claim))
            }
        }
    }

    /// Deliveries of a letter that were begun before.
    fn begun(&self, letter: &Waiting) -> u32 {
        match letter.released {
            true => letter.attempts,
            false if self.cursor.trying == letter.seq => self.cursor.attempts,
            false => 0,
        }
    }

    fn claim(&self, letter: &Waiting, attempt: u32, incarnation: u64) -> Claim {
        Claim {
            recipient: self.address.path.clone(),
            incarnation,
            seq: letter.seq,
            released: letter.released,
            attempt,
        }
    }

    fn settle<T>(&mut self, claim: Claim, ending: Ending<T>, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        let gone = !matches!(ending, Ending::PutBack);
        let plain = |letter: &&Waiting| {
            let message = letter.entry.read();
            self.begun(letter) == 0 && message.is_ok_and(|m| !m.is_late(now))
        };
        let next = self.queue.get(1).filter(|_| gone).filter(plain);
        let next = next.map(|letter| self.claim(letter, 1, incarnation));
        self.stage = Stage::Settling {
            claim: claim.clone(),
            gone,
            next: next.clone(),
        };
        Todo::Write(Change::Settle { claim, ending, next })
    }

    /// A change of this reader's was committed, and this became of it.
    pub(super) fn committed<T>(&mut self, outcome: &Outcome, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        match (stage, outcome) {
            (_, Outcome::Fenced) => {
                // Somebody younger reads in this reader's place or did; begin again from what is written.
                self.queue.clear();
                self.fenced = true;
                return self.rest();
            }
            (Stage::Enrolling, Outcome::Enrolled(cursor)) => {
                self.cursor = *cursor;
                self.scanned = cursor.seq;
                self.grew = true;
            }
            (Stage::Claiming(claim), Outcome::Done) => return self.hand_over(claim),
            (Stage::Settling { claim, gone, next }, Outcome::Done) => {
                self.pass(&claim, gone);
                if let Some(next) = next {
                    return self.hand_over(next);
                }
                if !gone {
                    return self.rest();
                }
            }
            (Stage::Claiming(claim) | Stage::Settling { claim, .. }, Outcome::Behind) => self.pass(&claim, true),
            (Stage::Settling { claim, .. }, Outcome::EffectFailed(why)) => {
                return self.crashed(claim, format!("its effect failed: {why}"), incarnation, now);
            }
            (stage, outcome) => unreachable!("{outcome:?} is no outcome of {stage:?}"),
        }
        self.step(incarnation, now)
    }

    /// Notes that a letter is done with, or was put back.
    fn pass(&mut self, claim: &Claim, gone: bool) {
        if !gone {
            let attempts = claim.attempt.saturating_sub(1);
            self.count(claim, attempts);
            return;
        }
        self.queue.pop_front();
        if !claim.released {
            self.cursor.seq = self.cursor.seq.max(claim.seq);
        }
    }

    fn count(&mut self, claim: &Claim, attempts: u32) {
        match self.queue.front_mut() {
            Some(letter) if claim.released => letter.attempts = attempts,
            _ => {
                self.cursor.trying = claim.seq;
                self.cursor.attempts = attempts;
            }
        }
    }

    fn hand_over<T>(&mut self, claim: Claim) -> Todo<T> {
        self.count(&claim, claim.attempt);
        let letter = self
            .queue
            .front()
            .expect("a claimed letter stays in front until it is settled");
        let message = letter
            .entry
            .read()
            .expect("a letter is claimed only when it can be read");
        self.stage = Stage::InHand(claim.clone());
        Todo::Deliver(claim, Box::new(message))
    }

    /// The letter in hand came to this.
    pub(super) fn answered<T>(&mut self, verdict: Verdict<T>, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        let Stage::InHand(claim) = &self.stage else {
            return Todo::Nothing;
        };
        let claim = Claim {
            incarnation: incarnation.max(claim.incarnation),
            ..claim.clone()
        };
        if !matches!(verdict, Verdict::NotThere) {
            self.n_rests = 0;
        }
        match verdict {
            Verdict::Done(effect) => self.settle(claim, Ending::Done(effect), incarnation, now),
            Verdict::Refused(why) => {
                self.settle(claim, Ending::Quarantined(format!("refused: {why}")), incarnation, now)
            }
            Verdict::NotThere => self.settle(claim, Ending::PutBack, incarnation, now),
            Verdict::Crashed(why) => self.crashed(claim, why, incarnation, now),
        }
    }

    fn crashed<T>(&mut self, claim: Claim, why: String, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        if claim.attempt >= self.max_attempts {
            let reason = format!("it was in hand at {} crashes; the last one: {why}", claim.attempt);
            return self.settle(claim, Ending::Quarantined(reason), incarnation, now);
        }
        self.stage = Stage::Idle;
        self.next(incarnation, now)
    }

    /// What was read, or nothing when reading failed.
    pub(super) fn read<T>(&mut self, page: Option<Page>, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        let Some(page) = page else {
            self.grew = true;
            return self.rest();
        };
        self.stage = Stage::Idle;
        self.grew |= page.letters.len() >= PAGE || page.released.len() >= PAGE;
        self.scanned = self.scanned.max(page.through);
        self.queue.extend(page.released);
        self.queue.extend(page.letters);
        self.next(incarnation, now)
    }

    fn rest<T>(&mut self) -> Todo<T> {
        self.stage = Stage::Resting;
        let rest = MIN_REST * 2_u32.pow(self.n_rests.min(10));
        self.n_rests += 1;
        Todo::Rest(rest.min(MAX_REST))
    }

    /// The rest is over.
    pub(super) fn rested<T>(&mut self, incarnation: u64, now: DateTime<Utc>) -> Todo<T> {
        if self.stage == Stage::Resting {
            self.stage = if std::mem::take(&mut self.fenced) {
                Stage::New
            } else {
                Stage::Idle
            };
        }
        self.step(incarnation, now)
    }
}

fn late(message: &AgentMessage) -> String {
    message
        .deadline
        .map_or_else(String::new, |d| format!("at {}", d.to_rfc3339()))
}
