//! The games a report is about, each with what was decided, how it ended and where its lines opened and closed.

use crate::agents::specialists::grading::{Graded, Outcome, grade, settle};
use crate::domain::archive::{Archive, View};
use crate::domain::belief::{Offer, Seat};
use crate::domain::game::{Fixture, GameId, Score, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::pick::Decision;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Moment, Side};
use crate::market::shapes::{Shapes, fair};
use crate::swarms::round::Round;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A decision with its grade.
pub(super) struct Decided<'a> {
    pub decision: &'a Decision,
    pub graded: Option<Graded>,
}

/// The line of each market at one moment, and the moneyline's fair probability of the home team.
#[derive(Default)]
pub(super) struct Lines {
    pub spread: Option<HalfPoints>,
    pub total: Option<HalfPoints>,
    pub home_win: Option<Probability>,
}

impl Lines {
    fn at(known: &View, game: &GameId, moment: Moment) -> Lines {
        let quote = |market| known.reference(game, market, moment);
        Lines {
            spread: quote(Market::Spread).and_then(|q| q.line),
            total: quote(Market::Total).and_then(|q| q.line),
            home_win: quote(Market::Moneyline).and_then(fair),
        }
    }

    /// The line of a spread or total.
    pub fn of(&self, market: Market) -> Option<HalfPoints> {
        match market {
            Market::Spread => self.spread,
            Market::Total => self.total,
            Market::Moneyline => None,
        }
    }
}

/// One game.
pub(super) struct Case<'a> {
    pub game: GameId,
    pub when: SeasonWeek,
    pub kickoff: DateTime<Utc>,
    /// The bankroll its round staked from.
    pub bankroll: Cents,
    pub score: Option<Score>,
    pub open: Lines,
    pub close: Lines,
    /// False when the decision was made at the close: then there is no closing line value.
    pub closes_later: bool,
    pub shapes: Arc<Shapes>,
    pub decided: Vec<Decided<'a>>,
    /// Each seat's margin before it looked at the line.
    pub margins: Vec<(&'a Seat, f64)>,
}

impl<'a> Case<'a> {
    fn of(fixture: &Fixture, decided_at: DateTime<Utc>, known: &View, shapes: Arc<Shapes>) -> Case<'a> {
        let game = &fixture.id;
        Case {
            game: game.clone(),
            when: fixture.when,
            kickoff: fixture.kickoff,
            bankroll: Cents::ZERO,
            score: known.score(game),
            open: Lines::at(known, game, Moment::Open),
            close: Lines::at(known, game, Moment::Close),
            closes_later: known
                .reference(game, Market::Spread, Moment::Close)
                .is_none_or(|q| q.as_of > decided_at),
            shapes,
            decided: Vec::new(),
            margins: Vec::new(),
        }
    }

    /// Whether a side won at a line; `None` for a push, a void or an unplayed game.
    pub fn won(&self, market: Market, side: Side, line: Option<HalfPoints>) -> Option<bool> {
        match settle(market, side, line, self.score?)? {
            Outcome::Win => Some(true),
            Outcome::Loss => Some(false),
            Outcome::Push | Outcome::Void => None,
        }
    }

    /// The line a market closed at after the decision.
    pub fn later_close(&self, market: Market) -> Option<HalfPoints> {
        self.close.of(market).filter(|_| self.closes_later)
    }
}

/// All games, and how many were left out because an earlier round had decided them.
pub(super) struct Cases<'a> {
    pub cases: Vec<Case<'a>>,
    pub n_repeated: u64,
}

/// Grading happens after the fact, by everything stored.
fn settled_view(archive: &Arc<Archive>) -> View {
    archive.as_of(DateTime::<Utc>::MAX_UTC)
}

/// The games of the rounds by (kickoff, id). Distributions are fitted once a season, by what its first round knew, as
/// the risk manager fits them.
pub(super) fn collect<'a>(rounds: &'a [Round], archive: &Arc<Archive>) -> Cases<'a> {
    let known = settled_view(archive);
    let mut shapes: BTreeMap<u16, Arc<Shapes>> = BTreeMap::new();
    let mut seen: BTreeSet<&GameId> = BTreeSet::new();
    let (mut cases, mut n_repeated) = (Vec::new(), 0);
    for round in rounds {
        let view = &round.convened.view;
        for (offer, decided) in by_game(round) {
            if !seen.insert(&offer.fixture.id) {
                n_repeated += 1;
                continue;
            }
            let season = offer.fixture.when.season;
            let shapes = shapes
                .entry(season)
                .or_insert_with(|| Arc::new(Shapes::fit(view, season)));
            let mut case = Case::of(&offer.fixture, view.at(), &known, Arc::clone(shapes));
            case.bankroll = round.convened.bankroll;
            case.margins = margins(round, &offer.fixture.id);
            let grade = |decision| Decided {
                decision,
                graded: grade(decision, view.at(), &known, shapes),
            };
            case.decided = decided.into_iter().map(grade).collect();
            cases.push(case);
        }
    }
    cases.sort_by(|a, b| (a.kickoff, &a.game).cmp(&(b.kickoff, &b.game)));
    Cases { cases, n_repeated }
}

/// Every game of a round with its decisions, in slate order.
fn by_game(round: &Round) -> Vec<(&Offer, Vec<&Decision>)> {
    let mut decisions: BTreeMap<&GameId, Vec<&Decision>> = BTreeMap::new();
    for decision in &round.decisions {
        decisions.entry(&decision.agreement.game).or_default().push(decision);
    }
    let slate = round.convened.slate.iter();
    slate
        .map(|offer| (offer, decisions.remove(&offer.fixture.id).unwrap_or_default()))
        .collect()
}

fn margins<'a>(round: &'a Round, game: &GameId) -> Vec<(&'a Seat, f64)> {
    let margin = |(seat, log): (&'a Seat, &'a crate::swarms::round::SeatLog)| {
        let forecasts = &log.answer.as_ref()?.forecasts;
        let (_, margin, _) = forecasts.iter().find(|(g, _, _)| g == game)?;
        Some((seat, (*margin)?))
    };
    round.seats.iter().filter_map(margin).collect()
}

/// Games of whole seasons without any decision, for measuring the market alone. Distributions are those known when each
/// season's first week opened.
pub(super) fn market_only(archive: &Arc<Archive>, seasons: &[u16]) -> Vec<Case<'static>> {
    let known = settled_view(archive);
    let mut cases: Vec<Case<'static>> = Vec::new();
    let mut shapes: BTreeMap<u16, Arc<Shapes>> = BTreeMap::new();
    for when in archive.weeks() {
        for fixture in archive.week(when) {
            if !seasons.contains(&when.season) {
                continue;
            }
            let fit = || Arc::new(Shapes::fit(&archive.as_of(fixture.opens_at), when.season));
            let shapes = shapes.entry(when.season).or_insert_with(fit);
            cases.push(Case::of(fixture, fixture.opens_at, &known, Arc::clone(shapes)));
        }
    }
    cases
}
