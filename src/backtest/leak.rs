//! The leak check: what a decision could not have known is changed in the raw columns, and the decision must not move.
//!
//! It judges by meaning, not by stored time stamps. A close imported as an opener, a mind that reads the file behind the
//! view's back, a weight fitted on all seasons: each carries correct stamps, and each decides differently when the future
//! is another one. So the future is made another one, kind by kind ([`Kind`]), sent through the importer again, and the
//! round played again from nothing; opinions and decisions must be the same to the byte. No result is ever looked at:
//! decisions are compared with decisions.
//!
//! What it takes as given: the schedule. A game moved to another day or stadium in mid-week is scheduled there from the
//! Tuesday on, because the files do not say where it was before.

mod compare;
mod features;
mod horizon;
mod perturb;
mod raw;
mod report;
#[cfg(test)]
pub(super) mod tests;

pub use features::{FeatureCheck, FeatureReport, features, words};
pub use raw::RawData;
pub use report::{Check, Difference, Kind, LeakReport, Part, Verdict};

use crate::agents::specialists::data_engineer::{AsOf, Planned, plan};
use crate::domain::game::SeasonWeek;
use crate::minds::Forecaster;
use crate::minds::quant::ROSTER;
use horizon::Horizon;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use raw::Imported;
use std::sync::Arc;

/// Builds a mind for a run over certain rows. An honest mind ignores them; a planted leak keeps them.
pub type RawMind = Arc<dyn Fn(&Arc<RawData>) -> Box<dyn Forecaster> + Send + Sync>;

/// The roster of the consensus swarm, which sees no rows.
pub fn roster() -> Vec<(&'static str, RawMind)> {
    let blind = |(name, mind): (&'static str, crate::minds::quant::MindFactory)| {
        let mind: RawMind = Arc::new(move |_: &Arc<RawData>| mind());
        (name, mind)
    };
    ROSTER.into_iter().map(blind).collect()
}

/// Checks the roster as it is. `progress` is told after every check how many of how many are done.
pub fn run(
    raw: &RawData,
    weeks: &[SeasonWeek],
    as_of: &[AsOf],
    seed: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> LeakReport {
    check(raw, &roster(), weeks, as_of, seed, progress)
}

/// Checks a roster of minds that may hold the rows of the very run they are in.
///
/// Each round of each week is played once as it is and once per kind of forbidden knowledge, every time by members that
/// know nothing at first: one that remembered the unperturbed past could not show a leak in it. Kinds that have nothing
/// to change in a round (no later week in the file, say) are left out of the report, because they prove nothing.
pub fn check(
    raw: &RawData,
    roster: &[(&str, RawMind)],
    weeks: &[SeasonWeek],
    as_of: &[AsOf],
    seed: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> LeakReport {
    let raw = Arc::new(raw.clone());
    let imported = raw.import();
    let mut rounds: Vec<(Planned, AsOf)> = Vec::new();
    for &week in weeks {
        for &as_of in as_of {
            let planned = plan(&imported.archive, week, as_of);
            rounds.extend(planned.into_iter().map(|planned| (planned, as_of)));
        }
    }
    let n = rounds.len() * Kind::ALL.len();
    let mut done = 0;
    let mut checks = Vec::new();
    for (planned, as_of) in &rounds {
        let before = compare::play(&raw, &imported.archive, roster, planned, *as_of);
        let horizon = Horizon::of(&raw, &imported.games, planned, *as_of);
        for kind in Kind::ALL {
            let rng = stream(seed, planned, kind);
            let (copy, n_cells_changed) = perturb::perturb(&raw, kind, &horizon, rng);
            if n_cells_changed > 0 {
                let copy = Arc::new(copy);
                let changed = copy.import();
                assert_valid(&imported, &changed);
                let after = compare::play(&copy, &changed.archive, roster, planned, *as_of);
                checks.push(Check {
                    kind,
                    week: planned.when,
                    basis: as_of.basis(),
                    at: planned.at,
                    n_games: planned.fixtures.len(),
                    n_cells_changed,
                    verdict: Verdict::of(before.first_difference(&after)),
                });
            }
            done += 1;
            progress(done, n);
        }
    }
    LeakReport {
        seed,
        n_rounds: rounds.len(),
        checks,
    }
}

/// The importer must leave out nothing because of a perturbation: a vanished row would look like a leak.
fn assert_valid(before: &Imported, after: &Imported) {
    let new: Vec<_> = after.quarantined.difference(&before.quarantined).take(5).collect();
    assert!(new.is_empty(), "a perturbation made rows the importer refuses: {new:?}");
}

/// A stream of its own for every check, so that leaving one out changes no other.
fn stream(seed: u64, planned: &Planned, kind: Kind) -> Pcg64Mcg {
    let at = planned.at.timestamp().unsigned_abs();
    Pcg64Mcg::seed_from_u64(seed.rotate_left(32) ^ (at << 3) ^ kind as u64)
}
