//! What to do when a child ends: pure decisions from the rules, the history and the time, so that tables can test them.
//!
//! Times are readings of a monotonic clock as a [`Duration`] since any fixed origin; chance comes in as a number.

use crate::actor::Exit;
use std::{collections::VecDeque, time::Duration};

/// Which ends of a child are answered with a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Always: the tree is not complete without it.
    #[default]
    Permanent,
    /// Only after an abnormal end; a normal one means that its work is done.
    Transient,
    /// Never.
    Temporary,
}

/// Which children are restarted when one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The failed one alone; its siblings do not notice.
    #[default]
    OneForOne,
    /// All of them, in order, after the others were stopped in reverse: they cannot work without one another.
    OneForAll,
    /// The failed one and those after it, which were built on what it provided.
    RestForOne,
}

/// What a child's specification says about one fault of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directive {
    /// What its [`Restart`] says.
    #[default]
    Restart,
    /// The incarnation goes on with its state, less the message or future that failed. Only a panic in a handler or a
    /// future can be resumed; anything else counts as `Restart`. The state may be half changed: for actors whose state is
    /// one value that is replaced whole.
    Resume,
    /// It stays down, as if it were temporary.
    Stop,
    /// Its supervisor gives up at once.
    Escalate,
}

/// How a child is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its halt hook runs at its next turn; whatever is queued becomes a dead letter, or stays for the next incarnation if
    /// there is to be one. Cut off after this long.
    Halt(Duration),
    /// It takes nothing new, handles what is queued, then halts. Cut off after this long.
    Drain(Duration),
    /// Cut off at once, without a word.
    Now,
}

impl Stop {
    /// How long it may take.
    pub fn deadline(self) -> Duration {
        match self {
            Stop::Halt(deadline) | Stop::Drain(deadline) => deadline,
            Stop::Now => Duration::ZERO,
        }
    }
}

/// How many restarts a supervisor grants all its children together within a sliding window before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts granted; one more escalates.
    pub max: u32,
    /// Length of the window.
    pub within: Duration,
}

impl Default for Intensity {
    fn default() -> Intensity {
        Intensity {
            max: 5,
            within: Duration::from_secs(60),
        }
    }
}

/// How long to wait before a restart, growing while a child keeps failing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Delay after the first failure.
    pub min: Duration,
    /// Longest delay.
    pub max: Duration,
    /// Growth from one failure to the next; below 1 counts as 1.
    pub factor: f64,
    /// Share of the delay, from 0 to 1, that chance may take away, so that what failed together does not return together.
    pub jitter: f64,
    /// A child that was up for this long starts again at `min`.
    pub reset_after: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            min: Duration::from_millis(100),
            max: Duration::from_secs(30),
            factor: 2.0,
            jitter: 0.2,
            reset_after: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The same delay every time, without jitter.
    pub fn constant(delay: Duration) -> Backoff {
        Backoff {
            min: delay,
            max: delay,
            factor: 1.0,
            jitter: 0.0,
            ..Backoff::default()
        }
    }

    /// The delay after the `n_faults`-th failure in a row; `chance` lies in `[0, 1)`. Never above `max`.
    pub fn delay(&self, n_faults: u32, chance: f64) -> Duration {
        if self.min.is_zero() {
            return Duration::ZERO;
        }
        let growth = self.factor.max(1.0).powf(f64::from(n_faults.saturating_sub(1)));
        let grown = (self.min.as_secs_f64() * growth).min(self.max.as_secs_f64());
        let kept = 1.0 - self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0);
        Duration::try_from_secs_f64(grown * kept)
            .unwrap_or(self.max)
            .min(self.max)
    }
}

/// One child's failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    n_faults: u32,
    up_since: Option<Duration>,
}

impl Streak {
    /// The child came up at `now`.
    pub fn up(&mut self, now: Duration) {
        self.up_since = Some(now);
    }

    /// The child ended at `now`; returns how many ends in a row this makes.
    pub fn down(&mut self, now: Duration, reset_after: Duration) -> u32 {
        if self
            .up_since
            .take()
            .is_some_and(|since| now.saturating_sub(since) >= reset_after)
        {
            self.n_faults = 0;
        }
        self.n_faults = self.n_faults.saturating_add(1);
        self.n_faults
    }
}

/// The restarts of a supervisor within its sliding window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    recent: VecDeque<Duration>,
}

impl Window {
    /// Counts one restart at `now`; false if it is one too many. What is `within` old or older no longer counts.
    pub fn admit(&mut self, now: Duration, intensity: Intensity) -> bool {
        while self
            .recent
            .front()
            .is_some_and(|then| now.saturating_sub(*then) >= intensity.within)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        !self.exceeds(intensity)
    }

    /// Whether more restarts were counted than granted.
    pub fn exceeds(&self, intensity: Intensity) -> bool {
        self.recent.len() > usize::try_from(intensity.max).unwrap_or(usize::MAX)
    }
}

/// What a supervisor does about the end of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start it again after a delay.
    Restart {
        /// How long to wait.
        after: Duration,
    },
    /// Leave it down; its handles say so.
    Retire,
    /// Give up: stop the siblings and let the parent decide.
    Escalate,
}

/// The rules for one child.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rules {
    /// Which ends are answered with a restart.
    pub restart: Restart,
    /// How long to wait before it.
    pub backoff: Backoff,
    /// How many restarts its supervisor grants.
    pub intensity: Intensity,
}

/// Decides about a child which ended by `exit` at `now`, and notes it in its `streak` and the supervisor's `window`.
/// `directive` is what its specification says about this fault; `chance`, in `[0, 1)`, is what the jitter takes.
pub fn decide(
    rules: &Rules,
    directive: Directive,
    exit: &Exit,
    streak: &mut Streak,
    window: &mut Window,
    now: Duration,
    chance: f64,
) -> Decision {
    let again = match rules.restart {
        Restart::Permanent => true,
        Restart::Transient => exit.abnormal(),
        Restart::Temporary => false,
    };
    match (directive, exit) {
        (_, Exit::Fatal(_)) | (Directive::Escalate, _) => return Decision::Escalate,
        (Directive::Stop, _) => return Decision::Retire,
        (Directive::Restart | Directive::Resume, _) if !again => return Decision::Retire,
        (Directive::Restart | Directive::Resume, _) => {}
    }
    if !window.admit(now, rules.intensity) {
        return Decision::Escalate;
    }
    let n_faults = streak.down(now, rules.backoff.reset_after);
    Decision::Restart {
        after: rules.backoff.delay(n_faults, chance),
    }
}

/// What a look at a child with a hang limit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It makes progress; look again after this time, when it could have hung at the earliest.
    Again { after: Duration },
    /// It has made none for this long.
    Hung { stuck_for: Duration },
}

/// Judges a child that has made no progress since `stuck_since`, if it does anything at all.
pub(super) fn look(stuck_since: Option<Duration>, now: Duration, limit: Duration) -> Look {
    let stuck_for = now.saturating_sub(stuck_since.unwrap_or(now));
    if stuck_for >= limit && !limit.is_zero() {
        return Look::Hung { stuck_for };
    }
    // A timer is good to a millisecond; looking more often than that would only cost.
    let after = limit.saturating_sub(stuck_for).max(Duration::from_millis(1));
    Look::Again { after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Fault;
    use proptest::prelude::*;
    use std::sync::Arc;

    const SECOND: Duration = Duration::from_secs(1);

    fn check(restart: Restart, exit: &Exit) -> bool {
        let (mut streak, mut window) = (Streak::default(), Window::default());
        let rules = Rules {
            restart,
            backoff: Backoff::constant(SECOND),
            ..Rules::default()
        };
        match decide(&rules, Directive::Restart, exit, &mut streak, &mut window, SECOND, 0.0) {
            Decision::Restart { after } => after == SECOND,
            Decision::Retire | Decision::Escalate => false,
        }
    }

    #[test]
    fn restart_kinds() {
        let fault = Arc::new(Fault {
            text: "x".into(),
            location: None,
            during: "y".into(),
        });
        let quiet = [Exit::Normal, Exit::Shutdown];
        let loud = [
            Exit::Killed,
            Exit::ArbiterLost,
            Exit::Failed(fault.clone()),
            Exit::Panicked(fault.clone()),
            Exit::Hung(fault.clone()),
            Exit::Escalated(fault.clone()),
        ];
        for exit in &quiet {
            assert!(check(Restart::Permanent, exit));
            assert!(!check(Restart::Transient, exit));
        }
        for exit in &loud {
            assert!(check(Restart::Permanent, exit));
            assert!(check(Restart::Transient, exit));
        }
        for exit in quiet.iter().chain(&loud) {
            assert!(!check(Restart::Temporary, exit));
        }
        assert_eq!(directed(Directive::Restart, &Exit::Fatal(fault)), Decision::Escalate);
    }

    fn directed(directive: Directive, exit: &Exit) -> Decision {
        let (mut streak, mut window) = (Streak::default(), Window::default());
        decide(
            &Rules::default(),
            directive,
            exit,
            &mut streak,
            &mut window,
            SECOND,
            0.0,
        )
    }

    #[test]
    fn a_directive_goes_before_the_restart_kind() {
        let again = directed(Directive::Restart, &Exit::Killed);
        assert!(matches!(again, Decision::Restart { .. }));
        assert_eq!(
            directed(Directive::Resume, &Exit::Killed),
            again,
            "what ended cannot be resumed"
        );
        assert_eq!(directed(Directive::Stop, &Exit::Killed), Decision::Retire);
        assert_eq!(directed(Directive::Escalate, &Exit::Normal), Decision::Escalate);
    }

    #[test]
    fn the_delay_doubles_up_to_its_limit_and_starts_again_after_a_long_life() {
        let backoff = Backoff {
            min: SECOND,
            max: 5 * SECOND,
            jitter: 0.0,
            ..Backoff::default()
        };
        let mut streak = Streak::default();
        let delays: Vec<_> = (0..5)
            .map(|n| {
                backoff
                    .delay(streak.down(n * SECOND, backoff.reset_after), 0.9)
                    .as_secs()
            })
            .collect();
        assert_eq!(delays, [1, 2, 4, 5, 5]);
        streak.up(10 * SECOND);
        assert_eq!(streak.down(69 * SECOND, backoff.reset_after), 6);
        streak.up(70 * SECOND);
        assert_eq!(streak.down(130 * SECOND, backoff.reset_after), 1);
    }

    #[test]
    fn a_child_is_looked_at_when_it_could_have_hung_at_the_earliest() {
        let (now, limit) = (100 * SECOND, 5 * SECOND);
        let again = |seconds| Look::Again {
            after: seconds * SECOND,
        };
        assert_eq!(look(None, now, limit), again(5));
        assert_eq!(look(Some(98 * SECOND), now, limit), again(3));
        assert_eq!(look(Some(95 * SECOND), now, limit), Look::Hung { stuck_for: limit });
        assert_eq!(
            look(Some(101 * SECOND), now, limit),
            again(5),
            "a reading from the future is no hang"
        );
        let tiny = look(Some(now), now, Duration::ZERO);
        assert_eq!(
            tiny,
            Look::Again {
                after: Duration::from_millis(1)
            },
            "no limit, no hang"
        );
    }

    #[test]
    fn the_window_slides() {
        let intensity = Intensity {
            max: 2,
            within: 10 * SECOND,
        };
        let mut window = Window::default();
        let admitted = [0, 5, 9, 10, 15, 21, 40].map(|t| window.admit(t * SECOND, intensity));
        assert_eq!(admitted, [true, true, false, false, false, true, true]);
        assert!(!Window::default().admit(SECOND, Intensity { max: 0, within: SECOND }));
    }

    proptest! {
        #[test]
        fn a_delay_stays_within_its_limits(n in 0_u32..5000, chance in 0.0..1.0_f64, jitter in 0.0..1.0_f64, factor in 0.0..10.0_f64) {
            let backoff = Backoff { factor, jitter, ..Backoff::default() };
            let delay = backoff.delay(n, chance);
            prop_assert!(delay <= backoff.max);
            prop_assert!(delay.as_secs_f64() >= backoff.min.as_secs_f64() * (1.0 - jitter) - 1e-9);
            prop_assert!(backoff.delay(n.saturating_add(1), chance) >= delay);
        }

        /// The window against a plain recount of all that was ever admitted or refused.
        #[test]
        fn the_window_counts_like_a_recount(gaps in proptest::collection::vec(0_u64..30, 1..60), max in 0_u32..6, within in 1_u64..40) {
            let intensity = Intensity { max, within: Duration::from_secs(within) };
            let (mut window, mut all, mut now) = (Window::default(), Vec::new(), 0);
            for gap in gaps {
                now += gap;
                all.push(now);
                let counted = all.iter().filter(|then| now - **then < within).count();
                prop_assert_eq!(window.admit(Duration::from_secs(now), intensity), counted <= max as usize);
            }
        }
    }
}
