//! Pooling: how much a seat's record makes it weigh, and how several beliefs become one probability.
//!
//! Beliefs are pooled as log-odds departures from the market's fair probability (a logarithmic opinion pool around a
//! common prior: Genest and Zidek 1986). The mean departure is then scaled by one factor learnt from the seats' settled
//! beliefs, because the mean of several calibrated, partly independent beliefs is too timid.

use crate::domain::belief::{Seat, Track};
use crate::domain::game::{GameId, SeasonWeek};
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::models::season_time::rating_week;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settled beliefs of every seat, by seat.
pub type Records = BTreeMap<Seat, Arc<Vec<Track>>>;

/// Settings of the pool; all chosen on seasons up to 2017.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolSettings {
    /// Weeks of rating time after which a settled belief counts half.
    pub half_life_weeks: f64,
    /// Pseudo-observations without value that hold a short record at no merit.
    pub ballast: f64,
    /// Average points of closing line value per belief that multiply a weight by e.
    pub points_per_e: f64,
    /// Weights stay within this factor of 1, both ways.
    pub max_factor: f64,
    /// The weight of a seat without any record in a market.
    pub no_record: f64,
    /// Log-odds per point of line move.
    pub logit_per_point: f64,
    /// Prior standard deviation of the scaling factor around its value from line moves.
    pub scale_sd: f64,
    /// Pseudo-beliefs (departure of 0.04 log-odds, scale 1) that hold the scaling factor at 1 before there is data.
    pub scale_ballast: f64,
}

impl Default for PoolSettings {
    fn default() -> PoolSettings {
        PoolSettings {
            half_life_weeks: 36.0,
            ballast: 60.0,
            points_per_e: 0.5,
            max_factor: 3.0,
            no_record: 0.25,
            logit_per_point: 0.12,
            scale_sd: 1.0,
            scale_ballast: 100.0,
        }
    }
}

/// How far back a record is read: older beliefs weigh under two percent by then.
const HORIZON_WEEKS: f64 = 216.0;

/// Recent performance of one record in one market, from its closing line value: 1 says nothing either way.
///
/// Closing line value shows in about 200 beliefs what wins and losses show in two thousand. A record without any close
/// after its offers (betting at the close) has none, and weighs 1.
pub fn performance(record: &[Track], market: Market, now: SeasonWeek, settings: &PoolSettings) -> f64 {
    // The moneyline's record is the spread's: one view of the margin, and its moves are in points.
    let judged = if market == Market::Moneyline {
        Market::Spread
    } else {
        market
    };
    let now = rating_week(now);
    let (mut n, mut weight, mut value) = (0usize, 0.0, 0.0);
    for track in record.iter().rev() {
        let age = now - rating_week(track.when);
        if age > HORIZON_WEEKS {
            break;
        }
        if track.market != judged {
            continue;
        }
        n += 1;
        let departure = track.p_first.get() - track.fair.get();
        if let Some(moved) = track.moved.filter(|_| departure != 0.0) {
            let w = 0.5f64.powf(age / settings.half_life_weeks);
            weight += w;
            value += w * moved * departure.signum();
        }
    }
    if n == 0 {
        return settings.no_record;
    }
    let merit = value / (weight + settings.ballast) / settings.points_per_e;
    merit.exp().clamp(settings.max_factor.recip(), settings.max_factor)
}

/// The weighted mean departure from fair, in log-odds; zero without weights.
pub fn mean_departure(departures: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weight) = departures.fold((0.0, 0.0), |(s, w), (departure, v)| (s + v * departure, w + v));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The fair probability moved by a scaled departure.
pub fn pooled(fair: Probability, departure: f64, scale: f64) -> Probability {
    Probability::from_logit(fair.logit() + scale * departure)
}

/// The scaling factor of a market's pooled departures, learnt from all settled beliefs.
///
/// Two sources: the slope of later line moves (in log-odds) on pooled departures, which is precise, as the prior mean;
/// and the likelihood of the results, by Newton's method on the logistic log-likelihood with that normal prior. Kept
/// within 0 and 3: a factor beyond that is a symptom, not a forecast.
pub fn scale(records: &Records, weights: &BTreeMap<Seat, f64>, market: Market, settings: &PoolSettings) -> f64 {
    let past = past_departures(records, weights, market);
    let (mut xx, mut xm) = (settings.scale_ballast * 0.0016, settings.scale_ballast * 0.0016);
    for p in past.values() {
        if let Some(moved) = p.moved {
            let moved = if market == Market::Moneyline {
                moved
            } else {
                moved * settings.logit_per_point
            };
            xx += p.departure() * p.departure();
            xm += p.departure() * moved;
        }
    }
    let prior = xm / xx;
    let precision = settings.scale_sd.powi(-2);
    let mut scale = prior;
    for _ in 0..NEWTON_STEPS {
        let (mut gradient, mut curvature) = (-(scale - prior) * precision, precision);
        for p in past.values() {
            let Some(won) = p.first_won else { continue };
            let x = p.departure();
            let expected = pooled(p.fair, x, scale).get();
            gradient += x * (f64::from(u8::from(won)) - expected);
            curvature += x * x * expected * (1.0 - expected);
        }
        scale += gradient / curvature;
    }
    scale.clamp(0.0, MAX_SCALE)
}

/// The most pooled departures are scaled by.
const MAX_SCALE: f64 = 3.0;

/// Newton's method on a concave one-dimensional function started at its prior: six steps reach machine precision.
const NEWTON_STEPS: usize = 6;

struct Past {
    fair: Probability,
    sum: f64,
    weight: f64,
    moved: Option<f64>,
    first_won: Option<bool>,
}

impl Past {
    fn departure(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}

fn past_departures<'a>(
    records: &'a Records,
    weights: &BTreeMap<Seat, f64>,
    market: Market,
) -> BTreeMap<&'a GameId, Past> {
    let mut past: BTreeMap<&GameId, Past> = BTreeMap::new();
    for (seat, record) in records {
        let weight = weights.get(seat).copied().unwrap_or(0.0);
        for track in record.iter().filter(|t| t.market == market) {
            let entry = past.entry(&track.game).or_insert(Past {
                fair: track.fair,
                sum: 0.0,
                weight: 0.0,
                moved: track.moved,
                first_won: track.first_won,
            });
            entry.sum += weight * (track.p_first.logit() - track.fair.logit());
            entry.weight += weight;
        }
    }
    past
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn track(week: u8, p_first: f64, moved: f64, won: bool) -> Track {
        Track {
            game: GameId::new(&format!("2010_{week:02}_A_B_{p_first}_{moved}")),
            when: SeasonWeek { season: 2010, week },
            market: Market::Spread,
            line: None,
            fair: Probability::HALF,
            p_first: Probability::clamped(p_first),
            mean: 0.0,
            moved: Some(moved),
            first_won: Some(won),
            known_at: DateTime::<Utc>::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_seat_the_line_follows_weighs_more() {
        let settings = PoolSettings::default();
        let now = SeasonWeek { season: 2010, week: 17 };
        let good: Vec<Track> = (1..=16)
            .flat_map(|w| (0..16).map(move |_| track(w, 0.55, 1.0, true)))
            .collect();
        let bad: Vec<Track> = (1..=16)
            .flat_map(|w| (0..16).map(move |_| track(w, 0.55, -1.0, true)))
            .collect();
        let value = |r: &[Track]| performance(r, Market::Spread, now, &settings);
        assert!(
            value(&good) > 1.5 && value(&bad) < 0.67,
            "{} {}",
            value(&good),
            value(&bad)
        );
        assert_eq!(value(&[]), settings.no_record);
        assert_eq!(performance(&good, Market::Total, now, &settings), settings.no_record);
    }

    #[test]
    fn without_data_the_scale_is_one() {
        let scale = scale(
            &Records::new(),
            &BTreeMap::new(),
            Market::Spread,
            &PoolSettings::default(),
        );
        assert!((scale - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn pooling_ignores_order(mut xs in prop::collection::vec((-0.5f64..0.5, 0.1f64..3.0), 1..9)) {
            let forward = mean_departure(xs.iter().copied());
            xs.reverse();
            prop_assert!((forward - mean_departure(xs.into_iter())).abs() < 1e-12);
        }

        #[test]
        fn a_pooled_probability_lies_between_fair_and_the_extremes(p in 0.05f64..0.95, x in -0.5f64..0.5) {
            let fair = Probability::clamped(p);
            let moved = pooled(fair, x, 1.0).get();
            prop_assert!((moved - p) * x >= 0.0 && (0.0..=1.0).contains(&moved));
        }
    }
}
