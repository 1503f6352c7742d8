//! Which facts of games occur together: mining, proof on seasons held back, and joint prices for legs that are correlated.

pub mod fp_growth;
pub mod itemsets;
pub mod rules;
pub mod vertical;

#[cfg(test)]
mod tests;
