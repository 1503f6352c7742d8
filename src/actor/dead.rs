//! Dead letters: a message that nobody handled is counted and named, never silently gone.
//!
//! A message is dropped deep inside a queue that knows nothing about its actor. Whoever empties a queue therefore opens a
//! burial on its thread, and each dropped message finds it there.

use super::{census, exit::Exit, panics::catch, vitals::Vitals};
use std::{cell::RefCell, sync::Arc};

thread_local! {
    static BURIAL: RefCell<Option<Burial>> = const { RefCell::new(None) };
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
            Some(exit)
        }
        None => {
            log::warn!("dead letter: {kind}, dropped with its mailbox");
            None
        }
    }
}
