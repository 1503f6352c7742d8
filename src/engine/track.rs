//! One strategy bet by bet: what it took, at which price, how it ended, and what its stakes made of a bankroll.

use super::bits::Bits;
use super::period::Period;
use super::plan::Plan;
use super::sheet::{Settled, Sheet};
use super::table::Table;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::price::{American, Decimal};
use crate::domain::quote::{Market, Side};
use crate::strategy::rule::StrategyId;
use crate::strategy::stake::Stake;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A bet of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bet {
    /// The game.
    pub game: GameId,
    /// Its week.
    pub when: SeasonWeek,
    /// Its kickoff.
    pub kickoff: DateTime<Utc>,
    /// The side that was bet.
    pub side: Side,
    /// The line with the archive's sign (spread: positive when the home team is favoured).
    pub line: Option<HalfPoints>,
    /// The price it could be had at, where one is known.
    pub price: Option<Decimal>,
    /// How it ended.
    pub settled: Settled,
    /// Closing line value in points (moneyline: percentage points).
    pub clv: Option<f64>,
    /// Share of the bankroll at the start of its week, by the strategy's stake; zero when Kelly sees no edge.
    pub stake: f64,
}

/// Which price a profit is counted at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Every spread and total at -110, every moneyline at its own price: comparable between years.
    Usual,
    /// At the bet's own price, and at -110 where none is known.
    Real,
}

impl Bet {
    /// Profit on a stake of one.
    pub fn profit(&self, pricing: Pricing) -> f64 {
        let own = match (pricing, self.price) {
            (Pricing::Real, Some(price)) => Some(price),
            (Pricing::Usual, Some(price)) if self.line.is_none() => Some(price),
            _ => None,
        };
        match self.settled {
            Settled::Win => own.unwrap_or(American::MINUS_110.decimal()).profit(),
            Settled::Loss => -1.0,
            Settled::Push => 0.0,
        }
    }
}

/// What the bankroll, one at the start, was after a bet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bankroll {
    /// Week of the bet.
    pub when: SeasonWeek,
    /// The bankroll as a multiple of the start.
    pub bankroll: f64,
}

/// All bets of a strategy in a period, in the order of kickoffs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Whose.
    pub strategy: StrategyId,
    /// The market.
    pub market: Market,
    /// Over which weeks.
    pub period: Period,
    /// The weeks of the period in which the market had games, bet on or not.
    pub weeks: Vec<SeasonWeek>,
    /// The bets; unsettled ones are not among them.
    pub bets: Vec<Bet>,
    /// Weeks of the games of which it wanted both sides, one entry a game: bet on neither.
    pub conflicts: Vec<SeasonWeek>,
}

/// The weeks of a season that count as early.
const EARLY_WEEKS: u8 = 4;

impl Track {
    /// Follows a plan over a period. Of games wanted on both sides neither is bet; open bets are left out, and so are
    /// moneylines without a price.
    ///
    /// # Panics
    /// When the plan is of another moment than the table.
    pub fn of(table: &Table, plan: &Plan, period: &Period) -> Track {
        let sheet = table.sheet(plan.market());
        let (bets, conflicts) = bets_on(sheet, plan.select(table, period), plan.strategy().stake());
        let mut weeks: Vec<SeasonWeek> = sheet.games.iter().map(|key| key.when).collect();
        weeks.sort_unstable();
        weeks.dedup();
        weeks.retain(|when| period.contains(*when));
        Track {
            strategy: plan.strategy().id(),
            market: plan.market(),
            period: period.clone(),
            weeks,
            bets,
            conflicts,
        }
    }

    /// Profit in units, one a bet, of every week of the period; zero where nothing was bet.
    pub fn weekly_returns(&self, pricing: Pricing) -> Vec<(SeasonWeek, f64)> {
        let mut sums: BTreeMap<SeasonWeek, f64> = self.weeks.iter().map(|when| (*when, 0.0)).collect();
        for bet in &self.bets {
            *sums.entry(bet.when).or_default() += bet.profit(pricing);
        }
        sums.into_iter().collect()
    }

    /// The bets by season, for seasons of the period without bets an empty list.
    pub fn per_season(&self) -> Vec<(u16, Vec<&Bet>)> {
        let mut seasons: BTreeMap<u16, Vec<&Bet>> =
            self.weeks.iter().map(|when| (when.season, Vec::new())).collect();
        for bet in &self.bets {
            seasons.entry(bet.when.season).or_default().push(bet);
        }
        seasons.into_iter().collect()
    }

    /// The track of weeks 1 to 4 of each season, when ratings still speak of last year's teams, and the track of the rest.
    pub fn early_and_late(&self) -> [Track; 2] {
        let part = |early: bool| {
            let belongs = |when: SeasonWeek| (when.week <= EARLY_WEEKS) == early;
            let weeks: Vec<SeasonWeek> = self.weeks.iter().copied().filter(|when| belongs(*when)).collect();
            Track {
                strategy: self.strategy.clone(),
                market: self.market,
                period: Period::of(weeks.iter().copied()),
                bets: self.bets.iter().filter(|bet| belongs(bet.when)).cloned().collect(),
                weeks,
                conflicts: self.conflicts.iter().copied().filter(|when| belongs(*when)).collect(),
            }
        };
        [part(true), part(false)]
    }

    /// The bankroll after each bet, one at the start. The stakes of a week are shares of the bankroll at its start, as if
    /// all were placed before any was settled. Priced bets pay their own price, others -110.
    pub fn equity(&self) -> Vec<Bankroll> {
        let (mut bankroll, mut at_start, mut week) = (1.0, 1.0, None);
        let after = |bet: &Bet| {
            if week != Some(bet.when) {
                (week, at_start) = (Some(bet.when), bankroll);
            }
            bankroll += at_start * bet.stake * bet.profit(Pricing::Real);
            let when = bet.when;
            Bankroll { when, bankroll }
        };
        self.bets.iter().map(after).collect()
    }
}

/// The settled bets on wanted rows of a sheet, in its order, and the weeks of games wanted on both sides, which are not bet.
/// Moneylines without a price are left out.
pub fn bets_on(sheet: &Sheet, mut rows: Bits, stake: &Stake) -> (Vec<Bet>, Vec<SeasonWeek>) {
    rows.and(&Bits::of(sheet.n_rows(), |row| sheet.settled[row].is_some()));
    let wanted_twice = Bits::of(sheet.n_rows(), |row| rows.contains(row) && rows.contains(row ^ 1));
    rows.and_not(&wanted_twice);
    let bets = rows.iter().filter_map(|row| bet(sheet, row, stake)).collect();
    let conflicts = wanted_twice.iter().step_by(2).map(|row| sheet.games[row / 2].when);
    (bets, conflicts.collect())
}

/// The bet on a row, unless it is open or a moneyline without a price.
fn bet(sheet: &Sheet, row: usize, stake: &Stake) -> Option<Bet> {
    let key = &sheet.games[row / 2];
    let settled = sheet.settled[row]?;
    let price = sheet.prices[row];
    if sheet.market == Market::Moneyline && price.is_none() {
        return None;
    }
    Some(Bet {
        game: key.game.clone(),
        when: key.when,
        kickoff: key.kickoff,
        side: sheet.side(row),
        line: sheet.lines[row],
        price,
        settled,
        clv: sheet.clv[row],
        stake: share(sheet, row, stake, price.unwrap_or(American::MINUS_110.decimal())),
    })
}

/// Share of the bankroll a rule stakes: flat, or a fraction of Kelly under its cap. A push returns the stake, so it leaves
/// the best share as it is when the probability is given no push: `f = p - (1 - p) / b` (Kelly 1956).
pub fn share(sheet: &Sheet, row: usize, stake: &Stake, price: Decimal) -> f64 {
    match stake {
        Stake::Flat { percent } => percent.get() / 100.0,
        Stake::Kelly { source, percent, cap } => {
            let kelly = sheet
                .chance(source, row)
                .map_or(0.0, |p| p - (1.0 - p) / price.profit());
            (kelly.max(0.0) * percent.get() / 100.0).min(cap.get() / 100.0)
        }
    }
}
