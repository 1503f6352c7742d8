//! Names of messages and hooks as small numbers, so that what an actor does can be kept in one atomic word.

use parking_lot::Mutex;
use std::cell::Cell;

/// A name that was seen: the type name of a message, or of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind(pub(super) u16);

/// All names ever seen, by number less one. A program has as many as it has message types, some hundreds.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Stands for every name beyond the last number.
const OTHER: u16 = u16::MAX;

/// Actors handle the same kinds of message again and again: a thread remembers the last it asked for at each of these
/// places, found by the name's address.
const N_REMEMBERED: usize = 64;

thread_local! {
    static REMEMBERED: [Cell<(&'static str, Kind)>; N_REMEMBERED] =
        const { [const { Cell::new(("", Kind(OTHER))) }; N_REMEMBERED] };
}

impl Kind {
    /// The number of `name`; never 0.
    pub(crate) fn of(name: &'static str) -> Kind {
        REMEMBERED.with(|remembered| {
            let place = &remembered[(name.as_ptr().addr() >> 3) % N_REMEMBERED];
            let (known, kind) = place.get();
            if std::ptr::eq(known, name) {
                return kind;
            }
            let kind = Kind(number(name));
            place.set((name, kind));
            kind
        })
    }

    pub(crate) fn name(self) -> &'static str {
        let at = usize::from(self.0).wrapping_sub(1);
        NAMES.lock().get(at).copied().unwrap_or("something")
    }
}

fn number(name: &'static str) -> u16 {
    let mut names = NAMES.lock();
    let at = match names.iter().position(|known| *known == name) {
        Some(at) => at,
        None if names.len() < usize::from(OTHER) - 1 => {
            names.push(name);
            names.len() - 1
        }
        None => return OTHER,
    };
    u16::try_from(at + 1).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number() {
        let (a, b) = (Kind::of("kinds::a"), Kind::of("kinds::b"));
        assert_ne!(a, b);
        assert_eq!((Kind::of("kinds::a"), a.name(), b.name()), (a, "kinds::a", "kinds::b"));
        assert!(a.0 != 0 && b.0 != 0);
    }
}
