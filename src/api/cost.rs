//! What access costs: dollars bounded by day and month before they are spent, and a report by provider, agent and day.

use super::ledger::{AttemptId, LedgerRow, Spend};
use super::provider::Provider;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most that may be spent on a provider, in millionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DollarCaps {
    /// A UTC day.
    pub daily_micros: u64,
    /// A UTC month.
    pub monthly_micros: u64,
}

impl Default for DollarCaps {
    /// Two dollars a day and thirty a month: a budget one notices before it hurts.
    fn default() -> DollarCaps {
        DollarCaps {
            daily_micros: 2_000_000,
            monthly_micros: 30_000_000,
        }
    }
}

/// What was spent under one heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Attempts.
    pub n_attempts: u64,
    /// Credits, those set aside included.
    pub credits: u64,
    /// Millionths of a dollar, those set aside included.
    pub usd_micros: u64,
}

impl Sum {
    fn add(&mut self, credits: u32, usd_micros: u64, n: u64) {
        self.n_attempts += n;
        self.credits += u64::from(credits);
        self.usd_micros += usd_micros;
    }
}

/// Why a call may not be paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverCap {
    /// What may still be spent, in millionths of a dollar.
    pub spendable_micros: u64,
}

/// The running account of this process, with what earlier ones spent. Headings older than two months are dropped here;
/// the ledger keeps them.
#[derive(Clone, Debug, Default)]
pub struct CostTracker {
    caps: BTreeMap<Provider, DollarCaps>,
    spent: BTreeMap<(NaiveDate, Provider, Arc<str>), Sum>,
    reserved: BTreeMap<AttemptId, (Provider, u64)>,
}

/// Two months and a day: a month is summed up to its end.
const MAX_DAYS: i64 = 63;

impl CostTracker {
    /// A tracker with caps for the providers that bill dollars.
    pub fn new(caps: BTreeMap<Provider, DollarCaps>) -> CostTracker {
        CostTracker {
            caps,
            ..CostTracker::default()
        }
    }

    /// Adds what an earlier process spent.
    pub fn restore(&mut self, day: NaiveDate, provider: Provider, agent: &str, sum: Sum) {
        let entry = self.spent.entry((day, provider, agent.into())).or_default();
        entry.n_attempts += sum.n_attempts;
        entry.credits += sum.credits;
        entry.usd_micros += sum.usd_micros;
    }

    /// Whether `usd_micros` may be spent on a provider now: spent + reserved + this <= cap, for the day and the month.
    ///
    /// # Errors
    /// [`OverCap`] with what may be.
    pub fn check(&self, provider: Provider, usd_micros: u64, now: DateTime<Utc>) -> Result<(), OverCap> {
        if usd_micros == 0 {
            return Ok(());
        }
        let spendable_micros = self.spendable_micros(provider, now);
        if usd_micros <= spendable_micros {
            Ok(())
        } else {
            Err(OverCap { spendable_micros })
        }
    }

    /// What may still be spent on a provider today, in millionths of a dollar.
    pub fn spendable_micros(&self, provider: Provider, now: DateTime<Utc>) -> u64 {
        let caps = self.caps.get(&provider).copied().unwrap_or_default();
        let reserved: u64 = self
            .reserved
            .values()
            .filter(|(p, _)| *p == provider)
            .map(|(_, usd)| usd)
            .sum();
        let (today, month) = (self.today(provider, now), self.this_month(provider, now));
        let daily = caps.daily_micros.saturating_sub(today.usd_micros + reserved);
        daily.min(caps.monthly_micros.saturating_sub(month.usd_micros + reserved))
    }

    /// True from four fifths of a cap on: time to tell somebody.
    pub fn is_near_cap(&self, provider: Provider, now: DateTime<Utc>) -> bool {
        let Some(caps) = self.caps.get(&provider) else {
            return false;
        };
        let near = |spent: u64, cap: u64| cap > 0 && spent * 5 >= cap * 4;
        near(self.today(provider, now).usd_micros, caps.daily_micros)
            || near(self.this_month(provider, now).usd_micros, caps.monthly_micros)
    }

    /// Sets dollars aside for an attempt.
    pub fn reserve(&mut self, attempt: AttemptId, provider: Provider, usd_micros: u64) {
        if usd_micros > 0 {
            self.reserved.insert(attempt, (provider, usd_micros));
        }
    }

    /// An attempt ended as its ledger row says.
    pub fn settle(&mut self, row: &LedgerRow) {
        self.reserved.remove(&row.attempt);
        debug_assert!(row.state != Spend::Reserved, "a settled row says what it did cost");
        let day = row.at.date_naive();
        let entry = self
            .spent
            .entry((day, row.provider, Arc::clone(&row.agent)))
            .or_default();
        entry.add(row.credits, row.usd_micros, 1);
        while let Some(first) = self.spent.keys().next().cloned() {
            if (day - first.0).num_days() <= MAX_DAYS {
                break;
            }
            self.spent.remove(&first);
        }
    }

    /// Gives back what was set aside for an attempt that was never sent.
    pub fn release(&mut self, attempt: AttemptId) {
        self.reserved.remove(&attempt);
    }

    /// What a provider took today, UTC.
    pub fn today(&self, provider: Provider, now: DateTime<Utc>) -> Sum {
        let today = now.date_naive();
        self.total(|day, p| day == today && p == provider)
    }

    /// What a provider took this month, UTC.
    pub fn this_month(&self, provider: Provider, now: DateTime<Utc>) -> Sum {
        let now = now.date_naive();
        self.total(|day, p| (day.year(), day.month()) == (now.year(), now.month()) && p == provider)
    }

    fn total(&self, wanted: impl Fn(NaiveDate, Provider) -> bool) -> Sum {
        let mut total = Sum::default();
        for ((day, provider, _), sum) in &self.spent {
            if wanted(*day, *provider) {
                total.n_attempts += sum.n_attempts;
                total.credits += sum.credits;
                total.usd_micros += sum.usd_micros;
            }
        }
        total
    }
}
