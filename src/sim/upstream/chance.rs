//! Draws that depend on what is asked for, not on the order of asking: the same question has the same answer whenever it
//! is put, which a stream of random numbers cannot promise to a server.

/// A point in a tree of draws: a seed and the names and numbers it was followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(mixed(seed ^ 0x5EED_0F0D_D5A9_1357))
    }

    /// The draw that belongs to a name below this one; FNV-1a over its bytes.
    pub(super) fn on(self, name: &str) -> Chance {
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Chance(mixed(self.0 ^ hash))
    }

    /// The draw that belongs to a number below this one.
    pub(super) fn at(self, number: i64) -> Chance {
        Chance(mixed(self.0.rotate_left(17) ^ number.cast_unsigned()))
    }

    /// All 64 bits.
    pub(super) fn bits(self) -> u64 {
        mixed(self.0 ^ 0xA5A5_5A5A_0F0F_F0F0)
    }

    /// Uniform from 0 to below 1.
    pub(super) fn unit(self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform from 0 to below `n`; the bias of the remainder is below one in a billion for the small `n` used here.
    pub(super) fn below(self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }

    /// Uniform between `low` and `high`, both included.
    pub(super) fn between(self, low: i64, high: i64) -> i64 {
        let span = (high - low).max(0).cast_unsigned() + 1;
        low + (self.below(span)).cast_signed()
    }

    /// Nearly normal with mean 0 and standard deviation 1: the sum of twelve uniforms less six, never beyond 6.
    pub(super) fn normal(self) -> f64 {
        (0..12).map(|i| self.at(i).unit()).sum::<f64>() - 6.0
    }
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
fn mixed(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_every_part_and_spread_out() {
        let root = Chance::new(1);
        assert_ne!(root.on("a").bits(), root.on("b").bits());
        assert_ne!(root.on("a").at(1).bits(), root.on("a").at(2).bits());
        assert_ne!(Chance::new(2).on("a").bits(), root.on("a").bits());
        let mean = (0..10_000).map(|i| root.at(i).unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let square = (0..10_000).map(|i| root.at(i).normal().powi(2)).sum::<f64>() / 10_000.0;
        assert!((square - 1.0).abs() < 0.05, "{square}");
        assert!((0..1_000).all(|i| (-3..=3).contains(&root.at(i).between(-3, 3))));
    }
}
