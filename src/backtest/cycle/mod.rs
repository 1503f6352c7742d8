//! The cycle that improves strategies by itself: generation, backtest, validation, analysis, evolution, and again, before
//! each season; then that season judges what came of it. One machine, one step at a time, each step stored before the next.
//!
//! Between two steps the [`state::State`] is all there is. A cycle that was killed goes on from the last stored step and
//! ends byte for byte as if it had not been: every random stream is made from the seed, the season and the step.

mod judge;
pub mod record;
pub mod state;
mod work;

pub use work::season_facts;

use crate::backtest::leak;
use crate::backtest::orchestrator::{deploy, flag_for_human};
use crate::backtest::walk_forward::Fold;
use crate::engine::period::Period;
use crate::engine::table::Table;
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use state::{Became, Candidate, Change, CycleSpec, Left, Origin, Phase, State, Verdict};
use std::sync::Arc;

/// What the machine is.
pub const CARD: Card = Card {
    role: "backtest_orchestrator",
    level: Level::Orchestrator,
    tools: &["backtest_engine", "generation_swarm", "validation_swarm"],
    memory: Memory::Stored,
    reasoning: Reasoning::Quantitative,
};

/// What the cycle hears.
#[derive(Debug)]
pub enum Input {
    /// Go on from a state.
    Begin(Box<Begin>),
    /// The generation swarm concluded.
    Generated(Generated),
    /// The validation swarm concluded on the candidate it was asked about.
    Validated(Box<Validated>),
    /// The step is on disk.
    Stored,
}

/// Where a cycle is to go on from.
#[derive(Debug)]
pub struct Begin {
    /// The cycle's name.
    pub id: String,
    /// What it was told.
    pub spec: CycleSpec,
    /// What it knows.
    pub state: State,
    /// Steps that are stored.
    pub n_steps: u64,
    /// All candidate bets at the open.
    pub table: Arc<Table>,
}

/// What the generation swarm selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// The selection, best first.
    pub ideas: Vec<Candidate>,
    /// Strategies its members scored, each seat's counted apart.
    pub n_trained: u64,
}

/// What the validation swarm said.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    /// Its figures.
    pub standing: crate::backtest::orchestrator::Standing,
    /// Why members refused; empty when all approved.
    pub refusals: Vec<String>,
}

/// An order to the generation swarm.
#[derive(Clone, Debug)]
pub struct GenerateOrder {
    /// Names the round, and seeds it.
    pub name: String,
    /// The seasons that may be searched.
    pub search: Period,
    /// All candidate bets.
    pub table: Arc<Table>,
}

/// An order to the validation swarm.
#[derive(Clone, Debug)]
pub struct ValidateOrder {
    /// Names the round, and seeds it.
    pub name: String,
    /// The candidate.
    pub candidate: Candidate,
    /// The seasons it was searched on, which no member may use.
    pub search: Period,
    /// Each member's seasons.
    pub held: Vec<Period>,
    /// What of all that it uses a leak check calls biased.
    pub biased: Vec<String>,
    /// Strategies ever validated, this one included.
    pub n_validated: u64,
    /// All candidate bets.
    pub table: Arc<Table>,
}

/// What the cycle wants done.
#[derive(Debug)]
pub enum Effect {
    /// Ask the generation swarm.
    Generate(GenerateOrder),
    /// Ask the validation swarm.
    Validate(Box<ValidateOrder>),
    /// Put a step on disk, then say [`Input::Stored`].
    Store(Box<Step>),
    /// All is done.
    Finished(Box<State>),
}

/// A finished step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The cycle's name.
    pub id: String,
    /// Fingerprint of the facts it works on.
    pub data_hash: String,
    /// Its number, from 1.
    pub n: u64,
    /// The phase it belongs to.
    pub phase: Phase,
    /// The season that is to judge.
    pub season: Option<u16>,
    /// The state after it.
    pub state: State,
    /// What else it leaves behind.
    pub left: Left,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Cycle {
    running: Option<Box<Begin>>,
    folds: Vec<Fold>,
}

impl Cycle {
    /// Takes the next step, or asks for what it needs.
    fn next(&mut self, turn: &mut Turn<Effect>) {
        let Some(run) = &mut self.running else { return };
        let fold = self.folds.get(run.state.n_folds_done);
        let left = match run.state.phase {
            Phase::Periods => match fold {
                Some(fold) => begin_fold(run, fold),
                None => {
                    run.state.phase = Phase::Finished;
                    return self.store(Phase::Finished, Left::default(), turn);
                }
            },
            Phase::Generation => return turn.emit(Effect::Generate(generate_order(run))),
            Phase::Backtest => {
                let left = work::backtest(&run.spec, &mut run.state, &run.table);
                let empty = run.state.current.as_ref().is_none_or(|c| c.queue.is_empty());
                run.state.phase = if empty { Phase::Analysis } else { Phase::Validation };
                return self.store(Phase::Backtest, left, turn);
            }
            Phase::Validation => {
                if let Some(order) = validate_order(run) {
                    return turn.emit(Effect::Validate(Box::new(order)));
                }
                run.state.phase = Phase::Analysis;
                return self.next(turn);
            }
            Phase::Analysis => {
                let left = work::analyse(&mut run.state, &run.table);
                run.state.phase = Phase::Evolution;
                return self.store(Phase::Analysis, left, turn);
            }
            Phase::Evolution => {
                let left = work::evolve(&run.spec, &mut run.state, &run.table);
                let again = run.state.iteration < run.spec.n_iterations;
                run.state.phase = if again { Phase::Generation } else { Phase::Judgement };
                run.state.iteration = if again { run.state.iteration + 1 } else { 1 };
                return self.store(Phase::Evolution, left, turn);
            }
            Phase::Judgement => {
                let season = fold.map_or(0, |f| f.test);
                let left = judge::judge(&run.spec, &mut run.state, season, &run.table);
                run.state.current = None;
                run.state.n_folds_done += 1;
                run.state.phase = Phase::Periods;
                return self.store_of(Phase::Judgement, Some(season), left, turn);
            }
            Phase::Finished => return turn.emit(Effect::Finished(Box::new(run.state.clone()))),
        };
        self.store(Phase::Periods, left, turn);
    }

    fn store(&mut self, phase: Phase, left: Left, turn: &mut Turn<Effect>) {
        let season = self
            .running
            .as_ref()
            .and_then(|run| self.folds.get(run.state.n_folds_done))
            .map(|f| f.test);
        self.store_of(phase, season, left, turn);
    }

    fn store_of(&mut self, phase: Phase, season: Option<u16>, left: Left, turn: &mut Turn<Effect>) {
        let Some(run) = &mut self.running else { return };
        run.n_steps += 1;
        turn.emit(Effect::Store(Box::new(Step {
            id: run.id.clone(),
            data_hash: run.spec.data_hash.clone(),
            n: run.n_steps,
            phase,
            season,
            state: run.state.clone(),
            left,
        })));
    }

    fn generated(&mut self, generated: Generated, turn: &mut Turn<Effect>) {
        let Some(run) = &mut self.running else { return };
        if run.state.phase != Phase::Generation {
            return;
        }
        if let Some(current) = &mut run.state.current {
            current.ideas = generated.ideas;
        }
        run.state.n_trained += generated.n_trained;
        run.state.phase = Phase::Backtest;
        let left = Left {
            n_trained: generated.n_trained,
            ..Left::default()
        };
        self.store(Phase::Generation, left, turn);
    }

    fn validated(&mut self, validated: Validated, turn: &mut Turn<Effect>) {
        let Some(run) = &mut self.running else { return };
        if run.state.phase != Phase::Validation {
            return;
        }
        if let Some(left) = settle_candidate(&mut run.state, validated) {
            self.store(Phase::Validation, left, turn);
        }
    }
}

fn begin_fold(run: &mut Begin, fold: &Fold) -> Left {
    let (current, left) = work::periods(&run.spec, &run.state, fold);
    run.state.phase = if current.is_some() {
        Phase::Generation
    } else {
        Phase::Judgement
    };
    run.state.current = current;
    left
}

/// The name of a round: what there is of the cycle that makes it differ from every other round.
fn round_name(run: &Begin, what: &str) -> String {
    format!("{}/{}/{what}", run.spec.seed, run.n_steps)
}

fn generate_order(run: &Begin) -> GenerateOrder {
    let current = run.state.current.as_ref();
    GenerateOrder {
        name: round_name(run, "generation"),
        search: current.map_or_else(Period::default, |c| c.search.clone()),
        table: Arc::clone(&run.table),
    }
}

fn validate_order(run: &Begin) -> Option<ValidateOrder> {
    let current = run.state.current.as_ref()?;
    let candidate = current.queue.first()?.clone();
    let uses = leak::words(&candidate.strategy);
    let biased = run.spec.biased.iter().filter(|word| uses.contains(*word));
    Some(ValidateOrder {
        name: round_name(run, "validation"),
        biased: biased.cloned().collect(),
        candidate,
        search: current.search.clone(),
        held: current.held.clone(),
        n_validated: run.spec.n_validated_before + run.state.n_validated + 1,
        table: Arc::clone(&run.table),
    })
}

/// What a verdict makes of a candidate: decisions four and five, and its standing.
fn settle_candidate(state: &mut State, validated: Validated) -> Option<Left> {
    let current = state.current.as_mut()?;
    if current.queue.is_empty() {
        return None;
    }
    let candidate = current.queue.remove(0);
    let season = current.fold.test;
    let strategy = candidate.strategy.clone();
    let standing = validated.standing;
    let (n_approved, n_members) = (standing.n_approved as usize, standing.n_members as usize);
    match candidate.origin {
        Origin::Generated => state.fresh.add(n_approved, n_members),
        Origin::Evolved | Origin::Hypothesis => state.evolved.add(n_approved, n_members),
    }
    current.verdicts.push(Verdict {
        candidate,
        standing,
        refusals: validated.refusals.clone(),
    });
    if current.queue.is_empty() {
        state.phase = Phase::Analysis;
    }
    state.n_validated += 1;
    let change = |became, reason: String| Change {
        strategy: strategy.id(),
        became,
        reason,
        standing: Some(standing),
    };
    let mut left = Left {
        n_validated: 1,
        ..Left::default()
    };
    if !standing.approved {
        state.refused.insert(strategy.id());
        left.changes
            .push(change(Became::Rejected, validated.refusals.join("; ")));
        return Some(left);
    }
    left.changes
        .push(change(Became::Validated, format!("all {n_members} members approved")));
    let (flagged, decision) = flag_for_human(&standing);
    left.decisions.push(decision);
    let (goes, decision) = deploy(&standing, flagged);
    if flagged {
        state.flagged.push(strategy.id());
    }
    if goes {
        left.changes.push(change(Became::Deployed, decision.reason.clone()));
        work::promote(state, &strategy, season, standing.roi);
    }
    left.decisions.push(decision);
    Some(left)
}

impl Machine for Cycle {
    type Input = Input;
    type Effect = Effect;
    /// An evolution scores thousands of strategies.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        match input {
            Input::Begin(begin) => {
                self.folds = work::folds_of(&begin.spec);
                self.running = Some(begin);
                self.next(turn);
            }
            Input::Generated(generated) => self.generated(generated, turn),
            Input::Validated(validated) => self.validated(*validated, turn),
            Input::Stored => self.next(turn),
        }
    }
}

#[cfg(test)]
mod tests;
