//! The world the scripted upstream reports on: games with their ends already written, told only as far as they have come.

use super::chance::Chance;
use super::line_path::{LinePath, Offer};
use crate::domain::game::{Game, GameId, Roof, Score};
use crate::domain::quote::{Market, Quote};
use crate::domain::team::Place;
use crate::domain::team::Team;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A kicked-off game counts as live for this long; [`crate::domain::calendar::RESULT_DELAY`] says when it is final.
const PLAYING: TimeDelta = TimeDelta::minutes(195);

/// All games with what happened in them and how their prices moved.
///
/// ```
/// use huddle::sim::{League, SimOptions};
/// use huddle::sim::upstream::World;
/// let league = League::generate(7, 2031..=2031, SimOptions::default());
/// assert_eq!(World::new(&league.games, &league.quotes, 7).n_games(), 272);
/// ```
#[derive(Clone, Debug)]
pub struct World {
    /// By kickoff, then id.
    pub(super) games: Vec<Staged>,
    pub(super) chance: Chance,
}

/// A game with its names at the services and its prices.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    pub game: Game,
    /// Its id at The Odds API: 32 hexadecimal digits.
    pub event: String,
    /// Its id at ESPN: 9 digits.
    pub espn: String,
    paths: BTreeMap<Market, LinePath>,
}

/// How far a game has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Before,
    /// With the score so far, which is invented on the way to the final one.
    Live(Score),
    Final(Score),
    /// Long over, and nobody stored how it ended.
    Unknown,
}

impl World {
    /// A world of these games. Quotes of other games are left out, and of two games with one id the later counts. Prices
    /// between opener and close, live scores and statistics are drawn from `seed`.
    pub fn new(games: &[Game], quotes: &[Quote], seed: u64) -> World {
        let chance = Chance::new(seed);
        let mut of_game: BTreeMap<&GameId, Vec<Quote>> = BTreeMap::new();
        for quote in quotes {
            of_game.entry(&quote.game).or_default().push(quote.clone());
        }
        let unique: BTreeMap<&GameId, &Game> = games.iter().map(|g| (&g.fixture.id, g)).collect();
        let mut games: Vec<Staged> = unique
            .into_values()
            .map(|game| {
                let quotes = of_game.get(&game.fixture.id).map_or(&[][..], Vec::as_slice);
                Staged::new(game, quotes, chance)
            })
            .collect();
        games.sort_by(|a, b| {
            let key = |s: &Staged| (s.game.fixture.kickoff, s.game.fixture.id.clone());
            key(a).cmp(&key(b))
        });
        World { games, chance }
    }

    /// How many games there are.
    pub fn n_games(&self) -> usize {
        self.games.len()
    }

    /// The first kickoff after an instant, and how many games' prices are open then.
    pub fn next_kickoff(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.games.iter().map(|s| s.game.fixture.kickoff).find(|k| *k > after)
    }

    /// Games whose prices are published and which have not kicked off.
    pub fn n_open(&self, at: DateTime<Utc>) -> usize {
        self.games.iter().filter(|s| s.is_open(at)).count()
    }
}

impl Staged {
    fn new(game: &Game, quotes: &[Quote], chance: Chance) -> Staged {
        let own = chance.on(game.fixture.id.as_str());
        let paths = Market::ALL.into_iter().filter_map(|market| {
            let path = LinePath::new(&game.fixture, market, quotes, own)?;
            Some((market, path))
        });
        Staged {
            event: format!("{:016x}{:016x}", own.on("event").bits(), own.on("event").at(1).bits()),
            espn: format!("4{:08}", own.on("espn").below(100_000_000)),
            paths: paths.collect(),
            game: game.clone(),
        }
    }

    pub(super) fn kickoff(&self) -> DateTime<Utc> {
        self.game.fixture.kickoff
    }

    pub(super) fn season(&self) -> u16 {
        self.game.fixture.when.season
    }

    /// Prices are published and the game has not kicked off; at kickoff itself it still is.
    pub(super) fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.game.fixture.opens_at <= at && at <= self.kickoff()
    }

    /// What a book offers at an instant.
    pub(super) fn offer(&self, market: Market, book: &str, at: DateTime<Utc>) -> Option<Offer> {
        self.paths.get(&market)?.offer(book, at)
    }

    /// What the market closed at; for files that are built after kickoff.
    pub(super) fn close(&self, market: Market) -> Option<Offer> {
        self.paths.get(&market).map(LinePath::close)
    }

    /// How far the game has come. Nothing of the result is told before kickoff, and nothing is final before it counts as
    /// known.
    pub(super) fn stage(&self, at: DateTime<Utc>) -> Stage {
        if at < self.kickoff() {
            return Stage::Before;
        }
        match self.game.score {
            None => Stage::Unknown,
            Some(score) if at >= self.game.fixture.settles_at() => Stage::Final(score),
            Some(score) => {
                let gone = (at - self.kickoff()).num_seconds() as f64 / PLAYING.num_seconds() as f64;
                let so_far = |points: u16| (f64::from(points) * gone.min(1.0)) as u16;
                Stage::Live(Score {
                    home: so_far(score.home),
                    away: so_far(score.away),
                })
            }
        }
    }

    /// Where the home team plays; games at neutral sites are reported there too, because schedules name no coordinates.
    pub(super) fn place(&self) -> Place {
        self.game.fixture.home.home_in(self.season())
    }

    pub(super) fn indoors(&self) -> bool {
        matches!(self.game.fixture.roof, Some(Roof::Dome | Roof::Retractable))
    }

    pub(super) fn sides(&self) -> [(Team, bool); 2] {
        [(self.game.fixture.home, true), (self.game.fixture.away, false)]
    }
}
