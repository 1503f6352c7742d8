//! An agent's card: of what it claimed, how much held.

use crate::domain::memory::{Held, Recall};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use serde::Serialize;

/// An agent's claims in figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClaimCard {
    /// Claims it made.
    pub n_claims: u64,
    /// Of them, those nothing became of yet.
    pub n_pending: u64,
    /// Of them, those that were neither right nor wrong.
    pub n_void: u64,
    /// Those that held, among those that were right or wrong.
    pub held: Rate,
    /// Closing line value of acting on them, in points.
    pub clv_points: Mean,
}

impl ClaimCard {
    /// Of what is remembered.
    pub fn of(recall: Recall<'_>, bootstrap: &Bootstrap) -> ClaimCard {
        let n_pending = recall.pending().count() as u64;
        let n_resolved = recall.resolved().count() as u64;
        let judged = recall.resolved().filter(|(_, r)| r.held != Held::Void);
        let clv = recall
            .resolved()
            .filter_map(|(memory, r)| Some((memory.when, r.clv_points?)));
        let held = Rate::among(judged.map(|(_, r)| r.held == Held::Yes));
        ClaimCard {
            n_claims: n_pending + n_resolved,
            n_pending,
            n_void: n_resolved - held.n,
            held,
            clv_points: bootstrap.mean(clv),
        }
    }
}
