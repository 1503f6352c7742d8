//! The logger: keeps what was logged as counts by template, so that a thousand alike warnings read as one, and the newest
//! records as they came.
//!
//! It has a bound on everything, because a fault that floods the log must not become a fault of memory. Nothing here looks
//! for secrets: texts are kept as they come, and whoever logs must leave keys and passwords out.

mod record;
mod template;
#[cfg(test)]
mod tests;

pub use record::{MAX_TARGET_BYTES, MAX_TEXT_BYTES, Record};
pub use template::template;

use crate::machine::{Machine, Turn};
use crate::protocol::card::{self, Card, Memory, Reasoning};
use chrono::{DateTime, Utc};
use log::Level;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What the logger is.
pub const CARD: Card = Card {
    role: "logger",
    level: card::Level::Worker,
    tools: &["log_summary"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// How much a [`Logger`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggerLimits {
    /// Kinds of records. Above it the kind not seen for longest makes room.
    pub n_kinds: usize,
    /// Newest records.
    pub n_recent: usize,
}

impl Default for LoggerLimits {
    /// Ten times the places in this program that log fit into 1,000 kinds, which take 3 MB at most; what one wants to read
    /// from before a fault fits into 200 records.
    fn default() -> LoggerLimits {
        LoggerLimits {
            n_kinds: 1_000,
            n_recent: 200,
        }
    }
}

/// What the logger hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something was logged.
    Heard(Record),
    /// Say what you know. How much was handed over is known only to whoever hands over.
    Summarise(Handed),
}

/// What the logger says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The answer to [`Input::Summarise`].
    Summarised(Summary),
}

/// How many records were handed over to the logger, and how many could not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// Records its mailbox took.
    pub n_kept: u64,
    /// Records nobody will see but in the output of the log.
    pub n_dropped: u64,
}

/// Records alike but for their particulars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// How grave.
    pub level: Level,
    /// Where they came from: a module, unless the record said otherwise.
    pub target: String,
    /// What they have in common.
    pub template: String,
    /// How many.
    pub n: u64,
    /// When the first of them was logged.
    pub first: DateTime<Utc>,
    /// When the last of them was logged.
    pub last: DateTime<Utc>,
    /// The text of the last one heard.
    pub example: String,
}

/// What one incarnation of the logger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Records it heard.
    pub n_heard: u64,
    /// The same by level; a level without records has no entry.
    pub by_level: BTreeMap<Level, u64>,
    /// The kinds it keeps, the most frequent first.
    pub kinds: Vec<Kind>,
    /// Kinds that made room for others. One that was heard again later counts again.
    pub n_forgotten: u64,
    /// The newest records, oldest first.
    pub recent: Vec<Record>,
    /// What was handed over, as the question says.
    pub handed: Handed,
}

impl Summary {
    /// Records handed over that are not in this summary: still queued, or lost with an incarnation that crashed.
    pub fn n_unread(&self) -> u64 {
        self.handed.n_kept.saturating_sub(self.n_heard)
    }

    /// One line for people, such as `log: 3 warnings of 2 kinds, 0 dropped`; none if nothing was logged.
    pub fn line(&self) -> Option<String> {
        let (n_unread, n_dropped) = (self.n_unread(), self.handed.n_dropped);
        if self.n_heard + n_unread + n_dropped == 0 {
            return None;
        }
        let mut parts: Vec<String> = Vec::new();
        for (level, n) in &self.by_level {
            parts.push(counted(*n, word(*level)));
        }
        if parts.is_empty() {
            parts.push(counted(0, "record"));
        }
        let n_kinds = self.kinds.len() as u64 + self.n_forgotten;
        let at_most = if self.n_forgotten > 0 { "at most " } else { "" };
        let mut line = format!(
            "log: {} of {at_most}{}, {n_dropped} dropped",
            parts.join(" and "),
            counted(n_kinds, "kind")
        );
        if n_unread > 0 {
            line += &format!(", {n_unread} unread");
        }
        Some(line)
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info record",
        Level::Debug => "debug record",
        Level::Trace => "trace record",
    }
}

fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// What makes two records one kind.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    level: Level,
    target: String,
    template: String,
}

#[derive(Debug)]
struct Seen {
    n: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    example: String,
    /// The serial number of the last record.
    serial: u64,
}

/// The machine. It draws nothing, and says something only when asked.
#[derive(Debug, Default)]
pub struct Logger {
    limits: LoggerLimits,
    kinds: BTreeMap<Arc<Key>, Seen>,
    /// The kinds by the serial number of their last record: the first is the one not seen for longest.
    by_age: BTreeMap<u64, Arc<Key>>,
    by_level: BTreeMap<Level, u64>,
    n_heard: u64,
    n_forgotten: u64,
    recent: VecDeque<Record>,
}

impl Logger {
    /// A logger that has heard nothing yet.
    pub fn new(limits: LoggerLimits) -> Logger {
        Logger {
            limits,
            ..Logger::default()
        }
    }

    fn hear(&mut self, record: Record) {
        self.n_heard += 1;
        *self.by_level.entry(record.level()).or_default() += 1;
        let key = Arc::new(Key {
            level: record.level(),
            target: record.target().to_owned(),
            template: template(record.text()),
        });
        let fresh = || Seen {
            n: 0,
            first: record.at(),
            last: record.at(),
            example: String::new(),
            serial: 0,
        };
        let seen = self.kinds.entry(key.clone()).or_insert_with(fresh);
        self.by_age.remove(&seen.serial);
        *seen = Seen {
            n: seen.n + 1,
            // Threads hand over in an order of their own.
            first: seen.first.min(record.at()),
            last: seen.last.max(record.at()),
            example: record.text().to_owned(),
            serial: self.n_heard,
        };
        self.by_age.insert(self.n_heard, key);
        self.recent.push_back(record);
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.recent.len() > self.limits.n_recent {
            self.recent.pop_front();
        }
        while self.kinds.len() > self.limits.n_kinds
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.kinds.remove(&oldest);
            self.n_forgotten += 1;
        }
    }

    fn summary(&self, handed: Handed) -> Summary {
        let kind = |(key, seen): (&Arc<Key>, &Seen)| Kind {
            level: key.level,
            target: key.target.clone(),
            template: key.template.clone(),
            n: seen.n,
            first: seen.first,
            last: seen.last,
            example: seen.example.clone(),
        };
        let mut kinds: Vec<Kind> = self.kinds.iter().map(kind).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.n));
        Summary {
            n_heard: self.n_heard,
            by_level: self.by_level.clone(),
            kinds,
            n_forgotten: self.n_forgotten,
            recent: self.recent.iter().cloned().collect(),
            handed,
        }
    }
}

impl Machine for Logger {
    type Input = Input;
    type Effect = Effect;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Heard(record) => self.hear(record),
            Input::Summarise(handed) => turn.emit(Effect::Summarised(self.summary(handed))),
        }
    }
}
