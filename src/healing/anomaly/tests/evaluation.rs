//! Precision, recall, delay and false alarms a week on series whose faults are known: 10 seeds, or 1,000 with `HUDDLE_FULL=1`.
//!
//! A seed is fifteen healthy days of a process of four metrics, then two days with one fault from noon of the first, for each kind.
//! A detector alone alarms by the same stated rate as the ensemble, divided among the metrics it looks at.

use super::super::Detector;
use super::super::component::QUIET;
use super::super::ensemble::{Ensemble, EnsembleSettings};
use super::super::synthetic::{FAULTS, Fault, Process, WEEK};
use crate::healing::reading::{Metric, Reading};
use crate::stats::splitmix::splitmix64;
use chrono::{DateTime, TimeDelta};
use rand_pcg::Pcg64Mcg;

/// Healthy readings before the fault's two days, of which the first eight days only teach: one weekend must have been seen.
const N_BEFORE: usize = 15 * 288;
const N_TAUGHT: usize = 8 * 288;
/// Readings with a fault possible, and when in them it begins.
const N_AFTER: usize = 2 * 288;
const ONSET: usize = 144;
/// An alarm up to so many readings after a spike still speaks of it.
const SPIKE_HEARD: usize = 6;
/// Where the leak ends: thirty deviations up.
const LIMIT: f64 = 700.0;
/// Who is judged: four detectors, the forecast, and all of them.
const NAMES: [&str; 6] = [
    "baseline",
    "shift",
    "isolation forest",
    "autoencoder",
    "forecast",
    "ensemble",
];

/// The alarms of one judge, an episode each.
#[derive(Clone, Copy, Default)]
struct Alarms {
    quiet: u32,
    open: bool,
}

impl Alarms {
    /// Whether a new episode begins.
    fn hear(&mut self, alarm: bool) -> bool {
        if alarm {
            self.quiet = 0;
            return !std::mem::replace(&mut self.open, true);
        }
        self.quiet += 1;
        self.open &= self.quiet <= QUIET;
        false
    }
}

#[derive(Clone, Default)]
struct Tally {
    n_false: usize,
    n_healthy: usize,
    n_false_beside: usize,
    n_while_taught: usize,
    delays: [Vec<usize>; FAULTS.len()],
}

/// One round: which judges begin an episode.
fn round(
    ensemble: &mut Ensemble,
    readings: &[Reading],
    rng: &mut Pcg64Mcg,
    alarms: &mut [Alarms; 6],
) -> [bool; 6] {
    let said = ensemble.observe(readings, rng);
    let alpha = 1.0 / WEEK as f64;
    let of = |detector: Detector| {
        let ps = ensemble
            .verdicts("process")
            .iter()
            .filter(|v| v.detector == detector)
            .map(|v| v.p);
        let (n, least) = ps.fold((0, 1.0f64), |(n, least), p| (n + 1, least.min(p)));
        least * f64::from(n) <= alpha && n > 0
    };
    let forecast = said.iter().any(|a| a.detectors == [Detector::Forecast]);
    let now = [
        of(Detector::Baseline),
        of(Detector::Shift),
        of(Detector::Forest),
        of(Detector::Autoencoder),
        forecast,
        !said.is_empty(),
    ];
    let mut begins = [false; 6];
    for ((begin, alarm), now) in begins.iter_mut().zip(alarms).zip(now) {
        *begin = alarm.hear(now);
    }
    // The ensemble keeps its own episodes; each thing it says is counted.
    begins[5] = now[5];
    begins
}

fn play(seed: u64, tallies: &mut [Tally; 6]) {
    let metrics = Process::METRICS.map(Metric::new);
    let mut ensemble = Ensemble::new(EnsembleSettings::default());
    ensemble.set_limit(&metrics[0], LIMIT);
    let (mut rng, mut process, mut alarms) = (
        Pcg64Mcg::new(u128::from(splitmix64(seed, 0))),
        Process::new(seed),
        [Alarms::default(); 6],
    );
    let column = (seed % 4) as usize;
    let readings = |values: [f64; 4], n: usize| -> Vec<Reading> {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(5 * n as i64);
        metrics
            .iter()
            .zip(values)
            .map(|(m, v)| Reading::new(m, v, at))
            .collect()
    };
    for n in 0..N_BEFORE {
        let values = process.step(Fault::Healthy, None, column);
        let begins = round(&mut ensemble, &readings(values, n), &mut rng, &mut alarms);
        if n >= N_TAUGHT {
            for (tally, begin) in tallies.iter_mut().zip(begins) {
                tally.n_false += usize::from(begin);
                tally.n_healthy += 1;
            }
        } else {
            for (tally, begin) in tallies.iter_mut().zip(begins) {
                tally.n_while_taught += usize::from(begin);
            }
        }
    }
    for (kind, fault) in FAULTS.iter().enumerate() {
        let (mut ensemble, mut rng, mut process, mut alarms) =
            (ensemble.clone(), rng.clone(), process.clone(), alarms);
        let mut told = [false; 6];
        for n in 0..N_AFTER {
            let since = n.checked_sub(ONSET);
            let values = process.step(*fault, since, column);
            let begins = round(&mut ensemble, &readings(values, N_BEFORE + n), &mut rng, &mut alarms);
            let is_true = match fault {
                Fault::Healthy => false,
                Fault::Spike => since.is_some_and(|s| s < SPIKE_HEARD),
                _ => since.is_some(),
            };
            for i in (0..begins.len()).filter(|i| begins[*i]) {
                if is_true && !told[i] {
                    told[i] = true;
                    tallies[i].delays[kind].push(since.unwrap_or(0));
                } else if !is_true {
                    tallies[i].n_false_beside += 1;
                }
            }
            if *fault == Fault::Healthy {
                for (tally, begin) in tallies.iter_mut().zip(begins) {
                    tally.n_false += usize::from(begin);
                    tally.n_healthy += 1;
                }
            }
        }
    }
}

/// All seeds, on two threads; a seed's tally does not depend on the others.
fn played(n_seeds: u64) -> [Tally; 6] {
    let part = |first: u64| {
        let mut tallies: [Tally; 6] = std::array::from_fn(|_| Tally::default());
        (first..n_seeds).step_by(2).for_each(|seed| play(seed, &mut tallies));
        tallies
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(move || part(1));
        let mut tallies = part(0);
        for (tally, more) in tallies.iter_mut().zip(other.join().unwrap()) {
            tally.n_false += more.n_false;
            tally.n_healthy += more.n_healthy;
            tally.n_false_beside += more.n_false_beside;
            tally.n_while_taught += more.n_while_taught;
            for (delays, more) in tally.delays.iter_mut().zip(more.delays) {
                delays.extend(more);
            }
        }
        tallies
    })
}

#[test]
fn faults_are_found_and_false_alarms_are_as_rare_as_stated() {
    let n_seeds: u64 = if std::env::var_os("HUDDLE_FULL").is_some() {
        1_000
    } else {
        10
    };
    let mut tallies = played(n_seeds);
    println!("{n_seeds} seeds; stated: 1 false alarm a week. Recall (median delay in minutes) by fault:");
    println!("| detector | drift | step | spike | season | leak | precision | false alarms a week |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, tally) in NAMES.iter().zip(&mut tallies) {
        let mut cells = String::new();
        let mut n_true = 0;
        for delays in &mut tally.delays[1..] {
            delays.sort_unstable();
            n_true += delays.len();
            let median = delays
                .get(delays.len() / 2)
                .map_or("-".to_owned(), |d| format!("{}", 5 * d));
            cells += &format!(" {:.1}% ({median}) |", 100.0 * delays.len() as f64 / n_seeds as f64);
        }
        let precision = 100.0 * n_true as f64 / (n_true + tally.n_false_beside).max(1) as f64;
        let a_week = tally.n_false as f64 * WEEK as f64 / tally.n_healthy as f64;
        println!("| {name} |{cells} {precision:.1}% | {a_week:.2} |");
    }
    let ensemble = &tallies[5];
    let per_seed = ensemble.n_while_taught as f64 / n_seeds as f64;
    println!("alarms of the ensemble in the first eight days, which only teach: {per_seed:.2} a process");
    let a_week = ensemble.n_false as f64 * WEEK as f64 / ensemble.n_healthy as f64;
    assert!(a_week <= 2.0, "the ensemble states one false alarm a week: {a_week}");
    for (kind, fault) in FAULTS.iter().enumerate().skip(1).filter(|(_, f)| **f != Fault::Season) {
        let recall = ensemble.delays[kind].len() as f64 / n_seeds as f64;
        assert!(recall >= 0.8, "{fault:?}: {recall}");
    }
}
