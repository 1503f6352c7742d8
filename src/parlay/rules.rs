//! Rules out of frequent sets: every split of a set into what is given and what follows (Agrawal and Srikant 1994).
//!
//! A confidence is a ratio of two counts and is compared as one, in integers: a comparison of rounded quotients loses
//! rules that lie exactly on the bound.

use super::itemsets::{Itemsets, MAX_LENGTH};

/// A least confidence in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permille(pub u32);

/// One rule `X -> Y`, with its counts; the items are read by [`Itemsets::sides`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Length of the set less one.
    depth: u16,
    /// Which members of the set, by rank, are given.
    given: u16,
    node: u32,
    /// Baskets with both sides.
    pub n_both: u32,
    /// Baskets with what is given.
    pub n_given: u32,
    /// Baskets with what follows.
    pub n_follows: u32,
}

impl Rule {
    /// Share of the baskets with what is given that also have what follows.
    pub fn confidence(&self) -> f64 {
        f64::from(self.n_both) / f64::from(self.n_given)
    }

    /// Confidence over the share of all `n_baskets` that have what follows: 1 when the sides are independent.
    pub fn lift(&self, n_baskets: u32) -> f64 {
        self.confidence() * f64::from(n_baskets) / f64::from(self.n_follows)
    }

    /// Share of baskets with both sides less what independence would give (Piatetsky-Shapiro 1991).
    pub fn leverage(&self, n_baskets: u32) -> f64 {
        let n = f64::from(n_baskets);
        f64::from(self.n_both) / n - f64::from(self.n_given) / n * (f64::from(self.n_follows) / n)
    }
}

impl Itemsets {
    /// The items of a rule by number, ascending: what is given, and what follows.
    pub fn sides(&self, rule: &Rule) -> (Vec<u16>, Vec<u16>) {
        let mut ranks = Vec::new();
        self.ranks(usize::from(rule.depth), rule.node as usize, &mut ranks);
        let side = |given: bool| {
            let of = |(i, rank): (usize, &u16)| {
                ((rule.given >> i & 1 == 1) == given).then(|| self.items[usize::from(*rank)])
            };
            let mut side: Vec<u16> = ranks.iter().enumerate().filter_map(of).collect();
            side.sort_unstable();
            side
        };
        (side(true), side(false))
    }

    /// Every rule of at least a confidence, by set and then by split; sets of one item have none.
    pub fn rules(&self, least: Permille) -> Vec<Rule> {
        let children = Children::of(self);
        let mut rules = Vec::new();
        let mut walk = Walk::default();
        for depth in 1..self.levels.len() {
            walk.level(self, &children, depth, least, &mut rules);
        }
        rules
    }
}

/// For each node of each level but the last: where its children begin, and which ranks they end in.
struct Children(Vec<Vec<(u32, u128)>>);

impl Children {
    fn of(sets: &Itemsets) -> Children {
        let below = |depth: usize| {
            let mut nodes = vec![(0, 0); sets.levels[depth].last.len()];
            let level = &sets.levels[depth + 1];
            for (child, (&parent, &last)) in level.parent.iter().zip(&level.last).enumerate() {
                let node: &mut (u32, u128) = &mut nodes[parent as usize];
                if node.1 == 0 {
                    node.0 = child as u32;
                }
                node.1 |= 1 << last;
            }
            nodes
        };
        Children((0..sets.levels.len().saturating_sub(1)).map(below).collect())
    }

    /// The child of a node that ends in a rank; a subset of a frequent set is frequent, so there is one.
    #[inline]
    fn child(&self, depth: usize, node: u32, rank: u16) -> u32 {
        let (first, ranks) = self.0[depth][node as usize];
        first + (ranks & ((1 << rank) - 1)).count_ones()
    }
}

/// Nodes and counts of the subsets of the set in hand, by which of its members they have.
#[derive(Default)]
struct Walk {
    /// Of the parent, whose subsets are shared by all its children.
    parent_nodes: Vec<u32>,
    ranks: Vec<u16>,
    counts: Vec<u32>,
}

impl Walk {
    fn level(
        &mut self,
        sets: &Itemsets,
        children: &Children,
        depth: usize,
        least: Permille,
        rules: &mut Vec<Rule>,
    ) {
        debug_assert!(depth < MAX_LENGTH);
        let level = &sets.levels[depth];
        let half = 1usize << depth;
        let mut parent = u32::MAX;
        for node in 0..level.last.len() {
            if level.parent[node] != parent {
                parent = level.parent[node];
                self.open(sets, children, depth, parent);
            }
            let rank = level.last[node];
            self.counts[half] = sets.levels[0].count[usize::from(rank)];
            for given in 1..half {
                let length = given.count_ones() as usize;
                let child = children.child(length - 1, self.parent_nodes[given], rank);
                self.counts[half | given] = sets.levels[length].count[child as usize];
            }
            self.split(depth, node as u32, least, rules);
        }
    }

    /// Finds all subsets of a set, which is to be the parent of the sets that follow.
    fn open(&mut self, sets: &Itemsets, children: &Children, depth: usize, parent: u32) {
        sets.ranks(depth - 1, parent as usize, &mut self.ranks);
        self.parent_nodes.resize(1 << depth, 0);
        self.counts.resize(2 << depth, 0);
        for (i, &rank) in self.ranks.iter().enumerate() {
            let bit = 1usize << i;
            self.parent_nodes[bit] = u32::from(rank);
            self.counts[bit] = sets.levels[0].count[usize::from(rank)];
            for rest in 1..bit {
                let length = rest.count_ones() as usize;
                let child = children.child(length - 1, self.parent_nodes[rest], rank);
                self.parent_nodes[bit | rest] = child;
                self.counts[bit | rest] = sets.levels[length].count[child as usize];
            }
        }
    }

    fn split(&self, depth: usize, node: u32, least: Permille, rules: &mut Vec<Rule>) {
        let whole = (2usize << depth) - 1;
        let n_both = self.counts[whole];
        for given in 1..whole {
            let n_given = self.counts[given];
            if u64::from(n_both) * 1000 >= u64::from(least.0) * u64::from(n_given) {
                rules.push(Rule {
                    depth: depth as u16,
                    given: given as u16,
                    node,
                    n_both,
                    n_given,
                    n_follows: self.counts[whole ^ given],
                });
            }
        }
    }
}
