//! Line movement and steam out of successive snapshots of the same market.
//!
//! A book moves when its line changes, or its price at the same line by more than rounding. When several books move one
//! way within half an hour, somebody knows something: the trade calls that steam.

use super::game::GameId;
use super::line_move::LineMove;
use super::quote::{Book, Market, Quote, Side};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What counts as a move and as steam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Books that must go the same way.
    pub steam_books: usize,
    /// Within this time.
    pub steam_window: TimeDelta,
    /// The least change of probability that is a move of price: half a point is a step of five cents at -110 and leaves
    /// out the rounding of American prices.
    pub min_probability: f64,
    /// A market not heard of for so long is forgotten: a week's markets do not outlive the week.
    pub forget_after: TimeDelta,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            steam_books: 3,
            steam_window: TimeDelta::minutes(30),
            min_probability: 0.005,
            forget_after: TimeDelta::days(8),
        }
    }
}

/// A season of 272 games in three markets at 60 books; what is beyond is not followed, and counted.
const MAX_MARKETS: usize = 50_000;

type Key = (GameId, Market, Book);
type Way = (GameId, Market, Side);

/// What every book showed last, and who moved lately.
#[derive(Clone, Debug, Default)]
pub struct Movement {
    settings: Settings,
    last: BTreeMap<Key, Quote>,
    /// Moves within the window, by market and side.
    recent: BTreeMap<Way, Vec<LineMove>>,
    /// The latest instant any quote was dated.
    newest: Option<DateTime<Utc>>,
    /// Quotes of markets that were not followed for want of room.
    pub n_unfollowed: u64,
}

impl Movement {
    /// Knows nothing yet; feeding it stored quotes, oldest first, makes it know what it knew before a restart.
    pub fn new(settings: Settings) -> Movement {
        Movement {
            settings,
            ..Movement::default()
        }
    }

    /// Takes a snapshot in any order and returns what moved, oldest first. A move that turns out to be part of steam later
    /// is returned again with the mark, so whoever stores them may store each as it comes.
    pub fn observe(&mut self, quotes: &[Quote]) -> Vec<LineMove> {
        let mut ordered: Vec<&Quote> = quotes.iter().collect();
        ordered.sort_by(|a, b| (a.as_of, &a.game, a.market, &a.book).cmp(&(b.as_of, &b.game, b.market, &b.book)));
        let mut said: BTreeMap<(DateTime<Utc>, GameId, Market, Book), LineMove> = BTreeMap::new();
        for quote in ordered {
            for moved in self.one(quote) {
                let key = (moved.at, moved.game.clone(), moved.market, moved.book.clone());
                said.insert(key, moved);
            }
        }
        self.forget();
        said.into_values().collect()
    }

    /// Number of markets followed.
    pub fn n_markets(&self) -> usize {
        self.last.len()
    }

    fn one(&mut self, quote: &Quote) -> Vec<LineMove> {
        self.newest = self.newest.max(Some(quote.as_of));
        let key = (quote.game.clone(), quote.market, quote.book.clone());
        let Some(before) = self.last.get(&key) else {
            if self.last.len() < MAX_MARKETS {
                self.last.insert(key, quote.clone());
            } else {
                self.n_unfollowed += 1;
            }
            return Vec::new();
        };
        // A repeat of what was seen, whatever it shows: the book has not confirmed anything since.
        if quote.as_of <= before.as_of {
            return Vec::new();
        }
        let moved = self.compare(before, quote);
        // Drift below the least move must add up, so the old price stays the yardstick until a move is seen.
        if moved.is_some() || before.line != quote.line {
            self.last.insert(key, quote.clone());
        } else if let Some(stored) = self.last.get_mut(&key) {
            stored.as_of = quote.as_of;
            let unpriced = fair(stored).is_none();
            if unpriced {
                (stored.first, stored.second) = (quote.first, quote.second);
            }
        }
        moved.map_or_else(Vec::new, |moved| self.steam(moved))
    }

    fn compare(&self, before: &Quote, after: &Quote) -> Option<LineMove> {
        let up = match before.line.zip(after.line) {
            Some((from, to)) if from != to => Some((to > from, None)),
            _ if before.line != after.line => None,
            _ => {
                let change = fair(after)? - fair(before)?;
                (change.abs() >= self.settings.min_probability).then_some((change > 0.0, Some(change)))
            }
        };
        let (up, probability) = up?;
        let first = after.market.first_side();
        Some(LineMove {
            game: after.game.clone(),
            book: after.book.clone(),
            market: after.market,
            side: if up { first } else { first.other() },
            from: before.line,
            to: after.line,
            probability,
            at: after.as_of,
            steam: false,
        })
    }

    /// Puts a move to those of the same way; when enough books are among them, all of them are steam. Returns those whose
    /// mark is news, the new move always.
    fn steam(&mut self, moved: LineMove) -> Vec<LineMove> {
        let since = moved.at - self.settings.steam_window;
        let way = (moved.game.clone(), moved.market, moved.side);
        let recent = self.recent.entry(way).or_default();
        recent.retain(|m| m.at >= since);
        recent.push(moved);
        let books: BTreeSet<&Book> = recent.iter().map(|m| &m.book).collect();
        let is_steam = books.len() >= self.settings.steam_books;
        let last = recent.len() - 1;
        let mut news = Vec::new();
        for (at, m) in recent.iter_mut().enumerate() {
            let marked = is_steam && !m.steam;
            m.steam |= is_steam;
            if marked || at == last {
                news.push(m.clone());
            }
        }
        news
    }

    fn forget(&mut self) {
        let Some(newest) = self.newest else { return };
        let (quotes, moves) = (newest - self.settings.forget_after, newest - self.settings.steam_window);
        self.last.retain(|_, quote| quote.as_of >= quotes);
        self.recent.retain(|_, list| list.iter().any(|m| m.at >= moves));
    }
}

/// The probability of the first side with the margin taken out in proportion; `None` unless both prices are there.
fn fair(quote: &Quote) -> Option<f64> {
    let implied = |price: super::price::American| 1.0 / price.decimal().get();
    let (first, second) = (implied(quote.first?), implied(quote.second?));
    Some(first / (first + second))
}

#[cfg(test)]
mod tests {
    use super::super::line::HalfPoints;
    use super::super::quote::Moment;
    use super::*;
    use proptest::prelude::*;

    fn quote(book: u8, half: i16, minute: i64) -> Quote {
        Quote {
            game: GameId::new("2010_01_A_B"),
            book: Book::new(&format!("book{book}")),
            market: Market::Spread,
            line: Some(HalfPoints(half)),
            first: None,
            second: None,
            as_of: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            moment: Moment::Live,
        }
    }

    proptest! {
        /// Whatever a single book does, and two of them, is no steam; and steam is only where enough different books went
        /// one way within the window.
        #[test]
        fn steam_needs_several_books_within_the_window(
            shown in prop::collection::vec((0u8..5, -6i16..6, 0i64..400), 0..60),
            n_books in 1u8..6,
        ) {
            let settings = Settings::default();
            let quotes: Vec<Quote> =
                shown.iter().map(|(book, half, minute)| quote(book % n_books, *half, *minute)).collect();
            let moves = Movement::new(settings).observe(&quotes);
            for steam in moves.iter().filter(|m| m.steam) {
                let together: BTreeSet<&Book> = moves
                    .iter()
                    .filter(|m| m.side == steam.side && (m.at - steam.at).abs() <= settings.steam_window)
                    .map(|m| &m.book)
                    .collect();
                prop_assert!(together.len() >= settings.steam_books, "{steam:?} among {together:?}");
            }
            if usize::from(n_books) < settings.steam_books {
                prop_assert!(moves.iter().all(|m| !m.steam));
            }
        }

        /// Three books that go the same way at once are steam, whatever they showed before.
        #[test]
        fn three_books_at_once_are_steam(from in -20i16..20, by in 1i16..6, apart in 0i64..15) {
            let before: Vec<Quote> = (0..3).map(|book| quote(book, from, 0)).collect();
            let after: Vec<Quote> =
                (0..3).map(|book| quote(book, from + by, 100 + i64::from(book) * apart)).collect();
            let mut movement = Movement::new(Settings::default());
            movement.observe(&before);
            let moves = movement.observe(&after);
            prop_assert_eq!(moves.iter().filter(|m| m.steam).count(), 3);
        }
    }
}
