//! Everything stored, and the only door to it: a [`View`] as of an instant.
//!
//! A decision function takes a `View`. It cannot ask for a result, a price, weather or a starter that became known after
//! the view's instant, because no method hands one out. Whoever wants to cheat has to change this file.

mod chain;
#[cfg(test)]
mod tests;
mod told;

pub use told::{Counted, Told};

use super::game::{Conditions, Fixture, Game, GameId, Score, SeasonWeek, Starters};
use super::quote::{Book, Market, Moment, Quote};
use chain::Chain;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// All games and quotes, ordered; immutable once built and shared by reference.
#[derive(Debug, Default)]
pub struct Archive {
    /// By (kickoff, id).
    games: Vec<Arc<Game>>,
    by_id: BTreeMap<GameId, usize>,
    /// Quotes of each game, by (`as_of`, market, book).
    quotes: Vec<Arc<[Quote]>>,
    /// Indices of played games, by (known at, id).
    settled: Vec<(DateTime<Utc>, usize)>,
    /// Indices of games, by (opens at, kickoff, id).
    opened: Vec<(DateTime<Utc>, usize)>,
    /// What services told beside games and quotes.
    told: told::Shelf,
    /// What it was grown from.
    base: Option<Arc<Archive>>,
    /// Running hashes over all facts in the order in which they became known, made when first asked for: of games and
    /// quotes, and with what services told besides.
    chains: (OnceLock<Chain>, OnceLock<Chain>),
}

/// A game with its quotes, in their order.
type Shelved = (Arc<Game>, Arc<[Quote]>);

impl Archive {
    /// Orders what was stored. Of two games with one id the later wins; quotes of unknown games are left out, which a
    /// database with foreign keys cannot produce.
    pub fn new(games: Vec<Game>, quotes: Vec<Quote>) -> Archive {
        Archive::shelve(BTreeMap::new(), games, quotes)
    }

    /// The same as an archive of both parts, at the cost of the second. What services told is not taken over.
    pub fn grown(base: &Arc<Archive>, games: Vec<Game>, quotes: Vec<Quote>) -> Archive {
        let known = |id: &GameId| base.by_id.contains_key(id);
        let apart = !games.iter().any(|g| known(&g.fixture.id)) && !quotes.iter().any(|q| known(&q.game));
        if apart {
            let kept = base.games.iter().zip(&base.quotes);
            let kept =
                kept.map(|(game, quotes)| (game.fixture.id.clone(), (Arc::clone(game), Arc::clone(quotes))));
            let base = Some(Arc::clone(base));
            let grown = Archive::shelve(kept.collect(), games, quotes);
            return Archive { base, ..grown };
        }
        let before = base.games.iter().map(|game| Game::clone(game));
        let quoted = base.quotes.iter().flat_map(|list| list.iter().cloned());
        Archive::new(before.chain(games).collect(), quoted.chain(quotes).collect())
    }

    fn shelve(mut shelved: BTreeMap<GameId, Shelved>, games: Vec<Game>, quotes: Vec<Quote>) -> Archive {
        let mut fresh: BTreeMap<GameId, (Game, Vec<Quote>)> = BTreeMap::new();
        for game in games {
            fresh.insert(game.fixture.id.clone(), (game, Vec::new()));
        }
        for quote in quotes {
            if let Some((_, list)) = fresh.get_mut(&quote.game) {
                list.push(quote);
            }
        }
        for (id, (game, mut list)) in fresh {
            list.sort_by(|a, b| (a.as_of, a.market, &a.book).cmp(&(b.as_of, b.market, &b.book)));
            shelved.insert(id, (Arc::new(game), list.into()));
        }
        let mut shelved: Vec<Shelved> = shelved.into_values().collect();
        shelved
            .sort_by(|(a, _), (b, _)| (a.fixture.kickoff, &a.fixture.id).cmp(&(b.fixture.kickoff, &b.fixture.id)));
        let (games, quotes): (Vec<_>, Vec<_>) = shelved.into_iter().unzip();
        let ids = games.iter().enumerate();
        let by_id: BTreeMap<GameId, usize> = ids.map(|(i, g)| (g.fixture.id.clone(), i)).collect();
        let mut settled: Vec<_> = (0..games.len())
            .filter(|&i| games[i].score.is_some())
            .map(|i| (games[i].fixture.settles_at(), i))
            .collect();
        settled.sort_by(|a, b| (a.0, &games[a.1].fixture.id).cmp(&(b.0, &games[b.1].fixture.id)));
        let mut opened: Vec<_> = (0..games.len()).map(|i| (games[i].fixture.opens_at, i)).collect();
        opened.sort();
        Archive {
            games,
            by_id,
            quotes,
            settled,
            opened,
            ..Archive::default()
        }
    }

    /// The same with what services told; statistics of games that are not stored or not played are left out.
    pub fn with(mut self, told: Told) -> Archive {
        self.told = told::Shelf::new(told, &self.games, &self.by_id);
        self.chains.1 = OnceLock::new();
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

    /// A running hash over everything.
    fn chain(&self) -> &Chain {
        self.chains
            .1
            .get_or_init(|| self.chain_of_games().grown(self.told.facts().collect()))
    }

    /// The same over games and quotes.
    fn chain_of_games(&self) -> &Chain {
        let known = |id: &GameId| self.base.as_ref().is_some_and(|base| base.by_id.contains_key(id));
        self.chains.0.get_or_init(|| {
            let mut facts = Vec::new();
            for (game, quotes) in self.games.iter().zip(&self.quotes) {
                if known(&game.fixture.id) {
                    continue;
                }
                facts.push(chain::fact(game.fixture.opens_at, &game.fixture));
                let after = (&game.fixture.id, game.score, game.conditions, &game.starters);
                facts.push(chain::fact(game.fixture.settles_at(), &after));
                facts.extend(quotes.iter().map(|q| chain::fact(q.as_of, q)));
            }
            match &self.base {
                Some(base) => base.chain_of_games().grown(facts),
                None => Chain::default().grown(facts),
            }
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
        self.archive.chain().until(self.at)
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
