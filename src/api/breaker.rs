//! The circuit breaker: stop asking what keeps failing, look again carefully, and let nothing that is late decide.
//!
//! Permits carry the generation in which they were given. What comes back from an earlier one updates statistics and
//! decides nothing, so a straggler neither opens nor closes a half-open breaker. Every permit ends exactly once.

use super::time::Mono;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// When a breaker opens and how it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The window failures are counted in.
    pub window: Duration,
    /// Calls in the window below which no rate is judged.
    pub min_calls: u32,
    /// Failures in hundredths of calls that open it.
    pub failure_percent: u32,
    /// Failures in a row that open it, however few calls there are.
    pub consecutive: u32,
    /// A call slower than this is slow.
    pub slow: Duration,
    /// Slow calls in hundredths of calls that open it.
    pub slow_percent: u32,
    /// The first wait; it doubles with every opening.
    pub first_wait: Duration,
    /// The longest wait, before jitter.
    pub max_wait: Duration,
    /// Probes that may run at once while half open, and that must succeed.
    pub n_probes: u32,
    /// The longest time half open.
    pub max_half_open: Duration,
    /// After closing, concurrency rises to its limit over this time.
    pub ramp: Duration,
}

impl BreakerPolicy {
    /// For a free provider; a metered one waits up to a minute.
    pub fn new(slow: Duration, max_wait: Duration) -> BreakerPolicy {
        BreakerPolicy {
            window: Duration::from_secs(60),
            min_calls: 5,
            failure_percent: 50,
            // Three failures in ten come five in a row every few hundred calls, and ten in a row almost never. Where calls
            // are few the rate above opens it after five as well.
            consecutive: 10,
            slow,
            slow_percent: 80,
            first_wait: Duration::from_secs(5),
            max_wait,
            n_probes: 2,
            max_half_open: Duration::from_secs(30),
            ramp: Duration::from_secs(10),
        }
    }
}

/// Who decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerMode {
    /// The breaker.
    #[default]
    Auto,
    /// A person: nothing passes.
    ForcedOpen,
    /// A person: everything passes.
    ForcedClosed,
    /// Everything passes; it counts and shows what it would do.
    MetricsOnly,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Nothing passes.
    Open,
    /// Probes pass.
    HalfOpen,
}

/// How a permitted call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It answered.
    Success,
    /// It failed in a way that speaks of the provider's health.
    Failure,
    /// It says nothing of health: refused, throttled, out of quota.
    Ignored,
    /// It was never finished.
    Abandoned,
}

/// Leave to make one call. It must be handed back to [`Breaker::record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    generation: u64,
    probe: bool,
}

impl Permit {
    /// The generation it was given in.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// Slices of the window: what is older than it leaves a twelfth at a time.
const N_SLICES: usize = 12;
/// A healthy minute takes back one doubling of the wait.
const HEALTHY: Duration = Duration::from_secs(60);
/// Doublings beyond this change nothing.
const MAX_STEPS: u32 = 16;

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    start: Mono,
    n_calls: u32,
    n_failures: u32,
    n_slow: u32,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed { since: Mono, ramping: bool },
    Open { until: Mono },
    HalfOpen { until: Mono, n_out: u32, n_good: u32 },
}

/// A breaker of one endpoint class of one provider.
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    mode: BreakerMode,
    phase: Phase,
    generation: u64,
    slices: VecDeque<Slice>,
    n_in_a_row: u32,
    /// Doublings of the next wait.
    steps: u32,
    /// When the latest healthy minute began.
    healthy_since: Mono,
    n_acquired: u64,
    n_ended: u64,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(policy: BreakerPolicy, now: Mono) -> Breaker {
        Breaker {
            policy,
            mode: BreakerMode::Auto,
            phase: Phase::Closed {
                since: now,
                ramping: false,
            },
            generation: 0,
            slices: VecDeque::with_capacity(N_SLICES + 1),
            n_in_a_row: 0,
            steps: 0,
            healthy_since: now,
            n_acquired: 0,
            n_ended: 0,
        }
    }

    /// Whether a call may pass at `now`; takes nothing.
    ///
    /// # Errors
    /// The time until it may be asked again; while probes are out, until the half-open time ends.
    pub fn check(&self, now: Mono) -> Result<(), Duration> {
        match self.mode {
            BreakerMode::ForcedOpen => return Err(self.policy.max_wait),
            BreakerMode::ForcedClosed | BreakerMode::MetricsOnly => return Ok(()),
            BreakerMode::Auto => {}
        }
        match self.phase {
            Phase::Closed { .. } => Ok(()),
            Phase::Open { until } if now < until => Err(until.since(now)),
            Phase::Open { .. } => Ok(()),
            Phase::HalfOpen { until, n_out, n_good } => {
                if n_out + n_good < self.policy.n_probes {
                    Ok(())
                } else {
                    Err(until.since(now).max(Duration::from_millis(1)))
                }
            }
        }
    }

    /// Takes a permit; call it after [`Breaker::check`] at the same moment.
    pub fn acquire(&mut self, now: Mono) -> Permit {
        if let Phase::Open { until } = self.phase
            && now >= until
        {
            self.generation += 1;
            let until = now + self.policy.max_half_open;
            self.phase = Phase::HalfOpen {
                until,
                n_out: 0,
                n_good: 0,
            };
        }
        self.n_acquired += 1;
        let probe = match &mut self.phase {
            Phase::HalfOpen { n_out, .. } => {
                *n_out += 1;
                true
            }
            Phase::Closed { .. } | Phase::Open { .. } => false,
        };
        Permit {
            generation: self.generation,
            probe,
        }
    }

    /// How a permitted call ended, and how long it took. `rng` spreads the waits of many breakers.
    pub fn record(&mut self, permit: Permit, end: CallEnd, latency: Duration, now: Mono, rng: &mut Pcg64Mcg) {
        self.n_ended += 1;
        if matches!(end, CallEnd::Success | CallEnd::Failure) {
            self.count(end, latency, now);
        }
        if permit.generation != self.generation {
            return;
        }
        let slow = self.too_slow(now);
        match &mut self.phase {
            Phase::HalfOpen { n_out, n_good, .. } if permit.probe => {
                *n_out -= 1;
                match end {
                    CallEnd::Success => {
                        *n_good += 1;
                        if *n_good >= self.policy.n_probes {
                            self.close(now);
                        }
                    }
                    CallEnd::Failure => self.open(now, rng),
                    CallEnd::Ignored | CallEnd::Abandoned => {}
                }
            }
            Phase::Closed { .. } if end == CallEnd::Failure || slow => {
                if self.is_failing(now) {
                    self.open(now, rng);
                }
            }
            Phase::HalfOpen { .. } | Phase::Closed { .. } | Phase::Open { .. } => {}
        }
    }

    /// What only time decides: the end of a half-open time without enough answers, and healthy minutes. One good probe
    /// without a bad one closes; silence opens.
    pub fn tick(&mut self, now: Mono, rng: &mut Pcg64Mcg) {
        match self.phase {
            Phase::HalfOpen { until, n_good, .. } if now >= until => {
                if n_good > 0 {
                    self.close(now);
                } else {
                    self.open(now, rng);
                }
            }
            Phase::Closed { .. } if self.steps > 0 && now.since(self.healthy_since) >= HEALTHY => {
                let healed = now.since(self.healthy_since).as_secs() / HEALTHY.as_secs();
                self.steps = self.steps.saturating_sub(u32::try_from(healed).unwrap_or(u32::MAX));
                self.healthy_since = now;
            }
            Phase::HalfOpen { .. } | Phase::Closed { .. } | Phase::Open { .. } => {}
        }
    }

    /// When [`Breaker::tick`] has something to do without any call.
    pub fn next_tick(&self) -> Option<Mono> {
        match self.phase {
            Phase::HalfOpen { until, .. } => Some(until),
            Phase::Closed { .. } | Phase::Open { .. } => None,
        }
    }

    /// The share of a concurrency limit that may be used at `now`: after closing it rises from one call to all.
    pub fn ramped(&self, limit: u32, now: Mono) -> u32 {
        match self.phase {
            Phase::Closed { since, ramping: true } => {
                let gone = now.since(since);
                if gone >= self.policy.ramp {
                    return limit;
                }
                let share = u128::from(limit.saturating_sub(1)) * gone.as_nanos() / self.policy.ramp.as_nanos();
                1 + u32::try_from(share).unwrap_or(0)
            }
            Phase::Closed { .. } | Phase::Open { .. } | Phase::HalfOpen { .. } => limit,
        }
    }

    /// Where it stands at `now`.
    pub fn state(&self, now: Mono) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// When an open breaker lets a probe pass.
    pub fn reopens_at(&self) -> Option<Mono> {
        match self.phase {
            Phase::Open { until } => Some(until),
            Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// Who decides.
    pub fn mode(&self) -> BreakerMode {
        self.mode
    }

    /// Puts somebody else in charge.
    pub fn set_mode(&mut self, mode: BreakerMode) {
        self.mode = mode;
    }

    /// Grows with every opening, half-opening and closing.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// (calls, failures) in the window.
    pub fn counts(&self, now: Mono) -> (u32, u32) {
        self.sum(now, |s| (s.n_calls, s.n_failures))
    }

    /// Permits given and not handed back yet.
    pub fn n_out(&self) -> u64 {
        self.n_acquired - self.n_ended
    }

    /// Probes out while half open.
    pub fn n_probes_out(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { n_out, .. } => n_out,
            Phase::Closed { .. } | Phase::Open { .. } => 0,
        }
    }

    /// Doublings of the next wait, kept across restarts.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Starts where an earlier process left: `open_for` is what was left of its wait.
    pub fn restore(&mut self, steps: u32, open_for: Option<Duration>, now: Mono) {
        self.steps = steps.min(MAX_STEPS);
        if let Some(left) = open_for {
            self.generation += 1;
            self.phase = Phase::Open {
                until: now + left.min(self.policy.max_wait * 2),
            };
        }
    }

    fn open(&mut self, now: Mono, rng: &mut Pcg64Mcg) {
        let doubled = self.policy.first_wait.saturating_mul(1 << self.steps.min(MAX_STEPS));
        let wait = doubled.min(self.policy.max_wait);
        let jittered = wait.mul_f64(rng.random_range(0.8..=1.2));
        self.steps = (self.steps + 1).min(MAX_STEPS);
        self.generation += 1;
        self.phase = Phase::Open { until: now + jittered };
    }

    fn close(&mut self, now: Mono) {
        self.generation += 1;
        self.phase = Phase::Closed {
            since: now,
            ramping: true,
        };
        self.healthy_since = now;
        self.n_in_a_row = 0;
        self.slices.clear();
    }

    fn count(&mut self, end: CallEnd, latency: Duration, now: Mono) {
        let width = self.policy.window / N_SLICES as u32;
        let fits = |slice: &&mut Slice| now.since(slice.start) < width;
        if self.slices.back_mut().as_ref().is_none_or(|s| !fits(s)) {
            self.slices.push_back(Slice {
                start: now,
                ..Slice::default()
            });
        }
        while self.slices.len() > N_SLICES {
            self.slices.pop_front();
        }
        let failed = end == CallEnd::Failure;
        if let Some(slice) = self.slices.back_mut() {
            slice.n_calls += 1;
            slice.n_failures += u32::from(failed);
            slice.n_slow += u32::from(latency > self.policy.slow);
        }
        if failed {
            self.n_in_a_row += 1;
            self.healthy_since = now;
        } else {
            self.n_in_a_row = 0;
        }
    }

    fn sum(&self, now: Mono, part: impl Fn(&Slice) -> (u32, u32)) -> (u32, u32) {
        let young = self.slices.iter().filter(|s| now.since(s.start) < self.policy.window);
        young.map(part).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }

    fn too_slow(&self, now: Mono) -> bool {
        let (n, slow) = self.sum(now, |s| (s.n_calls, s.n_slow));
        n >= self.policy.min_calls && slow * 100 >= n * self.policy.slow_percent
    }

    fn is_failing(&self, now: Mono) -> bool {
        let (n, failed) = self.counts(now);
        let rate = n >= self.policy.min_calls && failed * 100 >= n * self.policy.failure_percent;
        rate || self.n_in_a_row >= self.policy.consecutive || self.too_slow(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(10);

    fn breaker() -> (Breaker, Pcg64Mcg) {
        let policy = BreakerPolicy::new(Duration::from_secs(5), Duration::from_secs(30));
        (Breaker::new(policy, Mono(0)), Pcg64Mcg::new(1))
    }

    fn fail(b: &mut Breaker, n: u32, now: Mono, rng: &mut Pcg64Mcg) {
        for _ in 0..n {
            let permit = b.acquire(now);
            b.record(permit, CallEnd::Failure, QUICK, now, rng);
        }
    }

    #[test]
    fn a_straggler_of_an_earlier_generation_decides_nothing() {
        let (mut b, mut rng) = breaker();
        let early = b.acquire(Mono(0));
        fail(&mut b, 5, Mono(0), &mut rng);
        assert_eq!(b.state(Mono(0)), BreakerState::Open);
        let half = b.reopens_at().unwrap();
        let probe = b.acquire(half);
        b.record(early, CallEnd::Failure, QUICK, half, &mut rng);
        assert_eq!((b.state(half), b.n_probes_out()), (BreakerState::HalfOpen, 1));
        b.record(probe, CallEnd::Success, QUICK, half, &mut rng);
        let second = b.acquire(half);
        b.record(second, CallEnd::Success, QUICK, half, &mut rng);
        assert_eq!((b.state(half), b.n_out()), (BreakerState::Closed, 0));
        assert_eq!(b.ramped(8, half), 1, "it begins with one call at once");
    }

    #[test]
    fn an_abandoned_probe_gives_its_permit_back_and_closes_nothing() {
        let (mut b, mut rng) = breaker();
        fail(&mut b, 5, Mono(0), &mut rng);
        let half = b.reopens_at().unwrap();
        let (one, two) = (b.acquire(half), b.acquire(half));
        assert!(b.check(half).is_err(), "both permits are out");
        b.record(one, CallEnd::Abandoned, QUICK, half, &mut rng);
        b.record(two, CallEnd::Ignored, QUICK, half, &mut rng);
        assert_eq!((b.state(half), b.check(half)), (BreakerState::HalfOpen, Ok(())));
        let silent = half + Duration::from_secs(30);
        b.tick(silent, &mut rng);
        assert_eq!(b.state(silent), BreakerState::Open, "silence opens");
    }

    #[test]
    fn what_says_nothing_of_health_never_opens_it() {
        let (mut b, mut rng) = breaker();
        for _ in 0..100 {
            let permit = b.acquire(Mono(0));
            b.record(permit, CallEnd::Ignored, QUICK, Mono(0), &mut rng);
        }
        assert_eq!((b.state(Mono(0)), b.counts(Mono(0))), (BreakerState::Closed, (0, 0)));
    }
}
