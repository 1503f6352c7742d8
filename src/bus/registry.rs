//! Who is there: every agent by its path, with its card, its vitals and, where it reads letters, its door.
//!
//! The registry is shared by whoever looks agents up; only the bus writes letters through the doors in it.

use super::journal::{Begin, Hears};
use super::letter::Letter;
use crate::actor::{ActorRef, Component, Exit, Port, VitalsSnapshot};
use crate::protocol::card::Card;
use parking_lot::RwLock;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Agents at most: a tree of some hundred is large, so that more is a loop that registers.
pub const MAX_AGENTS: usize = 10_000;
/// Groups at most.
pub const MAX_GROUPS: usize = 1_000;

type Read<R> = Arc<dyn Fn() -> R + Send + Sync>;

/// One agent.
pub struct Entry<T: 'static> {
    /// Its path in the tree: `/specialists/risk_manager`.
    pub path: String,
    /// What it is and can do.
    pub card: Card,
    /// Where its letters go in, if it reads any.
    pub door: Option<Door<T>>,
    vitals: Read<VitalsSnapshot>,
    gone: Read<Option<Exit>>,
}

/// Where an agent's letters go in.
pub struct Door<T: 'static> {
    /// Its handle.
    pub port: Port<Letter<T>>,
    /// Whether it reads everything that is journaled, or what is addressed to it.
    pub everything: bool,
    /// Where it begins when it is new.
    pub begin: Begin,
}

impl<T: 'static> Entry<T> {
    /// An agent that reads no letters.
    pub fn of<A: Component>(path: &str, card: Card, agent: &ActorRef<A>) -> Entry<T> {
        let (read, looked) = (agent.clone(), agent.clone());
        Entry {
            path: path.to_owned(),
            card,
            door: None,
            vitals: Arc::new(move || read.vitals()),
            gone: Arc::new(move || looked.gone()),
        }
    }

    /// The same agent, which reads letters.
    pub fn reading(self, door: Door<T>) -> Entry<T> {
        Entry {
            door: Some(door),
            ..self
        }
    }

    /// Its counters and state now.
    pub fn vitals(&self) -> VitalsSnapshot {
        (self.vitals)()
    }

    /// How it ended, if nobody is going to restart it.
    pub fn gone(&self) -> Option<Exit> {
        (self.gone)()
    }
}

impl<T: 'static> Door<T> {
    /// For a reader of what is addressed to it, which begins with what comes from now on.
    pub fn new(port: Port<Letter<T>>) -> Door<T> {
        Door {
            port,
            everything: false,
            begin: Begin::Now,
        }
    }

    /// For a reader of everything that is journaled.
    pub fn everything(self) -> Door<T> {
        Door {
            everything: true,
            ..self
        }
    }

    /// Where the reader begins when it is new.
    pub fn begin(self, begin: Begin) -> Door<T> {
        Door { begin, ..self }
    }
}

impl<T: 'static> Clone for Door<T> {
    fn clone(&self) -> Door<T> {
        Door {
            port: self.port.clone(),
            ..*self
        }
    }
}

impl<T: 'static> Clone for Entry<T> {
    fn clone(&self) -> Entry<T> {
        Entry {
            path: self.path.clone(),
            card: self.card,
            door: self.door.clone(),
            vitals: Arc::clone(&self.vitals),
            gone: Arc::clone(&self.gone),
        }
    }
}

impl<T: 'static> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("path", &self.path)
            .field("role", &self.card.role)
            .field("reads", &self.door.is_some())
            .finish_non_exhaustive()
    }
}

/// Why an agent cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two agents cannot have one path.
    #[error("{0} is registered already: withdraw it first, or give the other one a path of its own")]
    Taken(String),
    /// A path names a place in the tree.
    #[error("`{0}` is no path of an agent: paths begin with `/`")]
    NoPath(String),
    /// Nobody has this path.
    #[error("nobody is registered as {0}")]
    Unknown(String),
    /// Something registers again and again.
    #[error("there are {MAX_AGENTS} agents or {MAX_GROUPS} groups already: something registers in a loop")]
    Full,
}

/// The registry; clones share it.
pub struct Registry<T: 'static>(Arc<RwLock<Inner<T>>>);

struct Inner<T: 'static> {
    agents: BTreeMap<String, Entry<T>>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl<T: 'static> Clone for Registry<T> {
    fn clone(&self) -> Registry<T> {
        Registry(Arc::clone(&self.0))
    }
}

impl<T: 'static> Default for Registry<T> {
    fn default() -> Registry<T> {
        Registry(Arc::new(RwLock::new(Inner {
            agents: BTreeMap::new(),
            groups: BTreeMap::new(),
        })))
    }
}

impl<T: 'static> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0.read();
        f.debug_struct("Registry")
            .field("agents", &inner.agents.keys())
            .field("groups", &inner.groups)
            .finish()
    }
}

impl<T: 'static> Registry<T> {
    /// Makes an agent known.
    ///
    /// # Errors
    /// [`RegistryError`] when the path is taken or none, or there are too many.
    pub fn register(&self, entry: Entry<T>) -> Result<(), RegistryError> {
        let mut inner = self.0.write();
        if !entry.path.starts_with('/') {
            return Err(RegistryError::NoPath(entry.path));
        }
        if inner.agents.contains_key(&entry.path) {
            return Err(RegistryError::Taken(entry.path));
        }
        if inner.agents.len() >= MAX_AGENTS {
            return Err(RegistryError::Full);
        }
        inner.agents.insert(entry.path.clone(), entry);
        Ok(())
    }

    /// Forgets an agent, also in its groups; false if it was not there.
    pub fn withdraw(&self, path: &str) -> bool {
        let mut inner = self.0.write();
        for members in inner.groups.values_mut() {
            members.remove(path);
        }
        inner.groups.retain(|_, members| !members.is_empty());
        inner.agents.remove(path).is_some()
    }

    /// Puts an agent into a group, which is made if need be.
    ///
    /// # Errors
    /// [`RegistryError`] when nobody has this path, or there are too many groups.
    pub fn join(&self, path: &str, group: &str) -> Result<(), RegistryError> {
        let mut inner = self.0.write();
        if !inner.agents.contains_key(path) {
            return Err(RegistryError::Unknown(path.to_owned()));
        }
        if !inner.groups.contains_key(group) && inner.groups.len() >= MAX_GROUPS {
            return Err(RegistryError::Full);
        }
        inner
            .groups
            .entry(group.to_owned())
            .or_default()
            .insert(path.to_owned());
        Ok(())
    }

    /// Takes an agent out of a group; false if it was not in it. A group without members is none.
    pub fn leave(&self, path: &str, group: &str) -> bool {
        let mut inner = self.0.write();
        let left = inner.groups.get_mut(group).is_some_and(|members| members.remove(path));
        inner.groups.retain(|_, members| !members.is_empty());
        left
    }

    /// The agent of a path.
    pub fn get(&self, path: &str) -> Option<Entry<T>> {
        self.0.read().agents.get(path).cloned()
    }

    /// All agents by path.
    pub fn all(&self) -> Vec<Entry<T>> {
        self.filter(|_| true)
    }

    /// All agents of a role.
    pub fn by_role(&self, role: &str) -> Vec<Entry<T>> {
        self.filter(|entry| entry.card.role == role)
    }

    /// All agents that can be asked for something.
    pub fn by_tool(&self, tool: &str) -> Vec<Entry<T>> {
        self.filter(|entry| entry.card.can(tool))
    }

    /// The members of a group, by path.
    pub fn group(&self, group: &str) -> Vec<String> {
        let inner = self.0.read();
        inner.groups.get(group).into_iter().flatten().cloned().collect()
    }

    /// What an agent hears; nothing if it reads no letters.
    pub(super) fn hears(&self, path: &str) -> Option<Hears> {
        let inner = self.0.read();
        let door = inner.agents.get(path)?.door.as_ref()?;
        if door.everything {
            return Some(Hears::Everything);
        }
        let of = inner.groups.iter().filter(|(_, members)| members.contains(path));
        Some(Hears::Addressed(of.map(|(name, _)| name.clone()).collect()))
    }

    fn filter(&self, wanted: impl Fn(&Entry<T>) -> bool) -> Vec<Entry<T>> {
        self.0
            .read()
            .agents
            .values()
            .filter(|entry| wanted(entry))
            .cloned()
            .collect()
    }
}
