//! A round while it is under way: who is still to answer, who sits at the table, what was said, and what follows from it.

use crate::domain::belief::{Abstention, Opinion, Seat};
use crate::domain::game::GameId;
use crate::domain::pick::Agreement;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::domain::standing::{PROMOTED_FACTOR, Standing};
use crate::market::shapes::fair;
use crate::protocol::question::{Dispute, Disputed, Review};
use crate::swarms::ballot::{Case, Weights, count};
use crate::swarms::guidance::Shadowed;
use crate::swarms::pool::{PoolSettings, Records};
use crate::swarms::round::{Convene, Phase, SeatLog};
use crate::swarms::seating::seated;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state of the round.
pub(super) struct UnderWay {
    pub(super) convened: Convene,
    pub(super) phase: Phase,
    pub(super) waiting: Vec<Seat>,
    pub(super) logs: BTreeMap<Seat, SeatLog>,
    pub(super) weights: Option<Weights>,
    pub(super) agreements: Vec<Agreement>,
    pub(super) shadow: Vec<Shadowed>,
    pub(super) shadow_weights: Option<Weights>,
    pub(super) n_reviews_lost: usize,
}

impl UnderWay {
    /// Seats who has something to live on, and learns what they weigh.
    pub(super) fn weigh(&mut self, settings: &PoolSettings) {
        let guidance = std::sync::Arc::clone(&self.convened.guidance);
        let settings = guidance.pool.as_ref().unwrap_or(settings);
        seated(&mut self.logs, self.convened.when, settings, &guidance.standings);
        let seats: Vec<Seat> = self.table().map(|(seat, _)| seat.clone()).collect();
        let records: Records = self
            .table()
            .filter_map(|(seat, log)| log.answer.as_ref().map(|a| (seat.clone(), Arc::clone(&a.record))))
            .collect();
        let learn = |settings: &PoolSettings| {
            let mut weights = Weights::learn(&seats, &records, self.convened.when, settings);
            for (seat, stands) in &guidance.standings {
                let votes = weights
                    .performance
                    .iter_mut()
                    .filter_map(|by_seat| by_seat.get_mut(seat));
                if stands.standing == Standing::Promoted {
                    votes.for_each(|weight| *weight *= PROMOTED_FACTOR);
                }
            }
            weights
        };
        self.weights = Some(learn(settings));
        self.shadow_weights = guidance.shadow.as_ref().map(learn);
        // A finished round is kept for a long time; the records behind it would be copied by every later one.
        for answer in self.logs.values_mut().filter_map(|log| log.answer.as_mut()) {
            answer.record = Arc::default();
        }
    }

    /// Who sits at the table, with what they said.
    fn table(&self) -> impl Iterator<Item = (&Seat, &SeatLog)> {
        self.logs.iter().filter(|(_, log)| log.stood_down.is_none())
    }

    /// Position of a game's market among a seat's opinions, which follow the slate.
    fn opinion<'a>(&self, log: &'a SeatLog, at: usize) -> Option<&'a Opinion> {
        log.answer.as_ref().and_then(|a| a.opinions.get(at))
    }

    /// Markets with believers on both sides, for each seat that believes something about them.
    pub(super) fn disputes(&self) -> BTreeMap<Seat, Dispute> {
        let mut asked: BTreeMap<Seat, Dispute> = BTreeMap::new();
        for (at, (game, market, fair)) in self.markets().enumerate() {
            let Some(fair) = fair else { continue };
            let beliefs: Vec<(&Seat, f64)> = self
                .table()
                .filter_map(|(seat, log)| {
                    let belief = self.opinion(log, at)?.stance.as_ref().ok()?;
                    Some((seat, belief.p_first.logit() - fair.logit()))
                })
                .collect();
            if !(beliefs.iter().any(|b| b.1 > 0.0) && beliefs.iter().any(|b| b.1 < 0.0)) {
                continue;
            }
            for (seat, _) in &beliefs {
                let others: Vec<f64> = beliefs.iter().filter(|b| b.0 != *seat).map(|b| b.1).collect();
                let disputed = Disputed {
                    game: game.clone(),
                    market,
                    others: median(&others),
                    n_others: others.len(),
                };
                let empty = || Dispute {
                    round: self.convened.round.clone(),
                    markets: Vec::new(),
                };
                asked
                    .entry((*seat).clone())
                    .or_insert_with(empty)
                    .markets
                    .push(disputed);
            }
        }
        asked
    }

    /// Every market of the slate in opinion order, with its fair probability where somebody quoted it.
    fn markets(&self) -> impl Iterator<Item = (&GameId, Market, Option<Probability>)> {
        self.convened.slate.iter().flat_map(|offer| {
            Market::ALL
                .into_iter()
                .map(move |m| (&offer.fixture.id, m, offer.reference(m).and_then(fair)))
        })
    }

    /// Counts every market, and once more by the shadow's weights.
    pub(super) fn agree(&mut self) {
        self.agreements = self.weights.as_ref().map_or(Vec::new(), |w| self.agreements(w));
        let shadow = self.shadow_weights.as_ref().map_or(Vec::new(), |w| self.agreements(w));
        let apart = self.agreements.iter().zip(shadow).map(|(live, shadow)| Shadowed {
            game: shadow.game,
            market: shadow.market,
            p_live: live.p_first,
            p_shadow: shadow.p_first,
        });
        self.shadow = apart.collect();
    }

    fn agreements(&self, weights: &Weights) -> Vec<Agreement> {
        let absent: BTreeMap<&Seat, Abstention> = self
            .table()
            .map(|(seat, log)| {
                (
                    seat,
                    Abstention::Absent {
                        reason: log.absent.clone().unwrap_or_default(),
                    },
                )
            })
            .collect();
        let mut agreements = Vec::new();
        for (at, (game, market, fair)) in self.markets().enumerate() {
            let Some(fair) = fair else { continue };
            let silent: BTreeMap<&Seat, Opinion> = absent
                .iter()
                .map(|(seat, why)| {
                    (
                        *seat,
                        Opinion {
                            game: game.clone(),
                            market,
                            stance: Err(why.clone()),
                        },
                    )
                })
                .collect();
            let cases: BTreeMap<Seat, Case<'_>> = self
                .table()
                .map(|(seat, log)| {
                    let alone = self.opinion(log, at).unwrap_or(&silent[seat]);
                    let revised = log.revised.iter().find(|o| o.game == *game && o.market == market);
                    (
                        seat.clone(),
                        Case {
                            alone,
                            revised,
                            restarts: log.restarts,
                        },
                    )
                })
                .collect();
            let line = self.convened.slate[at / Market::ALL.len()]
                .reference(market)
                .and_then(|q| q.line);
            agreements.push(count(game, market, line, fair, &cases, weights));
        }
        agreements
    }

    pub(super) fn review(&self) -> Review {
        Review {
            round: self.convened.round.clone(),
            as_of: self.convened.view.at(),
            view: self.convened.view.clone(),
            slate: Arc::clone(&self.convened.slate),
            agreements: self.agreements.clone(),
            n_seats: self.table().count(),
            bankroll: self.convened.bankroll,
            exposure: self.convened.exposure.clone(),
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}
