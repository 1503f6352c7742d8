//! Which of the set models a process asks: all, those on this machine, none, or nobody because answers are kept.

use super::settings::{MindSettings, SlotSettings};
use crate::api::Provider;
use std::collections::BTreeMap;
use std::fmt;

/// Which models are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Those that are set.
    #[default]
    Live,
    /// Of those, the ones on this machine.
    Local,
    /// Nobody: they answer with what they said when they were asked the same, and are silent where they never were.
    Replay,
    /// Nobody: no model sits anywhere.
    None,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 4] = [Mode::Live, Mode::Local, Mode::Replay, Mode::None];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Live => "live",
            Mode::Local => "local",
            Mode::Replay => "replay",
            Mode::None => "none",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl MindSettings {
    /// The same under a mode; `taken` are base URLs set elsewhere. Without a slot left, no model sits.
    pub fn under(mut self, mode: Mode, taken: &BTreeMap<Provider, String>) -> MindSettings {
        let all = self.chain.is_empty() && self.agents.market_intelligence.is_empty();
        self.slots.retain(|slot| match mode {
            Mode::Live | Mode::Replay => true,
            Mode::Local => is_local(slot, taken),
            Mode::None => false,
        });
        let left: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
        let agents = &mut self.agents;
        let had_own = !agents.market_intelligence.is_empty();
        for chain in [
            &mut self.chain,
            &mut agents.market_intelligence,
            &mut agents.strategy_analyst,
        ] {
            chain.retain(|name| left.contains(&name.as_str()));
        }
        // An empty chain stands for all slots, or for another chain, and must not begin to because those it named are gone.
        let emptied = if had_own {
            agents.market_intelligence.is_empty()
        } else {
            self.chain.is_empty()
        };
        if emptied && !all {
            self.slots.clear();
            agents.strategy_analyst.clear();
        }
        self.kept_only = mode == Mode::Replay;
        self
    }
}

/// Whether a slot is asked on this machine.
fn is_local(slot: &SlotSettings, taken: &BTreeMap<Provider, String>) -> bool {
    let (provider, _) = slot.line();
    match slot.base().or_else(|| taken.get(&provider).cloned()) {
        Some(url) => is_loopback(&url),
        // Where Ollama listens when nobody says anything else.
        None => provider == Provider::Ollama,
    }
}

/// Whether an address names this machine. One with a user in front of its host is taken for a foreign one.
fn is_loopback(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<core::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minds::llm::settings::tests::{settings, slot};

    fn left(minds: &MindSettings, mode: Mode) -> Vec<String> {
        let under = minds.clone().under(mode, &BTreeMap::new());
        under.slots.into_iter().map(|slot| slot.name).collect()
    }

    #[test]
    fn a_mode_leaves_those_that_may_be_asked() {
        let mut all = settings(vec![
            slot("far", Some(Provider::Anthropic), None),
            slot("here", None, Some("http://127.0.0.1:8080/v1")),
            slot("lan", None, Some("http://10.0.0.7:8080")),
            slot("ollama", Some(Provider::Ollama), None),
        ]);
        assert_eq!(left(&all, Mode::Live).len(), 4);
        assert_eq!(left(&all, Mode::Replay).len(), 4);
        assert_eq!(left(&all, Mode::Local), ["here", "ollama"]);
        assert!(left(&all, Mode::None).is_empty());
        all.chain = vec!["far".to_owned()];
        assert!(left(&all, Mode::Local).is_empty(), "the chain named nobody here");
        assert!(all.clone().under(Mode::Replay, &BTreeMap::new()).kept_only);
        let elsewhere = BTreeMap::from([(Provider::Ollama, "https://ollama.example".to_owned())]);
        all.chain = vec!["ollama".to_owned()];
        assert!(all.under(Mode::Local, &elsewhere).slots.is_empty());
    }

    #[test]
    fn an_address_of_this_machine_is_told_from_one_that_pretends() {
        for here in ["http://localhost:1", "http://127.9.0.1/v1", "http://[::1]:8088/v1"] {
            assert!(is_loopback(here), "{here}");
        }
        for far in [
            "http://localhost.evil.example",
            "http://127.0.0.1@evil.example",
            "https://10.0.0.1",
            "127.0.0.1",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
    }
}
