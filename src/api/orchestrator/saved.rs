//! What outlives the process: levels of rate windows, breakers, parked providers, and the last word on credits. Answers and
//! what was spent are in tables of their own.

use super::RequestOrchestrator;
use crate::api::cache::Entry;
use crate::api::call::RequestKey;
use crate::api::classify::Class;
use crate::api::cost::Sum;
use crate::api::health::LOOK_BACK;
use crate::api::ledger::LedgerRow;
use crate::api::provider::{Endpoint, Provider};
use crate::api::time::Now;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The state of all providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// By provider.
    pub providers: BTreeMap<Provider, SavedProvider>,
}

/// The state of one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedProvider {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Tokens in each rate window.
    pub levels: Vec<u64>,
    /// It asked to be left alone until then.
    pub blocked_until: Option<DateTime<Utc>>,
    /// Its quota is used up until then.
    pub parked_until: Option<DateTime<Utc>>,
    /// Breakers that are not in their first state: doublings of the wait, and until when they are open.
    pub breakers: BTreeMap<Endpoint, (u32, Option<DateTime<Utc>>)>,
    /// The provider's own last word on the credits left.
    pub credits_left: Option<u32>,
    /// It said that nothing is left.
    pub exhausted: bool,
}

impl RequestOrchestrator {
    /// What a later process should know.
    pub fn save(&self, now: Now) -> SavedState {
        let of = |(provider, access): (&Provider, &super::access::Access)| {
            let wall = |at: crate::api::Mono| now.wall_in(at.since(now.mono));
            let breakers = access.breakers.iter().filter_map(|(endpoint, b)| {
                let open = b.reopens_at().filter(|at| *at > now.mono).map(wall);
                (b.steps() > 0 || open.is_some()).then_some((*endpoint, (b.steps(), open)))
            });
            let quota = access.cache.quota();
            let saved = SavedProvider {
                at: now.wall,
                levels: access
                    .windows
                    .levels(now.mono)
                    .into_iter()
                    .map(|(tokens, _)| tokens)
                    .collect(),
                blocked_until: access.blocked_until.filter(|at| *at > now.mono).map(wall),
                parked_until: access.parked_until.filter(|at| *at > now.mono).map(wall),
                breakers: breakers.collect(),
                credits_left: quota.map(|q| q.remaining()),
                exhausted: quota.is_some_and(|q| q.is_exhausted()),
            };
            (*provider, saved)
        };
        SavedState {
            providers: self.access.iter().map(of).collect(),
        }
    }

    /// Starts from what an earlier process saved. A state from the future, after the clock was set back, restores levels
    /// without refilling them.
    pub fn restore(&mut self, saved: &SavedState, now: Now) {
        for (provider, saved) in &saved.providers {
            let Some(access) = self.access.get_mut(provider) else {
                continue;
            };
            let gone_by = (now.wall - saved.at).to_std().unwrap_or(Duration::ZERO);
            access.windows.restore(&saved.levels, gone_by, now.mono);
            access.blocked_until = saved.blocked_until.map(|at| now.mono_at(at));
            access.parked_until = saved.parked_until.map(|at| now.mono_at(at));
            for (endpoint, (steps, open_until)) in &saved.breakers {
                let open_for = open_until.and_then(|at| (at - now.wall).to_std().ok());
                access.breaker(*endpoint, now.mono).restore(*steps, open_for, now.mono);
            }
        }
    }

    /// The credits of a provider, from the ledger and its own last word, which counts only within its month.
    pub fn restore_credits(
        &mut self,
        provider: Provider,
        spent_this_month: u32,
        spent_today: u32,
        saved: Option<&SavedProvider>,
        now: Now,
    ) {
        let Some(quota) = self.access.get_mut(&provider).and_then(|a| a.cache.quota_mut()) else {
            return;
        };
        let this_month = saved.filter(|s| s.at >= crate::api::quota::month_start(now.wall) && s.at <= now.wall);
        quota.restore(
            spent_this_month,
            spent_today,
            this_month.and_then(|s| s.credits_left),
            now.wall,
        );
        if this_month.is_some_and(|s| s.exhausted) {
            quota.exhausted();
        }
    }

    /// What earlier processes spent under one heading.
    pub fn restore_spend(&mut self, day: NaiveDate, provider: Provider, agent: &str, sum: Sum) {
        self.costs.restore(day, provider, agent, sum);
    }

    /// An answer that an earlier process kept.
    pub fn restore_entry(&mut self, key: RequestKey, entry: Entry) {
        if let Some(access) = self.access.get_mut(&entry.provider) {
            access.cache.put(key, entry);
        }
    }

    /// How a recent attempt of an earlier process went, for the health of its provider.
    pub fn restore_outcome(&mut self, row: &LedgerRow, now: Now) {
        let age = (now.wall - row.at).to_std().unwrap_or(Duration::ZERO);
        if let Some(class) = Class::of_name(&row.outcome).filter(|_| age < LOOK_BACK) {
            self.health.saw(row.provider, class, "", now.mono - age);
        }
    }
}
