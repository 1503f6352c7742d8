//! The simplifier, the devil's advocate: it distrusts every condition and takes away those that carry nothing.

use super::study::{Study, shorter};
use super::{N_DRAWS, Strategist};
use crate::engine::table::Table;
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use rand_pcg::Pcg64Mcg;

/// The mind.
pub struct Simplifier;

impl Strategist for Simplifier {
    fn seat(&self) -> &'static str {
        "simplifier"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary::all(table.at(), table.sources())
    }

    fn creed(&self) -> &'static str {
        "as few conditions as carry it"
    }

    fn think(&self, study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        let drawn = study.drawn(N_DRAWS / 4, rng);
        drawn.iter().flat_map(|strategy| bared(strategy, study)).collect()
    }

    fn build(&self, theirs: &Strategy, _: &[Strategy], study: &Study<'_>, _: &mut Pcg64Mcg) -> Vec<Strategy> {
        bared(theirs, study)
    }

    fn rework(&self, own: &Strategy, study: &Study<'_>, _: &mut Pcg64Mcg) -> Vec<Strategy> {
        bared(own, study)
    }
}

/// The strategy at a flat percent, and all that is left when conditions are taken away one after the other, each time the one
/// whose loss is felt least.
fn bared(strategy: &Strategy, study: &Study<'_>) -> Vec<Strategy> {
    let mut left = vec![
        strategy
            .with_stake(Stake::one_percent())
            .unwrap_or_else(|_| strategy.clone()),
    ];
    // Each step takes a condition away, and a strategy has eight at most.
    while let Some(last) = left.last() {
        let options = shorter(last);
        let scores = study.scores(&options);
        let best = options
            .into_iter()
            .zip(scores)
            .filter_map(|(option, score)| Some((option, score?)))
            .max_by(|(a, x), (b, y)| x.total_cmp(y).then_with(|| b.cmp(a)));
        match best {
            Some((next, _)) => left.push(next),
            None => break,
        }
    }
    left
}
