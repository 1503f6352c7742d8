//! What the pool would be without a seat, by the pool's own arithmetic: [`Blend`](crate::swarms::pool::Blend) is learnt twice
//! a week, with the seat's record and without it, from what was settled before the week's first round.
//!
//! The records are those of the stored rounds alone. A house that has run for a season has a season of them, while its members
//! went through everything stored; so the pool here is a younger one than the pool that decided, and both of its versions are
//! equally young.

use super::Case;
use crate::domain::belief::{Seat, Track};
use crate::domain::game::SeasonWeek;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::stats::scoring::log_loss;
use crate::swarms::ballot::Weights;
use crate::swarms::pool::{PoolSettings, Records, pooled};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// By seat: of each decided view the week, and the log-loss without the seat less the log-loss with it.
pub(super) fn worths(cases: &[Case], settings: &PoolSettings) -> BTreeMap<Seat, Vec<(SeasonWeek, f64)>> {
    let mut by_week: BTreeMap<SeasonWeek, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_week.entry(case.when).or_default().push(case);
    }
    let mut worths: BTreeMap<Seat, Vec<(SeasonWeek, f64)>> = BTreeMap::new();
    for (when, week) in by_week {
        let Some(began) = week.iter().map(|c| c.at).min() else {
            continue;
        };
        let records = records(cases, began);
        let mut seats: Vec<Seat> = week
            .iter()
            .flat_map(|c| c.votes().iter().map(|v| v.seat.clone()))
            .collect();
        seats.sort();
        seats.dedup();
        let with = Weights::learn(&seats, &records, when, settings);
        for seat in &seats {
            let others: Vec<Seat> = seats.iter().filter(|s| *s != seat).cloned().collect();
            let mut theirs = records.clone();
            theirs.remove(seat);
            let without = Weights::learn(&others, &theirs, when, settings);
            for case in week.iter().filter(|c| c.view(seat).is_some()) {
                let Some(won) = case.first_won else { continue };
                let lost =
                    log_loss(pool(case, &without, Some(seat)), won) - log_loss(pool(case, &with, None), won);
                worths.entry(seat.clone()).or_default().push((when, lost));
            }
        }
    }
    worths
}

/// The pooled probability of a case under weights, one seat unheard.
fn pool(case: &Case, weights: &Weights, unheard: Option<&Seat>) -> Probability {
    let fair = case.decision.agreement.fair;
    let heard = case.votes().iter().filter(|v| Some(&v.seat) != unheard);
    let departures = heard.filter_map(|v| Some((&v.seat, v.p_first_alone?.logit() - fair.logit())));
    pooled(fair, weights.blend[case.market as usize].departure(departures), 1.0)
}

/// What every seat had said of games that were settled at an instant, oldest first.
fn records(cases: &[Case], at: DateTime<Utc>) -> Records {
    let mut records: BTreeMap<Seat, Vec<Track>> = BTreeMap::new();
    for case in cases {
        let Some(known_at) = case.settled_at.filter(|t| *t <= at) else {
            continue;
        };
        for vote in case.votes() {
            let Some(p_first) = vote.p_first_alone else { continue };
            records.entry(vote.seat.clone()).or_default().push(Track {
                game: case.game.clone(),
                when: case.when,
                market: case.market,
                line: case.decision.agreement.line,
                fair: case.decision.agreement.fair,
                p_first,
                // A vote does not carry the estimate behind it, and the pool does not ask for it.
                mean: mean(case),
                moved: case.moved,
                first_won: case.first_won,
                known_at,
            });
        }
    }
    records
        .into_iter()
        .map(|(seat, tracks)| (seat, Arc::new(tracks)))
        .collect()
}

fn mean(case: &Case) -> f64 {
    match case.market {
        Market::Spread | Market::Total => case.decision.agreement.line.unwrap_or_default().points(),
        Market::Moneyline => 0.0,
    }
}
