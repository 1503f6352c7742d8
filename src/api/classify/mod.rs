//! What an outcome means, one pure function a provider: a status alone says too little, since some providers answer an
//! empty account with 401, others with 429, and only the body tells it from a refused key or a busy minute.

mod free;
mod llm;
mod odds_api;
mod payload;
#[cfg(test)]
mod tests;
mod words;

use super::provider::{Endpoint, Provider};
use super::reply::{Reply, WireError};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use std::time::Duration;
use words::Said;
pub use words::line;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A usable answer.
    Success,
    /// What we have is still right (304).
    NotModified,
    /// It may work next time: no connection, time out, server errors, overload.
    Transient,
    /// Too many calls at once or in a window.
    Throttled,
    /// The account's calls, credits or dollars are used up; repeating it is of no use before a reset or a payment.
    QuotaExhausted {
        /// When there is more, when it is known.
        until: Option<DateTime<Utc>>,
    },
    /// A key is missing or refused, the plan lacks the feature, the model does not exist, or we are blocked.
    Misconfigured,
    /// The request itself is wrong.
    BadRequest,
    /// There is no such thing.
    NotFound,
    /// Success by its status, rubbish by its body: HTML, cut off, larger than any honest one, or from somewhere else.
    BadPayload,
    /// A language model declined to answer; billed.
    Refused,
    /// A language model's answer ended at a limit of length; billed.
    Truncated,
    /// We gave up on it ourselves.
    Aborted,
}

/// What an outcome says about the health of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nothing: throttling, quota, keys and wrong requests are no outage.
    Ignore,
}

impl Class {
    /// The name in the ledger and in output.
    pub fn name(self) -> &'static str {
        match self {
            Class::Success => "success",
            Class::NotModified => "not_modified",
            Class::Transient => "transient",
            Class::Throttled => "throttled",
            Class::QuotaExhausted { .. } => "quota_exhausted",
            Class::Misconfigured => "misconfigured",
            Class::BadRequest => "bad_request",
            Class::NotFound => "not_found",
            Class::BadPayload => "bad_payload",
            Class::Refused => "refused",
            Class::Truncated => "truncated",
            Class::Aborted => "aborted",
        }
    }

    /// The class of a [`Class::name`]; the end of an exhausted quota is not in it.
    pub fn of_name(name: &str) -> Option<Class> {
        [
            Class::Success,
            Class::NotModified,
            Class::Transient,
            Class::Throttled,
            Class::QuotaExhausted { until: None },
            Class::Misconfigured,
            Class::BadRequest,
            Class::NotFound,
            Class::BadPayload,
            Class::Refused,
            Class::Truncated,
            Class::Aborted,
        ]
        .into_iter()
        .find(|class| class.name() == name)
    }

    /// What the breaker makes of it. A model's answer that fits no schema is a success here: whoever asked judges that,
    /// and it is no outage.
    pub fn breaker(self) -> Sign {
        match self {
            Class::Success | Class::NotModified => Sign::Good,
            Class::Transient | Class::BadPayload => Sign::Bad,
            Class::Throttled
            | Class::QuotaExhausted { .. }
            | Class::Misconfigured
            | Class::BadRequest
            | Class::NotFound
            | Class::Refused
            | Class::Truncated
            | Class::Aborted => Sign::Ignore,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(self) -> bool {
        matches!(self, Class::Transient | Class::Throttled | Class::BadPayload)
    }

    /// Whether it brought an answer that can be handed on.
    pub fn is_answer(self) -> bool {
        matches!(self, Class::Success | Class::NotModified)
    }
}

/// The judgement of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is.
    pub class: Class,
    /// What the provider said, or what is wrong: one line of at most 200 characters without keys; empty on success.
    pub message: String,
    /// How long the body, rather than a header, asks to wait: Open-Meteo's limits come without any header.
    pub wait: Option<Duration>,
}

impl Verdict {
    fn new(class: Class, message: &str) -> Verdict {
        Verdict {
            class,
            message: words::line(message),
            wait: None,
        }
    }

    fn wait(self, wait: Duration) -> Verdict {
        Verdict {
            wait: Some(wait),
            ..self
        }
    }
}

/// Judges what came of an attempt. `now` is wall time, from which resets at midnight or at the first of a month are told.
pub fn classify(
    provider: Provider,
    endpoint: Endpoint,
    outcome: &Result<Reply, WireError>,
    now: DateTime<Utc>,
) -> Verdict {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error) => return Verdict::new(of_wire(error), &error.to_string()),
    };
    if reply.status == 304 {
        return Verdict::new(Class::NotModified, "");
    }
    let said = Said::read(&reply.body);
    if (200..300).contains(&reply.status) && !said.is_error(provider) {
        return usable(provider, endpoint, reply);
    }
    let case = Case {
        endpoint,
        reply,
        said,
        now,
    };
    match provider {
        Provider::OddsApi => odds_api::judge(&case),
        Provider::Espn => free::espn(&case),
        Provider::OpenMeteo => free::open_meteo(&case),
        Provider::Nws => free::nws(&case),
        Provider::Nflverse => free::nflverse(&case),
        Provider::Anthropic => llm::anthropic(&case),
        Provider::OpenAi => llm::openai(&case),
        Provider::Xai => llm::xai(&case),
        Provider::Ollama => llm::ollama(&case),
    }
}

/// A reply that is no success, with its body read once for all.
struct Case<'a> {
    endpoint: Endpoint,
    reply: &'a Reply,
    said: Said,
    now: DateTime<Utc>,
}

impl Case<'_> {
    /// The verdict of a class with what the provider said.
    fn verdict(&self, class: Class) -> Verdict {
        if self.said.text.is_empty() {
            return Verdict::new(class, &format!("status {} without a word", self.reply.status));
        }
        Verdict::new(class, &self.said.text)
    }

    /// The same with what it means for us in front.
    fn meaning(&self, class: Class, meaning: &str) -> Verdict {
        let said = self.verdict(class).message;
        Verdict::new(class, &format!("{meaning}: {said}"))
    }

    /// Whether what it said has one of these texts in it, given in lower case.
    fn says(&self, texts: &[&str]) -> bool {
        let said = self.said.text.to_lowercase();
        texts.iter().any(|text| said.contains(text))
    }

    /// The verdict by the status alone, where the body adds nothing.
    fn by_status(&self) -> Verdict {
        let class = match self.reply.status {
            408 | 425 | 500..=599 => Class::Transient,
            429 => Class::Throttled,
            401 | 402 | 403 | 407 | 451 => Class::Misconfigured,
            404 | 410 => Class::NotFound,
            400..=499 => Class::BadRequest,
            // 1xx, 2xx that speak of an error, 3xx that lead nowhere, and numbers nobody has heard of.
            _ => Class::BadPayload,
        };
        self.verdict(class)
    }

    /// The next midnight in UTC.
    fn midnight(&self) -> Option<DateTime<Utc>> {
        let tomorrow = self.now.date_naive().checked_add_days(Days::new(1))?;
        Some(tomorrow.and_time(NaiveTime::MIN).and_utc())
    }

    /// Midnight UTC at the first of the next month.
    fn next_month(&self) -> Option<DateTime<Utc>> {
        let (year, month) = (self.now.year(), self.now.month());
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        Some(
            NaiveDate::from_ymd_opt(year, month, 1)?
                .and_time(NaiveTime::MIN)
                .and_utc(),
        )
    }
}

fn of_wire(error: &WireError) -> Class {
    match error {
        WireError::Connect(_) | WireError::Broken(_) | WireError::Timeout(_) => Class::Transient,
        // A hotel's login page redirects and an intermediary mangles: both pass, and neither is an answer.
        WireError::TooLarge(_) | WireError::Redirect(_) | WireError::Decode(_) => Class::BadPayload,
        WireError::NoKey(_) => Class::Misconfigured,
        WireError::Aborted => Class::Aborted,
    }
}

fn usable(provider: Provider, endpoint: Endpoint, reply: &Reply) -> Verdict {
    if let Err(fault) = payload::check(provider, endpoint, &reply.body) {
        return Verdict::new(Class::BadPayload, &fault);
    }
    if provider.is_llm() && endpoint == Endpoint::Completion {
        return llm::completion(provider, &reply.body);
    }
    Verdict::new(Class::Success, "")
}
