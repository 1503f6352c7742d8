//! SplitMix64 as a function of seed and position: any part of the stream can be had without the parts before it, so that
//! work shared out among threads draws the same numbers however it is shared.

/// The increment: 2^64 divided by the golden ratio, made odd.
pub(super) const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Output number `index` (from 0) of the standard SplitMix64 stream of `seed` (Steele, Lea and Flood 2014; the constants are
/// Vigna's).
pub fn splitmix64(seed: u64, index: u64) -> u64 {
    mix(seed.wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// A number in [0, 1) with 53 random bits, from output `index` of the stream of `seed`.
pub fn unit(seed: u64, index: u64) -> f64 {
    (splitmix64(seed, index) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The finaliser of SplitMix64: one step of the Weyl sequence to one output.
#[inline(always)]
pub(super) fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first outputs for the seed 1234567, as printed in Vigna's and Rosetta Code's reference.
        let want = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let got: Vec<u64> = (0..5).map(|i| splitmix64(1_234_567, i)).collect();
        assert_eq!(got, want);
        assert!((0..1_000).map(|i| unit(9, i)).all(|u| (0.0..1.0).contains(&u)));
    }
}
