//! Token buckets: how fast a provider may be asked, in integers, with a question that takes nothing.
//!
//! [`TokenBucket::check`] only looks, unlike the function of that name in the `governor` crate, which consumes. Whoever has
//! several gates to pass looks at all of them and then takes from all of them; nothing has to be given back.

use super::request::Priority;
use super::time::Mono;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One token in the bucket's own unit; a month's worth of the largest quota fits into 64 bits.
const TOKEN: u64 = 1_000_000_000;

/// Why tokens cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// They can be had later.
    #[error("not enough tokens yet, wait {} ms", .0.as_millis())]
    Wait(Duration),
    /// They can never be had.
    #[error("{wanted} tokens are more than the {capacity} the bucket can ever hold")]
    InsufficientCapacity {
        /// Tokens asked for.
        wanted: u64,
        /// Tokens in a full bucket.
        capacity: u64,
    },
    /// The bucket would never fill, or hold nothing.
    #[error("a bucket needs a rate, a period and a capacity above zero")]
    Empty,
}

/// Tokens that come at a rate and are kept up to a capacity. Refilling is lazy and exact: no fraction is lost or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    capacity: u64,
    level: u64,
    /// Tokens a period.
    rate: u64,
    period_ns: u64,
    /// What of the last refill was less than the smallest unit, in units of 1/period.
    rest: u64,
    last: Mono,
}

impl TokenBucket {
    /// `rate` tokens each `period`, at most `capacity` kept; full at first. In any span it gives at most `capacity` plus
    /// what the rate brings in that span.
    ///
    /// # Errors
    /// [`BucketError::Empty`] when something is zero or beyond ten billion tokens.
    ///
    /// ```
    /// use huddle::api::{Mono, bucket::{BucketError, TokenBucket}};
    /// use std::time::Duration;
    /// let mut bucket = TokenBucket::new(10, Duration::from_secs(1), 2, Mono(0)).unwrap();
    /// assert_eq!(bucket.check(2, Mono(0)), Ok(()));
    /// assert_eq!(bucket.check(2, Mono(0)), Ok(()), "looking takes nothing");
    /// bucket.try_consume(2, Mono(0)).unwrap();
    /// assert_eq!(bucket.check(1, Mono(0)), Err(BucketError::Wait(Duration::from_millis(100))));
    /// assert!(matches!(bucket.check(3, Mono(0)), Err(BucketError::InsufficientCapacity { .. })));
    /// ```
    pub fn new(rate: u64, period: Duration, capacity: u64, now: Mono) -> Result<TokenBucket, BucketError> {
        let period_ns = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        let sound = |n: u64| (1..=10_000_000_000).contains(&n);
        if !sound(rate) || !sound(capacity) || period_ns == 0 {
            return Err(BucketError::Empty);
        }
        Ok(TokenBucket {
            capacity: capacity * TOKEN,
            level: capacity * TOKEN,
            rate,
            period_ns,
            rest: 0,
            last: now,
        })
    }

    /// Whether `n` tokens are there at `now`. Takes none.
    ///
    /// # Errors
    /// [`BucketError::Wait`] with the time until they are, at least 1 ms; [`BucketError::InsufficientCapacity`] when they
    /// never will be.
    pub fn check(&self, n: u64, now: Mono) -> Result<(), BucketError> {
        self.check_above(n, 0, now)
    }

    /// [`TokenBucket::check`], leaving `floor` tokens for others; the floor gives way where it would bar for ever.
    ///
    /// # Errors
    /// As [`TokenBucket::check`].
    pub fn check_above(&self, n: u64, floor: u64, now: Mono) -> Result<(), BucketError> {
        let wanted = n.saturating_mul(TOKEN);
        if wanted > self.capacity {
            return Err(BucketError::InsufficientCapacity {
                wanted: n,
                capacity: self.capacity / TOKEN,
            });
        }
        let needed = wanted.saturating_add(floor.saturating_mul(TOKEN)).min(self.capacity);
        let (level, rest) = self.filled(now);
        if level >= needed {
            return Ok(());
        }
        // Rounded up, so that after the wait the tokens are there to the last unit; never zero, or a timer would spin.
        let missing = u128::from(needed - level) * u128::from(self.period_ns) - u128::from(rest);
        let wait_ns = missing.div_ceil(u128::from(self.rate) * u128::from(TOKEN));
        let wait = Duration::from_nanos(u64::try_from(wait_ns).unwrap_or(u64::MAX));
        Err(BucketError::Wait(wait.max(Duration::from_millis(1))))
    }

    /// Takes `n` tokens, or none.
    ///
    /// # Errors
    /// As [`TokenBucket::check`].
    pub fn try_consume(&mut self, n: u64, now: Mono) -> Result<(), BucketError> {
        self.check(n, now)?;
        self.refill(now);
        self.level -= n * TOKEN;
        Ok(())
    }

    /// Gives back `n` tokens that were taken for something that was never sent.
    pub fn refund(&mut self, n: u64, now: Mono) {
        self.refill(now);
        self.level = self.level.saturating_add(n.saturating_mul(TOKEN)).min(self.capacity);
    }

    /// Whole tokens there at `now`.
    pub fn level(&self, now: Mono) -> u64 {
        self.filled(now).0 / TOKEN
    }

    /// Tokens in a full bucket.
    pub fn capacity(&self) -> u64 {
        self.capacity / TOKEN
    }

    /// Tokens that come in a span.
    pub fn income(&self, span: Duration) -> u64 {
        let gained = span.as_nanos() * u128::from(self.rate) / u128::from(self.period_ns);
        u64::try_from(gained).unwrap_or(u64::MAX)
    }

    /// From now on another rate, of the same period.
    pub fn set_rate(&mut self, rate: u64, now: Mono) {
        self.refill(now);
        self.rate = rate.max(1);
        self.rest = 0;
    }

    /// Starts with what an earlier process left, and what has come since.
    pub fn restore(&mut self, level: u64, gone_by: Duration, now: Mono) {
        self.level = level.saturating_mul(TOKEN).min(self.capacity);
        self.rest = 0;
        self.last = now - gone_by;
        let behind = gone_by.saturating_sub(now.since(Mono(0)));
        self.refill(now);
        self.level = self
            .level
            .saturating_add(self.income(behind).saturating_mul(TOKEN))
            .min(self.capacity);
    }

    fn refill(&mut self, now: Mono) {
        (self.level, self.rest) = self.filled(now);
        self.last = self.last.max(now);
    }

    fn filled(&self, now: Mono) -> (u64, u64) {
        let gone_ns = now.since(self.last).as_nanos();
        let gained = gone_ns * u128::from(self.rate) * u128::from(TOKEN) + u128::from(self.rest);
        let period = u128::from(self.period_ns);
        let units = u64::try_from(gained / period).unwrap_or(u64::MAX);
        let level = self.level.saturating_add(units);
        if level >= self.capacity {
            return (self.capacity, 0);
        }
        (level, (gained % period) as u64)
    }
}

/// One limit of a provider: at most `limit` tokens in any span of `per`, of which `burst` may go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowLimit {
    /// Tokens in any span of [`WindowLimit::per_s`].
    pub limit: u64,
    /// The span in seconds.
    pub per_s: u64,
    /// Tokens that may go at once; the rest of the limit comes evenly.
    pub burst: u64,
}

impl WindowLimit {
    /// The bucket that keeps the limit in every span, wherever it begins: capacity `burst`, and `limit - burst` each span.
    ///
    /// # Errors
    /// [`BucketError::Empty`] when nothing would flow.
    pub fn bucket(&self, now: Mono) -> Result<TokenBucket, BucketError> {
        let rate = self.limit.saturating_sub(self.burst);
        TokenBucket::new(rate, Duration::from_secs(self.per_s), self.burst, now)
    }
}

/// What each class leaves in the buckets for those above it, in hundredths of the burst.
const FLOOR_PERCENT: [u64; 4] = [0, 10, 25, 50];

/// All rate windows of a provider; a call has to pass every one.
#[derive(Clone, Debug, Default)]
pub struct RateWindows {
    buckets: Vec<TokenBucket>,
}

impl RateWindows {
    /// One bucket a limit.
    ///
    /// # Errors
    /// [`BucketError::Empty`] for a limit that lets nothing pass.
    pub fn new(limits: &[WindowLimit], now: Mono) -> Result<RateWindows, BucketError> {
        let buckets = limits.iter().map(|l| l.bucket(now)).collect::<Result<_, _>>()?;
        Ok(RateWindows { buckets })
    }

    /// Whether `n` tokens may be taken from every window at once. One that is `overdue` need not leave the floors, or they
    /// would starve it.
    ///
    /// # Errors
    /// The longest wait, or that it can never be.
    pub fn check(&self, n: u64, priority: Priority, overdue: bool, now: Mono) -> Result<(), BucketError> {
        let mut longest: Option<Duration> = None;
        for bucket in &self.buckets {
            let percent = if overdue { 0 } else { FLOOR_PERCENT[priority.index()] };
            match bucket.check_above(n, bucket.capacity() * percent / 100, now) {
                Ok(()) => {}
                Err(BucketError::Wait(wait)) => longest = Some(longest.map_or(wait, |l| l.max(wait))),
                Err(never) => return Err(never),
            }
        }
        longest.map_or(Ok(()), |wait| Err(BucketError::Wait(wait)))
    }

    /// Takes `n` tokens from every window; call it after [`RateWindows::check`] at the same moment.
    pub fn consume(&mut self, n: u64, now: Mono) {
        for bucket in &mut self.buckets {
            bucket
                .try_consume(n, now)
                .expect("the gate has checked every window at this moment");
        }
    }

    /// Gives back what was taken for a call that was never sent.
    pub fn refund(&mut self, n: u64, now: Mono) {
        self.buckets.iter_mut().for_each(|bucket| bucket.refund(n, now));
    }

    /// Tokens that come in a span, by the narrowest window.
    pub fn income(&self, span: Duration) -> Option<u64> {
        self.buckets.iter().map(|b| b.income(span)).min()
    }

    /// (tokens, capacity) of each window.
    pub fn levels(&self, now: Mono) -> Vec<(u64, u64)> {
        self.buckets.iter().map(|b| (b.level(now), b.capacity())).collect()
    }

    /// Starts with the levels an earlier process left.
    pub fn restore(&mut self, levels: &[u64], gone_by: Duration, now: Mono) {
        for (bucket, level) in self.buckets.iter_mut().zip(levels) {
            bucket.restore(*level, gone_by, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bucket(rate: u64, period_ms: u64, capacity: u64) -> TokenBucket {
        TokenBucket::new(rate, Duration::from_millis(period_ms), capacity, Mono(0)).unwrap()
    }

    #[test]
    fn a_refund_gives_back_and_never_overfills() {
        let mut b = bucket(1, 1000, 5);
        b.try_consume(5, Mono(0)).unwrap();
        b.refund(2, Mono(0));
        assert_eq!(b.level(Mono(0)), 2);
        b.refund(50, Mono(0));
        assert_eq!(b.level(Mono(0)), 5);
    }

    #[test]
    fn a_clock_that_runs_back_gives_nothing() {
        let mut b = bucket(10, 1000, 5);
        b.try_consume(5, Mono::secs(10)).unwrap();
        assert!(b.check(1, Mono::secs(3)).is_err());
        assert_eq!(b.level(Mono::secs(10)), 0);
    }

    #[test]
    fn a_restored_bucket_has_what_came_meanwhile_even_before_our_own_clock_began() {
        let mut b = bucket(1, 1000, 100);
        b.restore(10, Duration::from_secs(30), Mono::secs(5));
        assert_eq!(b.level(Mono::secs(5)), 40);
    }

    #[test]
    fn floors_keep_tokens_for_the_more_urgent_and_give_way_where_they_would_bar_for_ever() {
        let limit = WindowLimit {
            limit: 40,
            per_s: 1,
            burst: 20,
        };
        let mut w = RateWindows::new(&[limit], Mono(0)).unwrap();
        w.consume(12, Mono(0));
        let check = |w: &RateWindows, p, late| w.check(1, p, late, Mono(0)).is_ok();
        assert!(!check(&w, Priority::Low, false) && check(&w, Priority::Low, true));
        assert!(check(&w, Priority::Normal, false));
        w.consume(7, Mono(0));
        assert!(!check(&w, Priority::High, false) && check(&w, Priority::Critical, false));
        let tight = WindowLimit {
            limit: 2,
            per_s: 1,
            burst: 1,
        };
        let w = RateWindows::new(&[tight], Mono(0)).unwrap();
        assert!(check(&w, Priority::Low, false), "a burst of one has no floor to leave");
    }

    proptest! {
        #[test]
        fn tokens_are_there_at_the_end_of_the_wait_and_not_before(
            rate in 1u64..5_000, period_ms in 1u64..100_000, capacity in 1u64..1_000, taken in 0u64..1_000, n in 1u64..1_000,
        ) {
            let mut b = bucket(rate, period_ms, capacity);
            prop_assume!(n <= capacity);
            b.try_consume(taken.min(capacity), Mono(0)).unwrap();
            if let Err(BucketError::Wait(wait)) = b.check(n, Mono(0)) {
                prop_assert!(wait >= Duration::from_millis(1));
                prop_assert_eq!(b.check(n, Mono(0) + wait), Ok(()));
                if wait > Duration::from_millis(1) {
                    prop_assert!(b.check(n, Mono(0) + (wait - Duration::from_nanos(1))).is_err());
                }
            }
        }

        #[test]
        fn no_span_ever_gives_more_than_its_limit(
            limit in 2u64..200, per_s in 1u64..5, share in 1u64..100, steps in prop::collection::vec((0u64..400_000_000, 1u64..4), 1..300),
        ) {
            let burst = (limit * share / 100).clamp(1, limit - 1);
            let mut b = WindowLimit { limit, per_s, burst }.bucket(Mono(0)).unwrap();
            let (mut now, mut taken) = (Mono(0), Vec::new());
            for (gap, n) in steps {
                now = now + Duration::from_nanos(gap);
                if b.try_consume(n, now).is_ok() {
                    taken.push((now, n));
                }
            }
            for (i, (start, _)) in taken.iter().enumerate() {
                let end = *start + Duration::from_secs(per_s);
                let sum: u64 = taken[i..].iter().take_while(|(at, _)| *at < end).map(|(_, n)| n).sum();
                prop_assert!(sum <= limit, "{sum} of {limit} in one span");
            }
        }
    }
}
