//! The real past as a table of candidate bets: what every seat would have said at each opener or close, and what came of it.
//!
//! Walk-forward by construction: a round asks members that hold nothing but a view as of its instant, as the daemon does, and
//! reads the schedule and the prices from that view. Only three things are taken from afterwards: how a bet ended, its
//! closing line value, and the columns that are marked as known after the game, which no plan can reach.
//!
//! Wind and temperature are forecasts as they were known: past seasons have none stored, so their columns are empty there.

mod columns;
#[cfg(test)]
mod tests;

use super::openers::Quarantine;
use crate::agents::specialists::data_engineer::{AsOf, Planned, plan, slate};
use crate::domain::archive::{Archive, View};
use crate::domain::belief::{Abstention, Answer, Offer, Seat};
use crate::domain::game::SeasonWeek;
use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::domain::quote::{Book, Market, Quote};
use crate::engine::sheet::{Candidate, Key, Sheet, SheetBuilder, SheetError};
use crate::engine::table::{Table, TableError};
use crate::market::shapes::{Shapes, fair};
use crate::minds::member::Member;
use crate::minds::quant::MindFactory;
use crate::strategy::feature::{Feature, Known, Source};
use crate::swarms::ballot::Weights;
use crate::swarms::pool::{PoolSettings, Records, pooled};
use rayon::prelude::*;
use std::sync::Arc;

/// Why an archive makes no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Rows that make no sheet.
    #[error("building the table of candidate bets: {0}")]
    Sheet(#[from] SheetError),
    /// Sheets that make no table.
    #[error("building the table of candidate bets: {0}")]
    Table(#[from] TableError),
}

/// One market of one game of a round.
#[derive(Clone, Debug)]
pub struct Row {
    /// The market.
    pub market: Market,
    /// The game.
    pub key: Key,
    /// Who quoted the line.
    pub book: Book,
    /// Home or over first, away or under second.
    pub sides: [Candidate; 2],
    /// The best price at the line and the book that named it, of either side.
    pub offered: [Option<(Book, American)>; 2],
}

/// Seats that go through the past together, round by round.
pub struct Walk {
    seats: Vec<(Seat, Source, Member)>,
    as_of: AsOf,
    books: Option<Vec<Book>>,
    settings: PoolSettings,
    shapes: Option<Shapes>,
    /// What votes are weighed with, learnt at the first round of a week.
    weights: Option<(SeasonWeek, Weights)>,
}

impl Walk {
    /// Seats by roster that decide at `as_of`. Names that the strategy language cannot spell are no sources and are left
    /// out.
    pub fn new(roster: &[(&str, MindFactory)], as_of: AsOf) -> Walk {
        let seat = |(name, mind): &(&str, MindFactory)| {
            let mind = *mind;
            Some((Seat::new(name), Source::new(name)?, Member::new(mind, as_of.basis())))
        };
        Walk {
            seats: roster.iter().filter_map(seat).collect(),
            as_of,
            books: None,
            settings: PoolSettings::default(),
            shapes: None,
            weights: None,
        }
    }

    /// The same walk at some books' prices only; at all books' without any.
    pub fn at_books(self, books: Option<Vec<Book>>) -> Walk {
        Walk { books, ..self }
    }

    /// The candidates of a round. Rounds are asked for in the order of their instants; an earlier one is answered too, but
    /// the members start over for it.
    pub fn round(&mut self, archive: &Arc<Archive>, planned: &Planned) -> Vec<Row> {
        let view = archive.as_of(planned.at);
        let offers = slate(planned, &view, self.as_of, self.books.as_deref());
        if offers.iter().all(|offer| offer.reference.iter().all(Option::is_none)) {
            return Vec::new(); // nothing to bet on; members catch up by themselves
        }
        let basis = self.as_of.basis();
        let answers: Vec<Answer> = self
            .seats
            .par_iter_mut()
            .map(|(_, _, member)| member.study(&view, basis, &offers))
            .collect();
        self.weigh(&answers, planned.when);
        self.shapes = Some(Shapes::of_season(self.shapes.take(), &view, planned.when.season));
        let mut rows = Vec::new();
        for (at, offer) in offers.iter().enumerate() {
            for market in Market::ALL {
                rows.extend(self.row(archive, &view, offer, market, &Said { at, answers: &answers }));
            }
        }
        rows
    }

    /// Learns the weights of the pool once a week: later rounds of the week know a few results more, which is not worth
    /// going through every record again.
    fn weigh(&mut self, answers: &[Answer], when: SeasonWeek) {
        if self.weights.as_ref().is_some_and(|(known, _)| *known == when) {
            return;
        }
        let names: Vec<Seat> = self.seats.iter().map(|(seat, ..)| seat.clone()).collect();
        let record = |(seat, answer): (&Seat, &Answer)| (seat.clone(), Arc::clone(&answer.record));
        let records: Records = names.iter().zip(answers).map(record).collect();
        self.weights = Some((when, Weights::learn(&names, &records, when, &self.settings)));
    }

    fn row(
        &self,
        archive: &Arc<Archive>,
        view: &View,
        offer: &Offer,
        market: Market,
        said: &Said<'_>,
    ) -> Option<Row> {
        let quote = offer.reference(market)?;
        if market != Market::Moneyline {
            quote.line?;
        }
        let fixture = &offer.fixture;
        let mut sides = columns::known(view, offer, quote, self.as_of);
        self.opinions(offer, quote, said, &mut sides);
        columns::afterwards(archive, fixture, quote, self.as_of, &mut sides);
        Some(Row {
            market,
            key: Key {
                game: fixture.id.clone(),
                when: fixture.when,
                kickoff: fixture.kickoff,
            },
            book: quote.book.clone(),
            offered: [market.first_side(), market.first_side().other()]
                .map(|side| columns::best_price(offer, quote, side).map(|(book, price)| (book.clone(), price))),
            sides,
        })
    }

    /// What each seat and the pool of all say about both sides.
    fn opinions(&self, offer: &Offer, quote: &Quote, said: &Said<'_>, sides: &mut [Candidate; 2]) {
        let market = quote.market;
        let fair = fair(quote);
        let (mut votes, mut departures) = ([0u32; 2], Vec::new());
        for ((seat, source, _), answer) in self.seats.iter().zip(said.answers) {
            let stance = &answer.opinions[said.at * Market::ALL.len() + market as usize].stance;
            if !matches!(stance, Err(Abstention::NotMyMarket)) {
                let (_, margin, total) = answer.forecasts[said.at];
                let mean = if market == Market::Total { total } else { margin };
                edge(
                    sides,
                    source,
                    mean.zip(points_of(offer, market)).map(|(mean, line)| mean - line),
                );
            }
            let Some(fair) = fair else { continue };
            let p_first = match stance {
                Ok(belief) => belief.p_first,
                Err(Abstention::NoEdge) => fair,
                Err(_) => continue,
            };
            if stance.is_ok() {
                votes[usize::from(p_first.get() < fair.get())] += 1;
            }
            probability(sides, source, p_first, fair);
            departures.push((seat, p_first.logit() - fair.logit()));
        }
        for (side, [own, other]) in sides.iter_mut().zip([[votes[0], votes[1]], [votes[1], votes[0]]]) {
            let answered = std::mem::take(side);
            *side = answered
                .with(Feature::Votes, own.into())
                .with(Feature::Against, other.into());
        }
        let swarm = Source::new(Source::SWARM).filter(|_| !departures.is_empty());
        if let (Some(fair), Some(swarm), Some((_, weights))) = (fair, swarm, &self.weights) {
            let departure = weights.blend[market as usize].departure(departures.into_iter());
            let p_first = pooled(fair, departure, 1.0);
            probability(sides, &swarm, p_first, fair);
            let mean = |p| {
                self.shapes
                    .as_ref()
                    .map(|shapes| shapes.mean_for(market, p, quote.line))
            };
            edge(
                sides,
                &swarm,
                mean(p_first).zip(mean(fair)).map(|(own, line)| own - line),
            );
        }
    }
}

/// What the seats said, and which game of the slate is meant.
struct Said<'a> {
    at: usize,
    answers: &'a [Answer],
}

/// The expectation the market holds: its spread or total; for a moneyline the spread beside it.
fn points_of(offer: &Offer, market: Market) -> Option<f64> {
    let lined = if market == Market::Total {
        Market::Total
    } else {
        Market::Spread
    };
    offer.reference(lined)?.line.map(|line| line.points())
}

/// Notes an edge in points towards home or over, and its contrary on the other side.
fn edge(sides: &mut [Candidate; 2], source: &Source, first: Option<f64>) {
    let Some(first) = first.filter(|edge| edge.is_finite()) else {
        return;
    };
    for (side, sign) in sides.iter_mut().zip([1.0, -1.0]) {
        *side = std::mem::take(side).with(Feature::Edge(source.clone()), sign * first);
    }
}

/// Notes a probability of home or over and what it is worth beyond the market's own.
fn probability(sides: &mut [Candidate; 2], source: &Source, p_first: Probability, fair: Probability) {
    let value = 100.0 * (p_first.get() - fair.get());
    let both = [(p_first, value), (p_first.complement(), -value)];
    for (side, (p, value)) in sides.iter_mut().zip(both) {
        *side = std::mem::take(side).with(Feature::Value(source.clone()), value);
        side.chances.insert(source.clone(), p.get());
    }
}

/// The moment of a table as the data engineer calls it; none after the game.
fn as_of(at: Known) -> Option<AsOf> {
    match at {
        Known::Open => Some(AsOf::Open),
        Known::Close => Some(AsOf::Close),
        Known::After => None,
    }
}

/// Every round of the weeks, by instant.
pub fn rounds(archive: &Archive, weeks: &[SeasonWeek], as_of: AsOf) -> Vec<Planned> {
    let mut rounds: Vec<Planned> = weeks.iter().flat_map(|when| plan(archive, *when, as_of)).collect();
    rounds.sort_by_key(|planned| (planned.at, planned.when));
    rounds
}

/// The table of everything stored, as of the open or the close, asked of the seats of a roster. Lines of quarantined
/// sources are left out and counted. `progress` is told how many rounds of how many are done.
///
/// # Errors
/// [`BuildError`] when a moment after the game is asked for, or the rows contradict themselves.
pub fn table(
    archive: &Arc<Archive>,
    at: Known,
    roster: &[(&str, MindFactory)],
    quarantine: &Quarantine,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Table, BuildError> {
    table_of(archive, &archive.weeks(), at, roster, quarantine, progress)
}

/// [`table`] of some weeks alone; seats know all that came before them.
///
/// # Errors
/// As [`table`].
pub fn table_of(
    archive: &Arc<Archive>,
    weeks: &[SeasonWeek],
    at: Known,
    roster: &[(&str, MindFactory)],
    quarantine: &Quarantine,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Table, BuildError> {
    let as_of = as_of(at).ok_or(TableError::Moment)?;
    let mut walk = Walk::new(roster, as_of);
    let mut builders = Market::ALL.map(SheetBuilder::new);
    let rounds = rounds(archive, weeks, as_of);
    let mut n_quarantined = 0;
    for (done, planned) in rounds.iter().enumerate() {
        for row in walk.round(archive, planned) {
            if as_of == AsOf::Open && quarantine.holds(&row.book, row.market, row.key.when.season) {
                n_quarantined += 1;
            } else {
                builders[row.market as usize].game(row.key, row.sides)?;
            }
        }
        progress(done + 1, rounds.len());
    }
    let [spread, total, moneyline] = builders.map(SheetBuilder::build);
    let sheets: [Sheet; 3] = [spread?, total?, moneyline?];
    Ok(Table::new(at, sheets, n_quarantined)?)
}
