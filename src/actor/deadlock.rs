//! Who waits for whom: an ask that would close a circle of actors holding their mailboxes is refused with their names.
//!
//! Only an ask awaited inside `ctx.wait` (or an `AtomicResponse`) holds its actor's mailbox; one in `ctx.spawn` does not,
//! and neither does one on the Control lane, which is served during a wait. A circle of such waits cannot end but by its
//! deadlines, so the ask that closes it fails at once and the others are answered.

use parking_lot::Mutex;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// One actor in the graph.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    number: u64,
    name: Arc<str>,
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Edges by waiter. As many as asks that hold a mailbox.
static WAITING: Mutex<BTreeMap<u64, Vec<Edge>>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Debug)]
struct Edge {
    number: u64,
    to: Node,
}

thread_local! {
    static HOLDER: RefCell<Option<Node>> = const { RefCell::new(None) };
}

impl Node {
    /// A number that no other actor of this process has.
    pub(crate) fn number() -> u64 {
        NUMBERS.fetch_add(1, Relaxed)
    }

    pub(crate) fn new(number: u64, name: Arc<str>) -> Node {
        Node { number, name }
    }

    /// Runs `poll` of a future that holds this actor's mailbox.
    pub(crate) fn while_holding<R>(&self, poll: impl FnOnce() -> R) -> R {
        /// Puts things back also while unwinding.
        struct Restore(Option<Node>);
        impl Drop for Restore {
            fn drop(&mut self) {
                HOLDER.set(self.0.take());
            }
        }
        let _restore = Restore(HOLDER.replace(Some(self.clone())));
        poll()
    }
}

/// One wait, until dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    from: u64,
    number: u64,
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waiting = WAITING.lock();
        if let Some(edges) = waiting.get_mut(&self.from) {
            edges.retain(|edge| edge.number != self.number);
            if edges.is_empty() {
                waiting.remove(&self.from);
            }
        }
    }
}

/// The actor whose mailbox is held by the future that is being polled begins to wait for `to()`. Nothing to note if there is
/// none.
///
/// # Errors
/// The names of the circle this wait would close.
pub(crate) fn wait_for(to: impl FnOnce() -> Node) -> Result<Option<Wait>, String> {
    let Some(from) = HOLDER.with_borrow(Clone::clone) else {
        return Ok(None);
    };
    let to = to();
    let mut waiting = WAITING.lock();
    if let Some(way) = way(&waiting, &to, from.number) {
        let names: Vec<&str> = way.iter().map(|node| &*node.name).collect();
        return Err(format!("{} waits for {}", from.name, names.join(", which waits for ")));
    }
    let number = NUMBERS.fetch_add(1, Relaxed);
    let edge = Edge { number, to };
    waiting.entry(from.number).or_default().push(edge);
    let from = from.number;
    Ok(Some(Wait { from, number }))
}

/// The way along the waits from `start` to the actor `goal`, both included.
fn way(waiting: &BTreeMap<u64, Vec<Edge>>, start: &Node, goal: u64) -> Option<Vec<Node>> {
    // Each actor that is reached, with the one it was reached from.
    let mut reached = BTreeMap::from([(start.number, (start.clone(), None))]);
    let mut next = vec![start.number];
    while let Some(at) = next.pop() {
        if at == goal {
            let mut way = Vec::new();
            let mut step = Some(at);
            while let Some((node, from)) = step.and_then(|number| reached.get(&number)) {
                way.push(node.clone());
                step = *from;
            }
            way.reverse();
            return Some(way);
        }
        for edge in waiting.get(&at).into_iter().flatten() {
            reached.entry(edge.to.number).or_insert_with(|| {
                next.push(edge.to.number);
                (edge.to.clone(), Some(at))
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> Node {
        Node::new(Node::number(), name.into())
    }

    fn wait(from: &Node, to: &Node) -> Result<Option<Wait>, String> {
        from.while_holding(|| wait_for(|| to.clone()))
    }

    #[test]
    fn the_wait_that_closes_a_circle_is_refused_and_named() {
        let [a, b, c] = ["a", "b", "c"].map(node);
        let ab = wait(&a, &b).unwrap();
        let _bc = wait(&b, &c).unwrap();
        let _other = wait(&b, &node("d")).unwrap();
        let refused = wait(&c, &a).unwrap_err();
        assert_eq!(refused, "c waits for a, which waits for b, which waits for c");
        drop(ab);
        wait(&c, &a).unwrap();
        assert_eq!(wait(&a, &a).unwrap_err(), "a waits for a");
    }

    #[test]
    fn who_holds_nothing_waits_for_nobody() {
        let a = node("a");
        assert!(wait_for(|| a.clone()).unwrap().is_none());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            a.while_holding(|| std::panic::resume_unwind(Box::new(())));
        }));
        assert!(
            caught.is_err() && wait_for(|| a.clone()).unwrap().is_none(),
            "a panic does not leave its holder behind"
        );
    }
}
