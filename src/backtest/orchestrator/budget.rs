//! How much is new, and how much is tested: both by what earlier rounds brought and by what more trials cost.

use super::{Decision, Kind};
use crate::stats::power::BREAK_EVEN_110;
use serde::{Deserialize, Serialize};

/// What became of strategies of one origin before the validators: the share of members that approved, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Yields {
    /// Strategies validated.
    pub n: u64,
    /// Sum over them of the share of members that approved.
    pub approval: f64,
}

impl Yields {
    /// Adds a strategy of which `n_approved` of `n_members` approved.
    pub fn add(&mut self, n_approved: usize, n_members: usize) {
        self.n += 1;
        if n_members > 0 {
            self.approval += n_approved as f64 / n_members as f64;
        }
    }

    /// The mean approval with one approval and one refusal added, so that an untried origin stands at one half.
    pub fn expected(&self) -> f64 {
        (self.approval + 1.0) / (self.n as f64 + 2.0)
    }
}

/// How the next candidates are made up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    /// Share of them from the generation swarm; the rest are evolved winners.
    pub fresh: f64,
}

/// Neither origin ever gets less: an origin that is never tried cannot prove itself again.
const LEAST_SHARE: f64 = 0.25;

/// New ideas or evolved ones: in proportion to what each brought before the validators, and only new ones while there is
/// nothing to evolve.
pub fn new_or_evolve(fresh: Yields, evolved: Yields, n_living: usize) -> (Mix, Decision) {
    let told = |mix: Mix, reason: String| {
        let chosen = format!(
            "{:.0}% new, {:.0}% evolved",
            100.0 * mix.fresh,
            100.0 * (1.0 - mix.fresh)
        );
        let decision = Decision::new(Kind::NewOrEvolve, chosen, reason)
            .on("new_validated", fresh.n)
            .on("new_approval", fresh.expected())
            .on("evolved_validated", evolved.n)
            .on("evolved_approval", evolved.expected())
            .on("living", n_living as u64);
        (mix, decision)
    };
    if n_living == 0 {
        return told(Mix { fresh: 1.0 }, "there is nothing yet to evolve".to_owned());
    }
    let (a, b) = (fresh.expected(), evolved.expected());
    let share = (a / (a + b)).clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
    let better = if a > b { "new ideas" } else { "evolved ones" };
    let reason = if fresh.n + evolved.n == 0 {
        "neither origin has been before the validators yet: half and half".to_owned()
    } else {
        format!("{better} found more approval so far: new {a:.2}, evolved {b:.2}")
    };
    told(Mix { fresh: share }, reason)
}

/// The most candidates a round puts before the validators.
const MOST: usize = 12;
/// The best of all trials may need this win rate to be told from luck; beyond it testing more defeats itself.
const HIGHEST_HURDLE: f64 = 0.58;
/// The win rate the best of `n` worthless strategies is expected to reach in `bets` bets: the break-even plus the expected
/// maximum of `n` normal draws, by the bound sqrt(2 ln n) standard errors.
pub(super) fn hurdle(n: u64, bets: f64) -> f64 {
    let draws = (2.0 * (n.max(1) as f64).ln()).sqrt();
    BREAK_EVEN_110 + draws * 0.5 / bets.max(1.0).sqrt()
}

/// How many candidates to validate: as many as there are, but no more than leave a true edge distinguishable from the best
/// of all that were ever validated. `bets` is what the validators will see of one candidate, all together.
pub fn how_many(n_available: usize, n_validated_ever: u64, bets: f64) -> (usize, Decision) {
    let fits = |n: &usize| hurdle(n_validated_ever + *n as u64, bets) <= HIGHEST_HURDLE;
    let most = n_available.min(MOST);
    let n = (1..=most).rev().find(fits).unwrap_or(most.min(1));
    let after = hurdle(n_validated_ever + n as u64, bets);
    let reason = if n == most {
        format!(
            "all that were selected; the best of them then needs {:.1}% to stand out",
            100.0 * after
        )
    } else {
        format!(
            "more would lift what the best needs beyond {:.0}%; {} were validated before",
            100.0 * HIGHEST_HURDLE,
            n_validated_ever
        )
    };
    let decision = Decision::new(Kind::HowMany, n.to_string(), reason)
        .on("available", n_available as u64)
        .on("validated_ever", n_validated_ever)
        .on("held_out_bets", bets)
        .on("hurdle_win_rate", after);
    (n, decision)
}
