//! Watching: whoever depends on an actor is told when it ends, without being its supervisor.

use super::{
    exit::Exit,
    lane::{Lane, Refusal},
    port::Port,
};
use actix::Message;
use parking_lot::Mutex;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Told to a watcher on the Control lane: an incarnation of the watched actor ended, or its mailbox was closed.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Obituary {
    /// The path of the watched actor, or its id if it never hung in a tree.
    pub path: Arc<str>,
    /// The incarnation that ended; 0 if none ever ran.
    pub incarnation: u64,
    /// How.
    pub exit: Exit,
    /// False after each end of an incarnation, of which there may be another soon; true when nobody will read its mailbox
    /// until its supervisor is started again.
    pub gone: bool,
}

/// One watch, for [`super::ActorRef::unwatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchId(u64);

/// More watchers than this of one actor are a leak of watches.
const MAX_WATCHERS: usize = 1_024;

static NUMBERS: AtomicU64 = AtomicU64::new(1);

#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<Vec<(WatchId, Port<Obituary>)>>);

impl Watchers {
    /// None if there are too many.
    pub(crate) fn add(&self, to: Port<Obituary>) -> Option<WatchId> {
        let mut watchers = self.0.lock();
        // Dropped outside the lock: the last handle of an actor may drop its queue, and with it somebody's destructor.
        let (kept, gone) = std::mem::take(&mut *watchers)
            .into_iter()
            .partition(|(_, port): &(WatchId, Port<Obituary>)| port.gone().is_none());
        *watchers = kept;
        let id = (watchers.len() < MAX_WATCHERS).then(|| WatchId(NUMBERS.fetch_add(1, Relaxed)));
        watchers.extend(id.map(|id| (id, to)));
        drop(watchers);
        drop::<Vec<_>>(gone);
        id
    }

    pub(crate) fn remove(&self, id: WatchId) {
        let mut watchers = self.0.lock();
        let at = watchers.iter().position(|(known, _)| *known == id);
        let removed = at.map(|at| watchers.remove(at));
        drop(watchers);
        drop(removed);
    }

    pub(crate) fn tell(&self, path: &Arc<str>, incarnation: u64, exit: &Exit, gone: bool) {
        // Told outside the lock: a watcher may be this very actor.
        let watchers = self.0.lock().clone();
        for (id, port) in watchers {
            let obituary = Obituary {
                path: path.clone(),
                incarnation,
                exit: exit.clone(),
                gone,
            };
            match port.tell(obituary, Lane::Control) {
                Ok(()) => {}
                Err(refused) if matches!(refused.why, Refusal::Gone(_)) => self.remove(id),
                Err(refused) => log::error!("{} was not told of the end of {path}: {refused}", port.id()),
            }
        }
    }
}
