//! A laboratory for the API orchestrator: a scripted provider, a heap of events and two virtual clocks, so that an hour of
//! traffic is played in milliseconds and every run with one seed is the same run.

use crate::api::orchestrator::{Effect, Event, Notice, RequestOrchestrator};
use crate::api::{
    Answer, ApiError, AttemptId, Call, LedgerRow, Mono, Now, PriorityRequest, Reply, WaiterId, WireError,
};
use chrono::{DateTime, TimeDelta, Utc};
use rand_pcg::Pcg64Mcg;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a scripted provider does with a call that is sent at a moment.
pub trait Provider {
    /// Its outcome, and after how long. One that takes longer than `timeout` becomes a timeout.
    fn serve(&mut self, call: &Call, at: Mono, rng: &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>);
}

impl<F: FnMut(&Call, Mono, &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>)> Provider for F {
    fn serve(&mut self, call: &Call, at: Mono, rng: &mut Pcg64Mcg) -> (Duration, Result<Reply, WireError>) {
        self(call, at, rng)
    }
}

/// A sent call.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When.
    pub at: Mono,
    /// What was set aside.
    pub row: LedgerRow,
    /// The call.
    pub call: Arc<Call>,
}

/// An answered request.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Who.
    pub waiter: WaiterId,
    /// When it was asked.
    pub asked: Mono,
    /// When it was answered.
    pub at: Mono,
    /// With what.
    pub result: Result<Answer, ApiError>,
}

#[derive(Clone, Debug)]
enum Due {
    Submit(Box<PriorityRequest>),
    Gone(WaiterId),
    Done(AttemptId, Result<Reply, WireError>, Duration),
    Wall(TimeDelta),
    Shutdown,
    Wake,
}

/// The orchestrator with its scripted surroundings.
pub struct Lab<P> {
    /// The orchestrator.
    pub orchestrator: RequestOrchestrator,
    /// The provider.
    pub provider: P,
    /// Every call sent.
    pub sent: Vec<Sent>,
    /// Every answer.
    pub answered: Vec<Answered>,
    /// The newest row of every attempt.
    pub ledger: BTreeMap<AttemptId, LedgerRow>,
    /// What people were told.
    pub notices: Vec<Notice>,
    /// When everything was drained.
    pub drained: Option<Mono>,
    /// Calls in flight, the most there were at once.
    pub max_in_flight: usize,
    /// Whether every step goes into the digest; costs time.
    pub digesting: bool,
    now: Now,
    wall_off: TimeDelta,
    origin: DateTime<Utc>,
    heap: BTreeMap<(Mono, u64), Due>,
    n: u64,
    wake: Option<(Mono, u64)>,
    in_flight: BTreeSet<AttemptId>,
    asked: BTreeMap<WaiterId, Mono>,
    rng: Pcg64Mcg,
    chance: Pcg64Mcg,
    digest: Sha256,
}

impl<P: Provider> Lab<P> {
    /// A laboratory whose clocks begin at zero and at `origin`.
    pub fn new(orchestrator: RequestOrchestrator, provider: P, origin: DateTime<Utc>, seed: u64) -> Lab<P> {
        Lab {
            orchestrator,
            provider,
            sent: Vec::new(),
            answered: Vec::new(),
            ledger: BTreeMap::new(),
            notices: Vec::new(),
            drained: None,
            max_in_flight: 0,
            digesting: false,
            now: Now {
                mono: Mono(0),
                wall: origin,
            },
            wall_off: TimeDelta::zero(),
            origin,
            heap: BTreeMap::new(),
            n: 0,
            wake: None,
            in_flight: BTreeSet::new(),
            asked: BTreeMap::new(),
            rng: Pcg64Mcg::new(u128::from(seed) << 1 | 1),
            chance: Pcg64Mcg::new(u128::from(seed) << 2 | 2),
            digest: Sha256::new(),
        }
    }

    /// The clocks.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Somebody will ask at a moment. Requests are numbered in the order in which they are asked.
    pub fn ask_at(&mut self, at: Mono, request: PriorityRequest) {
        self.push(at, Due::Submit(Box::new(request)));
    }

    /// A waiter will leave at a moment.
    pub fn leave_at(&mut self, at: Mono, waiter: WaiterId) {
        self.push(at, Due::Gone(waiter));
    }

    /// The wall clock will jump by so much.
    pub fn jump_at(&mut self, at: Mono, by: TimeDelta) {
        self.push(at, Due::Wall(by));
    }

    /// The house will close.
    pub fn shut_down_at(&mut self, at: Mono) {
        self.push(at, Due::Shutdown);
    }

    /// Hands the orchestrator any event now.
    pub fn event(&mut self, event: Event) {
        if self.digesting {
            self.digest.update(format!("{:?} {event:?}\n", self.now));
        }
        let effects = self.orchestrator.handle(self.now, event, &mut self.rng);
        for effect in effects {
            if self.digesting {
                self.digest.update(format!("  {effect:?}\n"));
            }
            self.perform(effect);
        }
    }

    /// Plays one event; false when there is none before `until`.
    pub fn step(&mut self, until: Mono) -> bool {
        let Some((&(at, n), _)) = self.heap.first_key_value() else {
            return false;
        };
        if at > until {
            return false;
        }
        let Some(due) = self.heap.remove(&(at, n)) else {
            return false;
        };
        self.now.mono = at.max(self.now.mono);
        self.set_wall();
        match due {
            Due::Submit(request) => {
                let waiter = WaiterId(self.asked.len() as u64);
                self.asked.insert(waiter, self.now.mono);
                self.event(Event::Submit { waiter, request });
            }
            Due::Gone(waiter) => self.event(Event::WaiterGone(waiter)),
            Due::Done(attempt, outcome, latency) => {
                if self.in_flight.remove(&attempt) {
                    self.event(Event::Done {
                        attempt,
                        outcome,
                        latency,
                    });
                }
            }
            Due::Wall(by) => {
                self.wall_off += by;
                self.set_wall();
            }
            Due::Shutdown => self.event(Event::Shutdown),
            Due::Wake => {
                self.wake = None;
                self.event(Event::Tick);
            }
        }
        true
    }

    /// Plays until a moment; the clocks stand at it afterwards.
    pub fn run(&mut self, until: Mono) {
        while self.step(until) {}
        self.now.mono = until.max(self.now.mono);
        self.set_wall();
    }

    /// A hash of all events and effects so far, when [`Lab::digesting`].
    pub fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    /// Requests asked so far.
    pub fn n_asked(&self) -> usize {
        self.asked.len()
    }

    /// When a waiter asked.
    pub fn asked_at(&self, waiter: WaiterId) -> Option<Mono> {
        self.asked.get(&waiter).copied()
    }

    fn set_wall(&mut self) {
        let since = TimeDelta::nanoseconds(i64::try_from(self.now.mono.0).unwrap_or(i64::MAX));
        self.now.wall = self.origin + since + self.wall_off;
    }

    fn push(&mut self, at: Mono, due: Due) -> (Mono, u64) {
        let key = (at, self.n);
        self.n += 1;
        self.heap.insert(key, due);
        key
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send {
                attempt,
                call,
                timeout,
                row,
                ..
            } => {
                let at = self.now.mono;
                let (latency, outcome) = self.provider.serve(&call, at, &mut self.chance);
                let (latency, outcome) = if latency > timeout {
                    (timeout, Err(WireError::Timeout(timeout)))
                } else {
                    (latency, outcome)
                };
                self.push(at + latency, Due::Done(attempt, outcome, latency));
                self.in_flight.insert(attempt);
                self.max_in_flight = self.max_in_flight.max(self.in_flight.len());
                self.ledger.insert(attempt, (*row).clone());
                self.sent.push(Sent { at, row: *row, call });
            }
            Effect::Abort(attempt) => _ = self.in_flight.remove(&attempt),
            Effect::Reply { waiter, result } => {
                let asked = self.asked.get(&waiter).copied().unwrap_or_default();
                self.answered.push(Answered {
                    waiter,
                    asked,
                    at: self.now.mono,
                    result: *result,
                });
            }
            Effect::Persist { row, .. } => _ = self.ledger.insert(row.attempt, *row),
            Effect::Notice(notice) => self.notices.push(notice),
            Effect::Wake(at) => {
                if let Some(old) = self.wake.take() {
                    self.heap.remove(&old);
                }
                self.wake = Some(self.push(at, Due::Wake));
            }
            Effect::Drained => self.drained = Some(self.now.mono),
        }
    }
}

/// A plain good answer.
pub fn ok(body: &str) -> Result<Reply, WireError> {
    Ok(Reply {
        status: 200,
        headers: crate::api::Headers::default(),
        body: body.as_bytes().into(),
    })
}

/// An answer of any status, with headers.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Reply, WireError> {
    Ok(Reply {
        status,
        headers: crate::api::Headers::of(headers),
        body: body.as_bytes().into(),
    })
}
