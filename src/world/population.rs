//! Many seeds of one test: a sample of them in every run, all of them on demand, and the way back to the one that failed.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

/// One in a hundred seeds runs unless `HUDDLE_FULL=1` is set: the sample keeps the test alive, the whole is what is quoted.
const SAMPLE: u64 = 100;

/// Runs `one` for the seeds of a population of `n_total`, counted from 0, and returns what each gave.
///
/// That is the first hundredth of them (at least one), with `HUDDLE_FULL=1` all of them, and with `HUDDLE_SEED=n` this one
/// alone. Prints how many ran of how many.
///
/// # Panics
/// As `one` does, after printing the seed and the command that replays it. And if `HUDDLE_SEED` is no number.
pub fn population<T>(n_total: u64, one: impl FnMut(u64) -> T) -> Vec<T> {
    let setting = |name| env::var(name).ok();
    let chosen = share(
        n_total,
        setting("HUDDLE_FULL").as_deref(),
        setting("HUDDLE_SEED").as_deref(),
    );
    println!("{} of {n_total} seeds (HUDDLE_FULL=1 runs all)", chosen.len());
    chosen.into_iter().map(seeded(one)).collect()
}

/// The seeds that run for these settings of `HUDDLE_FULL` and `HUDDLE_SEED`.
///
/// # Panics
/// If the seed is no number.
pub fn share(n_total: u64, full: Option<&str>, seed: Option<&str>) -> Vec<u64> {
    let number = |text: &str| {
        text.parse()
            .unwrap_or_else(|_| panic!("HUDDLE_SEED is {text:?}: set it to the number of one seed, or unset it"))
    };
    match (seed, full) {
        (Some(seed), _) => vec![number(seed)],
        (None, Some("1")) => (0..n_total).collect(),
        (None, _) => (0..(n_total / SAMPLE).max(1)).collect(),
    }
}

fn seeded<T>(mut one: impl FnMut(u64) -> T) -> impl FnMut(u64) -> T {
    move |seed| match catch_unwind(AssertUnwindSafe(|| one(seed))) {
        Ok(value) => value,
        Err(panic) => {
            eprintln!("{}", replay(seed, thread::current().name()));
            resume_unwind(panic);
        }
    }
}

/// The test runner names a test's thread after the test.
fn replay(seed: u64, test: Option<&str>) -> String {
    let test = test.filter(|name| *name != "main").unwrap_or_default();
    format!("seed {seed} failed; to replay it alone: HUDDLE_SEED={seed} cargo test {test}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_all_or_one() {
        assert_eq!(share(300, None, None), [0, 1, 2]);
        assert_eq!(share(300, Some("0"), None).len(), 3);
        assert_eq!(share(300, Some("1"), None).len(), 300);
        assert_eq!(share(7, None, None), [0], "never none");
        assert_eq!(share(300, Some("1"), Some("250")), [250]);
    }

    #[test]
    #[should_panic(expected = "set it to the number of one seed")]
    fn a_seed_that_is_no_number() {
        share(300, None, Some("first"));
    }

    #[test]
    fn a_failure_passes_through_with_the_way_to_replay_it() {
        let mut one = seeded(|seed| assert!(seed < 2, "seed two is bad"));
        one(1);
        let panic = catch_unwind(AssertUnwindSafe(|| one(2))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"seed two is bad"));
        assert_eq!(
            replay(2, Some("runtime::schedules::all")),
            "seed 2 failed; to replay it alone: HUDDLE_SEED=2 cargo test runtime::schedules::all"
        );
        assert!(replay(2, Some("main")).ends_with("cargo test "));
    }
}
