//! The book of one schedule: what was sent, begun, finished, answered and started, in the order it happened.
//!
//! Actors and clients write into it, and only after the world has ended it is read; nothing in it steers anything.

use huddle::{actor::AskError, clock::uptime};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Arc, OnceLock},
    time::Duration,
};

#[derive(Clone, Default)]
pub struct Book {
    begun: Arc<OnceLock<Duration>>,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Default)]
pub struct Pages {
    /// The log, which must be the same for the same seed.
    pub lines: Vec<String>,
    pub starts: Vec<Start>,
    /// By number.
    pub letters: Vec<Letter>,
    /// What must never happen, in words.
    pub wrongs: Vec<String>,
    /// Faults that struck, by kind.
    pub faults: BTreeMap<&'static str, usize>,
    /// Orders to restart a child, by the id of the supervisor that took them.
    pub n_orders: BTreeMap<String, usize>,
}

/// One incarnation was created, or tried to be.
pub struct Start {
    pub worker: String,
    pub incarnation: u64,
    pub at: Duration,
    /// Its supervisor had started it before.
    pub again: bool,
}

/// A message and what became of it.
pub struct Letter {
    /// The worker's place in the plan.
    pub to: usize,
    /// False for what was told and not taken.
    pub taken: bool,
    pub n_begun: usize,
    /// The incarnation that began it.
    pub by: Option<u64>,
    pub n_done: usize,
    pub ask: Option<Ask>,
}

/// An ask and how it ended.
pub struct Ask {
    pub sent: Duration,
    pub deadline: Duration,
    pub ended: Option<(Duration, Outcome)>,
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Answer(Result<u64, AskError>),
    /// The asker lost interest before its deadline.
    Dropped,
}

impl Letter {
    /// What is counted of its end.
    pub fn fate(&self) -> Option<&'static str> {
        let Some(ask) = &self.ask else {
            return (!self.taken).then_some("tells refused");
        };
        Some(match &ask.ended.as_ref()?.1 {
            Outcome::Dropped => "asks dropped",
            Outcome::Answer(Ok(_)) => "asks answered",
            Outcome::Answer(Err(error)) => match error {
                AskError::Gone(_) => "asks of the gone",
                AskError::Overloaded => "asks of the overloaded",
                AskError::Lost { .. } => "asks lost",
                AskError::Deadline { .. } => "asks too late",
                AskError::Cycle(_) => "asks in a cycle",
            },
        })
    }
}

impl Book {
    /// Virtual time since the first call.
    pub fn now(&self) -> Duration {
        uptime().saturating_sub(*self.begun.get_or_init(uptime))
    }

    pub fn write<R>(&self, what: impl FnOnce(&mut Pages) -> R) -> R {
        what(&mut self.pages.lock())
    }

    pub fn note(&self, what: impl Display) {
        let line = format!("{:?} {what}", self.now());
        self.write(|pages| pages.lines.push(line));
    }

    pub fn wrong(&self, what: impl Display) {
        let line = format!("{:?} {what}", self.now());
        self.write(|pages| pages.wrongs.push(line));
    }

    /// A fault of this kind strikes now.
    pub fn fault(&self, kind: &'static str) {
        self.note(format!("fault: {kind}"));
        self.write(|pages| *pages.faults.entry(kind).or_default() += 1);
    }

    pub fn started(&self, worker: &str, incarnation: u64, again: bool) {
        let at = self.now();
        self.note(format!(
            "{worker} #{incarnation} starts{}",
            if again { " again" } else { "" }
        ));
        self.write(|pages| {
            let worker = worker.to_owned();
            pages.starts.push(Start {
                worker,
                incarnation,
                at,
                again,
            });
        });
    }

    /// A letter is about to be sent. It counts unless it is [`Book::refused`].
    pub fn sent(&self, to: usize, deadline: Option<Duration>) -> u64 {
        let sent = self.now();
        self.write(|pages| {
            let id = pages.letters.len() as u64;
            let ask = deadline.map(|deadline| Ask {
                sent,
                deadline,
                ended: None,
            });
            let letter = Letter {
                to,
                taken: true,
                n_begun: 0,
                by: None,
                n_done: 0,
                ask,
            };
            pages.letters.push(letter);
            id
        })
    }

    /// It was told and not taken.
    pub fn refused(&self, id: u64) {
        self.note(format!("{id} was refused"));
        self.letter(id, |letter| letter.taken = false);
    }

    pub fn begun(&self, id: u64, incarnation: u64) {
        self.letter(id, |letter| {
            letter.n_begun += 1;
            letter.by = Some(incarnation);
        });
    }

    pub fn done(&self, id: u64) {
        self.letter(id, |letter| letter.n_done += 1);
    }

    pub fn ended(&self, id: u64, outcome: Outcome) {
        self.note(format!("ask {id}: {outcome:?}"));
        let at = self.now();
        self.letter(id, |letter| {
            letter.ask.as_mut().expect("only an ask is answered").ended = Some((at, outcome));
        });
    }

    fn letter(&self, id: u64, change: impl FnOnce(&mut Letter)) {
        let at = usize::try_from(id).unwrap();
        self.write(|pages| change(&mut pages.letters[at]));
    }
}

/// Prints the log if the schedule fails.
pub struct Witness(pub Book);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.write(|pages| eprintln!("{}", pages.lines.join("\n")));
        }
    }
}
