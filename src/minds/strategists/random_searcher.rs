//! The random searcher: it asks about everything and believes in nothing, so it finds what nobody looked for.

use super::Strategist;
use crate::engine::table::Table;
use crate::strategy::genetics::Vocabulary;

/// The mind.
pub struct RandomSearcher;

impl Strategist for RandomSearcher {
    fn seat(&self) -> &'static str {
        "random_searcher"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary::all(table.at(), table.sources())
    }

    fn creed(&self) -> &'static str {
        "the best of many draws on every training game"
    }
}
