//! Seats on one card each: how many views, how good against the market then and at the close, and what the pool would lose
//! without them.
//!
//! A market that was put before the table several times in a week counts once, as it stood the first time: later views of it
//! are the same view. Everything is computed from decisions as they were stored, so a card needs no mind and no model; results
//! and closes come from what is known at the instant asked about. What can be laid at no seat's door is counted and shown.

mod left_out;
#[cfg(test)]
mod tests;

use crate::agents::specialists::grading::{Outcome, settle};
use crate::domain::archive::{Archive, View};
use crate::domain::belief::{Abstention, Seat};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::pick::{Decision, Vote};
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Moment, Side};
use crate::market::clv::line_value;
use crate::market::shapes::{Shapes, fair};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use crate::stats::scoring::{Scored, Scores};
use crate::swarms::pool::PoolSettings;
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A decision as it was stored, bet or pass.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Its week.
    pub when: SeasonWeek,
    /// The instant of its round.
    pub at: DateTime<Utc>,
    /// What was decided.
    pub decision: Decision,
}

/// One seat's card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeatCard {
    /// The seat.
    pub seat: Seat,
    /// Markets it was asked about and that are its own.
    pub n_asked: u64,
    /// Of them, those it has a probability for.
    pub n_views: u64,
    /// Of them, those it voted a side of.
    pub n_directional: u64,
    /// Of them, those it abstained on.
    pub n_abstained: u64,
    /// Votes for a side that won, among decided ones.
    pub hit_rate: Rate,
    /// Its probabilities beside the market's, on decided views.
    pub scores: Scores,
    /// Points the line moved its vote's way until the close, over spreads and totals.
    pub clv_points: Mean,
    /// What the pool's log-loss would rise by without it, on decided views of it; above zero it is worth its seat.
    pub worth: Mean,
}

/// All cards, and what is on none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scorecard {
    /// Seats, by name.
    pub seats: Vec<SeatCard>,
    /// The pool's own probabilities as they were stored.
    pub pool: Scores,
    /// Different markets that were put before the table.
    pub n_markets: u64,
    /// Markets without a result so far.
    pub n_open: u64,
    /// Markets that pushed.
    pub n_pushed: u64,
    /// Decided markets on which no seat had a view: the pool was the market, and nobody is to be praised or blamed.
    pub n_unattributed: u64,
}

/// A market as it was first put, with what became of it.
struct Case {
    when: SeasonWeek,
    at: DateTime<Utc>,
    game: GameId,
    market: Market,
    decision: Decision,
    close: Option<Probability>,
    /// Points towards the first side until the close; for a moneyline log-odds.
    moved: Option<f64>,
    /// None while it is open, and for a push.
    first_won: Option<bool>,
    settled_at: Option<DateTime<Utc>>,
}

impl Case {
    fn votes(&self) -> &[Vote] {
        &self.decision.agreement.votes
    }

    /// The seat's own probability, before it heard the others.
    fn view(&self, seat: &Seat) -> Option<Probability> {
        self.votes().iter().find(|v| v.seat == *seat)?.p_first_alone
    }

    fn scored(&self, p: Probability) -> Option<Scored> {
        Some(Scored {
            when: self.when,
            p,
            fair: self.decision.agreement.fair,
            close: self.close,
            first_won: self.first_won?,
        })
    }

    /// Points the line moved towards a side; none for a moneyline.
    fn clv_points(&self, side: Side) -> Option<f64> {
        let points = self.moved.filter(|_| self.market != Market::Moneyline)?;
        Some(if side.is_first() { points } else { -points })
    }
}

impl Scorecard {
    /// The cards of decisions, in any order, with what is known at `now`. Intervals draw from `rng` alone.
    pub fn of(
        decided: Vec<Decided>,
        archive: &Arc<Archive>,
        now: DateTime<Utc>,
        settings: &PoolSettings,
        rng: Pcg64Mcg,
    ) -> Scorecard {
        let known = archive.as_of(now);
        let cases = cases(decided, &known);
        let bootstrap = Bootstrap::new(rng);
        let worths = left_out::worths(&cases, settings);
        let mut names: Vec<Seat> = cases
            .iter()
            .flat_map(|c| c.votes().iter().map(|v| v.seat.clone()))
            .collect();
        names.sort();
        names.dedup();
        let count = |of: &dyn Fn(&Case) -> bool| cases.iter().filter(|c| of(c)).count() as u64;
        let pool: Vec<Scored> = cases
            .iter()
            .filter_map(|c| c.scored(c.decision.agreement.p_first))
            .collect();
        Scorecard {
            seats: names
                .into_iter()
                .map(|seat| card(seat, &cases, &worths, &bootstrap))
                .collect(),
            pool: Scores::of(&pool, &bootstrap),
            n_markets: cases.len() as u64,
            n_open: count(&|c| c.settled_at.is_none()),
            n_pushed: count(&|c| c.settled_at.is_some() && c.first_won.is_none()),
            n_unattributed: count(&|c| {
                c.first_won.is_some() && c.votes().iter().all(|v| v.p_first_alone.is_none())
            }),
        }
    }
}

fn card(
    seat: Seat,
    cases: &[Case],
    worths: &BTreeMap<Seat, Vec<(SeasonWeek, f64)>>,
    bootstrap: &Bootstrap,
) -> SeatCard {
    let asked: Vec<(&Case, &Vote)> = cases
        .iter()
        .filter_map(|c| Some((c, c.votes().iter().find(|v| v.seat == seat)?)))
        .filter(|(_, v)| v.stance != Err(Abstention::NotMyMarket))
        .collect();
    let sides: Vec<(&Case, Side)> = asked
        .iter()
        .filter_map(|(c, v)| Some((*c, *v.stance.as_ref().ok()?)))
        .collect();
    let hits = sides
        .iter()
        .filter_map(|(c, side)| Some(c.first_won? == side.is_first()));
    let clv = sides
        .iter()
        .filter_map(|(c, side)| Some((c.when, c.clv_points(*side)?)));
    let views: Vec<Scored> = asked.iter().filter_map(|(c, v)| c.scored(v.p_first_alone?)).collect();
    SeatCard {
        n_asked: asked.len() as u64,
        n_views: asked.iter().filter(|(_, v)| v.p_first_alone.is_some()).count() as u64,
        n_directional: sides.len() as u64,
        n_abstained: (asked.len() - sides.len()) as u64,
        hit_rate: Rate::among(hits),
        scores: Scores::of(&views, bootstrap),
        clv_points: bootstrap.mean(clv),
        worth: bootstrap.mean(worths.get(&seat).into_iter().flatten().copied()),
        seat,
    }
}

/// Each market as it was first put, by instant, game and market.
fn cases(decided: Vec<Decided>, known: &View) -> Vec<Case> {
    let mut first: BTreeMap<(GameId, Market), Decided> = BTreeMap::new();
    for d in decided {
        let key = (d.decision.agreement.game.clone(), d.decision.agreement.market);
        match first.get(&key) {
            Some(earlier) if (earlier.at, &earlier.decision.id) <= (d.at, &d.decision.id) => {}
            _ => drop(first.insert(key, d)),
        }
    }
    let mut shapes: BTreeMap<u16, Shapes> = BTreeMap::new();
    let mut cases: Vec<Case> = Vec::with_capacity(first.len());
    for ((game, market), d) in first {
        let season = d.when.season;
        let shapes = shapes
            .entry(season)
            .or_insert_with(|| Shapes::of_season(None, known, season));
        cases.push(case(game, market, d, known, shapes));
    }
    cases.sort_by(|a, b| (a.at, &a.game, a.market).cmp(&(b.at, &b.game, b.market)));
    cases
}

fn case(game: GameId, market: Market, d: Decided, known: &View, shapes: &Shapes) -> Case {
    let agreement = &d.decision.agreement;
    let quote = known.reference(&game, market, Moment::Close).filter(|q| q.as_of > d.at);
    let close = quote.and_then(|q| {
        let p = fair(q)?;
        Some(match market {
            Market::Moneyline => p,
            // The close speaks of its own line; the shape says what that means at the line of the view.
            Market::Spread | Market::Total => {
                shapes.p_first(market, shapes.mean_for(market, p, q.line), agreement.line)
            }
        })
    });
    let moved = quote.and_then(|q| match market {
        Market::Moneyline => Some(fair(q)?.logit() - agreement.fair.logit()),
        Market::Spread | Market::Total => Some(line_value(market.first_side(), agreement.line?, q.line?).points()),
    });
    let score = known.score(&game);
    let outcome = score.and_then(|score| settle(market, market.first_side(), agreement.line, score));
    Case {
        when: d.when,
        at: d.at,
        settled_at: outcome.and_then(|_| Some(known.fixture(&game)?.settles_at())),
        first_won: match outcome {
            Some(Outcome::Win) => Some(true),
            Some(Outcome::Loss) => Some(false),
            Some(Outcome::Push | Outcome::Void) | None => None,
        },
        decision: d.decision,
        game,
        market,
        close,
        moved,
    }
}
