//! How often the validation swarm approves of a strategy of a known true win rate: its power, and its rate of false approvals.

use super::invented::Invented;
use super::research_host::ResearchHost;
use crate::engine::period::Period;
use crate::protocol::research::Bench;
use crate::stats::deflated::Trials;
use crate::stats::estimate::Rate;
use crate::strategy::rule::Strategy;
use crate::swarms::validation::{Hearing, SEATS};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

/// A point of the power curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerPoint {
    /// How often the strategy's bets truly win.
    pub win_rate: f64,
    /// Leagues in which all validators approved.
    pub approved: Rate,
}

/// Seasons of each validator, of 500 games: a thousand bets.
const SEASONS_EACH: u16 = 2;
/// Strategies said to have been validated before on the same seasons, this one included.
const N_VALIDATED: u64 = 10;

/// Validates the strategy that takes the planted edge in `n_leagues` invented leagues for each true win rate; the seeds of
/// leagues are 1 and up, the same for every rate.
///
/// # Panics
/// When the invented strategy is none, which its own test rules out.
pub fn power_curve(win_rates: &[f64], n_leagues: u64) -> Vec<PowerPoint> {
    let strategy: Strategy = Invented::TRUE_EDGE.parse().expect("the planted strategy is a strategy");
    win_rates
        .iter()
        .map(|&win_rate| {
            let seeds: Vec<u64> = (1..=n_leagues).collect();
            let approved: Vec<bool> = seeds
                .par_iter()
                .map(|seed| is_approved(&strategy, win_rate, *seed))
                .collect();
            PowerPoint {
                win_rate,
                approved: Rate::among(approved),
            }
        })
        .collect()
}

/// Whether all validators approve in one league, each with a thousand bets of its own at a flat 1%.
fn is_approved(strategy: &Strategy, win_rate: f64, seed: u64) -> bool {
    let n_seats = SEATS.len() as u16;
    let league = Invented {
        seed,
        n_seasons: n_seats * SEASONS_EACH,
        n_weeks: 25,
        n_games: 20,
        win_rate,
        edge_share: 1.0,
        totals: false,
        ..Invented::default()
    };
    let table = league.table();
    let bench = |seat: u16| {
        let first = league.first_season + seat * SEASONS_EACH;
        Bench::cut(&table, Period::seasons(first..=first + SEASONS_EACH - 1))
    };
    let hearing = Hearing {
        strategy: strategy.clone(),
        benches: (0..n_seats).map(bench).collect(),
        searched: Period::default(),
        biased: Vec::new(),
        n_validated: Trials::new(NonZeroU64::new(N_VALIDATED).unwrap_or(NonZeroU64::MIN)),
    };
    let held = ResearchHost::default().validate("power", hearing);
    held.is_some_and(|held| held.round.approved)
}
