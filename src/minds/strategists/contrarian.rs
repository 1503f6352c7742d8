//! The contrarian: it looks for games in which the seats lean one way and the other way pays.

use super::study::{Study, Window};
use super::{N_DRAWS, Strategist};
use crate::domain::quote::Market;
use crate::engine::table::Table;
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Flag};
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// The mind.
pub struct Contrarian;

/// Half of its draws go against at least two and at most five of the seats.
const AGAINST: std::ops::RangeInclusive<i32> = 2..=5;

impl Strategist for Contrarian {
    fn seat(&self) -> &'static str {
        "contrarian"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary {
            markets: vec![Market::Spread, Market::Total],
            at: table.at(),
            sources: table.sources(),
            features: vec![Feature::Against, Feature::Votes, Feature::Spread, Feature::Total],
            flags: vec![Flag::Division, Flag::Night],
        }
    }

    fn window(&self) -> Window {
        Window::Early
    }

    fn creed(&self) -> &'static str {
        "against what most seats lean to"
    }

    fn think(&self, study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        let drawn = study.drawn(N_DRAWS, rng);
        let turned = |(at, strategy): (usize, Strategy)| {
            if at % 2 == 1 {
                return strategy;
            }
            let mut conditions = strategy.conditions().to_vec();
            conditions.push(Condition::at_least(Feature::Against, 100 * rng.random_range(AGAINST)));
            strategy.with_conditions(conditions).unwrap_or(strategy)
        };
        drawn.into_iter().enumerate().map(turned).collect()
    }
}
