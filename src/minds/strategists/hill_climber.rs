//! The hill climber: it improves one strategy step by step, on the later half of the seasons, by how sure the return is.

use super::score::Objective;
use super::study::{Study, Window};
use super::{N_DRAWS, N_MUTANTS, Strategist};
use crate::engine::table::Table;
use crate::strategy::genetics::Vocabulary;
use crate::strategy::rule::Strategy;
use rand_pcg::Pcg64Mcg;

/// The mind.
pub struct HillClimber;

/// Strategies it climbs from.
const N_STARTS: usize = 5;
/// Steps of a climb: together as many trials as the others draw.
const N_STEPS: usize = 3;

impl Strategist for HillClimber {
    fn seat(&self) -> &'static str {
        "hill_climber"
    }

    fn vocabulary(&self, table: &Table) -> Vocabulary {
        Vocabulary::all(table.at(), table.sources())
    }

    fn objective(&self) -> Objective {
        Objective::Evidence
    }

    fn window(&self) -> Window {
        Window::Late
    }

    fn creed(&self) -> &'static str {
        "improved step by step on the later training seasons"
    }

    fn think(&self, study: &Study<'_>, rng: &mut Pcg64Mcg) -> Vec<Strategy> {
        let mut best = study.ranked(study.drawn(N_DRAWS / 4, rng));
        for _ in 0..N_STEPS {
            best.truncate(N_STARTS);
            let mut next: Vec<Strategy> = best.iter().map(|s| s.strategy.clone()).collect();
            for scored in &best {
                next.extend((0..N_MUTANTS).map(|_| study.vocabulary.mutate(&scored.strategy, rng)));
            }
            best = study.ranked(next);
        }
        best.into_iter().map(|s| s.strategy).collect()
    }
}
