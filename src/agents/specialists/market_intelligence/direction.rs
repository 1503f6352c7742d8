//! Calls: to which side a line will go on moving until it closes, and whether it did.
//!
//! The rule, in this order: the side of the newest steam; else the side the books' middle line has drifted to by a point or
//! more since the opener; else, for a spread, the team the news speaks much better of. What has moved is called to move
//! further, which is a claim that the close judges, not a fact.

use super::sentiment::mood;
use super::{CARD, Watch};
use crate::domain::archive::View;
use crate::domain::game::{Fixture, GameId};
use crate::domain::line::HalfPoints;
use crate::domain::memory::{Claim, Held, Memory, MemoryId, Recall, Resolution};
use crate::domain::movement::{Movement, Settings};
use crate::domain::quote::{Book, Market, Moment, Quote, Side};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// Markets with a line; a moneyline moves with its spread.
pub(super) const LINED: [Market; 2] = [Market::Spread, Market::Total];
/// A drift of a point: half a point is what books differ by.
const MIN_DRIFT: i16 = 2;
/// A difference of sentiment that is worth a call: half of the way from nothing to as good as can be.
const MIN_MOOD: f64 = 0.5;
/// A book that showed nothing for so long does not speak for the market.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);

/// New calls on the games of a week that have not started.
pub(super) fn calls(watch: &Watch) -> Vec<Memory> {
    let recall = watch.memories.as_of(watch.view.at());
    let known: BTreeSet<&MemoryId> = recall
        .pending()
        .map(|m| &m.id)
        .chain(recall.resolved().map(|(m, _)| &m.id))
        .collect();
    let open = watch
        .fixtures
        .iter()
        .filter(|f| f.kickoff > watch.view.at() && f.opens_at <= watch.view.at());
    let mut calls = Vec::new();
    for fixture in open {
        for market in LINED {
            let id = MemoryId(format!("{}/{}/{market}", CARD.role, fixture.id));
            if known.contains(&id) {
                continue;
            }
            if let Some((side, line, because)) = call(watch, fixture, market) {
                calls.push(memory(watch, fixture, id, (market, side, line, because)));
            }
        }
    }
    calls
}

fn memory(
    watch: &Watch,
    fixture: &Fixture,
    id: MemoryId,
    (market, side, line, because): (Market, Side, HalfPoints, &str),
) -> Memory {
    Memory {
        id,
        agent: CARD.role.to_owned(),
        when: watch.when,
        said_at: watch.view.at(),
        text: format!(
            "{} {market} {line}: will move towards {} ({because})",
            fixture.label(),
            side.name()
        ),
        claim: Claim::Direction {
            game: fixture.id.clone(),
            market,
            side,
            line_half: line.0,
            because: because.to_owned(),
        },
    }
}

fn call(watch: &Watch, fixture: &Fixture, market: Market) -> Option<(Side, HalfPoints, &'static str)> {
    let view = &watch.view;
    let line = middle_line(view, &fixture.id, market)?;
    let first = market.first_side();
    if let Some(side) = steam(view, &fixture.id, market) {
        return Some((side, line, "steam"));
    }
    let opener = view.reference(&fixture.id, market, Moment::Open).and_then(|q| q.line);
    let drift = opener.map_or(0, |opener| line.0 - opener.0);
    if drift.abs() >= MIN_DRIFT {
        return Some((if drift > 0 { first } else { first.other() }, line, "drift"));
    }
    let mood = mood(&watch.headlines, fixture, view.at()).filter(|_| market == Market::Spread)?;
    (mood.abs() >= MIN_MOOD).then(|| (if mood > 0.0 { first } else { first.other() }, line, "news"))
}

/// The quotes of a market before its close, oldest first.
fn live<'a>(view: &'a View, game: &GameId, market: Market) -> impl Iterator<Item = &'a Quote> {
    let before = move |q: &&Quote| q.market == market && q.moment != Moment::Close;
    view.quotes(game).iter().filter(before)
}

/// The middle of the lines books showed last and lately; the lower middle of an even number.
pub(super) fn middle_line(view: &View, game: &GameId, market: Market) -> Option<HalfPoints> {
    let mut newest: BTreeMap<&Book, HalfPoints> = BTreeMap::new();
    let last = live(view, game, market).map(|q| q.as_of).max()?;
    for quote in live(view, game, market).filter(|q| q.as_of + MAX_AGE >= last) {
        if let Some(line) = quote.line {
            newest.insert(&quote.book, line);
        }
    }
    let mut lines: Vec<HalfPoints> = newest.into_values().collect();
    lines.sort_unstable();
    lines.get(lines.len().saturating_sub(1) / 2).copied()
}

/// The side of the newest steam in a market.
fn steam(view: &View, game: &GameId, market: Market) -> Option<Side> {
    let quotes: Vec<Quote> = live(view, game, market).cloned().collect();
    let moves = Movement::new(Settings::default()).observe(&quotes);
    moves.into_iter().rev().find(|m| m.steam).map(|m| m.side)
}

/// How many books ever showed a market, and whether there was steam in it.
pub(super) fn watched(view: &View, game: &GameId, market: Market) -> (usize, bool) {
    let books: BTreeSet<&Book> = live(view, game, market).map(|q| &q.book).collect();
    (books.len(), steam(view, game, market).is_some())
}

/// What became of calls that waited, by what is known now.
pub(super) fn resolve(recall: Recall<'_>, known: &View) -> Vec<(MemoryId, Resolution)> {
    recall
        .pending()
        .filter_map(|m| Some((m.id.clone(), resolution(m, known)?)))
        .collect()
}

fn resolution(memory: &Memory, known: &View) -> Option<Resolution> {
    let Claim::Direction {
        game,
        market,
        side,
        line_half,
        ..
    } = &memory.claim
    else {
        return None;
    };
    let ended = |held: Held, clv: Option<f64>, text: String| Resolution {
        at: known.at(),
        held,
        clv_points: clv,
        n: 1,
        text,
    };
    let close = known
        .reference(game, *market, Moment::Close)
        .filter(|q| q.as_of > memory.said_at);
    let Some(line) = close.and_then(|q| q.line) else {
        // A close comes at kickoff; when the game is over without one, none comes any more.
        let over = known.fixture(game).is_none_or(|f| f.settles_at() <= known.at());
        return over.then(|| ended(Held::Void, None, "no close is stored".to_owned()));
    };
    let moved = if side.is_first() {
        line.0 - line_half
    } else {
        line_half - line.0
    };
    let held = match moved.signum() {
        1 => Held::Yes,
        -1 => Held::No,
        _ => Held::Void,
    };
    let points = f64::from(moved) / 2.0;
    let text = format!("closed at {line}: {points:+.1} points its way");
    Some(ended(held, Some(points), text))
}

#[cfg(test)]
mod tests {
    use super::super::super::market_intelligence::tests::{at, league, quote, watch};
    use super::*;
    use crate::domain::memory::Memories;
    use proptest::prelude::*;

    #[test]
    fn steam_comes_before_drift_and_one_book_shows_none() {
        let game = "2010_01_NE_MIA";
        let three =
            |minute: i64, half: i16| ["a", "b", "c"].map(|book| quote(game, book, half, minute, Moment::Live));
        let opener = quote(game, "a", 6, 0, Moment::Open);
        let steam: Vec<Quote> = [opener.clone()]
            .into_iter()
            .chain(three(60, 6))
            .chain(three(70, 8))
            .collect();
        let said = calls(&watch(&league(steam), at(80), Memories::default()));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].text.contains("towards home (steam)"), "{}", said[0].text);
        let drift = vec![opener.clone(), quote(game, "a", 4, 60, Moment::Live)];
        let said = calls(&watch(&league(drift.clone()), at(80), Memories::default()));
        assert!(said[0].text.contains("towards away (drift)"), "{}", said[0].text);
        let known = Memories::new(said.into_iter().map(|m| (m, None)).collect());
        assert_eq!(
            calls(&watch(&league(drift), at(90), known)),
            Vec::new(),
            "a call stands"
        );
        let still = vec![opener, quote(game, "a", 7, 60, Moment::Live)];
        assert_eq!(calls(&watch(&league(still), at(80), Memories::default())), Vec::new());
    }

    proptest! {
        #[test]
        fn a_call_is_judged_by_the_close_alone(opened in -20i16..20, by in prop::sample::select(vec![-6i16, -2, 2, 5]), then in -6i16..6) {
            let game = "2010_01_NE_MIA";
            let called = opened + by;
            let quotes = vec![
                quote(game, "a", opened, 0, Moment::Open),
                quote(game, "a", called, 60, Moment::Live),
                quote(game, "nflverse", called + then, 2_000, Moment::Close),
            ];
            let archive = league(quotes);
            let said = calls(&watch(&archive, at(80), Memories::default()));
            prop_assert_eq!(said.len(), 1);
            let memories = Memories::new(said.into_iter().map(|m| (m, None)).collect());
            let before = archive.as_of(at(1_999));
            prop_assert_eq!(resolve(memories.as_of(before.at()), &before), Vec::new());
            let after = archive.as_of(at(2_000));
            let resolved = resolve(memories.as_of(after.at()), &after);
            let further = then * by.signum();
            let held = match further.signum() { 1 => Held::Yes, -1 => Held::No, _ => Held::Void };
            prop_assert_eq!(resolved[0].1.held, held);
            prop_assert_eq!(resolved[0].1.clv_points, Some(f64::from(further) / 2.0));
        }
    }
}
