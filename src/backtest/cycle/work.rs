//! The phases that need no swarm: testing on searched seasons, learning, evolving, judging.

use super::state::CycleSpec;
use super::state::{Candidate, Current, Deployed, Left, Lesson, Origin, State};
use crate::backtest::evolution::Evolution;
use crate::backtest::orchestrator::{SeasonFacts, how_many, new_or_evolve, which_period};
use crate::backtest::walk_forward::{Fold, Window, folds};
use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use crate::engine::period::Period;
use crate::engine::plan::{Plan, Planner};
use crate::engine::sweep::sweep;
use crate::engine::table::Table;
use crate::stats::power::BREAK_EVEN_110;
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Known, Source};
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::{Strategy, StrategyId};
use crate::strategy::stake::Stake;
use std::collections::{BTreeMap, BTreeSet};

/// Winners of the population that are put beside the generation swarm's selection.
const N_WINNERS: usize = 8;
/// What the analyst may want tried in one iteration.
const MAX_HYPOTHESES: usize = 24;

/// The folds of a cycle.
pub fn folds_of(spec: &CycleSpec) -> Vec<Fold> {
    let known: Vec<u16> = spec.seasons.iter().map(|f| f.season).collect();
    let all = folds(&known, spec.first_test, Window::Expanding, spec.min_past);
    all.into_iter().filter(|f| f.test <= spec.last_test).collect()
}

/// The market of each season of a table.
pub fn season_facts(table: &Table) -> Vec<SeasonFacts> {
    let sheet = table.sheet(Market::Spread);
    let mut facts: BTreeMap<u16, (u64, u64, f64)> = BTreeMap::new();
    for (g, key) in sheet.games().iter().enumerate() {
        if sheet.settled(2 * g).is_none() {
            continue;
        }
        let of = facts.entry(key.when.season).or_default();
        of.0 += 1;
        if let Some(moved) = sheet.clv(2 * g) {
            of.1 += 1;
            of.2 += moved.abs();
        }
    }
    facts
        .into_iter()
        .map(|(season, (n_games, n_priced, moved))| SeasonFacts {
            season,
            n_priced,
            n_games,
            mean_move: (n_priced > 0).then(|| moved / n_priced as f64),
        })
        .collect()
}

/// Everything a search may use on a table of openers.
pub fn vocabulary(table: &Table) -> Vocabulary {
    Vocabulary::all(Known::Open, table.sources())
}

/// Begins a fold: which seasons are searched and which are the validators'. `None` when the usable past is too short, and
/// then the season is judged without any new strategy.
pub fn periods(spec: &CycleSpec, state: &State, fold: &Fold) -> (Option<Current>, Left) {
    let (usable, _, decision) = which_period(fold, &spec.seasons);
    let usable = Fold {
        past: usable,
        test: fold.test,
    };
    let (mix, mixed) = new_or_evolve(state.fresh, state.evolved, 0);
    let left = Left {
        decisions: vec![decision, mixed],
        ..Left::default()
    };
    let Some((search, held)) = usable.split(spec.n_validators) else {
        return (None, left);
    };
    let seed = spec.seed ^ u64::from(fold.test) << 24;
    let current = Current {
        fold: usable,
        search,
        held,
        fresh: mix.fresh,
        ideas: Vec::new(),
        queue: Vec::new(),
        verdicts: Vec::new(),
        population: Evolution::begin(spec.evolution, seed),
        hypotheses: Vec::new(),
    };
    (Some(current), left)
}

/// Tests the ideas, the winners and the hypotheses on the searched seasons, and puts the best before the validators.
pub fn backtest(spec: &CycleSpec, state: &mut State, table: &Table) -> Left {
    let known: BTreeSet<StrategyId> = state
        .refused
        .iter()
        .cloned()
        .chain(state.production.iter().map(|d| d.strategy.id()))
        .chain(state.flagged.iter().cloned())
        .collect();
    let Some(current) = &mut state.current else {
        return Left::default();
    };
    let mut pool = std::mem::take(&mut current.ideas);
    pool.extend(
        current
            .population
            .winners(N_WINNERS)
            .into_iter()
            .map(|winner| Candidate {
                strategy: winner.strategy.clone(),
                origin: Origin::Evolved,
                author: "evolution".to_owned(),
                parents: winner.parents.clone(),
                score: None,
                training: None,
            }),
    );
    pool.extend(
        std::mem::take(&mut current.hypotheses)
            .into_iter()
            .map(|strategy| Candidate {
                strategy,
                origin: Origin::Hypothesis,
                author: "performance_analyst".to_owned(),
                parents: Vec::new(),
                score: None,
                training: None,
            }),
    );
    let mut seen = BTreeSet::new();
    pool.retain(|c| {
        let id = c.strategy.id();
        !known.contains(&id) && seen.insert(id)
    });
    let (mut scored, n_trained) = score_all(pool, spec, table, &current.search);
    scored.sort_by(|a, b| {
        b.score
            .unwrap_or(f64::MIN)
            .total_cmp(&a.score.unwrap_or(f64::MIN))
            .then(a.strategy.cmp(&b.strategy))
    });
    let bets = held_out_bets(&scored, current);
    let before = spec.n_validated_before + state.n_validated;
    let (n, decision) = how_many(scored.len(), before, bets);
    current.queue = take(&scored, n, current.fresh);
    current.ideas = scored;
    current.verdicts.clear();
    state.n_trained += n_trained;
    Left {
        candidates: current.queue.clone(),
        decisions: vec![decision],
        n_trained,
        ..Left::default()
    }
}

/// Scores candidates on a period; those that ask for what cannot be had, or bet too seldom, are left out.
fn score_all(pool: Vec<Candidate>, spec: &CycleSpec, table: &Table, search: &Period) -> (Vec<Candidate>, u64) {
    let planner = Planner::new(table);
    let (mut plans, mut kept) = (Vec::new(), Vec::new());
    for candidate in pool {
        if let Ok(plan) = planner.compile(&candidate.strategy) {
            plans.push(plan);
            kept.push(candidate);
        }
    }
    let tallies = sweep(table, &plans, search);
    let n = plans.len() as u64;
    let scored = kept.into_iter().zip(tallies).filter_map(|(candidate, tally)| {
        let score = spec.evolution.score.score(&tally, candidate.strategy.complexity())?;
        Some(Candidate {
            score: Some(score),
            training: Some(tally),
            ..candidate
        })
    });
    (scored.collect(), n)
}

/// Bets the validators will see together of the middle candidate, by how often it bets in the searched seasons.
fn held_out_bets(scored: &[Candidate], current: &Current) -> f64 {
    let mut counts: Vec<u32> = scored.iter().filter_map(|c| c.training.map(|t| t.n_bets)).collect();
    counts.sort_unstable();
    let middle = counts.get(counts.len() / 2).copied().unwrap_or(0);
    let past = &current.fold.past;
    let seasons = |p: &Period| past.iter().filter(|s| p.contains(week_five(**s))).count() as f64;
    let held: f64 = current.held.iter().map(seasons).sum();
    f64::from(middle) * held / seasons(&current.search).max(1.0)
}

/// A week every season has.
fn week_five(season: u16) -> SeasonWeek {
    SeasonWeek { season, week: 5 }
}

/// The best `n`, of which about the share `fresh` are new ideas; where one kind runs short the other fills up.
fn take(sorted: &[Candidate], n: usize, fresh: f64) -> Vec<Candidate> {
    let is_new = |c: &&Candidate| c.origin == Origin::Generated;
    let n_new = (n as f64 * fresh).round() as usize;
    let new: Vec<&Candidate> = sorted.iter().filter(is_new).collect();
    let other: Vec<&Candidate> = sorted.iter().filter(|c| !is_new(c)).collect();
    let n_new = n_new.max(n.saturating_sub(other.len())).min(new.len());
    let mut chosen: Vec<&Candidate> = new.into_iter().take(n_new).collect();
    chosen.extend(other.into_iter().take(n - n_new.min(n)));
    chosen.sort_by(|a, b| b.score.unwrap_or(f64::MIN).total_cmp(&a.score.unwrap_or(f64::MIN)));
    chosen.into_iter().take(n).cloned().collect()
}

/// What the iteration taught, and what to try next. Hypotheses come from the searched seasons alone: the validators'
/// seasons are asked for yes or no only.
pub fn analyse(state: &mut State, table: &Table) -> Left {
    let iteration = state.iteration;
    let Some(current) = &mut state.current else {
        return Left::default();
    };
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for refusal in current.verdicts.iter().flat_map(|v| &v.refusals) {
        // Written as `member: criterion: figures`.
        let criterion = refusal.split(": ").nth(1).unwrap_or(refusal);
        *refusals.entry(criterion.to_owned()).or_default() += 1;
    }
    let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let training = current.verdicts.iter().filter_map(|v| v.candidate.training?.win_rate());
    // At -110 a return of r is a win rate of (1 + r) 11/21, pushes aside.
    let held = current
        .verdicts
        .iter()
        .filter_map(|v| Some((1.0 + v.standing.roi?) * BREAK_EVEN_110));
    let (sources, n_trained) = rank_sources(table, &current.search);
    let lesson = Lesson {
        before: current.fold.test,
        iteration,
        n_validated: current.verdicts.len() as u64,
        n_approved: current.verdicts.iter().filter(|v| v.standing.approved).count() as u64,
        training_rate: mean(training.collect()),
        held_out_rate: mean(held.collect()),
        refusals,
        sources: sources.iter().map(|(s, clv)| (s.as_str().to_owned(), *clv)).collect(),
    };
    current.hypotheses = hypotheses(&sources, &current.ideas);
    state.lessons.push(lesson);
    state.n_trained += n_trained;
    Left {
        n_trained,
        ..Left::default()
    }
}

/// An edge worth a bet, in hundredths of a point.
const LEAST_EDGE: i32 = 100;

fn edge_of(market: Market, source: &Source, low: i32) -> Option<Strategy> {
    let condition = Condition::at_least(Feature::Edge(source.clone()), low);
    Strategy::new(market, Known::Open, vec![condition], Stake::one_percent()).ok()
}

/// Sources by the mean closing line value of their edges of a point or more on spreads and totals, best first.
pub(super) fn rank_sources(table: &Table, search: &Period) -> (Vec<(Source, f64)>, u64) {
    let planner = Planner::new(table);
    let mut plans: Vec<(Source, Plan)> = Vec::new();
    for source in table.sources() {
        for market in [Market::Spread, Market::Total] {
            let plan = edge_of(market, &source, LEAST_EDGE).and_then(|s| planner.compile(&s).ok());
            plans.extend(plan.map(|p| (source.clone(), p)));
        }
    }
    let only: Vec<Plan> = plans.iter().map(|(_, p)| p.clone()).collect();
    let tallies = sweep(table, &only, search);
    let mut sums: BTreeMap<Source, (i64, u32)> = BTreeMap::new();
    for ((source, _), tally) in plans.iter().zip(&tallies) {
        let of = sums.entry(source.clone()).or_default();
        of.0 += tally.clv_hundredths;
        of.1 += tally.n_clv;
    }
    let mut ranked: Vec<(Source, f64)> = sums
        .into_iter()
        .filter(|(_, (_, n))| *n >= LEAST_RANKED)
        .map(|(source, (sum, n))| (source, sum as f64 / 100.0 / f64::from(n)))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (ranked, tallies.len() as u64)
}

/// Fewer bets than these rank nobody.
const LEAST_RANKED: u32 = 100;

/// The best three sources at three edges on both markets, and the best candidates each with one condition less.
fn hypotheses(sources: &[(Source, f64)], candidates: &[Candidate]) -> Vec<Strategy> {
    let mut all = Vec::new();
    for (source, _) in sources.iter().take(3) {
        for market in [Market::Spread, Market::Total] {
            all.extend(
                [100, 150, 250]
                    .into_iter()
                    .filter_map(|low| edge_of(market, source, low)),
            );
        }
    }
    for candidate in candidates.iter().take(3) {
        let conditions = candidate.strategy.conditions();
        for left_out in 0..conditions.len() {
            let mut fewer = conditions.to_vec();
            fewer.remove(left_out);
            let simpler = candidate.strategy.with_conditions(fewer);
            all.extend(simpler.ok().filter(Strategy::chooses_a_side));
        }
    }
    all.truncate(MAX_HYPOTHESES);
    all
}

/// The living and what was thought of evolve for some generations on the searched seasons; then the next mix is decided.
pub fn evolve(spec: &CycleSpec, state: &mut State, table: &Table) -> Left {
    let Some(current) = &mut state.current else {
        return Left::default();
    };
    let before = current.population.n_tried();
    let founders = current.ideas.iter().map(|c| (c.strategy.clone(), c.parents.clone()));
    let hypotheses = current.hypotheses.iter().map(|s| (s.clone(), Vec::new()));
    let newcomers = founders.chain(hypotheses).collect();
    current.population.settle(newcomers, table, &current.search);
    let vocabulary = vocabulary(table);
    for _ in 0..spec.evolution.n_generations {
        current.population.step(&vocabulary, table, &current.search);
    }
    let n_trained = current.population.n_tried() - before;
    let (mix, decision) = new_or_evolve(state.fresh, state.evolved, current.population.living().len());
    current.fresh = mix.fresh;
    current.ideas.clear();
    state.n_trained += n_trained;
    Left {
        decisions: vec![decision],
        n_trained,
        ..Left::default()
    }
}

/// Puts an approved strategy into production before a season.
pub fn promote(state: &mut State, strategy: &Strategy, since: u16, roi: Option<f64>) {
    let promised = (1.0 + roi.unwrap_or_default()) * BREAK_EVEN_110;
    state.production.push(Deployed {
        strategy: strategy.clone(),
        since,
        promised,
        bets: Vec::new(),
    });
}
