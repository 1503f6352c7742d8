//! What may stand in a message, closed, so that a new thing to say is a compile error wherever it is not yet heard.
//!
//! The written form of each is one JSON object whose first key says what it is (`fact`, `order`, `query`, `answer`,
//! `motion`, `voice`, `beat`). A reader that does not know the key or its value is older than the writer, and says so
//! instead of guessing.

use super::fact::Fact;
use super::{Kind, MessageId};
use crate::domain::money::Cents;
use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What was said.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// Something that happened.
    Fact(Fact),
    /// Something to be done.
    Order(Order),
    /// Something asked.
    Query(Query),
    /// What is said to a [`Query`].
    Answer(Answer),
    /// Something put to the vote.
    Motion(Motion),
    /// A voter's word on a [`Motion`].
    Voice(Voice),
    /// A sign of life.
    Beat(Beat),
}

/// Orders, in the imperative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Take note of a remark.
    Note {
        /// The remark.
        text: String,
    },
    /// Treat a member of the team as said, whatever its record says, until then.
    Override {
        /// The seat or swarm.
        subject: String,
        /// `bench`, `seat`, `pause` or `cap`.
        action: String,
        /// The most a capped swarm may stake in a week.
        cap: Option<Cents>,
        /// Why.
        why: String,
        /// When it ends by itself.
        ends: DateTime<Utc>,
    },
}

/// Questions between agents that need no archive; what a swarm asks of its seats is in [`super::question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// How many letters of each sender and kind were handled?
    Tally,
}

/// Answers to [`Query`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Letters handled.
    Tally {
        /// One line a sender and kind.
        lines: Vec<TallyLine>,
    },
    /// It cannot be answered.
    Declined {
        /// Why.
        reason: String,
    },
}

/// How many letters of one kind came from one sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyLine {
    /// The sender's path.
    pub sender: String,
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub n: u64,
}

/// Something put to the vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "motion", rename_all = "snake_case")]
pub enum Motion {
    /// Shall this be done?
    Put {
        /// What.
        text: String,
        /// Paths of those who may vote.
        voters: Vec<String>,
        /// When the vote closes.
        closes: DateTime<Utc>,
    },
}

/// A voter's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "voice", rename_all = "snake_case")]
pub enum Voice {
    /// For it.
    Yes {
        /// The message that put the motion.
        on: MessageId,
    },
    /// Against it.
    No {
        /// The message that put the motion.
        on: MessageId,
        /// Why.
        reason: String,
    },
    /// Neither.
    Abstain {
        /// The message that put the motion.
        on: MessageId,
        /// Why.
        reason: String,
    },
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "beat", rename_all = "snake_case")]
pub enum Beat {
    /// The speaker runs.
    Alive {
        /// Messages it has handled.
        n_handled: u64,
    },
}

macro_rules! from {
    ($($part:ident),*) => {
        $(impl From<$part> for Body {
            fn from(part: $part) -> Body {
                Body::$part(part)
            }
        })*
    };
}
from!(Fact, Order, Query, Answer, Motion, Voice, Beat);

impl<'de> Deserialize<'de> for Body {
    /// By the key that is there, because serde's untagged form says only that nothing fits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Body, D::Error> {
        fn part<T: serde::de::DeserializeOwned + Into<Body>>(value: Value) -> serde_json::Result<Body> {
            serde_json::from_value::<T>(value).map(Into::into)
        }
        type Reader = fn(Value) -> serde_json::Result<Body>;
        const PARTS: [(&str, Reader); 7] = [
            ("fact", part::<Fact>),
            ("order", part::<Order>),
            ("query", part::<Query>),
            ("answer", part::<Answer>),
            ("motion", part::<Motion>),
            ("voice", part::<Voice>),
            ("beat", part::<Beat>),
        ];
        let value = Value::deserialize(deserializer)?;
        let Some((_, read)) = PARTS.into_iter().find(|(key, _)| value.get(key).is_some()) else {
            let keys: Vec<&str> = PARTS.into_iter().map(|(key, _)| key).collect();
            return Err(D::Error::custom(format!("it is none of {}", keys.join(", "))));
        };
        read(value).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_written_as_it_always_was() {
        let fact = Fact::Settled {
            pick: "p".into(),
            result: "win".into(),
            profit: crate::domain::money::Cents(5),
            clv_points: Some(0.1),
        };
        let text = r#"{"fact":"settled","pick":"p","result":"win","profit":5,"clv_points":0.1}"#;
        assert_eq!(serde_json::to_string(&fact).unwrap(), text);
        let body = Body::from(fact);
        assert_eq!(serde_json::to_string(&body).unwrap(), text);
        assert_eq!(serde_json::from_str::<Body>(text).unwrap(), body);
    }

    #[test]
    fn what_a_later_version_says_is_refused_by_name() {
        let check = |text: &str, says: &str| {
            let error = serde_json::from_str::<Body>(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        };
        check(r#"{"fact":"foreseen"}"#, "unknown variant `foreseen`");
        check(r#"{"order":"dance"}"#, "unknown variant `dance`, expected `note`");
        check(r#"{"dream":"x"}"#, "it is none of fact, order, query");
        check("[]", "it is none of");
        check(r#"{"order":"note"}"#, "missing field `text`");
    }

    #[test]
    fn every_part_is_read_back() {
        let bodies: [Body; 7] = [
            Order::Override {
                subject: "elo".into(),
                action: "cap".into(),
                cap: Some(Cents(5)),
                why: "a test".into(),
                ends: DateTime::UNIX_EPOCH,
            }
            .into(),
            Order::Note { text: "a\nb".into() }.into(),
            Query::Tally.into(),
            Answer::Declined { reason: "no".into() }.into(),
            Motion::Put {
                text: "x".into(),
                voters: vec!["/a".into()],
                closes: DateTime::UNIX_EPOCH,
            }
            .into(),
            Voice::Yes { on: "m".into() }.into(),
            Beat::Alive { n_handled: 3 }.into(),
        ];
        for body in bodies {
            let text = serde_json::to_string(&body).unwrap();
            assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body, "{text}");
        }
    }
}
