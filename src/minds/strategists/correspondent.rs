//! The correspondent: what it thinks of, a language model proposed; what it makes of others' ideas is arithmetic as everybody's.

use super::Strategist;
use super::study::Study;
use crate::engine::table::Table;
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use rand_pcg::Pcg64Mcg;

/// The name of its seat.
pub const SEAT: &str = "correspondent";

/// The mind.
pub struct Correspondent;

impl Strategist for Correspondent {
    fn seat(&self) -> &'static str {
        SEAT
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary::all(table.at(), table.sources())
    }

    fn creed(&self) -> &'static str {
        "proposed by a language model that saw no game"
    }

    /// Nothing: without a proposal it has no idea of its own.
    fn think(&self, _: &Study<'_>, _: &mut Pcg64Mcg) -> Vec<Strategy> {
        Vec::new()
    }
}
