//! Key, credits and rate of an account at The Odds API.

use super::{Refused, refusal};
use crate::sim::upstream::message::{Reply, Request};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use std::collections::VecDeque;

/// What can be chosen about the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountOptions {
    /// Credits a calendar month (UTC); the free plan has 500.
    pub credits: u32,
    /// Credits used up before the first call.
    pub used: u32,
    /// A paid plan, which may ask for the past.
    pub paid: bool,
    /// The only key that is let in; any key is when there is none.
    pub api_key: Option<String>,
    /// Requests within any second, free ones included, beyond which 429 is given.
    pub max_per_second: u32,
}

impl Default for AccountOptions {
    /// The free plan, any key, and 30 requests a second.
    fn default() -> AccountOptions {
        AccountOptions {
            credits: 500,
            used: 0,
            paid: false,
            api_key: None,
            max_per_second: 30,
        }
    }
}

/// The account while it is being used.
#[derive(Clone, Debug)]
pub(in crate::sim::upstream) struct Account {
    options: AccountOptions,
    used: u32,
    last: u32,
    month: Option<(i32, u32)>,
    /// Requests of the last second; at most as many as are let in.
    recent: VecDeque<DateTime<Utc>>,
}

impl Account {
    pub(in crate::sim::upstream) fn new(options: AccountOptions) -> Account {
        Account {
            used: options.used.min(options.credits),
            options,
            last: 0,
            month: None,
            recent: VecDeque::new(),
        }
    }

    pub(super) fn options(&self) -> &AccountOptions {
        &self.options
    }

    /// Credits used this month.
    pub(in crate::sim::upstream) fn used(&self) -> u32 {
        self.used
    }

    /// Credits begin anew with the calendar month. Time going back gives none back.
    pub(super) fn turn_month(&mut self, now: DateTime<Utc>) {
        self.last = 0;
        let month = (now.year(), now.month());
        match self.month {
            Some(known) if month > known => {
                self.used = 0;
                self.month = Some(month);
            }
            Some(_) => {}
            None => self.month = Some(month),
        }
    }

    pub(super) fn check_key(&self, request: &Request) -> Result<(), Refused> {
        let message = "API key is missing. Get an API key at https://the-odds-api.com";
        match (request.param("apiKey"), &self.options.api_key) {
            (None | Some(""), _) => Err(Box::new(refusal(401, "MISSING_KEY", message))),
            (Some(key), Some(only)) if key != only => {
                let message = "API key is not valid. Get an API key at https://the-odds-api.com";
                Err(Box::new(refusal(401, "INVALID_KEY", message)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_rate(&mut self, now: DateTime<Utc>) -> Result<(), Refused> {
        while self.recent.front().is_some_and(|at| *at + TimeDelta::seconds(1) <= now) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.options.max_per_second as usize {
            return Err(Box::new(too_fast()));
        }
        self.recent.push_back(now);
        Ok(())
    }

    /// Charges a call that was answered. A call dearer than what is left is refused and costs nothing.
    pub(super) fn charge(&mut self, cost: u32) -> Result<(), Refused> {
        if cost > self.options.credits.saturating_sub(self.used) {
            return Err(Box::new(out_of_credits()));
        }
        self.used += cost;
        self.last = cost;
        Ok(())
    }

    /// Puts the account's state on an answer, as every answer of the service has it.
    pub(in crate::sim::upstream) fn stamp(&self, reply: Reply) -> Reply {
        reply
            .with(
                "x-requests-remaining",
                self.options.credits.saturating_sub(self.used).to_string(),
            )
            .with("x-requests-used", self.used.to_string())
            .with("x-requests-last", self.last.to_string())
    }

    /// Forgets what the last call cost: for answers that never reached the service.
    pub(in crate::sim::upstream) fn untouched(&mut self) {
        self.last = 0;
    }
}

/// The answer of an account without credits.
pub(in crate::sim::upstream) fn out_of_credits() -> Reply {
    refusal(
        401,
        "OUT_OF_USAGE_CREDITS",
        "Usage quota has been reached. See usage plans at https://the-odds-api.com",
    )
}

/// The answer to a request too many.
pub(in crate::sim::upstream) fn too_fast() -> Reply {
    refusal(
        429,
        "EXCEEDED_FREQ_LIMIT",
        "Requests have exceeded the frequency limit. Slow down requests",
    )
}
