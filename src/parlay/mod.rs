//! Which facts of games occur together: mining, proof on seasons held back, and joint prices for legs that are correlated.
//!
//! In reading order: baskets and the tree of frequent sets, two miners that must agree, rules; a game's facts as items, bets
//! and how they are paid, what many tests are worth, patterns on trial; joint prices.

pub mod itemsets;

pub mod vertical;

pub mod fp_growth;

pub mod rules;

pub mod items;

pub mod bets;

mod evidence;

pub mod table;

pub mod validate;

mod joint;

pub mod templates;

#[cfg(test)]
mod tests;
