//! Scoring in blocks: a block of rows by columns, and a tree, lie in the first level of cache together, and the rows of a block
//! go down side by side, so that the wait for one row's node is spent on the others'.
//!
//! A node is one word, its cut with the column in the last bits, so that a step fetches two numbers and not three; the first
//! three levels have so few nodes that all are compared and the right one is picked. Indices are masked to the length of fixed
//! arrays: no bound is left to check, and `pulp` compiles the steps as vector gathers for the processor at hand.

use super::{COLUMN, Forest, HEIGHT, MAX_COLUMNS, N_PLACES, Tree, coarse};
use pulp::{Arch, NullaryFnOnce};

/// Rows that go down together.
const BLOCK: usize = 64;
/// Numbers of a block.
const N_CELLS: usize = MAX_COLUMNS * BLOCK;

/// A tree as the steps want it.
struct Steps {
    nodes: [u32; N_PLACES],
    lengths: [f32; N_PLACES],
}

impl Steps {
    /// What a stored tree lacks (a file somebody shortened) is padding.
    fn of(tree: &Tree) -> Steps {
        let node = |i: usize| {
            let cut = tree.cuts.get(i).copied().unwrap_or(f32::MAX);
            let column = tree.columns.get(i).copied().unwrap_or(0);
            coarse(cut).to_bits() | (u32::from(column) & COLUMN)
        };
        Steps {
            nodes: std::array::from_fn(node),
            lengths: std::array::from_fn(|i| tree.lengths.get(i).copied().unwrap_or(0.0)),
        }
    }

    /// Which rows of the block go right at one node, as ones and noughts.
    #[inline(always)]
    fn turns(&self, node: usize, cells: &[f32; N_CELLS]) -> [u32; BLOCK] {
        let (start, cut) = parts(self.nodes[node & (N_PLACES - 1)]);
        let mut turns = [0; BLOCK];
        for (turn, value) in turns.iter_mut().zip(&cells[start..start + BLOCK]) {
            *turn = u32::from(*value > cut);
        }
        turns
    }
}

/// The first cell of a node's column in a block, and its cut.
#[inline(always)]
fn parts(node: u32) -> (usize, f32) {
    ((node & COLUMN) as usize * BLOCK, f32::from_bits(node & !COLUMN))
}

/// All rows through all trees.
struct Pass<'a> {
    forest: &'a Forest,
    rows: &'a [f32],
    sums: &'a mut [f32],
}

impl NullaryFnOnce for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n_columns = self.forest.n_columns;
        let steps: Vec<Steps> = self.forest.trees.iter().map(Steps::of).collect();
        let mut cells = [0.0f32; N_CELLS];
        for (rows, sums) in self.rows.chunks(BLOCK * n_columns).zip(self.sums.chunks_mut(BLOCK)) {
            for (lane, row) in rows.chunks_exact(n_columns).enumerate() {
                for (column, value) in row.iter().enumerate() {
                    cells[(column * BLOCK + lane) & (N_CELLS - 1)] = if value.is_finite() { *value } else { 0.0 };
                }
            }
            let mut block = [0.0f32; BLOCK];
            for tree in &steps {
                descend(tree, &cells, &mut block);
            }
            sums.copy_from_slice(&block[..sums.len()]);
        }
    }
}

/// Adds the path length of each row of a block in one tree.
#[inline(always)]
fn descend(tree: &Steps, cells: &[f32; N_CELLS], sums: &mut [f32; BLOCK]) {
    let mut places = tree.turns(1, cells);
    let [left, right] = [2, 3].map(|node| tree.turns(node, cells));
    for (lane, place) in places.iter_mut().enumerate() {
        *place = 2 * *place + if *place == 0 { left[lane] } else { right[lane] };
    }
    let [a, b, c, d] = [4, 5, 6, 7].map(|node| tree.turns(node, cells));
    for (lane, place) in places.iter_mut().enumerate() {
        let low = if *place & 1 == 0 { a[lane] } else { b[lane] };
        let high = if *place & 1 == 0 { c[lane] } else { d[lane] };
        *place = 8 + 2 * *place + if *place < 2 { low } else { high };
    }
    for _ in 3..HEIGHT {
        for (lane, place) in places.iter_mut().enumerate() {
            let (start, cut) = parts(tree.nodes[*place as usize & (N_PLACES - 1)]);
            *place = 2 * *place + u32::from(cells[(start + lane) & (N_CELLS - 1)] > cut);
        }
    }
    for (sum, place) in sums.iter_mut().zip(&places) {
        *sum += tree.lengths[*place as usize & (N_PLACES - 1)];
    }
}

impl Forest {
    /// The score of each of `rows` (row after row, as many columns as it was grown from): from 0 to 1, one half for a row that
    /// is as deep as the average. What is not finite counts as 0.
    pub fn score(&self, rows: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; rows.len() / self.n_columns];
        Arch::new().dispatch(Pass {
            forest: self,
            rows: &rows[..sums.len() * self.n_columns],
            sums: &mut sums,
        });
        let per = 1.0 / (self.trees.len().max(1) as f64 * f64::from(self.usual));
        sums.iter().map(|sum| (-f64::from(*sum) * per).exp2()).collect()
    }

    /// The score of one row, without the preparation that only many rows pay back: about a microsecond.
    pub fn score_row(&self, row: &[f32]) -> f64 {
        let finite = |column: u8| {
            row.get(usize::from(column))
                .copied()
                .filter(|x| x.is_finite())
                .unwrap_or(0.0)
        };
        let length = |tree: &Tree| {
            let mut place = 1;
            for _ in 0..HEIGHT {
                let (Some(column), Some(cut)) = (tree.columns.get(place), tree.cuts.get(place)) else {
                    return 0.0;
                };
                place = 2 * place + usize::from(finite(*column) > *cut);
            }
            tree.lengths.get(place - N_PLACES).copied().unwrap_or(0.0)
        };
        let sum: f32 = self.trees.iter().map(length).sum();
        (-f64::from(sum) / (self.trees.len().max(1) as f64 * f64::from(self.usual))).exp2()
    }
}
