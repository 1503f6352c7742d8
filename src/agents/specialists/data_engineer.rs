//! The data engineer: which rounds a week is decided in, and which offers each has before it.
//!
//! An offer carries only prices of the moment the round decides at. A stale opener beside a closing line would be the
//! best price of every game, and a bet on it would be imaginary.

pub mod upkeep;

use super::stock::Stock;
use crate::domain::archive::{Archive, View};
use crate::domain::belief::{Basis, Offer};
use crate::domain::game::{Fixture, SeasonWeek};
use crate::domain::quote::{Book, Market, Moment, Quote};
use crate::machine::{Machine, Turn};
use crate::protocol::card::{Card, Level, Memory, Reasoning};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use upkeep::Upkeep;

/// When a week's bets are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// At the openers, all at once.
    Open,
    /// Each game at its kickoff.
    Close,
    /// All at one instant, at the latest prices known then.
    At(DateTime<Utc>),
}

impl AsOf {
    /// The basis that members' records are kept on: what was decided at an instant is judged like what opened.
    pub fn basis(self) -> Basis {
        match self {
            AsOf::Open | AsOf::At(_) => Basis::Open,
            AsOf::Close => Basis::Close,
        }
    }

    /// `open`, `close` or the instant.
    pub fn name(self) -> String {
        match self {
            AsOf::Open => "open".to_owned(),
            AsOf::Close => "close".to_owned(),
            AsOf::At(t) => t.to_rfc3339(),
        }
    }
}

/// A round to be held: the instant it decides at, and its games.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The week.
    pub when: SeasonWeek,
    /// The instant.
    pub at: DateTime<Utc>,
    /// The games, by kickoff.
    pub fixtures: Vec<Fixture>,
}

/// The rounds a week is decided in, earliest first; none for a week without games.
pub fn plan(archive: &Archive, when: SeasonWeek, as_of: AsOf) -> Vec<Planned> {
    let mut by_instant: BTreeMap<DateTime<Utc>, Vec<Fixture>> = BTreeMap::new();
    for f in archive.week(when) {
        let at = match as_of {
            AsOf::Open => f.opens_at,
            AsOf::Close => f.kickoff,
            AsOf::At(t) => t,
        };
        by_instant.entry(at).or_default().push(f.clone());
    }
    by_instant
        .into_iter()
        .map(|(at, fixtures)| Planned { when, at, fixtures })
        .collect()
}

/// What the data engineer is.
pub const CARD: Card = Card {
    role: "data_engineer",
    level: Level::Specialist,
    tools: &["slates", "freshness", "quality_checks"],
    memory: Memory::None,
    reasoning: Reasoning::Rules,
};

/// What the data engineer hears.
#[derive(Clone, Debug)]
pub enum Input {
    /// Lay out the rounds of a week.
    Prepare {
        /// Everything stored.
        archive: Arc<Archive>,
        /// The week.
        when: SeasonWeek,
        /// When to decide.
        as_of: AsOf,
        /// The books the user can bet at; all when not named.
        books: Option<Vec<Book>>,
    },
    /// The week is over: how is what was brought?
    TakeStock(Box<Upkeep>),
}

/// A round with all it may know.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The round.
    pub planned: Planned,
    /// What was known at its instant.
    pub view: View,
    /// The games on offer.
    pub slate: Arc<Vec<Offer>>,
}

/// What the data engineer says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The rounds, earliest first.
    Prepared(Vec<Prepared>),
    /// Its figures.
    TookStock(Stock),
}

/// The machine. It keeps nothing: what it says follows from the archive alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataEngineer;

impl Machine for DataEngineer {
    type Input = Input;
    type Effect = Effect;

    fn turn(&mut self, input: Input, turn: &mut Turn<Effect>) {
        turn.emit(match input {
            Input::Prepare {
                archive,
                when,
                as_of,
                books,
            } => {
                let prepare = |planned: Planned| {
                    let view = archive.as_of(planned.at);
                    let slate = slate(&planned, &view, as_of, books.as_deref());
                    Prepared { planned, view, slate }
                };
                Effect::Prepared(plan(&archive, when, as_of).into_iter().map(prepare).collect())
            }
            Input::TakeStock(upkeep) => Effect::TookStock(upkeep::stock(&upkeep)),
        });
    }
}

/// The offers of a planned round by what its view knows. `books` names the books the user can bet at; without it, every
/// opener counts, and at the close only the reference line, because closing lines of several books were not seen at one
/// moment and the best of them flatters.
pub fn slate(planned: &Planned, view: &View, as_of: AsOf, books: Option<&[Book]>) -> Arc<Vec<Offer>> {
    let offers = planned.fixtures.iter().map(|f| offer(f, view, as_of, books)).collect();
    Arc::new(offers)
}

/// At an instant a price is bet only while it is this fresh. (An opener at the opening and a close at kickoff are fresh by
/// what they are.)
pub const MAX_QUOTE_AGE: TimeDelta = TimeDelta::hours(24);

fn offer(fixture: &Fixture, view: &View, as_of: AsOf, books: Option<&[Book]>) -> Offer {
    let moment_of = |market: Market| match as_of {
        AsOf::Open => Moment::Open,
        AsOf::Close => Moment::Close,
        AsOf::At(_) => latest_moment(view, fixture, market),
    };
    let reference = Market::ALL.map(|m| view.reference(&fixture.id, m, moment_of(m)).cloned());
    let bettable = |q: &&Quote| {
        let moment = moment_of(q.market);
        let allowed = match books {
            Some(books) => books.contains(&q.book),
            None => moment != Moment::Close || reference[q.market as usize].as_ref() == Some(*q),
        };
        let fresh = !matches!(as_of, AsOf::At(now) if now - q.as_of > MAX_QUOTE_AGE);
        q.moment == moment && allowed && fresh
    };
    let prices = view.quotes(&fixture.id).iter().filter(bettable).cloned().collect();
    Offer {
        fixture: fixture.clone(),
        reference,
        prices,
    }
}

/// The latest moment of the market a view knows for a game: closing, else between, else opening.
fn latest_moment(view: &View, fixture: &Fixture, market: Market) -> Moment {
    view.quotes(&fixture.id)
        .iter()
        .filter(|q| q.market == market)
        .map(|q| q.moment)
        .max()
        .unwrap_or(Moment::Open)
}
