//! Plans of faults from text and back.

use super::{Drift, Fault, FaultError, FaultPlan, FaultRule, MAX_FAULTS, RetryAfter};
use crate::api::{Endpoint, Provider};
use crate::sim::upstream::message::SERVED;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The units of times, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<FaultPlan, FaultError> {
        let mut rules: Vec<FaultRule> = Vec::new();
        for part in text.split([',', ';', '\n']).map(str::trim).filter(|p| !p.is_empty()) {
            match (part.split_once('='), part.split_once('/')) {
                (Some((option, value)), _) if !option.contains('/') => {
                    let rule = rules.last_mut().ok_or_else(|| FaultError::NoFault(part.to_owned()))?;
                    set(rule, option.trim(), value.trim())?;
                }
                (_, Some((place, fault))) => rules.push(rule(place.trim(), fault.trim())?),
                _ => return Err(FaultError::NoFault(part.to_owned())),
            }
            if rules.len() > MAX_FAULTS {
                return Err(FaultError::TooMany);
            }
        }
        for rule in &rules {
            if rule.to.is_some_and(|to| to < rule.from) {
                return Err(FaultError::Window {
                    from: written(rule.from),
                    to: written(rule.to.unwrap_or_default()),
                });
            }
        }
        Ok(FaultPlan { rules })
    }
}

fn rule(place: &str, fault: &str) -> Result<FaultRule, FaultError> {
    let (name, rate) = fault.split_once('@').unwrap_or((fault, "1"));
    let parsed = rate.trim().parse::<f64>().ok().filter(|r| (0.0..=1.0).contains(r));
    let (provider, endpoint) = target(place)?;
    Ok(FaultRule {
        provider,
        endpoint,
        fault: Fault::of_name(name.trim()).ok_or_else(|| FaultError::UnknownFault(name.trim().to_owned()))?,
        rate: parsed.ok_or_else(|| FaultError::Rate(rate.trim().to_owned()))?,
        from: Duration::ZERO,
        to: None,
    })
}

fn target(place: &str) -> Result<(Option<Provider>, Option<Endpoint>), FaultError> {
    let (name, endpoint) = match place.split_once(':') {
        Some((name, endpoint)) => (name.trim(), Some(endpoint.trim())),
        None => (place, None),
    };
    let provider = match name {
        "*" if endpoint.is_none() => return Ok((None, None)),
        "odds" => Provider::OddsApi,
        name => Provider::of_name(name)
            .filter(|p| SERVED.contains(p))
            .ok_or_else(|| FaultError::UnknownProvider(name.to_owned()))?,
    };
    let Some(endpoint) = endpoint.filter(|e| *e != "*") else {
        return Ok((Some(provider), None));
    };
    let known = endpoints(provider);
    match known.iter().find(|e| e.name() == endpoint) {
        Some(found) => Ok((Some(provider), Some(*found))),
        None => Err(FaultError::UnknownEndpoint {
            endpoint: endpoint.to_owned(),
            provider,
            known: known.iter().map(|e| e.name()).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The endpoints of a provider served here.
pub(super) fn endpoints(provider: Provider) -> &'static [Endpoint] {
    use Endpoint::*;
    match provider {
        Provider::OddsApi => &[Sports, Events, Odds, Scores, Historical],
        Provider::Espn => &[Scoreboard, Injuries, Teams, News],
        Provider::OpenMeteo => &[Forecast],
        Provider::Nws => &[Points, Hourly],
        Provider::Nflverse => &[Timestamp, Games, TeamStats],
        Provider::Anthropic | Provider::OpenAi | Provider::Xai | Provider::Ollama => &[],
    }
}

fn set(rule: &mut FaultRule, option: &str, value: &str) -> Result<(), FaultError> {
    match (option, &mut rule.fault) {
        ("from", _) => rule.from = time(option, value)?,
        ("to", _) => rule.to = Some(time(option, value)?),
        ("delay", Fault::Latency(delay)) => *delay = time(option, value)?,
        ("retry_after", Fault::Throttle429(after) | Fault::Http503(after)) => *after = retry_after(value)?,
        ("charged", Fault::Hang { charged } | Fault::Reset { charged }) => {
            *charged = match value {
                "yes" => true,
                "no" => false,
                _ => return Err(wrong("charged", value, "yes or no")),
            };
        }
        ("how", Fault::SchemaDrift { how, .. }) => {
            let known = Drift::ALL.into_iter().find(|(name, _)| *name == value);
            let (_, drift) = known.ok_or_else(|| wrong("how", value, "missing, renamed or retyped"))?;
            *how = Some(drift);
        }
        ("field", Fault::SchemaDrift { field, .. }) if !value.is_empty() => *field = Some(value.to_owned()),
        ("bytes", Fault::SlowDrip { bytes_per_chunk, .. }) => {
            let bytes = value.parse::<usize>().ok().filter(|n| (1..=65_536).contains(n));
            *bytes_per_chunk = bytes.ok_or_else(|| wrong("bytes", value, "a whole number from 1 to 65536"))?;
        }
        ("every", Fault::SlowDrip { every, .. }) => *every = time(option, value)?,
        (_, fault) => {
            return Err(FaultError::Option {
                fault: fault.name(),
                option: option.to_owned(),
                takes: takes(fault),
            });
        }
    }
    Ok(())
}

fn wrong(option: &'static str, value: &str, must: &'static str) -> FaultError {
    FaultError::Value {
        option,
        value: value.to_owned(),
        must,
    }
}

fn takes(fault: &Fault) -> Vec<&'static str> {
    match fault {
        Fault::Latency(_) => vec!["delay"],
        Fault::Http503(_) | Fault::Throttle429(_) => vec!["retry_after"],
        Fault::Hang { .. } | Fault::Reset { .. } => vec!["charged"],
        Fault::SchemaDrift { .. } => vec!["how", "field"],
        Fault::SlowDrip { .. } => vec!["bytes", "every"],
        Fault::Http500
        | Fault::Quota401
        | Fault::Truncated
        | Fault::Garbage
        | Fault::Html200
        | Fault::WrongContentType => Vec::new(),
    }
}

fn retry_after(value: &str) -> Result<RetryAfter, FaultError> {
    match (value, value.strip_prefix("date:")) {
        ("none", _) => Ok(RetryAfter::Unsaid),
        (_, Some(date)) => time("retry_after", date).map(RetryAfter::Date),
        (seconds, None) => time("retry_after", seconds).map(RetryAfter::Seconds),
    }
}

fn time(option: &str, value: &str) -> Result<Duration, FaultError> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms);
    // A year is longer than any test, and far from where sums of times overflow.
    let within = |ms: &u64| *ms <= 366 * 86_400_000;
    number
        .parse::<u64>()
        .ok()
        .zip(unit)
        .and_then(|(n, ms)| n.checked_mul(ms))
        .filter(within)
        .map(Duration::from_millis)
        .ok_or_else(|| FaultError::Time {
            option: option.to_owned(),
            value: value.to_owned(),
        })
}

/// In the largest unit that leaves no remainder.
fn written(time: Duration) -> String {
    let ms = time.as_millis() as u64;
    let (name, unit) = UNITS
        .into_iter()
        .find(|(_, unit)| ms > 0 && ms.is_multiple_of(*unit))
        .unwrap_or(("s", 1_000));
    format!("{}{name}", ms / unit)
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rule) in self.rules.iter().enumerate() {
            write!(f, "{}{rule}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.provider, self.endpoint) {
            (None, _) => f.write_str("*")?,
            (Some(p), None) => write!(f, "{p}")?,
            (Some(p), Some(e)) => write!(f, "{p}:{e}")?,
        }
        write!(f, "/{}@{}", self.fault.name(), self.rate)?;
        match &self.fault {
            Fault::Latency(delay) => write!(f, ",delay={}", written(*delay))?,
            Fault::Http503(after) | Fault::Throttle429(after) => match after {
                RetryAfter::Unsaid => f.write_str(",retry_after=none")?,
                RetryAfter::Seconds(t) => write!(f, ",retry_after={}", written(*t))?,
                RetryAfter::Date(t) => write!(f, ",retry_after=date:{}", written(*t))?,
            },
            Fault::Hang { charged: false } | Fault::Reset { charged: false } => f.write_str(",charged=no")?,
            Fault::SchemaDrift { how, field } => {
                if let Some((name, _)) = Drift::ALL.into_iter().find(|(_, d)| Some(*d) == *how) {
                    write!(f, ",how={name}")?;
                }
                if let Some(field) = field {
                    write!(f, ",field={field}")?;
                }
            }
            Fault::SlowDrip { bytes_per_chunk, every } => {
                write!(f, ",bytes={bytes_per_chunk},every={}", written(*every))?;
            }
            Fault::Http500
            | Fault::Quota401
            | Fault::Truncated
            | Fault::Garbage
            | Fault::Html200
            | Fault::Hang { charged: true }
            | Fault::Reset { charged: true }
            | Fault::WrongContentType => {}
        }
        if self.from > Duration::ZERO {
            write!(f, ",from={}", written(self.from))?;
        }
        self.to.map_or(Ok(()), |to| write!(f, ",to={}", written(to)))
    }
}
