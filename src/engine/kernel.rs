//! The inner loop of the sweep: masks in, one strategy's [`Tally`] out, compiled once for every width of register.
//!
//! Everything here is marked `#[inline(always)]`: the caller stands in a frame that `pulp` built for AVX-512 or AVX2, and only
//! what is inlined there is compiled for it. Then popcounts are instructions and the compiler turns lanes into registers.

use super::planes::{Extras, Field, Lane};
use super::streak;
use super::tally::Tally;
use crate::domain::quote::Market;

/// Room for one strategy's intermediate results, used again for the next.
pub(super) struct Scratch {
    /// Rows bet on, both planes.
    bets: Vec<Lane>,
    /// Bets won and bets decided, by game.
    won: Vec<Lane>,
    decided: Vec<Lane>,
    /// Decided bets one after the other, set for a win; one word more than there can be.
    sequence: Vec<u64>,
}

impl Scratch {
    pub fn of(field: &Field) -> Scratch {
        Scratch {
            bets: vec![[0; 8]; 2 * field.n_lanes],
            won: vec![[0; 8]; field.n_lanes],
            decided: vec![[0; 8]; field.n_lanes],
            sequence: vec![0; 8 * field.n_lanes + 1],
        }
    }
}

/// The bits of a word that stand where the mask is set, moved to its low end in order: what `pext` does, in 126 steps
/// without a branch (Warren, Hacker's Delight, 7-4), of which a wide register takes eight words at a time.
#[inline(always)]
fn gather(word: u64, mask: u64) -> u64 {
    let (mut word, mut mask) = (word & mask, mask);
    let mut to_the_right = !mask << 1; // bits with a gap to their right
    for step in 0..6 {
        let mut odd = to_the_right ^ (to_the_right << 1);
        odd ^= odd << 2;
        odd ^= odd << 4;
        odd ^= odd << 8;
        odd ^= odd << 16;
        odd ^= odd << 32;
        let moving = odd & mask;
        mask = (mask ^ moving) | (moving >> (1 << step));
        let moved = word & moving;
        word = (word ^ moved) | (moved >> (1 << step));
        to_the_right &= !odd;
    }
    word
}

/// Counts what a strategy with these masks did; every mask has both planes of the field.
#[inline(always)]
pub(super) fn tally(field: &Field, masks: &[&[Lane]], scratch: &mut Scratch) -> Tally {
    let mut tally = Tally::empty(field.market);
    select(field, masks, scratch, &mut tally);
    if field.market != Market::Moneyline {
        tally.profit_elevenths = 10 * i64::from(tally.wins) - 11 * i64::from(tally.losses);
        tally.drawdown_elevenths = drawdown(field, scratch);
    }
    if let Some(extras) = &field.extras {
        add_extras(field, extras, scratch, &mut tally);
    }
    tally.n_unpriced = tally.n_bets - tally.n_priced;
    tally
}

/// Meets the masks lane by lane, drops games wanted on both sides, and counts how the rest ended.
#[inline(always)]
fn select(field: &Field, masks: &[&[Lane]], scratch: &mut Scratch, tally: &mut Tally) {
    let n = field.n_lanes;
    // A moneyline without a price cannot be bet; of a spread or total the usual price is known.
    let needed = match (&field.extras, field.market) {
        (Some(extras), Market::Moneyline) => Some(extras.priced.as_slice()),
        _ => None,
    };
    let (firsts, seconds) = scratch.bets.split_at_mut(n);
    let [mut wins, mut losses, mut all, mut conflicts] = [[0u64; 8]; 4];
    for lane in field.lanes.clone() {
        let base = field.base[lane];
        let (mut first, mut second) = (base, base);
        for mask in masks {
            let (own, other) = (&mask[lane], &mask[n + lane]);
            for j in 0..8 {
                first[j] &= own[j];
                second[j] &= other[j];
            }
        }
        for j in 0..8 {
            let both = first[j] & second[j];
            conflicts[j] += u64::from(both.count_ones());
            first[j] &= !both;
            second[j] &= !both;
        }
        if let Some(priced) = needed {
            for j in 0..8 {
                first[j] &= priced[lane][j];
                second[j] &= priced[n + lane][j];
            }
        }
        let (up, down) = (&field.won[lane], &field.lost[lane]);
        let (won, decided) = (&mut scratch.won[lane], &mut scratch.decided[lane]);
        for j in 0..8 {
            let won_here = first[j] & up[j] | second[j] & down[j];
            let lost_here = first[j] & down[j] | second[j] & up[j];
            won[j] = won_here;
            decided[j] = won_here | lost_here;
            wins[j] += u64::from(won_here.count_ones());
            losses[j] += u64::from(lost_here.count_ones());
            all[j] += u64::from((first[j] | second[j]).count_ones());
        }
        firsts[lane] = first;
        seconds[lane] = second;
    }
    // A sheet has fewer than 2^32 games, so no count leaves its type.
    let sum = |lane: Lane| lane.iter().sum::<u64>() as u32;
    tally.wins = sum(wins);
    tally.losses = sum(losses);
    tally.n_bets = sum(all);
    tally.pushes = tally.n_bets - tally.wins - tally.losses;
    tally.n_conflicts = sum(conflicts);
}

/// Lines up the decided bets and takes them eight at a time.
#[inline(always)]
fn drawdown(field: &Field, scratch: &mut Scratch) -> i64 {
    let sequence = scratch.sequence.as_mut_slice();
    let (mut at, mut filled, mut current) = (0usize, 0u32, 0u64);
    for lane in field.lanes.clone() {
        let (won, decided) = (&scratch.won[lane], &scratch.decided[lane]);
        let (mut bets, mut counts) = ([0u64; 8], [0u32; 8]);
        for j in 0..8 {
            bets[j] = gather(won[j], decided[j]);
            counts[j] = decided[j].count_ones();
        }
        for j in 0..8 {
            current |= bets[j] << filled;
            sequence[at] = current;
            let end = filled + counts[j];
            let spilled = bets[j] >> 1 >> (63 - filled);
            current = if end >= 64 { spilled } else { current };
            at += (end / 64) as usize;
            filled = end % 64;
        }
    }
    sequence[at] = current;
    streak::drawdown(sequence, 64 * at + filled as usize)
}

/// Prices, closing lines, and the moneyline's own profits.
#[inline(always)]
fn add_extras(field: &Field, extras: &Extras, scratch: &Scratch, tally: &mut Tally) {
    let n = field.n_lanes;
    for lane in field.lanes.clone().flat_map(|lane| [lane, n + lane]) {
        for (j, &bets) in scratch.bets[lane].iter().enumerate() {
            tally.n_priced += (bets & extras.priced[lane][j]).count_ones();
            tally.n_clv += (bets & extras.closed[lane][j]).count_ones();
            tally.n_beat_close += (bets & extras.beaten[lane][j]).count_ones();
        }
    }
    let (mut sum, mut peak, mut worst) = (0i64, 0i64, 0i64);
    for lane in field.lanes.clone() {
        for j in 0..8 {
            let (first, second) = (scratch.bets[lane][j], scratch.bets[n + lane][j]);
            let mut left = first | second;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                let side = (second >> bit & 1) as usize;
                let worth = extras.worth[2 * (64 * (8 * lane + j) + bit) + side];
                tally.profit_micros += i64::from(worth.profit_micros);
                tally.clv_hundredths += i64::from(worth.clv_hundredths);
                sum += i64::from(worth.elevenths);
                peak = peak.max(sum);
                worst = worst.max(peak - sum);
            }
        }
    }
    if field.market == Market::Moneyline {
        tally.profit_elevenths = sum;
        tally.drawdown_elevenths = worst;
    }
}

#[cfg(test)]
mod tests {
    use super::gather;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_gathered_keeps_its_order(word: u64, mask: u64) {
            let (mut want, mut at) = (0u64, 0);
            for bit in (0..64).filter(|bit| mask >> bit & 1 == 1) {
                want |= (word >> bit & 1) << at;
                at += 1;
            }
            prop_assert_eq!(gather(word, mask), want);
        }
    }
}
