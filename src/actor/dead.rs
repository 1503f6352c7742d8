//! Dead letters: a message that nobody handled is counted and named, never silently gone.
//!
//! A message is dropped deep inside a queue that knows nothing about its actor. Whoever empties a queue therefore opens a
//! burial on its thread, and each dropped message finds it there.

use super::{census, exit::Exit, panics::catch, vitals::Vitals};
use crate::clock;
use parking_lot::Mutex;
use std::{cell::RefCell, collections::VecDeque, sync::Arc, time::Duration};

thread_local! {
    static BURIAL: RefCell<Option<Burial>> = const { RefCell::new(None) };
    static EXCUSE: RefCell<Option<Exit>> = const { RefCell::new(None) };
}

/// Drops `parcel`, which was begun and is not answered; its asker learns of `exit`.
pub(crate) fn excused<T>(parcel: T, exit: &Exit, drop: impl FnOnce(T)) {
    EXCUSE.set(Some(exit.clone()));
    drop(parcel);
    EXCUSE.set(None);
}

/// Why what is being dropped has no answer.
pub(crate) fn excuse() -> Option<Exit> {
    EXCUSE.try_with(|excuse| excuse.borrow().clone()).ok().flatten()
}

/// Dead letters kept for whoever asks; older ones remain counted.
const MAX_KEPT: usize = 1_024;

static KEPT: Mutex<VecDeque<DeadLetter>> = Mutex::new(VecDeque::new());

/// A message that nobody handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The path of the actor it was for; empty if its mailbox was dropped with its tree.
    pub to: String,
    /// The message's type name.
    pub kind: &'static str,
    /// How its actor had ended; none if its mailbox was dropped with its tree.
    pub because: Option<Exit>,
    /// When it was found, on [`crate::clock::uptime`].
    pub at: Duration,
}

/// The newest dead letters of this process, oldest first.
pub fn dead_letters() -> Vec<DeadLetter> {
    KEPT.lock().iter().cloned().collect()
}

fn keep(to: &str, kind: &'static str, because: Option<Exit>) {
    let letter = DeadLetter {
        to: to.to_owned(),
        kind,
        because,
        at: clock::uptime(),
    };
    let mut kept = KEPT.lock();
    if kept.len() >= MAX_KEPT {
        kept.pop_front();
    }
    kept.push_back(letter);
}

struct Burial {
    id: Arc<str>,
    vitals: Arc<Vitals>,
    exit: Exit,
}

/// Drops `letters`; each unhandled message in them counts as a dead letter of the actor `id`, which ended by `exit`.
pub(crate) fn bury<T>(id: &Arc<str>, vitals: &Arc<Vitals>, exit: &Exit, letters: impl IntoIterator<Item = T>) {
    let burial = Burial {
        id: id.clone(),
        vitals: vitals.clone(),
        exit: exit.clone(),
    };
    let outer = BURIAL.replace(Some(burial));
    for letter in letters {
        // One by one: two destructors that panic in one unwinding would abort the process.
        if let Err(caught) = catch(|| drop(letter)) {
            census::untidy(id, &caught.text);
            log::error!("a dead letter for {id} panicked in its destructor: {}", caught.text);
        }
    }
    BURIAL.set(outer);
}

/// Counts and logs one dead letter, and returns how its actor ended if that is known.
pub(crate) fn letter(kind: &'static str) -> Option<Exit> {
    // A queue may be dropped while its thread ends, when thread-locals are gone already.
    let known = BURIAL.try_with(|burial| {
        burial.borrow().as_ref().map(|Burial { id, vitals, exit }| {
            vitals.dead_letter();
            (id.clone(), exit.clone())
        })
    });
    match known.ok().flatten() {
        Some((id, exit)) => {
            log::warn!("dead letter for {id}: {kind}, because it {exit}");
            keep(&id, kind, Some(exit.clone()));
            Some(exit)
        }
        None => {
            log::warn!("dead letter: {kind}, dropped with its mailbox");
            keep("", kind, None);
            None
        }
    }
}
