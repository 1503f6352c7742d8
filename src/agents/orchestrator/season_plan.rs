//! The season as a plan: how much of the bankroll may be at stake in each week, how long research may compute, who runs.
//!
//! A pure function of the schedule, the settings and what is left of the bankroll. The rules:
//! - Exposure of a week: twice the bets it should bring at a tier B stake each, so that a good week is not cut; at least
//!   what one game may have, at most the risk manager's weekly limit; all of the bankroll that is left, not of the first.
//! - Drawdown steps: with 90% or less of the season's first bankroll three quarters of that, with 80% or less half, with
//!   70% or less a quarter. No step is taken back before the bankroll is.
//! - Research: two hours of computing in a week of sixteen games, and a quarter of an hour more for each game it is short of
//!   that; none while picks are made, which the conductor's calendar sees to.

use super::standing::MIN_SCORES;
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::domain::pick::Tier;
use serde::Serialize;

/// Bets a game brings: 761 bets on 2,670 games in 2012-2021 (`docs/method.md`).
const BETS_PER_GAME: f64 = 0.28;
/// Shares of the first bankroll, and what a week's exposure is multiplied with at or under them.
pub const STEPS: [(f64, f64); 3] = [(0.7, 0.25), (0.8, 0.5), (0.9, 0.75)];
/// Games of a full week.
const FULL_WEEK: u64 = 16;

/// What a season is planned by.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// Its weeks with their numbers of games, in order.
    pub weeks: Vec<(SeasonWeek, usize)>,
    /// The bankroll it began with.
    pub first: Cents,
    /// What is left of it.
    pub left: Cents,
    /// The risk manager's limits, as shares of the bankroll: on a game and in a week.
    pub per_game: f64,
    /// In a week.
    pub per_week: f64,
}

/// A week of the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedWeek {
    /// The week.
    pub when: SeasonWeek,
    /// Its games.
    pub n_games: usize,
    /// Bets it should bring.
    pub expected_bets: f64,
    /// The most that may be at stake.
    pub cap: Cents,
    /// What the drawdown step leaves of it: 1 for all.
    pub step: f64,
    /// Minutes research may compute.
    pub research_minutes: u64,
    /// Scores of members it should bring, of the so many a standing needs.
    pub scores: u64,
    /// The swarms that run.
    pub swarms: &'static str,
}

/// Scores a standing needs before it changes.
pub const SCORES_NEEDED: u64 = MIN_SCORES;

/// The factor of the drawdown step at a bankroll.
pub fn step(first: Cents, left: Cents) -> f64 {
    let share = if first > Cents::ZERO {
        left.0 as f64 / first.0 as f64
    } else {
        0.0
    };
    STEPS
        .into_iter()
        .find(|(at, _)| share <= *at)
        .map_or(1.0, |(_, factor)| factor)
}

/// Plans a season; nothing of a season without weeks.
pub fn plan(season: &Season) -> Vec<PlannedWeek> {
    let left = season.left.max(Cents::ZERO);
    let step = step(season.first, left);
    let week = |(when, n_games): &(SeasonWeek, usize)| {
        let expected_bets = BETS_PER_GAME * *n_games as f64;
        let share = (2.0 * expected_bets * Tier::B.cap())
            .max(season.per_game)
            .min(season.per_week);
        let short = FULL_WEEK.saturating_sub(*n_games as u64);
        PlannedWeek {
            when: *when,
            n_games: *n_games,
            expected_bets,
            cap: left.fraction(share * step),
            step,
            research_minutes: 120 + 15 * short,
            scores: 2 * *n_games as u64,
            swarms: "consensus; generation and validation between its rounds",
        }
    };
    season
        .weeks
        .iter()
        .filter(|(_, n_games)| *n_games > 0)
        .map(week)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_has_what_it_needs_and_less_after_losses() {
        let of = |left| Season {
            weeks: vec![
                (SeasonWeek { season: 2016, week: 1 }, 16),
                (SeasonWeek { season: 2016, week: 2 }, 0),
                (SeasonWeek { season: 2016, week: 21 }, 1),
            ],
            first: Cents(100_000),
            left: Cents(left),
            per_game: 0.05,
            per_week: 0.25,
        };
        let planned = plan(&of(100_000));
        assert_eq!(planned.len(), 2);
        assert_eq!((planned[0].cap, planned[0].step), (Cents(13_440), 1.0));
        assert_eq!((planned[1].cap, planned[1].research_minutes), (Cents(5_000), 345));
        assert_eq!(plan(&of(80_000))[0].cap, Cents(5_376));
        assert_eq!(plan(&of(-5))[0].cap, Cents::ZERO);
        assert_eq!(step(Cents::ZERO, Cents::ZERO), 0.25);
        assert!(
            plan(&Season {
                weeks: Vec::new(),
                ..of(1)
            })
            .is_empty()
        );
    }
}
