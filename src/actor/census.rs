//! Who is alive and what went wrong on this thread, for whoever must know it of every actor and not of one tree alone.
//!
//! A supervisor sees its own children; an actor that nobody holds any more is seen by nobody. So every runner signs in
//! here and out again. Only a [`crate::world::World`] opens a census: without one each call costs a look at a
//! thread-local. Its blocking threads share it, since a panic over there belongs to the same run.

use super::exit::Exit;
use parking_lot::Mutex;
use std::{cell::RefCell, collections::BTreeMap, panic::PanicHookInfo, sync::Arc};
use tokio::task::{AbortHandle, JoinHandle};

/// Faults kept word for word; a crash loop over a virtual year must not fill the memory, so later ones are only counted.
const MAX_KEPT: usize = 10_000;

thread_local! {
    static OPEN: RefCell<Option<Arc<Census>>> = const { RefCell::new(None) };
}

/// What was seen since it was opened.
#[derive(Debug, Default)]
pub(crate) struct Census(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Incarnations that run, by id and number; two trees may use one id.
    live: BTreeMap<(Arc<str>, u64), usize>,
    /// The task that hosts the newest incarnation of an id.
    hosts: BTreeMap<Arc<str>, AbortHandle>,
    faults: Vec<String>,
    strays: Vec<String>,
    n_dropped: usize,
}

impl Census {
    /// Opens a census on this thread, until it is [`Census::close`]d.
    pub(crate) fn open() -> Arc<Census> {
        // The hook that tells panics outside actors from those inside comes with the first `catch`.
        let _ = super::panics::catch(|| ());
        let census = Arc::<Census>::default();
        census.join();
        census
    }

    /// Counts what happens on this thread too.
    pub(crate) fn join(self: &Arc<Census>) {
        OPEN.set(Some(self.clone()));
    }

    /// Nothing on this thread is counted any more.
    pub(crate) fn close() {
        OPEN.set(None);
    }

    /// `id #incarnation` of every runner that exists.
    pub(crate) fn alive(&self) -> Vec<String> {
        let counts = self.0.lock();
        let name = |((id, incarnation), n): (&(Arc<str>, u64), &usize)| match n {
            1 => format!("{id} #{incarnation}"),
            n => format!("{id} #{incarnation} ({n} of them)"),
        };
        counts.live.iter().map(name).collect()
    }

    /// Every fault of an actor so far, oldest first, as `id #incarnation panicked: ..`.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.0.lock().faults.clone()
    }

    /// Every panic outside actors so far.
    pub(crate) fn strays(&self) -> Vec<String> {
        self.0.lock().strays.clone()
    }

    /// How many faults and panics there were beyond those that were kept.
    pub(crate) fn n_dropped(&self) -> usize {
        self.0.lock().n_dropped
    }

    /// Drops the task under the newest incarnation of `id`, as the end of its thread would; false if there is none.
    pub(crate) fn unseat(&self, id: &str) -> bool {
        let host = self.0.lock().hosts.remove(id).filter(|host| !host.is_finished());
        host.is_some_and(|host| {
            host.abort();
            true
        })
    }
}

impl Counts {
    fn fault(&mut self, text: String) {
        if self.faults.len() < MAX_KEPT {
            self.faults.push(text);
        } else {
            self.n_dropped += 1;
        }
    }
}

/// Whether everything must run on this thread's arbiter, because two arbiters have two virtual clocks.
pub(crate) fn one_arbiter() -> bool {
    with(|_| ()).is_some()
}

/// `task` hosts the newest incarnation of `id`.
pub(crate) fn hosted(id: &Arc<str>, task: &JoinHandle<()>) {
    with(|counts| counts.hosts.insert(id.clone(), task.abort_handle()));
}

pub(super) fn born(id: &Arc<str>, incarnation: u64) {
    with(|counts| *counts.live.entry((id.clone(), incarnation)).or_default() += 1);
}

pub(super) fn gone(id: &Arc<str>, incarnation: u64) {
    with(|counts| {
        let key = (id.clone(), incarnation);
        let n = counts.live.get_mut(&key)?;
        *n -= 1;
        if *n == 0 {
            counts.live.remove(&key);
        }
        Some(())
    });
}

/// Notes the end of an incarnation, if it is one that somebody should have foreseen. Being killed is not: it follows from
/// a stop order that was not obeyed, or from another actor's end.
pub(super) fn ended(id: &str, incarnation: u64, exit: &Exit) {
    if exit.abnormal() && *exit != Exit::Killed {
        with(|counts| counts.fault(format!("{id} #{incarnation} {exit}")));
    }
}

/// A destructor of the actor `id` panicked while what was left of it was disposed of.
pub(super) fn untidy(id: &str, text: &str) {
    with(|counts| counts.fault(format!("{id} panicked in a destructor: {text}")));
}

/// A panic that no actor's runner will catch.
pub(super) fn stray(info: &PanicHookInfo<'_>) {
    with(|counts| {
        if counts.strays.len() < MAX_KEPT {
            counts.strays.push(info.to_string());
        } else {
            counts.n_dropped += 1;
        }
    });
}

fn with<R>(note: impl FnOnce(&mut Counts) -> R) -> Option<R> {
    // A runner may be dropped while its thread ends, when thread-locals are gone already.
    let open = OPEN.try_with(|open| open.borrow().clone()).ok().flatten()?;
    let noted = note(&mut open.0.lock());
    Some(noted)
}
