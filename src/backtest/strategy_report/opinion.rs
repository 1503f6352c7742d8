//! The source a rule listens to: whether it wins more where it sees more, and whether its probabilities are true.

use super::row::{Row, bucket, rows};
use crate::backtest::calibration::Calibration;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::engine::bits::Bits;
use crate::engine::period::Period;
use crate::engine::sheet::{Settled, Sheet, Subject};
use crate::engine::track::bets_on;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::Mean;
use crate::strategy::condition::Condition;
use crate::strategy::feature::{Feature, Source};
use crate::strategy::rule::Strategy;
use crate::strategy::stake::Stake;
use serde::Serialize;

/// What a source said of every game of a period, bet or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opinion {
    /// Whose.
    pub source: Source,
    /// What the buckets are of: `edge(source)` in points or `value(source)` in percentage points.
    pub feature: String,
    /// All sides it leans to, by how far.
    pub buckets: Vec<Row>,
    /// Stated probabilities of home or over beside what happened; pushes left out.
    pub calibration: Calibration,
    /// Its mean squared error less the market's own at the same lines and games: above zero is worse than the line.
    pub brier_minus_line: Mean,
}

/// The source a rule names first, with the feature it is asked about.
fn named(strategy: &Strategy) -> Option<(Source, Feature)> {
    let asked = strategy.conditions().iter().find_map(|condition| match condition {
        Condition::Within { feature, .. } => match feature {
            Feature::Edge(source) | Feature::Value(source) => Some((source.clone(), feature.clone())),
            _ => None,
        },
        Condition::Is { .. } => None,
    });
    let staked = || match strategy.stake() {
        Stake::Kelly { source, .. } => {
            let feature = match strategy.market() {
                Market::Spread | Market::Total => Feature::Edge(source.clone()),
                Market::Moneyline => Feature::Value(source.clone()),
            };
            Some((source.clone(), feature))
        }
        Stake::Flat { .. } => None,
    };
    asked.or_else(staked)
}

impl Opinion {
    /// Of the source a rule names; none when it names none.
    pub(super) fn of(
        sheet: &Sheet,
        strategy: &Strategy,
        period: &Period,
        bootstrap: &Bootstrap,
    ) -> Option<Opinion> {
        let (source, feature) = named(strategy)?;
        let inside = sheet.period(period);
        let stated: Vec<(usize, bool)> = (0..sheet.n_rows())
            .step_by(2)
            .filter(|row| inside.contains(*row))
            .filter_map(|row| Some((row, decided(sheet.settled(row)?)?)))
            .collect();
        let chances = stated
            .iter()
            .filter_map(|(row, won)| Some((sheet.chance(&source, *row)?, *won)));
        let predictions = chances.map(|(p, won)| (Probability::clamped(p), won)).collect();
        let value = Subject::Feature(Feature::Value(source.clone()));
        let difference = |(row, won): &(usize, bool)| {
            let p = sheet.chance(&source, *row)?;
            let fair = p - sheet.value(&value, *row)? / 100.0;
            let error = |p: f64| (p - f64::from(u8::from(*won))).powi(2);
            Some((sheet.games()[row / 2].when, error(p) - error(fair)))
        };
        Some(Opinion {
            feature: feature.to_string(),
            buckets: buckets(sheet, &feature, period, bootstrap),
            calibration: Calibration::of(source.as_str(), predictions),
            brier_minus_line: bootstrap.mean(stated.iter().filter_map(difference)),
            source,
        })
    }
}

fn buckets(sheet: &Sheet, feature: &Feature, period: &Period, bootstrap: &Bootstrap) -> Vec<Row> {
    let (labels, ends): (&[&str], &[f64]) = match feature {
        Feature::Value(_) => (
            &["0 to 1", "1 to 2", "2 to 3", "3 to 5", "5 to 8", "8 and more"],
            &[1.0, 2.0, 3.0, 5.0, 8.0],
        ),
        _ => (
            &["0 to .5", ".5 to 1", "1 to 1.5", "1.5 to 2", "2 to 3", "3 and more"],
            &[0.5, 1.0, 1.5, 2.0, 3.0],
        ),
    };
    let subject = Subject::Feature(feature.clone());
    let inside = sheet.period(period);
    let leans = |row: usize| sheet.value(&subject, row).is_some_and(|x| x > 0.0);
    let wanted = Bits::of(sheet.n_rows(), |row| inside.contains(row) && leans(row));
    let (bets, _) = bets_on(sheet, wanted, &Stake::one_percent());
    let finder = super::row::Finder::new(sheet);
    rows(labels, &bets, bootstrap, |bet| {
        let x = sheet.value(&subject, finder.row(bet)?)?;
        Some(bucket(x, ends))
    })
}

fn decided(settled: Settled) -> Option<bool> {
    match settled {
        Settled::Win => Some(true),
        Settled::Loss => Some(false),
        Settled::Push => None,
    }
}
