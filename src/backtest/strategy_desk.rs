//! What the strategies in production want of a slate: the columns of the live round are those they were proven on, built by
//! the same walk over the past, and nothing that becomes known later is in them.
//!
//! A strategy that bets at the open is asked in rounds at the open or at an instant, one that bets at the close in rounds at
//! the close. Games that have started and openers that failed the look-ahead test are not in the round. A stake is the strategy's own share of the bankroll. A live bet needs a price somebody named: -110 is assumed
//! nowhere here.

#[cfg(test)]
mod tests;

use super::features::{Row, Walk};
use super::openers::{OpenerReport, Quarantine};
use crate::agents::specialists::data_engineer::{AsOf, plan};
use crate::domain::archive::Archive;
use crate::domain::belief::Basis;
use crate::domain::calendar::eastern_day;
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::money::Cents;
use crate::domain::quote::{Book, Market};
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::sheet::{Candidate, SheetBuilder, Subject};
use crate::engine::table::Table;
use crate::engine::track::share;
use crate::machine::{Machine, Turn};
use crate::minds::quant::ROSTER;
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use crate::protocol::proposal::{Origin, Proposal};
use crate::strategy::feature::Known;
use crate::strategy::rule::{Strategy, StrategyId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the desk is.
pub const CARD: Card = Card {
    role: "strategy_desk",
    level: Level::Worker,
    tools: &["strategies", "slates"],
    memory: Memory::None,
    reasoning: Reasoning::Quantitative,
};

/// "What do these strategies want of this week?"
#[derive(Clone, Debug)]
pub struct Input {
    /// Everything stored.
    pub archive: Arc<Archive>,
    /// The week.
    pub when: SeasonWeek,
    /// When its bets are decided.
    pub as_of: AsOf,
    /// The books the user can bet at; all when not named.
    pub books: Option<Vec<Book>>,
    /// The strategies in production.
    pub strategies: Vec<Strategy>,
    /// What their stakes are shares of.
    pub bankroll: Cents,
}

/// A strategy, or one bet of it, that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unserved {
    /// Whose.
    pub strategy: StrategyId,
    /// The game; none when the strategy as a whole is meant.
    pub game: Option<GameId>,
    /// Why.
    pub reason: String,
}

/// What the strategies want, in the order they were named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// The bets.
    pub proposals: Vec<Proposal>,
    /// What could not be asked or cannot be bet.
    pub unserved: Vec<Unserved>,
}

/// The machine. It keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct StrategyDesk;

impl Machine for StrategyDesk {
    type Input = Input;
    type Effect = Effect;
    /// Seats go through the whole past before they answer.
    const HEAVY: bool = true;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        turn.emit(propose(&input));
    }
}

/// What the strategies want of a week.
pub fn propose(input: &Input) -> Effect {
    propose_beyond(input, &quarantine(input))
}

/// The same, of all but the openers of a quarantine.
fn propose_beyond(input: &Input, quarantine: &Quarantine) -> Effect {
    let mut said = Effect::default();
    let mut walk = Walk::new(&ROSTER, input.as_of).at_books(input.books.clone());
    let mut rows = Vec::new();
    for planned in plan(&input.archive, input.when, input.as_of) {
        // At its own kickoff a game can still be had at its closing price; an instant later it has started.
        let open = walk.round(&input.archive, &planned).into_iter();
        rows.extend(open.filter(|row| planned.at <= row.key.kickoff));
    }
    rows.retain(|row| !quarantine.holds(&row.book, row.market, row.key.when.season));
    let table = match open_table(moment(input.as_of), &rows) {
        Ok(table) => table,
        Err(reason) => {
            let whole = |s: &Strategy| nothing(s, None, reason.clone());
            said.unserved = input.strategies.iter().map(whole).collect();
            return said;
        }
    };
    let offered: BTreeMap<(&GameId, Market), &Row> =
        rows.iter().map(|row| ((&row.key.game, row.market), row)).collect();
    for strategy in &input.strategies {
        match Plan::compile(strategy, &table) {
            Ok(plan) => wants(&plan, &table, input, &offered, &mut said),
            Err(error) => said.unserved.push(nothing(strategy, None, error.to_string())),
        }
    }
    said
}

/// Openers that no strategy was proven on, because they were posted before last week's games were over.
fn quarantine(input: &Input) -> Quarantine {
    match input.as_of {
        AsOf::Open => OpenerReport::of(&input.archive).quarantine(),
        AsOf::Close | AsOf::At(_) => Quarantine::default(),
    }
}

/// The moment strategies of a round bet at: what is decided at an instant is decided like what opened.
fn moment(as_of: AsOf) -> Known {
    match as_of.basis() {
        Basis::Open => Known::Open,
        Basis::Close => Known::Close,
    }
}

fn nothing(strategy: &Strategy, game: Option<GameId>, reason: String) -> Unserved {
    Unserved {
        strategy: strategy.id(),
        game,
        reason,
    }
}

/// The round as a table of open bets: results and whatever else became known after the bet are taken out, stored or not.
fn open_table(at: Known, rows: &[Row]) -> Result<Table, String> {
    let mut builders = Market::ALL.map(SheetBuilder::new);
    for row in rows {
        let sides = row.sides.clone().map(|side| open(side, at));
        let added = builders[row.market as usize].game(row.key.clone(), sides);
        added.map_err(|e| e.to_string())?;
    }
    let [spread, total, moneyline] = builders.map(SheetBuilder::build);
    let sheets = [spread, total, moneyline].map(|sheet| sheet.map_err(|e| e.to_string()));
    let [spread, total, moneyline] = sheets;
    Table::new(at, [spread?, total?, moneyline?], 0).map_err(|e| e.to_string())
}

fn open(mut side: Candidate, at: Known) -> Candidate {
    (side.settled, side.clv) = (None, None);
    side.values.retain(|subject, _| match subject {
        Subject::Feature(feature) => feature.known() <= at,
        Subject::Flag(_) => true,
    });
    side
}

fn wants(
    plan: &Plan,
    table: &Table,
    input: &Input,
    offered: &BTreeMap<(&GameId, Market), &Row>,
    said: &mut Effect,
) {
    let (strategy, market) = (plan.strategy(), plan.market());
    let sheet = table.sheet(market);
    let wanted = plan.select(table, &Period::weeks(input.when..=input.when));
    for at in wanted.iter() {
        let key = &sheet.games()[at / 2];
        let first = at.is_multiple_of(2);
        let mut none = |reason: &str| {
            let game = Some(key.game.clone());
            said.unserved.push(nothing(strategy, game, reason.to_owned()));
        };
        if wanted.contains(at ^ 1) {
            if first {
                none("it wants both sides");
            }
            continue;
        }
        let row = offered.get(&(&key.game, market));
        let Some((book, price)) = row.and_then(|row| row.offered[usize::from(!first)].clone()) else {
            none("no book names a price for it, and none is assumed");
            continue;
        };
        said.proposals.push(Proposal {
            origin: Origin::Strategy(strategy.id()),
            game: key.game.clone(),
            day: eastern_day(key.kickoff),
            market,
            side: sheet.side(at),
            line: sheet.line(at),
            price,
            assumed: false,
            book,
            stake: input
                .bankroll
                .fraction(share(sheet, at, strategy.stake(), price.decimal())),
            expected: None,
        });
    }
}
