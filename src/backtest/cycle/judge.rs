//! Judgement: what is in production, and what a bettor without validators would have bet, on a season nobody chose by.

use super::record::{BEST_SEAT, BEST_TRAINED, ENSEMBLE, EQUAL_VOTES, PRODUCTION, RANDOM};
use super::state::{Became, BetLine, Change, CycleSpec, Judged, Left, SeasonBets, State};
use super::work::rank_sources;
use crate::backtest::drift::{SettledBet, watch};
use crate::backtest::evolution::ensemble::Ensemble;
use crate::backtest::orchestrator::demotion;
use crate::domain::quote::{Market, Side};
use crate::engine::bits::Bits;
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::sheet::{Settled, Subject};
use crate::engine::table::Table;
use crate::engine::track::{Bet, Pricing, bets_on};
use crate::strategy::feature::{Feature, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};

/// Winners that vote in the unvalidated ensemble.
const N_VOTERS: usize = 9;
/// By how many seats one side must lead for equal votes to bet on it.
const LEAD: f64 = 3.0;

/// Bets the season, watches production for drift, and notes it all down.
pub fn judge(spec: &CycleSpec, state: &mut State, season: u16, table: &Table) -> Left {
    let period = Period::seasons(season..=season);
    let mut lines: BTreeMap<String, SeasonBets> = BTreeMap::new();
    let mut note = |name: &str, bets: Vec<Bet>| {
        let bets = bets.iter().map(BetLine::of).collect();
        lines.insert(name.to_owned(), SeasonBets { bets });
    };
    let n_deployed = state.production.len() as u64;
    let production: Vec<Strategy> = state.production.iter().map(|d| d.strategy.clone()).collect();
    note(PRODUCTION, any_of(&production, table, &period));
    if let Some(current) = &state.current {
        let winners: Vec<Strategy> = current
            .population
            .winners(usize::MAX)
            .iter()
            .map(|w| w.strategy.clone())
            .collect();
        let bets = ensemble(&winners, table, &period);
        let mut rng = Pcg64Mcg::new(u128::from(spec.seed) << 20 | u128::from(season) << 1 | 1);
        note(RANDOM, random(&bets, table, &period, &mut rng));
        note(ENSEMBLE, bets);
        note(BEST_TRAINED, any_of(&winners[..winners.len().min(1)], table, &period));
        let best = rank_sources(table, &current.search).0.into_iter().next();
        note(
            BEST_SEAT,
            best.map_or_else(Vec::new, |(source, _)| seat(&source, table, &period)),
        );
    }
    note(EQUAL_VOTES, equal_votes(table, &period));
    let changes = drift(state, table, &period);
    let decisions = changes.iter().map(|c| demotion(&c.strategy, &c.reason)).collect();
    let text = |p: Option<&Period>| p.map_or_else(String::new, ToString::to_string);
    state.judged.push(Judged {
        season,
        search: text(state.current.as_ref().map(|c| &c.search)),
        held: state
            .current
            .iter()
            .flat_map(|c| &c.held)
            .map(ToString::to_string)
            .collect(),
        n_deployed,
        lines,
    });
    Left {
        changes,
        decisions,
        ..Left::default()
    }
}

/// Adds the season's bets to each deployed strategy and takes out those that no longer do what they promised.
fn drift(state: &mut State, table: &Table, period: &Period) -> Vec<Change> {
    let mut changes = Vec::new();
    state.production.retain_mut(|deployed| {
        let bets = any_of(std::slice::from_ref(&deployed.strategy), table, period);
        deployed.bets.extend(bets.iter().map(|bet| SettledBet {
            won: match bet.settled {
                Settled::Win => Some(true),
                Settled::Loss => Some(false),
                Settled::Push => None,
            },
            clv: bet.clv,
            profit: bet.stake * bet.profit(Pricing::Real),
        }));
        let verdict = watch(&deployed.bets, deployed.promised);
        if verdict.demote {
            changes.push(Change {
                strategy: deployed.strategy.id(),
                became: Became::Demoted,
                reason: verdict.reason,
                standing: None,
            });
        }
        !verdict.demote
    });
    changes
}

/// The bets any of some strategies makes, each game and side once; games bet on both sides are left out.
fn any_of(strategies: &[Strategy], table: &Table, period: &Period) -> Vec<Bet> {
    let mut bets = Vec::new();
    for market in Market::ALL {
        let plans: Vec<Plan> = strategies
            .iter()
            .filter(|s| s.market() == market)
            .filter_map(|s| Plan::compile(s, table).ok())
            .collect();
        let Some(stake) = plans.first().map(|p| p.strategy().stake().clone()) else {
            continue;
        };
        let wanted: Vec<Bits> = plans.iter().map(|p| p.select(table, period)).collect();
        let n_rows = table.sheet(market).n_rows();
        let rows = Bits::of(n_rows, |row| wanted.iter().any(|w| w.contains(row)));
        bets.extend(bets_on(table.sheet(market), rows, &stake).0);
    }
    in_order(bets)
}

fn in_order(mut bets: Vec<Bet>) -> Vec<Bet> {
    bets.sort_by(|a, b| (a.kickoff, &a.game, a.side).cmp(&(b.kickoff, &b.game, b.side)));
    bets
}

/// The votes of the winners of each market.
fn ensemble(winners: &[Strategy], table: &Table, period: &Period) -> Vec<Bet> {
    let mut bets = Vec::new();
    for market in Market::ALL {
        let own: Vec<Strategy> = winners
            .iter()
            .filter(|s| s.market() == market)
            .take(N_VOTERS)
            .cloned()
            .collect();
        if let Some(ensemble) = Ensemble::of(&own) {
            let rows = ensemble.select(table, period);
            bets.extend(bets_on(table.sheet(market), rows, &Stake::one_percent()).0);
        }
    }
    in_order(bets)
}

/// Every edge of a point or more of one seat.
fn seat(source: &Source, table: &Table, period: &Period) -> Vec<Bet> {
    let edge = Subject::Feature(Feature::Edge(source.clone()));
    of_value(table, period, |market, row| {
        table.sheet(market).value(&edge, row).is_some_and(|e| e >= 1.0)
    })
}

fn equal_votes(table: &Table, period: &Period) -> Vec<Bet> {
    let (votes, against) = (Subject::Feature(Feature::Votes), Subject::Feature(Feature::Against));
    of_value(table, period, |market, row| {
        let sheet = table.sheet(market);
        let lead = sheet
            .value(&votes, row)
            .zip(sheet.value(&against, row))
            .map(|(v, a)| v - a);
        lead.is_some_and(|lead| lead >= LEAD)
    })
}

/// Bets on spreads and totals where something holds.
fn of_value(table: &Table, period: &Period, holds: impl Fn(Market, usize) -> bool) -> Vec<Bet> {
    let mut bets = Vec::new();
    for market in [Market::Spread, Market::Total] {
        let sheet = table.sheet(market);
        let mut rows = sheet.period(period);
        rows.and(&Bits::of(sheet.n_rows(), |row| holds(market, row)));
        bets.extend(bets_on(table.sheet(market), rows, &Stake::one_percent()).0);
    }
    in_order(bets)
}

/// As many bets as given on each market, on games and sides drawn at random among those with a line.
fn random(like: &[Bet], table: &Table, period: &Period, rng: &mut Pcg64Mcg) -> Vec<Bet> {
    let mut bets = Vec::new();
    for market in Market::ALL {
        let sheet = table.sheet(market);
        // A moneyline is the market without a line.
        let count = like
            .iter()
            .filter(|b| (b.line.is_none()) == (market == Market::Moneyline));
        let n = match market {
            Market::Moneyline => count.count(),
            Market::Spread | Market::Total => {
                let side = |b: &&Bet| matches!(b.side, Side::Over | Side::Under);
                count.filter(|b| side(b) == (market == Market::Total)).count()
            }
        };
        let period = sheet.period(period);
        let mut games: Vec<usize> = (0..sheet.games().len())
            .filter(|g| period.contains(2 * g) && sheet.settled(2 * g).is_some())
            .collect();
        let mut chosen = BTreeSet::new();
        while chosen.len() < n && !games.is_empty() {
            let game = games.swap_remove(rng.random_range(0..games.len()));
            chosen.insert(2 * game + usize::from(rng.random_bool(0.5)));
        }
        let rows = Bits::of(sheet.n_rows(), |row| chosen.contains(&row));
        bets.extend(bets_on(table.sheet(market), rows, &Stake::one_percent()).0);
    }
    in_order(bets)
}
