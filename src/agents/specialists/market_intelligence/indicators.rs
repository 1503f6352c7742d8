//! Market intelligence's figures: how often its calls were right by the close, how much steam there was to see, and whether
//! the news moves lines.

use super::direction::{LINED, middle_line, resolve, watched};
use super::sentiment::mood;
use super::{CARD, Watch};
use crate::agents::specialists::stock::{Figures, Stock};
use crate::domain::game::Fixture;
use crate::domain::kpi::{Kpi, Unit};
use crate::domain::memory::{Claim, Held, Memory, Resolution};
use crate::domain::movement::Settings;
use crate::domain::quote::{Market, Moment};
use crate::stats::correlation::correlation;
use crate::stats::estimate::Rate;
use chrono::TimeDelta;

/// The news is read so long before kickoff: late enough to be news, early enough for the line to move.
const READ_BEFORE: TimeDelta = TimeDelta::hours(48);

/// The figures, and what became of calls.
pub(super) fn stock(watch: &Watch) -> Stock {
    let figures = Figures {
        agent: CARD.role,
        at: watch.view.at(),
    };
    let recall = watch.memories.as_of(watch.view.at());
    let resolved = resolve(recall, &watch.view);
    let now = resolved
        .iter()
        .filter_map(|(id, r)| Some((recall.pending().find(|m| m.id == *id)?, r)));
    let all: Vec<(&Memory, &Resolution)> = recall.resolved().chain(now).collect();
    let n_pending = recall.pending().count() - resolved.len();
    let mut kpis = accuracy(&all, n_pending, figures);
    kpis.push(steam(watch, figures));
    kpis.push(sentiment(watch, figures));
    Stock {
        kpis,
        resolved,
        ..Stock::default()
    }
}

/// Calls that were right among those whose line moved at all, and their closing line value; in all and by what they were made
/// on.
fn accuracy(all: &[(&Memory, &Resolution)], n_pending: usize, figures: Figures) -> Vec<Kpi> {
    let because = |memory: &Memory| match &memory.claim {
        Claim::Direction { because, .. } => Some(because.clone()),
        Claim::Lesson { .. } | Claim::Strategy { .. } => None,
    };
    let of = |name: &str, reason: Option<&str>| {
        let own = all
            .iter()
            .filter(|(m, _)| because(m).is_some_and(|b| reason.is_none_or(|r| r == b)));
        let moved = own
            .filter(|(_, r)| r.held != Held::Void)
            .map(|(_, r)| r.held == Held::Yes);
        let why = format!("no call of it was judged yet, {n_pending} calls wait");
        figures.rate(name, Rate::among(moved), &why)
    };
    vec![
        of("clv_accuracy", None),
        of("clv_accuracy.steam", Some("steam")),
        of("clv_accuracy.drift", Some("drift")),
        of("clv_accuracy.news", Some("news")),
    ]
}

/// Markets of the week with steam among those that enough books quote for steam to be seen.
fn steam(watch: &Watch, figures: Figures) -> Kpi {
    let least = Settings::default().steam_books;
    let week = watch.fixtures.iter().filter(|f| f.when == watch.when);
    let seen: Vec<(usize, bool)> = week
        .flat_map(|f| LINED.map(|market| watched(&watch.view, &f.id, market)))
        .collect();
    let most = seen.iter().map(|(n, _)| *n).max().unwrap_or_default();
    let why = format!("{most} books at most quote a market, steam takes {least}: no source");
    figures.rate(
        "steam_share",
        Rate::among(seen.iter().filter(|(n, _)| *n >= least).map(|(_, steam)| *steam)),
        &why,
    )
}

/// The correlation of the news two days before kickoff with the move of the spread from then to the close, over the season's
/// games that are over.
fn sentiment(watch: &Watch, figures: Figures) -> Kpi {
    let name = "sentiment_correlation";
    if watch.headlines.is_empty() {
        return figures.none(
            name,
            Unit::Correlation,
            0,
            "no headlines stored: sentiment n = 0, no source",
        );
    }
    let over = watch.fixtures.iter().filter(|f| f.settles_at() <= watch.view.at());
    let pairs: Vec<(f64, f64)> = over.filter_map(|f| pair(watch, f)).collect();
    match correlation(&pairs) {
        Some(c) => figures.value(name, Unit::Correlation, c.r, c.n, c.ci95),
        None => figures.none(
            name,
            Unit::Correlation,
            pairs.len() as u64,
            "fewer than three games had news and a move, or one of the two never varied",
        ),
    }
}

fn pair(watch: &Watch, fixture: &Fixture) -> Option<(f64, f64)> {
    let at = fixture.kickoff - READ_BEFORE;
    let mood = mood(&watch.headlines, fixture, at)?;
    let then = middle_line(&watch.view.earlier(at), &fixture.id, Market::Spread)?;
    let close = watch.view.reference(&fixture.id, Market::Spread, Moment::Close)?.line?;
    Some((mood, close.points() - then.points()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, headline, league, quote, watch};
    use super::*;
    use crate::domain::memory::Memories;
    use crate::domain::team::Team;
    use std::sync::Arc;

    fn find(stock: &Stock, name: &str) -> Kpi {
        stock.kpis.iter().find(|k| k.name == name).unwrap().clone()
    }

    #[test]
    fn without_books_and_news_it_says_so_by_name() {
        let one_book = league(vec![quote("2010_01_NE_MIA", "a", 6, 0, Moment::Open)]);
        let stock = stock(&watch(&one_book, at(9_000), Memories::default()));
        assert_eq!(
            find(&stock, "sentiment_correlation").show(),
            "n = 0: no headlines stored: sentiment n = 0, no source"
        );
        assert_eq!(
            find(&stock, "steam_share").show(),
            "n = 0: 1 books at most quote a market, steam takes 3: no source"
        );
        assert_eq!(find(&stock, "clv_accuracy").n, 0);
    }

    #[test]
    fn news_that_a_line_follows_correlates_with_it() {
        // Kickoff is at minute 10,000: the news is read two days before.
        let games = ["2010_01_NE_MIA", "2010_01_DEN_KC", "2010_01_NYJ_BUF", "2010_01_CLE_PIT"];
        let homes = [Team::MIA, Team::KC, Team::BUF, Team::PIT];
        let words = ["returns healthy", "injured and out", "coach speaks", "wins"];
        let moves: [i16; 4] = [2, -2, 0, 2];
        let quotes = games.iter().zip(moves).flat_map(|(game, by)| {
            [
                quote(game, "a", 6, 0, Moment::Open),
                quote(game, "nflverse", 6 + by, 10_000, Moment::Close),
            ]
        });
        let mut watch = watch(&league(quotes.collect()), at(20_000), Memories::default());
        let news = homes
            .iter()
            .zip(words)
            .map(|(team, words)| headline(*team, words, 5_000));
        watch.headlines = Arc::new(news.collect());
        let found = find(&stock(&watch), "sentiment_correlation");
        assert_eq!((found.value, found.n), (Some(1.0), 4), "{found:?}");
        // The same news after the instant it is read at is no news.
        watch.headlines = Arc::new(vec![headline(Team::MIA, "returns healthy", 9_999)]);
        assert_eq!(find(&stock(&watch), "sentiment_correlation").n, 0);
    }
}
