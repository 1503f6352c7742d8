//! Winners combined: a bet is made where at least so many of them want it.

use crate::engine::bits::Bits;
use crate::engine::period::Period;
use crate::engine::plan::Plan;
use crate::engine::table::Table;
use crate::strategy::rule::Strategy;
use serde::{Deserialize, Serialize};

/// Strategies of one market and moment with the number of votes a bet needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    members: Vec<Strategy>,
    votes: usize,
}

/// More members than these are a poll, not an ensemble.
pub const MAX_MEMBERS: usize = 15;

impl Ensemble {
    /// Of those strategies that bet on the market of the first, at its moment, the first fifteen; a bet needs the votes of
    /// more than half. `None` with fewer than two.
    pub fn of(winners: &[Strategy]) -> Option<Ensemble> {
        let first = winners.first()?;
        let alike = |s: &&Strategy| s.market() == first.market() && s.at() == first.at();
        let members: Vec<Strategy> = winners.iter().filter(alike).take(MAX_MEMBERS).cloned().collect();
        let votes = members.len() / 2 + 1;
        (members.len() >= 2).then_some(Ensemble { members, votes })
    }

    /// The candidate rows that enough members want in a period, both sides of a game among them where they disagree.
    /// Members that ask for what the table does not have cannot vote.
    pub fn select(&self, table: &Table, period: &Period) -> Bits {
        let wanted: Vec<Bits> = self
            .members
            .iter()
            .filter_map(|member| Plan::compile(member, table).ok())
            .map(|plan| plan.select(table, period))
            .collect();
        let n_rows = self.members.first().map_or(0, |m| table.sheet(m.market()).n_rows());
        Bits::of(n_rows, |row| {
            wanted.iter().filter(|w| w.contains(row)).count() >= self.votes
        })
    }
}
