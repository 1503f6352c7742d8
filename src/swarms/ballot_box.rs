//! A vote on a motion, as a pure machine: it hears votes, obituaries and the deadline, and closes once, always.
//!
//! It closes as soon as every voter has voted or died; at the deadline whoever is silent abstains with that as the
//! reason. Weighted votes on markets are another thing ([`super::ballot`]): here each voter counts the same.

use crate::machine::{Machine, Turn};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A voter's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stance {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Neither, and why.
    Abstains(String),
}

/// What the box hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A vote arrived.
    Vote {
        /// Who votes, by path.
        voter: String,
        /// Which incarnation of it.
        incarnation: u64,
        /// How.
        stance: Stance,
    },
    /// A voter ended, and nobody will restart it.
    Died {
        /// Who, by path.
        voter: String,
        /// Which incarnation of it.
        incarnation: u64,
        /// How it ended.
        reason: String,
    },
    /// The time is up.
    Deadline,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The vote is over; said once.
    Closed(Count),
    /// A vote does not count.
    Refused {
        /// Whose.
        voter: String,
        /// Why not.
        why: Refusal,
    },
}

/// Why a vote does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The first vote stands.
    #[error("it has voted already")]
    Again,
    /// Only those named at the beginning may vote.
    #[error("it is not among the voters")]
    Stranger,
    /// A replaced voter woke up late.
    #[error("its incarnation was replaced")]
    Replaced,
    /// It has an obituary.
    #[error("it is dead")]
    Dead,
    /// The vote is over.
    #[error("the vote is closed")]
    Closed,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Votes for it.
    pub n_yes: usize,
    /// Votes against it.
    pub n_no: usize,
    /// Everybody else.
    pub n_abstained: usize,
    /// Each voter's word.
    pub stances: BTreeMap<String, Stance>,
    /// When it closed.
    pub at: DateTime<Utc>,
}

/// The box.
#[derive(Clone, Debug)]
pub struct BallotBox {
    voters: BTreeMap<String, Voter>,
    closed: bool,
}

#[derive(Clone, Debug)]
struct Voter {
    /// The youngest incarnation heard of.
    incarnation: u64,
    stance: Option<Stance>,
    dead: bool,
}

impl BallotBox {
    /// A vote of these, each with its incarnation now. Give it [`Machine::init`]: without voters it closes there.
    pub fn new(voters: impl IntoIterator<Item = (String, u64)>) -> BallotBox {
        let voter = |(path, incarnation)| {
            let voter = Voter {
                incarnation,
                stance: None,
                dead: false,
            };
            (path, voter)
        };
        BallotBox {
            voters: voters.into_iter().map(voter).collect(),
            closed: false,
        }
    }

    fn vote(&mut self, path: &str, incarnation: u64, stance: Stance) -> Result<(), Refusal> {
        let voter = self.voters.get_mut(path).ok_or(Refusal::Stranger)?;
        if self.closed {
            return Err(Refusal::Closed);
        }
        // 0 is a voter that does not state its incarnation.
        if incarnation != 0 && incarnation < voter.incarnation {
            return Err(Refusal::Replaced);
        }
        if voter.dead {
            return Err(Refusal::Dead);
        }
        if voter.stance.is_some() {
            return Err(Refusal::Again);
        }
        voter.incarnation = voter.incarnation.max(incarnation);
        voter.stance = Some(stance);
        Ok(())
    }

    /// A vote that was given before its voter died counts; an obituary of an incarnation that was replaced says nothing
    /// of its successor.
    fn bury(&mut self, path: &str, incarnation: u64, reason: String) {
        if let Some(voter) = self.voters.get_mut(path)
            && incarnation >= voter.incarnation
            && !voter.dead
        {
            voter.dead = true;
            voter.incarnation = incarnation;
            voter.stance.get_or_insert(Stance::Abstains(reason));
        }
    }

    fn close(&mut self, turn: &mut Turn<Effect>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let silent = || Stance::Abstains("no vote by the deadline".to_owned());
        let said = |(path, voter): (&String, &Voter)| (path.clone(), voter.stance.clone().unwrap_or_else(silent));
        let stances: BTreeMap<String, Stance> = self.voters.iter().map(said).collect();
        let n = |wanted: fn(&Stance) -> bool| stances.values().filter(|stance| wanted(stance)).count();
        let count = Count {
            n_yes: n(|s| *s == Stance::Yes),
            n_no: n(|s| *s == Stance::No),
            n_abstained: n(|s| matches!(s, Stance::Abstains(_))),
            at: turn.now(),
            stances,
        };
        turn.emit(Effect::Closed(count));
    }

    fn close_if_all_spoke(&mut self, turn: &mut Turn<Effect>) {
        if self.voters.values().all(|voter| voter.stance.is_some()) {
            self.close(turn);
        }
    }
}

impl Machine for BallotBox {
    type Input = Input;
    type Effect = Effect;

    fn init(&mut self, turn: &mut Turn<Effect>) {
        self.close_if_all_spoke(turn);
    }

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Vote {
                voter,
                incarnation,
                stance,
            } => {
                if let Err(why) = self.vote(&voter, incarnation, stance) {
                    turn.emit(Effect::Refused { voter, why });
                }
            }
            Input::Died {
                voter,
                incarnation,
                reason,
            } => self.bury(&voter, incarnation, reason),
            Input::Deadline => self.close(turn),
        }
        self.close_if_all_spoke(turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{drive, take};
    use proptest::prelude::*;
    use rand_pcg::Pcg64Mcg;

    fn vote(voter: &str, incarnation: u64, stance: Stance) -> Input {
        Input::Vote {
            voter: voter.into(),
            incarnation,
            stance,
        }
    }

    fn died(voter: &str, incarnation: u64) -> Input {
        Input::Died {
            voter: voter.into(),
            incarnation,
            reason: "it panicked".into(),
        }
    }

    fn play(mut ballot: BallotBox, inputs: Vec<Input>) -> Vec<Effect> {
        let mut rng = Pcg64Mcg::new(1);
        let mut effects = take(DateTime::UNIX_EPOCH, &mut rng, |turn| ballot.init(turn));
        for input in inputs {
            effects.extend(drive(&mut ballot, input, DateTime::UNIX_EPOCH, &mut rng));
        }
        effects
    }

    fn two() -> BallotBox {
        BallotBox::new([("/a".to_owned(), 1), ("/b".to_owned(), 2)])
    }

    fn counts(effects: &[Effect]) -> Vec<(usize, usize, usize)> {
        let closed = effects.iter().filter_map(|effect| match effect {
            Effect::Closed(count) => Some((count.n_yes, count.n_no, count.n_abstained)),
            Effect::Refused { .. } => None,
        });
        closed.collect()
    }

    #[test]
    fn it_closes_when_all_have_voted_or_died() {
        let check = |inputs: Vec<Input>, expected: &[(usize, usize, usize)]| {
            let said = play(two(), inputs.clone());
            assert_eq!(counts(&said), expected, "{inputs:?}");
        };
        let (yes, no) = (Stance::Yes, Stance::No);
        check(vec![vote("/a", 1, yes.clone())], &[]);
        check(
            vec![vote("/a", 1, yes.clone()), vote("/b", 2, no.clone())],
            &[(1, 1, 0)],
        );
        check(vec![vote("/a", 1, yes.clone()), died("/b", 2)], &[(1, 0, 1)]);
        check(vec![vote("/a", 1, yes.clone()), died("/b", 1)], &[]);
        check(
            vec![vote("/a", 1, yes.clone()), died("/a", 1), vote("/b", 3, no)],
            &[(1, 1, 0)],
        );
        check(vec![vote("/a", 1, yes), Input::Deadline, Input::Deadline], &[(1, 0, 1)]);
        assert_eq!(counts(&play(BallotBox::new([]), Vec::new())), [(0, 0, 0)]);
    }

    #[test]
    fn votes_that_do_not_count_are_refused_with_a_reason() {
        let check = |before: Vec<Input>, late: Input, expected: Refusal| {
            let mut inputs = before;
            inputs.push(late);
            let said = play(two(), inputs);
            assert!(
                matches!(said.last(), Some(Effect::Refused { why, .. }) if *why == expected),
                "{expected:?}: {said:?}"
            );
        };
        let yes = || Stance::Yes;
        check(vec![vote("/a", 1, yes())], vote("/a", 1, Stance::No), Refusal::Again);
        check(vec![], vote("/c", 1, yes()), Refusal::Stranger);
        check(vec![], vote("/b", 1, yes()), Refusal::Replaced);
        check(vec![died("/a", 1)], vote("/a", 1, yes()), Refusal::Dead);
        check(vec![Input::Deadline], vote("/a", 1, yes()), Refusal::Closed);
    }

    fn anything() -> impl Strategy<Value = Input> {
        let voter = || (0_u8..5).prop_map(|n| format!("/{n}"));
        let stance = prop_oneof![
            Just(Stance::Yes),
            Just(Stance::No),
            Just(Stance::Abstains("unsure".to_owned()))
        ];
        prop_oneof![
            6 => (voter(), 0_u64..4, stance).prop_map(|(voter, incarnation, stance)| Input::Vote { voter, incarnation, stance }),
            2 => (voter(), 0_u64..4).prop_map(|(voter, n)| died(&voter, n)),
            1 => Just(Input::Deadline),
        ]
    }

    proptest! {
        #[test]
        fn it_closes_exactly_once_and_counts_every_voter(
            n_voters in 0_usize..5,
            mut inputs in proptest::collection::vec(anything(), 0..40),
        ) {
            inputs.push(Input::Deadline);
            let voters = (0..n_voters).map(|n| (format!("/{n}"), 1));
            let said = play(BallotBox::new(voters), inputs);
            let counts = counts(&said);
            prop_assert_eq!(counts.len(), 1, "closed {} times", counts.len());
            let (yes, no, abstained) = counts[0];
            prop_assert_eq!(yes + no + abstained, n_voters);
        }
    }
}
