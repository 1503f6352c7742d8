//! Growing the trees: a random column that is not constant, a cut at random between its least and greatest, down to the height.

use super::{Forest, HEIGHT, MAX_COLUMNS, N_PLACES, N_SAMPLE, N_TREES, Tree, average_path, coarse};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

/// A sample by columns, so that one column's values stand together.
struct Sample {
    values: Vec<[f32; N_SAMPLE]>,
    n_rows: usize,
}

impl Forest {
    /// Grows a forest from `rows` (row after row, `n_columns` numbers each, all finite; what is not counts as 0). `None` of no
    /// row, of no column, or of more than [`MAX_COLUMNS`].
    pub fn fit(rows: &[f32], n_columns: usize, rng: &mut Pcg64Mcg) -> Option<Forest> {
        if n_columns == 0 || n_columns > MAX_COLUMNS || rows.len() < n_columns {
            return None;
        }
        let n_rows = rows.len() / n_columns;
        let n_sample = n_rows.min(N_SAMPLE);
        let mut order: Vec<u32> = (0..n_rows as u32).collect();
        let mut sample = Sample {
            values: vec![[0.0; N_SAMPLE]; n_columns],
            n_rows: n_sample,
        };
        let mut trees = Vec::with_capacity(N_TREES);
        for _ in 0..N_TREES {
            // The first steps of a shuffle, without replacement; it need not begin from order.
            for slot in 0..n_sample {
                order.swap(slot, rng.random_range(slot..n_rows));
                let row = &rows[order[slot] as usize * n_columns..][..n_columns];
                for (column, value) in sample.values.iter_mut().zip(row) {
                    column[slot] = if value.is_finite() { *value } else { 0.0 };
                }
            }
            trees.push(sample.grow(rng));
        }
        // A sample of one has no path; 1 keeps the quotient defined and every score at one half or more.
        let usual = average_path(n_sample).max(1.0) as f32;
        Some(Forest {
            n_columns,
            usual,
            trees,
        })
    }
}

impl Sample {
    fn grow(&self, rng: &mut Pcg64Mcg) -> Tree {
        let mut tree = Tree {
            cuts: vec![f32::MAX; N_PLACES],
            columns: vec![0; N_PLACES],
            lengths: vec![0.0; N_PLACES],
        };
        let mut rows: Vec<u8> = (0..self.n_rows).map(|row| row as u8).collect();
        // Depth first; at most one brother waits on each level.
        let mut waiting = vec![(1usize, 0usize, 0usize, self.n_rows)];
        while let Some((place, depth, start, end)) = waiting.pop() {
            let part = &mut rows[start..end];
            let cut = if depth < HEIGHT && part.len() > 1 {
                self.cut(part, rng)
            } else {
                None
            };
            let Some((column, at)) = cut else {
                let first = (place << (HEIGHT - depth)) - N_PLACES;
                tree.lengths[first] = (depth as f64 + average_path(part.len())) as f32;
                continue;
            };
            tree.cuts[place] = at;
            tree.columns[place] = column as u8;
            let middle = start + split(part, &self.values[column], at);
            waiting.push((2 * place + 1, depth + 1, middle, end));
            waiting.push((2 * place, depth + 1, start, middle));
        }
        tree
    }

    /// A column with more than one value among `part`, tried in random order, and a cut.
    fn cut(&self, part: &[u8], rng: &mut Pcg64Mcg) -> Option<(usize, f32)> {
        let n = self.values.len();
        let mut columns: [u8; MAX_COLUMNS] = std::array::from_fn(|i| i as u8);
        for tried in 0..n {
            columns.swap(tried, rng.random_range(tried..n));
            let column = usize::from(columns[tried]);
            let values = &self.values[column];
            let (mut least, mut greatest) = (f32::MAX, f32::MIN);
            for row in part {
                let x = values[usize::from(*row)];
                least = if x < least { x } else { least };
                greatest = if x > greatest { x } else { greatest };
            }
            if least < greatest {
                let at = least + rng.random::<f32>() * (greatest - least);
                // Rounded towards nought it may leave one side empty, which costs a level and nothing else.
                return Some((column, coarse(at)));
            }
        }
        None
    }
}

/// Puts the rows that go left before those that go right; how many go left. Without a branch on the data: each row is written
/// to both ends of what is open, and one end moves.
fn split(part: &mut [u8], values: &[f32; N_SAMPLE], at: f32) -> usize {
    let mut right = [0u8; N_SAMPLE];
    let (mut n_left, mut n_right) = (0, 0);
    for i in 0..part.len() {
        let row = part[i];
        let goes_right = values[usize::from(row)] > at;
        part[n_left] = row;
        right[n_right & (N_SAMPLE - 1)] = row;
        n_left += usize::from(!goes_right);
        n_right += usize::from(goes_right);
    }
    part[n_left..].copy_from_slice(&right[..n_right]);
    n_left
}
