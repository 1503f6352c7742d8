//! A part of a table that holds nothing of the rest: who is handed it cannot look beyond it, by construction.

use super::period::Period;
use super::sheet::Sheet;
use super::table::Table;
use crate::domain::quote::Market;
use std::sync::Arc;

impl Table {
    /// The table with the games of a period only. It has the same columns and sources, and a hash of its own.
    pub fn within(&self, period: &Period) -> Table {
        let sheets = Market::ALL.map(|market| self.sheet(market).within(period));
        Table::new(self.at(), sheets, self.n_quarantined()).expect("the sheets keep the moment and order they had")
    }
}

impl Sheet {
    fn within(&self, period: &Period) -> Sheet {
        let games: Vec<usize> = (0..self.games.len())
            .filter(|&g| period.contains(self.games[g].when))
            .collect();
        let rows: Vec<usize> = games.iter().flat_map(|g| [2 * g, 2 * g + 1]).collect();
        Sheet {
            market: self.market,
            games: games.iter().map(|&g| self.games[g].clone()).collect(),
            subjects: Arc::clone(&self.subjects),
            columns: self.columns.iter().map(|column| kept(column, &rows)).collect(),
            settled: kept(&self.settled, &rows),
            prices: kept(&self.prices, &rows),
            lines: kept(&self.lines, &rows),
            clv: kept(&self.clv, &rows),
            chances: self
                .chances
                .iter()
                .map(|(source, column)| (source.clone(), kept(column, &rows)))
                .collect(),
        }
    }
}

fn kept<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| column[row]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::game::{GameId, SeasonWeek};
    use crate::engine::sheet::{Candidate, Key, SheetBuilder, Subject};
    use crate::strategy::feature::{Feature, Known};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn what_lies_outside_is_gone_and_what_lies_inside_is_as_it_was() {
        let sheet = |market| {
            let mut builder = SheetBuilder::new(market);
            for n in 0..40u16 {
                let key = Key {
                    game: GameId::new(&format!("{n:02}")),
                    when: SeasonWeek {
                        season: 2010 + n / 10,
                        week: 1,
                    },
                    kickoff: DateTime::UNIX_EPOCH + TimeDelta::days(i64::from(n)),
                };
                let side = |x: f64| Candidate::default().with(Feature::Rest, x);
                builder.game(key, [side(f64::from(n)), side(-f64::from(n))]).unwrap();
            }
            builder.build().unwrap()
        };
        let table = Table::new(Known::Open, Market::ALL.map(sheet), 3).unwrap();
        let cut = table.within(&Period::seasons(2011..=2012));
        assert_eq!((cut.seasons(), cut.n_quarantined()), (vec![2011, 2012], 3));
        let rest = |row| cut.sheet(Market::Total).value(&Subject::Feature(Feature::Rest), row);
        assert_eq!(
            (rest(0), rest(1), rest(39), rest(40)),
            (Some(10.0), Some(-10.0), Some(-29.0), None)
        );
        assert_ne!(cut.hash(), table.hash());
        assert_eq!(table.within(&Period::default()).seasons(), Vec::<u16>::new());
    }
}
