//! Weather and totals: wind and cold against the number of points, the one theme that lasted in three eras of research.

use super::Strategist;
use super::study::Window;
use crate::domain::quote::Market;
use crate::engine::table::Table;
use crate::strategy::feature::{Feature, Flag};
use crate::strategy::genetics::Vocabulary;

/// The mind.
pub struct WeatherTotals;

impl Strategist for WeatherTotals {
    fn seat(&self) -> &'static str {
        "weather_totals"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary {
            markets: vec![Market::Total],
            at: table.at(),
            sources: table.sources(),
            features: vec![Feature::Wind, Feature::Temperature, Feature::Total, Feature::Week],
            flags: vec![Flag::Dome, Flag::Night],
        }
    }

    fn window(&self) -> Window {
        Window::EvenYears
    }

    fn creed(&self) -> &'static str {
        "wind and cold against the number of points"
    }
}
