//! Evolution of strategies on training seasons: a genetic algorithm with niches, that can be stopped and taken up again.
//!
//! Strategies compete only within their niche, which is a market and what chooses the side, so that one lucky idea does not
//! crowd out the rest (deterministic crowding by species; Mahfoud 1995). A generation's random stream is made from the
//! seed and its number, so the state between generations is all there is to keep.

pub mod ensemble;
pub mod score;

use crate::engine::period::Period;
use crate::engine::plan::Planner;
use crate::engine::sweep::sweep;
use crate::engine::table::Table;
use crate::engine::tally::Tally;
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Flag};
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::{Strategy, StrategyId, market_word};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_pcg::Pcg64Mcg;
use score::ScoreSettings;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a population evolves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvolutionSettings {
    /// Generations in an iteration of the cycle.
    pub n_generations: u32,
    /// Children made in each.
    pub n_children: usize,
    /// Strategies that survive in a niche.
    pub per_niche: usize,
    /// Niches that survive, the best ones.
    pub max_niches: usize,
    /// Share of children with two parents.
    pub crossed: f64,
    /// Share of children drawn anew.
    pub fresh: f64,
    /// How the past is valued.
    pub score: ScoreSettings,
}

impl Default for EvolutionSettings {
    fn default() -> EvolutionSettings {
        EvolutionSettings {
            n_generations: 12,
            n_children: 400,
            per_niche: 8,
            max_niches: 24,
            crossed: 0.4,
            fresh: 0.15,
            score: ScoreSettings::default(),
        }
    }
}

/// A strategy with what its training seasons say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The strategy.
    pub strategy: Strategy,
    /// Its score on the training seasons.
    pub score: f64,
    /// Its counts there.
    pub tally: Tally,
    /// What it was made from.
    pub parents: Vec<StrategyId>,
}

/// A population between two generations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evolution {
    settings: EvolutionSettings,
    seed: u64,
    generation: u32,
    /// The living of each niche, best first.
    niches: BTreeMap<String, Vec<Scored>>,
    /// Strategies scored so far, repetitions not counted within a generation.
    n_tried: u64,
}

impl Evolution {
    /// A population of nobody: founders come by [`Evolution::settle`], or the first generation is drawn.
    pub fn begin(settings: EvolutionSettings, seed: u64) -> Evolution {
        Evolution {
            settings,
            seed,
            generation: 0,
            niches: BTreeMap::new(),
            n_tried: 0,
        }
    }

    /// Strategies scored so far: all of them were trials.
    pub fn n_tried(&self) -> u64 {
        self.n_tried
    }

    /// The living, best first; ties by id.
    pub fn living(&self) -> Vec<&Scored> {
        let mut all: Vec<&Scored> = self.niches.values().flatten().collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.strategy.cmp(&b.strategy)));
        all
    }

    /// The best of each niche, best first, at most `n`: winners that differ.
    pub fn winners(&self, n: usize) -> Vec<&Scored> {
        let mut best: Vec<&Scored> = self.niches.values().filter_map(|niche| niche.first()).collect();
        best.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.strategy.cmp(&b.strategy)));
        best.truncate(n);
        best
    }

    /// Scores strategies on training seasons and lets them compete for their niches. Those that ask for what cannot be had
    /// are left out.
    pub fn settle(&mut self, newcomers: Vec<(Strategy, Vec<StrategyId>)>, table: &Table, training: &Period) {
        let planner = Planner::new(table);
        let mut seen: BTreeSet<Strategy> = self.niches.values().flatten().map(|s| s.strategy.clone()).collect();
        let mut plans = Vec::new();
        let mut made_from = Vec::new();
        for (strategy, parents) in newcomers {
            if let Ok(plan) = planner.compile(&strategy)
                && seen.insert(strategy)
            {
                plans.push(plan);
                made_from.push(parents);
            }
        }
        self.n_tried += plans.len() as u64;
        let tallies = sweep(table, &plans, training);
        for ((plan, tally), parents) in plans.iter().zip(tallies).zip(made_from) {
            let strategy = plan.strategy().clone();
            let Some(score) = self.settings.score.score(&tally, strategy.complexity()) else {
                continue;
            };
            let scored = Scored {
                strategy,
                score,
                tally,
                parents,
            };
            self.niches.entry(niche(&scored.strategy)).or_default().push(scored);
        }
        self.select();
    }

    /// One generation: children of the living, scored on the training seasons.
    pub fn step(&mut self, vocabulary: &Vocabulary, table: &Table, training: &Period) {
        let mut rng = Pcg64Mcg::new(u128::from(self.seed) << 32 | u128::from(self.generation) << 1 | 1);
        let living: Vec<&Scored> = self.living();
        let mut children = Vec::with_capacity(self.settings.n_children);
        for _ in 0..self.settings.n_children {
            let fate: f64 = rng.random();
            let (Some(a), true) = (tournament(&living, &mut rng), fate >= self.settings.fresh) else {
                children.push((vocabulary.draw(&mut rng), Vec::new()));
                continue;
            };
            let partner =
                tournament(&living, &mut rng).filter(|_| fate < self.settings.fresh + self.settings.crossed);
            children.push(match partner {
                Some(b) => {
                    let child = vocabulary.cross(&a.strategy, &b.strategy, &mut rng);
                    (child, vec![a.strategy.id(), b.strategy.id()])
                }
                None => (vocabulary.mutate(&a.strategy, &mut rng), vec![a.strategy.id()]),
            });
        }
        self.settle(children, table, training);
        self.generation += 1;
    }

    /// Keeps the best of each niche and the best niches. Of strategies with one tally only the simplest stays: they made
    /// the same bets.
    fn select(&mut self) {
        for niche in self.niches.values_mut() {
            niche.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.strategy.cmp(&b.strategy)));
            let mut bets: BTreeSet<(u32, u32, i64, i64)> = BTreeSet::new();
            niche.retain(|s| {
                let t = &s.tally;
                bets.insert((t.n_bets, t.wins, t.clv_hundredths, t.drawdown_elevenths))
            });
            niche.truncate(self.settings.per_niche);
        }
        let mut order: Vec<(String, f64)> = self
            .niches
            .iter()
            .filter_map(|(name, niche)| Some((name.clone(), niche.first()?.score)))
            .collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let kept: BTreeSet<String> = order
            .into_iter()
            .take(self.settings.max_niches)
            .map(|(name, _)| name)
            .collect();
        self.niches.retain(|name, _| kept.contains(name));
    }
}

/// Strategies that are compared for a place as a parent.
const TOURNAMENT: usize = 3;

/// The best of a few at random; the living are sorted, so it is the first of the drawn.
fn tournament<'a>(living: &[&'a Scored], rng: &mut Pcg64Mcg) -> Option<&'a Scored> {
    let places: Vec<usize> = (0..living.len()).collect();
    let drawn: Vec<usize> = places.sample(rng, TOURNAMENT.min(living.len())).copied().collect();
    drawn.into_iter().min().map(|at| living[at])
}

/// Where a strategy competes: its market, and what chooses the side.
pub fn niche(strategy: &Strategy) -> String {
    let chooser = strategy.conditions().iter().find_map(|condition| match condition {
        Condition::Within { feature, low, .. } => match feature {
            Feature::Edge(_) | Feature::Value(_) if low.is_some_and(|l| l.0 > 0) => Some(feature.to_string()),
            _ => None,
        },
        Condition::Is { .. } => None,
    });
    let side = || {
        strategy.conditions().iter().find_map(|condition| match condition {
            Condition::Is {
                flag: Flag::Home | Flag::Over | Flag::Favourite,
                ..
            } => Some(condition.to_string()),
            _ => None,
        })
    };
    let by = chooser.or_else(side).unwrap_or_else(|| "line".to_owned());
    format!("{} by {by}", market_word(strategy.market()))
}
