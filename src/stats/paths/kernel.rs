//! The inner loop of the bankroll paths: several paths advance together, one a lane, without a branch.
//!
//! Plain arrays of [`LANES`] numbers and selects are what the compiler turns into vector instructions. `pulp` compiles this
//! file's loop once for each generation of processors and picks at run time, which keeps a portable binary as fast as one
//! built for the machine, and needs no unsafe code here. All generations do the same IEEE operations in the same order, so
//! they give the same bits.

use super::super::splitmix::{GOLDEN, mix};

/// Paths that advance together: two registers of AVX-512, four of AVX2, which hides the latency of a multiplication.
pub(super) const LANES: usize = 16;

/// A bet as the loop wants it: thresholds on random bits, and what each outcome multiplies the bankroll by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// 32 random bits below this win. Shifted up by 32: they are compared at the top of a word.
    pub(super) win_below: u64,
    /// 32 random bits below this do not lose.
    pub(super) even_below: u64,
    pub(super) on_win: f64,
    pub(super) on_loss: f64,
}

impl Step {
    /// Fills the second half of the last word when the number of bets is odd: it never wins and changes nothing.
    pub(super) const NONE: Step = Step {
        win_below: 0,
        even_below: 0,
        on_win: 1.0,
        on_loss: 1.0,
    };
}

/// The lanes at the end of their paths.
pub(super) struct Ended {
    /// The bankroll at the end.
    pub(super) bankroll: [f64; LANES],
    /// The lowest bankroll, the start of 1 included.
    pub(super) lowest: [f64; LANES],
    /// The lowest ratio of bankroll to its highest so far.
    pub(super) trough: [f64; LANES],
    /// Bets won.
    pub(super) n_wins: [u64; LANES],
}

/// Plays the paths from number `first` on, one a lane. A word of the stream decides two bets, its lower half the first.
#[inline(always)]
pub(super) fn play<const PUSHES: bool>(pairs: &[[Step; 2]], seed: u64, first: u64) -> Ended {
    let n_pairs = pairs.len() as u64;
    let mut state: [u64; LANES] = std::array::from_fn(|lane| {
        let index = (first + lane as u64).wrapping_mul(n_pairs);
        seed.wrapping_add(index.wrapping_mul(GOLDEN))
    });
    let mut at = Ended {
        bankroll: [1.0; LANES],
        lowest: [1.0; LANES],
        trough: [1.0; LANES],
        n_wins: [0; LANES],
    };
    let mut to_peak = [1.0; LANES];
    for &[one, two] in pairs {
        for lane in 0..LANES {
            state[lane] = state[lane].wrapping_add(GOLDEN);
            let word = mix(state[lane]);
            for (bits, step) in [(word << 32, one), (word, two)] {
                let won = bits < step.win_below;
                let mut factor = if won { step.on_win } else { step.on_loss };
                if PUSHES {
                    let even = !won & (bits < step.even_below);
                    factor = if even { 1.0 } else { factor };
                }
                let b = at.bankroll[lane] * factor;
                // The ratio to the peak without a division: it falls and recovers with the bankroll and never passes 1.
                let r = smaller(to_peak[lane] * factor, 1.0);
                at.bankroll[lane] = b;
                to_peak[lane] = r;
                at.lowest[lane] = smaller(at.lowest[lane], b);
                at.trough[lane] = smaller(at.trough[lane], r);
                at.n_wins[lane] += u64::from(won);
            }
        }
    }
    at
}

/// The smaller of two numbers that are not NaN: one instruction, where `f64::min` needs three to be fair to a NaN.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
