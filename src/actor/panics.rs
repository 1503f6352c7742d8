//! Catching a panic with its text and place, without the default hook's noise.
//!
//! A supervised panic is an event that somebody handles and logs in one line; a panic anywhere else must keep its usual
//! report. The payload alone does not say where it happened, so a hook stores the place on the panicking thread.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook},
    sync::Once,
};

/// A build that aborts on panic could not supervise anything; it must not even compile, in whatever profile.
const _: () = assert!(cfg!(panic = "unwind"), "supervision needs panic = \"unwind\"");

thread_local! {
    /// How many `catch` frames are below us on this thread; above zero the hook is quiet.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    /// The panic's message.
    pub(crate) text: String,
    /// `file:line:column`, unless it was raised without the hook.
    pub(crate) location: Option<String>,
}

/// Runs `work`; a panic in it is returned instead of unwinding further, and prints nothing.
///
/// Asserts unwind safety: callers drop everything `work` could have left half changed.
pub(crate) fn catch<R>(work: impl FnOnce() -> R) -> Result<R, Caught> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(install);
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| read(payload, PLACE.take()))
}

/// Continues a panic that was caught on another thread, with its text and place.
pub(crate) fn reraise(caught: Caught) -> ! {
    resume_unwind(Box::new(caught))
}

fn install() {
    let others = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if DEPTH.get() == 0 {
            super::census::stray(info);
            others(info);
        } else {
            PLACE.set(info.location().map(ToString::to_string));
        }
    }));
}

fn read(payload: Box<dyn Any + Send>, location: Option<String>) -> Caught {
    let payload = match payload.downcast::<Caught>() {
        Ok(caught) => return *caught,
        Err(other) => other,
    };
    let text = if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    };
    // A payload of a foreign type may panic in its own destructor; that must not escape from the place that catches.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    Caught { text, location }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_unwind() {
        const { assert!(cfg!(panic = "unwind")) }
        // Cargo builds tests unwinding whatever a profile says, so the manifest itself is looked at too.
        let manifest = include_str!("../../Cargo.toml");
        assert!(manifest.contains("panic = \"unwind\"") && !manifest.contains("panic = \"abort\""));
    }

    #[test]
    fn text_and_place_are_kept() {
        let caught = catch(|| panic!("number {}", 7)).unwrap_err();
        assert_eq!(caught.text, "number 7");
        assert!(caught.location.unwrap().contains("panics.rs"));
        assert_eq!(catch(|| panic!("plain")).unwrap_err().text, "plain");
        assert_eq!(catch(|| 5).unwrap(), 5);
    }

    #[test]
    fn payloads_that_are_not_text_are_survived() {
        struct Spiteful;
        impl Drop for Spiteful {
            fn drop(&mut self) {
                panic!("in the payload's destructor");
            }
        }
        let caught = catch(|| std::panic::panic_any(Spiteful)).unwrap_err();
        assert!(caught.text.contains("not text"));
        assert_eq!(catch(|| std::panic::panic_any(42_u8)).unwrap_err().text, caught.text);
    }

    #[test]
    fn a_panic_carried_between_threads_keeps_its_place() {
        let caught = std::thread::spawn(|| catch(|| panic!("far away")).unwrap_err())
            .join()
            .unwrap();
        let place = caught.location.clone();
        let again = catch(|| reraise(caught)).unwrap_err();
        assert_eq!((again.text.as_str(), again.location), ("far away", place));
    }
}
