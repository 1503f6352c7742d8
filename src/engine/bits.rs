//! A fixed number of yes-or-no answers about the rows of a sheet, sixty-four to a word, so that conditions meet by `and`.

/// A set of rows among the first `len`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

/// Rows in a word.
const WORD: usize = 64;

impl Bits {
    /// The rows below `len` for which `holds` is true.
    pub fn of(len: usize, holds: impl Fn(usize) -> bool) -> Bits {
        let word = |w: usize| {
            let rows = w * WORD..len.min((w + 1) * WORD);
            rows.fold(0, |bits, row| bits | u64::from(holds(row)) << (row % WORD))
        };
        Bits {
            words: (0..len.div_ceil(WORD)).map(word).collect(),
            len,
        }
    }

    /// Rows there could be.
    pub fn n_rows(&self) -> usize {
        self.len
    }

    /// True when the row is in the set; false beyond the last row.
    pub fn contains(&self, row: usize) -> bool {
        row < self.len && self.words[row / WORD] >> (row % WORD) & 1 == 1
    }

    /// Keeps the rows that are in `other` too.
    ///
    /// # Panics
    /// When the two are about different numbers of rows.
    pub fn and(&mut self, other: &Bits) {
        assert_eq!(self.len, other.len, "sets of different sheets do not meet");
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= theirs;
        }
    }

    /// Keeps the rows that are not in `other`.
    ///
    /// # Panics
    /// When the two are about different numbers of rows.
    pub fn and_not(&mut self, other: &Bits) {
        assert_eq!(self.len, other.len, "sets of different sheets do not meet");
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= !theirs;
        }
    }

    /// Rows in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The rows in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(w, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(w * WORD + bit)
            })
        })
    }

    /// The first `n` rows of the set.
    pub fn first(&self, n: usize) -> Bits {
        let mut words = vec![0u64; self.words.len()];
        for row in self.iter().take(n) {
            words[row / WORD] |= 1 << (row % WORD);
        }
        Bits { words, len: self.len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_is_what_a_list_of_answers_is(a in proptest::collection::vec(any::<bool>(), 0..300), n in 0usize..300) {
            let bits = Bits::of(a.len(), |i| a[i]);
            let rows: Vec<usize> = (0..a.len()).filter(|&i| a[i]).collect();
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), rows.clone());
            prop_assert_eq!(bits.count(), rows.len());
            prop_assert_eq!(bits.first(n).iter().collect::<Vec<_>>(), rows.into_iter().take(n).collect::<Vec<_>>());
            let odd = Bits::of(a.len(), |i| i % 2 == 1);
            let (mut with, mut without) = (bits.clone(), bits.clone());
            with.and(&odd);
            without.and_not(&odd);
            prop_assert!(with.iter().all(|i| a[i] && i % 2 == 1) && without.iter().all(|i| a[i] && i % 2 == 0));
            prop_assert_eq!(with.count() + without.count(), bits.count());
            prop_assert!(!bits.contains(a.len()));
        }
    }
}
