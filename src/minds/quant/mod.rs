//! The twelve quantitative minds: the roster of the consensus swarm.
//!
//! They differ in what they look at (results, closing lines and how they moved, circumstances, plays, passers, weather,
//! the price itself) so that agreement means more than one idea counted twelve times. Nine need no more than games and
//! lines; the others leave the table where their feed is missing, and the table keeps its number odd.

pub mod attack_defence;
pub mod elo;
pub mod epa_ridge;
pub mod line_moves;
pub mod market_anchor;
pub mod market_rating;
pub mod points_ridge;
pub mod quarterback;
pub mod situational;
pub mod stack;
pub mod totals;
pub mod weather;

use super::Forecaster;

/// Builds a fresh mind: knowing nothing, to be taught from the archive.
pub type MindFactory = fn() -> Box<dyn Forecaster>;

/// Seat names with their factories, in seat order.
pub const ROSTER: [(&str, MindFactory); 12] = [
    ("attack_defence", || {
        Box::new(attack_defence::AttackDefenceMind::default())
    }),
    ("elo", || Box::new(elo::EloMind::default())),
    ("epa_ridge", || Box::new(epa_ridge::EpaRidge::default())),
    ("line_moves", || Box::new(line_moves::LineMoves::default())),
    ("market_anchor", || Box::new(market_anchor::MarketAnchor::default())),
    ("market_rating", || Box::new(market_rating::MarketRating::default())),
    ("points_ridge", || Box::new(points_ridge::PointsRidge::default())),
    ("quarterback", || Box::new(quarterback::Quarterback::default())),
    ("situational", || Box::new(situational::Situational::default())),
    ("stack", || Box::new(stack::Stack::default())),
    ("totals", || Box::new(totals::Totals::default())),
    ("weather", || Box::new(weather::Weather::default())),
];
