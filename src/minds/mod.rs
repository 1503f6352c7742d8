//! Minds: whatever turns what is known into a view of a game.
//!
//! The quantitative minds here answer at once. Each is a fold: it is taught settled games in the order in which they
//! became known, and asked about a game with the line that is offered. It sees nothing else, so it can be rebuilt from
//! the archive at any time and gives the same answer, which is what makes a crash harmless.

pub mod feed;
pub mod llm;
pub mod member;
pub mod quant;
pub mod strategists;

use crate::domain::archive::Counted;
use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::{Conditions, Fixture, Score, Starters};
use crate::domain::injury::InjuryReport;
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::Quote;
use crate::domain::weather;
use crate::market::shapes::fair;

/// The lines of a game at one moment, with what their prices imply.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lines {
    /// Home margin the spread expects, in points.
    pub spread: Option<f64>,
    /// Log-odds that home covers, by the spread's prices; 0 when there are none.
    pub spread_skew: f64,
    /// Total points.
    pub total: Option<f64>,
    /// Log-odds of the over, by the total's prices; 0 when there are none.
    pub total_skew: f64,
}

/// The lines of a game out of the quotes of its markets. The moneyline is not among them: see the market anchor.
pub fn lines(quotes: [Option<&Quote>; 3]) -> Lines {
    let [spread, total, _] = quotes;
    let points = |q: Option<&Quote>| q.and_then(|q| q.line).map(HalfPoints::points);
    let skew = |q: Option<&Quote>| q.and_then(fair).map_or(0.0, Probability::logit);
    Lines {
        spread: points(spread),
        spread_skew: skew(spread),
        total: points(total),
        total_skew: skew(total),
    }
}

/// A settled game as minds are taught it.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// The schedule.
    pub fixture: &'a Fixture,
    /// The result.
    pub score: Score,
    /// The lines at the moment decisions are made (openers, or closes when betting closes).
    pub offered: Lines,
    /// The closing lines.
    pub closed: Lines,
    /// The quarterbacks who started.
    pub starters: Option<&'a Starters>,
    /// The weather there was.
    pub conditions: Option<Conditions>,
}

impl Lesson<'_> {
    /// What a residual model is taught: the move of the line after the offer, plus a tenth of how the game then differed
    /// from the close. The move is nearly free of noise; the tenth lets a persistent error of the close in.
    pub fn target(&self, market: Target) -> Option<f64> {
        let (offered, closed, result) = match market {
            Target::Margin => (
                self.offered.spread?,
                self.closed.spread?,
                f64::from(self.score.margin()),
            ),
            Target::Total => (self.offered.total?, self.closed.total?, f64::from(self.score.total())),
        };
        Some(closed - offered + RESULT_SHARE * (result - closed))
    }
}

/// The share of result minus close in a residual model's target.
const RESULT_SHARE: f64 = 0.1;

/// A game to be judged, with the lines on offer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The schedule.
    pub fixture: &'a Fixture,
    /// The lines on offer.
    pub lines: Lines,
    /// What else is known about the game.
    pub news: &'a News,
}

/// What services told about a game before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// The newest forecast for the hour of its kickoff.
    pub forecast: Option<weather::Forecast>,
    /// Quarterbacks of either team who are reported as unlikely to play.
    pub injured_quarterbacks: Vec<InjuryReport>,
}

/// Nothing told.
pub static NO_NEWS: News = News {
    forecast: None,
    injured_quarterbacks: Vec::new(),
};

impl Question<'_> {
    /// The market's own expectation of a target, in points.
    pub fn line(&self, target: Target) -> Option<f64> {
        match target {
            Target::Margin => self.lines.spread,
            Target::Total => self.lines.total,
        }
    }
}

/// What is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Home points minus away points.
    Margin,
    /// Points of both.
    Total,
}

/// An estimate in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The expectation.
    pub mean: f64,
    /// Its standard error (of the expectation, not of the game).
    pub se: f64,
}

/// A quantitative mind.
pub trait Forecaster: Send {
    /// The name of its seat.
    fn seat(&self) -> &'static str;

    /// True when its estimates start from the line and are already shrunk towards it by a fit to where lines went.
    fn starts_from_the_line(&self) -> bool {
        false
    }

    /// Learns a settled game.
    fn settle(&mut self, lesson: &Lesson<'_>);

    /// Learns the statistics of a game, which are published hours after its result.
    fn count(&mut self, _counted: &Counted<'_>) {}

    /// Estimates a game.
    ///
    /// # Errors
    /// An [`Abstention`] when the target is not this mind's, or it has no line or too little data to speak.
    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention>;

    /// The reasons behind [`Forecaster::forecast`], in points towards home or over against the line.
    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence>;
}

/// Fewer settled games than this and a rating knows the league too little to speak.
pub const MIN_GAMES: usize = 64;

/// `+1.5` and the like, for evidence.
pub(crate) fn signed(points: f64) -> String {
    format!("{points:+.1}")
}

/// A margin as people say it: `OAK by 2.0`, whichever side is ahead.
pub(crate) fn by(f: &Fixture, margin: f64) -> String {
    let ahead = if margin >= 0.0 { f.home_code() } else { f.away_code() };
    if margin.abs() < 0.05 {
        "even".to_owned()
    } else {
        format!("{ahead} by {:.1}", margin.abs())
    }
}

/// Whom a number of points speaks for: `0.4 points to OAK`, `0.4 points to the over`.
pub(crate) fn towards(f: &Fixture, target: Target, points: f64) -> String {
    let side = match (target, points >= 0.0) {
        (Target::Margin, true) => f.home_code(),
        (Target::Margin, false) => f.away_code(),
        (Target::Total, true) => "the over",
        (Target::Total, false) => "the under",
    };
    format!("{:.1} points to {side}", points.abs())
}

/// Factors of a regression as reasons, strongest first; those under a twentieth of a point are no reason.
pub(crate) fn factors(f: &Fixture, target: Target, shares: Vec<(&'static str, f64)>) -> Vec<Evidence> {
    let mut reasons: Vec<Evidence> = shares
        .into_iter()
        .filter(|(_, points)| points.abs() >= 0.05)
        .map(|(name, points)| Evidence {
            text: format!("{name}: {}", towards(f, target, points)),
            points,
        })
        .collect();
    reasons.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    reasons
}
