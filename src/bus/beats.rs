//! Signs of life on their way: of several from one sender that wait for one reader only the newest is worth delivering.

use crate::protocol::AgentMessage;
use std::collections::BTreeMap;

/// Heartbeats by reader. Bounded by readers times senders, both of which the registry bounds.
#[derive(Debug, Default)]
pub(super) struct Beats {
    readers: BTreeMap<String, Reader>,
}

#[derive(Debug, Default)]
struct Reader {
    /// By sender.
    waiting: BTreeMap<String, AgentMessage>,
    in_hand: bool,
}

impl Beats {
    /// Takes a heartbeat for a reader, in place of an older one of its sender; true if it can be delivered now.
    pub(super) fn put(&mut self, reader: &str, beat: AgentMessage) -> bool {
        let reader = self.readers.entry(reader.to_owned()).or_default();
        let older = reader.waiting.get(&beat.from).is_some_and(|known| known.at > beat.at);
        if !older {
            reader.waiting.insert(beat.from.clone(), beat);
        }
        !reader.in_hand
    }

    /// The next heartbeat for a reader, which has none in hand until [`Beats::done`].
    pub(super) fn take(&mut self, reader: &str) -> Option<AgentMessage> {
        let reader = self.readers.get_mut(reader)?;
        if reader.in_hand {
            return None;
        }
        let (_, beat) = reader.waiting.pop_first()?;
        reader.in_hand = true;
        Some(beat)
    }

    /// A reader is done with the one it had.
    pub(super) fn done(&mut self, reader: &str) {
        if let Some(known) = self.readers.get_mut(reader) {
            known.in_hand = false;
            if known.waiting.is_empty() {
                self.readers.remove(reader);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Beat, Kind, To};
    use chrono::DateTime;

    fn beat(from: &str, n: i64) -> AgentMessage {
        let at = DateTime::from_timestamp(n, 0).unwrap();
        let body = Beat::Alive {
            n_handled: n.unsigned_abs(),
        };
        AgentMessage::new("b".into(), from, To::All, Kind::Heartbeat, at, body)
    }

    #[test]
    fn the_newest_of_each_sender_wins() {
        let mut beats = Beats::default();
        assert!(beats.put("/r", beat("/a", 1)));
        assert_eq!(beats.take("/r"), Some(beat("/a", 1)));
        for (from, n) in [("/a", 2), ("/b", 1), ("/a", 4), ("/a", 3)] {
            assert!(!beats.put("/r", beat(from, n)), "one is in hand");
            assert_eq!(beats.take("/r"), None);
        }
        beats.done("/r");
        assert_eq!(beats.take("/r"), Some(beat("/a", 4)));
        beats.done("/r");
        assert_eq!(beats.take("/r"), Some(beat("/b", 1)));
        beats.done("/r");
        assert_eq!(beats.take("/r"), None);
        assert!(
            beats.readers.is_empty(),
            "nothing is kept for readers without heartbeats"
        );
    }
}
