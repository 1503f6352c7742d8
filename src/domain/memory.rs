//! What agents claimed, and what became of it: pending until it is resolved, and readable only as of an instant.
//!
//! A claim is made once and stands; its resolution comes later and is dated. [`Memories`] hold both, and the only door to
//! them is [`Memories::as_of`]: a resolution that came after the instant asked about is not handed out, because no method
//! does. What is resolved may make room for newer memories; what is pending never does.

use super::game::{GameId, SeasonWeek};
use super::quote::{Market, Side};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a memory: the same claim of the same agent about the same thing has the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryId(pub String);

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What was claimed, closed: each kind has one way to be proven right or wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub enum Claim {
    /// The line of a market will move towards a side until it closes.
    Direction {
        /// The game.
        game: GameId,
        /// The market: a spread or a total.
        market: Market,
        /// The side it will move towards.
        side: Side,
        /// The line when it was said, in half points.
        line_half: i16,
        /// What made it think so: `steam`, `drift` or `news`.
        because: String,
    },
    /// Bets of a group go on having a closing line value of this sign.
    Lesson {
        /// The group, as attribution names it: `market.spread`.
        group: String,
        /// True when they beat the close, false when they lose to it.
        beats_close: bool,
        /// Bets it was learnt from.
        n: u64,
    },
    /// A strategy goes on making money.
    Strategy {
        /// Its id.
        strategy: String,
    },
}

impl Claim {
    /// Its word in the database and in output.
    pub fn kind(&self) -> &'static str {
        match self {
            Claim::Direction { .. } => "direction",
            Claim::Lesson { .. } => "lesson",
            Claim::Strategy { .. } => "strategy",
        }
    }
}

/// How a claim ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It was right.
    Yes,
    /// It was wrong.
    No,
    /// Neither: nothing moved, or what it was about did not take place.
    Void,
}

impl Held {
    /// Its word in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Held::Yes => "held",
            Held::No => "failed",
            Held::Void => "void",
        }
    }

    /// The outcome of a [`Held::word`].
    pub fn of_word(word: &str) -> Option<Held> {
        [Held::Yes, Held::No, Held::Void]
            .into_iter()
            .find(|held| held.word() == word)
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    /// From when on it was known.
    pub at: DateTime<Utc>,
    /// Whether it held.
    pub held: Held,
    /// Closing line value of acting on it, in points, where it has one.
    pub clv_points: Option<f64>,
    /// Observations it rests on.
    pub n: u64,
    /// The same in a sentence.
    pub text: String,
}

/// A claim with its place in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Its name.
    pub id: MemoryId,
    /// Whose, by role.
    pub agent: String,
    /// The week it was said in.
    pub when: SeasonWeek,
    /// When it was said.
    pub said_at: DateTime<Utc>,
    /// What was claimed.
    pub claim: Claim,
    /// The same in a sentence.
    pub text: String,
}

/// Claims with what became of them, in the order in which they were said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memories {
    all: Vec<(Memory, Option<Resolution>)>,
}

impl Memories {
    /// Puts them in order.
    pub fn new(mut all: Vec<(Memory, Option<Resolution>)>) -> Memories {
        all.sort_by(|a, b| (a.0.said_at, &a.0.id).cmp(&(b.0.said_at, &b.0.id)));
        Memories { all }
    }

    /// What was remembered at an instant, that included.
    pub fn as_of(&self, at: DateTime<Utc>) -> Recall<'_> {
        let n = self.all.partition_point(|(memory, _)| memory.said_at <= at);
        Recall {
            known: &self.all[..n],
            at,
        }
    }
}

/// Memories as of an instant: claims said by then, and of their resolutions those that had come by then.
#[derive(Clone, Copy, Debug)]
pub struct Recall<'a> {
    known: &'a [(Memory, Option<Resolution>)],
    at: DateTime<Utc>,
}

impl<'a> Recall<'a> {
    fn all(self) -> impl Iterator<Item = (&'a Memory, Option<&'a Resolution>)> {
        let at = self.at;
        let known = move |r: &&Resolution| r.at <= at;
        self.known
            .iter()
            .map(move |(memory, r)| (memory, r.as_ref().filter(known)))
    }

    /// Claims that nothing had become of, the oldest first.
    pub fn pending(self) -> impl Iterator<Item = &'a Memory> {
        self.all().filter(|(_, r)| r.is_none()).map(|(memory, _)| memory)
    }

    /// Claims with what had become of them, in the order in which they were said.
    pub fn resolved(self) -> impl Iterator<Item = (&'a Memory, &'a Resolution)> {
        self.all().filter_map(|(memory, r)| Some((memory, r?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn memory(i: usize, said: i64, resolved: Option<i64>) -> (Memory, Option<Resolution>) {
        let memory = Memory {
            id: MemoryId(format!("m{i}")),
            agent: "a".to_owned(),
            when: SeasonWeek { season: 2010, week: 1 },
            said_at: at(said),
            claim: Claim::Strategy {
                strategy: "s".to_owned(),
            },
            text: String::new(),
        };
        let resolution = resolved.map(|after| Resolution {
            at: at(said + after),
            held: Held::Yes,
            clv_points: None,
            n: 1,
            text: String::new(),
        });
        (memory, resolution)
    }

    proptest! {
        #[test]
        fn nothing_of_later_is_recalled(
            said in prop::collection::vec((0i64..100, prop::option::of(0i64..50)), 0..40),
            asked in 0i64..150,
        ) {
            let all: Vec<_> = said.iter().enumerate().map(|(i, (s, r))| memory(i, *s, *r)).collect();
            let memories = Memories::new(all.clone());
            let recall = memories.as_of(at(asked));
            prop_assert!(recall.pending().all(|m| m.said_at <= at(asked)));
            prop_assert!(recall.resolved().all(|(m, r)| m.said_at <= at(asked) && r.at <= at(asked)));
            let n_said = said.iter().filter(|(s, _)| *s <= asked).count();
            prop_assert_eq!(recall.pending().count() + recall.resolved().count(), n_said);
            // What comes later changes nothing that is recalled now.
            let cut = Memories::new(
                all.into_iter()
                    .filter(|(m, _)| m.said_at <= at(asked))
                    .map(|(m, r)| (m, r.filter(|r| r.at <= at(asked))))
                    .collect(),
            );
            let names = |r: Recall<'_>| r.pending().map(|m| m.id.clone()).collect::<Vec<_>>();
            prop_assert_eq!(names(recall), names(cut.as_of(at(asked))));
        }
    }
}
