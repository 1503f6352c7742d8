//! A seat of the generation swarm: the machine that hosts any strategist and does its arithmetic.

use crate::domain::belief::Seat;
use crate::engine::tally::Tally;
use crate::machine::{Machine, Turn};
use crate::minds::strategists::score::MIN_BETS;
use crate::minds::strategists::study::{Scored, Study, shorter};
use crate::minds::strategists::{Strategist, StrategistFactory};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::research::{Assignment, Critique, Fault, Idea, Improvement, Task, Work, Worked};
use crate::strategy::rule::{Strategy, StrategyId};
use rand_pcg::Pcg64Mcg;
use sha2::{Digest, Sha256};

/// What a strategist is.
pub const CARD: Card = Card {
    role: "strategist",
    level: Level::Swarm,
    tools: &["strategies", "critique"],
    memory: Memory::None,
    reasoning: Reasoning::Quantitative,
};

/// The machine of one seat. It remembers nothing between turns, so a rebuilt one works as the one before it.
pub struct SeatedStrategist {
    mind: Box<dyn Strategist>,
}

impl SeatedStrategist {
    /// The seat of a mind.
    pub fn new(mind: StrategistFactory) -> SeatedStrategist {
        SeatedStrategist { mind: mind() }
    }

    fn work(&self, assignment: &Assignment, rng: &mut Pcg64Mcg) -> Worked {
        let study = Study::of(self.mind.as_ref(), assignment.bench.table());
        let desk = Desk {
            mind: self.mind.as_ref(),
            study,
            assignment,
        };
        let work = match &assignment.task {
            Task::Ideate { least, most, proposed } => Work::Ideas(desk.ideate(*least, *most, proposed, rng)),
            Task::Build { on, own, most } => Work::Ideas(desk.build(on, own, *most, rng)),
            Task::Criticise(ideas) => Work::Critiques(ideas.iter().map(|idea| desk.criticise(idea)).collect()),
            Task::Improve(points) => {
                let improve = |(idea, critiques): &(Idea, Vec<Critique>)| desk.improve(idea, critiques, rng);
                Work::Improvements(points.iter().map(improve).collect())
            }
            Task::Elect { field, n_votes } => Work::Ballot(desk.elect(field, *n_votes)),
        };
        let n_tried = desk.study.n_scored();
        Worked { work, n_tried }
    }
}

/// A strategist at work on one assignment.
struct Desk<'a> {
    mind: &'a dyn Strategist,
    study: Study<'a>,
    assignment: &'a Assignment,
}

impl Desk<'_> {
    /// The best of what was proposed and the mind thinks of; where that has too few bets to be an idea, it thinks again.
    fn ideate(&self, least: usize, most: usize, proposed: &[Strategy], rng: &mut Pcg64Mcg) -> Vec<Idea> {
        let mut thought = proposed.to_vec();
        let mut ranked = Vec::new();
        for _ in 0..MAX_THOUGHTS {
            thought.extend(self.mind.think(&self.study, rng));
            ranked = self.study.ranked(thought.clone());
            if ranked.len() >= least {
                break;
            }
        }
        ranked.truncate(most);
        ranked.into_iter().filter_map(|scored| self.idea(scored, &[])).collect()
    }

    fn idea(&self, scored: Scored, parents: &[StrategyId]) -> Option<Idea> {
        let period = self.assignment.bench.period();
        let train = self.tally(&scored.strategy, period)?;
        Some(Idea {
            rationale: format!("{}; training score {:+.2}", self.mind.creed(), scored.score),
            strategy: scored.strategy,
            parents: parents.to_vec(),
            authors: vec![Seat::new(self.mind.seat())],
            train,
        })
    }

    fn tally(&self, strategy: &Strategy, period: &crate::engine::period::Period) -> Option<Tally> {
        self.study
            .tallies(std::slice::from_ref(strategy), period)
            .pop()
            .flatten()
    }

    fn score(&self, strategy: &Strategy) -> Option<f64> {
        self.study.scores(std::slice::from_ref(strategy)).pop().flatten()
    }

    /// The best child of each of the neighbour's ideas that beats its parent by this seat's own measure.
    fn build(&self, on: &[Idea], own: &[Idea], most: usize, rng: &mut Pcg64Mcg) -> Vec<Idea> {
        let mine: Vec<Strategy> = own.iter().map(|idea| idea.strategy.clone()).collect();
        let mut built: Vec<(Scored, StrategyId)> = Vec::new();
        for theirs in on {
            let bar = self.score(&theirs.strategy);
            let children = self.mind.build(&theirs.strategy, &mine, &self.study, rng);
            let best = self.study.ranked(children).into_iter().next();
            let better = best.filter(|child| bar.is_none_or(|bar| child.score > bar));
            built.extend(better.map(|child| (child, theirs.id())));
        }
        built.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.strategy.cmp(&b.strategy)));
        built.dedup_by(|(a, _), (b, _)| a.strategy == b.strategy);
        built.truncate(most);
        built
            .into_iter()
            .filter_map(|(child, parent)| self.idea(child, &[parent]))
            .collect()
    }

    /// The worst that can be said of an idea by this seat's own measure and games.
    fn criticise(&self, idea: &Idea) -> Critique {
        let (fault, text) = self.fault(&idea.strategy);
        Critique {
            on: idea.id(),
            by: Seat::new(self.mind.seat()),
            fault,
            text,
        }
    }

    fn fault(&self, strategy: &Strategy) -> (Fault, String) {
        let n_bets = self.tally(strategy, &self.study.window).map_or(0, |t| t.n_bets);
        if n_bets < MIN_BETS {
            return (
                Fault::FewBets,
                format!("{n_bets} bets in my games, {MIN_BETS} are the least"),
            );
        }
        use crate::minds::strategists::study::Window;
        let table = self.assignment.bench.table();
        for (name, window) in [("earlier", Window::Early), ("later", Window::Late)] {
            let profit = self
                .tally(strategy, &window.period(table))
                .map_or(0, |t| t.profit_elevenths);
            if profit <= 0 {
                let units = profit as f64 / 11.0;
                return (Fault::OneHalf, format!("the {name} half brings {units:+.1} units"));
            }
        }
        let fewer = self.study.ranked(shorter(strategy)).into_iter().next();
        if let (Some(fewer), Some(score)) = (fewer, self.score(strategy))
            && fewer.score >= score
        {
            let text = format!(
                "`{}` does as well: {:+.2} against {score:+.2}",
                fewer.strategy, fewer.score
            );
            return (Fault::IdleCondition, text);
        }
        (Fault::None, "nothing found".to_owned())
    }

    /// Puts a variant without the fault in place of what was criticised, or takes it back when there is none.
    fn improve(&self, idea: &Idea, critiques: &[Critique], rng: &mut Pcg64Mcg) -> Improvement {
        let on = idea.id();
        let Some(worst) = critiques
            .iter()
            .max_by_key(|c| c.fault)
            .filter(|c| c.fault != Fault::None)
        else {
            return Improvement::Kept { on };
        };
        let variants = self.mind.rework(&idea.strategy, &self.study, rng);
        let own = self.score(&idea.strategy);
        let better = self.study.ranked(variants).into_iter().take(MAX_TRIED).find(|variant| {
            let sound = self.fault(&variant.strategy).0 < worst.fault;
            sound && (worst.fault > Fault::IdleCondition || own.is_none_or(|own| variant.score >= own))
        });
        match better.and_then(|variant| self.idea(variant, std::slice::from_ref(&on))) {
            Some(with) => Improvement::Replaced {
                on,
                with: Box::new(with),
            },
            None if worst.fault == Fault::IdleCondition => Improvement::Kept { on },
            None => Improvement::Withdrawn {
                on,
                reason: worst.text.clone(),
            },
        }
    }

    /// The best by this seat's own measure; what scores nothing in its games gets no vote.
    fn elect(&self, field: &[Idea], n_votes: usize) -> Vec<StrategyId> {
        let strategies: Vec<Strategy> = field.iter().map(|idea| idea.strategy.clone()).collect();
        let scores = self.study.scores(&strategies);
        let mut scored: Vec<(f64, StrategyId)> = field
            .iter()
            .zip(scores)
            .filter_map(|(idea, score)| Some((score.filter(|s| *s > 0.0)?, idea.id())))
            .collect();
        scored.sort_by(|(x, a), (y, b)| y.total_cmp(x).then_with(|| a.cmp(b)));
        scored.into_iter().take(n_votes).map(|(_, id)| id).collect()
    }
}

/// Times a mind thinks before it says less than it was asked for: a bench with so little on it has little to find.
const MAX_THOUGHTS: usize = 3;
/// Variants looked at for the fault, best first: each costs three sweeps of one.
const MAX_TRIED: usize = 8;

/// The stream of a seat for one task of one round: it does not depend on how often the seat was asked or restarted before.
fn stream(seat: &str, assignment: &Assignment) -> Pcg64Mcg {
    let task = match &assignment.task {
        Task::Ideate { .. } => "ideate",
        Task::Build { .. } => "build",
        Task::Criticise(_) => "criticise",
        Task::Improve(_) => "improve",
        Task::Elect { .. } => "elect",
    };
    let digest = Sha256::digest(format!("{}/{seat}/{task}", assignment.seed));
    let bits = digest
        .iter()
        .take(16)
        .fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    Pcg64Mcg::new(bits)
}

impl Machine for SeatedStrategist {
    type Input = Assignment;
    type Effect = Worked;
    /// Hundreds of strategies over all training games: some tenths of a second.
    const HEAVY: bool = true;

    fn turn(&mut self, assignment: Assignment, turn: &mut Turn<Worked>) {
        let work = self.work(&assignment, &mut stream(self.mind.seat(), &assignment));
        turn.emit(work);
    }
}
