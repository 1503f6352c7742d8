//! Situations: rest, divisions, nights and the calendar, which prices are slow to learn if they learn them at all.

use super::Strategist;
use super::study::Window;
use crate::domain::quote::Market;
use crate::engine::table::Table;
use crate::strategy::feature::{Feature, Flag};
use crate::strategy::genetics::Vocabulary;

/// The mind.
pub struct SituationalTheme;

impl Strategist for SituationalTheme {
    fn seat(&self) -> &'static str {
        "situational"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary {
            markets: vec![Market::Spread, Market::Total],
            at: table.at(),
            sources: table.sources(),
            features: vec![Feature::Rest, Feature::Week, Feature::Spread, Feature::Line],
            flags: vec![Flag::Division, Flag::Night, Flag::Neutral, Flag::Playoffs],
        }
    }

    fn window(&self) -> Window {
        Window::OddYears
    }

    fn creed(&self) -> &'static str {
        "circumstances of the game that prices are slow to learn"
    }
}
