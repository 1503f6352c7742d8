//! What strategies did on games after they were put on record: return, win rate and Sharpe ratio of all their bets, and their
//! hypotheses.

use super::{CARD, OnRecord, Study};
use crate::agents::specialists::stock::{Figures, Stock, stream};
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::memory::{Claim, Held, Memory, MemoryId, Resolution};
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::sheet::Settled;
use crate::engine::table::Table;
use crate::engine::track::{Bet, Pricing, Track};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::deflated::Shape;
use crate::stats::estimate::Rate;
use crate::stats::interval::Z975;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Decided bets a hypothesis is judged by: enough that a strategy at 60% loses money on them once in eight times.
const JUDGED_BY: usize = 30;

/// The figures, hypotheses and their ends.
pub(super) fn stock(study: &Study) -> Stock {
    let figures = Figures {
        agent: CARD.role,
        at: study.view.at(),
    };
    let tracked: Vec<(&OnRecord, Vec<Bet>)> = study
        .strategies
        .iter()
        .map(|on| (on, since(on, &study.tables)))
        .collect();
    let bets: Vec<&Bet> = tracked.iter().flat_map(|(_, bets)| bets).collect();
    let why = match study.strategies.len() {
        0 => "no validated strategy is on record".to_owned(),
        n => format!("{n} validated strategies on record, none has had a decided bet since it was put there"),
    };
    Stock {
        kpis: kpis(&bets, figures, &Bootstrap::new(stream(study.seed)), &why),
        remembered: tracked.iter().filter_map(|(on, _)| hypothesis(study, on)).collect(),
        resolved: resolve(study, &tracked),
    }
}

/// A strategy's settled bets on games that kicked off after it was put on record; of a table of another moment, or without
/// its columns, none.
fn since(on: &OnRecord, tables: &[Arc<Table>]) -> Vec<Bet> {
    let Some(table) = tables.iter().find(|table| table.at() == on.strategy.at()) else {
        return Vec::new();
    };
    let Ok(plan) = Plan::compile(&on.strategy, table) else {
        return Vec::new();
    };
    let mut track = Track::of(table, &plan, &Period::seasons(0..=u16::MAX));
    track.bets.retain(|bet| bet.kickoff > on.since);
    track.bets
}

fn kpis(bets: &[&Bet], figures: Figures, bootstrap: &Bootstrap, why: &str) -> Vec<Kpi> {
    let roi = bootstrap.mean(bets.iter().map(|bet| (bet.when, bet.profit(Pricing::Real))));
    let decided = bets.iter().filter(|bet| bet.settled != Settled::Push);
    let mut weekly = BTreeMap::new();
    for bet in bets {
        *weekly.entry(bet.when).or_insert(0.0) += bet.profit(Pricing::Real);
    }
    let weekly: Vec<f64> = weekly.into_values().collect();
    let sharpe = match Shape::of(&weekly) {
        Some(shape) => {
            let s = shape.sharpe;
            let spread = 1.0 - shape.skewness * s + (shape.kurtosis - 1.0) / 4.0 * s * s;
            let se = (spread.max(0.0) / (shape.n_periods - 1) as f64).sqrt();
            let ends = Some([s - Z975 * se, s + Z975 * se]);
            figures.value("strategy_sharpe", Unit::Ratio, s, shape.n_periods, ends)
        }
        None if bets.is_empty() => figures.none("strategy_sharpe", Unit::Ratio, 0, why),
        None => {
            let alike = "fewer than two weeks with bets, or all alike";
            figures.none("strategy_sharpe", Unit::Ratio, weekly.len() as u64, alike)
        }
    };
    vec![
        figures.mean("strategy_roi", Unit::Share, roi, why),
        figures.rate(
            "strategy_win_rate",
            Rate::among(decided.map(|bet| bet.settled == Settled::Win)),
            why,
        ),
        sharpe,
    ]
}

fn id_of(on: &OnRecord) -> MemoryId {
    MemoryId(format!("{}/{}", CARD.role, on.strategy.id()))
}

fn hypothesis(study: &Study, on: &OnRecord) -> Option<Memory> {
    let id = id_of(on);
    let recall = study.memories.as_of(study.view.at());
    let mut said = recall.pending().chain(recall.resolved().map(|(m, _)| m));
    if said.any(|m| m.id == id) {
        return None;
    }
    Some(Memory {
        id,
        agent: CARD.role.to_owned(),
        when: study.when,
        said_at: study.view.at(),
        text: format!("{} makes money on its next {JUDGED_BY} decided bets", on.strategy),
        claim: Claim::Strategy {
            strategy: on.strategy.id().to_string(),
        },
    })
}

fn resolve(study: &Study, tracked: &[(&OnRecord, Vec<Bet>)]) -> Vec<(MemoryId, Resolution)> {
    let recall = study.memories.as_of(study.view.at());
    let resolved = |memory: &Memory| {
        let (_, bets) = tracked.iter().find(|(on, _)| id_of(on) == memory.id)?;
        let resolution = judged(bets, memory.said_at, study.view.at())?;
        Some((memory.id.clone(), resolution))
    };
    recall.pending().filter_map(resolved).collect()
}

fn judged(bets: &[Bet], said_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Resolution> {
    let later = bets
        .iter()
        .filter(|bet| bet.kickoff > said_at && bet.settled != Settled::Push);
    let judged: Vec<&Bet> = later.take(JUDGED_BY).collect();
    if judged.len() < JUDGED_BY {
        return None;
    }
    let profit: f64 = judged.iter().map(|bet| bet.profit(Pricing::Real)).sum();
    let clv: Vec<f64> = judged.iter().filter_map(|bet| bet.clv).collect();
    Some(Resolution {
        at: now,
        held: if profit > 0.0 { Held::Yes } else { Held::No },
        clv_points: (!clv.is_empty()).then(|| clv.iter().sum::<f64>() / clv.len() as f64),
        n: JUDGED_BY as u64,
        text: format!("{profit:+.2} units on {JUDGED_BY} decided bets"),
    })
}
