//! The isolation forest: what is set apart by few random cuts is unlike the rest (Liu, Ting and Zhou 2008).
//!
//! 100 trees of 256 rows and height 8, the standard score 2^(-E(h)/c(256)). A tree is filled up to all 255 inner nodes, so that
//! every row takes eight steps through two flat arrays and no branch depends on the data; rows go down a tree in blocks.

mod fit;
mod score;

use serde::{Deserialize, Serialize};

/// Trees of a forest: the paper finds that path lengths have converged by then.
pub const N_TREES: usize = 100;
/// Rows a tree is grown from; with fewer rows, all of them.
pub const N_SAMPLE: usize = 256;
/// Cuts from the root to a leaf, the logarithm of [`N_SAMPLE`]: deeper only tells normal rows from one another.
pub const HEIGHT: usize = 8;
/// The most columns: a cut among more would rarely meet the one that matters, and a block of them no longer fits the first
/// level of cache beside a tree.
pub const MAX_COLUMNS: usize = 16;
/// Places of a tree; place 0 is not used, the root is 1, the children of `k` are `2 k` and `2 k + 1`.
const N_PLACES: usize = 1 << HEIGHT;

/// The bits of a node's word that name its column.
const COLUMN: u32 = MAX_COLUMNS as u32 - 1;

/// A cut without its last four bits, where the column is kept: within two in a million of what was drawn.
fn coarse(cut: f32) -> f32 {
    f32::from_bits(cut.to_bits() & !COLUMN)
}

/// One tree. Padding below a leaf sends every row left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    /// Rows whose column is greater go right.
    cuts: Vec<f32>,
    /// The columns cut.
    columns: Vec<u8>,
    /// Path lengths at the leaves, from left to right.
    lengths: Vec<f32>,
}

/// A fitted forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    n_columns: usize,
    /// The average path length of a search tree of the sample's size: what a score is relative to.
    usual: f32,
    trees: Vec<Tree>,
}

/// The average path length of an unsuccessful search in a binary search tree of `n` rows, c(n) of the paper: what is added for
/// rows that a leaf at the height limit still holds together.
pub fn average_path(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let m = n as f64 - 1.0;
            2.0 * (m.ln() + EULER) - 2.0 * m / n as f64
        }
    }
}

/// The Euler-Mascheroni constant.
const EULER: f64 = 0.577_215_664_901_532_9;

#[cfg(test)]
mod tests;
