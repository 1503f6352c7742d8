//! What is mined and what comes out: baskets of numbered items, and the frequent sets as a tree in one canonical order.
//!
//! Both miners fill the same tree in the same order, so that they can be compared by equality, and the rules walk it
//! without hashing anything.

/// Items a table may name: the children of a tree node are remembered as one word of 128 bits.
pub const MAX_ITEMS: usize = 128;
/// Items a frequent set may have: a set has 2^n splits into a rule, and 65,534 are enough for one set.
pub const MAX_LENGTH: usize = 16;
/// Sets a run may find before it gives up: at 20 bytes each it stays well under a gigabyte, and nobody reads more.
pub const MAX_SETS: usize = 10_000_000;

/// Why baskets cannot be mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MiningError {
    /// More kinds of items than the tree can name.
    #[error("{0} different items are too many to mine: at most 128; merge rare ones")]
    TooManyItems(usize),
    /// A basket names an item beyond the table.
    #[error("basket {basket} names item {item}, but there are only {n_items}: number items from zero")]
    UnknownItem {
        /// The basket, from zero.
        basket: usize,
        /// The item it names.
        item: u16,
        /// How many items there are.
        n_items: usize,
    },
    /// The support is so low that the sets would not fit.
    #[error("more than 10,000,000 frequent sets: raise the support or shorten the sets")]
    TooManySets,
}

/// Baskets of items numbered from zero; each basket holds an item at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baskets {
    n_items: usize,
    /// All baskets one after another, each ascending.
    items: Vec<u16>,
    /// Where each basket ends.
    ends: Vec<u32>,
}

impl Baskets {
    /// Sorts each basket and drops repetitions in it.
    ///
    /// # Errors
    /// [`MiningError`] when there are more than [`MAX_ITEMS`] items or a basket names one beyond `n_items`.
    pub fn new(n_items: usize, baskets: impl IntoIterator<Item = Vec<u16>>) -> Result<Baskets, MiningError> {
        if n_items > MAX_ITEMS {
            return Err(MiningError::TooManyItems(n_items));
        }
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for (basket, mut row) in baskets.into_iter().enumerate() {
            row.sort_unstable();
            row.dedup();
            if let Some(&item) = row.last().filter(|&&item| usize::from(item) >= n_items) {
                return Err(MiningError::UnknownItem { basket, item, n_items });
            }
            items.extend_from_slice(&row);
            ends.push(items.len() as u32);
        }
        Ok(Baskets { n_items, items, ends })
    }

    /// How many baskets there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True without a basket.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The baskets, each with its items ascending.
    pub fn iter(&self) -> impl Iterator<Item = &[u16]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(a, b)| &self.items[*a as usize..*b as usize])
    }
}

/// Which sets are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Baskets a set must be in, at least one.
    pub min_count: u32,
    /// Items a set may have, 1 to [`MAX_LENGTH`].
    pub max_length: usize,
}

impl Bounds {
    /// Bounds within what can be mined: a count of zero becomes one, a length is kept within 1 and [`MAX_LENGTH`].
    pub fn new(min_count: u32, max_length: usize) -> Bounds {
        Bounds {
            min_count: min_count.max(1),
            max_length: max_length.clamp(1, MAX_LENGTH),
        }
    }
}

/// Frequent items from the rarest to the most common, which keeps the tree's upper part thin; ties by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranking {
    /// The item of each rank.
    pub items: Vec<u16>,
    /// Baskets each rank is in.
    pub counts: Vec<u32>,
    /// The rank of each item, [`Ranking::NONE`] for one that is not frequent.
    pub rank: Vec<u16>,
}

impl Ranking {
    /// The rank of an item that is not frequent.
    pub const NONE: u16 = u16::MAX;

    /// Counts the items and ranks those in at least `min_count` baskets.
    pub fn of(baskets: &Baskets, min_count: u32) -> Ranking {
        let mut count = vec![0u32; baskets.n_items];
        for item in &baskets.items {
            count[usize::from(*item)] += 1;
        }
        let mut items: Vec<u16> = (0..baskets.n_items as u16)
            .filter(|i| count[usize::from(*i)] >= min_count)
            .collect();
        items.sort_by_key(|&i| (count[usize::from(i)], i));
        let mut rank = vec![Ranking::NONE; baskets.n_items];
        for (r, &item) in items.iter().enumerate() {
            rank[usize::from(item)] = r as u16;
        }
        let counts = items.iter().map(|&i| count[usize::from(i)]).collect();
        Ranking { items, counts, rank }
    }
}

/// All sets of one length, in lexicographic order of their ranks; children of a node lie side by side one level below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// The rank of the set's last item.
    pub last: Vec<u16>,
    /// Baskets the set is in.
    pub count: Vec<u32>,
    /// The set without its last item, one level above; zero on the first level.
    pub parent: Vec<u32>,
}

impl Level {
    /// Adds a set.
    pub fn push(&mut self, last: u16, count: u32, parent: u32) {
        self.last.push(last);
        self.count.push(count);
        self.parent.push(parent);
    }
}

/// The frequent sets of some baskets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Itemsets {
    /// Item numbers by rank.
    pub(super) items: Vec<u16>,
    /// Sets of one item, of two, and so on; no level is empty.
    pub(super) levels: Vec<Level>,
    n_baskets: u32,
}

impl Itemsets {
    pub(super) fn new(items: Vec<u16>, mut levels: Vec<Level>, n_baskets: usize) -> Itemsets {
        while levels.last().is_some_and(|l| l.last.is_empty()) {
            levels.pop();
        }
        Itemsets {
            items,
            levels,
            n_baskets: n_baskets as u32,
        }
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.levels.iter().map(|l| l.last.len()).sum()
    }

    /// True when no set is frequent.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// How many baskets were mined.
    pub fn n_baskets(&self) -> u32 {
        self.n_baskets
    }

    /// How many sets there are of one item, of two, and so on.
    pub fn by_length(&self) -> Vec<usize> {
        self.levels.iter().map(|l| l.last.len()).collect()
    }

    /// Calls `each` with the items (by number, ascending) and the count of every set, the shortest sets first.
    pub fn for_each(&self, mut each: impl FnMut(&[u16], u32)) {
        let mut set = Vec::with_capacity(self.levels.len());
        for depth in 0..self.levels.len() {
            for node in 0..self.levels[depth].last.len() {
                self.read(depth, node, &mut set);
                each(&set, self.levels[depth].count[node]);
            }
        }
    }

    /// The items of a set by number, ascending.
    pub(super) fn read(&self, depth: usize, node: usize, set: &mut Vec<u16>) {
        self.ranks(depth, node, set);
        for rank in set.iter_mut() {
            *rank = self.items[usize::from(*rank)];
        }
        set.sort_unstable();
    }

    /// The items of a set by rank, ascending.
    pub(super) fn ranks(&self, depth: usize, mut node: usize, set: &mut Vec<u16>) {
        set.clear();
        for level in self.levels[..=depth].iter().rev() {
            set.push(level.last[node]);
            node = level.parent[node] as usize;
        }
        set.reverse();
    }
}
