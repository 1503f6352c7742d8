//! What comes back: events that recur at a period, and events that follow one another more often than chance would have it.
//!
//! Both try many candidates (periods, pairs) and keep only what stays significant after Bonferroni's correction for the number
//! tried: in a log of a hundred templates ten thousand pairs would otherwise show fifty at one in two hundred.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Bins of one series: a fortnight of quarters of an hour. Later ones are left out.
const MAX_BINS: usize = 1344;
/// Templates looked at: 2,450 pairs. The most frequent are taken.
const MAX_TEMPLATES: usize = 50;
/// Events below which nothing is said of a template.
const MIN_EVENTS: usize = 5;

/// An event: what happened (a log's template, a fault's name), and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub template: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A template that comes back at a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// What comes back.
    pub template: String,
    /// After how many minutes.
    pub minutes: f64,
    /// The autocorrelation of its counts at that lag.
    pub correlation: f64,
    /// The p-value, corrected for every lag and template tried.
    pub p: f64,
}

/// A template that follows another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequel {
    /// What comes first.
    pub first: String,
    /// What follows.
    pub then: String,
    /// How often the first was followed in time.
    pub n_followed: usize,
    /// How often the first came.
    pub n_first: usize,
    /// How many times as often as chance would have it.
    pub lift: f64,
    /// The p-value, corrected for every pair tried.
    pub p: f64,
}

/// Templates with their times in order, the most frequent [`MAX_TEMPLATES`] that have [`MIN_EVENTS`].
fn by_template(events: &[Event]) -> Vec<(&str, Vec<DateTime<Utc>>)> {
    let mut times: BTreeMap<&str, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    for event in events {
        times.entry(&event.template).or_default().insert(event.at);
    }
    let mut list: Vec<(&str, Vec<DateTime<Utc>>)> = times
        .into_iter()
        .map(|(name, at)| (name, at.into_iter().collect()))
        .collect();
    list.retain(|(_, at)| at.len() >= MIN_EVENTS);
    list.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    list.truncate(MAX_TEMPLATES);
    list
}

/// Templates that come back at a period of two bins to a third of the time looked at, each with its best period. `bin` is the
/// width counts are taken in; `alpha` is how often a log without any period may show one.
///
/// The lag is chosen by the autocorrelation of counts. What it is worth is judged by bins in which the template occurs both now
/// and a lag later: by chance that is a pair of occupied bins among all, and the binomial tail by Chernoff's bound is never too
/// small. (The normal limit of autocorrelations is: on sparse counts it showed three times the noise it states.)
pub fn periods(events: &[Event], bin: TimeDelta, alpha: f64) -> Vec<Period> {
    let templates = by_template(events);
    let width = bin.num_milliseconds();
    let ends = templates.iter().filter_map(|(_, at)| Some((*at.first()?, *at.last()?)));
    let Some((start, end)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).filter(|_| width > 0) else {
        return Vec::new();
    };
    let place = |at: DateTime<Utc>| ((at - start).num_milliseconds() / width) as usize;
    let n_bins = (place(end) + 1).min(MAX_BINS);
    let lags = 2..n_bins / 3 + 1;
    let n_tried = (lags.len() * templates.len()) as f64;
    let mut found = Vec::new();
    for (name, times) in &templates {
        let mut counts = vec![0.0; n_bins];
        times
            .iter()
            .map(|at| place(*at))
            .filter(|i| *i < n_bins)
            .for_each(|i| counts[i] += 1.0);
        let correlation = |lag: usize| autocorrelation(&counts, lag);
        // A period's multiples correlate as well: of lags nearly as good as the best the shortest is the period.
        let best = lags.clone().map(correlation).fold(0.0, f64::max);
        let Some(lag) = lags.clone().find(|lag| best > 0.0 && correlation(*lag) >= 0.8 * best) else {
            continue;
        };
        let r = correlation(lag);
        let p = (coincidence(&counts, lag) * n_tried).min(1.0);
        if p <= alpha {
            found.push(Period {
                template: (*name).to_owned(),
                minutes: lag as f64 * width as f64 / 60_000.0,
                correlation: r,
                p,
            });
        }
    }
    found
}

/// The correlation of counts with themselves `lag` bins later; 0 of counts that never vary.
fn autocorrelation(counts: &[f64], lag: usize) -> f64 {
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let square: f64 = counts.iter().map(|c| (c - mean) * (c - mean)).sum();
    if square <= 0.0 || lag >= counts.len() {
        return 0.0;
    }
    let products = counts.iter().zip(&counts[lag..]).map(|(a, b)| (a - mean) * (b - mean));
    products.sum::<f64>() / square
}

/// How often occupied bins strewn at random meet as often as these do at `lag`.
fn coincidence(counts: &[f64], lag: usize) -> f64 {
    let (n, n_pairs) = (counts.len() as f64, counts.len() - lag);
    let occupied = counts.iter().filter(|c| **c > 0.0).count() as f64;
    let chance = occupied * (occupied - 1.0) / (n * (n - 1.0)).max(1.0);
    let n_met = counts
        .iter()
        .zip(&counts[lag..])
        .filter(|(a, b)| **a > 0.0 && **b > 0.0)
        .count();
    chernoff(n_met as f64 / n_pairs as f64, chance, n_pairs)
}

/// Pairs of templates of which the second comes within `within` after the first more often than chance would have it; `alpha` is
/// how often a log of unrelated templates may show any pair.
///
/// By chance one occurrence is followed with probability 1 - exp(-rate x within), the rate of the second being even over the
/// time looked at; the p-value is the binomial tail by Chernoff's bound, which is never too small.
pub fn sequels(events: &[Event], within: TimeDelta, alpha: f64) -> Vec<Sequel> {
    let templates = by_template(events);
    let all = || templates.iter().flat_map(|(_, at)| at);
    let (Some(start), Some(end)) = (all().min(), all().max()) else {
        return Vec::new();
    };
    let span = (*end - *start).num_milliseconds() as f64;
    let reach = within.num_milliseconds() as f64;
    if span <= 0.0 || reach <= 0.0 {
        return Vec::new();
    }
    let n_tried = (templates.len() * templates.len().saturating_sub(1)) as f64;
    let mut found = Vec::new();
    for (first, times) in &templates {
        for (then, later) in templates.iter().filter(|(then, _)| then != first) {
            let followed = |at: &&DateTime<Utc>| {
                let next = later.partition_point(|t| t <= *at);
                later.get(next).is_some_and(|t| *t - **at <= within)
            };
            let n_followed = times.iter().filter(followed).count();
            let chance = 1.0 - (-(later.len() as f64) * reach / span).exp();
            let share = n_followed as f64 / times.len() as f64;
            let p = (chernoff(share, chance, times.len()) * n_tried).min(1.0);
            if n_followed >= MIN_EVENTS && p <= alpha {
                found.push(Sequel {
                    first: (*first).to_owned(),
                    then: (*then).to_owned(),
                    n_followed,
                    n_first: times.len(),
                    lift: share / chance,
                    p,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        a.p.total_cmp(&b.p)
            .then_with(|| a.first.cmp(&b.first))
            .then_with(|| a.then.cmp(&b.then))
    });
    found
}

/// Chernoff's bound on how often `n` trials of probability `chance` succeed at a share of `share` or more: exp(-n KL).
fn chernoff(share: f64, chance: f64, n: usize) -> f64 {
    if share <= chance || chance >= 1.0 {
        return 1.0;
    }
    let part = |a: f64, b: f64| if a <= 0.0 { 0.0 } else { a * (a / b).ln() };
    (-(n as f64) * (part(share, chance) + part(1.0 - share, 1.0 - chance))).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;
    use rand_pcg::Pcg64Mcg;

    fn event(template: &str, minute: f64) -> Event {
        Event {
            template: template.to_owned(),
            at: DateTime::UNIX_EPOCH + TimeDelta::milliseconds((minute * 60_000.0) as i64),
        }
    }

    /// A week of `n` templates that come at random, about fifty times each.
    fn noise(n: usize, rng: &mut Pcg64Mcg) -> Vec<Event> {
        let mut draw = |i: usize| event(&format!("noise {}", i % n), rng.random_range(0.0..10_080.0));
        (0..50 * n).map(&mut draw).collect()
    }

    #[test]
    fn what_comes_hourly_and_what_follows_a_restart_is_found_among_noise() {
        let mut rng = Pcg64Mcg::new(3);
        let mut events = noise(20, &mut rng);
        events.extend((0..168).map(|h| event("write failed", 60.0 * f64::from(h) + 7.0)));
        for minute in (0..40).map(|i| 250.0 * f64::from(i) + 11.0) {
            events.extend([event("restart", minute), event("cache cold", minute + 2.0)]);
        }
        let periods = periods(&events, TimeDelta::minutes(15), 0.01);
        let hourly = periods.iter().find(|p| p.template == "write failed").unwrap();
        assert_eq!(hourly.minutes, 60.0);
        let sequels = sequels(&events, TimeDelta::minutes(5), 0.01);
        assert_eq!(
            (sequels[0].first.as_str(), sequels[0].then.as_str()),
            ("restart", "cache cold")
        );
        assert!(
            sequels[0].lift > 10.0 && sequels[0].n_followed == 40,
            "{:?}",
            sequels[0]
        );
    }

    #[test]
    fn noise_shows_a_pattern_no_more_often_than_stated() {
        let (mut n_periods, mut n_sequels) = (0, 0);
        for seed in 0..100 {
            let events = noise(20, &mut Pcg64Mcg::new(seed));
            n_periods += u32::from(!periods(&events, TimeDelta::minutes(30), 0.05).is_empty());
            n_sequels += u32::from(!sequels(&events, TimeDelta::minutes(10), 0.05).is_empty());
        }
        println!("of 100 logs of noise at 5%: {n_periods} show a period, {n_sequels} a sequel");
        assert!(n_periods <= 11 && n_sequels <= 11, "{n_periods} {n_sequels}");
        assert!(periods(&[], TimeDelta::minutes(5), 0.05).is_empty());
        let same = vec![event("a", 1.0); 10];
        assert!(
            sequels(&same, TimeDelta::minutes(5), 0.05).is_empty()
                && periods(&same, TimeDelta::zero(), 0.05).is_empty()
        );
    }
}
