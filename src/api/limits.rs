//! Limits that follow the provider: how many calls at once (AIMD), how fast after a throttle (CUBIC), how fast to make what
//! it says is left last until its reset.

use super::bucket::TokenBucket;
use super::time::Mono;
use std::time::Duration;

/// Concurrency by additive increase and multiplicative decrease, in thousandths of a call. It grows only while at least
/// half of it is used, or an idle hour would raise it without evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AimdLimit {
    milli: u32,
    max: u32,
}

impl AimdLimit {
    /// Starts at its maximum, at least 1.
    pub fn new(max: u32) -> AimdLimit {
        let max = max.max(1);
        AimdLimit {
            milli: max.saturating_mul(1_000),
            max,
        }
    }

    /// Calls that may run at once.
    pub fn limit(&self) -> u32 {
        (self.milli / 1_000).max(1)
    }

    /// A call ended well while `n_in_flight` ran, itself included.
    pub fn succeeded(&mut self, n_in_flight: u32) {
        if n_in_flight.saturating_mul(2) >= self.limit() {
            let grown = self.milli.saturating_add(1_000 / self.limit().max(1));
            self.milli = grown.min(self.max.saturating_mul(1_000));
        }
    }

    /// A call was throttled, timed out or failed for overload: nine tenths of what was.
    pub fn dropped(&mut self) {
        self.milli = (self.milli / 10 * 9).max(1_000);
    }
}

/// A rate that cuts itself after a throttle and recovers along a cubic (Ha, Rhee, Xu 2008, as in the AWS SDKs): quick at
/// first, flat near the rate that was too much, then probing beyond. Off until the first throttle.
#[derive(Clone, Debug)]
pub struct CubicRate {
    ceiling: f64,
    floor: f64,
    active: Option<Active>,
}

#[derive(Clone, Debug)]
struct Active {
    w_max: f64,
    since: Mono,
    /// One call at a time at the present rate; a thousandth of a token is the unit.
    pace: TokenBucket,
}

const BETA: f64 = 0.7;
const SCALE: f64 = 0.4;
/// Thousandths of a call; a bucket counts whole tokens.
const MILLI: u64 = 1_000;

impl CubicRate {
    /// A rate between a tenth of `ceiling` and it, in calls a second.
    pub fn new(ceiling: f64) -> CubicRate {
        CubicRate {
            ceiling,
            floor: ceiling / 10.0,
            active: None,
        }
    }

    /// The rate at `now` in calls a second; `None` before any throttle and once it has fully recovered.
    pub fn rate(&self, now: Mono) -> Option<f64> {
        self.active.as_ref().map(|active| self.at(active, now))
    }

    fn at(&self, active: &Active, now: Mono) -> f64 {
        let k = libm::cbrt(active.w_max * (1.0 - BETA) / SCALE);
        let dt = now.since(active.since).as_secs_f64() - k;
        (SCALE * dt * dt * dt + active.w_max).clamp(self.floor, self.ceiling)
    }

    /// The provider has throttled us.
    pub fn throttled(&mut self, now: Mono) {
        let before = self.rate(now).unwrap_or(self.ceiling);
        // K makes the curve start at 0.7 of this.
        let w_max = before.max(self.floor);
        let rate = (w_max * BETA).max(self.floor);
        let pace = TokenBucket::new(milli_rate(rate), Duration::from_secs(1), MILLI, now).ok();
        self.active = pace.map(|pace| Active {
            w_max,
            since: now,
            pace,
        });
    }

    /// Whether a call may go at `now`.
    ///
    /// # Errors
    /// The time to wait.
    pub fn check(&self, now: Mono) -> Result<(), Duration> {
        let Some(active) = &self.active else { return Ok(()) };
        match active.pace.check(MILLI, now) {
            Ok(()) => Ok(()),
            Err(super::bucket::BucketError::Wait(wait)) => Err(wait),
            Err(_) => Ok(()),
        }
    }

    /// A call goes at `now`. At the ceiling the windows alone decide again.
    pub fn sent(&mut self, now: Mono) {
        let Some(rate) = self.rate(now) else { return };
        if rate >= self.ceiling {
            self.active = None;
        } else if let Some(active) = &mut self.active {
            active.pace.set_rate(milli_rate(rate), now);
            // Checked by the gate at this moment; a manual caller that did not check goes unpaced.
            let _ = active.pace.try_consume(MILLI, now);
        }
    }
}

fn milli_rate(rate: f64) -> u64 {
    (rate * MILLI as f64).round().max(1.0) as u64
}

/// The pace that makes what a provider says is left last until its reset.
#[derive(Clone, Debug, Default)]
pub struct HeaderPace {
    /// Seconds between calls.
    gap_s: Option<f64>,
    until: Mono,
    last_sent: Option<Mono>,
}

impl HeaderPace {
    /// `remaining` calls until the reset in `reset_in`: nine tenths of that rate. Slower at once, faster by a tenth an
    /// answer at most, because answers come out of order.
    pub fn told(&mut self, remaining: u64, reset_in: Duration, now: Mono) {
        // With plenty left the provider's word is no limit; the windows are.
        let wanted = reset_in.as_secs_f64() / (0.9 * remaining as f64).max(0.9);
        let live = self.gap_s.filter(|_| now < self.until);
        self.gap_s = Some(live.map_or(wanted, |gap| wanted.max(gap / 1.1)));
        self.until = now + reset_in;
    }

    /// Whether a call may go at `now`.
    ///
    /// # Errors
    /// The time to wait.
    pub fn check(&self, now: Mono) -> Result<(), Duration> {
        let (Some(gap), Some(last)) = (self.gap_s, self.last_sent) else {
            return Ok(());
        };
        if now >= self.until {
            return Ok(());
        }
        let next = last + Duration::from_secs_f64(gap.min(86_400.0));
        if now >= next {
            Ok(())
        } else {
            Err(next.min(self.until).since(now).max(Duration::from_millis(1)))
        }
    }

    /// A call goes at `now`.
    pub fn sent(&mut self, now: Mono) {
        self.last_sent = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_grows_only_when_used_and_falls_by_a_tenth() {
        let mut limit = AimdLimit::new(8);
        for _ in 0..30 {
            limit.dropped();
        }
        assert_eq!(limit.limit(), 1);
        for _ in 0..100 {
            limit.succeeded(0);
        }
        assert_eq!(limit.limit(), 1, "unused");
        for _ in 0..100 {
            limit.succeeded(limit.limit());
        }
        assert_eq!(limit.limit(), 8);
    }

    #[test]
    fn a_throttle_cuts_the_rate_to_seven_tenths_and_the_cubic_brings_it_back() {
        let mut rate = CubicRate::new(10.0);
        assert_eq!(rate.rate(Mono(0)), None);
        rate.throttled(Mono(0));
        let at = |secs| rate.rate(Mono::secs(secs)).unwrap();
        assert!((at(0) - 7.0).abs() < 1e-9, "{}", at(0));
        assert!(at(1) > at(0) && at(4) <= 10.0 && at(10) == 10.0);
        let mut stormed = rate.clone();
        for _ in 0..40 {
            stormed.throttled(Mono(0));
        }
        assert!(
            (stormed.rate(Mono(0)).unwrap() - 1.0).abs() < 0.01,
            "a tenth is the floor"
        );
    }

    #[test]
    fn a_paced_provider_gets_its_rate_and_no_more() {
        let mut rate = CubicRate::new(10.0);
        rate.throttled(Mono(0));
        let mut n = 0;
        for ms in 0..1_000 {
            let now = Mono(ms * 1_000_000);
            if rate.check(now).is_ok() {
                rate.sent(now);
                n += 1;
            }
        }
        assert!((7..=9).contains(&n), "{n}");
    }

    #[test]
    fn what_is_left_lasts_until_the_reset() {
        let mut pace = HeaderPace::default();
        pace.told(10, Duration::from_secs(90), Mono(0));
        pace.sent(Mono(0));
        assert_eq!(pace.check(Mono(0)).unwrap_err().as_secs(), 10);
        pace.told(1_000, Duration::from_secs(90), Mono(0));
        assert_eq!(
            pace.check(Mono(0)).unwrap_err().as_secs(),
            9,
            "faster by a tenth at most"
        );
        assert!(pace.check(Mono::secs(91)).is_ok());
    }
}
