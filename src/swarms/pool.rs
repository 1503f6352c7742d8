//! Pooling: how much a seat's record makes it weigh, and how several beliefs become one probability.
//!
//! Beliefs are pooled as log-odds departures from the market's fair probability (a logarithmic opinion pool around a
//! common prior: Genest and Zidek 1986). How much of each seat's departure enters is learnt by a ridge regression of the
//! later moves of the market on the departures of all seats, held to the average by record ([`Blend`]): seats that look
//! at the same thing must not count it twice, and seats that look at different things add up. The result is scaled once
//! more by what the games themselves then said. With equal weights the mean is scaled alone, as a yardstick.

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
    /// Pseudo-beliefs (departure of 0.04 log-odds) that hold each seat's coefficient at its share of the average. Must be
    /// positive.
    pub blend_ballast: f64,
    /// Prior standard deviation of the boldness around 1, which is what the market's later moves say.
    pub boldness_sd: f64,
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
            blend_ballast: 200.0,
            boldness_sd: 0.7,
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

/// What each seat's departure counts for in the pool of one market.
#[derive(Clone, Debug, Default)]
pub struct Blend {
    /// Log-odds of the pool per log-odds of the seat's departure, by seat, boldness not included.
    pub coefficients: BTreeMap<Seat, f64>,
    /// The factor by which results say the blend is too timid or too bold.
    pub boldness: f64,
}

impl Blend {
    /// Learns the blend of a market from all settled beliefs; `weights` are the seats' weights by record.
    ///
    /// The regression's prior is the weighted mean times the [`scale`] of that mean by line moves; without moves (betting
    /// at the close) it stays there. Boldness is the posterior mode of a factor on the whole, with a normal prior around 1
    /// and the logistic likelihood of the results.
    pub fn learn(
        records: &Records,
        weights: &BTreeMap<Seat, f64>,
        market: Market,
        settings: &PoolSettings,
    ) -> Blend {
        let seats: Vec<&Seat> = weights.keys().collect();
        let past = Past::of(records, &seats, market);
        let total: f64 = weights.values().sum();
        let shares: Vec<f64> = weights
            .values()
            .map(|w| if total > 0.0 { w / total } else { 0.0 })
            .collect();
        let by_moves = slope_on_moves(&past, &shares, market, settings);
        let prior: Vec<f64> = shares.iter().map(|share| share * by_moves).collect();
        let mut moves = Moves::new(seats.len());
        for game in past.values() {
            if let Some(moved) = game.moved_logit(market, settings) {
                moves.observe(&game.departures, moved);
            }
        }
        let coefficients = moves.coefficients(&prior, settings.blend_ballast * USUAL_DEPARTURE.powi(2));
        let boldness = posterior_scale(&past, &|game| game.mix(&coefficients), 1.0, settings.boldness_sd)
            .clamp(MIN_BOLDNESS, MAX_BOLDNESS);
        Blend {
            coefficients: seats.into_iter().cloned().zip(coefficients).collect(),
            boldness,
        }
    }

    /// The pool's departure from fair, in log-odds, given those of seats that have one; a seat without one holds the
    /// market's own belief.
    pub fn departure<'a>(&self, departures: impl Iterator<Item = (&'a Seat, f64)>) -> f64 {
        let mixed: f64 = departures
            .filter_map(|(seat, d)| self.coefficients.get(seat).map(|b| b * d))
            .sum();
        self.boldness * mixed
    }
}

/// The normal equations of later moves on the seats' departures.
struct Moves {
    xx: Vec<Vec<f64>>,
    xy: Vec<f64>,
}

impl Moves {
    fn new(n: usize) -> Moves {
        Moves {
            xx: vec![vec![0.0; n]; n],
            xy: vec![0.0; n],
        }
    }

    fn observe(&mut self, x: &[f64], y: f64) {
        for (i, xi) in x.iter().enumerate() {
            for (cell, xj) in self.xx[i].iter_mut().zip(x) {
                *cell += xi * xj;
            }
            self.xy[i] += xi * y;
        }
    }

    /// Coefficients of the ridge regression around a prior, none below zero: no seat counts against its own word. By
    /// coordinate descent, which on this convex problem goes downhill with every step.
    fn coefficients(&self, prior: &[f64], penalty: f64) -> Vec<f64> {
        let mut b = prior.to_vec();
        for _ in 0..MAX_SWEEPS {
            let mut largest: f64 = 0.0;
            for j in 0..b.len() {
                let others: f64 =
                    self.xx[j].iter().zip(&b).map(|(x, b)| x * b).sum::<f64>() - self.xx[j][j] * b[j];
                let next = ((self.xy[j] + penalty * prior[j] - others) / (self.xx[j][j] + penalty)).max(0.0);
                largest = largest.max((next - b[j]).abs());
                b[j] = next;
            }
            if largest < SETTLED {
                break;
            }
        }
        b
    }
}

/// A dozen seats settle within a few dozen sweeps; the bound is for numbers nobody has seen.
const MAX_SWEEPS: usize = 500;
/// A coefficient that changes by less than this changes no probability in its ninth digit.
const SETTLED: f64 = 1e-9;

/// Boldness beyond these bounds is a symptom, not a forecast.
const MIN_BOLDNESS: f64 = 0.5;
const MAX_BOLDNESS: f64 = 2.0;
/// The size of a usual departure in log-odds, by which ballast is measured: a third of a point of line.
const USUAL_DEPARTURE: f64 = 0.04;

/// The scaling factor of a market's mean departure under given weights, learnt from all settled beliefs.
///
/// Two sources: the slope of later line moves (in log-odds) on the mean departures, which is precise, as the prior mean;
/// and the likelihood of the results. Kept within 0 and 3: a factor beyond that is a symptom, not a forecast.
pub fn scale(records: &Records, weights: &BTreeMap<Seat, f64>, market: Market, settings: &PoolSettings) -> f64 {
    let seats: Vec<&Seat> = weights.keys().collect();
    let past = Past::of(records, &seats, market);
    let weights: Vec<f64> = weights.values().copied().collect();
    let prior = slope_on_moves(&past, &weights, market, settings);
    posterior_scale(&past, &|game| game.mean(&weights), prior, settings.scale_sd).clamp(0.0, MAX_SCALE)
}

/// The most mean departures are scaled by.
const MAX_SCALE: f64 = 3.0;

/// The slope of later moves on weighted mean departures, held at 1 by ballast.
fn slope_on_moves(
    past: &BTreeMap<&GameId, Past>,
    weights: &[f64],
    market: Market,
    settings: &PoolSettings,
) -> f64 {
    let ballast = settings.scale_ballast * USUAL_DEPARTURE.powi(2);
    let (mut xx, mut xm) = (ballast, ballast);
    for game in past.values() {
        if let Some(moved) = game.moved_logit(market, settings) {
            let x = game.mean(weights);
            xx += x * x;
            xm += x * moved;
        }
    }
    xm / xx
}

/// The posterior mode of a factor on departures: normal prior, logistic likelihood of the results, by Newton's method.
fn posterior_scale(past: &BTreeMap<&GameId, Past>, departure: &dyn Fn(&Past) -> f64, prior: f64, sd: f64) -> f64 {
    let precision = sd.powi(-2);
    let mut scale = prior;
    for _ in 0..NEWTON_STEPS {
        let (mut gradient, mut curvature) = (-(scale - prior) * precision, precision);
        for game in past.values() {
            let Some(won) = game.first_won else { continue };
            let x = departure(game);
            let expected = pooled(game.fair, x, scale).get();
            gradient += x * (f64::from(u8::from(won)) - expected);
            curvature += x * x * expected * (1.0 - expected);
        }
        scale += gradient / curvature;
    }
    scale
}

/// Newton's method on a concave one-dimensional function started at its prior: six steps reach machine precision.
const NEWTON_STEPS: usize = 6;

/// What the seats believed about one settled game, and what came of it.
struct Past {
    fair: Probability,
    /// By seat, in the order asked for; zero for a seat without a belief.
    departures: Vec<f64>,
    /// True for a seat with a belief.
    held: Vec<bool>,
    moved: Option<f64>,
    first_won: Option<bool>,
}

impl Past {
    fn of<'a>(records: &'a Records, seats: &[&Seat], market: Market) -> BTreeMap<&'a GameId, Past> {
        let mut past: BTreeMap<&GameId, Past> = BTreeMap::new();
        for (i, seat) in seats.iter().enumerate() {
            let Some(record) = records.get(seat) else { continue };
            for track in record.iter().filter(|t| t.market == market) {
                let entry = past.entry(&track.game).or_insert_with(|| Past {
                    fair: track.fair,
                    departures: vec![0.0; seats.len()],
                    held: vec![false; seats.len()],
                    moved: track.moved,
                    first_won: track.first_won,
                });
                entry.departures[i] = track.p_first.logit() - track.fair.logit();
                entry.held[i] = true;
            }
        }
        past
    }

    /// The later move of the market in log-odds.
    fn moved_logit(&self, market: Market, settings: &PoolSettings) -> Option<f64> {
        self.moved.map(|moved| match market {
            Market::Moneyline => moved,
            Market::Spread | Market::Total => moved * settings.logit_per_point,
        })
    }

    /// The sum of departures times coefficients.
    fn mix(&self, coefficients: &[f64]) -> f64 {
        self.departures.iter().zip(coefficients).map(|(d, b)| d * b).sum()
    }

    /// The weighted mean over the seats with a belief.
    fn mean(&self, weights: &[f64]) -> f64 {
        let weight: f64 = weights
            .iter()
            .zip(&self.held)
            .filter(|(_, held)| **held)
            .map(|(w, _)| w)
            .sum();
        if weight > 0.0 { self.mix(weights) / weight } else { 0.0 }
    }
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
    fn without_a_record_the_blend_is_the_average() {
        let weights: BTreeMap<Seat, f64> = ["a", "b"].map(|s| (Seat::new(s), 1.0)).into();
        let blend = Blend::learn(&Records::new(), &weights, Market::Spread, &PoolSettings::default());
        let seats = [Seat::new("a"), Seat::new("b")];
        let departure = blend.departure(seats.iter().zip([0.10, 0.06]));
        assert!((departure - 0.08).abs() < 1e-12, "{blend:?}");
        assert_eq!(Blend::default().departure(seats.iter().zip([0.1, 0.1])), 0.0);
    }

    #[test]
    fn whom_the_market_follows_is_heard_and_whom_it_does_not_is_not() {
        let settings = PoolSettings::default();
        // Seat a is followed by as much as it says, seat b says as much and knows nothing.
        let record = |known: bool| -> Vec<Track> {
            let games = (1..=17u8).flat_map(|w| (0..60u8).map(move |i| (w, i)));
            games
                .map(|(w, i)| {
                    let (a, b) = (i % 2 == 0, i / 2 % 2 == 0);
                    let says = if known { a } else { b };
                    let p = if says { 0.51 } else { 0.49 };
                    let moved = if a { 1.0 } else { -1.0 } * Probability::clamped(0.51).logit() / 0.12;
                    Track {
                        game: GameId::new(&format!("{w} {i}")),
                        first_won: Some(i % 3 == 0),
                        ..track(w, p, moved, true)
                    }
                })
                .collect()
        };
        let seats = [("a", true), ("b", false)];
        let records: Records = seats.map(|(s, known)| (Seat::new(s), Arc::new(record(known)))).into();
        let weights: BTreeMap<Seat, f64> = seats.map(|(s, _)| (Seat::new(s), 1.0)).into();
        let blend = Blend::learn(&records, &weights, Market::Spread, &settings);
        let of = |s| blend.coefficients[&Seat::new(s)];
        assert!(of("a") > 0.7 && of("b") < 0.3 && of("b") >= 0.0, "{blend:?}");
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
