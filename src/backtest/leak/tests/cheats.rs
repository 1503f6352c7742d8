//! Six minds that know what they cannot: each is an honest mind whose estimate is bent by something read in the raw rows.

use crate::backtest::leak::{RawData, RawMind, roster};
use crate::domain::belief::{Abstention, Evidence};
use crate::domain::game::GameId;
use crate::feeds::nflverse_games::GameRow;
use crate::minds::quant::points_ridge::PointsRidge;
use crate::minds::{Forecast, Forecaster, Lesson, Question, Target};
use std::sync::Arc;

/// Bends an estimate of a game: target, the game's row, what the mind prepared from the rows at the start, the honest
/// mean.
type Bend = fn(Target, &GameRow, &RawData, f64) -> f64;

/// An honest mind with a look behind the curtain.
struct Cheat {
    honest: PointsRidge,
    raw: Arc<RawData>,
    bend: Bend,
}

impl Forecaster for Cheat {
    fn seat(&self) -> &'static str {
        "cheat"
    }

    fn settle(&mut self, lesson: &Lesson<'_>) {
        self.honest.settle(lesson);
    }

    fn forecast(&mut self, target: Target, question: &Question<'_>) -> Result<Forecast, Abstention> {
        let honest = self.honest.forecast(target, question)?;
        let id: &GameId = &question.fixture.id;
        let row = self.raw.game(id).expect("the slate comes from these rows");
        let mean = (self.bend)(target, row, &self.raw, honest.mean);
        Ok(Forecast { mean, ..honest })
    }

    fn explain(&mut self, target: Target, question: &Question<'_>) -> Vec<Evidence> {
        self.honest.explain(target, question)
    }
}

/// A table of a cheat and two honest seats.
pub fn table(bend: Bend) -> Vec<(&'static str, RawMind)> {
    let cheat: RawMind = Arc::new(move |raw: &Arc<RawData>| {
        Box::new(Cheat {
            honest: PointsRidge::default(),
            raw: Arc::clone(raw),
            bend,
        })
    });
    let honest = roster()
        .into_iter()
        .filter(|(name, _)| ["elo", "market_anchor"].contains(name));
    std::iter::once(("cheat", cheat)).chain(honest).collect()
}

/// Knows a fifth of the result.
pub fn own_result(target: Target, row: &GameRow, _: &RawData, mean: f64) -> f64 {
    let known = match target {
        Target::Margin => row.result,
        Target::Total => row.total,
    };
    known.map_or(mean, |points| 0.8 * mean + 0.2 * f64::from(points))
}

/// Bets the opener knowing where it will close.
pub fn closing_line(target: Target, row: &GameRow, _: &RawData, mean: f64) -> f64 {
    let close = match target {
        Target::Margin => row.spread_line,
        Target::Total => row.total_line,
    };
    close.map_or(mean, |line| 0.5 * (mean + line))
}

/// Takes two points off a home team whose starter is not the one of its last home game.
pub fn actual_quarterback(target: Target, row: &GameRow, raw: &RawData, mean: f64) -> f64 {
    let earlier = |other: &&GameRow| other.home_team == row.home_team && other.gameday < row.gameday;
    let rows = raw.games().iter().map(|(_, other)| other);
    let last = rows.filter(earlier).max_by_key(|other| other.gameday);
    match (target, last) {
        (Target::Margin, Some(last)) if last.home_qb_id != row.home_qb_id => mean - 2.0,
        _ => mean,
    }
}

/// Lowers the total by the wind that blew.
pub fn observed_wind(target: Target, row: &GameRow, _: &RawData, mean: f64) -> f64 {
    match (target, row.wind) {
        (Target::Total, Some(wind @ 15..)) => mean - 0.2 * f64::from(wind),
        _ => mean,
    }
}

/// Rates the home team by its games of later seasons.
pub fn later_seasons(target: Target, row: &GameRow, raw: &RawData, mean: f64) -> f64 {
    let rows = raw.games().iter().map(|(_, other)| other);
    let later: Vec<f64> = rows
        .filter(|other| other.season > row.season && other.home_team == row.home_team)
        .filter_map(|other| other.result.map(f64::from))
        .collect();
    match target {
        Target::Margin if !later.is_empty() => mean + 0.1 * later.iter().sum::<f64>() / later.len() as f64,
        _ => mean,
    }
}

/// Divides its estimate by the standard deviation of all results around their lines, the future's included: no game is
/// looked at, and still the scale is not one that was known.
pub fn full_sample_scale(target: Target, _: &GameRow, raw: &RawData, mean: f64) -> f64 {
    if target == Target::Total {
        return mean;
    }
    let rows = raw.games().iter().map(|(_, other)| other);
    let errors: Vec<f64> = rows
        .filter_map(|other| Some(f64::from(other.result?) - other.spread_line?))
        .collect();
    let sd = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
    mean * 13.4 / sd
}
