//! The normal equations of a ridge regression, kept ready to be solved: sums that fade without being touched, and a
//! factorisation that fills whole registers.
//!
//! Fading is lazy: instead of shrinking all sums by g each week, what is added grows by 1/g, and so does the penalty when the
//! system is solved. The factorisation is L D L' without square roots (Golub and Van Loan, section 4.1), four columns at a
//! time, with the right-hand side as one more row, so that the forward solve comes with it. Every sum is
//! fused and in a fixed order of eight lanes: the result is the same bit for bit on every machine.

use pulp::{Arch, NullaryFnOnce};

/// Numbers in a block: one register of AVX-512, two of AVX2.
const LANES: usize = 8;
/// Sums are brought back to the scale of today before what is added outgrows them by this much.
const MAX_SCALE: f64 = 1e100;

type Block = [f64; LANES];

/// `A = X'WX` and `c = X'Wy` of `n` coefficients, and the solution of `(A + diag(lambda)) beta = c`.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    n: usize,
    /// Blocks a column has; rows 0 to n - 1 are A, row n is c, the rest stays zero.
    n_blocks: usize,
    /// The lower triangle by columns, in units of today times `scale`.
    sums: Vec<Block>,
    /// Columns of L times D, and L^-1 c in row n.
    factor: Vec<Block>,
    lambda: Vec<f64>,
    /// 1/d of each pivot, padded with zeros.
    inverse: Vec<f64>,
    beta: Vec<Block>,
    /// Sums of w y^2 and of w.
    yy: f64,
    weight: f64,
    /// What an observation of today weighs.
    scale: f64,
}

impl Normal {
    /// Without observations; `lambda` is the penalty of each coefficient and positive.
    pub fn new(lambda: &[f64]) -> Normal {
        let n = lambda.len();
        let n_blocks = (n + 1).div_ceil(LANES);
        Normal {
            n,
            n_blocks,
            sums: vec![[0.0; LANES]; n * n_blocks],
            factor: vec![[0.0; LANES]; n * n_blocks],
            lambda: lambda.to_vec(),
            inverse: vec![0.0; n],
            beta: vec![[0.0; LANES]; n_blocks],
            yy: 0.0,
            weight: 0.0,
            scale: 1.0,
        }
    }

    /// Adds an observation of weight `weight` as of today: `x` as (column, value) pairs without repeated columns.
    #[inline]
    pub fn add(&mut self, x: &[(usize, f64)], y: f64, weight: f64) {
        let w = weight * self.scale;
        let sums = self.sums.as_flattened_mut();
        let height = self.n_blocks * LANES;
        for (at, &(i, xi)) in x.iter().enumerate() {
            let wx = w * xi;
            sums[i * height + i] += wx * xi;
            sums[i * height + self.n] += wx * y;
            for &(j, xj) in &x[..at] {
                sums[i.min(j) * height + i.max(j)] += wx * xj;
            }
        }
        self.yy += w * y * y;
        self.weight += w;
    }

    /// Multiplies all sums by `factor`, in (0, 1]; far beyond the reach of numbers they become zero.
    pub fn fade(&mut self, factor: f64) {
        let scale = self.scale / factor;
        if scale <= MAX_SCALE {
            self.scale = scale;
            return;
        }
        let shrink = factor / self.scale;
        self.sums.as_flattened_mut().iter_mut().for_each(|s| *s *= shrink);
        self.yy *= shrink;
        self.weight *= shrink;
        self.scale = 1.0;
    }

    /// Solves for the coefficients.
    pub fn solve(&mut self) {
        Arch::new().dispatch(Solve(self));
    }

    /// A coefficient, as last solved for.
    pub fn beta(&self, i: usize) -> f64 {
        self.beta[i / LANES][i % LANES]
    }

    /// The mean squared residual of the coefficients as last solved for; `None` without weight.
    pub fn mean_squared_residual(&self) -> Option<f64> {
        if self.weight <= 0.0 {
            return None;
        }
        // y'Wy - 2 b'c + b'Ab, and (A + L) b = c with the penalties L, so it is y'Wy - b'c - b'Lb.
        let height = self.n_blocks * LANES;
        let sums = self.sums.as_flattened();
        let mut rest = self.yy;
        for (i, lambda) in self.lambda.iter().enumerate() {
            let b = self.beta(i);
            rest -= b * sums[i * height + self.n] + lambda * self.scale * b * b;
        }
        Some(rest / self.weight)
    }

    /// `x' (A + diag(lambda))^-1 x`, with the system as last solved.
    pub fn leverage(&self, x: &[(usize, f64)]) -> f64 {
        Arch::new().dispatch(Leverage(self, x)) * self.scale
    }
}

struct Solve<'a>(&'a mut Normal);

impl NullaryFnOnce for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let normal = self.0;
        let (n, n_blocks) = (normal.n, normal.n_blocks);
        normal.factor.copy_from_slice(&normal.sums);
        for (j, lambda) in normal.lambda.iter().enumerate() {
            normal.factor[j * n_blocks + j / LANES][j % LANES] += lambda * normal.scale;
        }
        let mut first = 0;
        while first < n {
            let (left, right) = normal.factor.split_at_mut(((first + PANEL).min(n)) * n_blocks);
            let panel = &mut left[first * n_blocks..];
            factor_panel(panel, n_blocks, first, &mut normal.inverse);
            if first + PANEL < n {
                eliminate(panel, right, n_blocks, first, &normal.inverse);
            }
            first += PANEL;
        }
        substitute(normal);
    }
}

/// Columns that are finished together, so that the columns after them are read and written once for all of them.
const PANEL: usize = 4;

/// Factors the columns of a panel among themselves, over their whole height.
#[inline(always)]
fn factor_panel(panel: &mut [Block], n_blocks: usize, first: usize, inverse: &mut [f64]) {
    let n_columns = panel.len() / n_blocks;
    for p in 0..n_columns {
        let (done, rest) = panel.split_at_mut((p + 1) * n_blocks);
        let pivot = &done[p * n_blocks..];
        let row = first + p;
        let reciprocal = 1.0 / pivot[row / LANES][row % LANES];
        inverse[row] = reciprocal;
        for (i, column) in rest.chunks_exact_mut(n_blocks).enumerate() {
            let at = row + 1 + i;
            let m = -pivot[at / LANES][at % LANES] * reciprocal;
            for (to, from) in column[first / LANES..].iter_mut().zip(&pivot[first / LANES..]) {
                *to = add_scaled(to, from, m);
            }
        }
    }
}

/// Takes a full panel out of all columns after it.
#[inline(always)]
fn eliminate(panel: &[Block], after: &mut [Block], n_blocks: usize, first: usize, inverse: &[f64]) {
    let (p0, rest) = panel.split_at(n_blocks);
    let (p1, rest) = rest.split_at(n_blocks);
    let (p2, p3) = rest.split_at(n_blocks);
    for (i, column) in after.chunks_exact_mut(n_blocks).enumerate() {
        let at = first + PANEL + i;
        let (block, lane) = (at / LANES, at % LANES);
        let m = [
            -p0[block][lane] * inverse[first],
            -p1[block][lane] * inverse[first + 1],
            -p2[block][lane] * inverse[first + 2],
            -p3[block][lane] * inverse[first + 3],
        ];
        let panels = p0[block..]
            .iter()
            .zip(&p1[block..])
            .zip(p2[block..].iter().zip(&p3[block..]));
        for (to, ((a, b), (c, d))) in column[block..].iter_mut().zip(panels) {
            let x = add_scaled(&add_scaled(to, a, m[0]), b, m[1]);
            *to = add_scaled(&add_scaled(&x, c, m[2]), d, m[3]);
        }
    }
}

/// Solves L' beta = D^-1 L^-1 c from the last block of coefficients to the first: what the blocks behind it explain is
/// taken out of eight right-hand sides at once, then the eight are solved one after another.
#[inline(always)]
fn substitute(normal: &mut Normal) {
    let (n, n_blocks) = (normal.n, normal.n_blocks);
    normal.beta.fill([0.0; LANES]);
    for block in (0..n.div_ceil(LANES)).rev() {
        let columns = block * LANES..(block * LANES + LANES).min(n);
        let mut own = [0.0; LANES];
        for j in columns.clone() {
            let column = &normal.factor[j * n_blocks..(j + 1) * n_blocks];
            let mut lanes = [0.0; LANES];
            // The place of the right-hand side in `beta` stays zero.
            for (a, b) in column[block + 1..].iter().zip(&normal.beta[block + 1..]) {
                lanes = add_product(&lanes, a, b);
            }
            own[j % LANES] = column[n / LANES][n % LANES] - sum(lanes);
        }
        for i in columns.rev() {
            let b = own[i % LANES] * normal.inverse[i];
            normal.beta[block][i % LANES] = b;
            for j in block * LANES..i {
                let entry = normal.factor[j * n_blocks + block][i % LANES];
                own[j % LANES] = entry.mul_add(-b, own[j % LANES]);
            }
        }
    }
}

struct Leverage<'a>(&'a Normal, &'a [(usize, f64)]);

impl NullaryFnOnce for Leverage<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Leverage(normal, x) = self;
        let n_blocks = normal.n_blocks;
        let mut rest = vec![[0.0; LANES]; n_blocks];
        for &(i, v) in x {
            rest[i / LANES][i % LANES] += v;
        }
        let first = x.iter().map(|(i, _)| *i).min().unwrap_or(normal.n);
        let mut total = 0.0;
        for j in first..normal.n {
            let z = rest[j / LANES][j % LANES];
            let m = -z * normal.inverse[j];
            total -= z * m;
            let column = &normal.factor[j * n_blocks..(j + 1) * n_blocks];
            for (to, from) in rest[j / LANES..].iter_mut().zip(&column[j / LANES..]) {
                *to = add_scaled(to, from, m);
            }
        }
        total
    }
}

/// `to + from m`, lane by lane.
#[inline(always)]
fn add_scaled(to: &Block, from: &Block, m: f64) -> Block {
    std::array::from_fn(|lane| from[lane].mul_add(m, to[lane]))
}

/// `to + a b`, lane by lane.
#[inline(always)]
fn add_product(to: &Block, a: &Block, b: &Block) -> Block {
    std::array::from_fn(|lane| a[lane].mul_add(b[lane], to[lane]))
}

/// In pairs, as registers are halved.
#[inline(always)]
fn sum(l: Block) -> f64 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Cholesky, DMatrix, DVector};
    use proptest::prelude::*;

    /// Regressors, y, weight, and what fades before it.
    type Row = (Vec<(usize, f64)>, f64, f64, f64);

    /// Rows of up to three regressors, each with its y and its weight, and what fades before it.
    fn rows() -> impl Strategy<Value = (usize, Vec<Row>)> {
        (1usize..70).prop_flat_map(|n| {
            let x = prop::collection::btree_map(0..n, -2.0f64..2.0, 0..4);
            let row = (x, -20.0f64..20.0, 0.1f64..2.0, 0.3f64..=1.0);
            let row = row.prop_map(|(x, y, w, g)| (x.into_iter().collect(), y, w, g));
            (Just(n), prop::collection::vec(row, 0..120))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_a_general_solver((n, rows) in rows(), late in 1e-120f64..1.0) {
            let lambda: Vec<f64> = (0..n).map(|i| 0.5 + i as f64 % 3.0).collect();
            let mut normal = Normal::new(&lambda);
            let (mut a, mut c) = (DMatrix::<f64>::zeros(n, n), DVector::<f64>::zeros(n));
            for (at, (x, y, w, g)) in rows.iter().enumerate() {
                let g = if at == 5 { late } else { *g };
                normal.fade(g);
                a *= g;
                c *= g;
                normal.add(x, *y, *w);
                for &(i, xi) in x {
                    for &(j, xj) in x {
                        a[(i, j)] += w * xi * xj;
                    }
                    c[i] += w * xi * y;
                }
            }
            normal.solve();
            for (i, l) in lambda.iter().enumerate() {
                a[(i, i)] += l;
            }
            let general = Cholesky::new(a).unwrap();
            let beta = general.solve(&c);
            for i in 0..n {
                prop_assert!((normal.beta(i) - beta[i]).abs() < 1e-10 * (1.0 + beta.amax()), "{i}");
            }
            let mut x = DVector::zeros(n);
            let sparse: Vec<(usize, f64)> = [0, n / 2, n - 1].iter().map(|&i| (i, 1.5)).collect();
            for &(i, v) in &sparse {
                x[i] += v;
            }
            let expected = x.dot(&general.solve(&x));
            prop_assert!((normal.leverage(&sparse) - expected).abs() < 1e-10 * (1.0 + expected));
        }
    }

    #[test]
    fn the_residual_is_that_of_the_sums() {
        // Two observations of one coefficient: A = 5, c = 11, lambda 5: b = 1.1; residuals 1.9 and 1.8.
        let mut normal = Normal::new(&[5.0]);
        assert_eq!(normal.mean_squared_residual(), None);
        normal.add(&[(0, 1.0)], 3.0, 1.0);
        normal.add(&[(0, 2.0)], 4.0, 1.0);
        normal.solve();
        let expected = (1.9 * 1.9 + 1.8 * 1.8) / 2.0;
        assert!((normal.mean_squared_residual().unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn what_faded_beyond_numbers_is_gone() {
        let mut normal = Normal::new(&[1.0]);
        normal.add(&[(0, 1.0)], 3.0, 1.0);
        normal.fade(1e-300);
        normal.fade(1e-300);
        normal.solve();
        assert_eq!((normal.beta(0), normal.leverage(&[(0, 1.0)])), (0.0, 1.0));
    }
}
