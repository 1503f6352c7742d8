//! The log's way out: every record goes to `env_logger`, and while a house runs a copy of the grave ones to its logger.
//!
//! Handing over must never hold up whoever logs, nor log in a circle. It takes a place in a bounded lane or counts a drop,
//! and a record that comes up on a thread which is just handing one over goes to `env_logger` alone.

use crate::actor::{AskError, How, Lane, LaneBounds};
use crate::agents::workers::logger::{Effect, Handed, Input, Logger, LoggerLimits, Record, Summary};
use crate::clock::{Clock, Seeds};
use crate::shell::{Consult, Hear, Mute, Shell, ShellArgs, ShellRef};
use crate::supervision::{Backoff, ChildSpec, Stop};
use log::{LevelFilter, Log, Metadata};
use parking_lot::RwLock;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The handle of the logger.
pub type LoggerRef = ShellRef<Logger, Mute>;

/// What is handed to the logger, whatever the output is set to. Warnings and errors ask for somebody's attention, and
/// each is logged once a fault; the levels below tell of ordinary work and would crowd the faults out of the lane.
pub const HEARD: LevelFilter = LevelFilter::Warn;

/// Records that may wait for the logger. A tree that falls logs a warning for each letter it buries, and the largest lane
/// below Control holds as many letters by default. They take under 1 MB.
const MAX_WAITING: usize = 1_024;

/// The logger as a child of a supervisor.
///
/// A crash of it is itself a record, so a fault in its code could bring it down again and again. It comes back so slowly
/// that it takes at most half of the ten restarts a minute that a branch of the house grants. When the house stops it
/// reads its queue to the end, or each record left would be buried with one more record.
pub fn child(id: &str, clock: Clock, seeds: Seeds) -> (ChildSpec, LoggerRef) {
    let args = ShellArgs::mute(
        "platform/logger",
        clock,
        seeds,
        |_| Logger::new(LoggerLimits::default()),
    );
    let (spec, logger) = ChildSpec::of::<Shell<Logger, Mute>>(id, args);
    let lanes = LaneBounds {
        bulk: MAX_WAITING,
        ..LaneBounds::default()
    };
    let backoff = Backoff {
        min: Duration::from_secs(4),
        ..Backoff::default()
    };
    let stop = Stop::Drain(Duration::from_secs(5));
    (spec.lanes(lanes).backoff(backoff).stop(stop), logger)
}

/// The process's log: `env_logger`, and beside it a line to a logger when one is connected.
#[derive(Debug)]
pub struct Tap {
    out: env_logger::Logger,
    /// Whether there is a link; spares the lock when nobody listens.
    listening: AtomicBool,
    /// Held for the copy of a pointer only: whatever is dropped under it may log.
    link: RwLock<Option<Arc<Link>>>,
}

#[derive(Debug)]
struct Link {
    logger: LoggerRef,
    clock: Clock,
    n_kept: AtomicU64,
    n_dropped: AtomicU64,
}

impl Tap {
    /// A tap nobody listens to.
    pub fn new(out: env_logger::Logger) -> Tap {
        Tap {
            out,
            listening: AtomicBool::new(false),
            link: RwLock::new(None),
        }
    }

    /// Hands what is logged from now on to `logger`, stamped by `clock`, and to no other, until the connection is dropped.
    pub fn connect(&self, logger: &LoggerRef, clock: &Clock) -> Connection<'_> {
        let link = Arc::new(Link {
            logger: logger.clone(),
            clock: clock.clone(),
            n_kept: AtomicU64::new(0),
            n_dropped: AtomicU64::new(0),
        });
        let before = self.link.write().replace(link.clone());
        self.listening.store(true, Relaxed);
        drop(before);
        Connection { tap: self, link }
    }

    fn disconnect(&self, link: &Arc<Link>) {
        let mut current = self.link.write();
        if !current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            return;
        }
        self.listening.store(false, Relaxed);
        let before = current.take();
        drop(current);
        drop(before);
    }

    fn hears(&self, level: log::Level) -> bool {
        level <= HEARD && self.listening.load(Relaxed)
    }

    fn hand_over(&self, record: &log::Record<'_>) {
        // Begun first and thus ended last: dropping the last link to a house may log.
        let handing = Handing::begin();
        let Some(link) = self.link.read().clone() else { return };
        if handing.is_none() {
            link.n_dropped.fetch_add(1, Relaxed);
            return;
        }
        let record = Record::new(record.level(), record.target(), record.args(), link.clock.now());
        match link.logger.tell(Hear(Input::Heard(record)), Lane::Bulk) {
            Ok(()) => link.n_kept.fetch_add(1, Relaxed),
            Err(_) => link.n_dropped.fetch_add(1, Relaxed),
        };
    }
}

impl Log for Tap {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.out.enabled(metadata) || self.hears(metadata.level())
    }

    fn log(&self, record: &log::Record<'_>) {
        self.out.log(record);
        if self.hears(record.level()) {
            self.hand_over(record);
        }
    }

    fn flush(&self) {
        self.out.flush();
    }
}

thread_local! {
    static HANDING: Cell<bool> = const { Cell::new(false) };
}

/// This thread is handing a record over; ends when dropped, by a panic of the record's own code too.
struct Handing;

impl Handing {
    fn begin() -> Option<Handing> {
        if HANDING.replace(true) { None } else { Some(Handing) }
    }
}

impl Drop for Handing {
    fn drop(&mut self) {
        HANDING.set(false);
    }
}

/// Hands records to a logger until it is dropped.
#[derive(Debug)]
pub struct Connection<'a> {
    tap: &'a Tap,
    link: Arc<Link>,
}

impl Connection<'_> {
    /// What was handed over since it was connected.
    pub fn handed(&self) -> Handed {
        Handed {
            n_kept: self.link.n_kept.load(Relaxed),
            n_dropped: self.link.n_dropped.load(Relaxed),
        }
    }

    /// What the logger knows. The question queues behind the records, unless their lane is full: then it goes before them,
    /// and those it overtakes are unread.
    ///
    /// # Errors
    /// [`AskError`] if the logger is gone, or does not answer `within` that time, as after a crash.
    pub async fn summary(&self, within: Duration) -> Result<Summary, AskError> {
        let ask = |lane| {
            let question = Consult(Input::Summarise(self.handed()));
            self.link.logger.ask(question, How::within(within).on(lane))
        };
        let answer = match ask(Lane::Bulk).await {
            Err(AskError::Overloaded) => ask(Lane::Normal).await?,
            answer => answer?,
        };
        let Some(Effect::Summarised(summary)) = answer.into_iter().next() else {
            unreachable!("a logger answers each question with its summary");
        };
        Ok(summary)
    }

    /// The summary in one line for people; none if nothing was logged that the logger hears.
    pub async fn closing_line(&self, within: Duration) -> Option<String> {
        let Handed { n_kept, n_dropped } = self.handed();
        if n_kept + n_dropped == 0 {
            return None;
        }
        match self.summary(within).await {
            Ok(summary) => summary.line(),
            Err(error) => Some(format!(
                "log: {n_kept} warnings or errors, {n_dropped} dropped; the logger could not sort them: {error}"
            )),
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.tap.disconnect(&self.link);
    }
}

static TAP: OnceLock<Tap> = OnceLock::new();

/// Makes the tap the process's log. `HUDDLE_LOG` says what is put out, warnings and errors without it. Does nothing if
/// the process has a log already.
pub fn install() {
    let env = env_logger::Env::new().filter_or("HUDDLE_LOG", "warn");
    let out = env_logger::Builder::from_env(env).format_timestamp(None).build();
    let max_level = out.filter().max(HEARD);
    if log::set_logger(TAP.get_or_init(|| Tap::new(out))).is_ok() {
        log::set_max_level(max_level);
    }
}

/// Connects the process's log to a logger; none if the tap is not installed, as in tests.
pub fn connect(logger: &LoggerRef, clock: &Clock) -> Option<Connection<'static>> {
    TAP.get().map(|tap| tap.connect(logger, clock))
}
