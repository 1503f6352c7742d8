//! Dollars for questions: what is reserved and what is spent stay below a cap per round, day and month together.
//!
//! The most a call may cost is reserved before it is made, and a repetition is a new reservation. What it did cost takes
//! the reservation's place once it is known; where nobody says, the whole of it counts as spent. So the sum is right, or
//! too large, at any moment, and what a process leaves behind is read from the ledger of calls.

use crate::api::{ApiError, LedgerRow, Spend};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What stands before the seat in the name under which calls are billed: it tells these calls from others.
pub const AGENT: &str = "minds/";

/// The most that may be spent, in millionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// On one round of the table.
    pub round_micros: u64,
    /// On a UTC day.
    pub day_micros: u64,
    /// In a UTC month.
    pub month_micros: u64,
}

/// Which cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The round's.
    Round,
    /// The day's.
    Day,
    /// The month's.
    Month,
}

/// Why a call may not be paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it may cost {} and {} of the {span}'s {} are left", usd(*wanted_micros), usd(*left_micros), usd(*cap_micros))]
pub struct Exceeded {
    /// Which cap would be.
    pub span: Span,
    /// The cap.
    pub cap_micros: u64,
    /// What is left of it.
    pub left_micros: u64,
    /// What was wanted.
    pub wanted_micros: u64,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Span::Round => "round",
            Span::Day => "day",
            Span::Month => "month",
        })
    }
}

/// `$0.0512`, rounded up: a cap is never said to hold more than it does by what is spent.
fn usd(micros: u64) -> String {
    let hundredths_of_cents = micros.div_ceil(100);
    format!("${}.{:04}", hundredths_of_cents / 10_000, hundredths_of_cents % 10_000)
}

/// Money set aside for one call. One that is dropped without being settled counts as spent.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is not settled counts as spent"]
pub struct Reservation {
    /// The day it was made on, and the one the call may be sent on: two around midnight.
    days: [NaiveDate; 2],
    round: Arc<str>,
    micros: u64,
}

impl Reservation {
    /// What was set aside, in millionths of a dollar.
    pub fn micros(&self) -> u64 {
        self.micros
    }
}

/// Whether an error says that nothing was billed: the call was not made, or was turned away before it was worked on.
/// Where it may have been, it counts as billed.
pub fn unbilled(error: &ApiError) -> bool {
    match error {
        ApiError::BreakerOpen { .. }
        | ApiError::QuotaExhausted { .. }
        | ApiError::Budget { .. }
        | ApiError::Misconfigured { .. }
        | ApiError::NotFound { .. }
        | ApiError::QueueFull { .. }
        | ApiError::Impossible { .. }
        | ApiError::Refused { .. } => true,
        ApiError::Failed { billed, .. } => !billed,
        ApiError::Deadline { .. }
        | ApiError::Declined { .. }
        | ApiError::Truncated { .. }
        | ApiError::ShuttingDown { .. } => false,
    }
}

/// What a round took.
#[derive(Clone, Copy, Debug)]
struct RoundSum {
    micros: u64,
    last: DateTime<Utc>,
}

/// The account. Sums hold what is reserved as if it were spent.
#[derive(Clone, Debug)]
pub struct Budget {
    caps: Caps,
    days: BTreeMap<NaiveDate, u64>,
    rounds: BTreeMap<Arc<str>, RoundSum>,
    /// Costs of an earlier process, with their times: of a round it may have died in.
    before: Vec<(DateTime<Utc>, u64)>,
}

/// Days before today that may still be asked for: those of a month.
const KEPT_DAYS: i64 = 31;
/// A call that was paid for may wait this long before it is sent, and it is billed on the day it is sent on. So around
/// midnight it counts for both days until the ledger says which it was.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(3);
/// A round is over by then, however late it was.
const ROUND_SPAN: TimeDelta = TimeDelta::minutes(10);

impl Budget {
    /// An account of nothing spent.
    pub fn new(caps: Caps) -> Budget {
        Budget {
            caps,
            days: BTreeMap::new(),
            rounds: BTreeMap::new(),
            before: Vec::new(),
        }
    }

    /// An account with what earlier processes spent by the ledger's rows; those of other agents are passed over. What one
    /// spent in the last ten minutes counts for whatever round is held now: it may be the one it died in.
    pub fn restore<'a>(caps: Caps, rows: impl IntoIterator<Item = &'a LedgerRow>) -> Budget {
        let mut budget = Budget::new(caps);
        for row in rows.into_iter().filter(|row| row.agent.starts_with(AGENT)) {
            let micros = match row.state {
                Spend::Settled => row.usd_micros,
                Spend::Reserved | Spend::Uncertain => row.usd_micros.max(row.reserved_usd_micros),
            };
            let day = budget.days.entry(row.at.date_naive()).or_default();
            *day = day.saturating_add(micros);
            budget.before.push((row.at, micros));
        }
        budget
    }

    /// Sets aside what a call of a round may cost.
    ///
    /// # Errors
    /// [`Exceeded`] with the first cap it would break; then nothing is set aside.
    pub fn reserve(&mut self, round: &str, micros: u64, now: DateTime<Utc>) -> Result<Reservation, Exceeded> {
        let round: Arc<str> = round.into();
        let days = [now.date_naive(), (now + LONGEST_WAIT).date_naive()];
        let most = |of: &dyn Fn(NaiveDate) -> u64| days.iter().map(|day| of(*day)).max().unwrap_or_default();
        let spans = [
            (Span::Round, self.caps.round_micros, self.of_round(&round, now)),
            (Span::Day, self.caps.day_micros, most(&|day| self.of_day(day))),
            (Span::Month, self.caps.month_micros, most(&|day| self.of_month(day))),
        ];
        for (span, cap_micros, spent) in spans {
            let left_micros = cap_micros.saturating_sub(spent);
            if micros > left_micros {
                return Err(Exceeded {
                    span,
                    cap_micros,
                    left_micros,
                    wanted_micros: micros,
                });
            }
        }
        let before = self.of_round(&round, now);
        let sum = RoundSum {
            micros: before.saturating_add(micros),
            last: now,
        };
        self.rounds.insert(Arc::clone(&round), sum);
        for day in distinct(days) {
            *self.days.entry(day).or_default() += micros;
        }
        self.forget(now);
        Ok(Reservation { days, round, micros })
    }

    /// A call has ended: what it did cost takes the place of what was set aside; `None` when nobody says.
    pub fn settle(&mut self, reservation: Reservation, cost_micros: Option<u64>) {
        let Reservation { days, round, micros } = reservation;
        let cost = cost_micros.unwrap_or(micros);
        let settled = |sum: u64| sum.saturating_sub(micros).saturating_add(cost);
        for day in distinct(days) {
            if let Some(sum) = self.days.get_mut(&day) {
                *sum = settled(*sum);
            }
        }
        if let Some(sum) = self.rounds.get_mut(&round) {
            sum.micros = settled(sum.micros);
        }
    }

    /// What a round took so far.
    pub fn of_round(&self, round: &str, now: DateTime<Utc>) -> u64 {
        let lately = || {
            let recent = self.before.iter().filter(|(at, _)| now - *at < ROUND_SPAN);
            recent.map(|(_, micros)| micros).sum()
        };
        self.rounds.get(round).map_or_else(lately, |sum| sum.micros)
    }

    /// What a UTC day took so far.
    pub fn of_day(&self, day: NaiveDate) -> u64 {
        self.days.get(&day).copied().unwrap_or_default()
    }

    /// What the UTC month of a day took so far.
    pub fn of_month(&self, day: NaiveDate) -> u64 {
        let same = |d: &NaiveDate| (d.year(), d.month()) == (day.year(), day.month());
        self.days
            .iter()
            .filter(|(d, _)| same(d))
            .map(|(_, micros)| micros)
            .sum()
    }

    /// Drops what no cap looks at any more.
    fn forget(&mut self, now: DateTime<Utc>) {
        let today = now.date_naive();
        self.days.retain(|day, _| (today - *day).num_days() <= KEPT_DAYS);
        self.rounds.retain(|_, sum| now - sum.last < TimeDelta::days(1));
        self.before.retain(|(at, _)| now - *at < ROUND_SPAN);
    }
}

/// Two days, or one that is both.
fn distinct([first, second]: [NaiveDate; 2]) -> impl Iterator<Item = NaiveDate> {
    std::iter::once(first).chain((second != first).then_some(second))
}

#[cfg(test)]
mod tests;
