//! The drawdown of a sequence of wins and losses at -110, eight bets to a table look-up.
//!
//! With `d` the fall from the highest point so far, a bet that brings `v` makes it `max(0, d - v)`. Eight bets in a row
//! therefore take a fall of `d` to `max(after, d - sum)`, and its largest value on the way is `max(worst, d + dip)`, where
//! the four numbers depend on the eight bets alone.

/// What eight bets do to a fall, in elevenths of a stake.
#[derive(Clone, Copy)]
struct Eight {
    /// Profit of all.
    sum: i32,
    /// The fall after them, had it been zero before.
    after: i32,
    /// The largest fall on the way, had it been zero before.
    worst: i32,
    /// The lowest point of the running sum, its sign turned.
    dip: i32,
}

const WON: i32 = 10;
const LOST: i32 = -11;

/// By the eight bets as bits, the first the lowest, set for a win.
static EIGHTS: [Eight; 256] = eights();

const fn larger(a: i32, b: i32) -> i32 {
    if a > b { a } else { b }
}

const fn eights() -> [Eight; 256] {
    let mut table = [Eight {
        sum: 0,
        after: 0,
        worst: 0,
        dip: i32::MIN / 2,
    }; 256];
    let mut bets = 0;
    while bets < 256 {
        let mut eight = table[bets];
        let mut at = 0;
        while at < 8 {
            let v = if bets >> at & 1 == 1 { WON } else { LOST };
            eight.sum += v;
            eight.after = larger(0, eight.after - v);
            eight.worst = larger(eight.worst, eight.after);
            eight.dip = larger(eight.dip, -eight.sum);
            at += 1;
        }
        table[bets] = eight;
        bets += 1;
    }
    table
}

/// The largest fall in elevenths over `n` bets, set bits for wins, the first bet in the lowest bit of the first word.
#[inline(always)]
pub(super) fn drawdown(bets: &[u64], n: usize) -> i64 {
    let (mut fall, mut worst) = (0i32, 0i32);
    let whole = n / 8;
    let mut left = whole;
    for &word in bets {
        let take = left.min(8);
        for at in 0..take {
            let eight = &EIGHTS[(word >> (8 * at) & 0xff) as usize];
            worst = worst.max(eight.worst).max(fall + eight.dip);
            fall = eight.after.max(fall - eight.sum);
        }
        left -= take;
        if left == 0 {
            break;
        }
    }
    for bet in 8 * whole..n {
        let v = if bets[bet / 64] >> (bet % 64) & 1 == 1 {
            WON
        } else {
            LOST
        };
        fall = (fall - v).max(0);
        worst = worst.max(fall);
    }
    i64::from(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_a_time_is_one_at_a_time(bets in proptest::collection::vec(any::<bool>(), 0..400)) {
            let mut words = vec![0u64; bets.len() / 64 + 1];
            let (mut sum, mut peak, mut worst) = (0i64, 0i64, 0i64);
            for (at, &won) in bets.iter().enumerate() {
                words[at / 64] |= u64::from(won) << (at % 64);
                sum += if won { 10 } else { -11 };
                peak = peak.max(sum);
                worst = worst.max(peak - sum);
            }
            prop_assert_eq!(drawdown(&words, bets.len()), worst);
        }
    }
}
