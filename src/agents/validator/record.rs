//! A strategy's record in one period as whole numbers, and whether a difference from other periods has an explanation.

use crate::domain::belief::Seat;
use crate::domain::quote::Market;
use crate::engine::plan::Plan;
use crate::engine::sheet::Settled;
use crate::engine::sweep::sweep;
use crate::engine::tally::Tally;
use crate::engine::track::{Bet, Pricing, Track};
use crate::protocol::hearing::{Explanation, Fall, Report};
use crate::protocol::research::Bench;
use crate::stats::homogeneity::distance;

/// The record of a plan on a bench.
pub(super) fn report(seat: &Seat, bench: &Bench, plan: &Plan) -> Report {
    let track = Track::of(bench.table(), plan, bench.period());
    let tally = sweep(bench.table(), std::slice::from_ref(plan), bench.period());
    let late = track.bets.iter().filter(|bet| bet.when.week > EARLY_WEEKS);
    let ended = |how: Settled| late.clone().filter(|bet| bet.settled == how).count() as u64;
    Report {
        seat: seat.clone(),
        period: bench.period().clone(),
        tally: tally.first().copied().unwrap_or_else(|| Tally::empty(plan.market())),
        fall: deepest_fall(&track),
        late: (ended(Settled::Win), ended(Settled::Loss)),
        weekly: track
            .weekly_returns(Pricing::Usual)
            .into_iter()
            .map(|(_, r)| r)
            .collect(),
    }
}

/// The weeks in which ratings know the league least.
const EARLY_WEEKS: u8 = 4;
/// A bankroll of 100 stakes in elevenths: stakes are a flat 1% of the bankroll at the start.
const BANKROLL: i64 = 1_100;

/// The fall that was the largest share of the point it began at, in whole numbers.
fn deepest_fall(track: &Track) -> Fall {
    let (mut now, mut peak) = (BANKROLL, BANKROLL);
    let mut deepest = Fall { by: 0, from: BANKROLL };
    for bet in &track.bets {
        now += elevenths(bet, track.market);
        peak = peak.max(now);
        let fall = Fall {
            by: peak - now,
            from: peak,
        };
        if fall.by * deepest.from > deepest.by * fall.from {
            deepest = fall;
        }
    }
    deepest
}

/// Profit of a bet in elevenths of its stake, as a tally counts it.
fn elevenths(bet: &Bet, market: Market) -> i64 {
    match (market, bet.settled) {
        (Market::Moneyline, _) => (11.0 * bet.profit(Pricing::Usual)).round() as i64,
        (_, Settled::Win) => 10,
        (_, Settled::Loss) => -11,
        (_, Settled::Push) => 0,
    }
}

/// Two standard errors: what one seat in twenty lies off by chance.
const DIFFERS: f64 = 1.96;
/// Means of the closing line value this close, in points, are the same bets: a quarter of a point is worth 1.35% of return,
/// while win rates two standard errors apart over 1,000 bets differ by 7% of return.
const SAME_CLOSE: f64 = 0.25;

/// Why a seat's win rate differs from the others', by what varies less than results do.
pub(super) fn explain(own: &Report, others: &[Report]) -> Explanation {
    let theirs =
        |record: fn(&Report) -> (u64, u64)| others.iter().map(record).fold((0, 0), |(w, l), r| (w + r.0, l + r.1));
    let clv = |reports: &[Report]| {
        let (n, sum) = reports.iter().fold((0i64, 0i64), |(n, sum), r| {
            (n + i64::from(r.tally.n_clv), sum + r.tally.clv_hundredths)
        });
        (n > 0).then(|| sum as f64 / 100.0 / n as f64)
    };
    if let (Some(own), Some(others)) = (clv(std::slice::from_ref(own)), clv(others))
        && (own - others).abs() <= SAME_CLOSE
    {
        return Explanation::ByTheClose { own, others };
    }
    match distance(own.late, theirs(|r| r.late)) {
        Some(distance) if distance.abs() < DIFFERS => Explanation::EarlyWeeks { distance },
        _ => {
            let decided = |r: &Report| (u64::from(r.tally.wins), u64::from(r.tally.losses));
            let distance = distance(decided(own), theirs(decided)).unwrap_or_default();
            Explanation::Unexplained { distance }
        }
    }
}
