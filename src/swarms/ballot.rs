//! The ballot: votes weighed, a side chosen, and the case for and against it.

use super::pool::{Blend, PoolSettings, Records, mean_departure, performance, pooled, scale};
use crate::domain::belief::{Abstention, Belief, Evidence, Opinion, Seat};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::pick::{Agreement, Vote};
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Side};
use std::collections::BTreeMap;

/// Departure from fair, in probability, at which a vote's confidence is full: about the edge that pays for -110 twice.
const FULL_CONFIDENCE: f64 = 0.04;
/// Reasons kept for the chosen side.
const MAX_REASONS: usize = 4;

/// What each market's votes are weighed with, learnt once a round from the seats' records.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Recent performance by market and seat.
    pub performance: [BTreeMap<Seat, f64>; 3],
    /// What each seat's departure counts for in the pool, by market.
    pub blend: [Blend; 3],
    /// The same when all seats weigh alike.
    pub equal_scale: [f64; 3],
}

impl Weights {
    /// Learns weights from the seats' settled beliefs as of a week.
    pub fn learn(seats: &[Seat], records: &Records, now: SeasonWeek, settings: &PoolSettings) -> Weights {
        let by_market = |market: Market| -> BTreeMap<Seat, f64> {
            let known: BTreeMap<&Seat, f64> = records
                .iter()
                .map(|(s, r)| (s, performance(r, market, now, settings)))
                .collect();
            // Whoever is absent brings no record. It weighs as much as the heaviest present, and at least one, so that
            // losing a dissenter does not make the others look more agreed.
            let absent = known.values().copied().fold(1.0, f64::max);
            seats
                .iter()
                .map(|s| (s.clone(), known.get(s).copied().unwrap_or(absent)))
                .collect()
        };
        let performance = Market::ALL.map(by_market);
        let equal: BTreeMap<Seat, f64> = seats.iter().map(|s| (s.clone(), 1.0)).collect();
        Weights {
            blend: Market::ALL.map(|m| Blend::learn(records, &performance[m as usize], m, settings)),
            equal_scale: Market::ALL.map(|m| scale(records, &equal, m, settings)),
            performance,
        }
    }
}

/// A seat's two opinions on one market: alone, and after deliberation.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Before it knew what others think: what is pooled, because errors made alone average out.
    pub alone: &'a Opinion,
    /// After deliberation, when it changed: what is voted with.
    pub revised: Option<&'a Opinion>,
    /// Times the seat was restarted in this round.
    pub restarts: u64,
}

/// Counts one market.
pub fn count(
    game: &GameId,
    market: Market,
    line: Option<HalfPoints>,
    fair: Probability,
    cases: &BTreeMap<Seat, Case<'_>>,
    weights: &Weights,
) -> Agreement {
    let votes: Vec<Vote> = cases
        .iter()
        .map(|(seat, case)| {
            vote(
                seat,
                case,
                market,
                fair,
                weights.performance[market as usize].get(seat).copied(),
            )
        })
        .collect();
    let (side, consensus) = majority(&votes, market, |v| v.weight);
    let (equal_side, equal_consensus) = majority(&votes, market, |_| 1.0);
    let departures = || votes.iter().filter_map(|v| departure(v, fair).map(|d| (v, d)));
    let blended = weights.blend[market as usize].departure(departures().map(|(v, d)| (&v.seat, d)));
    let p_first = pooled(fair, blended, 1.0);
    let mean = mean_departure(departures().map(|(_, d)| (d, 1.0)));
    let equal_p_first = pooled(fair, mean, weights.equal_scale[market as usize]);
    let (reasons, counter) = side.map_or((Vec::new(), None), |s| arguments(cases, &votes, s));
    Agreement {
        game: game.clone(),
        market,
        line,
        side,
        consensus,
        equal_consensus,
        equal_side,
        votes,
        fair,
        p_first,
        equal_p_first,
        reasons,
        counter,
    }
}

/// What a vote adds to the pool: its departure alone; none at all counts as zero, unless the market is not the seat's.
fn departure(vote: &Vote, fair: Probability) -> Option<f64> {
    match (&vote.stance, vote.p_first_alone) {
        (_, Some(p)) => Some(p.logit() - fair.logit()),
        (Err(Abstention::NoEdge), None) => Some(0.0),
        (_, None) => None,
    }
}

fn vote(seat: &Seat, case: &Case<'_>, market: Market, fair: Probability, performance: Option<f64>) -> Vote {
    let alone = case.alone.stance.as_ref().ok();
    let last = case.revised.unwrap_or(case.alone);
    let performance = performance.unwrap_or(1.0);
    let stance = last.stance.as_ref().map_err(Clone::clone).map(|belief| {
        let first = market.first_side();
        if belief.p_first.get() >= fair.get() {
            first
        } else {
            first.other()
        }
    });
    let conviction = |b: &Belief| ((b.p_first.get() - fair.get()).abs() / FULL_CONFIDENCE).min(1.0);
    let confidence = match &last.stance {
        Ok(belief) => 0.5 + 0.5 * conviction(belief),
        Err(Abstention::Absent { .. }) => 1.0,
        Err(_) => 0.5,
    };
    Vote {
        seat: seat.clone(),
        stance,
        p_first: last.stance.as_ref().ok().map(|b| b.p_first),
        p_first_alone: alone.map(|b| b.p_first),
        sd: alone.map(|b| b.sd),
        performance,
        confidence,
        weight: performance * confidence,
        restarts: case.restarts,
    }
}

/// The side with the greater weight and its share of the weight of ALL seats, silent ones included.
fn majority(votes: &[Vote], market: Market, weigh: impl Fn(&Vote) -> f64) -> (Option<Side>, f64) {
    let first = market.first_side();
    let of = |side: Side| -> f64 { votes.iter().filter(|v| v.stance == Ok(side)).map(&weigh).sum() };
    let all: f64 = votes.iter().map(&weigh).sum();
    let (a, b) = (of(first), of(first.other()));
    if a == b || all <= 0.0 {
        return (None, 0.0);
    }
    if a > b {
        (Some(first), a / all)
    } else {
        (Some(first.other()), b / all)
    }
}

/// A reason and who gives it.
type Argument = (Seat, Evidence);

/// The strongest reasons for a side, and the strongest one against it from any seat.
fn arguments(cases: &BTreeMap<Seat, Case<'_>>, votes: &[Vote], side: Side) -> (Vec<Argument>, Option<Argument>) {
    let sign = if side.is_first() { 1.0 } else { -1.0 };
    let mut all: Vec<(f64, bool, &Seat, &Evidence)> = Vec::new();
    for vote in votes {
        let Some(case) = cases.get(&vote.seat) else { continue };
        let Ok(belief) = &case.alone.stance else { continue };
        for evidence in &belief.evidence {
            // A dissenter's reason counts more than a doubt of a supporter: it was enough to turn a vote.
            let dissents = vote.stance == Ok(side.other());
            let force = evidence.points * sign * vote.performance;
            all.push((force, dissents, &vote.seat, evidence));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(b.2)));
    let reasons = all
        .iter()
        .take_while(|r| r.0 > 0.0)
        .take(MAX_REASONS)
        .map(|r| (r.2.clone(), r.3.clone()))
        .collect();
    let against = || all.iter().rev().take_while(|r| r.0 < 0.0);
    let counter = against()
        .find(|r| r.1)
        .or_else(|| against().next())
        .map(|r| (r.2.clone(), r.3.clone()));
    (reasons, counter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::belief::Track;
    use crate::swarms::fixture::{WHEN, answer, opens_at, seats, slate};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A record of sixty beliefs that the line moved after by `moved` points.
    fn record(moved: f64) -> Arc<Vec<Track>> {
        let track = Track {
            game: slate()[0].fixture.id.clone(),
            when: WHEN,
            market: Market::Spread,
            line: None,
            fair: Probability::HALF,
            p_first: Probability::clamped(0.55),
            mean: 0.0,
            moved: Some(moved),
            first_won: Some(true),
            known_at: opens_at(),
        };
        Arc::new(vec![track; 60])
    }

    /// The consensus when seat i believes `ps[i]` with a record of `moves[i]`, and the seats in `gone` are absent.
    fn agreed(ps: &[f64], moves: &[f64], gone: &[usize]) -> Agreement {
        let present = |i: &usize| !gone.contains(i);
        let records: Records = (0..ps.len())
            .filter(present)
            .map(|i| (seats()[i].clone(), record(moves[i])))
            .collect();
        let weights = Weights::learn(&seats(), &records, WHEN, &PoolSettings::default());
        let opinions: Vec<Opinion> = (0..ps.len())
            .map(|i| {
                let alone = answer(ps[i]).opinions[0].clone();
                let why = Abstention::Absent {
                    reason: "killed".to_owned(),
                };
                if gone.contains(&i) {
                    Opinion {
                        stance: Err(why),
                        ..alone
                    }
                } else {
                    alone
                }
            })
            .collect();
        let cases: BTreeMap<Seat, Case<'_>> = opinions
            .iter()
            .enumerate()
            .map(|(i, alone)| {
                (
                    seats()[i].clone(),
                    Case {
                        alone,
                        revised: None,
                        restarts: 0,
                    },
                )
            })
            .collect();
        let game = &slate()[0].fixture.id;
        count(game, Market::Spread, None, Probability::HALF, &cases, &weights)
    }

    #[test]
    fn silence_is_never_agreement() {
        let all = agreed(&[0.55; 7], &[0.0; 7], &[]);
        let two_gone = agreed(&[0.55; 7], &[0.0; 7], &[0, 1]);
        assert!((all.consensus - 1.0).abs() < 1e-12);
        assert!((two_gone.consensus - 5.0 / 7.0).abs() < 1e-9, "{}", two_gone.consensus);
        assert_eq!((two_gone.n_voting(), two_gone.equal_consensus), (5, 5.0 / 7.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Otherwise a crash could turn a small bet into a large one.
        #[test]
        fn losing_a_dissenter_with_the_others_record_never_raises_consensus(
            ps in prop::collection::vec(0.40f64..0.60, 7),
            moved in -2.0f64..2.0,
            lost in 0usize..7,
        ) {
            let (before, after) = (agreed(&ps, &[moved; 7], &[]), agreed(&ps, &[moved; 7], &[lost]));
            if before.side == after.side {
                prop_assert!(after.consensus <= before.consensus + 1e-9, "{} {}", before.consensus, after.consensus);
            }
        }
    }
}
