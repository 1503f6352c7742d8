//! The generation swarm: five to ten strategists think apart, build on one another, criticise, improve, and vote.
//!
//! Ideation (three to five strategies a seat), sharing (each seat builds on its neighbour's ideas), refinement (another seat
//! criticises, the author improves or withdraws), selection ([`selection`]). All of it sees training games only.

pub mod selection;

use crate::domain::belief::Seat;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::research::{Assignment, Bench, Commission, Critique, Idea, Improvement, Task, Work, Worked};
use crate::strategy::rule::StrategyId;
use crate::swarms::panel::{Procedure, Step};
use selection::{Ballot, Elected, MAX_SELECTED, Outcome, decide};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// What the swarm as a whole is.
pub const CARD: Card = Card {
    role: "generation_swarm",
    level: Level::Swarm,
    tools: &["strategies"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// Seats such a swarm may have.
pub const N_SEATS: RangeInclusive<usize> = 5..=10;
/// Strategies a seat thinks of.
pub const N_IDEAS: RangeInclusive<usize> = 3..=5;
/// Strategies a seat may build on its neighbour's.
const MAX_BUILT: usize = 2;

/// The phases of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Each seat thinks alone.
    Ideation,
    /// Each seat builds on its neighbour's ideas.
    Sharing,
    /// Another seat says what is wrong.
    Critique,
    /// The author improves or withdraws.
    Improvement,
    /// Each seat votes; the number of the vote, from 1.
    Selection(usize),
}

/// A finished round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Weeks the ideas were made on.
    pub trained_on: String,
    /// SHA-256 of the games they were made on.
    pub table_hash: String,
    /// What stood for selection, by name.
    pub ideas: Vec<Idea>,
    /// All that was criticised, by the order of strategies.
    pub critiques: Vec<Critique>,
    /// What authors did about it, in seat order.
    pub improvements: Vec<(Seat, Improvement)>,
    /// The votes.
    pub ballots: Vec<Ballot>,
    /// At most three strategies for backtesting.
    pub elected: Vec<Elected>,
    /// Why there are fewer than three.
    pub reason: Option<String>,
    /// Strategies scored on training games, those of each seat and step counted apart.
    pub n_tried: u64,
}

impl Round {
    /// The selected ideas, in order of selection.
    pub fn selected(&self) -> impl Iterator<Item = &Idea> {
        let find = |e: &Elected| self.ideas.iter().find(|idea| idea.id() == e.id);
        self.elected.iter().filter_map(find)
    }
}

/// The procedure.
pub struct Generation {
    bench: Bench,
    seed: u64,
    seats: Vec<Seat>,
    /// Everything that stands, by name; who thought of the same strategy is among its authors.
    ideas: BTreeMap<StrategyId, Idea>,
    critiques: Vec<Critique>,
    improvements: Vec<(Seat, Improvement)>,
    ballots: Vec<Ballot>,
    n_tried: u64,
}

impl Generation {
    fn ask(&self, task: impl Fn(&Seat) -> Option<Task>) -> BTreeMap<Seat, Assignment> {
        let assignment = |seat: &Seat| {
            let bench = self.bench.clone();
            let seed = self.seed;
            task(seat).map(|task| (seat.clone(), Assignment { bench, seed, task }))
        };
        self.seats.iter().filter_map(assignment).collect()
    }

    /// Ideas of which the seat is the first author: each idea is one seat's to build on, criticise and improve.
    fn of(&self, seat: &Seat) -> Vec<Idea> {
        let own = self.ideas.values().filter(|idea| idea.authors.first() == Some(seat));
        own.cloned().collect()
    }

    /// The nearest seat before this one, round the table, that has ideas.
    fn neighbour(&self, seat: &Seat) -> Option<&Seat> {
        let at = self.seats.iter().position(|s| s == seat)?;
        let n = self.seats.len();
        (1..n)
            .map(|step| &self.seats[(at + n - step) % n])
            .find(|other| self.ideas.values().any(|idea| idea.authors.first() == Some(other)))
    }

    fn add(&mut self, seat: &Seat, idea: Idea) {
        let mut idea = idea;
        // A seat speaks for itself only, whatever it says.
        idea.authors = vec![seat.clone()];
        match self.ideas.get_mut(&idea.id()) {
            Some(known) => {
                known.authors.push(seat.clone());
                known.authors.sort();
                known.authors.dedup();
                known.parents.extend(idea.parents);
                known.parents.sort();
                known.parents.dedup();
            }
            None => {
                self.ideas.insert(idea.id(), idea);
            }
        }
    }

    fn collect(&mut self, answers: BTreeMap<Seat, Work>, most: usize) {
        for (seat, work) in answers {
            let Work::Ideas(ideas) = work else { continue };
            for idea in ideas.into_iter().take(most) {
                self.add(&seat, idea);
            }
        }
    }

    fn share(&self) -> Step<Generation> {
        let task = |seat: &Seat| {
            let neighbour = self.neighbour(seat)?;
            Some(Task::Build {
                on: self.of(neighbour),
                own: self.of(seat),
                most: MAX_BUILT,
            })
        };
        Step::Ask(Phase::Sharing, self.ask(task))
    }

    fn criticise(&self) -> Step<Generation> {
        let task = |seat: &Seat| {
            let neighbour = self.neighbour(seat)?;
            Some(Task::Criticise(self.of(neighbour)))
        };
        Step::Ask(Phase::Critique, self.ask(task))
    }

    fn improve(&self) -> Step<Generation> {
        let task = |seat: &Seat| {
            let with_critiques = |idea: Idea| {
                let id = idea.id();
                let critiques = self.critiques.iter().filter(|c| c.on == id && c.by != *seat);
                (idea, critiques.cloned().collect())
            };
            let points: Vec<(Idea, Vec<Critique>)> = self.of(seat).into_iter().map(with_critiques).collect();
            (!points.is_empty()).then_some(Task::Improve(points))
        };
        Step::Ask(Phase::Improvement, self.ask(task))
    }

    /// Only the first author of an idea changes it.
    fn take_improvements(&mut self, answers: BTreeMap<Seat, Work>) {
        for (seat, work) in answers {
            let Work::Improvements(improvements) = work else {
                continue;
            };
            for improvement in improvements {
                let (Improvement::Kept { on }
                | Improvement::Replaced { on, .. }
                | Improvement::Withdrawn { on, .. }) = &improvement;
                if self.ideas.get(on).and_then(|idea| idea.authors.first()) != Some(&seat) {
                    continue;
                }
                match &improvement {
                    Improvement::Kept { .. } => {}
                    Improvement::Replaced { on, with } => {
                        self.ideas.remove(on);
                        self.add(&seat, (**with).clone());
                    }
                    Improvement::Withdrawn { on, .. } => {
                        self.ideas.remove(on);
                    }
                }
                self.improvements.push((seat.clone(), improvement));
            }
        }
    }

    /// Opens a vote.
    fn vote(&mut self, field: Vec<StrategyId>, n_votes: usize) -> Step<Generation> {
        let standing: Vec<Idea> = field.iter().filter_map(|id| self.ideas.get(id)).cloned().collect();
        let votes = BTreeMap::new();
        self.ballots.push(Ballot { field, n_votes, votes });
        let task = |_: &Seat| {
            let field = standing.clone();
            Some(Task::Elect { field, n_votes })
        };
        Step::Ask(Phase::Selection(self.ballots.len()), self.ask(task))
    }

    fn decide(&mut self) -> Step<Generation> {
        match decide(&self.ballots, self.seats.len()) {
            Outcome::RunOff { field, n_votes } => self.vote(field, n_votes),
            Outcome::Over { elected, reason } => self.done(elected, reason),
        }
    }

    fn done(&mut self, elected: Vec<Elected>, reason: Option<String>) -> Step<Generation> {
        Step::Done(Box::new(Round {
            trained_on: self.bench.period().to_string(),
            table_hash: self.bench.table().hash().to_owned(),
            ideas: std::mem::take(&mut self.ideas).into_values().collect(),
            critiques: std::mem::take(&mut self.critiques),
            improvements: std::mem::take(&mut self.improvements),
            ballots: std::mem::take(&mut self.ballots),
            elected,
            reason,
            n_tried: self.n_tried,
        }))
    }
}

impl Procedure for Generation {
    type Convene = Commission;
    type Phase = Phase;
    type Question = Assignment;
    type Answer = Worked;
    type Round = Round;

    fn begin(commission: Commission, seats: &[Seat]) -> (Generation, Step<Generation>) {
        let mut generation = Generation {
            bench: commission.bench,
            seed: commission.seed,
            seats: seats.to_vec(),
            ideas: BTreeMap::new(),
            critiques: Vec::new(),
            improvements: Vec::new(),
            ballots: Vec::new(),
            n_tried: 0,
        };
        let n = seats.len();
        if !N_SEATS.contains(&n) {
            let (least, most) = N_SEATS.into_inner();
            let reason = format!("{n} seats: a generation swarm has {least} to {most}");
            let step = generation.done(Vec::new(), Some(reason));
            return (generation, step);
        }
        let (least, most) = N_IDEAS.into_inner();
        let questions = generation.ask(|_| {
            let proposed = Vec::new();
            Some(Task::Ideate { least, most, proposed })
        });
        (generation, Step::Ask(Phase::Ideation, questions))
    }

    fn next(&mut self, phase: Phase, answers: BTreeMap<Seat, Worked>) -> Step<Generation> {
        self.n_tried += answers.values().map(|worked| worked.n_tried).sum::<u64>();
        let works = answers.into_iter().map(|(seat, worked)| (seat, worked.work));
        let answers: BTreeMap<Seat, Work> = works.collect();
        match phase {
            Phase::Ideation => {
                self.collect(answers, *N_IDEAS.end());
                self.share()
            }
            Phase::Sharing => {
                self.collect(answers, MAX_BUILT);
                self.criticise()
            }
            Phase::Critique => {
                for (seat, work) in answers {
                    let Work::Critiques(critiques) = work else { continue };
                    self.critiques.extend(critiques.into_iter().filter(|c| c.by == seat));
                }
                self.improve()
            }
            Phase::Improvement => {
                self.take_improvements(answers);
                if self.ideas.is_empty() {
                    return self.done(Vec::new(), Some("no idea is left to vote on".to_owned()));
                }
                let field: Vec<StrategyId> = self.ideas.keys().cloned().collect();
                self.vote(field, MAX_SELECTED)
            }
            Phase::Selection(_) => {
                if let Some(ballot) = self.ballots.last_mut() {
                    let votes = answers.into_iter().filter_map(|(seat, work)| match work {
                        Work::Ballot(ids) => Some((seat, ids)),
                        Work::Ideas(_) | Work::Critiques(_) | Work::Improvements(_) => None,
                    });
                    ballot.votes = votes.collect();
                }
                self.decide()
            }
        }
    }

    /// Some tenths of a second of work as released, some seconds in a debug build on a busy machine.
    fn limit(_: Phase) -> Duration {
        Duration::from_secs(120)
    }
}

#[cfg(test)]
mod tests;
