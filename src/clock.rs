//! The only reader of time and the only source of seeds, so that a replay can put its own in their place.
//!
//! Wall time says what to write into a record; monotonic time says how long something took. Both are values handed in,
//! never globals, except [`uptime`], which the runtime's own timers and vitals share because it is tokio's clock.

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use rand_pcg::Pcg64Mcg;
use std::{
    cell::Cell,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::time::Instant;

/// Time since shortly before the process first asked, on tokio's clock: virtual inside a paused runtime.
///
/// Two readings compare only within one runtime; from a plain thread it is the machine's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this file is the one reader of clocks")]
pub fn uptime() -> Duration {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let origin = OWN_ORIGIN
        .get()
        .unwrap_or_else(|| *ORIGIN.get_or_init(|| hour_before(Instant::from_std(std::time::Instant::now()))));
    Instant::now().saturating_duration_since(origin)
}

thread_local! {
    static OWN_ORIGIN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A paused runtime stands still at the moment of its creation, which may lie before our first reading. An origin one hour
/// in the past keeps its readings from being cut off at zero.
fn hour_before(now: Instant) -> Instant {
    now.checked_sub(Duration::from_secs(3600)).unwrap_or(now)
}

/// Where [`uptime`] counts from on the threads of one paused runtime. Without it the readings of two runs differ by the
/// nanoseconds of their beginnings, and show up in texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin(Instant);

impl Origin {
    /// Such that it is one hour of uptime now.
    #[expect(clippy::disallowed_methods, reason = "this file is the one reader of clocks")]
    pub(crate) fn now() -> Origin {
        Origin(hour_before(Instant::now()))
    }

    /// Counts from here on this thread.
    pub(crate) fn enter(&self) {
        OWN_ORIGIN.set(Some(self.0));
    }

    /// Counts as everybody does on this thread again.
    pub(crate) fn leave() {
        OWN_ORIGIN.set(None);
    }
}

/// Where a component learns the time. Clones share one source.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { start: Duration },
    Paced { from: DateTime<Utc>, start: Duration },
    Virtual(Arc<Mutex<Set>>),
}

#[derive(Debug)]
struct Set {
    start: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Clock {
    /// The machine's clocks: what production uses.
    pub fn system() -> Clock {
        Clock(Source::System { start: uptime() })
    }

    /// Wall time which begins at `from` and advances with tokio's clock: a whole simulated week under paused time.
    pub fn paced(from: DateTime<Utc>) -> Clock {
        Clock(Source::Paced { from, start: uptime() })
    }

    /// Stands still at `at` for ever.
    pub fn fixed(at: DateTime<Utc>) -> Clock {
        VirtualClock::starting(at).clock()
    }

    /// Wall time.
    #[expect(clippy::disallowed_methods, reason = "this file is the one reader of clocks")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System { .. } => Utc::now(),
            Source::Paced { from, start } => {
                let gone = TimeDelta::from_std(uptime().saturating_sub(*start)).unwrap_or(TimeDelta::MAX);
                from.checked_add_signed(gone).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
            Source::Virtual(set) => set.lock().now,
        }
    }

    /// Time since this clock was made; never runs backwards. Virtual inside a paused runtime.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { start } | Source::Paced { start, .. } => uptime().saturating_sub(*start),
            Source::Virtual(set) => {
                let set = set.lock();
                (set.now - set.start).to_std().unwrap_or(Duration::ZERO)
            }
        }
    }
}

/// The hand that moves a virtual [`Clock`]; a replay sets it to the time of each journal entry.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<Mutex<Set>>);

impl VirtualClock {
    /// A clock that stands at `at` until moved.
    pub fn starting(at: DateTime<Utc>) -> VirtualClock {
        VirtualClock(Arc::new(Mutex::new(Set { start: at, now: at })))
    }

    /// The clock that follows this hand.
    pub fn clock(&self) -> Clock {
        Clock(Source::Virtual(self.0.clone()))
    }

    /// Moves to `to`. An earlier time is ignored: [`Clock::monotonic`] promises not to run backwards.
    pub fn set(&self, to: DateTime<Utc>) {
        let mut set = self.0.lock();
        set.now = set.now.max(to);
    }

    /// Moves forward by `by`.
    pub fn advance(&self, by: Duration) {
        let mut set = self.0.lock();
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        set.now = set.now.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC);
    }
}

/// The root seed of a run, from which every random stream and every generated id derives.
///
/// The derivation is fixed for ever, because journals are replayed by later builds: FNV-1a (64 bit) over the UTF-8 bytes
/// of the path, then SplitMix64 steps that mix in root and generation. Nothing of it depends on the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    root: u64,
}

impl Seeds {
    /// The same `root` gives the same run.
    pub fn new(root: u64) -> Seeds {
        Seeds { root }
    }

    /// The stream of one seat (`path`, for example `swarms/validation/3`) in one generation or incarnation.
    pub fn derive(&self, path: &str, generation: u64) -> Pcg64Mcg {
        let mut state = self.mix(path, generation, 0x9E6C_63D0_876A_9A47);
        let (high, low) = (split_mix(&mut state), split_mix(&mut state));
        Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low))
    }

    /// The `serial`-th id below `path`; independent of the stream [`Seeds::derive`] gives for the same arguments.
    pub fn derive_id(&self, path: &str, serial: u64) -> u64 {
        let mut state = self.mix(path, serial, 0xD1B5_4A32_D192_ED03);
        split_mix(&mut state)
    }

    fn mix(&self, path: &str, number: u64, purpose: u64) -> u64 {
        let mut state = self.root ^ purpose;
        let mut mixed = split_mix(&mut state);
        for part in [fnv1a(path.as_bytes()), number] {
            let mut next = mixed ^ part;
            mixed = split_mix(&mut next);
        }
        mixed
    }
}

/// FNV-1a, 64 bit (Fowler, Noll, Vo; draft-eastlake-fnv).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// SplitMix64 (Steele, Lea, Flood 2014), one step.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    fn kickoff() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    #[test]
    fn the_hashes_match_their_published_vectors() {
        assert_eq!(fnv1a(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_F739_67E8);
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_part_of_the_address_changes_the_stream() {
        let draw = |root, path: &str, generation| Seeds::new(root).derive(path, generation).next_u64();
        let base = draw(1, "a/b", 1);
        assert_eq!(base, draw(1, "a/b", 1));
        for other in [draw(2, "a/b", 1), draw(1, "a/c", 1), draw(1, "a/b", 2)] {
            assert_ne!(base, other);
        }
        assert_ne!(Seeds::new(1).derive_id("a", 1), Seeds::new(1).derive_id("a", 2));
    }

    #[test]
    fn a_virtual_clock_moves_only_forward_and_only_when_told() {
        let hand = VirtualClock::starting(kickoff());
        let clock = hand.clock();
        hand.advance(Duration::from_secs(5));
        hand.set(kickoff());
        assert_eq!(clock.now(), kickoff() + TimeDelta::seconds(5));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
        assert_eq!(Clock::fixed(kickoff()).monotonic(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn under_paused_time_the_clocks_follow_tokio() {
        let (system, paced) = (Clock::system(), Clock::paced(kickoff()));
        tokio::time::sleep(Duration::from_secs(86_400)).await;
        assert_eq!(system.monotonic().as_secs(), 86_400);
        assert_eq!(paced.now(), kickoff() + TimeDelta::from_std(paced.monotonic()).unwrap());
        assert_eq!(paced.monotonic().as_secs(), 86_400);
    }
}
