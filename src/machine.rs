//! The one shape of everything that thinks, so that the same code runs in the daemon, in a replay and in a backtest loop.
//!
//! A machine takes an input, the time and a random stream, and answers with effects. It reads no clock, draws no entropy
//! of its own and awaits nothing; that is what makes two runs with one seed comparable bit for bit. The actor shell
//! ([`crate::shell`]) and the bare loop ([`drive`]) host the same machine through the same [`Turn`].

use chrono::{DateTime, Utc};
use rand_pcg::Pcg64Mcg;

/// A pure state machine: every specialist, swarm member and healer is one.
pub trait Machine: Sized + Send + 'static {
    /// What it hears: a closed enum, so that a new input is a compile error wherever it is not yet handled.
    type Input: Send + 'static;
    /// What it wants done: a closed enum; a machine never does anything itself.
    type Effect: Send + 'static;
    /// Whether a turn may take long (a model fit). The shell then runs it on a blocking thread and its arbiter stays free.
    const HEAVY: bool = false;

    /// The first turn of an incarnation, before it hears anything.
    fn init(&mut self, _turn: &mut Turn<Self::Effect>) {}

    /// The last turn, when it is to stop in order; after a crash there is none.
    fn shutdown(&mut self, _turn: &mut Turn<Self::Effect>) {}

    /// One step: change the state, emit effects. A broken invariant panics here and costs one incarnation, not the process.
    fn turn(&mut self, input: Self::Input, turn: &mut Turn<Self::Effect>);
}

/// What a machine may use during one step: the time, its random stream, and a place for effects.
///
/// The stream belongs to the seat, not to the turn: a host moves it in with [`Turn::new`] and takes it back with
/// [`Turn::into_parts`], so that it runs on from turn to turn within one incarnation.
#[derive(Debug)]
pub struct Turn<E> {
    now: DateTime<Utc>,
    rng: Pcg64Mcg,
    effects: Vec<E>,
}

impl<E> Turn<E> {
    /// A turn at `now` which draws from `rng`.
    pub fn new(now: DateTime<Utc>, rng: Pcg64Mcg) -> Turn<E> {
        Turn {
            now,
            rng,
            effects: Vec::new(),
        }
    }

    /// The time of this step; it stands still for the whole step.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The seat's random stream.
    pub fn rng(&mut self) -> &mut Pcg64Mcg {
        &mut self.rng
    }

    /// Asks the host to do something after this step, in the order of the calls.
    pub fn emit(&mut self, effect: E) {
        self.effects.push(effect);
    }

    /// The effects in the order they were emitted.
    pub fn into_effects(self) -> Vec<E> {
        self.effects
    }

    /// The effects, and the stream for the seat's next turn.
    pub fn into_parts(self) -> (Vec<E>, Pcg64Mcg) {
        (self.effects, self.rng)
    }
}

/// One turn in a bare loop: the whole host a backtest needs.
///
/// `rng` is advanced by what the machine drew. A panic of the machine passes through and leaves `rng` as it was.
///
/// ```
/// use huddle::machine::{Machine, Turn, drive};
/// struct Count(u32);
/// impl Machine for Count {
///     type Input = u32;
///     type Effect = u32;
///     fn turn(&mut self, add: u32, turn: &mut Turn<u32>) {
///         self.0 += add;
///         turn.emit(self.0);
///     }
/// }
/// let mut rng = rand_pcg::Pcg64Mcg::new(1);
/// assert_eq!(drive(&mut Count(1), 2, chrono::DateTime::UNIX_EPOCH, &mut rng), [3]);
/// ```
pub fn drive<M: Machine>(
    machine: &mut M,
    input: M::Input,
    now: DateTime<Utc>,
    rng: &mut Pcg64Mcg,
) -> Vec<M::Effect> {
    take(now, rng, |turn| machine.turn(input, turn))
}

/// [`drive`] for the first turn and the last, which have no input: `take(now, rng, |turn| machine.init(turn))`.
pub fn take<E>(now: DateTime<Utc>, rng: &mut Pcg64Mcg, step: impl FnOnce(&mut Turn<E>)) -> Vec<E> {
    let mut turn = Turn::new(now, rng.clone());
    step(&mut turn);
    let (effects, advanced) = turn.into_parts();
    *rng = advanced;
    effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    struct Dice {
        thrown: u32,
    }

    impl Machine for Dice {
        type Input = u32;
        type Effect = (u32, u64, DateTime<Utc>);
        fn turn(&mut self, sides: u32, turn: &mut Turn<Self::Effect>) {
            assert!(sides > 0, "a die has sides");
            self.thrown += 1;
            let face = turn.rng().random_range(0..u64::from(sides));
            let now = turn.now();
            turn.emit((self.thrown, face, now));
        }
    }

    #[test]
    fn the_stream_runs_on_between_turns_and_repeats_with_the_seed() {
        let play = || {
            let (mut dice, mut rng) = (Dice { thrown: 0 }, Pcg64Mcg::new(7));
            (0..50)
                .flat_map(|_| drive(&mut dice, 1_000_000, DateTime::UNIX_EPOCH, &mut rng))
                .collect::<Vec<_>>()
        };
        let first = play();
        assert_eq!(first, play());
        assert!(first.windows(2).any(|w| w[0].1 != w[1].1), "the stream must advance");
        assert_eq!(first.last().map(|e| e.0), Some(50));
    }

    #[test]
    fn effects_keep_their_order() {
        let mut turn = Turn::new(DateTime::UNIX_EPOCH, Pcg64Mcg::new(0));
        for n in 0..5 {
            turn.emit(n);
        }
        assert_eq!(turn.into_effects(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_panicking_turn_leaves_the_stream_alone() {
        let mut rng = Pcg64Mcg::new(3);
        let before = rng.clone();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            drive(&mut Dice { thrown: 0 }, 0, DateTime::UNIX_EPOCH, &mut rng)
        }));
        assert!(result.is_err());
        assert_eq!(rng, before);
    }
}
