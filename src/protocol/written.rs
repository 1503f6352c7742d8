//! A message as a row: what the journal keeps, and how it is read back, also by a version that knows less.
//!
//! A row has no columns for the speaker's incarnation and the deadline; where they are stated they go into the body's
//! object, so that rows written before there were any keep their bytes and their hashes.

use super::{AgentMessage, Body, Kind, MessageId, Priority, To};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// A message as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The message's id.
    pub id: String,
    /// The thread it belongs to.
    pub thread: String,
    /// The message that caused it.
    pub parent: Option<String>,
    /// Who said it.
    pub sender: String,
    /// To whom: a path, `group NAME`, or `all`.
    pub recipient: String,
    /// What kind of message it is.
    pub kind: String,
    /// Its priority.
    pub priority: String,
    /// When, UTC; kept to the microsecond.
    pub at: NaiveDateTime,
    /// The message itself, as JSON.
    pub body: String,
}

/// A row that this version cannot read as a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {id} cannot be read by this version: its {what}; use the huddle that wrote it")]
pub struct Unreadable {
    /// The message's id.
    pub id: String,
    /// Which part, and why.
    pub what: String,
}

/// A body with what a row has no columns for.
#[derive(Serialize)]
struct Full<'a> {
    #[serde(flatten)]
    body: &'a Body,
    #[serde(flatten)]
    beside: Beside,
}

/// Names that no body has.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Beside {
    #[serde(skip_serializing_if = "super::unstated")]
    by_incarnation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

impl To {
    /// The address as the journal has it: a path, `group NAME`, or `all`.
    pub fn written(&self) -> String {
        match self {
            To::One(path) => path.clone(),
            To::Group(name) => format!("group {name}"),
            To::All => "all".to_owned(),
        }
    }

    fn read(text: &str) -> To {
        match text.strip_prefix("group ") {
            Some(name) => To::Group(name.to_owned()),
            None if text == "all" => To::All,
            None => To::One(text.to_owned()),
        }
    }
}

impl Written {
    /// Writes a message down.
    pub fn of(message: &AgentMessage) -> Written {
        let full = Full {
            body: &message.body,
            beside: Beside {
                by_incarnation: message.incarnation,
                until: message.deadline,
            },
        };
        Written {
            id: message.id.to_string(),
            thread: message.thread.to_string(),
            parent: message.parent_id.as_ref().map(ToString::to_string),
            sender: message.from.clone(),
            recipient: message.to.written(),
            kind: message.kind.name().to_owned(),
            priority: message.priority.name().to_owned(),
            at: message.at.naive_utc().trunc_subsecs(6),
            body: serde_json::to_string(&full).expect("plain data with text keys always serialises"),
        }
    }

    /// The message.
    ///
    /// # Errors
    /// [`Unreadable`] when kind, priority or body are not known to this version.
    pub fn read(&self) -> Result<AgentMessage, Unreadable> {
        let unreadable = |what: String| Unreadable {
            id: self.id.clone(),
            what,
        };
        let kind = Kind::ALL.into_iter().find(|k| k.name() == self.kind);
        let priority = Priority::ALL.into_iter().find(|p| p.name() == self.priority);
        let body: Body = serde_json::from_str(&self.body).map_err(|e| unreadable(format!("body: {e}")))?;
        let beside: Beside = serde_json::from_str(&self.body).map_err(|e| unreadable(format!("body: {e}")))?;
        Ok(AgentMessage {
            id: MessageId(self.id.clone()),
            thread: MessageId(self.thread.clone()),
            parent_id: self.parent.clone().map(MessageId),
            from: self.sender.clone(),
            to: To::read(&self.recipient),
            kind: kind.ok_or_else(|| unreadable(format!("kind `{}`", self.kind)))?,
            priority: priority.ok_or_else(|| unreadable(format!("priority `{}`", self.priority)))?,
            at: self.at.and_utc(),
            deadline: beside.until,
            body,
            incarnation: beside.by_incarnation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, Order};
    use super::*;
    use crate::domain::money::Cents;

    fn message() -> AgentMessage {
        AgentMessage {
            priority: Priority::High,
            deadline: Some(DateTime::UNIX_EPOCH),
            incarnation: 4,
            ..AgentMessage::new(
                "m1".into(),
                "/a",
                To::Group("g".into()),
                Kind::Command,
                DateTime::UNIX_EPOCH,
                Order::Note { text: "x".into() },
            )
        }
    }

    #[test]
    fn a_message_is_read_back_as_it_was_written() {
        for to in [To::One("/b/c".into()), To::Group("swarm".into()), To::All] {
            let message = AgentMessage { to, ..message() };
            assert_eq!(Written::of(&message).read(), Ok(message));
        }
    }

    #[test]
    fn a_fact_keeps_its_bytes() {
        let fact = Fact::Acted {
            n_bets: 2,
            staked: Cents(7),
        };
        let bytes = serde_json::to_string(&fact).unwrap();
        let message = AgentMessage {
            body: fact.into(),
            ..message()
        };
        assert_eq!(Written::of(&message).read(), Ok(message.clone()));
        let minute = AgentMessage {
            incarnation: 0,
            deadline: None,
            ..message
        };
        assert_eq!(Written::of(&minute).body, bytes);
        let text = serde_json::to_string(&minute).unwrap();
        assert!(!text.contains("incarnation"), "{text}");
    }

    #[test]
    fn what_this_version_does_not_know_is_named() {
        let check = |change: fn(&mut Written), says: &str| {
            let mut written = Written::of(&message());
            change(&mut written);
            let error = written.read().unwrap_err().to_string();
            assert!(error.contains("message m1") && error.contains(says), "{error}");
        };
        check(|w| w.kind = "hint".into(), "kind `hint`");
        check(|w| w.priority = "mild".into(), "priority `mild`");
        check(|w| w.body = r#"{"order":"dance"}"#.into(), "unknown variant `dance`");
    }
}
