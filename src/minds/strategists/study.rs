//! What a strategist has before it while it thinks: the training games of its window, its vocabulary, and a way to rank.

use super::Strategist;
use super::score::{Objective, score};
use crate::engine::period::Period;
use crate::engine::plan::Planner;
use crate::engine::sweep::sweep;
use crate::engine::table::Table;
use crate::engine::tally::Tally;
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use rand_pcg::Pcg64Mcg;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Which of the training games a strategist looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All.
    All,
    /// The earlier half of the seasons, the middle one included.
    Early,
    /// The later half of the seasons, the middle one included.
    Late,
    /// Seasons of even years; all, where there is none.
    EvenYears,
    /// Seasons of odd years; all, where there is none.
    OddYears,
}

impl Window {
    /// The weeks of a table that it shows.
    pub fn period(self, table: &Table) -> Period {
        let seasons = table.seasons();
        let half = seasons.len() / 2;
        let all = || Period::seasons(seasons.first().copied().unwrap_or(1)..=seasons.last().copied().unwrap_or(0));
        let some = |keep: &dyn Fn(usize, u16) -> bool| {
            let kept = seasons.iter().enumerate().filter(|(at, season)| keep(*at, **season));
            let one = kept.map(|(_, season)| Period::seasons(*season..=*season));
            one.reduce(Period::and_also).unwrap_or_else(all)
        };
        match self {
            Window::All => all(),
            Window::Early => some(&|at, _| at <= half),
            Window::Late => some(&|at, _| at >= half),
            Window::EvenYears => some(&|_, season| season % 2 == 0),
            Window::OddYears => some(&|_, season| season % 2 == 1),
        }
    }
}

/// A strategy with its score and its bets in the strategist's window.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The rule.
    pub strategy: Strategy,
    /// Its score by the strategist's objective.
    pub score: f64,
}

/// The training games as one strategist sees them.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    table: &'a Table,
    /// The weeks of its window.
    pub window: Period,
    /// What it may ask about.
    pub vocabulary: Vocabulary,
    /// What it looks for.
    pub objective: Objective,
    /// Every strategy it has scored.
    scored: RefCell<BTreeSet<Strategy>>,
}

impl<'a> Study<'a> {
    /// The study of a strategist on a table of training games.
    pub fn of(mind: &dyn Strategist, table: &'a Table) -> Study<'a> {
        Study {
            table,
            window: mind.window().period(table),
            vocabulary: mind.vocabulary(table),
            objective: mind.objective(),
            scored: RefCell::default(),
        }
    }

    /// Strategies at random.
    pub fn drawn(&self, n: usize, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        (0..n).map(|_| self.vocabulary.draw(rng)).collect()
    }

    /// The bets of strategies in a period, in order; none for one that makes no plan here.
    pub fn tallies(&self, strategies: &[Strategy], period: &Period) -> Vec<Option<Tally>> {
        let planner = Planner::new(self.table);
        let plans: Vec<_> = strategies.iter().map(|s| planner.compile(s).ok()).collect();
        let sound: Vec<_> = plans.iter().flatten().cloned().collect();
        let mut tallies = sweep(self.table, &sound, period).into_iter();
        plans
            .iter()
            .map(|plan| plan.as_ref().and_then(|_| tallies.next()))
            .collect()
    }

    /// How many different strategies were scored.
    pub fn n_scored(&self) -> u64 {
        self.scored.borrow().len() as u64
    }

    fn note(&self, strategies: &[Strategy]) {
        self.scored.borrow_mut().extend(strategies.iter().cloned());
    }

    /// The scores of strategies in its window, in order; none for what cannot be scored.
    pub fn scores(&self, strategies: &[Strategy]) -> Vec<Option<f64>> {
        self.note(strategies);
        let tallies = self.tallies(strategies, &self.window);
        let scored = strategies.iter().zip(tallies);
        scored
            .map(|(s, tally)| score(self.objective, &tally?, s.complexity()))
            .collect()
    }

    /// Those that can be scored, best first, each once and those that bet alike once: of these the simplest.
    pub fn ranked(&self, strategies: Vec<Strategy>) -> Vec<Scored> {
        self.note(&strategies);
        let tallies = self.tallies(&strategies, &self.window);
        let mut scored: Vec<(Scored, Tally)> = strategies
            .into_iter()
            .zip(tallies)
            .filter_map(|(strategy, tally)| {
                let tally = tally?;
                let score = score(self.objective, &tally, strategy.complexity())?;
                Some((Scored { strategy, score }, tally))
            })
            .collect();
        scored.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.strategy.cmp(&b.strategy)));
        let mut seen: Vec<Tally> = Vec::new();
        scored.retain(|(_, tally)| {
            // Only the head of the list is ever used, so the list of what was seen is kept short.
            let fresh = !seen.contains(tally);
            if fresh && seen.len() < MAX_SEEN {
                seen.push(*tally);
            }
            fresh
        });
        scored.into_iter().map(|(scored, _)| scored).collect()
    }
}

/// Records compared for sameness: far more than the ideas taken from a list.
const MAX_SEEN: usize = 64;

/// The strategy without each of its conditions in turn; those that no longer choose a side are left out.
pub fn shorter(strategy: &Strategy) -> Vec<Strategy> {
    let conditions = strategy.conditions();
    (0..conditions.len())
        .filter_map(|at| {
            let mut fewer = conditions.to_vec();
            fewer.remove(at);
            let shorter = strategy.with_conditions(fewer).ok()?;
            shorter.chooses_a_side().then_some(shorter)
        })
        .collect()
}
