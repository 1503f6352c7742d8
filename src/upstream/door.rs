//! The way into the scripted upstream without a socket, and the clock it goes by.

use crate::clock::Clock;
use crate::sim::upstream::{Counts, FaultPlan, Request, Scripted, Ticket, Upstream};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A clock may run at most this much faster than time: a season in half an hour.
const MAX_SPEED: f64 = 10_000.0;

/// A handle on the services; clones share them.
#[derive(Clone, Debug)]
pub struct Door {
    upstream: Arc<Mutex<Upstream>>,
    hand: Arc<Mutex<Hand>>,
    clock: Clock,
}

/// Where the services' clock was set, and how fast it runs since.
#[derive(Clone, Copy, Debug)]
struct Hand {
    /// What it was set to; the clock that was handed in is followed when it never was.
    set: Option<(DateTime<Utc>, Duration)>,
    speed: f64,
}

/// An order to the services' clock: `at=2026-11-25T12:00:00Z,speed=60`, both parts optional.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockOrder {
    /// The time it is from now on.
    pub at: Option<DateTime<Utc>>,
    /// How much faster than time it runs, 0 (it stands still) to 10,000.
    pub speed: Option<f64>,
}

/// Why a text is no order to the clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// No time.
    #[error("at=`{0}` is no time: write it as 2026-11-25T12:00:00Z")]
    At(String),
    /// No speed.
    #[error("speed=`{0}` is no speed: write a number from 0 to 10000")]
    Speed(String),
    /// Something else.
    #[error(
        "`{0}` is no order to the clock: write at=2026-11-25T12:00:00Z, speed=60, or both with a comma between"
    )]
    Unknown(String),
}

impl FromStr for ClockOrder {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<ClockOrder, ClockError> {
        let mut order = ClockOrder::default();
        for part in text.split([',', ';', '\n']).map(str::trim).filter(|p| !p.is_empty()) {
            match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some(("at", value)) => {
                    order.at = Some(value.parse().map_err(|_| ClockError::At(value.to_owned()))?);
                }
                Some(("speed", value)) => {
                    let speed = value.parse::<f64>().ok().filter(|s| (0.0..=MAX_SPEED).contains(s));
                    order.speed = Some(speed.ok_or_else(|| ClockError::Speed(value.to_owned()))?);
                }
                _ => return Err(ClockError::Unknown(part.to_owned())),
            }
        }
        Ok(order)
    }
}

impl Door {
    /// The services, going by this clock until they are told otherwise.
    pub fn new(upstream: Upstream, clock: Clock) -> Door {
        let hand = Hand { set: None, speed: 1.0 };
        Door {
            upstream: Arc::new(Mutex::new(upstream)),
            hand: Arc::new(Mutex::new(hand)),
            clock,
        }
    }

    /// What time it is at the services.
    pub fn now(&self) -> DateTime<Utc> {
        let hand = *self.hand.lock();
        let Some((at, since)) = hand.set else {
            return self.clock.now();
        };
        let gone_ms = self.clock.monotonic().saturating_sub(since).as_secs_f64() * hand.speed * 1_000.0;
        let gone = TimeDelta::try_milliseconds(gone_ms as i64).unwrap_or(TimeDelta::MAX);
        at.checked_add_signed(gone).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Sets the services' clock, its speed, or both.
    pub fn set_clock(&self, order: ClockOrder) {
        let now = order.at.unwrap_or_else(|| self.now());
        let mut hand = self.hand.lock();
        hand.set = Some((now, self.clock.monotonic()));
        hand.speed = order.speed.unwrap_or(hand.speed);
    }

    /// Answers a request in memory. Whoever asks performs the delay and the wire.
    pub fn answer(&self, request: &Request) -> Scripted {
        let now = self.now();
        self.upstream.lock().answer(request, now)
    }

    /// Answers a request whose call runs until [`Door::close`].
    pub(super) fn open(&self, request: &Request) -> (Scripted, Ticket) {
        let now = self.now();
        self.upstream.lock().open(request, now)
    }

    /// The call is over.
    pub(super) fn close(&self, ticket: Ticket) {
        self.upstream.lock().close(ticket);
    }

    /// What has reached the services.
    pub fn counts(&self) -> Counts {
        self.upstream.lock().counts().clone()
    }

    /// Puts a plan of faults in force from now on.
    pub fn set_faults(&self, plan: FaultPlan) {
        let now = self.now();
        self.upstream.lock().set_faults(plan, now);
    }

    /// Looks at the services.
    pub fn with<T>(&self, look: impl FnOnce(&Upstream) -> T) -> T {
        look(&self.upstream.lock())
    }
}
