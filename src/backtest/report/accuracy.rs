//! How near each forecast came, against the closing line on the same games.
//!
//! Two losses: the Brier score of the home win (Brier 1950; ties are left out, because every probability here is given
//! that there is none) and the absolute error of the margin. The difference to the close is paired by game, so that what
//! was unpredictable about a game cancels.

use super::cases::{Case, market_only};
use crate::domain::archive::Archive;
use crate::domain::game::{Score, SeasonWeek};
use crate::domain::line::HalfPoints;
use crate::domain::pick::Agreement;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::Mean;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose forecast; in the order they are printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// The swarm's pooled probability, which uses the market: of the moneyline where there is an agreement on it, else
    /// of the spread through the margin model. Its margin is the mean that gives the pooled spread probability; around
    /// key numbers that is up to 1.7 points from the line even when the pool agrees with the market, which costs .016
    /// points of MAE (2009-17) against a line taken as it stands.
    Swarm,
    /// The same pooled with equal weights.
    EqualWeights,
    /// The closing spread; its home-win probability is the margin model's with the line as the mean.
    ClosingLine,
    /// The closing moneyline, margin removed.
    ClosingMoneyline,
    /// The opening spread.
    OpeningLine,
    /// A seat's own margin before it looked at the line.
    Seat(String),
}

impl Name {
    /// As printed.
    pub fn label(&self) -> String {
        match self {
            Name::Swarm => "swarm".to_owned(),
            Name::EqualWeights => "equal weights".to_owned(),
            Name::ClosingLine => "closing line".to_owned(),
            Name::ClosingMoneyline => "closing moneyline".to_owned(),
            Name::OpeningLine => "opening line".to_owned(),
            Name::Seat(seat) => format!("seat {seat}"),
        }
    }
}

/// One forecaster's losses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyRow {
    /// Whose.
    pub name: Name,
    /// Brier score of the home win; lower is better.
    pub brier: Mean,
    /// Its Brier minus the closing line's on the same games; above zero is worse than the close.
    pub brier_minus_close: Mean,
    /// Mean absolute error of the margin, in points.
    pub margin_mae: Mean,
    /// Its absolute error minus the closing line's on the same games.
    pub margin_mae_minus_close: Mean,
}

/// A forecast of one game.
#[derive(Clone, Copy, Default)]
struct Forecast {
    home_win: Option<Probability>,
    margin: Option<f64>,
}

/// Losses of one game, with the close's.
struct Losses {
    when: SeasonWeek,
    brier: Option<f64>,
    error: Option<f64>,
    close_brier: Option<f64>,
    close_error: Option<f64>,
}

/// Accuracy of opening and closing lines in whole seasons, without any round: what a forecast has to beat.
pub fn market_accuracy(archive: &Arc<Archive>, seasons: &[u16], bootstrap: &Bootstrap) -> Vec<AccuracyRow> {
    rows(&market_only(archive, seasons), bootstrap)
}

/// The rows of all forecasters that said something, in the order of [`Name`].
pub(super) fn rows(cases: &[Case<'_>], bootstrap: &Bootstrap) -> Vec<AccuracyRow> {
    let mut losses: BTreeMap<Name, Vec<Losses>> = BTreeMap::new();
    for case in cases {
        let Some(score) = case.score else { continue };
        let close = line(case, case.close.spread);
        let (close_brier, close_error) = (brier(close, score), error(close, score));
        for (name, forecast) in forecasts(case, close) {
            losses.entry(name).or_default().push(Losses {
                when: case.when,
                brier: brier(forecast, score),
                error: error(forecast, score),
                close_brier,
                close_error,
            });
        }
    }
    losses
        .into_iter()
        .map(|(name, losses)| row(name, &losses, bootstrap))
        .filter(|row| row.brier.n + row.margin_mae.n > 0)
        .collect()
}

fn row(name: Name, losses: &[Losses], bootstrap: &Bootstrap) -> AccuracyRow {
    let mean = |of: &dyn Fn(&Losses) -> Option<f64>| {
        bootstrap.mean(losses.iter().filter_map(|l| of(l).map(|loss| (l.when, loss))))
    };
    AccuracyRow {
        name,
        brier: mean(&|l| l.brier),
        brier_minus_close: mean(&|l| Some(l.brier? - l.close_brier?)),
        margin_mae: mean(&|l| l.error),
        margin_mae_minus_close: mean(&|l| Some(l.error? - l.close_error?)),
    }
}

fn brier(forecast: Forecast, score: Score) -> Option<f64> {
    let won = f64::from(u8::from(score.margin() > 0));
    let p = forecast.home_win.filter(|_| score.margin() != 0)?;
    Some((p.get() - won).powi(2))
}

fn error(forecast: Forecast, score: Score) -> Option<f64> {
    forecast.margin.map(|m| (f64::from(score.margin()) - m).abs())
}

fn forecasts(case: &Case<'_>, close: Forecast) -> Vec<(Name, Forecast)> {
    let moneyline = Forecast {
        home_win: case.close.home_win,
        margin: None,
    };
    let mut all = vec![
        (Name::Swarm, pooled(case, |a| a.p_first)),
        (Name::EqualWeights, pooled(case, |a| a.equal_p_first)),
        (Name::OpeningLine, line(case, case.open.spread)),
        (Name::ClosingLine, close),
        (Name::ClosingMoneyline, moneyline),
    ];
    let seats = case.margins.iter();
    all.extend(seats.map(|(seat, mean)| (Name::Seat(seat.to_string()), expecting(case, *mean))));
    all
}

/// A margin as a forecast: its home-win probability is the margin model's.
fn expecting(case: &Case<'_>, mean: f64) -> Forecast {
    Forecast {
        home_win: Some(case.shapes.p_first(Market::Moneyline, mean, None)),
        margin: Some(mean),
    }
}

fn line(case: &Case<'_>, spread: Option<HalfPoints>) -> Forecast {
    spread.map_or_else(Forecast::default, |s| expecting(case, s.points()))
}

fn pooled(case: &Case<'_>, p_first: impl Fn(&Agreement) -> Probability) -> Forecast {
    let on = |market| {
        let agreements = case.decided.iter().map(|d| &d.decision.agreement);
        agreements.into_iter().find(|a| a.market == market)
    };
    let spread = on(Market::Spread);
    let mean_for = |a: &Agreement, p| case.shapes.mean_for(Market::Spread, p, a.line);
    // The line is the market's median; the pooled belief moves it by as much as it moves the expectation. The expectation
    // itself lies up to a point and a half beside the line at key numbers, which would count as an error of the swarm.
    let margin = spread.and_then(|a| Some(a.line?.points() + mean_for(a, p_first(a)) - mean_for(a, a.fair)));
    let by_spread = || spread.map(|a| case.shapes.p_first(Market::Moneyline, mean_for(a, p_first(a)), None));
    Forecast {
        home_win: on(Market::Moneyline).map(&p_first).or_else(by_spread),
        margin,
    }
}
