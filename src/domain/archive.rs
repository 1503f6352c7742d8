//! Everything stored, and the only door to it: a [`View`] as of an instant.
//!
//! A decision function takes a `View`. It cannot ask for a result, a price, weather or a starter that became known after
//! the view's instant, because no method hands one out. Whoever wants to cheat has to change this file.

mod told;

pub use told::{Counted, Told};

use super::game::{Conditions, Fixture, Game, GameId, Score, SeasonWeek, Starters};
use super::quote::{Book, Market, Moment, Quote};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// All games and quotes, ordered; immutable once built and shared by reference.
#[derive(Debug, Default)]
pub struct Archive {
    games: Vec<Game>,
    by_id: BTreeMap<GameId, usize>,
    /// Quotes of each game, by (`as_of`, market, book).
    quotes: Vec<Vec<Quote>>,
    /// Indices of played games, by (known at, id).
    settled: Vec<(DateTime<Utc>, usize)>,
    /// Indices of games, by (opens at, kickoff, id).
    opened: Vec<(DateTime<Utc>, usize)>,
    /// What services told beside games and quotes.
    told: told::Shelf,
    /// A running hash over all facts in the order in which they became known, made when first asked for.
    chain: OnceLock<Vec<(DateTime<Utc>, u64)>>,
}

impl Archive {
    /// Orders what was stored. Of two games with one id the later wins; quotes of unknown games are left out, which a
    /// database with foreign keys cannot produce.
    pub fn new(games: Vec<Game>, quotes: Vec<Quote>) -> Archive {
        let unique: BTreeMap<GameId, Game> = games.into_iter().map(|g| (g.fixture.id.clone(), g)).collect();
        let mut games: Vec<Game> = unique.into_values().collect();
        games.sort_by(|a, b| (a.fixture.kickoff, &a.fixture.id).cmp(&(b.fixture.kickoff, &b.fixture.id)));
        let by_id: BTreeMap<GameId, usize> = games
            .iter()
            .enumerate()
            .map(|(i, g)| (g.fixture.id.clone(), i))
            .collect();
        let mut per_game: Vec<Vec<Quote>> = vec![Vec::new(); games.len()];
        for quote in quotes {
            if let Some(&i) = by_id.get(&quote.game) {
                per_game[i].push(quote);
            }
        }
        for list in &mut per_game {
            list.sort_by(|a, b| (a.as_of, a.market, &a.book).cmp(&(b.as_of, b.market, &b.book)));
        }
        let mut settled: Vec<_> = (0..games.len())
            .filter(|&i| games[i].score.is_some())
            .map(|i| (games[i].fixture.settles_at(), i))
            .collect();
        settled.sort_by(|a, b| (a.0, &games[a.1].fixture.id).cmp(&(b.0, &games[b.1].fixture.id)));
        let mut opened: Vec<_> = (0..games.len()).map(|i| (games[i].fixture.opens_at, i)).collect();
        opened.sort();
        Archive {
            chain: OnceLock::new(),
            told: told::Shelf::default(),
            games,
            by_id,
            quotes: per_game,
            settled,
            opened,
        }
    }

    /// The same with what services told; statistics of games that are not stored or not played are left out.
    pub fn with(mut self, told: Told) -> Archive {
        self.told = told::Shelf::new(told, &self.games, &self.by_id);
        self.chain = OnceLock::new();
        self
    }

    /// What was known at an instant.
    pub fn as_of(self: &Arc<Archive>, at: DateTime<Utc>) -> View {
        View {
            archive: Arc::clone(self),
            at,
        }
    }

    /// Number of games stored.
    pub fn n_games(&self) -> usize {
        self.games.len()
    }

    /// Season and week of every stored game, ascending, without repetition.
    pub fn weeks(&self) -> Vec<SeasonWeek> {
        let mut weeks: Vec<SeasonWeek> = self.games.iter().map(|g| g.fixture.when).collect();
        weeks.sort();
        weeks.dedup();
        weeks
    }

    /// The schedule of one week, by kickoff. Schedules carry no secret: they name who plays whom and when.
    pub fn week(&self, when: SeasonWeek) -> Vec<&Fixture> {
        self.games
            .iter()
            .map(|g| &g.fixture)
            .filter(|f| f.when == when)
            .collect()
    }

    /// A running hash over everything, fact by fact in the order in which facts became known.
    fn chain(&self) -> &[(DateTime<Utc>, u64)] {
        self.chain.get_or_init(|| {
            let mut facts: Vec<(DateTime<Utc>, String)> = Vec::new();
            for game in &self.games {
                facts.push((game.fixture.opens_at, format!("{:?}", game.fixture)));
                let after = (game.score, game.conditions, &game.starters);
                facts.push((game.fixture.settles_at(), format!("{} {after:?}", game.fixture.id)));
            }
            facts.extend(self.quotes.iter().flatten().map(|q| (q.as_of, format!("{q:?}"))));
            facts.extend(self.told.facts());
            facts.sort();
            let mut last = 0u64;
            let link = |(at, text): (DateTime<Utc>, String)| {
                let digest = Sha256::digest(format!("{last:016x}{at}{text}"));
                last = digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
                (at, last)
            };
            facts.into_iter().map(link).collect()
        })
    }

    /// The final score of a game: for grading, which happens after the fact. Decisions take a [`View`].
    pub fn final_score(&self, game: &GameId) -> Option<Score> {
        self.by_id.get(game).and_then(|&i| self.games[i].score)
    }
}

/// What was known at one instant, inclusive.
#[derive(Clone, Debug)]
pub struct View {
    archive: Arc<Archive>,
    at: DateTime<Utc>,
}

/// A game whose result was known at a view's instant.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    /// The schedule.
    pub fixture: &'a Fixture,
    /// The result.
    pub score: Score,
    /// When it became known.
    pub known_at: DateTime<Utc>,
}

impl View {
    /// The instant.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// An earlier view of the same archive; a later instant is cut back to this one, so a view can only lose knowledge.
    pub fn earlier(&self, at: DateTime<Utc>) -> View {
        View {
            archive: Arc::clone(&self.archive),
            at: at.min(self.at),
        }
    }

    /// A hash of everything known at the instant: two views with one fingerprint give the same decisions.
    pub fn fingerprint(&self) -> u64 {
        let chain = self.archive.chain();
        let n = chain.partition_point(|(at, _)| *at <= self.at);
        n.checked_sub(1).map_or(0, |last| chain[last].1)
    }

    /// A game of a week that had opened.
    pub fn fixture(&self, game: &GameId) -> Option<&Fixture> {
        self.index(game).map(|i| &self.archive.games[i].fixture)
    }

    /// Games of weeks that had opened, by (opening, kickoff, id).
    pub fn fixtures(&self) -> impl DoubleEndedIterator<Item = &Fixture> {
        let n = self.archive.opened.partition_point(|(t, _)| *t <= self.at);
        self.archive.opened[..n]
            .iter()
            .map(|&(_, i)| &self.archive.games[i].fixture)
    }

    /// Number of results known.
    pub fn n_results(&self) -> usize {
        self.archive.settled.partition_point(|(t, _)| *t <= self.at)
    }

    /// Results known, in the order they became so; `from` skips that many, for whoever has read them before.
    pub fn results(&self, from: usize) -> impl Iterator<Item = Settled<'_>> {
        let known = &self.archive.settled[..self.n_results()];
        known[from.min(known.len())..].iter().filter_map(|&(known_at, i)| {
            let game = &self.archive.games[i];
            game.score.map(|score| Settled {
                fixture: &game.fixture,
                score,
                known_at,
            })
        })
    }

    /// The result of a game, once known.
    pub fn score(&self, game: &GameId) -> Option<Score> {
        self.after(game).and_then(|g| g.score)
    }

    /// The weather observed at a game, once known.
    pub fn conditions(&self, game: &GameId) -> Option<Conditions> {
        self.after(game).and_then(|g| g.conditions)
    }

    /// The quarterbacks who started a game, once known.
    pub fn starters(&self, game: &GameId) -> Option<&Starters> {
        self.after(game).and_then(|g| g.starters.as_ref())
    }

    /// Quotes of a game that were known, oldest first.
    pub fn quotes(&self, game: &GameId) -> &[Quote] {
        let Some(&i) = self.archive.by_id.get(game) else {
            return &[];
        };
        let list = &self.archive.quotes[i];
        &list[..list.partition_point(|q| q.as_of <= self.at)]
    }

    /// The reference line of a market at a moment: the opener; or the close, which is nflverse's, unless at least five
    /// books closed and their median lies two points or more away from it (2021 week 11 BAL at CHI is such a case: a
    /// late scratch moved every book after nflverse's line was taken).
    pub fn reference(&self, game: &GameId, market: Market, moment: Moment) -> Option<&Quote> {
        let mut quotes = self
            .quotes(game)
            .iter()
            .filter(|q| q.market == market && q.moment == moment);
        match moment {
            Moment::Open => quotes
                .clone()
                .find(|q| q.book.as_str() == Book::NFLVERSE)
                .or_else(|| quotes.next()),
            Moment::Live => quotes.next_back(),
            Moment::Close => {
                let (own, middle) = self.closes(game, market);
                if self.overruled(game, market) {
                    middle.or(own)
                } else {
                    own.or(middle)
                }
            }
        }
    }

    /// nflverse's close of a market, and the median of the books' closes when there are enough of them to have one.
    fn closes(&self, game: &GameId, market: Market) -> (Option<&Quote>, Option<&Quote>) {
        let closes = || {
            self.quotes(game)
                .iter()
                .filter(move |q| q.market == market && q.moment == Moment::Close)
        };
        let own = closes().find(|q| q.book.as_str() == Book::NFLVERSE);
        let mut books: Vec<&Quote> = closes().filter(|q| q.book.as_str() != Book::NFLVERSE).collect();
        books.sort_by_key(|q| (q.line, q.first, q.book.clone()));
        let enough = own.is_none() || books.len() >= MIN_BOOKS_TO_OVERRULE;
        (own, books.get(books.len() / 2).copied().filter(|_| enough))
    }

    /// True when the books closed too far from nflverse's line for both to be right. A moneyline has no line of its own
    /// and was taken at the same time as the spread, so it falls with it.
    fn overruled(&self, game: &GameId, market: Market) -> bool {
        let judged = if market == Market::Moneyline {
            Market::Spread
        } else {
            market
        };
        let (own, middle) = self.closes(game, judged);
        let lines = own.and_then(|q| q.line).zip(middle.and_then(|q| q.line));
        lines.is_some_and(|(a, b)| (a.0 - b.0).abs() >= OVERRULE_HALF_POINTS)
    }

    fn index(&self, game: &GameId) -> Option<usize> {
        self.archive
            .by_id
            .get(game)
            .copied()
            .filter(|&i| self.archive.games[i].fixture.opens_at <= self.at)
    }

    fn after(&self, game: &GameId) -> Option<&Game> {
        let game = &self.archive.games[*self.archive.by_id.get(game)?];
        (game.fixture.settles_at() <= self.at).then_some(game)
    }
}

/// Fewer books than this prove nothing against the reference close.
const MIN_BOOKS_TO_OVERRULE: usize = 5;
/// Two points: beyond any difference seen between books that looked at the same moment.
const OVERRULE_HALF_POINTS: i16 = 4;
