//! The out-of-sample record of a cycle: what was bet in seasons that had no part in choosing it, beside what a bettor
//! without a cycle would have bet.

use super::state::{BetLine, Judged, SeasonBets};
use crate::domain::game::SeasonWeek;
use crate::engine::sheet::Settled;
use crate::engine::track::{Bet, Pricing};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was in production: validated by all members and not taken back.
pub const PRODUCTION: &str = "production";
/// The population's winners, voting, without any validation.
pub const ENSEMBLE: &str = "unvalidated ensemble";
/// The strategy with the best score on the searched seasons, without any validation.
pub const BEST_TRAINED: &str = "unvalidated best";
/// The best single seat by closing line value on the searched seasons, at an edge of one point or more.
pub const BEST_SEAT: &str = "best single seat";
/// More seats for a side than against it by three or more, each counting the same.
pub const EQUAL_VOTES: &str = "equal votes";
/// As many bets as the ensemble made, drawn at random from the same markets.
pub const RANDOM: &str = "random, same count";

/// All lines, in the order they are printed.
pub const LINES: [&str; 6] = [PRODUCTION, ENSEMBLE, BEST_TRAINED, BEST_SEAT, EQUAL_VOTES, RANDOM];

impl BetLine {
    /// A settled bet as the record keeps it.
    pub fn of(bet: &Bet) -> BetLine {
        BetLine {
            season: bet.when.season,
            week: bet.when.week,
            usual: bet.profit(Pricing::Usual),
            real: bet.profit(Pricing::Real),
            won: match bet.settled {
                Settled::Win => Some(true),
                Settled::Loss => Some(false),
                Settled::Push => None,
            },
            clv: bet.clv,
        }
    }
}

/// A line of the record with its intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Whose bets.
    pub name: String,
    /// Bets.
    pub n_bets: u64,
    /// Bets returned.
    pub n_pushes: u64,
    /// Wins among decided bets, with Wilson's interval.
    pub win_rate: Rate,
    /// Profit over stakes at -110, with an interval by weeks.
    pub roi_110: Mean,
    /// Profit over stakes at real prices, with an interval by weeks.
    pub roi_real: Mean,
    /// Closing line value in points, with an interval by weeks.
    pub clv: Mean,
    /// Bets that beat the close among those that have one.
    pub beat_close: Rate,
    /// Bets by season.
    pub per_season: BTreeMap<u16, u64>,
}

/// The record of the judged seasons, one line for each of [`LINES`].
pub fn record(judged: &[Judged], seed: u64) -> Vec<RecordLine> {
    let bootstrap = Bootstrap::new(Pcg64Mcg::new(u128::from(seed) << 1 | 1));
    LINES.iter().map(|name| line(name, judged, &bootstrap)).collect()
}

fn line(name: &str, judged: &[Judged], bootstrap: &Bootstrap) -> RecordLine {
    let of = |j: &Judged| j.lines.get(name).cloned().unwrap_or_default();
    let seasons: Vec<(u16, SeasonBets)> = judged.iter().map(|j| (j.season, of(j))).collect();
    let bets: Vec<BetLine> = seasons.iter().flat_map(|(_, s)| s.bets.iter().copied()).collect();
    let when = |b: &BetLine| SeasonWeek {
        season: b.season,
        week: b.week,
    };
    let mean = |value: &dyn Fn(&BetLine) -> Option<f64>| {
        bootstrap.mean(bets.iter().filter_map(|b| Some((when(b), value(b)?))))
    };
    RecordLine {
        name: name.to_owned(),
        n_bets: bets.len() as u64,
        n_pushes: bets.iter().filter(|b| b.won.is_none()).count() as u64,
        win_rate: Rate::among(bets.iter().filter_map(|b| b.won)),
        roi_110: mean(&|b| Some(b.usual)),
        roi_real: mean(&|b| Some(b.real)),
        clv: mean(&|b| b.clv),
        beat_close: Rate::among(bets.iter().filter_map(|b| b.clv).map(|clv| clv > 0.0)),
        per_season: seasons.iter().map(|(s, b)| (*s, b.bets.len() as u64)).collect(),
    }
}
