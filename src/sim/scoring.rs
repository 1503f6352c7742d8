//! Final scores: a margin with its key numbers, and a total that leaves both teams a score football can produce.
//!
//! Margin and total are what is bet on, so they are drawn from the very distributions the market maths uses; the two
//! teams' points follow from them.

use super::league::Expectation;
use crate::domain::game::Score;
use crate::market::{MarginModel, TotalModel};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// Points a team rarely or never ends on, with how likely they are against their neighbours in 1999-2017. One point
/// cannot be scored alone, and four takes two safeties and nothing else.
const RARE: [(i32, f64); 13] = [
    (1, 0.0),
    (2, 0.01),
    (4, 0.0),
    (5, 0.03),
    (8, 0.1),
    (11, 0.1),
    (12, 0.3),
    (15, 0.4),
    (18, 0.3),
    (19, 0.5),
    (22, 0.4),
    (25, 0.35),
    (29, 0.5),
];

/// By how many points the totals that remain possible lie above all totals: a team that wins by thirty has scored thirty.
/// Taken off beforehand, so that results meet their expectation.
const SELECTION_POINTS: f64 = 3.5;

/// Draws a result around its expectation.
pub(super) fn draw(expected: Expectation, margin: &MarginModel, total: &TotalModel, rng: &mut Pcg64Mcg) -> Score {
    let highest = (MarginModel::OUTCOMES / 2) as i32;
    let margins = margin.pmf(expected.margin);
    let margin = pick((-highest..=highest).zip(margins), rng);
    let totals = total.pmf(expected.total - SELECTION_POINTS);
    // Both teams' points are whole numbers only if total and margin are both even or both odd.
    let possible = totals.iter().enumerate().filter_map(|(points, p)| {
        let points = points as i32;
        let valid = points >= margin.abs() && (points - margin) % 2 == 0;
        let weight = p * commonness((points + margin) / 2) * commonness((points - margin) / 2);
        valid.then_some((points, weight))
    });
    let total = pick(possible, rng);
    let side =
        |points: i32| u16::try_from(points).expect("the total is at least the margin, so nobody is below zero");
    Score {
        home: side((total + margin) / 2),
        away: side((total - margin) / 2),
    }
}

fn commonness(points: i32) -> f64 {
    RARE.iter()
        .find(|(rare, _)| *rare == points)
        .map_or(1.0, |(_, weight)| *weight)
}

/// Draws a value in proportion to its weight.
fn pick(weighted: impl Iterator<Item = (i32, f64)>, rng: &mut Pcg64Mcg) -> i32 {
    let weighted: Vec<(i32, f64)> = weighted.filter(|(_, weight)| *weight > 0.0).collect();
    let sum: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.random::<f64>() * sum;
    for (value, weight) in &weighted {
        left -= weight;
        if left < 0.0 {
            return *value;
        }
    }
    // Rounding may leave a hair of the sum over.
    weighted.last().expect("some score is possible for every margin").0
}
