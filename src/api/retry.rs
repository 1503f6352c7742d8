//! Retries: full jitter, a budget per provider so that an outage is not multiplied, and one layer of them only.

use super::time::Mono;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

/// How often and after what waits a call is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub max_attempts: u32,
    /// The first bound of the wait after a transient failure; it doubles each time.
    pub base: Duration,
    /// The same after a throttled call.
    pub throttled_base: Duration,
    /// The largest bound.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 3,
            base: Duration::from_millis(50),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// The wait before attempt `n_attempts + 1`: anything from zero to the bound, which is "full jitter" (M. Brooker,
    /// AWS Architecture Blog, 2015). A throttled call waits at least half its base, or the first wait would be none.
    pub fn wait(&self, n_attempts: u32, throttled: bool, rng: &mut Pcg64Mcg) -> Duration {
        let base = if throttled { self.throttled_base } else { self.base };
        let doublings = n_attempts.saturating_sub(1).min(16);
        let bound = base.saturating_mul(1 << doublings).min(self.cap);
        let wait = bound.mul_f64(rng.random_range(0.0..1.0));
        if throttled {
            wait.max(self.throttled_base / 2)
        } else {
            wait
        }
    }
}

/// What a repetition costs, in thousandths of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCost {
    /// It was answered, or never received.
    Known,
    /// It timed out: the provider may still work on it.
    Timeout,
}

impl RetryCost {
    fn milli(self) -> u64 {
        match self {
            RetryCost::Known => 1_000,
            RetryCost::Timeout => 2_000,
        }
    }
}

/// Tokens for repetitions: a success earns half of one, a minute earns one. A provider that fails a third of its calls
/// can be retried for ever; one that fails all of them gets ten repetitions and then one a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    milli: u64,
    last: Mono,
    n_taken: u64,
}

/// Ten tokens: enough for a burst of failures, too few to matter in an outage.
const CAP_MILLI: u64 = 10_000;
const EARNED_BY_SUCCESS_MILLI: u64 = 500;
const EARNED_BY_MINUTE_MILLI: u64 = 1_000;

impl RetryBudget {
    /// A full budget.
    pub fn new(now: Mono) -> RetryBudget {
        RetryBudget {
            milli: CAP_MILLI,
            last: now,
            n_taken: 0,
        }
    }

    /// A call succeeded.
    pub fn succeeded(&mut self, now: Mono) {
        self.refill(now);
        self.milli = (self.milli + EARNED_BY_SUCCESS_MILLI).min(CAP_MILLI);
    }

    /// Takes what a repetition costs, if it is there.
    pub fn take(&mut self, cost: RetryCost, now: Mono) -> bool {
        self.refill(now);
        let enough = self.milli >= cost.milli();
        if enough {
            self.milli -= cost.milli();
            self.n_taken += 1;
        }
        enough
    }

    /// Thousandths of a token there at `now`.
    pub fn milli(&self, now: Mono) -> u64 {
        (self.milli + self.earned(now)).min(CAP_MILLI)
    }

    /// Repetitions granted so far.
    pub fn n_taken(&self) -> u64 {
        self.n_taken
    }

    fn earned(&self, now: Mono) -> u64 {
        let minute = Duration::from_secs(60).as_nanos();
        let earned = now.since(self.last).as_nanos() * u128::from(EARNED_BY_MINUTE_MILLI) / minute;
        u64::try_from(earned).unwrap_or(CAP_MILLI)
    }

    fn refill(&mut self, now: Mono) {
        let earned = self.earned(now);
        // The clock moves on by what was earned, or frequent looks would throw the fractions away.
        self.milli = (self.milli + earned).min(CAP_MILLI);
        if self.milli == CAP_MILLI {
            self.last = self.last.max(now);
        } else {
            self.last = self.last + Duration::from_millis(earned * 60_000 / EARNED_BY_MINUTE_MILLI);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_uniform_below_their_bound() {
        let policy = RetryPolicy::default();
        let mut rng = Pcg64Mcg::new(5);
        let mut tenths = [0u32; 10];
        for _ in 0..10_000 {
            let wait = policy.wait(3, false, &mut rng);
            assert!(wait < Duration::from_millis(200));
            tenths[(wait.as_micros() / 20_000) as usize] += 1;
        }
        // 1,000 are expected in each tenth; five standard deviations are 150.
        assert!(tenths.iter().all(|n| (850..1150).contains(n)), "{tenths:?}");
        assert!(policy.wait(30, false, &mut rng) <= policy.cap);
        assert!(policy.wait(1, true, &mut rng) >= Duration::from_millis(500));
    }

    #[test]
    fn an_outage_gets_ten_repetitions_and_then_one_a_minute() {
        let mut budget = RetryBudget::new(Mono(0));
        assert_eq!((0..100).filter(|_| budget.take(RetryCost::Known, Mono(0))).count(), 10);
        assert!(!budget.take(RetryCost::Known, Mono::secs(59)));
        assert!(budget.take(RetryCost::Known, Mono::secs(60)));
        assert!(!budget.take(RetryCost::Known, Mono::secs(61)));
        budget.succeeded(Mono::secs(61));
        budget.succeeded(Mono::secs(61));
        assert!(budget.take(RetryCost::Known, Mono::secs(61)));
        assert!(
            !budget.take(RetryCost::Timeout, Mono::secs(125)),
            "one token, a timeout costs two"
        );
    }
}
