//! How ballots become a selection: three votes a seat, three fifths of all seats, run-offs among the leaders.

use crate::domain::belief::Seat;
use crate::strategy::rule::StrategyId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Strategies a round may select.
pub const MAX_SELECTED: usize = 3;
/// The least share of all seats that must vote for a strategy, as a fraction.
pub const AGREEMENT: (usize, usize) = (60, 100);
/// Votes held: the first, and at most two run-offs. Seats vote by their own figures, which do not change, so a third run-off
/// would repeat the second.
pub const MAX_VOTES: usize = 3;

/// True when enough of all seats are for it; seats that are absent count as not for it.
pub fn agreed(n_for: usize, n_seats: usize) -> bool {
    n_seats > 0 && n_for * AGREEMENT.1 >= n_seats * AGREEMENT.0
}

/// One vote: who stood, who voted for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// Who stood.
    pub field: Vec<StrategyId>,
    /// Votes a seat had.
    pub n_votes: usize,
    /// Votes by seat; absent seats are not there.
    pub votes: BTreeMap<Seat, Vec<StrategyId>>,
}

impl Ballot {
    /// Seats for each strategy that stood, most first, ties by name. A vote for what does not stand, a second vote of a seat
    /// for the same, and votes beyond its number count nothing.
    pub fn count(&self) -> Vec<(StrategyId, usize)> {
        let mut counts: BTreeMap<&StrategyId, usize> = self.field.iter().map(|id| (id, 0)).collect();
        for votes in self.votes.values() {
            let valid: BTreeSet<&StrategyId> = votes.iter().take(self.n_votes).collect();
            for id in valid {
                if let Some(n) = counts.get_mut(id) {
                    *n += 1;
                }
            }
        }
        let mut counted: Vec<(StrategyId, usize)> = counts.into_iter().map(|(id, n)| (id.clone(), n)).collect();
        counted.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        counted
    }
}

/// A strategy that was selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elected {
    /// The strategy.
    pub id: StrategyId,
    /// Seats for it.
    pub n_for: usize,
    /// Seats of the swarm.
    pub n_seats: usize,
    /// Number of the vote that selected it, from 1.
    pub vote: usize,
}

/// What follows from the votes so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Another vote among these.
    RunOff {
        /// Who stands.
        field: Vec<StrategyId>,
        /// Votes a seat has.
        n_votes: usize,
    },
    /// It is over.
    Over {
        /// The selected, in order of selection.
        elected: Vec<Elected>,
        /// Why there are fewer than three.
        reason: Option<String>,
    },
}

/// What follows from the ballots held so far, in order. Each selects those it agrees on, most votes first and ties by name,
/// until three are selected. A run-off is among the leaders of the last ballot that were not selected: twice as many as are
/// still wanted, then one more than are wanted, each seat with as many votes as are wanted.
pub fn decide(ballots: &[Ballot], n_seats: usize) -> Outcome {
    let mut elected: Vec<Elected> = Vec::new();
    for (at, ballot) in ballots.iter().enumerate() {
        for (id, n_for) in ballot.count() {
            let fresh = !elected.iter().any(|e| e.id == id);
            if fresh && elected.len() < MAX_SELECTED && agreed(n_for, n_seats) {
                let vote = at + 1;
                elected.push(Elected {
                    id,
                    n_for,
                    n_seats,
                    vote,
                });
            }
        }
    }
    let wanted = MAX_SELECTED - elected.len();
    let Some(last) = ballots.last() else {
        let reason = Some("nothing stood for a vote".to_owned());
        return Outcome::Over { elected, reason };
    };
    let left: Vec<(StrategyId, usize)> = last
        .count()
        .into_iter()
        .filter(|(id, n)| *n > 0 && !elected.iter().any(|e| e.id == *id))
        .collect();
    let n_field = if ballots.len() == 1 { 2 * wanted } else { wanted + 1 };
    if wanted == 0 {
        return Outcome::Over { elected, reason: None };
    }
    if ballots.len() < MAX_VOTES && !left.is_empty() {
        let field: BTreeSet<StrategyId> = left.into_iter().take(n_field).map(|(id, _)| id).collect();
        let field: Vec<StrategyId> = field.into_iter().collect();
        let n_votes = wanted;
        return Outcome::RunOff { field, n_votes };
    }
    let reason = match left.first() {
        None => "nothing else got a vote".to_owned(),
        Some((id, n)) => format!(
            "no agreement after {} votes: of what was left {id} had most, {n} of {n_seats} seats, and {}% are needed",
            ballots.len(),
            AGREEMENT.0
        ),
    };
    let reason = Some(reason);
    Outcome::Over { elected, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: usize) -> StrategyId {
        StrategyId(format!("{n:012x}"))
    }

    fn ballot(n_field: usize, n_votes: usize, votes: &[Vec<usize>]) -> Ballot {
        let seat = |at: usize| Seat::new(&format!("s{at:02}"));
        let cast = |list: &Vec<usize>| list.iter().map(|n| id(*n)).collect();
        Ballot {
            field: (0..n_field).map(id).collect(),
            n_votes,
            votes: votes
                .iter()
                .enumerate()
                .map(|(at, list)| (seat(at), cast(list)))
                .collect(),
        }
    }

    #[test]
    fn three_fifths_of_all_seats_are_exact() {
        for (n_for, n_seats, enough) in [
            (3, 5, true),
            (2, 5, false),
            (4, 7, false),
            (5, 7, true),
            (6, 10, true),
            (0, 0, false),
        ] {
            assert_eq!(agreed(n_for, n_seats), enough, "{n_for} of {n_seats}");
        }
    }

    #[test]
    fn one_is_agreed_on_the_rest_go_to_a_run_off_and_to_a_reason() {
        let votes = [
            vec![0, 1, 2],
            vec![0, 3, 4],
            vec![0, 5, 6],
            vec![7, 8, 9],
            vec![1, 7, 3],
        ];
        let first = ballot(10, 3, &votes);
        let Outcome::RunOff { field, n_votes } = decide(std::slice::from_ref(&first), 5) else {
            panic!("three of five are for one, nobody else has three")
        };
        assert_eq!((field.len(), n_votes), (4, 2));
        assert_eq!(field, [id(1), id(2), id(3), id(7)], "most votes first, then by name");
        let none = Ballot {
            field,
            n_votes,
            votes: BTreeMap::new(),
        };
        match decide(&[first, none], 5) {
            Outcome::Over { elected, reason } => {
                assert_eq!((elected.len(), elected[0].n_for, elected[0].vote), (1, 3, 1));
                assert!(reason.unwrap().contains("nothing else got a vote"));
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn votes_end_and_only_the_agreed_are_selected(
            n_seats in 5usize..=10,
            raw in proptest::collection::vec(proptest::collection::vec(proptest::collection::vec(0usize..14, 0..5), 0..=10), 3),
        ) {
            let mut ballots: Vec<Ballot> = Vec::new();
            let (mut n_field, mut n_votes): (Vec<StrategyId>, usize) = ((0..12).map(id).collect(), 3);
            for votes in raw {
                let mut next = ballot(12, n_votes, &votes[..votes.len().min(n_seats)]);
                next.field = n_field.clone();
                ballots.push(next);
                match decide(&ballots, n_seats) {
                    Outcome::RunOff { field, n_votes: n } => {
                        prop_assert!(!field.is_empty() && field.len() <= 6 && (1..=3).contains(&n));
                        prop_assert!(field.iter().all(|f| n_field.contains(f)));
                        (n_field, n_votes) = (field, n);
                    }
                    Outcome::Over { elected, reason } => {
                        prop_assert!(elected.len() <= MAX_SELECTED);
                        prop_assert_eq!(reason.is_none(), elected.len() == MAX_SELECTED);
                        let distinct: BTreeSet<_> = elected.iter().map(|e| &e.id).collect();
                        prop_assert_eq!(distinct.len(), elected.len());
                        for e in &elected {
                            prop_assert!(agreed(e.n_for, n_seats));
                            let for_it = ballots[e.vote - 1].votes.values().filter(|v| v.contains(&e.id)).count();
                            prop_assert!(e.n_for <= for_it, "a seat counts once");
                        }
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "three votes are the most");
        }
    }
}
