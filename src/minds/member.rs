//! A seat of the swarm: a quantitative mind with the record of its own opinions.
//!
//! A member goes through the past decision instant by instant: it learns what had become known, states its opinions at
//! the lines then on offer, and later learns how they fared. So its calibration and its record are walk-forward by
//! construction, and the same whether it has run for ten seasons or was rebuilt a second ago.

use super::{Forecast, Forecaster, Lesson, News, Question, Target, lines};
use crate::domain::archive::View;
use crate::domain::belief::{Abstention, Answer, Basis, Belief, Evidence, Offer, Opinion, Track};
use crate::domain::game::{Fixture, GameId, Score};
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::{Market, Moment, Quote};
use crate::market::shapes::{Shapes, fair, side_of};
use crate::models::calibration::{Slope, SlopeSettings};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A belief this close to the market's own probability is no view: under a hundredth of a point of edge.
pub const NO_EDGE: f64 = 0.0002;

/// From a week's openers to its last kickoff, with room for a game that was put off: what lies further back was gone through.
const LONGEST_WEEK: TimeDelta = TimeDelta::days(21);

/// When a game's openers can be decided on: when the week opens, or when the last of its markets was first priced after that.
fn opened(view: &View, fixture: &Fixture) -> DateTime<Utc> {
    let openers = view.quotes(&fixture.id).iter().filter(|q| q.moment == Moment::Open);
    let mut seen: [Option<DateTime<Utc>>; 3] = [None; 3];
    for quote in openers {
        let first = &mut seen[quote.market as usize];
        *first = Some(first.map_or(quote.as_of, |known| known.min(quote.as_of)));
    }
    let last = seen.into_iter().flatten().max();
    last.map_or(fixture.opens_at, |seen| seen.max(fixture.opens_at))
}

/// A mind with its record.
pub struct Member {
    build: Box<dyn Fn() -> Box<dyn Forecaster> + Send>,
    basis: Basis,
    mind: Box<dyn Forecaster>,
    shapes: Option<Shapes>,
    slopes: [Slope; 2],
    /// Results learnt so far, as a position in the archive's order.
    n_read: usize,
    /// The last of them: when another stands in its place, one came in late.
    last_read: Option<GameId>,
    /// Statistics learnt so far, likewise.
    n_counted: usize,
    /// The last decision instant gone through.
    reached: Option<DateTime<Utc>>,
    /// The latest view studied.
    seen: Option<DateTime<Utc>>,
    /// Opinions whose games are not settled.
    open: BTreeMap<GameId, Vec<Stated>>,
    record: Arc<Vec<Track>>,
}

/// An opinion before its game.
struct Stated {
    market: Market,
    quote: Quote,
    fair: Probability,
    p_first: Probability,
    mean: f64,
    line_points: f64,
}

/// An estimate made a probability.
struct Assessed {
    fair: Probability,
    p_first: Probability,
    sd: f64,
    mean: f64,
    line_points: f64,
}

impl Member {
    /// A member that decides at `basis`; `build` makes its mind anew after a crash or a step back in time.
    pub fn new(build: impl Fn() -> Box<dyn Forecaster> + Send + 'static, basis: Basis) -> Member {
        let mind = build();
        Member {
            build: Box::new(build),
            basis,
            shapes: None,
            slopes: slopes(mind.as_ref()),
            mind,
            n_read: 0,
            last_read: None,
            n_counted: 0,
            reached: None,
            seen: None,
            open: BTreeMap::new(),
            record: Arc::default(),
        }
    }

    /// Answers for a slate with what the view knows. A view earlier than the last one, or another basis, makes it start
    /// over, because nothing learnt from the later one may be used; so does a result that came in behind others it has learnt.
    pub fn study(&mut self, view: &View, basis: Basis, slate: &[Offer]) -> Answer {
        let earlier = self.seen.is_some_and(|t| view.at() < t);
        if basis != self.basis || earlier || self.was_rewritten(view) {
            self.start_over(basis);
        }
        self.seen = Some(view.at());
        self.catch_up(view);
        self.learn(view);
        let season = slate.first().map_or(0, |o| o.fixture.when.season);
        self.fit_shapes(view, season);
        let mut opinions = Vec::with_capacity(slate.len() * Market::ALL.len());
        let mut forecasts = Vec::with_capacity(slate.len());
        for offer in slate {
            let quotes = Market::ALL.map(|m| offer.reference(m));
            let question = Question {
                fixture: &offer.fixture,
                lines: lines(quotes),
                news: &news(view, &offer.fixture),
            };
            let estimates = self.estimates(&question);
            for (market, quote) in Market::ALL.into_iter().zip(quotes) {
                let stance = self.believe(market, quote, &question, &estimates);
                opinions.push(Opinion {
                    game: offer.fixture.id.clone(),
                    market,
                    stance,
                });
            }
            let mean = |f: &Result<Forecast, Abstention>| f.as_ref().ok().map(|f| f.mean);
            forecasts.push((offer.fixture.id.clone(), mean(&estimates[0]), mean(&estimates[1])));
        }
        Answer {
            opinions,
            record: Arc::clone(&self.record),
            forecasts,
        }
    }

    /// True when results it has learnt stand elsewhere now, because one among them was told late.
    fn was_rewritten(&self, view: &View) -> bool {
        let moved = |last: &GameId| {
            let there = view.results(self.n_read.saturating_sub(1)).next();
            there.is_none_or(|known| known.fixture.id != *last)
        };
        self.last_read.as_ref().is_some_and(moved)
    }

    fn start_over(&mut self, basis: Basis) {
        self.basis = basis;
        self.mind = (self.build)();
        self.shapes = None;
        self.slopes = slopes(self.mind.as_ref());
        (self.n_read, self.n_counted, self.reached, self.seen) = (0, 0, None, None);
        self.last_read = None;
        self.open.clear();
        self.record = Arc::default();
    }

    /// Goes through every decision instant before the view's, stating opinions as they would have been stated then.
    fn catch_up(&mut self, view: &View) {
        let mut instants: BTreeMap<DateTime<Utc>, Vec<Fixture>> = BTreeMap::new();
        for f in view.fixtures() {
            if self.reached.is_some_and(|r| f.kickoff < r - LONGEST_WEEK) {
                continue;
            }
            let at = match self.basis {
                Basis::Open => opened(view, f),
                Basis::Close => f.kickoff,
            };
            if at < view.at() && self.reached.is_none_or(|r| at > r) {
                instants.entry(at).or_default().push(f.clone());
            }
        }
        for (at, fixtures) in instants {
            let then = view.earlier(at);
            self.learn(&then);
            for fixture in &fixtures {
                self.state(&then, fixture);
            }
            self.reached = Some(at);
        }
    }

    fn moment(&self) -> Moment {
        match self.basis {
            Basis::Open => Moment::Open,
            Basis::Close => Moment::Close,
        }
    }

    fn state(&mut self, view: &View, fixture: &Fixture) {
        let quotes = Market::ALL.map(|m| view.reference(&fixture.id, m, self.moment()).cloned());
        if quotes.iter().all(Option::is_none) {
            return;
        }
        if self.shapes.as_ref().is_none_or(|s| s.season() != fixture.when.season) {
            self.fit_shapes(view, fixture.when.season);
        }
        let question = Question {
            fixture,
            lines: lines([quotes[0].as_ref(), quotes[1].as_ref(), quotes[2].as_ref()]),
            news: &news(view, fixture),
        };
        let estimates = self.estimates(&question);
        let mut stated = Vec::new();
        for (market, quote) in Market::ALL.into_iter().zip(&quotes) {
            // Estimates too close to the line to vote on are kept too: a mind is not believed until it has a record.
            let Ok(a) = self.assess(market, quote.as_ref(), &question, &estimates) else {
                continue;
            };
            let Some(quote) = quote.clone() else { continue };
            let (fair, p_first, mean, line_points) = (a.fair, a.p_first, a.mean, a.line_points);
            stated.push(Stated {
                market,
                quote,
                fair,
                p_first,
                mean,
                line_points,
            });
        }
        if !stated.is_empty() {
            self.open.insert(fixture.id.clone(), stated);
        }
    }

    fn fit_shapes(&mut self, view: &View, season: u16) {
        self.shapes = Some(Shapes::of_season(self.shapes.take(), view, season));
    }

    /// Learns every result that has become known since.
    fn learn(&mut self, view: &View) {
        let n_known = view.n_results();
        for known in view.results(self.n_read) {
            let id = &known.fixture.id;
            let closes = Market::ALL.map(|m| view.reference(id, m, Moment::Close));
            let offers = Market::ALL.map(|m| view.reference(id, m, self.moment()));
            let lesson = Lesson {
                fixture: known.fixture,
                score: known.score,
                offered: lines(offers),
                closed: lines(closes),
                starters: view.starters(id),
                conditions: view.conditions(id),
            };
            for stated in self.open.remove(id).unwrap_or_default() {
                let track = settle(
                    &stated,
                    &lesson,
                    self.basis,
                    closes[stated.market as usize],
                    known.known_at,
                );
                if let Some(slope) = self.slope_of(stated.market) {
                    let result = match stated.market {
                        Market::Total => f64::from(lesson.score.total()),
                        Market::Spread | Market::Moneyline => f64::from(lesson.score.margin()),
                    };
                    let edge = bounded(stated.mean - stated.line_points);
                    slope.learn(edge, track.moved, result - stated.line_points);
                }
                Arc::make_mut(&mut self.record).push(track);
            }
            self.mind.settle(&lesson);
            self.last_read = Some(id.clone());
        }
        self.n_read = n_known;
        let n_counted = view.n_counted();
        for counted in view.counted(self.n_counted) {
            self.mind.count(&counted);
        }
        self.n_counted = n_counted;
    }

    /// The slope a market's beliefs teach: the moneyline shares the spread's, which is learnt from the spread alone.
    fn slope_of(&mut self, market: Market) -> Option<&mut Slope> {
        match market {
            Market::Spread => Some(&mut self.slopes[0]),
            Market::Total => Some(&mut self.slopes[1]),
            Market::Moneyline => None,
        }
    }

    fn estimates(&mut self, question: &Question<'_>) -> [Result<Forecast, Abstention>; 2] {
        [
            self.mind.forecast(Target::Margin, question),
            self.mind.forecast(Target::Total, question),
        ]
    }

    fn believe(
        &mut self,
        market: Market,
        quote: Option<&Quote>,
        question: &Question<'_>,
        estimates: &[Result<Forecast, Abstention>; 2],
    ) -> Result<Belief, Abstention> {
        let a = self.assess(market, quote, question, estimates)?;
        if side_of(market, a.fair, a.p_first, NO_EDGE).is_none() {
            return Err(Abstention::NoEdge);
        }
        let evidence = self.evidence(target_of(market), question);
        Ok(Belief {
            p_first: a.p_first,
            sd: a.sd,
            mean: a.mean,
            evidence,
        })
    }

    /// An estimate as a probability at the quoted line: its edge over the line, shrunk by the share of such edges that
    /// proved real, moves the market's fair probability.
    fn assess(
        &self,
        market: Market,
        quote: Option<&Quote>,
        question: &Question<'_>,
        estimates: &[Result<Forecast, Abstention>; 2],
    ) -> Result<Assessed, Abstention> {
        let target = target_of(market);
        let forecast = estimates[target as usize].clone()?;
        let quote = quote.ok_or(Abstention::NoLine)?;
        let fair = fair(quote).ok_or(Abstention::NoLine)?;
        let line_points = line_points(market, question).ok_or(Abstention::NoLine)?;
        let Some(shapes) = &self.shapes else {
            return Err(Abstention::NoLine);
        };
        let edge = bounded(forecast.mean - line_points);
        let (share, share_se) = self.slopes[target as usize].share();
        let moved = |shift: f64| shapes.moved(market, fair, line_points, shift, quote.line);
        let p_first = moved(share * edge);
        let per_point = moved(share * edge + 0.5).get() - moved(share * edge - 0.5).get();
        let sd = per_point.abs() * ((share * forecast.se).powi(2) + (edge * share_se).powi(2)).sqrt();
        Ok(Assessed {
            fair,
            p_first,
            sd,
            mean: forecast.mean,
            line_points,
        })
    }

    fn evidence(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        let mut evidence = self.mind.explain(target, question);
        evidence.truncate(MAX_EVIDENCE);
        evidence
    }
}

/// A claimed edge levels off here. When a rating and the line are a touchdown apart, the line usually knows something the
/// rating does not, most often who plays quarterback.
const EDGE_BOUND_POINTS: f64 = 4.0;

pub(super) fn bounded(edge: f64) -> f64 {
    EDGE_BOUND_POINTS * (edge / EDGE_BOUND_POINTS).tanh()
}

/// Nothing learnt yet, for margins and totals.
fn slopes(mind: &dyn Forecaster) -> [Slope; 2] {
    let start = if mind.starts_from_the_line() { 1.0 } else { 0.0 };
    [(); 2].map(|()| {
        Slope::new(SlopeSettings {
            start,
            ..SlopeSettings::default()
        })
    })
}

/// What services had told about a game.
fn news(view: &View, fixture: &Fixture) -> News {
    let injured = [fixture.home, fixture.away]
        .into_iter()
        .flat_map(|team| view.injured(team));
    News {
        forecast: view.forecast(&fixture.id).copied(),
        injured_quarterbacks: injured
            .filter(|r| r.position.as_deref() == Some("QB"))
            .cloned()
            .collect(),
    }
}

/// More reasons than this do not help a reader.
const MAX_EVIDENCE: usize = 4;

fn target_of(market: Market) -> Target {
    match market {
        Market::Spread | Market::Moneyline => Target::Margin,
        Market::Total => Target::Total,
    }
}

/// The expectation the market itself holds: its spread or total; for a moneyline the spread beside it.
fn line_points(market: Market, question: &Question<'_>) -> Option<f64> {
    match target_of(market) {
        Target::Margin => question.lines.spread,
        Target::Total => question.lines.total,
    }
}

fn settle(
    stated: &Stated,
    lesson: &Lesson<'_>,
    basis: Basis,
    close: Option<&Quote>,
    known_at: DateTime<Utc>,
) -> Track {
    let line = stated.quote.line;
    let moved = close
        .filter(|_| basis == Basis::Open)
        .and_then(|close| moved(stated.market, line, stated.fair, close));
    Track {
        game: lesson.fixture.id.clone(),
        when: lesson.fixture.when,
        market: stated.market,
        line,
        fair: stated.fair,
        p_first: stated.p_first,
        mean: stated.mean,
        moved,
        first_won: first_won(stated.market, line, lesson.score),
        known_at,
    }
}

/// Whether home or over won at a line; `None` for a push.
pub(super) fn first_won(market: Market, line: Option<HalfPoints>, score: Score) -> Option<bool> {
    let line = i32::from(line.unwrap_or_default().0);
    let difference = match market {
        Market::Spread => score.margin() * 2 - line,
        Market::Total => score.total() * 2 - line,
        Market::Moneyline => score.margin(),
    };
    (difference != 0).then_some(difference > 0)
}

/// How far a market moved towards home or over from an offer to its close: in points, of a moneyline in log-odds.
pub(super) fn moved(
    market: Market,
    line: Option<HalfPoints>,
    fair_then: Probability,
    close: &Quote,
) -> Option<f64> {
    match market {
        Market::Moneyline => Some(fair(close)?.logit() - fair_then.logit()),
        Market::Spread | Market::Total => Some(close.line?.points() - line?.points()),
    }
}
