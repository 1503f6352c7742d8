//! Taking stock: what every specialist says once a week of itself, and the small words its figures are written with.

use crate::domain::kpi::{Kpi, Unit};
use crate::domain::memory::{Memory, MemoryId, Resolution};
use crate::stats::estimate::{Mean, Rate};
use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;

/// What a specialist says of itself: figures, new claims, and what became of older ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stock {
    /// Key figures.
    pub kpis: Vec<Kpi>,
    /// Claims it makes.
    pub remembered: Vec<Memory>,
    /// What became of claims that were pending.
    pub resolved: Vec<(MemoryId, Resolution)>,
}

/// The stream of a seed.
pub(super) fn stream(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::new(u128::from(seed) << 1 | 1)
}

/// Whose figures are written, and as of when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) agent: &'static str,
    pub(super) at: DateTime<Utc>,
}

impl Figures {
    /// A figure without a value.
    pub(super) fn none(self, name: &str, unit: Unit, n: u64, why: &str) -> Kpi {
        Kpi::none(self.agent, name, unit, self.at, n, why)
    }

    /// A value with its count, and an interval where there is one.
    pub(super) fn value(self, name: &str, unit: Unit, value: f64, n: u64, interval: Option<[f64; 2]>) -> Kpi {
        let unknown = "it came to no number";
        self.none(name, unit, n, unknown).holding(value, n, interval)
    }

    /// A value that may not be there.
    pub(super) fn maybe(
        self,
        name: &str,
        unit: Unit,
        (value, n, interval): (Option<f64>, u64, Option<[f64; 2]>),
        why: &str,
    ) -> Kpi {
        match value {
            Some(value) => self.value(name, unit, value, n, interval),
            None => self.none(name, unit, n, why),
        }
    }

    /// A share of trials; `why` there are none, when there are none.
    pub(super) fn rate(self, name: &str, rate: Rate, why: &str) -> Kpi {
        let interval = rate.wilson95.map(|i| [i.low.get(), i.high.get()]);
        self.maybe(name, Unit::Share, (rate.rate, rate.n, interval), why)
    }

    /// An average; `why` there is none, when there is none.
    pub(super) fn mean(self, name: &str, unit: Unit, mean: Mean, why: &str) -> Kpi {
        self.maybe(name, unit, (mean.mean, mean.n, mean.ci95), why)
    }
}
