//! A running hash over facts in the order in which they became known: two instants with one hash knew the same.
//!
//! A chain grows from another without hashing again what both have: a season adds a few thousand facts to the hundred
//! thousand before it, and is read anew after every answer of a service.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Debug;
use std::io::Write as _;

/// A fact: when it became known, and a hash of that and of all it says.
pub(super) type Fact = (DateTime<Utc>, u64);

/// A fact, and the hash of everything up to and with it.
#[derive(Clone, Copy, Debug)]
struct Link {
    fact: Fact,
    all: u64,
}

/// Facts by (known at, hash), each with the hash of all before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain(Vec<Link>);

/// The first eight bytes of a SHA-256: two of a hundred thousand facts are one by accident once in four billion archives.
fn shortened(hasher: Sha256) -> u64 {
    hasher
        .finalize()
        .iter()
        .take(8)
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// The fact that `said` became known at an instant. The debug form is complete, and stable within a version of the
/// program, which whatever is named by a hash names beside it.
pub(super) fn fact(at: DateTime<Utc>, said: &impl Debug) -> Fact {
    let mut hasher = Sha256::new();
    write!(hasher, "{at:?} {said:?}").expect("a hasher takes all bytes");
    (at, shortened(hasher))
}

impl Chain {
    /// The same with further facts.
    pub(super) fn grown(&self, mut facts: Vec<Fact>) -> Chain {
        facts.sort_unstable();
        let Some(first) = facts.first() else {
            return self.clone();
        };
        let kept = self.0.partition_point(|link| link.fact < *first);
        let (before, after) = self.0.split_at(kept);
        if !after.is_empty() {
            facts.extend(after.iter().map(|link| link.fact));
            facts.sort_unstable();
        }
        let mut links = Vec::with_capacity(before.len() + facts.len());
        links.extend_from_slice(before);
        let mut all = before.last().map_or(0, |link| link.all);
        for fact in facts {
            let mut hasher = Sha256::new();
            hasher.update(all.to_be_bytes());
            hasher.update(fact.1.to_be_bytes());
            all = shortened(hasher);
            links.push(Link { fact, all });
        }
        Chain(links)
    }

    /// The hash of everything known at an instant; zero for nothing.
    pub(super) fn until(&self, at: DateTime<Utc>) -> u64 {
        let n = self.0.partition_point(|link| link.fact.0 <= at);
        n.checked_sub(1).map_or(0, |last| self.0[last].all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn said(facts: &[(i64, u8)]) -> Vec<Fact> {
        let at = |s: i64| DateTime::<Utc>::default() + TimeDelta::seconds(s);
        facts.iter().map(|(s, what)| fact(at(*s), what)).collect()
    }

    proptest! {
        #[test]
        fn growing_in_parts_is_the_same_as_at_once(
            facts in prop::collection::vec((0i64..50, any::<u8>()), 0..60),
            cut in 0usize..60,
        ) {
            let (first, second) = facts.split_at(cut.min(facts.len()));
            let whole = Chain::default().grown(said(&facts));
            let parts = Chain::default().grown(said(first)).grown(said(second));
            for s in -1..51 {
                let at = DateTime::<Utc>::default() + TimeDelta::seconds(s);
                prop_assert_eq!(whole.until(at), parts.until(at));
            }
        }

        #[test]
        fn another_fact_changes_what_comes_after_it_and_nothing_before(
            facts in prop::collection::vec((0i64..50, any::<u8>()), 0..60),
            more in (0i64..50, any::<u8>()),
        ) {
            let before = Chain::default().grown(said(&facts));
            let after = before.grown(said(&[more]));
            for s in 0..51 {
                let at = DateTime::<Utc>::default() + TimeDelta::seconds(s);
                prop_assert_eq!(before.until(at) == after.until(at), s < more.0, "{}", s);
            }
        }
    }
}
