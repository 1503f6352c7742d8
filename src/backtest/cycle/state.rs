//! What a cycle is told, and all it knows between two steps: enough to go on after any crash, and nothing else.

use crate::backtest::drift::SettledBet;
use crate::backtest::evolution::{Evolution, EvolutionSettings};
use crate::backtest::orchestrator::{Decision, SeasonFacts, Standing, Yields};
use crate::backtest::walk_forward::Fold;
use crate::engine::period::Period;
use crate::engine::tally::Tally;
use crate::strategy::rule::{Strategy, StrategyId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a cycle is told. Equal specs give equal cycles to the byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleSpec {
    /// Seed of every random stream.
    pub seed: u64,
    /// The first season that judges.
    pub first_test: u16,
    /// The last season that judges.
    pub last_test: u16,
    /// Rounds of the five phases before each judging season.
    pub n_iterations: u32,
    /// Validators, each with seasons of its own.
    pub n_validators: usize,
    /// How populations evolve.
    pub evolution: EvolutionSettings,
    /// Past seasons a fold needs at least: two to search on and one for each validator.
    pub min_past: usize,
    /// What a leak check calls biased, in its words: no strategy that uses it is approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub biased: Vec<String>,
    /// Strategies validated by earlier cycles on whatever facts: part of what the best one is judged against.
    pub n_validated_before: u64,
    /// The market of each past season.
    pub seasons: Vec<SeasonFacts>,
    /// Fingerprint of the facts.
    pub data_hash: String,
    /// Fingerprint of the table.
    pub table_hash: String,
    /// Version of the program.
    pub code_version: String,
}

/// The phases of a cycle. The first and the last stand once for each judging season; the five between go round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Which seasons to search and to validate on.
    Periods,
    /// The generation swarm has ideas.
    Generation,
    /// Candidates are tested on the seasons they are searched on.
    Backtest,
    /// The validation swarm judges them on theirs.
    Validation,
    /// What there is to learn.
    Analysis,
    /// The living evolve.
    Evolution,
    /// What is in production bets on the judging season.
    Judgement,
    /// All seasons are judged.
    Finished,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Phase::Periods => "periods",
            Phase::Generation => "generation",
            Phase::Backtest => "backtest",
            Phase::Validation => "validation",
            Phase::Analysis => "analysis",
            Phase::Evolution => "evolution",
            Phase::Judgement => "judgement",
            Phase::Finished => "finished",
        })
    }
}

/// Where a candidate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The generation swarm.
    Generated,
    /// Evolution.
    Evolved,
    /// The analyst.
    Hypothesis,
}

/// A strategy on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The strategy.
    pub strategy: Strategy,
    /// Where it came from.
    pub origin: Origin,
    /// Who proposed it.
    pub author: String,
    /// What it was made from.
    pub parents: Vec<StrategyId>,
    /// Its score on the seasons it was searched on, once tested there.
    pub score: Option<f64>,
    /// Its counts there.
    pub training: Option<Tally>,
}

/// What the validation swarm said of a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The candidate.
    pub candidate: Candidate,
    /// Figures for the decisions that follow.
    pub standing: Standing,
    /// Why members refused, each with criterion, figure and threshold; empty when all approved.
    pub refusals: Vec<String>,
}

/// A strategy in production.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// The strategy.
    pub strategy: Strategy,
    /// The judging season before which it was promoted.
    pub since: u16,
    /// The win rate it was promoted with, over the validators' seasons.
    pub promised: f64,
    /// Its settled bets since.
    pub bets: Vec<SettledBet>,
}

/// What a fold has come to so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Current {
    /// The fold.
    pub fold: Fold,
    /// Seasons searched.
    pub search: Period,
    /// Seasons of each validator.
    pub held: Vec<Period>,
    /// Share of new ideas among the next candidates.
    pub fresh: f64,
    /// The generation swarm's selection of this iteration.
    pub ideas: Vec<Candidate>,
    /// Candidates before the validators, the next one first.
    pub queue: Vec<Candidate>,
    /// Verdicts of this iteration.
    pub verdicts: Vec<Verdict>,
    /// The population.
    pub population: Evolution,
    /// What the analyst wants tried next.
    pub hypotheses: Vec<Strategy>,
}

/// What a line of the record bet in a season: settled bets at one unit each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeasonBets {
    /// Season and bets: week, profit at -110 (a moneyline's at its own price), profit at real prices, won, closing line value.
    pub bets: Vec<BetLine>,
}

/// One bet of the record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetLine {
    /// Season of the game.
    pub season: u16,
    /// Week of the game.
    pub week: u8,
    /// Profit per unit at -110; a moneyline's at its own price.
    pub usual: f64,
    /// Profit per unit at its own price.
    pub real: f64,
    /// Whether it won; `None` for a push.
    pub won: Option<bool>,
    /// Closing line value in points.
    pub clv: Option<f64>,
}

/// A judged season.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The season.
    pub season: u16,
    /// Seasons searched and held out, as text.
    pub search: String,
    /// The validators' seasons, as text.
    pub held: Vec<String>,
    /// Strategies in production in it.
    pub n_deployed: u64,
    /// Bets by line of the record, see [`super::record`].
    pub lines: BTreeMap<String, SeasonBets>,
}

/// What the analyst learnt in an iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// The judging season it was before.
    pub before: u16,
    /// The iteration, from 1.
    pub iteration: u32,
    /// Candidates validated.
    pub n_validated: u64,
    /// Of those, approved by all.
    pub n_approved: u64,
    /// Mean win rate on the searched seasons.
    pub training_rate: Option<f64>,
    /// Mean win rate on the validators' seasons.
    pub held_out_rate: Option<f64>,
    /// The commonest criteria of refusal, with counts.
    pub refusals: BTreeMap<String, u64>,
    /// Sources by mean closing line value of their edges on the searched seasons, best first.
    pub sources: Vec<(String, f64)>,
}

/// All a cycle knows between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What comes next.
    pub phase: Phase,
    /// Which fold, from 0.
    pub n_folds_done: usize,
    /// Iteration within the fold, from 1.
    pub iteration: u32,
    /// The fold under way.
    pub current: Option<Current>,
    /// Judged seasons.
    pub judged: Vec<Judged>,
    /// Approval of generated candidates.
    pub fresh: Yields,
    /// Approval of evolved ones and of hypotheses.
    pub evolved: Yields,
    /// Strategies validated by this cycle.
    pub n_validated: u64,
    /// Strategies scored on searched seasons by this cycle.
    pub n_trained: u64,
    /// Strategies that were refused, which are not put forward again.
    pub refused: BTreeSet<StrategyId>,
    /// Production.
    pub production: Vec<Deployed>,
    /// Strategies a person has to look at.
    pub flagged: Vec<StrategyId>,
    /// What was learnt.
    pub lessons: Vec<Lesson>,
}

impl State {
    /// Nothing done yet.
    pub fn new() -> State {
        State {
            phase: Phase::Periods,
            n_folds_done: 0,
            iteration: 1,
            current: None,
            judged: Vec::new(),
            fresh: Yields::default(),
            evolved: Yields::default(),
            n_validated: 0,
            n_trained: 0,
            refused: BTreeSet::new(),
            production: Vec::new(),
            flagged: Vec::new(),
            lessons: Vec::new(),
        }
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

/// A change of a strategy's standing that a step brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The strategy.
    pub strategy: StrategyId,
    /// What it became.
    pub became: Became,
    /// Why.
    pub reason: String,
    /// The figures behind it.
    pub standing: Option<Standing>,
}

/// What a strategy became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// Refused by a validator.
    Rejected,
    /// Approved by all.
    Validated,
    /// In production.
    Deployed,
    /// Out of production.
    Demoted,
}

/// What a step leaves behind beside the state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Left {
    /// Candidates that go on record.
    pub candidates: Vec<Candidate>,
    /// Changes of standing, in order.
    pub changes: Vec<Change>,
    /// Decisions, in order.
    pub decisions: Vec<Decision>,
    /// Strategies scored on searched seasons.
    pub n_trained: u64,
    /// Strategies validated.
    pub n_validated: u64,
}

impl Became {
    /// Its word in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Became::Rejected => "rejected",
            Became::Validated => "validated",
            Became::Deployed => "deployed",
            Became::Demoted => "demoted",
        }
    }
}
