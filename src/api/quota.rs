//! A monthly quota of credits: what is left, what is promised to fetches that are planned, and what is kept back.

use super::ledger::AttemptId;
use super::request::Priority;
use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many credits there are and how many each class leaves for those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaPolicy {
    /// Credits a month.
    pub monthly: u32,
    /// Credits a day, when a day is to be bounded too.
    pub daily: Option<u32>,
    /// Kept for Critical.
    pub reserve_critical: u32,
    /// Kept, on top of that, for people who wait (High) .
    pub reserve_on_demand: u32,
    /// Kept, on top of both, for repetitions and what may have been billed without an answer; Low leaves it too.
    pub reserve_retry: u32,
}

impl Default for QuotaPolicy {
    /// The free plan of The Odds API, and the envelope of research section 2.2.
    fn default() -> QuotaPolicy {
        QuotaPolicy {
            monthly: 500,
            daily: None,
            reserve_critical: 50,
            reserve_on_demand: 45,
            reserve_retry: 30,
        }
    }
}

impl QuotaPolicy {
    /// What a class must leave.
    pub fn reserve(&self, priority: Priority) -> u32 {
        match priority {
            Priority::Critical => 0,
            Priority::High => self.reserve_critical,
            Priority::Normal => self.reserve_critical + self.reserve_retry,
            Priority::Low => self.reserve_critical + self.reserve_retry + self.reserve_on_demand,
        }
    }
}

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Credits the class may spend now.
    pub spendable: u32,
    /// When the quota begins anew, as far as is known.
    pub resets_at: DateTime<Utc>,
    /// The provider itself has said that nothing is left.
    pub exhausted: bool,
}

/// A fetch that is planned and paid for in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commitment {
    /// When it is due.
    pub at: DateTime<Utc>,
    /// What it will cost.
    pub credits: u32,
}

/// A count of credits by the provider, with the send time of the attempt that brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderCount {
    /// Credits used in its period.
    pub used: Option<u32>,
    /// Credits left.
    pub remaining: Option<u32>,
}

/// The account of one metered provider.
#[derive(Clone, Debug)]
pub struct CreditQuota {
    policy: QuotaPolicy,
    /// What was left at the last word of the provider, less what was settled since without one.
    left: u32,
    used: Option<u32>,
    /// Reserved by attempts that have not ended, with the count of words heard when they were sent.
    reserved: BTreeMap<AttemptId, (u32, u64)>,
    n_heard: u64,
    /// The youngest attempt whose word was believed: in order of sending.
    believed: Option<AttemptId>,
    commitments: Vec<Commitment>,
    period_start: DateTime<Utc>,
    spent_today: (i32, u32),
    exhausted: bool,
}

/// A plan of more fetches than this is not this provider's.
const MAX_COMMITMENTS: usize = 2_000;

impl CreditQuota {
    /// A full quota of the month `now` is in.
    pub fn new(policy: QuotaPolicy, now: DateTime<Utc>) -> CreditQuota {
        CreditQuota {
            policy,
            left: policy.monthly,
            used: None,
            reserved: BTreeMap::new(),
            n_heard: 0,
            believed: None,
            commitments: Vec::new(),
            period_start: month_start(now),
            spent_today: (day(now), 0),
            exhausted: false,
        }
    }

    /// Starts with what the ledger says was spent this month and today, and with the provider's last word on what is left.
    pub fn restore(
        &mut self,
        spent_this_month: u32,
        spent_today: u32,
        told_left: Option<u32>,
        now: DateTime<Utc>,
    ) {
        let by_ledger = self.policy.monthly.saturating_sub(spent_this_month);
        self.left = told_left.map_or(by_ledger, |told| told.min(by_ledger));
        self.spent_today = (day(now), spent_today);
    }

    /// The fetches that are planned; the earliest [`MAX_COMMITMENTS`] are kept.
    pub fn commit(&mut self, mut commitments: Vec<Commitment>) {
        commitments.sort();
        commitments.truncate(MAX_COMMITMENTS);
        self.commitments = commitments;
    }

    /// Credits left once everything in flight is charged.
    pub fn remaining(&self) -> u32 {
        self.left.saturating_sub(self.reserved())
    }

    /// Credits set aside for attempts that have not ended.
    pub fn reserved(&self) -> u32 {
        self.reserved.values().map(|(credits, _)| credits).sum()
    }

    /// Credits promised to planned fetches from now until the reset.
    pub fn committed(&self, now: DateTime<Utc>) -> u32 {
        let until = self.resets_at();
        let ahead = self.commitments.iter().filter(|c| c.at > now && c.at < until);
        ahead.map(|c| c.credits).sum()
    }

    /// When the next planned fetch is due.
    pub fn next_commitment(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.commitments.iter().map(|c| c.at).find(|at| *at > now)
    }

    /// Credits a class may spend at `now`: what is left, less what is promised, less what is kept for those above.
    pub fn spendable(&self, priority: Priority, now: DateTime<Utc>) -> u32 {
        let free = self
            .remaining()
            .saturating_sub(self.committed(now))
            .saturating_sub(self.policy.reserve(priority));
        // What is left is for the closing line before anything promised for later.
        let free = if priority == Priority::Critical {
            self.remaining()
        } else {
            free
        };
        match self.policy.daily {
            Some(cap) => free.min(cap.saturating_sub(self.spent_on(now) + self.reserved())),
            None => free,
        }
    }

    /// Whether a call may be made. A free one always may.
    ///
    /// # Errors
    /// [`Denied`] with what may be spent.
    pub fn check(&self, credits: u32, priority: Priority, now: DateTime<Utc>) -> Result<(), Denied> {
        let spendable = self.spendable(priority, now);
        if credits == 0 || (credits <= spendable && !self.exhausted) {
            return Ok(());
        }
        Err(Denied {
            spendable,
            resets_at: self.resets_at(),
            exhausted: self.exhausted,
        })
    }

    /// Sets credits aside; call it after [`CreditQuota::check`] at the same moment.
    pub fn reserve(&mut self, attempt: AttemptId, credits: u32) {
        if credits > 0 {
            self.reserved.insert(attempt, (credits, self.n_heard));
        }
    }

    /// An attempt ended. `cost` is what it did cost: what the provider said, what was reserved when nobody knows, or
    /// nothing. `told` is the provider's count; of counts that come out of order only the youngest attempt's is believed.
    pub fn settle(&mut self, attempt: AttemptId, cost: u32, told: Option<HeaderCount>, now: DateTime<Utc>) {
        self.reserved.remove(&attempt);
        let today = self.spent_on(now);
        self.spent_today = (day(now), today.saturating_add(cost));
        let Some(HeaderCount { used, remaining }) = told else {
            self.left = self.left.saturating_sub(cost);
            return;
        };
        let younger = self.believed.is_none_or(|believed| attempt > believed);
        if !younger {
            // Sent earlier than one already heard: its charge is in that count or was set aside when it came.
            self.left = self.left.min(remaining.unwrap_or(self.left));
            return;
        }
        let began_anew = used.zip(self.used).is_some_and(|(now_used, before)| now_used < before);
        self.believed = Some(attempt);
        self.n_heard += 1;
        self.used = used.or(self.used);
        if began_anew {
            self.period_start = now;
        }
        match remaining {
            Some(remaining) => {
                self.left = remaining;
                self.exhausted &= remaining == 0;
            }
            None => self.left = self.left.saturating_sub(cost),
        }
    }

    /// Gives back what was set aside for an attempt that was never sent.
    pub fn release(&mut self, attempt: AttemptId) {
        self.reserved.remove(&attempt);
    }

    /// The provider says that nothing is left.
    pub fn exhausted(&mut self) {
        self.left = 0;
        self.exhausted = true;
    }

    /// Lets a new month begin, as far as is known; the next answer's count corrects it.
    pub fn tick(&mut self, now: DateTime<Utc>) {
        if now >= self.resets_at() {
            self.period_start = month_start(now);
            self.left = self.policy.monthly;
            self.used = None;
            self.exhausted = false;
        }
    }

    /// True when the provider has said that nothing is left and no count since says otherwise.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// The first of the next month, UTC; a period that was seen to begin on another day ends a month after that.
    pub fn resets_at(&self) -> DateTime<Utc> {
        next_month(self.period_start)
    }

    /// When nothing is left at the pace of this period so far; `None` when that is after the reset, or before a day's pace
    /// is known.
    pub fn projected_exhaustion(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let gone = now - self.period_start;
        let used = self.used.unwrap_or(self.policy.monthly.saturating_sub(self.left));
        if gone < TimeDelta::days(1) || used == 0 {
            return None;
        }
        let s_per_credit = gone.num_seconds() / i64::from(used);
        let end = now + TimeDelta::seconds(s_per_credit.saturating_mul(i64::from(self.remaining())));
        (end < self.resets_at()).then_some(end)
    }

    /// The rules.
    pub fn policy(&self) -> &QuotaPolicy {
        &self.policy
    }

    fn spent_on(&self, now: DateTime<Utc>) -> u32 {
        if self.spent_today.0 == day(now) {
            self.spent_today.1
        } else {
            0
        }
    }
}

fn day(at: DateTime<Utc>) -> i32 {
    at.date_naive().num_days_from_ce()
}

/// The first instant of a month, UTC.
pub fn month_start(at: DateTime<Utc>) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(at.year(), at.month(), 1, 0, 0, 0)
        .single()
        .unwrap_or(at)
}

/// The first instant of the month after one, UTC: when a quota begins anew unless it was seen to do so on another day.
pub fn next_reset(at: DateTime<Utc>) -> DateTime<Utc> {
    next_month(month_start(at))
}

fn next_month(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_add_months(chrono::Months::new(1))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn id(n: u32) -> AttemptId {
        AttemptId::new(1, n)
    }

    fn told(used: u32, remaining: u32) -> Option<HeaderCount> {
        Some(HeaderCount {
            used: Some(used),
            remaining: Some(remaining),
        })
    }

    #[test]
    fn what_is_promised_and_what_is_reserved_cannot_be_spent() {
        let now = at("2019-12-10T12:00:00Z");
        let mut q = CreditQuota::new(QuotaPolicy::default(), now);
        let spendable = |q: &CreditQuota| Priority::ALL.map(|p| q.spendable(p, now));
        assert_eq!(spendable(&q), [500, 450, 420, 375]);
        let fetch = |text: &str| Commitment {
            at: at(text),
            credits: 3,
        };
        q.commit(vec![
            fetch("2019-12-15T17:00:00Z"),
            fetch("2019-12-09T17:00:00Z"),
            fetch("2020-01-05T17:00:00Z"),
        ]);
        assert_eq!(q.committed(now), 3, "past ones and those after the reset do not count");
        q.reserve(id(1), 9);
        assert_eq!(spendable(&q), [491, 438, 408, 363]);
        assert!(q.check(409, Priority::Normal, now).is_err() && q.check(0, Priority::Low, now).is_ok());
        q.settle(id(1), 3, None, now);
        assert_eq!((q.remaining(), q.reserved()), (497, 0));
    }

    #[test]
    fn counts_out_of_order_are_not_believed_and_a_fall_of_the_used_is_a_reset() {
        let now = at("2019-12-10T12:00:00Z");
        let mut q = CreditQuota::new(QuotaPolicy::default(), now);
        for n in 1..=3 {
            q.reserve(id(n), 3);
        }
        q.settle(id(3), 3, told(9, 491), now);
        q.settle(id(1), 3, told(3, 497), now);
        assert_eq!(q.remaining(), 488, "491 less what the second has set aside");
        q.settle(id(2), 3, told(6, 494), now);
        assert_eq!(q.remaining(), 491);
        q.reserve(id(4), 3);
        let later = at("2019-12-12T08:00:00Z");
        q.settle(id(4), 3, told(3, 497), later);
        assert_eq!((q.remaining(), q.resets_at()), (497, at("2020-01-12T08:00:00Z")));
    }

    #[test]
    fn an_exhausted_quota_waits_for_a_count_or_the_reset() {
        let now = at("2019-12-10T12:00:00Z");
        let mut q = CreditQuota::new(QuotaPolicy::default(), now);
        q.exhausted();
        assert!(q.check(3, Priority::Critical, now).unwrap_err().exhausted);
        q.settle(id(1), 0, told(500, 0), now);
        assert!(q.is_exhausted());
        q.tick(at("2020-01-01T00:00:00Z"));
        assert!(q.check(3, Priority::Low, at("2020-01-01T00:00:00Z")).is_ok());
        q.exhausted();
        q.settle(id(2), 0, told(10, 490), now);
        assert!(!q.is_exhausted());
    }

    #[test]
    fn the_ledger_outweighs_a_hopeful_last_word() {
        let now = at("2019-12-16T00:00:00Z");
        let mut q = CreditQuota::new(QuotaPolicy::default(), now);
        q.restore(300, 30, Some(400), now);
        assert_eq!(q.remaining(), 200);
        assert_eq!(q.projected_exhaustion(now), Some(at("2019-12-26T00:00:00Z")));
    }

    #[test]
    fn a_day_may_be_bounded_too() {
        let now = at("2019-12-16T23:00:00Z");
        let policy = QuotaPolicy {
            daily: Some(10),
            ..QuotaPolicy::default()
        };
        let mut q = CreditQuota::new(policy, now);
        q.reserve(id(1), 9);
        assert_eq!(q.spendable(Priority::High, now), 1);
        q.settle(id(1), 9, None, now);
        assert_eq!(q.spendable(Priority::Critical, now), 1);
        assert_eq!(q.spendable(Priority::High, at("2019-12-17T00:00:00Z")), 10);
    }
}
