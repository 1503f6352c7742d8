//! Readings that are none, out of order or from a broken clock: counted, and without effect on what is learnt.

use super::super::ensemble::{Ensemble, EnsembleSettings};
use super::super::synthetic::{Fault, Process};
use crate::healing::reading::{Metric, Reading};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;

fn at(n: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(5 * n as i64)
}

#[test]
fn an_ensemble_fed_garbage_says_what_it_would_say_without_it() {
    let metrics = Process::METRICS.map(Metric::new);
    let (mut clean, mut dirty) = (
        Ensemble::new(EnsembleSettings::default()),
        Ensemble::new(EnsembleSettings::default()),
    );
    let (mut one, mut two, mut dice) = (Pcg64Mcg::new(1), Pcg64Mcg::new(1), Pcg64Mcg::new(2));
    let mut process = Process::new(8);
    let mut n_bad = 0;
    for n in 0..1_500 {
        let fault = if n > 1_300 { Some(n - 1_300) } else { None };
        let values = process.step(Fault::Step, fault, 1);
        let readings: Vec<Reading> = metrics
            .iter()
            .zip(values)
            .map(|(m, v)| Reading::new(m, v, at(n)))
            .collect();
        let mut with = readings.clone();
        for metric in &metrics {
            let bad = match dice.random_range(0..8) {
                0 => (f64::NAN, at(n)),
                1 => (f64::INFINITY, at(n)),
                2 => (f64::NEG_INFINITY, at(n) + TimeDelta::days(90_000)),
                3 => (1e9, at(n)),
                4 if n > 0 => (1e9, at(n - 1)),
                5 => (1e300, at(n)),
                _ => continue,
            };
            n_bad += 1;
            with.push(Reading::new(metric, bad.0, bad.1));
        }
        assert_eq!(
            clean.observe(&readings, &mut one),
            dirty.observe(&with, &mut two),
            "round {n}"
        );
    }
    let refused = dirty.refused();
    let counted = refused.n_nan + refused.n_infinite + refused.n_duplicate + refused.n_out_of_order;
    assert_eq!((counted, refused.n_jumps), (n_bad, 0), "{refused:?}");
    assert_eq!(clean.verdicts("process"), dirty.verdicts("process"));
}

#[test]
fn after_jumps_of_the_clock_it_still_finds_a_step() {
    let metrics = Process::METRICS.map(Metric::new);
    let mut ensemble = Ensemble::new(EnsembleSettings::default());
    let (mut rng, mut process) = (Pcg64Mcg::new(1), Process::new(9));
    let mut told = false;
    for n in 0..1_700usize {
        let shift = match n {
            700..900 => TimeDelta::days(3_650),
            900.. => TimeDelta::days(-7),
            _ => TimeDelta::zero(),
        };
        let values = process.step(Fault::Step, n.checked_sub(1_500), 0);
        let readings = metrics
            .iter()
            .zip(values)
            .map(|(m, v)| Reading::new(m, v, at(n) + shift));
        let said = ensemble.observe(&readings.collect::<Vec<_>>(), &mut rng);
        told |= n >= 1_500 && said.iter().any(|a| a.metric == metrics[0]);
    }
    assert!(told && ensemble.refused().n_jumps == 8, "{:?}", ensemble.refused());
}

#[test]
fn it_goes_on_alike_after_being_written_down_and_bounds_its_metrics() {
    let metrics = Process::METRICS.map(Metric::new);
    let mut ensemble = Ensemble::new(EnsembleSettings {
        max_metrics: 3,
        ..EnsembleSettings::default()
    });
    ensemble.set_limit(&metrics[0], 800.0);
    let (mut rng, mut process) = (Pcg64Mcg::new(1), Process::new(10));
    let mut round = |n: usize| -> Vec<Reading> {
        let values = process.step(Fault::Leak, n.checked_sub(700), 0);
        metrics
            .iter()
            .zip(values)
            .map(|(m, v)| Reading::new(m, v, at(n)))
            .collect()
    };
    for n in 0..700 {
        ensemble.observe(&round(n), &mut rng);
    }
    assert_eq!(ensemble.n_dropped(), 700, "the fourth metric is beyond the bound");
    let mut again: Ensemble = serde_json::from_str(&serde_json::to_string(&ensemble).unwrap()).unwrap();
    assert_eq!(again, ensemble);
    let mut other = rng.clone();
    let mut said = Vec::new();
    for n in 700..1_000 {
        let readings = round(n);
        let anomalies = ensemble.observe(&readings, &mut rng);
        assert_eq!(anomalies, again.observe(&readings, &mut other));
        said.extend(anomalies);
    }
    assert!(said.iter().any(|a| a.words.contains("exhausted in")), "{said:?}");
    assert_eq!(ensemble.observe(&[], &mut rng), []);
}

#[test]
fn a_metric_whose_alarms_were_false_must_be_stranger() {
    let metrics = Process::METRICS.map(Metric::new);
    let alarms = |factor: f64| {
        let mut ensemble = Ensemble::new(EnsembleSettings::default());
        let (mut rng, mut process) = (Pcg64Mcg::new(1), Process::new(12));
        assert!(!ensemble.set_factor(&metrics[1], factor), "not heard of yet");
        let mut n_alarms = 0;
        for n in 0..2_206usize {
            let values = process.step(Fault::Spike, n.checked_sub(2_200), 1);
            let readings = metrics.iter().zip(values).map(|(m, v)| Reading::new(m, v, at(n)));
            let said = ensemble.observe(&readings.collect::<Vec<_>>(), &mut rng);
            n_alarms += said.iter().filter(|a| n >= 2_200 && a.metric == metrics[1]).count();
            assert!(ensemble.set_factor(&metrics[1], factor) && !ensemble.set_factor(&metrics[1], f64::NAN));
        }
        n_alarms
    };
    assert!(alarms(1.0) > alarms(3.0));
}
