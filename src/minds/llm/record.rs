//! What a model said of games that are over, graded: the record its seat is weighed by.
//!
//! It is made anew for each round from what was stored, with the view of that round: a result that was not known then is in
//! no record. A game that had kicked off before the model's cutoff counts only when it was asked about without names.

use super::slot::Slot;
use crate::domain::archive::View;
use crate::domain::belief::Track;
use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Moment};
use crate::minds::member::{first_won, moved};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// An opinion of an earlier round.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// The line it spoke of.
    pub line: Option<HalfPoints>,
    /// The market's own probability then, margin removed.
    pub fair: Probability,
    /// The probability it stated.
    pub p_first: Probability,
    /// Its estimate in points.
    pub mean: f64,
    /// The instant the round knew.
    pub at: DateTime<Utc>,
    /// The provider's name of the model that said it.
    pub model: String,
    /// Whether it was asked without names.
    pub anonymous: bool,
}

/// With fewer graded opinions a model has no record: a week and a half of a full slate, before which luck is all there is.
pub const MIN_GRADED: usize = 64;

/// The record of a chain at the instant of a view: of each game and market the first opinion of a model that is in the
/// chain, in the order the results became known. Empty while there are fewer than [`MIN_GRADED`].
pub fn record(past: &[Stated], chain: &[Slot], view: &View) -> Vec<Track> {
    let mut first: BTreeMap<(&GameId, Market), &Stated> = BTreeMap::new();
    for stated in past
        .iter()
        .filter(|stated| stated.at < view.at() && counts(stated, chain, view))
    {
        let known = first.entry((&stated.game, stated.market)).or_insert(stated);
        if stated.at < known.at {
            *known = stated;
        }
    }
    let mut tracks = Vec::new();
    for settled in view.results(0) {
        let fixture = settled.fixture;
        for market in Market::ALL {
            let Some(stated) = first.get(&(&fixture.id, market)) else {
                continue;
            };
            let close = view.reference(&fixture.id, market, Moment::Close);
            tracks.push(Track {
                game: fixture.id.clone(),
                when: fixture.when,
                market,
                line: stated.line,
                fair: stated.fair,
                p_first: stated.p_first,
                mean: stated.mean,
                moved: close.and_then(|close| moved(market, stated.line, stated.fair, close)),
                first_won: first_won(market, stated.line, settled.score),
                known_at: settled.known_at,
            });
        }
    }
    if tracks.len() < MIN_GRADED {
        tracks.clear();
    }
    tracks
}

/// Whether an opinion is one of these models', on a game it cannot have known.
fn counts(stated: &Stated, chain: &[Slot], view: &View) -> bool {
    let Some(slot) = chain.iter().find(|slot| slot.model == stated.model) else {
        return false;
    };
    let kickoff = view.fixture(&stated.game).map(|fixture| fixture.kickoff);
    kickoff.is_some_and(|kickoff| stated.anonymous || !slot.may_know(kickoff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::archive::Archive;
    use crate::minds::llm::slot::Dialect;
    use crate::minds::llm::tests;
    use crate::sim::{FIRST_SEASON, League, SimOptions};
    use chrono::TimeDelta;
    use std::sync::Arc;

    /// A slot that knows nothing of the league.
    fn slot(dialect: Dialect) -> Slot {
        Slot {
            cutoff: "2000-01-01".parse().unwrap(),
            ..tests::slot(dialect)
        }
    }

    fn archive() -> Arc<Archive> {
        let options = SimOptions {
            n_weeks: 10,
            ..SimOptions::default()
        };
        let league = League::generate(3, FIRST_SEASON..=FIRST_SEASON, options);
        Arc::new(Archive::new(league.games, league.quotes))
    }

    /// An opinion on every opener of the season, a minute after it was posted.
    fn past(archive: &Arc<Archive>, model: &str) -> Vec<Stated> {
        let end = archive.as_of(DateTime::<Utc>::MAX_UTC);
        let mut all = Vec::new();
        for fixture in end.fixtures() {
            for market in [Market::Spread, Market::Total] {
                let Some(quote) = end.reference(&fixture.id, market, Moment::Open) else {
                    continue;
                };
                all.push(Stated {
                    game: fixture.id.clone(),
                    market,
                    line: quote.line,
                    fair: Probability::HALF,
                    p_first: Probability::clamped(0.53),
                    mean: 1.0,
                    at: fixture.opens_at + TimeDelta::minutes(1),
                    model: model.to_owned(),
                    anonymous: false,
                });
            }
        }
        all
    }

    #[test]
    fn only_results_known_by_then_count_and_too_few_are_none() {
        let archive = archive();
        let chain = [slot(Dialect::Anthropic)];
        let past = past(&archive, &chain[0].model);
        let end = archive.as_of(DateTime::<Utc>::MAX_UTC);
        let whole = record(&past, &chain, &end);
        assert_eq!(whole.len(), past.len());
        assert!(whole.iter().all(|track| track.moved.is_some()));
        let middle = archive.as_of(past[past.len() / 2].at);
        let half = record(&past, &chain, &middle);
        assert!(half.len() >= MIN_GRADED && half.len() < whole.len());
        assert!(half.iter().all(|track| track.known_at <= middle.at()));
        assert!(record(&past[..MIN_GRADED - 1], &chain, &end).is_empty());
        assert!(record(&[], &chain, &end).is_empty());
    }

    #[test]
    fn what_the_model_may_have_known_or_another_said_is_no_record() {
        let archive = archive();
        let end = archive.as_of(DateTime::<Utc>::MAX_UTC);
        let mut knows = slot(Dialect::Anthropic);
        let mut past = past(&archive, &knows.model);
        knows.cutoff = "2999-01-01".parse().unwrap();
        assert!(record(&past, &[knows.clone()], &end).is_empty());
        past.iter_mut().for_each(|stated| stated.anonymous = true);
        assert!(!record(&past, &[knows], &end).is_empty());
        assert!(record(&past, &[slot(Dialect::OpenAi)], &end).is_empty());
    }

    #[test]
    fn of_several_opinions_on_a_market_the_first_counts() {
        let archive = archive();
        let end = archive.as_of(DateTime::<Utc>::MAX_UTC);
        let chain = [slot(Dialect::Anthropic)];
        let mut all = past(&archive, &chain[0].model);
        let later: Vec<Stated> = all
            .iter()
            .map(|stated| Stated {
                p_first: Probability::clamped(0.4),
                at: stated.at + TimeDelta::days(1),
                ..stated.clone()
            })
            .collect();
        let n = all.len();
        all.splice(0..0, later);
        let tracks = record(&all, &chain, &end);
        assert_eq!(tracks.len(), n);
        assert!(tracks.iter().all(|track| track.p_first.get() > 0.5));
    }
}
