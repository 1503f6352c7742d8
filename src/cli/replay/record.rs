//! What graded picks add up to: wins with their interval, what was needed, profit on stakes, closing line value.

use super::WeekLine;
use crate::cli::Failure;
use crate::clock::Seeds;
use crate::domain::game::SeasonWeek;
use crate::domain::money::Cents;
use crate::domain::price::American;
use crate::market::odds::break_even;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use crate::store::{Conn, decisions};
use serde::Serialize;
use std::collections::BTreeMap;

/// The record of all graded picks.
#[derive(Clone, Debug, Serialize)]
pub struct SeasonRecord {
    /// Graded picks, voids among them.
    pub n_graded: usize,
    /// Wins among those won or lost.
    pub win_rate: Rate,
    /// The mean of 1 / decimal price over those: the rate such picks need.
    pub break_even: Option<f64>,
    /// Profit of all.
    pub profit_cents: i64,
    /// Their stakes.
    pub staked_cents: i64,
    /// Profit / stakes; the interval is of whole weeks drawn anew.
    pub yield_on_stakes: Mean,
    /// Graded picks with a closing line value, in points or, for a moneyline, in probability.
    pub n_clv: usize,
    /// Closing line value in points, of spreads and totals.
    pub clv_points: Mean,
}

/// One graded pick.
struct Bet {
    when: SeasonWeek,
    profit: Cents,
    stake: Cents,
    won: Option<bool>,
    price: Option<American>,
    clv_points: Option<f64>,
    has_clv: bool,
}

/// Adds up all graded picks of a database, and each to its week's line.
///
/// # Errors
/// [`Failure`] of the database.
pub fn record(
    conn: &mut Conn,
    season: u16,
    seed: u64,
    weeks: &mut BTreeMap<u8, WeekLine>,
) -> Result<SeasonRecord, Failure> {
    let bets = bets(conn, season)?;
    for bet in &bets {
        let line = weeks.entry(bet.when.week).or_default();
        match bet.won {
            Some(true) => line.wins += 1,
            Some(false) => line.losses += 1,
            None => line.pushes += 1,
        }
        line.profit_cents += bet.profit.0;
    }
    let bootstrap = Bootstrap::new(Seeds::new(seed).derive("replay/record", 0));
    let needed: Vec<f64> = bets
        .iter()
        .filter(|bet| bet.won.is_some())
        .filter_map(|bet| Some(break_even(bet.price?.decimal()).get()))
        .collect();
    let staked = bets.iter().filter(|bet| bet.stake.0 > 0);
    let ratios = staked.map(|bet| (bet.when, bet.profit.0 as f64, bet.stake.0 as f64));
    Ok(SeasonRecord {
        n_graded: bets.len(),
        win_rate: Rate::among(bets.iter().filter_map(|bet| bet.won)),
        break_even: (!needed.is_empty()).then(|| needed.iter().sum::<f64>() / needed.len() as f64),
        profit_cents: bets.iter().map(|bet| bet.profit.0).sum(),
        staked_cents: bets.iter().map(|bet| bet.stake.0).sum(),
        yield_on_stakes: bootstrap.ratio(ratios),
        n_clv: bets.iter().filter(|bet| bet.has_clv).count(),
        clv_points: bootstrap.mean(bets.iter().filter_map(|bet| Some((bet.when, bet.clv_points?)))),
    })
}

fn bets(conn: &mut Conn, season: u16) -> Result<Vec<Bet>, Failure> {
    let mut weeks: BTreeMap<String, u8> = BTreeMap::new();
    let mut bets = Vec::new();
    for (pick, grade) in decisions::graded(conn, None)? {
        let Some(grade) = grade.filter(|_| pick.status == "pick") else {
            continue;
        };
        let week = match weeks.get(&pick.round_id) {
            Some(week) => *week,
            None => {
                let round = decisions::round(conn, &pick.round_id)?;
                let week = round.and_then(|r| u8::try_from(r.week).ok()).unwrap_or_default();
                weeks.insert(pick.round_id.clone(), week);
                week
            }
        };
        bets.push(Bet {
            when: SeasonWeek { season, week },
            profit: Cents(grade.profit_cents),
            stake: Cents(pick.stake_cents),
            won: match grade.result.as_str() {
                "win" => Some(true),
                "loss" => Some(false),
                _ => None,
            },
            price: pick.price.and_then(|price| American::new(price).ok()),
            clv_points: grade.clv_points,
            has_clv: grade.clv_points.or(grade.clv_probability).is_some(),
        });
    }
    Ok(bets)
}
