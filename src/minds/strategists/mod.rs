//! The seven strategists: minds that think of betting rules, each with a vocabulary, an objective and games of its own.
//!
//! They differ on purpose, as the forecasters do: what seven agree on that look at different things over different games is
//! less likely to be one accident found seven times. None of them draws entropy of its own or calls a score a performance.

pub mod contrarian;
pub mod correspondent;
pub mod hill_climber;
pub mod market_follower;
pub mod random_searcher;
pub mod score;
pub mod simplifier;
pub mod situational;
pub mod study;
pub mod weather_totals;

use crate::engine::table::Table;
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use rand_pcg::Pcg64Mcg;
use score::Objective;
use study::{Study, Window};

/// A mind that thinks of strategies.
pub trait Strategist: Send {
    /// The name of its seat.
    fn seat(&self) -> &'static str;

    /// What it may ask about.
    fn vocabulary(&self, table: &Table) -> Vocabulary;

    /// What it looks for.
    fn objective(&self) -> Objective {
        Objective::Return
    }

    /// Which of the training games it looks at.
    fn window(&self) -> Window {
        Window::All
    }

    /// What moves it, for the rationale of its ideas.
    fn creed(&self) -> &'static str;

    /// Strategies to be scored; the best become ideas.
    fn think(&self, study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        study.drawn(N_DRAWS, rng)
    }

    /// Children of a neighbour's strategy and one's own, to be scored.
    fn build(&self, theirs: &Strategy, own: &[Strategy], study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        let crossed = own.iter().map(|mine| study.vocabulary.cross(theirs, mine, rng));
        let mut children: Vec<Strategy> = crossed.collect();
        children.extend((0..N_MUTANTS).map(|_| study.vocabulary.mutate(theirs, rng)));
        children
    }

    /// Variants of one's own strategy in answer to a critique, to be scored.
    fn rework(&self, own: &Strategy, study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        let mut variants = study::shorter(own);
        variants.extend((0..N_MUTANTS).map(|_| study.vocabulary.mutate(own, rng)));
        variants
    }
}

/// Strategies drawn for one ideation: a sweep of them takes some milliseconds, and each is a trial that luck has.
pub const N_DRAWS: usize = 400;
/// Small changes tried of one strategy.
pub const N_MUTANTS: usize = 24;

/// Builds a fresh strategist.
pub type StrategistFactory = fn() -> Box<dyn Strategist>;

/// Seat names with their factories, in seat order.
pub const STRATEGISTS: [(&str, StrategistFactory); 7] = [
    ("contrarian", || Box::new(contrarian::Contrarian)),
    ("hill_climber", || Box::new(hill_climber::HillClimber)),
    ("market_follower", || Box::new(market_follower::MarketFollower)),
    ("random_searcher", || Box::new(random_searcher::RandomSearcher)),
    ("simplifier", || Box::new(simplifier::Simplifier)),
    ("situational", || Box::new(situational::SituationalTheme)),
    ("weather_totals", || Box::new(weather_totals::WeatherTotals)),
];

#[cfg(test)]
mod tests;
