//! The market follower: it looks for where the line will go, since being early is the one edge an opener is known to leave.

use super::Strategist;
use super::score::Objective;
use crate::domain::quote::Market;
use crate::engine::table::Table;
use crate::strategy::feature::{Feature, Source};
use crate::strategy::genetics::Vocabulary;

/// The mind.
pub struct MarketFollower;

/// Sources that are made of prices.
const OF_THE_MARKET: [&str; 3] = ["market_anchor", "market_rating", Source::SWARM];

impl Strategist for MarketFollower {
    fn seat(&self) -> &'static str {
        "market_follower"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        let all = table.sources();
        let own: Vec<Source> = all
            .iter()
            .filter(|source| OF_THE_MARKET.contains(&source.as_str()))
            .cloned()
            .collect();
        Vocabulary {
            markets: vec![Market::Spread, Market::Total],
            at: table.at(),
            sources: if own.is_empty() { all } else { own },
            features: vec![Feature::Line, Feature::Spread, Feature::Total, Feature::Votes],
            flags: Vec::new(),
        }
    }

    fn objective(&self) -> Objective {
        Objective::ClosingLine
    }

    fn creed(&self) -> &'static str {
        "where the line goes after the bet"
    }
}
