//! FP-growth (Han, Pei and Yin 2000, "Mining frequent patterns without candidate generation"): baskets in a tree of common
//! beginnings, and for each item the smaller tree of the baskets that hold it.
//!
//! It finds what [`super::vertical`] finds by a different road, which is why it is kept: each is the check of the other.

use super::itemsets::{Baskets, Bounds, Itemsets, Level, MAX_SETS, MiningError, Ranking};

/// The frequent sets of baskets, in the same order as the other miner's.
///
/// # Errors
/// [`MiningError::TooManySets`] when there are more than [`MAX_SETS`].
pub fn mine(baskets: &Baskets, bounds: Bounds) -> Result<Itemsets, MiningError> {
    let ranking = Ranking::of(baskets, bounds.min_count);
    let mut tree = Tree::new(ranking.items.len());
    let mut path = Vec::new();
    for basket in baskets.iter() {
        path.clear();
        let ranks = basket.iter().map(|&item| ranking.rank[usize::from(item)]);
        path.extend(ranks.filter(|&rank| rank != Ranking::NONE));
        path.sort_unstable();
        tree.insert(&path, 1);
    }
    let mut growth = Growth {
        bounds,
        levels: Vec::new(),
        n_sets: 0,
    };
    growth.grow(&tree, 0, 0)?;
    Ok(Itemsets::new(ranking.items, growth.levels, baskets.len()))
}

/// A prefix tree that begins with the most common items; node 0 is the root.
struct Tree {
    rank: Vec<u16>,
    count: Vec<u32>,
    parent: Vec<u32>,
    /// First child and next brother; zero is none, for the root is nobody's child.
    child: Vec<u32>,
    brother: Vec<u32>,
    /// The nodes of each rank.
    of_rank: Vec<Vec<u32>>,
}

impl Tree {
    fn new(n_ranks: usize) -> Tree {
        Tree {
            rank: vec![0],
            count: vec![0],
            parent: vec![0],
            child: vec![0],
            brother: vec![0],
            of_rank: vec![Vec::new(); n_ranks],
        }
    }

    /// Adds `count` baskets with the ranks of `path`, which ascend; the last is the most common item.
    fn insert(&mut self, path: &[u16], count: u32) {
        let mut at = 0usize;
        for &rank in path.iter().rev() {
            let mut child = self.child[at];
            while child != 0 && self.rank[child as usize] != rank {
                child = self.brother[child as usize];
            }
            if child == 0 {
                child = self.rank.len() as u32;
                self.rank.push(rank);
                self.count.push(0);
                self.parent.push(at as u32);
                self.child.push(0);
                self.brother.push(self.child[at]);
                self.child[at] = child;
                self.of_rank[usize::from(rank)].push(child);
            }
            at = child as usize;
            self.count[at] += count;
        }
    }

    /// The ranks above a node, which ascend on the way to the root.
    fn above(&self, node: u32, path: &mut Vec<u16>) {
        path.clear();
        let mut at = self.parent[node as usize];
        while at != 0 {
            path.push(self.rank[at as usize]);
            at = self.parent[at as usize];
        }
    }

    /// The tree of the baskets that hold a rank, of what is more common than it and frequent among them.
    fn given(&self, rank: usize, min_count: u32) -> Tree {
        let mut path = Vec::new();
        let mut count = vec![0u32; self.of_rank.len()];
        for &node in &self.of_rank[rank] {
            self.above(node, &mut path);
            for &other in &path {
                count[usize::from(other)] += self.count[node as usize];
            }
        }
        let mut tree = Tree::new(self.of_rank.len());
        for &node in &self.of_rank[rank] {
            self.above(node, &mut path);
            path.retain(|&other| count[usize::from(other)] >= min_count);
            tree.insert(&path, self.count[node as usize]);
        }
        tree
    }
}

struct Growth {
    bounds: Bounds,
    levels: Vec<Level>,
    n_sets: usize,
}

impl Growth {
    /// Adds all sets of a tree as children of a node; goes as deep as sets are long, at most
    /// [`super::itemsets::MAX_LENGTH`].
    fn grow(&mut self, tree: &Tree, depth: usize, parent: u32) -> Result<(), MiningError> {
        for (rank, nodes) in tree.of_rank.iter().enumerate() {
            let count: u32 = nodes.iter().map(|&n| tree.count[n as usize]).sum();
            if count < self.bounds.min_count {
                continue;
            }
            if self.levels.len() <= depth {
                self.levels.push(Level::default());
            }
            let node = self.levels[depth].last.len() as u32;
            self.levels[depth].push(rank as u16, count, parent);
            self.n_sets += 1;
            if self.n_sets > MAX_SETS {
                return Err(MiningError::TooManySets);
            }
            if depth + 1 < self.bounds.max_length {
                self.grow(&tree.given(rank, self.bounds.min_count), depth + 1, node)?;
            }
        }
        Ok(())
    }
}
