//! Which openers can be believed: a line that was posted before last week's games were played is not one anybody could have
//! bet against knowing their results.
//!
//! Such a look-ahead opener is betrayed by last week's surprises: the line has yet to move by what they taught, so they
//! predict its move. The move from open to close is regressed on how far the two teams' last games ended from their closes
//! (research on 2007-2021: honest openers have a slope of .006 to .011 and an R2 up to .013, look-ahead ones .03 to .05 with
//! t 6 to 10). The test looks at openers, closes and earlier results, never at what a bet would have earned.

use crate::domain::archive::{Archive, View};
use crate::domain::game::Fixture;
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::{Book, Market, Moment};
use crate::domain::team::Team;
use crate::market::shapes::fair;
use crate::swarms::pool::PoolSettings;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What is said about the openers of a source in a market and season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenerVerdict {
    /// Last week's surprises were in the line.
    Honest,
    /// They were not: nobody could have bet it knowing them.
    LookAhead,
    /// Too few games to tell; used, and named.
    TooFew,
}

/// One regression: the move from open to close, in points, on the surprise of the teams' last games, in points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenerTest {
    /// Whose openers.
    pub source: Book,
    /// The market; a moneyline's move is its change of log-odds in points of spread.
    pub market: Market,
    /// The season; none for all seasons of the source together.
    pub season: Option<u16>,
    /// Games with an opener, a close and a last game of both teams in the season.
    pub n: u64,
    /// Points of move per point of surprise.
    pub slope: Option<f64>,
    /// Slope over its standard error.
    pub t: Option<f64>,
    /// Share of the moves' variance that surprises predict.
    pub r2: Option<f64>,
    /// What follows.
    pub verdict: OpenerVerdict,
}

/// The steepest slope an honest opener has.
const MAX_SLOPE: f64 = 0.011;
/// The most an honest opener's moves follow surprises.
const MAX_R2: f64 = 0.013;
/// Standard errors by which a slope must lie above [`MAX_SLOPE`]: with some hundred seasons and markets one honest one in
/// seven hundred would be lost by chance, and look-ahead ones lie four and more beyond.
const STANDARD_ERRORS: f64 = 3.0;
/// With fewer games the slope's error is as large as the difference looked for.
const MIN_GAMES: u64 = 60;

/// The tests of everything stored, and what they put aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenerReport {
    /// By source, market and season, each source and market ending with all its seasons together.
    pub tests: Vec<OpenerTest>,
}

/// Openers not to be used: source, market and season.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quarantine(BTreeSet<(Book, Market, u16)>);

impl Quarantine {
    /// True when the openers of a source are not to be used in a market and season.
    pub fn holds(&self, source: &Book, market: Market, season: u16) -> bool {
        self.0.contains(&(source.clone(), market, season))
    }

    /// Sources, markets and seasons in it.
    pub fn n_seasons(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(Book, Market, u16)> for Quarantine {
    fn from_iter<T: IntoIterator<Item = (Book, Market, u16)>>(held: T) -> Quarantine {
        Quarantine(held.into_iter().collect())
    }
}

impl OpenerReport {
    /// Tests every source of openers in an archive.
    pub fn of(archive: &Arc<Archive>) -> OpenerReport {
        let mut points: BTreeMap<(Book, Market, u16), Vec<(f64, f64)>> = BTreeMap::new();
        let mut last: BTreeMap<Team, Last> = BTreeMap::new();
        for when in archive.weeks() {
            let week: Vec<Fixture> = archive.week(when).into_iter().cloned().collect();
            for fixture in &week {
                let view = archive.as_of(fixture.settles_at());
                let both =
                    [fixture.home, fixture.away].map(|team| last.get(&team).filter(|l| l.season == when.season));
                if let [Some(home), Some(away)] = both {
                    for (source, market, moved) in moves(&view, fixture) {
                        let surprise = match market {
                            Market::Total => home.total.zip(away.total).map(|(h, a)| h + a),
                            Market::Spread | Market::Moneyline => home.margin.zip(away.margin).map(|(h, a)| h - a),
                        };
                        if let Some(surprise) = surprise {
                            points
                                .entry((source, market, when.season))
                                .or_default()
                                .push((surprise, moved));
                        }
                    }
                }
            }
            for fixture in &week {
                let view = archive.as_of(fixture.settles_at());
                for team in [fixture.home, fixture.away] {
                    last.insert(team, Last::of(&view, fixture, team));
                }
            }
        }
        OpenerReport { tests: tests(points) }
    }

    /// What is not to be used.
    pub fn quarantine(&self) -> Quarantine {
        let failed = self.tests.iter().filter(|t| t.verdict == OpenerVerdict::LookAhead);
        Quarantine(
            failed
                .filter_map(|t| Some((t.source.clone(), t.market, t.season?)))
                .collect(),
        )
    }

    /// True when no season of a source failed.
    pub fn is_clean(&self) -> bool {
        self.quarantine().n_seasons() == 0
    }
}

/// How far a team's last game ended from its closes, in points; margins from the team's side.
struct Last {
    season: u16,
    margin: Option<f64>,
    total: Option<f64>,
}

impl Last {
    fn of(view: &View, fixture: &Fixture, team: Team) -> Last {
        let line = |market| {
            view.reference(&fixture.id, market, Moment::Close)?
                .line
                .map(HalfPoints::points)
        };
        let score = view.score(&fixture.id);
        let sign = if team == fixture.home { 1.0 } else { -1.0 };
        let (margin, total) = (line(Market::Spread), line(Market::Total));
        Last {
            season: fixture.when.season,
            margin: score.zip(margin).map(|(s, line)| sign * (f64::from(s.margin()) - line)),
            total: score.zip(total).map(|(s, line)| f64::from(s.total()) - line),
        }
    }
}

/// The moves of a game's openers by source and market, in points towards home or over.
fn moves(view: &View, fixture: &Fixture) -> Vec<(Book, Market, f64)> {
    let at_kickoff = view.earlier(fixture.kickoff);
    let mut moves = Vec::new();
    for open in at_kickoff
        .quotes(&fixture.id)
        .iter()
        .filter(|q| q.moment == Moment::Open)
    {
        let Some(close) = at_kickoff.reference(&fixture.id, open.market, Moment::Close) else {
            continue;
        };
        let moved = match open.market {
            Market::Spread | Market::Total => open.line.zip(close.line).map(|(a, b)| b.points() - a.points()),
            Market::Moneyline => {
                let odds = |p: Option<Probability>| p.map(Probability::logit);
                let both = odds(fair(open)).zip(odds(fair(close)));
                both.map(|(a, b)| (b - a) / PoolSettings::default().logit_per_point)
            }
        };
        moves.extend(moved.map(|moved| (open.book.clone(), open.market, moved)));
    }
    moves
}

fn tests(points: BTreeMap<(Book, Market, u16), Vec<(f64, f64)>>) -> Vec<OpenerTest> {
    let mut all: BTreeMap<(Book, Market), Vec<(f64, f64)>> = BTreeMap::new();
    let mut tests = Vec::new();
    for ((source, market, season), points) in points {
        all.entry((source.clone(), market)).or_default().extend(&points);
        tests.push(test(source, market, Some(season), &points));
    }
    tests.extend(
        all.into_iter()
            .map(|((source, market), points)| test(source, market, None, &points)),
    );
    tests.sort_by_key(|t| (t.source.clone(), t.market, t.season.unwrap_or(u16::MAX)));
    tests
}

/// Least squares of moves on surprises with an intercept; no figures without variance of both.
fn test(source: Book, market: Market, season: Option<u16>, points: &[(f64, f64)]) -> OpenerTest {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n.max(1.0);
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let sums = points.iter().fold([0.0f64; 3], |[xx, xy, yy], (a, b)| {
        [xx + (a - x) * (a - x), xy + (a - x) * (b - y), yy + (b - y) * (b - y)]
    });
    let [xx, xy, yy] = sums;
    let (mut slope, mut t, mut r2) = (None, None, None);
    let mut verdict = OpenerVerdict::TooFew;
    if points.len() as u64 >= MIN_GAMES && xx > 0.0 && yy > 0.0 {
        let b = xy / xx;
        let share = (b * xy / yy).clamp(0.0, 1.0);
        let error = ((yy - b * xy).max(0.0) / (n - 2.0) / xx).sqrt();
        let ahead = b - MAX_SLOPE > STANDARD_ERRORS * error && share > MAX_R2;
        verdict = if ahead {
            OpenerVerdict::LookAhead
        } else {
            OpenerVerdict::Honest
        };
        (slope, r2) = (Some(b), Some(share));
        t = (error > 0.0).then(|| b / error);
    }
    OpenerTest {
        source,
        market,
        season,
        n: points.len() as u64,
        slope,
        t,
        r2,
        verdict,
    }
}

impl fmt::Display for OpenerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "openers: move from open to close on the surprise of the teams' last games; honest up to a slope of {MAX_SLOPE}"
        )?;
        writeln!(
            f,
            "{:<20} {:<9} {:>6} {:>6} {:>8} {:>6} {:>7}  verdict",
            "source", "market", "season", "games", "slope", "t", "R2"
        )?;
        for test in &self.tests {
            let season = test.season.map_or("all".to_owned(), |s| s.to_string());
            let number = |x: Option<f64>, digits: usize| x.map_or("-".to_owned(), |x| format!("{x:.digits$}"));
            let verdict = match (test.verdict, test.season) {
                (OpenerVerdict::Honest, _) => "honest",
                (OpenerVerdict::LookAhead, Some(_)) => "LOOK-AHEAD: not used",
                (OpenerVerdict::LookAhead, None) => "look-ahead on the whole; its seasons decide",
                (OpenerVerdict::TooFew, _) => "too few games to tell",
            };
            let (source, market, n) = (test.source.as_str(), test.market, test.n);
            let (slope, t, r2) = (number(test.slope, 4), number(test.t, 1), number(test.r2, 4));
            writeln!(
                f,
                "{source:<20} {market:<9} {season:>6} {n:>6} {slope:>8} {t:>6} {r2:>7}  {verdict}"
            )?;
        }
        match self.quarantine().n_seasons() {
            0 => write!(f, "no season fails"),
            n => write!(f, "{n} seasons and markets are left out of every table"),
        }
    }
}

#[cfg(test)]
mod tests;
