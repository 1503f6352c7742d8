//! The data engineer's figures: how old what was brought is, how much of it had to be left out, and how much of what was
//! planned was done.

use super::super::stock::{Figures, Stock};
use super::CARD;
use crate::domain::kpi::{Kpi, Unit};
use crate::stats::estimate::Rate;
use chrono::{DateTime, TimeDelta, Utc};

/// A feed: when it was last brought, and how old it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its name: `schedule`, `quotes`, `weather`, `injuries`, `headlines`.
    pub name: &'static str,
    /// When it was last brought; none when it never was.
    pub brought_at: Option<DateTime<Utc>>,
    /// Older than this it is stale.
    pub max_age: TimeDelta,
}

/// Rows of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRows {
    /// Its name, as imports have it: `odds_api.odds`.
    pub name: String,
    /// Rows read.
    pub n_rows: u64,
    /// Rows left out.
    pub n_left_out: u64,
}

/// How many of some things were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Done.
    pub n: u64,
    /// Of so many.
    pub of: u64,
}

/// What the data engineer takes stock of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// The feeds.
    pub feeds: Vec<Feed>,
    /// What is read from where.
    pub sources: Vec<SourceRows>,
    /// Planned slots of the season, and those of them that were done.
    pub slots: Done,
    /// Calls to services since the season began, and those of them that were answered.
    pub calls: Done,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// The figures.
pub(super) fn stock(upkeep: &Upkeep) -> Stock {
    let figures = Figures {
        agent: CARD.role,
        at: upkeep.now,
    };
    let mut kpis = freshness(upkeep, figures);
    kpis.extend(errors(&upkeep.sources, figures));
    let rate = |done: Done| Rate::of(done.n.min(done.of), done.of);
    let (slots, calls) = (upkeep.slots, upkeep.calls);
    let all = Done {
        n: slots.n + calls.n,
        of: slots.of + calls.of,
    };
    kpis.push(figures.rate("pipeline_uptime", rate(all), "nothing was planned or fetched yet"));
    kpis.push(figures.rate("pipeline_uptime.slots", rate(slots), "no slot was settled yet"));
    kpis.push(figures.rate("pipeline_uptime.fetches", rate(calls), "no service was asked yet"));
    Stock {
        kpis,
        ..Stock::default()
    }
}

/// The share of the feeds there are that are fresh, and each one's age. A feed that was never brought is none that is stale:
/// it is named instead, because the seats that live on it leave the table.
fn freshness(upkeep: &Upkeep, figures: Figures) -> Vec<Kpi> {
    let age = |feed: &Feed| Some((upkeep.now - feed.brought_at?).max(TimeDelta::zero()));
    let fresh = upkeep.feeds.iter().filter_map(|feed| Some(age(feed)? <= feed.max_age));
    let mut kpis = vec![figures.rate("freshness", Rate::among(fresh), "nothing was ever brought")];
    for feed in &upkeep.feeds {
        let name = format!("age.{}", feed.name);
        kpis.push(match age(feed) {
            Some(age) => figures.value(&name, Unit::Hours, age.num_seconds() as f64 / 3600.0, 1, None),
            None => figures.none(&name, Unit::Hours, 0, &format!("no {} brought: no source", feed.name)),
        });
    }
    kpis
}

/// Rows left out among rows read, of all sources and of each that left any out.
fn errors(sources: &[SourceRows], figures: Figures) -> Vec<Kpi> {
    // A row may be left out for each of its markets.
    let rate = |left_out: u64, rows: u64| Rate::of(left_out.min(rows), rows);
    let (rows, left_out) = sources
        .iter()
        .fold((0, 0), |(rows, left_out), s| (rows + s.n_rows, left_out + s.n_left_out));
    let mut kpis = vec![figures.rate("error_rate", rate(left_out, rows), "nothing was read yet")];
    let faulty = sources.iter().filter(|s| s.n_left_out > 0);
    kpis.extend(faulty.map(|s| {
        figures.rate(
            &format!("error_rate.{}", s.name),
            rate(s.n_left_out, s.n_rows),
            "no rows",
        )
    }));
    kpis
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn upkeep(ages: &[Option<i64>], sources: &[(u64, u64)], slots: Done, calls: Done) -> Upkeep {
        let names = ["schedule", "quotes", "weather", "injuries"];
        Upkeep {
            feeds: ages
                .iter()
                .zip(names)
                .map(|(age, name)| Feed {
                    name,
                    brought_at: age.map(|age| at(100 - age)),
                    max_age: TimeDelta::hours(24),
                })
                .collect(),
            sources: sources
                .iter()
                .enumerate()
                .map(|(i, (n_rows, n_left_out))| SourceRows {
                    name: format!("s{i}"),
                    n_rows: *n_rows,
                    n_left_out: *n_left_out,
                })
                .collect(),
            slots,
            calls,
            now: at(100),
        }
    }

    fn find<'a>(kpis: &'a [Kpi], name: &str) -> &'a Kpi {
        kpis.iter().find(|k| k.name == name).unwrap()
    }

    #[test]
    fn what_was_brought_late_and_never_is_told_apart() {
        let done = |n, of| Done { n, of };
        let kpis = stock(&upkeep(
            &[Some(2), Some(30), None],
            &[(90, 9), (10, 0)],
            done(3, 4),
            done(5, 6),
        ))
        .kpis;
        assert_eq!(find(&kpis, "freshness").value, Some(0.5));
        assert_eq!(find(&kpis, "age.quotes").value, Some(30.0));
        assert_eq!(
            find(&kpis, "age.weather").show(),
            "n = 0: no weather brought: no source"
        );
        assert_eq!(find(&kpis, "error_rate").value, Some(0.09));
        assert_eq!(find(&kpis, "error_rate.s0").value, Some(0.1));
        assert!(kpis.iter().all(|k| k.name != "error_rate.s1"));
        assert_eq!(
            (find(&kpis, "pipeline_uptime").value, find(&kpis, "pipeline_uptime").n),
            (Some(0.8), 10)
        );
    }

    proptest! {
        #[test]
        fn every_figure_is_a_number_or_says_why_not(
            ages in prop::collection::vec(prop::option::of(-5i64..300), 0..4),
            sources in prop::collection::vec((0u64..50, 0u64..60), 0..4),
            slots in (0u64..9, 0u64..9), calls in (0u64..9, 0u64..9),
        ) {
            let done = |(n, of)| Done { n, of };
            for kpi in stock(&upkeep(&ages, &sources, done(slots), done(calls))).kpis {
                prop_assert_eq!(kpi.value.is_none(), kpi.why_none.is_some());
                if let (Some(value), Unit::Share) = (kpi.value, kpi.unit) {
                    prop_assert!((0.0..=1.0).contains(&value));
                    prop_assert!(kpi.low.unwrap() <= value + 1e-12 && value <= kpi.high.unwrap() + 1e-12);
                }
            }
        }
    }
}
