//! What may become of a bankroll: many played-out futures of the same bets, because an edge on paper still ruins one in sixty.
//!
//! The answer depends on the bets, the seed and the number of paths alone: each path has its own stretch of the stream
//! ([`super::splitmix`]), and sums are added up in the order of the paths, however many threads work.

mod kernel;

use crate::domain::price::Decimal;
use crate::domain::probability::Probability;
use kernel::{LANES, Step, play};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use serde::Serialize;

/// Paths beyond this say nothing new, and their ends would take more than 80 MB.
pub const MAX_PATHS: usize = 10_000_000;
/// Bets of a path beyond this are more than the league offers in a century.
pub const MAX_BETS: usize = 65_536;
/// Paths a thread takes at a time: ends of 32 KB, which stay in its first cache.
const CHUNK: usize = 4_096;

/// A bet of the sequence that is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathBet {
    /// How often it truly wins; not what the bettor believes.
    pub win: Probability,
    /// How often the stake comes back.
    pub push: Probability,
    /// What it pays.
    pub price: Decimal,
    /// The share of the bankroll of that moment that is staked, in [0, 1].
    pub fraction: f64,
}

/// How often the bets are played and what counts as bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Futures {
    /// Paths, at least one and at most [`MAX_PATHS`].
    pub n_paths: usize,
    /// The seed of the stream.
    pub seed: u64,
    /// A path whose bankroll falls to this share of the start or lower at any time is ruined.
    pub ruin_at: f64,
    /// The share of each price's profit that is not to be had, in [0, 1): 0 is the price as it stands.
    pub haircut: f64,
    /// Paths whose largest fall from a peak exceeds this share of the peak are counted.
    pub drawdown_limit: f64,
}

/// What became of the bankroll, as a multiple of its start. Losses are shares of the start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ends {
    /// Paths played.
    pub n_paths: usize,
    /// Bets of each.
    pub n_bets: usize,
    /// Bets won in all paths together.
    pub n_wins: u64,
    /// Paths that touched ruin.
    pub n_ruined: u64,
    /// Paths whose drawdown exceeded the limit.
    pub n_over_drawdown: u64,
    /// The bankroll that 5% of the paths end below: the value at index floor(n / 20) of the sorted ends.
    pub q05: f64,
    /// The value at index floor(n / 2) of the sorted ends.
    pub median: f64,
    /// The average end.
    pub mean: f64,
    /// The loss that 5% of the paths exceed: 1 - `q05`, negative for a gain.
    pub var95: f64,
    /// The average loss of the floor(n / 20) worst paths, of the worst alone with fewer than twenty.
    pub cvar95: f64,
    /// The average of the paths' largest falls from a peak, as a share of the peak.
    pub mean_max_drawdown: f64,
}

/// Why nothing was played.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PathsError {
    /// Too few or too many paths.
    #[error("cannot play {0} paths: ask for 1 to {MAX_PATHS}")]
    Paths(usize),
    /// Too many bets.
    #[error("cannot play {0} bets a path: split a sequence of more than {MAX_BETS}")]
    Bets(usize),
    /// A bet that cannot be.
    #[error(
        "cannot play bet {index}: it wins {win}, pushes {push}, stakes {fraction} of the bankroll; the two \
         probabilities must sum to at most 1 and the stake lie in [0, 1]"
    )]
    Bet {
        /// Its place in the sequence, from 0.
        index: usize,
        /// Its probability of a win.
        win: Probability,
        /// Its probability of a push.
        push: Probability,
        /// Its stake.
        fraction: f64,
    },
    /// A haircut that leaves no profit.
    #[error("cannot cut prices by {0}: a haircut is a share of the profit in [0, 1)")]
    Haircut(f64),
}

/// Plays the bets on [`Futures::n_paths`] paths, on the threads of rayon's current pool. The method and its reference values
/// are workload W3; 32 random bits decide a bet, so probabilities are kept to 2^-32. No bets leave every bankroll at 1.
///
/// # Errors
/// [`PathsError`] for numbers out of range; it says which.
pub fn play_out(bets: &[PathBet], futures: &Futures) -> Result<Ends, PathsError> {
    if !(1..=MAX_PATHS).contains(&futures.n_paths) {
        return Err(PathsError::Paths(futures.n_paths));
    }
    let steps = steps(bets, futures.haircut)?;
    let pushes = bets.iter().any(|bet| bet.push.get() > 0.0);
    let arch = Arch::new();
    let mut ends = vec![0.0; futures.n_paths];
    let parts: Vec<Part> = ends
        .par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(i, ends)| {
            let chunk = Chunk {
                steps: &steps,
                futures,
                first: (i * CHUNK) as u64,
                ends,
            };
            if pushes {
                arch.dispatch(WithPushes(chunk))
            } else {
                arch.dispatch(WithoutPushes(chunk))
            }
        })
        .collect();
    let mut all = Part::default();
    parts.iter().for_each(|part| all.add(part));
    Ok(summary(ends, bets.len(), &all))
}

/// Sums over the paths of a chunk.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    n_wins: u64,
    n_ruined: u64,
    n_over_drawdown: u64,
    sum_ends: f64,
    sum_drawdowns: f64,
}

impl Part {
    fn add(&mut self, other: &Part) {
        self.n_wins += other.n_wins;
        self.n_ruined += other.n_ruined;
        self.n_over_drawdown += other.n_over_drawdown;
        self.sum_ends += other.sum_ends;
        self.sum_drawdowns += other.sum_drawdowns;
    }
}

fn steps(bets: &[PathBet], haircut: f64) -> Result<Vec<[Step; 2]>, PathsError> {
    if bets.len() > MAX_BETS {
        return Err(PathsError::Bets(bets.len()));
    }
    if !(0.0..1.0).contains(&haircut) {
        return Err(PathsError::Haircut(haircut));
    }
    let mut steps = Vec::with_capacity(bets.len() + 1);
    for (index, bet) in bets.iter().enumerate() {
        let PathBet {
            win,
            push,
            price,
            fraction,
        } = *bet;
        let not_lost = win.get() + push.get();
        if not_lost > 1.0 + 1e-12 || !(0.0..=1.0).contains(&fraction) {
            return Err(PathsError::Bet {
                index,
                win,
                push,
                fraction,
            });
        }
        steps.push(Step {
            win_below: threshold(win.get()),
            even_below: threshold(not_lost),
            // Without a haircut the price itself is used: multiplying its profit by 1 would be exact too, but says less.
            on_win: 1.0 + fraction * price.profit() * (1.0 - haircut),
            on_loss: 1.0 - fraction,
        });
    }
    steps.resize(bets.len().next_multiple_of(2), Step::NONE);
    Ok(steps.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

/// The bound below which 32 random bits at the top of a word fall with probability `p`. Certainty is the largest word, which
/// nothing below passes but that word itself.
fn threshold(p: f64) -> u64 {
    let bits = (p * 4_294_967_296.0) as u64;
    if bits >= 1 << 32 { u64::MAX } else { bits << 32 }
}

/// Paths that are played together by one thread: those from number `first` on, which end in `ends`.
struct Chunk<'a> {
    steps: &'a [[Step; 2]],
    futures: &'a Futures,
    first: u64,
    ends: &'a mut [f64],
}

/// What `pulp` compiles for each generation of processors. A closure would not do: only a body that is inlined for certain
/// is compiled with the wider registers.
struct WithPushes<'a>(Chunk<'a>);
struct WithoutPushes<'a>(Chunk<'a>);

impl WithSimd for WithPushes<'_> {
    type Output = Part;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Part {
        self.0.play::<true>()
    }
}

impl WithSimd for WithoutPushes<'_> {
    type Output = Part;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Part {
        self.0.play::<false>()
    }
}

impl Chunk<'_> {
    #[inline(always)]
    fn play<const PUSHES: bool>(self) -> Part {
        let mut part = Part::default();
        for (i, ends) in self.ends.chunks_mut(LANES).enumerate() {
            let ended = play::<PUSHES>(self.steps, self.futures.seed, self.first + (i * LANES) as u64);
            for (lane, end) in ends.iter_mut().enumerate() {
                let drawdown = 1.0 - ended.trough[lane];
                *end = ended.bankroll[lane];
                part.add(&Part {
                    n_wins: ended.n_wins[lane],
                    n_ruined: u64::from(ended.lowest[lane] <= self.futures.ruin_at),
                    n_over_drawdown: u64::from(drawdown > self.futures.drawdown_limit),
                    sum_ends: *end,
                    sum_drawdowns: drawdown,
                });
            }
        }
        part
    }
}

/// Quantiles by selection: a full sort would take longer than playing the paths.
fn summary(mut ends: Vec<f64>, n_bets: usize, all: &Part) -> Ends {
    let n_paths = ends.len();
    let at_05 = n_paths / 20;
    let (worst, &mut q05, rest) = ends.select_nth_unstable_by(at_05, f64::total_cmp);
    let tail = if worst.is_empty() {
        q05
    } else {
        worst.iter().sum::<f64>() / worst.len() as f64
    };
    let median = match (n_paths / 2).checked_sub(at_05 + 1) {
        Some(at) => *rest.select_nth_unstable_by(at, f64::total_cmp).1,
        None => q05,
    };
    Ends {
        n_paths,
        n_bets,
        n_wins: all.n_wins,
        n_ruined: all.n_ruined,
        n_over_drawdown: all.n_over_drawdown,
        q05,
        median,
        mean: all.sum_ends / n_paths as f64,
        var95: 1.0 - q05,
        cvar95: 1.0 - tail,
        mean_max_drawdown: all.sum_drawdowns / n_paths as f64,
    }
}

#[cfg(test)]
mod tests;
