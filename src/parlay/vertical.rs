//! The fast miner: each item is a column of bits over baskets, a set the AND of its columns, its count their ones.
//!
//! Depth-first over equivalence classes as in Eclat (Zaki 2000, "Scalable algorithms for association mining"). For each
//! first item only the baskets that hold it are laid out anew, so a column below it is as short as that item is rare:
//! columns of ten words in place of a hundred, which is where the time goes.

use super::itemsets::{Baskets, Bounds, Itemsets, Level, MAX_SETS, MiningError, Ranking};
use rayon::prelude::*;

/// How many cores may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// The caller's thread alone.
    One,
    /// The threads of rayon's pool; the sets and their order are the same.
    All,
}

/// The frequent sets of baskets.
///
/// # Errors
/// [`MiningError::TooManySets`] when there are more than [`MAX_SETS`].
pub fn mine(baskets: &Baskets, bounds: Bounds, cores: Cores) -> Result<Itemsets, MiningError> {
    let ranking = Ranking::of(baskets, bounds.min_count);
    let table = Table::new(baskets, &ranking);
    let n = ranking.items.len();
    let branches: Vec<Branch> = match cores {
        Cores::One => {
            let mut stack = Stack::default();
            (0..n)
                .map(|rank| table.branch(rank, bounds, &mut stack))
                .collect::<Result<_, _>>()?
        }
        Cores::All => (0..n)
            .into_par_iter()
            .map_init(Stack::default, |stack, rank| table.branch(rank, bounds, stack))
            .collect::<Result<_, _>>()?,
    };
    if branches.iter().map(|b| b.n_sets).sum::<usize>() + n > MAX_SETS {
        return Err(MiningError::TooManySets);
    }
    Ok(join(ranking, branches, baskets.len()))
}

/// Hangs the branches of the first items, in their order, under one root.
fn join(ranking: Ranking, branches: Vec<Branch>, n_baskets: usize) -> Itemsets {
    let mut first = Level::default();
    for (rank, &count) in ranking.counts.iter().enumerate() {
        first.push(rank as u16, count, 0);
    }
    let depth = branches.iter().map(|b| b.levels.len()).max().unwrap_or(0);
    let mut levels = vec![first];
    for d in 0..depth {
        let mut level = Level::default();
        let n = branches
            .iter()
            .filter_map(|b| b.levels.get(d))
            .map(|l| l.last.len())
            .sum();
        level.last.reserve_exact(n);
        level.count.reserve_exact(n);
        level.parent.reserve_exact(n);
        let mut above = 0;
        for (rank, branch) in branches.iter().enumerate() {
            let base = if d == 0 { rank as u32 } else { above };
            if let Some(part) = branch.levels.get(d) {
                level.last.extend_from_slice(&part.last);
                level.count.extend_from_slice(&part.count);
                level.parent.extend(part.parent.iter().map(|p| p + base));
            }
            if d > 0 {
                above += branch.levels.get(d - 1).map_or(0, |l| l.last.len() as u32);
            }
        }
        levels.push(level);
    }
    Itemsets::new(ranking.items, levels, n_baskets)
}

/// Baskets by rank, and which of them each rank is in.
struct Table {
    /// Ranks of all baskets one after another, each basket ascending.
    ranks: Vec<u16>,
    /// For each rank, where in `ranks` the rest of its baskets lies: start (after the rank itself) and end.
    places: Vec<Vec<(u32, u32)>>,
}

impl Table {
    fn new(baskets: &Baskets, ranking: &Ranking) -> Table {
        let mut ranks: Vec<u16> = Vec::new();
        let mut places: Vec<Vec<(u32, u32)>> =
            ranking.counts.iter().map(|&n| Vec::with_capacity(n as usize)).collect();
        for basket in baskets.iter() {
            let start = ranks.len();
            let frequent = basket.iter().map(|&item| ranking.rank[usize::from(item)]);
            ranks.extend(frequent.filter(|&rank| rank != Ranking::NONE));
            ranks[start..].sort_unstable();
            let end = ranks.len() as u32;
            for at in start..ranks.len() {
                places[usize::from(ranks[at])].push((at as u32 + 1, end));
            }
        }
        Table { ranks, places }
    }

    /// All frequent sets that begin with a rank, without the set of that rank alone.
    fn branch(&self, rank: usize, bounds: Bounds, stack: &mut Stack) -> Result<Branch, MiningError> {
        let mut branch = Branch::default();
        if bounds.max_length < 2 {
            return Ok(branch);
        }
        let n_words = self.places[rank].len().div_ceil(64).next_multiple_of(BLOCK);
        let class = stack.class(0);
        self.lay_out(rank, n_words, class);
        let (mut kept, mut column) = (0, 0);
        for i in 0..class.ranks.len() {
            let words = i * n_words..(i + 1) * n_words;
            let count: u32 = class.columns[words.clone()].iter().map(|w| w.count_ones()).sum();
            if count >= bounds.min_count {
                class.columns.copy_within(words, column);
                class.ranks[kept] = class.ranks[i];
                branch.push(0, class.ranks[i], count, 0);
                class.nodes[kept] = kept as u32;
                (kept, column) = (kept + 1, column + n_words);
            }
        }
        class.keep(kept);
        branch.extend(bounds, n_words, stack)?;
        Ok(branch)
    }

    /// The columns of all later ranks over the baskets of one.
    fn lay_out(&self, rank: usize, n_words: usize, class: &mut Class) {
        let later = self.places.len() - rank - 1;
        class.columns.clear();
        class.columns.resize(later * n_words, 0);
        class.ranks.clear();
        class.ranks.extend((rank + 1..self.places.len()).map(|r| r as u16));
        class.nodes.clear();
        class.nodes.resize(later, 0);
        for (row, &(start, end)) in self.places[rank].iter().enumerate() {
            for &other in &self.ranks[start as usize..end as usize] {
                let column = usize::from(other) - rank - 1;
                class.columns[column * n_words + row / 64] |= 1 << (row % 64);
            }
        }
    }
}

/// Words a column is padded to a multiple of: one AVX-512 register, two of AVX2.
const BLOCK: usize = 8;

/// Sets with one common beginning: for each its last rank, its node in the tree and its column.
#[derive(Default)]
struct Class {
    ranks: Vec<u16>,
    nodes: Vec<u32>,
    columns: Vec<u64>,
    /// The member that is being extended.
    at: usize,
}

impl Class {
    fn keep(&mut self, n: usize) {
        self.ranks.truncate(n);
        self.nodes.truncate(n);
        self.at = 0;
    }
}

/// One class a depth, kept from branch to branch so that nothing is allocated anew.
#[derive(Default)]
struct Stack(Vec<Class>);

impl Stack {
    fn class(&mut self, depth: usize) -> &mut Class {
        if self.0.len() <= depth {
            self.0.resize_with(depth + 1, Class::default);
        }
        &mut self.0[depth]
    }
}

/// The tree below one first item.
#[derive(Default)]
struct Branch {
    levels: Vec<Level>,
    n_sets: usize,
}

impl Branch {
    fn push(&mut self, depth: usize, rank: u16, count: u32, parent: u32) -> u32 {
        if self.levels.len() <= depth {
            self.levels.push(Level::default());
        }
        self.n_sets += 1;
        self.levels[depth].push(rank, count, parent);
        self.levels[depth].last.len() as u32 - 1
    }

    /// Extends every member of the first class by all later ones, and so on down to the longest sets wanted.
    fn extend(&mut self, bounds: Bounds, n_words: usize, stack: &mut Stack) -> Result<(), MiningError> {
        let arch = pulp::Arch::new();
        let mut depth = 0;
        let deepest = bounds.max_length.saturating_sub(3);
        if bounds.max_length < 3 {
            return Ok(());
        }
        let mut counts: Vec<u32> = Vec::new();
        stack.class(deepest + 1);
        loop {
            let (above, below) = stack.0.split_at_mut(depth + 1);
            let (class, next) = (&mut above[depth], &mut below[0]);
            let at = class.at;
            if at + 1 >= class.ranks.len() {
                let Some(up) = depth.checked_sub(1) else { return Ok(()) };
                depth = up;
                continue;
            }
            class.at += 1;
            let rest = &class.columns[(at + 1) * n_words..class.ranks.len() * n_words];
            let own = &class.columns[at * n_words..(at + 1) * n_words];
            counts.clear();
            counts.resize(class.ranks.len() - at - 1, 0);
            arch.dispatch(CountAll {
                own,
                rest,
                counts: &mut counts,
            });
            next.keep(0);
            for (i, &count) in counts.iter().enumerate() {
                if count >= bounds.min_count {
                    let node = self.push(depth + 1, class.ranks[at + 1 + i], count, class.nodes[at]);
                    next.ranks.push(class.ranks[at + 1 + i]);
                    next.nodes.push(node);
                }
            }
            if self.n_sets > MAX_SETS {
                return Err(MiningError::TooManySets);
            }
            if depth < deepest && next.ranks.len() > 1 {
                next.columns.clear();
                for (column, &count) in rest.chunks_exact(n_words).zip(&counts) {
                    if count >= bounds.min_count {
                        next.columns.extend(own.iter().zip(column).map(|(a, b)| a & b));
                    }
                }
                depth += 1;
            }
        }
    }
}

/// Counts what one column has in common with each of the others.
struct CountAll<'a> {
    own: &'a [u64],
    rest: &'a [u64],
    counts: &'a mut [u32],
}

impl pulp::NullaryFnOnce for CountAll<'_> {
    type Output = ();

    /// Inlined into a function compiled for the widest registers of the machine.
    #[inline(always)]
    fn call(self) {
        let (own, _) = self.own.as_chunks::<BLOCK>();
        let (rest, _) = self.rest.as_chunks::<BLOCK>();
        for (column, count) in rest.chunks_exact(own.len().max(1)).zip(self.counts) {
            let mut lanes = [0u64; BLOCK];
            for (a, b) in own.iter().zip(column) {
                for lane in 0..BLOCK {
                    lanes[lane] += u64::from((a[lane] & b[lane]).count_ones());
                }
            }
            *count = lanes.iter().sum::<u64>() as u32;
        }
    }
}
